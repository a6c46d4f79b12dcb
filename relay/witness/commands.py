"""`enlace witness keygen | serve | call-out`: what the operator of a member's witness runs."""

import asyncio
import signal
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import click
import msgspec

from config.logs import configure_logging
from config.processors import collect_as_usual
from config.unhurried import Unhurried
from relay.command_options import Refused, WrongUse, as_json
from relay.log_fields import FIELDS
from relay.protocol.routes import CHECKPOINT
from relay.witness.call_out import CallFailed, CallOut
from relay.witness.folder import WitnessError, make_witness, open_witness
from relay.witness.server import serve_witness
from relay.witness.witness import Witness

_EVERY = 300
folder_of = click.argument("folder", type=click.Path(path_type=Path))


def _now() -> int:
    return int(time.time())


@click.group(short_help="Run a member's witness.")
def witness() -> None:
    """Run a member's witness: it cosigns the directory's log after checking that it has only grown.

    Its word makes a split or rewritten directory visible. A member has one, on a machine that the relay's operator does
    not run. Exit codes: 0 done, 2 wrong usage, 3 refused or not in order.
    """


@witness.command(short_help="Make a witness's FOLDER, with its keys.")
@folder_of
@click.option(
    "--name", required=True, metavar="NAME", help="network/witness/member, such as enlace.example/witness/co."
)
@as_json
def keygen(folder: Path, name: str, as_json: bool) -> None:
    """Make a witness's FOLDER: keys, and witness.policy for the relay's operator. Nothing is written over.

    Compare the fingerprint by voice with the relay's operator. Never put the folder back from a backup: a witness that
    has forgotten what it cosigned is retired, and another made.
    """
    try:
        made = make_witness(folder, name)
    except WitnessError as error:
        raise WrongUse(str(error), as_json=as_json) from error
    if as_json:
        plain = {"public": str(made.public), "fingerprint": made.fingerprint}
        click.echo(msgspec.json.encode(plain, order="sorted").decode())
        return
    click.echo(f"public lines  {made.public}   (for the relay's operator)")
    click.echo(f"fingerprint   {made.fingerprint}")
    click.echo(
        f"Then put the lines of the log into {folder / 'logs.policy'} (enlace relay policy prints them), and run"
    )
    click.echo(f"enlace witness serve {folder}, or behind a firewall enlace witness call-out {folder}")


@witness.command(short_help="Serve add-checkpoint until stopped.")
@folder_of
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8470, show_default=True, type=click.IntRange(0, 65_535), help="Port to listen on.")
@click.option("--certificate", type=click.Path(path_type=Path), metavar="FILE", help="PEM of its certificate chain.")
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="PEM of the certificate's key.")
def serve(folder: Path, host: str, port: int, certificate: Path | None, key: Path | None) -> None:
    """Serve `add-checkpoint` (c2sp.org/tlog-witness) until it is stopped. Logs go to standard error.

    Without a certificate it speaks plain HTTP, for a proxy in front: what it is asked and answers is signed.
    """
    if (certificate is None) != (key is None):
        raise WrongUse("--certificate and --key belong together", as_json=False)
    try:
        tls = _server_tls(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise WrongUse(f"the certificate or its key cannot be used: {error}", as_json=False) from error
    _run(folder, lambda found, stop: serve_witness(found, host, port, tls, stop))


@witness.command("call-out", short_help="Call the relay every few minutes until stopped.")
@folder_of
@click.option("--authority", type=click.Path(path_type=Path), metavar="FILE",
              help="PEM of the authority that vouches for the relay's certificate; default: the system's.")  # fmt: skip
@click.option("--every", default=_EVERY, show_default=True, type=click.IntRange(5, 600), metavar="SECONDS",
              help="How often.")  # fmt: skip
@click.option("--once", is_flag=True, help="Call once, and stop.")
def call_out(folder: Path, authority: Path | None, every: int, once: bool) -> None:
    """Call the relay, cosign what it has, hand that back: for a witness that nobody outside can reach.

    The relay is where the lines `log` of logs.policy say.
    """
    try:
        tls = ssl.create_default_context(cafile=str(authority) if authority else None)
    except (OSError, ssl.SSLError) as error:
        raise WrongUse(f"the authority's file cannot be used: {error}", as_json=False) from error
    tls.minimum_version = ssl.TLSVersion.TLSv1_3

    async def call(found: Witness, stop: asyncio.Event) -> None:
        calls = [CallOut(found, relay, origin, tls, _now) for relay, origin in _relays(found)]
        if once:
            for each in calls:
                await each.call()
            return
        async with asyncio.TaskGroup() as tasks:
            for each in calls:
                tasks.create_task(each.keep_calling(every, stop))

    _run(folder, call)


def _relays(found: Witness) -> list[tuple[str, str]]:
    """Address and origin of every log that is watched; raises WitnessError where an address is missing."""
    relays = dict[str, str]()
    prefix = CHECKPOINT.removesuffix("/checkpoint")
    for each in found.logs.logs:
        if not each.url.endswith(prefix) or not each.url.startswith("https://"):
            raise WitnessError(f"logs.policy does not say where {each.key.name} is: https://…{prefix} behind its key")
        relays[each.key.name] = each.url.removesuffix(prefix)
    return [(relay, origin) for origin, relay in relays.items()]


def _server_tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.load_cert_chain(certificate, key)
    return tls


def _run(folder: Path, work: Callable[[Witness, asyncio.Event], Awaitable[None]]) -> None:
    """Open the witness, do the work until a signal, close its records."""
    stream = Unhurried(sys.stderr)
    configure_logging(FIELDS, "info", "json", stream)
    try:
        found, records = open_witness(folder, _now)
        try:
            asyncio.run(_until_signal(found, work))
        finally:
            records.close()
    except (WitnessError, CallFailed) as error:
        raise Refused(str(error), as_json=False) from error
    except OSError as error:
        raise Refused(f"the witness cannot start: {error.strerror or error}", as_json=False) from error
    finally:
        stream.close()


async def _until_signal(found: Witness, work: Callable[[Witness, asyncio.Event], Awaitable[None]]) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            try:
                loop.add_signal_handler(number, stop.set)
            except NotImplementedError:  # Windows: the handler runs between two steps of the main thread
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    collect_as_usual()
    await work(found, stop)
