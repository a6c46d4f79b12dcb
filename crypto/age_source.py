"""What age code asks of the files handed to it, and a buffer to parse them through.

1. A file to read may return fewer bytes than asked for (a socket does); only an empty answer means its end.
2. A file to write must take everything it is handed (a buffered file does); one that says it took less raises
   `OSError`, because a hole in a sealed file would be found only by the one who cannot write it again.
3. Nothing here grows but the buffer, and that only when the caller asks for more.
"""

from typing import Protocol

BLOCK_SIZE = 64 * 1024


class Readable(Protocol):
    """The part of a binary file that is read: at most `size` bytes, and none only at the end."""

    def read(self, size: int, /) -> bytes: ...


class Writable(Protocol):
    """The part of a binary file that is written: takes all of `data`."""

    def write(self, data: bytes, /) -> int | None: ...


class Source:
    """Bytes in hand, then those of a file; `buffer` from `position` on is what has not been taken yet."""

    def __init__(self, file: Readable | None, buffer: bytes = b"") -> None:
        self.buffer = buffer
        self.position = 0
        self._file = file

    def more(self) -> bool:
        """Append one block of the file to the buffer; False at the end of the file."""
        block = self._from_file(BLOCK_SIZE)
        self.buffer += block
        return block != b""

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""
        taken = self.buffer[self.position : self.position + size]
        self.position += len(taken)
        if len(taken) == size:
            return taken
        self.buffer, self.position = b"", 0
        return taken + self._from_file(size - len(taken))

    def _from_file(self, size: int) -> bytes:
        if self._file is None:
            return b""
        block = self._file.read(size)
        if len(block) == size or not block:
            return block
        blocks = [block]
        missing = size - len(block)
        while missing and (block := self._file.read(missing)):
            blocks.append(block)
            missing -= len(block)
        return b"".join(blocks)


def write_all(file: Writable, data: bytes) -> None:
    """Write `data` to `file`; raises `OSError` when the file says that it took less."""
    taken = file.write(data)
    if taken is not None and taken != len(data):
        raise OSError(f"only {taken} of {len(data)} bytes were written: hand in a buffered file")
