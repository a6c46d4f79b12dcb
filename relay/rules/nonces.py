"""Nonces for proofs, and the memory of proofs already seen.

1. A nonce is HMAC-SHA-256 of a window number under a key that lives as long as the process: nothing is stored, and no
   proof made before a start counts after it.
2. A window is half a nonce's lifetime; the window at hand and the one before count. So a nonce lives between half its
   lifetime and the whole.
3. A proof (its key and `jti`) is remembered for as long as its nonce can count, so it is taken once.
4. The memory is bounded, for all proofs and for each key. **Fails closed**: where it is full the proof is refused, for
   one that cannot be remembered could be replayed. Keys the directory does not know have a memory of their own, so
   strangers fill theirs and not the officers'.

`ticks` are seconds of a clock that never goes back (and need not tell the time): else a nonce could come to life again
after the proofs made with it were forgotten.
"""

import hmac
from hashlib import blake2b, sha256

from crypto.encoding import b64raw
from relay.protocol.problems import Refusal

KEY_SIZE = 32
_NONCE_BYTES = 18


class Nonces:
    """Makes and checks nonces that live for at most `lifetime` seconds."""

    def __init__(self, key: bytes, lifetime: int) -> None:
        if len(key) != KEY_SIZE or lifetime < 2:
            raise ValueError("nonces need a key of 32 bytes and a lifetime of at least two seconds")
        self._key, self._half = key, lifetime // 2

    def window(self, ticks: int) -> int:
        """The window that `ticks` belongs to."""
        return ticks // self._half

    def current(self, ticks: int) -> str:
        """The nonce to hand out."""
        return self._nonce(self.window(ticks))

    def check(self, nonce: str, ticks: int) -> None:
        """Return if `nonce` was handed out lately; refuses `nonce-needed`."""
        given = nonce.encode("utf-8", "surrogatepass")
        here = self.window(ticks)
        fresh = [hmac.compare_digest(self._nonce(each).encode(), given) for each in (here, here - 1)]
        if not any(fresh):
            raise Refusal("nonce-needed")

    def _nonce(self, window: int) -> str:
        message = b"enlace/nonce/v1\n" + window.to_bytes(8, "big", signed=True)
        text = b64raw(hmac.new(self._key, message, sha256).digest()[:_NONCE_BYTES])
        return text.replace("+", "-").replace("/", "_")


class ProofMemory:
    """The proofs of the window at hand and of the one before: at most `most` a window, `most_each` for one key."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most, self._most_each = most, most_each
        self._window = -1
        self._seen: tuple[set[bytes], set[bytes]] = (set(), set())  # this window's, the last one's
        self._counts: dict[bytes, int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._seen))

    def remember(self, key: bytes, jti: str, window: int) -> None:
        """Remember a proof; refuses `proof-replayed`, or `throttled` where no room is left (rule 4)."""
        self._turn(window)
        mark = blake2b(key + jti.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if mark in self._seen[0] or mark in self._seen[1]:
            raise Refusal("proof-replayed")
        count = self._counts.get(key, 0)
        if len(self._seen[0]) >= self._most or count >= self._most_each:
            raise Refusal("throttled", "too many requests within a few minutes", retry_after=60)
        self._seen[0].add(mark)
        self._counts[key] = count + 1

    def _turn(self, window: int) -> None:
        """Forget what no nonce can carry any more."""
        if window <= self._window:
            return
        self._seen = (set(), self._seen[0] if window == self._window + 1 else set())
        self._counts = {}
        self._window = window
