"""A case on real desks, through a real relay: who gets what, who is in it, and what stays locked when people change."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cases_played import Played, device_of
from story_world import DAY, Built, play

from desk.cases.acts import EndGuest, Exclude, Guest, Invite, Join, Leave, ToContact, ToOfficer
from desk.cases.writing import acting
from desk.commands.case_sending import queue
from desk.mail.content import HandedOver

pytest_plugins = ("built_story",)
BOTH = ("ar-night", "co-night")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "cases.md"
STATES = ("reads, with its file", "reads, not its file", "locked", "does not have it")


@pytest.fixture
async def played(tmp_path_factory: pytest.TempPathFactory, built: Built) -> AsyncIterator[Played]:
    async with play(tmp_path_factory.mktemp("case"), built) as story:
        case = Played(story)
        await case.open("ar-night", "ar-desk", "co-desk")
        await case.do("co-night", Join(), joining=True)
        yield case


def on_the_page() -> dict[str, tuple[str, ...]]:
    """The rows of the table in docs/cases.md."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    found = {what: tuple(rest) for what, *rest in rows}
    return {what: cells for what, cells in found.items() if cells[0] in STATES}


async def test_who_can_read_what_is_what_the_page_says(played: Played) -> None:
    """Every row of the table of docs/cases.md, tried on real desks: reading a message, and opening its file."""
    story, officers, told = played.story, played.story.built.officers, dict[str, tuple[str, ...]]()
    first = await played.say("ar-night", "before", file=True)
    everybody = ("ar-night", "ar-day", "co-night", "co-laptop")
    await played.sync(*everybody)

    for name in ("co-new", "co-again"):  # an officer's new devices
        await story.enrol(name, story.desk("co-chief"), "co", officers["co-night"])
        await story.desk(name).exchange()
    await story.revoke_laptop()  # a device is lost
    await played.staff("ar-desk", "ar-night")  # an officer is moved off the contact
    until = story.clock() + 2 * 3600  # within the shift
    await played.do("ar-night", Guest(officer=officers["co-late"], until=until), officers=(officers["co-late"],))
    await played.give_acts("ar-night", ToOfficer(officer=officers["co-late"]))
    await played.do("co-late", Join(guest=True), joining=True)  # a guest
    second = await played.say("ar-night", "after", file=True)
    await played.sync("ar-night", "ar-day", "co-night", "co-new", "co-again", "co-late")
    both = (first, second)
    told["an officer who serves"] = await played.states("co-night", *both)
    told["an officer's new device"] = await played.states("co-new", *both)
    told["a lost device, which was revoked"] = await played.states("co-laptop", *both)
    told["an officer who serves another contact now"] = await played.states("ar-day", *both)
    told["a guest"] = await played.states("co-late", *both)
    assert played.look("co-new").case is None  # it was not given who is in the case: it holds the second, and waits

    await played.hand("co-night", device_of(story.desk("co-new")), first)
    await played.hand("ar-night", ToOfficer(officer=officers["co-late"]), first)
    await played.sync("co-new", "co-late", *BOTH)
    told["a new device, after a hand-over"] = await played.states("co-new", *both)
    told["a guest, after a hand-over"] = await played.states("co-late", *both)
    assert [played.reading("co-new", each) for each in both] == ["handed-over", "served"]
    given = played.look("co-new").events[first].by
    assert (given.contact if given else "", played.said("co-new")) == ("co-desk", ["before", "after"])
    played.recover("co-night", "co-again")
    told["a new device, with the recovery file of another"] = await played.states("co-again", *both)

    story.clock.now = until  # the guest's time is over
    third = await played.say("ar-night", "later", file=True)
    await played.sync("co-late", "co-night")
    told["a guest whose time is over"] = await played.states("co-late", second, third)
    await played.staff("co-desk", "co-night", "co-late")  # a new officer of the contact
    fourth = await played.say("ar-night", "to the new officer too", file=True)
    await played.sync("co-night", "co-late")
    told["a new officer of the contact"] = await played.states("co-late", third, fourth)
    await played.do("co-night", Leave())  # the contact leaves
    await played.do("ar-night", Invite(contact="co-court"), contacts=("co-court",))
    await played.give_acts("ar-night", ToContact(contact="co-court"))
    await played.do("co-late", Join(), joining=True)  # another joins
    fifth = await played.say("ar-night", "without them", file=True)
    await played.sync("co-night", "co-late")
    told["a contact that has left"] = await played.states("co-night", fourth, fifth)
    told["a contact that joined later"] = await played.states("co-late", third, fifth)
    assert told == on_the_page()


async def test_a_contact_that_is_invited_later_knows_who_is_in_it_and_reads_nothing_from_before(played: Played) -> None:
    first = await played.say("co-night", "before")
    await played.do("ar-night", Invite(contact="co-court"), contacts=("co-court",))
    await played.give_acts("ar-night", ToContact(contact="co-court"))
    between = await played.say("co-night", "between")
    await played.do("co-late", Join(), joining=True)
    second = await played.say("ar-night", "after")
    await played.sync("co-late", *BOTH)
    found = [played.look(each) for each in ("co-late", *BOTH)]
    cases = [each.case for each in found]
    assert {frozenset(each.members) for each in cases if each} == {frozenset({"ar-desk", "co-desk", "co-court"})}
    assert played.said("co-late") == ["after"]
    assert {each: played.reading("co-late", each) for each in (first, between)} == {
        first: "nothing",
        between: "nothing",
    }
    await played.hand("ar-night", ToContact(contact="co-court"), between)
    await played.sync("co-late")
    assert played.said("co-late") == ["between", "after"]
    assert played.reading("co-late", second) == "served"
    with played.story.desk("co-night").opened() as desk:  # which has no session, and writes before it hears of it
        written = queue(desk, played.writing(desk, "to one who is put out meanwhile"))
    with played.story.desk("ar-night").opened() as desk:  # likewise: what it put out gets nothing from it any more
        whose = played.whose(desk)
        queue(desk, acting(whose, played.held(desk), Exclude(contact="co-court"), contacts=("co-court",)))
        assert played.writing(desk, "before it is sent").contacts == ("co-desk",)
    await played.sync("ar-night")
    exchanged = await played.story.desk("co-night").exchange()
    assert "co-court went out of the case" in exchanged.flushed.kept[written.number]
    assert played.split("ar-night", ToContact(contact="co-desk"), 20, 13, 2, 32) == [32, 2, 32]
    await played.say("ar-night", "without them")
    await played.sync("co-late")
    late = played.look("co-late").case
    assert late is not None
    assert "co-court" not in late.members
    assert played.said("co-late") == ["between", "after"]


async def test_what_a_guest_says_goes_to_no_colleague_and_red_to_no_guest(played: Played) -> None:
    story, officers = played.story, played.story.built.officers
    await played.staff("co-court", "co-late", "co-night")  # a colleague of the guest's
    until = story.clock() + DAY
    await played.do("co-night", Guest(officer=officers["co-late"], until=until), officers=(officers["co-late"],))
    look = played.look("co-night")
    assert look.case is not None
    assert look.case.entries[-1].why == "may-not-invite"
    await played.do("ar-night", Guest(officer=officers["ar-day"], until=until), officers=(officers["ar-day"],))
    await played.staff("ar-desk", "ar-night")
    await played.do("ar-night", EndGuest(officer=officers["ar-day"]), officers=(officers["ar-day"],))
    await played.do("ar-night", Guest(officer=officers["co-late"], until=until), officers=(officers["co-late"],))
    await played.give_acts("ar-night", ToOfficer(officer=officers["co-late"]))
    await played.do("co-late", Join(guest=True), joining=True)
    red = await played.say("ar-night", "for those named", tlp="RED")
    said = await played.say("co-late", "from the guest")
    await played.sync("co-late", *BOTH)
    assert played.reading("co-late", red) == "nothing"
    assert [played.reading(each, said) for each in ("co-late", *BOTH)] == ["guest", "served", "served"]
    with story.desk("co-laptop").opened() as desk:
        assert not [each for each in desk.mail.all() if isinstance(each.message.content, HandedOver)]
