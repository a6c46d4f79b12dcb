"""A device's own epoch keys: made ahead, published, used to open, erased on time (DESIGN section 6).

1. A seed is stored before the recipient that belongs to it is published; it is erased at the time the key set states.
2. Seeds are fresh random bytes; nothing is derived, nothing of them goes into a recovery file.
3. `EPOCHS_AHEAD` weeks are kept ahead. A new key set has the next number, and keeps what of the old one is open yet.
4. The fallback stays; a message sealed to it has no forward secrecy, and both sides are told.
5. A profile that was put back from an older copy lacks the seeds of what it has published since. When the relay says
   so, it goes on under a number above that of the set published last, with epochs of its own (`overtake`).
"""

import msgspec

from crypto.age_pq import PQIdentity
from crypto.encoding import b64, unb64
from desk.vault import Vault
from directory.canonical import encode
from directory.fields import Count, Time
from directory.keyset import EPOCH, EPOCHS_AHEAD, GRACE, Epoch, KeySet, recipient_key

_STATE = "epochs"
_SEED = "epoch-"
_ERASE = "erase-"


class _State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: Count
    at: Time
    epochs: tuple[Epoch, ...]
    fallback: str
    published: bool


class EpochKeys:
    """The epoch keys in a vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def identity(self, key: str) -> PQIdentity | None:
        """The identity for a recipient key id, None if it was erased or never was ours."""
        seed = self._vault.get(_SEED + key)
        return PQIdentity(seed) if seed is not None else None

    def is_fallback(self, key: str) -> bool:
        """Whether a key id is the fallback's."""
        state = self._state()
        return state is not None and _key_of(state.fallback) == key

    def renew(self, network: str, device: str, now: int) -> KeySet | None:
        """The key set to publish now, None if the published one still reaches far enough ahead.

        Stores seeds and state before it returns; a crash afterwards publishes the same set again, under its number.
        """
        state = self._state()
        if state is not None and not state.published:
            return _keyset(state, network, device)
        open_epochs = tuple(each for each in state.epochs if each.closes > now) if state else ()
        if state is not None and len(open_epochs) >= EPOCHS_AHEAD:
            return None
        epochs = list(open_epochs)
        opens = epochs[-1].closes if epochs else now - now % 3600
        while len(epochs) < EPOCHS_AHEAD + 1:
            closes = opens + EPOCH
            epochs.append(
                Epoch(opens=opens, closes=closes, erase=closes + GRACE, recipient=self._fresh(closes + GRACE))
            )
            opens = closes
        fallback = state.fallback if state else self._fresh()
        number = state.number + 1 if state else 1
        state = _State(number=number, at=now, epochs=tuple(epochs), fallback=fallback, published=False)
        self._vault.put(_STATE, encode(state))
        return _keyset(state, network, device)

    def published(self, number: int) -> None:
        """The relay has stored key set `number`."""
        state = self._state()
        if state is not None and state.number == number:
            self._vault.put(_STATE, encode(msgspec.structs.replace(state, published=True)))

    def overtake(self, number: int) -> None:
        """Go on above key set `number`, which this very device published and this profile does not know."""
        state = self._state()
        if state is not None and state.number <= number:
            self._vault.put(_STATE, encode(msgspec.structs.replace(state, number=number, epochs=(), published=True)))

    def erase(self, now: int) -> int:
        """Erase every seed whose time has come; returns how many. After a crash the next call goes on."""
        gone = 0
        for name in list(self._vault.names(_ERASE)):
            _, until, key = name.split("-")
            if int(until) <= now:
                self._vault.erase(_SEED + key)
                self._vault.erase(name)
                gone += 1
        return gone

    def _fresh(self, erase: int | None = None) -> str:
        """A new recipient whose seed is stored, with a note of when it goes, before anybody learns of it."""
        identity = PQIdentity.generate()
        recipient = identity.recipient().raw
        key = recipient_key(recipient)
        if erase is not None:
            self._vault.put(f"{_ERASE}{erase}-{key}", b"")
        self._vault.put(_SEED + key, identity.seed)
        return b64(recipient)

    def _state(self) -> _State | None:
        return self._vault.get_value(_STATE, _State)


def _keyset(state: _State, network: str, device: str) -> KeySet:
    return KeySet(
        network=network, device=device, number=state.number, at=state.at, epochs=state.epochs, fallback=state.fallback
    )


def _key_of(recipient: str) -> str:
    return recipient_key(unb64(recipient))
