"""The secretariat's duty key, and how another takes its place.

1. A next key is made and kept, sealed, *before* the statement that names it is published: whatever happens then, this
   desk holds the key that the network knows. Every request makes a fresh one: a key that waited from a request that was
   given up has lain in backups since, and may be what the thief has. All that wait are kept, each by its id, because
   any of these requests may still be published; once the directory names one of them the others are erased, for their
   requests are void then.
2. Which of them is the duty key is decided by the verified directory alone. Only when that names a next one does
   it take the old one's place; nothing a relay merely says does that.
3. Between the relay's taking the statement and this desk's seeing it, the relay refuses the old key as a stranger's.
   `DutyClient` then speaks with the others in turn: a refused request did nothing, so it is made once more.

The key that was made with the profile stays in the key file, which is written only with the passphrase at hand; a later
one is kept in the vault, sealed under the same passphrase, and goes before it.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.errors import Declined
from desk.keys.keyring import DUTY, Keyring
from desk.keys.vault import Damaged
from desk.link.client import MOST_ANSWER_BYTES, Clock, RelayClient
from directory.judge_network import duty_id
from directory.view import View

NEXT = "duty-next-"  # and the key's hash, as in its local id


def next_duty(keyring: Keyring) -> Ed25519PrivateKey:
    """A fresh key that may become the duty key, made and kept now; raises Usage outside the secretariat."""
    keyring.require_duty()
    key = Ed25519PrivateKey.generate()
    keyring.vault.put(_name(key), key.private_bytes_raw())
    # After a crash here it waits, and the duty key is the one it was.
    return key


def settle(keyring: Keyring, view: View) -> bool:
    """Put a next key in the duty key's place if the directory names it; returns whether it did."""
    waiting = _waiting(keyring) if keyring.duty_seed is not None and view.network is not None else []
    named = next((each for each in waiting if _public(each) == view.founded.duty), None)
    if named is None:
        return False
    keyring.vault.put(DUTY, named.private_bytes_raw())
    # After a crash here, or between those that go, the same key stands in both places; the next run erases what waits,
    # because the one that took over goes last.
    last = _name(named)
    for each in sorted(keyring.vault.names(NEXT), key=last.__eq__):
        keyring.vault.erase(each)
    return True


def duty_client(keyring: Keyring, clock: Clock) -> "DutyClient":
    """A client that proves itself with the duty key, or with a next one where the relay knows that one already."""
    identity = keyring.profile.identity
    return DutyClient(identity.relay, identity.authority, keyring.duty, clock, _waiting(keyring))


class _Stranger(Declined):
    """The relay does not know the key that asked; it did nothing."""


class DutyClient(RelayClient):
    """The relay, seen with the duty key and those that may have taken its place."""

    def __init__(
        self, relay: str, authority: str, key: Ed25519PrivateKey, clock: Clock, others: Sequence[Ed25519PrivateKey]
    ) -> None:
        super().__init__(relay, authority, key, clock)
        self._all = [key, *others]

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
        """As RelayClient.send; refused as a stranger, it asks once more as each of the others in turn."""
        first = self._key
        for key in [each for each in self._all if each is not first]:
            with suppress(_Stranger):
                return await self._sent(method, path, content, headers, token, most)
            self._key = key  # and stays, unless it is refused as well: the next request begins with it
        try:
            return await self._sent(method, path, content, headers, token, most)
        except _Stranger:
            self._key = first  # none of them is known
            raise

    async def _sent(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str], token: bool, most: int
    ) -> tuple[int, bytes, Mapping[str, str]]:
        try:
            return await super().send(method, path, content, headers, token=token, most=most)
        except Declined as error:
            if error.problem != "not-allowed":
                raise
            raise _Stranger(str(error), error.problem, error.devices, error.line) from error


def _waiting(keyring: Keyring) -> list[Ed25519PrivateKey]:
    """The keys that wait; not one whose file is damaged, which can take no place and is to stop nothing."""
    found = list[Ed25519PrivateKey]()
    for name in keyring.vault.names(NEXT):
        with suppress(Damaged):
            seed = keyring.vault.get(name)
            found += [Ed25519PrivateKey.from_private_bytes(seed)] if seed is not None else []
    return found


def _name(key: Ed25519PrivateKey) -> str:
    return NEXT + duty_id(_public(key)).removeprefix("duty-")


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
