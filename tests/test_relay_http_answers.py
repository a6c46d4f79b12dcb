"""One shape for every refusal, whoever refuses; no fault for bad input; nothing of content in logs or files."""

import asyncio
import io
import json
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from directory_world import key_pair
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from relay_bodies import posted
from relay_world import Caller, RelayWorld, client_tls, fresh_client_tls

from config.logs import configure_logging
from directory.canonical import Malformed
from directory.statement import RevokeDevice
from relay.answers import make_answers, note_start, problem_of
from relay.log_fields import FIELDS
from relay.metrics import Metrics
from relay.protocol import routes
from relay.protocol.problems import CODES, Problem, Refusal
from relay.protocol.requests import LogIn, Session

SECRET = "canary-in-the-words"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        yield here


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged, by the relay's rules."""
    stream = io.StringIO()
    configure_logging(FIELDS, stream=stream)
    yield stream
    structlog.reset_defaults()


@pytest.mark.parametrize("code", CODES)
def test_every_refusal_has_its_shape(code: str) -> None:
    problem = problem_of(Refusal(code, "words", retry_after=3))
    assert (problem.code, problem.detail) == (code, "words")
    assert (problem.status, problem.title) == CODES[code]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Malformed("not canonical"), "malformed"),
        (web.HTTPNotFound(), "not-found"),
        (web.HTTPMethodNotAllowed("PUT", ["GET"]), "method-not-allowed"),
        (web.HTTPRequestEntityTooLarge(1, 2), "too-large"),
        (web.HTTPUnsupportedMediaType(), "media-type"),
        (web.HTTPBadRequest(), "malformed"),
        (web.HTTPInternalServerError(), "internal"),
        (KeyError(SECRET), "internal"),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, SECRET), "internal"),
    ],
)
def test_what_libraries_raise_gets_the_same_shape_and_no_words(error: Exception, code: str) -> None:
    problem = problem_of(error)
    assert (problem.code, problem.status) == (code, CODES[code][0])
    assert SECRET not in problem.detail


async def failing_app(handler: object) -> TestClient[web.Request, web.Application]:
    app = web.Application(middlewares=[make_answers(Metrics(), addresses=False)])
    app.router.add_get("/x/{secret}", handler)  # type: ignore[arg-type]  # a handler of these tests
    app.on_response_prepare.append(note_start)
    client = TestClient(TestServer(app))
    await client.start_server()
    return client


async def test_a_fault_is_answered_without_words_and_logged_by_class_and_place(logged: io.StringIO) -> None:
    async def handler(request: web.Request) -> web.Response:
        raise ValueError(SECRET + request.match_info["secret"])

    client = await failing_app(handler)
    try:
        response = await client.get(f"/x/{SECRET}?q={SECRET}", headers={"X-Secret": SECRET})
        assert response.status == 500
        assert response.headers["Content-Type"] == routes.PROBLEM
        assert msgspec.json.decode(await response.read(), type=Problem).code == "internal"
    finally:
        await client.close()
    fault, request = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert (fault["event"], fault["error"], fault["route"]) == ("fault", "ValueError", "/x/{secret}")
    assert re.fullmatch(r"tests/test_relay_http_answers\.py:\d+ handler", fault["where"])
    assert (request["status"], request["problem"]) == (500, "internal")
    assert SECRET not in logged.getvalue()


async def test_a_fault_in_the_middle_of_an_answer_cuts_the_connection(logged: io.StringIO) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"a part")
        raise ValueError(SECRET)

    client = await failing_app(handler)
    try:
        with pytest.raises(Exception, match=r"payload|disconnected|closed|reset"):
            await (await client.get("/x/y")).read()
    finally:
        await client.close()
    assert SECRET not in logged.getvalue()


async def test_unknown_places_and_methods_get_the_shape(here: RelayWorld) -> None:
    caller = await here.caller("stranger")
    assert (await caller.send("GET", "/v1/nothing", None, {})).code == "not-found"
    wrong = await caller.send("DELETE", routes.LOG, None, {})
    assert (wrong.code, wrong.headers["Allow"]) == ("method-not-allowed", "GET")
    assert (await caller.send("PROPFIND", routes.LOG, None, {})).code == "method-not-allowed"


async def test_every_answer_is_for_nobody_else_to_keep(here: RelayWorld) -> None:
    caller = await here.caller("stranger")
    for path in (routes.HEALTH, routes.LOG, "/nothing", routes.OPENAPI):
        headers = (await caller.send("GET", path, None, {})).headers
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert headers["Server"] == "enlace"


async def test_bodies_of_requests_are_bounded_announced_and_plain(tmp_path: Path) -> None:
    extra = "[limits]\njson_bytes = 65536\nreading_bytes = 40000\nbody_seconds = 1\n"
    async with RelayWorld.running(tmp_path, extra=extra) as here:
        duty = await here.caller("duty")
        await duty.call("GET", routes.LOG)

        async def post(data: object, **headers: str) -> str:
            sent = duty.proof("POST", routes.BODIES) | {"Content-Type": routes.JSON} | headers
            return (await duty.send("POST", routes.BODIES, data, sent)).code  # type: ignore[arg-type]  # a stream too

        async def pieces(seconds: float) -> AsyncIterator[bytes]:
            yield b'{"commitments":['
            await asyncio.sleep(seconds)
            yield b"]}"

        assert await post(b'{"commitments":[]}') == ""
        assert await post(b" " * 65_537) == "too-large"
        assert await post(b'{"commitments":[]}', **{"Content-Type": routes.NOTE}) == "media-type"
        assert await post(b'{"commitments":[]}', **{"Content-Encoding": "gzip"}) == "media-type"
        assert await post(pieces(0)) == "malformed"  # no Content-Length
        assert await post(pieces(5), **{"Content-Length": "18"}) == "malformed"  # does not arrive in time
        big = b'{"commitments":[]' + b" " * 39_000 + b"}"
        assert await post(big) == ""
        assert await post(b" " * 60_000) == "malformed"  # alone it may be larger than the room


PLACES = (
    ("POST", routes.LOGIN),
    ("POST", routes.STATEMENTS),
    ("POST", routes.BODIES),
    ("POST", routes.KEYSETS),
    ("PUT", routes.KEYSET),
    ("POST", routes.ENROLMENTS),
    ("POST", routes.ENROLMENT_TOTP),
    ("PUT", routes.INVITATION.format(officer="0" * 32)),
    ("GET", routes.LOG),
    ("POST", routes.ENVELOPES),
    ("POST", routes.STEPS.format(hash="0" * 64)),
    ("POST", routes.ATTACHMENTS),
)


async def test_no_input_whatever_is_a_fault(here: RelayWorld) -> None:
    callers: dict[str, Caller] = {
        "session": await here.log_in("co-chief"),
        "duty": await here.caller("duty"),
        "device": await here.caller("co-night"),
    }
    for caller in callers.values():
        await caller.call("GET", routes.LOG)
    loop = asyncio.get_running_loop()

    @settings(max_examples=120, suppress_health_check=list(HealthCheck), deadline=None)
    @given(
        st.sampled_from(sorted(callers)),
        st.sampled_from(PLACES),
        st.one_of(
            st.binary(max_size=200),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=20),
                lambda inner: (
                    st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELD_NAMES), inner, max_size=4)
                ),
                max_leaves=8,
            ).map(lambda value: json.dumps(value).encode()),
        ),
        st.sampled_from([routes.JSON, routes.NOTE, routes.BYTES, "a/b"]),
        st.sampled_from(["", "?start=1", "?x=%00", "?start=%ff"]),
    )
    def fuzz(who: str, place: tuple[str, str], body: bytes, kind: str, query: str) -> None:
        calling = callers[who].call(place[0], place[1] + query, data=body, kind=kind)
        answer = asyncio.run_coroutine_threadsafe(calling, loop).result(30)
        assert answer.status < 500, (place, body, answer.raw)

    await asyncio.to_thread(fuzz)


FIELD_NAMES = [
    "code",
    "recovery",
    "proof",
    "keys",
    "proof_hash",
    "expires",
    "statements",
    "bodies",
    "commitments",
    "devices",
]


async def test_rubbish_on_the_wire_brings_nothing_down(here: RelayWorld) -> None:
    for rubbish in (
        b"\0" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/log HTTP/1.1\r\n" * 50,
    ):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", here.port, ssl=client_tls(), server_hostname="localhost"
        )
        writer.write(rubbish)
        async with asyncio.timeout(10):
            first = await reader.read(20)
        writer.close()
        assert b" 5" not in first[8:11]
    assert (await (await here.caller("stranger")).send("GET", routes.HEALTH, None, {})).status == 200


async def test_nothing_older_than_tls_1_3_is_spoken(here: RelayWorld) -> None:
    old = fresh_client_tls()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", here.port, ssl=old, server_hostname="localhost")


async def test_no_canary_is_found_in_logs_numbers_or_files(tmp_path: Path, logged: io.StringIO) -> None:
    async with RelayWorld.running(tmp_path) as here:
        here.world.add_contact("co-desk", "co", ["co-night"])
        await here.publish()
        night = await here.bind("co-night")
        code = here.code("co-night")
        session = (await night.log_in(code)).read(Session)
        await night.call("POST", routes.LOGIN, LogIn(recovery="CANA-RYCA-NARY-CANA"))
        await night.call("POST", routes.STATEMENTS, posted([b"canary-statement"], ()))
        await night.call("GET", f"/canary-path?{SECRET}")
        await night.send(
            "GET", routes.LOG, None, {routes.PROOF_HEADER: "canary-proof", "Authorization": "DPoP canary-token"}
        )
        here.world.admit(
            here.world.say(RevokeDevice, device=key_pair("co-night").public.id, reason="lost"), "co-chief", "co-deputy"
        )
        await here.publish()
        await night.call("GET", routes.LOG)
        numbers = here.relay.metrics.text().decode()
        secret = here.secrets["co-night"]
        words = [
            "canary", "CANARY", "CANA-RYCA", SECRET, session.token, code, *session.recovery_codes, "127.0.0.1", "+1202",
            secret.hex(),
        ]  # fmt: skip
        files = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    lines = logged.getvalue()
    assert lines.count("\n") > 10
    for word in words:
        assert word not in lines, word
        assert word not in numbers, word
        if word not in (code, "127.0.0.1"):  # six digits may stand in a file by chance
            assert word.encode() not in files, word
    assert secret not in files


async def test_addresses_are_logged_only_where_asked_for(tmp_path: Path, logged: io.StringIO) -> None:
    async with RelayWorld.running(tmp_path, extra="[logging]\naddresses = true\n") as here:
        await (await here.caller("stranger")).send("GET", routes.HEALTH, None, {})
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert {line["address"] for line in lines if line["event"] == "request"} == {"127.0.0.1"}
