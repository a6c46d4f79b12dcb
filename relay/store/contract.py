"""What the relay's stores promise. The memory and the SQLite ones obey one set of contract tests.

 S1 a method that changes something does all of it or nothing; when it returns, the change is on the disk
 S2 where it raises StoreFailed the outcome is unknown: the caller reads again before it says anything
 S3 what depends on what was there is decided inside the store, by one conditional change: of two racing callers one
    wins, and the other is told so by the return value or an exception of this file
 S4 methods may be cancelled: they then have happened whole, or not at all

| store | file | holds | for how long |
|---|---|---|---|
| LogStore | log.db | statements, the newest checkpoint; what every member may read | for good |
| BodyStore, KeySetStore | directory.db | bodies sealed at rest, key sets | until erased; until the device is out |
| AccountStore | accounts.db | secrets and renewals sealed, recovery codes hashed, sessions, invitations | see there |
| PortalStore (`relay.portal.store`) | accounts.db | portal access sealed, sessions of browsers | see there |
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from relay.rules.enrolment import StoredInvitation
from relay.rules.renewal import Pending
from relay.rules.sessions import StoredSession

REBOUND = "the device is bound to another secret by now"
Accepted = Literal["used", "accepted", "confirmed"]


class StoreFailed(Exception):
    """The store could not do it, or cannot tell whether it did."""


class Conflict(Exception):
    """Somebody else changed what this change was based on; nothing was changed."""


@dataclass(frozen=True, slots=True)
class StoredLog:
    """Entries in order, and the newest checkpoint (empty before the first entry)."""

    entries: tuple[bytes, ...] = ()
    checkpoint: bytes = b""


@dataclass(frozen=True, slots=True)
class StoredBody:
    """A body and its salt under their commitment."""

    commitment: str
    salt: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Account:
    """A device's account for one-time codes: secret, last accepted step, failures in a row, time of the last one.

    `confirmed` once a first code was accepted; `recovery_left` counts unused recovery codes; `renewal` names the last
    confirmed renewal of the secret, `codes_replaced` says that its recovery codes were replaced since. `ahead` are used
    steps greater than the last one, in order (`relay.rules.totp`, rule 5).
    """

    device: str
    secret: bytes = field(repr=False)
    confirmed: bool
    last_step: int
    failures: int
    failed_at: int
    recovery_left: int = 0
    renewal: str = ""
    codes_replaced: bool = False
    ahead: tuple[int, ...] = ()


class Store(Protocol):
    """What every store can do."""

    async def check_writable(self) -> None:
        """Return if a change could be stored now; raises StoreFailed."""


class LogStore(Store, Protocol):
    """The log's entries. Nothing is ever changed or removed but the newest checkpoint."""

    async def read(self, start: int, most: int, most_bytes: int) -> StoredLog:
        """The newest checkpoint and, as of the same moment, the entries from `start` on: at most `most`, and at most
        `most_bytes` but for the first."""

    async def append(self, size: int, entries: Sequence[bytes], checkpoint: bytes, before: bytes) -> None:
        """Add entries to a log of `size`, under a new checkpoint in the place of `before` (empty: there is none yet).

        Raises Conflict if the log has another size or checkpoint: its time was chosen not to be before that of
        `before`, and another process may have signed meanwhile, at a later one.
        """

    async def renew(self, size: int, checkpoint: bytes, before: bytes) -> None:
        """Take a newer checkpoint for a log of `size`, in the place of `before`; raises Conflict as `append` does."""


class BodyStore(Store, Protocol):
    """Bodies beside the log."""

    damaged: set[str]
    """Those that were asked for and are there, but cannot be opened; whoever runs the relay restores them."""

    async def put(self, bodies: Sequence[StoredBody]) -> None:
        """Keep bodies; one that is there already stays as it is (a commitment has one opening)."""

    async def get(self, commitments: Collection[str]) -> tuple[StoredBody, ...]:
        """Those that are there, in the order of their commitments; one that is damaged is left out, and said so."""

    async def commitments(self) -> frozenset[str]:
        """What is there."""

    async def erase(self, commitments: Collection[str]) -> None:
        """Remove bodies and salts, so that neither they nor any removed before are in the store's files."""


class KeySetStore(Store, Protocol):
    """The newest key set of each device, as the signed note it came in."""

    async def put(self, device: str, number: int, keys: Collection[str], raw: bytes) -> None:
        """Keep a device's key set; raises Conflict if one of a higher number, or another of the same, is there."""

    async def get(self, devices: Collection[str]) -> Mapping[str, bytes]:
        """The key sets there are."""

    async def keys(self, devices: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The ids of the recipient keys in the key sets there are."""

    async def remove(self, devices: Collection[str]) -> None:
        """Forget the key sets of devices that are out."""

    async def devices(self) -> frozenset[str]:
        """Whose key sets are there."""


class AccountStore(Store, Protocol):
    """Accounts and recovery codes (until the device is out), sessions (until their shift ends), renewals (until
    confirmed, replaced or lapsed), invitations (until used or expired)."""

    async def account(self, device: str) -> Account | None:
        """A device's account."""

    async def charge(self, account: Account, now: int) -> None:
        """Count an attempt before it is judged; raises Conflict if the account changed since it was read."""

    async def set_right(self, account: Account, last_step: int) -> bool:
        """Take a smaller step for the last one, remembering which beyond it were used, and return True; False, nothing
        changed, where that cannot be told any more (`relay.rules.totp`, rule 5). Raises Conflict as `charge` does."""

    async def accept_code(
        self, account: Account, step: int, session: StoredSession, recovery: Sequence[bytes]
    ) -> Accepted:
        """Use up `step` if it is greater than the last one, and not used ahead, clear the failures, open the session:
        `accepted`.

        A first code also confirms the account, keeps the hashed recovery codes in the place of any old ones, and
        removes the invitation that bound the device: `confirmed`. Where that step or a greater one was used up, nothing
        is changed: `used`. Raises Conflict if the device has another secret than `account`, as it was read: a code of
        the old one confirms nothing.
        """

    async def accept_recovery(self, device: str, code: bytes, session: StoredSession, failures: int) -> bool:
        """Use up a hashed recovery code of a confirmed account, leave `failures` (`throttle.failures_left`), open the
        session, and return True; False, nothing changed, if there is no such code."""

    async def pending(self, device: str) -> Pending | None:
        """A device's pending renewal, whether it has lapsed or not."""

    async def begin_renewal(self, account: Account, step: int, pending: Pending) -> bool:
        """Use up `step`, clear the failures, keep the renewal in the place of any other, and return True.

        False, nothing changed, where that step or a greater one was used up. Raises Conflict as `accept_code` does.
        """

    async def begin_renewal_by_recovery(self, code: bytes, pending: Pending, failures: int) -> bool:
        """Use up a hashed recovery code of a confirmed account, leave `failures`, keep the renewal in the place of any
        other, and return True; False, nothing changed, if there is no such code."""

    async def confirm_renewal(self, pending: Pending, step: int, recovery: Sequence[bytes], token_hash: str) -> None:
        """Put the pending secret in the place of the device's, with `step` as its last, no failures, the hashed
        recovery codes in the place of the old ones, and its id kept; end the device's sessions but that of the token;
        remove what was pending. Raises Conflict if that renewal is not pending any more."""

    async def replace_recovery(self, account: Account, step: int, recovery: Sequence[bytes]) -> bool:
        """Use up `step`, clear the failures, put the hashed recovery codes in the place of the old ones, and return
        True. False, nothing changed, where the step was used up. Raises Conflict as `accept_code` does."""

    async def use_code(self, account: Account, step: int) -> bool:
        """Use up `step`, clear the failures, and return True. False, nothing changed, where the step was used up.
        Raises Conflict as `accept_code` does."""

    async def session(self, token_hash: str) -> StoredSession | None:
        """The session of a token."""

    async def renew_session(self, old: str, session: StoredSession, most: int) -> None:
        """Add a token to the shift of the token `old`, keeping the newest `most` of the device, and `old` itself.

        Raises Conflict if `old` is gone.
        """

    async def end_sessions(self, devices: Collection[str]) -> int:
        """End every session of the devices; how many there were."""

    async def session_devices(self) -> frozenset[str]:
        """Devices that have a session."""

    async def session_count(self, now: int) -> int:
        """How many devices have a running shift."""

    async def invite(self, invitation: StoredInvitation) -> None:
        """Keep a fresh invitation in the place of any other of the officer; the same one again changes only its expiry.

        Raises Conflict if its proof opens another officer's invitation.
        """

    async def invitation(self, officer: str) -> StoredInvitation | None:
        """An officer's invitation."""

    async def invitation_by_proof(self, proof_hash: str) -> StoredInvitation | None:
        """The invitation that a proof opens."""

    async def offer(self, proof_hash: str, offered: bytes) -> None:
        """Keep the keys offered under an invitation; raises Conflict if it is gone, or others were offered before."""

    async def bind(self, proof_hash: str, device: str, secret: bytes) -> Account:
        """The account that an invitation makes for a device, and the invitation bound to it.

        The first time, the account gets `secret` and loses what it had: used steps, recovery codes, sessions, failures,
        a pending renewal. Asked again before the first log-in it returns what is there. Raises Conflict if the
        invitation is gone, or bound to another device.
        """

    async def forget(self, devices: Collection[str]) -> None:
        """Remove accounts and sessions of devices that are out for good."""

    async def account_devices(self) -> frozenset[str]:
        """Devices that have an account."""

    async def purge(self, now: int, shift_seconds: int) -> None:
        """Remove sessions whose shift has ended, renewals that have lapsed, invitations that have expired; and those
        that end later than any could that begins about now (`relay.rules.sessions.kept_until`)."""
