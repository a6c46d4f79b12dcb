"""`enlace form new` and `fill`: a draft begun, and filled in from the command line, from a file, or in a dialogue.

1. Nothing is stored of a command line that is wrong in any part: all its answers are taken, or none.
2. The dialogue does not hold the profile: while it waits for the officer, other commands and `enlace watch` go on. It
   locks for the moment in which it stores an answer, and stores none over what another window has written.
3. `@FILE` and `-` are for somebody at this machine. Over the local API they are text like any other: whoever has its
   token is not handed the disk (`desk.api.arguments`).
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import click
import msgspec

from desk.commands.options import checked, opened, read_file, read_text, with_passphrase
from desk.commands.treaties import bases_for, basis_plain
from desk.drafting.ask_words import told
from desk.drafting.asking import Dialogue
from desk.drafting.choosing import LANGUAGES, form_named, reading_language
from desk.drafting.drafts import Drafts, FormDraft
from desk.drafting.editor import edited, environment
from desk.drafting.paths import assign, by_path, opened_up, settled
from desk.drafting.requirements import Recipient, can_be_sent, known_form, lacks, recipients
from desk.drafting.table_words import sided
from desk.drafting.typed import Typist
from desk.errors import Locked, Usage
from desk.forms.definition import Form
from desk.forms.filled import MOST_BYTES, Filled, write_filled
from desk.forms.missing import Gap, recipient_asks
from desk.profile.unlocked import Unlocked
from desk.safe_text import block, line
from desk.terminal import Terminal
from directory.canonical import Malformed, decode_lenient
from directory.countries import country_languages
from directory.exchange.sheet_words import language_in
from directory.fields import Language
from directory.functions import function_label

_NARROW = 80
_PATIENCE = 5.0  # seconds that a stored answer waits for another command to end
_STEP = 0.1


@click.command("new", short_help="Begin a draft of a FORM.")
@click.argument("name", metavar="FORM")
@click.option("--to", multiple=True, metavar="CONTACT", help="Whom it is for; repeat it for several.")
@click.option("--case", default="", help="Your reference of the case.")
@click.option("--in", "written_in", default="", metavar="CODE", help="The language you write in: es, en, pt, fr, nl …")
@click.option("--from", "source", metavar="FILE", help="Begin with what stands in FILE, a filled form as JSON.")
@click.option(
    "--language",
    default="",
    type=click.Choice(["", *LANGUAGES]),
    metavar=f"[{'|'.join(LANGUAGES)}]",
    help="The language shown.",
)
@with_passphrase
def new_draft(
    terminal: Terminal, name: str, to: tuple[str, ...], case: str, written_in: str, source: str | None, language: str
) -> None:
    """Begin a draft of a FORM, for one contact or several; shows what they require, and on which treaty it may rest.

    It is written in the first language of your own country unless --in says otherwise. `enlace form fill` goes on.
    """
    form = form_named(name)
    given = _from_file(source, form) if source else None
    with opened(terminal) as desk:
        original = written_in or (given.language if given else _own_language(desk))
        original = checked(original, Language, "code of a language", "es, en, pt, fr or es-AR")
        filled = settled(form.form, original, opened_up(given.values) if given else {})
        draft = FormDraft(
            filled=filled, to=tuple(dict.fromkeys(to)), case=case, begun=terminal.clock(), changed=terminal.clock()
        )
        spoken = reading_language(language, original)
        found = _recipients(desk, draft)
        drafts = Drafts(desk.keyring.vault)
        made = drafts.add(draft)
        treaties = {each.contact: bases_for(desk, terminal, form.form, each.country) for each in found}
        plain: dict[str, Any] = {
            "draft": made,
            "form": form.form,
            "language": original,
            "to": list(draft.to),
            "case": case,
        }
        plain |= {"treaties": {contact: [basis_plain(each) for each in bases] for contact, bases in treaties.items()}}
        tongue = language_in(original, spoken)
        lines = [told("begun", spoken, name=made, title=form.title.in_(spoken), language=tongue)]
        for each in found:
            lines += [block(words, terminal.width, bar="") for words in _asks(each, form, spoken)]
            lines += [f"  {row}" for basis in treaties[each.contact] for row in sided(basis, spoken).split("\n")]
        lines += [told("fill_in", spoken, name=made)]
        terminal.result(plain, "\n".join(lines))


@click.command("fill", short_help="Fill in a DRAFT: FIELD=VALUE, from a file, or in a dialogue.")
@click.argument("name", metavar="DRAFT")
@click.argument("answers", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--from", "source", metavar="FILE", help="Take over every field that FILE has, a filled form as JSON.")
@click.option("--ask", is_flag=True, help="Ask field by field; named fields alone, if any are named.")
@click.option("--editor", is_flag=True, help="With --ask: write free text in your editor ($VISUAL or $EDITOR).")
@click.option("--to", multiple=True, metavar="CONTACT", help="Whom it is for, instead of those before; repeat it.")
@click.option("--case", default=None, help="Your reference of the case.")
@click.option(
    "--language",
    default="",
    type=click.Choice(["", *LANGUAGES]),
    metavar=f"[{'|'.join(LANGUAGES)}]",
    help="The language shown and asked in.",
)
@with_passphrase
def fill(
    terminal: Terminal,
    name: str,
    answers: tuple[str, ...],
    source: str | None,
    ask: bool,
    editor: bool,
    to: tuple[str, ...],
    case: str | None,
    language: str,
) -> None:
    """Fill in a DRAFT.

    FIELD=VALUE, as in crimes=trafficking,corruption or facts.en=@FILE or persons.1.person.pseudonym=V-3. A code may be
    given by its label; @FILE reads the value from a file, - from standard input; nothing after = empties the field.
    `enlace form show FORM` lists the fields. With --ask you are asked for one after the other, in your language, and
    may stop at any time.
    """
    if editor and not ask:
        raise Usage("--editor goes with --ask")
    if ask and (terminal.json or not sys.stdin.isatty()):
        raise Usage("--ask needs somebody at a terminal; give FIELD=VALUE or --from FILE instead")
    with opened(terminal) as desk:
        drafts = Drafts(desk.keyring.vault)
        before = drafts.get(name)
        form = known_form(before)
        typist = Typist(reading_language(language, before.filled.language), before.filled.language, _own_zone(desk))
        only = tuple(each for each in answers if "=" not in each)
        if only and not ask:
            raise Usage(f"{only[0]!r} has no value; write {only[0]}=…, or --ask to be asked")
        for each in only:
            if form.field(each) is None or "." in each:
                raise Usage(f"the form has no field {each!r}; `enlace form show {form.name}` lists them")
        file = _from_file(source, form) if source else None
        filled = _answered(form, before.filled, answers, file, typist, files=terminal.names_files)
        after = msgspec.structs.replace(
            before,
            filled=filled,
            to=tuple(dict.fromkeys(to)) or before.to,
            case=before.case if case is None else case,
        )
        found = _recipients(desk, after)
        if after != before:
            after = msgspec.structs.replace(after, changed=terminal.clock())
            drafts.change(name, before, after)
        if not ask:
            _tell_state(terminal, name, after, found, typist.language)
            return
        store = _storing(desk, drafts, name, after)
    _dialogue(terminal, desk, name, after, found, typist, store, only, editor=editor)


def _answered(
    form: Form, filled: Filled, answers: tuple[str, ...], file: Filled | None, typist: Typist, *, files: bool
) -> Filled:
    """The form with a file's fields in place of its own, then every answer; raises Usage for any that is wrong."""
    values = opened_up(filled.values) | (opened_up(file.values) if file else {})
    stdin = [each for each in answers if each.endswith("=-") and files]
    if len(stdin) > 1:
        raise Usage(f"standard input can be one value, not {' and '.join(stdin)}")
    for each in answers:
        path, equals, text = each.partition("=")
        if equals:
            assign(form, values, path, _value(text, path) if files else text, typist)
    return settled(form.form, filled.language, values)


def _value(text: str, path: str) -> str:
    if text == "-":
        return read_text("-", f"value of {path}")
    return read_text(text[1:], f"value of {path}") if text.startswith("@") else text


def _from_file(source: str, form: Form) -> Filled:
    """The filled form in a file, in any spelling of JSON; raises Usage for another form, or none."""
    try:
        filled = decode_lenient(read_file(source, "filled form", MOST_BYTES), Filled)
        if filled.form != form.form:
            raise Usage(f"{source} holds {filled.form}, not {form.form}")
        write_filled(filled)
    except Malformed as error:
        raise Usage(f"{source} is no filled form: {by_path(str(error))}") from error
    return filled


def _recipients(desk: Unlocked, draft: FormDraft) -> tuple[Recipient, ...]:
    view, bodies = desk.replica().view, desk.store.bodies()
    return recipients(view, bodies, desk.profile.identity.member, draft.to, desk.clock())


def _asks(recipient: Recipient, form: Form, language: str) -> list[str]:
    """A recipient by name, what it is if the form is mostly for others, and what it requires."""
    function = recipient.entry.contact.function
    lines = [told("to", language, name=line(recipient.name(language)))]
    if form.functions and function not in form.functions:
        usual = ", ".join(function_label(each, language) for each in form.functions)
        words = told("other_function", language, is_=function_label(function, language), usual=usual)
        lines.append(f"  ! {words}")
    if recipient.asks is None:
        return [*lines, f"  ! {told('unreadable', language, name=recipient.contact)}"]
    return [*lines, *(f"  {each}" for each in recipient_asks(recipient.asks, language))]


def _tell_state(terminal: Terminal, name: str, draft: FormDraft, found: tuple[Recipient, ...], language: str) -> None:
    lacking = lacks(draft, found, draft.changed)
    stops = sum(each.gap.stops for each in lacking)
    words = told("stored_lacks" if stops else "stored_ready", language, name=name, count=stops)
    plain = {"draft": name, "fields": sorted(draft.filled.values), "missing": stops, "to": list(draft.to)}
    terminal.result(plain | {"case": draft.case}, words)


def _storing(desk: Unlocked, drafts: Drafts, name: str, draft: FormDraft) -> Callable[[Filled], None]:
    """What stores the draft's form from then on, holding the profile for that moment alone (rule 2)."""
    held = [draft]

    def store(filled: Filled) -> None:
        after = msgspec.structs.replace(held[0], filled=filled, changed=desk.clock())
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                with desk.profile.locked():
                    drafts.change(name, held[0], after)
                    held[0] = after
                    return
            except Locked:
                if time.monotonic() > deadline:
                    raise
            time.sleep(_STEP)  # another command is at work: there is nothing to wait on but its end

    return store


def _dialogue(
    terminal: Terminal,
    desk: Unlocked,
    name: str,
    draft: FormDraft,
    found: tuple[Recipient, ...],
    typist: Typist,
    store: Callable[[Filled], None],
    only: tuple[str, ...],
    *,
    editor: bool,
) -> None:
    form, language = known_form(draft), typist.language
    width = max(min(terminal.width or _NARROW, _NARROW), 40)

    def tell(text: str) -> None:
        click.echo(block(text, bar=""))

    def gaps(filled: Filled) -> list[Gap]:
        return [each.gap for each in lacks(msgspec.structs.replace(draft, filled=filled), found, desk.clock())]

    _edit_lines()
    tell(f"{form.title.in_(language)} ({form.form})")
    tell(told("draft", language, name=name, language=language_in(draft.filled.language, language)))
    for each in found:
        for words in _asks(each, form, language):
            tell(block(words, width, bar=""))
    tell(block(told("begin", language), width, bar=""))
    wanted = _wanted(found)
    dialogue = Dialogue(
        form,
        draft.filled,
        typist,
        read=_read,
        tell=tell,
        store=store,
        edit=lambda text: edited(desk.profile, text, environment()),
        gaps=gaps,
        wanted=wanted,
        editor_first=editor,
        width=width,
    )
    dialogue.run(only)
    done = replace_filled(draft, dialogue.answers.filled)
    lacking = lacks(done, found, desk.clock())
    for lack in lacking:
        tell(block(f"{'!' if lack.gap.stops else '-'} {line(lack.gap.told(language))}", width, bar=""))
    if can_be_sent(lacking):
        tell(told("complete", language))
    tell(told("stays", language, name=name))


def replace_filled(draft: FormDraft, filled: Filled) -> FormDraft:
    """A draft with another form in it."""
    return msgspec.structs.replace(draft, filled=filled)


def _read(prompt: str) -> str:
    """A line typed by the officer; raises EOFError at the end of what is typed, also for Ctrl-C: all is stored."""
    try:
        return input(prompt)
    except KeyboardInterrupt as error:
        click.echo()
        raise EOFError from error
    except UnicodeDecodeError:
        return ""


def _edit_lines() -> None:
    """Let a line be edited with the arrow keys, and be longer than the 4,095 bytes that a terminal takes by itself.

    Nothing that was typed comes back with them: the next at this terminal may be somebody else.
    """
    try:
        import readline
    except ImportError:  # Windows edits lines by itself
        return
    readline.set_auto_history(False)
    readline.set_completer(lambda _text, _state: None)


def _wanted(found: tuple[Recipient, ...]) -> tuple[str, ...]:
    """The languages that every recipient with a wish takes; those of the first, if there is none that all take."""
    wishes: list[tuple[str, ...]] = [each.asks.languages for each in found if each.asks and each.asks.languages]
    common = [each for each in wishes[0] if all(each in other for other in wishes)] if wishes else []
    return tuple(common) or (wishes[0] if wishes else ())


def _own_language(desk: Unlocked) -> str:
    member = desk.replica().view.members.get(desk.profile.identity.member)
    return next(iter(country_languages(member.country)), "en") if member is not None else "en"


def _own_zone(desk: Unlocked) -> str:
    """The time zone of a contact that this desk serves, if its details are here; else UTC."""
    view, identity = desk.replica().view, desk.profile.identity
    served = (each for each in sorted(view.contacts) if view.serves(identity.device, each, view.size, desk.clock()))
    for each in recipients(view, desk.store.bodies(), identity.member, served, desk.clock()):
        if each.entry.body is not None and each.entry.body.zone:
            return str(each.entry.body.zone)
    return "UTC"
