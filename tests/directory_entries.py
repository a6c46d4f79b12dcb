"""Entries and views made by hand for the tests of look-ups and formats; nothing here is signed or judged."""

from hashlib import sha256

from immutables import Map

from directory.bodies import ContactBody, Hours, Phone, Span, write_body_bytes
from directory.entry import Entry, Grade, Reach, Standing
from directory.statement import Policy
from directory.view import Body, Circle, Contact, Member, Network, View

NOW = 1_790_000_000  # Monday 2026-09-21 14:13:20 UTC
DAY = 86_400
OFFICE = Hours(spans=tuple(Span(day=day, opens=480, closes=1080) for day in range(1, 6)))


def commitment(text: str) -> str:
    """Something that looks like a commitment."""
    return sha256(text.encode()).hexdigest()


def a_body(name: str = "Mesa", /, **fields: object) -> ContactBody:
    """A body with one Spanish name."""
    return ContactBody(**{"names": {"es": name}, **fields})  # type: ignore[arg-type]  # the tests know the fields


def a_contact(contact: str, function: str = "consular", /, **fields: object) -> Contact:
    """A confirmed contact of the country its id begins with."""
    country = contact[:2]
    record: dict[str, object] = {
        "id": contact,
        "member": f"{country}-authority",
        "country": country.upper(),
        "function": function,
        "body": commitment(contact),
        "officers": (),
        "escalation": (),
        "circles": (),
        "published": 5,
        "attested": 5,
        "attested_at": NOW - DAY,
        "service": (),
    }
    return Contact(**{**record, **fields})  # type: ignore[arg-type]  # the tests know the fields


def an_entry(
    contact: str,
    function: str = "consular",
    /,
    body: ContactBody | None = None,
    *,
    standing: Standing = "confirmed",
    grade: Grade = "fresh",
    since: int = NOW - DAY,
    reach: Reach = "enlace",
    **fields: object,
) -> Entry:
    """An entry with a body (one by default)."""
    if standing == "provisional":
        fields["member"] = ""
    record = a_contact(contact, function, **fields)
    return Entry(record, body or a_body(contact), None, standing, grade, since, reach)


def a_view(*contacts: Contact, size: int = 20, circles: dict[str, tuple[str, ...]] | None = None) -> View:
    """A view with those contacts, their members and bodies."""
    members = {each.member: Member(each.country, commitment(each.member), 1) for each in contacts if each.member}
    return View(
        network=Network("enlace.example", commitment("network"), Map(), 2, "duty", b"", Policy(), 0),
        size=size,
        members=Map(members),
        contacts=Map({each.id: each for each in contacts}),
        bodies=Map({each.body: Body(f"contact/{each.id}", each.member, each.circles) for each in contacts}),
        circles=Map({name: Circle(members, commitment(name)) for name, members in (circles or {}).items()}),
    )


def raw_bodies(*contacts: Contact) -> dict[str, bytes]:
    """A readable body for each contact, by commitment."""
    return {each.body: write_body_bytes(a_body(each.id, phones=(Phone(number="+12025550134"),))) for each in contacts}
