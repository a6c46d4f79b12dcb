"""A desk whose relay is busy waits as it is told, and asks again; it does not wait for ever."""

from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from mail_world import until
from relay_world import RelayWorld, authority
from test_desk_transfer import CONTENT, DIGEST, OddRelay, meeting, quiet
from test_relay_http_portions import EXTRA, uploading

from desk.errors import Declined
from desk.link.client import RelayClient
from desk.link.deadline import MOST_SECONDS
from desk.link.patience import LONGEST, MOST_TRIES, Patience
from desk.mail.attachments import upload
from relay.protocol import routes
from relay.protocol.problems import Refusal
from relay.protocol.requests import Stepped

STEPS = routes.STEPS.format(hash="0" * 64)


class Slept(list[float]):
    """How long a desk would have slept."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def refuse(odd: OddRelay, times: int, retry_after: int = 5) -> None:
    """Have the relay refuse every request so many times before it answers."""
    left = times

    async def busy(request: web.Request) -> web.Response:
        nonlocal left
        if left:
            left -= 1
            await request.read()
            problem = Refusal("unavailable", retry_after=retry_after).problem
            return web.json_response(msgspec.to_builtins(problem), status=problem.status)
        left = times
        if request.path == STEPS:
            odd.stored += await request.read()
            return web.json_response({"line": "stands"})
        return await odd.answer(request)

    odd.busy = busy


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / DIGEST).write_bytes(CONTENT)
    return tmp_path / DIGEST


async def test_an_upload_waits_at_every_step_and_goes_through(source: Path) -> None:
    slept = Slept()
    async with meeting() as (odd, client):
        client.patience = Patience(slept)
        refuse(odd, 3)
        await upload(client, source, DIGEST, len(CONTENT), quiet)
    assert odd.stored == CONTENT
    assert len(slept) == 3 * 5  # POST, HEAD, and three pieces
    assert all(1 <= each <= 7.5 for each in slept)
    assert sum(each >= 5 for each in slept) == 3 * 4  # an answer to HEAD does not say how long


async def test_what_is_handed_in_as_bytes_waits_and_goes_through() -> None:
    slept = Slept()
    async with meeting() as (odd, client):
        client.patience = Patience(slept)
        refuse(odd, 2, 1)
        answer = await client.call("POST", STEPS, data=b"note", kind=routes.NOTE, answer=Stepped)
    assert (answer.line, odd.stored, len(slept)) == ("stands", b"note", 2)


async def test_what_may_not_come_twice_is_not_asked_again() -> None:
    slept = Slept()
    async with meeting() as (odd, client):
        client.patience = Patience(slept)
        refuse(odd, 1)
        with pytest.raises(Declined):
            await client.call("POST", STEPS, {}, answer=Stepped)
    assert slept == []


async def asked_of(patience: Patience, problem: str = "unavailable", retry_after: int = 5) -> int:
    """How often a relay that always refuses is asked."""
    asked = 0

    async def ask() -> None:
        nonlocal asked
        asked += 1
        raise Declined("no", problem, retry_after=retry_after)

    with pytest.raises(Declined, match="no"):
        await patience.through(ask)
    return asked


async def test_patience_ends_and_comes_back_with_what_goes_through() -> None:
    slept = Slept()
    patience = Patience(slept)

    async def ask() -> int:
        return 7

    assert await asked_of(patience) == MOST_TRIES
    assert len(slept) == MOST_TRIES - 1
    assert 15 * 5 <= sum(slept) <= 15 * 15
    assert await asked_of(patience) == 1  # what is queued behind
    assert await patience.through(ask) == 7
    assert await asked_of(patience) == MOST_TRIES
    assert await asked_of(patience, "not-found") == 1  # an answer like any other
    assert await asked_of(patience) == MOST_TRIES


@pytest.mark.parametrize(
    ("problem", "retry_after"), [("unavailable", LONGEST + 1), ("storage-low", 5), ("throttled", 1), ("", 0)]
)
async def test_nothing_else_is_waited_for(problem: str, retry_after: int) -> None:
    slept = Slept()
    assert await asked_of(Patience(slept), problem, retry_after) == 1
    assert slept == []


@pytest.mark.parametrize("retry_after", [0, -5, 1])
async def test_a_relay_that_says_no_time_is_not_asked_at_once(retry_after: int) -> None:
    slept = Slept()
    await asked_of(Patience(slept), retry_after=retry_after)
    assert all(first >= number for number, first in zip(range(1, 11), slept, strict=False))


async def test_all_waiting_together_is_bounded() -> None:
    slept = Slept()
    patience, refused = Patience(slept), 0

    async def every_other() -> None:
        nonlocal refused
        refused += 1
        if refused % 2:
            raise Declined("no", "unavailable", retry_after=LONGEST)

    async def many() -> None:
        for _ in range(1000):
            await patience.through(every_other)

    with pytest.raises(Declined):
        await many()
    assert MOST_SECONDS - 2 * LONGEST < sum(slept) <= MOST_SECONDS


async def test_a_desk_whose_share_is_taken_goes_on_when_it_is_free(tmp_path: Path) -> None:
    """At a real relay: another upload of the device holds its only place."""
    path = tmp_path / "sealed"
    path.write_bytes(CONTENT[:1000])
    digest = sha256(CONTENT[:1000]).hexdigest()
    waited: list[float] = []
    async with RelayWorld.running(tmp_path / "relay", extra=EXTRA) as here, AsyncExitStack() as stack:
        night = await here.log_in("co-night")
        held = await uploading(here, night, 0, stack)
        await until(lambda: here.relay.mail.attachments.busy == 1)

        async def wait(seconds: float) -> None:
            waited.append(seconds)
            assert (await held.finish())[0] == 204

        pem = authority()[0].cert_pem.bytes().decode()
        async with RelayClient(here.url, pem, night.key, here.clock) as client:
            client.token, client.patience = night.token, Patience(wait)
            await upload(client, path, digest, 1000, quiet)
    assert len(waited) == 1
    assert 5 <= waited[0] <= 7.5
