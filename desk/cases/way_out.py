"""What the handling rules say against handing a case's messages over, or exporting them: where cases ask the gate."""

from typing import TYPE_CHECKING

from crypto.note import parse_note
from desk.cases.acts import ToContact, ToDevice, ToOfficer
from desk.cases.held import HeldEvent
from desk.errors import Declined
from desk.handling.rules import Decision, Intent, Party
from desk.handling.stored import held_pieces, party, reader_of
from desk.handling.way_out import judged, time_of
from desk.handling.words import decision_text
from desk.mail.message import MOST_MESSAGE_BYTES
from directory.view import View

if TYPE_CHECKING:
    from desk.profile.unlocked import Unlocked


def check_handing(
    desk: "Unlocked", event: HeldEvent, reader: str, to: ToDevice | ToOfficer | ToContact, place: int
) -> None:
    """Return if a message may be handed over to a receiver; raise Declined, saying why not.

    Within the contact that hands it over it stays where it was sent. To another contact, and to a guest, it is passed
    on. An officer who serves a contact that it was for or from reads it as that one, and has it in any case; any other
    reads it as each contact that they serve, and the strictest holds.
    """
    view = desk.replica().view
    if isinstance(to, ToContact):
        receivers = [party(view, to.contact)]
    else:
        officer = view.devices[to.device].officer if isinstance(to, ToDevice) else to.officer
        if officer in view.contacts[reader].served_by(view.size):
            return
        receivers = _read_as(view, event, officer)
    intents = [Intent("forward", party(view, reader), each) for each in receivers]
    against = [(each, found) for each in intents if (found := _decided(desk, event, each)).verdict != "allowed"]
    if against:
        intent, decision = min(against, key=lambda each: each[1].verdict != "refused")
        words = decision_text(decision, intent, "en")
        contact = intent.to.contact if intent.to is not None else ""
        ask = f"enlace consent ask {event.number} --act forward --for {contact}"
        how = f" Ask who sent it: {ask}" if decision.verdict == "needs-consent" and event.by is None else ""
        raise Declined(f"what was said at place {place} is not handed over. {words}.{how}", "handling")


def _read_as(view: View, event: HeldEvent, officer: str) -> list[Party]:
    """As which contacts an officer would read a message: the one that has it in any case, or every one they serve."""
    served = sorted(each.id for each in view.contacts.values() if officer in each.served_by(view.size))
    has = [each for each in served if each in (event.message.sender.contact, *event.message.contacts)]
    return [party(view, each) for each in has[:1] or served] or [Party("", view.officers[officer].member)]


def exported(desk: "Unlocked", event: HeldEvent) -> Decision:
    """What the handling rules say of putting a message into a file for a third party."""
    view, identity = desk.replica().view, desk.profile.identity
    reader = reader_of(view, identity.device, identity.member, event.message, time_of(desk))
    return _decided(desk, event, Intent("export", reader))


def _decided(desk: "Unlocked", event: HeldEvent, intent: Intent) -> Decision:
    note = parse_note(event.note, MOST_MESSAGE_BYTES)
    return judged(desk, held_pieces(event.message, note, desk.replica().view), [intent], time_of(desk))
