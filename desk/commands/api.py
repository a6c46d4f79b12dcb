"""`enlace api`: the commands for programs and pages on this machine."""

from importlib.metadata import version

import click

from desk.commands.options import duration, with_passphrase
from desk.errors import Usage
from desk.keys.keyring import open_keyring
from desk.terminal import Terminal, run, until_signal


@click.group(short_help="The commands, for programs on this machine.")
def api() -> None:
    """Serve the commands to programs and pages on this machine."""


@api.command(short_help="Serve the API, until it is stopped.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="PORT", help="The port; else one that is free."
)
@click.option(
    "--idle",
    metavar="DURATION",
    default="15m",
    show_default=True,
    help="Lock the profile after so long without a call: 5m, 2h.",
)
@click.option("--locked", is_flag=True, help="Begin locked; a program unlocks it with the passphrase.")
@with_passphrase
def serve(terminal: Terminal, port: int, idle: str, locked: bool) -> None:
    """Serve the API on 127.0.0.1 until it is stopped.

    Whoever asks shows the token that is written, at each start, to the file `api-token` in the profile, which only this
    user can read. GET /v1/openapi.json says what can be asked. `enlace watch` runs beside it.
    """
    from desk.api.server import Api  # here, and not at the top: aiohttp takes long to load
    from desk.api.serving import serve_api
    from desk.main import enlace

    profile, seconds = terminal.profile(), duration(idle)
    if not seconds:
        raise Usage("without any time nothing could be called; write --idle like 15m")
    keyring = None if locked else open_keyring(profile, terminal.passphrase())
    served = Api(profile, enlace, seconds, version("enlace"), keyring)

    def serving(address: str, token: str) -> None:
        words = f"Serving {address}. The token is in {token}. Ctrl-C stops it."
        terminal.event({"address": address, "token_file": token}, words)

    run(until_signal(serve_api(served, port, serving)))
