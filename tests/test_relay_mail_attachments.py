"""Attachments over HTTP: pieces, ranges, wrong bytes, quotas, lifetimes, and who may fetch what."""

from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from mail_listener import Client
from mail_uploads import (
    CHUNK,
    TUS,
    announce,
    append,
    code,
    content,
    fetch,
    offset_of,
    opened,
    uploaded,
)
from mail_world import DAY, MailHouse, as_reception, as_session, envelope, mail_app


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[MailHouse]:
    async with opened(tmp_path) as house:
        yield house


@pytest.fixture
async def client(house: MailHouse) -> AsyncIterator[Client]:
    async with TestClient(TestServer(mail_app(house.mail))) as running:
        yield running


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
    async with (
        opened(tmp_path, uploads=3, upload_bytes=100, attachment_bytes=60) as house,
        TestClient(TestServer(mail_app(house.mail))) as client,
    ):
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


async def test_announcing_again_does_not_shorten_what_an_envelope_names(house: MailHouse, client: Client) -> None:
    data, digest = content(100)
    await uploaded(client, data)
    await house.submit(envelope(house.directory, attachments=[digest], lasts=3 * DAY))
    assert (await announce(client, digest, 100)).status == 201
    await house.settled()
    house.time.move(2 * DAY)
    await house.settled()
    assert await (await fetch(client, digest, "co-night")).read() == data
