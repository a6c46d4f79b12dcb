"""What a relay tells the secretariat so that its keys can be named: `relay-keys.json`, written by `enlace relay init`.

    {"authority":"-----BEGIN CERTIFICATE-----…","log_ed25519":"…","log_mldsa44":"…","origin":"log.enlace.example/1",
     "receipt_ed25519":"…","receipt_mldsa44":"…","relay":"https://relay.enlace.example:8460","type":"enlace/relay-keys/v1"}

1. It holds public keys only, and travels from the relay's operator to the secretariat by a way that both trust; the
   fingerprint of both key pairs is read aloud.
2. The secretariat makes the *name relay* statement from it; the relay accepts only one that names its own keys.
3. `authority` is the PEM of the authority that vouches for the relay's certificate; empty: the system's own.
"""

from typing import Annotated, Final, Literal

import msgspec

from crypto.encoding import unb64
from crypto.signing import PublicPair
from directory.canonical import Malformed, decode_lenient
from directory.fields import Key32, Key1312, Origin

RELAY_KEYS_TYPE: Final = "enlace/relay-keys/v1"
MOST_RELAY_KEYS_BYTES = 64 << 10

RelayAddress = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\Ahttps://[A-Za-z0-9.\[\]:-]{1,255}\Z", description="https://host or https://host:port, no more"
    ),
]


class RelayKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A relay's address, the authority of its certificate, its log's origin, and its public keys in base64."""

    type: Literal["enlace/relay-keys/v1"]
    relay: RelayAddress
    authority: str = ""
    origin: Origin
    log_ed25519: Key32
    log_mldsa44: Key1312
    receipt_ed25519: Key32
    receipt_mldsa44: Key1312

    @property
    def log(self) -> PublicPair:
        """The log's keys."""
        return PublicPair(unb64(self.log_ed25519, 32), unb64(self.log_mldsa44, 1312))

    @property
    def receipt(self) -> PublicPair:
        """The keys that sign receipts."""
        return PublicPair(unb64(self.receipt_ed25519, 32), unb64(self.receipt_mldsa44, 1312))


def write_relay_keys(keys: RelayKeys) -> bytes:
    """The file: JSON with sorted keys, indented for people."""
    return msgspec.json.format(msgspec.json.encode(keys, order="sorted"), indent=2) + b"\n"


def read_relay_keys(raw: bytes) -> RelayKeys:
    """The keys in a file; raises Malformed. Any JSON spelling will do: nobody signs it."""
    keys = decode_lenient(raw, RelayKeys, MOST_RELAY_KEYS_BYTES)
    if keys.log == keys.receipt:
        raise Malformed("the log's keys and the receipt keys are to be different")
    return keys
