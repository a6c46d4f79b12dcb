"""Many Ed25519 signatures checked together, so that whoever can may share the work out among processors.

1. Checking one takes longer than all else that is done with a statement, and needs nothing but the claim itself: so it
   is begun, and done elsewhere while the caller goes on. This module starts neither thread nor process: it is told
   where work is done (`Spread`).
2. What comes back is what is *good*. A signature that is not among it is checked once more by whoever needs it to be
   (`Foreseen`), and fails there: so which statement is refused, and in which words, never depends on who did the work.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Final

from cryptography.exceptions import InvalidSignature

from crypto.note import Ed25519Verifier, ed25519_key, is_weak_ed25519

Claim = tuple[bytes, bytes, bytes]
"""An Ed25519 public key (32 bytes), a text, and what is said to be the key's signature of it (64 bytes)."""
Spread = Callable[[Callable[[Sequence[Claim]], list[bool]], Sequence[Claim]], Callable[[], Sequence[bool]]]
"""Begins a piece of work on many things, which says yes or no to each; what it gives waits for all the answers."""
FEW: Final = 32  # claims for which it costs more than it saves


@dataclass(frozen=True, slots=True)
class Foreseen(Ed25519Verifier):
    """An Ed25519 key under a name, of which some signatures are known to be good."""

    good: frozenset[Claim] = field(default=frozenset(), compare=False, repr=False)

    def check(self, text: bytes, blob: bytes) -> None:
        if (self.public, text, blob) not in self.good or is_weak_ed25519(self.public):
            Ed25519Verifier.check(self, text, blob)


def good_ones(claims: Sequence[Claim], spread: Spread | None) -> Callable[[], frozenset[Claim]]:
    """Begins to find the claims that hold; what it gives waits for that, and is they.

    None are looked at where nothing spreads the work, or there are few.
    """
    if spread is None or len(claims) < FEW:
        return frozenset
    found = spread(are_good, claims)
    return lambda: frozenset(compress(claims, found()))


def are_good(claims: Sequence[Claim]) -> list[bool]:
    """Whether each claim holds."""
    return [_is_good(*each) for each in claims]


def _is_good(public: bytes, text: bytes, blob: bytes) -> bool:
    try:
        ed25519_key(public).verify(blob, text)
    except (InvalidSignature, ValueError):
        return False
    return True
