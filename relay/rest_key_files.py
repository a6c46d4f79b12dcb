"""The file of the key at rest, and the one beside it while the key is renewed (`relay.rest_key`).

    rest.key                  the key at rest, and nothing is under way
    rest.key, rest-next.key   a renewal is under way, or was when the machine stopped: each sealed value opens with one
                              of the two, and only the renewal, called again, goes on from there

1. Each file appears whole or not at all: written under a name of its own (`….part`), flushed, renamed. A part that a
   crash left was never a key of anything, and is removed by the next renewal.
2. Taking the next key is one rename. Then the old key's bytes are overwritten where they stood; a disk or file system
   that keeps old blocks may keep them nevertheless.
"""

import os
from pathlib import Path

from relay.key_files import KeyFileError, make_rest_key, read_rest_key


def next_file(path: Path) -> Path:
    """Where the next key stands while `path` is renewed."""
    return path.with_name(f"{path.stem}-next{path.suffix}")


def check_settled(path: Path, settings: str = "…") -> None:
    """Return if no renewal is under way; raises KeyFileError with what to do."""
    if next_file(path).exists():
        raise KeyFileError(
            f"the key at rest is being renewed, or was when the machine stopped ({next_file(path)} is there): with the "
            f"relay stopped, run: enlace relay rest-key renew --settings {settings}"
        )


def settled_rest_key(path: Path) -> bytes:
    """The key at rest (32 bytes), where no renewal is under way; raises KeyFileError."""
    check_settled(path)
    return read_rest_key(path)


def make_next(path: Path) -> bytes:
    """A fresh next key beside `path`, or the one that is there already; durable on return."""
    beside = next_file(path)
    part = beside.with_name(f"{beside.name}.part")
    if not beside.exists():
        part.unlink(missing_ok=True)
        make_rest_key(part)
        # A crash before this line leaves a part that nothing is sealed with, after it a next key that nothing is yet.
        part.rename(beside)
    sync_folder(path.parent)
    return read_rest_key(beside)


def take_next(path: Path) -> None:
    """Put the next key in the place of `path`, and overwrite the old one's bytes; durable on return."""
    if os.name != "posix":  # an open file cannot be replaced there, so the old bytes are only forgotten
        next_file(path).replace(path)
        return
    with path.open("r+b") as old:
        # A crash before this line leaves both keys, after it the new one alone; everything opens with that one.
        next_file(path).replace(path)
        sync_folder(path.parent)
        size = old.seek(0, os.SEEK_END)
        old.seek(0)
        old.write(bytes(size))
        old.flush()
        os.fsync(old.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where this system can."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
