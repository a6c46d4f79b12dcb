"""What can be wrong with an imported file, said so that whoever keeps the spreadsheet can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass

from directory.invisible import code_point, invisible

MOST_QUOTED = 60


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: the line (1 is the header), the column (empty: the whole line), what to do.

    In a file that is not read by lines, `unit` says what is counted instead: `card` or `contact`.
    """

    line: int
    column: str
    what: str
    do: str
    unit: str = "line"

    def __str__(self) -> str:
        where = f"{self.unit} {self.line}, {self.column}" if self.column else f"{self.unit} {self.line}"
        return f"{where}: {self.what}; {self.do}"


class CellError(ValueError):
    """A cell that cannot be read: what is wrong, and what to do."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(f"{what}; {do}")
        self.what = what
        self.do = do


class ImportRefused(ValueError):
    """Everything that is wrong with a file, in order; nothing of it was imported."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda each: each.line))
        count = f"{len(self.problems)} errors" if len(self.problems) != 1 else "1 error"
        super().__init__("\n".join([f"{count}; nothing was imported", *map(str, self.problems)]))


def quoted(text: str) -> str:
    """A cell's text for a message, cut and with nothing invisible in it."""
    shown = repr(text if len(text) <= MOST_QUOTED else text[:MOST_QUOTED] + "…")
    return "".join(f"[{code_point(each)}]" if invisible(each) else each for each in shown)
