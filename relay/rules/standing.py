"""Whose key made a proof, and whether its owner counts now.

1. A device has two Ed25519 keys: its own, which logs in, and its reception key, which only keeps the stream open. They
   are never taken for one another: the key is compared with the device's record; its presence in the view is no proof.
   A reception key that the device has changed for another is a stranger's.
2. A device counts if it, its officer and its member are neither revoked nor suspended, at the newest view and now.
3. The duty key is the network's; before the founding every key is a stranger's.
"""

from dataclasses import dataclass
from typing import Literal

from directory.view import NEVER, View
from relay.protocol.problems import Refusal

Use = Literal["device", "reception", "duty", "stranger"]


@dataclass(frozen=True, slots=True)
class Owner:
    """What a key is for, and the device it belongs to (empty for the duty key and for a stranger's)."""

    use: Use
    device: str = ""


STRANGER = Owner("stranger")


def owner_of(view: View, key: bytes) -> Owner:
    """Whose Ed25519 key (32 bytes) this is, dead or alive."""
    if view.network is not None and key == view.founded.duty:
        return Owner("duty")
    device = view.keys.get(key, "").partition("/")[0]
    record = view.devices.get(device)
    if record is not None:
        if key == record.keys.ed25519:
            return Owner("device", device)
        if key == record.reception.ed25519:
            return Owner("reception", device)
    return STRANGER


def check_device(view: View, device: str, now: int) -> None:
    """Return if the device counts now; refuses `device-unknown`, `device-revoked` or `member-suspended`."""
    record = view.devices.get(device)
    if record is None:
        raise Refusal("device-unknown")
    if view.device_live(device, view.size, now):
        return
    raise Refusal("device-revoked" if is_out(view, device) else "member-suspended")


def is_out(view: View, device: str) -> bool:
    """Whether a device is revoked for good: itself, its officer or its member. A suspension is not for good."""
    record = view.devices.get(device)
    if record is None:
        return True
    officer = view.officers[record.officer]
    return not record.revoked == officer.revoked == view.members[officer.member].revoked == NEVER


def is_administrator(view: View, officer: str, member: str) -> bool:
    """Whether an officer of `member` holds the role of administrator now."""
    record = view.officers.get(officer)
    return record is not None and record.member == member and record.has("administrator", view.size)
