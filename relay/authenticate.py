"""From a request's proof to its principal."""

from aiohttp import web

from relay.principal import Principal

PRINCIPAL: web.RequestKey[Principal] = web.RequestKey("principal", Principal)
"""Who a request comes from. Present in every request to a resource that asks for a proof (`relay.protocol.routes`)."""
