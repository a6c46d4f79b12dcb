"""What an officer who leaves has to hand over: messages nobody has decided, requests and questions that are open.

1. A message is *open* for a contact if it was sent to it, is no receipt, act or note, and nobody at the contact has
   accepted or refused it, as far as this desk knows (`desk.mail.elsewhere`).
2. A request is open for the contact that was asked while it is not completed, refused or closed; for the one that asks
   while it is not closed; and for both while a question to them waits for an answer. It is named by its `send`.
3. What is exercise is left out, and so is what has expired undecided more than EXPIRED ago: nobody can accept it, and a
   note that grows for ever is read by nobody. `enlace inbox` lists it still.
4. Who was enrolled after a message was sealed cannot read it: none of their keys is among those it was sealed to. The
   note names it all the same, by a hash; whoever leaves is told, and whoever takes over is told again, and how to get
   it: a case is handed over by an act of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from desk.exercise.mark import other_sort
from desk.mail.content import MOST_OPEN, ActAlone, Correspondence, HandedOver
from desk.mail.elsewhere import Copies
from desk.mail.facts import Stored
from desk.mail.shown import headline
from desk.mail.store import MailStore
from desk.profile.folder import Identity
from desk.requests.stored import Request, Requests
from desk.rosters.kept import hash_of
from directory.view import View

EXPIRED = 30 * 86_400  # seconds
What = Literal["message", "request", "question"]
_DONE = {"asked": ("completed", "refused", "closed"), "asking": ("closed",)}


@dataclass(frozen=True, slots=True)
class Open:
    """Something open: the hash by which a note names it, what it is, and how a list shows it.

    `number` is that of the message on this desk, 0 where it is not here; `state` that of a request.
    """

    hash: str
    what: What
    number: int
    sender: str
    precedence: str
    at: int
    words: str
    state: str = ""
    size: int = 0  # statements there were when the relay took it in; 0: not proven


def open_work(mail: MailStore, view: View, identity: Identity, contact: str, now: int) -> tuple[Open, ...]:
    """Everything that is open for a contact, the most urgent first; at most MOST_OPEN."""
    copies, stored = Copies(view, identity), list[Stored]()
    for each in mail.all():
        copies.add(each)
        if _is_for(each, view, contact, now):
            stored.append(each)
    undecided = [each for each in stored if not each.facts.decided and not _decided(copies, each)]
    found = {each.hash: each for each in map(_message, undecided)}
    for request in Requests(mail, view).all():
        one = _request(request, view, contact)
        if one is not None:
            found[one.hash] = one
    return tuple(sorted(found.values(), key=_urgency)[:MOST_OPEN])


def of_note(mail: MailStore, view: View, identity: Identity, hashes: Iterable[str]) -> tuple[Open, ...]:
    """The messages that a note names, as they stand on this desk; `number` is 0 for one that it does not have."""
    copies, found = Copies(view, identity), list[Open]()
    requests = Requests(mail, view)
    for hash_ in hashes:
        held = next((each for each in mail.about(f"text {hash_}") if hash_of(each) == hash_), None)
        if held is None:
            found.append(Open(hash_, "message", 0, "", "", 0, ""))
            continue
        request = requests.one(hash_)
        for each in mail.receipts_about(held.message.id):
            copies.add(each)
        one = _message(held)
        state = held.facts.decided or (_decided(copies, held) and "decided elsewhere") or ""
        what: What = "request" if request else "message"
        found.append(
            Open(hash_, what, one.number, one.sender, one.precedence, one.at, one.words,
                 request.found.state if request else state, one.size)
        )  # fmt: skip
    return tuple(found)


def unreadable(view: View, work: Iterable[Open], officer: str, now: int) -> tuple[Open, ...]:
    """What of some work no live device of an officer could have been sealed to (rule 4); only proven dates count."""
    enrolled = (
        [view.devices[each].enrolled for each in view.live_devices(officer, now)] if officer in view.officers else []
    )
    return tuple(each for each in work if each.size and not any(at < each.size for at in enrolled))


def _is_for(stored: Stored, view: View, contact: str, now: int) -> bool:
    message, content = stored.message, stored.message.content
    if stored.facts.direction != "in" or other_sort(message, view.founded.name) or contact not in message.contacts:
        return False
    return (
        isinstance(content, Correspondence)
        and not isinstance(content, ActAlone | HandedOver)
        and message.expires > now - EXPIRED
    )


def _decided(copies: Copies, stored: Stored) -> bool:
    return any(each.act in ("accepted", "refused") for each in copies.about(stored))


def _message(stored: Stored) -> Open:
    relayed = stored.facts.receipt
    size = relayed.leaf.tree_size if relayed is not None and "unproven" not in stored.facts.warnings else 0
    message = stored.message
    return Open(
        hash_of(stored), "message", stored.number, message.sender.contact, message.precedence, message.at,
        headline(message), size=size,
    )  # fmt: skip


def _request(request: Request, view: View, contact: str) -> Open | None:
    """A request that is open for a contact (rule 2)."""
    found, root = request.found, request.root
    side = found.side_of(contact)
    if side is None:
        return None
    asked_of_us = any(found.side_of(each.contact) != side for each in found.questions)
    if found.state in _DONE[side] and not (asked_of_us and found.state != "closed"):
        return None
    if other_sort(root.message, view.founded.name):
        return None
    one = _message(root.stored)
    what: What = "question" if asked_of_us else "request"
    return Open(
        request.id, what, one.number, root.message.sender.contact, root.message.precedence, root.message.at,
        headline(root.message), found.state, 0 if root.handed else one.size,
    )  # fmt: skip


def _urgency(work: Open) -> tuple[int, int, str]:
    order = ("flash", "immediate", "priority", "routine")
    return (order.index(work.precedence) if work.precedence in order else len(order), work.at, work.hash)
