"""Health, readiness, numbers, and the description of the resources."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from directory_world import START
from openapi_spec_validator import OpenAPIV31SpecValidator
from relay_stores import memory_stores
from relay_world import RelayWorld
from test_relay_directory_log import Clock, filled, opened, settled

from relay.app import make_app
from relay.disk import Disk
from relay.health import REMEMBERED, Readiness
from relay.openapi import OPERATIONS, openapi
from relay.portal.paths import SHOWN
from relay.protocol import routes
from relay.protocol.problems import CODES
from relay.store.memory_directory import MemoryBodies


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        yield here


async def test_alive_and_ready(here: RelayWorld) -> None:
    caller = await here.caller("stranger")
    for path, text in ((routes.HEALTH, b"alive\n"), (routes.READY, b"ready\n")):
        answer = await caller.send("GET", path, None, {})
        assert (answer.status, answer.raw) == (200, text)


async def test_not_ready_says_why_in_the_one_shape(here: RelayWorld) -> None:
    caller = await here.caller("stranger")
    here.relay.directory.broken = "entry 3 …"
    answer = await caller.send("GET", routes.READY, None, {})
    assert (answer.code, "cannot be gone on with" in answer.problem.detail) == ("unavailable", True)
    assert (await caller.send("GET", routes.HEALTH, None, {})).status == 200


async def test_what_makes_a_relay_unready(tmp_path: Path) -> None:
    clock, stores, free = Clock(), memory_stores(), [1000]
    empty = await opened(stores, clock)
    assert await Readiness(empty, (stores.log,), Disk(tmp_path, 0), 600, clock).reasons() == []
    directory = await filled(stores, settled(), clock)
    readiness = Readiness(directory, (stores.log, stores.bodies), Disk(tmp_path, 1000, lambda _: free[0]), 600, clock)
    assert await readiness.reasons() == []
    assert isinstance(stores.bodies, MemoryBodies)
    stores.bodies.writable = False
    assert await readiness.reasons() == []  # remembered for a moment
    clock.now += REMEMBERED
    assert await readiness.reasons() == ["MemoryBodies cannot be written"]
    stores.bodies.writable = True
    clock.now = START + 1801
    assert await readiness.reasons() == ["the checkpoint is old"]
    await directory.renew()
    clock.now += REMEMBERED
    assert await readiness.reasons() == []
    clock.now -= 1000  # a clock set back does not keep an old answer
    assert await readiness.reasons() == ["the checkpoint is from the future: this machine's clock is or was wrong"]
    free[0] = 999
    clock.now += 5000
    assert "the disk is nearly full: new messages and attachments are refused" in await readiness.reasons()


async def test_many_who_ask_at_once_cause_one_look(tmp_path: Path) -> None:
    clock, stores = Clock(), memory_stores()
    directory = await opened(stores, clock)
    looks: list[int] = []

    class Counting:
        async def check_writable(self) -> None:
            looks.append(1)

    readiness = Readiness(directory, (Counting(),), Disk(tmp_path, 0), 600, clock)
    await asyncio.gather(*(readiness.reasons() for _ in range(20)))
    assert len(looks) == 1


async def numbers(here: RelayWorld, headers: dict[str, str] | None = None) -> tuple[int, str]:
    answer = await (await here.caller("stranger")).send("GET", routes.METRICS, None, headers or {})
    return answer.status, answer.raw.decode()


async def test_numbers_count_by_template_and_say_nothing_of_whom(here: RelayWorld) -> None:
    caller = await here.caller("stranger")
    await caller.send("GET", routes.ENROLMENT.format(officer="0" * 32), None, {})
    await caller.send("PROPFIND", "/canary", None, {})
    status, text = await numbers(here)
    assert status == 200
    assert 'enlace_requests_total{method="GET",route="/v1/enrolments/{officer}",status="401"} 1.0' in text
    assert 'enlace_requests_total{method="other",route="unmatched",status="404"} 1.0' in text
    assert 'enlace_refusals_total{code="proof-invalid"} 1.0' in text
    assert f"enlace_tree_size {here.world.view.size}.0" in text
    assert "canary" not in text


@pytest.mark.parametrize(
    ("who", "forwarded", "status"),
    [("loopback", "", 200), ("loopback", "192.0.2.1", 404), ("loopback", "rubbish", 404), ("anybody", "192.0.2.1", 200),
     ("nobody", "", 404)],
)  # fmt: skip
async def test_who_may_see_the_numbers(tmp_path: Path, who: str, forwarded: str, status: int) -> None:
    listen = f'metrics = "{who}"\ntrusted_proxies = ["127.0.0.1"]'
    async with RelayWorld.running(tmp_path, listen=listen) as here:
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        assert (await numbers(here, headers))[0] == status


async def test_the_description_is_valid_and_served(here: RelayWorld) -> None:
    answer = await (await here.caller("stranger")).send("GET", routes.OPENAPI, None, {})
    described = msgspec.json.decode(answer.raw)
    OpenAPIV31SpecValidator(described).validate()
    assert described == msgspec.json.decode(msgspec.json.encode(openapi()))


async def test_every_route_is_described_and_every_description_is_a_route(here: RelayWorld) -> None:
    app = make_app(here.relay)
    registered = {
        (route.method.lower(), route.resource.canonical) for route in app.router.routes() if route.resource is not None
    }
    pages = {each for each in registered if each[1] in SHOWN}  # HTML for browsers: docs/portal.md lists them
    assert registered - pages == {(one.method, one.path) for one in OPERATIONS}
    assert {path for _, path in pages} == SHOWN
    named = {value for name, value in vars(routes).items() if name.isupper() and str(value).startswith("/")}
    assert named == {one.path for one in OPERATIONS}


def test_descriptions_speak_of_problems_that_exist() -> None:
    for one in OPERATIONS:
        assert set(one.problems) <= set(CODES)
    described: dict[str, Any] = openapi()
    ids = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(set(ids)) == len(ids)


async def test_a_checkpoint_from_the_future_is_not_gone_on_from() -> None:
    clock, stores = Clock(), memory_stores()
    directory = await filled(stores, settled(), clock)
    clock.now = START + 500_000_000
    await directory.renew()
    clock.now = START + 600
    again = await opened(stores, clock)
    await again.renew()
    assert again.checkpoint is not None
    assert again.checkpoint.time == START + 600
