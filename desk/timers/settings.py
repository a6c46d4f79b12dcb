"""An authority's own time limits: its rows before ours, and which of its requests have a class. A file it keeps.

    {"classes":[{"form":"information-on-law","timers":["ordinary"]}],
     "terms":[{"days":90,"instrument":"budapest","source":"Law 1273, art. 5","timer":"preservation"}]}

1. A row needs a source, for whoever is reminded has to be able to look it up, and a length: whole days or hours.
2. A row for an instrument goes before one for any; and every row of one's own before those that ship.
3. The classes of Directive (EU) 2023/977 bind nobody in this region by themselves: a form has none until the authority
   says so.
4. The file is kept in the vault: an entry put there unseen would silence an alarm.
"""

from typing import Annotated

import msgspec

from desk.errors import Usage
from desk.forms.catalogue import latest
from desk.keys.vault import Damaged, Vault
from desk.timers.terms import HOUR, LONGEST_TERM, Term, TimerKind
from directory.canonical import Malformed, decode_lenient, encode
from directory.entry import DAY

MOST_SETTINGS_BYTES = 64 << 10
MOST_ROWS = 200
_NAME = "timer-settings"
_CLASSES: tuple[TimerKind, ...] = ("urgent-direct", "urgent-indirect", "ordinary")


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of the file."""


class OwnTerm(Piece, frozen=True, kw_only=True):
    """How long a timer runs; `instrument` as the forms' codes name it, empty for any."""

    timer: TimerKind
    days: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_TERM // DAY)] = 0
    hours: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_TERM // HOUR)] = 0
    instrument: Annotated[str, msgspec.Meta(max_length=60)] = ""
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]

    @property
    def term(self) -> Term:
        """The row as the timers take it."""
        return Term(
            self.timer, self.days * DAY + self.hours * HOUR, self.source, verify=False, instrument=self.instrument
        )


class Classed(Piece, frozen=True, kw_only=True):
    """Which timers requests of a form have, besides those that the form brings."""

    form: Annotated[str, msgspec.Meta(pattern=r"\A[a-z-]{1,60}\Z")]
    timers: tuple[TimerKind, ...]


class TimerSettings(Piece, frozen=True, kw_only=True):
    """The whole file."""

    terms: Annotated[tuple[OwnTerm, ...], msgspec.Meta(max_length=MOST_ROWS)] = ()
    classes: Annotated[tuple[Classed, ...], msgspec.Meta(max_length=MOST_ROWS)] = ()

    @property
    def own(self) -> tuple[Term, ...]:
        """The rows as the timers take them."""
        return tuple(each.term for each in self.terms)

    def classes_of(self, form: str) -> tuple[TimerKind, ...]:
        """The timers of requests of a form, by its name without the version."""
        return tuple(kind for each in self.classes if each.form == form for kind in each.timers)


def parse_timer_settings(raw: bytes) -> TimerSettings:
    """The settings in a file; raises Malformed for what is none, saying which row."""
    if len(raw) > MOST_SETTINGS_BYTES:
        raise Malformed(f"larger than {MOST_SETTINGS_BYTES >> 10} KiB")
    found = decode_lenient(raw, TimerSettings)
    for number, each in enumerate(found.terms, 1):
        if not 0 < each.term.seconds <= LONGEST_TERM:
            raise Malformed(f"row {number} ({each.timer}) needs days or hours, up to {LONGEST_TERM // DAY} days")
        if not each.source.strip():
            raise Malformed(f"row {number} ({each.timer}) needs a source")
    keys = [(each.timer, each.instrument) for each in found.terms]
    if len(set(keys)) != len(keys):
        raise Malformed("two rows are for the same timer and instrument")
    for of_form in found.classes:
        if latest(of_form.form) is None:
            raise Malformed(f"there is no form {of_form.form!r}")
        if not set(of_form.timers) <= set(_CLASSES):
            raise Malformed(f"{of_form.form}: the classes are {', '.join(_CLASSES)}")
    if len({each.form for each in found.classes}) != len(found.classes):
        raise Malformed("a form stands twice among the classes")
    return found


def own_settings(vault: Vault) -> TimerSettings:
    """The settings that are kept; none if there are none. Raises Damaged if they are not what was put there."""
    raw = vault.get(_NAME)
    try:
        return parse_timer_settings(raw) if raw is not None else TimerSettings()
    except Malformed as error:
        raise Damaged(f"the time limits of this profile are damaged: {error}; set them again") from error


def given_settings(raw: bytes) -> TimerSettings:
    """The settings in a file that somebody gives; raises Usage for what is none."""
    try:
        return parse_timer_settings(raw)
    except Malformed as error:
        raise Usage(f"this is no file of time limits: {error}") from error


def keep_settings(vault: Vault, settings: TimerSettings) -> None:
    """Keep settings in place of those there were."""
    vault.put(_NAME, encode(settings))
