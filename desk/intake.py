"""Taking in what the stream brought, once the profile is unlocked: open, check, store, and only then clear the spool.

1. An item leaves the spool only after what it held was stored (or put aside as not believable): a crash in between
   takes it in again, and the message store drops the duplicate.
2. Lines are kept only if their signatures verify for a signer the directory names.
3. An alarm raised by a message (its sender saw another directory) is written to `alarms/`; the message itself is kept.
"""

from dataclasses import dataclass, field

from desk.keyring import Keyring
from desk.mail import Facts, MailStore, StoredLine
from desk.message import Receipt
from desk.opening import NotYet, Reader, Unbelievable, open_envelope
from desk.spool import Spool, Spooled
from directory.replay import Replica
from directory.view import View
from relay.protocol.lines import (
    Delivered,
    LineError,
    Notice,
    Step,
    device_name,
    open_line,
    peek_line,
    receipt_name,
    reception_name,
)
from relay.protocol.receipts import Relayed


@dataclass
class TakenIn:
    """What an intake brought: numbers of new messages, receipts, lines; what was refused, and alarms."""

    messages: list[int] = field(default_factory=list)
    receipts: list[int] = field(default_factory=list)
    lines: list[StoredLine] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    duplicates: int = 0
    later: int = 0
    behind: bool = False


def take_in(keyring: Keyring, mail: MailStore, replica: Replica, *, fresh: bool = False) -> TakenIn:
    """Empty the spool into the message store.

    What comes from a device the replica does not know stays in the spool, unless the replica is `fresh`.
    """
    profile, taken = keyring.profile, TakenIn()
    spool = Spool(profile.path / "spool")
    reader = Reader(profile.identity.device, keyring.epochs.identity, keyring.epochs.is_fallback)
    for spooled in spool.waiting():
        try:
            if spooled.arrival.item.kind == "envelope":
                _take_envelope(spooled, reader, keyring, mail, replica, taken)
            else:
                _take_line(spooled, mail, replica.view, taken)
        except (Unbelievable, LineError) as error:
            if isinstance(error, NotYet) and not fresh:
                taken.later += 1
                continue
            spool.refused(spooled)
            taken.refused.append(str(error))
            continue
        # What it held is stored: a crash before this line takes it in once more, and finds it there.
        spool.done(spooled)
    return taken


def _take_envelope(
    spooled: Spooled, reader: Reader, keyring: Keyring, mail: MailStore, replica: Replica, taken: TakenIn
) -> None:
    item, arrived = spooled.arrival.item, spooled.arrival.arrived
    relayed = item.relayed if isinstance(item.relayed, Relayed) else None
    opened = open_envelope(spooled.payload, relayed, reader, replica, arrived)
    if opened.alarm is not None:
        folder = keyring.profile.evidence(opened.alarm.kind, opened.alarm.evidence, arrived)
        taken.alarms.append(f"{opened.alarm} (evidence: {folder})")
    taken.behind |= "directory-behind" in opened.warnings
    facts = Facts(
        direction="colleague" if opened.own else "in",
        received=arrived,
        envelope=item.envelope,
        relayed=item.relayed,
        stage=opened.stage,
        warnings=opened.warnings,
    )
    number = mail.add(opened.message, opened.note, facts)
    if number is None:
        taken.duplicates += 1
    elif isinstance(opened.message.content, Receipt):
        taken.receipts.append(number)
    else:
        taken.messages.append(number)


def _take_line(spooled: Spooled, mail: MailStore, view: View, taken: TakenIn) -> None:
    kind = spooled.arrival.item.kind
    if kind == "envelope":
        raise ValueError("an envelope is no line")
    check_line(kind, spooled.payload, view)
    line = StoredLine(kind=kind, envelope=spooled.arrival.item.envelope, note=spooled.payload.decode())
    if mail.add_line(line):
        taken.lines.append(line)


def check_line(kind: str, raw: bytes, view: View) -> Delivered | Step | Notice:
    """The line in `raw`, its signatures verified with keys from the directory; raises LineError."""
    network = view.founded
    if kind == "notice":
        if view.relay is None:
            raise LineError("the directory names no relay")
        return open_line(raw, Notice, receipt_name(network.name), view.relay.receipt, network.id)
    if kind == "delivered":
        device = peek_line(raw, Delivered).device
        record = view.devices.get(device)
        if record is None:
            raise LineError("a delivery line of a device the directory does not know")
        return open_line(raw, Delivered, reception_name(network.name, device), record.reception, network.id)
    device = peek_line(raw, Step).device
    record = view.devices.get(device)
    if record is None:
        raise LineError("a step line of a device the directory does not know")
    return open_line(raw, Step, device_name(network.name, device), record.keys, network.id)
