"""Sending exactly once: the queue goes out when there is a session; after an unknown outcome the same bytes go again.

For each message in the outbox, oldest first:

1. its attachments are uploaded (resuming where an earlier try stopped); where what the relay says of one makes no
   sense, the message waits, the others are sent, and the alarm is raised at the end (`Doubted`);
2. what is said in a case, or handed over, is sealed only while all whom it names are in it (`desk.cases.audience`):
   somebody may have gone since it was written. Then it is sealed by the directory as it stands, and the envelope is
   stored *before* it is submitted, with the signed lines of its calls: they are handed in together, so the relay has
   both or neither;
3. it is submitted. A receipt that verifies ends it. No answer: it stays, with its bytes, and the relay recognises them
   next time. `recipients-changed`: the relay took nothing, so the envelope is discarded, the replica brought up to
   date, and the message sealed anew under a new envelope id. `quota-full` for some recipients' devices: likewise,
   without these devices, and each stands in a warning that stays with the message, for it is only the relay's word that
   they are full. With the next try they count again. Receivers drop duplicates by message id in any case.

A refusal of one message does not hold up the others; it stays queued, and the reason is shown. A message that has
expired leaves the queue, and that is told once.

What was done until something broke off was done: who asks gives a `Flushed` to be filled as it is, and tells of that
beside the alarm or the error. Else who is told of an alarm alone would do the same once more. An alarm over files
(`Flushed.doubt`) is told then too: a relay that answers nonsense and then hangs up would else hide it in every run.
"""

from dataclasses import dataclass, field

import msgspec

from desk.alarms.distrust import distrust
from desk.cases.audience import case_sealed_in, check_audience
from desk.cases.held import held_case
from desk.errors import Declined, Distrust
from desk.keys.key_sets import key_choices
from desk.keys.keyring import Keyring
from desk.keys.seen_time import recall
from desk.link.client import Clock, RelayClient
from desk.mail.attachments import upload
from desk.mail.content import Receipt
from desk.mail.facts import Waiting
from desk.mail.message import Message
from desk.mail.opening import EARLY_TOLERANCE, unproven
from desk.mail.sealing import calls_for, recipients_of, seal
from desk.mail.store import MailStore
from desk.notices.clocks import begin as begin_clock
from desk.notices.clocks import clock_of
from desk.progress import Progress
from desk.replica.standing import refuse
from desk.replica.store import ReplicaStore
from desk.replica.synchronise import synchronise
from desk.replica.trust_policy import check_age, vouched
from directory.canonical import encode
from directory.replay import Alarm, Replica
from directory.view import View
from relay.protocol import routes
from relay.protocol.lines import LineError
from relay.protocol.receipts import Relayed, check_relayed
from relay.protocol.requests import Submitted
from relay.protocol.submission import Submission, parse_submission, write_submission

TRIES = 3
_MOST_NAMED = 10


@dataclass
class Flushed:
    """What became of the outbox: numbers sent, warnings by number, reasons why others stay, and which have expired.

    `doubted` stay too, for files of which the relay makes no sense: that is an alarm.
    """

    sent: list[int] = field(default_factory=list)
    warnings: dict[int, tuple[str, ...]] = field(default_factory=dict)
    kept: dict[int, str] = field(default_factory=dict)
    expired: dict[int, str] = field(default_factory=dict)
    doubted: dict[int, str] = field(default_factory=dict)

    @property
    def left(self) -> dict[int, str]:
        """Why messages stay in the outbox, by number."""
        return self.kept | self.doubted

    def doubt(self) -> "Doubted | None":
        """The alarm over those that are `doubted`, to be told whatever broke off after them; None if there are none."""
        if not self.doubted:
            return None
        words = [f"message {number} stays in the outbox, for its files: {why}" for number, why in self.doubted.items()]
        more = [f"{len(words) - _MOST_NAMED} more stay likewise"] if len(words) > _MOST_NAMED else []
        return Doubted(". ".join([*words[:_MOST_NAMED], *more]))


class Doubted(Distrust):
    """The relay makes no sense of files of what stays in the outbox; all else was sent."""


@dataclass(frozen=True)
class Sender:
    """What sending needs: keys, stores, the connection, the clock, and where progress is told."""

    keyring: Keyring
    mail: MailStore
    store: ReplicaStore
    client: RelayClient
    clock: Clock
    progress: Progress

    async def flush(self, flushed: Flushed | None = None, *, halted_too: bool = False) -> Flushed:
        """Send what is queued; raises Unreachable when the relay does not answer (everything not sent stays), Distrust
        where its receipt does not hold, or speaks of a directory that it does not show, and at the end Doubted for
        files of which it makes no sense; Halted on a halted desk, unless its officer has said `halted_too`, which is
        said of a directory that nobody vouches for too. Whatever is raised, `flushed` says what was done before, and
        whether there is an alarm over files beside it."""
        flushed = Flushed() if flushed is None else flushed
        if not halted_too:
            refuse(self.store.standing(self.keyring.profile.identity.network).halt, "what is queued stays queued")
        unvouched = "" if halted_too else self._unvouched()
        for waiting in self.mail.waiting():
            number = waiting.stored.number
            if waiting.stored.message.expires <= self.clock():
                never = waiting.envelope is None  # nothing was submitted, so it is known that nothing was taken in
                known = "it was never given to the relay" if never else "the relay may have taken it in"
                flushed.expired[number] = f"it expired before it could be sent; {known}"
                self.mail.given_up(number)
                continue
            if unvouched and waiting.envelope is None:
                flushed.kept[number] = unvouched
                continue
            try:
                if (doubt := await self._files_brought(waiting)) is not None:
                    flushed.doubted[number] = str(doubt)
                    continue
                flushed.warnings[number] = await self._send(waiting)
                flushed.sent.append(number)
            except Declined as error:
                flushed.kept[number] = str(error)
        if self.store.standing(self.keyring.profile.identity.network).halt is None:  # else it takes nothing in
            await self._check_sizes(flushed.sent)
        if (doubt := flushed.doubt()) is not None:
            raise doubt
        return flushed

    def _unvouched(self) -> str:
        """Why nothing is sealed by the directory: the witnesses whom the trust policy needs have not vouched for it in
        seven days. Nothing where they have, or none are needed; then the log's age was looked at by who composed it."""
        replica, now = self.store.load(self.keyring.profile.identity.network), self.clock()
        found = vouched(self.keyring.vault, replica, now)
        try:
            check_age(found, now, override=not found.witnessed)
        except Declined as error:
            return str(error)
        return ""

    async def _files_brought(self, waiting: Waiting) -> Distrust | None:
        """Bring the files of a message to the relay; returns why what it says of one is not believed, if so."""
        try:
            for file in waiting.stored.message.attachments:
                path = self.keyring.profile.path / "files" / file.cipher_hash
                await upload(self.client, path, file.cipher_hash, file.cipher_size, self.progress)
        except Distrust as error:
            return error
        return None

    async def _send(self, waiting: Waiting) -> tuple[str, ...]:
        first = replica = self.store.load(self.keyring.profile.identity.network)
        full: frozenset[str] = frozenset()
        for _ in range(TRIES):
            raw, warnings = await self._sealed(waiting, replica, full)
            try:
                answer = await self.client.call("POST", routes.ENVELOPES, data=raw, kind=routes.BYTES, answer=Submitted)
            except Declined as error:
                header = parse_submission(raw).envelope.header
                named = frozenset(error.devices) & {*header.called, *(each.device for each in header.recipients())}
                if error.problem != "recipients-changed" and not (error.problem == "quota-full" and named):
                    raise
                # Refused, so not taken in: these bytes are given up. After a crash here they are refused again.
                self.mail.sealed(waiting.stored.number, None)
                waiting = Waiting(waiting.stored, None)
                if error.problem == "quota-full":
                    full |= named
                else:
                    replica = (await synchronise(self.keyring.profile, self.store, self.client, self.clock())).replica
                continue
            return self._done(waiting, raw, answer.relayed, warnings, replica)
        if full:
            raise Declined(f"{TRIES} times the relay named other devices that are full; try again", "quota-full")
        if replica.size > first.size:
            raise Declined("the recipients keep changing; try again", "recipients-changed")
        raise Declined(
            f"{TRIES} times the relay refused this because recipients had changed, and it shows this desk nothing new "
            "about them. Perhaps it hides a revocation. Try again; if it goes on, telephone, and tell the secretariat",
            "recipients-changed",
        )

    async def _sealed(self, waiting: Waiting, replica: Replica, full: frozenset[str]) -> tuple[bytes, tuple[str, ...]]:
        """The bytes to submit: those of the last try, or a fresh envelope (none for `full`), stored before returned."""
        if waiting.envelope is not None:
            return waiting.envelope, waiting.stored.facts.warnings
        message, now = waiting.stored.message, self.clock()
        if case := case_sealed_in(message):
            seen = max(now, recall(self.keyring.vault).latest)
            check_audience(held_case(self.mail.about(f"case {case}"), replica.view, case), replica.view, message, seen)
        devices = recipients_of(replica.view, message, now).all()
        choices, problems = await key_choices(self.store, self.client, replica.view, devices, now)
        sealed = seal(replica.view, message, waiting.stored.note, choices, problems, now, full)
        facts = msgspec.structs.replace(waiting.stored.facts, warnings=sealed.warnings)
        calls = calls_for(replica.view, message, sealed.envelope, self.keyring.device)
        raw = write_submission(Submission(sealed.envelope, calls))
        self.mail.note_facts(waiting.stored.number, facts)
        with self.mail.together():
            self.mail.proofs.keep(waiting.stored.number, message, sealed.proof)
        self.mail.sealed(waiting.stored.number, raw)
        return raw, sealed.warnings

    def _done(
        self, waiting: Waiting, raw: bytes, relayed: Relayed, warnings: tuple[str, ...], replica: Replica
    ) -> tuple[str, ...]:
        """Out of the outbox, if the receipt holds; returns what to warn of."""
        envelope, view = parse_submission(raw).envelope, replica.view
        relay = view.relay_at(relayed.leaf.tree_size)
        try:
            if relay is None:
                raise LineError("the directory names no relay")
            check_relayed(relayed, envelope.hash, view.founded.id, view.founded.name, relay.receipt)
        except LineError as error:
            folder = self.keyring.profile.evidence("receipt", {"receipt.json": encode(relayed)}, self.clock())
            words = f"the relay's receipt does not count, so the message is not proven sent: {error}"
            raise Distrust(f"{words}. It stays in the outbox", str(folder)) from error
        warnings += _doubts(view, waiting.stored.message, envelope.hash, relayed, self.clock())
        facts = msgspec.structs.replace(
            waiting.stored.facts,
            envelope=envelope.hash,
            relayed=relayed,
            sent=relayed.leaf.time,
            warnings=warnings,
        )
        self.mail.sent(waiting.stored.number, facts)
        # A crash before this line leaves a clock that nobody looks at until the sender asks: `enlace receipts`.
        clock = clock_of(
            view, waiting.stored.message, envelope.header, envelope.hash, relayed, waiting.stored.number, own=True
        )
        begin_clock(self.keyring.profile.path, clock, envelope.raw)
        if not isinstance(waiting.stored.message.content, Receipt):
            for file in waiting.stored.message.attachments:
                self.progress("uploaded", file.cipher_size, file.cipher_size)
        return warnings

    async def _check_sizes(self, sent: list[int]) -> None:
        """The relay has signed at which size of the directory it took a message in: it has to show that directory."""
        receipts = {number: self.mail.get(number).facts.relayed for number in sent}
        sizes = {each.leaf.tree_size: number for number, each in receipts.items() if isinstance(each, Relayed)}
        profile, most = self.keyring.profile, max(sizes, default=0)
        if most <= self.store.load(profile.identity.network).size:
            return
        replica = (await synchronise(profile, self.store, self.client, self.clock())).replica
        if most > replica.size:
            mine = {"checkpoint-mine.txt": replica.checkpoint.raw} if replica.checkpoint else {}
            words = f"the relay signed for message {sizes[most]} at {most} statements, but shows this desk only "
            words += f"{replica.size}: it hides statements, perhaps a revocation"
            alarm = Alarm("fork", words, mine | {"receipt.json": encode(receipts[sizes[most]])}, until=most)
            raise distrust(profile, self.store, alarm, self.clock())


def _doubts(view: View, message: Message, envelope: str, relayed: Relayed, now: int) -> tuple[str, ...]:
    """What the sender should know of a genuine receipt: that recipients will doubt it, or that its time is wrong."""
    doubts: list[str] = []
    why = unproven(view, message, envelope, relayed)
    if why is not None and relayed.leaf.tree_size <= view.size:
        doubts.append(f"recipients will see this message as unproven: {why}")
    off = relayed.leaf.time - now
    if abs(off) > EARLY_TOLERANCE:
        way = "ahead of" if off > 0 else "behind"
        doubts.append(
            f"the relay dated its receipt {abs(off) // 60} minutes {way} this desk's clock: check both clocks"
        )
    return tuple(doubts)
