"""A request whose body is held back is judged anew when the body has come: what ended meanwhile, ended for it too."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from directory_world import founding, local_id, officer_id
from relay_world import Caller, RelayWorld, client_tls

from directory.canonical import encode
from directory.statement import RekeyRoots, RevokeDevice, RevokeOfficer, SuspendMember
from relay.access import Asking
from relay.protocol import routes
from relay.protocol.invitation import proof_hash, relay_proof
from relay.protocol.requests import BodiesWanted, KeySetsWanted, NewInvitation, NewStatements

INVITE = routes.INVITATION.format(officer=officer_id("co-night"))


@dataclass
class Held:
    """A request of which all but the last byte of the body was sent."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    last: bytes

    async def finish(self) -> tuple[int, bytes]:
        """Send the rest; status and body of the answer."""
        self.writer.write(self.last)
        await self.writer.drain()
        head, _, body = (await self.reader.read()).partition(b"\r\n\r\n")
        return int(head.split()[1]), body

    async def ended(self) -> tuple[int, bytes]:
        """Status and body of the answer that does not wait for the rest."""
        async with asyncio.timeout(10):
            head = await self.reader.readuntil(b"\r\n\r\n")
            size = next(each for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:"))
            return int(head.split()[1]), await self.reader.readexactly(int(size.partition(b":")[2]))


@asynccontextmanager
async def held_back(
    here: RelayWorld,
    caller: Caller,
    method: str,
    path: str,
    body: bytes,
    kind: str = routes.JSON,
    more: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Held]:
    """A request that the relay has let in, and whose body it waits for."""
    inside, identify = asyncio.Event(), here.relay.access.identify

    async def noticed(*args: Any, **options: Any) -> Asking:
        asking = await identify(*args, **options)
        inside.set()
        return asking

    headers = caller.proof(method, path) | {"Content-Type": kind, "Content-Length": str(len(body)), **more}
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{here.port}", "Connection: close"]
    head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())])
    reader, writer = await asyncio.open_connection("localhost", here.port, ssl=client_tls())
    here.relay.access.identify = noticed  # type: ignore[method-assign]  # held open on the way in
    try:
        writer.write(f"{head}\r\n\r\n".encode() + body[:-1])
        await writer.drain()
        async with asyncio.timeout(10):
            await inside.wait()
        here.relay.access.identify = identify  # type: ignore[method-assign]  # put back
        yield Held(reader, writer, body[-1:])
    finally:
        writer.close()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        yield here


def invitation(here: RelayWorld) -> bytes:
    return encode(NewInvitation(proof_hash=proof_hash(relay_proof(b"thief" + bytes(11))), expires=here.clock() + 9999))


async def chief(here: RelayWorld) -> Caller:
    caller = await here.log_in("co-chief")
    assert (await caller.call("GET", routes.LOG)).status == 200  # has a nonce
    return caller


async def revoke_device(here: RelayWorld) -> None:
    here.world.admit(here.world.say(RevokeDevice, device=local_id("co-chief"), reason="stolen"), "co-chief")
    await here.publish()


async def revoke_officer(here: RelayWorld) -> None:
    statement = here.world.say(RevokeOfficer, officer=officer_id("co-chief"), reason="compromised")
    here.world.admit(statement, "co-deputy", "root-1", "root-2")
    await here.publish()


async def suspend(here: RelayWorld) -> None:
    here.world.admit(here.world.say(SuspendMember, member="co", until=here.clock() + 7200), "duty")
    await here.publish()


async def log_out(here: RelayWorld) -> None:
    await here.relay.log_ins.log_out(local_id("co-chief"))


ENDS: dict[str, tuple[Callable[[RelayWorld], Awaitable[None]], str]] = {
    "its device is revoked": (revoke_device, "device-revoked"),
    "its officer is revoked": (revoke_officer, "device-revoked"),
    "its member is suspended": (suspend, "member-suspended"),
    "it logs out": (log_out, "token-invalid"),
}


@pytest.mark.parametrize("how", ENDS)
async def test_an_invitation_that_was_held_back_is_not_registered_once(here: RelayWorld, how: str) -> None:
    end, code = ENDS[how]
    caller = await chief(here)
    async with held_back(here, caller, "PUT", INVITE, invitation(here)) as held:
        await end(here)
        status, raw = await held.finish()
    assert (status >= 400, code in raw.decode()) == (True, True), raw
    assert await stored(here) is None


async def stored(here: RelayWorld) -> object:
    return await here.relay.enrolments._accounts.invitation(officer_id("co-night"))


async def test_what_counts_still_is_taken_late(here: RelayWorld) -> None:
    caller = await chief(here)
    async with held_back(here, caller, "PUT", INVITE, invitation(here)) as held:
        here.world.add_officer("co-day", "co")
        await here.publish()
        assert (await held.finish())[0] == 204
    assert await stored(here) is not None


HANDLERS: dict[str, tuple[str, str, bytes, str]] = {
    "bodies": ("POST", routes.BODIES, encode(BodiesWanted(commitments=("0" * 64,))), routes.JSON),
    "key sets": ("POST", routes.KEYSETS, encode(KeySetsWanted(devices=("0" * 64,))), routes.JSON),
    "key set": ("PUT", routes.KEYSET, b"a note", routes.NOTE),
    "statements": ("POST", routes.STATEMENTS, encode(NewStatements(statements=("",))), routes.JSON),
    "envelope": ("POST", routes.ENVELOPES, b"an envelope", routes.BYTES),
    "step": ("POST", routes.STEPS.format(hash="0" * 64), b"a note", routes.NOTE),
}


@pytest.mark.parametrize("which", HANDLERS)
async def test_every_handler_that_reads_a_body_asks_again(here: RelayWorld, which: str) -> None:
    method, path, body, kind = HANDLERS[which]
    caller = await chief(here)
    async with held_back(here, caller, method, path, body, kind) as held:
        await revoke_device(here)
        status, raw = await held.finish()
    assert (status, b"device-revoked" in raw) == (403, True), raw


async def test_a_duty_key_that_was_replaced_meanwhile_invites_nobody(here: RelayWorld) -> None:
    caller = await here.caller("duty")
    assert (await caller.call("GET", routes.LOG)).status == 200
    async with held_back(here, caller, "PUT", INVITE, invitation(here)) as held:
        fresh = founding(duty="duty-2")
        fields = {name: getattr(fresh, name) for name in ("roots", "threshold", "duty", "policy")}
        here.world.admit(here.world.say(RekeyRoots, **fields), "root-1", "root-2")
        await here.publish()
        status, raw = await held.finish()
    assert (status, b"not-allowed" in raw) == (403, True), raw
    assert await stored(here) is None
