"""Which instruments serve between two states: only what a row says, with its source; the rest is unknown."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.forms.catalogue import code_lists, forms
from desk.forms.treaties import (
    MOST_ROWS,
    PartyRow,
    PartyTable,
    merged,
    read_treaties,
    remove_row,
    select,
    set_row,
    shipped_table,
    write_treaties,
)
from desk.forms.treaty_csv import COLUMNS, read_party_csv, write_party_csv
from directory.canonical import Malformed, encode
from directory.exchange.csv_problem import ImportRefused
from directory.four_languages import OFFICIAL

MLA = forms()["mutual-legal-assistance/1"]
DAY = "2026-09-21"


def row(instrument: str = "untoc", country: str = "CO", **more: Any) -> PartyRow:
    given_ = {"state": "party", "source": "Depositary’s list", "date": "2026-03-01"} | more
    return PartyRow(instrument=instrument, country=country, **given_)


def table(*rows: PartyRow) -> PartyTable:
    made = PartyTable()
    for each in rows:
        made = set_row(made, each)
    return made


def answers(own: PartyTable, on: str = DAY, shipped: PartyTable | None = None) -> dict[str, str]:
    return {each.instrument: each.answer for each in select(MLA, "CO", "CA", on, own, shipped)}


def test_nothing_ships_without_a_source_and_today_nothing_ships() -> None:
    assert shipped_table().rows == ()


def test_what_no_row_says_is_unknown_and_shown_so() -> None:
    found = select(MLA, "CO", "CA", DAY, PartyTable())
    assert [(each.instrument, each.answer) for each in found] == [
        ("untoc", "unknown"), ("nassau", "unknown"), ("budapest", "unknown"),
    ]  # fmt: skip
    assert [found[1].told(each) for each in OFFICIAL] == [
        "Convención de Nassau: se desconoce: verifíquelo "
        "(Colombia: se desconoce: verifíquelo; Canadá: se desconoce: verifíquelo)",
        "Nassau Convention: unknown: verify it (Colombia: unknown: verify it; Canada: unknown: verify it)",
        "Convenção de Nassau: não se sabe: verifique "
        "(Colômbia: não se sabe: verifique; Canadá: não se sabe: verifique)",
        "Convention de Nassau : inconnu : à vérifier (Colombie : inconnu : à vérifier ; Canada : inconnu : à vérifier)",
    ]


def test_both_must_be_parties_on_the_day() -> None:
    one = table(row())
    assert answers(one)["untoc"] == "unknown"
    both = set_row(one, row(country="CA", since="2026-09-21"))
    assert next(iter(answers(both).items())) == ("untoc", "in force")
    assert answers(both, "2026-09-20")["untoc"] == "not between"
    for state in ("signatory", "denounced", "not-party"):
        found = answers(set_row(both, row(country="CA", state=state)))
        assert list(found.items())[-1] == ("untoc", "not between")
        assert answers(table(row(country="CA", state=state)))["untoc"] == "not between"
    (said, *_) = select(MLA, "CO", "CA", DAY, both)
    assert said.told("en") == (
        "UNTOC: both are parties (Colombia: Party, source “Depositary’s list” of 2026-03-01; "
        "Canada: Party (since 2026-09-21), source “Depositary’s list” of 2026-03-01)"
    )


@pytest.mark.parametrize(
    ("state", "since", "on", "answer"),
    [
        ("party", "", "2026-03-01", "in force"),
        ("party", "", "2026-02-28", "unknown"),  # the source says nothing of the day before it
        ("party", "2003-09-29", "2003-09-29", "in force"),
        ("party", "2003-09-29", "2003-09-28", "not between"),
        ("party", "2026-12-01", "2026-11-30", "not between"),  # deposited, not in force yet
        ("denounced", "2027-01-01", "2027-01-01", "not between"),
        ("denounced", "2027-01-01", "2026-12-31", "unknown"),  # announced: whether it was a party then, nobody says
        ("denounced", "", "2026-02-28", "unknown"),
        ("signatory", "2020-01-01", "2026-09-21", "not between"),
        ("signatory", "2020-01-01", "2019-12-31", "unknown"),
        ("not-party", "", "2026-03-01", "not between"),
        ("not-party", "", "2026-02-28", "unknown"),
    ],
)
def test_a_row_speaks_from_its_day_on(state: str, since: str, on: str, answer: str) -> None:
    there = row(since="1990-01-01")
    other = row(country="CA", state=state, **({"since": since} if since else {}))
    assert answers(table(there, other), on)["untoc"] == answer
    (said, *_) = [each for each in select(MLA, "CO", "CA", on, table(there, other)) if each.instrument == "untoc"]
    assert all(since in said.told(language) for language in OFFICIAL)


def test_a_source_of_a_day_to_come_is_no_source() -> None:
    raw = write_party_csv(table(row()))
    assert read_party_csv(raw, "2026-03-01") == table(row())
    with pytest.raises(ImportRefused) as error:
        read_party_csv(raw, "2026-02-28")
    assert str(error.value.problems[0]).startswith("line 2, date: 2026-03-01 is yet to come")


def test_an_own_row_stands_before_one_that_ships() -> None:
    shipped = table(row(), row(country="CA"))
    own = table(row(state="denounced", source="Gazette"))
    assert merged(own, shipped)["untoc", "CO"].source == "Gazette"
    assert answers(own, shipped=shipped)["untoc"] == "not between"
    assert answers(PartyTable(), shipped=shipped)["untoc"] == "in force"


def test_a_treaty_of_ones_own_is_considered_where_it_concerns_one_of_the_two() -> None:
    own = table(row("co-ca-1999"), row("co-ca-1999", "CA"), row("ar-pe-2004", "PE"))
    assert answers(own)["co-ca-1999"] == "in force"
    assert "ar-pe-2004" not in answers(own)


def test_what_a_source_says_is_made_harmless() -> None:
    own = PartyTable(rows=(row(source="List\u202e\x1b[31m"),))  # as no reader would give it
    told = select(MLA, "CO", "CA", DAY, own)[0].told("en")
    assert "“List[U+202E][U+001B][31m”" in told


def test_rows_are_set_replaced_and_removed() -> None:
    made = table(row("untoc", "PE"), row("nassau"), row())
    assert [each.key for each in made.rows] == [("nassau", "CO"), ("untoc", "CO"), ("untoc", "PE")]
    assert len(set_row(made, row(state="denounced")).rows) == 3
    assert read_treaties(write_treaties(made)) == made
    assert remove_row(made, "untoc", "PE") == table(row("nassau"), row())
    with pytest.raises(KeyError, match="no row about untoc and AR"):
        remove_row(made, "untoc", "AR")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"source": ""}, "length >= 1"),
        ({"source": " x"}, "one line"),
        ({"source": "x\ny"}, "one line"),
        ({"source": "x\u202ey"}, "one line"),
        ({"note": "x\x07"}, "one line"),
        ({"source": "x" * 401}, "length <= 400"),
        ({"date": "2026-3-1"}, "another form"),
        ({"date": "2026-02-30"}, "no day"),
        ({"since": "2026-02-30"}, "no day"),
        ({"since": "0026-03-01"}, "earlier than any treaty"),
        ({"date": "0026-03-01"}, "earlier than any treaty"),
        ({"since": "2026-03-02", "state": "signatory"}, "later than the source"),
        ({"since": "2026-03-02", "state": "not-party"}, "later than the source"),
        ({"state": "friend"}, "friend"),
        ({"country": "Colombia"}, "another form"),
        ({"instrument": "UNTOC"}, "another form"),
    ],
)
def test_a_row_that_no_table_holds_is_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(Malformed, match=why):
        set_row(PartyTable(), row(**wrong))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "JSON"),
        (b"{}\n", "canonical"),
        (b'{"rows":[]}', "canonical"),
        (b'{"rows":[{"country":"CO","date":"2026-03-01","instrument":"untoc","state":"party"}]}', "source"),
        (b'{"rows":[{"country":"CO","instrument":"untoc","source":"x","state":"party"}]}', "date"),
        (encode(PartyTable(rows=(row(), row("nassau")))), "in order"),
        (encode(PartyTable(rows=(row(), row()))), "each once"),
        (encode(PartyTable(rows=(row(),) * (MOST_ROWS + 1))), "length <= 5000"),
    ],
)
def test_a_table_that_is_none_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        read_treaties(raw)


TEXT = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=20)
ROWS = st.builds(
    lambda instrument, country, state, source, note: row(
        instrument, country, state=state, source=source, **({"note": note} if note else {})
    ),
    st.sampled_from([*code_lists()["instruments"], "co-ca-1999"]),
    st.sampled_from(["CO", "CA", "PE"]),
    st.sampled_from(["party", "signatory", "denounced", "not-party"]),
    TEXT, TEXT | st.just(""),
)  # fmt: skip


@given(st.lists(ROWS, max_size=4))
@settings(max_examples=50)
def test_a_table_is_read_as_it_was_written_also_as_csv(rows: list[PartyRow]) -> None:
    try:
        made = table(*rows)
    except Malformed:
        return
    assert read_treaties(write_treaties(made)) == made
    assert read_party_csv(write_party_csv(made)) == made


@given(st.binary(max_size=80))
@settings(max_examples=50)
def test_any_bytes_are_a_table_or_refused(raw: bytes) -> None:
    for read, write, refused in (
        (read_treaties, write_treaties, Malformed),
        (read_party_csv, write_party_csv, ImportRefused),
    ):
        try:
            found = read(raw)
        except refused:
            continue
        assert read(write(found)) == found


HEAD = ",".join(COLUMNS)


def test_a_spreadsheet_may_name_countries_and_states_in_words() -> None:
    lines = (
        "country;instrument;state;source;date",
        "Perú;untoc;Parte;'=Gaceta;2026-03-01",
        "CA;budapest;NOT A PARTY;Liste;2025-01-02",
    )
    assert read_party_csv("\n".join(lines).encode()).rows == (
        row("budapest", "CA", state="not-party", source="Liste", date="2025-01-02"),
        row("untoc", "PE", source="=Gaceta"),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["line 1: the file is empty"]),
        (
            "instrument,country,state\n",
            ["line 1, source: this column is missing", "line 1, date: this column is missing"],
        ),
        (f"{HEAD},colour\n", ["line 1, colour: no column is called 'colour'"]),
        (f"{HEAD},note\n", ["line 1, note: this column stands twice"]),
        (f"{HEAD}\nuntoc,CO,party,,,2026-03-01,\n", ["line 2, source: this is empty; say where this was read"]),
        (f"{HEAD}\nuntoc,CO,party,,x,,\n", ["line 2, date: this is empty; say of which day that source is"]),
        (f"{HEAD}\nuntoc,CO,party,,x,1 March 2026,\n", ["line 2, date: '1 March 2026' is no day"]),
        (f"{HEAD}\nuntoc,CO,party,2026-02-30,x,2026-03-01,\n", ["line 2, since: '2026-02-30' is no day"]),
        (f"{HEAD}\nuntoc,CO,party,0203-01-01,x,2026-03-01,\n", ["line 2, since: 0203-01-01 is earlier than any"]),
        (f"{HEAD}\nuntoc,CO,signatory,2026-03-02,x,2026-03-01,\n", ["line 2, since: 2026-03-02 is later than the"]),
        (f"{HEAD}\nuntoc,Colomba,party,,x,2026-03-01,\n", ["line 2, country: no country is called 'Colomba'"]),
        (f"{HEAD}\nuntoc,CO,friend,,x,2026-03-01,\n", ["line 2, state: 'friend' is none of the states"]),
        (f"{HEAD}\nUN TOC,CO,party,,x,2026-03-01,\n", ["line 2, instrument: 'UN TOC' is no code"]),
        (f"{HEAD}\nuntoc,CO,party,,=x(),2026-03-01,\n", ["line 2, source: '=x()' begins like a formula"]),
        (f"{HEAD}\nuntoc,CO,party,,x\u202ey,2026-03-01,\n", ["line 2, source: an invisible character (U+202E)"]),
        (f"{HEAD}\nuntoc,CO,party,,{'x' * 401},2026-03-01,\n", ["line 2: JSON: Expected `str` of length <= 400"]),
        (f'{HEAD}\nuntoc,CO,party,,"x\ny",2026-03-01,\n', ["line 2, source: two lines"]),
        (
            f"{HEAD}\nuntoc,CO,party,,x,2026-03-01,\nuntoc,CO,denounced,,y,2026-03-02,\nnassau,,party,,x,2026-03-01,\n",
            ["line 3: a second row about untoc and CO", "line 4, country: this is empty"],
        ),
    ],
)
def test_each_fault_of_a_spreadsheet_is_told(text: str, told: list[str]) -> None:
    with pytest.raises(ImportRefused) as error:
        read_party_csv(text.encode())
    assert [str(each)[: len(want)] for each, want in zip(error.value.problems, told, strict=True)] == told


def test_a_file_in_an_old_code_page_is_told_what_can_be_done_here() -> None:
    """`treaty import` has no --encoding, as the import of contacts has."""
    with pytest.raises(ImportRefused) as caught:
        read_party_csv(
            f"{','.join(COLUMNS)}\nuntoc,PE,party,,Depositar\xeda,2026-03-01,\n".encode("latin-1"), "2026-03-02"
        )
    (problem,) = caught.value.problems
    assert problem.do == "in the spreadsheet, save it again as “CSV UTF-8”"


def test_a_code_that_is_no_country_s_is_no_party() -> None:
    with pytest.raises(ImportRefused) as caught:
        read_party_csv(f"{','.join(COLUMNS)}\nuntoc,UK,party,,x,2026-03-01,\n".encode(), "2026-03-02")
    (problem,) = caught.value.problems
    assert (problem.column, problem.do) == ("country", "write its two-letter code, as in CO")
