"""The mail through the relay's real app: TLS, proofs, sessions, reception keys, restarts and revocation."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from directory_world import key_pair, local_id
from mail_listener import Listener
from mail_world import Directory, envelope, step_line, until
from relay_world import Caller, RelayWorld

from directory.statement import RevokeDevice
from relay.protocol import routes
from relay.protocol.envelope import Envelope
from relay.protocol.receipts import Relayed, check_relayed
from relay.protocol.requests import Stepped, Submitted
from relay.protocol.stream import Hello, Idle

TUS = {"Tus-Resumable": routes.TUS_VERSION}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as running:
        running.world.add_member("ar")
        running.world.add_officer("ar-desk", "ar")
        running.world.add_officer("co-day", "co")
        await running.publish()
        yield running


async def listen(here: RelayWorld, handle: str) -> Listener:
    """A stream by a device's reception key."""
    caller = await here.caller(f"{handle} reception")
    plain = await caller.call("GET", routes.STREAM)  # no upgrade: refused, but it brings the relay's nonce
    assert plain.code == "malformed"
    socket = await caller.http.ws_connect(
        here.url + routes.STREAM, headers=caller.proof("GET", routes.STREAM), max_msg_size=8 << 20
    )
    listener = Listener(socket, Directory(here.world), handle, Hello(time=0, tree_size=0, waiting=0))
    listener.hello = await listener.expect(Hello)
    return listener


async def submit(here: RelayWorld, sender: Caller, sent: Envelope) -> Relayed:
    answer = await sender.call("POST", routes.ENVELOPES, data=sent.raw, kind=routes.BYTES)
    relayed = answer.read(Submitted).relayed
    check_relayed(relayed, sent.hash, here.world.network, here.world.name, key_pair("relay receipt").public)
    return relayed


async def upload(sender: Caller, data: bytes) -> str:
    digest = sha256(data).hexdigest()
    about = TUS | {"Upload-Length": str(len(data)), "Upload-Metadata": f"sha256 {b64encode(digest.encode()).decode()}"}
    assert (await sender.call("POST", routes.ATTACHMENTS, data=b"", kind=routes.BYTES, headers=about)).status == 201
    url = routes.ATTACHMENT.format(hash=digest)
    for at in range(0, len(data), 100_000):
        piece = data[at : at + 100_000]
        answer = await sender.call(
            "PATCH", url, data=piece, kind=routes.CHUNK, headers=TUS | {"Upload-Offset": str(at)}
        )
        assert answer.headers["Upload-Offset"] == str(at + len(piece))
    return digest


async def test_a_message_with_an_attachment_crosses_a_border(here: RelayWorld) -> None:
    desk, night = await here.log_in("ar-desk"), await here.log_in("co-night")
    data = bytes(range(256)) * 1000
    digest = await upload(desk, data)
    sent = envelope(Directory(here.world), "ar-desk", ["co-night"], [(600, ["co-day"])], attachments=[digest])
    async with await listen(here, "co-night") as watch, await listen(here, "ar-desk") as home:
        relayed = await submit(here, desk, sent)
        item, payload = await watch.item()
        assert (payload, item.relayed) == (sent.raw, relayed)
        await watch.acknowledge(item)
        await watch.expect(Idle)
        assert (await home.item())[0].kind == "delivered"
        url = routes.ATTACHMENT.format(hash=digest)
        answer = await night.call("GET", url, headers={"Range": "bytes=1000-1999"})
        assert (answer.status, answer.raw) == (206, data[1000:2000])
        line = step_line(Directory(here.world), "co-night", sent.hash)
        steps = routes.STEPS.format(hash=sent.hash)
        stepped = await night.call("POST", steps, data=line, kind=routes.NOTE)
        assert stepped.read(Stepped).line == line.decode()
        assert [(await home.item())[0].kind for _ in range(2)] == ["step", "notice"]
    assert await submit(here, desk, sent) == relayed


async def test_what_a_key_may_not_do(here: RelayWorld) -> None:
    sent = envelope(Directory(here.world))
    reception = await here.caller("ar-desk reception")
    answer = await reception.call("POST", routes.ENVELOPES, data=sent.raw, kind=routes.BYTES)
    assert answer.status in (401, 403)
    desk = await here.log_in("ar-desk")
    assert (await desk.call("GET", routes.STREAM)).code in ("not-allowed", "proof-invalid", "token-invalid")
    assert (await desk.call("POST", routes.ENVELOPES, data=b"x", kind=routes.BYTES)).code == "malformed"
    assert (await desk.call("POST", routes.ENVELOPES, data=sent.raw, kind=routes.JSON)).code == "media-type"
    other = envelope(Directory(here.world), "co-night", ["ar-desk"])
    assert (await desk.call("POST", routes.ENVELOPES, data=other.raw, kind=routes.BYTES)).code == "not-allowed"


async def test_mail_waits_through_a_restart(here: RelayWorld) -> None:
    desk = await here.log_in("ar-desk")
    sent = [envelope(Directory(here.world), name=f"{number}") for number in range(20)]
    await asyncio.gather(*(submit(here, desk, each) for each in sent))
    async with await listen(here, "co-night") as watch:
        first, _ = await watch.item()
        jobs = here.relay.mail.figures.clerk.jobs
        await watch.acknowledge(first)
        await until(lambda: here.relay.mail.figures.clerk.jobs == jobs + 1)
        await here.restart()
        assert (await watch.closed())[1] in ("stopping", "")
    async with await listen(here, "co-night") as watch:
        rest = await watch.take_all()
    assert {payload for _, payload in rest} == {each.raw for each in sent if each.hash != first.envelope}


@pytest.mark.parametrize("settings", ["pending_jobs = 1\nbatch_jobs = 1\n", "pending_bytes = 60000\n", "burst = 3\n"])
async def test_more_than_the_relay_can_take_is_told_to_come_again(tmp_path: Path, settings: str) -> None:
    async with RelayWorld.running(tmp_path, extra=f"[mail]\n{settings}") as here:
        here.world.add_member("ar")
        here.world.add_officer("ar-desk", "ar")
        await here.publish()
        desk = await here.log_in("ar-desk")
        sent = [envelope(Directory(here.world), name=f"{number}") for number in range(40)]
        posts = (desk.call("POST", routes.ENVELOPES, data=each.raw, kind=routes.BYTES) for each in sent)
        answers = await asyncio.gather(*posts)
        refused = [answer for answer in answers if answer.status != 200]
        assert 0 < len(refused) < 40
        for answer in refused:
            assert answer.code in ("unavailable", "throttled")
            assert answer.headers["Retry-After"] == str(answer.problem.retry_after)
            assert answer.problem.retry_after > 0
        async with await listen(here, "co-night") as watch:
            assert len(await watch.take_all()) == 40 - len(refused)


async def test_a_revoked_laptop_loses_stream_and_mail_within_a_second(here: RelayWorld) -> None:
    desk = await here.log_in("ar-desk")
    async with await listen(here, "co-night") as watch, await listen(here, "ar-desk") as home:
        await watch.expect(Idle)
        world, loop = here.world, asyncio.get_running_loop()
        revoking = world.say(RevokeDevice, device=local_id("co-night"), reason="stolen")
        world.admit(revoking, "co-chief", "co-deputy")
        sent = envelope(Directory(world), tree_size=world.view.size - 1)
        await submit(here, desk, sent)
        item, _ = await watch.item()
        began = loop.time()
        await here.publish()
        assert await watch.closed() == ("revoked", "revoked")
        assert loop.time() - began < 1
        assert (await home.item())[0].kind == "notice"
        assert item.envelope == sent.hash
    caller = await here.caller("co-night reception")
    assert (await caller.call("GET", routes.STREAM)).code == "device-revoked"
