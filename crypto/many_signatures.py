"""Many Ed25519 signatures checked together, so that whoever can may share the work out among processors.

1. The library checks a signature without holding Python's lock, so threads are enough. This module starts none: it is
   told how work is spread (`Spread`).
2. What comes back is what is *good*. A signature that is not among it is checked once more by whoever needs it to be
   (`Foreseen`), and fails there: so which statement is refused, and in which words, never depends on who did the work.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature

from crypto.note import Ed25519Verifier, ed25519_key, is_weak_ed25519

Claim = tuple[bytes, bytes, bytes]
"""An Ed25519 public key (32 bytes), a text, and what is said to be the key's signature of it (64 bytes)."""
Spread = Callable[[Callable[[Sequence[Claim]], list[Claim]], Sequence[Claim]], Sequence[Claim]]
"""Does a piece of work on shares of many things, and gives all that came of it, in any order."""
FEW: Final = 32  # claims for which it costs more than it saves


@dataclass(frozen=True, slots=True)
class Foreseen(Ed25519Verifier):
    """An Ed25519 key under a name, of which some signatures are known to be good."""

    good: frozenset[Claim] = field(default=frozenset(), compare=False, repr=False)

    def check(self, text: bytes, blob: bytes) -> None:
        if (self.public, text, blob) not in self.good or is_weak_ed25519(self.public):
            Ed25519Verifier.check(self, text, blob)


def good_ones(claims: Sequence[Claim], spread: Spread | None) -> frozenset[Claim]:
    """The claims that hold, of many; none are looked at where nothing spreads the work, or there are few."""
    if spread is None or len(claims) < FEW:
        return frozenset()
    return frozenset(spread(_good, claims))


def _good(claims: Sequence[Claim]) -> list[Claim]:
    found = []
    for claim in claims:
        public, text, blob = claim
        try:
            ed25519_key(public).verify(blob, text)
            found.append(claim)
        except (InvalidSignature, ValueError):
            continue
    return found
