"""The dialogue: what is typed line by line, what is stored, and what an officer is told."""

from collections.abc import Iterator
from typing import Any

import pytest
from forms_filled import MLA, filled

from desk.drafting.ask_words import WORDS
from desk.drafting.asking import Dialogue
from desk.drafting.typed import Typist, fitting
from desk.errors import Locked, Usage
from desk.forms.catalogue import form_of, forms
from desk.forms.filled import Filled
from desk.forms.missing import missing
from directory.bodies import Requirements
from directory.four_languages import OFFICIAL

MLA_NAME = "mutual-legal-assistance"


class Typing:
    """An officer at a terminal: what they type, what they see, what is stored."""

    def __init__(self, *lines: str, name: str = MLA_NAME, language: str = "en", needs: tuple[str, ...] = ()) -> None:
        self.lines, self.name, self.language, self.needs = iter(lines), name, language, needs
        self.seen = list[str]()
        self.stored = list[Filled]()
        self.edits: Any = None
        self.refuses: Iterator[bool] = iter(())

    def read(self, prompt: str) -> str:
        for typed in self.lines:
            self.seen.append(prompt + typed)
            return typed
        raise EOFError

    def store(self, filled_: Filled) -> None:
        if next(self.refuses, False):
            raise Locked("another Enlace process is using it")
        self.stored.append(filled_)

    def edit(self, text: str) -> str:
        if isinstance(self.edits, str):
            return self.edits
        raise Usage("there is no editor here")

    def run(self, *only: str, editor: bool = False, **values: Any) -> dict[str, Any]:
        form = form_of(f"{self.name}/1")
        assert form is not None
        needs = Requirements(languages=self.needs)
        dialogue = Dialogue(
            form, filled(self.name, **values), Typist(self.language, "es", "America/Bogota"), read=self.read,
            tell=self.seen.append, store=self.store, edit=self.edit, wanted=self.needs, editor_first=editor,
            gaps=lambda one: missing(form, one, needs),
        )  # fmt: skip
        dialogue.run(only)
        left = list(self.lines)
        assert left == [], f"not asked for: {left}"
        return dict(dialogue.answers.filled.values)

    @property
    def text(self) -> str:
        return "\n".join(self.seen)


def test_a_short_form_from_beginning_to_end() -> None:
    officer = Typing("Una consulta", ".", "¿Quién?", "", "Gracias.", ".", "", "", "", "", name="general-message")
    assert officer.run() == {"subject": {"es": "Una consulta"}, "text": {"es": "¿Quién?\n\nGracias."}}
    assert [sorted(each.values) for each in officer.stored] == [["subject"], ["subject", "text"]]


def test_enter_alone_fills_in_nothing_in_any_form() -> None:
    for form in forms().values():
        officer = Typing(name=form.name)
        officer.lines = iter([""] * sum(_enters(each.kind) for each in form.fields))
        assert officer.run() == {}
        assert officer.stored == []


def _enters(kind: str) -> int:
    from desk.drafting.typed import PARTS

    return len(PARTS[kind]) if kind in PARTS else 1


def test_codes_by_number_by_word_and_again_when_several_fit() -> None:
    assert Typing("1, corruption").run("crimes") == {"crimes": ("trafficking", "corruption")}
    assert Typing("2 1").run("crimes") == {"crimes": ("trafficking-of-children", "trafficking")}
    assert Typing("99", "slavery").run("crimes") == {"crimes": ("slavery",)}
    officer = Typing("pro", "2")
    assert officer.run("proceeding") == {"proceeding": fitting("proceedings", "pro", "en")[1].code}


def _codes(table: str) -> Any:
    from desk.forms.catalogue import code_lists

    return code_lists()[table].values()


def test_a_code_by_its_number_is_the_one_shown_with_that_number() -> None:
    for at, each in enumerate(_codes("proceedings"), 1):
        officer = Typing(str(at), language="fr")
        assert officer.run("proceeding") == {"proceeding": each.code}
        assert any(f"{at}  {each.fr}" in line for line in officer.seen)


def test_consent_has_no_default_and_is_listed_as_it_is() -> None:
    officer = Typing("", name="victim-referral")
    assert officer.run("consular_contact") == {}
    officer = Typing("maybe", "3", name="victim-referral")
    assert officer.run("consular_contact") == {"consular_contact": "withheld"}
    assert "! “maybe” is not in the list" in officer.text


def test_who_asks_for_a_field_is_shown_beside_it_and_whether_it_stops() -> None:
    officer = Typing("", language="es")
    officer.run("authority")
    assert "  ! Necesario para enviar: Convención de Palermo (UNTOC), art. 18(15)(a)" in officer.seen
    officer = Typing("", language="fr")
    officer.run("crimes")
    assert any(each.startswith("  - Souhaitable : Convention de Nassau, art. 26(a) [à") for each in officer.seen)


def test_a_wrong_answer_is_told_and_asked_again_and_what_stood_there_stays() -> None:
    officer = Typing("2026-02-30", "2026-02-28")
    assert officer.run("oral_on") == {"oral_on": "2026-02-28"}
    assert "! “2026-02-30” is no day" in officer.text
    assert Typing("tomorrow", "").run("oral_on", oral_on="2026-01-01") == {"oral_on": "2026-01-01"}


def test_a_persons_age_waits_for_a_name_and_is_stored_with_it() -> None:
    officer = Typing("+", "witness", "", "", "", "", "17", ":b", ":b", ":b", ":b", ":b", "W-1", *[""] * 8, ":s", "")
    assert officer.run("persons") == {"persons": ({"role": "witness", "person": {"pseudonym": "W-1", "age": 17}},)}
    assert "  Not stored yet: persons.1.person: a person has a name or a pseudonym" in officer.seen


def test_what_was_never_completed_is_told_at_the_end_and_nothing_else_is_lost() -> None:
    officer = Typing("+", "witness", "", "", "", "", "17", ":q")
    assert officer.run("persons") == {"persons": ({"role": "witness"},)}
    assert officer.seen[-1] == "! It was not stored: persons.1.person: a person has a name or a pseudonym"


def test_a_victim_is_asked_for_a_pseudonym_and_nothing_that_identifies() -> None:
    officer = Typing("+", "victim", "V-3", "", "2", "PE", "", ":s", "")
    found = officer.run("persons")["persons"][0]["person"]
    assert found.keys() == {"pseudonym", "sex", "nationalities"}
    assert not any(each.startswith(("Name>", "Born", "Document")) for each in officer.seen)


def test_items_are_added_opened_and_taken_out() -> None:
    officer = Typing("-1", "9", "")
    left = officer.run("persons", persons=MLA["persons"])["persons"]
    assert [each["role"] for each in left] == ["victim"]
    assert "! There is no such item. + adds one; Enter goes on." in officer.seen
    assert any("Suspect" in each and "Persona A" in each for each in officer.seen)
    again = Typing("1", "accused", ":s", "").run("persons", persons=MLA["persons"])["persons"]
    assert again[0]["role"] == "accused"
    assert again[0]["person"] == filled(MLA_NAME, **MLA).values["persons"][0]["person"]


def test_a_version_in_the_recipients_language_is_asked_for_at_once() -> None:
    officer = Typing("Sobre la ley.", ".", ":l fr", "Sur la loi.", ".", needs=("fr", "en"))
    assert officer.run("law") == {"law": {"es": "Sobre la ley.", "fr": "Sur la loi."}}
    assert any("The recipient asks for French, English" in each for each in officer.seen)
    assert Typing("Sobre la ley.", ".", needs=("es",)).run("law") == {"law": {"es": "Sobre la ley."}}
    assert Typing("Sobre la ley.", ".", "", needs=("fr",)).run("law") == {"law": {"es": "Sobre la ley."}}


def test_pasted_paragraphs_are_one_answer_and_one_cut_off_is_kept() -> None:
    assert Typing("Uno", ":b", "", "+", ".").run("law") == {"law": {"es": "Uno\n:b\n\n+"}}
    assert Typing("Uno", "dos").run("law") == {"law": {"es": "Uno\ndos"}}  # the connection is lost
    assert Typing("Uno", "dos", ":q").run("law") == {"law": {"es": "Uno\ndos"}}


def test_it_is_left_at_any_line_and_goes_on_where_something_stops() -> None:
    first = Typing("Fiscalía", ".", ":q")
    stored = first.run()
    assert stored == {"authority": {"es": "Fiscalía"}}
    second = Typing("Fiscalía 12", ".", ":q")
    assert second.run(**stored) == stored | {"conducted_by": {"es": "Fiscalía 12"}}


def test_going_to_sections_and_back() -> None:
    officer = Typing(":g", ":g 5", "flight", ":b", "", ":s")
    assert officer.run() == {"urgency": ("flight",)}
    assert any(each.strip() == "5  Deadlines and limits" for each in officer.seen)
    assert Typing(":s", ":b", "", ":q").run() == {}
    assert Typing(":g 9", ":zz", ":e", ":d", ":q").run("reference", "related") == {}


def test_a_field_is_emptied() -> None:
    assert Typing(":d").run("law", law={"es": "x", "en": "y"}) == {"law": {"en": "y"}}
    assert Typing(":d").run("crimes", crimes=["corruption"]) == {}


def test_free_text_in_an_editor_and_without_one() -> None:
    officer = Typing(":e")
    officer.edits = "Uno.\n\nDos."
    assert officer.run("law") == {"law": {"es": "Uno.\n\nDos."}}
    officer = Typing()
    officer.edits = "Uno."
    assert officer.run("law", editor=True) == {"law": {"es": "Uno."}}
    officer = Typing("Dos.", ".")
    assert officer.run("law", editor=True) == {"law": {"es": "Dos."}}  # none there: typed instead
    assert "! there is no editor here" in officer.seen


def test_what_cannot_be_stored_now_is_stored_with_the_next_answer() -> None:
    officer = Typing("CO-1", "CO-2")
    officer.refuses = iter((True, False))
    assert officer.run("reference", "related") == {"reference": "CO-1", "related": "CO-2"}
    assert "  Not stored yet: another Enlace process is using it" in officer.seen


@pytest.mark.parametrize("language", OFFICIAL)
def test_no_line_is_wider_than_the_terminal(language: str) -> None:
    for form in forms().values():
        officer = Typing(*[":?", ":m", ":g", ":q"], name=form.name, language=language, needs=("fr",))
        officer.run()
        whole = Typing(name=form.name, language=language)
        whole.lines = iter([""] * sum(_enters(each.kind) for each in form.fields))
        whole.run()
        for each in (*officer.seen, *whole.seen):
            assert all(len(row) <= 80 for row in each.split("\n")), each


def test_what_others_wrote_reaches_the_terminal_harmless() -> None:
    officer = Typing("")
    officer.run("reference", reference="a\u202eb")
    assert "[U+202E]" in officer.text
    assert "\u202e" not in officer.text


def test_the_words_of_the_dialogue_are_there_in_each_language_and_take_the_same_parts() -> None:
    import string

    for name, english in WORDS["en"].items():
        parts = {each[1] for each in string.Formatter().parse(english)}
        for language in OFFICIAL:
            assert {each[1] for each in string.Formatter().parse(WORDS[language][name])} == parts, (name, language)
            assert language == "en" or name in ("to",) or WORDS[language][name] != english
