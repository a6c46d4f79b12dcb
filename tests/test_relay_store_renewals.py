"""The contract of the accounts where an authenticator is renewed, held by memory and SQLite alike."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from relay_stores import KINDS, Kind, sqlite_stores, stores_of
from test_relay_store_accounts import (
    CODES,
    NEWER,
    NOW,
    OFFICER,
    OTHER,
    SECRET,
    A,
    B,
    accept,
    bound,
    confirmed,
    session,
)

from relay.rules.enrolment import StoredInvitation
from relay.rules.renewal import Pending
from relay.store.contract import Account, AccountStore, Conflict, StoreFailed


@pytest.fixture(params=KINDS)
async def accounts(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AccountStore]:
    kind: Kind = request.param
    async with stores_of(kind, tmp_path) as stores:
        yield stores.accounts


NEXT = Pending(A, "5" * 32, b"next secret, twenty ", b"c" * 100, NOW + 900)
FRESH = tuple(bytes([number]) * 32 for number in range(20, 30))


async def kept(accounts: AccountStore) -> Account:
    found = await accounts.account(A)
    assert found is not None
    return found


async def test_a_renewal_uses_up_a_step_once_and_leaves_the_secret_in_force(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    await accounts.charge(account, NOW)
    charged = await kept(accounts)
    assert await accounts.pending(A) is None
    assert not await accounts.begin_renewal(charged, 100, NEXT)  # used at log-in
    assert await accounts.pending(A) is None
    assert await accounts.begin_renewal(charged, 101, NEXT)
    assert await accounts.pending(A) == NEXT
    assert await kept(accounts) == replace(account, last_step=101)  # the secret, ten recovery codes, no failures
    assert await accept(accounts, A, 101, session("s"), ()) == "used"  # and the other way round
    assert await accept(accounts, A, 102, session("s"), ()) == "accepted"
    newer = replace(NEXT, renewal="6" * 32, secret=b"another next secret!")
    assert await accounts.begin_renewal(await kept(accounts), 103, newer)
    assert await accounts.pending(A) == newer


async def test_a_renewal_is_begun_with_a_recovery_code_once(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    await accounts.charge(account, NOW)
    assert not await accounts.begin_renewal_by_recovery(b"x" * 32, NEXT, 0)
    done = await asyncio.gather(*(accounts.begin_renewal_by_recovery(CODES[3], NEXT, 7) for _ in range(3)))
    assert sorted(done) == [False, False, True]
    assert await kept(accounts) == replace(account, recovery_left=9, failures=7)
    assert await accounts.pending(A) == NEXT
    assert not await accounts.accept_recovery(A, CODES[3], session("r"), 0)
    assert await accounts.accept_recovery(A, CODES[4], session("r"), 5)
    assert (await kept(accounts)).failures == 5


async def test_a_confirmed_renewal_takes_everything_old_away_but_the_session_it_came_in(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    here = session("first").token_hash
    await accounts.renew_session(here, session("second"), 8)
    await bound(accounts, B, OTHER, NEWER)
    assert await accept(accounts, B, 5, session("b", B), ()) == "confirmed"
    assert await accounts.begin_renewal(account, 101, NEXT)
    await accounts.charge(await kept(accounts), NOW)
    await accounts.confirm_renewal(NEXT, 50, FRESH, session("second").token_hash)
    assert await kept(accounts) == Account(A, NEXT.secret, True, 50, 0, 0, 10, NEXT.renewal)
    assert await accounts.pending(A) is None
    assert await accounts.session(here) is None
    assert await accounts.session(session("second").token_hash) is not None
    assert await accounts.session(session("b", B).token_hash) is not None
    assert not await accounts.accept_recovery(A, CODES[0], session("r"), 0)
    assert await accounts.accept_recovery(A, FRESH[0], session("r"), 0)
    assert await accept(accounts, A, 50, session("x"), ()) == "used"
    assert await accept(accounts, A, 51, session("x"), ()) == "accepted"
    with pytest.raises(Conflict):  # the account that was read before the renewal
        await accounts.accept_code(account, 102, session("thief"), CODES)
    with pytest.raises(Conflict):
        await accounts.replace_recovery(account, 102, CODES)
    with pytest.raises(Conflict):
        await accounts.begin_renewal(account, 102, NEXT)


async def test_of_racing_confirmations_one_wins_and_a_replaced_renewal_confirms_nothing(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    with pytest.raises(Conflict):
        await accounts.confirm_renewal(NEXT, 50, FRESH, "")
    assert await accounts.begin_renewal(account, 101, NEXT)
    with pytest.raises(Conflict):
        await accounts.confirm_renewal(replace(NEXT, renewal="6" * 32), 50, FRESH, "")
    with pytest.raises(Conflict):
        await accounts.confirm_renewal(replace(NEXT, secret=b"another next secret!"), 50, FRESH, "")
    done = await asyncio.gather(
        *(accounts.confirm_renewal(NEXT, 50, FRESH, "") for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "Conflict", "NoneType"]


async def test_binding_anew_forgetting_and_lapsing_take_a_pending_renewal_away(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    assert await accounts.begin_renewal(account, 101, NEXT)
    await accounts.purge(NEXT.expires - 1, 43_200)
    assert await accounts.pending(A) == NEXT
    await accounts.purge(NEXT.expires, 43_200)
    assert await accounts.pending(A) is None
    assert await accounts.begin_renewal(await kept(accounts), 102, NEXT)
    await accounts.invite(StoredInvitation(OFFICER, NEWER, NOW + 1000))
    await accounts.bind(NEWER, A, SECRET)
    assert await accounts.pending(A) is None
    assert await accept(accounts, A, 1, session("s"), CODES) == "confirmed"
    assert await accounts.begin_renewal(await kept(accounts), 103, NEXT)
    await accounts.forget((A,))
    assert await accounts.pending(A) is None


async def test_fresh_recovery_codes_take_the_place_of_all_old_ones(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    assert await accounts.accept_recovery(A, CODES[0], session("r"), 0)
    await accounts.charge(await kept(accounts), NOW)
    assert not await accounts.replace_recovery(await kept(accounts), 100, FRESH)
    assert (await kept(accounts)).recovery_left == 9
    assert await accounts.replace_recovery(await kept(accounts), 101, FRESH)
    assert await kept(accounts) == replace(account, last_step=101, codes_replaced=True)
    assert not await accounts.accept_recovery(A, CODES[1], session("r"), 0)
    assert await accounts.accept_recovery(A, FRESH[1], session("q"), 0)
    assert await accounts.begin_renewal(await kept(accounts), 102, NEXT)
    assert (await kept(accounts)).codes_replaced
    await accounts.confirm_renewal(NEXT, 50, CODES, "")
    assert not (await kept(accounts)).codes_replaced


async def test_a_code_that_pays_for_something_else_is_used_up_as_at_log_in(accounts: AccountStore) -> None:
    account = await confirmed(accounts)
    await accounts.charge(account, NOW)
    assert not await accounts.use_code(await kept(accounts), 100)  # used at log-in
    assert await accounts.use_code(await kept(accounts), 101)
    assert await kept(accounts) == replace(account, last_step=101)
    assert not await accounts.use_code(account, 101)
    assert await accept(accounts, A, 101, session("s"), ()) == "used"
    with pytest.raises(Conflict):
        await accounts.use_code(replace(account, secret=b"another one, 20 byte"), 102)


async def test_a_pending_secret_and_its_recovery_codes_are_sealed(tmp_path: Path) -> None:
    secret, codes = b"canary-secret-next-0", b"canary-codes" * 8 + b"1234"
    async with sqlite_stores(tmp_path) as stores:
        account = await confirmed(stores.accounts)
        assert await stores.accounts.begin_renewal(account, 101, replace(NEXT, secret=secret, codes=codes))
        everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())  # noqa: ASYNC240  # a test
        assert b"canary" not in everything
        with closing(sqlite3.connect(tmp_path / "accounts.db")) as db:
            db.execute("UPDATE renewals SET sealed = (SELECT secret FROM accounts)")
            db.commit()
        with pytest.raises(StoreFailed, match="does not open"):
            await stores.accounts.pending(A)
