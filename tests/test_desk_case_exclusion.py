"""Who is out of a case stays out: nothing they, or a friend, sign as if they had not seen it has an effect."""

import pytest
from case_world import DAY, CaseStory
from directory_world import local_id, officer_id

from desk.cases.acts import (
    Act,
    CaseEvent,
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
)
from desk.cases.audience import audience
from desk.cases.fold import Signed
from desk.cases.reading import may_read
from desk.cases.removals import Reach
from desk.cases.told_beside import going_words
from desk.events.form import MOST_AFTER

GUEST = officer_id("us-guest")


def story() -> CaseStory:
    found = CaseStory()
    found.begin()
    return found


def whys(found: CaseStory) -> list[str | None]:
    return [each.why for each in found.case.entries]


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


def out(found: CaseStory, before: Signed) -> dict[str, set[str]]:
    """Whom a case has when ec-desk, which had been put out, signs as if it had only seen `before`: in, invited, guests;
    for every one of a few acts, whatever its hash."""
    co_new = officer_id("co-new")
    for act in (Invite(contact="us-desk"), Guest(officer=co_new, until=found.now + DAY), Exclude(contact="pe-desk")):
        for _ in range(4):  # hashes differ, and decide of what crossed
            forged = found.do(act, "ec-night", after=(before.id,))
            found.do(Join(), "us-guest", after=(forged.id,))
            found.do(Join(guest=True), "co-new", after=(forged.id,))
    case = found.case
    assert {each.why for each in case.entries if each.signed.contact == "ec-desk"} <= {None, "no-member", "not-invited"}
    return {"in": set(case.members), "invited": set(case.invited), "guests": set(case.guests(found.now))}


@pytest.mark.parametrize("end", [Exclude(contact="ec-desk"), Leave()], ids=["excluded", "left"])
def test_nobody_reaches_back_behind_their_going_however_much_lies_between(end: Act) -> None:
    found = CaseStory()
    found.do(Open(title="x"), "co-night")
    found.do(Invite(contact="ec-desk", may_invite=True), "co-night")
    joined = found.do(Join(), "ec-night")
    found.do(Invite(contact="pe-desk"), "ec-night")
    found.do(Join(), "us-guest", contact="pe-desk")
    handed = HandOver(messages=("0" * 64,), receiver=ToContact(contact="ec-desk"))
    found.do(handed, "co-night")  # which a forged invitation would stand before
    found.do(end, "co-night" if isinstance(end, Exclude) else "ec-night")
    expected = {"in": {"co-desk", "pe-desk"}, "invited": set[str](), "guests": set[str]()}
    assert out(found, joined) == expected


def test_who_pretends_to_have_left_before_is_out_all_the_same() -> None:
    """It leaves, invites a friend and is invited by it, all as if before the exclusion."""
    found = CaseStory()
    found.do(Open(title="x"), "co-night")
    for contact, who in (("ec-desk", "ec-night"), ("us-desk", "us-guest")):
        found.do(Invite(contact=contact, may_invite=True), "co-night")
        found.do(Join(), who)
    before = found.events[-1]
    found.do(HandOver(messages=("0" * 64,), receiver=ToContact(contact="ec-desk")), "co-night")
    found.do(Exclude(contact="ec-desk"), "co-night")
    friend = found.do(Invite(contact="pe-desk", may_invite=True), "ec-night", after=(before.id,))
    gone = found.do(Leave(), "ec-night", after=(friend.id,))
    again = found.do(Invite(contact="ec-desk", may_invite=True), "us-guest", after=(gone.id,))
    found.do(Join(), "ec-night", after=(again.id,))
    found.do(Join(), "us-guest", contact="pe-desk", after=(friend.id,))
    assert set(found.case.members) == {"co-desk", "us-desk"}
    assert found.case.invited == {}


def test_who_was_put_out_is_called_back_by_who_did_it_and_has_seen_it() -> None:
    found = CaseStory()
    found.do(Open(title="x"), "co-night")
    for contact, who in (("ec-desk", "ec-night"), ("us-desk", "us-guest")):
        found.do(Invite(contact=contact, may_invite=True), "co-night")
        found.do(Join(), who)
    before = found.events[-1]
    found.do(Exclude(contact="us-desk"), "co-night")
    found.do(Invite(contact="us-desk"), "ec-night")
    found.do(Guest(officer=GUEST, until=found.now + DAY), "ec-night")
    found.do(Join(guest=True), "us-guest")
    assert whys(found)[-3:] == ["not-theirs", None, "not-invited"]
    found.do(Invite(contact="us-desk"), "co-day", after=(before.id,))
    assert "crossed" in whys(found)
    assert "us-desk" not in {*found.case.members, *found.case.invited}
    found.do(Invite(contact="us-desk"), "co-day")
    found.do(Join(), "us-guest")
    assert "us-desk" in found.case.members


def test_a_guest_who_was_ended_comes_back_by_who_ended_it() -> None:
    found = CaseStory()
    found.do(Open(title="x"), "co-night")
    found.do(Invite(contact="ec-desk", may_invite=True), "co-night")
    before = found.do(Join(), "ec-night")
    invitation = Guest(officer=GUEST, until=found.now + DAY)
    found.do(invitation, "co-night")
    joined = found.do(Join(guest=True), "us-guest")
    found.do(EndGuest(officer=GUEST), "co-day")
    for after in ((before.id,), (joined.id,), None):
        found.do(invitation, "ec-night", after=after)
        found.do(Join(guest=True), "us-guest")
    assert found.case.guests(found.now) == ()
    found.do(invitation, "co-night")
    found.do(Join(guest=True), "us-guest")
    assert found.case.guests(found.now) == (GUEST,)


def test_two_who_exclude_each_other() -> None:
    """Each has invited the other, once: who stands nearer to the opening stays."""
    found = CaseStory()
    found.do(Open(title="x"), "co-night")
    found.do(Invite(contact="ec-desk", may_invite=True), "co-night")
    found.do(Join(), "ec-night")
    found.do(Invite(contact="us-desk", may_invite=True), "ec-night")
    joined = found.do(Join(), "us-guest")
    found.do(Leave(), "ec-night")
    found.do(Invite(contact="ec-desk", may_invite=True), "us-guest")
    back = found.do(Join(), "ec-night")
    for _ in range(3):
        found.do(Exclude(contact="us-desk"), "ec-night", after=(back.id,))
        found.do(Exclude(contact="ec-desk"), "us-guest", after=(back.id,))
    assert joined.id != back.id
    assert set(found.case.members) == {"co-desk", "us-desk"}


def test_a_guests_time_ends_by_what_was_seen_whatever_the_clock_says() -> None:
    found = story()
    until = found.now + DAY
    found.do(Guest(officer=GUEST, until=until), "co-day")
    found.do(Join(guest=True), "us-guest")
    found.do(Say(), "co-night", taken_in=until)
    assert found.case.guests(until - 3600) == ()


def test_who_has_left_excludes_nobody_as_if_it_had_not() -> None:
    """Whichever hash is the lower, and whether it was a member or who opened the case."""
    for who, number in ((who, number) for who in ("ec-night", "co-night") for number in range(6)):
        found = CaseStory()
        found.do(Open(title=f"x{number}"), "co-night")
        found.do(Invite(contact="ec-desk", may_invite=True), "co-night")
        found.do(Join(), "ec-night")
        found.do(Invite(contact="us-desk"), who)
        joined = found.do(Join(), "us-guest")
        found.do(Leave(), who)
        before = set(found.case.members)
        found.do(Exclude(contact="us-desk"), who, after=(joined.id,))
        assert "us-desk" in before
        assert set(found.case.members) == before


@pytest.mark.parametrize("end", [Exclude(contact="ec-desk"), Leave()], ids=["excluded", "left"])
def test_who_is_out_silences_nobody_by_an_act_that_waits_for_ever(end: Act) -> None:
    found = CaseStory()
    found.do(Open(title="x"), "co-night")
    found.do(Invite(contact="ec-desk", may_invite=True), "co-night")
    joined = found.do(Join(), "ec-night")
    found.do(Invite(contact="us-desk"), "ec-night")
    found.do(Join(), "us-guest")
    found.do(Guest(officer=officer_id("co-new"), until=found.now + DAY), "ec-night")
    newest = found.do(Join(guest=True), "co-new")
    found.staff("co-desk", "co-night", "co-day", "co-new")
    named = {
        act: CaseEvent(case=found.events[0].id, after=("f" * 64,), act=act)
        for act in (Exclude(contact="us-desk"), EndGuest(officer=officer_id("co-new")))
    }
    for act, event in named.items():
        found.do(act, "ec-night", event=event)
        found.do(act, "ec-night", after=(joined.id,), taken_in=None, size=None)
    going = audience(found.case, found.world.view, found.now)
    assert going.going == tuple(sorted(("us-desk", officer_id("co-new"))))  # while ec-desk is in, it may
    told = sorted(going_words(found.case, found.world.view, found.now))
    assert told[0].startswith(
        f"officer {officer_id('co-new')[:8]} gets nothing of this: it was put out by ec-desk, by an"
    )
    assert told[1] == "us-desk gets nothing of this: it was put out by ec-desk, by an act that is not proven here yet"
    found.do(end, "co-night" if isinstance(end, Exclude) else "ec-night", after=(newest.id,))
    heard = audience(found.case, found.world.view, found.now)
    assert "us-desk" in heard.members
    assert (heard.guests, heard.going) == ((officer_id("co-new"),), ())
    assert not list(going_words(found.case, found.world.view, found.now))


def test_one_receipt_that_is_dated_far_ahead_ends_nobodys_time() -> None:
    found = story()
    found.do(Guest(officer=GUEST, until=found.now + 30 * DAY), "co-day")
    found.do(Join(guest=True), "us-guest")
    kept = found.say("co-night", erase_at=found.now + 60 * DAY)
    at = found.now
    found.say("us-guest", to=("co-desk",), contact="us-desk", taken_in=at + 6 * DAY)  # no member's: no effect
    assert found.case.entries[-1].why == "no-member"
    assert found.case.time(at) == at
    found.say("ec-night", taken_in=at + 50 * 365 * DAY)  # a member's, by a relay that lies
    assert found.case.time(at) == at
    assert found.case.guests(at) == (GUEST,)
    assert may_read(found.case, found.world.view, kept.id, local_id("ec-day"), at).allowed


def test_what_strangers_sign_by_the_hundred_neither_hides_what_members_did_nor_is_kept_squared() -> None:
    found = CaseStory()
    found.do(Open(title="x"), "co-night")
    found.do(Invite(contact="ec-desk"), "co-night")
    joined = found.do(Join(), "ec-night")
    flood = HandOver(messages=("0" * 64,), receiver=ToContact(contact="us-desk"))
    for _ in range(MOST_AFTER + 6):
        found.do(flood, "us-guest", after=(joined.id,))
    assert joined.id in found.case.after
    assert len(found.case.after) == MOST_AFTER
    gone = found.do(Exclude(contact="ec-desk"), "co-night", after=(joined.id,))
    assert gone.id in found.case.after
    back = CaseEvent(case=found.events[0].id, after=found.case.after, act=Invite(contact="ec-desk"))
    found.do(back.act, "co-night", event=back)
    assert set(found.case.invited) == {"ec-desk"}
    reach = Reach(found.events, {each.id for each in found.events if each.contact != "us-desk"})
    assert max(each.bit_length() for each in reach._before.values()) <= 4
    assert reach.knows(gone.id, joined.id)
    assert not reach.knows(joined.id, gone.id)
