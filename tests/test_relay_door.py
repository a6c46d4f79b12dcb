"""The door: connections that take too long or are too many are closed, the others go on. Real sockets, real TLS."""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_world import until
from relay_world import Caller, RelayWorld, client_tls

from relay.door import Door, Gate, Visit, open_doors
from relay.protocol import routes

SHORT = "idle_seconds = 1\nhandshake_seconds = 1\n"
ASKING = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path, settled=False, listen=SHORT + "connections_each = 3\n") as here:
        yield here


async def connect(here: RelayWorld, tls: ssl.SSLContext | None = None) -> Pipe:
    name = "localhost" if tls is not None else None
    return await asyncio.open_connection("127.0.0.1", here.port, ssl=tls, server_hostname=name)


async def closed(pipe: Pipe) -> bytes:
    """What still came before the relay closed the connection."""
    reader, writer = pipe
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    except (ConnectionError, ssl.SSLError):
        return b""
    finally:
        writer.transport.abort()


async def answered(pipe: Pipe) -> bytes:
    pipe[1].write(ASKING + b"\r\n")
    async with asyncio.timeout(10):
        return await pipe[0].readuntil(b"alive\n")


async def test_who_never_begins_tls_is_let_go(here: RelayWorld) -> None:
    silent, half = await connect(here), await connect(here)
    half[1].write(b"\x16\x03\x01")
    await until(lambda: len(here.relay.gate) == 2)
    assert await closed(silent) == await closed(half) == b""
    await until(lambda: len(here.relay.gate) == 0)


async def test_headers_that_do_not_arrive_are_not_waited_for(here: RelayWorld) -> None:
    nothing, half = await connect(here, client_tls()), await connect(here, client_tls())
    half[1].write(ASKING)
    assert await closed(nothing) == await closed(half) == b""


async def test_headers_that_come_byte_by_byte_are_not_waited_for(here: RelayWorld) -> None:
    pipe = await connect(here, client_tls())
    pipe[1].write(ASKING)
    ending = asyncio.create_task(closed(pipe))
    sent = 0
    while not ending.done():
        pipe[1].write(b"X")
        sent += 1
        await asyncio.wait([ending], timeout=0.1)
    assert await ending == b""
    assert 5 < sent < 50


async def test_an_idle_connection_and_a_second_half_request_are_let_go(here: RelayWorld) -> None:
    idle, half = await connect(here, client_tls()), await connect(here, client_tls())
    assert b"200 OK" in await answered(idle)
    assert b"200 OK" in await answered(half)
    assert b"200 OK" in await answered(half)
    half[1].write(ASKING)
    assert await closed(idle) == await closed(half) == b""


async def test_what_is_being_done_is_not_cut_off(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path, listen=SHORT) as here:
        reception = await here.caller("co-night reception")
        await reception.call("GET", routes.STREAM)  # for the nonce
        headers = reception.proof("GET", routes.STREAM)
        pipe = await connect(here, client_tls())
        pipe[1].write(b"POST /v1/statements HTTP/1.1\r\nHost: localhost\r\n")
        pipe[1].write(b"Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{")
        async with reception.http.ws_connect(here.url + routes.STREAM, headers=headers) as stream:
            await stream.receive()  # hello
            await stream.receive()  # idle
            with pytest.raises(TimeoutError):
                await stream.receive(timeout=1.5)
            assert not stream.closed
        pipe[1].write(b"}        }")
        async with asyncio.timeout(10):
            assert b"malformed" in await pipe[0].readuntil(b"}")
        pipe[1].transport.abort()


async def test_one_connection_too_many_of_an_address_is_closed_and_the_others_go_on(here: RelayWorld) -> None:
    gate = here.relay.gate
    pipes = [await connect(here, client_tls()) for _ in range(3)]
    for _ in range(3):
        assert await closed(await connect(here)) == b""
    with pytest.raises((ConnectionError, ssl.SSLError)):
        await connect(here, client_tls())
    assert (len(gate), gate.refused) == (3, 4)
    assert b"200 OK" in await answered(pipes[0])
    pipes[1][1].close()
    await until(lambda: len(gate) == 2)
    pipes[1] = await connect(here, client_tls())
    assert b"200 OK" in await answered(pipes[1])
    for pipe in pipes:
        pipe[1].transport.abort()


@pytest.mark.parametrize(
    ("listen", "most"),
    [
        ('connections = 2\ntrusted_proxies = ["127.0.0.1"]\n', 2),
        ('connections = 4\nconnections_each = 2\ntrusted_proxies = ["::ffff:127.0.0.1"]\n', 4),
    ],
)
async def test_proxies_have_only_the_bound_for_all(tmp_path: Path, listen: str, most: int) -> None:
    async with RelayWorld.running(tmp_path, settled=False, listen=listen) as here:
        pipes = [await connect(here, client_tls()) for _ in range(most)]
        assert await closed(await connect(here)) == b""
        assert (len(here.relay.gate), here.relay.gate.refused) == (most, 1)
        for pipe in pipes:
            assert b"200 OK" in await answered(pipe)
            pipe[1].transport.abort()
        await until(lambda: len(here.relay.gate) == 0)


async def proven(here: RelayWorld, caller: Caller) -> Pipe:
    """A connection that has brought a proof, and stays."""
    pipe = await connect(here, client_tls())
    lines = [f"{name}: {value}\r\n" for name, value in caller.proof("GET", routes.STREAM).items()]
    pipe[1].write(f"GET {routes.STREAM} HTTP/1.1\r\nHost: localhost\r\n{''.join(lines)}\r\n".encode())
    async with asyncio.timeout(10):
        head = await pipe[0].readuntil(b"\r\n\r\n")
        await pipe[0].readuntil(b"}")
    assert b" 401 " not in head, head
    return pipe


async def test_many_desks_behind_one_address_get_in_and_idle_connections_do_not(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path, listen="connections_each = 4\n") as here:
        pipes, gate = list[Pipe](), here.relay.gate
        callers = [await here.caller(handle) for handle in ("co-chief", "co-deputy", "co-night")]
        for caller in callers:
            await caller.call("GET", routes.STREAM)  # for the nonce; that connection stays too
            pipes += [await proven(here, caller) for _ in range(3)]
        assert len(gate) == 1 + 3 * 4  # one has posted statements, without a proof
        idle = [await connect(here) for _ in range(3)]
        assert await closed(await connect(here)) == b""
        assert (len(gate), gate.refused) == (16, 1)
        for pipe in pipes:
            assert b"200 OK" in await answered(pipe)
            pipe[1].close()
        await until(lambda: len(gate) == 7)
        assert await closed(await connect(here)) == b""
        for pipe in idle:
            pipe[1].transport.abort()
        await until(lambda: len(gate) == 4)
        last = await proven(here, callers[-1])
        assert b"200 OK" in await answered(last)
        last[1].transport.abort()


async def test_a_key_that_does_not_count_and_one_with_too_many_leave_the_address_its_count(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path, listen="connections_each = 3\n") as here:
        gate, stranger, night = here.relay.gate, await here.caller("stranger"), await here.caller("co-night")
        await stranger.call("GET", routes.STREAM)
        await stranger.http.close()
        await until(lambda: len(gate) == 1)
        pipes = [await proven(here, stranger), await proven(here, stranger)]
        assert await closed(await connect(here)) == b""
        for pipe in pipes:
            pipe[1].close()
        await until(lambda: len(gate) == 1)
        await night.call("GET", routes.STREAM)
        pipes = [await proven(here, night) for _ in range(4)]
        assert await closed(await connect(here)) == b""  # two of these are one device's too many, and a third posted
        assert (len(gate), gate.refused) == (6, 2)
        for pipe in pipes:
            pipe[1].transport.abort()


async def test_the_numbers_say_how_many_there_are(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path, settled=False, listen="connections = 2\n") as here:
        first, second = await connect(here, client_tls()), await connect(here, client_tls())
        assert await closed(await connect(here)) == b""
        first[1].write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        text = (await closed(first)).decode()
        for line in ("enlace_connections 2.0", "enlace_connections_most 2.0", "enlace_connections_refused 1.0"):
            assert line in text
        assert "enlace_disk_free_bytes" in text
        assert "enlace_disk_low 0.0" in text
        second[1].transport.abort()


PLACES = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"]
KEYS = ["", "device", "duty"]


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.booleans(), st.sampled_from(KEYS))))
def test_a_gate_counts_right(events: list[tuple[str, bool, str]]) -> None:
    gate, inside = Gate(6, 2), list[tuple[str, Visit]]()
    for address, enters, key in events:
        if enters:
            visit = gate.enter(address)
            if visit is not None:
                visit.proven(key)
                inside.append((address, visit))
        elif inside:
            inside[-1][1].proven(key)
            inside.pop(0)[1].leave()
        assert len(gate) == len(inside) <= 6
        assert gate._open.total() == len(inside)
        assert all(0 < count <= 2 for count in gate._open.values())
    for _, visit in inside:
        visit.leave()
        visit.leave()
    assert (len(gate), gate._open) == (0, {})


def test_a_proxys_connections_stay_the_proxys() -> None:
    """They carry the requests of many desks; none of them is to be charged for the others."""
    gate = Gate(9, 1, ("192.0.2.1",))
    visits = [gate.enter("192.0.2.1") for _ in range(3)]
    for visit in visits:
        assert visit is not None
        visit.proven("device")
    assert gate._open == {"192.0.2.1": 3}


async def test_every_address_of_a_host_gets_a_door() -> None:
    doors = await open_doors("localhost", 0, Gate(1, 1))
    assert {door.getsockname()[0] for door in doors} <= {"127.0.0.1", "::1"}
    assert all(isinstance(door, Door) for door in doors)
    taken = doors[0].getsockname()
    doors[0].listen()
    with pytest.raises(OSError) as caught:
        await open_doors(taken[0], taken[1], Gate(1, 1))
    assert caught.value.errno == errno.EADDRINUSE
    for door in doors:
        door.close()
    with pytest.raises(OSError):
        await open_doors("192.0.2.1", 0, Gate(1, 1))


def test_a_connection_that_comes_to_nothing_is_counted_out_once() -> None:
    gate = Gate(1, 1)
    listening = socket.create_server(("127.0.0.1", 0))
    with Door.behind(listening, gate) as door, socket.create_connection(door.getsockname()):
        visitor, _ = door.accept()
        assert len(gate) == 1
        visitor.close()
        visitor.close()
        assert len(gate) == 0


async def test_an_answer_that_nobody_reads_holds_no_connection_for_long(tmp_path: Path) -> None:
    slow = "[mail]\nslow_seconds = 1\nslow_rate = 1000000\n"
    async with RelayWorld.running(tmp_path, settled=False, listen=SHORT, extra=slow) as here:
        pipe = await connect(here, client_tls())
        pipe[1].transport.pause_reading()  # type: ignore[attr-defined]  # what `open_connection` makes can read
        pipe[1].write(b"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 400)
        await until(lambda: len(here.relay.gate) == 1)
        await until(lambda: len(here.relay.gate) == 0)
        assert not pipe[1].transport.is_closing()  # it was the relay that had enough
        pipe[1].transport.abort()
