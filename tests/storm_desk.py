"""A busy desk, as a process that may be killed at any moment (`storm_round`).

    python tests/storm_desk.py OWN PEER [rotate] [calm]

1. Each round: queue two messages from the contact OWN to the contact PEER, one in four with a file; if it is to
   `rotate`, publish another key set and every other time other reception keys; bring everything up to date; open what
   came and accept every other message; attest OWN.
2. It tells `attested`, with the entry and its position in the log, when the relay has confirmed an attestation; and
   `rotated`, with what, when the relay has taken keys.
"""

import asyncio
import os
import random
import sys
from itertools import count

from storm_round import at, clock, own_desk, rounds, tell, until_input_ends

from desk.errors import Declined
from desk.keys.reception import renew_reception
from desk.link.client import RelayClient
from desk.link.session import connected
from desk.mail.attachments import seal_file
from desk.mail.compose import Draft, compose
from desk.mail.content import Text
from desk.mail.facts import Facts, Stored
from desk.mail.message import SealedFile, write_message
from desk.profile.answering import decide, mark_opened
from desk.profile.unlocked import Unlocked, unlocked
from desk.replica.statements import Batch, device_voice, send_request
from directory.keyset import open_keyset
from directory.statement import AttestContact
from relay.protocol import routes
from relay.protocol.lines import device_name
from relay.protocol.requests import KeySets, KeySetsWanted

FILE_BYTES = 150_000


def content_of(subject: str) -> bytes:
    """What the file that came with a message of this subject holds."""
    return random.Random(subject).randbytes(FILE_BYTES)


class Storm:
    """One desk in the storm."""

    def __init__(self, desk: Unlocked, own: str, peer: str, *, rotate: bool) -> None:
        self.desk, self.own, self.peer, self.rotate = desk, own, peer, rotate
        self.read = 0
        self.numbers, self.name = count(), f"{desk.profile.identity.device[:6]} {os.urandom(3).hex()}"
        self.unread = [each.number for each in desk.mail.all()]  # after a kill nobody knows which were read

    def begin(self) -> None:
        """Put two messages into the outbox."""
        at("writing")
        identity = self.desk.profile.identity
        for number in (next(self.numbers) for _ in range(2)):
            subject = f"{self.name} {number}"
            files = (self._attachment(subject),) if number % 4 == 3 else ()
            draft = Draft(to=(self.peer,), subject=subject, text="In a storm.", attachments=files)
            message = compose(self.desk.replica(), identity.device, draft, clock())
            note = write_message(message, device_name(identity.name, identity.device), self.desk.keyring.device)
            self.desk.mail.add(message, note, Facts(direction="out"), queue=True)

    def left(self) -> int:
        """Messages that wait to be sent."""
        return len(self.desk.mail.waiting())

    def done(self) -> int:
        """Messages that were sent, came in, or were read by this process: a receipt for each goes out in turn."""
        return self.desk.mail.newest() - self.left() + self.read

    async def go(self) -> None:
        """Everything that an officer does with what there is."""
        async with connected(self.desk.keyring, clock) as client:
            if self.rotate:
                at("rotating")
                await self._rotate(client)
            at("exchanging")
            self.unread += (await self.desk.exchange(client)).taken.messages
            at("reading")
            while self.unread:
                await self._read(client, self.desk.mail.get(self.unread[0]))
                self.unread.pop(0)
                self.read += 1
            at("attesting")
            await self._attest(client)

    def _attachment(self, subject: str) -> SealedFile:
        path = self.desk.profile.path / "files" / "storm.bin"
        path.write_bytes(content_of(subject))
        return seal_file(path, self.desk.profile.path / "files")

    async def _read(self, client: RelayClient, stored: Stored) -> None:
        """Open a message, and accept one in two, unless a colleague was first; again after a kill, if need be."""
        if stored.facts.direction != "in" or not isinstance(stored.message.content, Text):
            return
        mark_opened(self.desk, stored.number)
        if stored.facts.decided or int(stored.message.id, 16) % 2 == 0:
            return
        try:
            await decide(self.desk, client, stored.number, "accepted", "")
        except Declined as error:
            if error.problem != "already-decided":
                raise

    async def _attest(self, client: RelayClient) -> None:
        """Confirm the desk's own contact, and tell when the relay has it."""
        batch = Batch(self.desk.replica().view, [device_voice(self.desk.keyring)], clock())
        batch.issue(AttestContact, contact=self.own)
        appended = await send_request(client, batch.request())
        tell(event="attested", start=appended.start, entry=batch.statements[0].decode())

    async def _rotate(self, client: RelayClient) -> None:
        """Publish another key set, with epochs of its own, above the newest that the relay has of this desk; and every
        other time, name other reception keys."""
        identity, keys = self.desk.profile.identity, self.desk.keyring
        answer = await client.call("POST", routes.KEYSETS, KeySetsWanted(devices=(identity.device,)), answer=KeySets)
        name = device_name(identity.name, identity.device)
        (note,) = answer.keysets
        newest = open_keyset(note.encode(), identity.network, identity.device, name, keys.device.public)
        keys.epochs.overtake(newest.number)
        if await self.desk.publish_keys(client):
            tell(event="rotated", what="key set")
        if newest.number % 2:
            at("renewing reception keys")
            await renew_reception(self.desk, client)
            tell(event="rotated", what="reception keys")


def main() -> None:
    own, peer, *how = sys.argv[1:]
    enough = until_input_ends()
    if "calm" in how:
        enough.set()
    with unlocked(*own_desk(), clock) as desk:
        asyncio.run(rounds(Storm(desk, own, peer, rotate="rotate" in how), enough))
        tell(event="done")


if __name__ == "__main__":
    main()
