"""What the desk seals of its replica, under a key that needs the passphrase (`desk.replica.store`, rule 2)."""

import hmac

from desk.replica.standing import Halt, Mark, marked
from directory.canonical import encode

_DOMAIN = b"enlace/replica-seal/v1\n"
_STANDING = b"enlace/replica-seal/v2\n"  # over how the desk stands to the log too
_MARK = b"enlace/halted-seal/v1\n"


def replica_seal(key: bytes, network: str, checkpoint: bytes, standing: bytes | None) -> bytes:
    """The seal over a checkpoint, and over how the desk stands to the log where that is not the usual (HMAC-SHA256)."""
    if standing is None:
        return hmac.digest(key, _DOMAIN + network.encode() + b"\n" + checkpoint, "sha256")
    head = _STANDING + f"{network}\n{len(standing)}\n".encode()
    return hmac.digest(key, head + standing + checkpoint, "sha256")


def mark_seal(key: bytes, network: str, halt: Halt) -> str:
    """The seal over the mark of a halt, in hexadecimal."""
    return hmac.digest(key, _MARK + network.encode() + b"\n" + encode(halt), "sha256").hex()


def mark_of(key: bytes, network: str, halt: Halt) -> Mark:
    """The mark of a halt, sealed."""
    halt = marked(halt)
    return Mark(halt=halt, seal=mark_seal(key, network, halt))
