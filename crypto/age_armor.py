"""age files as text: strict PEM (RFC 7468 section 3, figure 3), label AGE ENCRYPTED FILE.

    -----BEGIN AGE ENCRYPTED FILE-----
    YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IG1sa2VtNzY4eDI1NTE5IFU3RTEwQW9u          64 columns
    …                                                                        the last line may be shorter
    -----END AGE ENCRYPTED FILE-----

1. Text in which one byte can be changed without effect is not accepted: every block that is read is decoded, written
   again and compared. White space in front and behind is the exception the format makes; it is bounded.
2. Lines end in LF or CRLF, all like the first.
3. Data is handed out as it is read, its end only after the END line and what follows were checked. Nothing here proves
   where a text comes from: that is for the file inside.
"""

from binascii import Error as BinasciiError
from binascii import a2b_base64, b2a_base64
from functools import lru_cache
from struct import Struct

from crypto.age_errors import ArmorFailure
from crypto.age_source import BLOCK_SIZE, Readable, Source, Writable, write_all

BEGIN = b"-----BEGIN AGE ENCRYPTED FILE-----"
END = b"-----END AGE ENCRYPTED FILE-----"
COLUMNS = 64
MAX_WHITESPACE = 1024

_LINE_SIZE = COLUMNS * 3 // 4
_WHITESPACE = b" \t\r\n"
_DASHES = b"-----BEGIN "  # any PEM: of another label, ArmorReader says what is wrong with it


class ArmorReader:
    """The bytes inside a text, read like a file; what is not strict PEM raises `ArmorFailure`."""

    def __init__(self, src: Readable) -> None:
        self._text = Source(src)
        self._line_end = b""  # known once the BEGIN line was read
        self._data = b""
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes; fewer only at the end. Once it has raised, it raises at every call."""
        blocks, missing = [], size
        try:
            while missing and (self._data or self._fill()):
                block, self._data = self._data[:missing], self._data[missing:]
                blocks.append(block)
                missing -= len(block)
        except ArmorFailure:
            # Reading on would hand out the lines behind the bad one as if they followed those before it.
            self._text = Source(None)
            raise
        return b"".join(blocks)

    def _fill(self) -> bool:
        """Decode the next lines; False when there are none."""
        if not self._line_end:
            self._read_begin()
        while not self._ended and not self._data:
            self._data = self._decode(self._next_lines())
        return self._data != b""

    def _read_begin(self) -> None:
        text = self._text
        while len(text.buffer) < MAX_WHITESPACE + len(BEGIN) + 2 and text.more():
            pass
        start = text.buffer.lstrip(_WHITESPACE)
        if not start.startswith(BEGIN) or len(text.buffer) - len(start) > MAX_WHITESPACE:
            raise ArmorFailure(f"the text does not begin with {BEGIN.decode('ascii')}")
        start = start[len(BEGIN) :]
        for line_end in (b"\n", b"\r\n"):
            if start.startswith(line_end):
                self._line_end = line_end
                text.buffer = start[len(line_end) :]
                return
        raise ArmorFailure("the BEGIN line does not end where it should")

    def _next_lines(self) -> bytes:
        """Lines that have not been decoded yet: full ones, or all that remain and then the end is checked."""
        text = self._text
        width = COLUMNS + len(self._line_end)
        while True:
            # No base64 character is a dash, so the first dash is that of the END line.
            stop = text.buffer.find(b"-")
            if stop >= 0:
                lines, text.buffer = text.buffer[:stop], text.buffer[stop:]
                self._read_end()
                return lines
            # Where no dash is in sight, only the line at the end of the buffer can be the last one, which may be short.
            full = len(text.buffer) // width * width
            if full:
                lines, text.buffer = text.buffer[:full], text.buffer[full:]
                return lines
            if not text.more():
                raise ArmorFailure("the text ends without an END line: part of it is missing")

    def _read_end(self) -> None:
        text = self._text
        while len(text.buffer) <= len(END) + MAX_WHITESPACE and text.more():
            pass
        if not text.buffer.startswith(END):
            raise ArmorFailure("the END line is malformed or cut short")
        rest = text.buffer[len(END) :]
        if rest.strip(_WHITESPACE) or len(rest) > MAX_WHITESPACE:
            raise ArmorFailure("something follows the END line")
        self._ended = True

    def _decode(self, lines: bytes) -> bytes:
        try:
            data = a2b_base64(lines)
        except BinasciiError as error:
            raise ArmorFailure("not base64: a character was changed or lost") from error
        if _lines(data, self._line_end) != lines:
            raise ArmorFailure(f"not canonical base64 in lines of {COLUMNS} columns: not written by a correct program")
        return data


class ArmorWriter:
    """A file whose bytes go to `dst` as text; `close` writes the last line and leaves `dst` open.

    As a context manager it closes only after success, so that a failed writer leaves a text that no reader accepts.
    """

    def __init__(self, dst: Writable) -> None:
        self._dst = dst
        self._pending = b""
        self._begun = self._closed = False

    def write(self, data: bytes, /) -> int:
        """Take all of `data`; raises `ValueError` once closed."""
        if self._closed:
            raise ValueError("this text has its END line already")
        pending = self._pending + data
        full = len(pending) // _LINE_SIZE * _LINE_SIZE
        self._begin()
        write_all(self._dst, _lines(pending[:full], b"\n"))
        self._pending = pending[full:]
        return len(data)

    def close(self) -> None:
        """Write what is pending and the END line; once."""
        if not self._closed:
            self._closed = True
            self._begin()
            write_all(self._dst, _lines(self._pending, b"\n") + END + b"\n")

    def _begin(self) -> None:
        # Not when it is made: whoever refuses to write anything has then written nothing.
        if not self._begun:
            self._begun = True
            write_all(self._dst, BEGIN + b"\n")

    def __enter__(self) -> "ArmorWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            self.close()


def either_form(src: Readable) -> Readable:
    """`src` from its beginning, or the bytes inside if it is a text; its first kilobyte decides which it is."""
    source = Source(src)
    while len(source.buffer) < MAX_WHITESPACE + len(_DASHES) and source.more():
        pass
    return ArmorReader(source) if source.buffer.lstrip(_WHITESPACE).startswith(_DASHES) else source


def armor(data: bytes) -> bytes:
    """`data` as text."""
    return b"".join([BEGIN, b"\n", _lines(data, b"\n"), END, b"\n"])


def dearmor(text: bytes) -> bytes:
    """The data in a text; raises `ArmorFailure` where that is not strict PEM."""
    reader = ArmorReader(Source(None, text))
    blocks = []
    while block := reader.read(BLOCK_SIZE):
        blocks.append(block)
    return b"".join(blocks)


def _lines(data: bytes, line_end: bytes) -> bytes:
    """`data` as canonical base64 in lines of 64 columns, each with its end; no line at all for no data."""
    text = b2a_base64(data, newline=False)
    if not text:
        return b""
    lines = _full(len(text) // COLUMNS).unpack_from(text)
    rest = text[len(lines) * COLUMNS :]
    return line_end.join((*lines, rest) if rest else lines) + line_end


@lru_cache(maxsize=4)
def _full(count: int) -> Struct:
    """So many full lines side by side: cut by C, twice as fast as by slices."""
    return Struct(f"{COLUMNS}s" * count)
