"""Signed lines for tests of the mail, by devices that go by their officers' handles, and names for devices."""

from typing import TYPE_CHECKING, Any

import msgspec
from directory_world import START, key_pair, local_id, reception_handle

from relay.protocol.envelope import Envelope
from relay.protocol.lines import Call, Delivered, StageOrder, Step, device_name, reception_name, write_line
from relay.protocol.submission import Submission, write_submission
from relay.rules.release import Act, OrderAct

if TYPE_CHECKING:
    from mail_world import Directory

HANDLES = ("co-night", "co-day", "co-late", "ar-desk", "ar-aide", "ar-clerk")


def name_of(device: str) -> str:
    """The handle of a device."""
    return next((each for each in HANDLES if local_id(each) == device), device)


def delivered_line(directory: "Directory", handle: str, envelope_hash: str, signer: str = "", **fields: Any) -> bytes:
    """What a desk acknowledges an envelope with; signed by its first reception keys, or by those of `signer`."""
    device = local_id(handle)
    line = Delivered(network=directory.world.network, envelope=envelope_hash, at=START, device=device)
    line = msgspec.structs.replace(line, **fields)
    return write_line(line, reception_name(directory.world.name, device), key_pair(signer or reception_handle(handle)))


def step_line(
    directory: "Directory",
    handle: str,
    envelope_hash: str,
    act: Act = "accepted",
    **fields: Any,
) -> bytes:
    """A step by a device."""
    device = local_id(handle)
    line = Step(network=directory.world.network, envelope=envelope_hash, at=START, device=device, act=act)
    line = msgspec.structs.replace(line, **fields)
    return write_line(line, device_name(directory.world.name, device), key_pair(handle))


def call_lines(directory: "Directory", made: Envelope, contact: str = "ar-desk", **fields: Any) -> tuple[bytes, ...]:
    """The calls of an envelope, by its sender for a contact."""
    head, lines = made.header, []
    for number, call in enumerate(head.calls, len(head.stages)):
        line = Call(
            network=head.network, envelope=made.hash, at=head.time, device=head.sender, sender=contact,
            contacts=("co-desk",), precedence=head.precedence, stage=number, after=call.after, devices=call.devices,
        )  # fmt: skip
        line = msgspec.structs.replace(line, **fields)
        lines.append(write_line(line, device_name(directory.world.name, head.sender), key_pair(name_of(head.sender))))
    return tuple(lines)


def submission(directory: "Directory", made: Envelope) -> bytes:
    """What a desk hands in for an envelope."""
    return write_submission(Submission(made, call_lines(directory, made)))


def order_line(directory: "Directory", handle: str, envelope_hash: str, act: OrderAct = "stop", **fields: Any) -> bytes:
    """An order by a device."""
    device = local_id(handle)
    line = StageOrder(network=directory.world.network, envelope=envelope_hash, at=START, device=device, act=act)
    line = msgspec.structs.replace(line, **fields)
    return write_line(line, device_name(directory.world.name, device), key_pair(handle))
