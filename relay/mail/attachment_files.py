"""The attachments' files: parts that grow, and whole files under the hash of what is in them.

1. `<hash>.<device>.part` is what one device uploaded so far; `<hash>` holds bytes of which that is the SHA-256.
2. A part becomes a whole file by a rename, after its bytes were read back from the disk and hashed.
3. `sync` returns when the bytes, and the file's place in the folder, survive a power cut.
4. A part may hold more than was recorded as safe (a crash came in between); it is cut back before it grows.

These functions block: they are called in a thread. Files and folder are the owner's alone.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from config.whole_files import sync_folder

_OURS = re.compile(r"[0-9a-f]{64}(\.[0-9a-f]{64}\.part)?")


class WrongDigest(Exception):
    """The bytes have another SHA-256 than announced."""


@dataclass(frozen=True, slots=True)
class AttachmentFiles:
    """The files in `folder`."""

    folder: Path

    def prepare(self) -> None:
        """Make the folder, mode 700."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def whole(self, attachment: str) -> Path:
        """Where a whole attachment stands."""
        return self.folder / attachment

    def part(self, attachment: str, device: str) -> Path:
        """Where a device's upload grows."""
        return self.folder / f"{attachment}.{device}.part"

    def safe_offset(self, attachment: str, device: str, recorded: int, length: int) -> int:
        """How many bytes of an upload are there: what was recorded, unless the disk says less, or that it is whole."""
        try:
            return min(recorded, self.part(attachment, device).stat().st_size)
        except FileNotFoundError:
            # Nothing was written yet; or a crash came between the rename and its record. The whole file is this
            # device's doing only if all of its bytes were recorded: knowing a hash is not having the bytes.
            return length if recorded == length and self.whole(attachment).exists() else 0

    def open_part(self, attachment: str, device: str, offset: int) -> BinaryIO:
        """The part, cut to `offset` and ready to grow from there."""
        path = self.part(attachment, device)
        new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        file = os.fdopen(handle, "r+b", buffering=0)
        try:
            file.truncate(offset)
            file.seek(offset)
            if new:
                sync_folder(self.folder)
        except BaseException:
            file.close()
            raise
        return file

    def finish(self, attachment: str, device: str) -> None:
        """Make the part the whole file; raises WrongDigest, changing nothing, if its bytes are others."""
        part = self.part(attachment, device)
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != attachment:
            raise WrongDigest
        part.replace(self.whole(attachment))
        sync_folder(self.folder)

    def remove_part(self, attachment: str, device: str) -> None:
        """Remove a device's part, if it is there."""
        self.part(attachment, device).unlink(missing_ok=True)

    def remove_whole(self, attachment: str) -> None:
        """Remove a whole attachment, if it is there."""
        self.whole(attachment).unlink(missing_ok=True)

    def keep_only(self, paths: Iterable[Path]) -> int:
        """Remove every other attachment (a crash came between a record's removal and its file's); says how many."""
        wanted = set(paths)
        stray = [path for path in self.folder.iterdir() if _OURS.fullmatch(path.name) and path not in wanted]
        for path in stray:
            path.unlink()
        return len(stray)


def write_all(file: BinaryIO, data: bytes) -> None:
    """Write all of `data`; an unbuffered file may take less at a time."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def sync(file: BinaryIO) -> None:
    """Return when what was written is on the disk."""
    os.fsync(file.fileno())
