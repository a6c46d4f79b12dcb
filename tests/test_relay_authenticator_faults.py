"""The authenticator renewed where something comes between: a store that fails at each change in both ways, another
binding of the device, a clock set back, a database of the first release."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from directory_world import START, local_id
from relay_stores import REST_KEY, memory_stores, sqlite_stores
from test_relay_directory_log import Clock, filled, settled

from config.database import open_database, transact
from relay.at_rest import AtRest
from relay.authenticators import Authenticators
from relay.protocol.problems import Refusal
from relay.protocol.requests import (
    AuthenticatorCode,
    AuthenticatorConfirmation,
    AuthenticatorRenewal,
)
from relay.rules.enrolment import StoredInvitation
from relay.rules.recovery import recovery_codes, recovery_hash
from relay.rules.renewal import LAPSE, RANDOM_SIZE, next_secret, still_pending
from relay.rules.sessions import StoredSession, opened
from relay.rules.throttle import failures_left
from relay.rules.totp import code_at, secret_bytes, step_at
from relay.store import sqlite_accounts
from relay.store.contract import Account
from relay.store.memory_accounts import MemoryAccounts
from relay.store.memory_faults import Fault
from relay.store.sqlite_sealed import WrongKey, settle_recovery_key

NIGHT = local_id("co-night")
ID, OTHER = "5" * 32, "6" * 32


class Failing(MemoryAccounts):
    """A store whose change number `at` fails: it is lost, or kept and reported as failed."""

    def __init__(self, at: int, fault: Fault) -> None:
        super().__init__()
        self.at, self.fault, self.count = at, fault, -1000

    @contextmanager
    def change(self) -> Iterator[None]:
        self.count += 1
        if self.count == self.at:
            self.fail_next(self.fault)
        with super().change():
            yield


T = TypeVar("T")
OLD = b"S" * 20
PAPER = recovery_codes(bytes(100))[0]


async def desk_of(accounts: MemoryAccounts) -> tuple[Authenticators, StoredSession]:
    """A device in a running shift over a store, with one recovery code left."""
    directory = await filled(memory_stores(), settled())
    desk = Authenticators(accounts=accounts, views=directory, recovery_key=b"r" * 32, clock=Clock())
    session = opened("token", NIGHT, START, 600, 43_200)
    await accounts.invite(StoredInvitation("0" * 32, "1" * 64, START + 999))
    account = await accounts.bind("1" * 64, NIGHT, OLD)
    papers = [recovery_hash(b"r" * 32, NIGHT, PAPER)]
    assert await accounts.accept_code(account, step_at(START) - 1, session, papers) == "confirmed"
    return desk, session


async def until_done(ask: Callable[[], Awaitable[T]], check: Callable[[], Awaitable[None]]) -> T:
    """Ask again, as a desk does, while the relay is unavailable; whatever is left behind each time is checked."""
    for _ in range(3):
        try:
            return await ask()
        except Refusal as refusal:
            if refusal.problem.code != "unavailable":
                raise
            await check()
    raise AssertionError("it never ends")


@pytest.mark.parametrize("fault", ["lost", "unknown"])
@pytest.mark.parametrize("change", [1, 2, 3, 4])  # an attempt counted, begun, another counted, confirmed
@pytest.mark.parametrize("by", ["code", "recovery"])
async def test_whatever_change_fails_old_or_new_is_whole_and_asking_again_ends_well(
    fault: Fault, change: int, by: str
) -> None:
    accounts = Failing(change, fault)
    desk, session = await desk_of(accounts)
    accounts.count = 0
    given = {"code": code_at(OLD, step_at(START))} if by == "code" else {"recovery": PAPER}
    asked = AuthenticatorRenewal(renewal=ID, **given)

    async def whole() -> None:
        account, pending = await accounts.account(NIGHT), await accounts.pending(NIGHT)
        assert account is not None
        assert (account.secret == OLD) == (account.renewal != ID)
        if account.secret != OLD:
            assert (pending, account.recovery_left, account.failures) == (None, 10, 0)
        assert await accounts.session(session.token_hash) is not None

    made = await until_done(lambda: desk.begin(session, asked), whole)
    confirm = AuthenticatorConfirmation(renewal=ID, code=code_at(secret_bytes(made.secret), step_at(START)))
    await until_done(lambda: desk.confirm(session, confirm), whole)
    after = await accounts.account(NIGHT)
    assert after is not None
    assert (after.secret, after.recovery_left) == (secret_bytes(made.secret), 10)
    assert accounts.count >= change


async def test_the_codes_lost_with_an_answer_are_replaced_by_the_next_code() -> None:
    accounts = Failing(2, "unknown")
    desk, session = await desk_of(accounts)
    accounts.count = 0
    with pytest.raises(Refusal, match="cannot do this right now"):
        await desk.renew_codes(session, AuthenticatorCode(code=code_at(OLD, step_at(START))))
    done = await desk.renew_codes(session, AuthenticatorCode(code=code_at(OLD, step_at(START) + 1)))
    assert len(done.recovery_codes) == 10


async def test_a_store_that_cannot_be_read_is_unavailable() -> None:
    accounts = MemoryAccounts()
    desk, session = await desk_of(accounts)
    accounts.readable = False
    for asking in (
        desk.begin(session, AuthenticatorRenewal(renewal=ID, code="123456")),
        desk.confirm(session, AuthenticatorConfirmation(renewal=ID, code="123456")),
        desk.renew_codes(session, AuthenticatorCode(code="123456")),
    ):
        with pytest.raises(Refusal) as caught:
            await asking
        assert caught.value.problem.code == "unavailable"


class Overtaken(MemoryAccounts):
    """A store in which the device is bound anew, or renewed, while an attempt is judged."""

    act: Callable[["Overtaken"], Awaitable[object]] | None = None

    async def charge(self, account: Account, now: int) -> None:
        await super().charge(account, now)
        if self.act is not None:
            await self.act(self)


async def rebound(accounts: MemoryAccounts) -> None:
    await accounts.invite(StoredInvitation("0" * 32, "2" * 64, START + 999))
    await accounts.bind("2" * 64, NIGHT, b"N" * 20)


async def confirmed_elsewhere(accounts: MemoryAccounts) -> None:
    pending = await accounts.pending(NIGHT)
    if pending is not None:
        await accounts.confirm_renewal(pending, 1, [], "")


async def test_what_binds_the_device_anew_meanwhile_wins() -> None:
    accounts = Overtaken()
    desk, session = await desk_of(accounts)
    code = code_at(OLD, step_at(START))
    accounts.act = rebound
    with pytest.raises(Refusal, match="bound anew"):
        await desk.renew_codes(session, AuthenticatorCode(code=code))
    accounts = Overtaken()
    desk, session = await desk_of(accounts)
    accounts.act = rebound
    with pytest.raises(Refusal, match="bound anew"):
        await desk.begin(session, AuthenticatorRenewal(renewal=ID, code=code))
    assert await accounts.pending(NIGHT) is None
    with pytest.raises(Refusal) as caught:  # the new secret waits for its first code
        await desk.begin(session, AuthenticatorRenewal(renewal=ID, code=code_at(b"N" * 20, step_at(START))))
    assert caught.value.problem.code == "not-allowed"


@pytest.mark.parametrize(("act", "ends"), [(confirmed_elsewhere, ""), (rebound, "not-found")])
async def test_of_two_confirmations_at_once_the_second_is_told_what_stands(
    act: Callable[[MemoryAccounts], Awaitable[None]], ends: str
) -> None:
    accounts = Overtaken()
    desk, session = await desk_of(accounts)
    made = await desk.begin(session, AuthenticatorRenewal(renewal=ID, code=code_at(OLD, step_at(START))))
    accounts.act = act
    confirm = AuthenticatorConfirmation(renewal=ID, code=code_at(secret_bytes(made.secret), step_at(START)))
    try:
        await desk.confirm(session, confirm)
        told = ""
    except Refusal as refusal:
        told = refusal.problem.code
    assert told == ends


def test_a_clock_set_back_keeps_no_secret_pending_for_longer() -> None:
    pending = next_secret(NIGHT, ID, bytes(RANDOM_SIZE), START)
    assert still_pending(pending, ID, START) is pending
    assert still_pending(pending, ID, START + LAPSE - 1) is pending
    for renewal, now in ((ID, START + LAPSE), (ID, START - 1), (OTHER, START)):
        assert still_pending(pending, renewal, now) is None
    drawn = next_secret(NIGHT, ID, bytes(range(RANDOM_SIZE)), START)
    assert (drawn.secret, drawn.codes) == (bytes(range(20)), bytes(range(20, RANDOM_SIZE)))  # no byte twice
    with pytest.raises(ValueError, match="120 random bytes"):
        next_secret(NIGHT, ID, b"few", START)
    assert [failures_left(each) for each in (0, 5, 99, 100, 250)] == [0, 0, 0, 100, 100]


async def test_a_database_of_the_first_release_keeps_its_secrets_and_its_codes_on_paper(tmp_path: Path) -> None:
    """`accounts-1.sql` is a file that version 1 of the schema left: its recovery codes are hashed under the derived
    key. The key at rest of it is `REST_KEY`."""
    path = tmp_path / "accounts.db"
    with closing(sqlite3.connect(path)) as frozen:
        frozen.executescript((Path(__file__).parent / "data" / "accounts-1.sql").read_text())
    path.chmod(0o600)
    rest, found = AtRest(REST_KEY), list[bytes]()
    for _ in range(2):  # the second time it is kept already
        db = await open_database(path, sqlite_accounts.MIGRATIONS, erase_deleted=True)
        found.append(await transact(db, partial(settle_recovery_key, rest=rest)))
        await db.close()
    assert found == [rest.derived(b"enlace/recovery-codes/v1")] * 2
    async with sqlite_stores(tmp_path) as stores:
        account = await stores.accounts.account("a" * 64)
        assert account == Account("a" * 64, b"twenty bytes, secret", True, 100, 1, 1_800_000_100, 10)
        assert await stores.accounts.account("b" * 64) == Account("b" * 64, b"another one, 20 byte", False, -1, 0, 0)
        old = recovery_codes(bytes(range(100)))[7]
        session = opened("token", "a" * 64, START, 600, 43_200)
        hashed = recovery_hash(found[0], "a" * 64, old)
        assert await stores.accounts.accept_recovery("a" * 64, hashed, session, 0)
        account = await stores.accounts.account("a" * 64)
        assert account is not None
        assert await stores.accounts.set_right(account, 50)  # what it had used by then stays used
        assert await stores.accounts.account("a" * 64) == replace(account, last_step=50, ahead=(100,))


async def test_a_fresh_database_hashes_recovery_codes_under_a_key_of_its_own(tmp_path: Path) -> None:
    rest, path = AtRest(REST_KEY), tmp_path / "accounts.db"
    db = await open_database(path, sqlite_accounts.MIGRATIONS, erase_deleted=True)
    try:
        key = await transact(db, partial(settle_recovery_key, rest=rest))
        assert key != rest.derived(b"enlace/recovery-codes/v1")
        assert await transact(db, partial(settle_recovery_key, rest=rest)) == key
        with pytest.raises(WrongKey, match="the key of the recovery codes does not open"):
            await transact(db, partial(settle_recovery_key, rest=AtRest(b"other" * 6 + b"ab")))
        assert key not in path.read_bytes()
    finally:
        await db.close()
