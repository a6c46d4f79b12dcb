"""The requests of this desk as they are counted: what their proven histories and this desk's receipts say."""

from collections.abc import Iterator

import msgspec

from desk.exercise.mark import other_sort
from desk.indicators.figures import Handled
from desk.mail.content import Form
from desk.mail.opening import ever_served
from desk.mail.store import MailStore
from desk.mail.trail import Event, trail
from desk.requests.acts import Close, Refuse
from desk.requests.life import History
from desk.requests.stored import Request, Requests
from directory.view import View

_RELEASED = "stage "  # how the trail begins to say that the clock called somebody further


def handled(mail: MailStore, view: View, member: str) -> Iterator[Handled]:
    """Every proven request that a contact of `member` sent or got, exercises left out."""
    for each in Requests(mail, view).all():
        found = each.proven
        at = found.request.taken_in
        if at is None or other_sort(each.root.message, view.founded.name):
            continue
        ours = _member(view, found.request.contact) == member
        if not ours and member not in {_member(view, contact) for contact in found.request.to}:
            continue
        others = found.request.to if ours else (found.request.contact,)
        events = _trail(mail, view, each) if ours else []
        stored = each.root.stored
        yield Handled(
            direction="sent" if ours else "received",
            kind=_kind(each),
            country=_country(view, others),
            at=at,
            outcome=outcome(found),
            language=_language(each),
            escalated=any(event.what.startswith(_RELEASED) for event in events) if ours else stored.facts.stage > 0,
            delivered=_delivered(view, events, others, at) if ours else _after(stored.facts.received, at),
            accepted=_first(found, "accept", at),
            completed=_first(found, "complete", at),
        )


def outcome(found: History) -> str:
    """How a request stands, a refusal and a closing with the reason that both sides read."""
    if found.state == "refused":
        return next((f"refused {act.reason}" for act in _acts(found, "refuse") if isinstance(act, Refuse)), "refused")
    if found.state == "closed":
        return next((f"closed {act.reason}" for act in _acts(found, "close") if isinstance(act, Close)), "closed")
    return found.state


def _acts(found: History, kind: str) -> list[object]:
    return [each.signed.event.act for each in reversed(found.effective(kind))]


def _kind(request: Request) -> str:
    """The form a request is made with, without its version; `none` for one in free words."""
    content = request.root.message.content
    return content.filled.form.partition("/")[0] if isinstance(content, Form) else "none"


def _language(request: Request) -> str:
    content, act = request.root.message.content, request.found.request.event.act
    if isinstance(content, Form):
        return content.filled.language.partition("-")[0]
    return "" if act.language is msgspec.UNSET else act.language.partition("-")[0]


def _member(view: View, contact: str) -> str:
    return view.contacts[contact].member if contact in view.contacts else ""


def _country(view: View, contacts: tuple[str, ...]) -> str:
    """The country of the counterpart; `several` where it is more than one."""
    found = {view.contacts[each].country for each in contacts if each in view.contacts}
    return found.pop() if len(found) == 1 else "several" if found else ""


def _trail(mail: MailStore, view: View, request: Request) -> list[Event]:
    return [each for each in trail(mail, view, request.root.stored) if each.counts]


def _delivered(view: View, events: list[Event], others: tuple[str, ...], at: int) -> int | None:
    served = (
        event.at
        for event in events
        if event.what == "delivered" and any(ever_served(view, event.device, each) for each in others)
    )
    return _after(min(served, default=0), at)


def _first(found: History, kind: str, at: int) -> int | None:
    return _after(min((each.signed.taken_in or 0 for each in found.effective(kind)), default=0), at)


def _after(then: int, at: int) -> int | None:
    return max(0, then - at) if then else None
