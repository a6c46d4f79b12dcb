"""The secretariat's duty key, and how another takes its place.

1. The next key is made and kept, sealed, *before* the statement that names it is published: whatever happens then, this
   desk holds the key that the network knows. Made once, it waits for its statement, however many proposals that takes.
2. Which of the two is the duty key is decided by the verified directory alone. Only when that names the next one does
   it take the old one's place; nothing a relay merely says does that.
3. Between the relay's taking the statement and this desk's seeing it, the relay refuses the old key as a stranger's.
   `DutyClient` then speaks with the other one: a refused request did nothing, so it is made once more.

The key that was made with the profile stays in the key file, which is written only with the passphrase at hand; a later
one is kept in the vault, sealed under the same passphrase, and goes before it.
"""

import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.client import MOST_ANSWER_BYTES, Clock, RelayClient
from desk.errors import Declined
from desk.keyring import DUTY, Keyring
from directory.view import View

NEXT = "duty-next"


def next_duty(keyring: Keyring) -> Ed25519PrivateKey:
    """The key that is to be the duty key, made and kept now if none waits; raises Usage outside the secretariat."""
    keyring.require_duty()
    waiting = _waiting(keyring)
    if waiting is not None:
        return waiting
    seed = os.urandom(32)
    keyring.vault.put(NEXT, seed)
    # After a crash here it waits, and the duty key is the one it was.
    return Ed25519PrivateKey.from_private_bytes(seed)


def settle(keyring: Keyring, view: View) -> bool:
    """Put the next key in the duty key's place if the directory names it; returns whether it did."""
    waiting = _waiting(keyring) if keyring.duty_seed is not None else None
    if waiting is None or view.network is None or view.network.duty != _public(waiting):
        return False
    keyring.vault.put(DUTY, waiting.private_bytes_raw())
    # After a crash here the same key stands in both places; the next run erases the second.
    keyring.vault.erase(NEXT)
    return True


def duty_client(keyring: Keyring, clock: Clock) -> "DutyClient":
    """A client that proves itself with the duty key, or with the next one where the relay knows that one already."""
    identity = keyring.profile.identity
    return DutyClient(identity.relay, identity.authority, keyring.duty, clock, _waiting(keyring))


class DutyClient(RelayClient):
    """The relay, seen with the duty key and the one that may have taken its place."""

    def __init__(
        self, relay: str, authority: str, key: Ed25519PrivateKey, clock: Clock, other: Ed25519PrivateKey | None
    ) -> None:
        super().__init__(relay, authority, key, clock)
        self._other = other

    async def send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        headers: dict[str, str],
        *,
        token: bool = True,
        most: int = MOST_ANSWER_BYTES,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """As RelayClient.send; refused as a stranger, it asks once more as the other of the two."""
        try:
            return await super().send(method, path, content, headers, token=token, most=most)
        except Declined as error:
            if error.problem != "not-allowed" or self._other is None:
                raise
        self._key, self._other = self._other, self._key
        try:
            return await super().send(method, path, content, headers, token=token, most=most)
        except Declined:
            self._key, self._other = self._other, self._key  # neither is known; the next request begins as before
            raise


def _waiting(keyring: Keyring) -> Ed25519PrivateKey | None:
    seed = keyring.vault.get(NEXT)
    return Ed25519PrivateKey.from_private_bytes(seed) if seed is not None else None


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
