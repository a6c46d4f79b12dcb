"""Power failures: the relay, desks and a watching desk are killed (SIGKILL) at random moments under load.

Afterwards nothing that was acknowledged is lost, nothing is there twice, every store opens, and the log replays. How
often the relay is killed: ENLACE_KILLS in the environment, 6 unless it is set. ENLACE_SEED repeats the moments of an
earlier run, as far as processes can be repeated.
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cli_world import HOUSE, PASSPHRASE, Office
from storm_desk import clock, content_of

from desk.mail import MailStore, Stored, StoredLine
from desk.message import Receipt, Text
from desk.profile import Profile
from desk.trail import trail
from desk.unlocked import Unlocked, unlocked

KILLS = int(os.environ.get("ENLACE_KILLS", "6"))
SEED = int(os.environ.get("ENLACE_SEED", str(random.SystemRandom().randrange(10**6))))
# A desk whose storm has ended fetches nothing while the others still send: its queue has to hold all of that.
UNLIMITED = {
    "ENLACE_MAIL_BURST": "1000000",
    "ENLACE_MAIL_A_MINUTE": "1000000",
    "ENLACE_MAIL_QUEUE_ITEMS": "1000000",
    "ENLACE_MAIL_QUEUE_BYTES": str(16 << 30),
}
# Who sends in whose name, and to whom: two desks of Colombia serve one contact.
STORMS = {"ar-desk": ("ar-desk", "co-desk"), "co-desk": ("co-desk", "ar-desk"), "co-second": ("co-desk", "ar-desk")}

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system kills otherwise")


@dataclass
class Process:
    """A process of a desk that is killed now and then, and what it told in all its lives."""

    command: list[str]
    environ: dict[str, str]
    log: Path
    kills: int = 0
    running: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        if self.running is not None and self.running.stdin is not None:
            self.running.stdin.close()
        with self.log.open("ab") as log, self.log.with_suffix(".err").open("ab") as errors:
            self.running = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=HOUSE,
                env={**os.environ, "PYTHONPATH": str(HOUSE), **self.environ},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=errors,
            )

    def kill(self) -> None:
        """SIGKILL; it has to have been alive."""
        assert self.running is not None
        assert self.running.poll() is None, self.errors
        self.running.kill()
        self.running.wait()
        self.kills += 1

    def calm(self) -> None:
        """Tell it that there was enough."""
        assert self.running is not None
        assert self.running.stdin is not None
        self.running.stdin.close()

    def finish(self) -> None:
        """Let it come to its end."""
        assert self.running is not None
        self.running.wait(600)  # with many kills there is much to send yet, on whatever machine
        assert self.running.returncode == 0, self.errors

    @property
    def errors(self) -> str:
        return self.log.with_suffix(".err").read_text()[-4000:]

    def told(self, event: str) -> list[dict[str, Any]]:
        """Its events of one name; a line that a kill cut off is none."""
        lines = self.log.read_text().splitlines()
        events: list[dict[str, Any]] = [json.loads(line) for line in lines if line[:1] == "{" and line[-1:] == "}"]
        return [each for each in events if each["event"] == event]


@contextmanager
def storm(office: Office) -> Iterator[tuple[dict[str, Process], Process]]:
    """Every desk busy, and Colombia's first one watched; ended whatever happens."""
    script = str(Path(__file__).parent / "storm_desk.py")
    desks = {
        name: Process([script, *STORMS[name]], office.environ(name), office.folder / f"{name}.storm") for name in STORMS
    }
    arguments = ["-m", "desk.main", "watch", "--json", "--no-bell"]
    watch = Process(arguments, office.environ("co-desk"), office.folder / "watch.storm")
    everything = [*desks.values(), watch]
    try:
        for each in everything:
            each.start()
        yield desks, watch
    finally:
        for each in everything:
            if each.running is not None and each.running.poll() is None:
                each.running.kill()
                each.running.wait()
            if each.running is not None and each.running.stdin is not None:
                each.running.stdin.close()


def finish(desks: dict[str, Process]) -> None:
    """Let every desk send all it has; then let every desk read what the others sent while it was ending."""
    for desk in desks.values():
        desk.calm()
    for desk in desks.values():
        desk.finish()
    for desk in desks.values():
        desk.command.append("calm")
        desk.start()
    for desk in desks.values():
        desk.calm()
        desk.finish()


def make_second_desk(office: Office) -> None:
    """Another officer on duty for Colombia, who serves the same contact."""
    second = office.invite("co", "coordinator", "co-second")
    officers = f"{office.officers['co-desk']};{second}"
    office.ask("co-admin", "contact", "publish", "co-desk", "--set", f"officers={officers}")
    for name in STORMS:
        office.ask(name, "sync")


def look(office: Office, name: str, see: Callable[[Unlocked], None]) -> None:
    with unlocked(Profile.open(office.profile(name)), PASSPHRASE.encode(), clock) as desk:
        see(desk)


def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance, began = random.Random(SEED), time.monotonic()
    with Office.opened(tmp_path / "office", **UNLIMITED) as office:
        make_second_desk(office)
        with storm(office) as (desks, watch):
            for number in range(KILLS):
                time.sleep(chance.uniform(0.05, 0.9))  # the moment is the point
                office.relay.kill()
                if chance.random() < 0.2:  # once more, while it starts
                    office.relay.spawn()
                    time.sleep(chance.uniform(0.1, 0.6))
                    office.relay.kill()
                office.relay.start()
                if number % 3 == 1:
                    victim = desks[chance.choice(sorted(desks))]
                    time.sleep(chance.uniform(0, 0.5))
                    victim.kill()
                    victim.start()
                if number % 3 == 2:
                    time.sleep(chance.uniform(0, 0.5))
                    watch.kill()
                    watch.start()
            watch.kill()
            finish(desks)
        figures = Figures(office)
        figures.check()
        check_files(office, chance)
        figures.check_log([each for desk in desks.values() for each in desk.told("attested")])
        office.relay.stop()
        checked = office.run("secretariat", "relay", "check", "--settings", office.relay.settings)
        assert checked.code == 0, checked
        assert '"level": "error"' not in (office.relay.folder / "relay.log").read_text()
        kills = sum(desk.kills for desk in desks.values())
        record_property(
            "house",
            f"seed {SEED}: the relay killed {KILLS} times, desks {kills}, a watching one {watch.kills}; {figures}; "
            f"{time.monotonic() - began:.0f} s",
        )


def check_files(office: Office, chance: random.Random) -> None:
    """Files that came through the storm open, and are what was sent."""
    saved = office.folder / "saved"
    saved.mkdir()
    with_files = [each for each in office.ask("co-desk", "inbox")["messages"] if each["attachments"]]
    for each in chance.sample(with_files, 5):
        (path,) = office.ask("co-desk", "read", str(each["number"]), "--save", str(saved))["saved"]
        assert Path(path).read_bytes() == content_of(each["content"]["subject"])


class Remembered(MailStore):
    """A message store that opens every row once, where all of it is asked for again and again."""

    def __init__(self, desk: Unlocked) -> None:
        super().__init__(desk.profile.path / "messages.db", desk.keyring)
        self._stored, self._kept = list(super().all()), super().lines()

    def all(self) -> Iterator[Stored]:
        return iter(self._stored)

    def lines(self) -> list[StoredLine]:
        return self._kept


class Figures:
    """What every desk holds after a last synchronisation."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.stored: dict[str, list[Stored]] = {}
        self.devices: dict[str, str] = {}
        for _ in range(2):
            for name in STORMS:
                office.ask(name, "sync")
        for name in STORMS:
            look(office, name, self._take)

    def __str__(self) -> str:
        sent = [each for name in STORMS for each in self.sent(name)]
        files = sum(1 for each in sent if each.message.attachments)
        receipts = sum(1 for name in STORMS for each in self.stored[name] if isinstance(each.message.content, Receipt))
        return f"{len(sent)} messages ({files} with files) and {receipts} receipts arrived once"

    def sent(self, name: str) -> list[Stored]:
        """The messages a desk has sent."""
        return [
            each
            for each in self.stored[name]
            if each.facts.direction == "out" and isinstance(each.message.content, Text)
        ]

    def check(self) -> None:
        """All that was sent was acknowledged, is there once where it belongs, and nowhere else."""
        readers = {"ar-desk": ("co-desk", "co-second"), "co-desk": ("ar-desk",), "co-second": ("ar-desk",)}
        colleagues = {"co-desk": "co-second", "co-second": "co-desk"}
        arrived = {name: self._arrived(name) for name in STORMS}
        for name, whole in readers.items():
            wanted = {each.message.id for each in self.sent(name)}
            assert wanted, f"{name} sent nothing"
            assert all(each.facts.sent for each in self.sent(name))
            for reader in whole:
                came = [each for each in arrived[reader]["in"] if each.message.sender.device == self.devices[name]]
                assert Counter(each.message.id for each in came) == Counter(wanted)
                assert all(not each.facts.warnings for each in came)
            if name in colleagues:
                came = arrived[colleagues[name]]["colleague"]
                assert Counter(
                    each.message.id for each in came if each.message.sender.device == self.devices[name]
                ) == (Counter(wanted))
        for name in STORMS:
            look(self.office, name, self._check_desk)
            spool = self.office.profile(name) / "spool"
            assert sorted(each.name for each in spool.iterdir()) == []
        with closing(sqlite3.connect(self.office.relay.folder / "data" / "mail.db")) as db:
            envelopes = db.execute("SELECT count(*) FROM envelopes").fetchone()[0]
        everything = sum(1 for name in STORMS for each in self.stored[name] if each.facts.direction == "out")
        assert envelopes == everything  # nothing was taken in twice under another name

    def check_log(self, attested: list[dict[str, Any]]) -> None:
        """Every attestation that the relay confirmed is in the log, where it said."""
        assert attested

        def see(desk: Unlocked) -> None:
            entries = desk.store.entries(0)
            lost = [each["start"] for each in attested if entries[each["start"]].decode() != each["entry"]]
            assert lost == []

        look(self.office, "ar-desk", see)

    def _take(self, desk: Unlocked) -> None:
        name = desk.profile.path.name
        self.stored[name] = list(desk.mail.all())
        self.devices[name] = desk.profile.identity.device
        assert desk.mail.waiting() == []

    def _arrived(self, name: str) -> dict[str, list[Stored]]:
        texts = [each for each in self.stored[name] if isinstance(each.message.content, Text)]
        return {way: [each for each in texts if each.facts.direction == way] for way in ("in", "colleague")}

    def _check_desk(self, desk: Unlocked) -> None:
        """What a sender knows: delivered to each device once, opened once by each."""
        view, name, remembered = desk.replica().view, desk.profile.path.name, Remembered(desk)
        readers = 2 if name == "ar-desk" else 1
        for each in self.sent(name):
            happened = Counter(event.what for event in trail(remembered, view, each))
            assert happened["relayed"] == 1
            assert happened["delivered"] == readers
            assert happened["opened"] == readers
            assert happened["accepted"] == int(each.message.id, 16) % 2
        remembered.close()
        lost = [path.name for path in desk.profile.path.glob("spool/*.refused")]
        assert lost == []
