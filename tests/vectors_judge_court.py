"""How the cases of judge.json are made: a log that counts, and one entry more."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from vectors_case import Book
from vectors_log import staffed
from vectors_readers_sealed import facts
from vectors_world import Log, signed

from directory.judge import admit

ROOTS = "root-1 root-2"
TRAFFICKING = "trafficking-24-7"
HOUR = 3600
DAY = 24 * HOUR
WEAK = "A" * 43 + "="  # base64 of 32 zeros, under which anybody could sign


def before() -> Log:
    """The log that every case begins with."""
    return staffed()


def fresh(label: str) -> str:
    """A commitment to nothing in particular: the judge reads no body."""
    return sha256(f"enlace vector commitment {label}".encode()).hexdigest()


@dataclass
class Court:
    """A log before the judge."""

    book: Book
    log: Log = field(default_factory=before)

    def has(self, kind: type[Any], who: str, **fields: Any) -> "Court":
        """A further entry, which counts, signed by `who` (handles between spaces)."""
        self.log.add(kind, *who.split(), **fields)
        return self

    def takes(self, rule: str, words: str, kind: type[Any], who: str, **fields: Any) -> None:
        """The next entry counts, though it comes close to breaking a rule."""
        self.enter(f"{rule}: {words}", words, signed(self.log.say(kind, **fields), *who.split()))

    def refuses(self, rule: str, words: str, kind: type[Any], who: str, **fields: Any) -> None:
        """The next entry breaks a rule."""
        self.enter(f"{rule}: {words}", words, signed(self.log.say(kind, **fields), *who.split()), rule)

    def enter(
        self, name: str, words: str, entry: bytes, rule: str = "", word: str = "", *, already: bool = False
    ) -> None:
        """A case whose last entry is `entry` (which stands there `already`); with `word` it fails outside the rules."""
        log = self.log.copy()
        entries = log.entries if already else [*log.entries, entry]
        inputs = {"entries": entries, "network": log.view.founded.id, "now": log.now}
        if word:
            self.book.bad(name, words, word, "staffed", **inputs)
        elif rule:
            self.book.refused(name, words, rule, "staffed", **inputs)
        else:
            view = log.view if already else admit(log.view, entry, log.now)
            self.book.good(name, words, {"view": facts(view, log.now)}, "" if already else "staffed", **inputs)
