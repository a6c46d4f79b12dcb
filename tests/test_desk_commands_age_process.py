"""`enlace age` as a process: standard streams, memory, time to start; and what a terminal would be shown.

Signals: `test_desk_commands_age_ended.py`.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from age_folder import LARGE, PLAIN, age, done, furnish
from cli_world import HOUSE, PASSPHRASE

from desk.age import files as age_files
from desk.errors import Usage


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    furnish()
    return tmp_path


def test_nobody_reading_ends_it_quietly(here: Path) -> None:
    Path("large.age").write_bytes(LARGE)
    command = [sys.executable, "-m", "desk.main", "age", "-d", "-i", "key", "large.age"]
    with subprocess.Popen(command, env=ENVIRON, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_an_identity_that_others_could_read_is_told_of(here: Path) -> None:
    for mode, words in ((0o644, b"others can read"), (0o600, b"")):
        with Path("redirected").open("wb") as out:
            os.fchmod(out.fileno(), mode)
            command = [sys.executable, "-m", "desk.main", "age", "keygen", "--x25519"]
            ran = subprocess.run(command, env=ENVIRON, stdout=out, stderr=subprocess.PIPE, check=True)
        assert (words in ran.stderr, bool(ran.stderr)) == (True, bool(words))
        assert Path("redirected").read_text().count("AGE-SECRET-KEY-1") == 1


def test_keys_may_come_by_standard_input(here: Path) -> None:
    assert done("-d", "-i", "-", "sealed", feed=Path("key").read_bytes()).out == PLAIN.decode()
    assert done("-d", "--passphrase-file", "-", "locked", feed=PASSPHRASE.encode()).out == PLAIN.decode()
    done("-R", "-", "-o", "out.age", "plain", feed=Path("key.pub").read_bytes())
    assert done("-d", "-i", "key", "out.age").out == PLAIN.decode()


def test_output_into_the_input_by_way_of_the_shell_is_refused(here: Path) -> None:
    with Path("plain").open("ab") as out:
        command = [sys.executable, "-m", "desk.main", "age", "-R", "key.pub", "plain"]
        ran = subprocess.run(command, env=ENVIRON, stdout=out, stderr=subprocess.PIPE, check=False)
    assert ran.returncode == 2
    assert b"standard output goes to the input file" in ran.stderr
    assert Path("plain").read_bytes() == PLAIN


ENVIRON = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")} | {
    "PYTHONPATH": str(HOUSE)
}
# Not by getrusage: there Linux counts the process that started this one, too, as long as they were one.
MEASURED = """
import re, sys
from pathlib import Path
from desk.main import main
code = main(sys.argv[1:])
assert code == 0, code
used = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
imported = {each.partition(".")[0] for each in sys.modules}
strange = {"aiohttp", "aiosqlite", "jwt", "relay", "sqlite3", "structlog"} & imported
print(int(used[1]) >> 10, sorted(strange), file=sys.stderr)
"""
MOST_MIB = 64


def measured(*arguments: str) -> int:
    """The most memory, in MiB, that a process of its own used for a command."""
    command = [sys.executable, "-c", MEASURED, "age", *arguments]
    ran = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    used, _, strange = ran.stderr.strip().partition(" ")
    assert strange == "[]", "imported: what the command does not need makes it slow to start, and large"
    return int(used)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells it")
@pytest.mark.parametrize("options", [[], ["-a"]], ids=["bytes", "text"])
def test_memory_does_not_grow_with_the_file(here: Path, options: list[str]) -> None:
    size = 64 << 20
    with Path("large").open("wb") as file:
        file.truncate(size)
    small = measured("-R", "key.pub", *options, "-o", "small.age", "plain")
    sealing = measured("-R", "key.pub", *options, "-o", "large.age", "large")
    opening = measured("-d", "-i", "key", "-o", "out", "large.age")
    assert Path("out").stat().st_size == size
    assert max(sealing, opening) < MOST_MIB
    assert max(sealing, opening) < small + 16


# What is for a terminal: see test_desk_commands_age_terminal.py


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "no text"),
        (b"a\x1b[2J", "control characters"),
        (b"a\0b", "control characters"),
        (bytes(age_files.MOST_SHOWN + 1), "too much for a terminal"),
    ],
)
def test_a_screen_shows_text_only(content: bytes, words: str) -> None:
    screen = age_files.Screen()
    with pytest.raises(Usage, match=words):
        (screen.write(content), screen.text())


def test_a_screen_shows_text() -> None:
    screen = age_files.Screen()
    screen.write(PLAIN)
    screen.write(b"\tend\r\n")
    assert screen.text() == PLAIN.decode() + "\tend\r\n"


def out_of_memory(*_: object, **__: object) -> bytes:
    raise MemoryError


def broken(*_: object, **__: object) -> bytes:
    raise ValueError("something else")


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [(out_of_memory, 2, "not enough memory"), (broken, 1, "error of the program: ValueError")],
)
def test_a_machine_too_small_for_a_passphrase_says_so(
    here: Path, monkeypatch: pytest.MonkeyPatch, failure: Callable[..., bytes], code: int, words: str
) -> None:
    monkeypatch.setattr("crypto.age_scrypt.Scrypt", failure)
    for arguments in (["-d", "locked"], ["-p", "plain"], ["-p", "-a", "plain"]):
        ran = age(*arguments, "--passphrase-file", "passphrase")
        assert (ran.code, words in ran.err) == (code, True), ran


SMALL = """
import resource, sys
from desk.main import main
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory like this")
@pytest.mark.parametrize("work", [21, 22])
def test_the_largest_work_that_can_be_allowed_needs_memory_and_nothing_else(here: Path, work: int) -> None:
    """It takes 2 GiB and 4 GiB, more than tests may take: so what is seen is that memory alone is missing."""
    sealed = Path("locked").read_bytes()
    Path("hard").write_bytes(sealed.replace(b" 10\n", b" %d\n" % work, 1))
    options = ["age", "-d", "--max-work-factor", "22", "--passphrase-file", "passphrase", "hard"]
    ran = subprocess.run([sys.executable, "-c", SMALL, *options], env=ENVIRON, capture_output=True, check=False)
    assert (ran.returncode, ran.stderr[:26]) == (2, b"enlace: not enough memory "), ran.stderr
