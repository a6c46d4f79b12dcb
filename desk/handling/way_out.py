"""The one gate: whatever takes the content of a message out of this desk asks here first.

    check_way_out(desk, stored, "export")                        # a file: attachments, JSON, STIX, a bundle of a case
    check_way_out(desk, stored, "print")                         # a page to be printed: a PDF
    check_way_out(desk, stored, "forward", to=("pe-desk",))      # another message: passed on, handed over
    check_way_out(desk, stored, "answer", to=("co-desk",))       # an answer to it

1. It says yes, or raises Declined with every reason and what to do; nothing was done then. **Fails closed**: a consent
   that cannot be read does not count.
2. Every message inside the message is judged too (H12), each with the consents of its own sender; and of a receipt
   that says why something was refused, the message it is about: the reason tells of it.
3. The time is the later of this machine's clock and the latest that this profile has seen: a clock that is set back
   keeps nothing alive.
4. Reading is no way out: on the screen, and with `--json` for the officer's own programs, which are bound as the
   officer is. Where standard output is a file, showing is an export (`check_shown`; of lists `not_shown`).
5. The desk's own archive stays (recovery file, profile copy, evidence in `alarms/` and `doubts/`), sealed or without
   content. `tests/test_house_ways_out.py` lists every module that writes a file or signs a message, and fails for a new
   one.
"""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from desk.errors import Declined
from desk.handling.rules import Act, Decision, Held, Intent, Party, decide, strictest
from desk.handling.stored import meant_purpose, party, pieces_of, reader_of, signed_consents
from desk.handling.words import REASONS
from desk.keys.seen_time import recall
from desk.mail.content import Receipt
from desk.mail.facts import Stored
from desk.mail.subjects import CONSENT

if TYPE_CHECKING:
    from desk.profile.unlocked import Unlocked

_ENGLISH = 1
_ANSWERING: ContextVar[bool] = ContextVar("answering", default=False)
_FINAL = (
    "No consent lifts that. Who sent it can send it to others, or again under another mark; what you write yourself, "
    "without its content, is yours to send"
)


def check_way_out(desk: "Unlocked", stored: Stored, act: Act, *, to: Iterable[str] = (), purpose: str = "") -> Decision:
    """The decision that lets `act` be done with a stored message, for the contacts `to` if it goes to any.

    Raises Declined, with the reasons and what to do, for what the handling rules refuse or what takes consent.
    """
    receivers = tuple(to)
    found = decided(desk, stored, act, to=receivers, purpose=purpose)
    if found.verdict == "allowed":
        return found
    raise Declined(refusal(stored.number, act, receivers, found), "handling")


def decided(desk: "Unlocked", stored: Stored, act: Act, *, to: Iterable[str] = (), purpose: str = "") -> Decision:
    """The same decision, whatever it is."""
    view, now = desk.replica().view, time_of(desk)
    identity = desk.profile.identity
    reader = reader_of(view, identity.device, identity.member, stored.message, now)
    receivers: tuple[Party | None, ...] = tuple(party(view, each) for each in to) or (None,)
    meant = meant_purpose(stored.message, act, purpose)
    intents = [Intent(act, reader, each, meant) for each in receivers]
    pieces = [piece for each in (stored, *_told_of(desk, stored)) for piece in pieces_of(each, view)]
    return judged(desk, pieces, intents, now)


def _told_of(desk: "Unlocked", stored: Stored) -> list[Stored]:
    """The message of which a receipt tells in words, if this is one that does, and the message is held (rule 2)."""
    content = stored.message.content
    if not isinstance(content, Receipt) or not content.reason:
        return []
    found = (desk.mail.find(each, content.message) for each in desk.replica().view.devices)
    return [each for each in found if each is not None]


def judged(desk: "Unlocked", pieces: Iterable[Held], intents: Iterable[Intent], now: int) -> Decision:
    """The strictest decision over several messages that leave together, and several who would get them."""
    plain = [(held, intent, decide(held, intent, (), now)) for intent in intents for held in pieces]
    if all(each.verdict == "allowed" for _, _, each in plain):
        return strictest(each for _, _, each in plain)
    consents = signed_consents(desk.mail.about(CONSENT), now)  # looked for only where one is needed
    return strictest(decide(held, intent, consents, now) for held, intent, _ in plain)


def time_of(desk: "Unlocked") -> int:
    """By which time the rules are kept (rule 3)."""
    return max(desk.clock(), recall(desk.keyring.vault).latest)


def refusal(number: int, act: Act, to: tuple[str, ...], decision: Decision) -> str:
    """Why something is not done, and what to do, for an officer."""
    reasons = "; ".join(REASONS[each][_ENGLISH] for each in decision.reasons)
    what = {"answer": "answered to", "forward": "passed on to", "export": "exported", "print": "printed"}[act]
    to = to if act in ("answer", "forward") else ()  # what is exported or printed goes to nobody by name
    whom = f" {', '.join(to)}" if to else ""
    words = f"message {number} is not {what}{whom}: {reasons}. Nothing was done"
    if decision.verdict == "refused":
        return words if "erased" in decision.reasons else f"{words}. {_FINAL}"
    asked = "forward" if act == "answer" else act
    receiver = f" --for {to[0]}" if to else ""
    return f"{words}. Ask who sent it: enlace consent ask {number} --act {asked}{receiver}"


@contextmanager
def answering() -> Iterator[None]:
    """Inside, what is shown goes to the program that asked for it, and not where this process writes (a log, say)."""
    before = _ANSWERING.set(True)
    try:
        yield
    finally:
        _ANSWERING.reset(before)


def shown_into_file() -> bool:
    """Whether what is shown goes into a file: then showing is an export (rule 4)."""
    if _ANSWERING.get():
        return False
    try:
        where = os.fstat(sys.stdout.fileno())
        if stat.S_ISCHR(where.st_mode):  # a screen, or nothing at all; else a printer, say
            return not sys.stdout.isatty() and where.st_rdev != Path(os.devnull).stat().st_rdev
        return stat.S_ISREG(where.st_mode) or stat.S_ISBLK(where.st_mode)
    except (AttributeError, OSError, ValueError):
        return False  # closed, or a stream of this process


def not_shown(desk: "Unlocked", stored: Stored) -> Decision | None:
    """Why nothing of what a message says may stand in a list here, standard output being a file; None if it may."""
    found = decided(desk, stored, "export") if shown_into_file() else None
    return None if found is None or found.verdict == "allowed" else found


def check_shown(desk: "Unlocked", stored: Stored) -> None:
    """Return if a message may be shown here: on a screen always, into a file if it may be exported (rule 4)."""
    if shown_into_file():
        check_way_out(desk, stored, "export")
