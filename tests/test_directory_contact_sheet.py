"""Contact sheets: tagged, the same bytes every time, in four languages, and no entry's text is a command."""

import json
import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from directory_contacts import FULL, MLA, entry_of
from directory_entries import a_body, an_entry
from pdf_streams import streams

from directory.bodies import Hours
from directory.entry import Entry
from directory.exchange.contact_sheet import NoTypesetting, State, set_sheet, sheet_data, sheets_of
from directory.exchange.sheet_words import WORDS, hours_in, language_in
from directory.four_languages import OFFICIAL

STATE = State("enlace.example", 123, 1_790_000_000)
ENTRIES = (entry_of(MLA), entry_of(FULL))


def sheet(entries: Iterable[Entry], country: str, language: str, state: State) -> bytes:
    (one,) = sheets_of(entries, country, language)
    return set_sheet(one, state)


def shown(entries: Iterable[Entry], language: str) -> dict[str, Any]:
    (one,) = sheets_of(entries, "CO", language)
    return sheet_data(one, STATE)


def rows(entry: Entry, language: str) -> dict[str, str]:
    """What stands on a sheet of one entry, by label; lines of one label together."""
    found: dict[str, str] = {}
    for each in shown([entry], language)["entries"][0]["rows"]:
        found[each["label"]] = " | ".join(filter(None, (found.get(each["label"]), each["text"])))
    return found


@pytest.mark.parametrize("language", OFFICIAL)
def test_a_sheet_is_a_tagged_pdf_that_says_its_language_and_is_the_same_every_time(language: str) -> None:
    pdf = sheet(ENTRIES, "CO", language, STATE)
    assert pdf == sheet(reversed(ENTRIES), "CO", language, STATE)
    whole = streams(pdf)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"/Marked true" in whole
    assert b"/StructTreeRoot" in whole
    assert f"/Lang({language})/".encode() in whole
    assert b"<pdfuaid:part>1</pdfuaid:part>" in whole
    assert b"/DisplayDocTitle true" in whole
    assert b"tel:+12025550120)" in whole
    assert b"mailto:guardia@trata.co.example)" in whole
    assert b"/CreationDate" not in whole
    assert pdf != sheet(ENTRIES, "CO", language, State("enlace.example", 124, 1_790_000_000))


def test_what_stands_on_a_sheet() -> None:
    data = shown(ENTRIES, "es")
    assert data["title"] == "Puntos de contacto – Colombia"
    assert data["state"] == "Estado del directorio: posición 123, confirmado por su registro el 2026-09-21 14:13 UTC."
    assert [each["id"] for each in data["entries"]] == ["co-desk", "co-mla"]  # the desk of the night comes first
    assert rows(entry_of(FULL), "es") == {
        "Función": "Trata de personas, guardia 24/7",
        "Fiabilidad": "confirmado el 2026-09-20",
        "SOLO PARA LOS CÍRCULOS": "inner",
        "Teléfono, día y noche": "+1 202-555-0120",
        "Fax": "+1 202-555-0121",
        "Correo electrónico": "guardia@trata.co.example",
        "Idiomas": "español, inglés",
        "Horario, hora local": "lun 08:00-18:00 (America/Bogota)",
        "Cerrado el": "2026-12-25",
        "Compromiso": "Primera respuesta en 30 minutos",
        "Si nadie contesta": "co-mla",
        "Las solicitudes": "español, in writing, Enlace, doble incriminación",
        "Dirección": "Calle 1; n.º 2, Bogotá",
        "Sitio web": "https://trata.co.example",
        "También llamado": "FGN; Mesa, la",
        "Notas": "Pregunte\npor la oficina.",
        "Fuente": "OAS document, 2011",
    }


def test_the_name_and_notes_tell_the_language_they_are_in() -> None:
    (one,) = shown([entry_of(FULL)], "fr")["entries"]
    assert (one["name"], one["language"]) == ("Mesa de guardia", "es")
    assert [each["language"] for each in one["rows"] if each["label"] == "Notes"] == ["es"]
    (one,) = shown([entry_of(FULL)], "en")["entries"]
    assert (one["name"], one["language"]) == ("Duty desk", "en")


def test_how_far_to_rely_on_an_entry_stands_on_it_and_one_without_details_says_so() -> None:
    listed = an_entry("co-x", "customs", standing="provisional", grade="doubtful")
    assert rows(listed, "en")["How far to rely on it"] == "DOUBTFUL: compiled, not confirmed; listed on 2026-09-20"
    bare = Entry(listed.contact, None, "withheld", "suspended", "stale", listed.since, "enlace")
    assert rows(bare, "fr")[""] == "Ses coordonnées ne sont pas disponibles ici."
    assert len(sheet([bare], "CO", "fr", STATE)) > 1000


@pytest.mark.parametrize(
    "text",
    ['#panic("x")', "*a* _b_ $c$ `d` <e> @f \\ #g", '"); #eval("1")', "//x", "= Title", "日本語", "العربية 🙂",
     "a\u0302\u0323", "\u200b", "\ue000", "x\ny", "[[]]{}"],
)  # fmt: skip
def test_no_text_of_an_entry_is_a_command_and_every_character_has_a_form(text: str) -> None:
    body = a_body(text, notes={"es": text}, address=text, also=(text,), website="https://x.example/#a")
    pdf = sheet([an_entry("co-x", "customs", body)], "CO", "es", STATE)
    assert pdf.startswith(b"%PDF")


def test_what_no_font_has_is_shown_by_its_code_point(monkeypatch: pytest.MonkeyPatch) -> None:
    import typst

    given: list[str] = []
    compiled = typst.compile

    def watched(*args: object, **options: object) -> object:
        given.extend([json.dumps(options["sys_inputs"])] if options["sys_inputs"] else [])
        return compiled(*args, **options)  # type: ignore[call-overload]  # handed on as it came

    monkeypatch.setattr(typst, "compile", watched)
    sheet([an_entry("co-x", "customs", a_body("日 Aduana"))], "CO", "es", STATE)
    assert len(given) == 2
    assert "[U+65E5] Aduana" in given[1]


def test_a_word_that_is_longer_than_the_paper_is_wide_goes_on_in_the_next_line() -> None:
    long = an_entry("co-x", "customs", a_body("W" * 400, emails=(f"{'w' * 60}@{'w' * 60}.example",)))
    set_ = streams(sheet([long], "CO", "es", STATE))
    assert set_.count(b" 12 Tf") > 8  # runs of letters in the size of names: a line has one
    assert b"mailto:" + b"w" * 60 + b"@" in set_


def test_without_the_typesetter_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(NoTypesetting, match=r"python -m pip install 'enlace\[sheets\]'"):
        sheet(ENTRIES, "CO", "es", STATE)


def test_a_large_country_has_several_sheets_and_names_reach_across(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("directory.exchange.contact_sheet.MOST_ENTRIES", 60)
    many = [an_entry(f"co-{at:03}", "customs", a_body(f"Aduana {at}"), escalation=("co-119",)) for at in range(120)]
    made = sheets_of([*many, entry_of(MLA)], "CO", "pt")
    assert [each.name for each in made] == ["co-pt-1", "co-pt-2", "co-pt-3"]
    assert [entry.id for each in made for entry in each.entries][::60] == ["co-mla", "co-059", "co-119"]
    first = sheet_data(made[0], STATE)
    assert first["title"].endswith(" – Colômbia (1/3)")
    assert "Aduana 119 [co-119]" in [row["text"] for row in first["entries"][1]["rows"]]
    assert set_sheet(made[0], STATE).count(b"/Type/Page/") > 3


def test_the_typesetter_keeps_nothing_of_one_sheet_until_the_next() -> None:
    """By itself it keeps what it made, a megabyte for six entries, until it made ten others."""
    status = Path("/proc/self/statm")
    if not status.exists():
        pytest.skip("how much memory a process takes is not known here")
    many = [an_entry(f"co-{at:03}", "customs", a_body(f"Aduana {at}")) for at in range(60)]
    taken = []
    for at in range(6):
        sheet(many, "CO", "pt", State("enlace.example", at, 1_790_000_000))
        taken.append(int(status.read_text().split()[1]) * 4096)
    assert taken[-1] - taken[1] < 8 << 20


def test_words_are_there_in_every_language() -> None:
    assert {language: set(words) for language, words in WORDS.items()} == {each: set(WORDS["en"]) for each in OFFICIAL}
    assert all(text for words in WORDS.values() for text in words.values())
    assert [hours_in(Hours(always=True), each) for each in OFFICIAL] == [
        "día y noche", "day and night", "dia e noite", "jour et nuit",
    ]  # fmt: skip
    assert language_in("pt-BR", "fr") == "portugais"
    assert language_in("srn", "fr") == "srn"


def test_the_source_takes_nothing_but_the_input() -> None:
    source = files("directory.exchange").joinpath("contact_sheet.typ").read_text("utf-8")
    assert source.count("sys.inputs") == 1
    assert "eval(" not in source
    assert "#import" not in source
