"""A message that nobody answers: every stage and the call list, by the clock; the same with the relay started anew.

`Story.wait` lets time pass while the relay is down: it is started anew before each step, and sweeps what is due.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from story_desk import Desk, told
from story_world import Built, Story, fresh_batch, play

from desk.errors import Declined
from desk.link.session import connected
from desk.mail.calls import came
from desk.mail.ordering import add_stage, order
from desk.mail.schedule import GRACE, Schedule
from desk.mail.timeline import repeats, rows, schedule_of
from desk.mail.twice import accepted_twice
from desk.profile.answering import decide
from desk.replica.statements import device_voice, send
from directory.bodies import ContactBody
from directory.statement import PublishContact
from relay.rules.mailbox import CLOCK_SKEW

pytest_plugins = ("built_story",)


@pytest.fixture
async def story(tmp_path: Path, built: Built) -> AsyncIterator[Story]:
    async with play(tmp_path, built) as story:
        yield story


def stands(desk: Desk, number: int) -> Schedule:
    """The schedule of a message at a desk."""
    with desk.opened() as open_desk:
        return schedule_of(open_desk.mail, open_desk.replica().view, open_desk.mail.get(number), desk.clock())


def states(desk: Desk, number: int) -> list[str]:
    return [each.state for each in stands(desk, number).turns]


def read(desk: Desk, number: int) -> str:
    """What an officer reads of it."""
    with desk.opened() as at:
        stored, view, now = at.mail.get(number), at.replica().view, desk.clock()
        return "\n".join(rows(schedule_of(at.mail, view, stored, now), stored.message, view, now))


def twice(desk: Desk) -> list[str]:
    """What is told of texts that two contacts have accepted."""
    with desk.opened() as at:
        return accepted_twice(at.mail, at.replica().view, [each.number for each in at.mail.all()])


async def ordered(desk: Desk, number: int, act: Any, turn: int = 0) -> None:
    """`enlace stage stop` or `hasten`."""
    with desk.opened() as at:
        async with connected(at.keyring, desk.clock) as client:
            await order(at, client, number, act, turn)


async def test_a_flash_that_nobody_answers_walks_every_stage_and_the_call_list(story: Story) -> None:
    """Also: the relay is started anew before each step. Nothing is left out, and nothing comes twice."""
    ar, day, night, late, chief = map(story.desk, ("ar-night", "ar-day", "co-night", "co-late", "co-chief"))
    number = await ar.send("co-desk", subject="Three persons", precedence="flash")
    await night.exchange()
    assert states(ar, number) == ["done", "waiting", "waiting"]
    await story.wait(599)
    await late.exchange()
    await ar.exchange()
    assert late.subjects() == []
    assert states(ar, number) == ["done", "waiting", "waiting"]
    await story.wait(1)
    for desk in (late, ar, day, night):
        await desk.exchange()
    assert late.subjects() == ["Three persons"]
    for desk in (ar, day, night, late):
        assert states(desk, 1) == ["done", "done", "waiting"]
    await story.wait(600)
    taken = (await chief.exchange()).taken
    (said,) = told(taken)
    assert said.startswith("CALL: a flash message of ar-desk, signed ")
    assert "waits for co-desk, co-court, and nobody has accepted it" in said
    assert chief.messages() == []  # nothing of the message itself
    for desk in (ar, day, night, late):
        await desk.exchange()
        assert states(desk, 1) == ["done", "done", "done"]
        assert stands(desk, 1).next is None
    assert "done        " in read(ar, number)
    await story.wait(600)
    assert told((await chief.exchange()).taken) == []  # it rings once
    with chief.opened() as open_desk:
        assert len(came(open_desk.mail.each_line())) == 1


async def test_whoever_accepts_late_stops_what_is_to_come_and_everybody_sees_who(story: Story) -> None:
    ar, day, night, late = map(story.desk, ("ar-night", "ar-day", "co-night", "co-late"))
    number = await ar.send("co-desk", subject="Three persons", precedence="flash")
    await story.wait(600)
    await night.exchange()
    await late.exchange()
    await late.decide(1, "accepted")
    await story.wait(600)
    for desk in (ar, day, night):
        await desk.exchange()
    for desk in (ar, day, night, late):
        assert states(desk, 1) == ["done", "done", "stopped"]
        assert f"stopped     co-court, co (device {late.device[:8]}) accepted" in read(desk, 1)
    assert told((await story.desk("co-chief").exchange()).taken) == []
    with pytest.raises(Declined, match="first"):
        await night.decide(1, "accepted")
    assert number == 1


async def test_what_is_dated_back_is_signed_anew_and_no_relay_accused(story: Story) -> None:
    """By a machine that slept between signing and sending; whose clock is slow throughout decides nothing."""
    ar, night, late = map(story.desk, ("ar-night", "co-night", "co-late"))
    await ar.send("co-desk", subject="Three persons", precedence="flash")
    await night.exchange()
    await story.wait(700)
    now, proofs, right = story.clock(), list[int](), 10**6

    def asking() -> int:
        proofs.append(now)
        return now

    with night.opened() as desk:
        desk.clock = lambda: now if len(proofs) >= right else now - 690
        async with connected(desk.keyring, asking) as client:
            with pytest.raises(Declined, match="too long ago; sign it anew"):
                await decide(desk, client, 1, "accepted", "")
            assert desk.mail.get(1).facts.decided == ""
            right = len(proofs) + 1  # as soon as the relay was asked again
            assert (await decide(desk, client, 1, "accepted", "")).facts.decided == "accepted"
    assert GRACE == CLOCK_SKEW
    for each in (ar, late):
        assert told((await each.exchange()).taken) == []
        assert states(each, 1) == ["done", "done", "stopped"]


async def test_two_who_accept_at_once_one_wins_and_it_stays_so_over_a_restart(story: Story) -> None:
    """The laptop and the desk of one contact, and one of another, at the same moment."""
    ar, night, laptop, late = map(story.desk, ("ar-night", "co-night", "co-laptop", "co-late"))
    await ar.send("co-desk", subject="Three persons", precedence="flash")
    await story.wait(600)
    desks = (night, laptop, late)
    for desk in desks:
        await desk.exchange()
    answers = await asyncio.gather(*(desk.decide(1, "accepted") for desk in desks), return_exceptions=True)
    (winner,) = [desk for desk, answer in zip(desks, answers, strict=True) if not isinstance(answer, BaseException)]
    losers = [desk for desk in desks if desk is not winner]
    assert all(isinstance(each, Declined) for each in answers if isinstance(each, BaseException))
    await story.here.restart()
    for desk in losers:
        with pytest.raises(Declined) as caught:
            await desk.decide(1, "accepted")
        assert caught.value.problem == "already-decided"
        assert winner.device in caught.value.line
        await desk.exchange()
        assert stands(desk, 1).ended is not None
    await ar.exchange()
    ended = stands(ar, 1).ended
    assert ended is not None
    assert ended.device == winner.device


async def test_who_has_left_the_contact_answers_for_it_no_more(story: Story) -> None:
    """At a desk that knows it, and at one that does not yet: the relay refuses that one."""
    ar, night, laptop = map(story.desk, ("ar-night", "co-night", "co-laptop"))
    await ar.send("co-desk", subject="Three persons", precedence="flash")
    for desk in (night, laptop):
        await desk.exchange()
    with story.desk("co-chief").opened() as at:
        async with connected(at.keyring, story.clock) as client:
            batch = await fresh_batch(at, client, (device_voice(at.keyring),))
            body, others = batch.body(ContactBody(names={"en": "Desk"})), (story.built.officers["co-chief"],)
            about = {"member": "co", "country": "CO", "function": "trafficking-24-7", "officers": others}
            batch.issue(PublishContact, contact="co-desk", body=body, **about)
            await send(client, batch)
    with pytest.raises(Declined) as caught:
        await laptop.decide(1, "accepted")
    assert caught.value.problem == "not-allowed"
    await night.exchange()
    with pytest.raises(Declined, match="no longer serves co-desk"):
        await night.decide(1, "accepted")
    await ar.exchange()
    assert states(ar, 1) == ["done", "waiting", "waiting"]


async def test_the_sender_stops_the_clock_and_both_sides_see_it(story: Story) -> None:
    ar, day, night, late = map(story.desk, ("ar-night", "ar-day", "co-night", "co-late"))
    number = await ar.send("co-desk", subject="Three persons", precedence="flash")
    await day.exchange()
    await ordered(day, 1, "stop")  # a colleague's desk, while the sender is away
    await story.wait(1200)
    for desk in (ar, night, late, day):
        await desk.exchange()
    assert late.subjects() == []
    for desk in (ar, day, night):
        assert states(desk, 1) == ["done", "stopped", "stopped"]
        assert f"stopped     by ar-desk, ar (device {day.device[:8]})" in read(desk, 1)
    with pytest.raises(Declined) as caught:
        await ordered(ar, number, "stop")
    assert caught.value.problem == "clock-stopped"
    await night.decide(1, "accepted")  # who has it may still accept


async def test_the_sender_hastens_and_the_next_keeps_its_time(story: Story) -> None:
    ar, night, late, chief = map(story.desk, ("ar-night", "co-night", "co-late", "co-chief"))
    number = await ar.send("co-desk", subject="Three persons", precedence="flash")
    await ordered(ar, number, "hasten", 1)
    for desk in (late, night, ar):
        await desk.exchange()
    (opened,) = late.messages()
    assert opened.facts.warnings == ()  # earlier than signed, by an order that came with it
    for desk in (ar, night, late):
        assert states(desk, 1) == ["done", "hastened", "waiting"]
    assert told((await chief.exchange()).taken) == []
    await story.wait(1200)
    assert len(told((await chief.exchange()).taken)) == 1


async def test_a_stage_that_is_added_is_shown_with_the_first(story: Story) -> None:
    ar, late = story.desk("ar-night"), story.desk("co-late")
    number = await ar.send("co-desk", subject="Three persons", precedence="flash", escalate=False)
    with ar.opened() as at:
        added = add_stage(at, number, ("co-court",))
    assert (await ar.flush()).kept == {}
    await late.exchange()
    (came_there,) = late.messages()
    assert came_there.message.again == ar.messages()[0].message.id
    assert late.subjects() == ["Three persons"]
    with ar.opened() as at:
        assert [each.number for each in repeats(at.mail, at.mail.get(number))] == [added]
    night, day = story.desk("co-night"), story.desk("ar-day")
    await late.decide(1, "accepted")
    await day.exchange()
    assert twice(day) == []
    await night.exchange()
    await night.decide(1, "accepted")  # each of the two has one winner
    for desk in (ar, day):
        await desk.exchange()
        (words,) = twice(desk)
        assert "accepted twice: co-desk accepted message 1; co-court accepted message 2. Telephone them" in words
    assert twice(night) == []


async def test_data_about_a_victim_reach_only_the_named_and_the_alternate_is_called(story: Story) -> None:
    from desk.handling.marks import Handling

    ar, late = story.desk("ar-night"), story.desk("co-late")
    for marks in (Handling(tlp="RED"), Handling(victim=True)):
        number = await ar.send("co-desk", subject="One person", precedence="flash", handling=marks)
        stored = ar.messages()[-1].message
        assert [each.contacts for each in stored.stages] == [("co-desk",)]
        assert [(each.after, each.contacts, each.administrators) for each in stored.calls] == [
            (600, ("co-court",), ()),
            (1200, (), ("co",)),
        ]
        assert number
    await story.wait(600)
    assert [each.partition(",")[0] for each in told((await late.exchange()).taken)] == [
        "CALL: a flash message of ar-desk"
    ] * 2
    assert late.messages() == []
