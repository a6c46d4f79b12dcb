"""Bytes that are no request get the shape of every refusal, and stand in the log as one."""

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from relay_world import RelayWorld, client_tls

from config.logs import configure_logging
from relay.log_fields import FIELDS
from relay.protocol import routes
from relay.unreadable import MOST_FIELDS, MOST_LINE

UNREADABLE: dict[str, tuple[bytes, int, str]] = {
    "no method": (b"GARBAGE\r\n\r\n", 400, "malformed"),
    "a version to come": (b"GET /v1/log HTTP/9.9\r\nHost: x\r\n\r\n", 400, "malformed"),
    "no host": (b"GET /v1/log HTTP/1.1\r\n\r\n", 400, "malformed"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "malformed"),
    "a folded field": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400, "malformed"),
    "two lengths": (
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "malformed"
    ),
    "a length and chunks": (
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "malformed"
    ),
    "a long address": (b"GET /" + b"a" * (MOST_LINE + 1) + b" HTTP/1.1\r\nHost: x\r\n\r\n", 413, "too-large"),
    "a long field": (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * (MOST_LINE + 1) + b"\r\n\r\n", 413, "too-large"),
    "an expectation": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: aaa\r\n\r\n", 400, "malformed"),
    "many fields": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: a\r\n" * (MOST_FIELDS + 1) + b"\r\n", 400, "malformed"),
}  # fmt: skip


async def ask(here: RelayWorld, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", here.port, ssl=client_tls(), server_hostname="localhost"
    )
    writer.write(raw)
    async with asyncio.timeout(10):
        whole = await reader.read()
    writer.close()
    head, _, body = whole.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    return int(first.split(" ")[1]), dict(each.split(": ", 1) for each in fields), body


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged, by the relay's rules."""
    stream = io.StringIO()
    configure_logging(FIELDS, stream=stream)
    yield stream
    structlog.reset_defaults()


async def test_what_is_no_request_is_refused_like_any_other(tmp_path: Path, logged: io.StringIO) -> None:
    async with RelayWorld.running(tmp_path) as here:
        logged.truncate(0)
        for name, (raw, status, code) in UNREADABLE.items():
            answered, fields, body = await ask(here, raw)
            problem = json.loads(body)
            assert (answered, problem["status"], problem["code"]) == (status, status, code), name
            assert fields["Content-Type"] == routes.PROBLEM
            assert fields["Server"] == "enlace"
            assert fields["Cache-Control"] == "no-store"
            assert "GARBAGE" not in problem["detail"]
            assert "aaa" not in problem["detail"]
        lines = [json.loads(each) for each in logged.getvalue().strip("\0").splitlines()]
        assert {each["level"] for each in lines} == {"info"}
        assert {(each["method"], each["route"]) for each in lines} == {("other", "unmatched")}
        assert [each["problem"] for each in lines] == [code for _, _, code in UNREADABLE.values()]
        counted = f'enlace_requests_total{{method="other",route="unmatched",status="400"}} {len(UNREADABLE) - 2}.0'
        assert counted in here.relay.metrics.text().decode()
