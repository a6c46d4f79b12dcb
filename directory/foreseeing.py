"""Judging ahead: while a long log is still on its way, what came so far is parsed, verified and judged.

It only takes work off `directory.replay.extend`, which decides; nothing here refuses anything.

1. Signatures are checked many at a time, shared out among processors (`crypto.many_signatures`), with the keys that
   the directory names, or that statements just before name. The judge looks each of them up for itself, with the key
   that counts by the view at that position, and checks what it does not find.
2. What was judged ahead was judged as of the time that the checkpoint of its page claims. The judge only grows more
   permissive with time, and the view does not depend on it: so it holds under every checkpoint that is no older.
   `extend` begins anew under one that is.
3. Whatever is not plainly in order (a statement that is refused, or of another network, or that names a further relay)
   ends judging ahead; `extend` goes on from there, and says what there is to say.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from operator import is_

from msgspec import UNSET

from crypto.encoding import unb64
from crypto.errors import CryptoError
from crypto.many_signatures import Claim, Spread, good_ones
from crypto.merkle import Tree, leaf_hash
from directory.canonical import Malformed
from directory.judge import Refused, admit
from directory.statement import EnrolDevice, NameRelay, SignedStatement, parse_statement
from directory.view import View

AT_ONCE = 200  # statements whose signatures are checked together
UNDER_WAY = 8  # so many times AT_ONCE are parsed ahead, and their signatures being checked
Parsed = tuple[bytes, SignedStatement | None]
"""An entry, and the statement in it; None where it could not be read, which the judge then says."""


class Ahead:
    """What follows on `view` and `tree` of the network `pinned`, as far as it came."""

    def __init__(self, pinned: str, view: View, tree: Tree, spread: Spread | None = None) -> None:
        self.pinned, self.spread = pinned, spread
        self.view, self.tree, self.time = view, tree.copy(), 0
        self.entries: list[bytes] = []
        self.judged = 0
        self._stopped = False

    def take(self, entries: Iterable[bytes], time: int) -> None:
        """Further entries, under a checkpoint that claims `time`."""
        fresh = list(entries)
        self.entries += fresh
        for entry in fresh:
            self.tree.append(leaf_hash(entry))
        if self._stopped:
            return
        self.time = max(self.time, time)
        for parsed, good in foreseen(self.view, fresh, self.spread):
            for entry, statement in parsed:
                if not self._took(entry, statement, good):
                    self._stopped = True
                    return

    def holds(self, entries: Sequence[bytes], time: int) -> bool:
        """Whether this is what came of the first of `entries`, for a checkpoint of `time` (rule 2)."""
        same = len(entries) >= len(self.entries) and all(map(is_, self.entries, entries))
        return same and self.time <= time

    def _took(self, entry: bytes, statement: SignedStatement | None, good: frozenset[Claim]) -> bool:
        if _continues(statement):
            return False
        try:
            after = admit(self.view, entry, self.time, statement, good)
        except (Refused, Malformed, CryptoError):
            return False
        if after.founded.id != self.pinned:
            return False
        self.view = after
        self.judged += 1
        return True


def _continues(signed: SignedStatement | None) -> bool:
    """Whether a statement names a further relay: what log it continues is for `extend` to check."""
    statement = signed.statement if signed is not None else None
    return isinstance(statement, NameRelay) and statement.continues is not UNSET


def foreseen(
    view: View, entries: Sequence[bytes], spread: Spread | None
) -> Iterable[tuple[Sequence[Parsed], frozenset[Claim]]]:
    """Entries that follow on `view`, parsed, some at a time, with those of their signatures that are good.

    While the caller judges some, the signatures of those that follow are being checked.
    """
    named = dict[str, bytes]()
    begun = deque[tuple[Sequence[Parsed], Callable[[], frozenset[Claim]]]]()
    for first in range(0, len(entries), AT_ONCE):
        parsed = [(entry, _parsed(entry)) for entry in entries[first : first + AT_ONCE]]
        claims = list[Claim]()
        for _, signed in parsed if spread is not None else ():
            if signed is not None:
                claims += _claims(view, named, signed)
        begun.append((parsed, good_ones(claims, spread)))
        if spread is None or len(begun) > UNDER_WAY:
            yield _waited(*begun.popleft())
    for each in begun:
        yield _waited(*each)


def _waited(
    parsed: Sequence[Parsed], good: Callable[[], frozenset[Claim]]
) -> tuple[Sequence[Parsed], frozenset[Claim]]:
    return parsed, good()


def _parsed(entry: bytes) -> SignedStatement | None:
    try:
        return parse_statement(entry)
    except (CryptoError, Malformed):
        return None


def _claims(view: View, named: dict[str, bytes], signed: SignedStatement) -> Iterable[Claim]:
    """The signatures of a statement whose keys can be guessed; keys that it names are added to those `named`."""
    if isinstance(signed.statement, EnrolDevice):
        named[signed.statement.device] = unb64(signed.statement.ed25519)
    text = signed.note.text.encode()
    for line in signed.note.signatures:
        local = line.name.rpartition("/")[2]
        verifier = view.verifier(local) if view.network is not None else None
        key = verifier.public if verifier is not None else named.get(local)
        if key is not None:
            yield key, text, line.blob
