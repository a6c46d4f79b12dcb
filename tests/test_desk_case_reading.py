"""Who may read what of a case when devices, officers and guests change: a table, and attempts to get round it."""

from collections.abc import Callable

import pytest
from case_world import DAY, CaseStory
from directory_world import local_id, officer_id

from desk.cases.acts import (
    EndGuest,
    Exclude,
    Guest,
    Invite,
    Join,
    Leave,
    Say,
    ToContact,
    ToDevice,
    ToOfficer,
)
from desk.cases.fold import Signed
from desk.cases.reading import may_read, readable

GUEST = officer_id("us-guest")


def story() -> CaseStory:
    found = CaseStory()
    found.begin()
    return found


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
    "a contact leaves": (left, 0, {"ec-day": ("served", "stranger"), "co-day": ALL}),
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


def test_a_guests_time_to_the_second() -> None:
    found = story()
    until = found.now + 3600
    found.do(Guest(officer=GUEST, until=until), "co-day")
    found.do(Join(guest=True), "us-guest")
    first = found.say("co-night")
    found.enrol("us-guest/2")
    assert by(found, first, "us-guest/2") == "not-then"
    assert [by(found, first, "us-guest", until - found.now - left) for left in (1, 0)] == ["guest", "guest-over"]
    late = found.say("co-night", taken_in=until)
    found.world.now = until
    found.do(Guest(officer=GUEST, until=until + DAY), "co-day")
    found.do(Join(guest=True), "us-guest")
    again = found.say("co-night")
    stranger = found.do(Say(guest=True), "us-guest", contact="pe-desk")
    assert [by(found, each, "us-guest") for each in (first, late, again, stranger)] == ["not-then", "not-then"] + [
        "guest"
    ] * 2
    found.do(Say(), "ec-day", contact="pe-desk")
    assert by(found, found.events[-1], "us-guest") == "not-then"  # said by somebody who may not
    found.do(EndGuest(officer=GUEST), "co-day")
    assert by(found, found.say("co-night"), "us-guest") == "guest-over"


def test_a_hand_over_is_for_whom_it_names() -> None:
    found = story()
    first = found.say("co-night")
    for device in ("ec-night/2", "ec-day/2"):
        found.enrol(device)
    found.hand("ec-day", ToDevice(device=local_id("ec-night/2")), first)
    assert (by(found, first, "ec-night/2"), by(found, first, "ec-day/2")) == ("handed-over", "not-then")
    second = found.say("co-night")
    assert by(found, second, "ec-day/2") == "served"
    found.hand("ec-day", ToOfficer(officer=officer_id("ec-night")), first)
    assert by(found, first, "ec-day/2") == "not-then"
    found.enrol("ec-day/3")
    found.hand("ec-night/2", ToOfficer(officer=officer_id("ec-day")), second)
    assert (by(found, first, "ec-day/3"), by(found, second, "ec-day/3")) == ("not-then", "handed-over")


def test_a_hand_over_to_a_contact_is_for_who_serves_it_then_and_now() -> None:
    found = story()
    first = found.say("co-night", to=())
    found.staff("ec-desk", "ec-night")
    found.hand("co-day", ToContact(contact="ec-desk"), first)
    assert (by(found, first, "ec-night"), by(found, first, "ec-day")) == ("handed-over", "stranger")
    found.staff("ec-desk", "ec-day")
    assert (by(found, first, "ec-night"), by(found, first, "ec-day")) == ("stranger", "stranger")


def test_what_was_handed_over_is_not_handed_on_by_a_device_that_is_out() -> None:
    found = story()
    first = found.say("co-night")
    found.enrol("ec-day/2")
    found.enrol("ec-day/3")
    found.hand("ec-day", ToDevice(device=local_id("ec-day/2")), first)
    found.lose("ec-day/2")
    found.hand("ec-day/2", ToDevice(device=local_id("ec-day/3")), first)
    found.hand("ec-nobody", ToDevice(device=local_id("ec-day/3")), first)
    assert by(found, first, "ec-day/3") == "not-then"


def test_what_a_contact_was_handed_it_hands_on_within_itself() -> None:
    found = story()
    first = found.say("co-night")
    found.do(Invite(contact="us-desk"), "co-day")
    found.do(Join(), "us-guest")
    found.hand("co-day", ToContact(contact="us-desk"), first)
    found.enrol("us-guest/2")
    assert by(found, first, "us-guest/2") == "stranger"
    found.hand("us-guest", ToDevice(device=local_id("us-guest/2")), first)
    assert by(found, first, "us-guest/2") == "handed-over"


def test_what_was_sealed_to_whom_a_lagging_desk_took_for_a_member_is_not_read() -> None:
    found = story()
    first = found.say("co-day")
    before = found.events[-1]
    found.do(Exclude(contact="ec-desk"), "co-night")
    late = found.do(Say(), "co-day", after=(found.events[2].id, before.id), to=("ec-desk",))
    found.enrol("ec-day/2")
    found.hand("co-day", ToContact(contact="ec-desk"), late)
    found.hand("ec-day", ToDevice(device=local_id("ec-day/2")), late, first)
    assert [by(found, each, "ec-day") for each in (first, late)] == ["served", "stranger"]
    assert [by(found, each, "ec-day/2") for each in (first, late)] == ["handed-over", "stranger"]
    # Nor where somebody who is out says that it had seen that message before.
    found.do(Invite(contact="us-desk"), "ec-night", after=(found.events[2].id, late.id))
    assert by(found, late, "ec-day") == "stranger"


def test_a_guest_who_lost_the_contact_it_came_from_is_none() -> None:
    found = story()
    guest(found)
    first = found.say("co-night")
    found.world.add_officer("us-late", "us")
    found.staff("us-desk", "us-late")
    second = found.say("co-night")
    assert [by(found, each, "us-guest") for each in (first, second)] == ["guest-over"] * 2
    found.hand("co-day", ToOfficer(officer=GUEST), first)
    assert by(found, first, "us-guest") == "guest-over"


def test_what_a_guest_says_is_not_its_colleagues() -> None:
    found = story()
    found.world.admit(found.world.publishing("us-desk", "us", ("us-guest",)), "us-chief")
    found.world.add_officer("us-late", "us")
    found.staff("us-desk", "us-guest", "us-late")
    guest(found)
    said = found.do(Say(guest=True), "us-guest", to=("co-desk", "ec-desk"))
    assert [by(found, said, each) for each in ("us-guest", "us-late", "ec-day")] == ["guest", "stranger", "served"]
