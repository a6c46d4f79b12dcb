"""Terminal manners: where results, secrets, questions and progress go, and what is asked of whom."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_world import HOUSE

from desk.errors import Usage
from desk.terminal import DEFAULT_WORK_FACTOR, MOST_SECRET, Terminal, Unread, stamp, work_factor

HOSTILE = "x\x1b[2J\r\nforged\u202e"
MIB = 1 << 20


class Screen(io.StringIO):
    """A standard stream that is a terminal."""

    def isatty(self) -> bool:
        return True


class Pipe(io.TextIOWrapper):
    """A standard stream that is none."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8", write_through=True)


class Streams:
    """Standard streams of a test: no terminal, unless it says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self.out, self.err = Pipe(), Pipe()
        self.set(stdin=Pipe(), stdout=self.out, stderr=self.err)

    def set(self, **streams: Any) -> None:
        for name, stream in streams.items():
            self._patch.setattr(sys, name, stream)

    @property
    def shown(self) -> str:
        return self._text(self.out)

    @property
    def told(self) -> str:
        return self._text(self.err)

    @staticmethod
    def _text(stream: Pipe) -> str:
        assert isinstance(stream.buffer, io.BytesIO)
        return stream.buffer.getvalue().decode()


def test_results_are_shown_and_everything_else_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch)
    terminal = Terminal()
    terminal.result({"a": 1}, "one line\nand another")
    terminal.note("a note")
    terminal.warn(HOSTILE)
    assert streams.shown == "one line\nand another\n"
    assert streams.told == "a note\n! x[U+001B][2J / forged[U+202E]\n"


def test_a_program_gets_one_object_for_a_result_and_one_a_line_for_events(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch)
    terminal = Terminal(json=True)
    for number in range(3):
        terminal.event({"event": "arrived", "number": number, "text": HOSTILE}, "not this")
    assert streams.shown.splitlines() == [
        f'{{"event":"arrived","number":{number},"text":"x\\u001b[2J\\r\\nforged\\u202e"}}' for number in range(3)
    ]
    assert streams.told == ""


@pytest.mark.parametrize("as_json", [False, True])
def test_halves_of_characters_are_printed_all_the_same(monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    """A file's name on a disk may hold bytes that are no text."""
    streams = Streams(monkeypatch)
    Terminal(json=as_json).result({"file": "a\udcffb", "of": [("\udcff",)]}, f"a\udcffb {HOSTILE}")
    assert streams.shown.startswith(
        '{"file":"a?b","of":[["?"]]}' if as_json else "a[U+DCFF]b x[U+001B][2J\nforged[U+202E]"
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"correct horse\n", "correct horse"),
        (b"correct horse\r\nsecond line\n", "correct horse"),
        (b"no line break", "no line break"),
        (b"  spaces stay \n", "  spaces stay "),
        ("contraseña\n".encode(), "contraseña"),
        (b"x" * MOST_SECRET, "x" * MOST_SECRET),
        (b"x" * MOST_SECRET + b"\r\nmore", "x" * MOST_SECRET),
    ],
)
def test_a_secret_is_the_first_line_of_a_file_or_of_standard_input(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes, expected: str
) -> None:
    streams = Streams(monkeypatch)
    path = tmp_path / "secret"
    path.write_bytes(data)
    terminal = Terminal(passphrase_file=str(path))
    assert terminal.passphrase().decode() == expected
    streams.set(stdin=Pipe(data))
    assert terminal.secret("Code", "-", "--code-file") == expected


def test_what_follows_the_first_line_is_left_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch)
    streams.set(stdin=Pipe(b"the passphrase\n\xff\xfe the text, of any bytes\n"))
    assert Terminal(passphrase_file="-").passphrase() == b"the passphrase"
    assert sys.stdin.buffer.read() == b"\xff\xfe the text, of any bytes\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "--code-file: {source} holds nothing in its first line"),
        (b"\n123456\n", "holds nothing in its first line"),
        (b"Bogot\xe1\n", "--code-file: {source} is no UTF-8 text"),
        (b"x" * (MOST_SECRET + 1) + b"\n", "--code-file: the first line of {source} is longer than 4096 bytes"),
        ("á".encode() * MOST_SECRET, "the first line of {source} is longer than 4096 bytes"),
        (b"x" + "á".encode() * MOST_SECRET, "the first line of {source} is longer than 4096 bytes"),
    ],
)
def test_a_secret_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes, words: str) -> None:
    streams = Streams(monkeypatch)
    path = tmp_path / "secret"
    path.write_bytes(data)
    streams.set(stdin=Pipe(data))
    for source, named in ((str(path), str(path)), ("-", "-" if b"\xe1" in data else "standard input")):
        with pytest.raises(Usage) as caught:
            Terminal().secret("Code", source, "--code-file")
        assert words.format(source=named) in str(caught.value)


def test_no_file_of_secrets(tmp_path: Path) -> None:
    with pytest.raises(Usage, match=r"--code-file: .*nowhere cannot be read: No such file or directory"):
        Terminal().secret("Code", str(tmp_path / "nowhere"), "--code-file")


def test_without_a_terminal_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch)
    with pytest.raises(Usage, match=r"^Code: there is no terminal to ask at; give it with --code-file FILE, or - for"):
        Terminal().secret("Code", None, "--code-file")
    with pytest.raises(Usage, match=r"^Revoke it\? There is no terminal to ask at; say yes beforehand with --yes$"):
        Terminal().confirm("Revoke it?", yes=False)
    Terminal().confirm("Revoke it?", yes=True)
    assert streams.shown + streams.told == ""


def test_only_a_new_passphrase_is_commented_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    streams = Streams(monkeypatch)
    path = tmp_path / "weak"
    path.write_text("12345\n")
    assert Terminal(passphrase_file=str(path)).passphrase() == b"12345"
    assert streams.told == ""
    assert Terminal(passphrase_file=str(path)).passphrase(confirm=True) == b"12345"
    assert streams.told.startswith("! ")


def test_progress_is_for_somebody_who_watches_and_for_what_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch)
    Terminal().progress("Sending", 1, 5 * MIB)
    assert streams.told == ""
    screen = Screen()
    streams.set(stderr=screen)
    Terminal(json=True).progress("Sending", MIB, 5 * MIB)
    Terminal().progress("Sending", 1, MIB - 1)
    assert screen.getvalue() == ""
    terminal = Terminal()
    terminal.progress("Sending", MIB, 5 * MIB)
    assert screen.getvalue() == "\rSending 1.0 of 5.0 MiB"
    terminal.note("Something else")
    assert screen.getvalue() == "\rSending 1.0 of 5.0 MiB\nSomething else\n"
    terminal.progress("Sending", 5 * MIB, 5 * MIB)
    assert screen.getvalue().endswith("\rSending 5.0 of 5.0 MiB\n")


def test_a_width_is_that_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch)
    monkeypatch.setenv("COLUMNS", "72")
    assert (Terminal().width, Terminal().note_width) == (0, 0)
    streams.set(stdout=Screen(), stderr=Screen())
    assert (Terminal().width, Terminal().note_width) == (72, 72)


class Closed(Pipe):
    """A pipe that nobody reads any more; or what else keeps anything from being written."""

    def __init__(self, number: int = errno.EPIPE) -> None:
        super().__init__()
        self._number = number

    def write(self, _: str) -> int:
        raise OSError(self._number, "x")

    def flush(self) -> None:
        pass


def test_who_reads_no_result_ends_the_command_who_reads_no_note_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch)
    streams.set(stderr=Closed())
    Terminal().note("nobody hears this")
    Terminal().result({}, "and this is shown")
    assert streams.shown == "and this is shown\n"


@pytest.mark.parametrize(("text", "factor"), [("", DEFAULT_WORK_FACTOR), ("10", 10), ("20", 20)])
def test_the_work_factor_of_new_key_files(text: str, factor: int) -> None:
    assert work_factor({"ENLACE_WORK_FACTOR": text}) == factor


@pytest.mark.parametrize("text", ["9", "21", "-10", "ten", "1e1", "17 "])
def test_a_work_factor_that_is_none(text: str) -> None:
    with pytest.raises(Usage, match="a number from 10 to 20"):
        work_factor({"ENLACE_WORK_FACTOR": text})


def test_times_are_utc_and_none_is_a_dash() -> None:
    assert (stamp(1_767_225_600), stamp(0)) == ("2026-01-01 00:00 UTC", "–")


def start(*arguments: str, **streams: Any) -> "subprocess.Popen[bytes]":
    """`enlace` in a process of its own."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
    return subprocess.Popen([sys.executable, "-m", "desk.main", *arguments], cwd=HOUSE, env=environ, **streams)


def test_a_reader_that_goes_away_ends_a_command_quietly() -> None:
    """`enlace … | head -0`: exit code 141, as a shell says of such a program, and no complaint."""
    read, write = os.pipe()
    os.close(read)
    process = start("status", "--profile", "/nowhere", "--json", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, complaint = process.communicate(timeout=60)
    assert complaint == b""
    assert process.returncode in (7, 141)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_standard_streams_that_are_closed_are_no_reason_to_fail(closed: str, tmp_path: Path) -> None:
    command = f'exec "$0" -m desk.main status --profile "{tmp_path}/nowhere" {closed}'
    ran = subprocess.run(["sh", "-c", command, sys.executable], cwd=HOUSE, capture_output=True, timeout=60, check=False)
    assert ran.returncode == 7
    assert ran.stdout == b""
    assert (b"there is no profile in" in ran.stderr) == ("2>" not in closed)
    assert b"Traceback" not in ran.stderr


def test_unread_is_raised_where_the_result_goes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch)
    streams.set(stdout=Closed())
    with pytest.raises(Unread):
        Terminal().result({}, "x")
    sys.stdout.close()


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC, errno.EIO])
def test_what_goes_on_does_so_where_nobody_reads_it(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A watch rings for hours; its window may be closed, and the disk that holds its output may fill up."""
    streams = Streams(monkeypatch)
    streams.set(stdout=Closed(number))
    terminal = Terminal(lasting=True)
    terminal.event({}, "x")
    terminal.event({}, "y")
    assert "it goes on all the same" in streams.told


def test_a_file_for_another_program_is_printed_byte_for_byte(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    Terminal().data(b"BEGIN:VCARD\r\nNOTE:\xc3\xa9\r\n")
    assert capsysbinary.readouterr().out == b"BEGIN:VCARD\r\nNOTE:\xc3\xa9\r\n"


def test_on_a_terminal_such_a_file_holds_nothing_that_it_would_act_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    Terminal().data(b"NOTE:\x1b[31mred\r\nEND\r\n")
    assert capsys.readouterr().out == "NOTE:[U+001B][31mred\nEND\n"
