"""One row, one file, one moment that is bad: everything else goes on, no mail is lost to it, and it is told."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from desk_world import withheld
from story_desk import Desk, told
from story_world import Built, Story, play

from crypto.signing import SecretPair
from desk.errors import Locked, Usage
from desk.link.session import check_look_up, connected, current_session
from desk.mail.spool import Spool
from desk.profile.announcing import unannounced
from desk.replica.synchronise import synchronise
from directory.keyset import EPOCH, GRACE
from relay.protocol.lines import Delivered, reception_name, write_line
from relay.protocol.stream import Item

pytest_plugins = ("built_story",)

DAY = 86_400


@pytest.fixture
async def story(tmp_path: Path, built: Built) -> AsyncIterator[Story]:
    async with play(tmp_path, built) as found:
        found.clock.now += 60
        yield found


def database(desk: Desk, sql: str) -> None:
    db = sqlite3.connect(desk.path / "messages.db")
    with db:
        db.execute(sql)
    db.close()


def spool(desk: Desk) -> Spool:
    return Spool(desk.path / "spool")


def seeds(desk: Desk) -> int:
    return len(list((desk.path / "vault").glob("epoch-*.age")))


def unlocked_until_keys_are_due(story: Story, desk: Desk) -> None:
    """Time passes in steps that no clock is doubted for."""
    for _ in range((EPOCH + GRACE) // (6 * DAY) + 2):
        story.clock.now += 6 * DAY
        with desk.opened():
            pass


async def test_a_damaged_message_holds_up_no_other(story: Story) -> None:
    """Its receipt comes before an urgent message: both are taken in, and what is damaged is told."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    number = await ar.send("co-desk", subject="First")
    await co.exchange()
    co.read(1)
    await co.exchange()
    database(ar, f"UPDATE messages SET facts = x'00' WHERE number = {number}")
    await co.send("ar-desk", subject="New and urgent")
    exchanged = await ar.exchange()
    assert (len(exchanged.taken.messages), len(exchanged.taken.receipts), exchanged.taken.stuck) == (1, 1, [])
    assert ar.subjects() == ["New and urgent"]
    with ar.opened() as opened:
        opened.mail.lines()
        list(opened.mail.all())
        (warning,) = opened.warnings()
        assert f"message {number} is damaged on this disk" in warning
        list(opened.mail.all())
        assert opened.untold().warnings == []


async def test_a_message_that_comes_again_and_is_damaged_here_stays_and_holds_up_no_other(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    await ar.send("co-desk", subject="First")
    await co.listen()
    (path,) = spool(co).paths()
    raw = path.read_bytes()
    co.take_in()
    path.write_bytes(raw)
    database(co, "UPDATE messages SET note = x'00'")
    await ar.send("co-desk", subject="Second")
    taken = (await co.exchange()).taken
    assert (len(taken.messages), len(taken.stuck), taken.refused) == (1, 1, [])
    assert "message 1 is damaged on this disk" in told(taken)[0]
    assert spool(co).paths() == [path]
    assert co.subjects() == ["Second"]


async def test_what_cannot_be_put_aside_holds_up_nothing(story: Story) -> None:
    """The name it would get is taken."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    bad = co.path / "spool" / "0000000000000000-bad.item"
    bad.write_bytes(b"damaged")
    bad.with_suffix(".refused").mkdir()
    await ar.send("co-desk", subject="x")
    taken = (await co.exchange()).taken
    assert (len(taken.messages), len(taken.stuck)) == (1, 1)
    assert f"{bad} cannot be put away" in told(taken)[0]


async def test_a_full_disk_keeps_nobody_from_looking_up_and_erases_nothing(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    await ar.send("co-desk", subject="x")
    await co.listen()
    before = seeds(co)

    def full(self: Any, *_: Any, **__: Any) -> None:
        self._db.execute("PRAGMA max_page_count = 1")
        self._db.execute("INSERT INTO lines (hash, sealed) VALUES ('x', zeroblob(100000))")

    with monkeypatch.context() as patched:
        patched.setattr("desk.mail.store.MailStore.add", full)
        unlocked_until_keys_are_due(story, co)
        with co.opened() as opened:
            (warning,) = opened.warnings()
            assert "keys whose time is over could not be erased: database or disk is full" in warning
            assert opened.replica().size > 0
    assert seeds(co) == before
    assert co.subjects() == ["x"]
    assert seeds(co) < before


async def test_what_the_disk_does_not_hand_out_now_is_read_before_its_key_goes(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    await ar.send("co-desk", subject="x")
    await co.listen()
    before = seeds(co)
    with withheld(spool(co).paths()[0]):
        taken = co.take_in()
        assert (len(taken.stuck), taken.refused, taken.later) == (1, [], 0)
        unlocked_until_keys_are_due(story, co)
        with co.opened() as opened:
            (warning,) = opened.warnings()
            assert "keys whose time is over are not erased yet: 1 file(s) in spool/ cannot be read" in warning
        assert seeds(co) == before
    assert co.subjects() == ["x"]
    assert seeds(co) < before


async def test_a_message_whose_key_file_cannot_be_read_now_waits_for_it(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    await ar.send("co-desk", subject="x")
    await co.listen()
    with ExitStack() as held:
        for path in list((co.path / "vault").glob("epoch-*.age")):
            held.enter_context(withheld(path))
        taken = co.take_in()
        assert (taken.messages, len(taken.stuck), taken.refused) == ([], 1, [])
        assert "cannot be read" in told(taken)[0]
    assert len(co.take_in().messages) == 1


async def newcomer(story: Story, name: str) -> Desk:
    await story.enrol(name, story.desk("ar-chief"), "ar", story.built.officers["ar-night"])
    desk = story.desk(name)
    await desk.exchange()
    return desk


async def test_what_comes_while_the_directory_is_fetched_waits_for_the_next_one(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`enlace watch` stores a message of a device that was enrolled after the answer was written."""
    co = story.desk("co-night")
    await co.exchange()
    await (await newcomer(story, "ar-two")).send("co-desk", subject="Ahead of this directory")
    await co.listen()
    fetched = 0

    async def overtaken(profile: Any, *rest: Any) -> Any:
        nonlocal fetched
        found = await synchronise(profile, *rest)
        if profile.path == co.path:
            fetched += 1
            if fetched == 1:
                await (await newcomer(story, "ar-four")).send("co-desk", subject="In the first answer's wake")
            if fetched == 2:
                await (await newcomer(story, "ar-three")).send("co-desk", subject="Comes in between")
                await co.listen()
        return found

    with monkeypatch.context() as patched:
        patched.setattr("desk.profile.unlocked.synchronise", overtaken)
        taken = (await co.exchange()).taken
    assert fetched == 2
    assert (taken.refused, taken.later) == ([], 1)
    assert co.subjects() == ["Ahead of this directory", "In the first answer's wake"]
    await co.exchange()
    assert co.subjects()[2:] == ["Comes in between"]


async def test_what_the_newest_directory_does_not_explain_is_put_aside(story: Story) -> None:
    """An exchange ends the wait of what was there before it asked."""
    co = story.desk("co-night")
    await co.exchange()
    identity = co.profile.identity
    line = Delivered(network=identity.network, envelope="ab" * 32, at=story.clock(), device="9" * 64)
    raw = write_line(line, reception_name(identity.name, "9" * 64), SecretPair.generate())
    item = Item(number=1, kind="delivered", envelope="ab" * 32, size=len(raw))
    spool(co).put(item, raw, story.clock())
    assert co.take_in().later == 1
    taken = (await co.exchange()).taken
    assert (taken.later, len(taken.refused)) == (0, 1)
    assert "a device, or keys, the directory on this desk does not know" in taken.refused[0]
    assert spool(co).paths() == []


def spoil(desk: Desk, name: str) -> Path:
    path = desk.path / "vault" / f"{name}.age"
    path.write_bytes(b"spoilt")
    return path


async def test_a_damaged_list_of_epochs_is_told_and_another_is_published(story: Story) -> None:
    """What is on its way is still read, the number goes on above the published one, and nobody uses the fallback."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    await ar.send("co-desk", subject="On its way")
    spoil(co, "epochs")
    with co.opened() as opened:
        async with connected(opened.keyring, co.clock) as client:
            exchanged = await opened.exchange(client)
        assert exchanged.failed is None
        assert len(exchanged.taken.messages) == 1
        warning, published = opened.untold().warnings
        assert "epochs.age is damaged" in warning
        assert "This desk makes other keys" in warning
        assert "cannot say whether it made that set: what is sealed to its keys opens here" in published
        assert opened.keyring.epochs.problem() == ""
    await ar.send("co-desk", subject="To the keys of now")
    await co.exchange()
    assert [each.facts.warnings for each in co.messages()] == [(), ()]
    assert co.subjects() == ["On its way", "To the keys of now"]


async def test_a_folder_of_another_key_file_gets_no_new_list(story: Story) -> None:
    """Else the seeds in it, which do not open with this one, would be erased as damaged. Mail comes all the same."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await co.exchange()
    await ar.send("co-desk", subject="x")
    for path in [*(co.path / "vault").glob("epoch*.age"), *(co.path / "vault").glob("fallback-*.age")]:
        path.write_bytes(b"another's")
    before = seeds(co)
    with pytest.raises(Usage, match="No key beside it opens either"):
        await co.exchange()
    assert seeds(co) == before
    assert len(list((co.path / "spool").glob("*.refused"))) == 1


async def test_a_damaged_session_is_none_and_says_what_to_do(story: Story) -> None:
    co = story.desk("co-night")
    path = spoil(co, "session")
    with pytest.raises(Locked, match=r"session\.age is damaged.*; run `enlace login`"):
        await co.exchange()
    assert current_session(co.keyring) is None
    story.clock.now += 30
    await co.log_in()
    assert path.read_bytes() != b"spoilt"
    await co.exchange()


async def test_a_damaged_log_in_time_says_what_to_do(story: Story) -> None:
    co = story.desk("co-night")
    spoil(co, "last-login")
    with pytest.raises(Locked, match=r"last-login\.age is damaged.*; run `enlace login` once"):
        check_look_up(co.keyring, story.clock())
    story.clock.now += 30
    await co.log_in()
    check_look_up(co.keyring, story.clock())


async def test_announcements_begin_anew_where_it_is_damaged_how_far_they_were(story: Story) -> None:
    co = story.desk("co-night")
    await co.exchange()
    spoil(co, "announced")
    with co.opened() as opened:
        assert unannounced(opened)[0] == []
        (warning,) = opened.warnings()
        assert "announced.age is damaged" in warning
    with co.opened() as opened:
        assert unannounced(opened)[0] == []
        assert opened.warnings() == []
