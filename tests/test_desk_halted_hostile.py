"""What a relay, or somebody at the disk, does so that a desk stops for good, or forgets that it was halted."""

import os
import shutil
from pathlib import Path
from typing import cast

import pytest
from directory_world import key_pair
from story_desk import Desk
from story_halts import halt, show_under
from story_liar import LOG, LyingRelay, vouched_log
from story_relays import follow, halted, hold_ready, name, pem, sign
from story_world import Story

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.encoding import b64
from desk.errors import Declined, Distrust
from desk.link.client import RelayClient
from desk.replica.given_up import kept_words, listed
from desk.replica.log_pages import follow as read_pages
from desk.replica.standing import HALTED_FILE, MOST_OWED, Halted, Mark, halted_words, read_mark, write_mark
from desk.replica.store import ReplicaStore
from desk.roots.relay_file import RelayFile, write_relay_file
from directory.judge import CLOCK_SKEW
from directory.replay import Alarm, Owed
from directory.statement import AttestContact, RevokeDevice
from relay.protocol.requests import LogState

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

    def crash(_: ReplicaStore, __: int = 0) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ReplicaStore, "resumed", crash)
    with pytest.raises(KeyboardInterrupt):
        await follow(ar, raw)
    monkeypatch.undo()
    assert "two histories" in halted(ar)
    await follow(ar, raw)
    assert (halted(ar), (ar.path / HALTED_FILE).exists()) == ("", False)


async def test_a_new_relay_that_leaves_out_a_revocation_is_not_followed_unasked(story: Story, here: LyingRelay) -> None:
    """The naming was signed ahead; then a device was revoked, and everybody saw it; the new log is without that."""
    ar = story.desk("ar-night")
    await ar.synchronise()
    await story.desk("secretariat").synchronise()
    entry, raw = sign(story, "second")
    old = await here.entries()
    lost = story.desk("co-night").device
    chief = story.desk("co-chief")
    await story.issue(chief, kind=AttestContact, contact="co-desk")
    await story.issue(chief, kind=RevokeDevice, device=lost, reason="lost")
    size = await ar.synchronise()
    show_under(story, here, [*old, entry])
    with pytest.raises(Distrust, match="leaves out 2 statement") as caught:
        await follow(ar, raw)
    words = str(caught.value)
    assert words.index("revoke-device") < words.index("attest-contact")
    assert lost in words
    assert any("given-up" in each.name for each in (ar.path / "alarms").iterdir())
    with ar.opened() as desk:
        assert (desk.replica().size, desk.halt) == (size, None)
        assert not desk.replica().view.device_live(lost, size, story.clock())
    done = await follow(ar, raw, give_up=True)
    assert len(done.given_up) == 2
    assert done.given_up[0].startswith("revoke-device")


def test_what_is_given_up_is_listed_with_revocations_first_and_in_bounds() -> None:
    lines = tuple(f"attest-contact {each}" for each in range(30))
    assert listed(lines)[-1] == "and 10 more"
    assert kept_words((), Path("/alarms")) == []
    assert kept_words(lines[:1], Path("/alarms"))[0].startswith(
        "1 statement that only the old log vouches for counts no"
    )
    assert len(kept_words(lines, Path("/alarms"))) == 22


class Pages:
    """A relay that shows the log in pages, each under a checkpoint of its own."""

    def __init__(self, *pages: LogState) -> None:
        self.pages = list(pages)

    async def call(self, method: str, path: str, *, answer: type[LogState]) -> LogState:
        return self.pages.pop(0)


def page(start: int, entries: list[bytes], checkpoint: bytes) -> LogState:
    return LogState(start=start, entries=tuple(each.decode() for each in entries), checkpoint=checkpoint.decode())


async def alarm_at(ar: Desk, *pages: LogState) -> Alarm:
    with ar.opened() as desk, pytest.raises(Alarm) as caught:
        await read_pages(cast(RelayClient, Pages(*pages)), desk.replica(), desk.clock())
    return caught.value


async def test_what_earlier_pages_claimed_has_to_be_explained_by_the_last(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    before = await ar.synchronise()
    for contact in ("co-desk", "co-court"):
        await story.issue(story.desk("co-chief"), kind=AttestContact, contact=contact)
    entries, now = await here.entries(), story.clock()
    one, two = entries[before : before + 1], entries[before + 1 :]
    other = sign_checkpoint(Checkpoint("log.enlace.example", len(entries), b"\7" * 32), LOG, now)
    good = vouched_log(entries, now)
    found = await alarm_at(ar, page(before, one, other), page(before + 1, two, good))
    assert (found.kind, found.final) == ("fork", 1)
    assert found.evidence["checkpoint-owed.txt"] == other
    stranger = sign_checkpoint(Checkpoint("log.enlace.example", len(entries), b"\7" * 32), key_pair("somebody"), now)
    with ar.opened() as desk:
        pages = Pages(page(before, one, stranger), page(before + 1, two, good))
        _, after = await read_pages(cast(RelayClient, pages), desk.replica(), now)
    assert after.size == len(entries)
    found = await alarm_at(ar, page(before, one, other), page(before + 1, [], vouched_log(entries[:-1], now)))
    assert (found.kind, found.owed) == ("rollback", Owed(other, 1))
    larger = sign_checkpoint(Checkpoint("log.enlace.example", len(entries) + 2, b"\7" * 32), LOG, now)
    found = await alarm_at(ar, page(before, one, larger), page(before + 1, two, good))
    assert (found.kind, found.owed) == ("rollback", Owed(larger, 1))


# --- somebody at the disk ---


def _take_away(ar: Desk, *patterns: str) -> None:
    for path in [each for pattern in patterns for each in ar.path.glob(pattern)]:
        path.unlink()


async def test_both_files_taken_away_lift_nohalt(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    _take_away(ar, "replica.db*", HALTED_FILE)
    with ar.opened() as desk:
        assert desk.halt is not None
        assert any("ALARM: the directory on this disk was taken away" in each for each in desk.warnings())
    assert "two histories" in halted(ar)
    assert "two histories" in halted_words(ar.path)  # the mark is there again
    with pytest.raises(Halted):
        await ar.synchronise()


async def test_a_directory_taken_away_is_fetched_and_no_smaller_one(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-desk")
    size = await ar.synchronise()
    entries = await here.entries()
    _take_away(ar, "replica.db*")
    here.show(entries[:-1], checkpoint=vouched_log(entries[:-1], story.clock()))
    with pytest.raises(Distrust, match=f"has signed {size} statements, and shows this desk only {size - 1}"):
        await ar.synchronise()
    here.lies.clear()
    assert await ar.synchronise() == size
    with ar.opened() as desk:
        assert not any("taken away" in each for each in desk.warnings())
        assert desk.store.standing(desk.profile.identity.network).owed == ()


async def test_a_former_relays_log_is_none_that_a_directory_taken_away_is_fetched_from(
    story: Story, here: LyingRelay
) -> None:
    """Whoever has the old relay's keys shows its log without the naming of the next; the vault knows there was one."""
    ar, old = story.desk("ar-night"), await here.entries()
    await ar.synchronise()
    await hold_ready(story, "second")
    await name(story, "second")
    size = await ar.synchronise()
    _take_away(ar, "replica.db*")
    here.show(old, checkpoint=vouched_log(old, story.clock()))
    for _ in range(2):
        with pytest.raises(Distrust, match="has seen the root keys name 2 relays, and this log shows it 1"):
            await ar.synchronise()
    here.lies.clear()
    assert await ar.synchronise() == size


async def test_an_older_directory_that_is_larger_is_known_for_what_it_is(
    story: Story, here: LyingRelay, tmp_path: Path
) -> None:
    """The roots went on from an earlier size; what is put back has more statements, and not the newest relay."""
    ar = story.desk("ar-night")
    common = await ar.synchronise()
    await story.desk("secretariat").synchronise()
    entry, raw = sign(story, "second", size=common)
    for contact in ("co-desk", "co-court"):
        await story.issue(story.desk("co-chief"), kind=AttestContact, contact=contact)
    larger = await ar.synchronise()
    with ar.opened():
        pass
    shutil.copy(ar.path / "replica.db", tmp_path / "older.db")
    shown = [*(await here.entries())[:common], entry]
    show_under(story, here, shown)
    await follow(ar, raw, give_up=True)
    here.lies.clear()
    _take_away(ar, "replica.db*")
    shutil.copy(tmp_path / "older.db", ar.path / "replica.db")
    with ar.opened() as desk:
        assert desk.replica().size == larger
        assert any("ALARM: the directory on this disk was taken away, or an older" in each for each in desk.warnings())
    with pytest.raises(Distrust, match="has seen the root keys name 2 relays, and this log shows it 1"):
        await ar.synchronise()


@pytest.mark.parametrize("content", [b"", b"{}", b"\0" * 40])
async def test_a_mark_that_nobody_here_wrote_halts_no_healthy_desk(
    story: Story, here: LyingRelay, content: bytes
) -> None:
    ar = story.desk("ar-night")
    size = await ar.synchronise()
    (ar.path / HALTED_FILE).write_bytes(content)
    with ar.opened() as desk:
        assert desk.halt is None
        assert any("was no mark of this desk's" in each for each in desk.warnings())
    assert not (ar.path / HALTED_FILE).exists()
    assert await ar.synchronise() == size


async def test_a_damaged_memory_is_told_and_begun_anew(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    size = await ar.synchronise()
    (ar.path / "vault" / "standing.age").write_bytes(b"damaged")
    with ar.opened() as desk:
        assert desk.replica().size == size
        assert any("is damaged, and is begun anew" in each for each in desk.warnings())
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-desk")
    assert await ar.synchronise() == size + 1
    with ar.opened() as desk:
        assert desk.warnings() == []


async def test_an_older_relay_file_puts_no_former_address_back(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await ar.synchronise()
    statement = (await here.entries())[1].decode()
    with story.desk("secretariat").opened() as desk:
        duty = desk.keyring.duty

    def written(at: int, authority: str) -> bytes:
        where = {"relay": here.url, "authority": authority, "statement": statement}
        return write_relay_file(RelayFile(network=story.built.network, at=at, **where), "enlace.example", duty)

    now = story.clock()
    await follow(ar, written(now, pem()))
    _take_away(ar, "replica.db*")
    await ar.synchronise()
    with pytest.raises(Declined, match="is older than the one this desk follows"):
        await follow(ar, written(now - 86_400, pem() + "# a stolen authority\n"))
    assert ar.profile.identity.authority == pem()
    await follow(ar, written(now, pem()))


async def test_a_relay_file_from_the_future_shuts_no_later_one_out(story: Story, here: LyingRelay) -> None:
    """The clock of the desk that wrote it was a year ahead, or the duty key is a thief's: what is right comes later."""
    ar = story.desk("ar-night")
    await ar.synchronise()
    statement = (await here.entries())[1].decode()
    with story.desk("secretariat").opened() as desk:
        duty = desk.keyring.duty

    def written(at: int) -> bytes:
        where = {"relay": here.url, "authority": pem(), "statement": statement}
        return write_relay_file(RelayFile(network=story.built.network, at=at, **where), "enlace.example", duty)

    now = story.clock()
    with pytest.raises(Declined, match="See on a third clock which is wrong"):
        await follow(ar, written(now + 365 * 86_400))
    await follow(ar, written(now + CLOCK_SKEW))
    story.clock.now += CLOCK_SKEW
    await follow(ar, written(story.clock()))
