"""`enlace inbox`, `read`, `receipts`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import msgspec

from desk.cases.locks import locked_words
from desk.commands.duty_telling import tell_duty
from desk.commands.options import opened, with_passphrase
from desk.commands.outcome import carried_out
from desk.commands.telling import tell, tell_unsent
from desk.commands.telling_requests import request_lines, request_plain
from desk.commands.withheld import locks_of
from desk.drills.listed import tell_drills
from desk.errors import Declined, Distrust, Locked, NotFound, Unreachable
from desk.exercise.mark import heading, marked
from desk.handling.agreed import agreed_plain, agreements
from desk.handling.rules import Decision
from desk.handling.use_lines import plain_record, plain_uses, use_lines
from desk.handling.way_out import check_shown, check_way_out, not_shown
from desk.handling.words import NO_FILE
from desk.link.session import connected
from desk.mail.attachments import download, held, open_file, target_for
from desk.mail.content import Consent, Correspondence, Receipt
from desk.mail.elsewhere import Copies, Elsewhere
from desk.mail.facts import Facts, Stored
from desk.mail.message import Message
from desk.mail.message_warnings import WARNINGS
from desk.mail.outbox import Flushed
from desk.mail.shown import headline, page, written
from desk.mail.timeline import plain as turns_plain
from desk.mail.timeline import repeats, schedule_of
from desk.mail.timeline import rows as turns_rows
from desk.mail.timeline import text as turns_text
from desk.mail.trail import BY_WORD, Event, place, trail
from desk.mail.twice import acceptances
from desk.profile.answering import mark_opened
from desk.profile.unlocked import Unlocked
from desk.safe_text import block, line
from desk.terminal import Terminal, run, stamp
from relay.protocol.receipts import Relayed

MOST_LISTED = 80  # characters of a subject in a list
_NO_FILE = NO_FILE[1].strip("()")


@click.command(short_help="Take in what has arrived, and list messages.")
@click.option("--all", "everything", is_flag=True, help="Show sent messages and receipts too.")
@click.option("--find", "words", default="", help="Show only messages in which all these WORDS stand.", metavar="WORDS")
@with_passphrase
def inbox(terminal: Terminal, everything: bool, words: str) -> None:
    """List messages, after taking in what has arrived. Drills are no messages: those that wait are told beside them."""
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        copies, rows = Copies(desk.replica().view, desk.profile.identity), list[Stored]()
        locks = locks_of(desk)
        locked = dict[int, str]()
        for stored in desk.mail.all():
            copies.add(stored)
            shown = everything or (
                stored.facts.direction != "out" and isinstance(stored.message.content, Correspondence | Consent)
            )
            why = locks.why(stored) if shown else None
            if why is not None:
                locked[stored.number] = why
            if shown and (_contains(stored, words) if why is None else not words.split()):
                rows.append(stored)
        refused = {each.number: found for each in rows if (found := not_shown(desk, each))}
        plain = {
            "messages": [
                _withheld(_inbox_plain(each, copies, locked.get(each.number, "")), refused.get(each.number))
                for each in rows
            ],
            "duty": tell_duty(terminal, desk, warn=False),
        }
        now = terminal.clock()
        text = "\n".join(
            _line(each, copies.about(each), now, locked.get(each.number, ""), refused.get(each.number)) for each in rows
        )
        gone = list(desk.mail.gone.all()) if everything else []
        plain |= {"erased": msgspec.to_builtins(gone)} if everything else {}
        text = "\n".join([*filter(None, [text]), *(f"    -  {each.words}" for each in gone)])
        terminal.result(plain | {"drills": tell_drills(terminal, desk)}, text or "No messages.")


@click.command(short_help="Show a message; its sender learns that it was opened.")
@click.argument("number", type=int)
@click.option(
    "--save",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Save the attachments in FOLDER.",
)
@with_passphrase
def read(terminal: Terminal, number: int, folder: Path | None) -> None:
    """Show message NUMBER, as `enlace inbox` lists it.

    The first time, its sender gets a signed receipt that it was opened: at once if there is a session, else with the
    next one. Files are saved under names that are safe here and not taken.
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        check_unlocked(desk, desk.mail.get(number))
        check_shown(desk, desk.mail.get(number))
        # Saved first: if that fails nothing was opened, and nobody is told that it was.
        saved = _save(terminal, desk, desk.mail.get(number), folder) if folder is not None else []
        stored = mark_opened(desk, number)
        for warning in stored.facts.warnings:
            terminal.warn(WARNINGS.get(warning, warning))
        copies = desk.mail.receipts_about(stored.message.id) if not stored.facts.decided else ()
        elsewhere = Copies(desk.replica().view, desk.profile.identity, copies).about(stored)
        plain = _plain(stored, elsewhere) | {"saved": [str(each) for each in saved]}
        plain |= request_plain(desk, stored) | {"use": plain_uses(desk, stored), "victim_consent": plain_record(stored)}
        plain |= {"passed_on": [agreed_plain(each) for each in agreements(desk, stored)]}
        terminal.result(plain, _page(desk, stored, elsewhere, saved, terminal.width))
        send_receipts(terminal, desk)


@click.command(short_help="Show what became of a message, and who signed for it.")
@click.argument("number", type=int)
@with_passphrase
def receipts(terminal: Terminal, number: int) -> None:
    """Show what became of message NUMBER, and who signed for it.

    What somebody wrote as the reason of a refusal goes into no file where the message may not.
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        stored = desk.mail.get(number)
        events = trail(desk.mail, desk.replica().view, stored)
        withheld = not_shown(desk, stored)
        if withheld is not None:
            events = [replace(each, reason=_NO_FILE if each.reason else "") for each in events]
        rows = [f"{stamp(each.at)}  {each.words:<24} {each.where}" for each in events]
        rows = [
            f"{row}\n{'':22}proof: {each.proof}" + (f"\n{'':22}reason: {line(each.reason)}" if each.reason else "")
            for row, each in zip(rows, events, strict=True)
        ]
        view, now = desk.replica().view, terminal.clock()
        turns = schedule_of(desk.mail, view, stored, now)
        added = repeats(desk.mail, stored)
        plain = {
            "number": number,
            "id": stored.message.id,
            "exercise": stored.message.exercise,
            "events": [_event(each) for each in events],
            "turns": turns_plain(turns),
            "added": [
                {
                    "number": each.number,
                    "contacts": list(each.message.contacts),
                    "accepted": list(acceptances(desk.mail, view, each)),
                }
                for each in added
            ],
        }
        when = turns_text(turns, stored.message, view, now)
        rows += ["", when] if when else []
        for each in added:
            by = acceptances(desk.mail, view, each)
            rows.append(f"Added: {', '.join(each.message.contacts)}, with message {each.number}{_accepted(by)}")
        plain |= {"withheld": list(withheld.reasons)} if withheld is not None else {}
        waiting = "Nothing is known yet." if stored.facts.sent else "Not sent yet: it waits in the outbox."
        if not stored.facts.sent and stored.message.expires <= terminal.clock():
            waiting = "Not sent: it expired before the relay took it in."
        terminal.result(plain, "\n".join([*heading(stored.message), *(rows or [waiting])]))


def _accepted(by: tuple[str, ...]) -> str:
    return f": accepted by {', '.join(by)}" if by else ""


def _event(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in ("at", "what", "where", "proof", "reason", "counts")}


def _withheld(plain: dict[str, Any], refused: Decision | None) -> dict[str, Any]:
    """A message for programs, without what it says where that may not stand in a file."""
    if refused is None:
        return plain
    kind = {"kind": plain["content"]["kind"]}
    return plain | {"content": kind, "case": "", "attachments": [], "withheld": list(refused.reasons)}


def _contains(stored: Stored, words: str) -> bool:
    text = "\n".join((stored.message.sender.contact, headline(stored.message), *written(stored.message)))
    return all(word in text.casefold() for word in words.casefold().split())


def _plain(stored: Stored, elsewhere: list[Elsewhere]) -> dict[str, Any]:
    message, facts = stored.message, stored.facts
    content: dict[str, Any] = msgspec.to_builtins(message.content)
    return {
        "number": stored.number,
        "id": message.id,
        "exercise": message.exercise,
        "direction": facts.direction,
        "from": message.sender.contact,
        "case": message.case,
        "at": message.at,
        "relayed": proven(facts),
        "relayed_by_word": by_word(facts),
        "precedence": message.precedence,
        "handling": msgspec.to_builtins(message.handling),
        "content": content,
        "attachments": [{"name": each.name, "size": each.plain_size} for each in message.attachments],
        "received": facts.received,
        "opened": facts.opened,
        "decided": facts.decided,
        "sent": facts.sent,
        "warnings": list(facts.warnings),
        "envelope": facts.envelope,
        "recovered": facts.recovered,
        "origin": facts.origin,
        "elsewhere": [
            {"act": each.act, "at": each.at, "device": each.device, "member": each.member, "you": each.you}
            for each in elsewhere
        ],
    }


def proven(facts: Facts) -> int:
    """When the relay took the message in, by its receipt; 0 if there is none that proves it."""
    return 0 if facts.by_word else _receipt_time(facts)


def by_word(facts: Facts) -> int:
    """The same by a receipt from a recovery file: that it is of this message, only the lost desk said."""
    return _receipt_time(facts) if facts.by_word else 0


def _receipt_time(facts: Facts) -> int:
    return facts.relayed.leaf.time if isinstance(facts.relayed, Relayed) and "unproven" not in facts.warnings else 0


def check_unlocked(desk: Unlocked, stored: Stored) -> None:
    """Return if this desk may show a message; raise Declined for one of a case that it may not read (any more)."""
    why = locks_of(desk).why(stored)
    if why is not None:
        raise Declined(locked_words(why))


def _inbox_plain(stored: Stored, copies: Copies, why: str) -> dict[str, Any]:
    """A message for programs; of one that is locked nothing that was said in it."""
    plain = _plain(stored, copies.about(stored))
    if not why:
        return plain
    return {**plain, "content": {"kind": plain["content"]["kind"]}, "attachments": [], "case": "", "locked": why}


def _line(stored: Stored, elsewhere: list[Elsewhere], now: int, why: str = "", refused: Decision | None = None) -> str:
    message, facts = stored.message, stored.facts
    if facts.direction == "out":
        waits = message.expires > now and not facts.origin
        state = "sent" if facts.sent else "queued" if waits else "NOT SENT"
    else:
        state = facts.decided or ("opened" if facts.opened else "new")
    beside = ""
    if elsewhere and not facts.decided and (not facts.opened or elsewhere[0].act != "opened"):
        state, beside = elsewhere[0].act, f" ({elsewhere[0].act} by {elsewhere[0].who})"
    mark = "!" if facts.warnings else " "
    files = f" [{len(message.attachments)} file(s)]" if message.attachments else ""
    head = f"{stored.number:>5}{mark} {stamp(message.at)}  {message.precedence:<9} {state:<9}"
    subject = f"({locked_words(why)})" if why else line(headline(message), MOST_LISTED)
    if refused is not None:
        why = "about a victim" if "victim" in refused.reasons else f"TLP:{message.handling.tlp}"
        subject = f"({why}: {_NO_FILE})"
    return marked(message, f"{head} {message.sender.contact:<22} {subject}{files}{beside}")


def _page(desk: Unlocked, stored: Stored, elsewhere: list[Elsewhere], saved: list[Path], width: int) -> str:
    message, content = stored.message, stored.message.content
    view = desk.replica().view
    found = schedule_of(desk.mail, view, stored, desk.clock())
    turns = list(turns_rows(found, message, view, desk.clock()))
    turns = [f"{'' if number else 'When':<10}{row}" for number, row in enumerate(turns)]
    again = _repeated(desk, message)
    head = [
        *heading(message),
        f"From        {message.sender.contact}, {place(view, message.sender.device)}",
        f"To          {'; then '.join(', '.join(stage.contacts) for stage in message.stages)}",
        f"Signed      {stamp(message.at)}, {message.precedence}, TLP:{message.handling.tlp}",
        *([f"Relayed     {stamp(proven(stored.facts))}"] if proven(stored.facts) else []),
        *([f"Relayed     {stamp(by_word(stored.facts))}, {BY_WORD}"] if by_word(stored.facts) else []),
        *([f"Recovered   {_recovered(stored.facts)}"] if stored.facts.origin else []),
        *([f"Again       {again}"] if again else []),
        *turns,
        *(f"Elsewhere   {each.act} {stamp(each.at)} by {each.who}" for each in elsewhere),
        *([f"Case        {line(message.case)}"] if message.case else []),
        *([f"Purpose     {line(message.handling.purpose)}"] if message.handling.purpose else []),
    ]
    if isinstance(content, Receipt):
        return "\n".join([*head, f"Receipt     {content.act} {line(content.reason)}".rstrip()])
    head += map(line, use_lines(desk, stored))
    head += request_lines(desk, stored)
    files = [f"Attachment  {line(each.name)} ({each.plain_size:,} bytes)" for each in message.attachments]
    done = [f"Saved       {each}" for each in saved]
    text = block(page(message, width=width).rstrip("\r\n"), width)
    return "\n".join([*head, f"Subject     {line(headline(message))}", *files, *done, "", text])


def _repeated(desk: Unlocked, message: Message) -> str:
    """Which message one repeats for further contacts, if it does."""
    if message.again is msgspec.UNSET:
        return ""
    first = desk.mail.find(message.sender.device, message.again)
    return f"the same as message {first.number}" if first is not None else "the same went to others before"


def _recovered(facts: Facts) -> str:
    """Where a message came from that a recovery file brought, and what that means for one that was to be sent."""
    words = f"{stamp(facts.recovered)}, from the archive of device {facts.origin[:8]}"
    unsent = facts.direction == "out" and not facts.sent
    return words + ("; not sent when that file was written, and not by this desk" if unsent else "")


def _save(terminal: Terminal, desk: Unlocked, stored: Stored, folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NotFound(f"there is no folder {folder}")
    if stored.message.attachments:
        check_way_out(desk, stored, "export")

    async def work() -> list[Path]:
        saved: list[Path] = []
        for file in stored.message.attachments:
            cipher = held(file, files)
            if cipher is None and stored.facts.origin not in ("", desk.profile.identity.device):
                raise NotFound(
                    f"{line(file.name)} was not in the recovery file; ask the sender, or a colleague, for it"
                )
            if cipher is None:
                async with connected(desk.keyring, terminal.clock) as client:
                    cipher = await download(client, file, files, terminal.progress)
            target = target_for(folder, file.name)
            open_file(cipher, file, target)
            saved.append(target)
        return saved

    files = desk.profile.path / "files"
    return run(work())


def send_receipts(terminal: Terminal, desk: Unlocked) -> None:
    """Send what was just queued, if there is a session; otherwise it goes with the next one."""

    async def work(flushed: Flushed) -> None:
        async with connected(desk.keyring, terminal.clock) as client:
            await desk.sender(client).flush(flushed)

    if not desk.mail.waiting():
        return
    if desk.halt is not None:
        terminal.note("The receipt goes out when this desk is no longer halted.")
        return
    outcome = carried_out(terminal, work)
    tell_unsent(terminal, outcome.flushed)
    if isinstance(outcome.failed, (Locked, Unreachable)):
        terminal.note("The receipt goes out with the next session.")
    elif isinstance(outcome.failed, Distrust):
        if waiting := len(desk.mail.waiting()):
            terminal.note(f"In the outbox {waiting} wait; a receipt goes out with the next session.")
    elif outcome.failed is not None:
        terminal.warn(f"the receipt was not sent: {outcome.failed}")
