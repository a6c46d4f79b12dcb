"""Cells of a contact file: what people write is read, what cannot be kept is refused, and it is written one way."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.bodies import Hours, Span
from directory.exchange.csv_cells import escaped, tidy, unescaped
from directory.exchange.csv_columns import COLUMNS, column, column_name, in_order, nearest_column, of_language
from directory.exchange.csv_problem import CellError
from directory.exchange.hours_text import read_hours, show_hours
from directory.functions import FUNCTIONS

OFFICER = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("name", "cell", "canonical"),
    [
        ("contact", " co-desk ", "co-desk"),
        ("country", "Colômbia", "CO"),
        ("country", "co", "CO"),
        ("country", "XK", "XK"),
        ("function", "Trata de personas", "trafficking-24-7"),
        ("function", "DOUANES", "customs"),
        ("function", "code:port-security", "code:port-security"),
        ("function", "code: customs", "customs"),
        ("phone", "+1 (202) 555-0134", "day:+12025550134"),
        ("phone", "+1.202.555.0134;night:+1 202 555–0135", "day:+12025550134; night:+12025550135"),
        ("phone", "noche: +1 202 555 0134\n24/7:+12025550134", "night:+12025550134; always:+12025550134"),
        ("phone", "+12025550134; day:+1 202 555 0134 ;", "day:+12025550134"),
        ("email", "b@x.example, a@x.example; b@x.example", "b@x.example; a@x.example"),
        ("languages", "ES, pt_br en", "es; pt-BR; en"),
        ("languages", "español, Inglés; fr", "es; en; fr"),
        ("languages", "Haitian Creole; criollo haitiano | kreyòl ayisyen", "ht"),
        ("languages", "es/en\nQuechua aimara", "es; en; qu; ay"),
        ("also", " FGN ; Fiscalía;FGN; ", "FGN; Fiscalía"),
        ("zone", "America/Bogota", "America/Bogota"),
        ("holidays", "2027-01-01, 2026-12-25", "2026-12-25; 2027-01-01"),
        ("respond", "030", "30"),
        ("respond", "0", ""),
        ("website", "https://x.example/a?b=1", "https://x.example/a?b=1"),
        ("dual_criminality", "Sí", "yes"),
        ("dual_criminality", "não", ""),
        ("officers", f"{OFFICER} {'0' * 32}", f"{'0' * 32}; {OFFICER}"),
        ("escalation", "co-b, co-a, co-b", "co-b; co-a"),
        ("circles", "inner; all", "all; inner"),
        ("name_es", "  Bogota\N{COMBINING ACUTE ACCENT}\tD.C. ", "Bogotá D.C."),
        ("name_es", "'=1+1", "=1+1"),
        ("name_es", "'guardia'", "'guardia'"),
        ("notes_es", "una\ndos", "una\ndos"),
    ],
)
def test_what_people_write_is_read_and_written_one_way(name: str, cell: str, canonical: str) -> None:
    assert column(name).canonical(cell) == canonical
    assert column(name).canonical(escaped(canonical)) == canonical


@pytest.mark.parametrize(
    ("name", "cell", "what", "do"),
    [
        ("contact", "Desk of Colombia", "no contact id", "co-desk"),
        ("contact", "co", "no contact id", "co-desk"),
        ("country", "Columbia", "no country is called 'Columbia'", "did you mean CO"),
        ("country", "Atlantis-upon-Sea", "no country is called", "two-letter code"),
        ("function", "consullar", "no function is called", "did you mean consular"),
        ("function", "xyzzy", "no function is called", "docs/csv-import.md"),
        ("function", "code:Port Security", "no function code", "small letters"),
        ("phone", "555 0134", "no full international number", "+ and the country code"),
        ("phone", "+1 202", "no full international number", "+ and the country code"),
        ("phone", "+1234567890123456", "no full international number", "+ and the country code"),
        ("phone", "+02025550134", "no full international number", "+ and the country code"),
        ("phone", "0012025550134", "begins with 00", "write + instead"),
        ("phone", "+44 (0)20 7946 0000", "not dialled from abroad", "leave the (0) out"),
        ("phone", "1.20256E+10", "a sum by a spreadsheet", "make the column text"),
        ("phone", "+1 202 555 0134 ext 5", "has letters", "extension into the notes"),
        ("phone", "+1 202 555 0134/35", "looks like several numbers", "and ; between two"),
        ("phone", "+1 202 555 0134 +1 202 555 0135", "looks like several numbers", "and ; between two"),
        ("phone", "911", "'911' is a short number", "one that can be dialled from there"),
        ("phone", "*123#", "'*123#' is a short number", "one that can be dialled from there"),
        ("phone", "mobile:+12025550134", "'mobile' says nothing known", "day, night, always"),
        ("email", "desk at x.example", "no e-mail address", "desk@ministry.example"),
        ("email", "mailto:", "no e-mail address", "desk@ministry.example"),
        ("email", "desk@españa.example", "has letters beyond a to z", "'desk@xn--espaa-rta.example'"),
        ("email", "desk@ñ..example", "has letters beyond a to z", "begins with xn--"),
        ("languages", "Spanish and English", "'Spanish and English' is no name of a language", "put ; between"),
        ("languages", "espagnol et anglais", "no name of a language", "put ; between two languages"),
        ("languages", "es et en", "no name of a language", "put ; between two languages"),
        ("languages", "klingon", "no language code", "write es, en, pt, fr"),
        ("also", "x" * 401, "401 characters", "shorten it"),
        ("zone", "Bogotá", "no IANA time zone", "write America/Bogota"),
        ("zone", "GMT-5", "no IANA time zone", "one such as America/Bogota"),
        ("zone", "../../etc/localtime", "no IANA time zone", "one such as"),
        ("holidays", "25/12/2026", "no date", "2026-12-25"),
        ("holidays", "2026-02-31", "no date", "2026-12-25"),
        ("respond", "half an hour", "no number of minutes", "digits only"),
        ("respond", "1_000", "no number of minutes", "digits only"),
        ("respond", "525601", "more than a year", "leave it empty"),
        ("respond", "200000000000000", "more than a year", "leave it empty"),
        ("respond", "١٢", "no number of minutes", "digits only"),
        ("website", "www.x.example", "no web address", "https://"),
        ("website", "javascript:alert(1)", "no web address", "https://"),
        ("dual_criminality", "maybe", "neither yes nor no", "yes or no"),
        ("officers", "Ana", "no officer id", "32 characters"),
        ("escalation", "co-a; the ministry", "no contact id", "co-desk"),
        ("circles", "Inner Circle", "no circle id", "small letters"),
        ("name_es", "=HYPERLINK(1)", "begins like a formula", "apostrophe"),
        ("name_es", "@SUM(1)", "begins like a formula", "apostrophe"),
        ("name_es", "  -1+1", "begins like a formula", "apostrophe"),
        ("name_es", "\t+1", "begins like a formula", "apostrophe"),
        ("name_es", "\N{FULLWIDTH EQUALS SIGN}1", "begins like a formula", "apostrophe"),
        ("email", "+a@x.example", "begins like a formula", "apostrophe"),
        ("name_es", "a\N{RIGHT-TO-LEFT OVERRIDE}b", "an invisible character (U+202E)", "type the cell anew"),
        ("name_es", "a\x07b", "an invisible character (U+0007)", "type the cell anew"),
        ("name_es", "Fis\N{SOFT HYPHEN}calía", "(U+00AD) in 'Fis\\xadcalía'", "copied from a PDF"),
        ("notes_en", "a\n\N{COMBINING GRAPHEME JOINER}b", "(U+034F) in 'a\\n[U+034F]b'", "type the cell anew"),
        ("name_es", "x" * 401, "401 characters; at most 400", "shorten"),
        ("city", "x" * 121, "121 characters; at most 120", "shorten"),
        ("notes_en", "x" * 4001, "4001 characters; at most 4000", "shorten"),
        ("hours", "office hours", "'office' is no day of the week", "Mon-Fri 08:00-18:00"),
        ("hours", "8:00-18:00", "stands without a day", "Mon-Fri"),
        ("hours", "Mon-Fri", "Fri has no times", "Mon-Fri"),
        ("hours", "Mon-Fri; Sat 09:00-13:00", "Fri has no times", "Mon-Fri"),
        ("hours", "Mon 8-18", "'8-18' is neither days nor times", "Mon-Fri"),
        ("hours", "Mon 08:00-25:00", "25:00 is no time of day", "00:00 to 24:00"),
        ("hours", "Mon 08:00-09:60", "09:60 is no time of day", "00:00 to 24:00"),
        ("hours", "Mon-Sun 01:00-02:00 03:00-04:00 05:00-06:00 07:00-08:00 09:00-10:00", "35 spans", "leave some"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(name: str, cell: str, what: str, do: str) -> None:
    with pytest.raises(CellError) as refused:
        column(name).canonical(cell)
    assert what in refused.value.what
    assert do in refused.value.do


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("24/7", "24/7"),
        ("Siempre", "24/7"),
        ("24 h", "24/7"),
        ("Mon-Fri 08:00-18:00; Sat 09:00-13:00", "Mon-Fri 08:00-18:00; Sat 09:00-13:00"),
        ("lun-vie 8:00-12:00, 14:00-18:00; sáb. 9h00–13h00", "Mon-Fri 08:00-12:00 14:00-18:00; Sat 09:00-13:00"),
        ("segunda-feira a sexta-feira 9.00-17.00", "Mon-Fri 09:00-17:00"),
        ("lundi au vendredi 09:00-17:00", "Mon-Fri 09:00-17:00"),
        ("Monday to Friday 09:00-17:00", "Mon-Fri 09:00-17:00"),
        ("Mon,Wed,Fri 09:00-17:00", "Mon 09:00-17:00; Wed 09:00-17:00; Fri 09:00-17:00"),
        ("Sat-Mon 22:00-06:00", "Mon 22:00-06:00; Sat-Sun 22:00-06:00"),
        ("Mon-Fri 08:00-18:00 Sat 09:00-13:00;", "Mon-Fri 08:00-18:00; Sat 09:00-13:00"),
        ("Sun 00:00-24:00; Mon 09:00-10:00; Mon 09:00-10:00", "Mon 09:00-10:00; Sun 00:00-24:00"),
        ("", ""),
    ],
)
def test_hours_in_the_ways_people_write_them(cell: str, shown: str) -> None:
    assert show_hours(read_hours(cell)) == shown
    assert show_hours(read_hours(shown)) == shown


spans = st.builds(Span, day=st.integers(1, 7), opens=st.integers(0, 1440), closes=st.integers(0, 1440))


@given(st.sets(spans, max_size=28))
def test_hours_read_back_as_they_were(chosen: set[Span]) -> None:
    hours = Hours(spans=tuple(sorted(chosen, key=lambda each: (each.day, each.opens, each.closes))))
    assert read_hours(show_hours(hours)) == hours


@given(st.text(max_size=40) | st.text("MonFri 0123456789:-;,", max_size=40))
def test_any_hours_are_read_or_refused(cell: str) -> None:
    try:
        hours = read_hours(cell)
    except CellError:
        return
    assert read_hours(show_hours(hours)) == hours


@given(st.text(max_size=30) | st.text("'=+-@\t a\N{FULLWIDTH PLUS SIGN}", max_size=8))
def test_tidy_text_goes_out_and_comes_in_and_is_no_formula(text: str) -> None:
    kept = tidy(text)
    assert tidy(kept) == kept
    out = escaped(kept)
    assert not out.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unescaped(out, "name_es") == kept


@given(st.sampled_from([each.name for each in COLUMNS]), st.text(max_size=30))
def test_a_cell_of_any_column_is_read_or_refused_and_then_stays_the_same(name: str, cell: str) -> None:
    try:
        canonical = column(name).canonical(cell)
    except CellError:
        return
    if canonical:
        assert column(name).canonical(escaped(canonical)) == canonical


@pytest.mark.parametrize("code", [each.code for each in FUNCTIONS])
def test_every_function_is_read_by_its_code(code: str) -> None:
    assert column("function").canonical(code) == code


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Name ES", "name_es"),
        (" contact ", "contact"),
        ("name_pt-br", "name_pt-BR"),
        ("notes_nl", "notes_nl"),
        ("name_language", "name_language"),
        ("request languages", "request_languages"),
        ("fone", None),
        ("name_xxxx", None),
    ],
)
def test_column_names_are_read_leniently(header: str, name: str | None) -> None:
    assert column_name(header) == name


def test_columns_have_an_order_and_near_misses_are_named() -> None:
    assert in_order({"circles", "notes_nl", "name_nl", "phone", "name_fr", "contact", "name_gn"}) == [
        "contact", "name_fr", "name_gn", "name_nl", "phone", "notes_nl", "circles",
    ]  # fmt: skip
    assert nearest_column("Phones") == "phone"
    assert nearest_column("xyzzy") is None
    assert [of_language(each, "name") for each in ("name_pt-BR", "name_language", "name", "notes_es")] == [
        "pt-BR", None, None, None,
    ]  # fmt: skip


def test_a_message_shows_no_raw_control_characters_and_is_short() -> None:
    with pytest.raises(CellError) as refused:
        column("country").canonical("x" * 500)
    problem: Any = refused.value
    assert len(str(problem)) < 200


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a;=cmd|'/c calc'!A0;b", "a;'=cmd|'/c calc'!A0;b"),
        ("a\n@x", "a\n'@x"),
        ("a;  '+1", "a;  ''+1"),
        ("=1;=2", "'=1;'=2"),
        ("a, -18; b", "a, -18; b"),
        ('a;"=1&"', 'a;"\'=1&"'),
        ('a; ""\'=1', "a; \"\"''=1"),
    ],
)
def test_nothing_inside_a_cell_is_a_formula_where_cells_are_parted_otherwise(text: str, cell: str) -> None:
    assert (escaped(text), unescaped(cell, "notes_es")) == (cell, text)


@given(st.text(";=+-@'\" \na", max_size=30).map(str.strip))
def test_what_is_escaped_is_read_as_it_was(text: str) -> None:
    assert unescaped(escaped(text), "notes_es") == text
    assert not re.search('(^ *|[;\n][ "]*)[=+@-]', escaped(text))
