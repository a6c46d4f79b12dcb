"""Whose key a proof was made with, who counts, who may invite, who may read: against real directories."""

from dataclasses import replace

import pytest
from directory_world import START, TWO_ROOTS, World, key_pair, officer_id, reception_handle

from crypto.encoding import b64
from directory.canonical import encode
from directory.statement import (
    ChangeRoles,
    EraseBody,
    PublishContact,
    ReinstateMember,
    RevokeDevice,
    RevokeMember,
    RevokeOfficer,
    SetCircle,
    SuspendMember,
)
from directory.view import View
from relay.principal import Principal
from relay.protocol.invitation import LONGEST_INVITATION, bind_keys, proof_hash
from relay.protocol.problems import Refusal
from relay.rules.enrolment import (
    StoredInvitation,
    check_bearer,
    check_binding,
    check_expiry,
    check_invited,
    check_inviter,
    check_offer,
)
from relay.rules.reading import may_read
from relay.rules.standing import STRANGER, Owner, check_device, is_administrator, is_out, owner_of

PROOF = "ab" * 32
NIGHT = key_pair("co-night").public.id
CHIEF = key_pair("co-chief").public.id


def settled() -> World:
    world = World.founded()
    world.add_member("co")
    world.add_member("ec")
    world.add_officer("co-night", "co")
    return world


def refusal(act: object, *arguments: object) -> str:
    try:
        act(*arguments)  # type: ignore[operator]  # a function of the rules
    except Refusal as refused:
        return refused.problem.code
    return ""


def ed25519(handle: str) -> bytes:
    return key_pair(handle).public.ed25519


def test_a_device_has_two_keys_and_they_are_never_taken_for_one_another() -> None:
    view = settled().view
    assert owner_of(view, ed25519("co-night")) == Owner("device", NIGHT)
    assert owner_of(view, ed25519("co-night reception")) == Owner("reception", NIGHT)
    assert owner_of(view, ed25519("duty")) == Owner("duty")
    for stranger in ("root-1", "relay log", "relay receipt", "nobody"):
        assert owner_of(view, ed25519(stranger)) == STRANGER
    assert owner_of(View(), ed25519("duty")) == STRANGER
    assert owner_of(view, b"") == STRANGER


def test_former_reception_keys_are_a_strangers() -> None:
    world = settled()
    for number in (1, 2):
        world.admit(world.changing_reception("co-night", number), "co-night")
    assert owner_of(world.view, ed25519(reception_handle("co-night", 2))) == Owner("reception", NIGHT)
    for number in (0, 1):
        assert owner_of(world.view, ed25519(reception_handle("co-night", number))) == STRANGER
    assert owner_of(world.view, ed25519("co-night")) == Owner("device", NIGHT)


def test_a_device_stops_counting_in_every_way_it_can() -> None:
    world = settled()
    assert refusal(check_device, world.view, NIGHT, START) == ""
    assert refusal(check_device, world.view, "0" * 64, START) == "device-unknown"
    assert is_out(world.view, "0" * 64)
    chiefs, night = ("co-chief", "co-deputy"), officer_id("co-night")
    ways = (
        (world.say(RevokeDevice, device=NIGHT, reason="lost"), chiefs, "device-revoked"),
        (world.say(RevokeOfficer, officer=night, reason="left"), chiefs, "device-revoked"),
        (world.say(RevokeMember, member="co"), TWO_ROOTS, "device-revoked"),
        (world.say(SuspendMember, member="co", until=START + 60), ("duty",), "member-suspended"),
    )
    for statement, who, code in ways:
        other = world.copy()
        other.admit(statement, *who)
        assert refusal(check_device, other.view, NIGHT, START) == code
        assert is_out(other.view, NIGHT) == (code == "device-revoked")


def test_a_suspension_lapses_or_is_ended() -> None:
    world = settled()
    world.admit(world.say(SuspendMember, member="co", until=START + 60), "duty")
    assert refusal(check_device, world.view, NIGHT, START + 59) == "member-suspended"
    assert refusal(check_device, world.view, NIGHT, START + 60) == ""
    world.admit(world.say(ReinstateMember, member="co"), *TWO_ROOTS)
    assert refusal(check_device, world.view, NIGHT, START) == ""


def session(handle: str, member: str) -> Principal:
    return Principal("session", ed25519(handle), key_pair(handle).public.id, officer_id(handle), member)


def test_who_may_invite_whom() -> None:
    world = settled()
    officer = officer_id("co-night")
    assert refusal(check_inviter, world.view, officer, session("co-chief", "co")) == ""
    assert refusal(check_inviter, world.view, officer, Principal("duty", ed25519("duty"))) == ""
    assert refusal(check_inviter, world.view, officer, session("co-night", "co")) == "not-allowed"
    assert refusal(check_inviter, world.view, officer, session("ec-chief", "ec")) == "not-allowed"
    for kind in ("key", "reception"):
        by = replace(session("co-chief", "co"), kind=kind)
        assert refusal(check_inviter, world.view, officer, by) == "not-allowed"
    assert refusal(check_inviter, world.view, "0" * 32, session("co-chief", "co")) == "not-found"
    assert is_administrator(world.view, officer_id("co-chief"), "co")
    world.admit(
        world.say(ChangeRoles, officer=officer_id("co-deputy"), roles=("investigator",)), "co-chief", *TWO_ROOTS
    )
    assert refusal(check_inviter, world.view, officer, session("co-deputy", "co")) == "not-allowed"


def test_who_is_out_is_not_invited() -> None:
    world = settled()
    officer = officer_id("co-night")
    assert refusal(check_invited, world.view, officer, START) == ""
    assert refusal(check_invited, world.view, "0" * 32, START) == "not-allowed"
    suspended = world.copy()
    suspended.admit(suspended.say(SuspendMember, member="co", until=START + 60), "duty")
    assert refusal(check_invited, suspended.view, officer, START) == "not-allowed"
    world.admit(world.say(RevokeOfficer, officer=officer, reason="left"), "co-chief", "co-deputy")
    assert refusal(check_invited, world.view, officer, START) == "not-allowed"


@pytest.mark.parametrize(
    ("later", "code"),
    [
        (-1, "expiry-invalid"),
        (0, "expiry-invalid"),
        (1, ""),
        (LONGEST_INVITATION, ""),
        (LONGEST_INVITATION + 1, "expiry-invalid"),
    ],
)
def test_an_invitation_is_bounded_in_time(later: int, code: str) -> None:
    assert refusal(check_expiry, START + later, START) == code


def invitation(**fields: object) -> StoredInvitation:
    about = {"officer": officer_id("co-night"), "proof_hash": proof_hash(PROOF), "expires": START + 60}
    return StoredInvitation(**(about | fields))  # type: ignore[arg-type]  # a test's shorthand


def offer(handle: str) -> bytes:
    public, reception = key_pair(handle).public, key_pair(f"{handle} reception").public
    keys = (b64(public.ed25519), b64(public.mldsa44), b64(reception.ed25519), b64(reception.mldsa44))
    return encode(bind_keys(bytes(16), "0" * 64, officer_id(handle), keys))


def test_the_bearer_proves_the_invitation_until_it_expires() -> None:
    stored = invitation()
    assert check_bearer(stored, PROOF, START + 59) is stored
    assert refusal(check_bearer, stored, PROOF, START + 60) == "invitation-invalid"
    assert refusal(check_bearer, stored, "cd" * 32, START) == "invitation-invalid"
    assert refusal(check_bearer, None, PROOF, START) == "invitation-invalid"


def test_the_first_offer_stands() -> None:
    officer = officer_id("co-night")
    fresh = invitation()
    assert (fresh.state, refusal(check_offer, fresh, officer, b"keys")) == ("registered", "")
    offered = invitation(offered=b"keys")
    assert (offered.state, refusal(check_offer, offered, officer, b"keys")) == ("offered", "")
    assert refusal(check_offer, offered, officer, b"other") == "invitation-invalid"
    assert refusal(check_offer, fresh, "0" * 32, b"keys") == "invitation-invalid"
    bound = invitation(device=NIGHT)
    assert (bound.state, refusal(check_offer, bound, officer, b"keys")) == ("bound", "invitation-invalid")


def test_a_secret_goes_to_the_enrolled_device_of_the_invited_officer_alone() -> None:
    world = settled()
    for stored in (invitation(), invitation(offered=offer("co-night")), invitation(device=NIGHT)):
        assert refusal(check_binding, world.view, stored, NIGHT, START) == ""
    assert refusal(check_binding, world.view, invitation(), "0" * 64, START) == "device-unknown"
    assert refusal(check_binding, world.view, invitation(), CHIEF, START) == "not-allowed"
    assert refusal(check_binding, world.view, invitation(device=CHIEF), NIGHT, START) == "invitation-invalid"
    other = invitation(offered=offer("co-night/2"))
    assert refusal(check_binding, world.view, other, NIGHT, START) == "invitation-invalid"
    world.admit(world.say(RevokeDevice, device=NIGHT, reason="lost"), "co-chief", "co-deputy")
    assert refusal(check_binding, world.view, invitation(), NIGHT, START) == "device-revoked"


def test_who_reads_which_body() -> None:
    world = settled()
    circle = world.say(SetCircle, circle="andes", members=("co",), body=world.fresh())
    world.admit(circle, *TWO_ROOTS)
    world.add_contact("co-desk", "co", ["co-night"])
    world.add_contact("ec-desk", "ec")
    world.add_contact("ec-andes", "ec", circles=("andes",))
    world.add_provisional("pe-desk")
    bodies = {
        "open": world.view.contacts["co-desk"].body,
        "of a circle": world.view.contacts["ec-andes"].body,
        "officer": world.view.officers[officer_id("co-night")].body,
        "member": world.view.members["ec"].body,
        "circle": circle.body,
        "provisional": world.view.contacts["pe-desk"].body,
    }
    readers = {
        reader: {name for name, body in bodies.items() if may_read(world.view, body, reader)}
        for reader in ("co", "ec", "xx", "")
    }
    everyone = {"open", "member", "circle", "provisional"}
    assert readers == {
        "co": everyone | {"of a circle", "officer"},
        "ec": everyone | {"of a circle"},
        "xx": everyone,
        "": everyone,
    }
    assert not may_read(world.view, "0" * 64, "co")
    world.admit(world.say(EraseBody, body=bodies["open"]), "co-chief")
    assert not may_read(world.view, bodies["open"], "co")


def test_a_contact_published_to_fewer_is_read_by_fewer() -> None:
    world = settled()
    world.admit(world.say(SetCircle, circle="andes", members=("ec",), body=world.fresh()), *TWO_ROOTS)
    world.add_contact("co-desk", "co")
    body = world.view.contacts["co-desk"].body
    world.add_member("pe")
    assert may_read(world.view, body, "pe")
    narrower = world.publishing("co-desk", "co", body=body, circles=("andes",))
    assert isinstance(narrower, PublishContact)
    world.admit(narrower, "co-chief")
    assert [member for member in ("co", "ec", "pe", "") if may_read(world.view, body, member)] == ["co", "ec"]
