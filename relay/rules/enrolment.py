"""Invitations and enrolments as the relay sees them: it carries keys it cannot exchange, and hands out one secret.

    registered ──offer──▶ offered ──device enrolled in the log, secret asked for──▶ bound ──first log-in──▶ gone
        └──────────────── expired, or replaced by a newer invitation of the same officer ────────────────▶ gone

1. An invitation is registered by an administrator of the officer's member, or by the network's duty key: the first
   administrator of a member has no colleague with a device, and the secretariat that appointed them invites them.
2. It lasts at most LONGEST_INVITATION, and an officer has one at a time: a newer one takes the place of the older. One
   that ends later than any could from now was registered while the relay's clock was ahead, and opens nothing.
3. The bearer proves the invitation by the value whose SHA-256 the relay holds, and the possession of each offered
   device key by a proof of it. The first offer stands; the same one again is fine, another is refused.
4. The secret for one-time codes goes to the device key alone, after the directory has enrolled that device for the
   invited officer. Asking again before the first log-in gives the same secret: an answer may be lost.
5. An invitation for an officer who has the asking device already binds it anew: a fresh secret, no old recovery codes,
   no sessions, no failures, no renewal that was pending. It is used up by the first log-in with the new secret.
6. An officer who is revoked or whose member does not count is not invited, and gets no secret.
"""

from dataclasses import dataclass
from typing import Literal

from directory.canonical import decode
from directory.statement import device_id
from directory.view import NEVER, View
from relay.principal import Principal
from relay.protocol.invitation import LONGEST_INVITATION, OfferedKeys, proof_hash
from relay.protocol.problems import Refusal
from relay.rules.standing import check_device, is_administrator

State = Literal["registered", "offered", "bound"]


@dataclass(frozen=True, slots=True)
class StoredInvitation:
    """What the relay holds: the bearer's proof hashed, the keys offered (canonical JSON), the device bound to it."""

    officer: str
    proof_hash: str
    expires: int
    offered: bytes | None = None
    device: str = ""

    @property
    def state(self) -> State:
        """How far it has come."""
        return "bound" if self.device else "registered" if self.offered is None else "offered"


def check_inviter(view: View, officer: str, by: Principal) -> None:
    """Return if `by` may invite the officer and see what was offered; refuses `not-found`, `not-allowed`."""
    by.require("session", "duty")
    record = view.officers.get(officer)
    if record is None:
        raise Refusal("not-found", "the directory knows no such officer: enrol the officer first, then invite")
    if by.kind == "session" and not is_administrator(view, by.officer, record.member):
        raise Refusal("not-allowed", "an administrator of the officer's own member invites")


def check_invited(view: View, officer: str, now: int) -> None:
    """Return if the officer may be invited or bound now; refuses `not-allowed`."""
    record = view.officers.get(officer)
    if record is None or record.revoked != NEVER or not view.members[record.member].live(view.size, now):
        raise Refusal("not-allowed", "the officer was revoked, or the member does not count now")


def check_expiry(expires: int, now: int) -> None:
    """Return if an invitation may last until `expires`; refuses `expiry-invalid`."""
    if not now < expires <= now + LONGEST_INVITATION:
        raise Refusal("expiry-invalid", f"an invitation lasts at most {LONGEST_INVITATION // 86_400} days from now")


def is_open(stored: StoredInvitation | None, now: int) -> bool:
    """Whether there is an invitation that holds now (rule 2)."""
    return stored is not None and now < stored.expires <= now + LONGEST_INVITATION


def check_bearer(stored: StoredInvitation | None, proof: str, now: int) -> StoredInvitation:
    """The invitation that `proof` (hexadecimal) opens; refuses `invitation-invalid`."""
    if stored is None or stored.proof_hash != proof_hash(proof) or not is_open(stored, now):
        raise Refusal("invitation-invalid")
    return stored


def check_offer(stored: StoredInvitation, officer: str, offered: bytes) -> None:
    """Return if the keys may be offered, or were before; refuses `invitation-invalid` for another officer or offer."""
    if stored.officer != officer:
        raise Refusal("invitation-invalid", "the invitation is for another officer")
    if stored.state != "registered" and stored.offered != offered:
        raise Refusal("invitation-invalid", "other keys were offered under this invitation before; ask for a new one")


def check_binding(view: View, stored: StoredInvitation, device: str, now: int) -> None:
    """Return if the device may have its secret; refuses as `check_device` does, `not-allowed`, `invitation-invalid`."""
    record = view.devices.get(device)
    if record is None:
        raise Refusal("device-unknown", "the directory has not enrolled this device yet: wait for your administrator")
    check_device(view, device, now)
    if record.officer != stored.officer:
        raise Refusal("not-allowed", "the device was enrolled for another officer than the invited one")
    offered = decode(stored.offered, OfferedKeys) if stored.offered is not None else None
    if stored.device not in ("", device) or (offered and device_id(offered.ed25519, offered.mldsa44) != device):
        raise Refusal("invitation-invalid", "the invitation was used for another device")
