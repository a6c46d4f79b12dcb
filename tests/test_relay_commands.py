"""`enlace relay init`, `check` and `serve`, as the operator runs them: the last one as a process of its own."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import ssl
import stat
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from click.testing import CliRunner, Result
from directory_world import TWO_ROOTS, founding, key_pair
from relay_bodies import BodiedWorld, posted

from crypto.fingerprint import fingerprint
from directory.canonical import encode
from directory.statement import NameRelay
from relay.commands import relay
from relay.key_files import read_pair
from relay.protocol import routes
from relay.protocol.proof import make_proof
from relay.protocol.relay_keys import read_relay_keys
from relay.protocol.requests import Appended, LogState

ORIGIN = "log.enlace.example/1"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(relay, [str(each) for each in arguments])


COMMAND = (sys.executable, "-c", "from relay.commands import relay; relay()")


async def apart(*arguments: object) -> tuple[int, str]:
    """Exit code and output of a command in a process of its own."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *map(str, arguments), stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(30):
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def made(folder: Path, port: int = 8460, *more: str) -> Result:
    url = f"https://localhost:{port}"
    return run("init", folder, "--public-url", url, "--origin", ORIGIN, "--self-signed-authority", *more)


def test_init_makes_everything_a_trial_needs(tmp_path: Path) -> None:
    folder = tmp_path / "relay"
    done = made(folder, 8460, "--json")
    assert done.exit_code == 0
    told = json.loads(done.output)
    keys = read_relay_keys((folder / "relay-keys.json").read_bytes())
    log = read_pair(folder / "keys" / "log.key", "log")
    assert (keys.relay, keys.origin, keys.log) == ("https://localhost:8460", ORIGIN, log.public)
    assert keys.receipt == read_pair(folder / "keys" / "receipt.key", "receipt").public
    assert keys.authority == (folder / "tls" / "authority.pem").read_text()
    assert told["log_fingerprint"] == fingerprint(keys.log.id)
    assert told["receipt_fingerprint"] == fingerprint(keys.receipt.id)
    secret = ["keys/log.key", "keys/receipt.key", "keys/rest.key", "tls/certificate.key", "tls/authority.key"]
    if sys.platform != "win32":
        assert {stat.S_IMODE((folder / each).stat().st_mode) for each in secret} == {0o600}
    checked = run("check", "--settings", folder / "relay.toml")
    assert (checked.exit_code, checked.output.count("ok ")) == (0, 9)


def test_init_for_people_says_what_to_do_next(tmp_path: Path) -> None:
    done = run("init", tmp_path / "relay", "--public-url", "https://relay.example", "--origin", ORIGIN)
    assert done.exit_code == 0
    for words in ("relay-keys.json", "Put the certificate", "enlace relay check", "enlace relay serve"):
        assert words in done.output
    text = (tmp_path / "relay" / "relay.toml").read_text()
    assert 'public_url = "https://relay.example"\n' in text
    assert "port = 8460\n" in text


def test_init_takes_a_private_authority_and_its_own_address(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----\n")
    folder = tmp_path / "relay"
    about = ("--public-url", "https://[2001:db8::1]:443", "--origin", ORIGIN, "--host", "::", "--port", "9000")
    assert run("init", folder, *about, "--authority", authority).exit_code == 0
    text = (folder / "relay.toml").read_text()
    assert 'host = "::"\nport = 9000\n' in text
    assert read_relay_keys((folder / "relay-keys.json").read_bytes()).authority == authority.read_text()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"--public-url": "http://localhost:1"}, "public_url"),
        ({"--public-url": "https://localhost:1/"}, "public_url"),
        ({"--public-url": "https://"}, "no address"),
        ({"--public-url": "https://x:99999"}, "no address"),
        ({"--origin": "LOG"}, "origin"),
        ({"--origin": 'a"b'}, "not TOML"),
        ({"--authority": "missing.pem"}, "missing.pem"),
        ({"--port": "0"}, "port"),
    ],
)
def test_init_refuses_what_cannot_work_and_writes_nothing(tmp_path: Path, changed: dict[str, str], words: str) -> None:
    folder = tmp_path / "relay"
    options = {"--public-url": "https://localhost:8460", "--origin": ORIGIN} | changed
    done = run("init", folder, *[each for pair in options.items() for each in pair])
    assert done.exit_code == 2
    assert words in done.output
    assert not folder.exists()


def test_init_never_writes_over_anything(tmp_path: Path) -> None:
    made(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = made(tmp_path)
    assert (again.exit_code, "already holds" in again.output) == (2, True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        (lambda folder: (folder / "keys" / "log.key").unlink(), "key files"),
        (lambda folder: (folder / "keys" / "rest.key").write_text("rubbish"), "key files"),
        (lambda folder: (folder / "tls" / "certificate.pem").write_text("rubbish"), "certificate"),
        (lambda folder: (folder / "data").mkdir() or (folder / "data" / "log.db").write_bytes(b"x" * 5000), "log"),
        (lambda folder: (folder / "relay-keys.json").write_text("{}"), "certificate"),
    ],
)
def test_check_names_what_is_not_in_order(tmp_path: Path, damage: Any, name: str) -> None:
    made(tmp_path)
    damage(tmp_path)
    done = run("check", "--settings", tmp_path / "relay.toml", "--json")
    assert done.exit_code == 3
    told = json.loads(done.output)
    assert name in [each["name"] for each in told["checks"] if not each["ok"]]
    assert (told["ok"], told["code"]) == (False, 3)
    assert told["error"]
    plain = run("check", "--settings", tmp_path / "relay.toml")
    assert (plain.exit_code, "not in order" in plain.output) == (3, True)


def test_settings_that_cannot_be_read_are_wrong_use(tmp_path: Path) -> None:
    for command in ("check", "serve"):
        done = run(command, "--settings", tmp_path / "missing.toml")
        assert (done.exit_code, "cannot be read" in done.output) == (2, True)
    made(tmp_path)
    text = (tmp_path / "relay.toml").read_text()
    (tmp_path / "relay.toml").write_text(text.replace("token_seconds", "token_secnods"))
    done = run("check", "--settings", tmp_path / "relay.toml", "--json")
    assert (done.exit_code, "did you mean token_seconds" in json.loads(done.output)["error"]) == (2, True)


@dataclass
class Served:
    """A relay that runs as a process, and a client that trusts it."""

    folder: Path
    port: int
    process: asyncio.subprocess.Process | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    _reading: asyncio.Task[None] | None = None

    async def start(self, **environ: str) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *COMMAND,
            "serve",
            "--settings",
            str(self.folder / "relay.toml"),
            env=os.environ | environ,
            stderr=asyncio.subprocess.PIPE,
        )
        self.lines = []
        self._reading = asyncio.create_task(self._read(self.process))
        await self.until("listening")

    async def until(self, event: str) -> dict[str, Any]:
        """The line of an event, once it is there."""
        async with asyncio.timeout(30):
            while True:
                for line in self.lines:
                    if line["event"] == event:
                        return line
                assert self.process is not None
                assert self.process.returncode is None, self.lines
                await asyncio.sleep(0.02)

    async def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        async with asyncio.timeout(30):
            await self.process.wait()
            if self._reading is not None:
                await self._reading
        return self.process.returncode or 0

    async def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, str]:
        async with self.client() as http, http.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.read(), answer.headers.get(routes.NONCE_HEADER, "")

    def client(self) -> aiohttp.ClientSession:
        trusted = ssl.create_default_context(cadata=(self.folder / "tls" / "authority.pem").read_text())
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted))

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            with contextlib.suppress(json.JSONDecodeError):
                self.lines.append(json.loads(line))


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    port = free_port()
    assert made(tmp_path, port).exit_code == 0
    served = Served(tmp_path, port)
    try:
        await served.start()
        yield served
    finally:
        if served.process is not None and served.process.returncode is None:
            served.process.kill()
            await served.process.wait()
        if served._reading is not None:
            await served._reading


def world_for(folder: Path) -> BodiedWorld:
    """A network whose first statements name the relay in `folder`."""
    keys = read_relay_keys((folder / "relay-keys.json").read_bytes())
    world = BodiedWorld()
    world.now = int(time.time())
    world.admit(founding(at=world.now), *TWO_ROOTS)
    naming = world.say(
        NameRelay,
        origin=keys.origin,
        log_ed25519=keys.log_ed25519,
        log_mldsa44=keys.log_mldsa44,
        receipt_ed25519=keys.receipt_ed25519,
        receipt_mldsa44=keys.receipt_mldsa44,
    )
    world.admit(naming, *TWO_ROOTS)
    world.add_member("co")
    return world


async def founded(served: Served) -> BodiedWorld:
    world = world_for(served.folder)
    async with served.client() as http:
        content = {"Content-Type": routes.JSON}
        async with http.post(
            served.url + routes.STATEMENTS, data=encode(posted(*world.news())), headers=content
        ) as answer:
            raw = await answer.read()
            assert answer.status == 200, raw
            assert msgspec.json.decode(raw, type=Appended).start == 0
    return world


@posix
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_relay_serves_and_stops_politely(served: Served, how: signal.Signals) -> None:
    assert (await served.get(routes.HEALTH))[:2] == (200, b"alive\n")
    assert (await served.get(routes.READY))[0] == 200
    await founded(served)
    code, output = await apart("check", "--settings", served.folder / "relay.toml")
    assert (code, "statements of enlace.example replay" in output) == (0, True)
    assert await served.end(how) == 0
    assert [line["event"] for line in served.lines][-2:] == ["stopping", "stopped"]


@posix
async def test_what_was_answered_survives_a_kill(served: Served) -> None:
    world = await founded(served)
    await served.end(signal.SIGKILL)
    await served.start()
    assert (await served.until("listening"))["tree_size"] == world.view.size
    _, _, nonce = await served.get(routes.LOG)
    proof = make_proof(key_pair("duty").ed25519, "GET", served.url + routes.LOG, nonce, int(time.time()))
    status, raw, _ = await served.get(routes.LOG, {routes.PROOF_HEADER: proof})
    assert (status, len(msgspec.json.decode(raw, type=LogState).entries)) == (200, world.view.size)


@posix
async def test_a_certificate_is_read_again_on_sighup_and_a_bad_one_kept_out(served: Served) -> None:
    certificate = served.folder / "tls" / "certificate.pem"
    good = certificate.read_bytes()
    assert served.process is not None
    certificate.write_bytes(b"rubbish")
    served.process.send_signal(signal.SIGHUP)
    assert (await served.until("certificate-refused"))["error"] == "CertificateError"
    assert (await served.get(routes.HEALTH))[0] == 200
    trusting = ssl.create_default_context(cafile=str(served.folder / "tls" / "authority.pem"))
    code, output = await apart("certificate", "renew", "--settings", served.folder / "relay.toml")
    assert (code, "A relay that runs takes it within a minute" in output) == (0, True)
    served.process.send_signal(signal.SIGHUP)
    await served.until("certificate-read")
    _, writer = await asyncio.open_connection("localhost", served.port, ssl=trusting)
    shown = ssl.DER_cert_to_PEM_cert(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
    writer.close()
    assert shown.encode() == certificate.read_bytes() != good
    assert (await served.get(routes.HEALTH))[0] == 200


@posix
async def test_a_supervisor_is_told(tmp_path: Path) -> None:
    served = Served(tmp_path / "relay", free_port())
    assert made(served.folder, served.port).exit_code == 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(30)
        await served.start(NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert await asyncio.to_thread(supervisor.recv, 100) == b"READY=1"
        await served.end(signal.SIGTERM)
        assert await asyncio.to_thread(supervisor.recv, 100) == b"STOPPING=1"


@posix
async def test_a_second_relay_on_the_same_data_does_not_start(served: Served) -> None:
    assert served.process is not None
    code, output = await apart("serve", "--settings", served.folder / "relay.toml")
    assert (code, f"process {served.process.pid} runs a relay on" in output) == (3, True)
    code, output = await apart("check", "--settings", served.folder / "relay.toml")
    assert (code, f"a relay runs on this data: process {served.process.pid}" in output) == (0, True)
    await served.end(signal.SIGKILL)
    assert "no relay runs on this data" in (await apart("check", "--settings", served.folder / "relay.toml"))[1]


@posix
async def test_what_keeps_a_relay_from_starting_is_said_in_one_line(served: Served) -> None:
    other = served.folder / "other"
    assert made(other, served.port).exit_code == 0
    code, output = await apart("serve", "--settings", other / "relay.toml")
    assert (code, f"cannot start at 127.0.0.1:{served.port}" in output) == (3, True)
    await founded(served)
    await served.end(signal.SIGTERM)
    (served.folder / "keys" / "log.key").rename(served.folder / "keys" / "old.key")
    (other / "keys" / "log.key").rename(served.folder / "keys" / "log.key")
    code, output = await apart("check", "--settings", served.folder / "relay.toml")
    assert (code, "names another relay, or other keys" in output) == (3, True)
    log = served.folder / "data" / "log.db"
    log.write_bytes(log.read_bytes()[:100])
    code, output = await apart("serve", "--settings", served.folder / "relay.toml")
    assert (code, "cannot start" in output) == (3, True)
