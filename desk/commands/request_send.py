"""`enlace request send`, and how any act goes out.

1. A form that lacks what an instrument asks for is not sent: every missing field is told, with the article. What only
   warns is told, and has to be confirmed.
2. A request that was made before, by its reference, to the same authority, is told, and sent only with `--anyway`.
3. Data about a victim are marked as that, kept no longer than the victim agreed to, and reach the named contact alone;
   a consular one only if the victim has consented to that (`desk.handling.sending`, which is asked before files are
   sealed, and once more before the message is).
4. Nothing is signed before all of this is passed.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import msgspec

from desk.commands.marks import taken_marks, with_marks
from desk.commands.options import duration, opened, read_file, with_passphrase
from desk.commands.send import flush
from desk.commands.telling import tell
from desk.commands.treaties import today
from desk.drafting.drafts import Drafts, FormDraft
from desk.drafting.own_treaties import own_table, unknown_instruments
from desk.drafting.requirements import Recipient, known_form, lacks, recipients
from desk.errors import Declined, NotFound, Usage
from desk.exercise.mark import marked
from desk.forms.filled import Filled, write_filled
from desk.forms.missing import recipient_asks
from desk.forms.treaties import between
from desk.handling.sending import marks_for
from desk.handling.usual import usual_marks
from desk.mail.attachments import seal_file
from desk.mail.compose import Draft, sender_contact
from desk.mail.content import Form
from desk.mail.sealing import recipients_of
from desk.profile.unlocked import Unlocked
from desk.replica.trust_policy import check_age, vouched
from desk.requests.acts import Send
from desk.requests.at_hand import AtHand
from desk.requests.duplicates import duplicates
from desk.requests.request_words import said
from desk.requests.sending import queue, send_message, waits
from desk.requests.stored import form_references, short
from desk.safe_text import line
from desk.terminal import Terminal, stamp
from desk.timers.settings import own_settings
from directory.canonical import Malformed, decode_lenient
from directory.four_languages import OFFICIAL
from relay.protocol.envelope import PRECEDENCES


@click.command("send", short_help="Send a request that is made with a form.")
@click.argument("contact", metavar="[CONTACT]", default="")
@click.option("--form", "form_file", metavar="FILE", help="The filled form, as JSON; - for standard input.")
@click.option("--draft", "draft_name", metavar="DRAFT", help="A draft of this desk: `enlace form drafts` lists them.")
@click.option("--attach", "-a", "attachments", multiple=True, metavar="FILE", help="Attach FILE; repeat it for each.")
@click.option("--case", default="", help="Your reference of the case, if not the form's; the recipient sees it.")
@click.option(
    "--under", default="", metavar="INSTRUMENT", help="The treaty it rests on: `enlace treaty for` lists them."
)
@click.option("--follows", default="", metavar="ID", help="The earlier request that this one follows up.")
@click.option("--from", "sender", default="", metavar="CONTACT", help="Send for CONTACT, if you serve several.")
@click.option(
    "--precedence",
    "-p",
    type=click.Choice(PRECEDENCES),
    default="routine",
    show_default=True,
    help="How urgent it is, so how soon the next in line is called.",
)
@click.option("--expires", metavar="DURATION", default="14d", show_default=True, help="How long it waits: 14d at most.")
@click.option("--no-escalation", is_flag=True, help="Reach only the named contact, never its alternates.")
@click.option("--anyway", is_flag=True, help="Send it although the same was asked before.")
@click.option("--exercise", is_flag=True, help="Nothing of it is real: it is marked as an exercise everywhere.")
@click.option("--yes", is_flag=True, help="Do not ask about what is only a warning.")
@click.option(
    "--language",
    default="en",
    show_default=True,
    type=click.Choice(list(OFFICIAL)),
    help="The language of what is told here.",
)
@with_marks
@with_passphrase
def send_request(terminal: Terminal, contact: str, **given: Any) -> int:
    """Send a request to CONTACT, made with a form: a FILE, or a draft of this desk, which may say to whom.

    First it is told what the form lacks, and which article asks for it; what the contact asks of every request; and
    whether the same was asked before. With what stops it nothing is sent.
    """
    if (given["form_file"] is None) == (given["draft_name"] is None):
        raise Usage("give the form with --form FILE, or a draft with --draft DRAFT")
    for path in given["attachments"]:
        if not Path(path).is_file():
            raise NotFound(f"there is no file {path} to attach")
    file = filled_from(given["form_file"]) if given["form_file"] is not None else None
    chosen = taken_marks(given, terminal.clock())
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        timely(terminal, desk)
        draft = _draft(desk, file, contact, given)
        at_hand = AtHand(desk)
        device, language = desk.profile.identity.device, given["language"]
        sender = sender_contact(at_hand.view, device, given["sender"], at_hand.now)
        to = recipients(at_hand.view, desk.store.bodies(), desk.profile.identity.member, draft.to, at_hand.now)
        _gate(terminal, draft, to, given)
        _under(terminal, desk, draft, sender, to, given)
        _again(terminal, at_hand, draft, given)
        handling = marks_for(chosen.over(usual_marks(desk.keyring.vault)), draft.filled)
        act = Send(form=draft.filled.form, under=given["under"], language=draft.filled.language)
        if given["follows"]:
            act = msgspec.structs.replace(act, follows=at_hand.requests.find(given["follows"]).id)
        outline = Draft(
            to=draft.to,
            subject="-",
            text="",
            sender=sender,
            case=draft.case,
            precedence=given["precedence"],
            handling=handling,
            expires_in=waits(duration(given["expires"]), handling, at_hand.now),
            escalate=not given["no_escalation"] and not handling.victim,
        )
        form, replica = Form(filled=draft.filled), desk.replica()
        trial = send_message(replica, device, outline, form, act, desk.clock(), exercise=given["exercise"])
        recipients_of(replica.view, trial, desk.clock())  # who cannot be sealed to is told before files are sealed
        files = tuple(seal_file(Path(each), desk.profile.path / "files") for each in given["attachments"])
        outline = replace(outline, attachments=files)
        message = send_message(replica, device, outline, form, act, desk.clock(), exercise=given["exercise"])
        number = queue(desk, message)
        if given["draft_name"] is not None:  # after a crash before this the draft is still there, and the request too
            Drafts(desk.keyring.vault).discard(given["draft_name"])
        found = AtHand(desk).requests.of(message, desk.mail.get(number).note)
        return tell_sent(terminal, desk, number, found.id if found is not None else "", language)


def timely(terminal: Terminal, desk: Unlocked) -> None:
    """Return if this desk may seal by its directory now, warning if that is old; raise Declined, Halted or Usage."""
    if desk.profile.identity.kind == "secretariat":
        raise Usage("the secretariat's desk sends no requests; an officer on duty does")
    desk.check_following("nothing is sealed by its directory: a recipient may have been revoked since")
    now = terminal.clock()
    desk.replica()
    warning = check_age(vouched(desk.keyring.vault, desk.replica(), now), now, override=False)
    if warning:
        terminal.warn(line(warning))


def filled_from(path: str) -> Filled:
    """The filled form in a file of JSON, however it is laid out; raises Usage for what no desk would send."""
    try:
        filled = decode_lenient(read_file(path, "form"), Filled)
        write_filled(filled)
    except Malformed as error:
        raise Usage(f"{path} is no filled form: {error}") from error
    return filled


def _draft(desk: Unlocked, file: Filled | None, contact: str, given: dict[str, Any]) -> FormDraft:
    """What is to be sent, from a file or a draft, to one contact, in the case that was said, or the form's."""
    if file is not None:
        found = FormDraft(filled=file, begun=0, changed=0)
    else:
        found = Drafts(desk.keyring.vault).get(given["draft_name"])
    to = (contact,) if contact else found.to
    if len(to) != 1:
        words = "a request goes to one contact: say to which"
        raise Usage(f"{words}; the draft is for {', '.join(to)}" if to else words)
    reference = found.filled.value("reference")
    case = given["case"] or found.case or (reference if isinstance(reference, str) else "")
    return msgspec.structs.replace(found, to=to, case=case)


def _gate(terminal: Terminal, draft: FormDraft, to: tuple[Recipient, ...], given: dict[str, Any]) -> None:
    """Return if nothing that is missing stops the form, and warnings were confirmed; raise Declined otherwise."""
    language = given["language"]
    for each in to:
        if each.asks is None:
            terminal.warn(f"what {each.contact} asks of a request is not known here: its details are not to be had")
            continue
        for words in recipient_asks(each.asks, language):
            terminal.note(f"{each.contact}: {words}")
    found = [each.gap for each in lacks(draft, to, terminal.clock())]
    stops = [each for each in found if each.stops]
    for each_gap in stops:
        terminal.note(f"- {each_gap.told(language)}")
    if stops:
        raise Declined(
            f"the form lacks {len(stops)} thing(s) that a request cannot be sent without; nothing was signed",
            "incomplete",
        )
    for each_gap in found:
        terminal.warn(each_gap.told(language))
    if found:
        terminal.confirm("Send it as it is?", yes=given["yes"])


def _under(
    terminal: Terminal, desk: Unlocked, draft: FormDraft, sender: str, to: tuple[Recipient, ...], given: dict[str, Any]
) -> None:
    """Tell what is known of the instrument between the two states; raise Usage for one no such request rests on."""
    under, own = given["under"], own_table(desk.keyring.vault)
    if not under:
        return
    form = known_form(draft)
    limits = own_settings(desk.keyring.vault).terms
    own_names = (*unknown_instruments(own), *(each.instrument for each in limits if each.instrument))
    possible = tuple(dict.fromkeys((*form.instruments, *own_names)))
    if under not in possible:
        names = ", ".join(possible) or "none"
        words = f"{line(under)!r} is no instrument that {draft.filled.form} rests on (it may rest on: {names})"
        raise Usage(f"{words}; one of your own is put in with `enlace treaty set`")
    here = desk.replica().view.contacts[sender].country
    for each in to:
        for basis in between((under,), here, each.country, today(terminal), own):
            if basis.instrument == under:
                terminal.note(f"{each.contact}: {line(basis.told(given['language']))}")


def _again(terminal: Terminal, at_hand: AtHand, draft: FormDraft, given: dict[str, Any]) -> None:
    """Return if the same was not asked before, or the officer sends it anyway; raise Declined otherwise."""
    follows = at_hand.requests.find(given["follows"]).id if given["follows"] else ""
    before = [(each.found, each.root.references) for each in at_hand.every if each.id != follows]
    known = (draft.case, *form_references(Form(filled=draft.filled)))
    found = duplicates(known, draft.to, before, at_hand.member)
    for each in found:
        earlier = next(one for one in at_hand.every if one.id == each.request)
        state, at = said("state", each.state, given["language"]), stamp(earlier.found.request.at)
        whom = ", ".join(earlier.found.request.to)
        terminal.warn(
            f"the same reference ({line(each.reference)}) is that of request {short(each.request)}, "
            f"to {whom}, {state}, of {at}"
        )
    if found and not given["anyway"]:
        raise Declined("it was asked before; --anyway sends it nevertheless. Nothing was signed", "duplicate")


def tell_sent(terminal: Terminal, desk: Unlocked, number: int, request: str, language: str) -> int:
    """Send what was queued, and tell what became of message `number` and of its request; returns the exit code."""
    outcome = flush(terminal, desk)
    kept, code = outcome.why(number), outcome.code(number)
    stored = desk.mail.get(number)
    for warning in stored.facts.warnings:
        terminal.warn(warning)
    found = AtHand(desk).requests.one(request)
    state = found.found.state if found is not None else ""
    plain = {
        "request": request,
        "number": number,
        "sent": stored.facts.sent,
        "kept": kept,
        "state": state,
        "digest": found.proven.digest if found is not None else "",
    }
    text = f"Request {short(request)}: {said('state', state, language) if state else '?'}. "
    if stored.facts.sent:
        text += f"Message {number}: the relay took it in at {stamp(stored.facts.sent)} and signed for it."
    else:
        text += f"Message {number} waits in the outbox: {line(kept).rstrip('.')}."
    plain |= {"exercise": True} if stored.message.exercise else {}
    terminal.result(plain, marked(stored.message, text))
    return code
