"""`enlace duty hand-over` and `take-over`: from one shift to the next, with what is open."""

from dataclasses import replace
from typing import Any

import click
import msgspec

from desk.commands.duty_draft import fetch, send
from desk.commands.duty_options import check_officer, in_language, of_contact, one_contact
from desk.commands.options import checked, opened, read_words, with_passphrase
from desk.errors import NotFound, Usage
from desk.handling.way_out import not_shown
from desk.handling.words import NO_FILE
from desk.mail.content import MOST_NOTE, DutyNote
from desk.profile.unlocked import Unlocked
from desk.rosters.board import Board, board
from desk.rosters.board_text import note_line
from desk.rosters.kept import Left
from desk.rosters.open_work import Open, of_note, open_work, unreadable
from desk.rosters.posted import post
from desk.rosters.sending import queue
from desk.safe_text import block, line
from desk.terminal import Terminal, stamp
from directory.fields import Language

MOST_LISTED = 60  # characters of a subject


@click.command("hand-over", short_help="Leave a note to the next officer, with what is open.")
@of_contact
@click.option("--note", default="", metavar="TEXT", help="What the next officer has to know, in a line.")
@click.option("--text", "text_file", metavar="FILE", help="The same from FILE (UTF-8); - for standard input.")
@click.option("--in", "tag", default="", metavar="LANGUAGE", help="The language that you write in, such as es.")
@with_passphrase
def hand_over(terminal: Terminal, contact: str, note: str, text_file: str | None, tag: str) -> None:
    """Leave a note to the next officer on the same contact, with the messages and requests that are still open.

    It goes to every desk of the contact, signed and sealed, and to nobody else.
    """
    late = not note and text_file == "-"  # then it is behind the passphrase, which may stand there too
    words = "" if late else _words(note, text_file)
    if tag:
        checked(tag, Language, "language", "es")
    with opened(terminal) as desk:
        words = _words(note, text_file) if late else words
        check_officer(desk)
        fetch(terminal, desk, to_sign=True)
        found, work, number = leave(desk, one_contact(desk, contact), words, tag)
        why = send(terminal, desk, number)
        plain, text = left_text(desk, found, work)
        told = f"It waits in the outbox: {line(why).rstrip('.')}." if why else "Every desk of the contact gets it."
        plain |= {"contact": found.contact, "number": number, "sent": not why, "kept": why}
        terminal.result(plain, f"{text}\nThe note is signed. {told}")


def leave(desk: Unlocked, contact: str, words: str, tag: str) -> tuple[Board, tuple[Open, ...], int]:
    """Sign a note with what is open, into the outbox; returns the board of before, the open work, the number."""
    view, now = desk.replica().view, desk.clock()
    found = board(desk, view, contact, now)
    work = open_work(desk.mail, view, desk.profile.identity, contact, now)
    content = DutyNote(text=words, language=tag or msgspec.UNSET, open=tuple(each.hash for each in work))
    return found, work, queue(desk, contact, content)


def left_text(desk: Unlocked, found: Board, work: tuple[Open, ...]) -> tuple[dict[str, Any], str]:
    """What was handed over, to whom it goes, and what of it the next officer's desk cannot read."""
    view, now = desk.replica().view, desk.clock()
    duty = found.duty
    following = duty.next.officers if duty is not None and duty.next is not None else ()
    lines = [_line(each) for each in _said(desk, work)] or ["Nothing is open."]
    lacking = {each: unreadable(view, work, each, now) for each in following}
    for officer, missing in lacking.items():
        if missing:
            numbers = ", ".join(str(each.number) for each in missing if each.number)
            lines.append(
                f"! {found.who(officer)} cannot read {numbers or len(missing)}: sealed before that desk was enrolled"
            )
    if following:
        lines.append(f"Next: {'; '.join(map(found.who, following))}")
    plain = {
        "open": [_plain(each) for each in _said(desk, work)],
        "next": list(following),
        "cannot_read": {officer: [each.hash for each in missing] for officer, missing in lacking.items() if missing},
    }
    return plain, "\n".join(lines)


@click.command("take-over", short_help="Show the last note and what is open, and take it over.")
@of_contact
@click.option("--look", is_flag=True, help="Only look; the note stays to be taken over.")
@click.option("--note", default="", metavar="TEXT", help="A word with it, for the others.")
@in_language
@with_passphrase
def take_over(terminal: Terminal, contact: str, look: bool, note: str, language: str) -> None:
    """Show the last note on a contact, with the messages that it leaves open, and sign that you have them now.

    The other officers see that you have taken over. A message that this desk cannot read is named too.
    """
    words = _words(note, None)
    with opened(terminal) as desk:
        check_officer(desk)
        fetch(terminal, desk, to_sign=not look)
        found = board(desk, desk.replica().view, one_contact(desk, contact), desk.clock())
        left = found.kept.last
        if left is None:
            raise NotFound(f"nobody has left a note on {found.contact}")
        known = look or found.kept.taken(left) is not None
        plain, text = note_text(desk, found, left, language, state=known)
        if known:
            said = "" if look else "\nIt was taken over before; nothing was signed."
            terminal.result(plain | {"contact": found.contact, "signed": False}, text + said)
            return
        number = take(desk, found, left, words)
        why = send(terminal, desk, number)
        post(desk)
        told = f"; that waits in the outbox: {line(why).rstrip('.')}." if why else "."
        plain |= {"contact": found.contact, "signed": True, "number": number, "sent": not why, "kept": why}
        terminal.result(plain, f"{text}\nYou have taken over{told}")


def take(desk: Unlocked, found: Board, left: Left, words: str = "") -> int:
    """Sign that a note is taken over, into the outbox; returns the number of the message."""
    return queue(desk, found.contact, DutyNote(text=words, takes=left.hash))


def note_text(
    desk: Unlocked, found: Board, left: Left, language: str = "en", *, state: bool = True
) -> tuple[dict[str, Any], str]:
    """A note with what it leaves open, as that stands now on this desk; with `state`, who has taken it over."""
    work = _said(desk, of_note(desk.mail, desk.replica().view, desk.profile.identity, left.note.open))
    missing = [each for each in work if not each.number]
    lines = [note_line(found, left, language, state=state)]
    if left.note.text:
        lines.append(block(left.note.text))
    lines += [_line(each) for each in work if each.number]
    if missing:
        lines.append(
            f"! {len(missing)} more cannot be read on this desk: sealed before it was enrolled, or erased here. A "
            "colleague who can read them hands over the case: `enlace case hand-over`"
        )
    plain = {
        "hash": left.hash,
        "officer": left.officer,
        "at": left.taken_in,
        "text": left.note.text,
        "open": [_plain(each) for each in work],
        "missing": len(missing),
    }
    return plain, "\n".join(lines)


def _words(note: str, text_file: str | None) -> str:
    if note and text_file:
        raise Usage("give the note with --note or with --text, not with both")
    words = note or (read_words(text_file, "note", "leave --text away") if text_file else "")
    if len(words) > MOST_NOTE:
        raise Usage(f"the note has {len(words)} characters; at most {MOST_NOTE} are possible")
    return words


def _said(desk: Unlocked, work: tuple[Open, ...]) -> tuple[Open, ...]:
    """Open work as it may be shown here: into a file goes nothing of what messages say that may not be exported."""
    kept = {each.number: not_shown(desk, desk.mail.get(each.number)) for each in work if each.number}
    return tuple(
        replace(each, words=NO_FILE[1]) if each.number and kept[each.number] is not None else each for each in work
    )


def _line(work: Open) -> str:
    what = "" if work.what == "message" else f"{work.what} "
    state = f" ({what}{work.state})" if work.state else f" ({what.strip()})" if what else ""
    head = f"{work.number or '–':>5}  {stamp(work.at)}  {work.precedence:<9} {work.sender:<22}"
    return f"{head} {line(work.words, MOST_LISTED)}{state}"


def _plain(work: Open) -> dict[str, Any]:
    return {
        "hash": work.hash, "what": work.what, "number": work.number, "from": work.sender, "at": work.at,
        "precedence": work.precedence, "words": work.words, "state": work.state,
    }  # fmt: skip


COMMANDS = (hand_over, take_over)
