"""`enlace send`.

1. A text that was piped in is never dropped in silence: without `--text` there must be nothing on standard input, or
   somebody at a terminal, or `--no-text` said. It is not waited for longer than PATIENCE.
2. Standard input may hold secrets and the text: in its first line the passphrase of the desk, then the one of the file,
   then the text, each only if `-` was given for it.
"""

import select
import sys
from dataclasses import replace
from io import UnsupportedOperation
from pathlib import Path

import click
import msgspec

from crypto.age import encrypt
from crypto.age_scrypt import ScryptRecipient
from desk import host
from desk.age import file_passphrase
from desk.commands.marks import TakenMarks, taken_marks, with_marks
from desk.commands.options import checked, duration, opened, read_words, with_passphrase
from desk.commands.outcome import Outcome, carried_out
from desk.errors import Declined, DeskError, Distrust, NotFound, Usage
from desk.exercise.mark import answers_as, marked
from desk.handling.marks import Handling
from desk.handling.sending import check_into_file, check_sending
from desk.handling.stored import about_victim
from desk.handling.usual import looser_than_answered, usual_marks
from desk.handling.way_out import check_way_out
from desk.keys.key_sets import spent
from desk.link.session import connected
from desk.mail.attachments import seal_file
from desk.mail.compose import Draft, compose
from desk.mail.facts import Facts
from desk.mail.message import Message, write_message
from desk.mail.outbox import Flushed
from desk.mail.schedule import schedule
from desk.mail.sealing import recipients_of
from desk.mail.timeline import plain as turns_plain
from desk.mail.timeline import preview as preview_of
from desk.profile.unlocked import Unlocked
from desk.replica.standing import Halted
from desk.replica.synchronise import synchronise
from desk.replica.trust_policy import check_age, vouched
from desk.safe_text import line
from desk.terminal import Terminal, run, stamp, work_factor
from directory.entry import entries
from directory.fields import Language
from relay.protocol.envelope import PRECEDENCES
from relay.protocol.lines import device_name

PATIENCE = 0.5  # seconds
_NONE = "without a text say --no-text"


@click.command(short_help="Send an end-to-end encrypted message to CONTACTs.")
@click.argument("to", nargs=-1, required=True, metavar="CONTACT...")
@click.option("--subject", "-s", required=True, help="One line that says what it is about.")
@click.option(
    "--text", "-t", "text_file", metavar="FILE", help="Read the text (UTF-8) from FILE; - for standard input."
)
@click.option(
    "--no-text", is_flag=True, help="Send no text, only subject and attachments; standard input is not looked at."
)
@click.option("--attach", "-a", "attachments", multiple=True, metavar="FILE", help="Attach FILE; repeat it for each.")
@click.option("--case", default="", help="Your reference of the case; the recipients see it.")
@click.option(
    "--from", "sender", default="", metavar="CONTACT", help="Send in the name of CONTACT, if you serve several."
)
@click.option(
    "--precedence",
    "-p",
    type=click.Choice(PRECEDENCES),
    default="routine",
    show_default=True,
    help="How urgent it is, so how soon the next in line is called.",
)
@with_marks
@click.option("--language", default="", metavar="CODE", help="The language of the text: es, en, pt, fr …")
@click.option(
    "--expires",
    metavar="DURATION",
    default="7d",
    show_default=True,
    help="How long it waits to be delivered: 90m, 12h, 14d at most.",
)
@click.option("--no-escalation", is_flag=True, help="Reach only the named contacts: no alternates, and no calls.")
@click.option(
    "--call",
    "calls",
    multiple=True,
    metavar="CONTACT",
    help="Call CONTACT if nobody accepts, instead of those who follow by themselves; repeat it for each, in order.",
)
@click.option("--no-call", is_flag=True, help="Call nobody; alternates still get the message.")
@click.option("--preview", is_flag=True, help="Show who would be reached and called when, and send nothing.")
@click.option("--exercise", is_flag=True, help="Sign that it is an exercise: nothing of it is real.")
@click.option("--reply-to", type=int, metavar="NUMBER", help="Say that this answers message NUMBER.")
@click.option(
    "--old-directory", is_flag=True, help="Send although the directory is over 7 days old, or the desk halted."
)
@click.option(
    "--as-file",
    metavar="FILE",
    help="Send nothing: write the message to FILE, sealed under a passphrase, to be brought in any other way.",
)
@click.option(
    "--file-passphrase-file",
    metavar="FILE",
    help="Seal --as-file under the first line of FILE, 12 characters or more; - asks for it. "
    "Without this option a passphrase of 40 digits is made and shown once.",
)
@with_passphrase
def send(
    terminal: Terminal,
    to: tuple[str, ...],
    subject: str,
    text_file: str | None,
    no_text: bool,
    attachments: tuple[str, ...],
    reply_to: int | None,
    expires: str,
    no_escalation: bool,
    calls: tuple[str, ...],
    no_call: bool,
    preview: bool,
    old_directory: bool,
    exercise: bool,
    language: str,
    as_file: str | None,
    file_passphrase_file: str | None,
    **rest: str,
) -> int:
    """Send an end-to-end encrypted message to one or more CONTACTs, such as co-desk.

    It is signed and kept in the outbox first. With a session it goes out at once; without one, or without
    the network, it waits for the next `enlace sync`, and the exit code says why (6 or 4). Nobody but the
    officers who serve the contacts, and those of your own, can read it.

    Whoever is called learns that a message waits for whom, and that nobody has accepted it: nothing of what it says.
    What answers an exercise is signed as one by itself. It wakes nobody: it is neither flash nor immediate and calls
    nobody, but in a network for exercises (`enlace exercise`), where everything is one.

    What is piped in without --text would be lost: it is refused. A script that may have standard input open and has no
    text to send says --no-text.
    """
    if no_text and text_file is not None:
        raise Usage("give either --text or --no-text")
    marks = taken_marks(rest, terminal.clock())
    early = text_file is not None and text_file != "-"
    text = read_words(str(text_file), "text", _NONE) if early else ""
    draft = Draft(
        to=tuple(dict.fromkeys(to)),
        subject=subject,
        text=text,
        language=checked(language, Language, "code of a language", "es, en, pt, fr or es-AR") if language else "",
        expires_in=duration(expires),
        escalate=not no_escalation,
        calls=tuple(dict.fromkeys(calls)) if calls else () if no_call or exercise else None,
        exercise=exercise,
        **msgspec.convert(rest, dict[str, str]),  # type: ignore[arg-type]  # precedence was checked by click
    )
    for path in attachments:
        if not Path(path).is_file():
            raise NotFound(f"there is no file {path} to attach")
    if calls and no_call:
        raise Usage("give either --call or --no-call")
    if preview and as_file is not None:
        raise Usage("a file is brought by hand: nobody is reached by a clock")
    if as_file is None and file_passphrase_file is not None:
        raise Usage("--file-passphrase-file seals a file: say with --as-file which; nothing was sent")
    if as_file is not None and attachments:
        raise Usage("a file sealed under a passphrase holds the message alone; bring its attachments separately")
    with opened(terminal) as desk:
        if desk.profile.identity.kind == "secretariat":
            raise Usage("the secretariat's desk sends no messages; an officer on duty does")
        file_secret = _file_secret(terminal, as_file, file_passphrase_file) if as_file is not None else ""
        if text_file == "-":
            draft = replace(draft, text=read_words("-", "text", _NONE))
        elif text_file is None and not no_text:
            _check_nothing_piped()
        if reply_to is not None:
            answered = desk.mail.get(reply_to)
            check_way_out(desk, answered, "answer", to=draft.to)
            draft = replace(draft, reply_to=answered.message.id)
            if answers_as(answered.message, exercise=exercise):
                draft = replace(draft, exercise=True, calls=draft.calls or ())
        draft = replace(draft, handling=_marks(terminal, desk, marks, reply_to))
        if preview:
            _preview(terminal, desk, draft)
            return 0
        if as_file is not None:
            _as_file(terminal, desk, draft, as_file, file_secret, made=file_passphrase_file is None)
            return 0
        number = _queue(terminal, desk, draft, attachments, old_directory)
        outcome = flush(terminal, desk, old_directory=old_directory)
        _report(terminal, desk, number, outcome.why(number))
        return outcome.code(number)


def _marks(terminal: Terminal, desk: Unlocked, marks: TakenMarks, reply_to: int | None) -> Handling:
    """The marks of the message; tells where an answer is looser than what it answers."""
    answered = desk.mail.get(reply_to) if reply_to is not None else None
    old = answered.message.handling if answered is not None else None
    found = marks.over(usual_marks(desk.keyring.vault), old)
    if answered is None or old is None:
        return found
    if loose := looser_than_answered(found, old):
        words = f"looser than message {reply_to}, which it answers (TLP:{old.tlp}, onward {old.onward})"
        terminal.warn(f"this answer is {words}, by its {', '.join(loose)}: quote nothing of that in it")
    if about_victim(answered.message) and not found.victim:
        terminal.warn(f"message {reply_to} is about a victim: say --victim if this answer is too")
    return found


def _preview(terminal: Terminal, desk: Unlocked, draft: Draft) -> None:
    """Who would be reached when; nothing is signed, kept or sent."""
    now = terminal.clock()
    message = compose(desk.replica(), desk.profile.identity.device, draft, now)
    recipients_of(desk.replica().view, message, now)
    turns = turns_plain(schedule(message, now, (), now))
    words = "Nothing was sent. Sent now, and accepted by nobody, it would reach"
    terminal.result({"turns": turns}, "\n".join([words, *preview_of(message, now)]))


def _queue(terminal: Terminal, desk: Unlocked, draft: Draft, attachments: tuple[str, ...], old_directory: bool) -> int:
    replica = desk.replica()
    if not old_directory:
        desk.check_following("nothing is sealed by its directory: a recipient may have been revoked since")
    warning = check_age(
        vouched(desk.keyring.vault, replica, terminal.clock()), terminal.clock(), override=old_directory
    )
    if warning:
        terminal.warn(line(warning))
    device = desk.profile.identity.device
    try:
        recipients_of(replica.view, compose(replica, device, draft, terminal.clock()), terminal.clock())
    except Declined as error:
        if error.problem != "no-device" or not _synchronised(terminal, desk):
            raise
        replica = desk.replica()  # a lost laptop has a successor perhaps, which this desk had not heard of
        recipients_of(replica.view, compose(replica, device, draft, terminal.clock()), terminal.clock())
    if attachments and draft.handling.tlp == "RED":
        terminal.warn("TLP:RED goes into no file: whoever gets this reads the names of its files, and cannot save them")
    folder = desk.profile.path / "files"
    sealed = tuple(seal_file(Path(path), folder) for path in attachments)
    message = compose(replica, device, replace(draft, attachments=sealed), terminal.clock())
    if len(message.turns) > 1:
        for row in ("Unless somebody accepts it, this reaches", *preview_of(message, terminal.clock())):
            terminal.note(row)
    number = desk.mail.add(message, _signed(desk, message), Facts(direction="out"), queue=True)
    if number is None:
        raise Usage("this message is in the outbox already")
    return number


def _synchronised(terminal: Terminal, desk: Unlocked) -> bool:
    """Whether a newer directory could be had now."""

    async def work() -> int:
        async with connected(desk.keyring, terminal.clock) as client:
            return (await synchronise(desk.profile, desk.store, client, terminal.clock())).statements

    try:
        return run(work()) > 0
    except Distrust:
        raise
    except DeskError:  # no session, or no network: what this desk knows has to do
        return False


def flush(terminal: Terminal, desk: Unlocked, *, old_directory: bool = False) -> Outcome:
    """Send what is queued, by the newest directory; an alarm is told."""

    async def work(flushed: Flushed) -> None:
        async with connected(desk.keyring, terminal.clock) as client:
            try:
                await synchronise(desk.profile, desk.store, client, terminal.clock())
            except Halted:  # told when the command ends; the officer has said that it cannot wait
                if not old_directory:
                    raise
            try:
                await desk.publish_keys(client)
            except (Declined, Usage) as error:  # what is sent waits for nothing that is wrong with this desk's own keys
                terminal.warn(f"this desk's own keys were not published: {error}")
            await desk.sender(client).flush(flushed, halted_too=old_directory)

    return carried_out(terminal, work)


def _report(terminal: Terminal, desk: Unlocked, number: int, why: str) -> None:
    stored = desk.mail.get(number)
    for warning in stored.facts.warnings:
        terminal.warn(warning)
    plain = {
        "number": number,
        "id": stored.message.id,
        "exercise": stored.message.exercise,
        "sent": stored.facts.sent,
        "envelope": stored.facts.envelope,
        "kept": why,
        "stages": msgspec.to_builtins(stored.message.stages),
        "turns": turns_plain(schedule(stored.message, stored.facts.sent, (), terminal.clock())),
        "expires": stored.message.expires,
        "cannot_receive": [] if stored.facts.sent else _tell_reach(terminal, desk, stored.message),
    }
    if stored.facts.sent:
        text = f"Message {number}: the relay took it in at {stamp(stored.facts.sent)} and signed for it."
        text = marked(stored.message, text)
        if len(stored.message.turns) > 1:
            text += f"\n`enlace receipts {number}` shows who is reached when, `enlace stage` stops or hastens that."
    else:
        text = marked(stored.message, f"Message {number} waits in the outbox: {line(why).rstrip('.')}.")
    terminal.result(plain, text)


def _tell_reach(terminal: Terminal, desk: Unlocked, message: Message) -> list[str]:
    """Warn of the recipients whose keys have run out, with how to reach them; returns their ids."""
    view, now, store, member = desk.replica().view, terminal.clock(), desk.store, desk.profile.identity.member
    out = spent(store, view, now)
    found = {each.id: each for each in entries(view, store.bodies(), now, reader=member, spent=out)} if out else {}
    told = [found[each] for each in message.contacts if each in found and found[each].reach == "cannot receive"]
    for entry in told:
        ways = [*(each.number for each in entry.body.phones), *entry.body.emails] if entry.body else []
        how = f"reach it by {', '.join(ways)}" if ways else "no telephone or e-mail of it is known here"
        terminal.warn(line(f"{entry.id} cannot receive: its keys ran out; {how}, or use --as-file FILE"))
    return [each.id for each in told]


def _check_nothing_piped() -> None:
    """Return if nobody has put a text on standard input (rule 1); raise Usage if somebody has, or may be about to."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return
    try:
        ready = bool(select.select([sys.stdin], [], [], PATIENCE)[0])
    except UnsupportedOperation:
        ready = True  # a stream of this process, and no pipe: to read it does not wait
    except (OSError, ValueError):
        ready = False  # on this system only sockets can be asked
    try:
        if ready and not sys.stdin.buffer.read(1):
            return
    except OSError:
        return  # nothing can be read from it, so nothing is lost
    raise Usage(
        f"standard input {'holds something' if ready else 'is open'}, and would not be sent: give the text with "
        "--text FILE or --text -, or say --no-text"
    )


def _file_secret(terminal: Terminal, path: str, source: str | None) -> str:
    """The passphrase for the file: made, or from where the user said."""
    if Path(path).exists():
        raise Usage(f"{path} exists already; give another name")
    if source is None:
        return file_passphrase.made()
    asked = None if source == "-" and sys.stdin.isatty() else source
    prompt = "Passphrase for the file, to be told by telephone"
    return terminal.secret(prompt, asked, "--file-passphrase-file", confirm=True)


def _as_file(terminal: Terminal, desk: Unlocked, draft: Draft, path: str, secret: str, *, made: bool) -> None:
    """A signed note under a passphrase, for a contact that has no desk: by e-mail or on a stick.

    It is bound as what is sealed to devices is: only who brings it is another.
    """
    sealing = file_passphrase.sealing(secret)
    message = compose(desk.replica(), desk.profile.identity.device, draft, terminal.clock())
    check_into_file(message.handling)
    check_sending(desk.replica().view, message)
    sealed = encrypt(_signed(desk, message), [ScryptRecipient(sealing, work_factor())])
    host.write_whole(Path(path), sealed)
    text = f"Written to {path}: opens with age and the passphrase."
    text, plain = marked(message, text), {"file": path, "id": message.id, "exercise": message.exercise}
    if made:
        plain["passphrase"] = secret
        text += f"\nThe passphrase, shown only now; tell it by telephone, with its hyphens:\n\n  {secret}"
    terminal.result(plain, text)


def _signed(desk: Unlocked, message: Message) -> bytes:
    identity = desk.profile.identity
    return write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
