"""Cases: who comes in and goes, what crossed, and who may read what when devices, officers and guests change."""

from itertools import permutations

import pytest
from case_world import DAY, CaseStory
from directory_world import officer_id
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
    ToOfficer,
    write_event,
)
from desk.cases.fold import MOST_GUEST_DAYS, case_of

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
    ("a member as a guest it is not", [], (Say(guest=True), "ec-day"), "no-member"),
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
    found.do(Say(guest=True), "us-guest")
    found.do(Join(guest=True), "us-guest")
    found.do(Join(guest=True), "us-guest")
    found.do(Say(guest=True), "us-guest")
    found.do(Invite(contact="us-desk"), "us-guest")
    found.do(EndGuest(officer=GUEST), "ec-day")
    assert found.case.guests(found.now) == (GUEST,)
    assert found.case.guests(found.now + DAY) == ()
    # What it said stands behind the invitation, whose signer's word counts for nothing.
    assert whys(found)[4:] == ["no-member", None, "already", "no-member", None, "not-theirs"]
    found.do(Guest(officer=GUEST, until=found.now + 10 * DAY), "co-day")  # while it runs: another time
    assert found.case.guests(found.now + 2 * DAY) == (GUEST,)
    found.do(Leave(guest=True), "us-guest")
    assert found.case.guests(found.now) == ()
    found.do(Say(guest=True), "us-guest")
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
    ids = [each.signed.id for each in part.entries if each.signed.kind != "say"]
    assert ids == [each for each in order if each in ids]


@settings(max_examples=30)
@given(st.data())
def test_who_is_in_it_does_not_depend_on_the_messages_one_was_given(data: st.DataObject) -> None:
    found = story()
    acts: list[Act] = [Invite(contact="us-desk"), Join(), Leave(), Say(), Exclude(contact="ec-desk"), Say(),
                       Guest(officer=GUEST, until=found.now + DAY), Join(guest=True), Say(guest=True)]  # fmt: skip
    for _ in range(data.draw(st.integers(0, 12))):
        who = data.draw(st.sampled_from(["co-night", "ec-night", "us-guest"]))
        known = data.draw(st.lists(st.sampled_from(found.events), min_size=1, max_size=3))
        found.do(data.draw(st.sampled_from(acts)), who, after=tuple({each.id for each in known}))
    given_ones = [each for each in found.events if each.kind != "say" or data.draw(st.booleans())]
    whole, part = found.case, case_of(given_ones, found.events[0].id)
    assert part is not None
    assert (part.members, part.invited) == (whole.members, whole.invited)
    assert [(each.officer, each.by, each.until) for each in part.stays] == [
        (each.officer, each.by, each.until) for each in whole.stays
    ]
    acts_of = [
        [(each.signed, each.why) for each in case.entries if each.signed.kind != "say"] for case in (whole, part)
    ]
    assert acts_of[0] == acts_of[1]


def test_a_message_stands_before_what_its_reader_did_and_behind_what_its_writer_had_seen() -> None:
    found = story()
    first = found.do(Say(), "ec-night")
    found.do(Exclude(contact="ec-desk"), "co-night")  # who had seen it
    late = found.do(Say(), "ec-night", after=(found.events[2].id,))  # as if before the exclusion
    whys_of = {each.signed.id: each.why for each in found.case.entries}
    assert (whys_of[first.id], whys_of[late.id]) == (None, "no-member")
    assert [each.signed.kind for each in found.case.entries[3:]] == ["say", "exclude", "say"]


def test_what_one_message_had_seen_stands_before_the_act_that_saw_that_one() -> None:
    found = story()
    joined = found.events[2]
    first = found.do(Say(), "ec-night")
    second = found.do(Say(), "ec-night", after=(joined.id, first.id))
    exclusion = found.do(Exclude(contact="ec-desk"), "co-night", after=(joined.id, second.id))
    assert [each.signed for each in found.case.entries[3:]] == [first, second, exclusion]


def test_however_many_cross_the_next_one_can_be_written() -> None:
    found = story()
    joined = found.events[2]
    for _ in range(70):
        found.do(Say(), "ec-night", after=(joined.id,))
        found.do(Leave(guest=True), "ec-night", after=(joined.id,))
    assert (len(found.case.after), len(found.case.seen)) == (64, 64)
    write_event(found.do(Say(), "co-night", after=(*found.case.after, *found.case.seen)).event)


def test_what_is_not_proven_is_put_aside() -> None:
    found = story()
    left = found.do(Leave(), "ec-night", taken_in=None, size=None)
    assert found.case.unproven == (left,)
    assert "ec-desk" in found.case.members
    assert case_of(found.events[1:], found.events[0].id) is None
    for order in permutations(found.events):
        assert case_of(order, found.events[0].id) == found.case


def test_the_edges_of_a_guests_time() -> None:
    longest = MOST_GUEST_DAYS * DAY
    for until, why in ((60, "too-long"), (61, None), (longest + 60, None), (longest + 61, "too-long")):
        found = story()
        found.do(Guest(officer=GUEST, until=found.now + until), "co-day")  # said a minute from now
        assert whys(found)[-1] == why
    for later, why in ((DAY - 1, None), (DAY, "guest-over")):
        found = story()
        invited = found.do(Guest(officer=GUEST, until=found.now + DAY), "co-day")
        found.do(Join(guest=True), "us-guest", taken_in=found.now - 60 + later)
        assert (whys(found)[-1], invited.taken_in) == (why, found.now - 60)
    for early, guests in ((1, (GUEST,)), (0, ())):  # another time, while the stay runs, is no new invitation
        found = story()
        until = found.now + DAY
        found.do(Guest(officer=GUEST, until=until), "co-day")
        found.do(Join(guest=True), "us-guest")
        found.do(Guest(officer=GUEST, until=until + DAY), "co-day", taken_in=until - early)
        assert found.case.guests(until + 9) == guests


def test_what_a_guest_says_in_time_counts() -> None:
    found = story()
    until = found.now + DAY
    found.do(Guest(officer=GUEST, until=until), "co-day")
    found.do(Join(guest=True), "us-guest")
    for early, why in ((1, None), (0, "no-member")):
        found.do(Say(guest=True), "us-guest", taken_in=until - early)
        assert whys(found)[-1] == why


def test_who_invited_a_guest_ends_it_and_nobody_leaves_who_has_not_joined() -> None:
    found = CaseStory()
    found.do(Open(title="x"), "co-night")
    for contact, who in (("ec-desk", "ec-night"), ("pe-desk", "us-guest")):
        found.do(Invite(contact=contact, may_invite=True), "co-night")
        found.do(Join(), who, contact=contact)
    found.do(Guest(officer=officer_id("co-new"), until=found.now + DAY), "ec-night")
    found.do(Leave(guest=True), "co-new")
    found.do(EndGuest(officer=officer_id("co-new")), "us-guest", contact="pe-desk")
    found.do(EndGuest(officer=officer_id("co-new")), "ec-day")
    assert whys(found)[-4:] == [None, "no-member", "not-theirs", None]
