"""Invitations: how a new desk learns which network, which relay and which officer it is, without trusting the relay.

    enlace/invitation/v1
    {"checkpoint":"…","expires":…,"member":"co","name":"enlace.example","network":"5f…","officer":"…",
     "relay":"https://…","secret":"…"}

1. The administrator's desk makes the invitation; it travels outside the relay (a stick, a sealed letter, a video call).
2. `secret` (S, 128 bits) makes two keys (HKDF-SHA256, no salt): "relay" proves to the relay that the bearer was
   invited, and the relay holds only its SHA-256; "bind" makes the HMAC by which the administrator's desk sees that the
   keys came from the bearer. The relay cannot make that HMAC, so it cannot put its own keys in the place of the desk's.
3. One use, until `expires`.
"""

import hashlib
import hmac
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.encoding import EncodingError, unb64
from directory.canonical import Malformed, read_body, write_body
from directory.fields import Hash, Key32, Key1312, MemberId, NetworkName, OfficerId, Time

INVITATION_TYPE = "enlace/invitation/v1"
MOST_INVITATION_BYTES = 64 << 10
SECRET_SIZE = 16
LONGEST_INVITATION = 14 * 86_400
_BINDING = b"enlace/enrolment/v1\n"


class InvitationError(ValueError):
    """An invitation, or keys offered under one, that do not count."""


class Invitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What travels to the new desk. `checkpoint` is the signed note the administrator's desk last verified."""

    name: NetworkName
    network: Hash
    member: MemberId
    officer: OfficerId
    relay: Annotated[str, msgspec.Meta(pattern=r"\Ahttps://[A-Za-z0-9.\[\]:-]{1,255}\Z")]
    authority: str = ""  # PEM of the authority that vouches for the relay's certificate; empty: the system's own
    checkpoint: str
    policy: str = ""
    expires: Time
    secret: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9+/]{22}==\Z")]

    @property
    def secret_bytes(self) -> bytes:
        """S, 16 bytes."""
        return unb64(self.secret, SECRET_SIZE)


class OfferedKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public keys a new desk offers, under the invitation's "bind" key."""

    officer: OfficerId
    ed25519: Key32
    mldsa44: Key1312
    reception_ed25519: Key32
    reception_mldsa44: Key1312
    mac: Hash


def write_invitation(invitation: Invitation) -> bytes:
    """The invitation as a file."""
    return write_body(INVITATION_TYPE, invitation).encode()


def read_invitation(raw: bytes, now: int) -> Invitation:
    """The invitation in a file; raises InvitationError if it is malformed or has expired."""
    if len(raw) > MOST_INVITATION_BYTES:
        words = f"it has {len(raw)} bytes; at most {MOST_INVITATION_BYTES} are read"
        raise InvitationError(f"this is not an invitation, or it was altered on its way: {words}")
    try:
        invitation = read_body(raw.decode("utf-8"), INVITATION_TYPE, Invitation)
        unb64(invitation.secret, SECRET_SIZE)
    except UnicodeDecodeError as error:
        raise InvitationError("this is not an invitation, or it was altered on its way: it is no UTF-8 text") from error
    except (Malformed, EncodingError) as error:
        raise InvitationError(f"this is not an invitation, or it was altered on its way: {error}") from error
    if invitation.expires <= now:
        raise InvitationError("the invitation has expired; ask your administrator for a new one")
    return invitation


def relay_proof(secret: bytes) -> str:
    """What the bearer shows the relay, in hexadecimal."""
    return _derive(secret, b"relay").hex()


def proof_hash(proof: str) -> str:
    """What the relay holds of `relay_proof`."""
    return hashlib.sha256(proof.encode()).hexdigest()


def bind_keys(secret: bytes, network: str, officer: str, keys: tuple[str, str, str, str]) -> OfferedKeys:
    """The keys (base64: device Ed25519, ML-DSA-44; reception Ed25519, ML-DSA-44) under the invitation's HMAC."""
    mac = _mac(secret, network, officer, keys)
    return OfferedKeys(
        officer=officer, ed25519=keys[0], mldsa44=keys[1], reception_ed25519=keys[2], reception_mldsa44=keys[3], mac=mac
    )


def check_binding(offered: OfferedKeys, secret: bytes, network: str) -> None:
    """Return if `offered` came from the bearer of the invitation; raise InvitationError if anybody changed it."""
    keys = (offered.ed25519, offered.mldsa44, offered.reception_ed25519, offered.reception_mldsa44)
    if not hmac.compare_digest(_mac(secret, network, offered.officer, keys), offered.mac):
        raise InvitationError(
            "these keys do not come from the desk you invited: the relay or somebody on the way changed them. "
            "Enrol nobody with them, and invite anew"
        )


def _mac(secret: bytes, network: str, officer: str, keys: tuple[str, str, str, str]) -> str:
    message = _BINDING + "\n".join((network, officer, *keys)).encode() + b"\n"
    return hmac.new(_derive(secret, b"bind"), message, hashlib.sha256).hexdigest()


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"enlace/invitation/v1 " + purpose).derive(secret)
