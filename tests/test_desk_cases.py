"""Cases: who comes in and goes, what crossed, and who may read what when devices, officers and guests change."""

from collections.abc import Callable
from itertools import permutations

import pytest
from case_world import DAY, CaseStory
from directory_world import local_id, officer_id
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.cases.acts import (
    Act,
    EndGuest,
    Exclude,
    Guest,
    HandOver,
    Invite,
    Join,
    Leave,
    Open,
    Say,
    ToContact,
    ToDevice,
    ToOfficer,
)
from desk.cases.fold import MOST_GUEST_DAYS, Signed, case_of
from desk.cases.reading import may_read, readable

GUEST = officer_id("us-guest")


def story() -> CaseStory:
    found = CaseStory()
    found.begin()
    return found


def whys(found: CaseStory) -> list[str | None]:
    return [each.why for each in found.case.entries]


# Each act in a situation: what was done before, the act and by whom, and why it has no effect (None: it has).
Deed = tuple[Act, str]
SITUATIONS: list[tuple[str, list[Deed], Deed, str | None]] = [
    ("a stranger joins", [], (Join(), "us-guest"), "not-invited"),
    ("one invited joins", [(Invite(contact="us-desk"), "co-day")], (Join(), "us-guest"), None),
    ("one in joins", [], (Join(), "ec-day"), "already"),
    ("invite one in", [], (Invite(contact="ec-desk"), "co-day"), "already"),
    ("invite one invited", [(Invite(contact="us-desk"), "co-day")], (Invite(contact="us-desk"), "co-day"), "already"),
    ("invite without the right", [], (Invite(contact="us-desk"), "ec-night"), "may-not-invite"),
    ("a stranger invites", [], (Invite(contact="us-desk"), "us-guest"), "no-member"),
    ("a member leaves", [], (Leave(), "ec-day"), None),
    ("a stranger leaves", [], (Leave(), "us-guest"), "no-member"),
    ("one who left invites", [(Leave(), "co-day")], (Invite(contact="us-desk"), "co-day"), "no-member"),
    ("the opener excludes", [], (Exclude(contact="ec-desk"), "co-day"), None),
    ("a member excludes the opener", [], (Exclude(contact="co-desk"), "ec-day"), "the-opener"),
    ("exclude a stranger", [], (Exclude(contact="us-desk"), "co-day"), "no-such-member"),
    ("exclude one invited", [(Invite(contact="us-desk"), "co-day")], (Exclude(contact="us-desk"), "co-day"), None),
    (
        "exclude whom another invited",
        [(Invite(contact="us-desk"), "co-day"), (Join(), "us-guest")],
        (Exclude(contact="us-desk"), "ec-day"),
        "not-theirs",
    ),
    ("a message by a member", [], (Say(), "ec-day"), None),
    ("a message by a stranger", [], (Say(), "us-guest"), "no-member"),
    ("a guest who was not invited", [], (Join(guest=True), "us-guest"), "not-invited"),
    ("a member without the right invites a guest", [], (Guest(officer=GUEST, until=2**33), "ec-day"), "may-not-invite"),
    ("a guest for ever", [], (Guest(officer=GUEST, until=2**33), "co-day"), "too-long"),
    ("a guest until yesterday", [], (Guest(officer=GUEST, until=5), "co-day"), "too-long"),
    ("end one who is none", [], (EndGuest(officer=GUEST), "co-day"), "no-such-member"),
    ("one who is no guest leaves", [], (Leave(guest=True), "us-guest"), "no-member"),
    (
        "a stranger hands over",
        [],
        (HandOver(messages=("0" * 64,), receiver=ToOfficer(officer=GUEST)), "us-guest"),
        "no-member",
    ),
    (
        "a hand-over to one who is not in",
        [],
        (HandOver(messages=("0" * 64,), receiver=ToContact(contact="us-desk")), "co-day"),
        "no-such-member",
    ),
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each[0])
def test_each_act_in_its_situation(situation: tuple[str, list[Deed], Deed, str | None]) -> None:
    _, before, deed, why = situation
    found = story()
    for act, who in before:
        found.do(act, who)
    assert set(whys(found)) == {None}
    found.do(*deed)
    assert whys(found)[-1] == why


def test_a_guest_comes_and_goes() -> None:
    found = story()
    found.do(Guest(officer=GUEST, until=found.now + DAY), "co-day")
    assert found.case.guests(found.now) == ()
    found.do(Say(), "us-guest")
    found.do(Join(guest=True), "us-guest")
    found.do(Join(guest=True), "us-guest")
    found.do(Say(), "us-guest")
    found.do(Invite(contact="us-desk"), "us-guest")
    found.do(EndGuest(officer=GUEST), "ec-day")
    assert found.case.guests(found.now) == (GUEST,)
    assert found.case.guests(found.now + DAY) == ()
    assert whys(found)[4:] == ["no-member", None, "already", None, "no-member", "not-theirs"]
    found.do(Guest(officer=GUEST, until=found.now + 10 * DAY), "co-day")  # while it runs: another time
    assert found.case.guests(found.now + 2 * DAY) == (GUEST,)
    found.do(Leave(guest=True), "us-guest")
    assert found.case.guests(found.now) == ()
    found.do(Say(), "us-guest")
    assert whys(found)[-1] == "no-member"


def test_a_guest_whose_time_is_over_needs_a_new_invitation() -> None:
    found = story()
    found.do(Guest(officer=GUEST, until=found.now + 600), "co-day")
    found.world.now += 3600
    found.do(Join(guest=True), "us-guest")
    assert whys(found)[-1] == "guest-over"
    found.do(Guest(officer=GUEST, until=found.now + MOST_GUEST_DAYS * DAY), "co-day")
    assert found.case.guests(found.now) == ()
    found.do(Join(guest=True), "us-guest")
    assert found.case.guests(found.now) == (GUEST,)


def test_the_right_to_invite_is_given() -> None:
    found = CaseStory()
    found.do(Open(title="x"), "co-night")
    found.do(Invite(contact="ec-desk", may_invite=True), "co-night")
    found.do(Join(), "ec-night")
    found.do(Invite(contact="us-desk"), "ec-night")
    found.do(Join(), "us-guest")
    found.do(Exclude(contact="us-desk"), "ec-day")
    assert set(whys(found)) == {None}
    assert set(found.case.members) == {"co-desk", "ec-desk"}


def test_who_is_shut_out_gains_nothing_by_not_having_seen_it() -> None:
    """Signed as if before the exclusion, yet behind it."""
    found = CaseStory()
    found.do(Open(title="x"), "co-night")
    found.do(Invite(contact="ec-desk", may_invite=True), "co-night")
    joined = found.do(Join(), "ec-night")
    found.do(Exclude(contact="ec-desk"), "co-night")
    for act in (Invite(contact="us-desk"), Guest(officer=GUEST, until=found.now + DAY), Say()):
        found.do(act, "ec-night", after=(joined.id,))
    assert [each.why for each in found.case.entries[4:]] == ["no-member"] * 3
    assert found.case.invited == {}


def test_an_invitation_that_is_taken_back_while_it_is_accepted() -> None:
    found = story()
    invited = found.do(Invite(contact="us-desk"), "co-day")
    found.do(Join(), "us-guest", after=(invited.id,))
    found.do(Exclude(contact="us-desk"), "co-day", after=(invited.id,))
    assert "us-desk" not in found.case.members
    assert [each.why for each in found.case.entries if each.signed.kind == "join"][-1] == "not-invited"


@settings(max_examples=30)
@given(st.data())
def test_one_case_whatever_the_order_of_arrival(data: st.DataObject) -> None:
    found = story()
    acts: list[Act] = [Invite(contact="us-desk"), Join(), Leave(), Exclude(contact="ec-desk"), Say(), Join(guest=True),
                       Guest(officer=GUEST, until=found.now + DAY), EndGuest(officer=GUEST)]  # fmt: skip
    for _ in range(data.draw(st.integers(0, 8))):
        who = data.draw(st.sampled_from(["co-night", "ec-night", "us-guest"]))
        seen = data.draw(st.lists(st.sampled_from(found.events), min_size=1, max_size=2))
        found.do(data.draw(st.sampled_from(acts)), who, after=tuple({each.id for each in seen}))
    whole = found.case
    again = case_of(data.draw(st.permutations(found.events)), found.events[0].id)
    assert again == whole
    order = [each.signed.id for each in whole.entries]
    part = case_of(data.draw(st.lists(st.sampled_from(found.events))) + found.events[:1], found.events[0].id)
    assert part is not None
    ids = [each.signed.id for each in part.entries]
    assert ids == [each for each in order if each in ids]


def test_what_is_not_proven_is_put_aside() -> None:
    found = story()
    left = found.do(Leave(), "ec-night", taken_in=None, size=None)
    assert found.case.unproven == (left,)
    assert "ec-desk" in found.case.members
    assert case_of(found.events[1:], found.events[0].id) is None
    for order in permutations(found.events):
        assert case_of(order, found.events[0].id) == found.case


# Who may read the two messages (the first before, the second after something happened): by what, or why not.
def lost(found: CaseStory) -> None:
    found.lose("ec-night")


def new_device(found: CaseStory) -> None:
    found.enrol("ec-night/2")


def officer_goes(found: CaseStory) -> None:
    found.staff("ec-desk", "ec-day")


def officer_comes(found: CaseStory) -> None:
    found.staff("co-desk", "co-night", "co-day", "co-new")


def left(found: CaseStory) -> None:
    found.do(Leave(), "ec-day")


def guest(found: CaseStory) -> None:
    found.do(Guest(officer=GUEST, until=found.now + 2 * 3600), "co-day")
    found.do(Join(guest=True), "us-guest")


Table = dict[str, tuple[str, str]]
ALL = ("served", "served")
READING: dict[str, tuple[Callable[[CaseStory], None], int, Table]] = {
    "nothing": (
        lambda _: None,
        0,
        {"co-night": ALL, "ec-day": ALL, "co-new": ("stranger",) * 2, "us-guest": ("stranger",) * 2},
    ),
    "a new device": (new_device, 0, {"ec-night": ALL, "ec-night/2": ("not-then", "served")}),
    "a lost device": (lost, 0, {"ec-night": ("device-out",) * 2, "ec-day": ALL}),
    "an officer goes": (officer_goes, 0, {"ec-night": ("not-now", "stranger"), "ec-day": ALL}),
    "an officer comes": (officer_comes, 0, {"co-new": ("not-then", "served"), "co-day": ALL}),
    "a contact leaves": (left, 0, {"ec-day": ALL, "co-day": ALL}),
    "a guest": (guest, 0, {"us-guest": ("not-then", "guest"), "ec-day": ALL}),
    "a guest whose time is over": (guest, 2 * 3600, {"us-guest": ("guest-over",) * 2, "ec-day": ALL}),
    "a device nobody knows": (lambda _: None, 0, {"nobody": ("device-out",) * 2}),
}


@pytest.mark.parametrize("what", READING)
def test_who_may_read_what(what: str) -> None:
    happens, later, table = READING[what]
    found = story()
    first = found.say("co-night")
    happens(found)
    second = found.say("co-night")
    for handle, expected in table.items():
        told = []
        for message in (first, second):
            reading = may_read(found.case, found.world.view, message.id, local_id(handle), found.now + later)
            told.append(reading.by or reading.why_not)
            assert reading.allowed == (reading.by is not None)
        assert tuple(told) == expected, handle


def by(found: CaseStory, message: Signed, handle: str, later: int = 0) -> str | None:
    reading = may_read(found.case, found.world.view, message.id, local_id(handle), found.now + later)
    return reading.by or reading.why_not


def test_a_hand_over_to_a_new_device_and_a_new_officer() -> None:
    found = story()
    first = found.say("co-night")
    found.enrol("ec-night/2")
    found.staff("co-desk", "co-night", "co-day", "co-new")
    found.hand("ec-day", ToDevice(device=local_id("ec-night/2")), first)
    found.hand("co-day", ToOfficer(officer=officer_id("co-new")), first)
    assert by(found, first, "ec-night/2") == by(found, first, "co-new") == "handed-over"
    found.enrol("co-new/2")
    assert by(found, first, "co-new/2") == "not-then"
    found.hand("co-new", ToDevice(device=local_id("co-new/2")), first)  # what was handed over is handed on
    assert by(found, first, "co-new/2") == "handed-over"
    found.staff("co-desk", "co-night")
    assert by(found, first, "co-new") == "stranger"
    assert list(readable(found.case, found.world.view, local_id("ec-night"), found.now)) == [first.id]


def test_nobody_hands_over_what_they_cannot_read() -> None:
    found = story()
    first = found.say("co-night")
    found.staff("ec-desk", "ec-night", "ec-day")
    found.enrol("ec-night/2")
    found.enrol("ec-night/3")
    found.hand("ec-night/2", ToDevice(device=local_id("ec-night/3")), first)
    assert by(found, first, "ec-night/3") == "not-then"
    found.do(Guest(officer=GUEST, until=found.now + DAY), "co-day")
    found.do(Join(guest=True), "us-guest")
    second = found.say("co-night")
    found.hand("us-guest", ToDevice(device=local_id("ec-night/3")), first, second)
    assert by(found, first, "ec-night/3") == "not-then"
    found.hand("co-day", ToOfficer(officer=GUEST), first)
    assert by(found, first, "us-guest") == "handed-over"
    found.do(EndGuest(officer=GUEST), "co-night")
    assert by(found, first, "us-guest") == by(found, second, "us-guest") == "guest-over"


def test_a_hand_over_to_a_contact_that_joined_later() -> None:
    found = story()
    first = found.say("co-night")
    red = found.say("co-night", named_only=True)
    early = found.hand("co-day", ToContact(contact="us-desk"), first)
    found.do(Invite(contact="us-desk"), "co-day")
    found.do(Join(), "us-guest")
    assert by(found, first, "us-guest") == "stranger"
    assert found.case.entries[-3].signed == early
    found.hand("ec-night", ToContact(contact="us-desk"), first, red)
    assert by(found, first, "us-guest") == "handed-over"
    assert by(found, red, "us-guest") == "stranger"
    found.hand("co-day", ToOfficer(officer=GUEST), red)
    assert by(found, red, "us-guest") == "stranger"


def test_what_is_only_for_those_named_is_no_guests() -> None:
    found = story()
    guest(found)
    red = found.say("co-night", named_only=True)
    found.hand("co-day", ToOfficer(officer=GUEST), red)
    assert (by(found, red, "us-guest"), by(found, red, "ec-day")) == ("not-then", "served")
    found.enrol("ec-day/2")
    found.hand("ec-day", ToDevice(device=local_id("ec-day/2")), red)
    assert by(found, red, "ec-day/2") == "handed-over"


def test_a_hand_over_by_a_device_that_was_lost_before_counts_for_nothing() -> None:
    found = story()
    first = found.say("co-night")
    found.enrol("ec-day/2")
    found.lose("ec-night")
    found.hand("ec-night", ToDevice(device=local_id("ec-day/2")), first)
    assert by(found, first, "ec-day/2") == "not-then"


def test_what_is_to_be_erased_is_read_by_nobody() -> None:
    found = story()
    first = found.say("co-night", erase_at=found.now + 600)
    assert [by(found, first, "ec-day", later) for later in (0, 539, 540)] == ["served", "served", "erased"]
    assert by(found, found.events[1], "ec-day") == "no-such-message"
