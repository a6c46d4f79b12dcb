"""Who may read which body, in one place: the relay serves by it, a desk asks and erases by it, look-ups explain by it.

Circles are access control by the relay, not secrecy from its operator (DESIGN section 5).

1. A member reads every body of its own.
2. Who an officer is, only that officer's own member reads.
3. A body published to circles is read by the members of any of them; one published to none, by every member.
4. A contact takes its earlier bodies along: while it is published to circles, what it published before is read only by
   those who read that and what stands now. Else whoever comes later could fetch the number that was withdrawn.
5. A reader of no member (the duty key, root keys, a stick that goes further) is in no circle, and no officer's member.
6. What was erased nobody reads.

Who reads is decided by the view of the moment: it changes when a contact is published anew, and when a circle's members
do. What somebody has read before no rule takes back. Pure.
"""

from directory.view import NEVER, Body, Contact, View


def may_read(view: View, body: Body, reader: str) -> bool:
    """Whether a reader of the member `reader` (empty: of none) may have the body now."""
    if body.erased != NEVER:
        return False
    if reader and body.member == reader:
        return True
    if body.subject.startswith("officer/"):
        return False
    return all(not circles or _in_any(view, circles, reader) for circles in _limits(view, body))


def circle_may_read(view: View, body: Body, circle: str) -> bool:
    """Whether every member of `circle` may have the body, whoever it is; of no circle (empty): every member at all."""
    if body.erased != NEVER or body.subject.startswith("officer/"):
        return False
    return all(not circles or circle in circles for circles in _limits(view, body))


def readers_of(view: View, contact: Contact) -> tuple[str, ...]:
    """The members, not revoked, who see a contact's details, sorted; for one that is open to all, every one of them."""
    live = (each for each, record in view.members.items() if record.revoked == NEVER)
    if not contact.circles:
        return tuple(sorted(live))
    inside = view.circle_members(contact.circles) | {contact.member}
    return tuple(sorted(each for each in live if each in inside))


def _limits(view: View, body: Body) -> tuple[tuple[str, ...], ...]:
    """The sets of circles that a reader has to be in: the body's own, and its contact's of now (rule 4)."""
    contact = view.contacts.get(body.subject.removeprefix("contact/")) if body.subject.startswith("contact/") else None
    return (body.circles, contact.circles if contact is not None else ())


def _in_any(view: View, circles: tuple[str, ...], reader: str) -> bool:
    known = (view.circles[each] for each in circles if each in view.circles)
    return bool(reader) and any(reader in circle.members for circle in known)
