"""`enlace enrol`: from an invitation to the first session."""

import asyncio
import io
import shutil
import sys

import click
import segno

from crypto.fingerprint import fingerprint
from desk.commands.options import opened, read_file, with_passphrase
from desk.commands.shift import digits
from desk.enrolment import begin, check_enrolled, fetch_totp, finish, is_enrolling, is_logged_in, offer_keys
from desk.errors import DeskError, Locked, Unreachable, Usage
from desk.keyring import Keyring
from desk.own_device import Misenrolled
from desk.profile import PROFILE_FILE
from desk.safe_text import line
from desk.session import codes_shown, connected, current_session, unshown_codes
from desk.terminal import Terminal, run, stamp, work_factor
from desk.unlocked import Unlocked, unlocked
from desk.vault import Damaged
from relay.protocol.requests import TotpSecret

FIRST_PAUSE = 0.5  # seconds between questions; they grow, because a person may take a day
LONGEST_PAUSE = 10.0


@click.command(short_help="Make this machine your desk, with an INVITATION.")
@click.argument("invitation", required=False, type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--no-wait", is_flag=True, help="Do not wait for the administrator; call `enlace enrol` again to go on.")
@click.option("--code-file", metavar="FILE", help="Read the authenticator's first code from the first line of FILE.")
@with_passphrase
def enrol(terminal: Terminal, invitation: str | None, no_wait: bool, code_file: str | None) -> None:
    """Make this machine your desk, with the INVITATION file that your administrator gave you.

    Makes the keys here, offers their public halves, waits until your administrator has compared the
    fingerprint and confirmed, shows the QR code for your authenticator, and logs in with its first code.
    Interrupted, it goes on where it was: call it again without an invitation.
    """
    if invitation is not None and not (terminal.path / PROFILE_FILE).exists():
        raw = read_file(invitation, "invitation")
        passphrase = terminal.passphrase("New passphrase", confirm=True)
        begin(terminal.path, raw, passphrase, work_factor(), terminal.clock())
        with unlocked(terminal.profile(), passphrase, terminal.clock, terminal.progress) as desk:
            run(_go_on(terminal, desk, None, no_wait, code_file))
        return
    if invitation is not None:
        raise Usage(f"{terminal.path} holds a profile already; to go on with its enrolment, leave the invitation out")
    with opened(terminal) as desk:
        if not is_enrolling(desk.keyring):
            raise Usage("this desk is enrolled already; run `enlace login`")
        if is_logged_in(desk.keyring):
            run(_end(terminal, desk))
            return
        run(_go_on(terminal, desk, run(fetch_totp(desk.keyring, terminal.clock)), no_wait, code_file))


async def _go_on(
    terminal: Terminal, desk: Unlocked, secret: TotpSecret | None, no_wait: bool, code_file: str | None
) -> None:
    """From the offer of keys to the first session; with a `secret`, from there."""
    keyring = desk.keyring
    if secret is None:
        await offer_keys(keyring, terminal.clock)
        device = desk.profile.identity.device
        terminal.event(
            {"event": "offered", "device": device, "fingerprint": fingerprint(device)},
            "Keys offered. Your administrator compares this fingerprint with you, by voice:\n\n"
            f"  {fingerprint(device)}\n",
        )
        secret = await _secret(terminal, keyring, no_wait)
    if secret is None:
        terminal.note("Not confirmed yet. Call `enlace enrol` again when your administrator has confirmed.")
        return
    _show(terminal, secret)
    await _first_session(terminal, keyring, code_file)
    await _end(terminal, desk)


async def _end(terminal: Terminal, desk: Unlocked) -> None:
    """Show the recovery codes, look this desk up in the directory, and bring everything up to date.

    The codes come first, for the relay says them once: whatever ends this before they were shown, the next
    `enlace enrol` shows them.
    """
    _show_codes(terminal, desk.keyring)
    try:
        await check_enrolled(desk.keyring, desk.store, terminal.clock)
    except Misenrolled:
        raise
    except DeskError:
        terminal.warn("the directory was not seen yet; call `enlace enrol` once more to look this desk up in it")
        raise
    terminal.event({"event": "enrolled"}, "Enrolled.")
    async with connected(desk.keyring, terminal.clock) as client:
        await desk.exchange(client)


def _show_codes(terminal: Terminal, keyring: Keyring) -> None:
    try:
        session, codes = current_session(keyring), unshown_codes(keyring)
    except Damaged as error:
        terminal.warn(f"{error}. The recovery codes in it are lost; an invitation for another device brings others")
        codes_shown(keyring)
        return
    if session is None or not codes:
        return
    plain = {"event": "codes", "shift_ends": session.shift_ends, "recovery_codes": list(codes)}
    listed = "\n".join(f"  {code}" for code in codes)
    terminal.event(
        plain,
        f"Logged in until {stamp(session.shift_ends)}.\n\n"
        f"Ten recovery codes, each good once in place of your authenticator. Keep them on paper, apart:\n{listed}\n",
    )
    # Printed by now: after a crash before this line, or if nobody reads what is printed, they are shown again.
    codes_shown(keyring)


async def _secret(terminal: Terminal, keyring: Keyring, no_wait: bool) -> TotpSecret | None:
    told, pause = "", FIRST_PAUSE
    while True:
        news = "Waiting for your administrator to confirm. Ctrl-C is safe; call `enlace enrol` to go on."
        try:
            secret = await fetch_totp(keyring, terminal.clock)
            if secret is not None or no_wait:
                return secret
        except Unreachable as error:
            if no_wait:
                raise
            news = f"{error}. Trying again."
        if news != told:
            terminal.note(line(news))
            told = news
        await asyncio.sleep(pause)
        pause = min(pause * 1.3, LONGEST_PAUSE)


def _show(terminal: Terminal, secret: TotpSecret) -> None:
    if terminal.json:
        terminal.event({"event": "totp", "uri": secret.uri}, "")
        return
    drawn = _drawn(secret.uri)
    if drawn:
        click.echo("Scan this with your authenticator:\n\n" + drawn)
        click.echo(f"Or type the secret: {line(secret.secret)}\n")
    else:
        click.echo(f"Into your authenticator, type the secret: {line(secret.secret)}\n")
        terminal.note("(There is no QR code: this terminal is too narrow for it, or cannot show its characters.)")


def _drawn(uri: str) -> str:
    """A QR code in characters; nothing where they could not be shown whole."""
    code, out = segno.make(uri, micro=False), io.StringIO()
    code.terminal(out=out, compact=True)
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    width = code.symbol_size()[0]
    fits = not sys.stdout.isatty() or shutil.get_terminal_size().columns >= width
    return out.getvalue() if encoding.startswith("utf") and fits else ""


async def _first_session(terminal: Terminal, keyring: Keyring, code_file: str | None) -> None:
    while True:
        code = terminal.secret("First code", code_file, "--code-file", echo=True)
        try:
            await finish(keyring, terminal.clock, digits(code))
            return
        except Locked as error:
            if code_file is not None or not sys.stdin.isatty():
                raise
            terminal.warn(str(error))
