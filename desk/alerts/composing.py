"""An alert as it is signed: a text or a form for many contacts at once, in as many messages as its devices need. Pure.

1. Everybody gets it at once, and nobody's acceptance stops it (`stop: never`): each contact answers for itself.
2. An envelope takes MOST_DEVICES devices. What has more goes out in several *parts*; each but the first names the first
   (`again`), so that they are tallied as one, and each names the contacts it is for. A contact is in one part.
3. A contact that no device serves stands in it all the same: it is meant, and somebody has to telephone it.
4. All parts are signed, or none is: what one of them breaks stops all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from desk.errors import Declined
from desk.forms.filled import Filled
from desk.mail.compose import Draft, compose
from desk.mail.content import Form
from desk.mail.message import Message
from directory.replay import Replica
from directory.view import View
from relay.protocol.envelope import MOST_DEVICES


def parts(view: View, contacts: Iterable[str], own: int, now: int, most: int = MOST_DEVICES) -> list[tuple[str, ...]]:
    """The contacts in groups whose devices, with `own` of the sender's side, fit one envelope each (rule 2).

    A device that serves several contacts of a group counts once. Raises Declined for a contact that fits none.
    """
    groups: list[list[str]] = [[]]
    devices: set[str] = set()
    for contact in contacts:
        more = {*view.contact_devices(contact, now)}
        if len(more) + own > most:
            raise Declined(f"{contact} has {len(more)} devices, more than one message takes")
        if len(devices | more) + own > most:
            groups.append([])
            devices = set()
        groups[-1].append(contact)
        devices |= more
    return [tuple(each) for each in groups if each]


def compose_alert(replica: Replica, device: str, draft: Draft, now: int, form: Filled | None = None) -> list[Message]:
    """The parts of an alert to `draft.to`, with `form` in the place of its text; raises what `compose` does."""
    messages: list[Message] = []
    for group in parts(replica.view, draft.to, _own(replica.view, draft, now), now):
        message = compose(replica, device, replace(draft, to=group, escalate=False), now)
        content = message.content if form is None else Form(filled=form)
        again = messages[0].id if messages else msgspec.UNSET
        messages.append(msgspec.structs.replace(message, stop="never", content=content, again=again))
    return messages


def _own(view: View, draft: Draft, now: int) -> int:
    """How many devices of the sender's side get a copy of each part."""
    return len(view.contact_devices(draft.sender, now)) if draft.sender in view.contacts else 0


def contacts_of(messages: Sequence[Message]) -> tuple[str, ...]:
    """Every contact that the parts are for."""
    return tuple(contact for each in messages for contact in each.contacts)
