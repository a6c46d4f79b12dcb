"""Rows for tests of the mail store: envelopes taken in by hand, closed, and lines and uploads put beside them."""

from typing import Any, cast

from directory_world import START, local_id
from mail_world import DAY, Directory, envelope

from relay.mail.store import Delivery, MailStore, Stored, Transaction, Upload
from relay.protocol.envelope import Envelope
from relay.protocol.receipts import Leaf, Relayed
from relay.protocol.stream import ItemKind
from relay.rules.release import DeliveryState, plan, turns

NIGHT, LATE, AIDE = map(local_id, ("co-night", "co-late", "ar-aide"))
FORGET = START + 30 * DAY


def made(name: str = "first", **fields: Any) -> Envelope:
    """To `co-night` at once, to `co-late` after 600 s, and to `ar-aide` on the own side."""
    usual: dict[str, Any] = {"to": ["co-night"], "later": [(600, ["co-late"])], "own": ["ar-aide"]}
    return envelope(Directory(), name=name, **(usual | fields))


def relayed(sent: Envelope) -> Relayed:
    """A receipt that nobody checks here."""
    return Relayed(leaf=Leaf(envelope=sent.hash, tree_size=3, time=START), index=0, path=("a" * 64,), note="a note\n")


def take_in(tx: Transaction, sent: Envelope, now: int = START, member: str = "ar") -> None:
    """Keep an envelope of a member as a submission does."""
    size = len(sent.raw)
    deliveries = [
        Delivery(sent.hash, each.device, member, each.stage, each.own, size, each.due)
        for each in plan(sent.header, now)
    ]
    stored = Stored(sent.hash, sent.header, relayed(sent), FORGET)
    lines = tuple(b"call" for _ in sent.header.calls)
    tx.add(stored, sent.raw, deliveries, turns(sent.header, sent.hash, now, lines))
    for each in deliveries:
        if each.due <= now:
            tx.release(each, now)


def delivery(tx: Any, sent: Envelope, device: str) -> Delivery:
    """A delivery that is there."""
    found = tx.delivery(sent.hash, device)
    assert found is not None
    return cast(Delivery, found)


async def put(store: MailStore, *sent: Envelope, member: str = "ar") -> None:
    """Keep envelopes of a member."""

    def work(tx: Transaction) -> None:
        for each in sent:
            take_in(tx, each, member=member)

    await store.transact(work)


async def close(store: MailStore, sent: Envelope, state: DeliveryState, *devices: str) -> None:
    """Close deliveries: those to `devices`, or all three."""

    def work(tx: Transaction) -> None:
        for each in devices or (NIGHT, LATE, AIDE):
            tx.close(delivery(tx, sent, each), state)

    await store.transact(work)


async def queue(
    store: MailStore, device: str, *untils: int, kind: ItemKind = "notice", payload: bytes = b"x"
) -> set[str]:
    """Queue lines; says whose queues grew."""

    def work(tx: Transaction) -> set[str]:
        for until in untils:
            tx.queue(device, kind, "e" * 64, payload, until)
        return tx.woken

    return await store.transact(work)


async def upload(store: MailStore, *uploads: Upload) -> None:
    """Keep uploads."""

    def work(tx: Transaction) -> None:
        for each in uploads:
            tx.put_upload(each)

    await store.transact(work)
