"""An administrator who publishes without end, as a process that may be killed at any moment (`storm_round`).

    python tests/storm_administrator.py CONTACT... [calm]

Each round publishes the next edition of one CONTACT: whoever was about to send to it seals anew. It tells `published`,
with contact, edition, entry and position in the log, when the statement was seen there (`desk.replica.publishing`).
"""

import asyncio
import sys
from dataclasses import replace
from itertools import count

import msgspec
from storm_round import at, clock, own_desk, rounds, tell, until_input_ends

from desk.entries.contact_batch import add_contact, as_it_is
from desk.link.session import connected
from desk.profile.unlocked import Unlocked, unlocked
from desk.replica.publishing import publish
from desk.replica.statements import Batch, device_voice
from desk.replica.synchronise import synchronise
from directory.entry import entries
from directory.exchange.csv_contact import Wanted

PAUSE = 0.4  # seconds between editions: senders have to come to an end in between


class Publishing:
    """One administrator in the storm."""

    def __init__(self, desk: Unlocked, contacts: list[str]) -> None:
        self.desk, self.contacts, self.turn, self.wanted = desk, contacts, count(), ""

    def begin(self) -> None:
        """Choose whose turn it is."""
        self.wanted = self.contacts[next(self.turn) % len(self.contacts)]

    def left(self) -> int:
        """Nothing: what was not published is not missed."""
        return 0

    def done(self) -> int:
        """Nothing, likewise."""
        return 0

    async def go(self) -> None:
        """Publish the next edition, and wait a little."""
        if not self.wanted:
            return
        desk = self.desk
        at("publishing")
        async with connected(desk.keyring, clock) as client:
            replica = (await synchronise(desk.profile, desk.store, client, clock())).replica
            batch = Batch(replica.view, [device_voice(desk.keyring)], clock())
            wanted, edition = self._next()
            add_contact(batch, wanted, desk.profile.identity.member)
            published = await publish(desk.profile, desk.store, client, batch.request(), clock())
        entry = batch.statements[0].decode()
        tell(event="published", contact=self.wanted, edition=edition, start=published.start, entry=entry)
        self.wanted = ""
        await asyncio.sleep(PAUSE)

    def _next(self) -> tuple[Wanted, int]:
        """The contact as it is, with the next number behind its name."""
        store, view = self.desk.store, self.desk.replica().view
        found = entries(view, store.bodies(), clock(), store.covered, self.desk.profile.identity.member)
        (present,) = (as_it_is(each) for each in found if each.id == self.wanted)
        assert present is not None
        words, _, last = present.body.names["en"].rpartition(" ")
        edition = int(last) + 1 if last.isdecimal() else 1
        words = words if last.isdecimal() else present.body.names["en"]
        body = msgspec.structs.replace(present.body, names={**present.body.names, "en": f"{words} {edition}"})
        return replace(present, body=body), edition


def main() -> None:
    enough = until_input_ends()
    contacts = [each for each in sys.argv[1:] if each != "calm"]
    if "calm" in sys.argv:
        enough.set()
    with unlocked(*own_desk(), clock) as desk:
        asyncio.run(rounds(Publishing(desk, contacts), enough))
        tell(event="done")


if __name__ == "__main__":
    main()
