"""What became of a desk's notices: how often each has told of what, and whom it reached; kept across restarts.

1. `notices/told.json`, readable without the passphrase, as the settings are; written by who holds the watch lock.
2. It is stored after every telling, reached or not. A crash before that leaves the telling unrecorded: after a restart
   somebody is told once more. A file that cannot be read counts for none: so everything that waits is told anew, and
   that is shown. It fails open.
3. A telling that failed until it was given up counts as *not reached*, and stays so here; unless it reached some of its
   addresses, it is none of the times that the notice may tell of a matter (`desk.notices.plan`, P2). The last
   MOST_OUTCOMES stand here; what is older goes.
4. A notice that is added under the name of one that was removed begins anew: whom that one did not reach, and how often
   it told of what waits, is not its own (`Record.of_these`).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec

from desk import host
from desk.errors import DeskError
from desk.notices.plan import Last, Matter, Rounds
from desk.notices.settings import FOLDER, Notice
from desk.notices.words import About
from directory.canonical import Malformed, decode, encode
from directory.fields import Count, Time
from relay.protocol.envelope import Precedence

FILE = "told.json"
MOST_OUTCOMES = 200
MOST_ROUNDS = 4000
MOST_BYTES = 2 << 20
MOST_WHY = 300  # characters


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An entry of the record."""


class Outcome(Entry, frozen=True, kw_only=True):
    """What became of one telling: when it ended, after how many tries, of how much, and why it failed; `added` as the
    notice had it (`When`)."""

    at: Time
    notice: str
    about: About
    precedence: Precedence
    waiting: Count
    reached: bool
    tries: Count = 1
    added: Time = 0
    why: Annotated[str, msgspec.Meta(max_length=MOST_WHY)] = ""


class Round(Entry, frozen=True, kw_only=True):
    """How often a notice has told somebody of a matter, and when it last tried."""

    notice: str
    key: str
    times: Count
    last: Time
    added: Time = 0


class Record(Entry, frozen=True, kw_only=True):
    """The whole record."""

    rounds: tuple[Round, ...] = ()
    outcomes: tuple[Outcome, ...] = ()

    def of(self, notice: str) -> dict[str, Rounds]:
        """The rounds of one notice, by the matters' keys."""
        return {each.key: Rounds(each.times, each.last) for each in self.rounds if each.notice == notice}

    def of_these(self, notices: Iterable[Notice]) -> "Record":
        """The record without what others did that had the name of one of these before, known by another `When.added`:
        it was neither reached nor told by them, and has told nobody of anything yet. No two times are compared: a
        machine's clock may have been set back."""
        mine = {each.name: each.when.added for each in notices}
        rounds = tuple(each for each in self.rounds if each.added == mine.get(each.notice, each.added))
        outcomes = tuple(each for each in self.outcomes if each.added == mine.get(each.notice, each.added))
        return self if (rounds, outcomes) == (self.rounds, self.outcomes) else Record(rounds=rounds, outcomes=outcomes)

    def last(self, notice: str) -> Last | None:
        """The last telling of a notice, reached or not."""
        found = next((each for each in reversed(self.outcomes) if each.notice == notice), None)
        return Last(found.at, found.precedence) if found is not None else None

    def ended(
        self, outcome: Outcome, told: Iterable[Matter], still: Iterable[str], *, somebody: bool | None = None
    ) -> "Record":
        """The record with one telling more, and without the rounds of what is over (its key is not in `still`).

        `somebody`: whether it has reached anybody at all, if that is not the same as `outcome.reached`.
        """
        counts = outcome.reached if somebody is None else somebody
        keys, kept = {each.key for each in told}, {*still}
        mine = self.of(outcome.notice)
        fresh = [
            Round(
                notice=outcome.notice,
                key=key,
                times=mine.get(key, Rounds()).times + int(counts),
                last=outcome.at,
                added=outcome.added,
            )
            for key in sorted(keys)
        ]
        others = [
            each for each in self.rounds if (each.notice, each.key) not in {(outcome.notice, key) for key in keys}
        ]
        rounds = [each for each in (*others, *fresh) if each.key in kept][-MOST_ROUNDS:]
        return Record(rounds=tuple(rounds), outcomes=(*self.outcomes, outcome)[-MOST_OUTCOMES:])

    def failing(self, notice: str) -> list[Outcome]:
        """The tellings of a notice that reached nobody since the last that did, oldest first."""
        found: list[Outcome] = []
        for each in reversed([each for each in self.outcomes if each.notice == notice]):
            if each.reached:
                break
            found.append(each)
        return found[::-1]


def load(profile: Path) -> tuple[Record, str]:
    """The record, and what is to be told of it where it cannot be read (rule 2)."""
    path = profile / FOLDER / FILE
    try:
        with host.open_own(path) as file:
            return decode(file.read(MOST_BYTES), Record, MOST_BYTES), ""
    except FileNotFoundError:
        return Record(), ""
    except (OSError, Malformed):
        return Record(), f"{path} cannot be read: what was told before is not known, so it is told anew"


def store(profile: Path, record: Record) -> str:
    """Store the record, durable on return; returns what is to be told where the disk refuses, and goes on."""
    try:
        host.private_folder(profile / FOLDER)
        host.write_whole(profile / FOLDER / FILE, encode(record))
    except DeskError as error:
        return f"whom the notices reached could not be noted: {error}"
    return ""
