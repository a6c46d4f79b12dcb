"""A machine that several officers share: their profiles side by side, and which of them is meant where none is named.

1. A workstation is one folder (`ENLACE_WORKSTATION`, or `host.workstation_folder`), with a folder for each profile,
   which is named by its label: a desk, an office, a shift, never a person. The profile at the machine's usual place, if
   there is one, belongs to it under the label `usual`; a folder of that name is no desk.
2. Without --profile and ENLACE_PROFILE the profile is meant whose label stands in the file `chosen`; without that file
   the one at the usual place, or else the only one there is. Where the file names a profile that is gone, or is
   damaged, none is meant: nobody works with another officer's desk by accident.
3. `chosen` is replaced whole, by who holds `workstation.lock`: of two switches at once, one is refused.
4. Everything here is read without a passphrase: what stands in the clear, and how many envelopes wait. So it can be
   shown to whoever sits down, and proves nothing.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from desk import host
from desk.errors import DeskError, NotFound, Usage
from desk.mail.spool import Spool
from desk.profile.folder import PROFILE_FILE, Identity, Profile
from desk.profile.shift_mark import read_mark

USUAL = "usual"
CHOSEN_FILE = "chosen"
LOCK_FILE = "workstation.lock"
FOLDER_VARIABLE = "ENLACE_WORKSTATION"
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_MOST = 64


@dataclass(frozen=True, slots=True)
class Place:
    """A profile's label, its folder, and whether it is the one that is meant."""

    label: str
    path: Path
    chosen: bool


@dataclass(frozen=True, slots=True)
class State:
    """What can be seen of a profile without its passphrase; `problem` says why nothing more can."""

    place: Place
    identity: Identity | None = None
    problem: str = ""
    shift_ends: int = 0
    waiting: int = 0
    in_use: bool = False
    watched: bool = False


@dataclass(frozen=True, slots=True)
class Workstation:
    """The folder with the profiles, and the machine's usual place for a single one."""

    folder: Path
    usual: Path

    def places(self) -> list[Place]:
        """Every profile there is, by label, the usual one first."""
        chosen = self.chosen()
        found = [Place(USUAL, self.usual, chosen == USUAL)] if (self.usual / PROFILE_FILE).is_file() else []
        try:
            names = (each.name for each in self.folder.iterdir())
            folders = [self.folder / each for each in sorted(names) if _LABEL.fullmatch(each) and each != USUAL]
        except OSError:
            folders = []
        found += [Place(each.name, each, chosen == each.name) for each in folders if (each / PROFILE_FILE).is_file()]
        if chosen is None and found and (found[0].label == USUAL or len(found) == 1):
            found[0] = Place(found[0].label, found[0].path, True)
        return found

    def chosen(self) -> str | None:
        """The label in `chosen`; None without that file, and `""` where it is damaged (rule 2)."""
        try:
            with (self.folder / CHOSEN_FILE).open("rb") as file:
                text = file.read(_MOST).decode("ascii", "replace")
        except FileNotFoundError:
            return None
        except OSError:
            return ""
        label = text.removesuffix("\n")
        return label if text.endswith("\n") and _LABEL.fullmatch(label) else ""

    def meant(self) -> Path:
        """Where the profile is that is meant (rule 2), or would be if there were one."""
        chosen = self.chosen()
        if chosen is not None:
            return self.path_of(chosen) if chosen else self.folder
        places = self.places()
        return next((each.path for each in places if each.chosen), self.folder if places else self.usual)

    def path_of(self, label: str) -> Path:
        """Where the profile with that label stands; raises Usage for what is no label."""
        if label == USUAL:
            return self.usual
        if not _LABEL.fullmatch(label):
            raise Usage(f"{label!r} is no label: up to 40 of a-z, 0-9 and hyphen, such as night-desk")
        return self.folder / label

    def one(self, who: str) -> Place:
        """The profile with that label, or of the officer whose id begins so; raises NotFound or Usage."""
        places = self.places()
        found = [each for each in places if each.label == who]
        if not found and re.fullmatch("[0-9a-f]{4,32}", who):
            found = [each for each in places if _officer(each).startswith(who)]
        if not found:
            raise NotFound(f"there is no desk {who} on this machine; `enlace profiles` lists them")
        if len(found) > 1:
            raise Usage(f"{len(found)} desks here are of officers {who}…; give a label, or more of the id")
        return found[0]

    @contextmanager
    def switching(self) -> Iterator[None]:
        """Be the only one who changes which profile is meant; raises Locked (rule 3)."""
        host.private_folder(self.folder)
        handle = host.lock(self.folder / LOCK_FILE, "this workstation, to switch desks")
        try:
            yield
        finally:
            handle.close()

    def choose(self, label: str) -> None:
        """From now on the profile with that label is meant; only within `switching`. After a crash, the old or this."""
        host.write_whole(self.folder / CHOSEN_FILE, f"{label}\n".encode())


def here() -> Workstation:
    """This machine's workstation, or the one that ENLACE_WORKSTATION names."""
    named = os.environ.get(FOLDER_VARIABLE, "")
    return Workstation(Path(named) if named else host.workstation_folder(), host.default_profile())


def state(place: Place, now: int) -> State:
    """What can be seen of a profile without its passphrase (rule 4); never raises."""
    try:
        profile = Profile.open(place.path)
        ends = read_mark(place.path)
        return State(
            place,
            profile.identity,
            "",
            ends if ends > now else 0,
            Spool(place.path / "spool").count("envelope"),
            profile.in_use(),
            profile.watched(),
        )
    except DeskError as error:
        return State(place, problem=str(error))
    except OSError as error:
        return State(place, problem=f"{place.path} cannot be read: {host.reason(error)}")


def _officer(place: Place) -> str:
    try:
        return Profile.open(place.path).identity.officer
    except (DeskError, OSError):
        return ""
