"""Which instruments a request between two states may rest on, from tables of who is a party to what. Pure.

1. **What no row says is unknown, and said to be**: *verify*. No row ships without a source and the day of that source,
   and what ships today is no row at all, for we have read no list of parties.
2. An authority keeps a table of its own. A row of its own stands before one that ships; either way the answer names the
   source and its day, so that whoever relies on it can look there.
3. An instrument is *in force between* two states only where a row says of each that it is a party **on the day asked
   about**. A row speaks from its `since` on: of a party the day of entry into force, of a denunciation the day it takes
   effect, of a signatory the day of signature. Without `since` it speaks from the day of its source on, for of earlier
   days that source says nothing. Before its day a row that names when a state becomes a party is a no, any other says
   nothing. A no of either is a no; everything else is unknown. Reservations and declarations are not in these tables.
4. An instrument of an authority's own (a bilateral treaty) may be named in a row; it may serve any form.
5. A row whose days cannot be is refused (`row_faults`): a source of a day to come, a signature later than the source
   that tells of it, a year that no such treaty is of.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec

from desk.forms.catalogue import code_label, code_lists
from desk.forms.definition import CodeName, Form, Piece
from desk.forms.values import DATE
from desk.forms.words import joined, paired, quoted, word
from desk.safe_text import line
from directory.canonical import Malformed, decode, decode_lenient, encode
from directory.countries import country_name
from directory.exchange.csv_cells import tidy
from directory.fields import Country

MOST_ROWS = 5_000
MOST_TABLE_BYTES = 4 << 20
State = Literal["party", "signatory", "denounced", "not-party"]
Answer = Literal["in force", "not between", "unknown"]
_ORDER = {"in force": 0, "unknown": 1, "not between": 2}
_MOST_QUOTED = 300
EARLIEST = "1800-01-01"  # of a day in a row: a year of two digits, or of none, is a slip of the pen
_TOLD_AFTERWARDS = ("signatory", "not-party")  # states of which no source tells before they are so

Day = Annotated[str, msgspec.Meta(pattern=rf"\A{DATE}\Z")]
Cited = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]  # one line, tidy


class PartyRow(Piece, frozen=True, kw_only=True):
    """What one source says, as of its day, of one state and one instrument; `since`: from when it is so."""

    instrument: CodeName
    country: Country
    state: State
    source: Cited
    date: Day
    since: Day | msgspec.UnsetType = msgspec.UNSET
    note: Cited | msgspec.UnsetType = msgspec.UNSET

    @property
    def key(self) -> tuple[str, str]:
        """A table has one row for each of these."""
        return self.instrument, self.country


class PartyTable(Piece, frozen=True, kw_only=True):
    """Rows in order of instrument and country."""

    rows: Annotated[tuple[PartyRow, ...], msgspec.Meta(max_length=MOST_ROWS)] = ()


@dataclass(frozen=True, slots=True)
class Basis:
    """An instrument between two states: whether it is in force between them, and the row for each, if there is one."""

    instrument: str
    answer: Answer
    rows: tuple[tuple[str, PartyRow | None], ...]

    def told(self, language: str) -> str:
        """The instrument, the answer, and for each state what is said of it, by which source, of which day."""
        known = code_lists()["instruments"].get(self.instrument)
        name = known.in_(language) if known else self.instrument
        answer = word(self.answer.replace(" ", "_"), language)
        return f"{paired(name, answer, language)} ({joined(self._sides(language), language)})"

    def _sides(self, language: str) -> Iterator[str]:
        for country, row in self.rows:
            state = state_told(row, language) if row else word("unknown", language)
            said = paired(country_name(country, language), state, language)
            if row is None:
                yield said
                continue
            day = word("of_day", language).format(date=row.date)
            source = quoted(line(row.source, _MOST_QUOTED), language)
            yield f"{said}, {word('source', language).lower()} {source} {day}"


def state_told(row: PartyRow, language: str) -> str:
    """What a row says of its state, and from when on, if it names that day."""
    state = code_label("party-states", row.state, language) or row.state
    return f"{state} ({word('since', language).format(date=row.since)})" if row.since else state


def select(
    form: Form, one: str, other: str, on: str, own: PartyTable, shipped: PartyTable | None = None
) -> tuple[Basis, ...]:
    """The instruments a form may rest on between two countries on a day (`YYYY-MM-DD`).

    Those in force stand first, then what is unknown, then the others.
    """
    return between(form.instruments, one, other, on, own, shipped)


def between(
    instruments: Iterable[str], one: str, other: str, on: str, own: PartyTable, shipped: PartyTable | None = None
) -> tuple[Basis, ...]:
    """Those instruments, and those of the authority's own that name either country, in the same order as `select`."""
    table = merged(own, shipped_table() if shipped is None else shipped)
    known = code_lists()["instruments"]
    own_names = sorted({name for name, country in table if name not in known and country in (one, other)})
    found = []
    for instrument in dict.fromkeys((*instruments, *own_names)):
        rows = tuple((country, table.get((instrument, country))) for country in (one, other))
        found.append(Basis(instrument, _answer([row for _, row in rows], on), rows))
    return tuple(sorted(found, key=lambda each: _ORDER[each.answer]))


def merged(own: PartyTable, shipped: PartyTable) -> dict[tuple[str, str], PartyRow]:
    """All rows by instrument and country; of two about the same, the authority's own (rule 2)."""
    return {each.key: each for each in (*shipped.rows, *own.rows)}


def set_row(table: PartyTable, row: PartyRow) -> PartyTable:
    """The table with a row in place of the one about the same, or added; raises Malformed for a row no table holds."""
    kept = [each for each in table.rows if each.key != row.key]
    made = PartyTable(rows=tuple(sorted([*kept, row], key=lambda each: each.key)))
    read_treaties(encode(made))
    return made


def remove_row(table: PartyTable, instrument: str, country: str) -> PartyTable:
    """The table without the row about that; raises KeyError if there is none."""
    kept = tuple(each for each in table.rows if each.key != (instrument, country))
    if len(kept) == len(table.rows):
        raise KeyError(f"no row about {instrument} and {country}")
    return PartyTable(rows=kept)


def write_treaties(table: PartyTable) -> bytes:
    """A table's canonical JSON; raises Malformed for one that no reader would take."""
    raw = encode(table)
    read_treaties(raw)
    return raw


def read_treaties(raw: bytes) -> PartyTable:
    """The table in canonical JSON, its rows in order, each once; raises Malformed."""
    return _checked(decode(raw, PartyTable, MOST_TABLE_BYTES))


@cache
def shipped_table() -> PartyTable:
    """The rows that ship: this room's own file (rule 1)."""
    return _checked(decode_lenient(files("desk.forms.tables").joinpath("parties.json").read_bytes(), PartyTable))


def _checked(table: PartyTable) -> PartyTable:
    keys = [each.key for each in table.rows]
    if keys != sorted(set(keys)):
        raise Malformed("a table's rows stand in order of instrument and country, each once")
    for each in table.rows:
        for text in (each.source, each.note or each.source):
            if tidy(text) != text or "\n" in text:
                raise Malformed(f"{each.instrument}, {each.country}: a source is one line, and nothing in it is unseen")
        for column, what, do in row_faults(each):
            raise Malformed(f"{each.instrument}, {each.country}: {column}: {what}; {do}")
    return table


def row_faults(row: PartyRow, today: str = "") -> Iterator[tuple[str, str, str]]:
    """What is wrong with the days of a row: the column, what it is, what to do; `today` as `YYYY-MM-DD`, if known."""
    given = (("date", row.date), ("since", row.since or row.date))
    for column, day in given:
        if not _is_day(day):
            yield column, f"there is no day {day}", "write year, month and day, as in 2026-03-01"
        elif day < EARLIEST:
            yield column, f"{day} is earlier than any treaty of this kind", "write the year with its four digits"
    if today and row.date > today:
        yield "date", f"{row.date} is yet to come", "write the day of the source, and under `since` from when it holds"
    if row.since and row.since > row.date and row.state in _TOLD_AFTERWARDS:
        yield "since", f"{row.since} is later than the source, of {row.date}", "leave it out, or name a later source"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _answer(rows: list[PartyRow | None], on: str) -> Answer:
    said = [_said(row, on) for row in rows]
    if "no" in said:
        return "not between"
    return "unknown" if "nothing" in said else "in force"


def _said(row: PartyRow | None, on: str) -> Literal["party", "no", "nothing"]:
    """What a row says of a day (rule 3)."""
    if row is None:
        return "nothing"
    if on >= (row.since or row.date):
        return "party" if row.state == "party" else "no"
    return "no" if row.state == "party" and row.since else "nothing"
