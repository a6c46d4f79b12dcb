"""A relay that skips, delays or hastens a turn of a message: the sender or a recipient notices, unlocked or asleep."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from directory_world import NAME
from night_hours import Hours, until
from relay_bodies import ORIGIN
from story_desk import Desk, marked, told
from story_liar import LOG, RECEIPT, Handed, LyingRelay
from story_world import Built, Story, play
from test_story_night import asleep

from crypto.cosignature import log_keys
from crypto.policy import Policy, PolicyLog
from desk.alarms.evidence_words import look_into
from desk.mail.heard import Hearing
from desk.mail.message_warnings import WARNINGS
from desk.mail.schedule import GRACE
from desk.notices.clocks import Clock, clocks
from desk.terminal import stamp
from directory.evidence_checked import Verdict
from relay.protocol.lines import Notice, Step, device_name, receipt_name, write_line
from relay.protocol.stream import Item

pytest_plugins = ("lying_story",)
CLOCK = 600  # of a flash


def word(here: LyingRelay, number: int, stage: int, after: int, event: Any = "released") -> Handed:
    """The relay's signed word of a turn, dated so long after its receipt."""
    leaf = here.taken[0].relayed.leaf
    network = here.relay.directory.view.founded.id
    line = Notice(network=network, envelope=leaf.envelope, at=leaf.time + after, event=event, devices=(), stage=stage)
    raw = write_line(line, receipt_name(NAME), RECEIPT)
    return Item(number=number, kind="notice", envelope=leaf.envelope, size=len(raw)), raw


async def flash(story: Story) -> tuple[Desk, int]:
    ar = story.desk("ar-night")
    await ar.send("co-desk", subject="Good evening", precedence="flash")
    return ar, story.clock.now


async def alarms(desk: Desk) -> list[str]:
    """What an exchange warns of, but for where it is kept."""
    found = told((await desk.exchange()).taken)
    for each in found:
        assert f"What was seen is kept in {desk.path}/alarms/" in each
        assert " checks it: enlace proof verify " in each or "handed message" in each or "accept" in each
    return [each.partition(". What was seen")[0] for each in found]


def kept(desk: Desk) -> set[str]:
    (folder,) = (desk.path / "alarms").iterdir()
    return {each.name for each in folder.iterdir()}


def checked(desk: Desk) -> Verdict:
    """What a second party finds, who has the newest file of an alarm and the log's keys, and nothing else."""
    *_, folder = sorted((desk.path / "alarms").iterdir(), key=lambda each: each.stat().st_mtime_ns)
    keys = log_keys(ORIGIN, LOG.public)
    return look_into((folder / "alarm.evidence").read_bytes(), Policy(tuple(map(PolicyLog, keys))))


async def test_a_relay_that_skips_a_stage_is_noticed_by_the_sender(story: Story, here: LyingRelay) -> None:
    ar, sent = await flash(story)
    here.hand(ar)  # of what becomes of it not a word
    story.clock.now += CLOCK + GRACE
    assert await alarms(ar) == []  # it may be on its way
    story.clock.now += 1
    assert await alarms(ar) == [
        "ALARM: the relay gives no sign that stage 1 of message 1 was released, which was due at "
        f"{stamp(sent + CLOCK)}: telephone whom it was for"
    ]
    assert await alarms(ar) == []  # once
    assert marked(ar.messages()[0])[-1] == WARNINGS["turn-late"]
    assert kept(ar) == {"turns.json", "receipt.json", "alarm.evidence"}
    assert not checked(ar).proven  # nobody signs silence
    assert "gave no sign" in checked(ar).finding
    here.hand(ar, word(here, 1, 1, CLOCK + GRACE + 1))
    assert len(await alarms(ar)) == 1
    assert checked(ar).proven  # now it has signed that it was late


async def test_a_relay_that_delays_a_stage_is_noticed_by_its_own_word(story: Story, here: LyingRelay) -> None:
    ar, sent = await flash(story)
    here.hand(ar, word(here, 1, 1, CLOCK + GRACE + 1))
    assert await alarms(ar) == [
        f"ALARM: the relay released stage 1 of message 1 only at {stamp(sent + CLOCK + GRACE + 1)}, by its own signed "
        f"word; it was due at {stamp(sent + CLOCK)}"
    ]
    assert kept(ar) == {"turns.json", "receipt.json", "notice-1.txt", "alarm.evidence"}
    assert checked(ar).proven


@pytest.mark.parametrize("event", ["released", "hastened"])
async def test_a_relay_that_hastens_a_stage_is_noticed_by_both_sides(
    story: Story, here: LyingRelay, event: str
) -> None:
    ar, sent = await flash(story)
    co = story.desk("co-night")
    here.hand(ar, word(here, 1, 1, 60, event))
    here.hand(co, here.taken[0].item(1), word(here, 2, 1, 60, event))
    for desk in (ar, co):
        assert await alarms(desk) == [
            f"ALARM: the relay released stage 1 of message 1 at {stamp(sent + 60)}, before it was due at "
            f"{stamp(sent + CLOCK)}, and no signed order of the sender's side to do so is here"
        ]
        assert WARNINGS["turn-early"] in marked(desk.messages()[0])
        assert checked(desk).proven == (event == "released")  # an order to hasten may be kept back


async def test_a_relay_that_says_it_was_stopped_and_not_by_whom(story: Story, here: LyingRelay) -> None:
    ar, sent = await flash(story)
    here.hand(ar, word(here, 1, 1, 60, "stopped"))
    (words,) = await alarms(ar)
    assert words == (
        f"ALARM: the relay passed over stage 1 of message 1, which was due at {stamp(sent + CLOCK)}: no signed line of "
        "anybody who stopped it is here; telephone whom it was for"
    )
    assert marked(ar.messages()[0])[-1] == WARNINGS["turn-skipped"]
    assert "was stopped, and not by whom" in checked(ar).finding


async def test_a_relay_that_hands_a_message_over_late_is_noticed_by_whom_it_was_for(
    story: Story, here: LyingRelay
) -> None:
    """Its notices are dated in time, and it said to this desk that nothing waits."""
    _, sent = await flash(story)
    co, laptop = story.desk("co-night"), story.desk("co-laptop")
    here.hand(co)
    story.clock.now += GRACE
    assert await alarms(co) == []
    story.clock.now += 1
    assert await alarms(co) == []
    here.hand(laptop, here.taken[0].item(1))  # it was not asked in between: nobody knows when it would have come
    assert await alarms(laptop) == []
    here.hand(co, here.taken[0].item(1))
    assert await alarms(co) == [
        f"ALARM: the relay handed message 1 (flash) over only at {stamp(sent + GRACE + 1)}. It was due at "
        f"{stamp(sent)}, and at {stamp(sent + GRACE + 1)} the relay said that nothing waits for this desk"
    ]
    assert marked(co.messages()[0]) == [WARNINGS["handed-late"]]
    assert marked(laptop.messages()[0]) == []
    assert kept(co) == {"late.json", "receipt.json"}


async def test_beside_a_watch_a_desk_knows_what_the_watch_has_heard(story: Story, here: LyingRelay) -> None:
    ar, sent = await flash(story)
    here.hand(ar)
    await ar.exchange()
    story.clock.now = sent + CLOCK + GRACE + 1
    assert told(ar.take_in()) == []  # nothing was heard since
    Hearing(ar.path, story.clock).idle()  # as `enlace watch` does, which has the stream
    (words,) = told(ar.take_in())
    assert "gives no sign that stage 1 of message 1 was released" in words


def accepts(desk: Desk, here: LyingRelay, number: int, after: int) -> Handed:
    """The signed step of a recipient's officer, so long after the receipt."""
    leaf, network = here.taken[0].relayed.leaf, here.relay.directory.view.founded.id
    line = Step(network=network, envelope=leaf.envelope, at=leaf.time + after, device=desk.device, act="accepted")
    raw = write_line(line, device_name(NAME, desk.device), desk.keyring.device)
    return Item(number=number, kind="step", envelope=leaf.envelope, size=len(raw)), raw


async def test_a_relay_that_runs_on_after_an_acceptance_or_lets_two_be_first_is_noticed(
    story: Story, here: LyingRelay
) -> None:
    ar, sent = await flash(story)
    co, laptop = story.desk("co-night"), story.desk("co-laptop")
    here.hand(ar, accepts(co, here, 1, 60))
    assert await alarms(ar) == []
    here.hand(ar, word(here, 2, 1, CLOCK))
    assert await alarms(ar) == [
        f"ALARM: the relay released stage 1 at {stamp(sent + CLOCK)} of message 1, although co-desk, co (device "
        f"{co.device[:8]}) accepted at {stamp(sent + 60)}, by the clock of that device"
    ]
    here.hand(ar, accepts(laptop, here, 3, 61))
    (words,) = await alarms(ar)
    assert words.startswith("ALARM: the relay let more than one officer accept message 1 first: ")
    assert marked(ar.messages()[0]) == [WARNINGS["turn-unstopped"], WARNINGS["accepted-twice"]]
    here.hand(ar, word(here, 4, 2, 2 * CLOCK))
    assert await alarms(ar) == []  # once


async def test_an_honest_relay_is_accused_of_nothing_and_the_clock_goes_when_it_has_ended(story: Story) -> None:
    ar, _ = await flash(story)
    assert len(clocks(ar.path, story.clock())) == 1
    assert await alarms(ar) == []
    for _ in range(12):
        if not clocks(ar.path, story.clock()):
            break
        await story.wait(CLOCK)
        for _ in range(100):  # the relay sweeps in the background
            assert await alarms(ar) == []
            if _due(clocks(ar.path, story.clock())) > story.clock():
                break
    assert clocks(ar.path, story.clock()) == []


def _due(found: list[Clock]) -> int:
    """When the next turn is due; far ahead if none is."""
    return min((turn.due for each in found for turn in each.turns), default=2**40)


async def test_an_acceptance_ends_the_clock(story: Story) -> None:
    ar, _ = await flash(story)
    co = story.desk("co-night")
    await co.exchange()
    assert [each.own for each in clocks(co.path, story.clock())] == [False]
    await co.decide(1, "accepted")
    await ar.exchange()
    assert clocks(ar.path, story.clock()) == []
    await co.exchange()
    assert clocks(co.path, story.clock() + CLOCK) == []


# --- asleep: a relay whose timers the test does not move gives no sign by itself


@pytest.fixture
async def still(tmp_path: Path, built: Built) -> AsyncIterator[Story]:
    async with play(tmp_path / "still", built) as story:
        yield story


async def test_a_locked_desk_wakes_its_officer_when_there_is_no_sign(still: Story) -> None:
    ar, sent = await flash(still)
    hours = Hours(still.clock)
    async with asleep(ar, hours) as screen:
        await until(lambda: "listening" in screen.happened)
        await hours.go(CLOCK + GRACE)
        assert "overdue" not in screen.happened
        await hours.go(1)
        assert screen.happened[-2:] == ["overdue", "BELL"]
        assert screen.alarmed
        first, do = screen.last("overdue").splitlines()
        assert first == (
            f"{stamp(still.clock())}  ALARM: the relay gives no sign that stage 1 of the flash message that ar-desk "
            f"sent at {stamp(sent)} was released at {stamp(sent + CLOCK)}."
        )
        assert do.strip() == "Do     telephone whom it was for; `enlace receipts 1` shows what is known"
        await hours.go(120)
        assert screen.happened[-2:] == ["ring", "BELL"]
        assert "Rings again (2): 1 overdue at the relay: telephone." in screen.last("ring")
        # Started anew, the relay sees that it is late, and says so: the bell falls silent, and the desk has its word.
        await still.here.restart()
        await until(lambda: "notice" in screen.happened)
        rang = screen.count("BELL")
        await hours.go(3 * 120)
        assert screen.count("BELL") == rang
    (words,) = told(ar.take_in())
    assert "released stage 1 of message 1 only at" in words


async def test_a_relay_that_is_away_when_a_stage_is_due_is_told_without_accusing_it(
    story: Story, here: LyingRelay
) -> None:
    ar, _ = await flash(story)
    hours = Hours(story.clock)
    async with asleep(ar, hours) as screen:
        await until(lambda: "listening" in screen.happened)
        here.down = True  # what stands in front of it answers, and it does not
        await here.restart()
        await until(lambda: "unreachable" in screen.happened)
        await hours.go(CLOCK + GRACE + 1)
        assert screen.happened[-2:] == ["overdue", "BELL"]
        assert "The relay cannot be reached: nobody here knows whether stage 1" in screen.last("overdue")
        assert not screen.alarmed
