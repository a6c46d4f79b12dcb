"""What differs between Windows, macOS and Linux: locks, private folders, durable renames, the bell. Nothing else may.

1. A lock is held by the operating system for a process, so it ends with the process, however that ends.
2. On POSIX a folder of ours is mode 700 and a file 600, and laxer ones are refused. Windows has no such modes: there
   the folder stands in the user's own profile, whose access list keeps others out.
3. A file is replaced whole: written beside, synchronised, renamed. After a crash it is the old or the new one.
"""

import os
import sys
from pathlib import Path
from typing import IO

from desk.errors import Locked, Usage

WINDOWS = sys.platform == "win32"


def lock(path: Path, what: str) -> IO[bytes]:
    """An exclusive lock on `path`, held until the file is closed; raises Locked if another process has it."""
    handle = path.open("a+b")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise Locked(f"another Enlace process is using {what}; wait for it, or end it") from error
    return handle


def private_folder(path: Path) -> None:
    """Make a folder for this user alone; refuses one that others may read."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not WINDOWS and path.stat().st_mode & 0o077:
        raise Usage(f"{path} is open to other users; run: chmod 700 {path}")


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data`, for this user alone; durable on return."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def remove(path: Path) -> None:
    """Remove a file if it is there; durable on return."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make a rename in `path` durable; Windows does so by itself."""
    if WINDOWS:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def default_profile() -> Path:
    """Where a profile stands unless `--profile` or ENLACE_PROFILE says otherwise."""
    if WINDOWS:
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "Enlace"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Enlace"
    return Path(os.environ.get("XDG_DATA_HOME", str(Path.home() / ".local" / "share"))) / "enlace"
