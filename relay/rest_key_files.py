"""The file of the key at rest, and those beside it while the key is renewed (`relay.rest_key`).

    rest.key                  the key at rest, and nothing is under way
    rest.key, rest-next.key   a renewal is under way, or was when the machine stopped: each sealed value opens with one
                              of the two, and only the renewal, called again, goes on from there
    rest.key, rest-erase.key  the renewal is done but for the old key's bytes, which the next start overwrites
    all three                 between the two: `rest-erase.key` is then another name of `rest.key`

1. Each file appears whole or not at all (`config.whole_files`). What a crash left unfinished was never a key of
   anything, and is removed by the next renewal.
2. The old key gets a second name before it loses its own, so that after a crash its bytes can be found, and are
   overwritten where they stand; a disk or file system that keeps old blocks may keep them nevertheless. Where a file
   system knows no second names, a crash between the two leaves bytes that have no name.
3. The bytes of the key in force are never overwritten, whatever else it is called.
"""

import os
from pathlib import Path
from typing import BinaryIO

from config.whole_files import sync_folder, write_whole
from relay.key_files import KeyFileError, fresh_rest_key, read_rest_key


def next_file(path: Path) -> Path:
    """Where the next key stands while `path` is renewed."""
    return path.with_name(f"{path.stem}-next{path.suffix}")


def old_file(path: Path) -> Path:
    """Where the old key stands until its bytes are overwritten."""
    return path.with_name(f"{path.stem}-erase{path.suffix}")


def check_settled(path: Path, settings: str = "…") -> None:
    """Return if every value opens with the key at rest; raises KeyFileError, with what to do, while it is renewed."""
    if next_file(path).exists():
        why = f"the key at rest is being renewed, or was when the machine stopped ({next_file(path)} is there)"
        raise KeyFileError(f"{why}: with the relay stopped, run: enlace relay rest-key renew --settings {settings}")


def settled_rest_key(path: Path) -> bytes:
    """The key at rest (32 bytes), where no renewal is under way; raises KeyFileError."""
    check_settled(path)
    return read_rest_key(path)


def check_beside(path: Path) -> None:
    """Return if what stands beside a key about to be renewed is of its renewal; raises KeyFileError."""
    old = old_file(path)
    if next_file(path).exists() and old.exists() and old.read_bytes() != path.read_bytes():
        raise KeyFileError(f"{old} is not the key that is being renewed; if nothing needs it, remove it, else keep it "
                           "elsewhere; then run the same command again")  # fmt: skip


def make_next(path: Path) -> bytes:
    """A fresh next key beside `path`, or the one that is there already; durable on return. Raises KeyFileError or
    OSError."""
    if next_file(path).exists():
        sync_folder(path.parent)
    else:
        # A crash in here leaves nothing, or a next key that nothing is sealed with yet.
        write_whole(next_file(path), fresh_rest_key())
    return read_rest_key(next_file(path))


def take_next(path: Path) -> None:
    """Put the next key in the place of `path`, and overwrite the old one's bytes; durable on return.

    Raises KeyFileError for an old key's file that is not of this renewal, nothing changed; OSError.
    """
    check_beside(path)
    if not _named_twice(path):
        _take_unnamed(path)
        return
    sync_folder(path.parent)
    # A crash before the next line leaves all three, after it the old key's second name; everything opens with the new.
    next_file(path).replace(path)
    sync_folder(path.parent)
    erase_old(path)


def erase_old(path: Path) -> bool:
    """Overwrite the old key's bytes, and remove its file; returns whether there was one (rule 3). Raises OSError.

    A crash leaves it to be done again.
    """
    old = old_file(path)
    if not old.exists():
        return False
    if not old.samefile(path):
        with old.open("r+b") as file:
            _overwrite(file)
    old.unlink()
    sync_folder(path.parent)
    return True


def _named_twice(path: Path) -> bool:
    """Give the key a second name, that of what is to be erased; returns whether its file system knows such."""
    old = old_file(path)
    if old.exists() and not old.samefile(path):
        erase_old(path)  # a copy: of all three, put back from a backup
    try:
        if not old.exists():
            os.link(path, old)
    except OSError:
        return False
    return True


def _take_unnamed(path: Path) -> None:
    """Put the next key in the place of `path` where there are no second names; a crash leaves the old key's bytes."""
    if os.name != "posix":  # an open file cannot be replaced there, so the old bytes are only forgotten
        next_file(path).replace(path)
        return
    with path.open("r+b") as old:
        next_file(path).replace(path)
        sync_folder(path.parent)
        _overwrite(old)


def _overwrite(file: BinaryIO) -> None:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    file.write(bytes(size))
    file.flush()
    os.fsync(file.fileno())
