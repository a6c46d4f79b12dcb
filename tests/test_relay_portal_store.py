"""The contract of the portal's store, held by memory and SQLite alike."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from directory_world import START
from relay_stores import KINDS, REST_KEY

from config.database import open_database
from relay.at_rest import AtRest
from relay.portal.memory_store import MemoryPortal
from relay.portal.sqlite_store import SqlitePortal
from relay.portal.store import Credential, PendingAccess, PortalAccount, PortalStore
from relay.rules.portal import LAPSE, PortalSession, opened
from relay.store.contract import Conflict, StoreFailed
from relay.store.sqlite_accounts import MIGRATIONS

NOW = START
A, B = "a" * 32, "b" * 32
PHC = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
WAITING = PendingAccess(A, "k7mw-3npq", Credential(PHC, b"secret, twenty bytes"), NOW + LAPSE)
OTHER = PendingAccess(B, "2222-2222", Credential(PHC, b"another secret, 20 b"), NOW + LAPSE)
ENDS = NOW + 180 * 86_400


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PortalStore]:
    if request.param == "memory":
        yield MemoryPortal()
        return
    db = await open_database(tmp_path / "accounts.db", MIGRATIONS, erase_deleted=True)
    yield SqlitePortal(db, AtRest(REST_KEY))
    await db.close()


async def in_force(store: PortalStore, pending: PendingAccess = WAITING, step: int = 100) -> PortalAccount:
    await store.begin(pending)
    await store.confirm(pending, step, ENDS)
    found = await store.account(pending.officer)
    assert found is not None
    return found


def session(number: int, officer: str = A, at: int = NOW) -> PortalSession:
    return opened(f"{number:032x}", f"{number:064x}", officer, "bound", at)


async def test_access_waits_until_it_is_confirmed_and_is_found_by_officer_and_name(store: PortalStore) -> None:
    assert await store.account(A) is None
    assert await store.pending(A) is None
    await store.begin(WAITING)
    assert await store.pending(A) == WAITING
    assert await store.account_named(WAITING.name) is None
    await store.confirm(WAITING, 100, ENDS)
    account = PortalAccount(A, WAITING.name, WAITING.credential, ENDS, 100)
    assert await store.account(A) == await store.account_named(WAITING.name) == account
    assert await store.pending(A) is None
    assert await store.account_named("nobody") is None
    assert await store.officers() == {A}


async def test_what_was_begun_last_is_what_waits_and_only_that_is_confirmed(store: PortalStore) -> None:
    newer = replace(WAITING, credential=Credential(PHC, b"a newer secret, 20 b"))
    await store.begin(WAITING)
    await store.begin(newer)
    with pytest.raises(Conflict):
        await store.confirm(WAITING, 100, ENDS)
    assert await store.account(A) is None
    await store.confirm(newer, 100, ENDS)
    with pytest.raises(Conflict):
        await store.confirm(newer, 101, ENDS)


async def test_a_name_belongs_to_one_officer_waiting_or_in_force(store: PortalStore) -> None:
    await store.begin(WAITING)
    with pytest.raises(Conflict):
        await store.begin(replace(OTHER, name=WAITING.name))
    await store.confirm(WAITING, 100, ENDS)
    with pytest.raises(Conflict):
        await store.begin(replace(OTHER, name=WAITING.name))
    await store.begin(replace(WAITING, expires=NOW + 1))  # the officer's own


async def test_a_step_is_used_once_and_the_session_opened_with_it(store: PortalStore) -> None:
    account = await in_force(store)
    assert not await store.accept(account, 100, session(1), 4)
    assert await store.session(session(1).id) is None
    await store.charge(account, NOW + 1)
    charged = await store.account(A)
    assert charged == replace(account, failures=1, failed_at=NOW + 1)
    assert await store.accept(charged, 101, session(1), 4)
    assert await store.session(session(1).id) == session(1)
    assert await store.account(A) == replace(account, last_step=101, logged_in_at=NOW, failed=1)
    assert not await store.accept(account, 101, session(2), 4)
    assert await store.accept(account, 102, session(2, at=NOW + 9), 4)
    after = await store.account(A)
    assert after is not None
    assert (after.logged_in_at, after.before_at, after.failed) == (NOW + 9, NOW, 0)


async def test_of_two_log_ins_with_one_code_one_wins(store: PortalStore) -> None:
    account = await in_force(store)
    won = await asyncio.gather(*(store.accept(account, 101, session(number), 9) for number in range(5)))
    assert sorted(won) == [False] * 4 + [True]
    assert await store.sessions(A) == 1


async def test_an_attempt_is_counted_once_for_what_was_read(store: PortalStore) -> None:
    account = await in_force(store)
    await store.charge(account, NOW)
    with pytest.raises(Conflict):
        await store.charge(account, NOW)


async def test_a_log_in_by_old_access_opens_nothing(store: PortalStore) -> None:
    account = await in_force(store)
    await in_force(store, replace(WAITING, credential=Credential(PHC, b"a newer secret, 20 b")))
    with pytest.raises(Conflict):
        await store.accept(account, 200, session(1), 4)
    await store.remove((A,))
    with pytest.raises(Conflict):
        await store.accept(account, 200, session(1), 4)
    with pytest.raises(Conflict):
        await store.charge(account, NOW)


async def test_the_newest_sessions_are_kept_and_new_access_ends_them_all(store: PortalStore) -> None:
    account = await in_force(store)
    await in_force(store, OTHER)
    other = await store.account(B)
    assert other is not None
    assert await store.accept(other, 101, session(50, B), 4)
    for number in range(1, 7):
        assert await store.accept(account, 100 + number, session(number), 4)
    assert await store.sessions(A) == 4
    assert await store.session(session(2).id) is None
    assert await store.session(session(3).id) is not None
    await in_force(store, replace(WAITING, expires=NOW + 5), 300)
    assert (await store.sessions(A), await store.sessions(B)) == (0, 1)


async def test_a_session_turns_once_from_what_it_was(store: PortalStore) -> None:
    account = await in_force(store)
    before = session(1)
    assert await store.accept(account, 101, before, 4)
    after = replace(before, newest="n", before="b", turned_at=NOW + 2, seen_at=NOW + 2)
    await store.turn(before, after)
    assert await store.session(before.id) == after
    with pytest.raises(Conflict):
        await store.turn(before, after)
    ended = replace(after, ended="replayed")
    await store.turn(after, ended)
    assert await store.session(before.id) == ended
    assert await store.sessions(A) == 0
    await store.end(before.id)
    assert await store.session(before.id) is None
    with pytest.raises(Conflict):
        await store.turn(ended, after)


async def test_what_is_removed_is_gone_with_its_sessions(store: PortalStore) -> None:
    account = await in_force(store)
    await in_force(store, OTHER)
    assert await store.accept(account, 101, session(1), 4)
    await store.begin(WAITING)
    assert await store.end_sessions((A, B)) == 1
    assert await store.accept(account, 102, session(2), 4)
    await store.remove((A,))
    assert await store.officers() == {B}
    assert await store.session(session(2).id) is None
    assert await store.pending(A) is None
    await store.remove(())


async def test_what_has_run_out_is_purged_and_what_a_clock_far_ahead_left_too(store: PortalStore) -> None:
    account = await in_force(store)
    for number, at in ((1, NOW), (2, NOW - 14_399), (3, NOW - 14_400), (4, NOW + 9999)):
        assert await store.accept(account, 100 + number, session(number, at=at), 9)
    await store.begin(WAITING)
    await store.begin(replace(OTHER, expires=NOW))
    await store.purge(NOW, 14_400)
    there = [number for number in range(1, 5) if await store.session(session(number).id) is not None]
    assert there == [1, 2]
    assert await store.pending(A) is not None
    assert await store.pending(B) is None
    assert await store.account(A) is not None


async def test_neither_secret_nor_hash_stands_in_the_file_and_another_key_opens_nothing(tmp_path: Path) -> None:
    db = await open_database(tmp_path / "accounts.db", MIGRATIONS, erase_deleted=True)
    try:
        await in_force(SqlitePortal(db, AtRest(REST_KEY)))
        await SqlitePortal(db, AtRest(REST_KEY)).begin(WAITING)
        raw = await asyncio.to_thread(lambda: b"".join(each.read_bytes() for each in tmp_path.iterdir()))
        assert WAITING.credential.secret not in raw
        assert b"argon2id" not in raw
        assert PHC not in repr(WAITING)
        with pytest.raises(StoreFailed):
            await SqlitePortal(db, AtRest(b"other key" + bytes(23))).account(A)
        # A sealed value counts for its own row alone.
        await db.execute("UPDATE portal_accounts SET sealed = (SELECT sealed FROM portal_pending)")
        with pytest.raises(StoreFailed):
            await SqlitePortal(db, AtRest(REST_KEY)).account(A)
    finally:
        await db.close()


async def test_a_disk_that_fails_is_told(tmp_path: Path) -> None:
    store = MemoryPortal()
    account = await in_force(store)
    store.fail_next("lost")
    with pytest.raises(StoreFailed):
        await store.charge(account, NOW)
    assert await store.account(A) == account
