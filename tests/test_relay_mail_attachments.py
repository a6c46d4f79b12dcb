"""Attachments over HTTP: resuming, wrong bytes, ranges, quotas, lifetimes, and who may fetch what."""

import asyncio
import random
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from directory_world import START, local_id
from mail_listener import Client
from mail_world import DAY, MailHouse, as_reception, as_session, envelope, mail_app, until

from relay.mail.settings import MailSettings
from relay.mail.uploading import Grow, Growing

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {"Content-Type": "application/offset+octet-stream"}


def content(size: int, seed: int = 1) -> tuple[bytes, str]:
    """Bytes, and their hash."""
    data = random.Random(seed).randbytes(size)
    return data, sha256(data).hexdigest()


async def opened(path: Path, **settings: int) -> MailHouse:
    return await MailHouse(path, "sqlite", MailSettings(**settings)).open()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[MailHouse]:
    house = await opened(tmp_path)
    yield house
    await house.close()


@pytest.fixture
async def client(house: MailHouse) -> AsyncIterator[Client]:
    async with TestClient(TestServer(mail_app(house.mail))) as running:
        yield running


async def announce(client: Client, digest: str, length: int, handle: str = "ar-desk") -> ClientResponse:
    metadata = "sha256 " + b64encode(digest.encode()).decode()
    headers = TUS | as_session(handle) | {"Upload-Length": str(length), "Upload-Metadata": metadata}
    return await client.post("/v1/attachments", headers=headers)


async def append(client: Client, digest: str, offset: int, data: Any, handle: str = "ar-desk") -> ClientResponse:
    headers = TUS | CHUNK | as_session(handle) | {"Upload-Offset": str(offset)}
    return await client.patch(f"/v1/attachments/{digest}", headers=headers, data=data)


async def append_and_break(client: Client, digest: str, offset: int, data: bytes, announced: int) -> None:
    """Send less of a body than was announced, and cut the connection."""
    lines = [f"PATCH /v1/attachments/{digest} HTTP/1.1", "Host: relay", f"Content-Length: {announced}"]
    headers = TUS | CHUNK | as_session("ar-desk") | {"Upload-Offset": str(offset)}
    lines += [f"{name}: {value}" for name, value in headers.items()]
    _, writer = await asyncio.open_connection(client.host, client.port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + data)
    await writer.drain()
    await asyncio.sleep(0.02)  # what the relay has not read when a connection breaks is lost with it
    writer.close()
    await writer.wait_closed()


async def offset_of(client: Client, digest: str, handle: str = "ar-desk") -> int | None:
    answer = await client.head(f"/v1/attachments/{digest}", headers=TUS | as_session(handle))
    return int(answer.headers["Upload-Offset"]) if answer.status == 200 else None


async def fetch(client: Client, digest: str, handle: str, span: str = "") -> ClientResponse:
    headers = as_session(handle) | ({"Range": f"bytes={span}"} if span else {})
    return await client.get(f"/v1/attachments/{digest}", headers=headers)


async def uploaded(client: Client, data: bytes, handle: str = "ar-desk") -> str:
    digest = sha256(data).hexdigest()
    assert (await announce(client, digest, len(data), handle)).status == 201
    assert (await append(client, digest, 0, data, handle)).status == 204
    return digest


async def code(answer: ClientResponse) -> str:
    return str((await answer.json(content_type=None))["code"])


async def test_an_upload_in_pieces_is_fetched_whole_and_in_ranges(house: MailHouse, client: Client) -> None:
    data, digest = content(300_000)
    answer = await announce(client, digest, len(data))
    assert (answer.status, answer.headers["Location"]) == (201, f"/v1/attachments/{digest}")
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert await offset_of(client, digest) == 0
    for start in range(0, len(data), 100_000):
        answer = await append(client, digest, start, data[start : start + 100_000])
        assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(start + 100_000))
    assert await offset_of(client, digest) == len(data)
    await house.submit(envelope(house.directory, attachments=[digest]))
    whole = await fetch(client, digest, "co-night")
    assert (whole.status, await whole.read(), whole.content_type) == (200, data, "application/octet-stream")
    for span, part in (("0-0", data[:1]), ("5-9", data[5:10]), ("299990-", data[-10:]), ("-7", data[-7:])):
        answer = await fetch(client, digest, "co-night", span)
        assert (answer.status, await answer.read()) == (206, part)
    answer = await fetch(client, digest, "co-night", "299999-300050")
    assert await answer.read() == data[-1:]
    for wrong in ("300000-", "9-5", "a-b", "0-1,3-4"):
        answer = await fetch(client, digest, "co-night", wrong)
        assert (answer.status, await code(answer)) == (416, "range-wrong")


async def test_who_may_fetch(house: MailHouse, client: Client) -> None:
    digest = await uploaded(client, content(1000)[0])

    async def statuses() -> dict[str, int]:
        handles = ("ar-desk", "ar-aide", "co-night", "co-late", "co-day")
        return {each: (await fetch(client, digest, each)).status for each in handles}

    nobody = dict.fromkeys(("ar-desk", "ar-aide", "co-night", "co-late", "co-day"), 404)
    assert await statuses() == nobody | {"ar-desk": 200}
    sent = envelope(house.directory, "ar-aide", later=[(600, ["co-late"])], attachments=[digest])
    await house.submit(sent, "ar-aide")
    assert await statuses() == nobody | {"ar-desk": 200, "ar-aide": 200, "co-night": 200}
    await house.settled()
    house.time.move(600)
    await house.settled()
    assert (await statuses())["co-late"] == 200
    assert await offset_of(client, digest, "co-night") == 1000
    assert await offset_of(client, digest, "co-day") is None
    assert (await client.get(f"/v1/attachments/{digest}", headers=as_reception("co-night"))).status == 403


@pytest.mark.parametrize("seed", range(4))
async def test_a_broken_upload_goes_on_from_where_it_stands(house: MailHouse, client: Client, seed: int) -> None:
    data, digest = content(600_000, seed)
    chance = random.Random(seed)
    await announce(client, digest, len(data))
    breaks = 0
    while (offset := await offset_of(client, digest)) != len(data):
        assert offset is not None
        cut = min(len(data), offset + chance.randrange(1, 250_000))
        await append_and_break(client, digest, offset, data[offset:cut], len(data) - offset)
        breaks += 1
        assert breaks < 100
        await until(lambda: not house.mail.attachments.busy)
        if chance.random() < 0.3:
            await append(client, digest, await offset_of(client, digest) or 0, data[cut : cut + 1000])
    assert breaks >= 2
    answer = await fetch(client, digest, "ar-desk")
    assert await answer.read() == data


async def test_a_second_writer_is_refused_while_the_first_writes(client: Client) -> None:
    data, digest = content(1000)
    await announce(client, digest, len(data))
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield data[:400]
        begun.set()
        await go_on.wait()
        yield data[400:]

    first = asyncio.create_task(append(client, digest, 0, slowly()))
    await begun.wait()
    answer = await append(client, digest, 0, data)
    assert (answer.status, await code(answer)) == (423, "upload-busy")
    go_on.set()
    assert (await first).status == 204
    assert (await append(client, digest, len(data), b"")).status == 204  # done: again, and nothing new


async def test_wrong_bytes_are_found_out_and_removed(house: MailHouse, client: Client) -> None:
    data, digest = content(1000)
    await announce(client, digest, len(data))
    answer = await append(client, digest, 0, data[:-1] + b"x")
    assert (answer.status, await code(answer)) == (422, "digest-wrong")
    assert await offset_of(client, digest) is None
    assert list(house.mail.attachments.files.folder.iterdir()) == []
    assert await uploaded(client, data) == digest


async def test_knowing_a_hash_is_not_having_the_bytes(client: Client) -> None:
    data, digest = content(1000)
    await uploaded(client, data)
    await announce(client, digest, len(data), "co-night")
    assert await offset_of(client, digest, "co-night") == 0
    assert (await fetch(client, digest, "co-night")).status == 404
    assert await code(await append(client, digest, 0, b"x" * 1000, "co-night")) == "digest-wrong"
    assert (await fetch(client, digest, "co-night")).status == 404
    assert await (await fetch(client, digest, "ar-desk")).read() == data
    assert await uploaded(client, data, "co-night") == digest
    assert (await fetch(client, digest, "co-night")).status == 200


@pytest.mark.parametrize(
    ("offset", "size", "expected"),
    [(1, 10, "offset-wrong"), (0, 1001, "too-large"), (1000, 0, "offset-wrong")],
)
async def test_bytes_that_do_not_fit(client: Client, offset: int, size: int, expected: str) -> None:
    _, digest = content(1000)
    await announce(client, digest, 1000)
    assert await code(await append(client, digest, offset, b"x" * size)) == expected


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        ("POST", "", {"Upload-Length": "10"}, "malformed"),
        ("POST", "", {"Upload-Length": "010", "Upload-Metadata": "{good}"}, "malformed"),
        ("POST", "", {"Upload-Length": "-1", "Upload-Metadata": "{good}"}, "malformed"),
        ("POST", "", {"Upload-Defer-Length": "1", "Upload-Metadata": "{good}"}, "malformed"),
        ("POST", "", {"Upload-Length": "10", "Upload-Metadata": "{good},filename eA=="}, "malformed"),
        ("POST", "", {"Upload-Length": "10", "Upload-Metadata": "sha256 QUJD"}, "malformed"),
        ("POST", "", {"Upload-Length": "10", "Upload-Metadata": "sha256 ??"}, "malformed"),
        ("POST", "", {"Upload-Length": "0", "Upload-Metadata": "{good}"}, "too-large"),
        ("POST", "", {"Upload-Length": "2000000001", "Upload-Metadata": "{good}"}, "too-large"),
        ("POST", "", {"Tus-Resumable": "0.2.2", "Upload-Length": "10"}, "tus-version"),
        ("PATCH", "/{digest}", {"Upload-Offset": "0"} | CHUNK, "not-found"),
        ("PATCH", "/{digest}", {"Upload-Offset": "+0"} | CHUNK, "malformed"),
        ("PATCH", "/{digest}", CHUNK, "malformed"),
        ("PATCH", "/{digest}", {"Upload-Offset": "0", "Content-Type": "text/plain"}, "media-type"),
        ("PATCH", "/..", {"Upload-Offset": "0"} | CHUNK, ""),
        ("PATCH", "/{upper}", {"Upload-Offset": "0"} | CHUNK, "not-found"),
        ("GET", "/{digest}", {}, "not-found"),
        ("GET", "/mail.db", {}, "not-found"),
    ],
)
async def test_requests_that_are_refused(
    client: Client, method: str, path: str, headers: dict[str, str], expected: str
) -> None:
    _, digest = content(10)
    good = "sha256 " + b64encode(digest.encode()).decode()
    filled = {name: value.replace("{good}", good) for name, value in headers.items()}
    path = path.format(digest=digest, upper=digest.upper())
    answer = await client.request(
        method,
        f"/v1/attachments{path}",
        headers=TUS | as_session("ar-desk") | filled,
        skip_auto_headers=["Content-Type"],
    )
    assert answer.status >= 400
    if expected:
        assert await code(answer) == expected


async def test_only_coordinators_upload(client: Client) -> None:
    _, digest = content(10)
    assert await code(await announce(client, digest, 10, "ar-clerk")) == "not-allowed"
    assert await code(await announce(client, digest, 10, "nobody")) == "device-unknown"


async def test_quotas_of_a_device(tmp_path: Path) -> None:
    house = await opened(tmp_path, uploads=3, upload_bytes=100, attachment_bytes=60)
    async with TestClient(TestServer(mail_app(house.mail))) as client:
        hashes = [sha256(bytes([number])).hexdigest() for number in range(5)]
        assert await code(await announce(client, hashes[0], 61)) == "too-large"
        assert (await announce(client, hashes[0], 60)).status == 201
        assert await code(await announce(client, hashes[1], 41)) == "quota-full"
        assert (await announce(client, hashes[1], 20)).status == 201
        assert (await announce(client, hashes[1], 40)).status == 201  # announced anew with another length
        assert (await announce(client, hashes[0], 60)).status == 201
        assert (await announce(client, hashes[1], 20)).status == 201
        assert (await announce(client, hashes[2], 5)).status == 201
        assert await code(await announce(client, hashes[3], 5)) == "quota-full"
        assert (await announce(client, hashes[3], 60, "ar-aide")).status == 201
    await house.close()


async def test_unfinished_and_unnamed_uploads_go_after_a_day_and_named_ones_with_their_envelope(
    house: MailHouse, client: Client
) -> None:
    named = await uploaded(client, content(100, 1)[0])
    unnamed = await uploaded(client, content(100, 2)[0])
    _, unfinished = content(100, 3)
    await announce(client, unfinished, 100)
    await append(client, unfinished, 0, b"x" * 10)
    await house.submit(envelope(house.directory, attachments=[named], lasts=3 * DAY))

    async def there() -> list[bool]:
        return [(await offset_of(client, each)) is not None for each in (named, unnamed, unfinished)]

    await house.settled()
    house.time.move(DAY - 1)
    await house.settled()
    assert await there() == [True, True, True]
    house.time.move(1)
    await house.settled()
    assert await there() == [True, False, False]
    assert [each.name for each in house.mail.attachments.files.folder.iterdir()] == [named]
    house.time.move(2 * DAY)
    await house.settled()
    assert await there() == [False, False, False]
    assert list(house.mail.attachments.files.folder.iterdir()) == []
    assert (await fetch(client, named, "co-night")).status == 404


async def test_growing_keeps_an_unfinished_upload(house: MailHouse, client: Client) -> None:
    data, digest = content(100)
    await announce(client, digest, 100)
    for start in (0, 50):
        await house.settled()
        house.time.move(DAY - 1)
        await house.settled()
        assert (await append(client, digest, start, data[start : start + 50])).status == 204
    assert await offset_of(client, digest) == 100


async def test_a_restart_goes_on_and_removes_files_that_no_record_names(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    data, digest = content(1000)
    folder = tmp_path / "attachments"
    async with TestClient(TestServer(mail_app(house.mail))) as client:
        await announce(client, digest, 1000)
        await append(client, digest, 0, data[:400])
    stray = [folder / ("e" * 64), folder / f"{'e' * 64}.{'f' * 64}.part"]
    for each in stray:
        each.write_bytes(b"x")
    (folder / "lost+found").mkdir()
    with house.mail.attachments.files.part(digest, local_id("ar-desk")).open("ab") as part:
        part.write(b"bytes that a crash left without a record")
    await house.restart()
    assert not any(each.exists() for each in stray)
    assert (folder / "lost+found").exists()
    assert folder.stat().st_mode & 0o777 == 0o700
    async with TestClient(TestServer(mail_app(house.mail))) as client:
        assert await offset_of(client, digest) == 400
        assert (await append(client, digest, 400, data[400:])).status == 204
        assert await (await fetch(client, digest, "ar-desk")).read() == data
    await house.close()


async def test_crashes_between_the_last_byte_the_check_and_the_record(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    device = local_id("ar-desk")
    async with TestClient(TestServer(mail_app(house.mail))) as client:
        for seed, renamed in ((1, False), (2, True)):
            data, digest = content(1000, seed)
            await announce(client, digest, 1000)
            await append(client, digest, 0, data[:999])
            files = house.mail.attachments.files
            with files.part(digest, device).open("ab") as part:
                part.write(data[999:])
            grown = Grow(device, digest, 1000)  # the last byte was recorded, and then the power went
            await house.mail.clerk.do(Growing(house.mail.attachments.context), grown)
            if renamed:
                files.finish(digest, device)
            sent = envelope(house.directory, attachments=[digest], name=str(seed))
            with pytest.raises(Exception, match="not fully uploaded"):
                await house.submit(sent)
            assert await offset_of(client, digest) == 1000  # heals it
            await house.submit(sent)
            assert await (await fetch(client, digest, "co-night")).read() == data
    await house.close()


async def test_a_part_that_the_disk_lost_is_begun_anew(house: MailHouse, client: Client) -> None:
    data, digest = content(1000)
    await announce(client, digest, 1000)
    await append(client, digest, 0, data[:400])
    house.mail.attachments.files.remove_part(digest, local_id("ar-desk"))
    assert await offset_of(client, digest) == 0
    assert (await append(client, digest, 0, data)).status == 204


async def test_too_many_writers_are_told_to_wait(tmp_path: Path) -> None:
    house = await opened(tmp_path, uploads_at_once=1)
    async with TestClient(TestServer(mail_app(house.mail))) as client:
        data, digest = content(10)
        await announce(client, digest, 10)
        await announce(client, digest, 10, "ar-aide")
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield data[:5]
            begun.set()
            await go_on.wait()
            yield data[5:]

        first = asyncio.create_task(append(client, digest, 0, slowly()))
        await begun.wait()
        assert await code(await append(client, digest, 0, data, "ar-aide")) == "unavailable"
        go_on.set()
        assert (await first).status == 204
        assert (await append(client, digest, 0, data, "ar-aide")).status == 204
    await house.close()


async def test_an_upload_that_stalls_is_let_go_and_kept(tmp_path: Path) -> None:
    house = await opened(tmp_path, body_seconds=1)
    async with TestClient(TestServer(mail_app(house.mail))) as client:
        data, digest = content(10)
        await announce(client, digest, 10)
        never = asyncio.Event()

        async def stalling() -> AsyncIterator[bytes]:
            yield data[:5]
            await never.wait()

        answer = await append(client, digest, 0, stalling())
        assert await code(answer) == "malformed"
        assert await offset_of(client, digest) == 5
        assert house.time() == START
    await house.close()
