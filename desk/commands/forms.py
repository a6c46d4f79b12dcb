"""`enlace form`: which forms there are, and the drafts of them that stand on this desk."""

from collections.abc import Iterator
from typing import Any

import click
import msgspec

from desk.commands.form_out import check_draft, export_draft, pdf_of_draft
from desk.commands.form_write import fill, new_draft
from desk.commands.options import opened, with_passphrase, with_terminal
from desk.drafting.ask_words import told
from desk.drafting.choosing import LANGUAGES, form_named, is_draft, reading_language
from desk.drafting.drafts import Drafts, FormDraft
from desk.drafting.requirements import can_be_sent, lacks, recipients
from desk.errors import DeskError, NotFound
from desk.forms.catalogue import code_lists, form_of, forms
from desk.forms.definition import CONSENT, Form
from desk.forms.missing import cite
from desk.forms.reading import as_text
from desk.forms.schema import json_schema
from desk.profile.unlocked import Unlocked
from desk.safe_text import block, line
from desk.terminal import Terminal, stamp
from directory.four_languages import OFFICIAL


@click.group(short_help="Write, check and print a request on a form.")
def form() -> None:
    """Write a request, a referral or an alert on a form; check what is missing; print it, or hand it to programs.

    A form is named by its name or how that begins (mutual, victim …), a draft as `enlace form drafts` lists it (d1,
    d2 …). Drafts are sealed on this desk alone, until you discard them.
    """


@form.command("list", short_help="List the forms there are.")
@click.option("--language", default="en", show_default=True, type=click.Choice(LANGUAGES), help="The language shown.")
@with_terminal
def list_forms(terminal: Terminal, language: str) -> None:
    """List the forms there are: their names, and what each is for."""
    found = list(forms().values())
    plain = [{"form": each.form, "title": _four(each.title), "about": _four(each.about)} for each in found]
    text = "\n".join(
        f"{each.name:<24} {each.title.in_(language)}\n"
        + block(each.about.in_(language), terminal.width or 80, bar=" " * 25)
        for each in found
    )
    terminal.result({"forms": plain}, text)


@form.command("show", short_help="Show a FORM and its fields, or what stands in a DRAFT.")
@click.argument("name", metavar="FORM|DRAFT")
@click.option(
    "--language",
    default="",
    type=click.Choice(["", *LANGUAGES]),
    metavar=f"[{'|'.join(LANGUAGES)}]",
    help="The language shown.",
)
@with_passphrase
def show(terminal: Terminal, name: str, language: str) -> None:
    """Show what a FORM asks for, or what stands in a DRAFT.

    Of a form: each field's name, as `enlace form fill` takes it, its kind and codes, and who asks for it. A draft is
    shown in the language it is written in, if that is es, en, pt or fr, unless --language says otherwise.
    """
    if not is_draft(name):
        found = form_named(name)
        terminal.result(msgspec.to_builtins(found), "\n".join(_fields(found, language or "en", terminal.width or 80)))
        return
    with opened(terminal) as desk:
        draft = Drafts(desk.keyring.vault).get(name)
        spoken = reading_language(language, draft.filled.language)
        head = _head(name, draft, spoken)
        text = "\n".join([*head, "", as_text(draft.filled, spoken, width=terminal.width or 80).rstrip("\n")])
        terminal.result(_draft_plain(name, draft) | {"filled": msgspec.to_builtins(draft.filled)}, text)


@form.command("schema", short_help="Print the JSON Schema of a FORM.")
@click.argument("name", metavar="FORM")
@with_terminal
def schema(terminal: Terminal, name: str) -> None:
    """Print the JSON Schema (draft 2020-12) of a FORM filled in, for programs that write or read one."""
    found = json_schema(form_named(name))
    terminal.result(found, msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


@form.command("drafts", short_help="List the drafts on this desk.")
@with_passphrase
def list_drafts(terminal: Terminal) -> None:
    """List the drafts on this desk, and whether each could be sent as it is."""
    with opened(terminal) as desk:
        damaged = list[str]()
        rows = [
            _draft_plain(name, each) | _ready(desk, each) for name, each in Drafts(desk.keyring.vault).each(damaged)
        ]
        for why in damaged:
            terminal.warn(line(why))
        terminal.result({"drafts": rows, "damaged": damaged}, "\n".join(map(_draft_line, rows)) or "No drafts.")


@form.command("discard", short_help="Erase a DRAFT.")
@click.argument("name", metavar="DRAFT")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
def discard(terminal: Terminal, name: str, yes: bool) -> None:
    """Erase a DRAFT from this desk. What was sent from it stays sent, and stays in the messages."""
    with opened(terminal) as desk:
        drafts = Drafts(desk.keyring.vault)
        if name not in drafts.names():
            raise NotFound(f"there is no draft {name}; `enlace form drafts` lists them")
        terminal.confirm(f"Erase draft {name}?", yes=yes)
        drafts.discard(name)
        terminal.result({"discarded": name}, f"Draft {name} is erased.")


for each in (new_draft, fill, check_draft, pdf_of_draft, export_draft):
    form.add_command(each)


def _head(name: str, draft: FormDraft, language: str) -> list[str]:
    """Of a draft what stands beside its form."""
    dated = told("dated", language, name=name, begun=stamp(draft.begun), changed=stamp(draft.changed))
    rows = {"head_draft": dated, "head_to": ", ".join(draft.to) or told("nobody", language)}
    rows |= {"head_case": line(draft.case)} if draft.case else {}
    labels = [told(each, language) for each in rows]
    width = max(8, *(len(each) + 2 for each in labels))
    return [f"{label:<{width}}{row}" for label, row in zip(labels, rows.values(), strict=True)]


def _fields(found: Form, language: str, width: int) -> Iterator[str]:
    yield f"{found.title.in_(language)} ({found.form})"
    yield from block(found.about.in_(language), width, bar="").split("\n")
    asked = {path.partition(".")[0]: need for need in reversed(found.requires) for path in need.fields}
    for section in found.sections:
        yield ""
        yield section.title.in_(language)
        for field in section.fields:
            need = asked.get(field.field)
            mark = "!" if need and need.stops and not need.when else " "
            yield f"{mark} {field.field:<22} {field.kind:<10} {field.label.in_(language)}"
            for cited in (cite(each, language) for each in need.articles) if need else ():
                yield f"{'':36}{cited}"
            name = CONSENT if field.kind == "consent" else field.list
            if name:
                yield from block(", ".join(code_lists()[name]), width, bar=" " * 36).split("\n")
            for inner in field.fields:
                yield f"    .1.{inner.field:<18} {inner.kind:<10} {inner.label.in_(language)}"


def _four(words: Any) -> dict[str, str]:
    return {language: words.in_(language) for language in OFFICIAL}


def _draft_plain(name: str, draft: FormDraft) -> dict[str, Any]:
    return {
        "draft": name,
        "form": draft.filled.form,
        "language": draft.filled.language,
        "to": list(draft.to),
        "case": draft.case,
        "begun": draft.begun,
        "changed": draft.changed,
    }


def _ready(desk: Unlocked, draft: FormDraft) -> dict[str, Any]:
    """Whether a draft lacks nothing that stops; not so while a recipient of it is not to be found."""
    view, bodies, member = desk.replica().view, desk.store.bodies(), desk.profile.identity.member
    try:
        ready = can_be_sent(lacks(draft, recipients(view, bodies, member, draft.to, desk.clock()), desk.clock()))
    except DeskError as error:
        return {"complete": False, "why": str(error)}
    return {"complete": ready}


def _draft_line(row: dict[str, Any]) -> str:
    found = form_of(row["form"])
    title = found.title.in_("en") if found else row["form"]
    state = "complete" if row["complete"] else "incomplete"
    beside = f"  {line(row['case'])}" if row["case"] else ""
    why = f"\n{'':>6}! {line(row['why'])}" if "why" in row else ""
    return (
        f"{row['draft']:>5} {stamp(row['changed'])}  {state:<10} {', '.join(row['to']) or '–':<16} {title}{beside}{why}"
    )
