"""What a desk gives up when it follows the roots to a log that leaves out statements it has: in words, the worst first.

A revocation that counts no more makes somebody live again, and a suspension likewise: so those stand at the top, and
behind them what took roles or keys away. A re-keying of the roots is none of those: it is not given up at all
(`desk.replica.resume`, F8). A statement that the other log holds too, at another place, is not given up.

Pure. The statements were verified; what stands in the words are kinds and identifiers, no text of anybody's.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from directory.statement import RekeyRoots, parse_statement

MOST_LISTED = 20
_FIRST = ("revoke-member", "revoke-officer", "revoke-device", "suspend-member", "change-roles", "change-reception")


def given_up(mine: Sequence[bytes], start: int, theirs: Iterable[bytes]) -> tuple[str, ...]:
    """One line for each of the entries `mine`, the first at position `start`, that is not among `theirs`."""
    held, found = set(theirs), list[tuple[int, str]]()
    for position, entry in enumerate(mine, start + 1):
        if entry in held:
            continue
        statement = parse_statement(entry).statement
        kind = str(statement.__struct_config__.tag)
        rank = _FIRST.index(kind) if kind in _FIRST else len(_FIRST)
        found.append((rank, f"{kind} ({statement.subject}), statement {position}"))
    return tuple(words for _, words in sorted(found, key=lambda each: each[0]))


def rekeying(mine: Sequence[bytes], theirs: Iterable[bytes]) -> bool:
    """Whether a re-keying of the roots is among the entries `mine` that are not among `theirs`."""
    gone = set(mine).difference(theirs)
    return any(isinstance(parse_statement(entry).statement, RekeyRoots) for entry in gone)


def listed(lines: Sequence[str]) -> list[str]:
    """As many of the lines as anybody reads, and how many more there are."""
    more = len(lines) - MOST_LISTED
    return [*lines[:MOST_LISTED], *([f"and {more} more"] if more > 0 else [])]


def kept_words(lines: Sequence[str], folder: Path) -> list[str]:
    """What an officer is told of statements that were given up, and are kept in `folder`; empty if there are none."""
    if not lines:
        return []
    what = (
        "1 statement that only the old log vouches for counts"
        if len(lines) == 1
        else (f"{len(lines)} statements that only the old log vouches for count")
    )
    head = f"{what} no more; kept in {folder}. Whoever issued such a statement issues it anew:"
    return [head, *(f"  {each}" for each in listed(lines))]
