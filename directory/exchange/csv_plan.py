"""What an import would do: the lines of a file against the directory as it stands.

1. A column that the file does not have is left as it is; an empty cell in a column it has empties it.
2. A line that says what is published already plans nothing: importing a file twice changes nothing the second time.
3. One fault in one line, and nothing is planned at all.
4. Of an entry whose body is not to be had here (erased, withheld, missing), officers, alternates and circles are left
   as they are, and the rest is written anew from the file alone. It never counts as absent.
5. The steps put a contact after its alternates. Where alternates go in a circle, a contact is first published with
   those that are listed by then, and once more with all of them at the end.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from directory.bodies import ContactBody
from directory.entry import Entry
from directory.entry_faults import doubts, faults
from directory.exchange.csv_columns import in_order
from directory.exchange.csv_contact import LineError, Wanted, cells_of, cells_of_entry, wanted_of
from directory.exchange.csv_problem import ImportRefused, Problem
from directory.finding.likeness import Alike, Known, alike

OF_A_MEMBER = ("officers", "escalation", "circles")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a file: the contact's id, and what its cells say, each written the one way.

    `whole`: what it does not say is to be emptied, whatever rule 1 says. `made`: the id is not the file's, but ours.
    """

    line: int
    contact: str
    cells: Mapping[str, str]
    whole: bool = False
    made: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A column that would change, as cells; `standing` where a provisional contact would become confirmed."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Item:
    """What a line of the file wants, and what that changes."""

    line: int
    wanted: Wanted
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """A line that would have added what is probably listed; whether it now changes that, or else is left out."""

    line: int
    changes: bool
    alike: Alike


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. `absent`: contacts the file does not name, where it is said to be whole.

    `alike`: what of the new is probably listed already, or shares a line with another. `settled`: lines that were left
    out, or taken for what is listed (`directory.exchange.csv_duplicates`). `doubts`: contact, column and what may be
    wrong. `guessed` and `left`: header cells taken for a column by a word, and what of the file was left out.
    """

    added: tuple[Item, ...] = ()
    changed: tuple[Item, ...] = ()
    unchanged: tuple[Item, ...] = ()
    absent: tuple[str, ...] = ()
    steps: tuple[Wanted, ...] = ()
    alike: tuple[Alike, ...] = ()
    settled: tuple[Settled, ...] = ()
    doubts: tuple[tuple[str, str, str], ...] = ()
    guessed: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to publish or list."""
        return not self.steps


def plan_rows(
    rows: Iterable[Row],
    entries: Iterable[Entry],
    *,
    country: str = "",
    provisional: bool = False,
    whole: bool = False,
    found: Iterable[Problem] = (),
    named: Iterable[str] = (),
    unit: str = "line",
    circles: Collection[str] | None = None,
    taken: Collection[str] = (),
) -> Plan:
    """What importing `rows` would change in `entries`; raises ImportRefused with every problem, `found` ones included.

    `country`: the member's, which publishes no other's contacts. `provisional`: the rows become provisional contacts.
    `whole`: the file is meant to name every contact of its countries. `named`: ids of lines that could not be read.
    `unit`: what the file is counted in, for messages. `circles`: those that there are; None looks at none. `taken`:
    countries whose own member lists its contacts, so that nothing provisional is listed of them.
    """
    rows, problems = tuple(rows), list(found)
    listed = {entry.id: entry for entry in entries}
    ready = {entry.id for entry in listed.values() if not entry.contact.provisional}
    known = {*ready, *named, *(row.contact for row in rows)}
    items: list[tuple[Entry | None, Item]] = []
    first: dict[str, int] = {}
    for row in rows:
        if first.setdefault(row.contact, row.line) != row.line:
            what = f"{row.contact} stands in {unit} {first[row.contact]} already"
            problems.append(
                Problem(row.line, "contact", what, f"give each contact one {unit}, and an id of its own", unit)
            )
            continue
        entry = listed.get(row.contact)
        try:
            items.append((entry, _item(row, entry, provisional=provisional)))
        except LineError as error:
            problems += error.problems(row.line, unit)
        else:
            refused = _refused(items[-1][1], entry, known, country=country, provisional=provisional)
            problems += (replace(each, unit=unit) for each in _strange(items[-1][1], circles))
            problems += (replace(each, unit=unit) for each in refused)
            if provisional and (entry is None or items[-1][1].differences) and row.cells["country"] in taken:
                what = f"{row.cells['country']} has a member, which publishes its own contacts"
                do = f"take the {unit} out, or leave all such out with --without-members"
                problems.append(Problem(row.line, "country", what, do, unit))
    if problems:
        raise ImportRefused(problems)
    added = tuple(item for entry, item in items if entry is None)
    changed = tuple(item for entry, item in items if entry is not None and item.differences)
    unchanged = tuple(item for entry, item in items if entry is not None and not item.differences)
    steps = publishing_order([item.wanted for item in (*added, *changed)], ready)
    return Plan(
        added,
        changed,
        unchanged,
        _absent(rows, listed, provisional) if whole else (),
        steps,
        alike=_alike(items, listed),
        doubts=tuple(doubt for entry, item in items for doubt in _doubts(entry, item)),
    )


def publishing_order(wanted: Iterable[Wanted], listed: Iterable[str]) -> tuple[Wanted, ...]:
    """The contacts in an order in which each finds its alternates listed (rule 5)."""
    pending = {each.contact: each for each in wanted}
    done = set(listed)
    waits = {id_: {each for each in want.escalation if each in pending} - done for id_, want in pending.items()}
    waited_for: dict[str, list[str]] = defaultdict(list)
    for id_, alternates in waits.items():
        for alternate in alternates:
            waited_for[alternate].append(id_)
    ready = deque(id_ for id_, alternates in waits.items() if not alternates)
    rest = iter(list(pending))
    steps, again = [], []
    while pending:
        if ready:
            id_ = ready.popleft()
        else:
            id_ = next(each for each in rest if each in pending)
        if id_ not in pending:
            continue
        want = pending.pop(id_)
        now = tuple(each for each in want.escalation if each not in waits[id_])
        steps.append(replace(want, escalation=now))
        if now != want.escalation:
            again.append(want)
        done.add(id_)
        for other in waited_for[id_]:
            waits[other].discard(id_)
            if not waits[other]:
                ready.append(other)
    return (*steps, *again)


def _item(row: Row, entry: Entry | None, *, provisional: bool) -> Item:
    before = cells_of_entry(entry) if entry else {}
    wanted = wanted_of(row.cells if row.whole else {**before, **row.cells})
    after = cells_of(wanted)
    names = in_order({name for name in {*before, *after} if before.get(name, "") != after.get(name, "")})
    differences = [Difference(name, before.get(name, ""), after.get(name, "")) for name in names]
    if entry is not None and entry.contact.provisional and not provisional:
        differences.append(Difference("standing", "provisional", "confirmed"))
    return Item(row.line, wanted, tuple(differences) if entry else ())


def _refused(item: Item, entry: Entry | None, known: set[str], *, country: str, provisional: bool) -> Iterable[Problem]:
    """What the network would not take of a line that can be read."""
    wanted = item.wanted
    for column, what, do in faults(wanted.body, entry.body if entry else None):
        yield Problem(item.line, column, what, do)
    if country and wanted.country != country:
        what = f"{wanted.contact} is a contact of {wanted.country}, and {country} publishes its own only"
        yield Problem(item.line, "country", what, "leave the line to its own authority")
    if provisional and entry is not None and not entry.contact.provisional:
        what = f"{wanted.contact} is confirmed; {entry.contact.member} keeps it"
        yield Problem(item.line, "contact", what, "take the line out")
    for name in OF_A_MEMBER:
        if provisional and getattr(wanted, name):
            yield Problem(item.line, name, f"a provisional contact has no {name}", "leave the cell empty")
    for alternate in wanted.escalation:
        if not provisional and (alternate not in known or alternate[:2] != wanted.contact[:2]):
            what = f"no contact {alternate} of {wanted.country} is listed or in this file"
            yield Problem(item.line, "escalation", what, "add it, or take it out of the cell")


def _strange(item: Item, circles: Collection[str] | None) -> Iterable[Problem]:
    """The circles of a line that there are not."""
    for each in item.wanted.circles if circles is not None else ():
        if each not in (circles or ()):
            there = f"there are: {', '.join(sorted(circles or ()))}" if circles else "there is none yet"
            yield Problem(
                item.line, "circles", f"there is no circle {each}; {there}", "write one of them, or have it made"
            )


def _alike(items: list[tuple[Entry | None, Item]], listed: Mapping[str, Entry]) -> tuple[Alike, ...]:
    """What is like another contact as it will be: of those added all of it, of those changed the lines they get."""
    new = [_known(item.wanted) for entry, item in items if entry is None]
    changed = {item.wanted.contact: (entry, item.wanted) for entry, item in items if entry is not None}
    others = [_known(changed[id_][1]) if id_ in changed else _listed(each) for id_, each in listed.items() if each.body]
    found = alike(new, others)
    fresh = [gained for entry, wanted in changed.values() if (gained := _gained(entry, wanted)) is not None]
    shared = alike(fresh, [*others, *new]) if fresh else ()
    return (*found, *(replace(each, same=False) for each in shared if each not in found))


def _gained(entry: Entry, wanted: Wanted) -> Known | None:
    """A changed contact with nothing but the numbers and addresses that it had not."""
    before = entry.body or ContactBody(names={})
    numbers, addresses = {each.number for each in before.phones}, {each.lower() for each in before.emails}
    phones = tuple(each for each in wanted.body.phones if each.number not in numbers)
    emails = tuple(each for each in wanted.body.emails if each.lower() not in addresses)
    if not phones and not emails:
        return None
    return Known(wanted.contact, wanted.country, wanted.function, ContactBody(names={}, phones=phones, emails=emails))


def _known(wanted: Wanted) -> Known:
    return Known(wanted.contact, wanted.country, wanted.function, wanted.body)


def _listed(entry: Entry) -> Known:
    record = entry.contact
    return Known(record.id, record.country, record.function, entry.body or ContactBody(names={}))


def _doubts(entry: Entry | None, item: Item) -> Iterable[tuple[str, str, str]]:
    found = doubts(item.wanted.body, entry.body if entry else None)
    return ((item.wanted.contact, column, what) for column, what in found)


def _absent(rows: tuple[Row, ...], listed: Mapping[str, Entry], provisional: bool) -> tuple[str, ...]:
    countries = {row.contact[:2].upper() for row in rows}
    ours = {each.id for each in listed.values() if each.body is not None and each.contact.country in countries}
    ours -= {row.contact for row in rows}
    return tuple(sorted(each for each in ours if listed[each].contact.provisional == provisional))
