"""A relay as a process: opened, served over TLS, stopped by a signal.

1. It says `READY=1` to a supervisor once it listens, and a log line says where.
2. SIGTERM and SIGINT stop it: it stops listening, listening devices are told `stopping`, what was taken is finished and
   answered within `stop_seconds`, then the stores are closed. Killing it instead loses nothing that was answered.
3. It raises the limit of its open files as far as the system lets it; if all the connections of its settings would not
   fit, it takes fewer, and a log line says how many.
4. A renewed certificate is taken without a stop, by itself and on SIGHUP (`relay.served_certificate`).
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import structlog

from config.processors import collect_as_usual
from relay.app import make_runner
from relay.assembly import Clocks, open_relay
from relay.certificate_renewal import Place
from relay.door import DoorSite, open_doors
from relay.open_files import raise_open_files
from relay.served_certificate import ServedCertificate
from relay.settings import RelaySettings
from relay.supervisor import notify

log = structlog.get_logger()


async def serve(
    settings: RelaySettings, folder: Path, stop: asyncio.Event, dropped: Counter[str], clocks: Clocks | None = None
) -> None:
    """Serve until `stop` is set; `folder` is where the settings file stands.

    Raises what `open_relay` raises, CertificateError, PreparationError, or OSError for the address.
    """
    listen, clocks = settings.listen, clocks or Clocks()
    place = Place(settings, folder)
    served = ServedCertificate(place.certificate, Path(listen.key), place.host, lambda: place.announced, clocks.now)
    raise_open_files()
    async with open_relay(settings, clocks, dropped, served) as relay:
        runner = make_runner(relay)
        await runner.setup()
        try:
            for door in await open_doors(listen.host, listen.port, relay.gate):
                await DoorSite(runner, door, served.context, listen.handshake_seconds).start()
            if relay.gate.most < listen.connections:
                log.warning("connections-limited", count=relay.gate.most, reason="open-files")
            _on_signal("SIGHUP", served.read)
            collect_as_usual()
            log.info("listening", port=runner.addresses[0][1], tree_size=relay.directory.view.size)
            notify("READY=1")
            await stop.wait()
            notify("STOPPING=1")
            log.info("stopping")
        finally:
            await runner.cleanup()
    log.info("stopped")


async def serve_until_signal(settings: RelaySettings, folder: Path, dropped: Counter[str]) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        _on_signal(name, stop.set)
    await serve(settings, folder, stop, dropped)


def _on_signal(name: str, act: Callable[[], None]) -> None:
    """Have `act` called in the event loop on a signal, where this system knows it."""
    number = getattr(signal, name, None)
    if number is None:
        return
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(number, act)
    except NotImplementedError:  # Windows: the handler runs between two steps of the main thread
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))
