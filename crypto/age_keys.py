"""Files of age keys: identities (secret) or recipients (public), one a line, as the stock tool writes and reads them.

    # created: 2026-11-22T08:00:00Z
    # public key: age1pq1…
    AGE-SECRET-KEY-PQ-1…

1. Empty lines and lines that begin with `#` say nothing. Every other line is one key, with nothing before or behind it.
2. A bad line is told by its number, never by what stands in it: it may be most of a secret.
3. A file without a key is refused, like one that is too large to be one: what was named by mistake is seen at once.
4. Kinds of keys that age has and this reader has not (SSH keys, hardware keys, plugins) are named in the refusal.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from crypto.age_errors import BadKey
from crypto.age_pq import IDENTITY_PREFIX as PQ_IDENTITY
from crypto.age_pq import RECIPIENT_PREFIX as PQ_RECIPIENT
from crypto.age_pq import PQIdentity, PQRecipient
from crypto.age_x25519 import IDENTITY_PREFIX as X25519_IDENTITY
from crypto.age_x25519 import X25519Identity, X25519Recipient

MOST_KEYS_BYTES = 1 << 20
MOST_LINE = 4096  # a post-quantum recipient has 1,959 characters

KeyIdentity = PQIdentity | X25519Identity
KeyRecipient = PQRecipient | X25519Recipient
Key = TypeVar("Key")

_IS_IDENTITY = "that is an identity, which is secret: give its recipient, which `enlace age keygen -y` prints"
_IS_RECIPIENT = "that is a recipient, which is public: give the file with its identity, AGE-SECRET-KEY-…"
_IS_SSH = "an SSH key: only age keys are read here, so ask its owner for one"
_IS_PLUGIN = "a key of a plugin or of a hardware token: they are not supported here, so ask its owner for another"


def parse_recipient(text: str) -> KeyRecipient:
    """The recipient spelled `age1pq1…` (post-quantum) or `age1…` (X25519); refuses any other text by `BadKey`."""
    if text.upper().startswith(X25519_IDENTITY):
        raise BadKey(_IS_IDENTITY)
    if text.startswith(("ssh-", "ecdsa-", "sk-")):
        raise BadKey(_IS_SSH)
    prefix, _, data = text.rpartition("1")
    if prefix == PQ_RECIPIENT:
        return PQRecipient.parse(text)
    if prefix.startswith("age1") and data:
        raise BadKey(_IS_PLUGIN)
    return X25519Recipient.parse(text)


def parse_identity(text: str) -> KeyIdentity:
    """The identity spelled `AGE-SECRET-KEY-PQ-1…` or `AGE-SECRET-KEY-1…`; refuses any other text by `BadKey`."""
    if text.startswith("age1"):
        raise BadKey(_IS_RECIPIENT)
    if text.startswith("AGE-PLUGIN-"):
        raise BadKey(_IS_PLUGIN)
    if "PRIVATE KEY" in text or text.startswith(("ssh-", "ecdsa-", "sk-")):
        raise BadKey(_IS_SSH)
    if text.startswith(PQ_IDENTITY + "1"):
        return PQIdentity.parse(text)
    return X25519Identity.parse(text)


def read_recipients(raw: bytes) -> list[KeyRecipient]:
    """The recipients in a file, in order; refuses (BadKey) by rules 1 to 4."""
    return _read(raw, parse_recipient, "recipient")


def read_identities(raw: bytes) -> list[KeyIdentity]:
    """The identities in a file, in order; refuses (BadKey) by rules 1 to 4."""
    return _read(raw, parse_identity, "identity")


def write_identity(identity: KeyIdentity, created: str) -> str:
    """A file with `identity`, made at `created` (RFC 3339), and its recipient in a comment."""
    return f"# created: {created}\n# public key: {identity.recipient()}\n{identity}\n"


def write_recipients(recipients: Sequence[KeyRecipient]) -> str:
    """A file with `recipients`."""
    return "".join(f"{each}\n" for each in recipients)


def _read(raw: bytes, parse: Callable[[str], Key], what: str) -> list[Key]:
    if len(raw) > MOST_KEYS_BYTES:
        raise BadKey(f"larger than {MOST_KEYS_BYTES >> 10} KiB: not a file of keys")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Without its cause, which holds the file.
        raise BadKey("not text in UTF-8, so not a file of keys") from None
    keys = []
    for number, line in enumerate(text.split("\n"), 1):
        key = line.removesuffix("\r")
        if not key or key.startswith("#"):
            continue
        try:
            if len(key) > MOST_LINE:
                raise BadKey(f"longer than {MOST_LINE} characters: no key is")
            if key != key.strip():
                raise BadKey("spaces before or behind the key: remove them")
            keys.append(parse(key))
        except BadKey as error:
            raise BadKey(f"line {number}: {error}") from None
    if not keys:
        raise BadKey(f"no {what} in it")
    return keys
