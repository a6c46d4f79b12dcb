"""From the sample's files through the real judge to an answered question: what the look-up is for."""

from hashlib import sha256

from directory_world import TWO_ROOTS, World

from directory.bodies import write_body_bytes
from directory.commitment import commit
from directory.entry import Entry, entries
from directory.exchange.csv_contact import Wanted
from directory.exchange.csv_export import write_csv
from directory.exchange.csv_import import plan_csv
from directory.exchange.csv_plan import plan_rows
from directory.finding.search import Index, Query
from directory.sample import provisional_contacts, sample_contacts
from directory.statement import ListProvisional

DAY = 86_400


class Desk:
    """A world with the bodies beside its log, as a desk keeps them."""

    def __init__(self) -> None:
        self.world = World.founded()
        self.bodies: dict[str, bytes] = {}

    def keep(self, wanted: Wanted) -> str:
        """Keep the body under the commitment that the statement names."""
        body = write_body_bytes(wanted.body)
        commitment = commit(sha256(f"salt {len(self.bodies)}".encode()).digest(), body)
        self.bodies[commitment] = body
        return commitment

    def publish(self, wanted: Wanted) -> None:
        """Have the member's chief publish a contact."""
        fields = {"escalation": wanted.escalation, "function": wanted.function, "body": self.keep(wanted)}
        member = wanted.country.lower()
        self.world.admit(self.world.publishing(wanted.contact, member, **fields), f"{member}-chief")

    def list_provisional(self, wanted: Wanted) -> None:
        """Have the roots list a provisional contact."""
        about = {"contact": wanted.contact, "country": wanted.country, "function": wanted.function}
        self.world.admit(self.world.say(ListProvisional, body=self.keep(wanted), **about), *TWO_ROOTS)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything listed, now."""
        return entries(self.world.view, self.bodies, self.world.now)


def test_the_sample_goes_through_the_judge_and_is_found() -> None:
    desk = Desk()
    desk.world.add_member("co")
    for step in plan_rows(sample_contacts("CO"), desk.entries, country="CO").steps:
        desk.publish(step)
    some = [row for row in provisional_contacts() if row.cells["country"] in ("PE", "KN")]
    for step in plan_rows(some, desk.entries, provisional=True).steps:
        desk.list_provisional(step)

    assert plan_rows(sample_contacts("CO"), desk.entries, country="CO").empty
    assert plan_rows(some, desk.entries, provisional=True).empty
    assert plan_csv(write_csv(each for each in desk.entries if not each.contact.provisional), desk.entries).empty

    query = Query(text="trata", country="Colombia", language="es", now=True)
    first = Index(desk.entries).find(query, desk.world.now).results[0]
    assert (first.entry.id, first.entry.name("es")) == (
        "co-desk", "Mesa de guardia contra la trata de personas – Colombia",
    )  # fmt: skip
    assert first.why == (
        "matches-name", "answers-now", "works-in-language", "confirmed", "fresh", "telephone-and-e-mail-only",
    )  # fmt: skip

    desk.world.now += 180 * DAY
    aged = Index(desk.entries).find(Query(country="CO"), desk.world.now)
    assert aged.total == len(sample_contacts("CO"))
    assert all("doubtful" in each.why for each in aged.results)


def test_a_member_claims_what_was_listed_for_it_by_importing_the_same_file() -> None:
    desk = Desk()
    file = b"contact,function,name_es,escalation\nco-desk,trata,Mesa,\nco-mla,MLA,Autoridad,\n"
    for step in plan_csv(file, desk.entries, provisional=True).steps:
        desk.list_provisional(step)
    desk.world.add_member("co")
    claiming = file.replace(b"Mesa,", b"Mesa,co-mla")
    plan = plan_csv(claiming, desk.entries, country="CO")
    assert [step.contact for step in plan.steps] == ["co-mla", "co-desk"]
    for step in plan.steps:
        desk.publish(step)
    assert {each.standing for each in desk.entries} == {"confirmed"}
    assert plan_csv(claiming, desk.entries, country="CO").empty


def test_alternates_in_a_circle_are_published_by_the_steps() -> None:
    desk = Desk()
    desk.world.add_member("co")
    file = b"contact,function,name_es,escalation\nco-a,trata,A,co-b\nco-b,trata,B,co-c\nco-c,trata,C,co-a\n"
    for step in plan_csv(file, desk.entries).steps:
        desk.publish(step)
    assert plan_csv(file, desk.entries).empty
    assert [each.contact.escalation for each in desk.entries] == [("co-b",), ("co-c",), ("co-a",)]
