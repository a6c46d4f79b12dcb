"""The contract of the accounts, sessions and invitations, held by memory and SQLite alike."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from relay_stores import KINDS, Kind, Stores, sqlite_stores, stores_of

from relay.protocol.invitation import LONGEST_INVITATION
from relay.rules.enrolment import StoredInvitation
from relay.rules.renewal import LAPSE, Pending
from relay.rules.sessions import AHEAD, StoredSession
from relay.rules.totp import MOST_KEPT, NEVER_USED
from relay.store.contract import Accepted, Account, AccountStore, Conflict, StoreFailed

A, B = ("a" * 64, "b" * 64)
OFFICER, OTHER = ("1" * 32, "2" * 32)
PROOF, NEWER = ("e" * 64, "f" * 64)
NOW = 1_800_000_000
SECRET = b"canary-secret-20-byt"
CODES = tuple(bytes([number]) * 32 for number in range(10))


@pytest.fixture(params=KINDS)
async def accounts(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AccountStore]:
    kind: Kind = request.param
    async with stores_of(kind, tmp_path) as stores:
        yield stores.accounts


def session(name: str, device: str = A, ends: int = NOW + 43_200) -> StoredSession:
    return StoredSession(name.rjust(64, "0"), device, NOW + 600, ends)


async def accept(
    accounts: AccountStore, device: str, step: int, opened: StoredSession, codes: Sequence[bytes]
) -> Accepted:
    """Have a code accepted for the account as it stands."""
    account = await accounts.account(device)
    assert account is not None
    return await accounts.accept_code(account, step, opened, codes)


async def bound(accounts: AccountStore, device: str = A, officer: str = OFFICER, proof: str = PROOF) -> Account:
    await accounts.invite(StoredInvitation(officer, proof, NOW + 1000))
    return await accounts.bind(proof, device, SECRET)


async def confirmed(accounts: AccountStore, device: str = A) -> Account:
    await bound(accounts, device)
    assert await accept(accounts, device, 100, session("first", device), CODES) == "confirmed"
    account = await accounts.account(device)
    assert account is not None
    return account


async def test_a_first_code_confirms_and_brings_recovery_codes(accounts: AccountStore) -> None:
    account = await bound(accounts)
    assert account == Account(A, SECRET, False, NEVER_USED, 0, 0)
    assert await accounts.account(B) is None
    assert await accept(accounts, A, 100, session("first"), CODES) == "confirmed"
    assert await accounts.account(A) == Account(A, SECRET, True, 100, 0, 0, recovery_left=10)
    assert await accounts.session(session("first").token_hash) == session("first")
    assert await accounts.invitation(OFFICER) is None
    assert await accept(accounts, A, 101, session("second"), CODES[:1]) == "accepted"
    found = await accounts.account(A)
    assert found is not None
    assert found.recovery_left == 10


@pytest.mark.parametrize("step", [99, 100])
async def test_a_step_is_used_up_with_all_before_it(accounts: AccountStore, step: int) -> None:
    before = await confirmed(accounts)
    assert await accept(accounts, A, step, session("again"), ()) == "used"
    assert await accounts.account(A) == before
    assert await accounts.session(session("again").token_hash) is None


async def test_of_racing_log_ins_with_one_code_one_wins(accounts: AccountStore) -> None:
    await confirmed(accounts)
    done = await asyncio.gather(*(accept(accounts, A, 101, session(f"racer{n}"), ()) for n in range(8)))
    assert sorted(done) == ["accepted"] + ["used"] * 7
    found = [await accounts.session(session(f"racer{n}").token_hash) is not None for n in range(8)]
    assert found == [each == "accepted" for each in done]


async def test_an_unknown_device_has_no_codes(accounts: AccountStore) -> None:
    with pytest.raises(Conflict):
        await accounts.accept_code(Account(B, b"", False, NEVER_USED, 0, 0), 100, session("x", B), CODES)
    assert not await accounts.accept_recovery(B, CODES[0], session("x", B), 0)


async def test_attempts_are_counted_one_by_one_and_cleared_by_success(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    await accounts.charge(account, NOW)
    with pytest.raises(Conflict):
        await accounts.charge(account, NOW)
    second = await accounts.account(A)
    assert second == replace(account, failures=1, failed_at=NOW)
    await accounts.charge(second, NOW + 5)
    assert await accounts.account(A) == replace(account, failures=2, failed_at=NOW + 5)
    assert await accept(accounts, A, 101, session("s"), ()) == "accepted"
    assert await accounts.account(A) == replace(account, last_step=101)


async def test_of_racing_attempts_each_is_counted_or_told(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    done = await asyncio.gather(*(accounts.charge(account, NOW) for _ in range(5)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Conflict"] * 4 + ["NoneType"]


async def test_a_recovery_code_opens_one_session(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    await accounts.charge(account, NOW)
    assert not await accounts.accept_recovery(A, b"x" * 32, session("r0"), 0)
    done = await asyncio.gather(*(accounts.accept_recovery(A, CODES[3], session(f"r{n}"), 0) for n in range(1, 4)))
    assert sorted(done) == [False, False, True]
    assert await accounts.account(A) == replace(account, recovery_left=9)


async def test_an_unconfirmed_account_has_no_recovery(accounts: AccountStore) -> None:
    await confirmed(accounts)
    await bound(accounts, proof=NEWER)
    assert not await accounts.accept_recovery(A, CODES[0], session("r"), 0)


async def test_a_recovery_code_that_was_left_behind_opens_no_unconfirmed_account(tmp_path: Path) -> None:
    async with sqlite_stores(tmp_path) as stores:
        await bound(stores.accounts)
        with closing(sqlite3.connect(tmp_path / "accounts.db")) as db:
            db.execute("INSERT INTO recovery VALUES (?, ?)", (A, CODES[0]))
            db.commit()
        assert not await stores.accounts.accept_recovery(A, CODES[0], session("r"), 0)
        assert await stores.accounts.session_devices() == set()


async def test_renewing_keeps_the_old_token_and_a_bounded_number(accounts: AccountStore) -> None:
    await confirmed(accounts)
    for number in range(5):
        await accounts.renew_session(session("first").token_hash, session(f"n{number}"), 6)
    assert await accounts.session(session("first").token_hash) is not None
    await accounts.renew_session(session("n4").token_hash, session("n5"), 3)
    found = [await accounts.session(session(name).token_hash) for name in ("first", "n2", "n3", "n4", "n5")]
    assert [each is not None for each in found] == [False, False, True, True, True]
    with pytest.raises(Conflict):
        await accounts.renew_session(session("first").token_hash, session("n6"), 3)
    assert await accounts.session(session("n6").token_hash) is None


async def test_sessions_end_with_their_device_alone(accounts: AccountStore) -> None:
    await confirmed(accounts)
    await bound(accounts, B, OTHER, NEWER)
    assert await accept(accounts, B, 5, session("b", B), ()) == "confirmed"
    assert await accounts.session_devices() == {A, B}
    assert await accounts.session_count(NOW) == 2
    assert await accounts.session_count(NOW + 43_200) == 0
    assert await accounts.end_sessions((A, "c" * 64)) == 1
    assert await accounts.session_devices() == {B}
    await accounts.forget((B,))
    assert await accounts.session_devices() == set()
    assert await accounts.account_devices() == {A}
    assert await accounts.account(B) is None


async def test_what_has_run_out_is_purged(accounts: AccountStore) -> None:
    await confirmed(accounts)
    await accounts.invite(StoredInvitation(OTHER, NEWER, NOW + 1000))
    await accounts.purge(NOW + 999, 43_200)
    assert await accounts.invitation(OTHER) is not None
    assert await accounts.session_devices() == {A}
    await accounts.purge(NOW + 43_200, 43_200)
    assert await accounts.invitation(OTHER) is None
    assert await accounts.session_devices() == set()
    assert await accounts.account(A) is not None


async def test_what_a_clock_that_was_ahead_left_is_purged(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    first = session("first").token_hash
    await accounts.renew_session(first, session("near", ends=NOW + 43_200 + AHEAD), 8)
    await accounts.renew_session(first, session("far", ends=NOW + 43_201 + AHEAD), 8)
    pending = Pending(A, "5" * 32, SECRET, b"c" * 100, NOW + LAPSE + AHEAD)
    assert await accounts.begin_renewal(account, 101, pending)
    await accounts.invite(StoredInvitation(OTHER, NEWER, NOW + LONGEST_INVITATION + AHEAD))
    await accounts.purge(NOW, 43_200)
    found = [await accounts.session(session(name).token_hash) for name in ("first", "near", "far")]
    assert [each is not None for each in found] == [True, True, False]
    assert await accounts.pending(A) == pending
    assert await accounts.invitation(OTHER) is not None
    await accounts.purge(NOW - 1, 43_200)
    assert await accounts.session(session("near").token_hash) is None
    assert await accounts.session(first) is not None
    assert await accounts.pending(A) is None
    assert await accounts.invitation(OTHER) is None


async def test_a_last_step_is_set_right_and_what_was_used_ahead_stays_used(accounts: AccountStore) -> None:
    await confirmed(accounts)
    for step in (5000, 5002, 5005):
        assert await accept(accounts, A, step, session(f"at{step}"), ()) == "accepted"
    read = await accounts.account(A)
    assert read is not None
    assert await accounts.set_right(read, 201)
    right = await accounts.account(A)
    assert right == replace(read, last_step=201, ahead=(5000, 5002, 5005))
    with pytest.raises(Conflict):
        await accounts.set_right(read, 300)
    assert [await accept(accounts, A, step, session(f"s{step}"), ()) for step in (100, 200, 201)] == ["used"] * 3
    assert await accept(accounts, A, 202, session("s202"), ()) == "accepted"
    assert [await accept(accounts, A, step, session(f"t{step}"), ()) for step in (5000, 5002, 5005)] == ["used"] * 3
    assert await accept(accounts, A, 5001, session("s5001"), ()) == "accepted"
    found = await accounts.account(A)
    assert found is not None
    assert (found.last_step, found.ahead) == (5001, (5002, 5005))
    pending = Pending(A, "5" * 32, b"next secret, twenty ", b"c" * 100, NOW + 900)
    assert not await accounts.begin_renewal(found, 5002, pending)
    assert not await accounts.replace_recovery(found, 5005, CODES)
    assert await accounts.begin_renewal(found, 5003, pending)
    await accounts.confirm_renewal(pending, 7, CODES, "")
    fresh = await accounts.account(A)  # another secret: what was used of the old one means nothing
    assert fresh is not None
    assert (fresh.last_step, fresh.ahead) == (7, ())
    assert await accept(accounts, A, 5005, session("fresh"), ()) == "accepted"
    await bound(accounts, proof=NEWER)
    rebound = await accounts.account(A)
    assert rebound is not None
    assert (rebound.last_step, rebound.ahead) == (NEVER_USED, ())
    assert await accept(accounts, A, 7, session("rebound"), CODES) == "confirmed"


async def test_where_used_steps_may_be_forgotten_nothing_is_set_right(accounts: AccountStore) -> None:
    await confirmed(accounts)
    for step in range(5000, 5000 + MOST_KEPT):
        read = await accounts.account(A)
        assert read is not None
        assert step == 5000 or await accounts.set_right(read, 201) == (step - 5000 < MOST_KEPT)
        assert await accept(accounts, A, step, session(f"at{step}"), ()) == "accepted"
    full = await accounts.account(A)
    assert full is not None
    assert not await accounts.set_right(full, 201)
    assert await accounts.account(A) == full
    assert await accounts.set_right(full, 5000)


async def test_an_attempt_judged_by_a_secret_that_is_not_there_any_more_is_not_counted(accounts: AccountStore) -> None:
    before = await bound(accounts)
    await accounts.invite(StoredInvitation(OFFICER, NEWER, NOW + 1000))
    fresh = await accounts.bind(NEWER, A, b"another secret here!")
    with pytest.raises(Conflict):
        await accounts.charge(before, NOW)
    assert await accounts.account(A) == fresh


async def test_an_invitation_is_kept_once_and_replaced_by_a_newer(accounts: AccountStore) -> None:
    first = StoredInvitation(OFFICER, PROOF, NOW + 1000)
    await accounts.invite(first)
    await accounts.offer(PROOF, b"keys")
    await accounts.offer(PROOF, b"keys")
    with pytest.raises(Conflict):
        await accounts.offer(PROOF, b"other keys")
    await accounts.invite(replace(first, expires=NOW + 2000))
    kept = StoredInvitation(OFFICER, PROOF, NOW + 2000, b"keys")
    assert await accounts.invitation(OFFICER) == await accounts.invitation_by_proof(PROOF) == kept
    with pytest.raises(Conflict):
        await accounts.invite(StoredInvitation(OTHER, PROOF, NOW + 9))
    await accounts.invite(replace(first, proof_hash=NEWER))
    assert await accounts.invitation(OFFICER) == replace(first, proof_hash=NEWER)
    assert await accounts.invitation_by_proof(PROOF) is None
    with pytest.raises(Conflict):
        await accounts.offer(PROOF, b"keys")


async def test_binding_twice_gives_the_same_secret_and_to_one_device_only(accounts: AccountStore) -> None:
    first = await bound(accounts)
    assert await accounts.bind(PROOF, A, b"another secret here!") == first
    with pytest.raises(Conflict):
        await accounts.bind(PROOF, B, b"another secret here!")
    with pytest.raises(Conflict):
        await accounts.bind(NEWER, A, b"another secret here!")
    assert await accept(accounts, A, 1, session("s"), CODES) == "confirmed"
    with pytest.raises(Conflict):
        await accounts.bind(PROOF, A, b"another secret here!")


async def test_binding_anew_takes_everything_old_away(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    await accounts.charge(account, NOW)
    await accounts.invite(StoredInvitation(OFFICER, NEWER, NOW + 1000))
    assert await accounts.account(A) is not None
    fresh = await accounts.bind(NEWER, A, b"another secret here!")
    assert fresh == Account(A, b"another secret here!", False, NEVER_USED, 0, 0, recovery_left=0)
    assert await accounts.session_devices() == set()
    assert await accept(accounts, A, 50, session("again"), CODES[:2]) == "confirmed"
    found = await accounts.account(A)
    assert found is not None
    assert found.recovery_left == 2


async def test_a_code_of_the_old_secret_does_not_confirm_the_new_one(accounts: AccountStore) -> None:
    old = await confirmed(accounts)
    await accounts.charge(old, NOW)
    await accounts.invite(StoredInvitation(OFFICER, NEWER, NOW + 1000))
    fresh = await accounts.bind(NEWER, A, b"another secret here!")
    with pytest.raises(Conflict):
        await accounts.accept_code(old, 101, session("thief"), CODES)
    assert await accounts.account(A) == fresh
    assert await accounts.session(session("thief").token_hash) is None
    assert await accounts.invitation(OFFICER) is not None


async def test_what_an_attempt_is_counted_on_is_the_account_that_was_read(accounts: AccountStore) -> None:
    before = await bound(accounts)
    assert await accept(accounts, A, 100, session("first"), CODES) == "confirmed"
    with pytest.raises(Conflict):  # confirmed since
        await accounts.charge(replace(before, last_step=100), NOW)
    with pytest.raises(Conflict):  # another step was used up since
        await accounts.charge(replace(before, confirmed=True, recovery_left=10), NOW)
    found = await accounts.account(A)
    assert found is not None
    await accounts.charge(found, NOW)


async def test_the_token_renewed_with_is_never_the_one_that_goes(accounts: AccountStore) -> None:
    await confirmed(accounts)
    first = session("first").token_hash
    for number in range(12):
        await accounts.renew_session(first, session(f"n{number}"), 3)
    found = [await accounts.session(session(name).token_hash) for name in ("first", "n8", "n9", "n10", "n11")]
    assert [each is not None for each in found] == [True, False, True, True, True]


def test_an_account_does_not_show_its_secret() -> None:
    assert "canary" not in repr(Account(A, SECRET, True, 1, 0, 0))
    assert "canary" not in repr(Pending(A, "5" * 32, SECRET, b"canary", NOW))


async def test_sessions_and_used_steps_survive_a_restart_and_secrets_are_sealed(tmp_path: Path) -> None:
    async with sqlite_stores(tmp_path) as stores:
        before = await confirmed(stores.accounts)
        everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())  # noqa: ASYNC240  # a test
        assert b"canary" not in everything
    async with sqlite_stores(tmp_path) as stores:
        assert await stores.accounts.account(A) == before
        assert await stores.accounts.session(session("first").token_hash) == session("first")
        assert await accept(stores.accounts, A, 100, session("x"), ()) == "used"


async def test_two_processes_on_one_file_cannot_both_use_a_step(tmp_path: Path) -> None:
    async with sqlite_stores(tmp_path) as one, sqlite_stores(tmp_path) as other:
        await confirmed(one.accounts)
        done = await asyncio.gather(
            *(accept(each.accounts, A, 101, session(name), ()) for each, name in ((one, "one"), (other, "other")))
        )
        assert sorted(done) == ["accepted", "used"]


async def test_a_sealed_secret_cannot_be_moved_to_another_account(tmp_path: Path) -> None:
    async with sqlite_stores(tmp_path) as stores:
        await bound(stores.accounts)
        await bound(stores.accounts, B, OTHER, NEWER)
        db = sqlite3.connect(tmp_path / "accounts.db")
        db.execute("UPDATE accounts SET secret = (SELECT secret FROM accounts WHERE device = ?)", (A,))
        db.commit()
        db.close()
        assert await stores.accounts.account(A) is not None
        with pytest.raises(StoreFailed, match="does not open"):
            await stores.accounts.account(B)


def test_stores_name_their_parts(tmp_path: Path) -> None:
    assert set(Stores.__dataclass_fields__) == {"log", "bodies", "keysets", "accounts"}
