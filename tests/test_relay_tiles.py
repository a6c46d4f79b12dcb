"""The log as tiles, read by an independent reader over a real socket; and who may read, what is not there, and how long
an answer may be kept."""

import re
import sys
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import tile_reader
from aiohttp import web
from aiohttp.test_utils import TestServer
from directory_world import START, key_pair
from relay_world import Clock, RelayWorld, client_tls
from tile_reader import TileReader, checkpoint_of, leaf, root_by_path, roots_by_proof
from yarl import URL

from config.database import open_database
from crypto.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from directory.statement import AttestContact
from relay.answers import problem_of, problem_response
from relay.authenticate import ADDRESS
from relay.principal import Principal
from relay.protocol import routes
from relay.protocol.problems import Refusal
from relay.read_request import Requests
from relay.rules.portions import EACH
from relay.settings import Limits, Log
from relay.store import sqlite_log
from relay.store.memory_directory import MemoryLog
from relay.tile_handlers import tile_routes
from relay.tiled_log import TiledLog

SIZES = (1, 2, 255, 256, 257, 65_536, 70_000)
ORIGIN = "log.enlace.example/1"
ENTRIES = [b"enlace/statement/v1\nentry %d\n" % each for each in range(70_000)]
ENTRIES[3] = b"x" * 65_535
LEAVES = list(map(leaf_hash, ENTRIES))
LOG = key_pair("relay log")
PREFIX = "/v1/log/"


class GrownLog:
    """A log that has come so far, below any judge."""

    def __init__(self, size: int) -> None:
        self.tree = Tree(LEAVES[:size])
        self.store = MemoryLog()
        self.store.entries = ENTRIES[:size]
        raw = sign_checkpoint(Checkpoint(ORIGIN, size, self.tree.root()), LOG, START)
        self.checkpoint = SignedCheckpoint(Checkpoint(ORIGIN, size, self.tree.root()), START, raw)


@web.middleware
async def plainly(request: web.Request, handler: object) -> web.StreamResponse:
    """An address for every request, and refusals as the relay answers them."""
    request[ADDRESS] = "192.0.2.1"
    try:
        return await handler(request)  # type: ignore[operator, no-any-return]  # aiohttp's type of handlers is its own
    except (Refusal, web.HTTPException) as error:
        return problem_response(problem_of(error), error)


def drawing(who: Principal | None, address: str) -> tuple[str, str]:
    return address, ""


def served(grown: GrownLog, reads: int = 1_000_000, room: int = 1 << 30) -> web.Application:
    """The serving part of a relay on its own."""
    app = web.Application(middlewares=[plainly])
    settings = Log(origin=ORIGIN, open=True, reads_burst=reads, reads_per_minute=60)
    requests = Requests(Limits(writing_bytes=room), drawing)
    app.add_routes(tile_routes(TiledLog(grown.store, grown), requests, settings, drawing, Clock(START)))
    return app


@pytest.fixture(params=SIZES)
async def here(request: pytest.FixtureRequest) -> AsyncIterator[tuple[int, TileReader, str, aiohttp.ClientSession]]:
    size: int = request.param
    async with TestServer(served(GrownLog(size))) as server, aiohttp.ClientSession() as http:
        prefix = str(server.make_url(PREFIX))

        async def fetch(path: str) -> bytes:
            async with http.get(prefix + path) as answer:
                assert answer.status == 200, (path, answer.status)
                return await answer.read()

        yield size, TileReader(fetch, size), prefix, http


async def test_roots_inclusion_and_consistency_are_recomputed_from_tiles(
    here: tuple[int, TileReader, str, aiohttp.ClientSession],
) -> None:
    size, reader, _, _ = here
    raw = await reader.get("checkpoint")
    assert checkpoint_of(raw)[:2] == (ORIGIN, size)
    root = checkpoint_of(raw)[2]
    open_checkpoint(raw, ORIGIN, LOG.public)
    assert await reader.root(size) == root
    for index in sorted({0, 1, 254, 255, 256, size // 2, size - 1} & set(range(size))):
        entry = (await reader.entries(index // 256))[index % 256]
        assert root_by_path(entry, index, size, await reader.inclusion(index)) == root
    for old in [each for each in SIZES if each <= size] + [size - 1]:
        if old:
            path = await reader.consistency(old)
            assert roots_by_proof(old, size, await reader.root(old), path) == (await reader.root(old), root)
    if size < 1000:
        await reader.check_tiles_are_whole()


async def test_every_tile_of_a_large_log_is_what_it_stands_for() -> None:
    grown = GrownLog(70_000)
    tiled = TiledLog(grown.store, grown)
    reader = TileReader(tiled.tile, 70_000)
    await reader.check_tiles_are_whole()
    assert len([each for each in reader.fetched if each.startswith("tile/entries/")]) == 274


async def test_a_bundle_is_read_from_the_disk_without_the_rest_of_the_log(tmp_path: Path) -> None:
    grown = GrownLog(70_000)
    db = await open_database(tmp_path / "log.db", sqlite_log.MIGRATIONS)
    store = sqlite_log.SqliteLog(db)
    await store.append(0, ENTRIES, grown.checkpoint.raw, b"")
    tiled = TiledLog(store, grown)
    reader = TileReader(tiled.tile, 70_000)
    tracemalloc.start()
    try:
        assert await reader.entries(200) == ENTRIES[51_200:51_456]
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    for number in (0, 273):
        assert [leaf(each) for each in await reader.entries(number)] == await reader.hashes(0, number)
    await db.close()


async def test_what_is_not_in_the_tree_is_not_there(here: tuple[int, TileReader, str, aiohttp.ClientSession]) -> None:
    size, _, prefix, http = here
    width, number = size % 256, size // 256
    missing = [f"tile/0/{n:03d}" for n in (number, number + 1)] + [f"tile/entries/{number:03d}", "tile/8/000.p/1"]
    missing += [f"tile/{kind}/{number:03d}.p/{width + 1}" for kind in ("0", "entries") if width < 255]
    missing += [f"tile/0/{number + 1:03d}.p/1", "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/256", "tile/00/000"]
    missing += [
        "tile/0/%30%30%30",
        "tile/0/x000/000",
        "tile/",
        "tile/entries",
        "tile/0/000/",
        "Checkpoint",
        "checkpoint/",
    ]
    levels = size // 256
    missing += ["tile/1/000"] if levels < 256 else []
    missing += [f"tile/1/000.p/{levels + 1}"] if levels < 255 else []
    for path in missing:
        async with http.get(URL(prefix + path, encoded=True)) as answer:
            assert answer.status == 404, path
            assert answer.headers["Content-Type"].startswith("application/problem+json")
            assert "Cache-Control" not in answer.headers


async def test_a_narrower_tile_than_there_is_stays_there(
    here: tuple[int, TileReader, str, aiohttp.ClientSession],
) -> None:
    size, reader, *_ = here
    whole = b"".join(await reader.hashes(0, 0))
    for width in {1, min(size, 255)}:
        if width < min(size, 256):
            assert await reader.get(f"tile/0/000.p/{width}") == whole[: 32 * width]
            assert (await reader.get(f"tile/entries/000.p/{width}")).startswith(b"\0")


async def test_a_tile_may_be_kept_and_a_checkpoint_not() -> None:
    async with TestServer(served(GrownLog(300))) as server, aiohttp.ClientSession() as http:
        async with http.get(server.make_url(PREFIX + "tile/0/000")) as answer:
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert "Content-Encoding" not in answer.headers
        async with http.get(server.make_url(PREFIX + "checkpoint")) as answer:
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert "Cache-Control" not in answer.headers  # the relay adds no-store to every answer without one
        for path in ("checkpoint?x=1", "tile/0/000?size=300"):
            async with http.get(server.make_url(PREFIX + path)) as answer:
                assert answer.status == 400


async def test_whoever_reads_too_much_waits() -> None:
    async with TestServer(served(GrownLog(300), reads=3)) as server, aiohttp.ClientSession() as http:
        statuses = []
        for _ in range(4):
            async with http.get(server.make_url(PREFIX + "tile/0/000")) as answer:
                statuses.append(answer.status)
        assert statuses == [200, 200, 200, 429]


async def test_large_bundles_that_nobody_reads_are_held_once_and_come_whole() -> None:
    grown = GrownLog(256)
    grown.store.entries = [ENTRIES[3]] * 256  # a bundle as large as there is; whether it fits the tree is not asked
    size = 256 * (2 + 65_535)
    async with TestServer(served(grown, room=EACH * (size + 1))) as server, aiohttp.ClientSession() as http:
        bundle = server.make_url(PREFIX + "tile/entries/000")
        async with http.get(bundle) as unread:
            assert (unread.status, unread.content_length) == (200, size)
            async with http.get(bundle) as second, http.get(server.make_url(PREFIX + "tile/0/000")) as small:
                assert (second.status, small.status) == (503, 200)
                assert "Cache-Control" not in second.headers
            assert unread.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert await unread.read() == (b"\xff\xff" + ENTRIES[3]) * 256
        async with http.get(bundle) as again:
            assert again.status == 200


async def test_a_disk_that_fails_is_told() -> None:
    grown = GrownLog(300)
    tiled = TiledLog(grown.store, grown)
    grown.store.entries = ENTRIES[:200]  # as if the rest could not be read
    with pytest.raises(Refusal) as caught:
        await tiled.tile("tile/entries/000")
    assert caught.value.problem.code == "unavailable"
    assert len(await tiled.tile("tile/0/000")) == 8192


async def test_before_the_founding_there_is_nothing(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path, settled=False, extra="open = true\n") as here:
        nobody = await here.caller("stranger")
        for path in ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"):
            assert (await nobody.send("GET", PREFIX + path, None, {})).code == "not-found"


async def test_a_real_relay_serves_sessions_and_the_duty_key_and_nobody_else(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path) as here:
        here.world.add_contact("co-desk", "co", ["co-night"])
        await here.publish()
        night, duty, stranger = await here.log_in("co-night"), await here.caller("duty"), await here.caller("stranger")
        raw = (await night.call("GET", routes.CHECKPOINT)).raw
        _, size, root = checkpoint_of(raw)
        assert size == len(here.world.entries)

        async def fetch(path: str) -> bytes:
            answer = await duty.call("GET", PREFIX + path)
            assert answer.status == 200
            assert path == "checkpoint" or answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
            return answer.raw

        reader = TileReader(fetch, size)
        await reader.check_tiles_are_whole()
        assert await reader.root(size) == root
        assert await reader.entries(0) == here.world.entries
        for path in ("checkpoint", f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}"):
            assert (await stranger.call("GET", PREFIX + path)).code == "not-allowed"
            assert (await stranger.send("GET", PREFIX + path, None, {})).code == "proof-invalid"
            assert (await night.call("HEAD", PREFIX + path)).status == 405
        # The log grows, and what was there is there still.
        here.world.admit(here.world.say(AttestContact, contact="co-desk"), "co-night")
        await here.publish()
        assert await fetch(f"tile/0/000.p/{size}") == b"".join(map(leaf, here.world.entries[:size]))
        assert checkpoint_of((await night.call("GET", routes.CHECKPOINT)).raw)[1] == size + 1
        assert (await fetch("checkpoint")).startswith(b"log.enlace.example\n")


async def test_an_open_log_is_read_by_everybody(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path, extra="open = true\nreads_burst = 3\n") as here:
        url = f"{here.url}{PREFIX}"
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client_tls())) as http:
            async with http.get(f"{url}checkpoint") as answer:
                assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
            async with http.get(f"{url}tile/0/000.p/1") as answer:
                assert answer.headers["Cache-Control"].startswith("public, ")
                assert await answer.read() == leaf(here.world.entries[0])
            async with http.get(f"{url}tile/0/000.p/1") as answer:
                assert answer.status == 200
            async with http.get(f"{url}tile/0/000.p/1") as answer:
                assert answer.status == 429
            async with http.get(f"{here.url}{routes.LOG}") as answer:
                assert answer.status == 401  # bodies and the rest stay closed


def test_the_reader_shares_no_code_with_ours() -> None:
    source = Path(tile_reader.__file__).read_text("utf-8")
    imported = set(re.findall(r"^(?:from|import) ([a-z_0-9]+)", source, re.MULTILINE))
    assert imported <= set(sys.stdlib_module_names)
