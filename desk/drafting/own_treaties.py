"""The authority's own table of who is a party to what, kept in the profile; and what a change of it changes.

1. Who is a party to a treaty is no secret. The table is sealed in the vault nevertheless, because that is where nobody
   without the passphrase can write: a row put in there unseen would send a request off on a treaty that is not in
   force. Whoever can write the folder can still take the table away, or put back an older one of this desk's own.
2. It is this desk's: it is exported as CSV and imported at another, where whoever does so reads what changes.
3. A file adds rows and changes rows. It takes none away unless it is said to be the whole table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from desk.forms.catalogue import code_lists
from desk.forms.treaties import PartyRow, PartyTable, read_treaties, write_treaties
from desk.keys.vault import Damaged, Vault
from directory.canonical import Malformed

_NAME = "treaties"
What = Literal["new", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that a change adds, alters or takes away."""

    what: What
    before: PartyRow | None
    after: PartyRow | None

    @property
    def row(self) -> PartyRow:
        """The row as it will be, or as it was if it goes."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change without a row")
        return found


def own_table(vault: Vault) -> PartyTable:
    """The table that is kept; empty if none is. Raises Damaged if it is not what was put there."""
    raw = vault.get(_NAME)
    try:
        return read_treaties(raw) if raw is not None else PartyTable()
    except Malformed as error:
        raise Damaged(f"the table of treaties of this profile is damaged: {error}; import it again") from error


def keep_table(vault: Vault, table: PartyTable) -> None:
    """Keep a table in place of the one there was."""
    vault.put(_NAME, write_treaties(table))


def imported(before: PartyTable, file: PartyTable, *, whole: bool) -> PartyTable:
    """The table after a file was imported into it (rule 3); raises Malformed for one with too many rows."""
    rows = {each.key: each for each in (() if whole else before.rows)} | {each.key: each for each in file.rows}
    after = PartyTable(rows=tuple(rows[key] for key in sorted(rows)))
    write_treaties(after)
    return after


def changes(before: PartyTable, after: PartyTable) -> Iterator[RowChange]:
    """What becomes of the rows, in their order."""
    old, new = ({each.key: each for each in table.rows} for table in (before, after))
    for key in sorted(old | new):
        if key not in old:
            yield RowChange("new", None, new[key])
        elif key not in new:
            yield RowChange("removed", old[key], None)
        elif old[key] != new[key]:
            yield RowChange("changed", old[key], new[key])


def unknown_instruments(table: PartyTable) -> tuple[str, ...]:
    """Instruments that no form names: an authority's own, or a slip of the pen."""
    known = code_lists()["instruments"]
    return tuple(dict.fromkeys(each.instrument for each in table.rows if each.instrument not in known))
