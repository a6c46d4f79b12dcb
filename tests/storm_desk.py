"""A busy desk, as a process that may be killed at any moment: it sends, fetches, opens, accepts and attests.

    python tests/storm_desk.py OWN PEER [calm]  # profile and passphrase file from the environment, as `enlace` does

1. Until its standard input ends it goes round: queue two messages from the contact OWN to the contact PEER, one in four
   with a file; bring everything up to date; open what came and accept every other message; attest OWN.
2. Then, or from the beginning if it is to be `calm`, it queues nothing more, and goes round until nothing is left to
   send; then it tells `done`, and ends.
3. A relay that does not answer, or answers that it cannot, is tried again; and so is everything after this process was
   killed and started anew. Anything else ends it with a traceback.
4. It tells `attested`, with the entry and its position in the log, when the relay has confirmed an attestation.
"""

import asyncio
import json
import os
import random
import sys
import threading
import time
from itertools import count
from pathlib import Path

from desk.client import RelayClient
from desk.compose import Draft, compose
from desk.errors import Declined, Locked, Unreachable
from desk.files import seal_file
from desk.mail import Facts, Stored
from desk.message import SealedFile, Text, write_message
from desk.profile import Profile
from desk.session import connected
from desk.statements import Batch, device_voice, send_request
from desk.unlocked import Unlocked, unlocked
from directory.statement import AttestContact
from relay.protocol.lines import device_name

PAUSE = 0.1
LONGEST = 60.0  # seconds without a message sent, after which something is wrong
FILE_BYTES = 150_000
AGAIN = {"unavailable", "internal", "statement-conflict"}


def content_of(subject: str) -> bytes:
    """What the file that came with a message of this subject holds."""
    return random.Random(subject).randbytes(FILE_BYTES)


class Storm:
    """One desk in the storm."""

    def __init__(self, desk: Unlocked, own: str, peer: str, enough: threading.Event) -> None:
        self.desk, self.own, self.peer, self.enough = desk, own, peer, enough
        self.numbers, self.name = count(), f"{desk.profile.identity.device[:6]} {os.urandom(3).hex()}"
        self.unread = [each.number for each in desk.mail.all()]  # after a kill nobody knows which were read

    async def go(self) -> None:
        """Until there is nothing more to do."""
        deadline, fewest = float("inf"), float("inf")
        while time.monotonic() < deadline:
            stopping = self.enough.is_set()
            if not stopping:
                self.queue(2)
            try:
                async with connected(self.desk.keyring, clock) as client:
                    await self.round(client)
                if stopping and not self.desk.mail.waiting():
                    return
            except Declined as error:
                if error.problem not in AGAIN:
                    raise
                await asyncio.sleep(PAUSE)
            except (Unreachable, Locked):
                await asyncio.sleep(PAUSE)
            left = len(self.desk.mail.waiting())
            if stopping and left < fewest:
                deadline, fewest = time.monotonic() + LONGEST, left
        raise TimeoutError(f"of the last {fewest:g} messages none could be sent for {LONGEST:g} seconds")

    def queue(self, many: int) -> None:
        """Put messages into the outbox."""
        identity = self.desk.profile.identity
        for number in (next(self.numbers) for _ in range(many)):
            subject = f"{self.name} {number}"
            files = (self.attachment(subject),) if number % 4 == 3 else ()
            draft = Draft(to=(self.peer,), subject=subject, text="In a storm.", attachments=files)
            message = compose(self.desk.replica(), identity.device, draft, clock())
            note = write_message(message, device_name(identity.name, identity.device), self.desk.keyring.device)
            self.desk.mail.add(message, note, Facts(direction="out"), queue=True)

    def attachment(self, subject: str) -> SealedFile:
        """A file, sealed."""
        path = self.desk.profile.path / "files" / "storm.bin"
        path.write_bytes(content_of(subject))
        return seal_file(path, self.desk.profile.path / "files")

    async def round(self, client: RelayClient) -> None:
        """Everything that an officer does with what there is."""
        self.unread += (await self.desk.exchange(client)).taken.messages
        while self.unread:
            await self.read(client, self.desk.mail.get(self.unread[0]))
            self.unread.pop(0)
        await self.attest(client)

    async def read(self, client: RelayClient, stored: Stored) -> None:
        """Open a message, and accept one in two, unless a colleague was first; again after a kill, if need be."""
        if stored.facts.direction != "in" or not isinstance(stored.message.content, Text):
            return
        self.desk.mark_opened(stored.number)
        if stored.facts.decided or int(stored.message.id, 16) % 2 == 0:
            return
        try:
            await self.desk.decide(client, stored.number, "accepted", "")
        except Declined as error:
            if error.problem != "already-decided":
                raise

    async def attest(self, client: RelayClient) -> None:
        """Confirm the desk's own contact, and tell when the relay has it."""
        batch = Batch(self.desk.replica().view, [device_voice(self.desk.keyring)], clock())
        batch.issue(AttestContact, contact=self.own)
        appended = await send_request(client, batch.request())
        tell(event="attested", start=appended.start, entry=batch.statements[0].decode())


def clock() -> int:
    return int(time.time())


def tell(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def main() -> None:
    own, peer, *how = sys.argv[1:]
    profile = Profile.open(Path(os.environ["ENLACE_PROFILE"]))
    passphrase = Path(os.environ["ENLACE_PASSPHRASE_FILE"]).read_text().splitlines()[0].encode()
    enough = threading.Event()
    if how == ["calm"]:
        enough.set()

    def until_input_ends() -> None:
        sys.stdin.read()
        enough.set()

    threading.Thread(target=until_input_ends, daemon=True).start()
    with unlocked(profile, passphrase, clock) as desk:
        asyncio.run(Storm(desk, own, peer, enough).go())
        tell(event="done")


if __name__ == "__main__":
    main()
