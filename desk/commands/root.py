"""`enlace root`: the ceremony of the root keys by files on a stick. All but `publish` needs no profile and no network.

What an offline machine writes: the key file and its public half where `make` is told to, the signed file where `sign`
is told to. Nothing else, and nowhere else.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from crypto.fingerprint import fingerprint
from desk import host
from desk.commands.new_roots import read_public_file
from desk.commands.options import read_file
from desk.commands.proposal import show as in_words
from desk.commands.root_publish import publish, read_signed_file
from desk.commands.signing import Signing, check_new
from desk.errors import Declined, NeedsSigning, NotFound, Usage
from desk.roots.ceremony import Reviewed, review, sign_with
from desk.roots.drafts import lacking
from desk.roots.root_keys import PUBLIC_TYPE, make_root_key, open_root_key, public_half, write_public
from desk.roots.root_request import Request, read_request
from desk.roots.root_signed import Signed, combine, write_signed
from desk.terminal import Terminal, stamp, work_factor
from directory.canonical import Malformed

_PASSPHRASE = click.option(
    "--root-passphrase-file", metavar="FILE", help="Read the root key's passphrase from the first line of FILE."
)


def with_json(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--json`, and hand it a Terminal without a profile as its first argument."""

    @click.option("--json", "as_json", is_flag=True, help="Answer with JSON, for programs.")
    @wraps(function)
    def command(*args: Any, as_json: bool, **kwargs: Any) -> Any:
        return function(Terminal(json=as_json, path=Path()), *args, **kwargs)

    return command


@click.group(short_help="Make root keys, and sign with them offline.")
def root() -> None:
    """Make root keys on machines of their own, and sign with them there: request, sign, combine, publish.

    Any command that root keys have to sign writes a request with --request. `make`, `show`, `sign` and `combine`
    need no profile and no network.
    """


@root.command(short_help="Make a root key in FILE, and its public half beside it.")
@click.argument("file", type=click.Path(path_type=Path))
@_PASSPHRASE
@with_json
def make(terminal: Terminal, file: Path, root_passphrase_file: str | None) -> None:
    """Make a root key in FILE, under a passphrase, and its public half in FILE.pub.

    Do it on a machine that is never online. FILE stays there, with a copy in another place; FILE.pub goes to the
    secretariat, and its fingerprint is compared by voice.
    """
    public = _beside(file)
    for path in (file, public):
        check_new(path)
    passphrase = terminal.passphrase("New passphrase of the root key", confirm=True, source=root_passphrase_file)
    half = public_half(make_root_key(file, passphrase, work_factor()))
    # After a crash here there is a key without its public half; `root show --public` writes that.
    host.write_new(public, [write_public(half)])
    plain = {"file": str(file), "public": str(public), "root": half.local, "fingerprint": half.fingerprint}
    terminal.result(plain, f"Made a root key in {file}; its public half is {public}.\nFingerprint  {half.fingerprint}")


@root.command(short_help="Show the fingerprint of the root key, or public half, in FILE.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--public", metavar="FILE", type=click.Path(path_type=Path), help="Write the key's public half to FILE.")
@_PASSPHRASE
@with_json
def show(terminal: Terminal, file: Path, public: Path | None, root_passphrase_file: str | None) -> None:
    """Show the fingerprint of the root key in FILE, which asks for its passphrase, or of the public half in FILE."""
    if public is not None:
        check_new(public)
    if read_file(str(file), "root key").startswith(PUBLIC_TYPE.encode()):
        half = read_public_file(str(file))
    else:
        passphrase = terminal.secret(f"Passphrase of {file}", root_passphrase_file, "--root-passphrase-file")
        half = public_half(open_root_key(file, passphrase.encode()).key)
    beside = _beside(file)
    if beside.is_file() and read_public_file(str(beside)) != half:
        raise Usage(f"{beside} is not the public half of the key in {file}")
    if public is not None:
        host.write_new(public, [write_public(half)])
    plain = {"file": str(file), "root": half.local, "ed25519": half.ed25519, "fingerprint": half.fingerprint}
    terminal.result(plain, f"Fingerprint  {half.fingerprint}")


@root.command(short_help="Look at a REQUEST, and sign it with a root key.")
@click.argument("file", metavar="REQUEST", type=click.Path(path_type=Path))
@click.option("--root-key", "keys", multiple=True, metavar="FILE", help="Sign with the root key in FILE.")
@click.option(
    "--root-passphrase-file",
    "passphrases",
    multiple=True,
    metavar="FILE",
    help="Read its passphrase from the first line of FILE.",
)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write what was signed to FILE.")
@click.option("--network", metavar="FINGERPRINT", help="Refuse a request for any other network than this one.")
@click.option("--show", "only_show", is_flag=True, help="Show what it says, and sign nothing.")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_json
def sign(
    terminal: Terminal,
    file: Path,
    keys: tuple[str, ...],
    passphrases: tuple[str, ...],
    out: Path | None,
    network: str | None,
    only_show: bool,
    yes: bool,
) -> None:
    """Look at a REQUEST of the secretariat, and sign it with a root key, on a machine that is never online.

    The log that the request carries is replayed and verified from its founding; every field of every statement is
    shown, beside what holds today. Compare the fingerprints by voice. What was signed goes back in another file.
    """
    reviewed = _reviewed(terminal, file)
    _check_network(reviewed, network)
    if only_show:
        terminal.result(_plain(reviewed), f"{_head(reviewed)}\n\n{in_words(reviewed.items, terminal.width)}")
        return
    if not keys or out is None:
        raise Usage("say with --root-key which root key signs, and with --out where that goes; or --show")
    check_new(out)
    terminal.note(f"{_head(reviewed)}\n\n{in_words(reviewed.items, terminal.note_width)}\n")
    terminal.confirm("Sign this?", yes=yes)
    signed = sign_with(reviewed, Signing(terminal, keys, passphrases, None).roots())
    _write(signed, out)
    _tell(terminal, signed, out)


@root.command("combine", short_help="Put the signatures of several SIGNED files into one.")
@click.argument("files", metavar="SIGNED...", nargs=-1, required=True)
@click.option(
    "--out", required=True, metavar="FILE", type=click.Path(path_type=Path), help="Write all of them to FILE."
)
@with_json
def combine_files(terminal: Terminal, files: tuple[str, ...], out: Path) -> int:
    """Put the signatures of several SIGNED files of one request into one file.

    Says how many are missing, and ends with code 8 while any is.
    """
    check_new(out)
    try:
        together = combine([(each, read_signed_file(each)) for each in files])
    except Malformed as error:
        raise Usage(str(error)) from error
    _write(together, out)
    return _tell(terminal, together, out)


root.add_command(publish)


def _reviewed(terminal: Terminal, file: Path) -> Reviewed:
    request, entries = _read(file)
    if request.entries > 5000:
        terminal.note(f"Verifying the {request.entries} statements of the log …")
    return review(request, entries, terminal.clock())


def _read(path: Path) -> tuple[Request, list[bytes]]:
    try:
        with path.open("rb") as file:
            return read_request(file)
    except FileNotFoundError as error:
        raise NotFound(f"there is no request at {path}") from error
    except OSError as error:
        raise Usage(f"the request {path} cannot be read: {host.reason(error)}") from error
    except Malformed as error:
        raise Usage(f"{path} is no request, or it was altered: {error}") from error


def _check_network(reviewed: Reviewed, pinned: str | None) -> None:
    """Return if the request is for the network whose id or fingerprint was given; raise Declined if not."""
    if pinned is None:
        return
    given = " ".join(pinned.lower().split())
    if given not in (reviewed.asked.network, reviewed.network):
        raise Declined(f"this request is for another network, {reviewed.network}; nothing was signed")


def _head(reviewed: Reviewed) -> str:
    time = f", the directory of {stamp(reviewed.time)}" if reviewed.time else ", which is to be founded"
    lines = [f"{reviewed.name}{time}", f"Network  {reviewed.network}", f"Request  {reviewed.id}"]
    return "\n".join([*lines, *(f"! {each}" for each in reviewed.warnings)])


def _plain(reviewed: Reviewed) -> dict[str, object]:
    """The same for programs."""
    return {
        "name": reviewed.name,
        "network": reviewed.asked.network,
        "fingerprint": reviewed.network,
        "request": reviewed.asked.id,
        "time": reviewed.time,
        "warnings": list(reviewed.warnings),
        "statements": [each.plain() for each in reviewed.items],
    }


def _write(signed: Signed, out: Path) -> None:
    """Write a signed file that whoever publishes can read; raises Usage for one that is too large."""
    try:
        host.write_new(out, [write_signed(signed)])
    except Malformed as error:
        raise Usage(str(error)) from error


def _tell(terminal: Terminal, signed: Signed, out: Path) -> int:
    """Tell what was written and what is missing; returns the exit code."""
    present, new = counts = signed.missing()
    lack, shown = lacking(counts), [fingerprint(each.local) for each in signed.signatures]
    still = f"Missing: {lack}." if lack else "Enough root keys have signed: `enlace root publish`."
    lines = [f"Request  {fingerprint(signed.asked.id)}", *(f"Signed   {each}" for each in shown)]
    missing = {"present": present, "new": new}
    plain = {"file": str(out), "request": signed.asked.id, "signed": shown, "missing": missing}
    terminal.result(plain, "\n".join([*lines, f"Written to {out}. {still}"]))
    return NeedsSigning.code if lack else 0


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.pub")
