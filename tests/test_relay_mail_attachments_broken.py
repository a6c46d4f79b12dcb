"""Attachments when things break: connections, processes, disks, and several writers at once."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from directory_world import START, local_id
from mail_listener import Client
from mail_uploads import (
    announce,
    append,
    append_and_break,
    code,
    content,
    fetch,
    offset_of,
    opened,
)
from mail_world import MailHouse, envelope, mail_app, until

from relay.mail.uploading import Grow, Growing


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[MailHouse]:
    async with opened(tmp_path) as house:
        yield house


@pytest.fixture
async def client(house: MailHouse) -> AsyncIterator[Client]:
    async with TestClient(TestServer(mail_app(house.mail))) as running:
        yield running


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


async def test_a_restart_goes_on_and_removes_files_that_no_record_names(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
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
            part.write(b"bytes that a crash left without a record" * 20)
        await house.restart()
        assert not any(each.exists() for each in stray)
        assert (folder / "lost+found").exists()
        assert folder.stat().st_mode & 0o777 == 0o700
        async with TestClient(TestServer(mail_app(house.mail))) as client:
            assert await offset_of(client, digest) == 400
            assert (await append(client, digest, 400, data[400:])).status == 204
            assert await (await fetch(client, digest, "ar-desk")).read() == data


async def test_crashes_between_the_last_byte_the_check_and_the_record(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
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


async def test_a_part_that_the_disk_lost_is_begun_anew(house: MailHouse, client: Client) -> None:
    data, digest = content(1000)
    await announce(client, digest, 1000)
    await append(client, digest, 0, data[:400])
    house.mail.attachments.files.remove_part(digest, local_id("ar-desk"))
    assert await offset_of(client, digest) == 0
    assert (await append(client, digest, 0, data)).status == 204


async def test_too_many_writers_are_told_to_wait(tmp_path: Path) -> None:
    async with (
        opened(tmp_path, uploads_at_once=1) as house,
        TestClient(TestServer(mail_app(house.mail))) as client,
    ):
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


async def test_an_upload_that_stalls_is_let_go_and_kept(tmp_path: Path) -> None:
    async with (
        opened(tmp_path, body_seconds=1) as house,
        TestClient(TestServer(mail_app(house.mail))) as client,
    ):
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
