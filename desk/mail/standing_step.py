"""The signed step that stands for a message: what the relay's answer has to prove to whoever accepts or refuses it.

1. To the step that this desk signed, the answer is that step.
2. To an officer who was not first, it is the acceptance of another: of a device that ever served a contact the message
   was for, and that was not revoked before the time in it. A refusal keeps nobody from accepting.
3. What proves neither is an alarm, with the answer as evidence: else the relay could keep every officer from a case.
"""

from desk.errors import Declined, Distrust
from desk.mail.delivered import UnknownSigner
from desk.mail.facts import Stored
from desk.mail.intake import check_line
from desk.mail.opening import ever_served
from desk.mail.trail import revoked_at
from desk.profile.folder import Profile
from directory.view import View
from relay.protocol.lines import LineError, Step

_NOT_TAKEN = "the relay's answer does not prove that it took this in"
_NOT_FIRST = "the relay says that another officer was first, and does not prove it"


def check_step(profile: Profile, view: View, stored: Stored, line: str, mine: Step | None, now: int) -> None:
    """Return if `line` is the step that stands for a message: `mine`, or without one that of another who accepted.

    Raises Declined where the directory on this desk may be too old to tell, Distrust where the line proves nothing.
    """
    contacts = [contact for stage in stored.message.stages for contact in stage.contacts]
    try:
        step = check_line("step", line.encode(), view)
        if step.envelope != stored.facts.own_envelope or not isinstance(step, Step):
            raise LineError("it is about another message")
        if mine is not None and (step.device, step.act) != (mine.device, mine.act):
            raise LineError("it is not the one this desk signed")
        if mine is None and step.act != "accepted":
            raise LineError("a refusal keeps nobody from accepting")
        if not any(ever_served(view, step.device, each) for each in contacts):
            raise LineError("the message was not for whoever signed it")
        revoked = revoked_at(view, step.device)
        if revoked is not None and step.at > revoked:
            raise LineError("its device was revoked before the time it bears")
    except UnknownSigner as error:
        raise Declined(f"{error}: synchronise and try again", "already-decided") from error
    except LineError as error:
        folder = profile.evidence("step", {"step.txt": line.encode()}, now)
        what = _NOT_TAKEN if mine else _NOT_FIRST
        raise Distrust(f"{what}: {error}. Try again; if it goes on, telephone the sender", str(folder)) from error
