"""Who is on duty, for a desk nobody has unlocked: a small plain file in the profile, `duty.json`.

1. It is written whenever the profile is unlocked and duty is looked at: times of the coming AHEAD days, opaque officer
   ids, what the directory calls their offices. No names, no reasons, no contact's details: whoever can read the disk
   reads the directory's replica too.
2. It decides nothing but who is *rung for first* at a machine that several officers share, and what a ring says.
   Anybody who can write to the profile can change it, as they can stop the watch. So it fails open: where it is
   missing, over, damaged, or says nothing of this moment, everybody is rung for (`desk.commands.watch_all`).
3. It is replaced whole. After a crash the old one or the new one is there.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from desk import host
from desk.errors import DeskError
from desk.profile.unlocked import Unlocked
from desk.rosters.board import Board, boards
from desk.rosters.coverage import lay_out
from desk.rosters.people import called
from desk.rosters.seats import standing
from directory.canonical import Malformed, decode, encode
from directory.fields import ContactId, OfficerId, Time

FILE = "duty.json"
AHEAD = 14 * 86_400  # seconds
MOST_BYTES = 1 << 20
MOST_CONTACTS = 100


class Stretch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `start` to `end` these officers are on duty, of those who can serve; the first is called first."""

    start: Time
    end: Time
    officers: tuple[OfficerId, ...]


class Posted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The duty of the contacts of a desk, as known at `at`; `called` is what officers are called."""

    at: Time
    contacts: Annotated[dict[ContactId, tuple[Stretch, ...]], msgspec.Meta(max_length=MOST_CONTACTS)]
    called: dict[OfficerId, str] = {}  # msgspec copies an empty default for each instance

    def on_duty(self, now: int) -> dict[str, tuple[str, ...]]:
        """Who is on duty at each contact of which it says something for `now`."""
        return {
            contact: each.officers
            for contact, stretches in self.contacts.items()
            for each in stretches
            if each.start <= now < each.end and each.officers
        }


def post(desk: Unlocked, found: Sequence[Board] | None = None) -> None:
    """Write the file anew; a disk that takes nothing more keeps nobody from their work."""
    view, now = desk.replica().view, desk.clock()
    contacts, names = dict[str, tuple[Stretch, ...]](), dict[str, str]()
    for each in boards(desk) if found is None else found:
        if each.roster is None or len(contacts) == MOST_CONTACTS:
            continue
        able = {one for one in each.roster.officers if standing(view, each.contact, one, now) == "serves"}
        contacts[each.contact] = tuple(
            Stretch(start=one.start, end=one.end, officers=tuple(who for who in one.officers if who in able))
            for one in lay_out(each.roster, now, now + AHEAD)
        )
        names |= {one: each.labelled[one] for one in able if one in each.labelled}
    try:
        host.write_whole(desk.profile.path / FILE, encode(Posted(at=now, contacts=contacts, called=names)))
    except (DeskError, OSError, Malformed):
        return


def posted(path: Path) -> Posted | None:
    """What a profile's file says; None where there is none that can be read (rule 2)."""
    try:
        with (path / FILE).open("rb") as file:
            return decode(file.read(MOST_BYTES + 1), Posted, MOST_BYTES)
    except (OSError, Malformed):
        return None


def duty_words(path: Path, now: int) -> str:
    """Who is on duty now by a profile's file, in a line; empty where it says nothing."""
    found = posted(path)
    if found is None:
        return ""
    said = (
        f"{contact}: {called(officers[0], found.called)}" for contact, officers in sorted(found.on_duty(now).items())
    )
    listed = "; ".join(said)
    return f"On duty at {listed}" if listed else ""
