"""What every desk holds after a storm (`storm`), and what has to be so."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from cli_world import PASSPHRASE, Office
from storm import DESKS
from storm_round import clock

from desk.mail.content import Receipt, Text
from desk.mail.facts import Stored, StoredLine
from desk.mail.store import MailStore
from desk.mail.trail import trail
from desk.profile.folder import Profile
from desk.profile.unlocked import Unlocked, unlocked


def look(office: Office, name: str, see: Callable[[Unlocked], None]) -> None:
    """Show somebody's unlocked desk to `see`."""
    with unlocked(Profile.open(office.profile(name)), PASSPHRASE.encode(), clock) as desk:
        see(desk)


class Remembered(MailStore):
    """A message store that opens every row once, where all of it is asked for again and again."""

    def __init__(self, desk: Unlocked) -> None:
        super().__init__(desk.profile.path / "messages.db", desk.keyring)
        self._stored, self._kept = list(super().all()), super().lines()

    def all(self, after: int = 0) -> Iterator[Stored]:
        return (each for each in self._stored if each.number > after)

    def lines(self) -> list[StoredLine]:
        return self._kept


class Figures:
    """What every desk holds after a last synchronisation."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.stored: dict[str, list[Stored]] = {}
        self.devices: dict[str, str] = {}
        for _ in range(2):
            for name in DESKS:
                office.ask(name, "sync")
        for name in DESKS:
            look(office, name, self._take)

    def __str__(self) -> str:
        sent = [each for name in DESKS for each in self.sent(name)]
        files = sum(1 for each in sent if each.message.attachments)
        receipts = sum(1 for name in DESKS for each in self.stored[name] if isinstance(each.message.content, Receipt))
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
        arrived = {name: self._arrived(name) for name in DESKS}
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
        for name in DESKS:
            look(self.office, name, self._check_desk)
            spool = self.office.profile(name) / "spool"
            assert sorted(each.name for each in spool.iterdir()) == []
        with closing(sqlite3.connect(self.office.relay.folder / "data" / "mail.db")) as db:
            envelopes = db.execute("SELECT count(*) FROM envelopes").fetchone()[0]
        everything = sum(1 for name in DESKS for each in self.stored[name] if each.facts.direction == "out")
        assert envelopes == everything  # nothing was taken in twice under another name

    def check_log(self, confirmed: list[dict[str, Any]]) -> None:
        """Every statement that the relay confirmed is in the log, where it said."""
        assert confirmed

        def see(desk: Unlocked) -> None:
            desk.replica()
            entries = desk.store.entries(0)
            lost = [each["start"] for each in confirmed if entries[each["start"]].decode() != each["entry"]]
            assert lost == []

        look(self.office, "ar-desk", see)

    def check_contacts(self, published: list[dict[str, Any]]) -> None:
        """What a desk of the other member shows of a contact is what was published of it last, or later."""
        newest = {each["contact"]: each for each in published}
        assert newest
        for contact, last in newest.items():
            shown = self.office.ask("ar-desk", "show", contact)
            assert int(shown["body"]["names"]["en"].rpartition(" ")[2]) >= last["edition"]

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
