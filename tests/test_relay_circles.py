"""What is published to a circle leaves the relay for its members and its owner alone: every path, every caller."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from directory_world import TWO_ROOTS, key_pair, officer_id
from relay_bodies import posted
from relay_world import Caller, RelayWorld

from crypto.cosignature import cosigner_keys
from crypto.encoding import b64, unb64
from crypto.policy import Policy, PolicyWitness, write_policy
from directory.bodies import ContactBody, Phone, write_body_bytes
from directory.canonical import encode
from directory.commitment import check_commitment
from directory.fields import FOREVER
from directory.statement import PublishContact, RevokeDevice, RevokeMember, SetCircle, SuspendMember
from relay.app import make_app
from relay.protocol import routes
from relay.protocol.requests import Bodies, BodiesWanted
from relay.store.contract import StoredBody

INNER = write_body_bytes(ContactBody(names={"en": "Inner desk"}, phones=(Phone(number="+12025550199"),)))
BEFORE = write_body_bytes(ContactBody(names={"en": "Inner desk"}, phones=(Phone(number="+12025550198"),)))
SECRETS = (INNER, BEFORE)
INSIDE = ("co", "ec", "bo", "ve", "gy", "uy")  # members of the circle; pe is not
WITNESS = "enlace.example/witness/ec"
READS = {"owner", "circle member"}
REFUSED = {
    "suspended": "member-suspended",
    "revoked": "device-revoked",
    "lost device": "device-revoked",
    "device key alone": "not-allowed",
    "reception key": "not-allowed",
    "witness": "not-allowed",
    "stranger": "not-allowed",
}
NOTHING = {"outsider", "duty", "who left"}
CALLERS = (*sorted(READS), *sorted(NOTHING), *REFUSED, "nobody")


class Circled:
    """A relay with a contact that was open to all and is for a circle now, and everybody who might ask for it."""

    def __init__(self, here: RelayWorld) -> None:
        self.here, self.callers = here, dict[str, Caller]()
        self.before = self.inner = ""

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path) -> AsyncIterator["Circled"]:
        keys, file = key_pair("ec witness"), folder / "witnesses.policy"
        both = cosigner_keys(WITNESS, keys.public)
        file.write_bytes(write_policy(Policy(witnesses=tuple(PolicyWitness(f"w-{x.kind.hex()}", x) for x in both))))
        extra = f'open = true\n[witnesses]\nfile = "{file}"\n[access]\naddress_burst = 9999\n'
        async with RelayWorld.running(folder, extra=extra) as here:
            found = cls(here)
            await found._settle()
            yield found

    async def _settle(self) -> None:
        here, world = self.here, self.here.world
        for each in ("ec", "pe", "bo", "ve", "gy", "uy"):
            world.add_member(each)
        self.circle(*INSIDE)
        self.before, self.inner = world.opening(BEFORE, "before"), world.opening(INNER, "inner")
        for body, circles in ((self.before, ()), (self.inner, ("andes",))):
            statement = world.publishing("co-inner", "co", body=body, circles=circles)
            assert isinstance(statement, PublishContact)
            world.admit(statement, "co-chief")
        await here.publish()
        sessions = {
            "owner": "co-night", "circle member": "ec-chief", "outsider": "pe-chief", "suspended": "bo-chief",
            "revoked": "ve-chief", "lost device": "uy-deputy", "who left": "gy-chief",
        }  # fmt: skip
        self.callers = {name: await here.log_in(handle) for name, handle in sessions.items()}
        self.callers |= {"duty": await here.caller("duty"), "device key alone": await here.caller("ec-deputy")}
        self.callers |= {"stranger": await here.caller("nobody known"), "witness": await here.caller("ec witness")}
        self.callers["reception key"] = await here.caller("ec-chief/reception")
        self.callers["nobody"] = await here.caller("no proof")
        world.admit(world.say(SuspendMember, member="bo", until=FOREVER), *TWO_ROOTS)
        world.admit(world.say(RevokeMember, member="ve"), *TWO_ROOTS)
        lost = world.view.officers[officer_id("uy-deputy")].devices[0]
        world.admit(world.say(RevokeDevice, device=lost, reason="lost"), "uy-chief", *TWO_ROOTS)
        self.circle(*(each for each in INSIDE if each != "gy"))
        await here.publish()

    def circle(self, *members: str) -> None:
        world = self.here.world
        world.admit(
            world.say(SetCircle, circle="andes", members=tuple(sorted(members)), body=world.fresh()), *TWO_ROOTS
        )

    async def asked(self, name: str, method: str, path: str, data: bytes | None) -> bytes:
        """What a path answers to a caller: the bytes, and the headers."""
        caller = self.callers[name]
        if name == "nobody":
            about = {"Content-Type": routes.JSON} if data is not None else {}
            answer = await caller.send(method, path, data, about)
        elif method == "HEAD":
            answer = await caller.send(method, path, None, caller.proof(method, path))
        else:
            answer = await caller.call(method, path, data=data)
        return answer.raw + repr(sorted(answer.headers.items())).encode()


def shows(raw: bytes) -> bool:
    """Whether an answer holds a secret, plainly or in base64, or a salt that opens one."""
    return any(each in raw or b64(each).encode() in raw for each in SECRETS) or b"+1202555019" in raw


async def test_what_is_for_a_circle_is_given_to_it_and_to_its_owner_on_one_path_and_to_nobody_on_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One relay for all three parts, its log open to everybody: to set it up takes longer than to ask it."""
    async with Circled.running(tmp_path) as circled:
        await bodies_go_to_the_owner_and_the_members_alone(circled)
        assert await on_every_other_path_nobody_is_shown_them(circled) > 300
        await what_is_withdrawn_while_it_is_read_does_not_leave(circled, monkeypatch)


async def bodies_go_to_the_owner_and_the_members_alone(circled: Circled) -> None:
    wanted = BodiesWanted(commitments=(circled.inner, circled.before))
    for name in (*sorted(READS), *sorted(NOTHING)):
        answer = await circled.callers[name].call("POST", routes.BODIES, wanted)
        found = answer.read(Bodies).bodies
        for each in found:
            check_commitment(each.commitment, unb64(each.salt), unb64(each.body))
        assert len(found) == (2 if name in READS else 0), name
        assert shows(answer.raw) == (name in READS), name
    for name, code in REFUSED.items():
        answer = await circled.callers[name].call("POST", routes.BODIES, wanted)
        assert (answer.code, shows(answer.raw)) == (code, False), name


async def on_every_other_path_nobody_is_shown_them(circled: Circled) -> int:
    here = circled.here
    bodies = [
        encode(BodiesWanted(commitments=(circled.inner, circled.before))),
        encode(posted(here.world.entries, ())),
    ]
    fill = {"{officer}": officer_id("co-night"), "{hash}": circled.inner, "{tile}": "entries/000.p/1"}
    asked = 0
    for method, path in sorted(every_path(here)):
        for token, value in fill.items():
            path = path.replace(token, value)
        for name in CALLERS:
            if (path, name in READS) == (routes.BODIES, True) or path == routes.LOGOUT:
                continue
            for body in [None] if method in ("GET", "HEAD") else bodies:
                assert not shows(await circled.asked(name, method, path, body)), (method, path, name)
                asked += 1
    return asked


def every_path(here: RelayWorld) -> set[tuple[str, str]]:
    """Every method and path that the relay has."""
    routed = make_app(here.relay).router.routes()
    found = {(each.method, each.resource.canonical if each.resource is not None else "") for each in routed}
    assert ("POST", routes.BODIES) in found
    assert len(found) > 25
    return found


async def what_is_withdrawn_while_it_is_read_does_not_leave(circled: Circled, monkeypatch: pytest.MonkeyPatch) -> None:
    directory, reading, go = circled.here.relay.directory, asyncio.Event(), asyncio.Event()
    get = directory._bodies.get

    async def slow(commitments: list[str]) -> tuple[StoredBody, ...]:
        found = await get(commitments)
        reading.set()
        await go.wait()
        return found

    monkeypatch.setattr(directory._bodies, "get", slow)
    asked = asyncio.create_task(directory.read_bodies([circled.inner], "ec"))
    await reading.wait()
    circled.circle("co")
    await circled.here.publish()
    go.set()
    assert await asked == ()
