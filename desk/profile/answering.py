"""What an officer answers to a message: opened, accepted, refused. One transaction each, and one winner.

1. *Opened* is told once, to the sender's contact, sealed; of a drill nothing is told.
2. Only an officer who serves a contact that the message was for accepts or refuses it: whoever has left reads what
   came, and speaks for nobody.
3. Accepting and refusing go to the relay first, as a signed line in the open that stops the clock; who was first there
   has decided, and what stands is checked before it is believed.
"""

import msgspec

from desk.errors import Declined
from desk.link.client import RelayClient
from desk.link.own_line import hand_in
from desk.mail.compose import receipt_for
from desk.mail.content import Act, Drill, Receipt
from desk.mail.deciding import step_of, undecided
from desk.mail.facts import NOTHING_SHOWS, Facts, Stored, StoredLine
from desk.mail.message import Message, write_message
from desk.mail.opening import ever_served
from desk.mail.standing_step import check_step
from desk.notices.looked_after import ring_no_more
from desk.profile.unlocked import Unlocked
from relay.protocol import routes
from relay.protocol.lines import device_name, write_line
from relay.protocol.requests import Stepped

_ANSWER = "Answer it with `enlace send CONTACT --reply-to NUMBER`"
_ELSEWHERE = f"the relay knows it for the lost device only. {_ANSWER}"


def mark_opened(desk: Unlocked, number: int) -> Stored:
    """Message `number`, now opened: the first time, a receipt for its sender is queued, but of a drill."""
    stored = desk.mail.get(number)
    fresh = stored.facts.direction == "in" and not stored.facts.opened
    if fresh and not isinstance(stored.message.content, Receipt):
        facts = msgspec.structs.replace(stored.facts, opened=desk.clock())
        drill = isinstance(stored.message.content, Drill)
        _answer(desk, stored, None if drill else _receipt(desk, stored, "opened", ""), facts)
        stored = desk.mail.get(number)
    elif stored.facts.direction == "in":
        ring_no_more(desk.profile.path, stored.facts.own_envelope)  # a recovery file may have said that it was opened
    return stored


async def decide(desk: Unlocked, client: RelayClient, number: int, act: Act, reason: str) -> Stored:
    """Accept or refuse message `number`: the relay's clock stops, and the sender's contact gets a sealed receipt.

    Raises Declined with the standing line, verified, if another officer was first; nothing is sent then. Raises
    Distrust if the relay only says so: else it could keep every officer from a case.
    """
    (stored, decision), now, identity = undecided(desk.mail.get(number), act), desk.clock(), desk.profile.identity
    if stored.facts.by_word:
        raise Declined(f"message {number} came from a recovery file: {NOTHING_SHOWS}. {_ANSWER}")
    if stored.facts.origin not in ("", identity.device):
        raise Declined(f"message {number} came from a recovery file: {_ELSEWHERE}")
    view, device = desk.replica().view, identity.device
    if not any(ever_served(view, device, each) for each in stored.message.contacts):
        raise Declined("a guest of a case neither accepts nor refuses what is said in it: its members do")
    if not any(view.serves(device, each, view.size, now) for each in stored.message.contacts):
        contacts = ", ".join(stored.message.contacts)
        raise Declined(f"this desk no longer serves {contacts}: whoever does accepts or refuses it")
    # Made before the relay is told: what cannot be said stops here, with nothing done.
    receipt = _receipt(desk, stored, act, reason)
    name, path = device_name(identity.name, identity.device), routes.STEPS.format(hash=stored.facts.own_envelope)
    step = step_of(identity, stored, decision, now)

    def signed() -> bytes:
        return write_line(msgspec.structs.replace(step, at=desk.clock()), name, desk.keyring.device)

    try:
        answer = await hand_in(client, path, signed, Stepped)
    except Declined as error:
        if error.problem == "already-decided":
            check_step(desk.profile, desk.replica().view, stored, error.line, None, now)
        raise
    check_step(desk.profile, desk.replica().view, stored, answer.line, step, now)
    # The relay has the step. After a crash here the officer decides again, and the relay answers with its own line.
    desk.mail.add_line(StoredLine(kind="step", envelope=stored.facts.own_envelope, note=answer.line))
    facts = msgspec.structs.replace(stored.facts, decided=act, decided_at=now, opened=stored.facts.opened or now)
    _answer(desk, stored, receipt, facts)
    return desk.mail.get(number)


def _receipt(desk: Unlocked, stored: Stored, act: Act, reason: str) -> Message | None:
    """The receipt for a message; None from a desk that no longer serves the contact: it may read what came, but
    speaks for nobody."""
    envelope = stored.facts.own_envelope or "0" * 64
    receipt = Receipt(act=act, message=stored.message.id, envelope=envelope, reason=reason)
    try:
        return receipt_for(desk.replica(), desk.profile.identity.device, stored.message, receipt, desk.clock())
    except Declined:
        return None


def _answer(desk: Unlocked, stored: Stored, receipt: Message | None, facts: Facts) -> None:
    """Queue a receipt and note the facts it rests on, in one transaction; nobody is woken for it any more."""
    ring_no_more(desk.profile.path, stored.facts.own_envelope)
    if receipt is None:
        desk.mail.note_facts(stored.number, facts)
        return
    identity = desk.profile.identity
    note = write_message(receipt, device_name(identity.name, identity.device), desk.keyring.device)
    desk.mail.add(receipt, note, Facts(direction="out"), queue=True, update=(stored.number, facts))
