"""The authority's own table of treaties: sealed, changed row by row or by a file, each change shown."""

from pathlib import Path

import pytest

from crypto.age_pq import PQIdentity
from desk.drafting.own_treaties import changes, imported, keep_table, own_table, unknown_instruments
from desk.drafting.table_words import sided
from desk.forms.treaties import PartyRow, PartyTable, between
from desk.keys.vault import Damaged, Vault
from directory.canonical import Malformed
from directory.four_languages import OFFICIAL


def row(instrument: str = "untoc", country: str = "CO", state: str = "party", **rest: str) -> PartyRow:
    return PartyRow(**{"instrument": instrument, "country": country, "state": state,
                       "source": "List of parties", "date": "2026-03-01", **rest})  # type: ignore[arg-type]  # fmt: skip


OLD = PartyTable(rows=(row(), row(country="PE")))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, PQIdentity.generate())


def test_a_table_is_kept_and_what_is_not_one_is_damage(vault: Vault, tmp_path: Path) -> None:
    assert own_table(vault) == PartyTable()
    keep_table(vault, OLD)
    assert own_table(vault) == OLD
    vault.put("treaties", b'{"rows":[{"country":"CO"}]}')
    with pytest.raises(Damaged, match="import it again"):
        own_table(vault)
    (tmp_path / "treaties.age").write_bytes(b"x")
    with pytest.raises(Damaged):
        own_table(vault)


def test_a_row_without_a_source_or_a_day_is_not_kept(vault: Vault) -> None:
    for wrong in (row(source=""), row(date="2026-02-30"), row(source="a\u202eb"), row(since="never")):
        with pytest.raises(Malformed):
            keep_table(vault, PartyTable(rows=(wrong,)))
    assert own_table(vault) == PartyTable()


def test_a_file_adds_and_changes_and_takes_away_only_as_the_whole() -> None:
    file = PartyTable(rows=(row(state="denounced", date="2026-04-01"), row("nassau")))
    after = imported(OLD, file, whole=False)
    assert [(each.what, *each.row.key) for each in changes(OLD, after)] == [
        ("new", "nassau", "CO"), ("changed", "untoc", "CO"),
    ]  # fmt: skip
    whole = imported(OLD, file, whole=True)
    assert [(each.what, *each.row.key) for each in changes(OLD, whole)] == [
        ("new", "nassau", "CO"), ("changed", "untoc", "CO"), ("removed", "untoc", "PE"),
    ]  # fmt: skip
    assert list(changes(OLD, OLD)) == []
    assert unknown_instruments(imported(OLD, PartyTable(rows=(row("co-ca-1999"),)), whole=False)) == ("co-ca-1999",)


@pytest.mark.parametrize("language", OFFICIAL)
def test_every_answer_is_told_with_its_source_and_its_day(language: str) -> None:
    known, unknown = (
        sided(basis, language) for basis in between(("untoc", "nassau"), "CO", "PE", "2026-09-21", OLD, PartyTable())
    )
    assert known.count("List of parties") == 2
    assert known.count("2026-03-01") == 2
    assert "2026" not in unknown
    assert len(unknown.split("\n")) == 3


def test_only_two_rows_that_say_party_are_a_treaty_in_force() -> None:
    def answer(*rows: PartyRow) -> str:
        table = PartyTable(rows=tuple(sorted(rows, key=lambda each: each.key)))
        return between(("untoc",), "CO", "PE", "2026-09-21", table, PartyTable())[0].answer

    assert answer() == answer(row()) == "unknown"
    assert answer(row(), row(country="PE")) == "in force"
    for state in ("signatory", "denounced", "not-party"):
        assert answer(row(), row(country="PE", state=state)) == "not between"
        assert answer(row(country="PE", state=state)) == "not between"
    assert answer(row(), row(country="PE", since="2026-09-22")) == "not between"
    assert answer(row(), row(country="PE", since="2026-09-21")) == "in force"
