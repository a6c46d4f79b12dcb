"""The log, statements, bodies and key sets over HTTP (`relay.protocol.routes`)."""

from aiohttp import web

from crypto.encoding import EncodingError, b64, decimal, unb64
from directory.canonical import Malformed
from directory.keyset import MOST_KEYSET_BYTES
from relay.access import Access
from relay.authenticate import ADDRESS, PRINCIPAL
from relay.directory_log import DirectoryLog
from relay.key_sets import KeySets as KeptKeySets
from relay.protocol import routes
from relay.protocol.problems import Refusal
from relay.protocol.requests import Bodies, BodiesWanted, FoundBody, KeySets, KeySetsWanted, NewStatements
from relay.read_request import Requests, json_answer
from relay.rules.intake import Opening
from relay.settings import Limits

MOST_LIST = 256 << 10
_OURS = frozenset({"statement-conflict", "throttled", "unavailable"})


def directory_routes(
    directory: DirectoryLog, keysets: KeptKeySets, access: Access, requests: Requests, limits: Limits
) -> list[web.RouteDef]:
    """The routes, for the app to add."""
    handlers = _Handlers(directory, keysets, access, requests, limits)
    return [
        web.get(routes.LOG, handlers.log, allow_head=False),
        web.post(routes.STATEMENTS, handlers.append),
        web.post(routes.BODIES, handlers.bodies),
        web.put(routes.KEYSET, handlers.publish),
        web.post(routes.KEYSETS, handlers.keysets),
    ]


class _Handlers:
    def __init__(
        self, directory: DirectoryLog, keysets: KeptKeySets, access: Access, requests: Requests, limits: Limits
    ) -> None:
        self._directory, self._keysets, self._access = directory, keysets, access
        self._requests, self._limits = requests, limits

    async def log(self, request: web.Request) -> web.Response:
        """GET /v1/log."""
        request[PRINCIPAL].require("session", "duty")
        if set(request.query) - {"start"} or len(request.query) > 1:
            raise Refusal("malformed", "the log knows the query start=N and no other")
        try:
            start = decimal(request.query.get("start", "0"), 2**53)
        except EncodingError as error:
            raise Refusal("malformed", f"start: {error}") from error
        return json_answer(await self._directory.read(start, self._limits.answer_bytes))

    async def append(self, request: web.Request) -> web.Response:
        """POST /v1/statements.

        Statements prove themselves, so anybody may hand them in. Whoever hands in what does not count pays with the
        tokens of their address, unless a known key vouches for the request.
        """
        known, address = self._access.is_known(request.get(PRINCIPAL)), request[ADDRESS]
        if not known:
            self._access.check_address(address)
        try:
            given = await self._requests.json(request, NewStatements)
            openings = [Opening(_bytes(each.salt), _bytes(each.body)) for each in given.bodies]
            statements = [each.encode("utf-8", "surrogatepass") for each in given.statements]
            return json_answer(await self._directory.append(statements, openings))
        except (Malformed, Refusal) as error:
            ours = isinstance(error, Refusal) and error.problem.code in _OURS
            if not known and not ours:
                self._access.blame(address)
            raise

    async def bodies(self, request: web.Request) -> web.Response:
        """POST /v1/bodies."""
        by = request[PRINCIPAL].require("session", "duty")
        wanted = await self._requests.json(request, BodiesWanted, MOST_LIST)
        found = await self._directory.read_bodies(wanted.commitments, by.member)
        bodies = (FoundBody(commitment=each.commitment, salt=b64(each.salt), body=b64(each.body)) for each in found)
        return json_answer(Bodies(bodies=tuple(bodies)))

    async def publish(self, request: web.Request) -> web.Response:
        """PUT /v1/keyset."""
        device = request[PRINCIPAL].require("session").device
        await self._keysets.put(device, await self._requests.body(request, routes.NOTE, MOST_KEYSET_BYTES))
        return web.Response(status=204)

    async def keysets(self, request: web.Request) -> web.Response:
        """POST /v1/keysets."""
        request[PRINCIPAL].require("session")
        wanted = await self._requests.json(request, KeySetsWanted, MOST_LIST)
        return json_answer(KeySets(keysets=await self._keysets.get(wanted.devices)))


def _bytes(text: str) -> bytes:
    try:
        return unb64(text)
    except EncodingError as error:
        raise Refusal("malformed", f"a body or its salt: {error}") from error
