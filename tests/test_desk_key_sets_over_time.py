"""Weeks and months pass: what a desk that was away still opens, what its senders are told, and when keys run out."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from story_desk import Desk, Eyes
from story_world import Story, built_once, play

from desk.commands.telling import tell_keys
from desk.entries.plain import plain
from desk.entries.words import Around, page
from desk.keys.key_sets import MOST_REFRESHED, WARNED, spent, wanted
from desk.link.session import connected
from desk.mail.trail import trail
from desk.terminal import stamp
from directory.entry import Entry, entries
from directory.finding.answering import Answer
from directory.keyset import EPOCH, EPOCHS_AHEAD, GRACE

DAY = 86_400
WHOLE = (EPOCHS_AHEAD + 1) * EPOCH + GRACE  # from a desk's last exchange until its keys have run out


@pytest.fixture
async def story(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    async with play(tmp_path, await built_once(tmp_path_factory.getbasetemp())) as found:
        yield found


async def daily(*desks: Desk) -> None:
    """Desks that are used every day."""
    for each in desks:
        await back(each)


async def back(desk: Desk) -> None:
    """A desk that was away is unlocked, with a code that was not used yet."""
    desk.clock.now += 30
    await desk.log_in()
    await desk.exchange()


def entry(desk: Desk, contact: str) -> Entry:
    """What `enlace show` shows on a desk."""
    with desk.opened() as opened:
        view, store, now = opened.replica().view, opened.store, desk.clock()
        out = spent(store, view, now)
        return {each.id: each for each in entries(view, store.bodies(), now, store.covered, "", out)}[contact]


def heard(desk: Desk) -> list[str]:
    """What the officer is told of keys, at `enlace status`."""
    eyes = Eyes()
    with desk.opened() as opened:
        plain = tell_keys(eyes, opened)
    assert len(plain) == len(eyes.seen)
    assert json.dumps(plain)
    return eyes.seen


def happened(desk: Desk, number: int) -> list[str]:
    """What a sender is shown of a message."""
    with desk.opened() as opened:
        return [each.what for each in trail(opened.mail, opened.replica().view, opened.mail.get(number))]


async def test_45_days_away_everything_that_has_not_expired_opens(story: Story) -> None:
    """Sent on days 1, 20, 31, 40 and 44. What expired is told to the sender; nothing is sealed to the fallback."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await back(co)
    sent: dict[str, int] = {}
    day = 0
    for on, expires in ((1, 14), (20, 7), (31, 14), (31, 15 - 1), (40, 2), (40, 14), (44, 1), (44, 14)):
        await story.wait((on - day) * DAY)
        day = on
        await daily(ar)
        subject = f"day {on}, {expires} days, {len(sent)}"
        sent[subject] = await ar.send("co-desk", subject=subject, expires_in=expires * DAY - 60)
    with ar.opened() as opened:
        warned = {number: set(opened.mail.get(number).facts.warnings) for number in sent.values()}
    # Time leaps here, by days, and the relay with it: its turns come late, and that is told.
    assert {each - {"turn-late"} == set() for each in warned.values()} == {True}
    await story.wait(DAY - 3600)
    await back(co)
    open_still = {
        "day 31, 14 days, 2",
        "day 31, 14 days, 3",
        "day 40, 14 days, 5",
        "day 44, 1 days, 6",
        "day 44, 14 days, 7",
    }
    assert set(co.subjects()) == open_still
    await daily(ar)
    for subject, number in sent.items():
        told = happened(ar, number)
        assert ("delivered" in told) == (subject in open_still), subject
        assert ("expired" in told) == (subject not in open_still), subject


async def test_a_set_held_for_long_is_fetched_anew_before_sealing(story: Story) -> None:
    """Both were used all the time; they only had nothing to say to one another for three months."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Then")
    await back(co)
    for _ in range(2):
        await story.wait(50 * DAY)
        await daily(co, ar)
    number = await ar.send("co-desk", subject="Now")
    with ar.opened() as opened:
        assert not any("fallback" in each for each in opened.mail.get(number).facts.warnings)
    await back(co)
    assert co.subjects() == ["Then", "Now"]


async def test_no_contact_is_shown_as_unable_to_receive_by_an_old_set(story: Story) -> None:
    """A set held for three months says nothing of today: the next exchange fetches the newest."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Then")
    for _ in range(2):
        await story.wait(50 * DAY)
        await daily(co)
    await back(ar)
    assert entry(ar, "co-desk").reach == "enlace"


async def used_until(story: Story, days: int) -> None:
    """Only ar's people and co's administrator use their desks."""
    await daily(*(story.desk(each) for each in ("co-night", "co-laptop", "co-late")))
    await story.desk("ar-night").send("co-desk", subject="Before the summer")
    for _ in range(days // 26):
        await story.wait(26 * DAY)
        await daily(story.desk("ar-night"), story.desk("co-chief"))


async def test_keys_that_run_out_are_told_a_week_before_and_when_they_have(story: Story) -> None:
    start = story.clock.now - story.clock.now % 3600
    ar, chief, co, late = (story.desk(each) for each in ("ar-night", "co-chief", "co-night", "co-late"))
    await used_until(story, 52)
    await story.wait(start + WHOLE - WARNED - story.clock.now - DAY)
    await daily(ar, chief)
    assert heard(chief) == []
    await story.wait(2 * DAY)
    await daily(ar, chief)
    warnings = heard(chief)
    officer = story.built.officers["co-night"][:8]
    assert len(warnings) == 3
    (words,) = (each for each in warnings if co.device[:8] in each)
    assert words.startswith(f"the keys of officer {officer} (Officer co-night), device {co.device[:8]}, run out on ")
    assert words.endswith(
        "from then on co-desk cannot receive. To renew them, have that desk unlocked, with a connection: `enlace sync`"
    )
    assert stamp(start + WHOLE)[:10] in words
    assert heard(ar) == []  # another member's
    assert entry(ar, "co-desk").reach == "enlace"
    number = await ar.send("co-desk", subject="By the fallback")
    with ar.opened() as opened:
        assert any("without forward secrecy" in each for each in opened.mail.get(number).facts.warnings)
    # Its own officer, who was there and had no network, hears of it too.
    assert any("this desk's keys run out on" in each and "run `enlace sync` here" in each for each in heard(co))
    await story.wait(7 * DAY)
    await daily(ar, chief)
    assert all("ran out on" in each for each in heard(chief))
    await shown_as_unable(story, ar)
    await back(late)
    await back(co)
    await daily(ar, chief)
    assert [co.device[:8] in each or late.device[:8] in each for each in heard(chief)] == [False]
    assert entry(ar, "co-desk").reach == "enlace"
    assert heard(co) == []
    await ar.send("co-desk", subject="Back again")
    await back(co)
    assert "Back again" in co.subjects()


async def shown_as_unable(story: Story, ar: Desk) -> None:
    """In find, show and send, in words and for programs, with telephone and e-mail instead."""
    shown = entry(ar, "co-desk")
    assert shown.reach == "cannot receive"
    words = page(shown, Answer(None), "en", story.clock.now)
    assert "CANNOT RECEIVE by Enlace: its keys ran out; telephone or e-mail" in words
    assert "+1 202-555-0143" in words
    assert plain(shown, Answer(None), "en", Around())["reach"] == "cannot receive"
    number = ar.queue("co-desk", subject="In vain")
    why = (await ar.flush()).kept[number]
    assert why.startswith("co-desk cannot receive: none of its devices has a usable key set (device ")
    assert "its keys ran out on" in why
    assert why.endswith("`enlace send --as-file` writes a file sealed under a passphrase")


async def test_only_what_is_needed_is_fetched_and_no_more_than_so_many(story: Story) -> None:
    chief, ar, co = story.desk("co-chief"), story.desk("ar-night"), story.desk("co-night")
    await daily(chief, ar, co)

    def named(desk: Desk) -> set[str]:
        with desk.opened() as opened:
            return set(wanted(opened.store, opened.replica().view, desk.profile.identity, desk.clock()))

    assert named(chief) == named(ar) == named(co) == set()  # all are held, and reach far
    with chief.opened() as opened:
        held = {device for device, _ in opened.store.all_keysets()}
    assert {story.desk(each).device for each in ("co-night", "co-laptop", "co-late")} <= held
    await story.wait(66 * DAY)
    assert named(chief) >= {story.desk(each).device for each in ("co-night", "co-laptop", "co-late")}
    assert named(co) == {co.device, *(story.desk(each).device for each in ("co-laptop",))} & named(co)
    assert MOST_REFRESHED == 1000


async def test_a_damaged_set_is_fetched_anew_and_costs_nothing_else(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk")
    with ar.opened() as opened:
        opened.store.put_keyset(co.device, 1, b"rubbish")
        assert co.device not in spent(opened.store, opened.replica().view, story.clock.now + 10 * WHOLE)
        async with connected(opened.keyring, ar.clock) as client:
            await opened.exchange(client)
    await ar.send("co-desk", subject="Sealed all the same")
    await back(co)
    assert "Sealed all the same" in co.subjects()


async def test_a_key_set_published_by_a_copy_of_the_profile_is_told(story: Story) -> None:
    """By this desk itself, before it was put back from an older copy; or by somebody who has its keys."""
    co = story.desk("co-night")
    shutil.copytree(co.path, story.folder / "older")
    await story.wait(15 * DAY)
    await back(co)
    assert told_of_keys(co) == []
    made = stamp(co.clock())
    shutil.rmtree(co.path)
    shutil.copytree(story.folder / "older", co.path)
    co.clock.now += 30
    await co.log_in()
    with co.opened() as opened:
        async with connected(opened.keyring, co.clock) as client:
            await opened.exchange(client)
            (words,) = (each for each in opened.warnings() if "key set" in each)
            await opened.exchange(client)
            assert opened.warnings() == []
    assert words.startswith(f"another key set of this device, number 2, was published on {made}, and this desk did not")
    assert "somebody else has this device's keys: have it revoked at once" in words
    await back(story.desk("ar-night"))
    await story.desk("ar-night").send("co-desk", subject="To the keys there are now")
    await co.exchange()
    assert co.subjects() == ["To the keys there are now"]


def told_of_keys(desk: Desk) -> list[str]:
    with desk.opened() as opened:
        return [each for each in opened.warnings() if "key set" in each]
