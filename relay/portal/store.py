"""What the store of portal access promises; the memory and the SQLite one obey one set of contract tests.

As in `relay.store.contract`: S1 all or nothing, S2 StoreFailed means unknown, S3 races are decided inside, S4 a
cancelled change happened whole or not at all.

It lies in accounts.db. Passphrase hash and secret are sealed together under the key at rest: a copied database gives
nobody anything to try passphrases against.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from relay.rules.portal import PortalSession


@dataclass(frozen=True, slots=True)
class Credential:
    """The passphrase as Argon2id in PHC form, and the secret for one-time codes (20 bytes)."""

    phc: str = field(repr=False)
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PortalAccount:
    """An officer's access in force, until it `ends`; last accepted step, failures in a row, time of the last one.

    `logged_in_at` is the time of the last log-in (0: none yet), `before_at` of the one before, `failed` the failures
    between them.
    """

    officer: str
    name: str
    credential: Credential
    ends: int
    last_step: int
    failures: int = 0
    failed_at: int = 0
    logged_in_at: int = 0
    before_at: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class PendingAccess:
    """Access that waits for its first code until it `expires`."""

    officer: str
    name: str
    credential: Credential
    expires: int


class PortalStore(Protocol):
    """Access (until removed, or the officer is out), pending access (until confirmed or lapsed), sessions."""

    async def account(self, officer: str) -> PortalAccount | None:
        """An officer's access in force."""

    async def account_named(self, name: str) -> PortalAccount | None:
        """The access with that account name."""

    async def pending(self, officer: str) -> PendingAccess | None:
        """An officer's pending access, whether it has lapsed or not."""

    async def begin(self, pending: PendingAccess) -> None:
        """Keep pending access in the place of any other of the officer; raises Conflict if the name is another's."""

    async def confirm(self, pending: PendingAccess, step: int, ends: int) -> None:
        """Put it into force, in the place of what was, with `step` as its last; end the officer's sessions; remove what
        was pending. Raises Conflict if that access is not pending any more."""

    async def charge(self, account: PortalAccount, now: int) -> None:
        """Count an attempt; raises Conflict if the account changed since it was read."""

    async def accept(self, account: PortalAccount, step: int, session: PortalSession, most: int) -> bool:
        """Use up `step` if it is greater than the last one, clear the failures, keep the time, open the session and
        keep the newest `most` of the officer; return True. False, nothing changed, where that step or a greater one was
        used up. Raises Conflict if other access took its place. `account` is as it was before this attempt."""

    async def session(self, session_id: str) -> PortalSession | None:
        """A session, ended or not."""

    async def turn(self, before: PortalSession, after: PortalSession) -> None:
        """Put a session as it is now in the place of what it was; raises Conflict if it changed since, or is gone."""

    async def end(self, session_id: str) -> None:
        """Remove a session."""

    async def end_sessions(self, officers: Collection[str]) -> int:
        """Remove every session of the officers; how many there were."""

    async def sessions(self, officer: str) -> int:
        """How many sessions of an officer were not ended."""

    async def remove(self, officers: Collection[str]) -> None:
        """Remove access, pending access and sessions of officers."""

    async def officers(self) -> frozenset[str]:
        """Who has access, in force or pending."""

    async def purge(self, now: int, longest: int) -> None:
        """Remove sessions that began more than `longest` ago or in the future, and pending access that has lapsed."""
