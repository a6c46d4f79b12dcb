"""A whole exchange over the wire, where time, crashes and old copies of a profile come into it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from story_desk import Desk
from story_world import Built, Story, built_once, play

from desk.errors import Locked, Usage
from desk.keyring import open_keyring
from desk.message import MOST_REASON
from desk.session import connected
from desk.unlocked import unlocked
from directory.keyset import EPOCH, choose, open_keyset
from directory.statement import PublishContact

DAY = 86_400
YEAR = 365 * DAY


@pytest.fixture
async def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return await built_once(tmp_path_factory.getbasetemp())


@pytest.fixture
async def story(tmp_path: Path, built: Built) -> AsyncIterator[Story]:
    async with play(tmp_path, built) as found:
        found.clock.now += 60
        yield found


def numbers_seen(desk: Desk, of: Desk) -> tuple[int, bool]:
    """The number of the key set `desk` holds of `of`, and whether it would have to use the fallback now."""
    with desk.opened() as opened:
        view = opened.replica().view
        (note,) = opened.store.keysets([of.device]).values()
        device = view.devices[of.device]
        keyset = open_keyset(note, view.founded.id, of.device, view.device_name(of.device), device.keys)
        return keyset.number, choose(keyset, desk.clock()).fallback


def seeds(desk: Desk) -> int:
    return len(list((desk.path / "vault").glob("epoch-*.age")))


async def test_a_clock_years_ahead_erases_no_key_and_publishes_none_for_another_year(story: Story) -> None:
    """The battery of a laptop's clock died: its owner reads and is read by all the same, once the clock is right."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Before")
    before = seeds(co)
    ahead = story.clock.now + 3 * YEAR
    with unlocked(co.profile, co.passphrase, lambda: ahead) as desk:
        desk.take_in()
        assert desk._key_time() <= story.clock.now + DAY
        assert desk.keyring.epochs.erase(desk._key_time()) == 0
        keyset = desk.keyring.epochs.renew("7" * 64, co.device, desk._key_time())
        assert keyset is None
    assert seeds(co) == before
    await co.exchange()
    assert co.subjects() == ["Before"]


async def test_a_profile_put_back_from_a_copy_publishes_above_and_goes_on(story: Story, tmp_path: Path) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    copy = tmp_path / "copy"
    shutil.copytree(co.path, copy)
    await story.wait(2 * EPOCH + DAY)
    for each in (ar, co):
        await each.log_in()
        await each.exchange()
    await ar.send("co-desk", subject="To the newer keys")
    newer, _ = numbers_seen(ar, co)
    shutil.rmtree(co.path)
    shutil.copytree(copy, co.path)
    story.clock.now += 30
    await co.log_in()
    exchanged = await co.exchange()
    assert len(exchanged.taken.refused) + len(exchanged.taken.messages) == 1
    await ar.send("co-desk", subject="To the keys of now")
    assert numbers_seen(ar, co) == (newer + 1, False)
    await co.exchange()
    assert "To the keys of now" in co.subjects()


async def test_a_set_that_could_not_be_published_does_not_keep_the_next_one_back(story: Story) -> None:
    """Made before a long time without the network, it is published first, and the one for now right behind it."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    story.clock.now += 2 * EPOCH
    with co.opened() as desk:
        identity = desk.profile.identity
        assert desk.keyring.epochs.renew(identity.network, identity.device, story.clock.now) is not None
    await story.wait(10 * EPOCH)
    for each in (ar, co):
        await each.log_in()
        await each.exchange()
    await ar.send("co-desk", subject="x")
    assert not numbers_seen(ar, co)[1]


async def test_one_message_that_cannot_go_holds_up_no_other(story: Story) -> None:
    ar = story.desk("ar-night")
    stuck = ar.queue("co-court", subject="Nobody serves it any more")
    other = ar.queue("co-desk", subject="This one goes", escalate=False)
    chief = story.desk("co-chief")
    with chief.opened() as desk:
        contact = desk.replica().view.contacts["co-court"]
    fields = {"member": "co", "country": "CO", "function": contact.function, "body": contact.body}
    await story.issue(chief, kind=PublishContact, contact="co-court", officers=(), **fields)
    flushed = await ar.flush()
    assert flushed.sent == [other]
    assert "co-court has no live device" in flushed.kept[stuck]
    again = await ar.flush()
    assert (again.sent, set(again.kept)) == ([], {stuck})


async def test_a_reason_too_long_is_told_before_the_relay_is(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="x")
    await co.exchange()
    with pytest.raises(Usage, match="at most 4000 are possible"):
        await co.decide(1, "refused", "x" * (MOST_REASON + 1))
    assert (await co.decide(1, "accepted")).facts.decided == "accepted"


async def test_an_officer_who_decides_again_after_a_crash_gets_its_own_answer(story: Story) -> None:
    """The relay had the step, the desk did not live to note it: the same decision goes through a second time."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="x")
    await co.exchange()
    before = co.path.parent / "before"
    shutil.copytree(co.path, before)
    await co.decide(1, "accepted")
    shutil.rmtree(co.path)
    shutil.copytree(before, co.path)
    story.clock.now += 5
    assert (await co.decide(1, "accepted")).facts.decided == "accepted"


async def test_what_a_crash_left_unfinished_is_swept_when_the_profile_is_opened(story: Story) -> None:
    co = story.desk("co-night")
    left = [co.path / folder / ".unfinished-0123456789abcdef" for folder in ("", "vault", "files", "spool")]
    _make(left)
    with co.opened() as desk:
        async with connected(desk.keyring, co.clock) as client:
            await desk.exchange(client)
    assert _there(left) == []


def _make(paths: list[Path]) -> None:
    for path in paths:
        path.write_bytes(b"a sealed seed, perhaps")


def _there(paths: list[Path]) -> list[Path]:
    return [path for path in paths if path.exists()]


async def test_only_one_process_has_a_profile_unlocked(story: Story) -> None:
    co = story.desk("co-night")
    with co.opened(), pytest.raises(Locked), co.opened():
        pass
    assert open_keyring(co.profile, co.passphrase).device.public.id == co.device
