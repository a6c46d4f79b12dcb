"""The web application of a relay: middlewares, routes, signals. Handlers are given what they need."""

import secrets

from aiohttp import web

from relay.access_handlers import access_routes
from relay.answers import make_answers, note_start
from relay.assembly import Relay
from relay.authenticate import make_authenticate, make_nonce_signal
from relay.directory_handlers import directory_routes
from relay.door import make_count_proven
from relay.health import health_routes
from relay.mail.handlers import mail_routes
from relay.portal.access_handlers import portal_access_routes
from relay.portal.pages import Portal, portal_routes
from relay.read_request import Requests
from relay.tile_handlers import tile_routes
from relay.unreadable import UNREAD, Runner
from relay.witness_handlers import witness_routes


def make_app(relay: Relay) -> web.Application:
    """The application of an open relay. When it shuts down, the relay's mail stops first."""
    settings = relay.settings
    app = web.Application(
        middlewares=[
            make_answers(relay.metrics, addresses=settings.logging.addresses),
            make_authenticate(relay.access, settings.listen.proxies, readable=settings.log.open),
            make_count_proven(relay.gate, relay.access.vouching),
        ]
    )
    requests = Requests(settings.limits, relay.access.drawing)
    app.add_routes(access_routes(relay.log_ins, relay.authenticators, relay.enrolments, requests))
    app.add_routes(
        directory_routes(
            relay.directory, relay.keysets, relay.access, requests, settings, relay.clocks.now, relay.cosigning.cosigned
        )
    )
    app.add_routes(tile_routes(relay.tiled, requests, settings.log, relay.access.drawing, relay.clocks.now))
    app.add_routes(witness_routes(relay.cosigning, requests))
    app.add_routes(mail_routes(relay.mail))
    app.add_routes(portal_access_routes(relay.portal_accesses, requests))
    app.add_routes(
        portal_routes(
            Portal(
                relay.portal_log_ins,
                relay.look_ups,
                relay.cosigning,
                requests,
                settings,
                relay.clocks.now,
                secrets.token_bytes,
            )
        )
    )
    app.add_routes(health_routes(relay.readiness, relay.metrics, settings.listen.metrics))
    app.on_response_prepare.append(note_start)
    app.on_response_prepare.append(make_nonce_signal(relay.access))

    async def stop_mail(app: web.Application) -> None:
        await relay.stop_mail()

    app.on_shutdown.append(stop_mail)
    return app


def make_runner(relay: Relay) -> Runner:
    """The application with its server's settings, for a site to run on."""
    return Runner(
        make_app(relay),
        relay.metrics,
        auto_decompress=False,
        keepalive_timeout=relay.settings.listen.idle_seconds,  # for the first request too (`relay.door`, rule 3)
        shutdown_timeout=relay.settings.listen.stop_seconds,
        unread_seconds=relay.settings.mail.patience(UNREAD),
    )
