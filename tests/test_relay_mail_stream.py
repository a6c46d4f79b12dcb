"""Streams over real WebSockets: order, window, acknowledgements, and how each kind of end comes about."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError, web
from aiohttp.test_utils import TestClient, TestServer
from directory_world import START, local_id, reception_handle
from mail_listener import Client, Listener, listen
from mail_world import MailHouse, as_reception, as_session, delivered_line, envelope, mail_app, revoke, suspend, until

from relay.mail.memory_store import MemoryMailStore
from relay.mail.settings import MailSettings
from relay.protocol.envelope import Envelope
from relay.protocol.problems import Refusal
from relay.protocol.stream import WINDOW, Ack, Changed, Hello, Idle


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[MailHouse]:
    async with MailHouse(tmp_path, "sqlite") as opened:
        yield opened


@pytest.fixture
async def client(house: MailHouse) -> AsyncIterator[Client]:
    async with TestClient(TestServer(mail_app(house.mail))) as opened:
        yield opened


async def submitted(house: MailHouse, count: int, **fields: Any) -> list[Envelope]:
    sent = [envelope(house.directory, name=f"number {number}", **fields) for number in range(count)]
    await asyncio.gather(*(house.submit(each) for each in sent))
    return sent


async def listening(house: MailHouse, count: int) -> None:
    """Return when so many streams are open: the relay's end closes a little after ours."""
    await until(lambda: house.mail.figures.streams == count)


async def test_what_waits_comes_in_order_and_goes_when_acknowledged(house: MailHouse, client: Client) -> None:
    sent = await submitted(house, 3)
    async with await listen(client, house.directory) as desk:
        assert (desk.hello.waiting, desk.hello.time, desk.hello.tree_size) == (3, START, house.directory.view.size)
        items = await desk.items(3)
        assert [payload for _, payload in items] == [each.raw for each in sent]
        assert [item.number for item, _ in items] == [1, 2, 3]
        for item, _ in items:
            assert (item.kind, item.stage, item.released) == ("envelope", 0, START)
            assert item.relayed
            await desk.acknowledge(item)
        await desk.expect(Idle)
    assert await house.queue("co-night") == []
    assert len(await house.queue("ar-desk")) == 3


async def test_new_mail_wakes_the_stream(house: MailHouse, client: Client) -> None:
    async with (
        await listen(client, house.directory) as desk,
        await listen(client, house.directory, "ar-desk") as sender,
    ):
        await desk.expect(Idle)
        await sender.expect(Idle)
        (sent,) = await submitted(house, 1)
        item, payload = await desk.item()
        assert payload == sent.raw
        await desk.acknowledge(item)
        await desk.expect(Idle)
        line, payload = await sender.item()
        assert (line.kind, line.envelope) == ("delivered", sent.hash)
        await sender.acknowledge(line)
        await sender.expect(Idle)


async def test_at_most_a_window_is_out(house: MailHouse, client: Client) -> None:
    sent = await submitted(house, WINDOW + 3)
    async with await listen(client, house.directory) as desk:
        items = await desk.items(WINDOW)
        with pytest.raises(TimeoutError):
            await desk.socket.receive(timeout=0.05)
        await desk.acknowledge(items[0][0])
        assert (await desk.item())[0].number == WINDOW + 1
        for item, _ in items[1:]:
            await desk.acknowledge(item)
        assert [item.number for item, _ in await desk.items(2)] == [WINDOW + 2, WINDOW + 3]
    assert len(await house.queue("co-night")) <= len(sent) - 1


async def test_draining_ends_when_nothing_waits_any_more(house: MailHouse, client: Client) -> None:
    sent = await submitted(house, 40)
    async with await listen(client, house.directory, query="?drain=1") as desk:
        taken = await desk.take_all()
        assert [payload for _, payload in taken] == [each.raw for each in sent]
        assert await house.queue("co-night") == []  # `Idle` came after the last commit
        assert await desk.closed() == ("", "")
    async with await listen(client, house.directory, query="?drain=1") as desk:
        assert desk.hello.waiting == 0
        await desk.expect(Idle)


async def test_what_was_not_acknowledged_comes_again_under_its_number(house: MailHouse, client: Client) -> None:
    await submitted(house, 3)
    async with await listen(client, house.directory) as desk:
        first = await desk.items(3)
        jobs = house.mail.figures.clerk.jobs
        await desk.acknowledge(first[1][0])
        await until(lambda: house.mail.figures.clerk.jobs == jobs + 1)
    async with await listen(client, house.directory) as desk:
        assert await desk.items(2) == [first[0], first[2]]


async def test_a_second_stream_ends_the_first(house: MailHouse, client: Client) -> None:
    await submitted(house, 1)
    async with await listen(client, house.directory) as first:
        await first.item()
        async with await listen(client, house.directory) as second:
            assert await first.closed() == ("replaced", "replaced")
            item, _ = await second.item()
            await second.acknowledge(item)
            await second.expect(Idle)
            await listening(house, 1)


async def test_growth_of_the_directory_is_told_once_for_many_changes(house: MailHouse, client: Client) -> None:
    world = house.directory.world
    async with await listen(client, house.directory) as desk:
        await desk.expect(Idle)
        for number in range(5):
            house.directory.admit(world.publishing(f"ar-desk-{number}", "ar", ["ar-aide"]), "ar-chief")
        assert await desk.expect(Changed) == Changed(tree_size=house.directory.view.size)
        await submitted(house, 1)
        await desk.item()


async def test_a_revoked_device_is_cut_off_at_once_even_if_it_does_not_read(house: MailHouse, client: Client) -> None:
    sent = await submitted(house, 8, padded=1 << 20)
    async with await listen(client, house.directory) as desk:  # eight megabytes that nobody reads
        await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        before = loop.time()
        revoke(house.directory, "co-night")
        await listening(house, 0)
        assert loop.time() - before < 1
        await house.settled()
        assert await house.queue("co-night") == []
        del desk
    assert len(await house.notices("ar-desk")) == len(sent)


async def test_revocation_and_suspension_are_given_as_reasons(house: MailHouse, client: Client) -> None:
    async with (
        await listen(client, house.directory) as night,
        await listen(client, house.directory, "co-day") as day,
        await listen(client, house.directory, "ar-desk") as other,
    ):
        revoke(house.directory, "co-night")
        assert await night.closed() == ("revoked", "revoked")
        suspend(house.directory, "co")
        assert await day.closed() == ("suspended", "suspended")
        await listening(house, 1)
        await other.expect(Idle)
    for handle, code in (("co-night", "device-revoked"), ("co-day", "member-suspended")):
        answer = await client.get("/v1/stream", headers=as_reception(handle))
        assert (await answer.json(content_type=None))["code"] == code


async def test_changed_reception_keys_end_the_old_stream_and_open_the_next(house: MailHouse, client: Client) -> None:
    """What was not acknowledged comes again, and the line has to be signed with the new keys."""
    await submitted(house, 2)
    loop = asyncio.get_running_loop()
    async with await listen(client, house.directory) as old, await listen(client, house.directory, "co-day") as other:
        items = await old.items(2)
        before = loop.time()
        house.directory.admit(house.directory.world.changing_reception("co-night"), "co-night")
        assert await old.closed() == ("replaced", "replaced")
        assert loop.time() - before < 1
        await listening(house, 1)
        await other.expect(Idle)
    answer = await client.get("/v1/stream", headers=as_reception("co-night"))
    assert (await answer.json(content_type=None))["code"] == "proof-invalid"
    socket = await client.ws_connect("/v1/stream", headers=as_reception("co-night", 1), max_msg_size=8 << 20)
    async with Listener(socket, house.directory, "co-night", Hello(time=0, tree_size=0, waiting=0)) as desk:
        await desk.expect(Hello)
        assert [payload for _, payload in await desk.items(2)] == [payload for _, payload in items]
        item, _ = items[0]
        forged = delivered_line(house.directory, "co-night", item.envelope)
        await desk.say(Ack(number=item.number, delivered=forged.decode()))
        assert await desk.closed() == ("protocol", "protocol")
    assert len(await house.queue("co-night")) == 2
    socket = await client.ws_connect("/v1/stream", headers=as_reception("co-night", 1), max_msg_size=8 << 20)
    signer = reception_handle("co-night", 1)
    async with Listener(socket, house.directory, "co-night", Hello(time=0, tree_size=0, waiting=0)) as desk:
        await desk.expect(Hello)
        for item, _ in await desk.items(2):
            line = delivered_line(house.directory, "co-night", item.envelope, signer=signer)
            await desk.say(Ack(number=item.number, delivered=line.decode()))
        await desk.expect(Idle)
    assert await house.queue("co-night") == []


async def test_keys_that_change_during_the_upgrade_end_the_stream(house: MailHouse) -> None:
    app = mail_app(house.mail)

    async def change_meanwhile(request: web.Request, response: web.StreamResponse) -> None:
        house.directory.admit(house.directory.world.changing_reception("co-night"), "co-night")

    app.on_response_prepare.append(change_meanwhile)
    async with TestClient(TestServer(app)) as client:
        socket = await client.ws_connect("/v1/stream", headers=as_reception("co-night"))
        listener = Listener(socket, house.directory, "co-night", Hello(time=0, tree_size=0, waiting=0))
        assert await listener.closed() == ("replaced", "replaced")


async def test_a_device_that_acknowledges_nothing_is_slow_and_harms_nobody(tmp_path: Path) -> None:
    async with (
        MailHouse(tmp_path, "memory", MailSettings(slow_seconds=1, slow_rate=1 << 30)) as house,
        TestClient(TestServer(mail_app(house.mail))) as client,
    ):
        await submitted(house, 2, to=["co-night", "co-day"])
        async with (
            await listen(client, house.directory) as slow,
            await listen(client, house.directory, "co-day") as quick,
        ):
            await slow.items(2)
            assert len(await quick.take_all()) == 2
            assert await slow.closed() == ("slow", "slow")


async def test_a_device_that_reads_nothing_is_slow(tmp_path: Path) -> None:
    async with (
        MailHouse(tmp_path, "memory", MailSettings(slow_seconds=1, slow_rate=1 << 30)) as house,
        TestClient(TestServer(mail_app(house.mail))) as client,
    ):
        await submitted(house, 16, padded=1 << 20)
        async with await listen(client, house.directory):
            await listening(house, 0)
        assert len(await house.queue("co-night")) == 16


@pytest.mark.parametrize(
    "what",
    [
        "other number",
        "no line",
        "other envelope",
        "other device",
        "other network",
        "wrong keys",
        "stripped",
        "no frame",
    ],
)
async def test_acknowledgements_that_do_not_count_end_the_stream_and_delete_nothing(
    house: MailHouse, client: Client, what: str
) -> None:
    (sent,) = await submitted(house, 1)
    directory = house.directory
    good = delivered_line(directory, "co-night", sent.hash)
    lines = {
        "no line": b"",
        "other envelope": delivered_line(directory, "co-night", "0" * 64),
        "other device": delivered_line(directory, "co-night", sent.hash, device=local_id("co-day")),
        "other network": delivered_line(directory, "co-night", sent.hash, network="0" * 64),
        "wrong keys": delivered_line(directory, "co-day", sent.hash),
        "stripped": b"\n".join(good.split(b"\n")[:-2]) + b"\n",
    }
    async with await listen(client, directory) as desk:
        item, _ = await desk.item()
        if what == "no frame":
            await desk.socket.send_str('{"frame":"idle"}')
        elif what == "other number":
            await desk.say(Ack(number=item.number + 1, delivered=good.decode()))
        else:
            await desk.say(Ack(number=item.number, delivered=lines[what].decode()))
        assert (await desk.closed())[0] == "protocol"
    assert len(await house.queue("co-night")) == 1
    assert await house.queue("ar-desk") == []


async def test_an_item_is_acknowledged_once_and_lines_without_a_line(house: MailHouse, client: Client) -> None:
    (sent,) = await submitted(house, 1)
    async with await listen(client, house.directory) as desk:
        item, _ = await desk.item()
        await desk.acknowledge(item)
        await desk.acknowledge(item)
        assert (await desk.closed())[0] == "protocol"
    async with await listen(client, house.directory, "ar-desk") as sender:
        line, _ = await sender.item()
        await sender.say(
            Ack(number=line.number, delivered=delivered_line(house.directory, "ar-desk", sent.hash).decode())
        )
        assert (await sender.closed())[0] == "protocol"
    assert len(await house.queue("ar-desk")) == 1


async def test_a_binary_frame_is_no_frame_of_a_desk(house: MailHouse, client: Client) -> None:
    async with await listen(client, house.directory) as desk:
        await desk.socket.send_bytes(b"\0")
        assert (await desk.closed())[0] == "protocol"


async def test_an_acknowledgement_that_cannot_be_stored_ends_the_stream(tmp_path: Path) -> None:
    async with (
        MailHouse(tmp_path, "memory") as house,
        TestClient(TestServer(mail_app(house.mail))) as client,
    ):
        await submitted(house, 1)
        await house.settled()
        assert isinstance(house.store, MemoryMailStore)
        async with await listen(client, house.directory) as desk:
            item, _ = await desk.item()
            house.store.fail_next = "lost"
            await desk.acknowledge(item)
            assert (await desk.closed())[0] == "stopping"
        async with await listen(client, house.directory) as desk:
            again, _ = await desk.item()
            assert again == item
            house.store.fail_next = "unknown"
            await desk.acknowledge(item)
            assert (await desk.closed())[0] == "stopping"
        async with await listen(client, house.directory) as desk:
            await desk.expect(Idle)
        assert len(await house.queue("ar-desk")) == 1


async def test_stopping_says_so_to_everybody(house: MailHouse, client: Client) -> None:
    desks: list[Listener] = [await listen(client, house.directory, each) for each in ("co-night", "co-day", "ar-desk")]
    ends = [asyncio.create_task(each.closed()) for each in desks]
    await house.mail.stop()
    assert await asyncio.gather(*ends) == [("stopping", "stopping")] * 3
    with pytest.raises(WSServerHandshakeError) as refused:
        await listen(client, house.directory)
    assert refused.value.status == 503


async def test_who_may_not_listen(tmp_path: Path) -> None:
    async with (
        MailHouse(tmp_path, "memory", MailSettings(streams=1)) as house,
        TestClient(TestServer(mail_app(house.mail))) as client,
    ):
        for headers, status in ((as_session("co-night"), 403), (as_reception("nobody"), 403)):
            with pytest.raises(WSServerHandshakeError) as refused:
                await client.ws_connect("/v1/stream", headers=headers)
            assert refused.value.status == status
        with pytest.raises(WSServerHandshakeError) as refused:
            await listen(client, house.directory, query="?drain=yes")
        assert refused.value.status == 400
        plain = await client.get("/v1/stream", headers=as_reception("co-night"))
        assert (await plain.json(content_type=None))["code"] == "malformed"
        async with await listen(client, house.directory), await listen(client, house.directory):
            with pytest.raises(WSServerHandshakeError) as refused:
                await listen(client, house.directory, "co-day")
            assert refused.value.status == 503


async def test_a_silent_peer_is_noticed_by_the_heartbeat(tmp_path: Path) -> None:
    async with (
        MailHouse(tmp_path, "memory", MailSettings(heartbeat=1)) as house,
        TestClient(TestServer(mail_app(house.mail))) as client,
    ):
        socket = await client.ws_connect("/v1/stream", headers=as_reception("co-night"), autoping=False)
        while house.mail.figures.streams == 0 or (await socket.receive()).type is not WSMsgType.PING:
            pass
        await listening(house, 0)
        assert house.mail.figures.streams == 0
        await socket.close()


async def test_what_was_stored_although_the_disk_failed_is_handed_over(tmp_path: Path) -> None:
    async with MailHouse(tmp_path, "memory") as house, TestClient(TestServer(mail_app(house.mail))) as client:
        await house.settled()
        assert isinstance(house.store, MemoryMailStore)
        async with await listen(client, house.directory) as desk:
            await desk.expect(Idle)
            house.store.fail_next = "unknown"
            with pytest.raises(Refusal):
                await submitted(house, 1)
            assert (await desk.item())[0].kind == "envelope"


async def test_a_device_revoked_during_the_upgrade_is_let_go(house: MailHouse) -> None:
    app = mail_app(house.mail)

    async def revoke_meanwhile(request: web.Request, response: web.StreamResponse) -> None:
        revoke(house.directory, "co-night")

    app.on_response_prepare.append(revoke_meanwhile)
    async with TestClient(TestServer(app)) as client:
        socket = await client.ws_connect("/v1/stream", headers=as_reception("co-night"))
        listener = Listener(socket, house.directory, "co-night", Hello(time=0, tree_size=0, waiting=0))
        assert await listener.closed() == ("revoked", "revoked")
