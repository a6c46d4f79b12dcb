"""The log, statements, bodies and key sets over HTTP (`relay.protocol.routes`)."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from aiohttp import web

from crypto.encoding import EncodingError, b64, decimal, unb64
from directory.keyset import MOST_KEYSET_BYTES
from relay.access import Access
from relay.authenticate import ADDRESS, PRINCIPAL
from relay.directory_log import DirectoryLog
from relay.key_sets import KeySets as KeptKeySets
from relay.protocol import routes
from relay.protocol.problems import Refusal
from relay.protocol.requests import Bodies, BodiesWanted, FoundBody, KeySets, KeySetsWanted, NewStatements
from relay.read_request import Requests, json_answer
from relay.rules.addresses import counted_address
from relay.rules.intake import Opening
from relay.rules.throttle import Buckets
from relay.settings import RelaySettings
from relay.views import Clock

Cosigned = Callable[[bytes], bytes]
MOST_LIST = 256 << 10
DEVICES = 10_000  # whose refused statements are remembered


def directory_routes(
    directory: DirectoryLog,
    keysets: KeptKeySets,
    access: Access,
    requests: Requests,
    settings: RelaySettings,
    clock: Clock,
    cosigned: Cosigned = lambda checkpoint: checkpoint,
) -> list[web.RouteDef]:
    """The routes, for the app to add; `cosigned` adds what witnesses said of a checkpoint."""
    handlers = _Handlers(directory, keysets, access, requests, settings, clock, cosigned)
    return [
        web.get(routes.LOG, handlers.log, allow_head=False),
        web.post(routes.STATEMENTS, handlers.append),
        web.post(routes.BODIES, handlers.bodies),
        web.put(routes.KEYSET, handlers.publish),
        web.post(routes.KEYSETS, handlers.keysets),
    ]


class _Handlers:
    def __init__(
        self,
        directory: DirectoryLog,
        keysets: KeptKeySets,
        access: Access,
        requests: Requests,
        settings: RelaySettings,
        clock: Clock,
        cosigned: Cosigned,
    ) -> None:
        self._cosigned = cosigned
        self._directory, self._keysets, self._access = directory, keysets, access
        self._requests, self._limits, self._clock = requests, settings.limits, clock
        self._refused = Buckets(settings.log.refused_burst, settings.log.refused_per_minute, DEVICES)

    async def log(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/log."""
        request[PRINCIPAL].require("session", "duty")
        if set(request.query) - {"start"} or len(request.query) > 1:
            raise Refusal("malformed", "the log knows the query start=N and no other")
        try:
            start = decimal(request.query.get("start", "0"), 2**53)
        except EncodingError as error:
            raise Refusal("malformed", f"start: {error}") from error
        state = await self._directory.read(start, self._limits.answer_bytes)
        checkpoint = self._cosigned(state.checkpoint.encode()).decode()
        return await self._requests.answer(request, msgspec.structs.replace(state, checkpoint=checkpoint))

    async def append(self, request: web.Request) -> web.Response:
        """POST /v1/statements.

        Statements prove themselves, so anybody may hand them in. But to judge them is work, so what is refused is paid
        for (`_Payer`), by the device whose key vouches for the request, or else by the network address. What is in the
        log already costs a stranger one token: the answer tells how far the log has come.
        """
        payer, size = self._payer(request), self._directory.view.size
        payer.advance(1)
        try:
            given = await self._requests.json(request, NewStatements)
            payer.advance(max(len(given.statements), 1))
            openings = [Opening(_bytes(each.salt), _bytes(each.body)) for each in given.bodies]
            statements = [each.encode("utf-8", "surrogatepass") for each in given.statements]
            appended = await self._directory.append(statements, openings)
        except Refusal as refusal:
            if refusal.problem.code == "unavailable":
                payer.give_back()
            raise
        payer.give_back()
        if appended.start < size and payer.buckets is not self._refused:
            payer.advance(1)  # it was there before
        return json_answer(appended)

    def _payer(self, request: web.Request) -> "_Payer":
        device, now = self._access.vouching(request.get(PRINCIPAL)), self._clock()
        if device:
            return _Payer(self._refused, device, now)
        return _Payer(self._access.addresses, counted_address(request[ADDRESS]), now)

    async def bodies(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/bodies."""
        by = request[PRINCIPAL].require("session", "duty")
        wanted = await self._requests.json(request, BodiesWanted, MOST_LIST)
        found = await self._directory.read_bodies(wanted.commitments, by.member)
        bodies = (FoundBody(commitment=each.commitment, salt=b64(each.salt), body=b64(each.body)) for each in found)
        return await self._requests.answer(request, Bodies(bodies=tuple(bodies)))

    async def publish(self, request: web.Request) -> web.Response:
        """PUT /v1/keyset."""
        device = request[PRINCIPAL].require("session").device
        await self._keysets.put(device, await self._requests.body(request, routes.NOTE, MOST_KEYSET_BYTES))
        return web.Response(status=204)

    async def keysets(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/keysets."""
        request[PRINCIPAL].require("session")
        wanted = await self._requests.json(request, KeySetsWanted, MOST_LIST)
        return await self._requests.answer(request, KeySets(keysets=await self._keysets.get(wanted.devices)))


@dataclass(slots=True)
class _Payer:
    """Who pays for a batch if it is refused, a token a statement; without enough nothing is judged (fails closed).

    The tokens are taken before it is judged, so batches at the same time gain nothing, and given back if it is taken,
    or if the relay itself was the reason that it was not.
    """

    buckets: Buckets
    name: str
    now: int
    paid: int = 0

    def advance(self, count: int) -> None:
        """Pay `count` tokens in all, those paid already among them; refuses `throttled`, nothing paid."""
        self.give_back()
        self.buckets.check(self.name, self.now, count)
        self.buckets.spend(self.name, self.now, count)
        self.paid = count

    def give_back(self) -> None:
        """Have back what was paid."""
        self.buckets.give_back(self.name, self.now, self.paid)
        self.paid = 0


def _bytes(text: str) -> bytes:
    try:
        return unb64(text)
    except EncodingError as error:
        raise Refusal("malformed", f"a body or its salt: {error}") from error
