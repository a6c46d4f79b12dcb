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

if TYPE_CHECKING:
    from desk.profile.unlocked import Unlocked


def check_handing(
    desk: "Unlocked", event: HeldEvent, reader: str, to: ToDevice | ToOfficer | ToContact, place: int
) -> None:
    """Return if a message may be handed over to a receiver; raise Declined, saying why not.

    Within the contact that hands it over it stays where it was sent. To another contact, and to a guest, it is passed
    on.
    """
    view = desk.replica().view
    if isinstance(to, ToContact):
        receiver = party(view, to.contact)
    else:
        officer = view.devices[to.device].officer if isinstance(to, ToDevice) else to.officer
        if officer in view.contacts[reader].served_by(view.size):
            return
        served = sorted(each.id for each in view.contacts.values() if officer in each.served_by(view.size))
        receiver = party(view, served[0]) if served else Party("", view.officers[officer].member)
    intent = Intent("forward", party(view, reader), receiver)
    decision = _decided(desk, event, intent)
    if decision.verdict != "allowed":
        words = decision_text(decision, intent, "en")
        ask = f"enlace consent ask {event.number} --act forward --for {receiver.contact}"
        how = f" Ask who sent it: {ask}" if decision.verdict == "needs-consent" and event.by is None else ""
        raise Declined(f"what was said at place {place} is not handed over. {words}.{how}", "handling")


def exported(desk: "Unlocked", event: HeldEvent) -> Decision:
    """What the handling rules say of putting a message into a file for a third party."""
    view, identity = desk.replica().view, desk.profile.identity
    reader = reader_of(view, identity.device, identity.member, event.message, time_of(desk))
    return _decided(desk, event, Intent("export", reader))


def _decided(desk: "Unlocked", event: HeldEvent, intent: Intent) -> Decision:
    note = parse_note(event.note, MOST_MESSAGE_BYTES)
    return judged(desk, held_pieces(event.message, note, desk.replica().view), [intent], time_of(desk))
