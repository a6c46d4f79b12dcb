"""What the relay refused, asked once more: why, or as another key; it may answer something else by then, or nothing."""

import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from directory_world import key_pair
from relay_world import authority, server_tls

from desk.errors import Declined, DeskError, Locked, Unreachable
from desk.link.client import RelayClient
from desk.roots.duty_key import DutyClient
from relay.protocol import routes
from relay.protocol.problems import CODES

Answer = Callable[[web.Request], web.StreamResponse]


def problem(code: str) -> Answer:
    status, title = CODES[code]
    told = {"type": "about:blank", "code": code, "title": title, "status": status, "detail": title}
    return lambda _: web.json_response(told, status=status, content_type="application/problem+json")


def bare(status: int) -> Answer:
    return lambda _: web.Response(status=status)


def gone(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()  # the relay goes away in the middle of it
    return web.Response()


@dataclass
class Refusing:
    """A server that refuses the upgrade with one answer, and says another when it is asked plainly."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    upgrades: list[bool] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.upgrades.append("Upgrade" in request.headers)
        self.keys.append(request.headers[routes.PROOF_HEADER].partition(".")[0])  # a proof's head holds its key
        return self.answers[min(len(self.upgrades), len(self.answers)) - 1](request)


@pytest.fixture
async def refusing() -> AsyncIterator[Refusing]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    found = Refusing(f"https://localhost:{listening.getsockname()[1]}")
    app = web.Application()
    app.router.add_get(routes.STREAM, found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, listening, ssl_context=server_tls()).start()
    yield found
    await runner.cleanup()


@pytest.mark.parametrize(
    ("first", "then", "kind", "words"),
    [
        pytest.param(bare(503), problem("malformed"), Unreachable, "refused the stream (503)", id="back by then"),
        pytest.param(bare(503), bare(200), Unreachable, "refused the stream (503)", id="answers as to any request"),
        pytest.param(bare(503), bare(502), Unreachable, "answered 502", id="still away"),
        pytest.param(problem("unavailable"), gone, Unreachable, "does not answer", id="goes away"),
        pytest.param(bare(403), problem("device-revoked"), Declined, "Nothing reaches this desk", id="a reason"),
        pytest.param(bare(429), problem("throttled"), Locked, "", id="too often"),
    ],
)
async def test_why_a_stream_was_refused(
    refusing: Refusing, first: Answer, then: Answer, kind: type[DeskError], words: str
) -> None:
    refusing.answers = [first, then]
    pem, key = authority()[0].cert_pem.bytes().decode(), key_pair("co-night").ed25519
    async with RelayClient(refusing.url, pem, key, lambda: 1_800_000_000) as client:
        with pytest.raises(kind) as caught:
            await client.stream(routes.STREAM)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert refusing.upgrades[:2] == [True, False]
    assert True not in refusing.upgrades[1:]


async def test_a_duty_key_is_tried_again_after_no_answer_came_to_another(refusing: Refusing) -> None:
    """The relay did not know it yet, went away over the next, and is back from a backup that knows neither but one."""
    no, yes = problem("not-allowed"), lambda _: web.json_response({})
    refusing.answers = [no, bare(502), no, yes]
    pem, keys = authority()[0].cert_pem.bytes().decode(), [key_pair(each).ed25519 for each in ("duty", "next duty")]
    async with DutyClient(refusing.url, pem, keys[0], lambda: 1_800_000_000, keys[1:]) as client:
        with pytest.raises(Unreachable):
            await client.send("GET", routes.STREAM, None, {})
        status, _, _ = await client.send("GET", routes.STREAM, None, {})
    assert status == 200
    assert refusing.keys == [refusing.keys[each] for each in (0, 1, 1, 0)]
    assert refusing.keys[0] != refusing.keys[1]
