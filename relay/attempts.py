"""One attempt at a device's account for one-time codes: counted before anything of it is looked at.

`relay.rules.throttle` says how often; a log-in, a renewal of the authenticator and new recovery codes share one count.
Where the last step was used by a clock that was ahead, it is set right first (`relay.rules.totp`, rule 5).
"""

from typing import NoReturn

from relay.protocol.problems import Refusal
from relay.rules import totp
from relay.rules.throttle import check_account
from relay.store.contract import Account, AccountStore, Conflict

OVERTAKEN = "the device was bound anew meanwhile; only its new secret counts"
_TRIES = 5
_WAS_AHEAD = "the relay's clock was ahead when a code was last used; the codes of this minute are taken for used"
_TOO_LONG = (
    "the relay's clock was ahead for so long that used codes cannot be told from others: renew the authenticator with "
    "a recovery code, or have an administrator invite this device anew for a new secret"
)


async def account_of(accounts: AccountStore, device: str) -> Account:
    """The device's account; refuses `not-allowed` for one that has none yet."""
    account = await accounts.account(device)
    if account is None:
        raise Refusal("not-allowed", "this device has no secret for one-time codes yet: finish its enrolment")
    return account


async def charged(
    accounts: AccountStore, device: str, now: int, *, locked_too: bool = False, confirming: bool = False
) -> Account:
    """The account as it was before this attempt, which is counted from here on.

    Refuses `not-allowed`, `throttled`, and `code-used` where the clock was ahead. `locked_too` (it comes with a
    recovery code) and `confirming` (with a code of the pending secret) as in `check_account`. It fails closed: what
    cannot be counted is not tried.
    """
    for _ in range(_TRIES):
        account = await account_of(accounts, device)
        check_account(account.failures, account.failed_at, now, locked_too=locked_too, confirming=confirming)
        try:
            if not (locked_too or confirming) and totp.clock_was_ahead(account.last_step, now):
                # A crash after this line leaves the account set right, and nothing tried.
                await _set_right(accounts, account, now)
            # A crash after this line leaves one attempt counted that was never judged; success clears it.
            await accounts.charge(account, now)
        except Conflict:
            continue  # another attempt of this device came first: judge the throttle anew
        return account
    raise Refusal("throttled", "several attempts of this device at once", retry_after=1)


async def _set_right(accounts: AccountStore, account: Account, now: int) -> NoReturn:
    """Take the end of the window for the last step; refuses `code-used`, for the codes of this window are then used."""
    end = totp.window_end(now)
    if not await accounts.set_right(account, end):
        raise Refusal("code-used", _TOO_LONG)
    raise Refusal("code-used", _WAS_AHEAD, retry_after=(end + 1) * totp.STEP - now)
