"""The shift: log in, log out, status, synchronise."""

from typing import Any

import click
from msgspec import to_builtins

from crypto.fingerprint import fingerprint
from desk.commands.authenticator import show_end
from desk.commands.duty_telling import tell_duty
from desk.commands.one_time_codes import digits, show_codes
from desk.commands.options import opened, with_passphrase
from desk.commands.telling import (
    tell,
    tell_alarm,
    tell_also,
    tell_confirm,
    tell_due,
    tell_keys,
    tell_notices,
    tell_open,
    tell_unsent,
)
from desk.commands.telling_requests import tell_requests
from desk.errors import Declined, DeskError, Unreachable, Usage
from desk.link.session import codes_shown, connected, current_session, first_sent, log_in, log_out
from desk.mail.outbox import Doubted
from desk.mail.spool import Spool
from desk.profile.announcing import mark_announced, unannounced
from desk.profile.authenticator import forget_invitation, settle
from desk.profile.exchanged import Exchanged
from desk.profile.recovery import last_written
from desk.profile.unlocked import Unlocked
from desk.replica.statements import duty_voice
from desk.replica.trust_policy import Vouched, check_age, vouched
from desk.terminal import Terminal, run, stamp
from relay.protocol.requests import LogIn

FEW_CODES = 3
MADE = "Recovery codes were made that you have not seen yet; they count, and those of before are void."
LEFT = (
    "`enlace watch` has the stream: it fetches what waits at the relay, and rings. What it has stored is taken in here "
    "by `enlace inbox`."
)
LOST_CODES = (
    "the relay's answer to the first log-in with this authenticator was lost, and ten recovery codes with it: "
    "`enlace authenticator codes` makes others"
)


@click.command(short_help="Begin a shift of 12 hours.")
@click.option("--code-file", metavar="FILE", help="Read the code from the first line of FILE.")
@click.option("--recovery", is_flag=True, help="Use one of the ten recovery codes instead of the authenticator's.")
@with_passphrase
def login(terminal: Terminal, code_file: str | None, recovery: bool) -> None:
    """Begin a shift of 12 hours, with your passphrase and the code of your authenticator.

    Without a session everything already on this desk can be read and looked up; sending needs one.
    """
    with opened(terminal) as desk:
        if desk.profile.identity.kind == "secretariat":
            raise Usage("the secretariat's desk proves itself with its duty key; there is nothing to log in to")
        plain, text = begin_shift(terminal, desk, code_file, recovery=recovery)
        terminal.result(plain, text)


def begin_shift(
    terminal: Terminal, desk: Unlocked, code_file: str | None, *, recovery: bool
) -> tuple[dict[str, Any], str]:
    """Log an unlocked desk in, with a code that is asked for; returns what is to be shown of it."""
    code = terminal.secret("Recovery code" if recovery else "Code", code_file, "--code-file", echo=True).strip()
    request = LogIn(recovery=code) if recovery else LogIn(code=digits(code))
    session = run(log_in(desk.keyring, terminal.clock, request))
    left = f" {session.recovery_left} recovery codes are left." if recovery else ""
    if recovery and session.recovery_left <= FEW_CODES:
        terminal.warn(
            "few recovery codes are left: `enlace authenticator renew --recovery` takes one more, and brings a new "
            "authenticator and ten fresh ones"
        )
    if session.recovery_codes:
        forget_invitation(desk.keyring)
    _settle_renewal(terminal, desk)
    _settle_first(terminal, desk)
    tell_keys(terminal, desk)
    tell_confirm(terminal, desk)
    tell_due(terminal, desk)
    tell_duty(terminal, desk)
    plain = {"shift_ends": session.shift_ends, "recovery_left": session.recovery_left}
    return plain, f"Logged in until {stamp(session.shift_ends)}.{left}"


def _settle_renewal(terminal: Terminal, desk: Unlocked) -> None:
    """End a renewal whose confirmation was not heard of; a relay that cannot say leaves it for the next log-in."""
    try:
        settled = run(settle(desk.keyring, terminal.clock))
    except DeskError:
        settled = "pending"
    if settled == "confirmed":
        show_end(terminal, desk)
    elif settled == "lapsed":
        terminal.warn("the authenticator's renewal has lapsed unconfirmed; the old authenticator goes on")
    elif settled == "pending":
        terminal.warn("the authenticator's renewal is not finished; `enlace authenticator renew` goes on with it")


def _settle_first(terminal: Terminal, desk: Unlocked) -> None:
    """Show the recovery codes of a first log-in that was made here, or say that they were lost with an answer."""
    if not show_codes(terminal, desk.keyring, MADE) and first_sent(desk.keyring):
        terminal.warn(LOST_CODES)
        codes_shown(desk.keyring)


@click.command(short_help="End the shift, here and at the relay.")
@with_passphrase
def logout(terminal: Terminal) -> None:
    """End the shift, here and at the relay."""
    with opened(terminal) as desk:
        if desk.profile.identity.kind == "secretariat":
            raise Usage("the secretariat's desk has no session to end")
        try:
            run(log_out(desk.keyring, terminal.clock))
        except Unreachable as error:
            raise Unreachable(f"logged out on this desk; but the relay does not know it yet: {error}") from error
        terminal.result({"logged_out": True}, "Logged out.")


@click.command(short_help="Bring everything up to date, here and at the relay.")
@with_passphrase
def sync(terminal: Terminal) -> None:
    """Bring everything up to date: the directory, keys, messages, receipts, and what waits to be sent."""
    with opened(terminal) as desk:

        async def work() -> Exchanged:
            async with connected(desk.keyring, terminal.clock) as client:
                return await desk.exchange(client)

        exchanged = run(work())
        # Before a failure is: a relay that breaks off every time would else keep its news from an officer for good.
        announced, size = _tell(terminal, desk, exchanged)
        tell_also(terminal, exchanged)
        if isinstance(exchanged.failed, Doubted) and not exchanged.also:  # all else was done
            tell_alarm(terminal, exchanged.failed)
        elif exchanged.failed is not None:
            if sent := exchanged.flushed.sent:
                terminal.note(f"Sent before that: message {', '.join(map(str, sent))}.")
            mark_announced(desk, size)
            raise exchanged.failed
        terminal.result(_plain(exchanged, announced), _text(exchanged))
        # Shown by now: after a crash before this line, or if nobody reads what is printed, it is told again.
        mark_announced(desk, size)


def _tell(terminal: Terminal, desk: Unlocked, exchanged: Exchanged) -> tuple[list[str], int]:
    """Warn of everything that an exchange brought up; returns what was announced, and what to note of it."""
    tell(terminal, exchanged.taken)
    tell_unsent(terminal, exchanged.flushed)
    for warning in sorted({each for found in exchanged.flushed.warnings.values() for each in found}):
        terminal.warn(warning)
    tell_keys(terminal, desk)
    tell_confirm(terminal, desk)
    tell_due(terminal, desk)
    tell_duty(terminal, desk)
    tell_requests(terminal, desk)
    announced, size = unannounced(desk)
    for text in announced:
        terminal.warn(text)
    done = exchanged.synchronised
    if done.update_needed:
        terminal.warn(f"{done.update_needed}. The last good directory stays in use.")
    if done.altered:
        terminal.warn(f"details of {done.altered} entries had been changed on this disk, and were fetched again")
    return announced, size


def _plain(exchanged: Exchanged, announced: list[str]) -> dict[str, Any]:
    done, flushed, taken = exchanged.synchronised, exchanged.flushed, exchanged.taken
    return {
        "statements": done.statements,
        "size": done.replica.size,
        "bodies": done.bodies,
        "altered": done.altered,
        "erased": done.erased,
        "sent": flushed.sent,
        "kept": {str(number): why for number, why in flushed.left.items()},
        "expired": {str(number): why for number, why in flushed.expired.items()},
        "messages": taken.messages,
        "receipts": taken.receipts,
        "lines": len(taken.lines),
        "refused": taken.refused,
        "left_to_watch": exchanged.watched_elsewhere,
        "alarms": taken.alarms,
        "announcements": announced,
    }


def _text(exchanged: Exchanged) -> str:
    done, taken = exchanged.synchronised, exchanged.taken
    text = f"Directory: {done.replica.size} statements, {done.statements} new."
    text += f"\nMessages: {len(taken.messages)} new, {len(taken.receipts)} receipts"
    text += f", {len(exchanged.flushed.sent)} sent." if exchanged.flushed.sent else "."
    return text + (f"\n{LEFT}" if exchanged.watched_elsewhere else "")


@click.command(short_help="Show who this desk is, and what waits.")
@with_passphrase
def status(terminal: Terminal) -> None:
    """Show who this desk is, how old its directory is, what waits, and until when the shift lasts."""
    with opened(terminal) as desk:
        identity, replica, now = desk.profile.identity, desk.replica(), terminal.clock()
        session = current_session(desk.keyring)
        ends = session.shift_ends if session and session.shift_ends > now else 0
        spooled, queued = Spool(desk.profile.path / "spool").count(), len(desk.mail.waiting())
        backed = vouched(desk.keyring.vault, replica, now)
        taken = backed.time
        archive = _archive(desk)
        alarms = desk.profile.path / "alarms"
        kept = sum(1 for _ in alarms.glob("*-*-*"))
        halt = desk.halt
        alarms_open = tell_open(terminal, desk)
        live = identity.kind == "officer" and replica.view.device_live(identity.device, replica.size, now)
        plain = {
            "network": identity.name,
            "kind": identity.kind,
            "member": identity.member,
            "officer": identity.officer,
            "device": identity.device,
            "live": live,
            "directory": {
                "size": replica.size,
                "time": taken,
                "age": now - taken if taken else None,
                "witnessed": backed.witnessed,
            },
            "shift_ends": ends,
            "spool": spooled,
            "outbox": queued,
            "alarms": kept,
            "halted": to_builtins(halt) if halt is not None else None,
            "open_alarms": alarms_open,
            "keys_ending": tell_keys(terminal, desk),
            "to_confirm": tell_confirm(terminal, desk),
            "duty": tell_duty(terminal, desk),
            "requests_due": tell_requests(terminal, desk),
            "recovery": {"written": archive[0], "since": archive[1]},
            "notices": tell_notices(terminal, identity, desk.profile.path),
        }
        try:
            warning = check_age(backed, now, override=False) if replica.checkpoint else None
        except Declined as error:
            warning = str(error)
        if warning:
            terminal.warn(warning)
        if kept:
            terminal.warn(f"what raised {kept} alarm(s) is kept in {alarms}: show it to the secretariat")
        follows = f"HALTED at {halt.size} statements, since {stamp(halt.at)}" if halt is not None else "follows its log"
        lines = [
            f"{identity.kind}{' of ' + identity.member if identity.member else ''}, network {identity.name}",
            _who(desk, live),
            f"Directory  {replica.size} statements, {_vouched(backed)}",
            f"Standing   {follows}",
        ]
        if identity.kind == "officer":
            lines.append(f"Shift      {'until ' + stamp(ends) if ends else 'none; `enlace login` begins one'}")
            lines.append(f"Waiting    {spooled} to take in, {queued} to send")
            lines.append(f"Recovery   {_recovery(*archive)}")
        terminal.result(plain, "\n".join(lines))


def _vouched(found: Vouched) -> str:
    """Who vouches for the directory, and since when."""
    if not found.witnessed:
        return f"vouched for by the log at {stamp(found.time)}, unwitnessed"
    return f"vouched for by its witnesses at {stamp(found.time)}" if found.time else "vouched for by no witnesses"


def _archive(desk: Unlocked) -> tuple[int, int]:
    """When a recovery file was written last (0: never), and how many messages and receipts are in none."""
    last = last_written(desk.keyring)
    return (last.at, desk.mail.count(last.upto)) if last is not None else (0, desk.mail.count())


def _recovery(written: int, since: int) -> str:
    if not since:
        return f"file of {stamp(written)} has every message" if written else "no file written, and no message to lose"
    last = f"file of {stamp(written)} lacks" if written else "no file written: with this machine you would lose"
    return f"{last} {since} message(s) and receipt(s); `enlace recovery write` keeps them"


def _who(desk: Unlocked, live: bool) -> str:
    """What this desk speaks with, and whether the directory knows it."""
    identity, view = desk.profile.identity, desk.replica().view
    if identity.kind == "officer":
        return f"Device     {identity.device[:16]}… {'live' if live else 'not (or no longer) enrolled'}"
    local = duty_voice(desk.keyring).local
    known = view.network is not None and local == view.network.duty_id
    return f"Duty key   {fingerprint(local)}{'' if known else ' NOT the one that the directory names'}"
