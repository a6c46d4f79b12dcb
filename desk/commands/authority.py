"""`enlace authority`: who vouches for the relay's certificate."""

import click

from desk.commands.options import opened, read_file, with_passphrase
from desk.link.authority import check_vouches, read_file_of_authorities, trust
from desk.safe_text import line
from desk.terminal import Terminal, run, stamp


@click.group(short_help="Replace who vouches for the relay.")
def authority() -> None:
    """Replace the authority that vouches for the relay's certificate."""


@authority.command(short_help="Trust the authority in FILE for the relay.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--yes", is_flag=True, help="Do not ask: the fingerprint was compared.")
@with_passphrase
def take(terminal: Terminal, file: str, yes: bool) -> None:
    """Trust the authority in FILE for the relay's certificate, in the place of the one this desk trusts now.

    FILE is the authority.pem of the relay's operator. Compare the first fingerprint with the operator, by voice. A file
    that does not vouch for the relay as it is now is refused. An `enlace watch` that runs takes it with its next
    connection.
    """
    raw = read_file(file, "file of the relay's authority")
    with opened(terminal) as desk:
        found = read_file_of_authorities(raw, terminal.clock())
        shown = [f"  {each.fingerprint}\n  {line(each.name, 80)}, until {stamp(each.ends)}" for each in found]
        terminal.note("\n\n".join(["The file names as authority of the relay:", *shown]))
        terminal.confirm("Does the relay's operator read out the same first fingerprint?", yes=yes)
        if not run(check_vouches(desk.keyring, raw, terminal.clock)):
            terminal.warn("the relay does not answer, so it was not seen whether this file vouches for it")
        trust(desk.keyring, raw)
        plain = {"fingerprints": [each.fingerprint for each in found]}
        terminal.result(plain, "This desk trusts it for the relay from now on.")
