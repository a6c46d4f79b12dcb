"""Naming further relays in the story: keys held ready, the roots' statement, the relay file, and following it.

    await hold_ready(story, "second")                        # the relay has next keys, and runs
    raw = await name(story, "second")                        # the roots name them; the secretariat's relay file
    await follow(story.desk("ar-night"), raw)                # `enlace resume`

1. Keys come from a handle (`second log`, `second receipt`), as everywhere; the first relay's handle is `relay`.
2. `name` publishes through the secretariat's desk, from its own log; `sign` only signs, and hands nothing over.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
from directory_world import key_pair, relay_keys
from relay_bodies import ORIGIN
from relay_world import authority
from story_desk import Desk
from story_world import Story, roots

from desk.link.session import connected
from desk.profile.folder import Profile
from desk.profile.unlocked import Unlocked
from desk.replica.resume import Resumed, resume
from desk.replica.statements import Voice, send_request
from desk.roots.naming import naming, relay_file
from desk.roots.relay_file import read_relay_file
from relay.key_files import write_pair
from relay.protocol.relay_keys import RELAY_KEYS_TYPE, RelayKeys
from relay.protocol.requests import NewStatements


def pem() -> str:
    """The authority that vouches for every relay of a story."""
    return authority()[0].cert_pem.bytes().decode()


def keys_of(handle: str, url: str, origin: str = ORIGIN) -> RelayKeys:
    """What the operator of a handle's relay brings to the secretariat."""
    return RelayKeys(type=RELAY_KEYS_TYPE, relay=url, authority=pem(), origin=origin, **relay_keys(handle))


async def hold_ready(story: Story, handle: str) -> None:
    """Put a handle's keys beside the relay's own, as next ones, and start it anew."""
    for use in ("log", "receipt"):
        path = story.folder / "keys" / f"{use}-next.key"
        path.unlink(missing_ok=True)
        write_pair(path, use, key_pair(f"{handle} {use}"))
    await story.here.restart()


def take(story: Story) -> None:
    """Put the next keys in the place of those in force."""
    for use in ("log", "receipt"):
        (story.folder / "keys" / f"{use}-next.key").replace(story.folder / "keys" / f"{use}.key")


def sign(
    story: Story,
    handle: str,
    *,
    size: int | None = None,
    voices: Iterable[Voice] | None = None,
    url: str = "",
    origin: str = ORIGIN,
) -> tuple[bytes, bytes]:
    """The statement that names a handle's relay, by the secretariat's own log, and the relay file with it."""
    with story.desk("secretariat").opened() as desk:
        return _signed(desk, keys_of(handle, url or story.here.url, origin), size, voices)


def _signed(desk: Unlocked, keys: RelayKeys, size: int | None, voices: Iterable[Voice] | None) -> tuple[bytes, bytes]:
    chosen = tuple(roots() if voices is None else voices)
    batch = naming(desk.store, desk.replica(), keys, size, chosen, desk.clock())
    (entry,) = batch.statements
    return entry, relay_file(desk.replica().view, keys, entry, desk.keyring.duty, desk.clock())


async def hand_over(story: Story, entry: bytes, at: str = "") -> None:
    """Hand a statement to the relay at an address (the story's own, unless another is given)."""
    with story.desk("secretariat").opened() as desk:
        where = moved(desk, at) if at else desk
        async with connected(where.keyring, desk.clock) as client:
            await send_request(client, NewStatements(statements=(entry.decode(),)))


def moved(desk: Unlocked, url: str) -> Unlocked:
    """The desk as of a profile whose relay is elsewhere."""
    identity = msgspec.structs.replace(desk.profile.identity, relay=url)
    profile = Profile(desk.profile.path, identity)
    return replace(desk, profile=profile, keyring=replace(desk.keyring, profile=profile))


async def name(story: Story, handle: str, **how: Any) -> bytes:
    """Have the roots name the keys held ready, and publish that; returns the relay file."""
    await story.desk("secretariat").synchronise()
    entry, raw = sign(story, handle, **how)
    await hand_over(story, entry)
    return raw


async def follow(desk: Desk, raw: bytes, *, give_up: bool = False) -> Resumed:
    """`enlace resume` with a relay file."""
    named = read_relay_file(raw)
    with desk.opened() as opened:
        there = moved(opened, named.file.relay)
        async with connected(there.keyring, desk.clock) as client:
            return await resume(opened.profile, opened.store, client, desk.clock(), named, give_up=give_up)


def halted(desk: Desk) -> str:
    """Why a desk is halted, by its own store; empty if it is not."""
    with desk.opened() as opened:
        return opened.halt.words if opened.halt is not None else ""
