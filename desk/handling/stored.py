"""What a stored message is to the handling rules: it and every message inside it, the reader, the consents. Pure.

1. A form with data about a victim is about one, whatever its marks say; so is a message with that mark, whatever it
   holds.
2. What the victim said of consular contact counts as far as the form in the same message records it.
3. It is kept for no longer than its mark says, and its form's consent record, and every message inside it. A drill is
   kept for DRILLS_KEPT: it says who was at their desk at night, and once a year was compared nobody needs it.
4. The reader is a contact that this desk serves: the sender's if it may speak for it, else one that the message was
   for, else any of its member's. Who serves none reads in nobody's name, and no consent is for them.
5. Consent is proven by the relay's receipt, if the device counted when it was taken in. What a recovery file brought is
   not proven (docs/formats/recovery-file.md): it is asked for again.
6. What is passed on goes under the purpose it came with, unless another is said: for what is inside it, and was given
   for something else, that is another purpose at every step.
"""

from collections.abc import Iterable, Iterator

from crypto.note import Note
from desk.forms.filled import Filled
from desk.handling.inside import inside
from desk.handling.rules import NEVER, Act, Held, Intent, Party, SignedConsent
from desk.handling.victim import consular_consent, kept_until, victim_data
from desk.mail.content import Consent, Drill, Form
from desk.mail.facts import Facts, Stored
from desk.mail.message import Message, stored_message
from desk.mail.subjects import text_hash
from directory.view import View

DRILLS_KEPT = 400 * 86_400  # seconds
_APART = 300  # seconds by which the clocks of relay and desk may differ


def party(view: View, contact: str) -> Party:
    """A contact as the rules know one; one without a member, or not in the directory, is outside the network."""
    record = view.contacts.get(contact)
    return Party(contact, record.member, record.function) if record is not None else Party(contact)


def form_in(message: Message) -> Filled | None:
    """The filled form that a message holds, if it holds one."""
    return message.content.filled if isinstance(message.content, Form) else None


def about_victim(message: Message) -> bool:
    """Whether a message holds data about a victim (rule 1)."""
    filled = form_in(message)
    return message.handling.victim or (filled is not None and victim_data(filled))


def erased_at(message: Message) -> int:
    """When a message is to be erased (rule 3); NEVER if no time is set."""
    found = [each for each in _times(message) if each]
    return min(found, default=NEVER)


def _times(message: Message) -> Iterator[int]:
    yield message.handling.erase_at
    filled = form_in(message)
    if filled is not None:
        yield kept_until(filled)
    if isinstance(message.content, Drill):
        yield message.at + DRILLS_KEPT
    for each in inside(message):
        yield each.message.handling.erase_at
        inner = form_in(each.message)
        if inner is not None:
            yield kept_until(inner)


def meant_purpose(message: Message, act: Act, purpose: str) -> str:
    """For which purpose an act is judged: the one that was said, or under which it would be passed on (rule 6)."""
    return purpose or (message.handling.purpose if act == "forward" else "")


def held_pieces(message: Message, note: Note, view: View) -> tuple[Held, ...]:
    """A message, and every one inside it, as the rules know them; the outermost first (H12)."""
    return tuple(
        _held(each, text, view)
        for each, text in ((message, note), *((found.message, found.note) for found in inside(message)))
    )


def pieces_of(stored: Stored, view: View) -> tuple[Held, ...]:
    """The same, of a stored message."""
    message, note = stored_message(stored.note)
    return held_pieces(message, note, view)


def _held(message: Message, note: Note, view: View) -> Held:
    filled = form_in(message)
    return Held(
        message=text_hash(note),
        sender=party(view, message.sender.contact),
        named=message.contacts,
        handling=message.handling,
        erase_at=erased_at(message),
        victim=about_victim(message),
        consular=consular_consent(filled) if filled is not None else "",
    )


def reader_of(view: View, device: str, member: str, message: Message, now: int) -> Party:
    """In whose name this desk reads a message (rule 4)."""
    served = [each for each in sorted(view.contacts) if view.serves(device, each, view.size, now)]
    for contact in (message.sender.contact, *message.contacts, *served):
        if contact in served:
            return party(view, contact)
    return Party("", member)


def signed_consents(stored: Iterable[Stored], now: int) -> tuple[SignedConsent, ...]:
    """What was signed about consent, of messages that hold such (`MailStore.about("consent")`)."""
    found = list[SignedConsent]()
    for each in stored:
        message, note = stored_message(each.note)
        if isinstance(message.content, Consent):
            at = taken_in(each.facts, now)
            found.append(SignedConsent(text_hash(note), message.sender.contact, at, message.content.event))
    return tuple(found)


def taken_in(facts: Facts, now: int) -> int | None:
    """When the relay took a message in, if that is proven (rule 5); a relay's clock may be a little ahead."""
    if "unproven" in facts.warnings or facts.receipt is None:
        return None
    time = facts.receipt.leaf.time
    return min(time, now) if time <= now + _APART else time


def receiver_of(intent: Intent) -> Party:
    """For whom a consent has to be: who would get it, or who would export or print it."""
    return intent.to if intent.act in ("answer", "forward") and intent.to is not None else intent.reader
