"""Whoever asks for much and sends slowly keeps nobody else from the relay: neither strangers, nor a member's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from directory_world import local_id
from mail_uploads import content
from mail_world import until
from relay_world import Caller, RelayWorld, client_tls
from test_relay_http_late_bodies import Held, held_back

from crypto.encoding import b64
from directory.statement import RevokeDevice
from relay.protocol import routes

ROOM = 1 << 20
EXTRA = f"[limits]\njson_bytes = 65536\nreading_bytes = {ROOM}\n[mail]\nuploads_at_once = 16\n"
TUS = {"Tus-Resumable": routes.TUS_VERSION}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path, extra=EXTRA) as here:
        yield here


async def slow_stranger(here: RelayWorld, size: int) -> asyncio.StreamWriter:
    """Somebody without a key who announces `size` bytes and sends none of them."""
    reader, writer = await asyncio.open_connection("localhost", here.port, ssl=client_tls())
    head = f"POST {routes.STATEMENTS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {routes.JSON}\r\n"
    writer.write(f"{head}Content-Length: {size}\r\nExpect: 100-continue\r\n\r\n".encode())
    assert b"100 Continue" in await reader.readline()  # the relay has it, and waits for the body, or refuses
    return writer


async def test_strangers_who_send_slowly_keep_nobody_from_logging_in(here: RelayWorld) -> None:
    writers = [await slow_stranger(here, 65_536) for _ in range(20)]
    night = await here.log_in("co-night")
    assert (await night.call("POST", routes.KEYSETS, {"devices": []})).status == 200
    for each in writers:
        each.close()


async def test_strangers_who_send_slowly_keep_no_newcomer_out(here: RelayWorld) -> None:
    """What is small has a room of its own: 300 bytes of an enrolment, and a code."""
    writers = [await slow_stranger(here, 65_536) for _ in range(20)]
    newcomer = await here.caller("stranger")
    for path in (routes.ENROLMENTS, routes.ENROLMENT_TOTP):
        assert (await newcomer.call("POST", path, {})).code == "malformed"
    for each in writers:
        each.close()


async def test_a_step_is_taken_while_the_room_for_mail_is_full(tmp_path: Path) -> None:
    """It stops the clock of an escalation: no envelope that comes in slowly keeps it out."""
    async with RelayWorld.running(tmp_path, extra="[mail]\npending_bytes = 16384\n") as here:
        night, step = await here.log_in("co-night"), routes.STEPS.format(hash="0" * 64)
        async with held_back(here, night, "POST", routes.ENVELOPES, b"x" * 2000, routes.BYTES) as held:
            await until(lambda: here.relay.mail.figures.pending_bytes == 2000)
            more = await night.call("POST", routes.ENVELOPES, data=b"x" * 2000, kind=routes.BYTES)
            assert more.code == "unavailable"
            assert (await night.call("POST", step, data=b"x" * 2000, kind=routes.NOTE)).code == "malformed"
            assert (await held.finish())[0] == 400


async def uploading(here: RelayWorld, caller: Caller, seed: int, stack: AsyncExitStack) -> Held:
    """An upload of 100 bytes of which the last does not come."""
    data, digest = content(100, seed)
    named = {"Upload-Length": "100", "Upload-Metadata": f"sha256 {b64(digest.encode())}"}
    answer = await caller.call("POST", routes.ATTACHMENTS, headers=TUS | named)
    assert answer.status == 201, answer.raw
    path, about = routes.ATTACHMENT.format(hash=digest), {**TUS, "Upload-Offset": "0"}
    return await stack.enter_async_context(held_back(here, caller, "PATCH", path, data, routes.CHUNK, about))


async def test_one_device_writes_few_uploads_at_once(here: RelayWorld) -> None:
    here.world.add_member("ar")
    here.world.add_officer("ar-desk", "ar")
    await here.publish()
    night, desk = await here.log_in("co-night"), await here.log_in("ar-desk")
    async with AsyncExitStack() as stack:
        first = await uploading(here, night, 0, stack)
        await until(lambda: here.relay.mail.attachments.busy == 1)
        second = await uploading(here, night, 1, stack)
        status, raw = await second.finish()
        assert (status, b"too many uploads at once" in raw) == (503, True)
        other = await uploading(here, desk, 2, stack)
        assert (await other.finish())[0] == 204
        assert (await first.finish())[0] == 204


async def test_an_upload_ends_when_its_device_is_revoked_however_slowly_it_comes(here: RelayWorld) -> None:
    night = await here.log_in("co-night")
    async with AsyncExitStack() as stack:
        held = await uploading(here, night, 0, stack)
        await until(lambda: here.relay.mail.attachments.busy == 1)
        revoking = here.world.say(RevokeDevice, device=local_id("co-night"), reason="stolen")
        here.world.admit(revoking, "co-chief", "co-deputy")
        await here.publish()
        status, raw = await held.ended()
    assert (status, b"device-revoked" in raw) == (403, True), raw
