"""Who is given which body: whoever may read it, by the rules of `directory.finding.readers`, at the view of the moment.

The duty key, witnesses and strangers are of no member: what is published to circles is never theirs. The duty key reads
what every member reads; witnesses and strangers are not given bodies at all (`relay.protocol.routes`).
"""

from directory.finding import readers
from directory.view import View


def may_read(view: View, commitment: str, member: str) -> bool:
    """Whether a reader of `member` (empty: the duty key) may see the body under `commitment`."""
    body = view.bodies.get(commitment)
    return body is not None and readers.may_read(view, body, member)
