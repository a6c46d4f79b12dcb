"""What the judge makes of statements it takes, and of entries that are none."""

import msgspec
import pytest
from directory_cases import DAY, usual
from directory_world import (
    NAME,
    ROOTS,
    TWO_ROOTS,
    World,
    commitment,
    founding,
    key_pair,
    local_id,
    local_ids,
    officer_id,
    public_key,
    relay_keys,
)

from crypto.note import Note, SignatureError, parse_note
from crypto.signing import ed25519_line
from directory.canonical import Malformed
from directory.judge import Refused, admit, apply, founded, network_id
from directory.statement import (
    AnyStatement,
    AttestContact,
    ChangeRoles,
    Continues,
    EraseBody,
    FirstAdministrator,
    NameRelay,
    Policy,
    ReinstateMember,
    RekeyRoots,
    RetireContact,
    RevokeDevice,
    RevokeMember,
    RevokeOfficer,
    SuspendMember,
    UnknownStatement,
    statement_note,
    statement_text,
)
from directory.view import NEVER, View

LATER = 2**40


def replayed(entries: list[bytes], now: int) -> View:
    view = View()
    for entry in entries:
        view = admit(view, entry, now)
    return view


def test_a_desk_that_replays_later_sees_what_the_relay_saw() -> None:
    world = usual()
    assert replayed(world.entries, world.now) == replayed(world.entries, LATER) == world.view


def test_a_first_administrator_appointed_while_the_others_were_suspended_would_split_desks_by_their_clocks() -> None:
    """The relay would accept during the suspension what every desk refuses afterwards: so nobody accepts it."""
    world = usual()
    world.admit(world.say(SuspendMember, member="co", until=world.now + DAY), "duty")
    appointing = world.say(FirstAdministrator, officer=officer_id("new"), member="co", body=world.fresh())
    assert world.refusal(appointing, *TWO_ROOTS) == "R23"
    world.now += DAY
    assert world.refusal(appointing, *TWO_ROOTS) == "R21"


def test_a_pinned_network_is_told_from_another() -> None:
    world = usual()
    founded(world.view, world.network)
    assert world.network == network_id(founding())
    for view, pinned in ((world.view, "0" * 64), (View(), world.network)):
        with pytest.raises(Refused) as refused:
            founded(view, pinned)
        assert refused.value.rule == "R2"


def test_the_roots_can_be_replaced_and_the_old_ones_have_no_say() -> None:
    world = usual()
    new = ("root-1", "root-4", "root-5")
    statement = world.say(
        RekeyRoots, roots=tuple(sorted(map(public_key, new))), threshold=2, duty=public_key("duty-2"), policy=Policy()
    )
    world.admit(statement, "root-1", "root-2", "root-4")
    assert set(world.view.founded.roots) == set(map(local_id, new))
    suspension = world.say(SuspendMember, member="co", until=world.now + DAY)
    for gone in (("root-2", "root-3"), ("root-1", "root-2"), ("duty",)):
        with pytest.raises(SignatureError):  # a key nobody knows any more
            world.admit(suspension, *gone)
    world.admit(suspension, "duty-2")
    world.admit(world.say(ReinstateMember, member="co"), "root-1", "root-5")


def test_a_root_confirms_what_the_duty_key_did_and_the_member_stays_out() -> None:
    world = usual()
    world.admit(world.say(SuspendMember, member="co", until=world.now + 3 * DAY), "duty")
    world.admit(world.say(SuspendMember, member="co", until=world.now + 300 * DAY), *TWO_ROOTS)
    world.now += 200 * DAY
    assert not world.view.device_live(local_id("co-chief"), world.view.size, world.now)
    world.admit(world.say(ReinstateMember, member="co"), *TWO_ROOTS)
    assert world.view.device_live(local_id("co-chief"), world.view.size, world.now)


def test_a_relay_moves_and_its_old_receipts_can_still_be_checked() -> None:
    world = usual()
    named, size, root = world.view.relay, world.view.size, "0" * 64
    assert named is not None
    following = Continues(origin=named.origin, size=size, root=root)
    moved = world.say(NameRelay, origin="log2.enlace.example", continues=following, **relay_keys("relay 2"))
    world.admit(moved, *TWO_ROOTS)
    relay = world.view.relay
    assert relay is not None
    assert relay.origin == "log2.enlace.example"
    assert world.view.former_relays == (named,)
    assert world.view.relay_at(size) == named
    assert world.view.relay_at(size + 1) == relay
    assert world.view.relay_at(1) is None
    assert View().relay_at(0) is None


def test_a_contact_can_be_retired_and_published_again_and_the_past_stays_what_it_was() -> None:
    world, device = usual(), local_id("co-night")
    sizes = {"listed": world.view.size}
    world.admit(world.say(RetireContact, contact="co-desk"), "co-chief")
    sizes["retired"] = world.view.size
    world.add_contact("co-desk", "co", officers=["co-day"])
    sizes["others"] = world.view.size
    world.add_contact("co-desk", "co", officers=["co-day", "co-night"])
    sizes["again"] = world.view.size
    world.add_contact("co-desk", "co", officers=["co-day", "co-night"])
    contact = world.view.contacts["co-desk"]
    assert contact.ended == NEVER
    assert len(contact.service) == 4  # what did not change is not written twice
    served = {when: world.view.serves(device, "co-desk", size, world.now) for when, size in sizes.items()}
    assert served == {"listed": True, "retired": False, "others": False, "again": True}


def test_an_investigator_serves_no_contact() -> None:
    world = usual()
    world.add_contact("co-desk", "co", officers=["co-day"])
    assert world.view.contact_devices("co-desk", world.now) == ()
    assert not world.view.serves(local_id("co-day"), "co-desk", world.view.size, world.now)
    assert not world.view.serves(local_id("co-day"), "co-nothing", world.view.size, world.now)
    assert not world.view.serves("0" * 64, "co-desk", world.view.size, world.now)


def test_a_revoked_member_leaves_with_everything_of_it() -> None:
    world = usual()
    world.admit(world.say(RevokeMember, member="co"), *TWO_ROOTS)
    assert world.view.contacts["co-desk"].ended == world.view.size - 1
    assert world.view.contacts["ec-desk"].listed
    assert not world.view.device_live(local_id("co-night"), world.view.size, world.now)
    assert world.view.device_live(local_id("co-night"), world.view.size - 1, world.now)


@pytest.mark.parametrize("last", ["device", "officer", "roles"])
def test_an_administrator_without_role_or_device_counts_no_more(last: str) -> None:
    world, officer = usual(), officer_id("co-deputy")
    statements: dict[str, AnyStatement] = {
        "device": world.say(RevokeDevice, device=local_id("co-deputy"), reason="lost"),
        "officer": world.say(RevokeOfficer, officer=officer, reason="left"),
        "roles": world.say(ChangeRoles, officer=officer, roles=("coordinator",)),
    }
    world.admit(statements[last], "co-chief", *TWO_ROOTS)
    assert world.view.administrators("co", world.now) == {officer_id("co-chief")}
    assert (officer in world.view.members["co"].administrators) == (last == "device")
    attempt = world.publishing("co-desk", "co")
    assert world.refusal(attempt, "co-deputy") == "R21"


def test_a_sole_administrator_who_gives_up_the_role_needs_the_roots() -> None:
    world = usual()
    giving_up = world.say(ChangeRoles, officer=officer_id("ec-chief"), roles=("coordinator",))
    assert world.refusal(giving_up, "ec-chief") == "R27"
    world.admit(giving_up, *TWO_ROOTS)
    assert not world.view.administrators("ec", world.now)


def test_a_policy_without_seconds_lets_one_administrator_do_it_but_not_for_themselves() -> None:
    world = World.founded(Policy(second=()))
    world.add_member("co")
    enrolling = world.enrolling("co-deputy/2")
    assert world.refusal(enrolling, "co-deputy") == "R27"
    world.admit(enrolling, "co-chief")


def test_an_officer_revokes_their_own_laptop_alone_and_at_once() -> None:
    world = usual()
    lost = world.say(RevokeDevice, device=local_id("co-chief"), reason="stolen")
    world.admit(lost, "co-chief")
    record = world.view.devices[local_id("co-chief")]
    assert (record.revoked, record.reason) == (world.view.size - 1, "stolen")
    assert world.refusal(world.publishing("co-desk", "co"), "co-chief") == "R21"


def test_who_is_to_be_sealed_to_anew_is_noted() -> None:
    world = usual()
    world.admit(world.say(RevokeDevice, device=local_id("co-night"), reason="lost"), "co-night")
    assert world.view.touched[officer_id("co-night")] == world.view.size - 1
    world.admit(world.say(RetireContact, contact="co-desk"), "co-chief")
    assert world.view.touched[officer_id("co-night")] == world.view.size - 1
    world.admit(world.say(SuspendMember, member="ec", until=world.now + 9), "duty")
    assert world.view.touched["ec"] == world.view.size - 1


def test_circles_name_their_members_and_erased_bodies_say_so() -> None:
    world = usual()
    assert world.view.circle_members(("andean", "nobody")) == {"co", "ec"}
    body = world.view.contacts["co-desk"].body
    world.admit(world.say(EraseBody, body=body), "co-deputy")
    assert world.view.bodies[body].erased == world.view.size - 1


def test_two_members_of_one_country_do_not_leave_the_outcome_to_chance() -> None:
    """Names of sets come out in another order in every process; rule and words must not."""
    world = usual()
    world.add_member("pe-police", "pe-police-chief")
    world.add_member("pe-court", "pe-court-chief")
    attempt = world.say(RetireContact, contact="pe-desk")
    both = ["pe-police-chief", "pe-court-chief"]
    with pytest.raises(Refused) as refused:
        world.admit(attempt, *both)
    assert str(refused.value).startswith(local_id("pe-police-chief"))
    assert world.refusal(attempt, both[0]) == ""


def test_device_names_are_asked_of_a_founded_network() -> None:
    assert usual().view.device_name("0" * 64) == f"{NAME}/{'0' * 64}"
    with pytest.raises(ValueError, match="founded"):
        View().device_name("0" * 64)


def signed_oddly(world: World, name: str, key: str) -> bytes:
    """An attestation by co-night, with a second line under `name` by the key of a handle."""
    statement = world.say(AttestContact, contact="co-desk")
    text = statement_text(statement)
    lines = parse_note(world.sign(statement, "co-night")).signatures
    return statement_note(statement, (*lines, ed25519_line(key_pair(key).ed25519, name, text)))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (f"{NAME}/{'0' * 64}", "stranger"),
        (f"other.example/{local_id('co-chief')}", "co-chief"),
        (local_id("co-chief"), "co-chief"),
        (f"{NAME}/{local_id('co-chief')}", "co-deputy"),
        (f"{NAME}/{local_id('co-night')}", "co-night reception"),
        (f"{NAME}/{local_id('co-night')}", "co-night"),
    ],
    ids=["stranger", "other network", "no network", "wrong key", "reception key", "twice"],
)
def test_a_line_that_nobody_can_check_spoils_the_statement(name: str, key: str) -> None:
    """A second line under a name that stands there is no statement at all; any other is a bad signature."""
    world = usual()
    with pytest.raises(Malformed if name == world.line("co-night") else SignatureError):
        admit(world.view, signed_oddly(world, name, key), world.now)


def test_a_line_of_this_network_that_nobody_can_check_is_told_from_one_of_another() -> None:
    world = usual()
    own, other, deeper = (f"{prefix}/{'0' * 64}" for prefix in (NAME, "other.example", f"{NAME}/desk"))
    words = f"signed by {'0' * 16}…, a device that nobody enrolled, and no present root or duty key"
    unknown = {each: f"signature line that cannot be checked: {each}" for each in (other, deeper)}
    for name, told in {own: words, **unknown}.items():
        with pytest.raises(SignatureError) as refused:
            admit(world.view, signed_oddly(world, name, "stranger"), world.now)
        assert str(refused.value) == told


def test_a_signature_over_another_statement_does_not_count() -> None:
    world = usual()
    signed = parse_note(world.sign(world.say(AttestContact, contact="co-desk"), "co-chief"))
    forged = statement_text(world.say(RetireContact, contact="co-desk"))
    with pytest.raises(SignatureError):
        admit(world.view, Note(forged, signed.signatures).write(), world.now)


def test_a_statement_of_the_same_network_name_but_another_founding_does_not_count() -> None:
    world, other = usual(), World()
    other.admit(founding(threshold=1), "root-1")
    assert other.network != world.network
    foreign = other.say(SuspendMember, member="co", until=world.now + 9)
    assert world.refusal(foreign, *TWO_ROOTS) == "R2"


def test_only_a_founding_that_its_own_roots_signed_opens_a_log() -> None:
    with pytest.raises(SignatureError):
        admit(View(), World().sign(founding(), "root-1", "root-9"), LATER)
    with pytest.raises(SignatureError):
        admit(View(), World().sign(founding(), "root-1", "duty"), LATER)


def unknown(world: World, *who: str) -> bytes:
    """A statement of a later version, signed by handles."""
    line = f'{{"at":{world.now},"kind":"declare-peace","network":"{world.network}","seq":0}}'
    text = f"enlace/statement/v1\n{line}\n"
    return Note(text, tuple(ed25519_line(key_pair(each).ed25519, world.line(each), text) for each in who)).write()


def stopped(world: World, entry: bytes) -> bool:
    """Whether an entry of a later version stops a reader; else it is refused under R8."""
    with pytest.raises((UnknownStatement, Refused)) as raised:
        admit(world.view, entry, world.now)
    if isinstance(raised.value, Refused):
        assert (raised.value.rule, "None" in str(raised.value)) == ("R8", False)
        return False
    return True


@pytest.mark.parametrize("who", [TWO_ROOTS, ("root-2", "root-3"), ("duty",), ("co-chief",), ("ec-chief", "stranger")])
def test_those_who_lead_can_ask_for_an_update(who: tuple[str, ...]) -> None:
    world = usual()
    assert stopped(world, unknown(world, *who))


@pytest.mark.parametrize(
    "who",
    [("root-1",), ("co-night",), ("co-day",), ("co-night", "co-day", "root-3"), ("stranger",), ("root-1", "root-9")],
)
def test_nobody_else_can_stop_a_desk_with_a_made_up_kind(who: tuple[str, ...]) -> None:
    """Else any officer, with whoever runs the log, had every desk say "update needed" where an alarm is due."""
    world = usual()
    assert not stopped(world, unknown(world, *who))


def test_who_does_not_lead_any_more_cannot_stop_a_desk() -> None:
    world = usual()
    revoked, suspended, demoted = world.copy(), world.copy(), world.copy()
    revoked.admit(revoked.say(RevokeDevice, device=local_id("co-chief"), reason="stolen"), "co-chief")
    suspended.admit(suspended.say(SuspendMember, member="co", until=world.now + DAY), *TWO_ROOTS)
    roles = demoted.say(ChangeRoles, officer=officer_id("co-chief"), roles=("coordinator",))
    demoted.admit(roles, "co-deputy", *TWO_ROOTS)
    for each in (revoked, suspended, demoted):
        assert not stopped(each, unknown(each, "co-chief"))
    suspended.now += DAY
    assert stopped(suspended, unknown(suspended, "co-chief"))


def test_a_forged_line_of_one_who_leads_stops_nobody() -> None:
    world = usual()
    forged = unknown(world, "co-chief").replace(b"declare-peace", b"declare-truce")
    with pytest.raises(SignatureError):
        admit(world.view, forged, world.now)


def test_before_the_founding_anything_unknown_may_be_one() -> None:
    with pytest.raises(UnknownStatement):
        admit(View(), unknown(usual(), "root-1"), LATER)  # the reader goes by the founding statement's hash


def test_time_begins_with_nought() -> None:
    assert apply(View(), founding(at=0), local_ids(*TWO_ROOTS), 0).subjects[founding().subject].last_at == 0


def test_the_founding_cannot_come_twice() -> None:
    world = usual()
    assert world.refusal(founding(), *TWO_ROOTS) == "R1"
    again = msgspec.structs.replace(founding(), seq=1)
    assert world.refusal(again, *ROOTS) == "R1"


def test_judging_costs_the_same_however_long_the_log() -> None:
    """A contact published a thousand times is no heavier than one published twice."""
    world = usual()
    signers = local_ids("co-chief")
    for _ in range(1000):
        world.view = apply(world.view, world.publishing("co-desk", "co", ["co-night"]), signers, world.now)
    assert len(world.view.contacts["co-desk"].service) == 1
    assert world.view.bodies[commitment("fresh 1000")].subject == "contact/co-desk"
