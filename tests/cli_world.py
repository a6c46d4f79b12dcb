"""People who type commands, and the relay they speak to: for tests of `enlace` as it is used.

    with Office.opened(tmp_path) as office:                  # a relay process, founded, with members ar and co
        ran = office.run("ar-desk", "send", "co-desk", "--subject", "…")
        assert ran.code == 0 and ran.plain["sent"]

1. `run` calls `enlace` in this process, as somebody, with standard streams of its own; nobody sits at a terminal.
2. The relay is a process of its own, `enlace relay serve` (`relay_nursery`); `office.relay` starts, stops, kills it.
3. Everybody is enrolled once a process, or once in five minutes (`template`); each office is a copy of all its files,
   with a relay of its own at another port.
4. Every member has one administrator (`ar-admin`) and one officer on duty (`ar-desk`), who serves contact `ar-desk`.
"""

import atexit
import io
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyotp
from relay_nursery import Forked

from desk.demo.relay_host import free_port
from desk.main import main
from relay.protocol.invitation import read_invitation

HOUSE = Path(__file__).parent.parent
PASSPHRASE = "correct horse battery"
MEMBERS = {"ar": ("AR", "America/Argentina/Buenos_Aires"), "co": ("CO", "America/Bogota")}


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def plain(self) -> dict[str, Any]:
        """The last JSON object on standard output."""
        answer: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return answer


class _Stream(io.TextIOWrapper):
    """A standard stream that is no terminal."""

    def __init__(self, data: bytes = b"", encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(data), encoding=encoding, write_through=True)

    def text(self) -> str:
        """What was written."""
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode(self.encoding, "replace")


def enlace(*arguments: str, environ: dict[str, str] | None = None, feed: bytes = b"", encoding: str = "utf-8") -> Ran:
    """Run `enlace` in this process."""
    out, err = _Stream(encoding=encoding), _Stream(encoding=encoding)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
    with (
        patch.dict(os.environ, kept | {"ENLACE_WORK_FACTOR": "10"} | (environ or {}), clear=True),
        patch.multiple(sys, stdin=_Stream(feed), stdout=out, stderr=err),
    ):
        code = main(list(arguments))
    return Ran(code, out.text(), err.text())


@dataclass
class RelayProcess:
    """`enlace relay serve` in a folder, on a port."""

    folder: Path
    port: int
    environ: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | Forked | None" = None

    @property
    def settings(self) -> str:
        return str(self.folder / "relay.toml")

    def make(self) -> None:
        """Prepare it."""
        url, origin = f"https://localhost:{self.port}", "log.enlace.example/tests"
        ran = enlace(
            "relay", "init", str(self.folder), "--public-url", url, "--origin", origin, "--self-signed-authority"
        )
        assert ran.code == 0, ran.err

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.spawn()
        self.wait()

    def spawn(self) -> None:
        """Start it; with an environment of its own, which counts from the first import on, as a Python of its own."""
        if not self.environ:
            self.process = Forked.started(["relay", "serve", "--settings", self.settings], self.folder / "relay.log")
            return
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
        with (self.folder / "relay.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "desk.main", "relay", "serve", "--settings", self.settings],
                cwd=HOUSE,
                env=kept | self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait(self, page: str = "readyz") -> None:
        """Wait until it is ready, or answers on another page."""
        assert self.process is not None
        trusting = ssl.create_default_context(cafile=str(self.folder / "tls" / "authority.pem"))
        asking = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trusting))  # once: it is asked often
        deadline = time.monotonic() + 30
        while True:
            assert self.process.poll() is None, (self.folder / "relay.log").read_text()[-2000:]
            assert time.monotonic() < deadline, "the relay is not ready after 30 s"
            try:
                url = f"https://localhost:{self.port}/{page}"
                with asking.open(url, timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)  # until it listens: there is nothing else to wait on

    def kill(self) -> None:
        """End it as a power failure would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it politely."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


@dataclass
class Office:
    """A folder with a relay and the desks of two members."""

    folder: Path
    relay: RelayProcess
    officers: dict[str, str] = field(default_factory=dict)
    phones: dict[str, pyotp.TOTP] = field(default_factory=dict)
    papers: dict[str, list[str]] = field(default_factory=dict)
    enrolled: int = 0  # when the last of them was, or later: codes of that time may have been used

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, **environ: str) -> Iterator["Office"]:
        """An office with everybody enrolled; the relay runs, with `environ` in its environment."""
        with template().moved(folder, **environ) as office:
            yield office

    @contextmanager
    def moved(self, folder: Path, **environ: str) -> Iterator["Office"]:
        """A copy of this office, whose relay is stopped, with a relay of its own that runs."""
        shutil.copytree(self.folder, folder)
        relay = RelayProcess(folder / "relay", free_port(), environ)
        written = [folder / "relay" / "relay.toml", folder / "relay" / "relay-keys.json"]
        for file in [*written, *folder.glob("desks/*/profile.json")]:
            file.write_text(re.sub(rf"\b{self.relay.port}\b", str(relay.port), file.read_text("utf-8")), "utf-8")
        papers = {name: list(codes) for name, codes in self.papers.items()}
        office = replace(
            self, folder=folder, relay=relay, officers=dict(self.officers), phones=dict(self.phones), papers=papers
        )
        try:
            relay.start()
            yield office
        finally:
            relay.stop()

    def profile(self, name: str) -> Path:
        """Where somebody's profile is."""
        return self.folder / "desks" / name

    def environ(self, name: str) -> dict[str, str]:
        """What makes a command somebody's; those on duty (`duty-…`) share a machine, and name no profile."""
        secret = self.folder / "passphrase"
        if name.startswith("duty-"):
            shared = {
                "ENLACE_WORKSTATION": str(self.folder / "workstation"),
                "XDG_DATA_HOME": str(self.folder / "home"),
            }
            return shared | {"ENLACE_PASSPHRASE_FILE": str(secret)}
        return {"ENLACE_PROFILE": str(self.profile(name)), "ENLACE_PASSPHRASE_FILE": str(secret)}

    @property
    def roots(self) -> tuple[str, ...]:
        """Options that sign with two root keys."""
        keys = [f"--root-key={self.folder / 'roots' / f'root-{number}.age'}" for number in (1, 2)]
        return (*keys, f"--root-passphrase-file={self.folder / 'passphrase'}")

    def run(self, name: str, *arguments: str, feed: bytes = b"", encoding: str = "utf-8", **environ: str) -> Ran:
        """Run a command as somebody."""
        return enlace(*arguments, environ=self.environ(name) | environ, feed=feed, encoding=encoding)

    def ask(self, name: str, *arguments: str, feed: bytes = b"") -> dict[str, Any]:
        """Run a command as somebody, with --json; it has to work."""
        ran = self.run(name, *arguments, "--json", feed=feed)
        assert ran.code == 0, (name, arguments, ran)
        return ran.plain

    def file(self, name: str, content: str | bytes = "") -> str:
        """A file with this content; returns its path."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def copy(self, name: str, to: str, **changes: str) -> str:
        """A second profile with the same content, `changes` made to its identity record; returns its name."""
        shutil.rmtree(self.profile(to), ignore_errors=True)
        shutil.copytree(self.profile(name), self.profile(to))
        record = self.profile(to) / "profile.json"
        record.write_text(json.dumps(json.loads(record.read_text()) | changes))
        return to

    def unreachable(self, name: str) -> str:
        """A copy of a profile whose relay is down; returns its name."""
        return self.copy(name, f"{name}-alone", relay=f"https://localhost:{free_port()}")

    def enrol(self, name: str, invitation: str, confirmer: str, *options: str) -> None:
        """Both sides of an enrolment."""
        offered = self.ask(name, "enrol", invitation, "--no-wait")
        officer = read_invitation(Path(invitation).read_bytes(), 0).officer
        assert self.ask(confirmer, "officer", "confirm", officer, *options, "--yes")["device"] == offered["device"]
        waiting = self.run(name, "enrol", "--json")  # shows the secret, and then has nobody to ask for the code
        assert waiting.code == 2, waiting
        phone = pyotp.parse_uri(json.loads(waiting.out.splitlines()[-2])["uri"])
        assert isinstance(phone, pyotp.TOTP)
        self.phones[name] = phone
        ended = self.run(name, "enrol", "--code-file", "-", "--json", feed=phone.now().encode())
        assert ended.code == 0, (name, ended)
        self.papers[name] = json.loads(ended.out.splitlines()[-2])["recovery_codes"]

    def log_in(self, name: str) -> None:
        """Begin another shift, with a code from the paper: the phone's may have been used in these 30 seconds."""
        self.ask(name, "login", "--recovery", "--code-file", "-", feed=self.papers[name].pop().encode())

    def invite(self, member: str, role: str, name: str) -> str:
        """Have a member's administrator invite somebody, who enrols; returns the officer's id."""
        out = str(self.folder / "letters" / name)
        invited = self.ask(f"{member}-admin", "invite", "--role", role, "--label", "Officer on duty", "--out", out)
        self.enrol(name, invited["invitation"], f"{member}-admin")
        return str(invited["officer"])

    def _settle(self) -> None:
        self.file("passphrase", PASSPHRASE + "\n")
        self.relay.make()
        self.relay.start()
        self.ask(
            "secretariat", "network", "found", "--name", "enlace.example",
            "--relay-keys", str(self.relay.folder / "relay-keys.json"), "--roots", str(self.folder / "roots"),
            "--root-passphrase-file", str(self.folder / "passphrase"),
        )  # fmt: skip
        for member in MEMBERS:
            self._admit(member)
        for member in MEMBERS:
            self.ask(f"{member}-desk", "sync")

    def _admit(self, member: str) -> None:
        country, zone = MEMBERS[member]
        letters = str(self.folder / "letters" / member)
        admitted = self.ask(
            "secretariat", "network", "admit", member, "--country", country, "--name", f"en=Authority {country}",
            "--administrators", "1", "--out", letters, *self.roots,
        )  # fmt: skip
        administrator = f"{member}-admin"
        self.officers[administrator] = admitted["officers"][0]
        self.enrol(administrator, admitted["invitations"][0], "secretariat", *self.roots)
        self.officers[f"{member}-desk"] = self.invite(member, "coordinator", f"{member}-desk")
        details = {
            "function": "trafficking-24-7", "name_en": f"Desk of {country}", "phone": "always:+12025550110",
            "languages": "es", "zone": zone, "hours": "24/7", "officers": self.officers[f"{member}-desk"],
        }  # fmt: skip
        given = [f"--set={name}={value}" for name, value in details.items()]
        self.ask(administrator, "contact", "publish", f"{member}-desk", *given)


FRESH = 300  # seconds; a session's token is good for ten minutes, and tests that use it as it is take their time
_made: dict[str, tuple[float, Office]] = {}


def template() -> Office:
    """An office with everybody enrolled, whose relay has stopped, to be copied: one for all tests of a process.

    On a machine that takes longer for them than FRESH, another is made: in a copy of the old one nobody is logged in.
    """
    made, office = _made.get("", (0.0, None))
    if office is None or time.monotonic() - made > FRESH:
        _made[""] = made, office = time.monotonic(), _settled()
    return office


def _settled() -> Office:
    whole = tempfile.mkdtemp(prefix="enlace-office-", dir=os.environ.get("PYTEST_OWN_FOLDER"))
    atexit.register(shutil.rmtree, whole, ignore_errors=True)
    folder = Path(whole) / "office"
    folder.mkdir()
    office = Office(folder, RelayProcess(folder / "relay", free_port()))
    try:
        office._settle()
        office.enrolled = int(time.time())
    finally:
        office.relay.stop()
    return office
