"""`enlace witness`: what is typed wrong, what is not in order, and a witness that runs and stops as a process."""

import http.client
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from witness_keys import ORIGIN
from witness_world import NAME, Fork, check_lines, make_folder

from crypto.policy import parse_policy
from relay.witness.commands import witness

RUN = "from relay.witness.commands import witness; witness()"
FORK = Fork()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(witness, arguments)


def test_keys_are_made_once_and_a_fingerprint_is_shown(tmp_path: Path) -> None:
    made = run("keygen", str(tmp_path / "w"), "--name", NAME)
    assert made.exit_code == 0
    assert "fingerprint" in made.output
    again = run("keygen", str(tmp_path / "w"), "--name", NAME, "--json")
    assert (again.exit_code, json.loads(again.output)["code"]) == (2, 2)
    public = parse_policy((tmp_path / "w" / "witness.policy").read_bytes())
    assert [each.key.name for each in public.witnesses] == [NAME, NAME]
    assert (tmp_path / "w" / "witness.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("keygen", "{new}", "--name", "co"), 2),
        (("keygen", "{new}"), 2),
        (("serve", "{new}", "--certificate", "x"), 2),
        (("serve", "{new}", "--certificate", "{new}", "--key", "{new}"), 2),
        (("serve", "{new}", "--port", "70000"), 2),
        (("call-out", "{new}", "--authority", "{new}"), 2),
        (("call-out", "{new}", "--every", "1"), 2),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    assert run(*(each.format(new=tmp_path / "new") for each in arguments)).exit_code == code


def spawned(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", RUN, *arguments], capture_output=True, timeout=30, check=False)


def test_a_folder_that_is_not_in_order_starts_nothing(tmp_path: Path) -> None:
    make_folder(tmp_path / "w")  # its log has no address
    for arguments, words in (
        (("serve", str(tmp_path / "nothing")), b"cannot be read"),
        (("call-out", str(tmp_path / "w"), "--once"), b"does not say where"),
    ):
        ran = spawned(*arguments)
        assert ran.returncode == 3
        assert words in ran.stderr


def test_a_witness_runs_until_it_is_stopped(tmp_path: Path) -> None:
    keys = make_folder(tmp_path / "w")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", RUN, "serve", str(tmp_path / "w"), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["event"] == "listening"
        body = FORK.asked(0, 5)
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        line.request("POST", "/add-checkpoint", body)
        check_lines(line.getresponse().read(), body, keys)
        line.close()
        busy = spawned("serve", str(tmp_path / "w"), "--port", "0")
        assert (busy.returncode, b"runs this witness already" in busy.stderr) == (3, True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        logged = process.stderr.read()
    assert b'"cosigned"' in logged
    assert ORIGIN.encode() not in logged
