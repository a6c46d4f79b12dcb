"""Bodies stand beside the log; a statement holds only a salted commitment to one.

1. commitment = SHA-256(`enlace/body/v1\\n` ‖ salt ‖ body), salt 32 random bytes, body canonical JSON.
2. Without the salt nobody can test a guess (a name, a telephone number) against the log. Body and salt are erased
   together, and the log still verifies.
"""

from hashlib import sha256
from hmac import compare_digest

SALT_SIZE = 32
MOST_BODY_BYTES = 32 << 10
_DOMAIN = b"enlace/body/v1\n"


class CommitmentError(ValueError):
    """A body that is not the one the statement committed to."""


def commit(salt: bytes, body: bytes) -> str:
    """The commitment, in hexadecimal; refuses (ValueError) a salt of another size and an oversized body."""
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes")
    if len(body) > MOST_BODY_BYTES:
        raise ValueError(f"a body has at most {MOST_BODY_BYTES} bytes")
    return sha256(_DOMAIN + salt + body).hexdigest()


def check_commitment(commitment: str, salt: bytes, body: bytes) -> None:
    """Return if `salt` and `body` open `commitment`; raise CommitmentError if not."""
    try:
        found = commit(salt, body)
    except ValueError as error:
        raise CommitmentError(str(error)) from error
    if not compare_digest(found.encode(), commitment.encode()):
        raise CommitmentError("the body does not match the commitment in the log")
