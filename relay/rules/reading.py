"""Who may read which body. Circles are access control by the relay, not secrecy from its operator (DESIGN section 5).

1. A member reads every body of its own.
2. Who an officer is, only that officer's own member reads.
3. A body with circles is read by the members of any of them; a body without, by everyone who can log in.
4. The duty key belongs to no member: it reads bodies without circles, and no officer's.
5. What was erased nobody reads.
"""

from directory.view import View


def may_read(view: View, commitment: str, member: str) -> bool:
    """Whether a reader of `member` (empty: the duty key) may see the body under `commitment`."""
    body = view.bodies.get(commitment)
    if body is None or body.erased < view.size:
        return False
    if member and body.member == member:
        return True
    if body.subject.startswith("officer/"):
        return False
    return not body.circles or member in view.circle_members(body.circles)
