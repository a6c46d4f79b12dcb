"""What an officer sees of the authenticator: a new secret, the question for its first code, recovery codes."""

import io
import shutil
import sys
from collections.abc import Awaitable, Callable

import click
import segno

from desk.errors import Locked
from desk.keys.keyring import Keyring
from desk.keys.vault import Damaged
from desk.link.session import codes_shown, unshown_codes
from desk.safe_text import line
from desk.terminal import Terminal


def digits(code: str) -> str:
    """The six digits of a code, as people type them; raises Locked for anything else, before anything is sent."""
    digits = code.replace(" ", "")
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        raise Locked("a code has 6 digits; nothing was sent")
    return digits


def show_secret(terminal: Terminal, secret: str, uri: str) -> None:
    """Show a secret as a QR code and as text; with --json its address alone."""
    if terminal.json:
        terminal.event({"event": "totp", "uri": uri}, "")
        return
    drawn = _drawn(uri)
    if drawn:
        click.echo("Scan this with your authenticator:\n\n" + drawn)
        click.echo(f"Or type the secret: {line(secret)}\n")
    else:
        click.echo(f"Into your authenticator, type the secret: {line(secret)}\n")
        terminal.note("(There is no QR code: this terminal is too narrow for it, or cannot show its characters.)")


async def ask_first_code(
    terminal: Terminal, source: str | None, option: str, use: Callable[[str], Awaitable[object]]
) -> None:
    """Ask for the first code of a new secret and `use` it; at a terminal again, if it was wrong."""
    while True:
        code = terminal.secret("First code", source, option, echo=True)
        try:
            await use(digits(code))
            return
        except Locked as error:
            if source is not None or not sys.stdin.isatty():
                raise
            terminal.warn(str(error))


def show_codes(terminal: Terminal, keyring: Keyring, head: str, **plain: object) -> bool:
    """Show recovery codes that were never shown, under a line of words; returns whether there were any."""
    try:
        codes = unshown_codes(keyring)
    except Damaged as error:
        terminal.warn(f"{error}. The recovery codes in it are lost; `enlace authenticator codes` makes others")
        codes_shown(keyring)
        return False
    if not codes:
        return False
    listed = "\n".join(f"  {code}" for code in codes)
    terminal.event(
        {"event": "codes", "recovery_codes": list(codes), **plain},
        f"{head}\n\nTen recovery codes, each good once in place of your authenticator. "
        f"Keep them on paper, apart:\n{listed}\n",
    )
    # Printed by now: after a crash before this line, or if nobody reads what is printed, they are shown again.
    codes_shown(keyring)
    return True


def _drawn(uri: str) -> str:
    """A QR code in characters; nothing where they could not be shown whole."""
    try:
        code, out = segno.make(uri, micro=False), io.StringIO()
    except ValueError:  # more than any QR code holds: the relay made it up
        return ""
    code.terminal(out=out, compact=True)
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    width = code.symbol_size()[0]
    fits = not sys.stdout.isatty() or shutil.get_terminal_size().columns >= width
    return out.getvalue() if encoding.startswith("utf") and fits else ""
