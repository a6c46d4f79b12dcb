"""A filled form on paper: tagged, the same bytes every time, in four languages, and no text in it is a command."""

import json
from importlib.resources import files
from typing import Any, get_args

import pytest
from forms_filled import MLA, NOW, VICTIM, filled
from pdf_streams import streams

from desk.forms.cover import Cover, Tlp
from desk.forms.filled import parse_filled
from desk.forms.missing import Gap
from desk.forms.sheet import form_sheet, form_sheet_data
from desk.forms.words import WORDS
from desk.handling.marks import Tlp as MessageTlp
from directory.four_languages import OFFICIAL

COVER = Cover(tlp="AMBER", case="CO-1", sender="co-mla", recipients=("ca-mla",), sent=NOW, message="0" * 32)
FORM = filled("mutual-legal-assistance", **MLA)


@pytest.mark.parametrize("language", OFFICIAL)
def test_a_sheet_is_a_tagged_pdf_that_says_its_language_and_is_the_same_every_time(language: str) -> None:
    pdf = form_sheet(FORM, language, COVER)
    assert pdf == form_sheet(FORM, language, COVER)
    whole = streams(pdf)
    for each in (b"/Marked true", b"/StructTreeRoot", b"<pdfuaid:part>1</pdfuaid:part>", b"/DisplayDocTitle true"):
        assert each in whole
    assert f"/Lang({'pt-BR' if language == 'pt' else language})/".encode() in whole
    assert b"/CreationDate" not in whole


def test_a_sheet_is_the_same_in_another_time_zone_and_tells_no_day_of_making(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf = form_sheet(FORM, "es", COVER)
    for zone in ("Asia/Tokyo", "America/Lima"):
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "5")
        assert form_sheet(FORM, "es", COVER) == pdf
    whole = streams(pdf)
    assert not any(each in whole for each in (b"CreateDate", b"ModifyDate", b"/ModDate", b"MetadataDate"))


def test_a_language_may_have_a_region_and_marks_are_those_of_messages() -> None:
    assert form_sheet_data(FORM, "pt-BR", COVER) == form_sheet_data(FORM, "pt", COVER)
    assert get_args(Tlp) == get_args(MessageTlp)


def test_what_stands_on_a_sheet() -> None:
    data = form_sheet_data(FORM, "fr", COVER)
    assert data["title"] == "Demande d’entraide judiciaire"
    assert data["mark"] == "TLP:AMBER"
    assert data["stamp"] == f"mutual-legal-assistance/1 · {'0' * 32}"
    assert [each["label"] for each in data["cover"]] == [
        "Conditions d’utilisation", "Affaire", "De", "À", "Envoyé", "Message", "Formulaire",
    ]  # fmt: skip
    assert [each["title"] for each in data["parts"]][:2] == ["Autorité requérante", "Procédure"]
    first = data["parts"][0]["rows"][0]
    assert [(each["language"], each["called"]) for each in first["versions"]] == [
        ("es", "espagnol, original"), ("en", "anglais, traduction"),
    ]  # fmt: skip
    assert data["told"] == []
    assert data["lists"] == []


def every_text(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for each in value.values() for text in every_text(each)]
        case list():
            return [text for each in value for text in every_text(each)]
    return []


def test_a_draft_and_what_is_not_proven_say_so_on_every_page_and_what_is_missing_is_listed() -> None:
    from desk.forms.catalogue import form_of
    from desk.forms.missing import missing

    form = form_of("victim-referral/1")
    assert form is not None
    draft = filled("victim-referral", **{name: each for name, each in VICTIM.items() if name != "safety"})
    gaps: tuple[Gap, ...] = missing(form, draft)
    data = form_sheet_data(draft, "pt", Cover(tlp="RED", draft=True, unproven=True, gaps=gaps))
    assert data["told"] == [WORDS["pt"]["draft"], WORDS["pt"]["unproven"]]
    assert data["lists"][0] == {
        "title": "Falta para enviar",
        "items": ["Falta: “Segurança imediata”. (regra do Enlace)"],
    }
    assert form_sheet(draft, "pt", Cover(tlp="RED", draft=True, gaps=gaps)).startswith(b"%PDF-1.7")


@pytest.mark.parametrize("language", OFFICIAL)
def test_an_exercise_says_so_first_and_on_every_page_before_and_behind_the_text(language: str) -> None:
    cover = Cover(exercise=True, draft=True, unproven=True)
    told = form_sheet_data(FORM, language, cover)["told"]
    assert told == [WORDS[language][name] for name in ("exercise", "draft", "unproven")]
    plain, marked = (streams(form_sheet(FORM, language, each)) for each in (Cover(), cover))
    pages = plain.count(b"/Type/Page/")
    assert pages == marked.count(b"/Type/Page/") > 1
    # What repeats from page to page is no part of what is read aloud: an artifact, one for each piece on each page.
    assert marked.count(b"/Artifact") - plain.count(b"/Artifact") >= pages
    page = files("desk.forms").joinpath("form.typ").read_text("utf-8").partition("#set page(")[2].partition("#show")[0]
    assert page.count("data.told") == 3  # in the header, and behind the text if there is anything


@pytest.mark.parametrize("tlp", ["RED", "AMBER+STRICT", "GREEN", "CLEAR"])
def test_every_mark_has_its_colour(tlp: Any) -> None:
    assert form_sheet(filled("general-message"), "es", Cover(tlp=tlp)).startswith(b"%PDF-1.7")


HOSTILE = (
    '#panic("x") *a* _b_ $c$ `d` <e> @f \\ "); #eval("1") //x\n= Title\n日本語 العربية 🙂 a\u0302\u0323 \u202e[[]]{}'
)


def test_no_text_is_a_command_and_every_character_has_a_form() -> None:
    line = HOSTILE.replace("\n", " ")
    form = filled(
        "operational-alert",
        subject={"es": "W" * 300},
        summary={"ar": HOSTILE},
        reference=line[:110].strip(),
        persons=[{"role": "recruiter", "person": {"name": line, "also": ["\ue000x"]}, "note": {"zh": HOSTILE}}],
        identifiers=[{"kind": "url", "value": "https://x.example/" + "w" * 380}],
    )
    pdf = form_sheet(form, "es", Cover(case=line, sender=line, recipients=(line,), message=line, due=((line, 0),)))
    assert pdf.startswith(b"%PDF")
    told = every_text(form_sheet_data(form, "es", Cover()))
    assert not any("\u202e" in each for each in told)
    assert any("[U+202E]" in each for each in told)


def test_a_text_that_says_it_is_arabic_is_set_as_it_was_written() -> None:
    def upright(tag: str) -> list[bytes]:
        """The runs of letters in the size and face of free text: glyphs and where they stand."""
        pdf = form_sheet(filled("general-message", text={tag: "#a (no)."}), "es", Cover())
        return [each for each in streams(pdf).splitlines() if b"/f1 10 Tf" in each]

    assert upright("ar") == upright("nl") != []


def test_a_newer_form_is_set_too() -> None:
    newer = parse_filled('{"form":"search-for-persons/3","language":"es","values":{"colours":["red",{"deep":[7]}]}}')
    data = form_sheet_data(newer, "en", COVER)
    assert data["update"][0].startswith("UPDATE NEEDED")
    assert form_sheet(newer, "en", COVER).startswith(b"%PDF")


def test_the_source_takes_nothing_but_the_input() -> None:
    source = files("desk.forms").joinpath("form.typ").read_text("utf-8")
    assert source.count("sys.inputs") == 1
    assert "eval(" not in source
    assert "#import" not in source
    assert json.dumps(form_sheet_data(FORM, "es", COVER))
