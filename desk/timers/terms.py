"""How long each timer runs, by which instrument, and how sure that is. Data.

1. A term is seconds that pass. Whether a law counts calendar days, and whether the first of them, is not known here: a
   timer reminds, and is no legal advice. Where an instrument counts in months, the shortest such months are taken.
2. Every row has its source. `verify` says that nobody here has read it in the instrument itself: it is shown with the
   timer until an authority puts its own row in its place.
3. An authority's own rows go before these; among rows of one timer the instrument's goes before the general one.
4. A measure under an instrument that no row is for, or under none, has a term that is *unknown*: it is shown so, and
   what is taken for it is a caution, so that nobody learns too late that it was shorter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from directory.entry import DAY

TimerKind = Literal[
    "first-answer", "urgent-direct", "urgent-indirect", "ordinary", "expected", "preservation", "provisional-arrest"
]
KINDS: tuple[TimerKind, ...] = get_args(TimerKind)
MEASURES: tuple[TimerKind, ...] = ("preservation", "provisional-arrest")
LONGEST_TERM = 3660 * DAY
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Term:
    """How long a timer of a kind runs, under an instrument (empty: any), and where that is from."""

    kind: TimerKind
    seconds: int
    source: str
    verify: bool
    instrument: str = ""

    @property
    def unknown(self) -> bool:
        """Whether it stands for a term that nobody has said (rule 4)."""
        return self.verify and self.kind in MEASURES and not self.instrument


TERMS: tuple[Term, ...] = (
    Term(
        "preservation",
        60 * DAY,
        "Budapest Convention, art. 29(7): at least 60 days",
        verify=True,
        instrument="budapest",
    ),
    Term("preservation", 60 * DAY, "a caution: as under the Budapest Convention", verify=True),
    Term("provisional-arrest", 40 * DAY, "a caution: some treaties release after 40 days, others later", verify=True),
    Term(
        "provisional-arrest",
        59 * DAY,
        "Montevideo 1933, art. 10: two months",
        verify=True,
        instrument="montevideo-1933",
    ),
    Term("urgent-direct", 8 * HOUR, "Directive (EU) 2023/977: urgent, direct access", verify=True),
    Term("urgent-indirect", 3 * DAY, "Directive (EU) 2023/977: urgent, indirect access", verify=True),
    Term("ordinary", 7 * DAY, "Directive (EU) 2023/977: other requests", verify=True),
)


def term(kind: TimerKind, instrument: str = "", own: Iterable[Term] = ()) -> Term | None:
    """The term of a timer, by rule 3; None for one whose length is not a matter of instruments.

    Refuses (ValueError) an own row without a source, or of no length.
    """
    rows = [*own, *TERMS]
    for each in rows:
        if not each.source.strip() or not 0 < each.seconds <= LONGEST_TERM:
            raise ValueError(
                f"the row for {each.kind} needs a source, and a length of up to {LONGEST_TERM // DAY} days"
            )
    fitting = [each for each in rows if each.kind == kind and each.instrument in ("", instrument)]
    return next((each for each in fitting if each.instrument == instrument), fitting[0] if fitting else None)
