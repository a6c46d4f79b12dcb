"""`enlace forward`: pass a message on, as its sender signed it, as far as the handling rules let it go."""

from dataclasses import replace

import click
import msgspec

from desk.commands.handed_files import check_all_here, fetch_files
from desk.commands.marks import TLP, end_of_day
from desk.commands.messages import check_unlocked
from desk.commands.options import checked, duration, opened, read_words, with_passphrase
from desk.commands.passing import queue, send_queued, state_of
from desk.commands.telling import tell
from desk.errors import NotFound
from desk.exercise.mark import marked
from desk.handling.agreed import going_along
from desk.handling.composing import Passing, passed_marks, passed_on
from desk.handling.marks import Handling
from desk.handling.stored import meant_purpose
from desk.handling.way_out import check_way_out
from desk.mail.facts import Stored
from desk.profile.unlocked import Unlocked
from desk.safe_text import line
from desk.terminal import Terminal
from directory.fields import Language
from relay.protocol.envelope import PRECEDENCES


@click.command(short_help="Pass a message on, with the consent that it takes.")
@click.argument("number", type=int)
@click.argument("to", nargs=-1, required=True, metavar="CONTACT...")
@click.option("--purpose", default="", help="For which purpose, if for another than it was sent for: takes consent.")
@click.option("--text", "-t", "text_file", metavar="FILE", help="Add words of your own: FILE, or - for standard input.")
@click.option("--language", default="", metavar="CODE", help="The language of these words: es, en, pt, fr …")
@click.option(
    "--tlp", type=click.Choice(TLP, case_sensitive=False), help="A stricter label than it has; a looser one is refused."
)
@click.option("--onward", type=click.Choice(("ask", "no", "yes")), help="A stricter third-party rule than it has.")
@click.option("--keep-until", metavar="DAY", help="Have it erased earlier: after DAY (UTC), such as 2026-12-31.")
@click.option("--no-files", is_flag=True, help="Pass on the message without its attachments.")
@click.option("--from", "sender", default="", metavar="CONTACT", help="In the name of CONTACT, if you serve several.")
@click.option("--precedence", "-p", type=click.Choice(PRECEDENCES), default="routine", show_default=True,
              help="How urgent it is.")  # fmt: skip
@click.option("--expires", metavar="DURATION", default="7d", show_default=True, help="How long it waits, 14d at most.")
@with_passphrase
def forward(
    terminal: Terminal,
    number: int,
    to: tuple[str, ...],
    text_file: str | None,
    language: str,
    tlp: str | None,
    onward: str | None,
    keep_until: str | None,
    no_files: bool,
    expires: str,
    **rest: str,
) -> int | None:
    """Pass message NUMBER on to CONTACTs, as it was signed: who gets it sees who said it, to whom, and when.

    Its marks stay: no looser TLP, no longer retention. Among the contacts it was for it goes freely; whoever else gets
    it, by its marks, takes the consent of who sent it: `enlace consent ask`. TLP:RED goes to nobody who is not named.
    What is inside it keeps its own marks, and takes the consent of its own sender.
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        stored, receivers = desk.mail.get(number), tuple(dict.fromkeys(to))
        for contact in receivers:
            if contact not in desk.replica().view.contacts:
                raise NotFound(f"there is no contact {line(contact)}; `enlace find` lists them")
        check_unlocked(desk, stored)
        purpose = meant_purpose(stored.message, "forward", rest["purpose"])
        decision = check_way_out(desk, stored, "forward", to=receivers, purpose=purpose)
        wish = Passing(
            to=receivers,
            text=read_words(text_file, "text", "leave --text away") if text_file is not None else "",
            language=checked(language, Language, "code of a language", "es, en, pt, fr or es-AR") if language else "",
            expires_in=duration(expires),
            consents=going_along(desk, stored, receivers, purpose),
            proof=desk.mail.proofs.proof(number),
            **msgspec.convert(rest, dict[str, str]),  # type: ignore[arg-type]  # precedence was checked by click
        )
        if tlp or onward or keep_until:
            wish = replace(wish, tighter=_tighter(desk, stored, wish, tlp, onward, keep_until))
        device, files = desk.profile.identity.device, () if no_files else stored.message.attachments
        passed_on(desk.replica(), device, stored, wish, terminal.clock())  # refused before anything is fetched
        check_all_here(number, files, fetch_files(terminal, desk, files))
        wish = replace(wish, attachments=files)
        sent = queue(terminal, desk, passed_on(desk.replica(), device, stored, wish, terminal.clock()))
        send_queued(terminal, desk)
        plain, state = state_of(desk, sent)
        words = f"Message {number} is passed on to {', '.join(receivers)} as message {sent}: {state}."
        consent = f" By the consent {decision.consent[:16]}." if decision.consent else ""
        text = marked(stored.message, words + consent)
        terminal.result(plain | {"of": number, "to": list(receivers), "consent": decision.consent}, text)
        return None


def _tighter(
    desk: Unlocked, stored: Stored, wish: Passing, tlp: str | None, onward: str | None, keep_until: str | None
) -> Handling:
    kept = passed_marks(stored, wish, desk.replica())
    given = {"tlp": tlp, "onward": onward, "erase_at": end_of_day(keep_until) if keep_until else None}
    return msgspec.structs.replace(kept, **{name: each for name, each in given.items() if each is not None})
