"""What halts a desk in the story, and what the log shows: for tests of how a halt ends, and of what does not end it.

await halt(story, here, ar)                 # two roots for one size, both signed
show_under(story, here, entries, SECOND)    # from then on the relay shows these, under another log's keys
"""

from collections.abc import Sequence

import pytest
from directory_world import key_pair
from relay_bodies import ORIGIN
from story_desk import Desk
from story_liar import LOG, LyingRelay
from story_world import Story

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from crypto.signing import SecretPair
from desk.replica.standing import Halted
from directory.statement import AttestContact

SECOND = key_pair("second log")


async def attest(story: Story, contact: str = "co-desk") -> None:
    """One more statement in the log."""
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact=contact)


def head(entries: Sequence[bytes], origin: str = ORIGIN) -> Checkpoint:
    """What a log of these entries says of them."""
    tree = Tree(map(leaf_hash, entries))
    return Checkpoint(origin, len(tree), tree.root())


def show_under(story: Story, here: LyingRelay, entries: Sequence[bytes], keys: SecretPair = SECOND) -> None:
    """From now on show these entries, under a checkpoint by these keys."""
    here.show(list(entries), checkpoint=sign_checkpoint(head(entries), keys, story.clock()))


async def halt(story: Story, here: LyingRelay, desk: Desk) -> None:
    """Halt a desk by a second root for the size it has; the relay is honest from then on."""
    size = await desk.synchronise()
    other = sign_checkpoint(Checkpoint(ORIGIN, size, b"\7" * 32), LOG, story.clock())
    here.show(await here.entries(), checkpoint=other)
    with pytest.raises(Halted):
        await desk.synchronise()
    here.lies.clear()


async def forked(story: Story, here: LyingRelay) -> int:
    """ar-night has gone further on another branch than everybody else, and knows; returns the last common size."""
    ar = story.desk("ar-night")
    common = await ar.synchronise()
    for contact in ("co-desk", "co-court"):
        await attest(story, contact)
    *entries, first, second = await here.entries()
    here.show([*entries, second, first], to=ar)
    await ar.synchronise()
    here.lies.clear()
    with pytest.raises(Halted):
        await ar.synchronise()
    return common
