"""Many messages in one go, for the demo and for failure tests: queue them all, then send until the outbox is empty.

Run as a process of its own: `python -m desk.demo.burst CONTACT COUNT`. It prints one JSON line when everything is
queued and one for each round of sending. A relay that dies in between is simply tried again: what was not acknowledged
goes out with the same bytes, so nothing is lost and nothing arrives twice.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

import click
import msgspec

from desk.errors import Unreachable
from desk.link.session import connected
from desk.mail.compose import Draft, compose
from desk.mail.facts import Facts
from desk.mail.message import write_message
from desk.profile.folder import Profile
from desk.profile.unlocked import Unlocked, unlocked
from relay.protocol.lines import device_name

PAUSE = 0.25
LONGEST = 120.0


def clock() -> int:
    """Unix seconds."""
    return int(time.time())


async def burst(desk: Unlocked, contact: str, count: int) -> int:
    """Queue `count` messages and send them all; returns in how many rounds."""
    identity = desk.profile.identity
    for number in range(1, count + 1):
        draft = Draft(to=(contact,), subject=f"burst {number:04d}", text="One of many.", escalate=False)
        message = compose(desk.replica(), identity.device, draft, clock())
        note = write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
        desk.mail.add(message, note, Facts(direction="out"), queue=True)
    _tell(event="queued", count=count)
    rounds, deadline = 0, time.monotonic() + LONGEST
    while desk.mail.waiting() and time.monotonic() < deadline:
        rounds += 1
        try:
            async with connected(desk.keyring, clock) as client:
                flushed = await desk.sender(client).flush()
                _tell(event="round", sent=len(flushed.sent), kept=len(flushed.kept))
        except Unreachable:
            _tell(event="unreachable", left=len(desk.mail.waiting()))
            await asyncio.sleep(PAUSE)
    return rounds


def main() -> None:
    """Read profile and passphrase from where `enlace` does."""
    contact, count = sys.argv[1], int(sys.argv[2])
    profile = Profile.open(Path(os.environ["ENLACE_PROFILE"]))
    passphrase = Path(os.environ["ENLACE_PASSPHRASE_FILE"]).read_text().splitlines()[0].encode()
    with unlocked(profile, passphrase, clock) as desk:
        rounds = asyncio.run(burst(desk, contact, count))
        _tell(event="done", rounds=rounds, left=len(desk.mail.waiting()))


def _tell(**event: object) -> None:
    click.echo(msgspec.json.encode(event).decode())
    sys.stdout.flush()


if __name__ == "__main__":
    main()
