"""Worlds whose statements have real bodies, as a relay asks for: `World` and the openings to hand in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

from directory_world import START, World, key_pair

from crypto.encoding import b64
from directory.bodies import AnyBody, CircleBody, ContactBody, MemberBody, OfficerBody, Phone, write_body_bytes
from directory.commitment import commit
from directory.statement import Statement
from relay.own_keys import OwnKeys
from relay.protocol.requests import NewStatements, OpenedBody
from relay.rules.intake import BODY_KINDS, Opening

S = TypeVar("S", bound=Statement)
ORIGIN = "log.enlace.example"
OWN = OwnKeys(ORIGIN, (key_pair("relay log"),), (key_pair("relay receipt"),))
PENDING = "pending "
SAMPLES: dict[type, AnyBody] = {
    MemberBody: MemberBody(names={"en": "canary-member Authority"}),
    CircleBody: CircleBody(names={"en": "canary-circle"}),
    OfficerBody: OfficerBody(label="canary-officer"),
    ContactBody: ContactBody(names={"en": "canary-contact Desk"}, phones=(Phone(number="+12025550143"),)),
}


@dataclass
class _Sent:
    entries: int = 0
    openings: set[str] = field(default_factory=set)


class BodiedWorld(World):
    """A world that keeps the body and salt of every commitment, and hands over what is new since the last time."""

    def __init__(self, name: str = "enlace.example") -> None:
        super().__init__(name)
        self.openings: dict[str, Opening] = {}
        self.now = START
        self._sent = _Sent()

    def fresh(self) -> str:
        """Stands in for a commitment until `say` knows what kind of body it is for."""
        self.bodies += 1
        return f"{PENDING}{self.bodies}"

    def say(self, kind: type[S], **fields: Any) -> S:
        body = fields.get("body", "")
        if kind in BODY_KINDS and body.startswith(PENDING):
            fields["body"] = self.opening(write_body_bytes(SAMPLES[BODY_KINDS[kind]]), body)
        return super().say(kind, **fields)

    def opening(self, body: bytes, label: str = "salt") -> str:
        """The commitment to a body, whose opening is kept; another label, another salt."""
        salt = sha256(f"{self.name} {label}".encode()).digest()
        commitment = commit(salt, body)
        self.openings[commitment] = Opening(salt, body)
        return commitment

    def news(self) -> tuple[list[bytes], list[Opening]]:
        """Entries and openings not handed over yet."""
        entries, self._sent.entries = self.entries[self._sent.entries :], len(self.entries)
        fresh = {each: opening for each, opening in self.openings.items() if each not in self._sent.openings}
        self._sent.openings.update(fresh)
        return entries, list(fresh.values())


def posted(entries: Sequence[bytes], openings: Sequence[Opening]) -> NewStatements:
    """A batch as it is posted."""
    bodies = tuple(OpenedBody(salt=b64(each.salt), body=b64(each.body)) for each in openings)
    return NewStatements(statements=tuple(entry.decode() for entry in entries), bodies=bodies)
