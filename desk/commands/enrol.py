"""`enlace enrol`: from an invitation to the first session."""

import asyncio
from contextlib import nullcontext

import click

from crypto.fingerprint import fingerprint
from desk.commands.one_time_codes import ask_first_code, show_codes, show_secret
from desk.commands.options import opened, read_file, with_passphrase
from desk.errors import DeskError, Unreachable, Usage
from desk.keys.keyring import Keyring
from desk.keys.own_device import Misenrolled
from desk.link.session import connected, current_session
from desk.profile.enrolment import (
    BESIDE,
    begin,
    check_enrolled,
    fetch_totp,
    finish,
    invited_again,
    is_enrolling,
    is_logged_in,
    offer_keys,
)
from desk.profile.folder import PROFILE_FILE
from desk.profile.unlocked import Unlocked, unlocked
from desk.profile.workstation import here
from desk.safe_text import line
from desk.terminal import Terminal, run, stamp, work_factor
from relay.protocol.requests import TotpSecret

FIRST_PAUSE = 0.5  # seconds between questions; they grow, because a person may take a day
LONGEST_PAUSE = 10.0


@click.command(short_help="Make this machine your desk, with an INVITATION.")
@click.argument("invitation", required=False, type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "--label",
    metavar="LABEL",
    help="On a machine that several officers share: make the desk LABEL (night-desk, say), and choose it.",
)
@click.option("--no-wait", is_flag=True, help="Do not wait for the administrator; call `enlace enrol` again to go on.")
@click.option("--code-file", metavar="FILE", help="Read the authenticator's first code from the first line of FILE.")
@with_passphrase
def enrol(terminal: Terminal, invitation: str | None, label: str | None, no_wait: bool, code_file: str | None) -> None:
    """Make this machine your desk, with the INVITATION file that your administrator gave you.

    Makes the keys here, offers their public halves, waits until your administrator has compared the
    fingerprint and confirmed, shows the QR code for your authenticator, and logs in with its first code.
    Interrupted, it goes on where it was: call it again without an invitation, or with another one where the first
    has run out.
    """
    if label is not None:
        terminal.path = here().path_of(label)
    if invitation is not None and not (terminal.path / PROFILE_FILE).exists():
        raw = read_file(invitation, "invitation")
        passphrase = terminal.passphrase("New passphrase", confirm=True)
        with here().switching() if label is not None else nullcontext():
            begin(terminal.path, raw, passphrase, work_factor(), terminal.clock())
            if label is not None:
                here().choose(label)
        with unlocked(terminal.profile(), passphrase, terminal.clock, terminal.progress) as desk:
            run(_go_on(terminal, desk, None, no_wait, code_file))
        return
    with opened(terminal) as desk:
        if not is_enrolling(desk.keyring):
            if invitation is not None:
                raise Usage(f"{terminal.path} holds a profile already, and it is enrolled; {BESIDE}")
            raise Usage("this desk is enrolled already; run `enlace login`")
        if label is not None:
            with here().switching():  # it may have been cut short before it was chosen
                here().choose(label)
        if is_logged_in(desk.keyring):
            run(_end(terminal, desk))
            return
        if invitation is not None:
            invited_again(desk.keyring, read_file(invitation, "invitation"), terminal.clock())
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
    show_secret(terminal, secret.secret, secret.uri)
    await ask_first_code(terminal, code_file, "--code-file", lambda code: finish(keyring, terminal.clock, code))
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
    session = current_session(keyring)
    if session is not None:
        head = f"Logged in until {stamp(session.shift_ends)}."
        show_codes(terminal, keyring, head, shift_ends=session.shift_ends)


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
