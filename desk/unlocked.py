"""An unlocked profile: keys, directory and messages at hand, and the things an officer does with them as a whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import msgspec

from desk import host
from desk.announce import announcements
from desk.client import Clock, RelayClient
from desk.compose import DAY, receipt_for
from desk.errors import Declined, DeskError, Distrust, Locked, Usage
from desk.intake import TakenIn, UnknownSigner, check_line, take_in, told
from desk.keyring import Keyring, open_keyring, reception_keys
from desk.mail import Facts, MailStore, Stored
from desk.message import Act, Message, Receipt, write_message
from desk.opening import ever_served, unproven
from desk.outbox import Flushed, Progress, Sender
from desk.profile import Profile
from desk.receive import Listener, receive
from desk.replica import ReplicaStore
from desk.synchronise import Synchronised, loaded, synchronise
from directory.canonical import encode
from directory.keyset import open_keyset, write_keyset
from directory.replay import Alarm, Replica, check_other
from directory.view import View
from relay.protocol import routes
from relay.protocol.lines import LineError, Step, device_name, write_line
from relay.protocol.receipts import Relayed, check_relayed
from relay.protocol.requests import KeySets, KeySetsWanted, Stepped

_BEHIND = "messages-ahead"  # set while messages were stored that spoke of a larger directory than the replica
_AHEAD = "directory-behind"


_ANNOUNCED = "announced"
_NOT_FIRST = "the relay says that another officer was first, and does not prove it"


def silent(what: str, done: int, whole: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Exchanged:
    """What a whole exchange with the relay brought; `failed` is why it ended early.

    What was taken in is told only once: so a failure after that is handed back with it, and raised by who has told.
    """

    synchronised: Synchronised
    flushed: Flushed = field(default_factory=Flushed)
    taken: TakenIn = field(default_factory=TakenIn)
    erased_keys: int = 0
    watched_elsewhere: bool = False
    failed: DeskError | None = None


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
        return loaded(self.profile, self.store, self.clock())

    def announcements(self) -> list[str]:
        """What an officer should hear about statements since the last time, told once. A new desk starts from now."""
        replica, identity = self.replica(), self.profile.identity
        told = self.store.fact(_ANNOUNCED)
        start = int(told) if told is not None else replica.size
        fresh = announcements(self.store.entries(start), replica.view, identity.member, identity.officer)
        self.store.put_fact(_ANNOUNCED, str(replica.size).encode())
        return fresh

    async def exchange(self, client: RelayClient) -> Exchanged:
        """Directory, key sets, outbox, stream, intake, erasure: everything that can be brought up to date."""
        exchanged = Exchanged(await synchronise(self.profile, self.store, client, self.clock()))
        if self.profile.identity.kind == "secretariat":
            return exchanged
        await self.publish_keys(client)
        try:
            exchanged.watched_elsewhere = not await self._drain()
        except DeskError as error:  # what has come before is taken in all the same, and what waits is sent
            exchanged.failed = error
        exchanged.taken = self.take_in()
        try:
            if exchanged.taken.later or self.store.fact(_BEHIND):
                await self._catch_up(client, exchanged)
            exchanged.flushed = await self.sender(client).flush()
        except DeskError as error:
            exchanged.failed = exchanged.failed or error
        # Last: what came is open by now, so no message waits any more for a seed that goes here.
        exchanged.erased_keys = self.keyring.epochs.erase(self._key_time())
        return exchanged

    async def publish_keys(self, client: RelayClient) -> bool:
        """Publish the next key set if the published one does not reach far enough ahead; returns whether one was."""
        identity, published = self.profile.identity, False
        for _ in range(3):  # one that an earlier run could not publish, one that was overtaken, the one for now
            keyset = self.keyring.epochs.renew(identity.network, identity.device, self._key_time())
            if keyset is None:
                break
            note = write_keyset(keyset, device_name(identity.name, identity.device), self.keyring.device)
            try:
                # Seeds and number are stored: after a crash here the same set is published again, under its number.
                await client.call("PUT", routes.KEYSET, data=note, kind=routes.NOTE)
            except Declined as error:
                if error.problem != "keyset-old":
                    raise
                await self._overtake(client, error)
                continue
            self.keyring.epochs.published(keyset.number)
            published = True
        return published

    async def _overtake(self, client: RelayClient, refusal: Declined) -> None:
        """Learn from the relay which key set of this very device is the newest (`desk.epochs`, rule 5)."""
        identity = self.profile.identity
        answer = await client.call("POST", routes.KEYSETS, KeySetsWanted(devices=(identity.device,)), answer=KeySets)
        name = device_name(identity.name, identity.device)
        try:
            (note,) = answer.keysets
            keyset = open_keyset(note.encode(), identity.network, identity.device, name, self.keyring.device.public)
        except ValueError:
            raise refusal from None
        self.keyring.epochs.overtake(keyset.number)

    def _key_time(self) -> int:
        """The time by which keys are made and erased: this machine's, but no later than a day after the log's.

        A clock that runs years ahead would else erase every key that messages are on their way to.
        """
        checkpoint = self.replica().checkpoint
        return min(self.clock(), checkpoint.time + DAY) if checkpoint else self.clock()

    def take_in(self, *, fresh: bool = False) -> TakenIn:
        """Open what the stream has brought; nothing is told to anybody yet.

        `fresh`: the replica was synchronised after the stream was read, so nothing is left to wait for.
        """
        taken = take_in(self.keyring, self.mail, self.replica(), fresh=fresh)
        if taken.behind:
            self.store.put_fact(_BEHIND, b"1")
        return taken

    def sender(self, client: RelayClient) -> Sender:
        """What sends the outbox over a connection."""
        return Sender(self.keyring, self.mail, self.store, client, self.clock, self.progress)

    def mark_opened(self, number: int) -> Stored:
        """Message `number`, now opened: the first time, a receipt for its sender's contact is queued."""
        stored = self.mail.get(number)
        fresh = stored.facts.direction == "in" and not stored.facts.opened
        if fresh and not isinstance(stored.message.content, Receipt):
            facts = msgspec.structs.replace(stored.facts, opened=self.clock())
            self._answer(stored, self._receipt(stored, "opened", ""), facts)
            stored = self.mail.get(number)
        return stored

    async def decide(self, client: RelayClient, number: int, act: Act, reason: str) -> Stored:
        """Accept or refuse message `number`: the relay's clock stops, and the sender's contact gets a sealed receipt.

        Raises Declined with the standing line, verified, if another officer was first; nothing is sent then. Raises
        Distrust if the relay only says so: else it could keep every officer from a case.
        """
        stored = self.mail.get(number)
        if stored.facts.direction != "in" or isinstance(stored.message.content, Receipt) or not stored.facts.envelope:
            raise Usage("only a message that was sent to this desk can be accepted or refused")
        if act == "opened" or stored.facts.decided:
            raise Usage(f"message {number} was {stored.facts.decided or act} already")
        identity, now = self.profile.identity, self.clock()
        # Made before the relay is told: what cannot be said stops here, with nothing done.
        receipt = self._receipt(stored, act, reason)
        step = Step(network=identity.network, envelope=stored.facts.envelope, at=now, device=identity.device, act=act)
        note = write_line(step, device_name(identity.name, identity.device), self.keyring.device)
        path = routes.STEPS.format(hash=stored.facts.envelope)
        try:
            answer = await client.call("POST", path, data=note, kind=routes.NOTE, answer=Stepped)
        except Declined as error:
            if error.problem == "already-decided":
                self._check_step(stored, error.line, None)
            raise
        self._check_step(stored, answer.line, step)
        # The relay has the step. After a crash here the officer decides again, and the relay answers with its own line.
        facts = msgspec.structs.replace(stored.facts, decided=act, decided_at=now, opened=stored.facts.opened or now)
        self._answer(stored, receipt, facts)
        return self.mail.get(number)

    def _check_step(self, stored: Stored, line: str, mine: Step | None) -> None:
        """Return if `line` is the step that stands for a message: ours, or that of another recipient who accepted."""
        view = self.replica().view
        contacts = [contact for stage in stored.message.stages for contact in stage.contacts]
        try:
            step = check_line("step", line.encode(), view)
            if step.envelope != stored.facts.envelope or not isinstance(step, Step):
                raise LineError("it is about another message")
            if mine is not None and (step.device, step.act) != (mine.device, mine.act):
                raise LineError("it is not the one this desk signed")
            if mine is None and step.act != "accepted":
                raise LineError("a refusal keeps nobody from accepting")
            if not any(ever_served(view, step.device, each) for each in contacts):
                raise LineError("the message was not for whoever signed it")
        except UnknownSigner as error:
            raise Declined(f"{error}: synchronise and try again", "already-decided") from error
        except LineError as error:
            folder = self.profile.evidence("step", {"step.txt": line.encode()}, self.clock())
            what = "the relay's answer does not prove that it took this in" if mine else _NOT_FIRST
            raise Distrust(f"{what}: {error}. Try again; if it goes on, telephone the sender", str(folder)) from error

    def _receipt(self, stored: Stored, act: Act, reason: str) -> Message | None:
        """The receipt for a message; None from a desk that no longer serves the contact: it may read what came, but
        speaks for nobody."""
        envelope = stored.facts.envelope or "0" * 64
        receipt = Receipt(act=act, message=stored.message.id, envelope=envelope, reason=reason)
        try:
            return receipt_for(self.replica(), self.profile.identity.device, stored.message, receipt, self.clock())
        except Declined:
            return None

    def _answer(self, stored: Stored, receipt: Message | None, facts: Facts) -> None:
        """Queue a receipt and note the facts it rests on, in one transaction."""
        if receipt is None:
            self.mail.note_facts(stored.number, facts)
            return
        identity = self.profile.identity
        note = write_message(receipt, device_name(identity.name, identity.device), self.keyring.device)
        self.mail.add(receipt, note, Facts(direction="out"), queue=True, update=(stored.number, facts))

    async def _drain(self) -> bool:
        """Fetch what waits, unless `enlace watch` holds the stream and does so anyway; returns whether it was done."""
        with ExitStack() as held:
            try:
                held.enter_context(self.profile.locked("watch"))
            except Locked:
                return False
            await receive(self.profile, reception_keys(self.profile), self.clock, _QUIET, drain=True)
        return True

    async def _catch_up(self, client: RelayClient, exchanged: Exchanged) -> None:
        """Messages spoke of a larger directory: fetch it, take in what waited for it, and look at them again.

        Where the relay has no such directory to show, it hides something: an alarm, once for every such message.
        """
        exchanged.synchronised = await synchronise(self.profile, self.store, client, self.clock())
        exchanged.taken.add(self.take_in(fresh=True))
        replica = self.replica()
        for stored in self.mail.all():
            if _AHEAD in stored.facts.warnings:
                warnings, alarm = reconsidered(replica, stored)
                if alarm is not None:
                    exchanged.taken.alarms.append(told(self.profile, alarm, self.clock()))
                self.mail.note_facts(stored.number, msgspec.structs.replace(stored.facts, warnings=warnings))
        # All are looked at, and marked for good: after a crash before this line they are looked at once more.
        self.store.put_fact(_BEHIND, b"")


def reconsidered(replica: Replica, stored: Stored) -> tuple[tuple[str, ...], Alarm | None]:
    """What to warn of, now, in a message whose sender or receipt spoke of a larger directory than there was."""
    facts, message = stored.facts, stored.message
    warnings = [each for each in facts.warnings if each not in (_AHEAD, "unproven")]
    relayed = facts.relayed if isinstance(facts.relayed, Relayed) else None
    if unproven(replica.view, message, facts.envelope, relayed) is not None:
        warnings.insert(0, "unproven")
    theirs = message.checkpoint.encode()
    mine = {"checkpoint-mine.txt": replica.checkpoint.raw} if replica.checkpoint else {}
    hides = f"shows this desk only {replica.size}: it hides statements, perhaps a revocation"
    number = stored.number
    try:
        signed = check_other(replica, theirs)
        if signed.checkpoint.size > replica.size:
            words = f"the sender of message {number} saw {signed.checkpoint.size} statements, the relay {hides}"
            raise Alarm("fork", words, mine | {"checkpoint-theirs.txt": theirs})
        if relayed is not None and _signed_for(replica.view, facts.envelope, relayed) > replica.size:
            words = f"the relay signed for message {number} at {relayed.leaf.tree_size} statements, but {hides}"
            raise Alarm("fork", words, mine | {"receipt.json": encode(relayed)})
    except Alarm as alarm:
        kind = "fork" if alarm.kind == "fork" else "checkpoint"
        return (*(each for each in warnings if each != kind), kind), alarm
    return tuple(warnings), None


def _signed_for(view: View, envelope: str, relayed: Relayed) -> int:
    """The directory's size that the relay put its signatures to in a receipt; 0 if they do not hold."""
    relay, size = view.relay_at(relayed.leaf.tree_size), relayed.leaf.tree_size
    try:
        if relay is not None:
            check_relayed(relayed, envelope, view.founded.id, view.founded.name, relay.receipt)
            return size
    except LineError:
        pass
    return 0


async def _nothing(_: object) -> None:
    return None


_QUIET = Listener(connected=_nothing, arrived=_nothing, changed=_nothing)


@contextmanager
def unlocked(profile: Profile, passphrase: bytes, clock: Clock, progress: Progress = silent) -> Iterator[Unlocked]:
    """An unlocked profile, held by this process alone until the end of the block."""
    with profile.locked("desk"), ExitStack() as closing:
        keyring = open_keyring(profile, passphrase)
        for folder in (profile.path, profile.path / "vault", profile.path / "files"):
            host.sweep(folder)
        try:
            store = ReplicaStore(profile.path / "replica.db", keyring.replica_seal)
            closing.callback(store.close)
            mail = MailStore(profile.path / "messages.db", keyring)
            closing.callback(mail.close)
            yield Unlocked(profile, keyring, store, mail, clock, progress)
        except sqlite3.Error as error:
            raise DeskError(f"a database in {profile.path} does not work: {error}") from error
