"""`enlace portal`: access to look-ups in a browser."""

import click

from desk.commands.one_time_codes import ask_first_code, digits, show_secret
from desk.commands.options import opened, with_passphrase
from desk.errors import NotFound, Usage
from desk.profile import portal as access
from desk.profile.portal import Wish
from desk.profile.unlocked import Unlocked
from desk.safe_text import line
from desk.terminal import Terminal, run, stamp
from relay.protocol.requests import PortalStanding

_NONE = "there is no access to the portal; `enlace portal create` makes it"


@click.group(short_help="Look up in a browser: make, show and end that access.")
def portal() -> None:
    """Access to the portal: look-ups in a browser, where no desk is at hand.

    The portal shows what the relay says, verified by nobody. It sends nothing and changes nothing.
    """


def _making(command: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.option("--first-code-file", metavar="FILE", help="Read the portal's first code from FILE's first line."),
        click.option(
            "--new-passphrase-file", metavar="FILE", help="Read the portal's passphrase from the first line of FILE."
        ),
        click.option("--code-file", metavar="FILE", help="Read the desk's current code from the first line of FILE."),
    ):
        command = option(command)
    return command


@portal.command(short_help="Make access to the portal.")
@_making
@with_passphrase
def create(
    terminal: Terminal, code_file: str | None, new_passphrase_file: str | None, first_code_file: str | None
) -> None:
    """Make access to the portal: a passphrase of its own, and a secret of its own in your authenticator.

    In a running shift, with a current code of the desk's authenticator. It counts from the first code of its
    own; unconfirmed it lapses after 15 minutes. Interrupted, call it again.
    """
    _make(terminal, "create", code_file, new_passphrase_file, first_code_file)


@portal.command(short_help="Make other access in its place.")
@_making
@with_passphrase
def renew(
    terminal: Terminal, code_file: str | None, new_passphrase_file: str | None, first_code_file: str | None
) -> None:
    """Make other access in the place of what there is: another passphrase, another secret, the same account name.

    Also where passphrase or telephone were lost, or somebody else may know them. The old access counts until
    the first code of the new; then every session in a browser ends.
    """
    _make(terminal, "renew", code_file, new_passphrase_file, first_code_file)


@portal.command(short_help="Show what access there is.")
@with_passphrase
def show(terminal: Terminal) -> None:
    """Show the access to the portal: account name, address, when it ends, last log-in, open sessions."""
    with opened(terminal) as desk:
        _officers_only(desk)
        found = run(access.standing(desk.keyring, terminal.clock))
        if found is None:
            raise NotFound(_NONE)
        _tell(terminal, desk, found)


@portal.command(short_help="End access to the portal.")
@with_passphrase
def remove(terminal: Terminal) -> None:
    """End access to the portal, and every session in a browser."""
    with opened(terminal) as desk:
        _officers_only(desk)
        if run(access.standing(desk.keyring, terminal.clock)) is None:
            raise NotFound(_NONE)
        run(access.remove(desk.keyring, terminal.clock))
        terminal.result({"removed": True}, "Access to the portal is removed, and its sessions are ended.")


def _make(
    terminal: Terminal, wish: Wish, code_file: str | None, passphrase_file: str | None, first_code_file: str | None
) -> None:
    with opened(terminal) as desk:
        _officers_only(desk)
        keyring, clock = desk.keyring, terminal.clock
        found = run(access.standing(keyring, clock))
        access.check_wish(wish, found)
        waits = found is not None and found.waiting and code_file is None
        if not waits or not _goes_on(terminal, desk, first_code_file):
            fresh = terminal.secret("Passphrase for the portal", passphrase_file, "--new-passphrase-file", confirm=True)
            checked = access.checked_passphrase(keyring, fresh)
            code = digits(terminal.secret("Code of this desk", code_file, "--code-file", echo=True))
            made = run(access.begin(keyring, clock, code, checked))
            terminal.note(f"Your account name is {line(made.name)}. Confirm by {stamp(made.expires)}.")
            show_secret(terminal, made.secret, made.uri)
            run(
                ask_first_code(
                    terminal,
                    first_code_file,
                    "--first-code-file",
                    lambda given: access.confirm(keyring, clock, given),
                )
            )
        made_now = run(access.standing(keyring, clock))
        if made_now is None:
            raise NotFound(_NONE)
        _tell(terminal, desk, made_now)


def _goes_on(terminal: Terminal, desk: Unlocked, first_code_file: str | None) -> bool:
    """Confirm the access that waits already; False if other access is to be begun."""
    prompt = "First code of the portal's secret that was shown (Enter: begin anew)"
    given = terminal.secret(prompt, first_code_file, "--first-code-file", echo=True, optional=True)
    if not given:
        return False
    run(access.confirm(desk.keyring, terminal.clock, digits(given)))
    return True


def _tell(terminal: Terminal, desk: Unlocked, found: PortalStanding) -> None:
    address = f"{desk.profile.identity.relay}{access.PAGE}"
    plain = {
        "name": found.name,
        "address": address,
        "ends": found.ends,
        "waiting": found.waiting,
        "logged_in_at": found.logged_in_at,
        "failed": found.failed,
        "sessions": found.sessions,
    }
    rows = [f"Account name   {line(found.name)}", f"Address        {line(address)}"]
    if found.ends:
        past = " (over: `enlace portal renew`)" if found.ends <= terminal.clock() else ""
        rows.append(f"Ends           {stamp(found.ends)}{past}")
        rows.append(f"Last log-in    {stamp(found.logged_in_at)}")
        rows.append(f"Failed since   {found.failed}")
        rows.append(f"Sessions       {found.sessions}")
    if found.waiting:
        rows.append("Other access waits for its first code.")
    terminal.result(plain, "\n".join(rows))


def _officers_only(desk: Unlocked) -> None:
    if desk.profile.identity.kind == "secretariat":
        raise Usage("the secretariat's desk is no officer's; it has no access to the portal")
