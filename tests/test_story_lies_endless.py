"""A relay that never comes to an end, or hands over more than there can be: what came is kept, and the officer told."""

from collections.abc import Callable

import msgspec
import pytest
from story_desk import Desk
from story_liar import LyingRelay, answering, rewriting, vouched_log
from story_notice import kept, noticed
from story_world import Story

from desk.errors import Distrust, Unreachable
from desk.link.session import connected
from desk.mail import draining
from desk.profile.exchanged import Exchanged
from desk.replica import log_pages, synchronise
from directory.statement import AttestContact
from relay.protocol import routes
from relay.protocol.requests import KeySets, LogState

pytest_plugins = ("lying_story",)


async def exchanged(desk: Desk) -> tuple[Exchanged, list[str]]:
    """What an exchange brought, as far as it came, and what the officer is warned of."""
    with desk.opened() as opened:
        async with connected(opened.keyring, desk.clock) as client:
            return await opened.exchange(client), opened.warnings()


async def attest(story: Story, times: int) -> None:
    for _ in range(times):
        await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-desk")


def paged(story: Story, *pages: tuple[list[bytes], list[bytes]]) -> Callable[[LogState], LogState]:
    """A lie that answers with one page after the other: what it holds, and what its checkpoint covers."""
    left = iter(pages)

    def page(state: LogState) -> LogState:
        entries, covered = next(left)
        checkpoint = vouched_log(covered, story.clock()).decode()
        return LogState(start=state.start, entries=tuple(each.decode() for each in entries), checkpoint=checkpoint)

    return page


# --- the stream ---


async def test_a_stream_that_trickles_for_ever(story: Story, here: LyingRelay, monkeypatch: pytest.MonkeyPatch) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Before the trickle")
    waiting = co.queue("ar-desk", subject="Waits to go")
    monkeypatch.setattr(draining, "DRAIN_SECONDS", 0.4)
    here.endless = True
    here.hand(co, here.taken[0].item(1))
    found, _ = await exchanged(co)
    assert isinstance(found.failed, Unreachable)
    assert "does not come to an end; what has come is kept" in str(found.failed)
    assert co.subjects() == ["Before the trickle"]
    assert found.flushed.sent == [waiting]


async def test_a_relay_whose_clock_is_off_says_so_itself(story: Story, here: LyingRelay) -> None:
    co = story.desk("co-night")
    here.hand(co)
    assert (await exchanged(co))[1] == []
    for hours, way in ((2, "behind"), (-3, "ahead of")):
        here.hours_off = hours
        (warning,) = (await exchanged(co))[1]
        assert warning.startswith(f"this machine's clock is {abs(hours)} hours {way} the relay's: one of them is wrong")


async def test_a_log_that_is_not_signed_anew_is_told(story: Story, here: LyingRelay) -> None:
    """A relay that holds its clock back shows a directory whose newest signature grows old."""
    co, signed = story.desk("co-night"), story.clock()
    here.show(await here.entries(), checkpoint=vouched_log(await here.entries(), signed))
    story.clock.now += 3900
    assert (await exchanged(co))[1] == []
    story.clock.now += 1 + 3300
    (warning,) = (await exchanged(co))[1]
    assert warning.startswith("the log's newest signature is 2 hours old, by this machine's clock")


# --- the log ---


async def test_a_log_that_is_never_answered(story: Story, here: LyingRelay, monkeypatch: pytest.MonkeyPatch) -> None:
    ar = story.desk("ar-night")
    before = len(ar.messages())
    monkeypatch.setattr(synchronise, "MOST_SECONDS", 0.2)
    here.silent.add(routes.LOG)
    with pytest.raises(Unreachable, match="does not come to an end; try again"):
        await ar.synchronise()
    assert len(ar.messages()) == before


async def test_statements_that_come_one_by_one_are_no_lie(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await attest(story, 3)

    def one(state: LogState) -> LogState:
        return msgspec.structs.replace(state, entries=state.entries[:1])

    here.lies.append(rewriting("GET", routes.LOG, LogState, one))
    assert await ar.synchronise() == len(await here.entries())


async def test_a_log_that_grows_while_it_is_read_is_no_lie(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await attest(story, 3)
    entries = await here.entries()
    grown = paged(story, (entries[-3:-2], entries[:-1]), (entries[-2:-1], entries), (entries[-1:], entries))
    here.lies.append(rewriting("GET", routes.LOG, LogState, grown))
    assert await ar.synchronise() == len(entries)


async def test_a_log_that_shrinks_while_it_is_read(story: Story, here: LyingRelay) -> None:
    """Its claim is what bounds the reading: one that moves as it likes bounds nothing."""
    ar = story.desk("ar-night")
    await attest(story, 4)
    entries = await here.entries()
    size = len(entries)
    for last in (entries[:-1], entries[:-2]):
        shrunk = paged(story, (entries[-4:-3], entries), (entries[-3:-2], last))
        here.lies.append(rewriting("GET", routes.LOG, LogState, shrunk))
        with pytest.raises(Distrust) as caught:
            await ar.synchronise()
        words = f"the relay's directory shrank while it was read: {len(last)} statements, after {size}. The last good"
        assert str(caught.value).startswith(words)
        assert kept(caught.value) == {"checkpoint-theirs.txt", "checkpoint-before.txt"}
        here.lies.clear()
    assert await ar.synchronise() == size


async def test_more_statements_than_there_can_be(
    story: Story, here: LyingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    ar = story.desk("ar-night")
    await attest(story, 3)
    monkeypatch.setattr(log_pages, "MOST_NEW", 2)

    def one(state: LogState) -> LogState:
        return msgspec.structs.replace(state, entries=state.entries[:1])

    here.lies.append(rewriting("GET", routes.LOG, LogState, one))
    words = await noticed(ar, here, "checkpoint", {"checkpoint-theirs.txt"}, ar.synchronise)
    assert words == "the relay says that there are 3 new statements; this desk takes 2 at a time"


async def test_more_bytes_of_statements_than_there_can_be(
    story: Story, here: LyingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    ar = story.desk("ar-night")
    await attest(story, 3)
    monkeypatch.setattr(log_pages, "MOST_NEW_BYTES", 100)
    with pytest.raises(Distrust, match="the relay hands over more than 0 MiB of statements at once"):
        await ar.synchronise()


# --- key sets ---


def padded(answer: KeySets) -> KeySets:
    return KeySets(keysets=answer.keysets + tuple(f"{each}\n" for each in range(5000)))


def twice(answer: KeySets) -> KeySets:
    return KeySets(keysets=answer.keysets * 2)


@pytest.mark.parametrize("lie", [padded, twice], ids=["thousands of others", "each twice"])
async def test_more_key_sets_than_were_asked_for(
    story: Story, here: LyingRelay, lie: Callable[[KeySets], KeySets]
) -> None:
    ar = story.desk("ar-night")
    here.lies.append(rewriting("POST", routes.KEYSETS, KeySets, lie))
    number = ar.queue("co-desk", subject="The first")
    with pytest.raises(Distrust, match="the relay hands over more key sets than were asked for"):
        await ar.flush()
    here.lies.clear()
    assert (await ar.flush()).sent == [number]


async def test_other_devices_key_sets_are_not_looked_at(story: Story, here: LyingRelay) -> None:
    """As many as were asked for, of somebody else."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    answers: list[KeySets] = []

    def seen(answer: KeySets) -> KeySets:
        answers.append(answer)
        return answer

    here.lies.append(rewriting("POST", routes.KEYSETS, KeySets, seen))
    await co.send("ar-desk", subject="The other way", escalate=False)
    here.lies.clear()
    here.lies.append(rewriting("POST", routes.KEYSETS, KeySets, lambda _: KeySets(keysets=answers[0].keysets[:1])))
    number = ar.queue("co-desk", subject="The first", escalate=False)
    assert "has not published a key set yet" in (await ar.flush()).kept[number]
    with ar.opened() as opened:
        assert opened.store.keysets([story.desk(each).device for each in ("co-night", "co-laptop")]) == {}


async def test_key_sets_as_large_as_a_disk(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    huge = LogState(start=0, entries=("x" * (8 << 20),), checkpoint="")
    here.lies.append(answering("POST", routes.KEYSETS, lambda _, given: given.saying(huge)))
    number = ar.queue("co-desk", subject="The first")
    with pytest.raises(Distrust, match="makes no sense"):
        await ar.flush()
    here.lies.clear()
    assert (await ar.flush()).sent == [number]
