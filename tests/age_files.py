"""Files as age code may meet them: a reader that drips, a writer that counts or takes too little."""

from io import BytesIO


class Drip:
    """A file that returns a few bytes at a time, as a socket may, and remembers the most it was asked for."""

    def __init__(self, data: bytes, most: int = 7) -> None:
        self._file = BytesIO(data)
        self._most = most
        self.taken = 0
        self.most_asked = 0

    def read(self, size: int, /) -> bytes:
        assert size > 0
        self.most_asked = max(self.most_asked, size)
        block = self._file.read(min(size, self._most))
        self.taken += len(block)
        return block


class Zeros:
    """A file of so many zero bytes that are never all in memory."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int, /) -> bytes:
        block = bytes(min(size, self._left))
        self._left -= len(block)
        return block


class Full:
    """A file on a full disk: it takes so many bytes and then only a part."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, data: bytes, /) -> int:
        taken = min(len(data), self.room)
        self.room -= taken
        return taken
