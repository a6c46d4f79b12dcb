"""Key sets: the post-quantum recipients a device publishes ahead, so that nobody needs it awake to seal to it.

    enlace/keyset/v1
    {"at":…,"device":"9c…","epochs":[{"closes":…,"erase":…,"opens":…,"recipient":"…"},…],"fallback":"…","network":"5f…","number":4}

1. A key set counts only with both signatures of its device (`crypto.signing.check_both`), for the reader's network.
2. Numbers only grow: a reader refuses a lower number than it has seen, and another set under the same number.
3. Every recipient can be sealed to (`crypto.age_pq`): a device that publishes one that cannot would else stop the
   messages to all its colleagues.
4. Epochs follow one another without overlap. Each says when its seed will be erased: at least `GRACE` after it closes,
   so that whatever was sealed in it can still be opened until it expires. A message's expiry never passes the
   earliest erase time among the epochs it is sealed to.
5. The fallback is used only when no epoch is current, and then the sender is told: no forward secrecy. It bridges gaps
   and is no key for good: `GRACE` after the last epoch closes, the set has run out, and nothing is sealed to its device
   until it publishes another.
6. Seeds are independent random bytes; nothing here is derived from anything.

Times are unix seconds; recipients are base64 of ML-KEM-768 ‖ X25519 public keys, 1216 bytes (age `mlkem768x25519`).
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

import msgspec

from crypto.age_errors import BadKey
from crypto.age_pq import PQRecipient
from crypto.encoding import EncodingError, unb64
from crypto.errors import CryptoError
from crypto.note import parse_note
from crypto.signing import PublicPair, SecretPair, check_both, sign_both
from directory.canonical import Malformed, read_body, write_body
from directory.fields import Count, Hash, Time

KEYSET_TYPE = "enlace/keyset/v1"
RECIPIENT_SIZE = 1216
EPOCH = 7 * 86_400
EPOCHS_AHEAD = 8
LONGEST_EXPIRY = 14 * 86_400
GRACE = LONGEST_EXPIRY + 86_400
MOST_KEYSET_BYTES = 64 << 10
MOST_EPOCHS = 16

RecipientText = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9+/]{1622}==\Z")]


class KeySetError(ValueError):
    """A key set that is not well formed, not its device's, or older than one already seen."""


class RanOut(KeySetError):
    """A key set that ran out at `ended` (unix seconds, rule 5); its device claims to have made it at `made`."""

    def __init__(self, keyset: "KeySet") -> None:
        self.ended, self.made = runs_out(keyset), keyset.at
        super().__init__(f"key set of device {keyset.device[:8]}: ran out, and no other was published")


class Epoch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recipient to use from `opens` until `closes`; its seed is erased at `erase`."""

    opens: Time
    closes: Time
    erase: Time
    recipient: RecipientText


class KeySet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything one device offers to be sealed to."""

    network: Hash
    device: Hash
    number: Count
    at: Time
    epochs: tuple[Epoch, ...]
    fallback: RecipientText


@dataclass(frozen=True, slots=True)
class Choice:
    """The recipient (1216 bytes) to seal to now, its id, when its seed goes (None: fallback, it stays)."""

    device: str
    recipient: bytes
    key: str
    erase: int | None

    @property
    def fallback(self) -> bool:
        """Whether this is the key without forward secrecy."""
        return self.erase is None


def recipient_key(recipient: bytes) -> str:
    """The id by which an envelope header names a recipient key: 16 hexadecimal digits of its SHA-256."""
    return sha256(recipient).hexdigest()[:16]


def write_keyset(keyset: KeySet, name: str, keys: SecretPair) -> bytes:
    """The key set as a note signed by its device; refuses (KeySetError) one that a reader would refuse."""
    text = write_body(KEYSET_TYPE, keyset)
    try:
        _check(read_body(text, KEYSET_TYPE, KeySet))
        return sign_both(keys, name, text)
    except (CryptoError, Malformed) as error:
        raise KeySetError(f"this key set cannot be published: {error}") from error


def open_keyset(raw: bytes, network: str, device: str, name: str, keys: PublicPair) -> KeySet:
    """The key set of `device` in `raw`; raises KeySetError, saying why, for one that does not count."""
    try:
        note = parse_note(raw, MOST_KEYSET_BYTES)
        check_both(note, name, keys)
        keyset = read_body(note.text, KEYSET_TYPE, KeySet)
    except (CryptoError, Malformed) as error:
        raise KeySetError(f"key set of device {device[:8]}: {error}") from error
    if keyset.network != network or keyset.device != device:
        raise KeySetError(f"key set of device {device[:8]}: signed for another network or device")
    _check(keyset)
    return keyset


def check_newer(old: KeySet, new: KeySet) -> None:
    """Return if `new` may take the place of `old` (rule 2); the same set again is fine."""
    if new.number < old.number:
        raise KeySetError(
            f"key set {new.number} of device {new.device[:8]} is older than {old.number}, which was seen before: "
            "somebody serves old keys"
        )
    if new.number == old.number and new != old:
        raise KeySetError(f"device {new.device[:8]} shows two different key sets {new.number}")


def runs_out(keyset: KeySet) -> int:
    """From when on nothing is sealed to the device by this key set (rule 5)."""
    return keyset.epochs[-1].closes + GRACE


def choose(keyset: KeySet, now: int) -> Choice:
    """The recipient to seal to at `now`: that of the current epoch, else the fallback; raises RanOut (rule 5)."""
    for epoch in keyset.epochs:
        if epoch.opens <= now < epoch.closes:
            recipient = unb64(epoch.recipient, RECIPIENT_SIZE)
            return Choice(keyset.device, recipient, recipient_key(recipient), epoch.erase)
    if now >= runs_out(keyset):
        raise RanOut(keyset)
    fallback = unb64(keyset.fallback, RECIPIENT_SIZE)
    return Choice(keyset.device, fallback, recipient_key(fallback), None)


def _check(keyset: KeySet) -> None:
    if not 1 <= len(keyset.epochs) <= MOST_EPOCHS:
        raise KeySetError(f"a key set has between 1 and {MOST_EPOCHS} epochs")
    end = 0
    for epoch in keyset.epochs:
        if not end <= epoch.opens < epoch.closes:
            raise KeySetError("epochs are to follow one another without overlap")
        if epoch.erase < epoch.closes + GRACE:
            raise KeySetError("an epoch's seed would be erased while messages sealed to it are still valid")
        end = epoch.closes
    recipients = [each.recipient for each in keyset.epochs] + [keyset.fallback]
    if len(set(recipients)) != len(recipients):
        raise KeySetError("one recipient stands in a key set twice")
    for text in recipients:
        try:
            PQRecipient(unb64(text, RECIPIENT_SIZE))
        except (EncodingError, BadKey) as error:
            raise KeySetError(f"recipient: {error}") from error
