"""Which messages an officer may accept or refuse, and the line that stops the relay's clock."""

from typing import Literal

from desk.errors import Usage
from desk.mail.content import Act, Receipt
from desk.mail.facts import Stored
from desk.profile.folder import Identity
from relay.protocol.lines import Step

Decision = Literal["accepted", "refused"]


def undecided(stored: Stored, act: Act) -> tuple[Stored, Decision]:
    """A message on which an officer of this desk may still decide so; raises Usage, saying why not, for any other."""
    if stored.facts.direction != "in" or isinstance(stored.message.content, Receipt) or not stored.facts.envelope:
        raise Usage("only a message that was sent to this desk can be accepted or refused")
    if act == "opened" or stored.facts.decided:
        raise Usage(f"message {stored.number} was {stored.facts.decided or act} already")
    return stored, act


def step_of(identity: Identity, stored: Stored, decision: Decision, now: int) -> Step:
    """The line by which an officer's device accepts or refuses a message that came in an envelope."""
    device, envelope = identity.device, stored.facts.own_envelope or "0" * 64
    return Step(network=identity.network, envelope=envelope, at=now, device=device, act=decision)
