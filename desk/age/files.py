"""Input and output of commands on files that the user names.

1. Output appears under its name whole or not at all: written beside, and renamed when its last byte was sealed or
   verified. What goes to a pipe has left by then; whoever reads it is told to discard it. A terminal shows only what
   was verified to its end and is text. A command that is killed outright leaves an unfinished file beside.
2. No file is read and written at once, and none that a key or a passphrase came from is written over, by whatever name
   or way it came.
3. What is sealed gets the mode that other new files get; what is opened, and every secret, is for this user alone. A
   file that is replaced keeps its mode.
"""

import errno
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import UnsupportedOperation
from pathlib import Path
from typing import BinaryIO, Protocol

from config.whole_files import sync_folder
from crypto.age import Writable
from desk import host
from desk.ended_in_order import ended_in_order, wait_until_readable
from desk.errors import Declined, DeskError, NotFound, Usage
from desk.terminal import Unread

STDIO = "-"
MOST_SHOWN = 1 << 20
_ELSEWHERE = "write it to a file with --output FILE, or here all the same with --output -"


class _Raw(Protocol):
    """A file without a buffer of its own: it hands out what is there, and None where it would have to wait."""

    def read(self, size: int, /) -> bytes | None: ...

    def fileno(self) -> int: ...


class Input:
    """The input of a command; one that fails while it is read says that it was the input."""

    def __init__(self, path: str, file: _Raw) -> None:
        self._path, self._file = path, file
        self.woken: int | None = None  # what can be read from when a signal has come
        self._ended = False  # a terminal says so once, and would then wait for more

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none only at the end; raises DeskError."""
        try:
            while not self._ended:
                self._wait()
                data = self._file.read(size)
                if data is not None:
                    self._ended = not data
                    return data
        except OSError as error:
            raise DeskError(f"{self._path} cannot be read: {host.reason(error)}") from error
        return b""

    def beginning(self, most: int) -> bytes:
        """The next `most` bytes; fewer only at the end. Raises DeskError."""
        pieces: list[bytes] = []
        while most and (piece := self.read(most)):
            pieces.append(piece)
            most -= len(piece)
        return b"".join(pieces)

    def is_file(self, there: os.stat_result) -> bool:
        """Whether this is the regular file of which `there` was said."""
        try:
            found = os.fstat(self._file.fileno())
        except (OSError, UnsupportedOperation):
            return False
        return stat.S_ISREG(found.st_mode) and os.path.samestat(found, there)

    def _wait(self) -> None:
        try:
            descriptor = self._file.fileno()
        except UnsupportedOperation:  # no file of the system's, so there is nothing to wait for
            return
        wait_until_readable(descriptor, self.woken)


@contextmanager
def open_input(path: str) -> Iterator[Input]:
    """The file at `path`, or standard input, which stays open; raises OSError."""
    if path == STDIO:
        yield Input(path, getattr(sys.stdin.buffer, "raw", sys.stdin.buffer))
        return
    with Path(path).open("rb", buffering=0) as file:
        yield Input(path, file)


@contextmanager
def reading(path: str) -> Iterator[Input]:
    """The input at `path`, or standard input; raises NotFound or Usage."""
    with ExitStack() as stack:
        try:
            src = stack.enter_context(open_input(path))
        except FileNotFoundError as error:
            raise NotFound(f"there is no file {path}") from error
        except OSError as error:
            raise Usage(f"{path} cannot be read: {host.reason(error)}") from error
        yield src


@contextmanager
def writing(path: str | None, src: Input, keys: Sequence[str], *, private: bool) -> Iterator[Writable]:
    """The output at `path`, or standard output (rules 1 to 3); raises Usage, NotFound or DeskError.

    `src` is the input, `keys` are the files that keys or a passphrase were read from.
    """
    if path is None or path == STDIO:
        with _to_standard_output(src) as out:
            yield out
        return
    target = Path(path)
    _refuse_same(target, src, keys)
    if target.exists() and not target.is_file() and not target.is_dir():
        with _told(path), target.open("wb") as device, _discarded(_Counted(device)) as out:
            yield out
        return
    with _told(path), ended_in_order() as woken, _replacing(_place(path), private=private) as file:
        src.woken = woken
        try:
            yield file
        finally:
            src.woken = None


def write_secret(path: str, text: str) -> None:
    """Write a file that is not there yet, for this user alone; raises Usage or DeskError."""
    with ended_in_order():
        host.write_new(Path(path), [text.encode()])


def whole(src: Input, path: str, most: int) -> bytes:
    """All that is left of an input, which must not be long; raises Declined."""
    data = src.beginning(most + 1)
    if len(data) > most:
        raise Declined(f"{path} is larger than {most >> 10} KiB")
    return data


def put_out(data: bytes) -> None:
    """Write all of the answer to standard output; raises Unread."""
    out = _Counted(sys.stdout.buffer)
    out.write(data)
    out.flush()


def read_by_others() -> bool:
    """Whether standard output is a file that other users of this machine may read."""
    try:
        found = os.fstat(sys.stdout.fileno())
    except (OSError, UnsupportedOperation):
        return False
    return not host.WINDOWS and stat.S_ISREG(found.st_mode) and found.st_mode & 0o044 != 0


def is_terminal(path: str | None) -> bool:
    """Whether output would go to a terminal without anybody having said so (`-` says so)."""
    return path is None and sys.stdout.isatty()


@contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"there is no folder for {path}") from error
    except IsADirectoryError as error:
        raise Usage(f"{path} is a folder; name a file in it") from error
    except OSError as error:
        raise DeskError(f"{path} cannot be written: {host.reason(error)}") from error


def _place(path: str) -> Path:
    """Where output of that name is to stand; raises OSError."""
    if path.endswith((os.sep, os.altsep or os.sep)):
        raise IsADirectoryError
    place = Path(os.path.realpath(path))
    if place.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return place


@contextmanager
def _replacing(target: Path, *, private: bool) -> Iterator[BinaryIO]:
    if target.is_dir():
        raise IsADirectoryError
    beside = host.unfinished(target.parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(beside, flags, 0o600 if private else 0o666), "wb") as file:
            if target.exists() and not host.WINDOWS:
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(target.parent)


def _refuse_same(target: Path, src: Input, keys: Sequence[str]) -> None:
    try:
        there = target.stat()
    except OSError:
        return  # not there yet; what else is wrong with it, opening it says
    if src.is_file(there):
        raise Usage(f"{target} is the input too; give the output another name")
    if any(_is_that(key, there) for key in keys):
        raise Usage(f"{target} holds keys or a passphrase that are used here; give the output another name")


def _is_that(key: str, there: os.stat_result) -> bool:
    try:
        found = os.fstat(sys.stdin.fileno()) if key == STDIO else Path(key).stat()
    except (OSError, UnsupportedOperation):  # gone since it was read, or no file of the system's
        return False
    return stat.S_ISREG(found.st_mode) and os.path.samestat(found, there)


@contextmanager
def _to_standard_output(src: Input) -> Iterator["_Counted"]:
    out = _Counted(sys.stdout.buffer)
    try:
        if src.is_file(os.fstat(sys.stdout.fileno())):
            raise Usage("standard output goes to the input file; give the output another name")
    except (OSError, UnsupportedOperation):
        pass  # a standard output that is no file
    with _discarded(out):
        yield out
    out.flush()


@contextmanager
def _discarded(out: "_Counted") -> Iterator["_Counted"]:
    """Whoever receives what cannot be taken back is told, if it fails, that it is not whole."""
    try:
        yield out
    except DeskError as error:
        if out.count:
            error.args = (f"{error}. Discard what came out before: it is not the whole of what was sealed",)
        raise


class Screen:
    """What is to be shown on a terminal: kept until it is whole, and shown only if it is text (rule 1)."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def write(self, data: bytes, /) -> int:
        """Keep it; raises Usage where there is too much to show."""
        self._kept += data
        if len(self._kept) > MOST_SHOWN:
            raise Usage(f"more than {MOST_SHOWN >> 20} MiB, too much for a terminal; {_ELSEWHERE}")
        return len(data)

    def text(self) -> str:
        """All of it; raises Usage for what is no text."""
        try:
            text = self._kept.decode()
        except UnicodeDecodeError as error:
            raise Usage(f"what was sealed is no text, so it is not shown on a terminal; {_ELSEWHERE}") from error
        if any(char < " " and char not in "\t\r\n" for char in text):
            raise Usage(f"what was sealed is text with control characters; {_ELSEWHERE}")
        return text


class _Counted:
    """Output that cannot be taken back: how much went there, and whether anybody reads it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.count = file, 0

    def write(self, data: bytes, /) -> int:
        with _read_by_somebody():
            self._file.write(data)
        self.count += len(data)
        return len(data)

    def flush(self) -> None:
        """Let all of it out."""
        with _read_by_somebody():
            self._file.flush()


@contextmanager
def _read_by_somebody() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        # What is left in the stream's buffer would else be complained about when the process ends.
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open until the end
        raise Unread from error
