"""What a relay, or somebody at the disk, does so that a desk stops for good, or forgets that it was halted."""

import os

import pytest
from story_liar import LOG, LyingRelay
from story_relays import follow, halted, hold_ready, name
from story_world import Story

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.encoding import b64
from desk.errors import Distrust
from desk.replica import ReplicaStore
from desk.standing import HALTED_FILE, MOST_OWED, Halted, Mark, halted_words, read_mark, write_mark

pytest_plugins = ("lying_story",)


def lie(story: Story, size: int, root: bytes) -> bytes:
    """A checkpoint by the log's own keys, over whatever it likes, with lines of strangers as long as they may be."""
    checkpoint = sign_checkpoint(Checkpoint("log.enlace.example", size, root * 32), LOG, story.clock())
    for number in range(3):
        checkpoint += f"— pad.{number} {b64(os.urandom(28_000))}\n".encode()
    return checkpoint


async def test_what_the_log_owes_is_kept_without_what_was_added_to_it(story: Story, here: LyingRelay) -> None:
    ar, entries = story.desk("ar-night"), await here.entries()
    size = await ar.synchronise()
    for number in range(12):
        here.show(entries, checkpoint=lie(story, size + 1 + number, bytes([number])))
        with pytest.raises(Distrust):
            await ar.synchronise()
        here.lies.clear()
    with ar.opened() as desk:
        owed = desk.store.standing(desk.profile.identity.network).owed
        assert 1 < len(owed) <= MOST_OWED
        assert max(len(each.checkpoint) for each in owed) < 8 << 10
        assert desk.replica().size == size


async def test_the_mark_of_a_halt_is_one_that_is_read_back(
    story: Story, here: LyingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    ar = story.desk("ar-night")
    size = await ar.synchronise()
    here.show(await here.entries(), checkpoint=lie(story, size, b"\7"))
    with pytest.raises(Halted):
        await ar.synchronise()
    here.lies.clear()
    assert "two histories" in halted_words(ar.path)
    mark = read_mark(ar.path)
    assert mark is not None
    assert mark.halt.checkpoint == ""
    with ar.opened() as desk:
        assert desk.halt is not None
        assert "log.enlace.example" in desk.halt.checkpoint
    with pytest.raises(ValueError, match="would not be read back"):
        write_mark(
            ar.path, Mark(halt=type(mark.halt)(kind="fork", words="x" * 20_000, at=0, size=0, answer=1), seal="7" * 64)
        )
    # A crash between the two places leaves a halt that the same relay file still ends.
    await hold_ready(story, "second")
    raw = await name(story, "second")

    def crash(_: ReplicaStore) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ReplicaStore, "resumed", crash)
    with pytest.raises(KeyboardInterrupt):
        await follow(ar, raw)
    monkeypatch.undo()
    assert "two histories" in halted(ar)
    await follow(ar, raw)
    assert (halted(ar), (ar.path / HALTED_FILE).exists()) == ("", False)
