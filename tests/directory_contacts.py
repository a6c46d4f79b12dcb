"""Contacts for the tests of imports: any that there may be, and what is there once a plan was carried out."""

from collections.abc import Iterable

from directory_entries import DAY, NOW, a_body, a_contact
from hypothesis import strategies as st

from directory.bodies import ContactBody, Hours, Phone, Requirements, Span
from directory.entry import Entry
from directory.exchange.csv_contact import Wanted, cells_of
from directory.exchange.csv_plan import Plan
from directory.finding.zones import zone_names
from directory.functions import FUNCTIONS

FULL = Wanted(
    "co-desk",
    "CO",
    "trafficking-24-7",
    a_body(
        "Mesa de guardia",
        names={"es": "Mesa de guardia", "en": "Duty desk"},
        also=("FGN", "Mesa, la"),
        phones=(Phone(number="+12025550120", use="always"), Phone(number="+12025550121", use="fax")),
        emails=("guardia@trata.co.example",),
        languages=("es", "en"),
        zone="America/Bogota",
        hours=Hours(spans=(Span(day=1, opens=480, closes=1080),), holidays=("2026-12-25",)),
        respond=30,
        address="Calle 1; n.º 2",
        city="Bogotá",
        website="https://trata.co.example",
        requirements=Requirements(languages=("es",), form="in writing", dual_criminality=True, channel="Enlace"),
        notes={"es": "Pregunte\npor la oficina."},
        source="OAS document, 2011",
    ),
    ("0" * 32,),
    ("co-mla",),
    ("inner",),
)
MLA = Wanted("co-mla", "CO", "central-authority-mla", a_body("Autoridad"))


def entry_of(wanted: Wanted, *, provisional: bool = False) -> Entry:
    """The entry there is once `wanted` was published or listed."""
    contact = a_contact(
        wanted.contact,
        wanted.function,
        officers=wanted.officers,
        escalation=wanted.escalation,
        circles=wanted.circles,
        **({"member": ""} if provisional else {}),
    )
    return Entry(
        contact, wanted.body, None, "provisional" if provisional else "confirmed", "fresh", NOW - DAY, "enlace"
    )


def wanted_of_entry(entry: Entry) -> Wanted:
    """The contact of an entry whose body is there."""
    record, body = entry.contact, entry.body
    assert body is not None
    return Wanted(record.id, record.country, record.function, body, record.officers, record.escalation, record.circles)


def after(plan: Plan, entries: Iterable[Entry], *, provisional: bool = False) -> list[Entry]:
    """The entries once a plan was carried out, step by step."""
    there = {each.id: each for each in entries}
    for step in plan.steps:
        confirmed = {id_ for id_, each in there.items() if not each.contact.provisional}
        assert set(step.escalation) <= confirmed - {step.contact} or provisional
        there[step.contact] = entry_of(step, provisional=provisional)
    return list(there.values())


def ids(items: Iterable[object]) -> list[str]:
    return [getattr(each, "wanted", each).contact for each in items]  # type: ignore[attr-defined]  # both have one


letters = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
texts = letters | st.sampled_from(["=1+1", "-x", "'=x", "'x'", 'a "b", c;', "x\ny", "  x ", "Bogotá", "+1"])
languages = st.sampled_from(["es", "en", "pt", "fr", "nl", "pt-BR"])
phones = st.builds(
    Phone,
    number=st.sampled_from([f"+1202555{at:04}" for at in range(100, 200)] + ["+573001234567", "+5511912345678"]),
    use=st.sampled_from(["day", "night", "always", "fax", "switchboard"]),
)
spans = st.builds(Span, day=st.integers(1, 7), opens=st.integers(0, 1440), closes=st.integers(0, 1440))
dates = st.dates().map(lambda each: each.isoformat())
hours = st.builds(Hours, always=st.just(True), holidays=st.lists(dates, max_size=2).map(tuple)) | st.builds(
    Hours, spans=st.lists(spans, max_size=4).map(tuple), holidays=st.lists(dates, max_size=2).map(tuple)
)
bodies = st.builds(
    ContactBody,
    also=st.lists(texts.filter(lambda each: bool(cells_of_text(each))), max_size=2).map(tuple),
    names=st.dictionaries(languages, texts.filter(lambda each: bool(cells_of_text(each))), min_size=1, max_size=3),
    phones=st.lists(phones, max_size=3).map(tuple),
    emails=st.lists(st.from_regex(r"[a-z+=]{1,8}@[a-z]{1,8}\.example", fullmatch=True), max_size=2).map(tuple),
    website=st.sampled_from(["", "https://x.example/?a=1,2;3"]),
    address=texts,
    city=texts,
    languages=st.lists(languages, max_size=3).map(tuple),
    zone=st.sampled_from([each for each in sorted(zone_names()) if "/" in each]),
    hours=hours,
    respond=st.integers(0, 10**9),
    requirements=st.builds(
        Requirements,
        languages=st.lists(languages, max_size=2).map(tuple),
        form=texts,
        dual_criminality=st.booleans(),
        channel=texts,
    ),
    notes=st.dictionaries(languages, texts, max_size=2),
    source=texts,
)
officer_ids = st.lists(st.from_regex("[0-9a-f]{32}", fullmatch=True), max_size=3).map(
    lambda each: tuple(sorted(set(each)))
)
functions = st.sampled_from([*(each.code for each in FUNCTIONS), "port-security"])


def cells_of_text(text: str) -> str:
    """What is kept of a text."""
    return cells_of(Wanted("co-x", "CO", "customs", a_body(text))).get("name_es", "")


@st.composite
def networks(draw: st.DrawFn) -> list[Entry]:
    """Entries of a few countries, each the alternate of the one before."""
    made: list[Entry] = []
    for at in range(draw(st.integers(0, 4))):
        country = draw(st.sampled_from(["co", "br", "xk"]))
        before = tuple(each.id for each in made if each.contact.country == country.upper())[:2]
        circles = draw(st.sampled_from([(), ("inner",), ("all", "inner")]))
        wanted = Wanted(
            f"{country}-{at}", country.upper(), draw(functions), draw(bodies), draw(officer_ids), before, circles
        )
        made.append(entry_of(wanted))
    return made
