"""What is looked after whenever mail was taken in: which contacts a locked desk will name, which clocks went wrong."""

from desk.alarms.turns import Known, check_turns
from desk.mail.facts import Stored
from desk.mail.store import MailStore
from desk.notices.clocks import begin, clock_of
from desk.notices.ringing import end as ring_no_more
from desk.notices.ringing import note_serves
from desk.profile.folder import Profile
from directory.view import View

__all__ = ["Known", "look_after", "proven_now", "ring_no_more"]


def look_after(profile: Profile, mail: MailStore, known: Known) -> list[str]:
    """The alarms to tell."""
    device, view, now = profile.identity.device, known.replica.view, known.now
    record = view.devices.get(device)
    if record is not None:
        mine = (each for each, entry in view.contacts.items() if entry.listed and record.officer in entry.officers)
        note_serves(profile.path, tuple(each for each in sorted(mine) if view.serves(device, each, view.size, now)))
    return check_turns(profile, mail, known)


def proven_now(profile: Profile, view: View, stored: Stored, warnings: tuple[str, ...]) -> None:
    """Have the clock of a stored message run, if nothing proved when it came that the relay had taken it in, and by
    these `warnings` it is proven now (`desk.notices.clocks`, rule 6). Called before they are kept: after a crash in
    between it is begun once more."""
    facts = stored.facts
    if "unproven" not in facts.warnings or "unproven" in warnings or facts.receipt is None:
        return
    own = facts.direction != "in"
    begin(profile.path, clock_of(view, stored.message, None, facts.envelope, facts.receipt, stored.number, own=own))
