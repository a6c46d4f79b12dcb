"""`enlace note`: signed notes (c2sp.org/signed-note) for anything that is to be signed outside the network's own acts.

A key here is a name and an Ed25519 key that somebody publishes, not a device: nothing is looked up in the directory,
and no profile is needed.
"""

import sys
from collections.abc import Sequence

import click

from crypto.errors import CryptoError
from crypto.note import (
    MOST_NOTE_BYTES,
    MOST_SIGNATURES,
    Note,
    NoteError,
    Signature,
    SignatureError,
    Verifier,
    parse_note,
    verified,
)
from crypto.note_keys import NoteVerifier, SignerKey, parse_verifier, read_verifiers, write_verifier
from desk.age import files as age_files
from desk.age import identities as age_identities
from desk.age.files import STDIO
from desk.errors import Declined, Distrust, Usage
from desk.safe_text import block, line
from desk.terminal import Terminal


@click.group()
def note() -> None:
    """Sign texts, and verify who signed them.

    A signed note is a text with signature lines below it. What others sign, `verify` reads; what
    `sign` writes, others' tools read.
    """


@note.command(short_help="Make a key to sign with, under a name.")
@click.option("-o", "--output", required=True, metavar="FILE", help="Write the secret key to FILE, a new one.")
@click.option("--json", "as_json", is_flag=True, help="Answer with JSON, for programs.")
@click.argument("name")
def keygen(output: str, as_json: bool, name: str) -> None:
    """Make an Ed25519 key under NAME, such as press.example/desk.

    The signer key, which is secret, goes to a new file of mode 600. The verifier key is printed: give it
    to those who are to verify, by a way they trust.
    """
    try:
        key = SignerKey.generate(name)
    except NoteError as error:
        raise Usage(str(error)) from error
    age_files.write_secret(output, f"{key}\n")
    public = write_verifier(key.public)
    Terminal(json=as_json).result({"verifier": public, "file": output}, public)


@note.command(short_help="Sign a text, or add a signature to a note.")
@click.option("-k", "--key", "keys", multiple=True, required=True, metavar="FILE", help="Sign with the key in FILE.")
@click.option("--add", is_flag=True, help="INPUT is a signed note: add to its signatures.")
@click.option(
    "--passphrase-file",
    metavar="FILE",
    envvar="ENLACE_PASSPHRASE_FILE",
    help="Read the passphrase of a sealed key from the first line of FILE.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; - is standard output.")
@click.argument("path", metavar="[INPUT]", default=STDIO)
def sign(keys: tuple[str, ...], add: bool, passphrase_file: str | None, output: str | None, path: str) -> None:
    """Sign the text in INPUT, or in standard input.

    Several keys may be given; each adds a line, in their order. A text is UTF-8, ends in a newline and has
    no other control characters, so no tabs and no carriage returns.
    """
    terminal = Terminal()
    if [path, *keys, passphrase_file].count(STDIO) > 1:
        raise Usage("standard input cannot be two things at once; give one of them as a file")
    signers = [_signer(terminal, each, passphrase_file) for each in keys]
    with age_files.reading(path) as src:
        unsigned = _unsigned(age_files.whole(src, path, MOST_NOTE_BYTES), path, add=add)
        signed = _signed(unsigned, signers, path)
        if age_files.is_terminal(output):
            terminal.result({}, signed.decode().removesuffix("\n"))
            return
        secret = keys if passphrase_file is None else (*keys, passphrase_file)
        with age_files.writing(output, src, secret, private=False) as out:
            out.write(signed)


@note.command(short_help="Verify who signed a note, and print its text.")
@click.option("-k", "--key", "keys", multiple=True, metavar="KEY", help="A verifier key: name+id+key.")
@click.option("-K", "--keys-file", "lists", multiple=True, metavar="FILE", help="The verifier keys in FILE.")
@click.option("--all", "everybody", is_flag=True, help="Every key given has to have signed.")
@click.option("--json", "as_json", is_flag=True, help="Answer with JSON, for programs.")
@click.argument("path", metavar="[INPUT]", default=STDIO)
def verify(keys: tuple[str, ...], lists: tuple[str, ...], everybody: bool, as_json: bool, path: str) -> None:
    """Verify the signed note in INPUT, or in standard input, and print its text.

    It counts if at least one of the keys given has signed it, and none of them wrongly; lines of other keys
    say nothing. The text goes to standard output, who signed it to standard error.
    """
    terminal = Terminal(json=as_json)
    if [path, *lists].count(STDIO) > 1:
        raise Usage("standard input cannot be two things at once; give one of them as a file")
    verifiers = _verifiers(keys, lists)
    with age_files.reading(path) as src:
        raw = age_files.whole(src, path, MOST_NOTE_BYTES)
    try:
        found = parse_note(raw)
        signers = verified(found, verifiers)
    except NoteError as error:
        raise Declined(f"{_named(path)} is no signed note: {error}") from error
    except SignatureError as error:
        raise Distrust(f"{_named(path)} is not as it was signed: {error}") from error
    _check_enough(found, verifiers, signers, everybody=everybody)
    if as_json:
        named = [{"name": each.name, "id": each.key_id.hex()} for each in signers]
        terminal.result({"text": found.text, "signed_by": named, "lines": len(found.signatures)}, "")
        return
    for each in signers:
        terminal.note(f"Signed by {line(each.name)}, key {each.key_id.hex()}.")
    others = len(found.signatures) - len(signers)
    if others:
        terminal.note(f"Lines of other keys, not checked: {others}.")
    if sys.stdout.isatty():
        # Behind bars, so that nothing in it passes for what is said above of who has signed.
        terminal.result({}, block(found.text.removesuffix("\n"), terminal.width))
    else:
        age_files.put_out(found.text.encode())


def _signer(terminal: Terminal, path: str, source: str | None) -> SignerKey:
    raw = age_identities.key_file(path, "signer key")
    if age_identities.is_sealed(raw):
        raw = age_identities.unsealed(
            path, raw, lambda prompt: terminal.secret(prompt, source, "--passphrase-file", piped=True)
        )
    try:
        return SignerKey.parse(raw.decode().removesuffix("\n"))
    except UnicodeDecodeError:
        raise Usage(f"signer key {path}: not text in UTF-8") from None  # its cause holds the file
    except NoteError as error:
        raise Usage(f"signer key {path}: {error}") from None


def _unsigned(raw: bytes, path: str, *, add: bool) -> Note:
    """What is to be signed, with the lines it has already; raises Usage."""
    try:
        found = parse_note(raw)
    except NoteError as error:
        if add:
            raise Usage(f"{_named(path)} is no signed note, so none can be added to: {error}") from error
    else:
        if add:
            return found
        raise Usage(f"{_named(path)} is a signed note already; say --add to add a signature to it")
    try:
        return Note(raw.decode(), ())
    except UnicodeDecodeError as error:
        raise Usage(f"{_named(path)} cannot be signed: it is not UTF-8 from byte {error.start} on") from error


def _signed(unsigned: Note, signers: Sequence[SignerKey], path: str) -> bytes:
    """The note with a line by each of `signers`, as a reader would take it; raises Usage."""
    lines: list[Signature] = list(unsigned.signatures)
    for each in signers:
        try:
            made = each.sign(unsigned.text)
        except NoteError as error:
            raise Usage(f"{_named(path)} cannot be signed: {error}") from error
        if made in lines:
            raise Usage(f"{line(each.name)} has signed already; a key signs once")
        if any((had.name, had.key_id) == (made.name, made.key_id) for had in lines):
            raise Usage(f"there is a line that says it is by {line(each.name)}, and is not; remove it first")
        lines.append(made)
    if len(lines) > MOST_SIGNATURES:
        raise Usage(f"{len(lines)} signatures, where a note takes {MOST_SIGNATURES}")
    signed = Note(unsigned.text, tuple(lines)).write()
    try:
        parse_note(signed)
    except NoteError as error:
        raise Usage(f"{_named(path)} cannot be signed: {error}") from error
    return signed


def _verifiers(keys: tuple[str, ...], lists: tuple[str, ...]) -> Sequence[NoteVerifier]:
    found: list[NoteVerifier] = []
    for each in keys:
        try:
            found.append(parse_verifier(each))
        except CryptoError as error:
            raise Usage(f"--key: {error}") from error
    for path in lists:
        try:
            found += read_verifiers(age_identities.key_file(path, "file of verifier keys"))
        except CryptoError as error:
            raise Usage(f"file of verifier keys {path}: {error}") from error
    if not found:
        raise Usage("say whose signature is wanted, with --key or --keys-file")
    different = list(dict.fromkeys(found))
    named = [(each.name, each.key_id) for each in different]
    twins = next((name for name, identifier in named if named.count((name, identifier)) > 1), None)
    if twins is not None:
        raise Usage(f"two of the keys given are called {line(twins)} and have one id, so no line says whose it is")
    return different


def _check_enough(found: Note, wanted: Sequence[NoteVerifier], signers: Sequence[Verifier], *, everybody: bool) -> None:
    if not signers:
        names = ", ".join(dict.fromkeys(line(each) for each in found.names()))
        raise Declined(f"none of the keys given has signed it; there are lines under {names}")
    missing = [line(each.name) for each in wanted if each not in signers]
    if everybody and missing:
        raise Declined(f"not signed by {', '.join(missing)}")


def _named(path: str) -> str:
    return "standard input" if path == STDIO else path
