"""`enlace relay init | serve | check`: what the relay's operator runs."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import click
import msgspec

from config.database import DatabaseError
from config.logs import configure_logging
from config.unhurried import Unhurried
from crypto.policy import PolicyError
from directory.canonical import Malformed
from relay.assembly import AlreadyRunning, hold_data
from relay.certificate_commands import certificate
from relay.certificates import CertificateError
from relay.check import check_relay
from relay.command_options import Refused, WrongUse, as_json, load_relay_settings, settings_file
from relay.directory_log import LogBroken
from relay.key_files import KeyFileError, check_private
from relay.log_fields import FIELDS
from relay.preparation import SETTINGS, Plan, PreparationError, prepare
from relay.registered_witnesses import WitnessesError
from relay.rekey import RekeyError, forget_next, make_next, take
from relay.rest_key_commands import rest_key
from relay.serve import serve_until_signal
from relay.store.contract import StoreFailed
from relay.store.sqlite_sealed import WrongKey
from relay.trust_policy import PolicyUnknown, relay_policy

_CANNOT_START = (
    AlreadyRunning, CertificateError, DatabaseError, KeyFileError, LogBroken, PreparationError, StoreFailed,
    WitnessesError, WrongKey,
)  # fmt: skip

_NOT_REKEYED = (
    AlreadyRunning, DatabaseError, KeyFileError, LogBroken, Malformed, OSError, RekeyError, StoreFailed,
)  # fmt: skip
_WAITED = (
    "was there already, since {}: whoever has a backup from since then has it. If the keys are changed because they "
    "may be in other hands, stop the relay and call this with --another"
)


@click.group(short_help="Prepare, run and check a relay.")
def relay() -> None:
    """Prepare, run and check a relay: the service that carries sealed messages and keeps the directory's log.

    A relay cannot read messages. It is prepared once, its public keys are named by the network's root keys, and then
    it runs until it is stopped. Exit codes: 0 done, 2 wrong usage, 3 refused or not in order.
    """


@relay.command(short_help="Make a relay's FOLDER, with its keys and settings.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--public-url", required=True, metavar="URL", help="How desks reach it: https://host or https://host:port."
)
@click.option("--origin", required=True, metavar="NAME", help="The log's name, such as log.network.example/1.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all of IPv4.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Port to listen on, if not the one of the URL.")
@click.option("--authority", type=click.Path(path_type=Path), metavar="FILE",
              help="PEM of the private authority that vouches for your certificate.")  # fmt: skip
@click.option("--self-signed-authority", "local", is_flag=True,
              help="For trials: make an authority and a certificate, too.")  # fmt: skip
@as_json
def init(
    folder: Path,
    public_url: str,
    origin: str,
    host: str,
    port: int | None,
    authority: Path | None,
    local: bool,
    as_json: bool,
) -> None:
    """Make a relay's FOLDER: keys, settings, and relay-keys.json for `enlace network found`.

    Nothing is written over. Compare the fingerprints by voice with whoever founds the network.
    """
    try:
        vouching = authority.read_text("ascii") if authority is not None else ""
        plan = Plan(folder, public_url, origin, host, port, vouching, local)
        made = prepare(plan, int(time.time()))
    except (PreparationError, KeyFileError, OSError, UnicodeDecodeError) as error:
        raise WrongUse(str(error), as_json=as_json) from error
    if as_json:
        plain = {
            "settings": str(made.settings),
            "relay_keys": str(made.relay_keys),
            "log_fingerprint": made.log_fingerprint,
            "receipt_fingerprint": made.receipt_fingerprint,
        }
        click.echo(msgspec.json.encode(plain, order="sorted").decode())
        return
    click.echo(f"settings     {made.settings}")
    click.echo(f"public keys  {made.relay_keys}   (for: enlace network found --relay-keys …)")
    click.echo(f"log          {made.log_fingerprint}")
    click.echo(f"receipts     {made.receipt_fingerprint}")
    if not local:
        click.echo("Put the certificate and its key where [listen] in the settings says, mode 600 for the key.")
    click.echo(
        f"Then: enlace relay check --settings {made.settings}, and enlace relay serve --settings {made.settings}"
    )


@relay.command()
@settings_file
def serve(path: Path) -> None:
    """Run the relay until it is stopped (SIGTERM, or Ctrl-C). Logs go to standard error."""
    settings = load_relay_settings(path, as_json=False)
    stream = Unhurried(sys.stderr)
    allow = configure_logging(FIELDS, settings.logging.level, settings.logging.format, stream)
    try:
        asyncio.run(serve_until_signal(settings, path.absolute().parent, allow.dropped))
    except _CANNOT_START as error:
        raise Refused(f"the relay cannot start: {error}", as_json=False) from error
    except OSError as error:
        where = f"{settings.listen.host}:{settings.listen.port}"
        raise Refused(f"the relay cannot start at {where}: {error.strerror}", as_json=False) from error
    finally:
        stream.close()


@relay.command(short_help="Look whether the relay is in order; changes nothing.")
@settings_file
@as_json
def check(path: Path, as_json: bool) -> None:
    """Look whether the relay is in order: settings, keys, certificate, databases, log. Changes nothing."""
    settings = load_relay_settings(path, as_json=as_json)
    found = asyncio.run(check_relay(settings, path.absolute().parent, int(time.time())))
    wrong = [each for each in found if not each.ok]
    plain = {"ok": not wrong, "checks": msgspec.to_builtins(found)}
    if wrong and as_json:
        raise Refused("; ".join(each.detail for each in wrong), as_json=True, more=plain)
    if as_json:
        click.echo(msgspec.json.encode(plain, order="sorted").decode())
        return
    for each in found:
        mark = click.style("ok   ", fg="green") if each.ok else click.style("wrong", fg="red", bold=True)
        click.echo(f"{mark}  {each.name:<12} {each.detail}")
    if wrong:
        sys.stdout.flush()
        raise Refused(f"{len(wrong)} of {len(found)} not in order", as_json=False)


@relay.command(short_help="Make a relay's next keys, or take them.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--take", "taking", is_flag=True, help="Put the next keys in place, and erase the old ones.")
@click.option("--another", is_flag=True, help="Throw away next keys that wait, and make others; stop the relay first.")
@as_json
def rekey(folder: Path, taking: bool, another: bool, as_json: bool) -> None:
    """Make the next keys of the relay in FOLDER, beside the ones in force; or, later, put them in place (--take).

    First this, then restart the relay: it goes on with its present keys, and holds the next ones ready. Compare
    the fingerprints by voice with the secretariat, which has the root keys name them, however long that takes:
    enlace network name-relay --relay-keys relay-keys-next.json. The running relay goes over to them with that
    statement. At last --take erases the old ones, which it refuses before the log names the new ones.

    Next keys that were made earlier are gone on with. Where the present ones may be known from a backup that held
    these too, throw them away with --another.
    """
    if taking and another:
        raise WrongUse("--take and --another do not go together", as_json=as_json)
    settings = load_relay_settings(folder / SETTINGS, as_json=as_json)
    try:
        check_private(Path(settings.keys.log))  # another account's: root is told so, and leaves nothing behind
        if taking:
            replaced = [str(each) for each in asyncio.run(take(settings, folder))]
            plain: dict[str, Any] = {"replaced": replaced}
            text = "The next keys are in place; the old ones are erased:\n  " + "\n  ".join(replaced)
        else:
            if another:
                with hold_data(Path(settings.data.folder)):
                    asyncio.run(forget_next(settings, folder))
            made = asyncio.run(make_next(settings, folder))
            shown = {"log_fingerprint": made.log_fingerprint, "receipt_fingerprint": made.receipt_fingerprint}
            plain = {"relay_keys": str(made.relay_keys), **shown, "waited": [str(each) for each in made.waited]}
            text = f"public keys  {made.relay_keys}   (for: enlace network name-relay --relay-keys …)\n"
            text += f"log          {made.log_fingerprint}\nreceipts     {made.receipt_fingerprint}\n"
            text += "Restart the relay, so that it holds them ready; it goes on with its present keys until then."
            text += "".join(f"\n! {each} {_WAITED.format(_day(each))}" for each in made.waited)
    except _NOT_REKEYED as error:
        raise Refused(str(error), as_json=as_json) from error
    click.echo(msgspec.json.encode(plain, order="sorted").decode() if as_json else text)


@relay.command(short_help="Print a trust policy for this log and its witnesses.")
@settings_file
@click.option("--needed", type=click.IntRange(0, 16), metavar="N",
              help="How many members' witnesses have to have cosigned; default: more than half.")  # fmt: skip
@as_json
def policy(path: Path, needed: int | None, as_json: bool) -> None:
    """Print a trust policy (c2sp.org/tlog-policy) for this relay's log and the witnesses in its settings.

    It is for the secretariat to look through and hand on: desks pin it (`enlace policy take`), witnesses copy the lines
    of the log, and a stranger checks proofs with it. Changes nothing.
    """
    settings = load_relay_settings(path, as_json=as_json)
    try:
        text = relay_policy(settings, needed).decode()
    except (KeyFileError, PolicyError, PolicyUnknown, WitnessesError) as error:
        raise Refused(str(error), as_json=as_json) from error
    click.echo(msgspec.json.encode({"policy": text}).decode() if as_json else text, nl=as_json)


def _day(path: Path) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(path.stat().st_mtime))


relay.add_command(rest_key)
relay.add_command(certificate)
