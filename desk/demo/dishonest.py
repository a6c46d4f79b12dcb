"""A dishonest relay, for the demo and for tests: it serves whatever its operator wrote into the relay's own log.

Run as a process of its own: `python -m desk.demo.dishonest PORT CERTIFICATE KEY ENTRIES CHECKPOINT`. ENTRIES is a JSON
file with the list of log entries, CHECKPOINT a file with the checkpoint that the operator signed for them, with the
log's own keys. It answers every request for the log and refuses nothing, as an operator would who wants desks to
believe a forged entry.
"""

import ssl
import sys
from pathlib import Path

import msgspec
from aiohttp import web

from relay.protocol import routes
from relay.protocol.requests import MOST_ENTRIES, LogState


def make_app(entries: list[str], checkpoint: str) -> web.Application:
    """An application that serves these entries under this checkpoint."""

    async def log(request: web.Request) -> web.Response:
        start = int(request.query["start"])
        state = LogState(start=start, entries=tuple(entries[start : start + MOST_ENTRIES]), checkpoint=checkpoint)
        return web.json_response(body=msgspec.json.encode(state), headers={routes.NONCE_HEADER: "any"})

    app = web.Application()
    app.router.add_get(routes.LOG, log)
    return app


def main() -> None:
    """Serve until terminated."""
    port, certificate, key, entries, checkpoint = sys.argv[1:6]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    app = make_app(msgspec.json.decode(Path(entries).read_bytes(), type=list[str]), Path(checkpoint).read_text())
    web.run_app(app, host="127.0.0.1", port=int(port), ssl_context=context, print=None)


if __name__ == "__main__":
    main()
