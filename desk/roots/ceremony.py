"""The root ceremony by files on a stick: request, sign on machines that are never online, combine, publish.

    secretariat's desk, online          stick            machine of one root key, offline
    statements without the roots'  ──▶ request ──▶       replays and verifies the log it carries, by itself
    signatures, the log so far                           shows every statement beside what holds today
                                                         signs with its one key
    combines, judges by its own    ◀── signed  ◀──
    newest directory, publishes

1. No machine sees two root keys, and none that is online sees one. What travels holds no secret.
2. The offline machine believes nothing that it has not verified: the log from its founding, by the judge, up to a
   checkpoint signed by both keys of the log that the directory names. What the request alone could lie about is its age
   (the checkpoint's time is shown, and an old one warned of), which network it is (its fingerprint is shown, and can be
   pinned), and what it leaves out of today's details (those that the log commits to and the secretariat can read are
   missed, and warned of). None of it makes a signature count elsewhere: that names the network and the statement's
   place in sequence. The clock that is wrong may be the other one: both times are shown, and neither is to be believed.
3. It shows and signs only what the roots' signatures would make count by the rules, with all the details that it
   commits to. Nothing is signed in part.
4. Days may pass, up to 30 (I6 of the relay's intake). A statement's time is then days old, which the rules allow (R4),
   unless another about the same subject came in between, or the roots were re-keyed: then sequence, time or R39 refuse
   it, its signatures are void, and the request is made anew. Until then whoever has a signed file can publish it.
5. Whoever publishes goes by their own newest directory, never by what the file says of the roots.
6. Nothing is kept in between but by the files: publishing again after a crash finds the statements in the log and goes
   on from there. Only a founding is kept in the profile too, because there is no log yet (`desk.roots.founding`).

Pure: bytes, keys and the time are arguments; `request_for` reads the replica that it is given.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crypto.checkpoint import MOST_TIME
from crypto.encoding import b64
from crypto.errors import CryptoError
from crypto.fingerprint import fingerprint
from desk.errors import Declined, Distrust, NeedsSigning, Usage
from desk.keys.seen_time import span
from desk.proposals.proposal import Item, describe_drafts
from desk.proposals.words import Known
from desk.replica.statements import Voice
from desk.replica.store import ReplicaStore
from desk.roots.drafts import Asked, Draft, committed, groups, lacking, missing, opened
from desk.roots.root_request import Request
from desk.roots.root_signed import Signed, check_room, sign
from directory.canonical import Malformed
from directory.finding.readers import may_read
from directory.judge import CLOCK_SKEW, Refused, admit
from directory.replay import Alarm, Incomplete, Replica, UpdateNeeded, extend, own_checkpoint
from directory.statement import FoundNetwork, SignedStatement, SuspendMember, UnknownStatement, parse_statement
from directory.view import View
from relay.protocol.requests import MOST_STATEMENTS, OLDEST_ROOTS, NewStatements, OpenedBody

OLD = 24 * 3600  # seconds after which a checkpoint is warned of, as a desk does
_ANEW = "The signatures are void: make the request anew, and have it signed again"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A request that was verified: whose it is, what it says, and of when the directory is (0: not founded yet)."""

    asked: Asked
    view: View
    name: str
    items: list[Item]
    time: int
    warnings: tuple[str, ...]

    @property
    def network(self) -> str:
        """The fingerprint of the network."""
        return fingerprint(self.asked.network)

    @property
    def id(self) -> str:
        """The fingerprint of the request, to be compared with what the secretariat sees."""
        return fingerprint(self.asked.id)


class _Looked(Mapping[str, bytes]):
    """Bodies, and what was looked for among them, found or not."""

    def __init__(self, held: Mapping[str, bytes]) -> None:
        self._held, self.at = held, set[str]()

    def __getitem__(self, commitment: str) -> bytes:
        self.at.add(commitment)
        return self._held[commitment]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def request_for(asked: Asked, replica: Replica, store: ReplicaStore, now: int) -> tuple[Request, list[bytes]]:
    """The request for `asked`, with the log so far, and the bodies that are needed to show what holds today.

    Raises Declined for what no root key's signature would make count, Usage for what is too much for one file.
    """
    brought = opened(asked.bodies)
    looked = _Looked(store.bodies() | {commitment: body for commitment, (_, body) in brought.items()})
    try:
        describe_drafts(asked, replica.view, looked, now)
    except (Refused, CryptoError) as error:
        raise Declined(f"the directory's rules refuse this, whoever signs it: {error}", "statement-refused") from error
    try:
        check_room(asked, replica.view)
    except Malformed as error:
        raise Usage(str(error)) from error
    # Of a member with thousands of contacts not every name is shown; what is to hold is always there whole.
    known = store.opened(sorted(looked.at - brought.keys())[:MOST_STATEMENTS])
    bodies = tuple(OpenedBody(salt=b64(salt), body=b64(body)) for salt, body in known.values())
    entries = store.entries(0)
    checkpoint = own_checkpoint(replica).decode() if replica.checkpoint is not None else ""
    return Request(asked=asked, made=now, checkpoint=checkpoint, entries=len(entries), known=bodies), entries


def asked_of(proposal: NewStatements, network: str) -> Asked:
    """What a proposal lacks from the roots; raises Usage if root keys have signed it already, or it is none."""
    try:
        signed = [parse_statement(each.encode()) for each in proposal.statements]
        drafts = tuple(_draft(each) for each in signed)
        asked = Asked(network=network, statements=drafts, bodies=proposal.bodies)
        asked.drafts()
    except (Malformed, CryptoError) as error:
        raise Usage(f"no request can be made of this proposal: {error}") from error
    return asked


def _draft(signed: SignedStatement) -> Draft:
    return Draft(text=signed.note.text, lines=tuple(each.line().removesuffix("\n") for each in signed.note.signatures))


def review(request: Request, entries: Sequence[bytes], now: int) -> Reviewed:
    """A request as its own log proves it.

    Raises Usage for what is no request, or is for a newer version; Distrust for a log that does not verify; Declined
    for statements that no root key's signature would make count.
    """
    asked = request.asked
    try:
        statements = [each.statement for each in asked.drafts()]
        last = max(each.at for each in statements)
        if last > now + CLOCK_SKEW:
            raise _behind("the clock of the desk that made this request", last, now)
        known = opened(request.known) | opened(asked.bodies)
        view, time = _before(request, entries, now)
        gone = set(committed(statements)) - known.keys()
        if gone:
            raise Malformed("details that a statement commits to are missing; do not sign what you cannot see")
        stray = opened(request.known).keys() - view.bodies.keys()
        if stray:
            raise Malformed("it shows details as today's that its log does not know: they were exchanged")
        looked = _Looked({commitment: body for commitment, (_, body) in known.items()})
        items = describe_drafts(asked, view, looked, now)
    except (UpdateNeeded, UnknownStatement) as error:
        raise Usage(f"this request is of a newer version: {error}") from error
    except Refused as error:
        raise Declined(f"the directory's rules refuse this, whoever signs it: {error}", "statement-refused") from error
    except (Malformed, CryptoError) as error:
        raise Usage(f"this is no request, or it was altered: {error}") from error
    first = statements[0]
    name = first.name if isinstance(first, FoundNetwork) else view.founded.name
    withheld = sum(_readable(view, each) for each in looked.at - known.keys())
    late = _late(now - min(each.at for each in statements))
    return Reviewed(asked, view, name, items, time, (*_warnings(time, now), *late, *_withheld(withheld)))


def sign_with(reviewed: Reviewed, voices: Sequence[Voice]) -> Signed:
    """The request signed by root keys; raises Declined for one that has no say in it, Usage for one given twice."""
    if len({each.local for each in voices}) < len(voices):
        raise Usage("one root key was given twice")
    network = reviewed.view.network
    roots = tuple(sorted(map(b64, network.roots.values()))) if network is not None else ()
    try:
        threshold = network.threshold if network is not None else 0
        return sign(reviewed.asked, roots, threshold, [each.key for each in voices])
    except Malformed as error:
        raise Declined(f"{error}. Nothing was signed") from error


def complete(signed: Signed, view: View, now: int) -> NewStatements:
    """A signed request as it is published, judged by `view` (rule 5).

    Raises NeedsSigning while too few have signed, Declined with what to do where it does not count, or no longer.
    """
    statements = [each.statement for each in signed.asked.drafts()]
    if view.network is not None and view.founded.id != signed.asked.network:
        raise Declined("this was signed for another network than this profile's")
    roots, threshold = (view.founded.roots, view.founded.threshold) if view.network else ({}, 0)
    needed = groups(statements, roots, threshold)
    for signers, each in zip(signed.signers(), needed, strict=True):
        strange = signers.difference(*(group.keys for group in each))
        if strange:
            words = f"root key {fingerprint(min(strange))} signed this and is none of the network's, or no longer"
            raise Declined(f"{words}. {_ANEW}")
    lack = lacking(missing(needed, signed.signers()))
    if lack:
        raise NeedsSigning(f"not enough root keys have signed; missing: {lack}. Add theirs with `enlace root combine`")
    if any(isinstance(each, SuspendMember) and each.until <= now for each in statements):
        raise Declined(f"the suspension that was asked for would be over by now. {_ANEW}")
    first = statements[0]
    entries = signed.entries(first.name if isinstance(first, FoundNetwork) else view.founded.name)
    for entry in entries:
        try:
            view = admit(view, entry, now)
        except (Refused, Malformed, CryptoError) as error:
            words = "the directory has moved on since this was asked for, or its rules refuse it"
            raise Declined(f"{words}: {error}. {_ANEW}", "statement-refused") from error
    return NewStatements(statements=tuple(each.decode() for each in entries), bodies=signed.asked.bodies)


def stands_at(asked: Asked, entries: Sequence[bytes]) -> int | None:
    """Where the statements stand in the log, if they were published already, whoever signed them."""
    texts = [f"{each.text}\n".encode() for each in asked.statements]
    for position, entry in enumerate(entries):
        if entry.startswith(texts[0]):
            stand = entries[position : position + len(texts)]
            same = len(stand) == len(texts) and all(map(bytes.startswith, stand, texts))
            return position if same else None
    return None


def _before(request: Request, entries: Sequence[bytes], now: int) -> tuple[View, int]:
    """The directory before the statements, and its time (0 before a founding)."""
    founds = isinstance(request.asked.drafts()[0].statement, FoundNetwork)
    if founds != (not entries) or founds != (not request.checkpoint):
        raise Malformed("a founding comes without a log, and anything else with the whole of it and its checkpoint")
    if founds:
        return View(), 0
    try:
        replica = extend(Replica(request.asked.network), entries, request.checkpoint.encode(), now)
    except Incomplete as error:
        raise Malformed(str(error)) from error
    except Alarm as alarm:
        if alarm.kind == "clock":
            _, time = _before(request, entries, MOST_TIME)
            raise _behind("the log's clock", time, now) from alarm
        words = f"the log that this request carries does not verify: {alarm}. Sign nothing; tell the secretariat"
        raise Distrust(words) from alarm
    if replica.checkpoint is None or replica.size != len(entries):
        raise Malformed("it carries more of the log than its checkpoint covers")
    return replica.view, replica.checkpoint.time


def _warnings(time: int, now: int) -> tuple[str, ...]:
    if not time or now - time <= OLD + CLOCK_SKEW:
        return ()
    old = f"the directory in this request is {span(now - time)} old by this machine's clock"
    return (f"{old}: see whether that can be, and ask the secretariat whether it is the newest",)


def _late(age: int) -> tuple[str, ...]:
    """What to say of a request that the relay would take no more (I6), so that nobody carries a stick for it."""
    if age <= OLDEST_ROOTS:
        return ()
    asked = f"it was asked for {span(age)} ago by this machine's clock"
    return (f"{asked}, and the relay takes nothing of the roots after {span(OLDEST_ROOTS)}: have it asked for anew",)


def _readable(view: View, commitment: str) -> bool:
    """Whether the secretariat's desk can have a body: it is in the log, and open to who is of no member."""
    body = view.bodies.get(commitment)
    return body is not None and may_read(view, body, "")


def _withheld(number: int) -> tuple[str, ...]:
    if not number:
        return ()
    left = f"{number} of today's details, which the log knows, {'is' if number == 1 else 'are'} not in this request"
    return (f"{left} and so not shown: ask the secretariat why, before you sign",)


def _behind(whose: str, time: int, now: int) -> Usage:
    """A request from the future; which of the two clocks is wrong, this machine cannot know."""
    times = f"{whose} shows {Known.stamp(time)}, and this machine's {Known.stamp(now)}"
    return Usage(
        f"{times}. See on a third clock which is wrong; only if it is this machine's, set it, and call it again"
    )
