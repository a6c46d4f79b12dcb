"""A real relay and real witnesses: asked after each checkpoint, calling out, served with it, and never waited for."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from directory_world import key_pair
from portal_world import PortalWorld
from relay_bodies import ORIGIN
from relay_world import Caller, Clock, RelayWorld, client_tls
from witness_world import Fork, make_folder

from crypto.checkpoint import parse_checkpoint
from crypto.cosignature import cosign, cosigner_keys, log_keys, write_lines
from crypto.note import parse_note
from crypto.policy import Policy, PolicyError, PolicyWitness, open_witnessed, parse_policy, write_policy
from crypto.signing import SecretPair
from directory.statement import AttestContact, SuspendMember
from relay.check import check_relay
from relay.protocol import routes
from relay.protocol.requests import LogState
from relay.registered_witnesses import WitnessesError, read_witnesses, registered
from relay.trust_policy import PolicyUnknown, policy_for, relay_policy
from relay.witness.call_out import CallFailed, CallOut
from relay.witness.folder import PUBLIC_LINES, open_witness
from relay.witness.server import make_witness_app
from relay.witness.witness import Witness

LOG = key_pair("relay log")
NAME = "enlace.example/witness/co"


def lines(name: str, keys: SecretPair, url: str = "") -> tuple[PolicyWitness, ...]:
    return tuple(PolicyWitness(f"{name}-{each.kind.hex()}", each, url) for each in cosigner_keys(name, keys.public))


class Network:
    """A relay whose settings name witnesses, and one witness's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "witnesses.policy"
        self.keys = make_folder(folder / "witness", NAME, origin=ORIGIN, log=LOG)

    @asynccontextmanager
    async def running(self, url: str = "") -> AsyncIterator[RelayWorld]:
        self.file.write_bytes(write_policy(Policy(witnesses=lines(NAME, self.keys, url))))
        extra = f'[witnesses]\nfile = "{self.file}"\nseconds = 2\n'
        async with RelayWorld.running(self.folder, extra=extra) as here:
            here.world.add_contact("co-desk", "co", ["co-night"])
            await here.publish()
            yield here

    @asynccontextmanager
    async def witness(self, clock: Callable[[], int]) -> AsyncIterator[Witness]:
        witness, records = open_witness(self.folder / "witness", clock)
        try:
            yield witness
        finally:
            records.close()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that other tasks of this loop do."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # what is waited for is a number, of which no event tells
            await asyncio.sleep(0.005)


def policy(here: RelayWorld) -> Policy:
    return policy_for(log_keys(ORIGIN, LOG.public), "", read_witnesses(here.folder / "witnesses.policy"), 1)


async def test_the_relay_asks_after_each_checkpoint_and_each_renewal(tmp_path: Path) -> None:
    network = Network(tmp_path)
    clock = Clock()
    async with network.witness(clock) as witness:
        server = TestServer(make_witness_app(witness))
        await server.start_server()
        async with network.running(str(server.make_url("/"))) as here:
            size = len(here.world.entries)
            await until(lambda: witness.last(ORIGIN).size == size)
            await until(lambda: len(here.relay.cosigning.counted()) == 1)
            night = await here.log_in("co-night")
            raw = (await night.call("GET", routes.CHECKPOINT)).raw
            found = open_witnessed(policy(here), raw)
            assert (found.time, found.checkpoint.size) == (here.clock(), size)
            assert (await night.call("GET", routes.LOG)).read(LogState).checkpoint.encode() == raw
            here.clock.now = clock.now = here.clock.now + 600
            await here.relay.directory.renew()
            await until(lambda: witness.last(ORIGIN).time == here.clock())
            await until(lambda: next(iter(here.relay.cosigning.counted().values())).time == here.clock())
            here.world.admit(here.world.say(AttestContact, contact="co-desk"), "co-night")
            await here.publish()
            await until(lambda: witness.last(ORIGIN).size == size + 1)
            assert here.relay.cosigning.failures == 0
            text = here.relay.metrics.text().decode()
            assert "enlace_witnesses 1.0" in text
            assert "enlace_witness_failures 0.0" in text
            portal = PortalWorld(here)
            browser = await portal.browser()
            await browser.log_in(await portal.access("co-night"))
            at = datetime.fromtimestamp(here.relay.cosigning.vouched_at, UTC)
            words = f"Its witnesses vouched for it up to position {size + 1} on {at:%Y-%m-%d %H:%M} UTC"
            assert words in (await browser.get("/portal/")).text
            await server.close()
            here.world.admit(here.world.say(AttestContact, contact="co-desk"), "co-night")
            await here.publish()
            assert f"position {size + 2}. {words}" in (await browser.get("/portal/")).text
            here.clock.now += 86_401
            await here.relay.directory.renew()
            await browser.log_in(await portal.access("co-night"))
            page = (await browser.get("/portal/")).text
            assert (words in page, "WARNING: the witnesses have not vouched" in page) == (True, True)


async def silent(request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()


def answering(
    status: int, body: bytes = b"", kind: str = "text/plain"
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=status, body=body, headers={"Content-Type": kind})

    return answer


def other_lines() -> bytes:
    fork = Fork()
    point = parse_checkpoint(parse_note(fork.checkpoint(3)).text)
    return write_lines(cosign(point, key_pair("nobody"), NAME, 1))


FAILURES: dict[str, Callable[[web.Request], Awaitable[web.Response]]] = {
    "500": answering(500),
    "no lines": answering(200, b"hello"),
    "wrong lines": answering(200, other_lines()),
    "endless": answering(200, b"x" * 200_000),
    "ahead": answering(409, b"99\n", "text/x.tlog.size"),
    "no size": answering(409, b"x\n", "text/x.tlog.size"),
    "no type": answering(409, b"0\n"),
    "the same size": answering(409, b"0\n", "text/x.tlog.size"),
    "elsewhere": answering(302, b""),
    "silent": silent,
}


async def test_a_witness_that_fails_keeps_nobody(tmp_path: Path) -> None:
    says = [FAILURES["500"]]

    async def answer(request: web.Request) -> web.Response:
        return await says[-1](request)

    app = web.Application()
    app.router.add_post("/add-checkpoint", answer)
    server = TestServer(app)
    await server.start_server()
    network = Network(tmp_path)
    async with network.running(str(server.make_url("/"))) as here:
        night, cosigning = await here.log_in("co-night"), here.relay.cosigning
        for name, failing in FAILURES.items():
            says.append(failing)
            failures = cosigning.failures
            here.world.admit(here.world.say(AttestContact, contact="co-desk"), "co-night")
            async with asyncio.timeout(1.5):
                await here.publish()
            if name != "silent":
                await until(lambda before=failures: cosigning.failures > before)  # type: ignore[misc]  # of this round
            raw = (await night.call("GET", routes.CHECKPOINT)).raw
            assert parse_note(raw).names() == (ORIGIN, ORIGIN), name
            assert cosigning.counted() == {}
    await server.close()


@pytest.fixture
async def called(tmp_path: Path) -> AsyncIterator[tuple[RelayWorld, Witness, CallOut]]:
    network = Network(tmp_path)
    async with network.running() as here, network.witness(here.clock) as witness:
        yield here, witness, CallOut(witness, here.url, ORIGIN, client_tls(), here.clock)


async def test_a_witness_that_nobody_reaches_calls(called: tuple[RelayWorld, Witness, CallOut]) -> None:
    here, witness, call_out = called
    assert await call_out.call() == len(here.world.entries)
    night = await here.log_in("co-night")
    raw = (await night.call("GET", routes.CHECKPOINT)).raw
    assert open_witnessed(policy(here), raw).time == here.clock()
    here.clock.now += 300
    here.world.admit(here.world.say(AttestContact, contact="co-desk"), "co-night")
    await here.publish()
    assert here.relay.cosigning.counted() == {}  # of a smaller tree none is shown
    assert await call_out.call() == len(here.world.entries)
    assert witness.last(ORIGIN).time == here.clock()
    raw = (await night.call("GET", routes.CHECKPOINT)).raw
    assert open_witnessed(policy(here), raw).time == here.clock()


async def test_it_calls_until_it_is_stopped(called: tuple[RelayWorld, Witness, CallOut]) -> None:
    here, witness, call_out = called
    stop = asyncio.Event()
    calling = asyncio.create_task(call_out.keep_calling(0.01, stop))
    await until(lambda: witness.last(ORIGIN).size == len(here.world.entries))
    here.world.admit(here.world.say(AttestContact, contact="co-desk"), "co-night")
    await here.publish()
    await until(lambda: witness.last(ORIGIN).size == len(here.world.entries))
    assert not calling.done()
    stop.set()
    async with asyncio.timeout(20):
        await calling
    assert here.relay.cosigning.counted().keys() == {NAME}


async def test_a_witness_reads_the_log_and_nothing_else(called: tuple[RelayWorld, Witness, CallOut]) -> None:
    here, witness, _ = called
    caller = await here.caller("stranger")
    mine = Caller(here, witness.keys.ed25519, caller.http)
    assert (await mine.call("GET", routes.CHECKPOINT)).status == 200
    assert (await mine.call("GET", "/v1/log/tile/0/000.p/1")).status == 200
    for path in (routes.LOG, routes.STREAM):
        assert (await mine.call("GET", path)).code in ("not-allowed", "malformed")
    for path in ("?old=", "", "?old=-1", "?old=1&old=2", "?size=3", "?old=1&x=2"):
        assert (await mine.call("GET", routes.WITNESS_REQUEST + path)).code == "malformed"
    for body in (b"", b"hello\n", other_lines()):
        answer = await mine.call("POST", routes.WITNESS_COSIGNATURES, data=body, kind=routes.NOTE)
        assert answer.code == "signature-invalid"
    late = parse_checkpoint(parse_note((await mine.call("GET", routes.CHECKPOINT)).raw).text)
    ahead = write_lines(cosign(late, witness.keys, NAME, here.clock() + 301))
    answer = await mine.call("POST", routes.WITNESS_COSIGNATURES, data=ahead, kind=routes.NOTE)
    assert (answer.code, "ahead of this relay's clock" in answer.problem.detail) == ("signature-invalid", True)
    old = write_lines(cosign(late, witness.keys, NAME, here.clock() - 86_401))
    answer = await mine.call("POST", routes.WITNESS_COSIGNATURES, data=old, kind=routes.NOTE)
    assert (answer.code, "more than a day ago" in answer.problem.detail) == ("signature-invalid", True)
    assert here.relay.cosigning.counted() == {}
    half = ahead.partition(b"\n")[0] + b"\n"
    assert (
        await mine.call("POST", routes.WITNESS_COSIGNATURES, data=half, kind=routes.NOTE)
    ).code == "signature-invalid"


async def test_what_was_cosigned_while_a_clock_was_ahead_gives_way_to_what_is_right(
    called: tuple[RelayWorld, Witness, CallOut],
) -> None:
    here, witness, call_out = called
    right = here.clock()
    here.clock.now = right + 7200  # both machines have their time from one source
    await call_out.call()
    assert here.relay.cosigning.counted().keys() == {NAME}
    here.clock.now = right + 60
    assert here.relay.cosigning.counted() == {}  # no desk with a right clock would count it
    await call_out.call()
    assert here.relay.cosigning.counted()[NAME].time == witness.last(ORIGIN).time == right + 60


async def test_a_suspended_members_witness_counts_no_more(called: tuple[RelayWorld, Witness, CallOut]) -> None:
    here, _, call_out = called
    await call_out.call()
    assert len(here.relay.cosigning.counted()) == 1
    here.world.admit(here.world.say(SuspendMember, member="co", until=here.clock() + 3600), "duty")
    await here.publish()
    with pytest.raises(CallFailed, match="403"):
        await call_out.call()
    assert here.relay.cosigning.counted() == {}


async def test_a_relay_that_went_back_gets_nothing(called: tuple[RelayWorld, Witness, CallOut]) -> None:
    _, witness, call_out = called
    await call_out.call()
    size = witness.last(ORIGIN).size
    witness._records._last[ORIGIN] = type(witness.last(ORIGIN))(size + 1, bytes(32), witness.last(ORIGIN).time)
    with pytest.raises(CallFailed, match="above the checkpoint's"):
        await call_out.call()


async def test_a_relay_that_is_not_there_is_told(called: tuple[RelayWorld, Witness, CallOut]) -> None:
    _, witness, call_out = called
    nowhere = CallOut(witness, "https://localhost:1", ORIGIN, client_tls(), lambda: 0)
    with pytest.raises(CallFailed, match="not reached"):
        await nowhere.call()
    untrusted = CallOut(witness, call_out.relay, ORIGIN, ssl.create_default_context(), lambda: 0)
    with pytest.raises(CallFailed, match="not reached"):
        await untrusted.call()


# The file of witnesses


def of(*names: str) -> tuple[PolicyWitness, ...]:
    return tuple(each for at, name in enumerate(names) for each in lines(name, key_pair(f"witness {at}")))


def test_up_to_sixteen_are_registered() -> None:
    names = [f"enlace.example/witness/{chr(97 + at)}{chr(97 + at)}" for at in range(17)]
    assert [each.name for each in registered(Policy(witnesses=of(*names[:16])))] == names[:16]
    with pytest.raises(WitnessesError, match="at most 16"):
        registered(Policy(witnesses=of(*names)))


@pytest.mark.parametrize(
    ("witnesses", "words"),
    [
        (of("enlace.example/witness/co", "other.example/witness/co"), "co has two witnesses"),
        (of("enlace.example/co"), "network/witness/member"),
        (of("enlace.example/witness/co")[:1], "two lines"),
        (lines(NAME, key_pair("a"))[:1] + lines(NAME, key_pair("b"))[:1], "two lines"),
        (lines(NAME, key_pair("a"), "https://a.example/")[:1] + lines(NAME, key_pair("a"))[1:], "two addresses"),
        (lines(NAME, key_pair("a"), "ftp://a.example/"), "no address"),
        (lines(NAME, key_pair("a"), "a.example"), "no address"),
        (lines(NAME, key_pair("a"), "https://[::1"), "no address"),
        (lines(NAME, key_pair("a"), "https://a.example:99999"), "no address"),
        (lines(NAME, key_pair("a"), "https://a.example/?w=1"), "no address"),
        (lines(NAME, key_pair("a"), "https://a.example/#w"), "no address"),
        (of("enlace.example/witness/members"), "network/witness/member"),
    ],
)
def test_other_files_are_refused(witnesses: tuple[PolicyWitness, ...], words: str) -> None:
    renamed = tuple(PolicyWitness(f"w{at}", each.key, each.url) for at, each in enumerate(witnesses))
    with pytest.raises(WitnessesError, match=words):
        registered(Policy(witnesses=renamed))


def test_a_file_that_is_no_policy_or_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WitnessesError, match="cannot be read"):
        read_witnesses(tmp_path / "nothing")
    (tmp_path / "file").write_text("hello\n")
    with pytest.raises(WitnessesError, match="line 1"):
        read_witnesses(tmp_path / "file")


@pytest.mark.parametrize(
    ("count", "needed", "asked"), [(0, 0, None), (1, 1, None), (3, 2, None), (4, 3, None), (4, 1, 1), (3, 0, 0)]
)
def test_the_policy_a_relay_proposes(count: int, needed: int, asked: int | None) -> None:
    found = registered(Policy(witnesses=of(*(f"enlace.example/witness/{chr(97 + at)}x" for at in range(count)))))
    policy = policy_for(log_keys(ORIGIN, LOG.public), "https://relay.enlace.example/v1/log", found, asked)
    assert parse_policy(write_policy(policy)) == policy
    assert [each.key.name for each in policy.logs] == [ORIGIN, ORIGIN]
    if needed:
        assert (policy.quorum, policy.groups[-1].needed) == ("members", needed)
        assert all(each.needed == 2 for each in policy.groups[:-1])
    else:
        assert policy.quorum == "none"


def test_nobody_can_be_asked_of_more_than_there_are() -> None:
    with pytest.raises(PolicyUnknown, match="1 witnesses are asked for"):
        policy_for((), "", (), 1)


async def test_a_relay_prints_its_policy(tmp_path: Path) -> None:
    network = Network(tmp_path)
    async with network.running() as here:
        text = relay_policy(here.settings, None)
        policy = parse_policy(text)
        assert {each.url for each in policy.logs} == {f"{here.url}/v1/log"}
        public = parse_policy((tmp_path / "witness" / PUBLIC_LINES).read_bytes())
        assert {each.key for each in policy.witnesses} == {each.key for each in public.witnesses}
    with pytest.raises(PolicyError):
        parse_policy(text + b"quorum none\n")


async def test_a_check_of_the_relay_looks_at_the_file_of_witnesses(tmp_path: Path) -> None:
    network = Network(tmp_path)
    async with network.running() as here:
        found = {each.name: each for each in await check_relay(here.settings, tmp_path, here.clock())}
        assert found["witnesses"].detail == "1 registered, of whom 1 call by themselves"
        network.file.write_text("hello\n")
        found = {each.name: each for each in await check_relay(here.settings, tmp_path, here.clock())}
        assert (found["witnesses"].ok, "line 1" in found["witnesses"].detail) == (False, True)
