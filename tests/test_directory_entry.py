"""Entries: what is known about how far to rely on a contact."""

from dataclasses import replace

import pytest
from directory_entries import DAY, NOW, a_body, a_contact, a_view, raw_bodies
from directory_world import TWO_ROOTS, World
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from directory.bodies import write_body_bytes
from directory.entry import Grade, entries, grade
from directory.statement import Freshness, RevokeMember, SuspendMember
from directory.view import Body, Officer


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-1, "fresh"), (0, "fresh"), (119, "fresh"), (120, "due"), (149, "due"), (150, "stale"), (179, "stale"),
     (180, "doubtful"), (4000, "doubtful")],
)  # fmt: skip
def test_freshness_goes_by_whole_days(days: int, expected: Grade) -> None:
    assert grade(Freshness(), NOW - days * DAY, NOW) == expected


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_an_entry_never_gets_fresher_by_waiting(since: int, later: int, due: int, stale: int, doubtful: int) -> None:
    order = ["fresh", "due", "stale", "doubtful"]
    policy = Freshness(due=due, stale=stale, doubtful=doubtful)
    assert order.index(grade(policy, since, later)) <= order.index(grade(policy, since, later + DAY))


def test_listed_contacts_become_entries_in_order_of_id() -> None:
    contacts = [a_contact("pe-mla"), a_contact("co-desk"), a_contact("co-old", ended=9), a_contact("ar-x", member="")]
    found = entries(a_view(*contacts), raw_bodies(*contacts), NOW)
    assert [each.id for each in found] == ["ar-x", "co-desk", "pe-mla"]
    assert [each.standing for each in found] == ["provisional", "confirmed", "confirmed"]
    assert {each.absence for each in found} == {None}
    assert {each.reach for each in found} == {"telephone and e-mail only"}


def test_freshness_counts_from_the_earlier_of_claim_and_cosignature() -> None:
    contact = a_contact("co-desk", attested=7, attested_at=NOW - 10 * DAY)
    view, bodies = a_view(contact), raw_bodies(contact)
    asked: list[int] = []

    def covered(position: int) -> int:
        asked.append(position)
        return NOW - 130 * DAY

    (entry,) = entries(view, bodies, NOW, covered)
    assert asked == [7]
    assert (entry.since, entry.grade, entry.age_days(NOW)) == (NOW - 130 * DAY, "due", 130)
    for later in (lambda _: NOW - DAY, lambda _: None, None):
        (entry,) = entries(view, bodies, NOW, later)
        assert (entry.since, entry.grade) == (NOW - 10 * DAY, "fresh")
    assert entry.age_days(NOW - 20 * DAY) == 0


def test_a_body_that_is_not_there_says_why() -> None:
    open_one, secret = a_contact("co-desk"), a_contact("co-cell", circles=("inner",), member="co-authority")
    view = a_view(open_one, secret, circles={"inner": ("ar-authority", "co-authority")})
    missing = {each.id: (each.absence, each.alarm) for each in entries(view, {}, NOW)}
    assert missing == {"co-desk": ("missing", True), "co-cell": ("withheld", False)}
    for member, absence in [("ar-authority", "missing"), ("co-authority", "missing"), ("pe-authority", "withheld")]:
        cell, desk = entries(view, {}, NOW, reader=member)
        assert (cell.absence, desk.absence) == (absence, "missing")


def test_a_body_for_a_circle_is_not_shown_outside_it_though_the_bytes_are_there() -> None:
    inner = a_contact("co-cell", circles=("inner",), member="co-authority")
    view = a_view(inner, circles={"inner": ("ar-authority",)})
    for reader, there in [("ar-authority", True), ("co-authority", True), ("pe-authority", False), ("", False)]:
        (entry,) = entries(view, raw_bodies(inner), NOW, reader=reader)
        assert (entry.body is not None, entry.absence) == (there, None if there else "withheld")


def test_an_erased_body_is_not_shown_though_the_bytes_are_there() -> None:
    contact = a_contact("co-desk")
    view = a_view(contact)
    erased = Body("contact/co-desk", "co-authority", (), 9)
    view = replace(view, bodies=view.bodies.set(contact.body, erased))
    (entry,) = entries(view, raw_bodies(contact), NOW)
    assert (entry.body, entry.absence, entry.alarm) == (None, "erased", False)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff", b"{}", b"[1]", b'{"names":{"es":"x"},"more":1}', b'{ "names":{"es":"x"}}', b"[" * 30_000,
     b'{"hours":{"spans":[{"closes":1,"day":1,"opens":0}]},"names":{"es":"x"}}'],
)  # fmt: skip
def test_a_body_that_is_no_contact_is_unreadable_and_stops_nothing(raw: bytes) -> None:
    bad, good = a_contact("co-bad"), a_contact("co-good")
    found = entries(a_view(bad, good), {**raw_bodies(good), bad.body: raw}, NOW)
    assert [(each.absence, each.body is None) for each in found] == [("unreadable", True), (None, False)]


def test_a_name_is_found_in_the_best_language_there_is() -> None:
    contact = a_contact("br-desk", "customs")
    body = a_body(names={"nl": "Douane", "en": "Customs desk", "pt-BR": "Mesa"})
    (entry,) = entries(a_view(contact), {contact.body: write_body_bytes(body)}, NOW)
    assert [entry.name(each) for each in ("nl", "en", "pt", "pt-BR", "fr")] == [
        "Douane", "Customs desk", "Mesa", "Mesa", "Mesa",
    ]  # fmt: skip
    (entry,) = entries(a_view(contact), {contact.body: write_body_bytes(a_body(names={"gn": "A"}))}, NOW)
    assert entry.name("fr") == "A"
    (entry,) = entries(a_view(contact), {}, NOW)
    assert entry.name("fr") == "Douanes, Brésil"
    assert entry.languages == ()


def test_reach_and_standing_follow_devices_and_suspensions() -> None:
    world = World.founded()
    world.add_member("co")
    world.add_officer("co-night", "co", "coordinator")
    world.add_contact("co-desk", "co", officers=["co-night"])
    world.add_contact("co-paper", "co")
    world.add_provisional("pe-desk")

    def told() -> dict[str, tuple[str, str]]:
        return {each.id: (each.standing, each.reach) for each in entries(world.view, {}, world.now)}

    phone_only = "telephone and e-mail only"
    assert told() == {
        "co-desk": ("confirmed", "enlace"),
        "co-paper": ("confirmed", phone_only),
        "pe-desk": ("provisional", phone_only),
    }
    world.admit(world.say(SuspendMember, member="co", until=world.now + DAY), *TWO_ROOTS)
    assert told()["co-desk"] == ("suspended", phone_only)
    world.now += DAY
    assert told()["co-desk"] == ("confirmed", "enlace")
    world.admit(world.say(RevokeMember, member="co"), *TWO_ROOTS)
    assert list(told()) == ["pe-desk"]


def test_nobody_serves_who_was_revoked_and_nobody_is_next_who_was_retired() -> None:
    stays, left = "a" * 32, "b" * 32
    desk = a_contact("co-desk", officers=(stays, left), escalation=("co-gone", "co-next"))
    others = a_contact("co-gone", ended=9), a_contact("co-next")
    people = {stays: Officer("co-authority", "", (), 1), left: Officer("co-authority", "", (), 1, revoked=9)}
    view = replace(a_view(desk, *others), officers=Map(people))
    first, *_ = entries(view, raw_bodies(desk, *others), NOW)
    assert (first.contact.officers, first.contact.escalation, first.able) == ((stays,), ("co-next",), ())
    assert view.contacts["co-desk"] == desk
