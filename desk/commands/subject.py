"""`enlace subject`: everything held about a person; and its erasure, as far as this desk's power reaches."""

from dataclasses import dataclass, replace

import click

from desk.cases.locks import Locks
from desk.commands.erase import REASONS, Asking, Erasing, erasing
from desk.commands.options import opened, with_passphrase
from desk.commands.withheld import locks_of
from desk.entries.erasure import Reason, power
from desk.entries.erasure_words import left_bare, sets, short
from desk.entries.held_about import Asked, Held, HeldMessage, asked, held_about
from desk.entries.held_words import Left, left_lines, plain, remains, report
from desk.errors import NotFound, Usage
from desk.handling.way_out import not_shown
from desk.link.session import check_look_up
from desk.profile.enrolment import confirmed
from desk.profile.unlocked import Unlocked
from desk.safe_text import line
from desk.terminal import Terminal
from directory.erasable import Erasable, erasable
from directory.view import View

_MOST_NAMED = 10


@click.group(short_help="Report everything held about a person, and erase it.")
def subject() -> None:
    """Report everything held about a person on this desk, and erase what this desk has the power to erase.

    A person is asked for by words (a name, a number), or by the id of an officer or a contact.
    """


@subject.command("report", short_help="Report everything held about WHO.")
@click.argument("who", nargs=-1, required=True, metavar="WHO...")
@with_passphrase
def report_about(terminal: Terminal, who: tuple[str, ...]) -> None:
    """Report everything that this desk holds about WHO, and what it can know of the relay's side.

    WHO is a contact's id, an officer's (eight characters of it or more), or words: then everything is listed that has
    all of them, with accents or without. Of messages it says how many, of which cases and when, not what they say; of
    drafts of forms, which.
    """
    with opened(terminal) as desk:
        check_look_up(desk.keyring, terminal.clock())
        own = power(desk.profile.identity, desk.replica().view, terminal.clock())
        held = held_about(desk, asked(desk.replica().view, " ".join(who)))
        locks = locks_of(desk)
        held.messages = [_in_report(desk, locks, each) for each in held.messages]
        terminal.result(plain(held, own), report(held, desk.store.bodies(), own))


def _in_report(desk: Unlocked, locks: Locks, found: HeldMessage) -> HeldMessage:
    """A message in the report: without its case, where that may not stand in a file or the case is locked here."""
    stored = desk.mail.get(found.number)
    return replace(found, case="") if not_shown(desk, stored) or locks.why(stored) else found


@subject.command("erase", short_help="Erase what is held about WHO, and say what remains.")
@click.argument("who", nargs=-1, required=True, metavar="WHO...")
@click.option("--reason", type=click.Choice(REASONS), default="request", show_default=True, help="Why.")
@erasing
def erase_about(asking: Asking, who: tuple[str, ...], reason: Reason) -> None:
    """Erase what this desk has the power to erase about WHO, and say what remains and why.

    By statement, everywhere: the details that are your member's. On this disk: former details of others, and an
    invitation of a revoked officer. WHO is the id of an officer or a contact. Words erase nothing: what has them is
    listed, and you name what is meant.
    """
    terminal = asking.terminal
    with opened(terminal) as desk:
        check_look_up(desk.keyring, terminal.clock())
        view = desk.replica().view
        own = power(desk.profile.identity, view, terminal.clock())
        meant = _exactly(desk, view, " ".join(who))
        held = held_about(desk, meant)
        run = Erasing(asking, desk, reason)
        found = _Found.of(held, own)
        told = _shown(run, found, remains(held, own))
        result = {"erased": run.rows(found.stated, {}), "here": run.rows(found.copies, {}), "dry_run": asking.dry_run}
        result |= {"invitation": found.invitation, "remains": plain(held, own)["remains"]}
        if asking.dry_run:
            terminal.result(result, f"{told}\nNothing was erased (--dry-run).")
            return
        if found.nothing:
            terminal.result(result, told)
            return
        terminal.note(told)
        for warning in left_bare(found.stated):
            terminal.warn(warning)
        terminal.confirm("Erase this?", yes=asking.yes)
        _erase(desk, run, found, meant)
        here = f", {sets(len(found.copies))} on this disk" if found.copies else ""
        terminal.result(result, f"Erased: {sets(len(found.stated))} everywhere{here}.")


@dataclass(frozen=True)
class _Found:
    """What can be erased: by statement, and on this disk alone."""

    stated: list[Erasable]
    copies: list[Erasable]
    invitation: bool

    @classmethod
    def of(cls, held: Held, own: str | None) -> "_Found":
        """What of it is this desk's user's to erase (`desk.entries.erasure.power`), and what is a mere copy here."""
        stated = [each for each in held.details if each.eraser == own]
        others = (each for each in held.details if each.eraser != own and each.state != "in force")
        copies = [each for each in others if each.commitment in held.here]
        return cls(stated, copies, held.invitation and held.revoked)

    @property
    def nothing(self) -> bool:
        return not self.stated and not self.copies and not self.invitation


def _exactly(desk: Unlocked, view: View, text: str) -> Asked:
    """Whom the id `text` names; raises Usage with what has the words, where it is no id, NotFound where nothing has."""
    meant = asked(view, text)
    if meant.kind != "words":
        return meant
    held = held_about(desk, meant)
    names = list(dict.fromkeys(short(each.subject) for each in held.details))
    told = ", ".join(names[:_MOST_NAMED]) + (f" and {len(names) - _MOST_NAMED} more" * (len(names) > _MOST_NAMED))
    if names:
        words = f"{line(text)!r} is no id of an officer or a contact, and words erase nothing. They stand in: {told}"
        raise Usage(f"{words}. Name what you mean by its id; `enlace erase` has members and circles")
    mail = f"; messages that have them, and are not erased: {len(held.messages)}" if held.messages else ""
    if held.drafts:
        mail += f"; drafts of forms that have them: {', '.join(held.drafts)}: `enlace form discard` erases one"
    raise NotFound(f"no officer or contact has the id {line(text)!r}, and no details here have these words{mail}")


def _shown(run: Erasing, found: _Found, left: list[Left]) -> str:
    lines = ["To be erased everywhere, for good:", *run.shown(found.stated, {})] if found.stated else []
    lines += ["To be erased on this disk:", *run.shown(found.copies, {})] if found.copies else []
    lines += ["To be erased on this disk: an invitation that was not used."] if found.invitation else []
    lines += [] if lines else ["There is nothing that this desk has the power to erase."]
    return "\n".join([*lines, "What remains, and why:", *left_lines(left)])


def _erase(desk: Unlocked, run: Erasing, found: _Found, meant: Asked) -> None:
    """Erase by statement first: if that is refused, nothing was erased here either."""
    wanted = {each.commitment for each in found.stated}

    def choose(view: View) -> list[Erasable]:
        mine = power(desk.profile.identity, view, desk.clock())
        return [each for each in erasable(view) if each.subject == meant.subject and each.eraser == mine]

    if wanted:
        run.publish(choose, found.stated)
    # After a crash here the copies on this disk stand yet; the same command again erases them.
    desk.store.erase_bodies(each.commitment for each in found.copies)
    if found.invitation:
        confirmed(desk.keyring.vault, meant.text)
