"""docs/forms.md names every form and kind there is, its example is one, and the reference is made from the forms."""

import re
import time
from typing import get_args

import forms_page
from cli_world import Office
from house_source import ROOT
from transcripts import STEP, Player, steps

from desk.drafting.asking import Dialogue
from desk.drafting.typed import Typist
from desk.forms.catalogue import forms
from desk.forms.definition import Kind
from desk.forms.filled import MOST_BYTES, Filled, parse_filled, write_filled
from desk.forms.missing import missing
from desk.forms.treaties import State
from desk.forms.treaty_csv import read_party_csv
from directory.bodies import Requirements

pytest_plugins = ("shared_office",)
PAGE = (ROOT / "docs" / "forms.md").read_text("utf-8")
REFERENCE = (ROOT / "docs" / "forms-reference.md").read_text("utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def codes(header: str) -> set[str]:
    """The codes in the first column of the table with that heading."""
    table = PAGE.split(f"\n| {header} |")[1].split("\n\n")[0]
    return {code for row in table.splitlines() for code in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_the_reference_is_made_from_the_forms() -> None:
    assert "\n".join(forms_page.page()) + "\n" == REFERENCE, "run tests/forms_page.py"


def test_what_the_gate_says_besides_is_in_the_reference() -> None:
    """Every word that the gate's own code says, and none that it does not."""
    rooms = ROOT / "desk" / "forms"
    source = "".join((rooms / name).read_text("utf-8") for name in ("missing.py", "calendar.py"))
    said = set(re.findall(r'_(?:words|quoted|gap)\(\s*"([a-z_]+)"', source))
    assert said == {name for name, *_ in forms_page.BESIDES}


def test_every_form_and_every_kind_is_named() -> None:
    assert codes("form") == set(forms())
    assert codes("kind") == set(get_args(Kind))
    assert f"{MOST_BYTES:,}".replace(",", " ") in PAGE
    assert all(f"`{each}`" in PAGE for each in get_args(State))


def test_the_examples_are_what_they_show() -> None:
    raw = block("json").strip().encode()
    assert write_filled(parse_filled(raw)) == raw
    (row,) = read_party_csv(block("csv").encode()).rows
    assert (row.country, row.source) == ("CO", "Depositary's list, page 3")


def test_the_gates_words_are_quoted_as_they_are() -> None:
    said = set[str]()
    for form in forms().values():
        every = [each for need in form.requires for each in (need.words,) if each]
        said |= {each.en for each in every}
        said |= {each.told("en") for each in missing(form, parse_filled(f'{{"form":"{form.form}","language":"es"}}'))}
    assert "Missing: “Purpose of the evidence or measure”. (UNTOC, art. 18(15)(f))" in said
    assert "Missing: “Purpose of the evidence or measure”. (UNTOC, art. 18(15)(f))" in PAGE
    assert "An urgent request needs a call-back number." in said
    assert "An urgent request needs a call-back number. (rule of Enlace)" in PAGE


def emptied(office: Office, name: str) -> None:
    """Take away the drafts and rows of treaties that others who share the office left: the page begins with none."""
    drafts = [str(each["draft"]) for each in office.ask(name, "form", "drafts")["drafts"]]
    for each in drafts:
        office.ask(name, "form", "discard", each, "--yes")
    for row in office.ask(name, "treaty", "list")["rows"]:
        office.ask(name, "treaty", "remove", row["instrument"], row["country"])


def test_the_page_works_as_it_stands(shared_office: Office) -> None:
    emptied(shared_office, "ar-desk")
    assert Player(shared_office, int(time.time()) // STEP).play(PAGE) == len(list(steps(PAGE))) > 12
    assert (shared_office.folder / "draft.pdf").read_bytes().startswith(b"%PDF-1.7")
    shared_office.ask("co-admin", "contact", "retire", "co-mla", "--yes")  # others export what the office has
    for country in ("AR", "CO"):
        shared_office.ask("ar-desk", "treaty", "remove", "untoc", country)


def test_every_fence_is_played() -> None:
    opened = re.findall(r"^```(\S.*)$", PAGE, re.MULTILINE)
    played = [each for each in opened if each not in ("json", "csv", "text")]
    assert all(re.fullmatch("console (co-admin|ar-desk)", each) for each in played), played


def test_the_dialogue_is_as_it_is_shown() -> None:
    needs = Requirements(languages=("en", "fr"), dual_criminality=True)
    form = forms()["mutual-legal-assistance/1"]
    seen, lines = (
        [f"{form.title.en} ({form.form})"],
        iter(["2, bank", "Extractos de la cuenta indicada.", ".", ":l en"]),
    )

    def read(prompt: str) -> str:
        for typed in lines:
            seen.append(prompt + typed)
            return typed
        raise EOFError

    dialogue = Dialogue(
        form, Filled(form=form.form, language="es"), Typist("en", "es"), read=read, tell=seen.append,
        store=lambda _: None, edit=str, gaps=lambda one: missing(form, one, needs), wanted=needs.languages,
    )  # fmt: skip
    dialogue.run(("assistance", "wanted"))
    pattern = "".join("(?:.*\n)*?" if each == "…" else re.escape(each) + "\n" for each in block("text").splitlines())
    assert re.match(pattern, "\n".join(seen) + "\n"), "\n".join(seen)
