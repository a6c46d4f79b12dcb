"""What an officer is told of requests beside other results: reminders before something is due, alarms after."""

from collections.abc import Iterator
from typing import Any

import msgspec

from desk.errors import DeskError
from desk.exercise.mark import MARK
from desk.mail.facts import Stored
from desk.profile.unlocked import Unlocked
from desk.requests.at_hand import AtHand
from desk.requests.life import Side
from desk.requests.locked_limits import note_limits
from desk.requests.next_steps import turn
from desk.requests.page_words import page_word
from desk.requests.reading import timer_plain, title
from desk.requests.request_words import said
from desk.requests.stored import Request, short
from desk.safe_text import line
from desk.terminal import Terminal, stamp
from desk.timers.due import FOLLOWED_BY, Due, to_tell, told
from desk.timers.timer_words import timer_text
from desk.timers.timers import Timer

MOST_TOLD = 20  # lines; the rest are counted


def tell_requests(terminal: Terminal, desk: Unlocked) -> list[dict[str, Any]]:
    """Tell the reminders and alarms that were not told yet, each once; returns the same for programs."""
    if desk.profile.identity.kind != "officer":
        return []
    try:
        at_hand = AtHand(desk)
        found = [at_hand.due(each) for each in at_hand.every]
        telling, done = to_tell(desk.keyring.vault, found, at_hand.now)
    except DeskError as error:  # a damaged vault file, or a directory that every command tells of
        terminal.warn(f"what is due of requests is not known: {error}")
        return []
    for due, notice in telling[:MOST_TOLD]:
        mark = "ALARM, a time limit: " if notice.alarm else ""
        mark = f"{MARK} {mark}" if due.request.found.request.exercise else mark
        what = timer_text(notice.timer, at_hand.now, "en")
        id_ = short(due.request.id)
        terminal.warn(f"{mark}request {id_} ({title(due.request, 'en')}): {what}; `enlace request show {id_}`")
    if len(telling) > MOST_TOLD:
        terminal.warn(f"{len(telling) - MOST_TOLD} more are due; `enlace request due` lists them")
    for each in at_hand.every:
        if each.found.lacking:
            who = ", ".join(dict.fromkeys(one for holders in each.found.lacking.values() for one in holders))
            terminal.warn(
                f"request {short(each.id)}: {len(each.found.lacking)} event(s) have not come that {who} had; "
                f"`enlace request show {short(each.id)}` says what to do"
            )
    # Shown by now: after a crash before this line they are told once more.
    told(desk.keyring.vault, done)
    wrong = note_limits(desk, at_hand)
    if wrong:
        terminal.warn(wrong)
    return [due_plain(due, notice.timer, at_hand) | {"alarm": notice.alarm} for due, notice in telling]


def seen(terminal: Terminal, desk: Unlocked, at_hand: AtHand) -> None:
    """Everything that is due was shown: neither `enlace sync` nor the bell of `enlace watch` is to tell it again."""
    _, done = to_tell(desk.keyring.vault, [at_hand.due(each) for each in at_hand.every], at_hand.now)
    told(desk.keyring.vault, done)
    wrong = note_limits(desk, at_hand)
    if wrong:
        terminal.warn(wrong)


def due_lines(due: Due, timer: Timer, at_hand: AtHand, language: str, instead: str = "") -> Iterator[str]:
    """One timer of one request in a list: what of which request, by whom, and the command that meets it;
    `instead` stands for what the request is, where that may not be said."""
    root = due.request.found.request
    yield f"{short(root.id)}  {timer_text(timer, at_hand.now, language)}"
    by = ", ".join(_by(timer, due))
    yield (
        f"      {stamp(timer.due)} · {instead or title(due.request, language)} · {root.contact} → {', '.join(root.to)}"
        f"{f' · {line(root.case, 60)}' if root.case and not instead else ''}"
    )
    if timer.state != "met":
        us = f" ({page_word('us', language)})" if set(_by(timer, due)) & set(at_hand.own) else ""
        yield f"      {page_word('due_by', language, who=by)}{us}"
    if timer.kind in FOLLOWED_BY and set(_by(timer, due)) & set(at_hand.own):
        for step in due.follow_ups(language):
            yield f"      {step.command}"


def _by(timer: Timer, due: Due) -> tuple[str, ...]:
    """Whose a time limit is: a follow-up is for the asking side to make, everything else for the asked side."""
    root = due.request.found.request
    return (root.contact,) if timer.kind in FOLLOWED_BY else root.to


def due_plain(due: Due, timer: Timer, at_hand: AtHand) -> dict[str, Any]:
    """The same for programs."""
    by = _by(timer, due)
    ours = bool(set(by) & set(at_hand.own))
    return timer_plain(timer) | {"request": due.request.id, "by": list(by), "ours": ours}


def request_lines(desk: Unlocked, stored: Stored) -> list[str]:
    """Where the request stands that a message is about, in the head of its page; nothing for other messages."""
    if stored.message.request is msgspec.UNSET:
        return []
    found = AtHand(desk).requests.of(stored.message, stored.note)
    if found is None:
        return ["Request     one that is not here: its first message has not come to this desk"]
    id_, state = short(found.id), said("state", found.found.state, "en")
    side = turn(found.found)
    waits = f", waits for {_contacts(found, side)}" if side is not None else ""
    return [f"Request     {id_}, {state}{waits}; `enlace request show {id_}`"]


def request_plain(desk: Unlocked, stored: Stored) -> dict[str, Any]:
    """The same for programs."""
    found = AtHand(desk).requests.of(stored.message, stored.note)
    return {"request": {"id": found.id, "state": found.found.state, "turn": turn(found.found) or ""}} if found else {}


def _contacts(found: Request, side: Side) -> str:
    root = found.found.request
    return root.contact if side == "asking" else ", ".join(root.to)
