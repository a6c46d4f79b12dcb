"""What is a process's own on the disk: files nobody else reads, and a file that one process at a time holds.

1. On POSIX a file or folder of ours is open to its owner alone; a laxer one is refused, with the command that mends it,
   because whoever could read it may have done so. Windows has no such modes: there the access list of the folder keeps
   others out.
2. A lock is held by the operating system for a process, so it ends with the process, however that ends. The file stays;
   who held it last stands in it.
3. To ask who holds a lock is to have it for a moment. So who asks shares it with others who ask, and is never taken for
   a holder by them; and who takes it tries again after moments in which somebody may have asked.
"""

import os
import stat
import sys
from pathlib import Path
from time import sleep
from typing import BinaryIO

_FAR = 1 << 30
"""The byte that Windows locks: what it locks nobody else may read, and the file's beginning is to be read."""

_TRIES = 3
_PAUSE = 0.004  # seconds; who asks has it for some microseconds


class Held(Exception):
    """Another process holds the lock; `by` is its number, or 0 where the file does not say."""

    def __init__(self, by: int) -> None:
        super().__init__(f"process {by}" if by else "another process")
        self.by = by


def laxness(path: Path) -> str:
    """Why a file or folder is not its owner's alone, and what to do; nothing if it is, or if it is not there."""
    if os.name != "posix":
        return ""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return ""
    if not mode & 0o077:
        return ""
    return f"{path} is open to others than its owner; run: chmod {'700' if path.is_dir() else '600'} {path}"


def hold(path: Path) -> BinaryIO:
    """An exclusive lock on `path`, held until the file is closed; raises Held if another has it, OSError if it cannot
    be locked."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)  # what a link leads to would be emptied
    file = os.fdopen(os.open(path, flags, 0o600), "r+b")
    try:
        _insist(file)
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        file.flush()
    except (BlockingIOError, PermissionError) as error:  # how POSIX and Windows say that somebody has it
        by = _holder(path)
        file.close()
        raise Held(by) from error
    except BaseException:
        file.close()
        raise
    return file


def holder(path: Path) -> int | None:
    """The number of the process that holds the lock (0 where the file does not say); None if nobody does.

    It changes nothing but takes the lock itself for a moment, if it is free (rule 3). Raises OSError if that cannot be
    found out.
    """
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return None
    with file:
        try:
            _insist(file, shared=True)
        except (BlockingIOError, PermissionError):
            return _holder(path)
    return None


def _insist(file: BinaryIO, *, shared: bool = False) -> None:
    """Lock a file as `_lock` does, and again after a moment if somebody has it."""
    for _ in range(_TRIES - 1):
        try:
            return _lock(file, shared=shared)
        except (BlockingIOError, PermissionError):
            sleep(_PAUSE)
    return _lock(file, shared=shared)


def _lock(file: BinaryIO, *, shared: bool) -> None:
    """Lock a file at once; `shared` with others who do so, where the system knows that. Raises OSError."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
    else:
        import fcntl

        fcntl.flock(file.fileno(), (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def _holder(path: Path) -> int:
    text = path.read_bytes()[:20].strip()
    return int(text) if text.isdigit() else 0
