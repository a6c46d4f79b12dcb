"""What an officer of the sender's side does about the clock of a message: stop it, hasten a turn, add a stage.

1. An order is a signed line of a device that serves the sender's contact now, about an envelope that this desk holds
   the relay's receipt for. The relay's answer has to be that order; anything else is an alarm, with it as evidence.
2. Where the relay says that the clock was stopped before, it has to show by whom: a recipient's acceptance, or an order
   of this side. A relay that only says so is an alarm: else it could keep every office from its own clock.
3. The order is kept here once the relay has it. After a crash before that it is given again, and the relay answers with
   its own line.
4. A stage is added by a message of its own that repeats the first (`desk.mail.compose`, rule 3); it goes the way of all
   messages. Stopping or accepting one of them stops neither the other's clock nor what it has reached.
"""

from typing import Literal

import msgspec

from desk.errors import Declined, Distrust, Usage
from desk.handling.way_out import check_way_out
from desk.link.client import RelayClient
from desk.link.own_line import hand_in
from desk.mail.compose import compose_again
from desk.mail.content import Receipt
from desk.mail.delivered import UnknownSigner
from desk.mail.facts import NOTHING_SHOWS, Facts, Stored, StoredLine
from desk.mail.intake import check_line
from desk.mail.message import write_message
from desk.mail.opening import ever_served
from desk.mail.sealing import recipients_of
from desk.profile.unlocked import Unlocked
from relay.protocol import routes
from relay.protocol.lines import LineError, StageOrder, Step, device_name, write_line
from relay.protocol.requests import StageOrdered

_NOT_TAKEN = "the relay's answer does not prove that it took this in"
_NOT_STOPPED = "the relay says that the clock was stopped before, and does not prove it"


async def order(
    desk: Unlocked, client: RelayClient, number: int, act: Literal["stop", "hasten"], turn: int = 0
) -> Stored:
    """Stop the clock of message `number`, or hasten its turns up to `turn`; returns the message.

    Raises Usage for a message that is no such thing, Declined where the relay refuses (`ended` says by whom a clock was
    stopped before), Distrust where its answer proves nothing.
    """
    stored = _ours(desk, number)
    identity, now = desk.profile.identity, desk.clock()
    about = stored.facts.own_envelope or "0" * 64
    mine = StageOrder(network=identity.network, envelope=about, at=now, device=identity.device, act=act, stage=turn)
    name, path = device_name(identity.name, identity.device), routes.STAGES.format(hash=about)

    def signed() -> bytes:
        return write_line(msgspec.structs.replace(mine, at=desk.clock()), name, desk.keyring.device)

    try:
        answer = await hand_in(client, path, signed, StageOrdered)
    except Declined as error:
        if error.problem == "clock-stopped":
            ended(desk, stored, error.line)
        raise
    try:
        said = check_line("stage", answer.line.encode(), desk.replica().view)
        if not isinstance(said, StageOrder) or msgspec.structs.replace(said, at=now) != mine:
            raise LineError("it is not the order this desk signed")
    except LineError as error:
        raise _unproven(desk, _NOT_TAKEN, error, answer.line) from error
    desk.mail.add_line(StoredLine(kind="stage", envelope=stored.facts.own_envelope, note=answer.line))
    return stored


def ended(desk: Unlocked, stored: Stored, line: str) -> Step | StageOrder:
    """Who stopped the clock of a message, by the line that the relay shows; it is kept. Raises Distrust (rule 2)."""
    view, message = desk.replica().view, stored.message
    kind: Literal["step", "stage"] = "stage" if line.startswith("enlace/stage/") else "step"
    try:
        found = check_line(kind, line.encode(), view)
        contacts = message.contacts if isinstance(found, Step) else (message.sender.contact,)
        if not isinstance(found, Step | StageOrder) or found.act not in ("accepted", "stop"):
            raise LineError("it stops nothing")
        if found.envelope != stored.facts.own_envelope:
            raise LineError("it is about another message")
        if not any(ever_served(view, found.device, each) for each in contacts):
            raise LineError("it is by somebody who could not stop it")
    except UnknownSigner as error:
        raise Declined(f"{error}: synchronise and try again", "clock-stopped") from error
    except LineError as error:
        raise _unproven(desk, _NOT_STOPPED, error, line) from error
    desk.mail.add_line(StoredLine(kind=kind, envelope=stored.facts.own_envelope, note=line))
    return found


def add_stage(desk: Unlocked, number: int, contacts: tuple[str, ...]) -> int:
    """Queue the message that repeats message `number` for further contacts; returns its number.

    Raises Usage, NotFound or Declined, saying what to change.
    """
    stored, identity, replica = _ours(desk, number), desk.profile.identity, desk.replica()
    check_way_out(desk, stored, "forward", to=contacts)  # what others wrote inside it keeps their marks
    message = compose_again(replica, identity.device, stored.message, contacts, desk.clock())
    recipients_of(replica.view, message, desk.clock())
    note = write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
    added = desk.mail.add(message, note, Facts(direction="out"), queue=True)
    if added is None:
        raise Usage("this message is in the outbox already")
    return added


def _ours(desk: Unlocked, number: int) -> Stored:
    """Message `number`, if this desk may say something about its clock; raises Usage or Declined if not."""
    stored, view, now = desk.mail.get(number), desk.replica().view, desk.clock()
    facts, message = stored.facts, stored.message
    if facts.direction == "in" or isinstance(message.content, Receipt):
        raise Usage("only a message of your own side has a clock that you can stop, hasten or add to")
    if not facts.envelope:
        raise Declined(f"message {number} waits in the outbox: no clock runs yet", "turn-over")
    if message.expires <= now:
        raise Declined(f"message {number} has expired: nothing further comes", "turn-over")
    if facts.by_word:
        raise Declined(f"message {number} came from a recovery file: {NOTHING_SHOWS}")
    if facts.origin not in ("", desk.profile.identity.device):
        raise Declined(f"message {number} came from a recovery file: a colleague's desk that has a copy does this")
    if not view.serves(desk.profile.identity.device, message.sender.contact, view.size, now):
        raise Declined(f"this desk no longer serves {message.sender.contact}, in whose name the message was sent")
    return stored


def _unproven(desk: Unlocked, what: str, error: LineError, line: str) -> Distrust:
    folder = desk.profile.evidence("stage", {"line.txt": line.encode()}, desk.clock())
    return Distrust(f"{what}: {error}. Try again; if it goes on, telephone the contacts", str(folder))
