"""Open files: as many as the system gives, and never more connections than they are enough for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from relay.commands import relay
from relay.open_files import EACH, RESERVE, fitting, open_files

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")


@pytest.mark.parametrize(
    ("limit", "most"),
    [(None, 1000), (100_000, 1000), (RESERVE + EACH * 1000, 1000), (RESERVE + EACH * 999 + 1, 999), (1024, 384),
     (RESERVE, 1), (0, 1)],
)  # fmt: skip
def test_how_many_connections_fit(limit: int | None, most: int) -> None:
    assert fitting(1000, limit) == most


@posix
def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    program = (
        "import resource, relay.open_files as files\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (200, 400))\n"
        "print(files.open_files(), files.open_files(hard=True))\n"
        "files.raise_open_files()\n"
        "print(files.open_files(), files.open_files(hard=True))\n"
        "files.raise_open_files()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "200 400\n400 400\n"


@posix
def test_check_says_what_fits(tmp_path: Path) -> None:
    address = ("--public-url", "https://localhost:8460", "--origin", "log.enlace.example/1", "--self-signed-authority")
    made = CliRunner().invoke(relay, ["init", str(tmp_path / "relay"), *address])
    assert made.exit_code == 0
    program = (
        "import resource, sys\nfrom relay.commands import relay\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (300, 700))\n"
        "relay(['check', '--json', '--settings', sys.argv[1]])\n"
    )
    settings = str(tmp_path / "relay" / "relay.toml")
    done = subprocess.run([sys.executable, "-c", program, settings], capture_output=True, text=True, check=True)
    found = {each["name"]: each["detail"] for each in json.loads(done.stdout)["checks"]}
    assert found["open files"].startswith("700: only 222 of 8192 connections fit; raise the hard limit")
    assert "are to stay free" in found["disk"]


def test_the_limit_of_this_process_is_a_number_or_none() -> None:
    limit = open_files()
    assert limit is None or limit > 0
