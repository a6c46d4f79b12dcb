"""Signing what is done in a case, putting it into the outbox, and sending it: what all commands of cases share.

Everything is in the outbox before anything goes out. Without a session, or without the network, it waits there for the
next `enlace sync`; the exit code says why.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desk.cases.held import HeldCase, HeldEvent, with_erased
from desk.cases.locks import Locks
from desk.cases.told_beside import going_words, unshown_words
from desk.cases.writing import Whose, begun
from desk.commands.officers import one_of
from desk.commands.outcome import carried_out
from desk.commands.telling import tell_expired
from desk.errors import Declined, NotFound, Usage
from desk.exercise.network import MARK
from desk.handling.way_out import time_of
from desk.link.session import connected
from desk.mail.erased import Erased
from desk.mail.facts import Facts
from desk.mail.message import Message, stored_message, write_message
from desk.mail.outbox import Doubted, Flushed
from desk.mail.subjects import CASES, text_hash
from desk.profile.unlocked import Unlocked
from desk.replica.synchronise import synchronise
from desk.replica.trust_policy import check_age, vouched
from desk.safe_text import line
from desk.terminal import Terminal
from relay.protocol.lines import device_name

_NONE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Queued:
    """A message in the outbox: its number, and the hash by which events name it."""

    number: int
    text: str


def case_ids(desk: Unlocked) -> list[str]:
    """Every case of which this desk holds something, the oldest first."""
    found = dict[str, None]()
    for stored in desk.mail.about(CASES):
        message, note = stored_message(stored.note)
        content_case = getattr(message.content, "case", "")
        event = getattr(message, "case_event", None)
        named = getattr(event, "case", "")
        for each in (content_case, named if isinstance(named, str) else text_hash(note)):
            if isinstance(each, str) and each:
                found[each] = None
    return list(found)


def find_case(desk: Unlocked, text: str, stubs: Iterable[Erased] | None = None) -> tuple[HeldCase, Locks]:
    """The case whose id begins with `text`; raises NotFound or Usage. Whoever asks for many gives what stays of what
    was erased (`stubs`), which else is looked up."""
    identity = desk.profile.identity
    locks = Locks(desk.mail, desk.replica().view, identity.device, time_of(desk))
    try:
        case = one_of(text, _meant(case_ids(desk), text, locks), "case")
    except NotFound as error:
        raise NotFound(f"there is no case {line(text)}; `enlace case list` shows them") from error
    return with_erased(locks.held(case), desk.mail.gone.all() if stubs is None else stubs), locks


def _meant(ids: list[str], text: str, locks: Locks) -> list[str]:
    """Of the cases that begin with `text`, where there are several, those whose opening is proven here, if any is:
    whoever likes can name a case that nobody opened, and begin its id as they will."""
    found = [each for each in ids if text and each.startswith(text.lower())]
    known = [each for each in found if locks.held(each).case is not None] if len(found) > 1 else []
    return known or ids


def check_may_seal(terminal: Terminal, desk: Unlocked) -> None:
    """Return if this desk may seal by its directory; raise Usage, Halted or Declined if not."""
    if desk.profile.identity.kind == "secretariat":
        raise Usage("the secretariat's desk is in no case; an officer on duty is")
    desk.check_following("nothing is sealed by its directory: a member may have been revoked since")
    found = vouched(desk.keyring.vault, desk.replica(), terminal.clock())
    warning = check_age(found, terminal.clock(), override=False)
    if warning:
        terminal.warn(line(warning))


def tell_beside(
    terminal: Terminal, desk: Unlocked, held: HeldCase, whose: Whose, events: Iterable[HeldEvent] = (), to: str = ""
) -> None:
    """Tell, before anything is queued, who gets nothing of it, and what of `events` is not proven to `to`."""
    for words in going_words(begun(held), desk.replica().view, whose.now):
        terminal.warn(line(words))
    if words := unshown_words(whose, held, events, desk.mail.proofs, to):
        terminal.warn(line(words))


def queue(desk: Unlocked, message: Message) -> Queued:
    """Sign a message and put it into the outbox."""
    identity = desk.profile.identity
    note = write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
    number = desk.mail.add(message, note, Facts(direction="out"), queue=True)
    if number is None:
        raise Usage("this message is in the outbox already")
    return Queued(number, text_hash(stored_message(note)[1]))


def send_queued(terminal: Terminal, desk: Unlocked, queued: Sequence[Queued]) -> int:
    """Send what was queued; returns the exit code, 0 if all of it went out. What did not is told."""

    async def work(flushed: Flushed) -> None:
        async with connected(desk.keyring, terminal.clock) as client:
            await synchronise(desk.profile, desk.store, client, terminal.clock())
            try:
                await desk.publish_keys(client)
            except (Declined, Usage) as error:
                terminal.warn(f"this desk's own keys were not published: {error}")
            await desk.sender(client).flush(flushed)

    outcome = carried_out(terminal, work)
    flushed, numbers = outcome.flushed, [each.number for each in queued]
    tell_expired(terminal, flushed)
    for number in numbers:
        for warning in flushed.warnings.get(number, ()):
            terminal.warn(warning)
        if number in flushed.kept:
            terminal.warn(f"message {number} stays in the outbox: {flushed.kept[number]}")
    if outcome.failed is not None and not isinstance(outcome.failed, Doubted):
        terminal.warn(f"{_waits(numbers, flushed)}: {outcome.failed}")
    return outcome.code(*numbers)


def _waits(numbers: Sequence[int], flushed: Flushed) -> str:
    left = [str(each) for each in numbers if each not in flushed.sent]
    if len(left) == len(numbers):
        return "it waits in the outbox"
    return f"message {', '.join(left)} waits in the outbox" if left else "it was sent, and then something broke off"


def tell_queued(
    terminal: Terminal, desk: Unlocked, queued: Sequence[Queued], case: str, text: str, more: Mapping[str, Any] = _NONE
) -> int:
    """Send, and tell what was done in a case, with what `more` there is for programs; returns the exit code."""
    code = send_queued(terminal, desk, queued)
    sent = [desk.mail.get(each.number).facts.sent for each in queued]
    plain: dict[str, Any] = {
        "case": case,
        "events": [each.text for each in queued],
        "numbers": [each.number for each in queued],
        "sent": sent,
        **more,
    }
    left = sum(1 for each in sent if not each)
    text = text + (f" {left} of {len(sent)} wait in the outbox." if left else "")
    if any(desk.mail.get(each.number).message.exercise for each in queued):
        plain, text = plain | {"exercise": True}, f"{MARK} {text}"
    terminal.result(plain, text)
    return code
