"""A key set of this device that its desk does not know: whose it is, as far as the desk can say.

A desk that has kept its list of keys says that somebody else made the set. One whose list began anew (damaged, or not
there) does not know what it has published, until the relay has taken a set of the new list: so it says, and has nobody
revoked.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from desk_world import withheld
from story_desk import Desk
from story_liar import Asked, Given, LyingRelay, answering
from story_world import DAY, Story

from desk.link.session import connected
from directory.keyset import EPOCH, GRACE, KeySet, open_keyset, write_keyset
from relay.protocol import routes
from relay.protocol.lines import device_name
from relay.protocol.requests import KeySets, KeySetsWanted

pytest_plugins = ("lying_story",)

THIEF = "somebody else has this device's keys: have it revoked at once, by telephone"
NOT_OURS = "this desk did not make it"
ANEW = "this desk's list of its own keys began anew"
NOTHING = "If nobody uses a copy of this profile, nothing is to be done"
OPENS = "what is sealed to its keys opens here"
SOME = "not all that is sealed to its keys opens here"
NONE = "what is sealed to its keys does not open here"


@pytest.fixture
async def co(story: Story) -> Desk:
    """A desk whose second key set is with the relay."""
    desk = story.desk("co-night")
    await desk.exchange()
    await story.wait(15 * DAY)
    await desk.log_in()
    await desk.exchange()
    return desk


def listed(desk: Desk) -> Path:
    return desk.path / "vault" / "epochs.age"


def damaged(desk: Desk) -> None:
    listed(desk).write_bytes(b"spoilt")


def missing(desk: Desk) -> None:
    listed(desk).unlink()


def bare(desk: Desk) -> None:
    """A profile put back from a copy that was made before the first exchange, or without the vault."""
    for pattern in ("epoch*.age", "fallback-*.age"):
        for path in (desk.path / "vault").glob(pattern):
            path.unlink()


async def exchanged(desk: Desk) -> list[str]:
    """What the officer is told of key sets at an exchange; whether it went well is another matter."""
    with desk.opened() as opened:
        async with connected(opened.keyring, desk.clock) as client:
            await opened.exchange(client)
        return [each for each in opened.untold().warnings if "key set" in each]


async def newest(desk: Desk) -> KeySet:
    """This device's newest key set at the relay."""
    with desk.opened() as opened:
        identity, public = opened.profile.identity, opened.keyring.device.public
        async with connected(opened.keyring, desk.clock) as client:
            wanted = KeySetsWanted(devices=(identity.device,))
            (note,) = (await client.call("POST", routes.KEYSETS, wanted, answer=KeySets)).keysets
    name = device_name(identity.name, identity.device)
    return open_keyset(note.encode(), identity.network, identity.device, name, public)


async def stolen(desk: Desk, folder: Path) -> KeySet:
    """Whoever has a copy of the device's keys, but none of its epochs, publishes a set above the newest."""
    thief = Desk(desk.name, folder, desk.passphrase, desk.clock, desk.phones)
    shutil.copytree(desk.path, folder)
    bare(thief)
    found = await newest(desk)
    with thief.opened() as opened:
        identity, epochs = opened.profile.identity, opened.keyring.epochs
        assert epochs.renew(identity.network, identity.device, desk.clock()) is not None
        epochs.overtake(found.number)
        keyset = epochs.renew(identity.network, identity.device, desk.clock())
        assert keyset is not None
        note = write_keyset(keyset, device_name(identity.name, identity.device), opened.keyring.device)
        async with connected(opened.keyring, desk.clock) as client:
            await client.call("PUT", routes.KEYSET, data=note, kind=routes.NOTE)
    return keyset


@contextmanager
def unanswered(here: LyingRelay, arrives: bool, *, only: int = 0) -> Iterator[None]:
    """What is put as key set `only` (of all, 0) gets no good answer, whether it `arrives` or not."""

    def meant(asked: Asked) -> bool:
        named = not only or f'"number":{only}'.encode() in asked.body
        return (asked.method, asked.path) == ("PUT", routes.KEYSET) and named

    def lost(asked: Asked) -> bytes:
        return b"" if meant(asked) and not arrives else asked.body

    def silence(asked: Asked, given: Given) -> Given:
        return replace(given, status=503, body=b"") if meant(asked) or not asked.body else given

    here.changes.append(lost)
    here.lies.append(answering("PUT", routes.KEYSET, silence))
    yield
    here.changes.clear()
    here.lies.clear()


def is_in_doubt(told: list[str], number: int, opening: str) -> bool:
    """Whether exactly this is told: a set that this desk cannot call its own, nor another's."""
    (words,) = told
    assert THIEF not in words
    assert NOT_OURS not in words
    assert "revoked" not in words
    return f"key set of this device, number {number}, " in words and all(
        each in words for each in (ANEW, NOTHING, opening)
    )


def is_alarm(told: list[str], number: int, opening: str) -> bool:
    (words,) = told
    return f"key set of this device, number {number}, " in words and all(
        each in words for each in (THIEF, NOT_OURS, opening)
    )


async def reached(story: Story, desk: Desk) -> None:
    """What is sealed to the desk now opens."""
    story.clock.now += 30
    ar = story.desk("ar-night")
    await ar.log_in()
    await ar.send("co-desk", subject="To the keys of now")
    await desk.exchange()
    assert "To the keys of now" in desk.subjects()


LOSSES = pytest.mark.parametrize(("loss", "opening"), [(damaged, OPENS), (missing, OPENS), (bare, NONE)])


@LOSSES
async def test_a_list_that_began_anew_accuses_nobody(
    story: Story, co: Desk, loss: Callable[[Desk], None], opening: str
) -> None:
    loss(co)
    assert is_in_doubt(await exchanged(co), 2, opening)
    assert await exchanged(co) == []
    assert (await newest(co)).number == 3
    await reached(story, co)


@pytest.mark.parametrize("loss", [damaged, missing])
async def test_nor_after_a_run_whose_set_did_not_arrive(
    story: Story, here: LyingRelay, co: Desk, loss: Callable[[Desk], None]
) -> None:
    """The damage was told by then, and the new list is stored."""
    loss(co)
    with unanswered(here, arrives=False):
        assert await exchanged(co) == []
    with co.opened() as opened:
        assert opened.keyring.epochs.problem() == ""
    assert is_in_doubt(await exchanged(co), 2, OPENS)
    await reached(story, co)


@pytest.mark.parametrize("arrives", [True, False])
async def test_nor_where_the_set_above_the_unknown_one_was_not_answered(
    story: Story, here: LyingRelay, co: Desk, arrives: bool
) -> None:
    damaged(co)
    with unanswered(here, arrives, only=3):
        assert is_in_doubt(await exchanged(co), 2, OPENS)
        assert (await newest(co)).number == (3 if arrives else 2)
    assert await exchanged(co) == []
    assert (await newest(co)).number == 3
    await reached(story, co)


async def test_nor_where_that_one_arrived_and_the_list_is_lost_again(story: Story, here: LyingRelay, co: Desk) -> None:
    damaged(co)
    with unanswered(here, arrives=True, only=3):
        await exchanged(co)
    bare(co)
    assert is_in_doubt(await exchanged(co), 3, NONE)
    await reached(story, co)


@pytest.mark.parametrize("began_anew", [True, False])
async def test_an_answer_that_was_lost_and_keys_that_go_afterwards(
    story: Story, here: LyingRelay, co: Desk, began_anew: bool
) -> None:
    """The set that arrived is followed by another; nobody is told of either."""
    if began_anew:
        damaged(co)
        await exchanged(co)
    await story.wait(15 * DAY)
    await co.log_in()
    with unanswered(here, arrives=True):
        assert await exchanged(co) == []
    there = await newest(co)
    await story.wait(2 * EPOCH + GRACE)
    await co.log_in()
    assert await exchanged(co) == []
    assert (await newest(co)).number > there.number
    assert (await newest(co)).fallback == there.fallback


async def test_the_first_set_of_all_whose_answer_was_lost_is_no_stranger(story: Story, here: LyingRelay) -> None:
    await story.enrol("co-new", story.desk("co-chief"), "co", story.built.officers["co-night"])
    new = story.desk("co-new")
    with unanswered(here, arrives=True):
        assert await exchanged(new) == []
    assert (await newest(new)).number == 1
    assert await exchanged(new) == []
    with new.opened() as opened:
        assert not opened.keyring.epochs.anew()


async def test_a_desk_that_has_kept_its_list_tells_of_a_thief(story: Story, co: Desk, tmp_path: Path) -> None:
    keyset = await stolen(co, tmp_path / "thief")
    await story.wait(15 * DAY)
    await co.log_in()
    assert is_alarm(await exchanged(co), keyset.number, NONE)
    assert await exchanged(co) == []
    await reached(story, co)


async def test_a_list_that_began_anew_is_one_that_is_kept_as_soon_as_the_relay_has_a_set_of_it(
    story: Story, co: Desk, tmp_path: Path
) -> None:
    damaged(co)
    assert is_in_doubt(await exchanged(co), 2, OPENS)
    keyset = await stolen(co, tmp_path / "thief")
    await story.wait(15 * DAY)
    await co.log_in()
    assert is_alarm(await exchanged(co), keyset.number, NONE)


async def test_what_a_thief_published_while_the_list_was_lost_is_told_and_does_not_open(
    story: Story, co: Desk, tmp_path: Path
) -> None:
    """Formerly nothing was said of it."""
    keyset = await stolen(co, tmp_path / "thief")
    damaged(co)
    assert is_in_doubt(await exchanged(co), keyset.number, NONE)
    await reached(story, co)


async def test_an_older_list_put_back_beside_newer_keys_says_that_they_open(story: Story) -> None:
    co = story.desk("co-night")
    await co.exchange()
    before = listed(co).read_bytes()
    await story.wait(15 * DAY)
    await co.log_in()
    await co.exchange()
    listed(co).write_bytes(before)
    assert is_alarm(await exchanged(co), 2, OPENS)


async def test_keys_that_are_not_read_now_hold_up_nothing(story: Story, co: Desk) -> None:
    damaged(co)
    (fallback,) = (co.path / "vault").glob("fallback-*.age")
    with withheld(fallback):
        assert is_in_doubt(await exchanged(co), 2, SOME)
    await reached(story, co)
