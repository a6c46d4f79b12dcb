"""A whole exchange over the wire, where time, crashes and old copies of a profile come into it."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from story_desk import Desk
from story_world import Built, Story, play

from desk.errors import Distrust, Locked, Unreachable, Usage
from desk.keys.keyring import open_keyring
from desk.keys.own_keys import making_time
from desk.link.session import connected
from desk.mail.content import MOST_REASON
from desk.profile.announcing import mark_announced, unannounced
from desk.profile.unlocked import unlocked
from directory.keyset import EPOCH, EPOCHS_AHEAD, GRACE, choose, open_keyset
from directory.statement import PublishContact

pytest_plugins = ("built_story",)

DAY = 86_400
YEAR = 365 * DAY


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
    for _ in range(3):
        with unlocked(co.profile, co.passphrase, lambda: ahead) as desk:
            (warning,) = desk.warnings()
            assert warning.startswith("you were away for 1095 days, or this machine's clock is wrong.")
            assert (
                desk.keyring.epochs.renew("7" * 64, co.device, making_time(desk.keyring.vault, desk._proven, ahead))
                is None
            )
    assert seeds(co) == before
    await co.exchange()
    assert co.subjects() == ["Before"]


async def test_a_wrong_clock_that_was_left_wrong_costs_keys_and_they_are_made_good(story: Story) -> None:
    """Warned one day and unlocked the next: what is on its way is lost, and told. Then others come in their place."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="On its way")
    ahead = story.clock.now + 3 * YEAR
    for days in (0, 1):
        with unlocked(co.profile, co.passphrase, lambda days=days: ahead + days * DAY):  # type: ignore[misc]  # mypy infers no lambda with a default
            pass
    assert seeds(co) == 0
    lost = await co.exchange()
    assert ["the key it was sealed to is not here" in each for each in lost.taken.refused] == [True]
    assert seeds(co) == EPOCHS_AHEAD + 1
    await ar.send("co-desk", subject="To the keys of now")
    assert not numbers_seen(ar, co)[1]
    await co.exchange()
    assert co.subjects() == ["To the keys of now"]


async def test_keys_go_when_the_profile_is_unlocked_though_no_relay_was_seen(story: Story) -> None:
    """A relay that stays away keeps nothing alive. Unlocked often, the clock is trusted; after long, a day later."""
    co = story.desk("co-night")
    await co.exchange()
    before = seeds(co)
    await story.here.stop()
    try:
        for _ in range(4):
            story.clock.now += 6 * DAY
            with co.opened() as desk:
                assert desk.warnings() == []
        assert seeds(co) == before - 1
        story.clock.now += 21 * DAY
        with co.opened() as desk:
            (warning,) = desk.warnings()
            assert "if it is right, nothing is to be done" in warning.casefold()
        assert seeds(co) == before - 1
        story.clock.now += DAY
        with co.opened():
            pass
        assert seeds(co) == before - 4
    finally:
        await story.here.start()


async def test_keys_go_at_the_end_of_an_exchange_that_failed(story: Story) -> None:
    co = story.desk("co-night")
    await co.exchange()
    before = seeds(co)
    with co.opened() as desk:
        story.clock.now += 6 * DAY
        for _ in range(4):
            async with connected(desk.keyring, lambda: co.clock() - 24 * DAY) as client:
                client.relay = "https://localhost:1"
                with pytest.raises(Unreachable):
                    await desk.exchange(client)
            story.clock.now += 6 * DAY
        assert seeds(co) == before - 1


async def test_what_waits_in_the_spool_is_read_before_its_key_goes(story: Story) -> None:
    """Watched for weeks, and not unlocked: at the unlocking it is opened first, by a key that goes in that moment."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    with ar.opened() as opened:
        chosen = opened.clock()
    await ar.send("co-desk", subject="From weeks ago")
    await co.listen()
    story.clock.now = chosen + EPOCH + GRACE + DAY
    before = seeds(co)
    with co.opened() as desk:  # by itself the clock is doubted, and the key stays
        assert len(desk.warnings()) == 1
        assert desk.untold().taken.messages == []
    story.clock.now += DAY
    with co.opened() as desk:
        found = desk.untold()
        assert (len(found.taken.messages), found.taken.refused) == (1, [])
    assert seeds(co) < before
    assert co.subjects() == ["From weeks ago"]


async def test_what_is_taken_in_early_is_told_by_the_next_that_asks(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="From weeks ago")
    await co.listen()
    story.clock.now += EPOCH + GRACE + DAY
    with co.opened():
        pass
    story.clock.now += DAY
    with co.opened() as desk:
        assert len(desk.take_in().messages) == 1
        assert desk.take_in().messages == []
        assert desk.untold().taken.messages == []


async def test_what_still_waits_when_its_key_goes_is_lost_and_told(story: Story) -> None:
    """From a device that this desk's directory does not know yet: nobody but the relay could have brought it."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await story.enrol("ar-new", story.desk("ar-chief"), "ar", story.built.officers["ar-night"])
    new = story.desk("ar-new")
    await new.exchange()
    await new.send("co-desk", subject="From a new desk")
    await co.listen()
    with co.opened() as desk:
        assert desk.take_in().later == 1
    story.clock.now += EPOCH + GRACE + DAY
    with co.opened():
        pass
    story.clock.now += DAY
    with co.opened() as desk:
        taken = desk.untold().taken
        assert (taken.later, taken.messages) == (0, [])
        assert "the key it was sealed to is not here: erased when its time ended" in taken.refused[0]
    assert len(list((co.path / "spool").glob("*.refused"))) == 1
    assert ar.subjects() == []


async def test_a_directory_on_disk_that_is_no_good_keeps_no_key_alive(story: Story) -> None:
    co = story.desk("co-night")
    await co.exchange()
    before = seeds(co)
    with sqlite3.connect(co.path / "replica.db") as db:
        db.execute("UPDATE facts SET value = x'00' WHERE name = 'checkpoint'")
    db.close()
    for _ in range(4):
        story.clock.now += 6 * DAY
        with co.opened() as desk, pytest.raises(Distrust):
            desk.replica()
    assert seeds(co) == before - 1


async def test_a_disk_that_refuses_keeps_nobody_from_reading(story: Story) -> None:
    co = story.desk("co-night")
    await co.exchange()
    story.clock.now += DAY
    (co.path / "vault" / "seen.age").unlink()
    (co.path / "vault" / "seen.age").mkdir()
    with co.opened() as desk:
        (warning,) = desk.warnings()
        assert "keys whose time is over could not be erased" in warning
        assert desk.replica().size > 0


async def test_a_clock_that_was_set_back_is_told(story: Story) -> None:
    co = story.desk("co-night")
    await co.exchange()
    story.clock.now -= 2 * DAY + 3600
    with co.opened() as desk:
        (warning,) = desk.warnings()
        assert warning.startswith("this machine's clock is 2 days behind the latest time this desk has seen")


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
    for each in (ar, co):  # more than 60 days: keys that wait to be erased do so for a day more, new ones do not
        await each.log_in()
        await each.exchange()
    await ar.send("co-desk", subject="x")
    assert not numbers_seen(ar, co)[1]


async def test_after_a_holiday_keys_go_and_come_with_the_first_exchange(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    before = {path.name for path in (co.path / "vault").glob("epoch-*.age")}
    await story.wait(45 * DAY)
    with co.opened() as desk:
        (warning,) = desk.warnings()
        assert warning.startswith("you were away for 45 days, or this machine's clock is wrong.")
    for each in (co, ar):
        await each.log_in()
        await each.exchange()
    assert len(before - {path.name for path in (co.path / "vault").glob("epoch-*.age")}) == 4
    await ar.send("co-desk", subject="x")
    assert not numbers_seen(ar, co)[1]


async def test_a_desk_switched_on_after_a_year_has_new_keys_at_once_and_erases_a_day_later(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    before = {path.name for path in (co.path / "vault").glob("epoch-*.age")}
    await story.wait(YEAR)
    for each in (ar, co):
        await each.log_in()
        await each.exchange()
    await ar.send("co-desk", subject="By a new key")
    assert not numbers_seen(ar, co)[1]
    await co.exchange()
    assert co.subjects() == ["By a new key"]
    assert before <= {path.name for path in (co.path / "vault").glob("epoch-*.age")}
    with co.opened() as desk:
        (warning,) = desk.warnings()
        assert warning.endswith("are erased when this desk is unlocked tomorrow, or within 60 days")
    await story.wait(DAY)
    for each in (co, ar):
        await each.log_in()
        await each.exchange()
    assert not before & {path.name for path in (co.path / "vault").glob("epoch-*.age")}


async def test_what_is_announced_is_told_until_it_was_shown(story: Story) -> None:
    """A crash, or a pipe that closed, before the officer read it: the next time they are told again."""
    co = story.desk("co-night")
    await co.exchange()
    with co.opened() as desk:
        assert unannounced(desk)[0] == []  # a new desk begins from here
    chief = story.desk("co-chief")
    await story.revoke_laptop()
    await co.exchange()
    for _ in range(2):
        with co.opened() as desk:
            ((words,), _) = unannounced(desk)
            label = "(Officer co-chief)"
            by = f"officer {story.built.officers['co-chief'][:8]} {label}"
            assert words == f"your device {story.desk('co-laptop').device[:8]} was revoked (lost, by {by})"
    with co.opened() as desk:
        _, size = unannounced(desk)
        mark_announced(desk, size)
        assert unannounced(desk) == ([], size)
    with chief.opened() as desk:
        assert unannounced(desk)[0] == []


async def test_a_colleague_put_on_the_roster_is_announced_over_the_wire(story: Story) -> None:
    co, chief = story.desk("co-night"), story.desk("co-chief")
    await co.exchange()
    with co.opened() as desk:
        unannounced(desk)
    with chief.opened() as desk:
        contact = desk.replica().view.contacts["co-desk"]
    fields = {"member": "co", "country": "CO", "function": contact.function, "body": contact.body}
    both = tuple(sorted(story.built.officers[each] for each in ("co-night", "co-late")))
    await story.issue(chief, kind=PublishContact, contact="co-desk", officers=both, escalation=("co-court",), **fields)
    await co.exchange()
    with co.opened() as desk:
        ((words,), _) = unannounced(desk)
    late = f"officer {story.built.officers['co-late'][:8]} (Officer co-late)"
    assert words.endswith(f"messages to it are for {late} too from now on. If nobody should have, call at once")


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
