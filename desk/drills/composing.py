"""A drill as it is signed. Its envelope is that of a message of the same precedence: nobody on the way can tell.

1. A drill is composed as a message is (`desk.mail.compose`): same precedence, stages, stop, expiry, handling and size
   class as a flash to that contact. Only inside, where the relay does not see, it says that it is a drill. So it does
   not expire sooner either: how long an answer counts is told by `desk.drills.figures`, and to nobody on the way.
2. Each contact gets a message of its own. In one for several of them the first to accept would stop the others.
3. It goes to the contact alone, unless its alternates are asked for. Then the clock walks on to them, as it would.
"""

import msgspec

from desk.mail.compose import Draft, compose
from desk.mail.content import Drill
from desk.mail.message import Message
from directory.replay import Replica
from relay.protocol.envelope import Precedence

_SUBJECT = "drill"  # of the draft alone; a drill has none


def compose_drill(
    replica: Replica,
    device: str,
    contact: str,
    now: int,
    *,
    sender: str = "",
    language: str = "",
    stages: bool = False,
    precedence: Precedence = "flash",
) -> Message:
    """A drill to one contact; raises Usage, NotFound or Declined, as `compose` does."""
    draft = Draft(
        to=(contact,), subject=_SUBJECT, text="", sender=sender, precedence=precedence, escalate=stages
    )  # fmt: skip
    message = compose(replica, device, draft, now)
    return msgspec.structs.replace(message, content=Drill(language=language or msgspec.UNSET))
