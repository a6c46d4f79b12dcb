"""Statements on their way to this desk, kept while the rest is fetched: so a first synchronisation that was cut off
goes on where it was.

    enlace/coming/v1 5f3c… 0
    1412
    enlace/statement/v1
    …

`coming.part` beside the replica; byte by byte: the type, the network and the number of the first statement, a newline;
then each entry as its length in bytes (decimal), a newline, and so many bytes.

1. Nothing in it is believed: what is read here is judged as if the relay had sent it just now. Where that does not
   hold, the file is thrown away and everything asked for anew, before anything is said against the relay.
2. It is written without waiting for the disk. What a crash left half-written is cut off; what is missing is asked for.
3. What stands in its place and is no file of this name, a link or a pipe, is not opened (`host.open_own`).
4. It is readable by whoever can read the profile folder, as the replica is, and holds what every member may see.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from desk import host
from directory.statement import MOST_STATEMENT_BYTES

NAME = "coming.part"
_TYPE = "enlace/coming/v1"


class Coming:
    """What came so far of the statements from number `start` on of the network `network` (its id, in hexadecimal)."""

    def __init__(self, folder: Path, network: str, start: int) -> None:
        self._path = folder / NAME
        self._head = f"{_TYPE} {network} {start}\n".encode()
        self._fresh = True

    def kept(self, most: int, most_bytes: int) -> list[bytes]:
        """What was kept before, at most so many entries and bytes; nothing if it follows on something else."""
        with suppress(OSError), host.open_own(self._path, write=True) as file:
            if file.readline(len(self._head) + 1) == self._head:
                entries, end = list[bytes](), file.tell()
                while len(entries) < most and (piece := _piece(file)) and end + len(piece) <= most_bytes:
                    entries.append(piece)
                    end = file.tell()
                file.truncate(end)
                self._fresh = False
                return entries
        self.forget()
        return []

    def add(self, entries: Sequence[bytes]) -> None:
        """Keep further ones; a disk that refuses costs no more than that they are fetched again."""
        with suppress(OSError):
            if self._fresh:
                self.forget()
                host.create_private(self._path).close()
            with host.open_own(self._path, write=True) as file:
                file.seek(0, os.SEEK_END)
                file.write(self._head if self._fresh else b"")
                for each in entries:
                    file.write(b"%d\n%b" % (len(each), each))
            self._fresh = False

    def forget(self) -> None:
        """Keep nothing any more: all of it is in the replica, or none of it holds."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._fresh = True


def _piece(file: BinaryIO) -> bytes:
    """The next entry; nothing where there is no length, or the entry was cut off."""
    length = file.readline(8)
    digits = length.removesuffix(b"\n")
    if digits == length or not digits.isdigit() or int(digits) > MOST_STATEMENT_BYTES:
        return b""
    piece = file.read(int(digits))
    return piece if len(piece) == int(digits) else b""
