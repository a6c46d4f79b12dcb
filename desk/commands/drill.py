"""`enlace drill`: readiness drills, sent now or at hours nobody knows, and what came of them.

1. Everything that is told of a drill says DRILL. What rings for it says nothing: who watches cannot tell, which is what
   is measured.
2. Nothing is signed before the relay was reached: a drill that waited in the outbox would measure the wait.
"""

import secrets
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import msgspec

from desk.alerts.choosing import Wanted, chosen
from desk.commands.options import checked, duration, opened, with_passphrase
from desk.commands.reaching_many import check_sealing, sent_out, with_contacts
from desk.commands.telling import tell, tell_settled, tell_unsent
from desk.drills.chart import chart
from desk.drills.figures import report as figures_of
from desk.drills.listed import listed, rows_plain
from desk.drills.measured import pings
from desk.drills.plan import LONGEST_PERIOD, SLACK, Planned, drawn, due, next_at, redrawn, without
from desk.drills.sending import Queued, keep_plan, kept_plan, known_entries, language_for, queue_drills
from desk.drills.shown_report import lines, plain, table
from desk.errors import Declined, Locked, Unreachable, Usage
from desk.host import write_whole
from desk.mail.compose import sender_contact
from desk.profile.unlocked import Unlocked, unlocked
from desk.report_lines import hanging
from desk.safe_text import line
from desk.terminal import Terminal, stamp
from directory.fields import Language
from directory.four_languages import OFFICIAL
from relay.protocol.envelope import PRECEDENCES

LOOKS = 60  # seconds between two looks at the plan


@click.group(short_help="Send readiness drills, and report who was reached.")
def drill() -> None:
    """Send readiness drills, and report who was reached, who accepted, and how soon.

    A drill is a signed message that asks for nothing but to be received and accepted. To the relay, and to whoever
    hears it ring, it is like any other of its precedence. How it is measured: docs/drills.md.
    """


@drill.command("send", short_help="Drill CONTACTs, now or at random hours.")
@with_contacts
@click.option("--at-random", metavar="WITHIN", help="Not now: each at a random hour of this time, such as 7d.")
@click.option(
    "--from", "sender", default="", metavar="CONTACT", help="Send in the name of CONTACT, if you serve several."
)
@click.option(
    "--precedence",
    "-p",
    type=click.Choice(PRECEDENCES),
    default="flash",
    show_default=True,
    help="How it rings.",
)
@click.option("--language", default="", metavar="CODE", help="Ask in this language; else in the contact's first.")
@click.option("--stages", is_flag=True, help="Let the clock call alternates too; else the contact alone is drilled.")
@with_passphrase
def send_drills(
    terminal: Terminal,
    wanted: Wanted,
    at_random: str | None,
    sender: str,
    precedence: Any,
    language: str,
    stages: bool,
) -> int:
    """Drill CONTACTs: each gets a signed message that asks for nothing but to be accepted.

    With --at-random nothing is sent now: a random second is drawn for each, and kept. Only a desk that is unlocked
    then can send it: leave `enlace drill run --wait` running. No contact is drilled twice within 20 hours.
    """
    if language:
        checked(language, Language, "code of a language", "es, en, pt, fr or es-AR")
    within = duration(at_random) if at_random is not None else 0
    if at_random is not None and not SLACK <= within <= LONGEST_PERIOD:
        raise Usage(f"drills are drawn from a time between an hour and {LONGEST_PERIOD // 86_400} days")
    if within and precedence != "flash":
        raise Usage("a drill at a random hour is a flash: leave --precedence out")
    with opened(terminal) as desk:
        check_sealing(terminal, desk)
        now = terminal.clock()
        name = sender_contact(desk.replica().view, desk.profile.identity.device, sender, now)
        found = chosen(desk.replica().view, wanted, name, now)
        for each in found.telephone:
            terminal.warn(line(f"{each} cannot receive: telephone and e-mail only, so it is not drilled"))
        entries = known_entries(desk)
        planned = [
            Planned(
                contact=each, at=now, until=now + within, sender=name, stages=stages,
                language=language_for(entries.get(each), language) or msgspec.UNSET,
            )
            for each in found.contacts
        ]  # fmt: skip
        if within:
            _plan(terminal, desk, planned, now)
        else:
            answer, text = _sent(terminal, desk, planned, precedence)
            terminal.result(answer, text)
            return 0 if answer["drills"] else Declined.code
    return 0


def _plan(terminal: Terminal, desk: Unlocked, planned: list[Planned], now: int) -> None:
    plan, told = kept_plan(desk.keyring.vault, now)
    if told:
        terminal.warn(told)
    keep_plan(desk.keyring.vault, drawn(plan, planned, now, secrets.randbelow))
    until = max(each.until for each in planned)
    text = f"DRILL: {len(planned)} drawn, the last before {stamp(until)}. `enlace drill plan` shows when."
    text += "\nOnly an unlocked desk can send them: leave `enlace drill run --wait` running."
    terminal.result({"planned": len(planned), "until": until}, text)


def _sent(
    terminal: Terminal, desk: Unlocked, planned: Iterable[Planned], precedence: Any = "flash"
) -> tuple[dict[str, Any], str]:
    """Send drills now; returns what is to be shown of it."""
    queued = Queued()

    def queue() -> Collection[int]:
        found = queue_drills(desk, planned, precedence)
        queued.numbers.update(found.numbers)
        queued.left_out.update(found.left_out)
        return queued.numbers.values()

    tell_unsent(terminal, sent_out(terminal, desk, queue))
    rows: list[dict[str, Any]] = [
        {"contact": contact, "number": number, "sent": desk.mail.get(number).facts.sent}
        for contact, number in queued.numbers.items()
    ]
    for contact, why in queued.left_out.items():
        terminal.warn(line(f"{contact} was not drilled: {why}"))
    text = [
        f"DRILL {row['number']} to {row['contact']}: "
        + (f"taken in by the relay at {stamp(row['sent'])}" if row["sent"] else "waits in the outbox")
        for row in rows
    ]
    return {"drills": rows, "left_out": queued.left_out}, "\n".join(text) or "No drill was sent."


@drill.command("run", short_help="Send the planned drills that are due.")
@click.option("--wait", is_flag=True, help="Stay, and send each when its hour comes, until none is planned any more.")
@with_passphrase
def run_drills(terminal: Terminal, wait: bool) -> None:
    """Send the planned drills whose hour has come; those that were missed are drawn anew for the rest of their time.

    With --wait it asks for the passphrase once, keeps it in memory, and opens the desk for each look: other commands
    can be used meanwhile. A session is needed when a drill is due, so at most a shift of 12 hours is covered.
    """
    if not wait:
        with opened(terminal) as desk:
            terminal.result(*_carried_out(terminal, desk))
        return
    profile = terminal.profile()
    passphrase = terminal.passphrase(f"Passphrase of {line(profile.path.resolve().name)}")
    told = ""
    while True:
        upcoming, problem = None, ""
        try:
            with unlocked(profile, passphrase, terminal.clock, terminal.progress, terminal.counted) as desk:
                try:
                    answer, text = _carried_out(terminal, desk)
                    upcoming = next_at(kept_plan(desk.keyring.vault, terminal.clock())[0])
                    if answer["drills"] or answer["again"] or answer["dropped"]:
                        terminal.event(answer, text)
                finally:
                    tell_settled(terminal, desk.untold())
        except (Locked, Unreachable) as error:
            # The desk is in use, nobody is logged in, or the relay is away: all of it may pass within the hour.
            problem, upcoming = str(error), terminal.clock() + LOOKS
        if problem != told and problem:
            terminal.warn(line(f"{problem}. It is tried again every minute"))
        told = problem
        if upcoming is None:
            terminal.result({"planned": 0}, "DRILL: none is planned any more.")
            return
        time.sleep(min(LOOKS, max(1, upcoming - terminal.clock())))


def _carried_out(terminal: Terminal, desk: Unlocked) -> tuple[dict[str, Any], str]:
    """Draw anew what was missed, send what is due; returns what is to be shown."""
    now = terminal.clock()
    plan, told = kept_plan(desk.keyring.vault, now)
    if told:
        terminal.warn(told)
    plan, again, dropped = redrawn(plan, now, secrets.randbelow)
    if again or dropped:
        keep_plan(desk.keyring.vault, plan)
    lines_ = [f"DRILL to {each.contact}: its hour was missed; drawn anew" for each in again]
    lines_ += [f"DRILL to {each.contact}: its hour was missed, and its time is over; dropped" for each in dropped]
    answer: dict[str, Any] = {"drills": [], "left_out": {}}
    if waiting := due(plan, now):
        check_sealing(terminal, desk)
        answer, text = _sent(terminal, desk, waiting)
        lines_.append(text)
        # A contact that was left out now would be tried, and told of, every minute for an hour.
        rest = kept_plan(desk.keyring.vault, now)[0]
        keep_plan(desk.keyring.vault, without(rest, answer["left_out"]))
    answer |= {"again": [each.contact for each in again], "dropped": [each.contact for each in dropped]}
    return answer, "\n".join(lines_) or "DRILL: none is due."


@drill.command("plan", short_help="Show the drills that are planned, or drop them.")
@click.option("--drop", is_flag=True, help="Drop all of them.")
@with_passphrase
def show_plan(terminal: Terminal, drop: bool) -> None:
    """Show when which contact will be drilled. Nobody else can read this."""
    with opened(terminal) as desk:
        plan, told = kept_plan(desk.keyring.vault, terminal.clock())
        if told:
            terminal.warn(told)
        if drop:
            keep_plan(desk.keyring.vault, msgspec.structs.replace(plan, planned=()))
            count = len(plan.planned)
            terminal.result({"dropped": count}, f"DRILL: {count} dropped; none is planned.")
            return
        rows = [{"contact": each.contact, "at": each.at, "until": each.until} for each in plan.planned]
        text = "\n".join(f"DRILL  {stamp(each.at)}  {each.contact}" for each in plan.planned)
        terminal.result({"planned": rows}, text or "DRILL: none is planned.")


@drill.command("list", short_help="List the drills that came, and those that were sent.")
@with_passphrase
def list_drills(terminal: Terminal) -> None:
    """List the drills that came to this desk and those it sent: the inbox shows none of them."""
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        rows = rows_plain(desk, terminal.clock())
        terminal.result({"drills": rows}, "\n".join(listed(rows)) or "There is no drill.")


@drill.command("report", short_help="Report who was reached, who accepted, and how soon.")
@click.option("--since", metavar="DAY", help="Only drills from this day (UTC) on, such as 2026-07-01.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE", help="Write a table to FILE.")
@click.option("--svg", "svg_file", type=click.Path(path_type=Path), metavar="FILE", help="Write a chart to FILE.")
@click.option(
    "--language", default="en", show_default=True, type=click.Choice(OFFICIAL), help="The language of the chart."
)
@with_passphrase
def report_drills(
    terminal: Terminal, since: str | None, csv_file: Path | None, svg_file: Path | None, language: str
) -> None:
    """Report who was reached by this desk's drills, who accepted, and how soon: by authority, contact, hour, language.

    Only receipts that were verified count. What is counted, and which percentile is meant: docs/drills.md.
    """
    start = _day(since) if since is not None else 0
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        made = terminal.clock()
        found = figures_of(pings(desk.mail, desk.replica().view, known_entries(desk), start), made)
        if csv_file is not None:
            write_whole(csv_file, table(found, made, start))
        if svg_file is not None:
            write_whole(svg_file, chart(found, since or "", language))
        written = [f"Written to {each}." for each in (csv_file, svg_file) if each is not None]
        terminal.result(
            plain(found, made, start),
            "\n".join([*(hanging(each, terminal.width, 4) for each in lines(found)), *written]),
        )


def _day(text: str) -> int:
    with suppress(ValueError):
        if len(text) == len("2026-07-01"):
            return int(time.mktime(time.strptime(f"{text} UTC", "%Y-%m-%d %Z"))) - time.timezone
    raise Usage(f"{text!r} is no day; write it like 2026-07-01")
