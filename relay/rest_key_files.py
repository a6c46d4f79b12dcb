"""The file of the key at rest, and those beside it while the key is renewed (`relay.rest_key`).

    rest.key                  the key at rest, and nothing is under way
    rest.key, rest-next.key   a renewal is under way, or was when the machine stopped: each sealed value opens with one
                              of the two, and only the renewal, called again, goes on from there
    rest.key, rest-old.key    the renewal is done but for the old key's bytes, which it overwrites when called again
    all three                 between the two: `rest-old.key` is then another name of `rest.key`

1. Each file appears whole or not at all (`config.whole_files`). What a crash left unfinished was never a key of
   anything, and is removed by the next renewal.
2. The old key gets a second name before it loses its own, so that after a crash its bytes can be found, and are
   overwritten where they stand; a disk or file system that keeps old blocks may keep them nevertheless.
"""

import os
from pathlib import Path

from config.whole_files import sync_folder, write_whole
from relay.key_files import KeyFileError, fresh_rest_key, read_rest_key


def next_file(path: Path) -> Path:
    """Where the next key stands while `path` is renewed."""
    return path.with_name(f"{path.stem}-next{path.suffix}")


def old_file(path: Path) -> Path:
    """Where the old key stands until its bytes are overwritten."""
    return path.with_name(f"{path.stem}-old{path.suffix}")


def check_settled(path: Path, settings: str = "…") -> None:
    """Return if no renewal is under way; raises KeyFileError with what to do."""
    if next_file(path).exists():
        why = f"the key at rest is being renewed, or was when the machine stopped ({next_file(path)} is there)"
    elif old_file(path).exists():
        why = f"the key at rest was renewed, and the old key at rest is still in {old_file(path)}"
    else:
        return
    raise KeyFileError(f"{why}: with the relay stopped, run: enlace relay rest-key renew --settings {settings}")


def settled_rest_key(path: Path) -> bytes:
    """The key at rest (32 bytes), where no renewal is under way; raises KeyFileError."""
    check_settled(path)
    return read_rest_key(path)


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
    old = old_file(path)
    if not old.exists():
        os.link(path, old)
    elif not old.samefile(path):
        raise KeyFileError(f"{old} is not the key that is being renewed; if nothing needs it, remove it, else keep it "
                           "elsewhere; then run the same command again")  # fmt: skip
    sync_folder(path.parent)
    # A crash before the next line leaves all three, after it the old key's second name; everything opens with the new.
    next_file(path).replace(path)
    sync_folder(path.parent)
    erase_old(path)


def erase_old(path: Path) -> None:
    """Overwrite the old key's bytes, and remove its file; raises OSError. A crash leaves it to be done again."""
    with old_file(path).open("r+b") as old:
        size = old.seek(0, os.SEEK_END)
        old.seek(0)
        old.write(bytes(size))
        old.flush()
        os.fsync(old.fileno())
    old_file(path).unlink()
    sync_folder(path.parent)
