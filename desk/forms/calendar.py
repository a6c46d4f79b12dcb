"""The days in a filled form that contradict the day on which it is written: a second part of the gate. Pure.

1. A day on which something has happened is not after tomorrow, by UTC: somewhere it is tomorrow already.
2. A time until which something is asked for, or stays so, is not over. A day of this kind ends when it has ended
   everywhere: until noon by UTC it is yesterday still, west of it. `keep_until` ends by UTC, as desks erase.
3. Both are pointed out, and two of them stop a form: consent that is dated ahead is none yet, and data that were to be
   kept until a day that is over would be erased by every desk at once.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from desk.forms.definition import Field, Form
from desk.forms.filled import Filled
from desk.forms.missing import Gap, in_words
from desk.forms.words import word

HAPPENED = frozenset(
    ("agreed_on", "referred_on", "oral_on", "warrant_date", "facts_from", "facts_until", "first_seen", "last_seen",
     "events.since", "events.until")
)  # fmt: skip
ENDS = frozenset(("deadline", "valid_until", "keep_until", "custody_until", "extradition_on", "mla_on"))
_A_DAY = timedelta(days=1)
STOPS = frozenset(("agreed_on", "keep_until"))


def contradicted(form: Form, filled: Filled, now: int) -> Iterator[Gap]:
    """Every day in a filled form that contradicts `now` (unix seconds), in the form's order."""
    for field in form.fields:
        value = filled.values.get(field.field)
        if field.kind != "group":
            yield from _of_field(field, field.field, field.field, value, now)
            continue
        for at, item in enumerate(value or ()):
            for inner in field.fields:
                where = f"{field.field}[{at}].{inner.field}"
                yield from _of_field(inner, f"{field.field}.{inner.field}", where, item.get(inner.field), now)


def _of_field(field: Field, name: str, where: str, value: Any, now: int) -> Iterator[Gap]:
    today = datetime.fromtimestamp(now, UTC).date()
    if value is None:
        return
    if field.kind == "person" and _ahead(value.get("born", ""), today):
        yield _gap("to_come", field, f"{where}.born", value["born"], stops=False, born=True)
    elif name in HAPPENED and _ahead(value, today):
        yield _gap("to_come", field, where, value, stops=name in STOPS)
    elif name in ENDS and field.kind == "moment" and value["at"] <= now:
        day = datetime.fromtimestamp(value["at"], UTC).strftime("%Y-%m-%d %H:%M UTC")
        yield _gap("is_over", field, where, day, stops=name in STOPS)
    elif name in ENDS and field.kind == "date" and date.fromisoformat(value) < (today if name in STOPS else _west(now)):
        yield _gap("is_over", field, where, value, stops=name in STOPS)


def _west(now: int) -> date:
    """The day that it still is somewhere: twelve hours behind UTC."""
    return datetime.fromtimestamp(now - 12 * 3600, UTC).date()


def _ahead(day: str, today: date) -> bool:
    """Whether a day, a month or a year, as they are written, begins after tomorrow."""
    return bool(day) and day > (today + _A_DAY).isoformat()[: len(day)]


def _gap(name: str, field: Field, where: str, day: str, *, stops: bool, born: bool = False) -> Gap:
    def parts(language: str) -> dict[str, str]:
        label = field.label.in_(language)
        return {"label": f"{label}, {word('born', language)}" if born else label, "day": day}

    return Gap(name, (where,), in_words(name, parts), (), stops, "form")
