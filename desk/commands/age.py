"""`enlace age`: keys, sealing and opening of age files, with the flags and manners of the stock tool.

Without a subcommand the flags alone say what is meant, as there: `enlace age -d …` opens, anything else seals. No
profile is needed, and none is read.
"""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import click
from click.core import ParameterSource

from crypto.age import BadKey, Identity, Recipient
from crypto.age_keys import KeyIdentity, parse_recipient, write_identity, write_recipients
from crypto.age_pq import PQIdentity
from crypto.age_scrypt import MAX_WORK_FACTOR, WORK_FACTOR, ScryptRecipient
from crypto.age_x25519 import X25519Identity
from desk.age import file_passphrase
from desk.age import files as age_files
from desk.age import identities as age_identities
from desk.age.files import STDIO
from desk.age.identities import Ask
from desk.errors import Usage
from desk.safe_text import block, line
from desk.terminal import Terminal, work_factor

_OPEN = ("-d", "--decrypt")
_FLAGS_ALONE = f"{__name__}.flags_alone"


class FlagsAlone(click.Group):
    """A group that takes flags for one of its commands, as the stock tool does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            flags = args[: args.index("--")] if "--" in args else args
            opens = any(each in flags for each in _OPEN)
            args = ["decrypt" if opens else "encrypt", *args]
            ctx.meta[_FLAGS_ALONE] = True
        return super().parse_args(ctx, args)


@click.group(cls=FlagsAlone)
def age() -> None:
    """Make age keys, and seal and open age files with them.

    Flags are those of the `age` tool, and files go to and from it. With flags alone, as there, -d
    opens and anything else seals.
    """


def _passphrase_file(what: str) -> Callable[[Any], Any]:
    return click.option(
        "--passphrase-file",
        "passphrase_file",
        metavar="FILE",
        envvar="ENLACE_PASSPHRASE_FILE",
        help=f"Read the passphrase{what} from the first line of FILE.",
    )


@age.command(short_help="Make a fresh key, or print the recipients of one.")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE, which must not be there yet.")
@click.option("-pq", "pq", is_flag=True, help="Make a post-quantum key. That is the default.")
@click.option("--x25519", is_flag=True, help="Make a key for tools that have no post-quantum ones yet.")
@click.option("-y", "to_recipients", is_flag=True, help="Print the recipients of the identities in INPUT instead.")
@_passphrase_file(" of INPUT")
@click.argument("path", metavar="[INPUT]", required=False)
def keygen(
    output: str | None, pq: bool, x25519: bool, to_recipients: bool, passphrase_file: str | None, path: str | None
) -> None:
    """Make a fresh key: the identity, which is secret, with its recipient in a comment.

    The identity goes to standard output or a new file of mode 600; give others the recipient.
    """
    terminal = Terminal()
    if to_recipients:
        if pq or x25519:
            raise Usage("-y makes no key; leave out the kind")
        found = _own(path or STDIO, _ask(terminal, passphrase_file))
        _print(output, write_recipients([each.recipient() for each in found]), private=False)
        return
    if path is not None:
        raise Usage("INPUT goes with -y")
    if pq and x25519:
        raise Usage("a key is post-quantum or X25519; leave out one of -pq and --x25519")
    identity = X25519Identity.generate() if x25519 else PQIdentity.generate()
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(terminal.clock()))
    _print(output, write_identity(identity, created), private=True)
    if output is not None:
        terminal.note(f"Public key: {identity.recipient()}")


@age.command(short_help="Seal a file to recipients or under a passphrase.")
@click.option("-e", "--encrypt", "seals", is_flag=True, help="Seal INPUT. That is what this command does.")
@click.option("-r", "--recipient", "recipients", multiple=True, metavar="RECIPIENT", help="Seal to RECIPIENT (age1…).")
@click.option("-R", "--recipients-file", "lists", multiple=True, metavar="FILE", help="Seal to the recipients in FILE.")
@click.option("-i", "--identity", "own", multiple=True, metavar="FILE", help="Seal to those of the identities in FILE.")
@click.option("-p", "--passphrase", "by_passphrase", is_flag=True, help="Seal under a passphrase, asked for twice.")
@_passphrase_file("")
@click.option("-a", "--armor", is_flag=True, help="Write text instead of bytes.")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; - is standard output, a terminal too.")
@click.argument("path", metavar="[INPUT]", default=STDIO)
def encrypt(
    seals: bool,  # said by those who come from the stock tool
    recipients: tuple[str, ...],
    lists: tuple[str, ...],
    own: tuple[str, ...],
    by_passphrase: bool,
    passphrase_file: str | None,
    armor: bool,
    output: str | None,
    path: str,
) -> None:
    """Seal INPUT, or standard input, to recipients or under a passphrase.

    Each of -r, -R and -i may be given several times; every recipient can open the file. A recipient who is not
    post-quantum cannot be mixed with those who are, and a passphrase with nobody.
    """
    terminal, context = Terminal(), click.get_current_context()
    if own and not seals and context.meta.get(_FLAGS_ALONE):
        raise Usage("--identity opens files; say --decrypt, or --encrypt to seal to its recipient")
    named = bool(recipients or lists or own)
    if by_passphrase and named:
        raise Usage("a passphrase shares a file with nobody; leave out --passphrase, or the recipients")
    if not by_passphrase and not named:
        raise Usage("sealed to nobody; say to whom with --recipient or --recipients-file, or give --passphrase")
    _once((path, *lists, *own, passphrase_file if by_passphrase or own else None))
    if age_files.is_terminal(output) and not armor:
        raise Usage("bytes are no text for a terminal; give --output FILE or --armor, or all the same: --output -")
    with age_files.reading(path) as src:
        if by_passphrase:
            to: Sequence[Recipient] = [_new_passphrase(terminal, passphrase_file)]
            if context.get_parameter_source("passphrase_file") is ParameterSource.ENVIRONMENT:
                # Perhaps the passphrase of a profile, which was not meant to be told to anybody.
                terminal.note(f"Sealed under the passphrase in {line(str(passphrase_file))}.")
        else:
            to = _recipients(recipients, lists, own, _ask(terminal, passphrase_file))
        with age_files.writing(output, src, _named_by(passphrase_file, *lists, *own), private=False) as out:
            age_identities.seal_between(src, out, to, text=armor)


@age.command(short_help="Open a sealed file, in bytes or in text.")
@click.option("-d", "--decrypt", "opens", is_flag=True, help="Open INPUT. That is what this command does.")
@click.option("-i", "--identity", "identities", multiple=True, metavar="FILE", help="Open with the identities in FILE.")
@_passphrase_file(" of INPUT, or of the identity file,")
@click.option(
    "--max-work-factor",
    "most_work",
    type=click.IntRange(1, 22),
    default=MAX_WORK_FACTOR,
    help=f"Open a passphrase file that asks for more work than 2^{MAX_WORK_FACTOR}; each step doubles memory.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; - is standard output, a terminal too.")
@click.argument("path", metavar="[INPUT]", default=STDIO)
def decrypt(
    opens: bool,  # said by those who come from the stock tool
    identities: tuple[str, ...],
    passphrase_file: str | None,
    most_work: int,
    output: str | None,
    path: str,
) -> None:
    """Open INPUT, or standard input, which may be in either form, bytes or text.

    Several identity files may be given; one may be sealed under a passphrase itself. Without any,
    INPUT is one sealed under a passphrase. The file FILE is written when all of INPUT was verified.
    """
    terminal = Terminal()
    _once((path, *identities, passphrase_file))
    with age_files.reading(path) as src:
        ask = _ask(terminal, passphrase_file)
        if identities:
            keys: list[Identity] = [age_identities.NoPassphrase()]
            for each in identities:
                found = age_identities.identities_in(each, ask)
                keys += [found] if isinstance(found, age_identities.ProtectedIdentities) else found
        else:
            keys = [age_identities.Passphrase(ask, "the file" if path == STDIO else path, most_work)]
        if age_files.is_terminal(output):
            screen = age_files.Screen()
            age_identities.open_between(src, screen, keys)
            terminal.result({}, screen.text().removesuffix("\n"))
            return
        with age_files.writing(output, src, _named_by(passphrase_file, *identities), private=True) as out:
            age_identities.open_between(src, out, keys)


def _ask(terminal: Terminal, source: str | None) -> Ask:
    return lambda prompt: terminal.secret(prompt, source, "--passphrase-file", piped=True)


def _new_passphrase(terminal: Terminal, source: str | None) -> Recipient:
    text = terminal.secret(
        "Passphrase, or nothing to have one made", source, "--passphrase-file", confirm=True, piped=True, optional=True
    )
    if not text:
        text = file_passphrase.made()
        terminal.note(f"The passphrase is: {text}\nIt is shown this once; tell it by another way than the file.")
    return ScryptRecipient(
        file_passphrase.sealing(text), work_factor() if os.environ.get("ENLACE_WORK_FACTOR") else WORK_FACTOR
    )


def _recipients(given: tuple[str, ...], lists: tuple[str, ...], own: tuple[str, ...], ask: Ask) -> Sequence[Recipient]:
    found: list[Recipient] = []
    for each in given:
        try:
            found.append(parse_recipient(each))
        except BadKey as error:
            shown = each if len(each) <= 24 and "SECRET" not in each.upper() else "one of them"
            raise Usage(f"--recipient ({shown}): {error}") from error
    for path in lists:
        found += age_identities.recipients_in(path)
    for path in own:
        found += [each.recipient() for each in _own(path, ask)]
    return list(dict.fromkeys(found))


def _own(path: str, ask: Ask) -> Sequence[KeyIdentity]:
    found = age_identities.identities_in(path, ask)
    return found.identities() if isinstance(found, age_identities.ProtectedIdentities) else found


def _named_by(passphrase_file: str | None, *keys: str) -> Sequence[str]:
    """The files that are not to be written over."""
    return keys if passphrase_file is None else (*keys, passphrase_file)


def _once(paths: Sequence[str | None]) -> None:
    if sum(each == STDIO for each in paths) > 1:
        raise Usage("standard input cannot be two things at once; give one of them as a file")


def _print(output: str | None, text: str, *, private: bool) -> None:
    if output is not None and output != STDIO:
        age_files.write_secret(output, text)
        return
    terminal = Terminal()
    if private and age_files.read_by_others():
        terminal.warn("the identity goes to a file that others can read; run chmod 600 on it, or use --output FILE")
    terminal.result({}, block(text.removesuffix("\n"), bar=""))
