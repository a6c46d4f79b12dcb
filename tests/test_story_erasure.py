"""Erased words are on no disk any more: every file of every desk and of the relay is searched, sealed ones opened.

A contact's details (two versions of them) and an officer's label are published with unusual words, every desk has them,
and one desk is away while they are erased. The log verifies for everybody afterwards, and for a desk that is new.
"""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from story_canaries import Wanted
from story_desk import Desk
from story_world import CAST, Built, Story, fresh_batch, play

from crypto.encoding import unb64
from desk.link.session import connected
from desk.replica import synchronise as desk_synchronise
from desk.replica.snapshot import make_snapshot, take_snapshot
from desk.replica.statements import device_voice, send
from directory.bodies import ContactBody, OfficerBody, Phone
from directory.erasable import erasable
from directory.replay import Replica, extend
from directory.statement import EnrolOfficer, EraseBody, PublishContact
from relay.at_rest import AtRest
from relay.key_files import read_rest_key

pytest_plugins = ("built_story",)

OLD, NEW, LABEL = "Frau Quetzalcoatlus Ñandú", "Señora Wolpertinger-Œdipus", "Inspector Tatzelwurm, Čakovec"
NUMBER, NOTE = "+12025550188", "Answers only to “Xylophon” after 4:17"
OFFICER = "5e" * 16
WORDS = Wanted((each, each) for each in (OLD, NEW, LABEL, NUMBER, NOTE))


@pytest.fixture
async def story(tmp_path: Path, built: Built) -> AsyncIterator[Story]:
    """Everything is published, and on every desk that may read it."""
    async with play(tmp_path, built) as found:
        found.clock.now += 60
        chief = found.desk("co-chief")
        await published(found, chief, OLD)
        with chief.opened() as desk:
            async with connected(desk.keyring, found.clock) as client:
                batch = await fresh_batch(desk, client, (device_voice(desk.keyring),))
                body = batch.body(OfficerBody(label=LABEL))
                batch.issue(EnrolOfficer, officer=OFFICER, member="co", roles=("investigator",), body=body)
                await send(client, batch)
        for each in CAST:
            await found.desk(each).exchange()
        await published(found, chief, NEW)
        for each in CAST:
            await found.desk(each).exchange()
        yield found


async def published(story: Story, chief: Desk, name: str) -> None:
    """A contact that the officers of co-desk serve, with a word that nobody else has."""
    with chief.opened() as desk:
        async with connected(desk.keyring, story.clock) as client:
            batch = await fresh_batch(desk, client, (device_voice(desk.keyring),))
            details = ContactBody(names={"de": name}, phones=(Phone(number=NUMBER),), notes={"en": NOTE})
            about = {"member": "co", "country": "CO", "function": "customs", "body": batch.body(details)}
            batch.issue(PublishContact, contact="co-customs", **about)
            await send(client, batch)


async def erased(story: Story) -> None:
    """Statements of the administrator; the desk that made them synchronises as every other does."""
    with story.desk("co-chief").opened() as desk:
        async with connected(desk.keyring, story.clock) as client:
            batch = await fresh_batch(desk, client, (device_voice(desk.keyring),))
            wanted = {"contact/co-customs", f"officer/{OFFICER}"}
            chosen = [each.commitment for each in erasable(batch.view) if each.subject in wanted]
            assert len(chosen) == 3
            for each in chosen:
                batch.issue(EraseBody, body=each)
            await send(client, batch)


async def erased_while_another_fetches(story: Story) -> None:
    """A desk has read the log, then details are erased, then it asks for them: that is no alarm."""
    behind = story.desk("co-laptop")
    with behind.opened() as desk:
        desk.store.erase_bodies(desk.store.bodies())
    fetch, asked = desk_synchronise._Fetching._fetch, 0

    async def overtaken(*args: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 1:
            await erased(story)
        return await fetch(*args)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("desk.replica.synchronise._Fetching._fetch", overtaken)
        await behind.synchronise()
    assert asked == 3  # twice here, and once by the desk that erases
    with behind.opened() as desk:
        assert len(desk.store.bodies()) > 0
    assert not list((behind.path / "alarms").iterdir())


def sealed_rows(folder: Path) -> list[bytes]:
    """Details as the relay keeps them, sealed: pieces of each that no page of the file breaks in two."""
    rest = AtRest(read_rest_key(folder / "keys" / "rest.key"))
    with closing(sqlite3.connect(f"file:{folder / 'data' / 'directory.db'}?mode=ro", uri=True)) as db:
        named = [(key, row) for key, row in db.execute("SELECT commitment, sealed FROM bodies")]
    telling = [row for key, row in named if WORDS.found(rest.open(f"bodies/{key}", row))]
    assert 0 < len(telling) < len(named)
    return [row[at : at + 24] for row in telling for at in range(0, len(row) - 24, 24)]


def opened_stores(desk: Desk) -> Iterator[bytes]:
    """What stands sealed on a desk's disk, opened with its keys."""
    keyring = desk.keyring
    for name in keyring.vault.names(""):
        yield keyring.vault.get(name) or b""
    with desk.opened() as opened:
        for each in opened.mail.all():
            yield each.note
        for line in opened.mail.each_line():
            yield line.note.encode()


def holding(story: Story) -> set[str]:
    """The desks in whose folders, or in what is sealed there, any of the words is found."""
    found = {name for name in CAST if WORDS.found_in(story.desk(name).path)}
    return found | {name for name in CAST if any(WORDS.found(each) for each in opened_stores(story.desk(name)))}


async def test_no_desk_and_no_relay_keeps_the_words(story: Story, tmp_path_factory: pytest.TempPathFactory) -> None:
    everybody, away = set(CAST), "ar-day"
    data = story.folder
    assert holding(story) == everybody
    with story.desk("ar-night").opened() as desk:
        snapshot = make_snapshot(desk.replica(), desk.store, story.clock())
    assert any(WORDS.found(unb64(each.body)) for each in snapshot[2])
    backup = tmp_path_factory.mktemp("backup") / "directory.db"
    rows = sealed_rows(data)
    with closing(sqlite3.connect(data / "data" / "directory.db")) as db, closing(sqlite3.connect(backup)) as target:
        db.backup(target)
    await erased_while_another_fetches(story)
    assert not pieces_in(data / "data", rows), "the relay erases at once, while it runs"
    for each in everybody - {away}:
        await story.desk(each).exchange()
    assert holding(story) == {away}
    with story.desk(away).opened() as desk:  # a snapshot from before brings nothing back, nor does it erase too early
        take_snapshot(desk.profile, desk.store, *snapshot, story.clock())
    await story.desk(away).exchange()
    assert holding(story) == set()
    assert WORDS.found_in(data) == {}
    with story.desk(away).opened() as desk:
        assert take_snapshot(desk.profile, desk.store, *snapshot, story.clock()).bodies == 0
    assert holding(story) == set()

    await story.here.stop()
    for each in ("directory.db-wal", "directory.db-shm"):
        (data / "data" / each).unlink(missing_ok=True)
    shutil.copy(backup, data / "data" / "directory.db")
    (data / "data" / "directory.db").chmod(0o600)
    assert pieces_in(data / "data", rows)
    await story.here.start()
    assert not pieces_in(data / "data", rows), "a backup that is put back is erased anew, at the start"
    await everybody_verifies(story)


def pieces_in(folder: Path, pieces: list[bytes]) -> bool:
    held = b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())
    return any(piece in held for piece in pieces)


async def everybody_verifies(story: Story) -> None:
    """Desks that were there go on; one that is new has the same directory; the log replays from nothing."""
    story.clock.now += 60
    await story.enrol("ar-new", story.desk("ar-chief"), "ar", story.built.officers["ar-day"])
    views = []
    for each in ("ar-night", "ar-new", "co-chief"):
        desk = story.desk(each)
        await desk.synchronise()
        with desk.opened() as opened:
            replica, entries = opened.replica(), opened.store.entries(0)
            assert replica.checkpoint is not None
            from_nothing = extend(Replica(story.built.network), entries, replica.checkpoint.raw, story.clock())
            assert from_nothing.view == replica.view
            assert opened.warnings() == []
            views.append(replica.view)
        assert not list((desk.path / "alarms").iterdir())
    assert views[0] == views[1] == views[2]
