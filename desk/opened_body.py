"""A body that came with its salt, in a file or from a colleague, and what commits to it."""

from crypto.encoding import EncodingError, unb64
from directory.canonical import Malformed
from directory.commitment import commit
from relay.protocol.requests import OpenedBody


def with_commitment(opened: OpenedBody) -> tuple[str, bytes, bytes]:
    """Commitment, salt and body; raises Malformed for a salt or body of another size, or another base64."""
    try:
        salt, body = unb64(opened.salt), unb64(opened.body)
        return commit(salt, body), salt, body
    except (EncodingError, ValueError) as error:
        raise Malformed(str(error)) from error
