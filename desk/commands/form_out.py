"""`enlace form check`, `pdf` and `export`: what a draft lacks, how it looks on paper, and in the formats of others."""

from collections.abc import Callable
from typing import Any

import click
import msgspec
from click.core import ParameterSource

from desk.commands.messages import check_unlocked
from desk.commands.options import opened, with_passphrase
from desk.commands.treaties import bases_for, put_file
from desk.drafting.ask_words import told
from desk.drafting.choosing import LANGUAGES, reading_language
from desk.drafting.drafts import Drafts, FormDraft
from desk.drafting.paths import by_path
from desk.drafting.requirements import Lack, can_be_sent, lacks, recipients
from desk.errors import Declined, DeskError, NotFound, Usage
from desk.exercise.network import plays
from desk.forms.cover import Cover
from desk.forms.filled import Filled
from desk.forms.htcds import NotExported, to_htcds
from desk.forms.missing import Gap
from desk.forms.sheet import form_sheet
from desk.forms.stix import to_stix, write_stix
from desk.forms.treaties import Basis
from desk.forms.words import word
from desk.handling.marks import Handling, Tlp
from desk.handling.rules import TLP_ORDER
from desk.handling.sending import check_into_file
from desk.handling.stored import about_victim
from desk.handling.usual import marks_over, usual_marks
from desk.handling.victim import victim_data
from desk.handling.way_out import check_way_out
from desk.mail.compose import sender_contact
from desk.mail.content import Form
from desk.profile.unlocked import Unlocked
from desk.safe_text import block, line
from desk.terminal import Terminal
from directory.canonical import encode
from directory.countries import country_name
from directory.exchange.typesetting import NoTypesetting
from directory.four_languages import OFFICIAL

TLP = ("RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR")
_KINDS = ("json", "htcds", "stix")
in_language = click.option(
    "--language",
    default="",
    type=click.Choice(["", *LANGUAGES]),
    metavar=f"[{'|'.join(LANGUAGES)}]",
    help="The language shown.",
)
_marked = click.option(
    "--tlp",
    show_default="AMBER, or what is usual",
    type=click.Choice(TLP),
    help="The label of TLP 2.0 it is to have; of what is RED no file is written.",
)
_identified = click.option(
    "--victim-identified", "identified", default="", metavar="WHY",
    help="Why a victim is named in it, where a pseudonym will not do; without this a draft that names one is refused.",
)  # fmt: skip


def marked(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that writes a draft into a file the marks that decide whether it may."""
    return _marked(_identified(command))


@click.command("check", short_help="Say what a DRAFT lacks, and who asks for it.")
@click.argument("name", metavar="DRAFT")
@in_language
@with_passphrase
def check_draft(terminal: Terminal, name: str, language: str) -> int:
    """Say what a DRAFT lacks, in which field, who asks for it (an article, a recipient), and whether that stops it.

    Exit code 0 if it can be sent as it is, 3 if something that stops it is missing. The gate sees whether something
    stands there, not whether it is true or enough.
    """
    with opened(terminal) as desk:
        draft = Drafts(desk.keyring.vault).get(name)
        spoken = reading_language(language, draft.filled.language)
        found = lacking(desk, draft)
        ready = can_be_sent(found)
        plain = {"draft": name, "form": draft.filled.form, "complete": ready, "to": list(draft.to)}
        plain |= {"missing": [lack_plain(each) for each in found]}
        terminal.result(plain, "\n".join(_told(found, spoken, terminal.width or 80)))
        if not draft.to:
            terminal.note(told("for_nobody", spoken))
        return 0 if ready else Declined.code


@click.command("pdf", short_help="Write a DRAFT as a PDF to be printed.")
@click.argument("name", metavar="DRAFT")
@click.option("--out", "-o", "out", required=True, metavar="FILE", help="Where the PDF goes.")
@click.option("--replace", is_flag=True, help="Replace what is there.")
@marked
@in_language
@with_passphrase
def pdf_of_draft(
    terminal: Terminal, name: str, out: str, replace: bool, tlp: Tlp | None, identified: str, language: str
) -> None:
    """Write a DRAFT as a PDF, in any of the four languages; every page says that it is a draft.

    Labels and codes are in that language; free text stays as it was written. Whoever has the file reads it.
    """
    with opened(terminal) as desk:
        draft = Drafts(desk.keyring.vault).get(name)
        marks = _draft_marks(desk, terminal, tlp, identified)
        check_into_file(marks, draft.filled)
        spoken = reading_language(language, draft.filled.language)
        cover = draft_cover(desk, terminal, draft, marks.tlp, spoken)
        try:
            raw = form_sheet(draft.filled, spoken, cover)
        except NoTypesetting as error:
            raise Usage(str(error)) from error
        put_file(out, raw, replace=replace)
        terminal.result(
            {"file": out, "bytes": len(raw), "language": spoken}, told("written", spoken, name=name, out=out)
        )


@click.command("export", short_help="Write a DRAFT, or the form of a message, for other programs.")
@click.argument("name", metavar="DRAFT|NUMBER")
@click.option("--as", "kind", required=True, type=click.Choice(_KINDS), help="In which format.")
@click.option("--out", "-o", "out", metavar="FILE", help="Write to FILE instead of to the screen.")
@click.option("--replace", is_flag=True, help="Replace what is there.")
@marked
@in_language
@with_passphrase
def export_draft(
    terminal: Terminal,
    name: str,
    kind: str,
    out: str | None,
    replace: bool,
    tlp: Tlp | None,
    identified: str,
    language: str,
) -> None:
    """Write a DRAFT for other programs: json (a filled form, whole), htcds (a victim referral) or stix (an alert).

    The form of message NUMBER is written if its handling lets it, under its own label, and in a format of others if it
    is proven who sent it. HTCDS is written by a table of Enlace's own and was not independently validated. Nothing is
    written of what is TLP:RED, and no HTCDS without the victim's yes.
    """
    if terminal.json and out is None:
        raise Usage("say with --out where it goes")
    with opened(terminal) as desk:
        if name.isdecimal():
            filled, cover = _of_message(desk, int(name))
        else:
            marks = _draft_marks(desk, terminal, tlp, identified)
            filled, cover = _of_draft(desk, name, marks.tlp)
            # HTCDS and STIX keep back by themselves who a victim is.
            check_into_file(marks, filled if kind == "json" else None)
        try:
            raw = _exported(desk, filled, cover, kind, reading_language(language, filled.language))
        except NotExported as error:
            raise Declined(f"not exported: {error}") from error
    if kind == "htcds":
        terminal.note("By a field table of Enlace's own; not independently validated.")
    if out is None:
        terminal.data(raw)
        return
    put_file(out, raw, replace=replace)
    what = f"Message {name}" if name.isdecimal() else f"Draft {name}"
    terminal.result({"file": out, "as": kind, "bytes": len(raw)}, f"{what} is written to {out} as {kind}.")


def lacking(desk: Unlocked, draft: FormDraft) -> tuple[Lack, ...]:
    """All that a draft lacks, by its form and by its recipients; raises NotFound or Declined for one of those."""
    view, bodies, member = desk.replica().view, desk.store.bodies(), desk.profile.identity.member
    return lacks(draft, recipients(view, bodies, member, draft.to, desk.clock()), desk.clock())


def draft_cover(desk: Unlocked, terminal: Terminal, draft: FormDraft, tlp: Any, language: str) -> Cover:
    """What stands around a draft on paper: for whom it is, what it lacks, on which treaty it may rest."""
    view, bodies, member = desk.replica().view, desk.store.bodies(), desk.profile.identity.member
    to = recipients(view, bodies, member, draft.to, desk.clock())
    bases = dict[Basis, None]()
    for each in to:
        bases |= dict.fromkeys(bases_for(desk, terminal, draft.filled.form, each.country))
    return Cover(
        tlp=tlp,
        case=draft.case,
        sender=_sender(desk, language),
        recipients=tuple(each.name(language) for each in to),
        draft=True,
        exercise=plays(desk.profile.identity.name),
        gaps=tuple(each.gap for each in lacks(draft, to, desk.clock())),
        bases=tuple(bases),
    )


def lack_plain(lack: Lack) -> dict[str, Any]:
    """A gap for programs: which field, in which words, who asks, whether it stops."""
    gap = lack.gap
    return {
        "id": gap.id,
        "fields": [by_path(each) for each in gap.where],
        "stops": gap.stops,
        "words": {language: gap.words.in_(language) for language in OFFICIAL},
        "articles": msgspec.to_builtins(gap.articles),
        "source": gap.source,
        "asked_by": list(lack.asked_by),
    }


def _told(found: tuple[Lack, ...], language: str, width: int) -> list[str]:
    lines = list[str]()
    for name, stops in (("lacks", True), ("warns", False)):
        some = [each for each in found if each.gap.stops is stops]
        if some:
            lines += [*([""] if lines else []), word(name, language)]
        for each in some:
            lines += _wrapped(each.gap, each.asked_by, language, width)
    return lines or [told("complete", language)]


def _wrapped(gap: Gap, asked_by: tuple[str, ...], language: str, width: int) -> list[str]:
    who = f" {', '.join(asked_by)}" if asked_by else ""
    first, *rest = block(line(f"{gap.told(language)}{who}"), width - 4, bar="").split("\n")
    fields = ", ".join(by_path(each) for each in gap.where)
    lines = [f"  {'!' if gap.stops else '-'} {first}", *(f"    {each}" for each in rest)]
    return [*lines, *(f"    {each}" for each in block(fields, width - 4, bar="").split("\n") if fields)]


def _draft_marks(desk: Unlocked, terminal: Terminal, tlp: Tlp | None, identified: str) -> Handling:
    """The marks of a draft that is written out: what was said, over what is usual here; a looser TLP is told."""
    usual = usual_marks(desk.keyring.vault)
    try:
        found = marks_over({"tlp": tlp, "identified": identified}, usual, desk.clock())
    except msgspec.ValidationError as error:
        raise Usage(f"these marks cannot be signed: {error}") from error
    if usual.tlp and TLP_ORDER.index(found.tlp) < TLP_ORDER.index(usual.tlp):
        terminal.warn(f"TLP:{found.tlp} is looser than what is usual on this desk (TLP:{usual.tlp}), by --tlp")
    return found


def _of_draft(desk: Unlocked, name: str, tlp: Any) -> tuple[Filled, Cover]:
    """A draft and its circumstances. It has no message yet: what makes its ids is the draft itself, on this device."""
    draft, device = Drafts(desk.keyring.vault).get(name), desk.profile.identity.device
    cover = Cover(
        tlp=tlp, sender=_sender(desk), sent=draft.changed, message=f"draft {device} {name}",
        victim=victim_data(draft.filled),
    )  # fmt: skip
    return draft.filled, cover


def _of_message(desk: Unlocked, number: int) -> tuple[Filled, Cover]:
    """The form of a message and its circumstances, if the one gate lets it out; raises NotFound, Usage or Declined."""
    stored = desk.mail.get(number)
    message, content = stored.message, stored.message.content
    if not isinstance(content, Form):
        raise NotFound(f"message {number} holds no form; `enlace form drafts` lists drafts")
    given = click.get_current_context().get_parameter_source
    if any(given(name) is ParameterSource.COMMANDLINE for name in ("tlp", "identified")):
        raise Usage("a message keeps the marks it was signed with: leave --tlp and what else marks a draft out")
    check_unlocked(desk, stored)  # a guest whose time is over reads it no more, and so writes it nowhere
    check_way_out(desk, stored, "export")
    cover = Cover(
        tlp=message.handling.tlp, sender=message.sender.contact, sent=message.at, message=message.id,
        exercise=message.exercise, victim=about_victim(message),
        unproven="unproven" in stored.facts.warnings or stored.facts.by_word,
    )  # fmt: skip
    return content.filled, cover


def _exported(desk: Unlocked, filled: Filled, cover: Cover, kind: str, language: str) -> bytes:
    if plays(desk.profile.identity.name) or cover.exercise:
        raise NotExported("an exercise: nothing of it is exported, lest it be taken for real")
    if kind != "json" and cover.unproven:
        raise NotExported(f"nothing here proves that {cover.sender} sent it")
    match kind:
        case "htcds":
            found = msgspec.json.encode(to_htcds(filled, cover.tlp), order="sorted")
            return msgspec.json.format(found, indent=2) + b"\n"
        case "stix":
            return write_stix(to_stix(filled, cover, language))
    return encode(filled) + b"\n"


def _sender(desk: Unlocked, language: str = "") -> str:
    """The contact that a draft would be sent for, if there is only one; else the member, with its country for people
    who read that language."""
    identity, view = desk.profile.identity, desk.replica().view
    try:
        return sender_contact(view, identity.device, "", desk.clock())
    except DeskError:
        known = view.members.get(identity.member) if language else None
        return f"{country_name(known.country, language)} ({identity.member})" if known else identity.member
