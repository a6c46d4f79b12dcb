"""An unlocked profile: keys, directory and messages at hand, and the things an officer does with them as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from desk.client import Clock, RelayClient
from desk.compose import receipt_for
from desk.errors import Declined, Locked, Usage
from desk.intake import TakenIn, take_in
from desk.keyring import Keyring, open_keyring, reception_keys
from desk.mail import Facts, MailStore, Stored
from desk.message import Act, Receipt, write_message
from desk.outbox import Flushed, Progress, Sender
from desk.profile import Profile
from desk.receive import Listener, receive
from desk.replica import ReplicaStore
from desk.synchronise import Synchronised, distrust, synchronise
from directory.keyset import write_keyset
from directory.replay import Alarm, Replica, check_other
from relay.protocol import routes
from relay.protocol.lines import Step, device_name, write_line
from relay.protocol.requests import Stepped


def silent(what: str, done: int, whole: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Exchanged:
    """What a whole exchange with the relay brought."""

    synchronised: Synchronised
    flushed: Flushed = field(default_factory=Flushed)
    taken: TakenIn = field(default_factory=TakenIn)
    erased_keys: int = 0
    watched_elsewhere: bool = False


@dataclass
class Unlocked:
    """A profile whose passphrase was given."""

    profile: Profile
    keyring: Keyring
    store: ReplicaStore
    mail: MailStore
    clock: Clock
    progress: Progress = silent

    def replica(self) -> Replica:
        """The directory as last verified; raises Distrust if this disk holds something else."""
        try:
            return self.store.load(self.profile.identity.network)
        except Alarm as alarm:
            raise distrust(self.profile, alarm, self.clock()) from alarm

    async def exchange(self, client: RelayClient) -> Exchanged:
        """Directory, key sets, outbox, stream, intake, erasure: everything that can be brought up to date."""
        now = self.clock()
        exchanged = Exchanged(await synchronise(self.profile, self.store, client, now))
        if self.profile.identity.kind == "secretariat":
            return exchanged
        await self.publish_keys(client)
        exchanged.watched_elsewhere = not await self._drain()
        exchanged.taken = self.take_in(fresh=True)
        if exchanged.taken.behind:
            await self._catch_up(client, exchanged)
        exchanged.flushed = await self.sender(client).flush()
        exchanged.erased_keys = self.keyring.epochs.erase(now)
        return exchanged

    async def publish_keys(self, client: RelayClient) -> bool:
        """Publish the next key set if the published one does not reach far enough ahead."""
        identity = self.profile.identity
        keyset = self.keyring.epochs.renew(identity.network, identity.device, self.clock())
        if keyset is None:
            return False
        note = write_keyset(keyset, device_name(identity.name, identity.device), self.keyring.device)
        # Seeds and number are stored: after a crash here the same set is published again, under the same number.
        await client.call("PUT", routes.KEYSET, data=note, kind=routes.NOTE)
        self.keyring.epochs.published(keyset.number)
        return True

    def take_in(self, *, fresh: bool = False) -> TakenIn:
        """Open what the stream has brought; nothing is told to anybody yet. `fresh`: just synchronised."""
        return take_in(self.keyring, self.mail, self.replica(), fresh=fresh)

    def sender(self, client: RelayClient) -> Sender:
        """What sends the outbox over a connection."""
        return Sender(self.keyring, self.mail, self.store, client, self.clock, self.progress)

    def mark_opened(self, number: int) -> Stored:
        """Message `number`, now opened: the first time, a receipt for its sender's contact is queued."""
        stored = self.mail.get(number)
        fresh = stored.facts.direction == "in" and not stored.facts.opened
        if fresh and not isinstance(stored.message.content, Receipt):
            facts = msgspec.structs.replace(stored.facts, opened=self.clock())
            self._answer(stored, "opened", "", facts)
            stored = self.mail.get(number)
        return stored

    async def decide(self, client: RelayClient, number: int, act: Act, reason: str) -> Stored:
        """Accept or refuse message `number`: the relay's clock stops, and the sender's contact gets a sealed receipt.

        Raises Declined with the standing line if another officer was first; nothing is sent then.
        """
        stored = self.mail.get(number)
        if stored.facts.direction != "in" or isinstance(stored.message.content, Receipt) or not stored.facts.envelope:
            raise Usage("only a message that was sent to this desk can be accepted or refused")
        if act == "opened" or stored.facts.decided:
            raise Usage(f"message {number} was {stored.facts.decided or act} already")
        identity, now = self.profile.identity, self.clock()
        step = Step(network=identity.network, envelope=stored.facts.envelope, at=now, device=identity.device, act=act)
        note = write_line(step, device_name(identity.name, identity.device), self.keyring.device)
        path = routes.STEPS.format(hash=stored.facts.envelope)
        await client.call("POST", path, data=note, kind=routes.NOTE, answer=Stepped)
        # The relay has the step. After a crash here the officer decides again, and the relay answers with its own line.
        facts = msgspec.structs.replace(stored.facts, decided=act, decided_at=now, opened=stored.facts.opened or now)
        self._answer(stored, act, reason, facts)
        return self.mail.get(number)

    def _answer(self, stored: Stored, act: Act, reason: str, facts: Facts) -> None:
        """Queue a receipt and note the facts it rests on, in one transaction."""
        identity = self.profile.identity
        receipt = Receipt(act=act, message=stored.message.id, envelope=stored.facts.envelope or "0" * 64, reason=reason)
        try:
            message = receipt_for(self.replica(), identity.device, stored.message, receipt, self.clock())
        except Declined:
            # A desk that no longer serves the contact may read what came, but speaks for nobody.
            self.mail.note_facts(stored.number, facts)
            return
        note = write_message(message, device_name(identity.name, identity.device), self.keyring.device)
        self.mail.add(message, note, Facts(direction="out"), queue=True, update=(stored.number, facts))

    async def _drain(self) -> bool:
        """Fetch what waits, unless `enlace watch` holds the stream and does so anyway; returns whether it was done."""
        try:
            with self.profile.locked("watch"):
                await receive(self.profile, reception_keys(self.profile), self.clock, _QUIET, drain=True)
        except Locked:
            return False
        return True

    async def _catch_up(self, client: RelayClient, exchanged: Exchanged) -> None:
        """A sender knew a larger directory: fetch it, and if the relay has none, say that it hides something."""
        exchanged.synchronised = await synchronise(self.profile, self.store, client, self.clock())
        replica = self.replica()
        for stored in self.mail.all():
            if "directory-behind" not in stored.facts.warnings:
                continue
            _compare(self.profile, replica, stored, self.clock())
            left = tuple(each for each in stored.facts.warnings if each != "directory-behind")
            self.mail.note_facts(stored.number, msgspec.structs.replace(stored.facts, warnings=left))


def _compare(profile: Profile, replica: Replica, stored: Stored, now: int) -> None:
    theirs = stored.message.checkpoint.encode()
    try:
        signed = check_other(replica, theirs)
        if signed.checkpoint.size > replica.size:
            raise Alarm(
                "fork",
                f"the sender of message {stored.number} saw {signed.checkpoint.size} statements, the relay shows this "
                f"desk only {replica.size}: it hides statements, perhaps a revocation",
                {
                    "checkpoint-theirs.txt": theirs,
                    "checkpoint-mine.txt": replica.checkpoint.raw if replica.checkpoint else b"",
                },
            )
    except Alarm as alarm:
        raise distrust(profile, alarm, now) from alarm


async def _nothing(_: object) -> None:
    return None


_QUIET = Listener(connected=_nothing, arrived=_nothing, changed=_nothing)


@contextmanager
def unlocked(profile: Profile, passphrase: bytes, clock: Clock, progress: Progress = silent) -> Iterator[Unlocked]:
    """An unlocked profile, held by this process alone until the end of the block."""
    with profile.locked("desk"):
        keyring = open_keyring(profile, passphrase)
        store = ReplicaStore(profile.path / "replica.db")
        mail = MailStore(profile.path / "messages.db", keyring)
        try:
            yield Unlocked(profile, keyring, store, mail, clock, progress)
        finally:
            mail.close()
            store.close()
