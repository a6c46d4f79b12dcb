"""Who signs what: every kind of statement, taken from those the design names and refused from everybody else."""

from collections.abc import Callable

import pytest
from directory_cases import DAY, usual
from directory_world import ROOTS, TWO_ROOTS, World, founding, local_id, local_ids, officer_id, public_key, relay_keys

from crypto.note import SignatureError
from directory.judge import Refused, admit, apply
from directory.statement import (
    KINDS,
    AdmitMember,
    AnyStatement,
    AttestContact,
    ChangeRoles,
    Continues,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    ListProvisional,
    NameRelay,
    Policy,
    ReinstateMember,
    RekeyRoots,
    RetireContact,
    RevokeDevice,
    RevokeMember,
    RevokeOfficer,
    SetCircle,
    SuspendMember,
    WithdrawProvisional,
)
from directory.view import View

NEW = ("root-2", "root-3", "root-4")
Who = tuple[str, ...]
CHIEF, PAIR, SERVING = ("co-chief",), ("co-chief", "co-deputy"), ("co-night",)
# Every combination somebody might hope to get away with.
HOPEFULS: tuple[Who, ...] = (
    ("root-1",), TWO_ROOTS, ROOTS, ("root-1", "root-2", "root-4", "root-3"), ("duty",), ("duty", "root-1"),
    CHIEF, ("co-deputy",), PAIR, SERVING, ("co-day",), ("co-night", "co-day"), ("ec-chief",), ("co-chief", "ec-chief"),
    ("co-chief", "root-1"), ("co-chief", *TWO_ROOTS), ("co-chief", "co-night"), ("co-chief", "duty"),
)  # fmt: skip


def rekeying(w: World) -> AnyStatement:
    new = tuple(sorted(map(public_key, NEW)))
    return w.say(RekeyRoots, roots=new, threshold=3, duty=public_key("duty-2"), policy=Policy())


def relay(w: World) -> AnyStatement:
    old = Continues(origin="log.enlace.example", size=1, root="0" * 64)
    return w.say(NameRelay, origin="log2.enlace.example", continues=old, **relay_keys("relay 2"))


def first(w: World) -> AnyStatement:
    w.admit(w.say(RevokeDevice, device=local_id("ec-chief"), reason="lost"), "ec-chief")
    return w.say(FirstAdministrator, officer=officer_id("new"), member="ec", body=w.fresh())


def reinstating(w: World) -> AnyStatement:
    w.admit(w.say(SuspendMember, member="ec", until=w.now + DAY), "duty")
    return w.say(ReinstateMember, member="ec")


def pe(w: World) -> dict[str, str]:
    return {"contact": "pe-desk-2", "country": "PE", "function": "customs", "body": w.fresh()}


def new_officer(w: World, *roles: str) -> AnyStatement:
    return w.say(EnrolOfficer, officer=officer_id("new"), member="co", roles=roles, body=w.fresh())


ROOTED: tuple[Who, ...] = (TWO_ROOTS, ROOTS)
LOCAL: tuple[Who, ...] = (CHIEF, ("co-deputy",), PAIR)
TABLE: dict[str, tuple[Callable[[World], AnyStatement], tuple[Who, ...]]] = {
    "rekey-roots": (rekeying, (("root-1", "root-2", "root-4", "root-3"),)),
    "name-relay": (relay, ROOTED),
    "admit-member": (lambda w: w.say(AdmitMember, member="pe", country="PE", body=w.fresh()), ROOTED),
    "suspend-member": (lambda w: w.say(SuspendMember, member="co", until=w.now + DAY), (*ROOTED, ("duty",))),
    "suspend-member for long": (lambda w: w.say(SuspendMember, member="co", until=w.now + 9 * DAY), ROOTED),
    "reinstate-member": (reinstating, ROOTED),
    "revoke-member": (lambda w: w.say(RevokeMember, member="co"), ROOTED),
    "set-circle": (lambda w: w.say(SetCircle, circle="south", members=("co",), body=w.fresh()), ROOTED),
    "first-administrator": (first, ROOTED),
    "list-provisional": (lambda w: w.say(ListProvisional, **pe(w)), ROOTED),
    "withdraw-provisional": (lambda w: w.say(WithdrawProvisional, contact="pe-desk"), ROOTED),
    "enrol-officer": (lambda w: new_officer(w, "coordinator"), LOCAL),
    "enrol-officer as administrator": (lambda w: new_officer(w, "administrator"), (PAIR,)),
    "change-roles": (lambda w: w.say(ChangeRoles, officer=officer_id("co-day"), roles=("coordinator",)), LOCAL),
    "change-roles to administrator": (
        lambda w: w.say(ChangeRoles, officer=officer_id("co-day"), roles=("administrator",)),
        (PAIR,),
    ),
    "change-roles of the deputy": (
        lambda w: w.say(ChangeRoles, officer=officer_id("co-deputy"), roles=("administrator", "coordinator")),
        (CHIEF, PAIR),
    ),
    "revoke-officer": (lambda w: w.say(RevokeOfficer, officer=officer_id("co-day"), reason="left"), LOCAL),
    "revoke-officer the deputy": (
        lambda w: w.say(RevokeOfficer, officer=officer_id("co-deputy"), reason="left"),
        (("co-chief", *TWO_ROOTS),),
    ),
    "enrol-device": (lambda w: w.enrolling("co-day/2"), LOCAL),
    "enrol-device for the deputy": (lambda w: w.enrolling("co-deputy/2"), (("co-chief", *TWO_ROOTS),)),
    "revoke-device": (lambda w: w.say(RevokeDevice, device=local_id("co-night"), reason="lost"), (*LOCAL, SERVING)),
    "change-reception": (lambda w: w.changing_reception("co-night"), (SERVING,)),
    "publish-contact": (lambda w: w.publishing("co-desk", "co", ["co-night"]), LOCAL),
    "attest-contact": (lambda w: w.say(AttestContact, contact="co-desk"), (*LOCAL, SERVING)),
    "attest-contact nobody serves": (lambda w: w.say(AttestContact, contact="co-court"), LOCAL),
    "retire-contact": (lambda w: w.say(RetireContact, contact="co-desk"), LOCAL),
    "erase-body": (lambda w: w.say(EraseBody, body=w.view.contacts["co-desk"].body), LOCAL),
    "erase-body of the network": (lambda w: w.say(EraseBody, body=w.view.circles["andean"].body), ROOTED),
    "erase-body of a provisional contact": (lambda w: w.say(EraseBody, body=w.view.contacts["pe-desk"].body), ROOTED),
    "erase-body of a member": (lambda w: w.say(EraseBody, body=w.view.members["co"].body), ROOTED),
}


def rule(world: World, statement: AnyStatement, who: Who) -> str:
    """The rule a statement breaks when signed like this; "" if it counts."""
    try:
        apply(world.view, statement, local_ids(*who), world.now)
    except Refused as refused:
        words = str(refused)  # what it takes is said in words for this very kind
        return refused.rule if "None" not in words else words
    return ""


@pytest.mark.parametrize("what", TABLE)
def test_a_statement_counts_from_those_who_may_and_from_nobody_else(what: str) -> None:
    make, good = TABLE[what]
    world = usual()
    statement = make(world)
    rules = {who: rule(world, statement, who) for who in HOPEFULS}
    assert {who for who, broken in rules.items() if not broken} == set(good)
    assert set(rules.values()) <= {"", "R5", "R6", "R12", "R15", "R21", "R22", "R27", "R38"}


@pytest.mark.parametrize("what", TABLE)
def test_a_suspension_that_lapsed_takes_nobodys_voice(what: str) -> None:
    """The time decides it, wherever somebody's voice or device is asked about."""
    make, good = TABLE[what]
    world = usual()
    for member in ("co", "ec"):
        world.admit(world.say(SuspendMember, member=member, until=world.now + DAY), *TWO_ROOTS)
    world.now += DAY
    statement = make(world)
    assert {who for who in HOPEFULS if not rule(world, statement, who)} == set(good)


@pytest.mark.parametrize("what", TABLE)
def test_nobody_and_strangers_sign_nothing(what: str) -> None:
    make, good = TABLE[what]
    world = usual()
    statement = make(world)
    for who in ((), ("stranger",), *((*each, "stranger") for each in good)):
        with pytest.raises(Refused):
            apply(world.view, statement, local_ids(*who), world.now)


def test_the_table_holds_every_kind() -> None:
    assert {each.split(" ")[0] for each in TABLE} == KINDS - {"found-network"}


def test_a_founding_counts_from_its_own_roots() -> None:
    statement = founding()
    for who in ((), ("root-1",), ("root-1", "duty"), (*TWO_ROOTS, "duty"), (*TWO_ROOTS, "stranger")):
        with pytest.raises(Refused):
            apply(View(), statement, local_ids(*who), statement.at)
    for who in ROOTED:
        assert apply(View(), statement, local_ids(*who), statement.at).size == 1


def test_before_the_founding_nobody_can_be_checked() -> None:
    world = usual()
    entry = world.sign(world.say(AdmitMember, member="pe", country="PE", body=world.fresh()), *TWO_ROOTS)
    with pytest.raises(SignatureError):
        admit(View(), entry, world.now)
