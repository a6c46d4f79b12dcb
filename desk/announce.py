"""What a member's desk tells its officers about new statements, because somebody should hear of it without asking.

1. The roots signed in the place of an administrator of this member (DESIGN section 5: the member's desks announce it).
2. This member was suspended, reinstated or revoked; its people got another role, or an administrator was made.
3. This officer got another device, or one of theirs was revoked.

Pure: statements that the judge has accepted, and the view after them.
"""

from collections.abc import Iterable, Iterator

from directory.statement import (
    ChangeRoles,
    EnrolDevice,
    EnrolOfficer,
    FirstAdministrator,
    ReinstateMember,
    RevokeDevice,
    RevokeMember,
    RevokeOfficer,
    SignedStatement,
    SuspendMember,
    parse_statement,
)
from directory.view import View

_PEOPLE = (EnrolOfficer, ChangeRoles, RevokeOfficer, EnrolDevice)


def announcements(entries: Iterable[bytes], view: View, member: str, officer: str) -> list[str]:
    """What to tell an officer of `member` about `entries`, oldest first."""
    return [text for entry in entries for text in _of(parse_statement(entry), view, member, officer)]


def _of(signed: SignedStatement, view: View, member: str, officer: str) -> Iterator[str]:
    statement = signed.statement
    if isinstance(statement, SuspendMember | ReinstateMember | RevokeMember):
        if statement.member == member:
            yield f"the network's secretariat: {statement.__struct_config__.tag} {member}"
        return
    if isinstance(statement, FirstAdministrator):
        if statement.member == member:
            yield f"the root keys appointed an administrator of {member}: officer {statement.officer[:8]}"
        return
    if isinstance(statement, RevokeDevice):
        device = view.devices[statement.device]
        if device.officer == officer:
            yield f"your device {statement.device[:8]} was revoked ({statement.reason})"
        yield from _rooted(signed, view.officers[device.officer].member, member, "revoked a device")
        return
    if not isinstance(statement, _PEOPLE) or view.officers[statement.officer].member != member:
        return
    if isinstance(statement, EnrolDevice) and statement.officer == officer:
        yield f"another device was enrolled for you: {statement.device[:8]}. If you did not ask for it, call at once"
    if isinstance(statement, EnrolOfficer | ChangeRoles) and "administrator" in statement.roles:
        yield f"officer {statement.officer[:8]} is an administrator of {member} now"
    yield from _rooted(signed, member, member, str(statement.__struct_config__.tag).replace("-", " "))


def _rooted(signed: SignedStatement, owner: str, member: str, what: str) -> Iterator[str]:
    signers = [name.rpartition("/")[2] for name in signed.note.names()]
    if owner == member and any(each.startswith("root-") for each in signers):
        yield f"root keys signed in the place of an administrator of {member}: {what}"
