"""A case for tests: two members of a network, their officers, and events that are signed as the directory grows.

co-night and co-day serve co-desk, ec-night and ec-day ec-desk; us-guest serves us-desk. Each event's receipt names the
directory's size and the time at which it is said, so that who served what then is a question about the view.
"""

from functools import cache
from hashlib import sha256
from typing import Any

from directory_world import World, local_id, officer_id

from desk.cases.acts import Act, CaseEvent, HandOver, Invite, Join, Open, Say, ToContact, ToDevice, ToOfficer
from desk.cases.fold import Case, Signed, case_of
from desk.cases.thread import newest
from directory.statement import EnrolDevice, RevokeDevice

DAY = 86_400
DESK = {"co": "co-desk", "ec": "ec-desk", "us": "us-desk"}


@cache
def _network() -> World:
    world = World.founded()
    for member in ("co", "ec", "us"):
        world.add_member(member)
    for handle in ("co-night", "co-day", "co-new", "ec-night", "ec-day", "us-guest"):
        world.add_officer(handle, handle[:2])
    world.add_contact("co-desk", "co", officers=["co-night", "co-day"])
    world.add_contact("ec-desk", "ec", officers=["ec-night", "ec-day"])
    world.add_contact("us-desk", "us", officers=["us-guest"])
    world.now += 3600
    return world


class CaseStory:
    """A case while it goes on; `now` moves a minute with each event."""

    def __init__(self) -> None:
        self.world = _network().copy()
        self.events: list[Signed] = []

    @property
    def now(self) -> int:
        return self.world.now

    def do(self, act: Act, who: str, after: tuple[str, ...] | None = None, **fields: Any) -> Signed:
        """An event by an officer's device, in the name of their desk, that has seen everything (or only `after`)."""
        self.world.now += 60
        kinds = {each.id: each.kind == "say" for each in self.events}
        acts, messages = ([each for each in self.events if kinds[each.id] == say] for say in (False, True))
        if after is None:
            named, seen = newest(acts), newest(messages)
        else:
            named, seen = (tuple(sorted(each for each in after if kinds[each] == say)) for say in (False, True))
        named = named or (self.events[0].id,) if self.events else ()
        event = CaseEvent(act=act)
        if not isinstance(act, Open):
            event = CaseEvent(case=self.events[0].id, after=named, seen=seen, act=act)
        made: dict[str, Any] = {
            "contact": DESK[who[:2]], "officer": officer_id(who), "device": local_id(who), "taken_in": self.now,
            "size": self.world.view.size, "event": event,
        } | fields  # fmt: skip
        signed = Signed(id=sha256(f"{len(self.events)} {made}".encode()).hexdigest(), **made)
        self.events.append(signed)
        return signed

    def begin(self) -> None:
        """co-desk opens the case, ec-desk joins it."""
        self.do(Open(title="Bus to the coast"), "co-night")
        self.do(Invite(contact="ec-desk"), "co-night")
        self.do(Join(), "ec-night")

    def say(self, who: str, **fields: Any) -> Signed:
        """A message of the case, to the other desk unless told otherwise."""
        to = {"to": ("ec-desk",) if who.startswith("co") else ("co-desk",)}
        return self.do(Say(), who, **(to | fields))

    def hand(self, who: str, to: ToDevice | ToOfficer | ToContact, *messages: Signed, **fields: Any) -> Signed:
        """A hand-over."""
        return self.do(HandOver(messages=tuple(sorted(each.id for each in messages)), receiver=to), who, **fields)

    @property
    def case(self) -> Case:
        found = case_of(self.events, self.events[0].id)
        assert found is not None
        return found

    def enrol(self, device: str) -> None:
        """Another device of an officer, such as co-night/2."""
        statement: EnrolDevice = self.world.enrolling(device, device.partition("/")[0])
        self.world.admit(statement, f"{device[:2]}-chief")

    def lose(self, device: str) -> None:
        """A device is stolen, and revoked."""
        self.world.admit(self.world.say(RevokeDevice, device=local_id(device), reason="stolen"), f"{device[:2]}-chief")

    def staff(self, contact: str, *officers: str) -> None:
        """Who serves a contact from now on."""
        self.world.admit(self.world.publishing(contact, contact[:2], officers), f"{contact[:2]}-chief")
