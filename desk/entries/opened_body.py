"""A body that came with its salt, in a file or from a colleague, and what commits to it."""

from crypto.encoding import unb64
from directory.commitment import commit
from relay.protocol.requests import OpenedBody


def with_commitment(opened: OpenedBody) -> tuple[str, bytes, bytes]:
    """Commitment, salt and body; raises EncodingError for other base64, ValueError for another size."""
    salt, body = unb64(opened.salt), unb64(opened.body)
    return commit(salt, body), salt, body
