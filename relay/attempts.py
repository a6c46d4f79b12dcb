"""One attempt at a device's account for one-time codes: counted before anything of it is looked at.

`relay.rules.throttle` says how often; a log-in, a renewal of the authenticator and new recovery codes share one count.
"""

from relay.protocol.problems import Refusal
from relay.rules.throttle import check_account
from relay.store.contract import Account, AccountStore, Conflict

_TRIES = 5


async def account_of(accounts: AccountStore, device: str) -> Account:
    """The device's account; refuses `not-allowed` for one that has none yet."""
    account = await accounts.account(device)
    if account is None:
        raise Refusal("not-allowed", "this device has no secret for one-time codes yet: finish its enrolment")
    return account


async def charged(accounts: AccountStore, device: str, now: int, *, locked_too: bool = False) -> Account:
    """The account as it was before this attempt, which is counted from here on; refuses `not-allowed`, `throttled`.

    `locked_too` as in `check_account`. It fails closed: what cannot be counted is not tried.
    """
    for _ in range(_TRIES):
        account = await account_of(accounts, device)
        check_account(account.failures, account.failed_at, now, locked_too=locked_too)
        try:
            # A crash after this line leaves one attempt counted that was never judged; success clears it.
            await accounts.charge(account, now)
        except Conflict:
            continue  # another attempt of this device came first: judge the throttle anew
        return account
    raise Refusal("throttled", "several attempts of this device at once", retry_after=1)
