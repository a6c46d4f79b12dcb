"""From contacts as they are to be to the statements that make them so: a member's own, or provisional ones."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from desk.errors import Usage
from desk.profile.unlocked import Unlocked
from desk.replica.statements import Batch
from directory.entry import Entry, entries
from directory.exchange.contact_files import read_contact_file
from directory.exchange.csv_contact import Wanted
from directory.exchange.csv_duplicates import TELL
from directory.exchange.csv_headers import ColumnMap
from directory.exchange.csv_import import plan_reading
from directory.exchange.csv_plan import Plan, Row, plan_rows
from directory.sample import sample_contacts
from directory.statement import ListProvisional, PublishContact
from directory.view import NEVER, View
from relay.protocol.requests import MOST_STATEMENTS

MOST_IN_BATCH = MOST_STATEMENTS


@dataclass(frozen=True, slots=True)
class Members:
    """The countries that have a member, of which nothing provisional is listed; whether lines of those are left out."""

    countries: frozenset[str] = frozenset()
    out: bool = False

    def kept(self, rows: Iterable[Row]) -> tuple[list[Row], list[str]]:
        """The lines that stay, and what is told of the others."""
        every = list(rows)
        if not self.out:
            return every, []
        gone = [row.cells["country"] for row in every if row.cells["country"] in self.countries]
        told = [f"{len(gone)} of {', '.join(sorted(set(gone)))}, which have members"] if gone else []
        return [row for row in every if row.cells["country"] not in self.countries], told


ALL = Members()


def members_of(view: View) -> frozenset[str]:
    """The countries that have a member."""
    return frozenset(each.country for each in view.members.values() if each.revoked == NEVER)


def listed(desk: Unlocked) -> tuple[Entry, ...]:
    """Every listed contact, as this desk's member may read it."""
    member = desk.profile.identity.member
    return entries(desk.replica().view, desk.store.bodies(), desk.clock(), desk.store.covered, member)


def file_plan(
    raw: bytes,
    kind: str,
    found: Iterable[Entry],
    *,
    country: str,
    provisional: bool,
    told: ColumnMap,
    circles: Collection[str],
    duplicates: str = TELL,
    members: Members = ALL,
) -> Plan:
    """What importing a file would change, where there are these circles; raises ImportRefused with all that is wrong.

    A line that does not tell its country is about the member's own.
    """
    own = ColumnMap(values={"country": country} if country else {})
    reading = read_contact_file(raw, kind, own.joined(told))
    reading.rows, left = members.kept(reading.rows)
    reading.left += left
    return plan_reading(
        reading,
        found,
        country=country,
        provisional=provisional,
        circles=circles,
        duplicates=duplicates,
        taken=members.countries,
    )


def sample_plan(
    found: Iterable[Entry], *, country: str, rows: Iterable[Row] | None = None, members: Members = ALL
) -> Plan:
    """What importing the sample would change: a country's own contacts, or `rows` as provisional ones."""
    if rows is None:
        return plan_rows(sample_contacts(country), found, country=country)
    kept, left = members.kept(rows)
    return replace(plan_rows(kept, found, provisional=True, taken=members.countries), left=tuple(left))


def add_contact(batch: Batch, wanted: Wanted, member: str) -> None:
    """Add the statement that publishes a contact for `member`, or, without one, lists it as provisional.

    Raises Usage for a provisional one with officers, alternates or circles: its statement could not say so, and what
    was meant for few would be every member's.
    """
    common = {
        "contact": wanted.contact,
        "country": wanted.country,
        "function": wanted.function,
        "body": batch.body(wanted.body),
    }
    if not member:
        for what in ("officers", "escalation", "circles"):
            if getattr(wanted, what):
                raise Usage(f"a provisional contact has no {what}, and every member sees it: {wanted.contact} is one")
        batch.issue(ListProvisional, **common)
        return
    people = {"officers": wanted.officers, "escalation": wanted.escalation, "circles": wanted.circles}
    batch.issue(PublishContact, member=member, **common, **people)


def as_it_is(entry: Entry) -> Wanted | None:
    """A contact as it is published now; None where its details are not to be had."""
    record = entry.contact
    if entry.body is None:
        return None
    people = (record.officers, record.escalation, record.circles)
    return Wanted(record.id, record.country, record.function, entry.body, *people)
