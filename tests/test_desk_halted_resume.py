"""What ends a halt: a relay the roots name later, followed by its file or in the log. And what does not end it."""

from collections.abc import Iterable

import msgspec
import pytest
from directory_world import key_pair
from story_desk import Desk
from story_liar import LOG, LyingRelay, vouched_log
from story_relays import follow, halted, hand_over, hold_ready, keys_of, name, sign
from story_world import Story, roots

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from crypto.note import Note
from crypto.signing import ed25519_line
from desk.errors import Declined, DeskError, Distrust, Usage
from desk.naming import relay_file
from desk.relay_file import RelayFile, read_relay_file, write_relay_file
from desk.standing import HALTED_FILE, Halted
from desk.statements import Voice, root_voice
from directory.statement import AttestContact, Continues, NameRelay, parse_statement, signed_entry, statement_text

pytest_plugins = ("lying_story",)
SECOND = key_pair("second log")


async def attest(story: Story, contact: str = "co-desk") -> None:
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact=contact)


def head(entries: list[bytes], origin: str = "log.enlace.example") -> Checkpoint:
    tree = Tree(map(leaf_hash, entries))
    return Checkpoint(origin, len(tree), tree.root())


async def halt(story: Story, here: LyingRelay, desk: Desk) -> None:
    """Halt a desk by a second root for the size it has; the relay is honest from then on."""
    size = await desk.synchronise()
    other = sign_checkpoint(Checkpoint("log.enlace.example", size, b"\7" * 32), LOG, story.clock())
    here.show(await here.entries(), checkpoint=other)
    with pytest.raises(Halted):
        await desk.synchronise()
    here.lies.clear()


async def refused(desk: Desk, raw: bytes, kind: type[DeskError] = DeskError) -> str:
    """Why a halted desk does not follow a relay file; it is as it was."""
    before = (halted(desk), (desk.path / "profile.json").read_bytes(), (desk.path / HALTED_FILE).read_bytes())
    with desk.opened() as opened:
        size = opened.replica().size
    with pytest.raises(kind) as caught:
        await follow(desk, raw)
    assert (halted(desk), (desk.path / "profile.json").read_bytes(), (desk.path / HALTED_FILE).read_bytes()) == before
    with desk.opened() as opened:
        assert opened.replica().size == size
    return str(caught.value)


# --- what ends it ---


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


async def _forked(story: Story, here: LyingRelay) -> int:
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


async def test_what_only_the_old_log_vouched_for_gives_way_and_is_kept(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    common = await _forked(story, here)
    with ar.opened() as opened:
        mine = opened.store.entries(common)
        opened.announced(opened.replica().size)
    await hold_ready(story, "second")
    raw = await name(story, "second", size=common)
    done = await follow(ar, raw)
    assert (done.statements, done.dropped) == (3, 2)
    (kept,) = (ar.path / "alarms").glob("*-parted-*")
    (file,) = kept.iterdir()
    assert file.name == f"statements-from-{common:07}.txt"
    assert file.read_bytes() == b"".join(each + b"\n" for each in mine)
    with ar.opened() as opened:
        assert opened.store.entries(0) == await here.entries()
        assert [opened.store.covered(each) for each in (common, common + 2)] == [story.clock()] * 2
        assert opened.store.parted == common  # what came in its place is announced, though so many were announced
        opened.announced(opened.replica().size)
        assert opened.announcements()[0] == []
    await ar.exchange()


async def test_a_desk_that_saw_another_past_than_the_roots_go_on_from_does_not_follow(
    story: Story, here: LyingRelay
) -> None:
    ar = story.desk("ar-night")
    common = await _forked(story, here)
    await hold_ready(story, "second")
    raw = await name(story, "second")
    words = await refused(ar, raw, Declined)
    assert f"the roots continue a log whose first {common + 2} statements are not those on this desk" in words
    assert "--from-size" in words
    with pytest.raises(Halted, match="are not those on this desk"):
        await ar.synchronise()


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
    common = await _forked(story, here)
    await hold_ready(story, "second")
    raw = await name(story, "second", size=common)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    where = "desk.profile.Profile.save" if step == "save" else f"desk.replica.ReplicaStore.{step}"
    monkeypatch.setattr(where, crash)
    with pytest.raises(KeyboardInterrupt):
        await follow(ar, raw)
    monkeypatch.undo()
    assert "it shows two histories" in halted(ar)
    await follow(ar, raw)
    assert halted(ar) == ""
    with ar.opened() as opened:
        assert opened.store.entries(0) == await here.entries()
    await ar.exchange()


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


# --- what does not ---


async def test_the_naming_that_founded_the_present_relay_ends_nothing(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    entries = await here.entries()
    with story.desk("secretariat").opened() as desk:
        file = RelayFile(network=story.built.network, at=1, relay=story.here.url, statement=entries[1].decode())
        raw = write_relay_file(file, "enlace.example", desk.keyring.duty)
    words = await refused(ar, raw, Declined)
    assert words.startswith("this relay file holds statement 1 of those that name a relay; 1 had been published")


async def test_the_naming_that_was_there_when_the_desk_was_halted_ends_nothing(story: Story, here: LyingRelay) -> None:
    # The refused entry stands behind the naming: that relay is the one that forged it.
    ar = story.desk("ar-night")
    await ar.synchronise()
    await story.desk("secretariat").synchronise()
    entry, raw = sign(story, "second")
    entries = [*await here.entries(), entry, b"forged\n"]
    here.show(entries, checkpoint=sign_checkpoint(head(entries), SECOND, story.clock()))
    with pytest.raises(Halted):
        await ar.synchronise()
    here.lies.clear()
    here.show(entries[:-1], checkpoint=sign_checkpoint(head(entries[:-1]), SECOND, story.clock()))
    assert "2 had been published" in await refused(ar, raw, Declined)
    with pytest.raises(Halted, match="it names no later relay"):
        await ar.synchronise()


async def test_a_relay_files_own_faults(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await hold_ready(story, "second")
    raw = await name(story, "second")
    named = read_relay_file(raw)
    with story.desk("secretariat").opened() as desk:
        duty = desk.keyring.duty

    def signed(**changes: object) -> bytes:
        return write_relay_file(msgspec.structs.replace(named.file, **changes), "enlace.example", duty)

    later = named.note.text.replace(f'"at":{named.file.at}', f'"at":{named.file.at + 1}')
    altered = Note(later, named.note.signatures).write()
    assert "the relay file was altered" in await refused(ar, altered, Declined)
    stranger = write_relay_file(named.file, "enlace.example", key_pair("somebody").ed25519)
    assert "not signed by the network's duty key" in await refused(ar, stranger, Declined)
    assert "names no relay of that network" in await refused(ar, signed(network="7" * 64), Usage)
    attested = (await here.entries())[-2].decode()
    assert "names no relay of that network" in await refused(ar, signed(statement=attested), Usage)
    for garbage in (b"", b"\xff", b"x\n", raw[:-1], raw + b"\n", Note(named.note.text, ()).text.encode()):
        assert "this is no relay file" in await refused(ar, garbage, Usage)
    await follow(ar, raw)


async def test_the_statement_in_the_log_is_the_files_byte_for_byte(story: Story, here: LyingRelay) -> None:
    # One root more has signed the file's: it says the same, and is not what stands in the log.
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await hold_ready(story, "second")
    raw = await name(story, "second")
    named = read_relay_file(raw)
    with story.desk("secretariat").opened() as desk:
        third = root_voice(key_pair("root-3").ed25519)
        note = parse_statement(named.entry).note
        line = ed25519_line(third.key, f"enlace.example/{third.local}", note.text)
        entry = signed_entry(note.text, [*note.signatures, line]).decode()
        other = write_relay_file(
            msgspec.structs.replace(named.file, statement=entry), "enlace.example", desk.keyring.duty
        )
    assert "does not hold the statement of this relay file" in await refused(ar, other, Declined)


async def test_a_relay_that_names_itself(story: Story, here: LyingRelay) -> None:
    """One root has signed, or none that counts; the relay has new keys, and shows a perfect log under them."""
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await story.desk("secretariat").synchronise()
    strangers = [root_voice(key_pair(each).ed25519) for each in ("mallory-1", "mallory-2")]
    entries = await here.entries()
    for voices, rule in ((roots()[:1], "R6"), (strangers, "nobody enrolled")):
        entry, raw = _forced(story, voices)
        shown = [*entries, entry]
        here.show(shown, checkpoint=sign_checkpoint(head(shown), SECOND, story.clock()))
        assert rule in await refused(ar, raw, Distrust)
        with pytest.raises(Halted, match="this desk stays halted"):
            await ar.synchronise()
        here.lies.clear()


def _forced(story: Story, voices: Iterable[Voice]) -> tuple[bytes, bytes]:
    """A naming that too few have signed, and a relay file with it."""
    entry, raw = sign(story, "second")
    statement = parse_statement(entry).statement
    text = statement_text(statement)
    entry = signed_entry(text, [ed25519_line(each.key, f"enlace.example/{each.local}", text) for each in voices])
    named = read_relay_file(raw)
    with story.desk("secretariat").opened() as desk:
        file = msgspec.structs.replace(named.file, statement=entry.decode())
        return entry, write_relay_file(file, "enlace.example", desk.keyring.duty)


async def test_a_naming_that_continues_another_log_or_another_root(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await story.desk("secretariat").synchronise()
    entries = await here.entries()
    for change, words in (
        ({"root": "7" * 64}, "continues another directory"),
        ({"origin": "log.other.example"}, "R13"),
    ):
        entry, raw = _continuing(story, change)
        shown = [*entries, entry]
        here.show(shown, checkpoint=sign_checkpoint(head(shown), SECOND, story.clock()))
        assert words in await refused(ar, raw, Distrust)
        here.lies.clear()


def _continuing(story: Story, change: dict[str, str]) -> tuple[bytes, bytes]:
    """A naming by the roots that says something else of the log it continues."""
    statement = parse_statement(sign(story, "second")[0]).statement
    assert isinstance(statement, NameRelay)
    assert isinstance(statement.continues, Continues)
    statement = msgspec.structs.replace(statement, continues=msgspec.structs.replace(statement.continues, **change))
    text = statement_text(statement)
    entry = signed_entry(text, [ed25519_line(each.key, f"enlace.example/{each.local}", text) for each in roots()])
    with story.desk("secretariat").opened() as desk:
        keys = keys_of("second", story.here.url)
        file = RelayFile(
            network=story.built.network, at=1, relay=keys.relay, authority=keys.authority, statement=entry.decode()
        )
        return entry, write_relay_file(file, "enlace.example", desk.keyring.duty)


async def test_the_new_relays_own_lies_change_nothing(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await hold_ready(story, "second")
    raw = await name(story, "second")
    good = await here.entries()
    for entries, checkpoint in (
        ([*good, b"forged\n"], sign_checkpoint(head([*good, b"forged\n"]), SECOND, story.clock())),
        (good, vouched_log(good, story.clock())),  # the old keys say so
        (good, sign_checkpoint(head(good[:-1]), SECOND, story.clock())),
        (good[:-1], vouched_log(good[:-1], story.clock())),
        (good, sign_checkpoint(head(good), SECOND, story.clock() - 86_400)),
    ):
        here.show(entries, checkpoint=checkpoint)
        await refused(ar, raw)
        here.lies.clear()
    await follow(ar, raw)
    assert halted(ar) == ""


async def test_a_naming_of_the_same_keys_again(story: Story, here: LyingRelay) -> None:
    # The roots may have meant well. But these keys have signed two histories, and would go on to.
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await story.desk("secretariat").synchronise()
    entry, raw = sign(story, "relay")
    shown = [*await here.entries(), entry]
    here.show(shown, checkpoint=vouched_log(shown, story.clock()))
    assert "it names a relay with the log keys of an earlier one" in await refused(ar, raw, Declined)
    with pytest.raises(Halted, match="log keys of an earlier one"):
        await ar.synchronise()


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
        keys, entry = keys_of("relay", story.here.url), desk.store.entries(1)[0]
        raw = relay_file(desk.replica().view, keys, entry, desk.keyring.duty, story.clock())
    assert (await follow(ar, raw)).statements == 0
    other = sign_checkpoint(Checkpoint("log.enlace.example", size, b"\7" * 32), LOG, story.clock())
    here.show(await here.entries(), checkpoint=other)
    with pytest.raises(Halted):
        await follow(ar, raw)
    assert "two histories" in halted(ar)
