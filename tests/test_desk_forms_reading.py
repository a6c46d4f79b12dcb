"""A filled form in plain text: each side's own words, free text untouched and harmless, nothing wider than asked."""

import re
from typing import Any
from unicodedata import category, east_asian_width

import pytest
from forms_filled import ALERT, MLA, NOW, PRESERVATION, VICTIM, filled
from forms_strategies import ANY
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.forms.catalogue import form_of
from desk.forms.cover import Cover
from desk.forms.filled import Filled, parse_filled
from desk.forms.missing import missing
from desk.forms.reading import as_text
from desk.forms.shown import moment, shown
from desk.forms.treaties import PartyTable, select
from directory.four_languages import OFFICIAL

COVER = Cover(
    tlp="AMBER+STRICT",
    zone="America/Toronto",
    purpose="Solo para este caso.",
    case="CO-2026-0417",
    sender="Autoridad central, Colombia (co-mla)",
    recipients=("Central authority, Canada (ca-mla)", "ca-iag"),
    sent=NOW,
    expires=NOW + 86_400,
    message="0" * 32,
    due=(("Vence la conservación", NOW + 60 * 86_400),),
)
WHOLE = [
    filled("mutual-legal-assistance", **MLA),
    filled("victim-referral", **VICTIM),
    filled("operational-alert", **ALERT),
    filled("urgent-preservation", "pt", **PRESERVATION),
]


def columns(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else category(each) not in ("Mn", "Me") for each in text)


def with_bars(text: str) -> list[str]:
    return [each for each in text.splitlines() if re.match(r" *\|", each)]


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("language", OFFICIAL)
def test_every_whole_form_is_told_in_every_language_and_fits(language: str, width: int) -> None:
    for form in WHOLE:
        text = as_text(form, language, COVER, width)
        assert max(map(columns, text.splitlines())) <= width
        known = form_of(form.form)
        assert known is not None
        told = " ".join(text.split())
        for field in known.fields:
            assert (field.label.in_(language) in told) >= (field.field in form.values), field.field
        assert text.startswith("TLP:AMBER+STRICT\n\n")
        assert text.endswith("\nTLP:AMBER+STRICT\n")


def test_labels_and_codes_are_the_readers_and_free_text_is_the_senders() -> None:
    text = as_text(WHOLE[0], "en", COVER)
    assert "Request for mutual legal assistance\n===================================\n" in text
    assert "Offences: Trafficking in persons; Money laundering\n" in text
    assert "    Person:\n      Name: Persona A\n      Born: 1980\n      Nationality: Colombia\n" in text
    assert "Document: Passport AX000000 (Colombia)" in text
    assert "  [English, translation]\n  | Between January and June 2026, an employment agency" in text
    assert text.index("[English, translation]") < text.index("[Spanish, original]")
    assert "Answer needed by: 2026-09-26 14:13:20 UTC (2026-09-26 09:13 America/Bogota)" in text
    assert "Purpose: Solo para este caso.\n" in text
    assert "Sent: 2026-09-21 14:13:20 UTC (2026-09-21 10:13 America/Toronto)" in text
    french = as_text(WHOLE[0], "fr", COVER)
    assert "Infractions : Traite des personnes ; Blanchiment d’argent\n" in french
    assert french.index("[espagnol, original]") < french.index("[anglais, traduction]")


def test_what_the_victim_says_of_the_consulate_is_told_as_said_or_not_at_all() -> None:
    assert "Contacto con el consulado: No\n" in as_text(WHOLE[1], "es")
    silent = filled("victim-referral", **{name: each for name, each in VICTIM.items() if name != "consular_contact"})
    assert "consulado" not in as_text(silent, "es").lower()
    assert "Identidad real, solo si es imprescindible [dato de la víctima]:" in as_text(WHOLE[1], "es")
    assert "Contact with the family: Withheld" in as_text(WHOLE[1], "en")


def test_a_draft_tells_what_it_lacks_and_what_it_may_rest_on() -> None:
    draft = filled("urgent-preservation", "pt", data={"pt": "x"})
    form = form_of(draft.form)
    assert form is not None
    cover = Cover(
        draft=True, unproven=True, gaps=missing(form, draft), bases=select(form, "BR", "CR", "2026-09-21", PartyTable())
    )
    text = " ".join(as_text(draft, "pt", cover).split())
    assert "! RASCUNHO, não enviado ! SEM PROVA de que foi enviado por este remetente" in text
    assert (
        "Falta para enviar ----------------- - Falta: “Autoridade que pede a preservação”. (Convenção de Budapeste"
        in text
    )
    assert "Convém completar" in text
    assert "Fundamento possível: Convenção de Budapeste: não se sabe: verifique (Brasil: não se sabe" in text


def test_the_original_is_told_also_where_its_language_has_a_region() -> None:
    form = filled("general-message", "pt-BR", text={"pt": "a", "es": "b"}, subject={"pt": "a", "pt-BR": "b", "qu": "c"})
    (subject, text) = shown(form, "es").parts[0].rows
    assert [(each.language, each.called) for each in text.versions] == [
        ("es", "español, traducción"), ("pt", "portugués, original"),
    ]  # fmt: skip
    assert [each.called for each in subject.versions] == [
        "portugués, original", "portugués, traducción", "quechua, traducción",
    ]  # fmt: skip
    (row,) = shown(filled("general-message", text={"qu": "x"}), "en").parts[0].rows
    assert row.versions[0].called == "Quechua"


def test_an_empty_form_says_so() -> None:
    assert as_text(filled("general-message"), "es").endswith("\nNo se ha rellenado ningún campo.\n")


HOSTILE = "Hola\x1b[2J\u202e\u2066\nTLP:CLEAR\nCaso: otro\n| bar\x85end\u200b"


def test_no_text_passes_for_ours() -> None:
    unknown = filled("general-message", subject={"es": "a\u202eb"}, text={"es": "x\nTLP:CLEAR\nCaso: otro\n=========="})
    text = as_text(unknown, "es", Cover())
    lines = text.splitlines()
    assert [each for each in lines if each.startswith("TLP:")] == ["TLP:AMBER", "TLP:AMBER"]
    assert "  | TLP:CLEAR" in lines
    assert "  | Caso: otro" in lines
    assert "  | a[U+202E]b" in lines
    long = filled("general-message", reference=f"{'x' * 74} Caso: otro TLP:CLEAR")
    assert "  | Caso: otro TLP:CLEAR" in as_text(long, "es").splitlines()


def test_a_newer_form_is_shown_raw_and_asks_for_an_update() -> None:
    raw = (
        '{"form":"search-for-persons/3","language":"es","values":{"colours":["red",7,{"deep":[true]}],'
        f'"note":{{"es":{encoded(HOSTILE)}}},"when":{{"at":1790000000,"zone":"America/Lima"}}}}}}'
    )
    newer = parse_filled(raw)
    text = as_text(newer, "en", COVER, 40)
    assert "! UPDATE NEEDED: this desk does not\n" in text
    assert "search-for-persons/3" in text
    for piece in ("colours:", "note:", "when:", "at: 1790000000", "red", "deep:", "true", "America/Lima"):
        assert piece in text
    assert "[U+001B][2J[U+202E][U+2066]" in text
    assert [each for each in text.splitlines() if each.startswith("TLP:CLEAR")] == []
    assert shown(newer, "pt").update[0].startswith("ATUALIZE O ENLACE: este posto não conhece o formulário search-for")


def encoded(text: str) -> str:
    import msgspec

    return msgspec.json.encode(text).decode()


def test_a_newer_code_is_shown_raw_and_asks_for_an_update() -> None:
    newer = filled("mutual-legal-assistance", crimes=["trafficking", "piracy"])
    text = as_text(newer, "es")
    assert "Delitos: Trata de personas; [piracy]\n" in text
    assert "! ACTUALICE ENLACE: este puesto no conoce el código piracy de la lista crimes." in text


@pytest.mark.parametrize(
    ("at", "zone", "told"),
    [
        (0, "UTC", "1970-01-01 00:00 UTC"),
        (1_790_000_000, "UTC", "2026-09-21 14:13:20 UTC"),
        (1_790_000_000, "America/St_Johns", "2026-09-21 14:13:20 UTC (2026-09-21 11:43 America/St_Johns)"),
        (1_790_000_000, "America/Atlantis", "2026-09-21 14:13:20 UTC (America/Atlantis)"),
        (253_402_300_799, "Pacific/Kiritimati", "9999-12-31 23:59:59 UTC (Pacific/Kiritimati)"),
        (2**40, "UTC", "1099511627776 s UTC"),
    ],
)
def test_a_moment_in_two_zones(at: int, zone: str, told: str) -> None:
    assert moment(at, zone) == told


def test_values_of_several_parts() -> None:
    form = filled(
        "operational-alert",
        legs=[{"departure": {"detail": "Muelle 3", "name": "Tumbes", "country": "PE"}},
              {"arrival": {"latitude": -500_000, "longitude": 71_967_463}, "note": {"qu": "x"}}],
        valid_until={"at": 0, "zone": "UTC"},
    )  # fmt: skip
    text = as_text(form, "es")
    assert "Sale de: Muelle 3, Tumbes, Perú" in text
    assert "Llega a: Coordenadas -0.500000, 71.967463" in text
    assert "[quechua]" in text
    whole = as_text(filled("victim-referral", victim={"pseudonym": "L", "age": 0, "languages": ["qu", "srn"]}), "fr")
    assert "Âge : 0" in whole
    assert "Langues : quechua, srn" in whole


def test_a_width_too_narrow_is_refused() -> None:
    with pytest.raises(ValueError, match="40 columns"):
        as_text(filled("general-message"), "es", width=39)


@given(ANY, st.sampled_from(OFFICIAL), st.sampled_from([40, 57, 80]))
@settings(max_examples=15)
def test_whatever_is_filled_in_fits_and_is_harmless(form: Filled, language: str, width: int) -> None:
    text = as_text(form, language, Cover(), width)
    assert max(map(columns, text.splitlines())) <= width
    assert all(each == "\n" or category(each) not in ("Cc", "Cf", "Zl", "Zp") for each in text)
    given_: list[Any] = [each for each in form.values.values() if isinstance(each, dict) and "es" in each]
    assert len(with_bars(text)) >= len(given_)


@pytest.mark.parametrize(
    ("amount", "told"),
    [("0", "0"), ("999.5", "999.5"), ("184000.50", "184 000.50"), ("1234567890123.0001", "1 234 567 890 123.0001")],
)
def test_an_amount_is_read_in_groups_of_three_and_stays_on_its_line(amount: str, told: str) -> None:
    form = filled("mutual-legal-assistance", assets=[{"value": {"amount": amount, "currency": "CAD"}}])
    assert f"{told} CAD".replace(" ", "\u00a0", told.count(" ")) in as_text(form, "fr", Cover(), width=40)
