"""Files that are there whole or not at all, whatever breaks off while they are written.

1. What is written goes into a new file beside, is flushed, and is renamed; then the folder is flushed. After a crash
   the old file or the new one has the name, and perhaps an unfinished one stands beside, which the next writing of the
   same file removes. Two that write one file at once: one of them fails, and what stands there is whole.
2. Several that belong together all stand beside, whole, before the first is renamed: a disk that is full, or refuses
   one of them, leaves all as they were. After a crash the first of them are new, in the order they were given.
3. The file beside has a name that nobody can guess, and is new: in a folder others may write to, it cannot be a link
   that they have laid. Its mode is its own from the first byte.
"""

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

PRIVATE, PUBLIC = 0o600, 0o644


def write_whole(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Put `content` in the place of what `path` holds, or make it; durable on return. Raises OSError, nothing
    replaced."""
    write_together([(path, content, mode)])


def write_together(files: Sequence[tuple[Path, bytes, int]]) -> None:
    """Put contents, each with its mode, in the place of what several files hold (rule 2), as `write_whole` does."""
    besides = [path.with_name(f"{_beside(path)}{secrets.token_hex(8)}") for path, _, _ in files]
    try:
        for beside, (path, content, mode) in zip(besides, files, strict=True):
            for left in path.parent.glob(f"{_beside(path)}*"):
                left.unlink(missing_ok=True)
            _write_fresh(beside, content, mode)
        for beside, (path, _, _) in zip(besides, files, strict=True):
            beside.replace(path)  # after a crash before this line the old file stands, after it the new one
            sync_folder(path.parent)
    finally:
        for beside in besides:
            beside.unlink(missing_ok=True)


def write_new(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Make a file that is not there yet; raises FileExistsError if anything, a link too, has that name, or OSError.

    A crash leaves a file that is cut off, which its reader refuses.
    """
    _write_fresh(path, content, mode)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where this system can."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _beside(path: Path) -> str:
    return f".{path.name}.unfinished-"


def _write_fresh(path: Path, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                path.unlink()
            raise
