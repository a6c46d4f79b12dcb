"""A desk halted by what its log can never put right: what halts it and what does not, and that it lasts."""

import shutil
from pathlib import Path

import msgspec
import pytest
from directory_world import NAME, device_keys, key_pair
from story_desk import Desk, told
from story_liar import LOG, LyingRelay, stripped, vouched_log
from story_notice import HALTS
from story_relays import halted, hold_ready, name
from story_world import Story

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from crypto.signing import ed25519_line
from desk import host
from desk.errors import Distrust
from desk.mail.compose import Draft, compose
from desk.mail.facts import Facts
from desk.mail.message import write_message
from desk.replica import standing
from desk.replica.standing import Halted, halted_words
from directory.statement import AttestContact, EnrolDevice, statement_note, statement_text
from relay.protocol.lines import device_name

pytest_plugins = ("lying_story",)


async def attest(story: Story, contact: str = "co-desk") -> None:
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact=contact)


def forged(story: Story) -> bytes:
    """A device that nobody enrolled."""
    own = key_pair("the relay's own")
    officer = story.built.officers["co-night"]
    statement = EnrolDevice(
        network=story.built.network, at=story.clock(), seq=0, officer=officer, **device_keys("the relay's own")
    )
    return statement_note(statement, [ed25519_line(own.ed25519, f"{NAME}/{own.public.id}", statement_text(statement))])


async def halt(story: Story, here: LyingRelay, desk: Desk) -> None:
    """Halt a desk by a forged entry under the log's own signatures; the relay is honest from then on."""
    here.show([*await here.entries(), forged(story)])
    with pytest.raises(Halted):
        await desk.synchronise()
    here.lies.clear()


# --- what halts ---


async def test_an_honest_relay_ends_no_halt(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    assert "a device that nobody enrolled" in halted(ar)
    await attest(story)
    with pytest.raises(Halted, match="it names no later relay") as caught:
        await ar.synchronise()
    assert "this desk stays halted: statement" in str(caught.value)
    with ar.opened() as opened:
        assert opened.replica().size == len(await here.entries()) - 1


async def test_a_forged_entry_without_the_logs_signature_is_an_alarm_and_no_halt(
    story: Story, here: LyingRelay
) -> None:
    # Whoever stands between, or a disk that flips a bit, can bring this about. The log has not said it.
    entries, ar = await here.entries(), story.desk("ar-night")
    await attest(story)
    honest = await here.entries()
    for checkpoint in (
        vouched_log(honest, story.clock()),
        stripped(vouched_log([*entries, forged(story)], story.clock())),
        sign_checkpoint(_head([*entries, forged(story)]), key_pair("somebody"), story.clock()),
    ):
        here.show([*entries, forged(story)], checkpoint=checkpoint)
        with pytest.raises(Distrust, match="does not count"):
            await ar.synchronise()
        assert halted(ar) == ""
        here.lies.clear()
    assert await ar.synchronise() == len(honest)


def _head(entries: list[bytes]) -> Checkpoint:
    tree = Tree(map(leaf_hash, entries))
    return Checkpoint("log.enlace.example", len(tree), tree.root())


async def test_a_second_root_for_the_size_a_desk_has_halts_it(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    size = await ar.synchronise()
    other = Checkpoint("log.enlace.example", size, b"\7" * 32)
    here.show(await here.entries(), checkpoint=sign_checkpoint(other, LOG, story.clock()))
    with pytest.raises(Halted) as caught:
        await ar.synchronise()
    assert str(caught.value).endswith(HALTS)
    assert "it shows two histories" in halted(ar)


async def test_what_the_log_signed_and_did_not_explain_is_asked_for_and_then_halts(
    story: Story, here: LyingRelay
) -> None:
    # The other branch is larger than what this desk has: one signature of the log alone proves nothing yet.
    ar, entries = story.desk("ar-night"), await here.entries()
    await attest(story)
    here.show(await here.entries(), checkpoint=vouched_log([*entries, forged(story)], story.clock()))
    with pytest.raises(Distrust, match="do not hash to what the log signed"):
        await ar.synchronise()
    here.lies.clear()
    here.show(entries)
    owing = rf"the log has signed {len(entries) + 1} statements, and shows this desk only {len(entries)}: it hides some"
    for _ in range(2):
        with pytest.raises(Distrust, match=owing):
            await ar.synchronise()
    assert halted(ar) == ""
    here.lies.clear()  # now it shows as many, and they are others
    with pytest.raises(Halted, match=f"the log has signed two directories of {len(entries) + 1} statements"):
        await ar.synchronise()
    assert "it shows two histories" in halted(ar)


async def test_a_forged_entry_in_another_history_is_asked_for_too(story: Story, here: LyingRelay) -> None:
    ar, entries = story.desk("ar-night"), await here.entries()
    here.show([*entries[:-1], forged(story), forged(story)])
    with pytest.raises(Distrust, match="does not count"):
        await ar.synchronise()
    assert halted(ar) == ""
    here.lies.clear()
    await attest(story)
    with pytest.raises(Halted, match="the log has signed two directories"):
        await ar.synchronise()


async def test_what_is_held_back_behind_the_logs_own_signature_has_to_come(story: Story, here: LyingRelay) -> None:
    ar, entries = story.desk("ar-night"), await here.entries()
    await attest(story)
    here.show(entries, checkpoint=vouched_log(await here.entries(), story.clock()))
    with pytest.raises(Distrust, match="holds back statements"):
        await ar.synchronise()
    here.lies.clear()
    here.show(entries)
    with pytest.raises(Distrust, match="it hides some, perhaps a revocation"):
        await ar.synchronise()
    here.lies.clear()
    assert await ar.synchronise() == len(entries) + 1


async def test_entries_in_disorder_that_are_explained_after_all_leave_nothing_behind(
    story: Story, here: LyingRelay
) -> None:
    ar = story.desk("ar-night")
    await attest(story)
    await attest(story, "co-court")
    *entries, first, second = await here.entries()
    here.show([*entries, second, first], checkpoint=vouched_log([*entries, first, second], story.clock()))
    with pytest.raises(Distrust):
        await ar.synchronise()
    here.lies.clear()
    assert await ar.synchronise() == len(entries) + 2
    with ar.opened() as opened:
        assert opened.store.standing(story.built.network) == standing.GOOD


async def test_a_fork_that_another_desks_message_proves_halts_before_it_is_told(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await _two_histories(story, here)
    await co.send("ar-desk", subject="To Argentina")
    (words,) = told((await ar.exchange()).taken)
    assert "This desk is halted." in words
    assert "another desk saw a different directory" in halted(ar)
    assert ar.subjects() == ["To Argentina"]


async def _two_histories(story: Story, here: LyingRelay) -> None:
    """ar-night is shown another order than everybody else."""
    for contact in ("co-desk", "co-court"):
        await attest(story, contact)
    *entries, first, second = await here.entries()
    here.show([*entries, second, first], to=story.desk("ar-night"))
    await story.desk("ar-night").synchronise()
    await story.desk("co-night").synchronise()


async def test_a_former_relays_keys_halt_nobody(story: Story, here: LyingRelay) -> None:
    # Perhaps they were stolen, and that is why there are others. The roots have said which history counts.
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await attest(story)
    size = len(await here.entries())
    await hold_ready(story, "second")
    await name(story, "second")
    for desk in (ar, co):
        await desk.exchange()
    stolen = sign_checkpoint(Checkpoint("log.enlace.example", size, b"\7" * 32), LOG, story.clock()).decode()
    number = _queue_with_checkpoint(co, stolen)
    assert (await co.flush()).sent == [number]
    (words,) = told((await ar.exchange()).taken)
    assert "another desk saw a different directory" in words
    assert halted(ar) == ""
    assert await ar.synchronise() == size + 1


def _queue_with_checkpoint(desk: Desk, checkpoint: str) -> int:
    """A message whose sender says that they saw this checkpoint."""
    with desk.opened() as opened:
        message = compose(opened.replica(), desk.device, Draft(to=("ar-desk",), subject="Hello", text=""), desk.clock())
        message = msgspec.structs.replace(message, checkpoint=checkpoint)
        signer = device_name(desk.profile.identity.name, desk.device)
        note = write_message(message, signer, desk.keyring.device)
        number = opened.mail.add(message, note, Facts(direction="out"), queue=True)
        assert number is not None
        return number


# --- that it lasts ---


async def test_a_halt_is_stored_before_its_evidence_and_before_anything_else(
    story: Story, here: LyingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    ar = story.desk("ar-night")
    here.show([*await here.entries(), forged(story)])

    def crash(*_: object, **__: object) -> str:
        raise KeyboardInterrupt  # as the power would

    monkeypatch.setattr("desk.profile.folder.keep", crash)
    with pytest.raises(KeyboardInterrupt):
        await ar.synchronise()
    monkeypatch.undo()
    assert "a device that nobody enrolled" in halted(ar)


async def test_a_crash_between_the_two_places_of_a_halt(
    story: Story, here: LyingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    ar = story.desk("ar-night")
    here.show([*await here.entries(), forged(story)])

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("desk.replica.store.write_mark", crash)
    with pytest.raises(KeyboardInterrupt):
        await ar.synchronise()
    monkeypatch.undo()
    assert halted_words(ar.path) == ""
    assert "nobody enrolled" in halted(ar)
    assert "nobody enrolled" in halted_words(ar.path)  # written by whoever opened the profile next


@pytest.mark.parametrize("away", ["halted.json", "replica.db"])
async def test_one_of_the_two_files_taken_away_lifts_nothing(story: Story, here: LyingRelay, away: str) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    for path in ar.path.glob(f"{away}*"):
        path.unlink()
    assert "nobody enrolled" in halted(ar)
    with pytest.raises(Halted):
        await ar.synchronise()


async def test_an_older_replica_put_back_lifts_nothing(story: Story, here: LyingRelay, tmp_path: Path) -> None:
    ar = story.desk("ar-night")
    with ar.opened():
        pass
    shutil.copy(ar.path / "replica.db", tmp_path / "older.db")
    await halt(story, here, ar)
    for path in ar.path.glob("replica.db*"):
        path.unlink()
    shutil.copy(tmp_path / "older.db", ar.path / "replica.db")
    with pytest.raises(Halted):
        await ar.synchronise()


@pytest.mark.parametrize(
    "edit", [lambda raw: raw.replace(b'"answer":1', b'"answer":0'), lambda raw: b"{}"], ids=["other", "nothing"]
)
async def test_a_mark_that_was_edited_halts_all_the_same(story: Story, here: LyingRelay, edit: object) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    mark = ar.path / standing.HALTED_FILE
    for path in ar.path.glob("replica.db*"):
        path.unlink()
    assert callable(edit)
    host.write_whole(mark, edit(mark.read_bytes()))
    (ar.path / "vault" / "standing.age").unlink()
    assert halted(ar) == "the mark of an earlier halt was changed on this disk"


async def test_what_is_under_the_seal_is_not_edited(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    with ar.opened() as opened:
        opened.store.put_fact("standing", b"{}")
    with ar.opened() as opened, pytest.raises(Distrust, match="not what the log signed"):
        opened.replica()


async def test_the_first_halt_stays(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await _two_histories(story, here)
    await co.send("ar-desk", subject="Good evening")
    await ar.exchange()
    first = halted(ar)
    here.lies.clear()
    await attest(story)
    await co.send("ar-desk", subject="Good morning")
    with pytest.raises(Halted):
        await ar.exchange()
    assert ar.subjects() == ["Good evening", "Good morning"]  # mail comes, and is opened
    assert halted(ar) == first


# --- what a halted desk does ---


async def test_a_halted_desk_reads_and_keeps_what_is_to_be_sent(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await halt(story, here, ar)
    await co.send("ar-desk", subject="Good evening")
    number = ar.queue("co-desk", subject="An answer")
    with pytest.raises(Halted):
        await ar.exchange()
    assert ar.read(2).facts.opened
    with ar.opened() as opened:
        assert next(each.stored.number for each in opened.mail.waiting()) == number
    with pytest.raises(Halted):
        await story.issue(story.desk("ar-night"), kind=AttestContact, contact="ar-desk")
