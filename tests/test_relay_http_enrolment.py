"""A new desk enters: invited, its keys offered and checked, enrolled in the log, bound to a secret, logged in."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from directory_world import TWO_ROOTS, key_pair, officer_id
from relay_world import Answer, RelayWorld

from directory.statement import ChangeRoles, EnrolOfficer, RevokeDevice, RevokeOfficer, SuspendMember
from relay.protocol import routes
from relay.protocol.invitation import LONGEST_INVITATION, InvitationError, check_binding, proof_hash, relay_proof
from relay.protocol.requests import (
    Enrolment,
    EnrolmentState,
    LogIn,
    NewInvitation,
    Session,
    TotpRequest,
    TotpSecret,
)
from relay.rules.totp import code_at, secret_bytes, step_at

SECRET = b"sixteen bytes, S"
PROOF = relay_proof(SECRET)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        yield here


async def new_officer(here: RelayWorld, handle: str = "co-new") -> None:
    """An officer of co without any device."""
    world = here.world
    enrolled = world.say(
        EnrolOfficer, officer=officer_id(handle), member="co", roles=("coordinator",), body=world.fresh()
    )
    world.admit(enrolled, "co-chief")
    await here.publish()


async def asked(here: RelayWorld, handle: str, proof: str = PROOF) -> Answer:
    return await (await here.caller(handle)).call("POST", routes.ENROLMENT_TOTP, TotpRequest(proof=proof))


async def offered(here: RelayWorld, handle: str, **changes: Any) -> Answer:
    enrolment = msgspec.structs.replace(here.offered(handle, PROOF, SECRET), **changes)
    return await (await here.caller(handle)).call("POST", routes.ENROLMENTS, enrolment)


async def test_the_whole_way_in(here: RelayWorld) -> None:
    await new_officer(here)
    chief = await here.log_in("co-chief")
    await here.invite("co-new", SECRET, by=chief)
    where = routes.ENROLMENT.format(officer=officer_id("co-new"))
    assert (await chief.call("GET", where)).read(EnrolmentState).keys is msgspec.UNSET
    for _ in range(2):  # an answer may be lost
        assert (await offered(here, "co-new")).status == 202
    keys = (await chief.call("GET", where)).read(EnrolmentState).keys
    assert isinstance(keys, msgspec.Struct)
    check_binding(keys, SECRET, here.world.network)  # what the administrator's desk does before it signs
    assert (await asked(here, "co-new")).code == "device-unknown"
    here.world.admit(here.world.enrolling("co-new"), "co-chief")
    await here.publish()
    first, second = [(await asked(here, "co-new")).read(TotpSecret) for _ in range(2)]
    assert first == second
    secret = secret_bytes(first.secret)
    assert len(secret) == 20
    assert first.uri.startswith("otpauth://totp/enlace.example:")
    assert key_pair("co-new").public.id[:8] in first.uri
    desk = await here.caller("co-new")
    answer = await desk.log_in(code_at(secret, step_at(here.clock())))
    assert len(answer.read(Session).recovery_codes) == 10
    assert (await desk.call("GET", routes.LOG)).status == 200
    # Used up: neither offered under nor asked with again.
    assert (await asked(here, "co-new")).code == "invitation-invalid"
    assert (await offered(here, "co-new")).code == "invitation-invalid"
    assert (await chief.call("GET", where)).code == "not-found"


async def test_an_offer_survives_a_restart(here: RelayWorld) -> None:
    await new_officer(here)
    await here.invite("co-new", SECRET)
    assert (await offered(here, "co-new")).status == 202
    await here.restart()
    where = routes.ENROLMENT.format(officer=officer_id("co-new"))
    state = (await (await here.caller("duty")).call("GET", where)).read(EnrolmentState)
    assert state.keys == here.offered("co-new", PROOF, SECRET).keys


async def test_a_relay_that_changes_the_keys_is_noticed(here: RelayWorld) -> None:
    await new_officer(here)
    await here.invite("co-new", SECRET)
    await offered(here, "co-new")
    swapped = here.offered("co-new/2", PROOF, b"the relay's own!").keys
    with pytest.raises(InvitationError, match="do not come from the desk you invited"):
        check_binding(swapped, SECRET, here.world.network)


async def test_who_may_invite_and_look(here: RelayWorld) -> None:
    await new_officer(here)
    here.world.add_member("ec")
    await here.publish()
    body = NewInvitation(proof_hash=proof_hash(PROOF), expires=here.clock() + 60)
    put, get = (each.format(officer=officer_id("co-new")) for each in (routes.INVITATION, routes.ENROLMENT))
    for handle in ("co-night", "ec-chief"):
        by = await here.log_in(handle)
        assert (await by.call("PUT", put, body)).code == "not-allowed"
        assert (await by.call("GET", get)).code == "not-allowed"
    for by in (await here.log_in("co-chief"), await here.caller("duty")):
        assert (await by.call("PUT", put, body)).status == 204
        assert (await by.call("GET", get)).status == 200
        unknown = routes.INVITATION.format(officer="0" * 32)
        assert (await by.call("PUT", unknown, body)).code == "not-found"
    here.world.admit(
        here.world.say(ChangeRoles, officer=officer_id("co-deputy"), roles=("coordinator",)), "co-chief", *TWO_ROOTS
    )
    deputy = await here.log_in("co-deputy")
    assert (await deputy.call("PUT", put, body)).status == 204  # not handed to the relay yet
    await here.publish()
    assert (await deputy.call("PUT", put, body)).code == "not-allowed"


@pytest.mark.parametrize("seconds", [-1, 0, LONGEST_INVITATION + 1])
async def test_an_invitation_has_an_end_in_bounds(here: RelayWorld, seconds: int) -> None:
    duty = await here.caller("duty")
    body = NewInvitation(proof_hash="0" * 64, expires=here.clock() + seconds)
    path = routes.INVITATION.format(officer=officer_id("co-night"))
    assert (await duty.call("PUT", path, body)).code == "expiry-invalid"


async def test_an_invitation_ends_with_its_time_with_a_newer_one_and_with_the_officer(here: RelayWorld) -> None:
    await new_officer(here)
    await here.invite("co-new", SECRET)
    await here.invite("co-new", b"another sixteen.")
    assert (await offered(here, "co-new")).code == "invitation-invalid"
    await here.invite("co-new", SECRET)
    here.clock.now += 86_400
    assert (await offered(here, "co-new")).code == "invitation-invalid"
    assert (await asked(here, "co-new")).code == "invitation-invalid"
    where = routes.ENROLMENT.format(officer=officer_id("co-new"))
    assert (await (await here.caller("duty")).call("GET", where)).code == "not-found"
    await here.invite("co-new", SECRET)
    revoking = here.world.say(RevokeOfficer, officer=officer_id("co-new"), reason="left", at=here.clock())
    here.world.now = here.clock()
    here.world.admit(revoking, "co-chief")
    await here.publish()
    assert (await offered(here, "co-new")).code == "not-allowed"
    body = NewInvitation(proof_hash="0" * 64, expires=here.clock() + 60)
    path = routes.INVITATION.format(officer=officer_id("co-new"))
    assert (await (await here.caller("duty")).call("PUT", path, body)).code == "not-allowed"


async def test_one_secret_invites_one_officer(here: RelayWorld) -> None:
    await new_officer(here)
    await here.invite("co-new", SECRET)
    body = NewInvitation(proof_hash=proof_hash(PROOF), expires=here.clock() + 60)
    path = routes.INVITATION.format(officer=officer_id("co-night"))
    assert (await (await here.caller("duty")).call("PUT", path, body)).code == "malformed"


async def test_what_is_offered_is_offered_by_its_owner_once(here: RelayWorld) -> None:
    await new_officer(here)
    await here.invite("co-new", SECRET)
    keys = here.offered("co-new", PROOF, SECRET).keys
    stranger = await here.caller("stranger")
    enrolment = Enrolment(proof=PROOF, keys=keys)
    assert (await stranger.call("POST", routes.ENROLMENTS, enrolment)).code == "proof-invalid"
    same = msgspec.structs.replace(keys, reception_ed25519=keys.ed25519)
    assert (await offered(here, "co-new", keys=same)).code == "malformed"
    elsewhere = msgspec.structs.replace(keys, officer=officer_id("co-night"))
    assert (await offered(here, "co-new", keys=elsewhere)).code == "invitation-invalid"
    assert (await offered(here, "co-new", proof="ab" * 32)).code == "invitation-invalid"
    assert (await offered(here, "co-new")).status == 202
    other = msgspec.structs.replace(keys, mac="0" * 64)
    assert (await offered(here, "co-new", keys=other)).code == "invitation-invalid"


@pytest.mark.parametrize("field", ["ed25519", "mldsa44", "reception_ed25519", "mac", "officer"])
async def test_offered_keys_are_well_formed(here: RelayWorld, field: str) -> None:
    raw = msgspec.to_builtins(here.offered("co-night", PROOF, SECRET))
    raw["keys"][field] += "A"
    answer = await (await here.caller("co-night")).call("POST", routes.ENROLMENTS, data=msgspec.json.encode(raw))
    assert answer.code == "malformed"


async def test_the_secret_goes_to_nobody_else(here: RelayWorld) -> None:
    await here.invite("co-night", SECRET)
    assert (await asked(here, "co-chief")).code == "not-allowed"
    for handle in ("stranger", "co-night reception"):
        assert (await asked(here, handle)).code in ("device-unknown", "not-allowed")
    assert (await asked(here, "co-night", "ab" * 32)).code == "invitation-invalid"
    here.world.admit(here.world.enrolling("co-night/2", "co-night"), "co-chief")
    await here.publish()
    assert (await asked(here, "co-night")).status == 200
    assert (await asked(here, "co-night/2")).code == "invitation-invalid"
    here.world.admit(here.world.say(SuspendMember, member="co", until=here.clock() + 60), "duty")
    await here.publish()
    assert (await asked(here, "co-night")).code == "member-suspended"


async def test_a_device_that_lost_its_authenticator_is_bound_anew(here: RelayWorld) -> None:
    night = await here.bind("co-night")
    codes = (await night.log_in(here.code("co-night"))).read(Session).recovery_codes
    old = here.secrets["co-night"]
    fresh = await here.bind("co-night")
    assert here.secrets["co-night"] != old
    assert (await night.call("GET", routes.LOG)).code == "token-invalid"
    assert (await fresh.call("POST", routes.LOGIN, LogIn(recovery=codes[0]))).code == "code-wrong"
    assert (await fresh.log_in(code_at(old, step_at(here.clock())))).code == "code-wrong"
    assert len((await fresh.log_in(here.code("co-night"))).read(Session).recovery_codes) == 10


async def test_a_revoked_device_leaves_no_account_behind(here: RelayWorld) -> None:
    await here.log_in("co-night")
    here.world.admit(
        here.world.say(RevokeDevice, device=key_pair("co-night").public.id, reason="stolen"), "co-chief", "co-deputy"
    )
    await here.publish()
    await here.relay.housekeeping.tidy()
    assert (await asked(here, "co-night")).code in ("invitation-invalid", "device-revoked")
    assert await here.relay.housekeeping._accounts.account(key_pair("co-night").public.id) is None
