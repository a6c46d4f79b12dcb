"""The demo's relay: made, started, killed, started again; and what its operator, honest or not, gets at on its disk."""

import asyncio
import contextlib
import shutil
import socket
import sqlite3
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.encoding import b64, unb64
from crypto.merkle import Tree, leaf_hash
from crypto.signing import SecretPair, ed25519_line
from desk.demo.stage import Stage, StageError
from desk.link.client import tls_context
from directory.statement import EnrolDevice, statement_note, statement_text

STARTS_WITHIN = 20.0


class _Seeds(msgspec.Struct):
    ed25519: str
    mldsa44: str


@dataclass
class RelayHost:
    """A relay in a folder of its own, on a port of its own."""

    stage: Stage
    port: int
    process: asyncio.subprocess.Process | None = None
    starts_within: float = STARTS_WITHIN

    @property
    def folder(self) -> Path:
        """Where the relay lives."""
        return self.stage.folder / "relay"

    @property
    def address(self) -> str:
        """What desks call it."""
        return f"https://localhost:{self.port}"

    @property
    def settings(self) -> str:
        """Its settings file."""
        return str(self.folder / "relay.toml")

    @property
    def log(self) -> Path:
        """What it says while it runs."""
        return self.folder / "relay.log"

    async def make(self) -> dict[str, Any]:
        """Keys, certificate, settings."""
        return await self.stage.run(
            "relay", "relay", "init", str(self.folder), "--public-url", self.address,
            "--origin", "log.enlace.example/demo", "--self-signed-authority",
        )  # fmt: skip

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self.process = await self.stage.start("relay", "relay", "serve", "--settings", self.settings, log=self.log)
        await self._ready(self.process)

    async def kill(self) -> None:
        """End it as a power failure would."""
        if self.process is not None:
            self.process.kill()
            await self.process.wait()

    async def stop(self) -> None:
        """End it politely."""
        if self.process is not None:
            self.process.terminate()
            await self.process.wait()

    def forge(self, officer: str) -> tuple[list[str], str]:
        """What a dishonest operator can do at most: enrol a device of its own for somebody's officer, without anybody's
        signature but its own, and sign a checkpoint for it with the log's real keys. Written into the relay's database;
        returns the entries and the checkpoint."""
        database = self.folder / "data" / "log.db"
        with contextlib.closing(sqlite3.connect(database)) as db, db:
            entries = [row[0] for row in db.execute("SELECT entry FROM entries ORDER BY position")]
            forged = _forged_entry(entries, officer)
            tree = Tree(leaf_hash(each) for each in [*entries, forged])
            origin = db.execute("SELECT checkpoint FROM head").fetchone()[0].decode().partition("\n")[0]
            checkpoint = Checkpoint(origin, len(tree), tree.root())
            signed = sign_checkpoint(checkpoint, self._log_keys(), self._now())
            db.execute("INSERT INTO entries (position, entry) VALUES (?, ?)", (len(entries), forged))
            db.execute("UPDATE head SET size = ?, checkpoint = ?", (len(tree), signed))
        return [each.decode() for each in [*entries, forged]], signed.decode()

    async def serve_forged(self, entries: list[str], checkpoint: str) -> asyncio.subprocess.Process:
        """Serve forged entries at the relay's own address, with its own certificate."""
        forged, head = self.stage.folder / "forged.json", self.stage.folder / "forged-checkpoint.txt"
        forged.write_bytes(msgspec.json.encode(entries))
        head.write_text(checkpoint, encoding="utf-8")
        tls = self.folder / "tls"
        process = await self.stage.start(
            "relay", str(self.port), str(tls / "certificate.pem"), str(tls / "certificate.key"), str(forged), str(head),
            module="desk.demo.dishonest", log=self.log,
        )  # fmt: skip
        await self._ready(process, path="/")
        return process

    def keep_log(self) -> Path:
        """A copy of the log as it is, to put back later."""
        kept = self.stage.folder / "log-kept"
        kept.mkdir(exist_ok=True)
        for each in (self.folder / "data").glob("log.db*"):
            shutil.copy2(each, kept / each.name)
        return kept

    def put_back(self, kept: Path) -> None:
        """The log as it was kept."""
        for each in (self.folder / "data").glob("log.db*"):
            each.unlink()
        for each in kept.iterdir():
            shutil.copy2(each, self.folder / "data" / each.name)

    def holds(self, word: str, *names: str) -> bool:
        """Whether a word stands in any file of the relay, or in those whose names begin with one of `names`."""
        return any(
            word.encode() in path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and (not names or path.name.startswith(names))
        )

    def seen(self) -> dict[str, Any]:
        """What the relay's own store tells about the messages, read as its operator would."""
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "mail.db")) as db:
            headers = [msgspec.json.decode(row[0]) for row in db.execute("SELECT header FROM envelopes")]
            states = dict(db.execute("SELECT state, count(*) FROM deliveries GROUP BY state"))
            steps = db.execute("SELECT count(*) FROM steps").fetchone()[0]
        return {"headers": headers, "states": states, "steps": steps}

    async def _ready(self, process: asyncio.subprocess.Process, path: str = "/readyz") -> None:
        authority = (self.folder / "tls" / "authority.pem").read_text()
        connector = aiohttp.TCPConnector(ssl=tls_context(authority))
        async with aiohttp.ClientSession(connector=connector) as http:
            deadline = time.monotonic() + self.starts_within
            while time.monotonic() < deadline:
                if process.returncode is not None:
                    said = self.log.read_text("utf-8", "replace").splitlines()[-1:] if self.log.exists() else []
                    raise StageError(f"the relay ended with {process.returncode}: {' '.join(said)}")
                with contextlib.suppress(aiohttp.ClientError, ssl.SSLError, OSError):
                    async with http.get(self.address + path) as response:
                        if response.status < 500:
                            return
                await asyncio.sleep(0.05)
        raise StageError(f"the relay was not ready within {self.starts_within:.0f} s")

    def _log_keys(self) -> SecretPair:
        text = (self.folder / "keys" / "log.key").read_text().splitlines()[1]
        seeds = msgspec.json.decode(text, type=_Seeds)
        return SecretPair(unb64(seeds.ed25519, 32), unb64(seeds.mldsa44, 32))

    @staticmethod
    def _now() -> int:
        return int(time.time())


def free_port() -> int:
    """A port of the loopback interface that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _forged_entry(entries: list[bytes], officer: str) -> bytes:
    """A device for `officer`, signed by that device itself: the best a relay can do without an administrator's key."""
    own, reception = SecretPair.generate(), SecretPair.generate()
    founding = entries[0].decode()
    network_name = msgspec.json.decode(founding.splitlines()[1])["name"]
    later = msgspec.json.decode(entries[-1].decode().splitlines()[1])
    statement = EnrolDevice(
        network=later["network"],
        at=later["at"],
        seq=0,
        officer=officer,
        ed25519=b64(own.public.ed25519),
        mldsa44=b64(own.public.mldsa44),
        reception_ed25519=b64(reception.public.ed25519),
        reception_mldsa44=b64(reception.public.mldsa44),
    )
    line = ed25519_line(own.ed25519, f"{network_name}/{own.public.id}", statement_text(statement))
    return statement_note(statement, [line])
