"""The contract of the mail store for attachments, on every implementation."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from directory_world import START, local_id
from mail_rows import AIDE, FORGET, LATE, NIGHT, delivery, made, put, upload
from mail_world import StoreKind

from relay.mail.memory_store import MemoryMailStore
from relay.mail.sqlite_store import open_mail_store
from relay.mail.store import MailStore, Upload
from relay.rules.mailbox import Load


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MailStore]:
    kind: StoreKind = request.param
    if kind == "memory":
        yield MemoryMailStore()
        return
    opened = await open_mail_store(tmp_path / "mail.db")
    yield opened
    await opened.close()


async def test_uploads_are_kept_by_hash_and_device(store: MailStore) -> None:
    first, second = "a" * 64, "b" * 64
    kept = [
        Upload(first, NIGHT, 10, 4, False, START + 5),
        Upload(first, LATE, 10, 10, True, START + 6),
        Upload(second, NIGHT, 20, 20, True, START + 7),
    ]
    await upload(store, *kept)
    assert sorted(await store.read(lambda r: r.uploads()), key=lambda each: each.until) == kept
    assert await store.read(lambda r: r.upload(first, NIGHT)) == kept[0]
    assert await store.read(lambda r: r.upload(second, LATE)) is None
    assert await store.read(lambda r: r.uploaders(first)) == {LATE}
    assert await store.read(lambda r: r.upload_load([NIGHT])) == Load(2, 30)
    assert await store.read(lambda r: r.upload_load([NIGHT, LATE, AIDE])) == Load(3, 40)
    assert await store.read(lambda r: r.upload_load([AIDE])) == Load()
    await upload(store, replace(kept[0], offset=10, complete=True))
    assert await store.read(lambda r: r.uploaders(first)) == {LATE, NIGHT}
    await store.transact(lambda tx: tx.keep_uploads(first, [NIGHT, LATE], START + 6))
    assert await store.read(lambda r: [each.until for each in r.stale_uploads(START + 9, 9)]) == [START + 6] * 2 + [
        START + 7
    ]
    assert await store.read(lambda r: len(r.stale_uploads(START + 6, 1))) == 1
    assert await store.read(lambda r: r.stale_uploads(START + 5, 9)) == []
    await store.transact(lambda tx: tx.remove_upload(first, LATE))
    assert await store.read(lambda r: r.uploaders(first)) == {NIGHT}


async def test_incomplete_uploads_are_not_kept_longer(store: MailStore) -> None:
    unfinished = Upload("a" * 64, NIGHT, 10, 4, False, START + 5)
    await upload(store, unfinished)
    await store.transact(lambda tx: tx.keep_uploads("a" * 64, [NIGHT], FORGET))
    assert await store.read(lambda r: r.upload("a" * 64, NIGHT)) == unfinished


async def test_an_attachment_is_fetched_by_sender_and_by_whom_it_was_released_to(store: MailStore) -> None:
    sent = made(attachments=["a" * 64, "b" * 64])
    await put(store, sent)

    async def may_fetch(device: str, attachment: str = "a" * 64) -> bool:
        return await store.read(lambda r: r.may_fetch(attachment, device))

    assert await may_fetch(sent.header.sender)
    assert await may_fetch(NIGHT)
    assert await may_fetch(NIGHT, "b" * 64)
    assert await may_fetch(AIDE)
    assert not await may_fetch(LATE)
    assert not await may_fetch(NIGHT, "c" * 64)
    assert not await may_fetch(local_id("co-day"))
    await store.transact(lambda tx: tx.release(delivery(tx, sent, LATE), START))
    assert await may_fetch(LATE)
