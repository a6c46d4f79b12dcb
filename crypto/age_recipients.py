"""Who can open an age file: what recipients and identities offer, and which recipients may share a file.

1. A recipient makes exactly one stanza, so stanza *i* of a file made here is for recipient *i*.
2. Post-quantum recipients share a file with their like only: one classical stanza would give the file key to whoever
   records the file today and breaks X25519 later.
3. A passphrase shares a file with nobody.
4. An identity says of a stanza: not mine (None), mine and here is the file key, or mine and malformed
   (`HeaderFailure`). That it could not be opened and that it was for somebody else are one answer: an outsider learns
   nothing from it.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from crypto import bech32
from crypto.age_errors import BadKey, BadRecipients
from crypto.age_header import FILE_KEY_SIZE, Stanza

TAG_SIZE = 16
WRAPPED_SIZE = FILE_KEY_SIZE + TAG_SIZE


class Company(Enum):
    """With whom a recipient shares a file."""

    POST_QUANTUM = "post-quantum"
    CLASSICAL = "not post-quantum"
    NOBODY = "passphrase"


class Recipient(Protocol):
    """Somebody a file can be sealed to."""

    @property
    def company(self) -> Company:
        """With whom this recipient shares a file (rules 2 and 3)."""
        ...

    def wrap(self, file_key: bytes) -> Stanza:
        """A stanza that only this recipient can open."""
        ...


class Identity(Protocol):
    """Somebody who can open files."""

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key in `stanza`, or None when it is not for this identity (rule 4)."""
        ...


def check_company(recipients: Sequence[Recipient]) -> None:
    """Raise `BadRecipients` unless these recipients may share a file."""
    if not recipients:
        raise BadRecipients("no recipients: nobody could open the file")
    kinds = {recipient.company for recipient in recipients}
    if len(kinds) > 1:
        names = " and ".join(sorted(kind.value for kind in kinds))
        raise BadRecipients(f"recipients of different kinds ({names}) must not share a file: make one for each kind")
    if Company.NOBODY in kinds and len(recipients) > 1:
        raise BadRecipients("a passphrase must be the only recipient of its file")


def decode_key(text: str, prefix: str, name: str) -> bytes:
    """The bytes of a key spelled in Bech32 under `prefix`, in the same case; refuses any other text by `BadKey`."""
    try:
        found, raw = bech32.decode(text)
    except bech32.Bech32Error as error:
        raise BadKey(f"not {name}: {error}") from error
    if found != prefix:
        raise BadKey(f"not {name}: it does not begin with {prefix}1")
    return raw
