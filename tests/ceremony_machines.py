"""Machines that are never online, a stick that is carried between them, and the secretariat's office.

    with ceremony(tmp_path) as held:
        key = held.machine("vault-1")                              # a folder; its program can open no connection
        held.sign("admit", "vault-1", "vault-2")                   # what stands on the stick as admit.request

1. The program of an offline machine runs in a process of its own, with an empty home and no profile. A hook ends it
   when it as much as makes a socket.
2. What an offline machine writes outside its folder and the stick is a failure of the test (`untouched`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cli_world import HOUSE, PASSPHRASE, Office, Ran, RelayProcess

from desk.demo.relay_host import free_port
from desk.roots.root_keys import open_root_key

_OFFLINE = """
import json, os, sys
from cli_world import enlace
def refuse(event, arguments):
    if event.startswith("socket.") and event != "socket.gethostname":
        os.write(2, f"this machine is offline: {event}".encode())
        os._exit(99)
sys.addaudithook(refuse)
for line in sys.stdin:
    folder, arguments = json.loads(line)
    os.chdir(folder)
    os.environ["HOME"] = os.path.join(folder, "home")
    ran = enlace(*arguments)
    print(json.dumps([ran.code, ran.out, ran.err]), flush=True)
"""


class Offline:
    """A process without a network, in which the program of one machine after the other runs."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(HOUSE), str(Path(__file__).parent)])
        self._process = subprocess.Popen(
            [sys.executable, "-c", _OFFLINE],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, folder: Path, arguments: tuple[str, ...]) -> Ran:
        """Run `enlace` in a folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(folder), arguments]).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the offline machine has stopped"
        return Ran(*json.loads(answer))

    def stop(self) -> None:
        """End it."""
        self._process.communicate()


@dataclass(frozen=True)
class Machine:
    """A folder, and the program on it."""

    folder: Path
    offline: Offline

    @property
    def home(self) -> Path:
        """Where nothing may ever be written."""
        return self.folder / "home"

    @property
    def key(self) -> Path:
        """Its root key."""
        return self.folder / "root.age"

    def run(self, *arguments: str) -> Ran:
        """Run `enlace` on it."""
        return self.offline.run(self.folder, arguments)

    @property
    def passphrase(self) -> str:
        """The option that names the passphrase of its key."""
        return f"--root-passphrase-file={self.folder / 'paper'}"

    def untouched(self) -> bool:
        """Whether nothing stands on it but its key, the public half, and the paper with the passphrase."""
        names = {each.name for each in self.folder.rglob("*")}
        return names == {"home", "paper", "root.age", "root.age.pub"}

    def seed(self) -> bytes:
        """The secret of its root key."""
        return open_root_key(self.key, PASSPHRASE.encode()).key.private_bytes_raw()


@dataclass
class Ceremony:
    """The office, the stick and the machines."""

    office: Office
    offline: Offline
    machines: dict[str, Machine] = field(default_factory=dict)

    @property
    def stick(self) -> Path:
        """What is carried between them."""
        return self.office.folder / "stick"

    @property
    def letters(self) -> Path:
        """Where invitations are written."""
        return self.office.folder / "letters"

    def machine(self, name: str) -> Machine:
        """A machine with a root key, made there; its public half is on the stick too."""
        if name not in self.machines:
            made = Machine(self.office.folder / "offline" / name, self.offline)
            made.home.mkdir(parents=True)
            (made.folder / "paper").write_text(PASSPHRASE + "\n")
            ran = made.run("root", "make", str(made.key), made.passphrase)
            assert ran.code == 0, ran
            (self.stick / f"{name}.pub").write_bytes((made.folder / "root.age.pub").read_bytes())
            self.machines[name] = made
        return self.machines[name]

    def publics(self, *names: str) -> tuple[str, ...]:
        """Options that name the public halves of these machines' keys."""
        for each in names:
            self.machine(each)
        return tuple(f"--root-public={self.stick / f'{each}.pub'}" for each in names)

    def ask(self, what: str, *command: str, who: str = "secretariat") -> Ran:
        """Have a command write a request to the stick."""
        ran = self.office.run(who, *command, "--request", str(self.stick / f"{what}.request"))
        assert ran.code == 8, ran
        return ran

    def sign(self, what: str, *names: str) -> Path:
        """Carry a request to these machines, one after the other, and combine what they have signed: it is enough."""
        return self._signed(what, names, 0)

    def sign_some(self, what: str, *names: str) -> Path:
        """The same where it is not enough."""
        return self._signed(what, names, 8)

    def _signed(self, what: str, names: tuple[str, ...], code: int) -> Path:
        files = [self.stick / f"{what}-{name}-{len(names)}-{code}.signed" for name in names]
        for name, file in zip(names, files, strict=True):
            machine = self.machine(name)
            ran = machine.run(
                "root", "sign", str(self.stick / f"{what}.request"), "--root-key", str(machine.key),
                machine.passphrase, "--out", str(file), "--yes",
            )  # fmt: skip
            assert ran.code == 0, ran
        together = self.stick / f"{what}{'-some' if code else ''}.signed"
        ran = self.machine(names[0]).run("root", "combine", *map(str, files), "--out", str(together))
        assert ran.code == code, ran
        return together

    def publish(self, file: Path, *options: str) -> Ran:
        """Publish what was signed, at the secretariat's desk."""
        return self.office.run("secretariat", "root", "publish", str(file), *options)

    def found(self, *names: str) -> Ran:
        """Found the network with keys of these machines, the first two of which sign."""
        keys = str(self.office.relay.folder / "relay-keys.json")
        command = ("network", "found", "--name", "enlace.example", "--relay-keys", keys, *self.publics(*names))
        self.ask("found", *command)
        return self.publish(self.sign("found", *names[:2]))


def admission(member: str, *options: str) -> tuple[str, ...]:
    """The command that admits a member."""
    country = member[:2].upper()
    return ("network", "admit", member, "--country", country, "--name", f"en=Authority {country}", *options)


def everything(*folders: Path) -> dict[Path, bytes]:
    """Every file in folders, with what is in it."""
    return {file: file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()}


@contextmanager
def ceremony(folder: Path) -> Iterator[Ceremony]:
    """An office with a relay that runs, and nothing founded yet."""
    folder.mkdir()
    office = Office(folder, RelayProcess(folder / "relay", free_port()))
    office.file("passphrase", PASSPHRASE + "\n")
    (folder / "stick").mkdir()
    office.relay.make()
    office.relay.start()
    offline = Offline()
    try:
        yield Ceremony(office, offline)
    finally:
        offline.stop()
        office.relay.stop()
