"""What `enlace proof export` puts beside a proof: the entry that is proven, and perhaps one body with its salt.

    enlace/proof-extra/v1
    {"body":"…","entry":"enlace/statement/v1\\n…","salt":"…"}

1. Nobody vouches for it (c2sp.org/tlog-proof): the entry counts once the proof is verified for its bytes, the body once
   its commitment stands in that entry.
2. A body is shown with its salt or not at all. Whoever was given both can show them on, also after their erasure.
"""

import msgspec

from crypto.encoding import EncodingError, b64, unb64
from directory.canonical import Malformed, read_body, write_body
from directory.commitment import MOST_BODY_BYTES, SALT_SIZE, CommitmentError, check_commitment
from directory.statement import AnyStatement

EXTRA_TYPE = "enlace/proof-extra/v1"


class Extra(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A log entry as text, and a body and its salt in base64, or neither."""

    entry: str
    body: str = ""
    salt: str = ""


def write_extra(entry: bytes, body: bytes = b"", salt: bytes = b"") -> bytes:
    """The bytes that come along; refuses (Malformed) an entry that is no text."""
    try:
        text = entry.decode()
    except UnicodeDecodeError as error:
        raise Malformed("a log entry is UTF-8") from error
    return write_body(EXTRA_TYPE, Extra(entry=text, body=b64(body), salt=b64(salt))).encode()


def is_extra(raw: bytes) -> bool:
    """Whether this is meant to be what Enlace puts beside a proof, and not what another tool did."""
    return raw.startswith(f"{EXTRA_TYPE}\n".encode())


def check_shown(body: bytes) -> None:
    """Return if a body that was committed to is JSON, so that it can be shown; raises Malformed."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed("the statement commits to the body beside it, and that is no JSON") from error


def read_extra(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """Entry, body and salt; the last two empty where no body is shown. Refuses (Malformed) what is none."""
    try:
        extra = read_body(raw.decode(), EXTRA_TYPE, Extra)
        body, salt = unb64(extra.body), unb64(extra.salt)
        entry = extra.entry.encode()
    except UnicodeError as error:
        raise Malformed("what comes along with the proof is not UTF-8") from error
    except EncodingError as error:
        raise Malformed(f"what comes along with the proof: {error}") from error
    if bool(body) != bool(salt) or len(body) > MOST_BODY_BYTES or len(salt) not in (0, SALT_SIZE):
        raise Malformed("a body comes with its salt of 32 bytes, or not at all")
    return entry, body, salt


def committed_body(statement: AnyStatement, body: bytes, salt: bytes) -> None:
    """Return if a statement commits to the body; raises CommitmentError if it does not, or to none."""
    commitment = getattr(statement, "body", "")
    if not commitment:
        raise CommitmentError("the entry commits to no body, and yet one is shown with it")
    check_commitment(commitment, salt, body)
