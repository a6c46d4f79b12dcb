"""A relay that raises an alarm and breaks something else off, before it or after: it is told all the same."""

from collections.abc import Callable
from pathlib import Path

import pytest
from story_liar import Given, LyingRelay, answering
from story_world import Story

from desk.errors import Declined, DeskError, Distrust, Unreachable
from desk.link.session import connected
from desk.mail import draining
from desk.mail.outbox import Doubted, Flushed
from desk.profile.exchanged import Exchanged
from desk.replica.synchronise import Synchronised
from directory.replay import Replica
from relay.protocol import routes

pytest_plugins = ("lying_story",)
Break = Callable[[Story, LyingRelay, pytest.MonkeyPatch], None]


def before(story: Story, here: LyingRelay, patch: pytest.MonkeyPatch) -> None:
    """The stream does not come to an end."""
    patch.setattr(draining, "DRAIN_SECONDS", 0.2)
    here.endless = True
    here.hand(story.desk("ar-night"), here.taken[0].item(1))


def after(_: Story, here: LyingRelay, __: pytest.MonkeyPatch) -> None:
    """The message behind the doubted one is not answered."""
    here.lies.append(answering("POST", routes.ENVELOPES, lambda *_: Given(502, b"", {})))


@pytest.mark.parametrize("broken", [before, after])
async def test_files_of_no_sense_are_an_alarm_whatever_else_breaks_off(
    story: Story, here: LyingRelay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: Break
) -> None:
    ar = story.desk("ar-night")
    await story.desk("co-night").send("ar-desk", subject="What trickles")
    photo = tmp_path / "photo.bin"
    photo.write_bytes(bytes(1000))
    stuck, _ = ar.queue("co-desk", files=[photo]), ar.queue("co-desk", subject="Good evening")
    here.lies.append(
        lambda asked, given: Given(200, b"", {"Upload-Offset": "9999999"}) if asked.method == "HEAD" else given
    )
    broken(story, here, monkeypatch)
    with ar.opened() as opened:
        async with connected(opened.keyring, ar.clock) as client:
            found = await opened.exchange(client)
    assert isinstance(found.failed, Doubted)
    assert str(found.failed).startswith(f"message {stuck} stays in the outbox, for its files: ")
    assert [type(each) for each in found.also] == [Unreachable]


def test_an_alarm_outranks_what_failed_before_it_and_nothing_is_told_twice() -> None:
    found = Exchanged(Synchronised(Replica("0" * 64), 0, 0, 0))
    declined, gone, alarm = Declined("no key set"), Unreachable("no answer"), Distrust("a receipt does not hold")
    files = Flushed(doubted={7: "7 of 3"}).doubt()
    assert files is not None
    for each in (declined, gone, alarm, Unreachable("no answer"), files, Distrust(str(alarm))):
        found.fail(each)
    expected: list[DeskError] = [gone, declined, files]
    assert (found.failed, found.also) == (alarm, expected)
