"""A desk is halted; the roots name another relay: what ends the halt, by file or in the log, and what a crash does."""

import pytest
from story_halts import attest, forked, halt
from story_liar import LOG, LyingRelay
from story_relays import follow, halted, hand_over, hold_ready, keys_of, name, sign
from story_world import Story

from crypto.checkpoint import Checkpoint, sign_checkpoint
from desk.profile.announcing import mark_announced, unannounced
from desk.replica.standing import HALTED_FILE, Halted
from desk.roots.naming import relay_file

pytest_plugins = ("lying_story",)


async def test_by_synchronising_with_a_relay_that_the_roots_named_anew(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await attest(story)
    await hold_ready(story, "second")
    await name(story, "second")
    size = len(await here.entries())
    assert await ar.synchronise() == size
    assert halted(ar) == ""
    assert not (ar.path / HALTED_FILE).exists()
    await attest(story, "co-court")
    assert await ar.synchronise() == size + 1
    await ar.send("co-desk", subject="We go on")


async def test_by_a_relay_file(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await hold_ready(story, "second")
    raw = await name(story, "second")
    done = await follow(ar, raw)
    assert (done.statements, done.dropped, halted(ar)) == (1, 0, "")
    assert (await follow(ar, raw)).statements == 0  # once more changes nothing
    await ar.exchange()


async def test_what_only_the_old_log_vouched_for_gives_way_and_is_kept(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    common = await forked(story, here)
    with ar.opened() as opened:
        mark_announced(opened, opened.replica().size)
        mine = opened.store.entries(common)
    await hold_ready(story, "second")
    raw = await name(story, "second", size=common)
    done = await follow(ar, raw)
    assert (done.statements, done.dropped) == (3, 2)
    (kept,) = (ar.path / "alarms").glob("*-parted-*")
    (file,) = kept.iterdir()
    assert file.name == f"statements-from-{common:07}.txt"
    assert file.read_bytes() == b"".join(each + b"\n" for each in mine)
    with ar.opened() as opened:
        opened.replica()
        assert opened.store.entries(0) == await here.entries()
        assert [opened.store.covered(each) for each in (common, common + 2)] == [story.clock()] * 2
        assert opened.store.parted == common  # what came in its place is announced, though so many were announced
        mark_announced(opened, opened.replica().size)
        assert unannounced(opened)[0] == []
    await ar.exchange()


async def test_a_desk_that_is_behind_follows(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    for _ in range(3):
        await attest(story)
    await hold_ready(story, "second")
    done = await follow(ar, await name(story, "second"))
    assert (done.statements, done.dropped) == (4, 0)


async def test_a_desk_that_slept_through_two_relays_follows_the_second(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await hold_ready(story, "second")
    await name(story, "second")
    for use in ("log", "receipt"):
        (story.folder / "keys" / f"{use}-next.key").replace(story.folder / "keys" / f"{use}.key")
    await attest(story)
    await hold_ready(story, "third")
    done = await follow(ar, await name(story, "third"))
    assert done.statements == 3
    with ar.opened() as opened:
        assert len(opened.replica().view.former_relays) == 2


@pytest.mark.parametrize("step", ["replace", "save", "resumed"])
async def test_a_crash_at_any_step_leaves_it_halted_or_done_and_the_next_call_goes_on(
    story: Story, here: LyingRelay, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ar = story.desk("ar-night")
    common = await forked(story, here)
    await hold_ready(story, "second")
    raw = await name(story, "second", size=common)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    where = "desk.profile.folder.Profile.save" if step == "save" else f"desk.replica.store.ReplicaStore.{step}"
    monkeypatch.setattr(where, crash)
    with pytest.raises(KeyboardInterrupt):
        await follow(ar, raw)
    monkeypatch.undo()
    assert "it shows two histories" in halted(ar)
    await follow(ar, raw)
    assert halted(ar) == ""
    with ar.opened() as opened:
        opened.replica()
        assert opened.store.entries(0) == await here.entries()
    await ar.exchange()


@pytest.mark.parametrize("step", ["replace", "resumed"])
async def test_a_crash_while_it_follows_the_log_is_gone_on_from_by_synchronising(
    story: Story, here: LyingRelay, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """No relay file was ever at hand: the next `enlace sync` alone has to be enough."""
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await hold_ready(story, "second")
    await name(story, "second")

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"desk.replica.store.ReplicaStore.{step}", crash)
    with pytest.raises(KeyboardInterrupt):
        await ar.synchronise()
    monkeypatch.undo()
    assert "it shows two histories" in halted(ar)
    assert await ar.synchronise() == len(await here.entries())
    assert halted(ar) == ""


async def test_the_secretariats_own_desk_names_the_relay_while_it_is_halted(story: Story, here: LyingRelay) -> None:
    secretariat = story.desk("secretariat")
    await halt(story, here, secretariat)
    await hold_ready(story, "second")
    with pytest.raises(Halted):
        await secretariat.synchronise()
    entry, raw = sign(story, "second")
    await hand_over(story, entry)
    assert (await follow(secretariat, raw)).dropped == 0
    assert halted(secretariat) == ""
    await secretariat.synchronise()


async def test_a_new_desk_that_was_halted_by_its_first_look(story: Story, here: LyingRelay) -> None:
    await story.enrol("ar-new", story.desk("ar-chief"), "ar", story.built.officers["ar-night"])
    new, entries = story.desk("ar-new"), await here.entries()
    here.show([*entries, b"forged\n"])
    with pytest.raises(Halted):
        await new.synchronise()
    here.lies.clear()
    with pytest.raises(Halted, match="it names no later relay"):
        await new.synchronise()
    await hold_ready(story, "second")
    raw = await name(story, "second")
    assert (await follow(new, raw)).statements == len(entries) + 1
    await new.exchange()


async def test_a_log_that_lies_at_its_new_address_halts_the_desk_that_was_not_halted(
    story: Story, here: LyingRelay
) -> None:
    ar = story.desk("ar-night")
    size = await ar.synchronise()
    with story.desk("secretariat").opened() as desk:
        keys, view, entry = keys_of("relay", story.here.url), desk.replica().view, desk.store.entries(1)[0]
        raw = relay_file(view, keys, entry, desk.keyring.duty, story.clock())
    assert (await follow(ar, raw)).statements == 0
    other = sign_checkpoint(Checkpoint("log.enlace.example", size, b"\7" * 32), LOG, story.clock())
    here.show(await here.entries(), checkpoint=other)
    with pytest.raises(Halted):
        await follow(ar, raw)
    assert "two histories" in halted(ar)
