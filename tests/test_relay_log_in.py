"""Logging in where something comes between: the device is bound anew, the disk fails. And what no repr shows."""

import msgspec
import pytest
from directory_world import START, local_id, public_key
from relay_stores import memory_stores
from test_relay_directory_log import Clock, filled, settled

from crypto.encoding import unb64
from relay.log_in import LogIns
from relay.principal import Principal
from relay.protocol.invitation import OfferedKeys
from relay.protocol.problems import Refusal
from relay.protocol.requests import Enrolment, LogIn, Session, TotpRequest, TotpSecret
from relay.rules.enrolment import StoredInvitation
from relay.rules.sessions import StoredSession, opened
from relay.rules.totp import code_at, step_at
from relay.settings import Access
from relay.store.contract import Account
from relay.store.memory_accounts import MemoryAccounts

NIGHT = local_id("co-night")
KEYS = OfferedKeys(officer="0" * 32, ed25519="", mldsa44="", reception_ed25519="", reception_mldsa44="", mac="canary")
OLD, NEW = b"O" * 20, b"N" * 20


async def log_ins(accounts: MemoryAccounts) -> LogIns:
    directory = await filled(memory_stores(), settled())
    return LogIns(accounts=accounts, views=directory, settings=Access(), recovery_key=b"r" * 32, clock=Clock())


async def bound(accounts: MemoryAccounts, proof: str, secret: bytes) -> Account:
    await accounts.invite(StoredInvitation("0" * 32, proof, START + 999))
    return await accounts.bind(proof, NIGHT, secret)


class Overtaken(MemoryAccounts):
    """A store in which the device is bound anew while its log-in is judged."""

    async def charge(self, account: Account, now: int) -> None:
        await super().charge(account, now)
        await bound(self, "2" * 64, NEW)


async def test_a_log_in_that_a_new_secret_overtakes_is_refused_and_confirms_nothing() -> None:
    accounts = Overtaken()
    await bound(accounts, "1" * 64, OLD)
    by = Principal("key", unb64(public_key("co-night"), 32))
    with pytest.raises(Refusal, match="bound anew") as caught:
        await (await log_ins(accounts)).log_in(by, LogIn(code=code_at(OLD, step_at(START))))
    assert caught.value.problem.code == "code-wrong"
    after = await accounts.account(NIGHT)
    assert after is not None
    assert (after.confirmed, after.secret, await accounts.session_devices()) == (False, NEW, frozenset())


@pytest.mark.parametrize("fault", ["read", "lost", "unknown"])
async def test_a_renewal_over_a_failing_disk_is_unavailable(fault: str) -> None:
    accounts = MemoryAccounts()
    account = await bound(accounts, "1" * 64, OLD)
    session: StoredSession = opened("token", NIGHT, START, 600, 43_200)
    await accounts.accept_code(account, step_at(START), session, ())
    if fault == "read":
        accounts.readable = False
    else:
        accounts.fail_next("lost" if fault == "lost" else "unknown")
    with pytest.raises(Refusal) as caught:
        await (await log_ins(accounts)).renew(session)
    assert caught.value.problem.code == "unavailable"


@pytest.mark.parametrize(
    "value",
    [
        LogIn(code="123456", recovery="canary"),
        Session(token="canary", expires=1, shift_ends=1, recovery_codes=("canary",)),
        TotpSecret(secret="canary", uri="canary"),
        TotpRequest(proof="c" * 64),
        Enrolment(proof="c" * 64, keys=KEYS),
    ],
)
def test_no_repr_shows_a_secret(value: msgspec.Struct) -> None:
    assert repr(value) == f"{type(value).__name__}(…)"
