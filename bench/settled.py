"""A network founded by real commands, a town built into its relay's stores, and commands typed at one of its desks.

1. The relay is a process of its own over loopback TLS; every command is a process of its own, as if typed. What a
   command costs, it tells itself when it ends (`bench.typed`): processor time with that of its threads, the most memory
   it ever held, requests and bytes of answers.
2. The town goes into the stores of the stopped relay. Its next start judges all of it.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from bench.town import Bodies, Town
from config.database import open_database
from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.encoding import b64
from crypto.merkle import Tree, leaf_hash
from crypto.signing import SecretPair
from desk.demo.people import admit, invite
from desk.demo.relay_host import RelayHost, free_port
from desk.demo.stage import Stage
from desk.keys.keyring import open_keyring
from desk.link.client import RelayClient
from desk.profile.folder import Profile
from desk.replica.statements import Voice
from desk.roots.root_keys import open_root_key
from directory.judge import admit as judged
from directory.view import View
from relay.at_rest import AtRest
from relay.key_files import read_pair, read_rest_key
from relay.protocol import routes
from relay.protocol.requests import Appended, NewStatements, OpenedBody
from relay.store import sqlite_directory, sqlite_log
from relay.store.contract import StoredBody

MEMBER, ADMINISTRATOR, DESK = "ar", "ar-admin-1", "ar-desk"
STARTS_WITHIN = 1200.0
BODIES_AT_ONCE = 5_000
AT_ONCE = 500  # statements
UNMET, QUOTA = {"address_burst", "address_per_minute", "member_burst", "member_per_minute"}, 1_000_000


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a command cost: seconds on the wall (by who typed it) and of processors, MiB at most, what it asked for."""

    wall: float = 0.0
    processor: float
    memory: float
    requests: int
    received: int
    said: str = ""


@dataclass
class Settled:
    """The stage, its relay, and the log and stores under it."""

    stage: Stage
    host: RelayHost
    view: View
    entries: list[bytes]
    roots: Sequence[Voice]
    chief: tuple[bytes, str]
    officers: list[str]
    log: SecretPair
    origin: str
    chiefs: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    checkpoint: bytes = b""

    async def start(self) -> float:
        """Start the relay; the seconds until it is ready."""
        begin = time.monotonic()
        self.host.starts_within = STARTS_WITHIN
        await self.host.start()
        return time.monotonic() - begin

    async def stop(self) -> None:
        """Stop the relay."""
        if self.host.process is not None and self.host.process.returncode is None:
            await self.host.stop()

    def town(self, now: int) -> Town:
        """A town to build on this network."""
        town = Town(self.view, self.roots, now)
        town.chiefs[MEMBER], town.officers[MEMBER] = self.chief, list(self.officers)
        return town

    async def put(self, entries: Sequence[bytes], bodies: Bodies, now: int) -> int:
        """Add to the stopped relay's stores, under a new checkpoint; returns how many entries there are now."""
        data, rest = self.host.folder / "data", AtRest(read_rest_key(self.host.folder / "keys" / "rest.key"))
        before = len(self.entries)
        self.entries += entries
        root = Tree(map(leaf_hash, self.entries)).root()
        checkpoint = sign_checkpoint(Checkpoint(self.origin, len(self.entries), root), self.log, now)
        db = await open_database(data / "directory.db", sqlite_directory.MIGRATIONS, erase_deleted=True)
        kept = sqlite_directory.SqliteBodies(db, rest)
        for at in range(0, len(bodies), BODIES_AT_ONCE):
            await kept.put([StoredBody(*each) for each in bodies[at : at + BODIES_AT_ONCE]])
        await db.close()
        db = await open_database(data / "log.db", sqlite_log.MIGRATIONS)
        store = sqlite_log.SqliteLog(db)
        await store.append(before, entries, checkpoint, (await store.read(before, 1, 1)).checkpoint)
        self.checkpoint = checkpoint
        await db.close()
        return len(self.entries)

    async def hand_in(self, entries: Sequence[bytes], bodies: Bodies) -> None:
        """Hand statements to the running relay, as any desk may."""
        authority = (self.host.folder / "tls" / "authority.pem").read_text()
        opened = {commitment: OpenedBody(salt=b64(salt), body=b64(raw)) for commitment, salt, raw in bodies}
        async with RelayClient(self.host.address, authority, SecretPair.generate().ed25519, _now) as client:
            for at in range(0, len(entries), AT_ONCE):
                share = [each.decode() for each in entries[at : at + AT_ONCE]]
                theirs = tuple(body for commitment, body in opened.items() if any(commitment in each for each in share))
                request = NewStatements(statements=tuple(share), bodies=theirs)
                await client.call("POST", routes.STATEMENTS, request, answer=Appended, token=False)

    def remove(self) -> None:
        """Give its folder back to the disk."""
        shutil.rmtree(self.stage.folder)

    async def typed(self, who: str, *arguments: str, cut_after: float = 0.0) -> Cost:
        """Run a command as somebody types it; with `cut_after`, kill it after so many seconds. Raises RuntimeError."""
        begin = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.typed", *arguments, env=self.stage.environ(who) | _here(),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            out, err = await asyncio.wait_for(process.communicate(), cut_after or STARTS_WITHIN)
        except TimeoutError:
            process.send_signal(signal.SIGKILL)
            await process.wait()
            return Cost(wall=time.monotonic() - begin, processor=0, memory=0, requests=0, received=0)
        wall = time.monotonic() - begin
        if process.returncode:
            raise RuntimeError(f"enlace {' '.join(arguments)} ended with {process.returncode}: {err.decode()[-2000:]}")
        cost = msgspec.json.decode(err.splitlines()[-1], type=Cost)
        return msgspec.structs.replace(cost, wall=wall, said=out.decode())

    def memory(self) -> float:
        """MiB that the relay held at most, since it started."""
        assert self.host.process is not None
        return peak(self.host.process.pid)

    def size(self, who: str, name: str = "replica.db") -> int:
        """Bytes of a file of somebody's profile, its write-ahead log included."""
        return sum(each.stat().st_size for each in self.stage.profile(who).glob(f"{name}*"))


def peak(process: int) -> float:
    """MiB that a process held at most (Linux; 0 elsewhere)."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


@asynccontextmanager
async def settled(folder: Path) -> AsyncIterator[Settled]:
    """A network of one member in a fresh folder, its relay stopped; everything ends with the block."""
    stage = Stage(folder)
    host = RelayHost(stage, free_port())
    try:
        await host.make()
        _widen(host)
        await host.start()
        await stage.run(
            "secretariat", "network", "found", "--name", "bench.example",
            "--relay-keys", str(host.folder / "relay-keys.json"),
            "--roots", str(folder / "roots"), "--root-passphrase-file", str(stage.passphrase("roots")),
        )  # fmt: skip
        await admit(stage, MEMBER)
        officer = await invite(stage, MEMBER, DESK, "Duty officer")
        await host.stop()
        yield _read(stage, host, officer)
    finally:
        await stage.stop()


def copied(base: Settled, folder: Path) -> Settled:
    """The same network once more, in another folder; one of the two relays runs at a time."""
    shutil.copytree(base.stage.folder, folder)
    stage = Stage(folder)
    for settings in (folder / "relay").glob("relay.toml"):
        settings.write_text(settings.read_text().replace(str(base.stage.folder), str(folder)))
    return replace(base, stage=stage, host=RelayHost(stage, base.host.port), entries=list(base.entries))


def _read(stage: Stage, host: RelayHost, officer: str) -> Settled:
    with contextlib.closing(sqlite3.connect(host.folder / "data" / "log.db")) as db:
        entries = [row[0] for row in db.execute("SELECT entry FROM entries ORDER BY position")]
    view = View()
    for each in entries:
        view = judged(view, each, int(time.time()))
    secret = stage.passphrase("roots").read_bytes().strip()
    roots = [open_root_key(stage.folder / "roots" / f"root-{number}.age", secret) for number in (1, 2)]
    keyring = open_keyring(
        Profile.open(stage.profile(ADMINISTRATOR)), stage.passphrase(ADMINISTRATOR).read_bytes().strip()
    )
    chief = keyring.device.ed25519_seed, keyring.device.public.id
    assert view.relay is not None
    log = read_pair(host.folder / "keys" / "log.key", "log")
    return Settled(stage, host, view, entries, roots, chief, [officer], log, view.relay.origin)


def _widen(host: RelayHost) -> None:
    """Set the limits out of the way that a single administrator, working for all members, would meet."""
    path, lines = Path(host.settings), list[str]()
    for line in path.read_text().splitlines():
        name, equals, _ = line.lstrip("# ").partition(" = ")
        lines.append(f"{name} = {QUOTA}" if equals and name in UNMET else line)
    path.write_text("\n".join(lines) + "\n")


def _now() -> int:
    return int(time.time())


def _here() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])}
