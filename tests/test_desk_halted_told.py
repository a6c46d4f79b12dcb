"""What an officer hears when a halt ends, and what a desk keeps of what its relay still owes."""

from typing import Any

import pytest
from directory_world import key_pair
from story_liar import LOG, LyingRelay
from story_relays import follow, halted, hold_ready, name
from story_world import Story

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from desk.commands.relay_naming import details_missed
from desk.errors import DeskError, Distrust
from desk.link.client import RelayClient
from desk.link.session import connected
from desk.replica.standing import Halted
from desk.replica.synchronise import synchronise
from desk.roots.relay_file import read_relay_file
from directory.statement import AttestContact

pytest_plugins = ("lying_story",)
SECOND = key_pair("second log")


async def test_whoever_synchronises_hears_that_the_halt_is_over_and_what_gave_way(
    story: Story, here: LyingRelay
) -> None:
    ar = story.desk("ar-night")
    common = await ar.synchronise()
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-desk")
    await ar.synchronise()
    other = sign_checkpoint(Checkpoint("log.enlace.example", common + 1, b"\7" * 32), LOG, story.clock())
    here.show(await here.entries(), checkpoint=other)
    with pytest.raises(Halted):
        await ar.synchronise()
    here.lies.clear()
    await hold_ready(story, "second")
    await name(story, "second", size=common)
    honest = await here.entries()
    without = [*honest[:common], honest[-1]]
    tree = Tree(map(leaf_hash, without))
    head = Checkpoint("log.enlace.example", len(tree), tree.root())
    here.show(without, checkpoint=sign_checkpoint(head, SECOND, story.clock()))
    with ar.opened() as opened:
        async with connected(opened.keyring, ar.clock) as client:
            await synchronise(opened.profile, opened.store, client, ar.clock())
        words = opened.warnings()
        assert any(each.startswith("this desk is no longer halted") for each in words)
        assert any("attest-contact (contact/co-desk)" in each for each in words)
        assert opened.warnings() == []
    assert halted(ar) == ""


async def test_details_that_do_not_come_hide_nothing_of_what_was_done(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await hold_ready(story, "second")
    raw = await name(story, "second")
    await follow(ar, raw)
    here.show(await here.entries(), checkpoint=b"garbage\n")
    with ar.opened() as opened:
        assert isinstance(await details_missed(opened, read_relay_file(raw)), DeskError)
    here.lies.clear()
    with ar.opened() as opened:
        assert await details_missed(opened, read_relay_file(raw)) is None


async def test_what_the_log_owes_is_remembered_by_a_desk_that_resumes_unhalted(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await hold_ready(story, "second")
    raw = await name(story, "second")
    await follow(ar, raw)
    entries = await here.entries()
    larger = sign_checkpoint(Checkpoint("log.enlace.example", len(entries) + 3, b"\5" * 32), SECOND, story.clock())
    here.show(entries, checkpoint=larger)
    with pytest.raises(Distrust, match="holds back"):
        await follow(ar, raw)
    here.lies.clear()
    with pytest.raises(DeskError, match=f"has signed {len(entries) + 3} statements"):
        await follow(ar, raw)


async def test_a_halted_desk_asks_for_news_only(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    size = await ar.synchronise()
    other = sign_checkpoint(Checkpoint("log.enlace.example", size, b"\7" * 32), LOG, story.clock())
    here.show(await here.entries(), checkpoint=other)
    with pytest.raises(Halted):
        await ar.synchronise()
    here.lies.clear()
    asked = list[str]()

    class Counted(RelayClient):
        async def send(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
            asked.append(path)
            return await super().send(method, path, *args, **kwargs)

    with ar.opened() as opened:
        async with connected(opened.keyring, ar.clock) as honest:
            honest.__class__ = Counted
            with pytest.raises(Halted, match="it names no later relay"):
                await synchronise(opened.profile, opened.store, honest, ar.clock())
    assert asked == [f"/v1/log?start={size}"]
