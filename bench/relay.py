"""The relay: envelopes taken into its real store (SQLite, `synchronous=FULL`) in a temporary folder.

1. *Together*: as many submissions as a round has, all handed in before one is answered, so that they share commits and
   their receipts share a signature. *One at a time*: the same number, each handed in after the one before was answered,
   so that each has a commit and a signature pair of its own. In turns, into one store that grows; by the wall clock.
2. Submissions go through `relay.mail`: parsing, every rule, the receipts, the store. Not through HTTP, TLS or log-in.
3. The envelopes are one message that a desk sealed to four devices, each time under a new id. The sender's pace and the
   room in queues are set out of the way: a single sender would meet them first.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.crossing import Outgoing, outgoing
from bench.measure import Scale, Timing, Watch, wall
from bench.network import ORIGIN
from bench.result import Row, row
from directory.view import View
from relay.disk import Disk
from relay.mail.mail import Mail
from relay.mail.settings import MailSettings
from relay.mail.sqlite_store import open_mail_store
from relay.own_keys import OwnKeys
from relay.protocol.envelope import Envelope, write_envelope

DEVICES = 4
MUCH = 1 << 40
SETTINGS = MailSettings(
    queue_items=MUCH, queue_bytes=MUCH, member_bytes=MUCH, burst=MUCH, a_minute=MUCH, share_percent=100
)


def relay(scale: Scale, say: Callable[[str], None]) -> Iterator[Row]:
    """The row of this group; `say` is told what is measured now."""
    say("relay: submissions, one at a time and together")
    timings = asyncio.run(_submitting(scale))
    count = scale.submissions
    against = ("one at a time", timings["singly"])
    yield row("relay", f"submitted, {count} together", timings["together"], against, count=count)
    yield row("relay", "submitted, one at a time", timings["singly"], count=count)


@dataclass(frozen=True, slots=True)
class _Directory:
    """`Views` and `KeyIds` of a network that does not change."""

    sender: Outgoing

    @property
    def view(self) -> View:
        """The only view."""
        return self.sender.replica.view

    def on_change(self, callback: Callable[[View, View], None]) -> None:
        """Nothing changes."""

    async def key_ids(self, devices: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """One key a device."""
        return {each: frozenset({self.sender.choices[each].key}) for each in devices}


async def _submitting(scale: Scale) -> dict[str, Timing]:
    sender = outgoing(DEVICES)
    known, device, sealed = _Directory(sender), sender.message.sender.device, sender.seal().envelope
    with tempfile.TemporaryDirectory(prefix="enlace-bench-") as temporary:
        folder = Path(temporary)
        store = await open_mail_store(folder / "mail.db")
        mail = Mail(
            store=store,
            folder=folder / "attachments",
            views=known,
            clock=lambda: sender.message.at,
            keys=known,
            own=OwnKeys(ORIGIN, (sender.network.log,), (sender.network.receipt,)),
            settings=SETTINGS,
            disk=Disk(folder, 0),
        )

        async def singly(envelopes: Sequence[bytes]) -> None:
            for each in envelopes:
                await mail.submit(device, each)

        async def together(envelopes: Sequence[bytes]) -> None:
            await asyncio.gather(*(mail.submit(device, each) for each in envelopes))

        cases = {"singly": singly, "together": together}
        watch = Watch(cases, scale, wall)
        try:
            async with mail:
                for name in watch.turns():
                    fresh = _named_anew(sealed, scale.submissions)
                    begin = watch.clock()
                    await cases[name](fresh)
                    watch.note(name, begin)
        finally:
            await store.close()
    return watch.timings()


def _named_anew(envelope: Envelope, count: int) -> list[bytes]:
    """So many copies of an envelope, each with an id of its own: to the relay, messages like any other."""
    headers = (msgspec.structs.replace(envelope.header, id=secrets.token_hex(16)) for _ in range(count))
    return [write_envelope(header, envelope.sealed).raw for header in headers]
