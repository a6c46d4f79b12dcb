"""What is looked after whenever mail was taken in: which contacts a locked desk will name, which clocks went wrong."""

from desk.alarms.turns import Known, check_turns
from desk.mail.store import MailStore
from desk.notices.ringing import end as ring_no_more
from desk.notices.ringing import note_serves
from desk.profile.folder import Profile

__all__ = ["Known", "look_after", "ring_no_more"]


def look_after(profile: Profile, mail: MailStore, known: Known) -> list[str]:
    """The alarms to tell."""
    device, view, now = profile.identity.device, known.replica.view, known.now
    record = view.devices.get(device)
    if record is not None:
        mine = (each for each, entry in view.contacts.items() if entry.listed and record.officer in entry.officers)
        note_serves(profile.path, tuple(each for each in sorted(mine) if view.serves(device, each, view.size, now)))
    return check_turns(profile, mail, known)
