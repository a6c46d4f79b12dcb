"""Log-in, sessions, authenticators, invitations and enrolments over HTTP (`relay.protocol.routes`)."""

import re

from aiohttp import web

from relay.authenticate import PRINCIPAL, SESSION
from relay.authenticators import Authenticators
from relay.enrolments import Enrolments
from relay.log_in import LogIns
from relay.protocol import routes
from relay.protocol.problems import Refusal
from relay.protocol.requests import (
    AuthenticatorCode,
    AuthenticatorConfirmation,
    AuthenticatorRenewal,
    Enrolment,
    LogIn,
    NewInvitation,
    TotpRequest,
)
from relay.read_request import MOST_SMALL, Requests, json_answer

_OFFICER = re.compile(r"[0-9a-f]{32}")


def access_routes(
    log_ins: LogIns, authenticators: Authenticators, enrolments: Enrolments, requests: Requests
) -> list[web.RouteDef]:
    """The routes, for the app to add."""
    handlers = _Handlers(log_ins, authenticators, enrolments, requests)
    return [
        web.post(routes.LOGIN, handlers.log_in),
        web.post(routes.RENEW, handlers.renew),
        web.post(routes.LOGOUT, handlers.log_out),
        web.post(routes.AUTHENTICATOR, handlers.begin_renewal),
        web.post(routes.AUTHENTICATOR_CONFIRM, handlers.confirm_renewal),
        web.post(routes.AUTHENTICATOR_CODES, handlers.renew_codes),
        web.put(routes.INVITATION, handlers.invite),
        web.get(routes.ENROLMENT, handlers.enrolment, allow_head=False),
        web.post(routes.ENROLMENTS, handlers.enrol),
        web.post(routes.ENROLMENT_TOTP, handlers.secret),
    ]


class _Handlers:
    def __init__(
        self, log_ins: LogIns, authenticators: Authenticators, enrolments: Enrolments, requests: Requests
    ) -> None:
        self._log_ins, self._authenticators = log_ins, authenticators
        self._enrolments, self._requests = enrolments, requests

    async def log_in(self, request: web.Request) -> web.Response:
        """POST /v1/login."""
        by = request[PRINCIPAL].require("key")
        given = await self._requests.json(request, LogIn, MOST_SMALL)
        return json_answer(await self._log_ins.log_in(by, given))

    async def renew(self, request: web.Request) -> web.Response:
        """POST /v1/session/renew."""
        request[PRINCIPAL].require("session")
        return json_answer(await self._log_ins.renew(request[SESSION]))

    async def log_out(self, request: web.Request) -> web.Response:
        """POST /v1/logout."""
        await self._log_ins.log_out(request[PRINCIPAL].require("session").device)
        return web.Response(status=204)

    async def begin_renewal(self, request: web.Request) -> web.Response:
        """POST /v1/authenticator."""
        request[PRINCIPAL].require("session")
        given = await self._requests.json(request, AuthenticatorRenewal, MOST_SMALL)
        return json_answer(await self._authenticators.begin(request[SESSION], given))

    async def confirm_renewal(self, request: web.Request) -> web.Response:
        """POST /v1/authenticator/confirm."""
        request[PRINCIPAL].require("session")
        given = await self._requests.json(request, AuthenticatorConfirmation, MOST_SMALL)
        return json_answer(await self._authenticators.confirm(request[SESSION], given))

    async def renew_codes(self, request: web.Request) -> web.Response:
        """POST /v1/authenticator/codes."""
        request[PRINCIPAL].require("session")
        given = await self._requests.json(request, AuthenticatorCode, MOST_SMALL)
        return json_answer(await self._authenticators.renew_codes(request[SESSION], given))

    async def invite(self, request: web.Request) -> web.Response:
        """PUT /v1/invitations/{officer}."""
        by = request[PRINCIPAL].require("session", "duty")
        invitation = await self._requests.json(request, NewInvitation, MOST_SMALL)
        await self._enrolments.invite(by, _officer(request), invitation)
        return web.Response(status=204)

    async def enrolment(self, request: web.Request) -> web.Response:
        """GET /v1/enrolments/{officer}."""
        return json_answer(await self._enrolments.state(request[PRINCIPAL], _officer(request)))

    async def enrol(self, request: web.Request) -> web.Response:
        """POST /v1/enrolments."""
        by = request[PRINCIPAL].require("key")
        await self._enrolments.offer(by, await self._requests.json(request, Enrolment, MOST_SMALL))
        return web.Response(status=202)

    async def secret(self, request: web.Request) -> web.Response:
        """POST /v1/enrolments/totp."""
        by = request[PRINCIPAL].require("key")
        return json_answer(
            await self._enrolments.secret(by, await self._requests.json(request, TotpRequest, MOST_SMALL))
        )


def _officer(request: web.Request) -> str:
    officer = request.match_info["officer"]
    if not _OFFICER.fullmatch(officer):
        raise Refusal("not-found", "an officer's id has 32 hexadecimal digits")
    return officer
