"""`enlace authenticator`: a new secret for the telephone, and new recovery codes."""

import click

from desk.commands.one_time_codes import ask_first_code, digits, show_codes, show_secret
from desk.commands.options import opened, read_file, with_passphrase
from desk.errors import Declined, Usage
from desk.profile.authenticator import (
    begin_renewal,
    bind_anew,
    confirm_invited,
    confirm_renewal,
    current_renewal,
    forget_done,
    is_invited,
    renew_codes,
    settle,
    take_invitation,
)
from desk.profile.unlocked import Unlocked
from desk.terminal import Terminal, run, stamp

_UNSHOWN = "These recovery codes were made before, and not shown yet; they count until the new authenticator does."
_VOID = "The old recovery codes are void."
_DONE = "The new authenticator counts from now on. The old secret and the old recovery codes are void."


@click.group(short_help="Renew the authenticator, or its recovery codes.")
def authenticator() -> None:
    """Renew the authenticator, or its recovery codes."""


@authenticator.command(short_help="Put a new secret into your authenticator.")
@click.option("--code-file", metavar="FILE", help="Read the current code, or recovery code, from FILE's first line.")
@click.option("--recovery", is_flag=True, help="Pay with a recovery code, where the telephone is lost.")
@click.option(
    "--invitation",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Use an administrator's invitation, where telephone and recovery codes are lost.",
)
@click.option("--first-code-file", metavar="FILE", help="Read the new secret's first code from FILE's first line.")
@with_passphrase
def renew(
    terminal: Terminal, code_file: str | None, recovery: bool, invitation: str | None, first_code_file: str | None
) -> None:
    """Put a new secret into your authenticator, and get ten fresh recovery codes.

    In a running shift, with a current code; or with a recovery code (--recovery) where the telephone is lost.
    The old authenticator goes on until the first code of the new one; unconfirmed, the new one lapses after
    15 minutes. Interrupted, it goes on where it was: call it again.
    """
    if invitation is not None and (recovery or code_file is not None):
        raise Usage("an invitation takes the place of a code: leave --recovery and --code-file out")
    with opened(terminal) as desk:
        _officers_only(desk)
        if invitation is not None:
            take_invitation(desk.keyring, read_file(invitation, "invitation"), terminal.clock())
        if is_invited(desk.keyring):
            run(_bound_anew(terminal, desk, first_code_file))
        elif run(settle(desk.keyring, terminal.clock)) != "confirmed":
            show_codes(terminal, desk.keyring, _UNSHOWN)
            run(_renewed(terminal, desk, code_file, recovery, first_code_file))
        show_end(terminal, desk)


def show_end(terminal: Terminal, desk: Unlocked) -> None:
    """Say that a renewal is confirmed, with its recovery codes if they are those that count; then it is over."""
    if not show_codes(terminal, desk.keyring, _DONE):
        terminal.event({"event": "confirmed"}, f"{_DONE}\nThe recovery codes made last count.")
    forget_done(desk.keyring)


@authenticator.command(short_help="Make ten new recovery codes.")
@click.option("--code-file", metavar="FILE", help="Read the current code from the first line of FILE.")
@with_passphrase
def codes(terminal: Terminal, code_file: str | None) -> None:
    """Make ten new recovery codes, in a running shift, with a current code. The old ones are void then."""
    with opened(terminal) as desk:
        _officers_only(desk)
        run(settle(desk.keyring, terminal.clock))
        if not show_codes(terminal, desk.keyring, _VOID):
            code = digits(terminal.secret("Code", code_file, "--code-file", echo=True))
            run(renew_codes(desk.keyring, terminal.clock, code))
            show_codes(terminal, desk.keyring, _VOID)
        forget_done(desk.keyring)


async def _renewed(
    terminal: Terminal, desk: Unlocked, code_file: str | None, recovery: bool, first_code_file: str | None
) -> None:
    keyring, clock = desk.keyring, terminal.clock
    begun = current_renewal(keyring)
    made = begun.made if begun is not None else None
    shown_before = made is not None and bool(made.secret)
    if made is None or not made.secret:
        code = terminal.secret("Recovery code" if recovery else "Code", code_file, "--code-file", echo=True).strip()
        given = {"recovery": code} if recovery else {"code": digits(code)}
        made = await begin_renewal(keyring, clock, **given)
        terminal.note(
            f"The old authenticator counts until the first code of this one. Confirm by {stamp(made.expires)}."
        )
    if not shown_before or first_code_file is None:
        show_secret(terminal, made.secret, made.uri)
    try:
        await ask_first_code(
            terminal, first_code_file, "--first-code-file", lambda code: confirm_renewal(keyring, clock, code)
        )
    except Declined as error:
        if error.problem == "not-found":
            words = (
                "the new secret has lapsed, and the old authenticator goes on: call `enlace authenticator renew` again"
            )
            raise Declined(f"{error}; {words}", error.problem) from error
        raise


async def _bound_anew(terminal: Terminal, desk: Unlocked, first_code_file: str | None) -> None:
    keyring, clock = desk.keyring, terminal.clock
    secret = await bind_anew(keyring, clock)
    if secret is None:
        return
    if first_code_file is None:
        show_secret(terminal, secret.secret, secret.uri)
    await ask_first_code(
        terminal, first_code_file, "--first-code-file", lambda code: confirm_invited(keyring, clock, code)
    )


def _officers_only(desk: Unlocked) -> None:
    if desk.profile.identity.kind == "secretariat":
        raise Usage("the secretariat's desk proves itself with its duty key; it has no authenticator")
