"""What differs between Windows, macOS and Linux: locks, private folders, durable renames, ending a program with its
children. Nothing else may.

1. A lock is held by the operating system for a process, so it ends with the process (`config.private`).
2. On POSIX a folder of ours is mode 700 and a file 600, and laxer ones are refused. Windows has no such modes: there
   the folder stands in the user's own profile, whose access list keeps others out.
3. A file is replaced whole: written beside, synchronised, renamed. After a crash it is the old or the new one, and
   perhaps an unfinished one beside it, which `sweep` removes. What is written beside is a new file under a name that
   nobody can guess, so that in a folder others may write to it cannot be a link they have laid.
4. A disk that is full, or refuses, is a DeskError: nothing was replaced.
5. A program that is run for a user is ended with all it has started; on POSIX what has made itself a session of its own
   is left alone.
"""

import errno
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any, BinaryIO

from config.private import Held, hold
from config.whole_files import sync_folder
from desk.errors import DeskError, Locked, Usage

WINDOWS = sys.platform == "win32"
_UNFINISHED = ".unfinished-"


def lock(path: Path, what: str) -> IO[bytes]:
    """An exclusive lock on `path`, held until the file is closed; raises Locked if another process has it."""
    try:
        return hold(path)
    except Held as error:
        raise Locked(f"another Enlace process is using {what}; wait for it, or end it") from error
    except OSError as error:
        raise Usage(f"{path} cannot be locked: {reason(error)}; a profile stands on a disk of this machine") from error


def private_folder(path: Path) -> None:
    """Make a folder for this user alone; refuses one that others may read."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Usage(f"{path} cannot be made a folder: {reason(error)}") from error
    if not WINDOWS and path.stat().st_mode & 0o077:
        raise Usage(f"{path} is open to other users; run: chmod 700 {path}")


def folder(path: Path) -> None:
    """Make a folder if there is none, for this user alone; what is put into it guards itself. Raises Usage.

    One that is there is taken as it is: a stick knows no modes.
    """
    if path.is_dir():
        return
    private_folder(path)


def create_private(path: Path) -> BinaryIO:
    """A new file for this user alone, open for writing; raises OSError if anything, a link too, has that name."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def open_own(path: Path, *, write: bool = False) -> BinaryIO:
    """A file of a profile, open for reading, or for both; raises OSError for a link, and for what is no file at all.

    It never waits: of a pipe that somebody has laid under that name nobody would ever write the other end.
    """
    flags = os.O_RDWR if write else os.O_RDONLY
    for each in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, each, 0)
    number = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "it is no file")
    return os.fdopen(number, "r+b" if write else "rb")


def unfinished(folder: Path) -> Path:
    """A name in `folder` for a file that is being written."""
    return folder / f"{_UNFINISHED}{secrets.token_hex(8)}"


def sweep(folder: Path) -> None:
    """Remove what a crash left unfinished; only for who holds the lock under which `folder` is written."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        path.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data`, for this user alone; durable on return. Raises DeskError if the disk refuses.

    Also without the lock under which the folder is swept: what a sweep took away in between is written once more.
    """
    try:
        try:
            _write(path, [data], Path.replace)
        except FileNotFoundError:
            _write(path, [data], Path.replace)
    except OSError as error:
        raise DeskError(f"{path} cannot be written: {reason(error)}") from error


def write_new(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file that is not there yet, for this user alone; durable on return, whole or not there at all.

    Raises Usage if something has that name, DeskError if the disk refuses.
    """
    try:
        _write(path, pieces, place)
    except FileExistsError as error:
        raise Usage(f"{path} exists already, and is not overwritten; give another name") from error
    except OSError as error:
        raise DeskError(f"{path} cannot be written: {reason(error)}") from error


def _write(path: Path, pieces: Iterable[bytes], named: Callable[[Path, Path], object]) -> None:
    """Write a file beside `path` and have it given that name; whatever fails, nothing is left beside."""
    beside = unfinished(path.parent)
    try:
        with create_private(beside) as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        named(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def place(unplaced: Path, target: Path) -> None:
    """Give a finished file its name; raises FileExistsError if the name is taken, whoever took it and when."""
    if WINDOWS:
        unplaced.rename(target)  # refuses a name that is taken
        return
    try:
        os.link(unplaced, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a file system without links (a stick): here the name could still be taken in between
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        unplaced.replace(target)
        return
    unplaced.unlink()


def reason(error: OSError) -> str:
    """Why the operating system refused, in its own words."""
    return error.strerror or str(error)


def remove(path: Path) -> None:
    """Remove a file if it is there; durable on return."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it, or a file, if it is there; of a link the link alone. What can be removed
    is; then OSError is raised for the rest."""
    if not os.path.lexists(path):
        return
    if path.is_symlink() or path.is_file():
        remove(path)
        return
    shutil.rmtree(path, ignore_errors=True)
    if os.path.lexists(path):
        shutil.rmtree(path)
    sync_folder(path.parent)


def has_console() -> bool:
    """Whether this process belongs to a terminal, which can be asked although standard input is something else."""
    if WINDOWS:
        return True  # the caller has found a stream that is one
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def apart() -> dict[str, Any]:
    """How a program is started so that `end_apart` ends it with all it starts."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def end_apart(pid: int) -> None:
    """End a program that was started `apart`, and what it started, at once; nothing if it is gone."""
    if sys.platform == "win32":
        tool = str(Path(os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32", "taskkill.exe"))
        subprocess.run([tool, "/T", "/F", "/PID", str(pid)], capture_output=True, check=False, timeout=10)
        return
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def default_profile() -> Path:
    """Where a profile stands unless `--profile` or ENLACE_PROFILE says otherwise."""
    if WINDOWS:
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "Enlace"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Enlace"
    return Path(os.environ.get("XDG_DATA_HOME", str(Path.home() / ".local" / "share"))) / "enlace"


def workstation_folder() -> Path:
    """Where the profiles of a machine stand that several officers share, beside the usual place of a single one."""
    usual = default_profile()
    return usual.with_name(f"{usual.name} Workstation" if usual.name[0].isupper() else f"{usual.name}-workstation")
