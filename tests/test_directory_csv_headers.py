"""Columns under the user's own names: as told, by name, by a word for it; what was guessed and left is told."""

import pytest
from directory_contacts import after
from hypothesis import given
from hypothesis import strategies as st

from directory.exchange.csv_columns import FIXED
from directory.exchange.csv_headers import MOST_COLUMNS, WORDS, BadMap, ColumnMap, column_map, meant_by, read_map
from directory.exchange.csv_import import Reading, plan_reading, read_lines
from directory.exchange.csv_problem import Problem
from directory.folding import fold

OWN = """Pais;Oficina;Función;Teléfono;Teléfono nocturno;Correo;Interno
Colombia;Aduana;aduanas;601 555 0134;(601) 555-0135;aduana@x.example;no decir
"""


def read(text: str, *columns: str, **values: str) -> Reading:
    pairs = [tuple(each.split("=")) for each in columns]
    return read_lines(text.encode(), column_map(pairs, values.items()))  # type: ignore[arg-type]  # pairs of two


def test_words_for_columns_are_guessed_and_told_and_others_left_where_the_user_says_so() -> None:
    reading = read(OWN, "interno=")
    assert reading.problems == []
    assert reading.guessed == [
        ("Pais", "country"), ("Oficina", "name"), ("Función", "function"), ("Teléfono", "phone"),
        ("Teléfono nocturno", "phone:night"), ("Correo", "email"),
    ]  # fmt: skip
    assert reading.left == ["Interno"]
    (row,) = reading.rows
    assert row.contact == "co-customs-aduana"
    assert row.cells["phone"] == "day:+576015550134; night:+576015550135"
    plan = plan_reading(reading, ())
    assert (plan.guessed, plan.left) == (tuple(reading.guessed), ("Interno",))
    assert plan_reading(read(OWN, "Interno="), after(plan, ())).empty


def test_what_the_user_says_goes_before_names_and_words() -> None:
    reading = read("contact,name_es,country\nco-x,Aduana,customs\n", "country=function", "NAME_ES=name_en")
    (row,) = reading.rows
    assert (row.cells["function"], row.cells["name_en"], row.cells["country"]) == ("customs", "Aduana", "CO")
    assert reading.guessed == []


def test_every_other_column_can_be_left_out_at_once() -> None:
    reading = read("contact,name_es,function,colour,\nco-x,A,customs,red,5\n", "*=")
    assert (reading.left, reading.problems) == (["colour", "column 5"], [])


def test_several_columns_that_hold_several_things_are_put_together() -> None:
    text = "contact,function,name_es,day,day 2,fax,idioma 1,idioma 2\nco-x,customs,A,+1 202 555 0134,+1 202 555 0135;" \
           " fax:+1 202 555 0136,,es,\n"  # fmt: skip
    reading = read(text, "day=phone", "day 2=phone:night", "idioma 1=languages", "idioma 2=languages")
    (row,) = reading.rows
    assert row.cells["phone"] == "day:+12025550134; night:+12025550135; fax:+12025550136"
    assert row.cells["languages"] == "es"
    twice = read("contact,city,town\nco-x,A,B\n")
    assert [str(each) for each in twice.problems] == ["line 1, city: the column is there twice; take one of them out"]


def test_what_lines_do_not_say_is_said_for_all() -> None:
    reading = read("name_es,city\nAduana,\nPuerto,Tumaco\n", country="Colombia", function="aduanas", city="Bogotá")
    assert [(row.contact, row.cells["city"]) for row in reading.rows] == [
        ("co-customs-aduana", "Bogotá"), ("co-customs-puerto", "Tumaco"),
    ]  # fmt: skip


def test_a_header_that_is_mapped_and_not_there_is_a_fault() -> None:
    reading = read("contact,name_es\nco-x,A\n", "Telefno=phone", "Otro=")
    assert [str(each) for each in reading.problems] == [
        "line 1: no column is called 'telefno', which is mapped to phone; write the header as it stands in the file",
        "line 1: no column is called 'otro', which is mapped to nothing; write the header as it stands in the file",
    ]


def test_a_mapping_from_a_file() -> None:
    told = read_map(
        '\ufeff[columns]\n"Teléfono  de Guardia" = "phone:night"\n"Interno" = ""\n"*" = ""\n'
        '[values]\ncountry = "Colombia"\n'.encode()
    )
    assert told == ColumnMap({"teléfono de guardia": "phone:night", "interno": "", "*": ""}, {"country": "CO"})
    over = column_map([("Interno", "notes_es")], [("country", "PE")])
    assert told.joined(over).columns["interno"] == "notes_es"
    assert told.joined(over).values == {"country": "PE"}
    assert read_map(b"") == ColumnMap()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\xff", "the mapping is not UTF-8"),
        (b"columns", "the mapping is no TOML"),
        (b"[columns]\na = 1\n", "[columns] holds other things than text"),
        (b"columns = 3\n", "[columns] holds other things than text"),
        (b'[colums]\na = "phone"\n', "the mapping has no table 'colums'"),
        (b'[columns]\na = "phon"\n', "'a' is mapped to 'phon', which is no column; did you mean phone?"),
        (b'[columns]\na = "xyzzy"\n', "which is no column; see docs/csv-import.md"),
        (b'[columns]\na = "phone:noon"\n', "as in phone:night: day, night, always, fax, switchboard"),
        (b'[columns]\na = "email:night"\n', "'a' is mapped to 'email:night'; after a colon"),
        (b'[columns]\na = "phone"\n" A " = "email"\n', "' A ' is mapped twice"),
        (b'[columns]\n"*" = "phone"\n', "* stands for all other columns, which can only be left out"),
        (b'[columns]\n" " = "phone"\n', "a header without a name"),
        (b'[values]\nphon = "x"\n', "no column is called 'phon'; did you mean phone?"),
        (b'[values]\nxyzzy = "x"\n', "no column is called 'xyzzy'"),
        (b'[values]\ncountry = "Atlantis"\n', "country: no country is called 'Atlantis'"),
        (b"a = " + b"[" * 5000, "the mapping is no TOML"),
    ],
    ids=lambda each: each[:40] if isinstance(each, str) else "",
)
def test_a_mapping_that_cannot_be_used_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(BadMap) as refused:
        read_map(raw)
    assert words in str(refused.value)


@given(st.binary(max_size=60) | st.text('[columnsvalues]="\n*: phone', max_size=60).map(str.encode))
def test_any_mapping_is_read_or_refused(raw: bytes) -> None:
    try:
        told = read_map(raw)
    except BadMap:
        pass
    else:
        problems: list[Problem] = []
        assert len(meant_by(["contact", "x"], told, problems).targets) == 2


@given(st.dictionaries(st.text("abcñ xyz", min_size=1, max_size=8).filter(str.strip), st.sampled_from(sorted(FIXED))))
def test_a_mapping_by_options_and_by_file_is_the_same(columns: dict[str, str]) -> None:
    if len({" ".join(each.split()).casefold() for each in columns}) < len(columns):
        return
    lines = "".join(f'"{header}" = "{target}"\n' for header, target in columns.items())
    assert read_map(f"[columns]\n{lines}".encode()) == column_map(columns.items())


def test_a_file_of_very_many_columns_is_refused_at_once() -> None:
    problems: list[Problem] = []
    found = meant_by([f"column {at}" for at in range(MOST_COLUMNS + 1)], ColumnMap(), problems)
    assert [str(each) for each in problems] == [
        "line 1: 1001 columns; at most 1000 are read; take out those that the directory has no place for"
    ]
    assert (found.faulty, len(found.targets)) == (True, MOST_COLUMNS + 1)


def test_words_name_columns_that_there_are_and_no_column_is_a_word_for_another() -> None:
    for word, target in WORDS.items():
        assert word == fold(word)
        assert column_map([("x", target)]).columns == {"x": target}
    assert not {fold(name) for name in FIXED} & {word for word, target in WORDS.items() if word != target}
