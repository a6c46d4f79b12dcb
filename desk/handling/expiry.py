"""Erasing what is to be kept no longer: whenever a profile is unlocked, and at the end of every exchange.

E1  A message goes when its time is over (H1): its row with note and facts, its place in the outbox, its sealed
    attachments unless another message names them too, the marks under which it was found, and its sealed envelope
    beside its clock and in the evidence of an alarm about a turn. What was deleted is overwritten (`desk.database`).
E2  What a receipt says in words about it (why it was refused) goes with it; receipts without words, signed lines, and a
    stub (`desk.mail.erased`) stay, and prove that something was there.
    The stub of a message of a case says so; that of a package which handed some over, what the case had taken from it.
E3  The time is that of `desk.keys.seen_time`, because erasing cannot be undone: a clock that jumps ahead is doubted
    first, and told; one that is set back holds nothing up.
E4  The officer is told a week before, once a day, and again when it is done.
E5  There is no legal hold: nothing here keeps a message back. Who needs it longer asks its sender to send it anew.
E6  A drill goes DRILLS_KEPT after it was signed, with every receipt and signed line about it; it is told as one of a
    number, and not a week before: nobody would ask for it anew.
E7  Nothing here keeps a desk from being used: what goes wrong is told, and tried again at the next unlocking.
E8  What stands beside the messages goes by the same times: `desk.handling.aside`. What was found is remembered with the
    number of the rules it was found by: what another program found is looked at anew, once.

What it cannot reach: copies in files and on paper, recovery files and backups, other desks (each does it by itself),
and what a file system or a disk keeps of old blocks (threat model).
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from desk import host
from desk.alarms.evidence import erase_envelope
from desk.cases.acts import Say
from desk.cases.taken import Cases
from desk.errors import DeskError, NotFound
from desk.handling.aside import erase, times
from desk.handling.rules import NEVER
from desk.handling.stored import DRILLS_KEPT, erased_at
from desk.keys.erasing import key_time
from desk.keys.seen_time import span
from desk.keys.vault import Damaged, Vault
from desk.mail.attachments import parts
from desk.mail.content import Drill, HandedOver, Receipt
from desk.mail.damaged import DamagedRow
from desk.mail.erased import Erased
from desk.mail.facts import Stored
from desk.mail.message import Message, stored_message
from desk.mail.subjects import text_hash
from desk.notices.clocks import forget
from desk.terminal import stamp
from directory.canonical import encode
from directory.fields import Count, Time

if TYPE_CHECKING:
    from desk.profile.unlocked import Unlocked

NAME = "message-retention"  # that of former details in the directory is `desk.entries.retention`
WARNED = 7 * 86_400
_DAY = 86_400
_MOST_NAMED = 10


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When each message goes, by its number, of those up to `upto`; when what stands beside them goes, by its name (E8;
    0 for never); and when the officer was last told (E4)."""

    at: dict[str, Time] = {}  # msgspec copies an empty default for each instance
    drills: dict[str, Time] = {}  # of those the drills
    aside: dict[str, Time] = {}
    told: Time = 0
    upto: Count = 0
    judged: Literal[2] = 2  # 2: evidence is tried with every key, and what was cut is found; without it, by fewer rules


def erase_due(desk: "Unlocked", proven: Callable[[], int]) -> list[str]:
    """Erase what is due; returns what the officer is to hear. After a crash anywhere the next unlocking goes on.

    `proven` gives the time of the newest verified checkpoint.
    """
    try:
        return _erase_due(desk, proven)
    except (DeskError, sqlite3.Error, OSError) as error:
        return [f"messages whose time is over could not be erased: {error}"]


def _erase_due(desk: "Unlocked", proven: Callable[[], int]) -> list[str]:
    vault = desk.keyring.vault
    before = _recalled(vault)
    clock = desk.clock()
    known = msgspec.structs.replace(_followed(desk, before), aside=times(desk, before.aside, clock))
    if not known.at and not any(known.aside.values()):
        _keep(vault, before, known)
        return []
    now, doubted = key_time(vault, proven, clock)
    due = sorted(int(number) for number, at in known.at.items() if at <= now)
    told, stuck = _erased(desk, [number for number in due if str(number) not in known.drills], now)
    drills = [number for number in due if str(number) in known.drills]
    _, stuck_too = _erased(desk, drills, now)
    told += _still({f"message {number}": why for number, why in (stuck | stuck_too).items()})
    due = [number for number in due if number not in stuck | stuck_too]
    drills = [number for number in drills if number not in stuck_too]
    if drills:
        told.append(f"{len(drills)} drill(s) of {DRILLS_KEPT // _DAY} days ago were erased, with what was said of them")
    beside, stuck_beside = _erased_beside(desk, sorted(name for name, at in known.aside.items() if 0 < at <= now))
    told += [*beside.values(), *_still(stuck_beside)]
    left = {number: at for number, at in known.at.items() if int(number) not in due}
    stay = {number: at for number, at in known.drills.items() if number in left}
    aside = {name: at for name, at in known.aside.items() if name not in beside}
    known = msgspec.structs.replace(known, at=left, drills=stay, aside=aside)
    if doubted and any(0 < at <= clock for at in (*left.values(), *aside.values())):
        told.append(
            f"messages are not erased yet that would be by this machine's clock: it is {span(clock - now)} ahead of "
            "all that this desk has seen. If it is wrong, set it right now; if it is right, nothing is to be done"
        )
    soon = sorted((at, int(number)) for number, at in left.items() if now < at <= now + WARNED and number not in stay)
    if soon and not doubted and now >= known.told + _DAY:
        told.append(_coming(soon))
        known = msgspec.structs.replace(known, told=now)
    _keep(vault, before, known)
    return told


def _erased(desk: "Unlocked", numbers: Iterable[int], now: int) -> tuple[list[str], dict[int, str]]:
    """Erase messages; returns what to tell, and which are still there since this machine refused, and why: they stay
    due, and keep no other from being erased."""
    told, stuck, cases = list[str](), dict[int, str](), Cases(desk.mail, lambda: desk.replica().view)
    for number in numbers:
        try:
            told += _gone(desk, number, now, cases)
        except (DeskError, sqlite3.Error, OSError) as error:
            stuck[number] = str(error)
    return told, stuck


def _erased_beside(desk: "Unlocked", names: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The same of what stands beside the messages, by name: what to tell of those that are gone, and of the others."""
    gone, stuck = dict[str, str](), dict[str, str]()
    for name in names:
        try:
            gone[name] = erase(desk, name)
        except (DeskError, OSError) as error:
            stuck[name] = str(error)
    return gone, stuck


def _still(stuck: Mapping[str, str]) -> list[str]:
    """What to tell of what could not be erased, by its name; of many, of the first."""
    told = [f"{what} is to be erased, and is still here: {why}. It is tried again" for what, why in stuck.items()]
    more = [f"{len(told) - _MOST_NAMED} more are to be erased, and are still here; each is tried again"]
    return told[:_MOST_NAMED] + (more if len(told) > _MOST_NAMED else [])


def _followed(desk: "Unlocked", known: Retention) -> Retention:
    """What is known of retention, with the messages that have come since."""
    newest = desk.mail.newest()
    if newest <= known.upto:
        return known
    found, drills = dict(known.at), dict(known.drills)
    for stored in desk.mail.all(known.upto):
        ends = erased_at(stored.message)
        if ends < NEVER:
            found[str(stored.number)] = ends
            if isinstance(stored.message.content, Drill):
                drills[str(stored.number)] = ends
    return msgspec.structs.replace(known, at=found, drills=drills, upto=newest)


def _gone(desk: "Unlocked", number: int, now: int, cases: Cases) -> list[str]:
    """Erase message `number`, if what it says of its time is so; returns what to tell. It may be gone already."""
    if desk.mail.gone.went(number):
        return []  # a crash came between this and what was kept of it
    try:
        stored = desk.mail.get(number)
    except DamagedRow as error:
        return [f"{error}. It was to be erased; it cannot be read, and stays as it is"]
    except NotFound:
        return []  # somebody took the row away: there is nothing left to erase
    ends = erased_at(stored.message)
    if ends > now:
        return []
    _remove_files(desk, stored)
    # A crash here leaves the row: the next unlocking finds it due, and its files gone.
    drill = isinstance(stored.message.content, Drill)
    if drill and stored.facts.own_envelope:
        desk.mail.forget_lines(stored.facts.own_envelope)
    for receipt in desk.mail.receipts_about(stored.message.id):
        if drill or (isinstance(receipt.message.content, Receipt) and receipt.message.content.reason):
            desk.mail.erase(receipt.number, stub_of(receipt, ends, now, along=number))
    if stored.facts.own_envelope:
        forget(desk.profile.path, stored.facts.own_envelope)
        erase_envelope(desk.profile.path / "alarms", stored.facts.own_envelope)
    stub = stub_of(stored, ends, now, taken=cases.taken(stored, now))
    desk.mail.erase(number, stub)
    return [stub.words]


def stub_of(stored: Stored, due: int, now: int, along: int = 0, taken: Iterable[str] = ()) -> Erased:
    """What stays of a message that is erased; of a package that handed a case's messages over, with the hashes of those
    that the case had `taken` from it (`desk.cases.taken`)."""
    message, note = stored_message(stored.note)
    facts, content = stored.facts, message.content
    case, said = _said_in(message, text_hash(note))
    if isinstance(content, HandedOver):
        case, said = content.case, tuple(sorted(taken))
    return Erased(
        number=stored.number,
        id=message.id,
        text=text_hash(note),
        sender=message.sender.contact,
        contacts=message.contacts,
        direction=facts.direction,
        signed=message.at,
        envelope=facts.envelope,
        relayed=facts.relayed,
        due=due,
        at=now,
        along=along,
        case=case if said else "",
        said=said,
    )


def _said_in(message: Message, text: str) -> tuple[str, tuple[str, ...]]:
    """Of which case a message is, and its own hash if it says something; nothing of what is no message of a case.
    So the case goes on, and says what is gone from it."""
    event = message.case_event
    if event is msgspec.UNSET or event.case is msgspec.UNSET or not _says(message):
        return "", ()
    return event.case, (text,)


def _says(message: Message) -> bool:
    return message.case_event is not msgspec.UNSET and isinstance(message.case_event.act, Say)


def _remove_files(desk: "Unlocked", stored: Stored) -> None:
    """Remove the sealed attachments of a message that no other message names."""
    folder, wanted = desk.profile.path / "files", {each.cipher_hash for each in stored.message.attachments}
    if not wanted:
        return
    for other in desk.mail.all():
        if other.number != stored.number:
            wanted -= {each.cipher_hash for each in other.message.attachments}
    for name in wanted:
        for path in (folder / name, *parts(folder, name)):
            host.remove(path)


def _coming(soon: list[tuple[int, int]]) -> str:
    named = ", ".join(f"{number} ({stamp(at)})" for at, number in soon[:_MOST_NAMED])
    more = f" and {len(soon) - _MOST_NAMED} more" if len(soon) > _MOST_NAMED else ""
    return f"within a week these messages are erased for good, as their marks say: {named}{more}"


def _recalled(vault: Vault) -> Retention:
    """What was kept; nothing where it is damaged: then all messages are looked at anew."""
    try:
        return vault.get_value(NAME, Retention) or Retention()
    except Damaged:
        return Retention()


def _keep(vault: Vault, before: Retention, after: Retention) -> None:
    if after != before:
        vault.put(NAME, encode(after))
