"""What a desk does when something comes between an item of the stream and its payload, where nothing may."""

from collections.abc import AsyncIterator, Awaitable, Callable
from io import StringIO
from pathlib import Path

import pytest
from aiohttp import WSCloseCode, web
from story_desk import Desk
from story_liar import LyingRelay
from story_world import Built, Story, logging_to, play

from desk.errors import Declined, Distrust, Unreachable
from directory.canonical import encode
from relay.protocol.stream import Changed, Closing, ClosingReason, Frame, Idle

pytest_plugins = ("lying_story",)

Between = Callable[[web.WebSocketResponse], Awaitable[object]]


@pytest.fixture
async def co(tmp_path: Path, built: Built, here: LyingRelay) -> AsyncIterator[Desk]:
    """co-night's desk, for which one message waits."""
    with logging_to(StringIO()):
        async with play(tmp_path, built, here) as story:
            await waiting(story, here)
            yield story.desk("co-night")


async def waiting(story: Story, here: LyingRelay) -> None:
    await story.desk("ar-night").send("co-desk", subject="Good evening")
    here.hand(story.desk("co-night"), here.taken[0].item(1))


def frame(each: Frame) -> Between:
    return lambda socket: socket.send_str(encode(each).decode())


def hung_up(reason: str) -> Between:
    return lambda socket: socket.close(code=WSCloseCode.POLICY_VIOLATION, message=reason.encode())


def untouched(here: LyingRelay, co: Desk) -> bool:
    """Nothing of the item was stored, and nothing acknowledged: it comes again."""
    return here.acks == [] and list((co.path / "spool").iterdir()) == []


FRAMES: dict[str, Frame] = {
    "closing": Closing(reason="stopping"),
    "closing for good": Closing(reason="revoked"),
    "idle": Idle(),
    "changed": Changed(tree_size=7),
}


@pytest.mark.parametrize("which", FRAMES)
async def test_a_frame_between_an_item_and_its_payload_is_not_believed(here: LyingRelay, co: Desk, which: str) -> None:
    """Not even that the device was revoked: the next log-in tells, and there the relay keeps to the protocol."""
    here.between = frame(FRAMES[which])
    with pytest.raises(Distrust, match="an item's payload did not follow it"):
        await co.listen()
    assert untouched(here, co)
    here.between = None
    assert len(await co.listen()) == 1


@pytest.mark.parametrize("reason", ["stopping", "slow", "replaced", "suspended", "protocol"])
async def test_a_stream_that_ends_there_says_why_in_its_close_frame(
    here: LyingRelay, co: Desk, reason: ClosingReason
) -> None:
    here.between = hung_up(reason)
    with pytest.raises(Unreachable, match=rf"^the stream broke off: {reason}$"):
        await co.listen()
    assert untouched(here, co)
    here.between = None
    assert len(await co.listen()) == 1


async def test_a_revoked_device_learns_it_there_too_and_does_not_come_back(here: LyingRelay, co: Desk) -> None:
    here.between = hung_up("revoked")
    with pytest.raises(Declined, match="the relay ended the stream: revoked") as caught:
        await co.listen()
    assert caught.value.problem == "device-revoked"
    assert untouched(here, co)


@pytest.mark.parametrize("reason", ["", "because", "\u00e9" * 20])
async def test_a_close_frame_in_words_of_its_own_is_a_stream_that_broke_off(
    here: LyingRelay, co: Desk, reason: str
) -> None:
    here.between = hung_up(reason)
    with pytest.raises(Unreachable, match=r"^the stream broke off$"):
        await co.listen()
    assert untouched(here, co)


async def test_what_was_handed_over_as_a_notice_first_is_opened_when_it_comes_as_a_message(
    here: LyingRelay, co: Desk
) -> None:
    """Else it would be acknowledged with *delivered*, and the file there be put aside as a notice that is none."""
    (taken,) = here.taken
    here.hand(co, taken.item(1, kind="notice"), taken.item(1))
    await co.listen()
    assert [bool(each.delivered) for each in here.acks] == [False, True]
    await co.exchange()
    assert co.subjects() == ["Good evening"]
