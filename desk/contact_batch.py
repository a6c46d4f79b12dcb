"""From contacts as they are to be to the statements that make them so: a member's own, or provisional ones."""

from collections.abc import Callable, Iterable
from types import MappingProxyType

from desk.safe_text import line
from desk.statements import Batch
from directory.csv_contact import Wanted
from directory.csv_import import plan_csv, read_contacts
from directory.csv_plan import Plan, Row, plan_rows
from directory.csv_sources import read_authorities, read_missions
from directory.entry import Entry
from directory.sample import sample_contacts
from directory.statement import ListProvisional, PublishContact
from relay.protocol.requests import MOST_STATEMENTS

MOST_IN_BATCH = MOST_STATEMENTS
_SHOWN = 12
FORMATS: MappingProxyType[str, Callable[[bytes], tuple[Row, ...]]] = MappingProxyType(
    {"contacts": read_contacts, "missions": read_missions, "authorities": read_authorities}
)


def file_plan(raw: bytes, kind: str, entries: Iterable[Entry], *, country: str, provisional: bool) -> Plan:
    """What importing a file would change; raises ImportRefused with everything that is wrong with it."""
    if kind == "contacts":
        return plan_csv(raw, entries, country=country, provisional=provisional)
    return plan_rows(FORMATS[kind](raw), entries, country=country, provisional=provisional)


def sample_plan(entries: Iterable[Entry], *, country: str, rows: Iterable[Row] | None = None) -> Plan:
    """What importing the sample would change: a country's own contacts, or `rows` as provisional ones."""
    if rows is None:
        return plan_rows(sample_contacts(country), entries, country=country)
    return plan_rows(rows, entries, provisional=True)


def add_contact(batch: Batch, wanted: Wanted, member: str) -> None:
    """Add the statement that publishes a contact for `member`, or, without one, lists it as provisional."""
    common = {
        "contact": wanted.contact,
        "country": wanted.country,
        "function": wanted.function,
        "body": batch.body(wanted.body),
    }
    if not member:
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


def describe_plan(plan: Plan, *, short: bool = False) -> str:
    """A plan for people: counts, and what would change in each contact, a line each whatever stands in it."""
    head = f"{len(plan.added)} to add, {len(plan.changed)} to change, {len(plan.unchanged)} unchanged"
    if short:
        return head
    lines = [f"  + {item.wanted.contact}" for item in plan.added]
    for item in plan.changed:
        lines.append(f"  ~ {item.wanted.contact}")
        lines += [
            f"      {each.column}: {line(each.before) or '–'} → {line(each.after) or '–'}" for each in item.differences
        ]
    more = len(lines) - _SHOWN * 10
    return "\n".join([head, *lines[: _SHOWN * 10], *([f"  … and {more} more lines"] if more > 0 else [])])
