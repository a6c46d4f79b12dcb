"""A desk stays halted: older namings, files of others, relays that name themselves, and what a new relay lies about."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from directory_world import key_pair, relay_keys
from relay_bodies import ORIGIN
from story_desk import Desk
from story_halts import SECOND, forked, halt, head, show_under
from story_liar import LOG, LyingRelay, vouched_log
from story_relays import follow, halted, hold_ready, keys_of, name, sign
from story_world import Story, roots

from crypto.checkpoint import sign_checkpoint
from crypto.cosignature import log_keys
from crypto.note import Note
from crypto.policy import Policy, PolicyLog
from crypto.signing import ed25519_line
from desk.alarms.evidence import ACCUSATION
from desk.errors import Declined, DeskError, Distrust, Usage
from desk.replica.standing import HALTED_FILE, Halted
from desk.replica.statements import Voice, root_voice
from desk.roots.relay_file import RelayFile, read_relay_file, write_relay_file
from directory.evidence_verdict import verdict
from directory.statement import Continues, NameRelay, parse_statement, signed_entry, statement_text

pytest_plugins = ("lying_story",)


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


async def test_a_desk_that_saw_another_past_than_the_roots_go_on_from_does_not_follow(
    story: Story, here: LyingRelay
) -> None:
    ar = story.desk("ar-night")
    common = await forked(story, here)
    await hold_ready(story, "second")
    raw = await name(story, "second")
    words = await refused(ar, raw, Declined)
    assert f"the roots continue a log whose first {common + 2} statements are not those on this desk" in words
    assert "--from-size" in words
    with pytest.raises(Halted, match="are not those on this desk"):
        await ar.synchronise()


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
    show_under(story, here, entries)
    with pytest.raises(Halted):
        await ar.synchronise()
    here.lies.clear()
    show_under(story, here, entries[:-1])
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
        show_under(story, here, shown)
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
        show_under(story, here, shown)
        assert words in await refused(ar, raw, Distrust)
        here.lies.clear()


def _continuing(story: Story, change: dict[str, str]) -> tuple[bytes, bytes]:
    """A naming by the roots that says something else of the log it continues."""
    statement = parse_statement(sign(story, "second")[0]).statement
    assert isinstance(statement, NameRelay)
    assert isinstance(statement.continues, Continues)
    return _saying(story, continues=msgspec.structs.replace(statement.continues, **change))


def _saying(story: Story, **changes: Any) -> tuple[bytes, bytes]:
    """A naming by the roots, changed, which they signed without judging it; and a relay file with it."""
    statement = msgspec.structs.replace(parse_statement(sign(story, "second")[0]).statement, **changes)
    text = statement_text(statement)
    entry = signed_entry(text, [ed25519_line(each.key, f"enlace.example/{each.local}", text) for each in roots()])
    with story.desk("secretariat").opened() as desk:
        keys = keys_of("second", story.here.url)
        file = RelayFile(
            network=story.built.network, at=1, relay=keys.relay, authority=keys.authority, statement=entry.decode()
        )
        return entry, write_relay_file(file, "enlace.example", desk.keyring.duty)


def evidence_of(desk: Desk) -> set[Path]:
    """What a desk has for a second party."""
    return set((desk.path / "alarms").glob(f"*/{ACCUSATION}"))


async def test_the_new_relays_own_lies_change_nothing(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await hold_ready(story, "second")
    raw = await name(story, "second")
    good = await here.entries()
    for entries, checkpoint, by, shows in (
        ([*good, b"forged\n"], sign_checkpoint(head([*good, b"forged\n"]), SECOND, story.clock()), SECOND, "refused"),
        (good, vouched_log(good, story.clock()), SECOND, "unsigned"),  # the old keys say so
        (good, sign_checkpoint(head(good[:-1]), SECOND, story.clock()), LOG, "unsigned"),
        (good, sign_checkpoint(head([*good[:-1], b"other\n"]), SECOND, story.clock()), SECOND, "handed"),
        (good[:-1], vouched_log(good[:-1], story.clock()), LOG, ""),
        (good, sign_checkpoint(head(good), SECOND, story.clock() - 86_400), LOG, "unsigned"),
    ):
        here.show(entries, checkpoint=checkpoint)
        before = evidence_of(ar)
        await refused(ar, raw)
        with pytest.raises(Halted) as caught:
            await ar.synchronise()  # and its own relay shows the same
        here.lies.clear()
        files = evidence_of(ar) - before
        assert len(files) == bool(shows), (shows, files)
        for file in files:
            found = verdict(file.read_bytes(), Policy(tuple(map(PolicyLog, log_keys(ORIGIN, by.public)))))
            assert (found.kind, found.proven) == (shows, shows == "refused")
            if caught.value.alarm is None:  # it looked at the newest checkpoint alone
                assert "it names no later relay" in str(caught.value)
                continue
            assert (caught.value.alarm.file, caught.value.alarm.halted) == (str(file), True)
            assert caught.value.alarm.what.startswith("this desk stays halted: ")
    await follow(ar, raw)
    assert halted(ar) == ""


async def test_a_naming_of_the_same_keys_again(story: Story, here: LyingRelay) -> None:
    # The roots may have meant well. But these keys have signed two histories, and would go on to.
    ar = story.desk("ar-night")
    await halt(story, here, ar)
    await story.desk("secretariat").synchronise()
    with pytest.raises(Declined, match="these keys were a log's before, and are none again"):
        sign(story, "relay")
    entry, raw = _saying(story, **relay_keys("relay"))
    shown = [*await here.entries(), entry]
    here.show(shown, checkpoint=vouched_log(shown, story.clock()))
    assert "R13" in await refused(ar, raw, Distrust)
    with pytest.raises(Halted, match="it names no later relay"):
        await ar.synchronise()
