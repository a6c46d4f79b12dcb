"""Which batches of statements and bodies the relay takes, and what it says of the others."""

from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from directory_world import TWO_ROOTS, founding, key_pair, officer_id, relay_keys
from relay_bodies import ORIGIN, OWN, BodiedWorld

from crypto.merkle import Tree, leaf_hash
from crypto.note import Note, parse_note
from directory.bodies import MemberBody, write_body_bytes
from directory.statement import (
    AttestContact,
    ChangeRoles,
    Continues,
    EraseBody,
    NameRelay,
    RetireContact,
    SuspendMember,
)
from directory.view import View
from relay.own_keys import OwnKeys
from relay.protocol.problems import Problem, Refusal
from relay.rules.intake import Batch, Opening, judge_batch

HOLDING = OwnKeys(ORIGIN, (*OWN.logs, key_pair("next log")), (*OWN.receipts, key_pair("next receipt")))


def taken(world: BodiedWorld, before: View, entries: Sequence[bytes], openings: Sequence[Opening] = ()) -> Batch:
    tree = Tree(leaf_hash(each) for each in world.entries[: before.size])
    return judge_batch(before, tree.root, entries, openings, HOLDING, world.now)


def refused(world: BodiedWorld, entries: Sequence[bytes], openings: Sequence[Opening] = ()) -> Problem:
    with pytest.raises(Refusal) as caught:
        taken(world, world.view, entries, openings)
    return caught.value.problem


def settled() -> BodiedWorld:
    """A network with a member and a contact, all of it handed over."""
    world = BodiedWorld.founded()
    assert isinstance(world, BodiedWorld)
    world.add_member("co")
    world.add_officer("co-night", "co")
    world.add_contact("co-desk", "co", ["co-night"])
    world.news()
    return world


def test_everything_at_once_is_taken_into_an_empty_log() -> None:
    world = settled()
    batch = taken(world, View(), world.entries, tuple(world.openings.values()))
    assert batch.view == world.view
    assert batch.entries == tuple(world.entries)
    assert set(batch.bodies) == set(world.openings)
    assert batch.erased == ()
    assert batch.members == {"co": 5}  # deputy, officer, their devices, the contact; the roots stand for nobody


def test_a_founding_alone_or_with_another_relay_is_refused() -> None:
    world = BodiedWorld()
    world.admit(founding(), *TWO_ROOTS)
    problem = refused_from_nothing(world)
    assert (problem.code, "does not name this relay" in problem.detail) == ("statement-refused", True)
    world.admit(world.say(NameRelay, origin=ORIGIN, **relay_keys("another")), *TWO_ROOTS)
    assert "another relay" in refused_from_nothing(world).detail


def refused_from_nothing(world: BodiedWorld) -> Problem:
    with pytest.raises(Refusal) as caught:
        taken(world, View(), world.entries)
    return caught.value.problem


def test_the_first_statement_founds() -> None:
    world = settled()
    with pytest.raises(Refusal) as caught:
        taken(world, View(), world.entries[1:2])
    assert caught.value.problem.code in ("statement-refused", "signature-invalid")


def turned(entry: bytes) -> bytes:
    """A statement with its signature lines the other way round."""
    note = parse_note(entry)
    return Note(note.text, note.signatures[::-1]).write()


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (lambda w: b"", "malformed"),
        (lambda w: b"\xff\xff", "malformed"),
        (lambda w: w.entries[-1][:-1], "malformed"),
        (lambda w: turned(w.sign(w.say(SuspendMember, member="co", until=w.now + 9), *TWO_ROOTS)), "malformed"),
        (lambda w: w.entries[-1].replace(b"enlace/statement/v1", b"enlace/statement/v2"), "statement-refused"),
        (lambda w: w.entries[-1].replace(b"publish-contact", b"embrace-contact"), "statement-refused"),
        (lambda w: w.entries[-1].replace(b"trafficking", b"trifficking"), "signature-invalid"),
        (lambda w: w.entries[-1], "statement-conflict"),
        (lambda w: w.sign(w.say(AttestContact, contact="co-desk"), "duty"), "statement-refused"),
        (lambda w: w.sign(w.say(AttestContact, contact="co-none"), "co-night"), "statement-refused"),
    ],
)
def test_what_the_judge_refuses_has_a_code(entry: Callable[[BodiedWorld], bytes], code: str) -> None:
    world = settled()
    assert refused(world, [entry(world)]).code == code


def test_a_rule_and_a_place_are_told() -> None:
    world = settled()
    good = world.sign(world.say(AttestContact, contact="co-desk"), "co-night")
    bad = world.sign(world.say(RetireContact, contact="co-desk", seq=2), "co-night")
    problem = refused(world, [good, bad])
    assert (problem.code, problem.rule) == ("statement-refused", "R21")
    assert problem.detail.startswith("statement 2 of 2: ")
    assert refused(world, [good, good]).rule == "R3"


def test_bodies_are_neither_missing_nor_strange_nor_damaged() -> None:
    world = settled()
    entry = world.sign(world.publishing("co-desk", "co", ["co-night"]), "co-chief")
    _, (opening,) = world.news()
    assert refused(world, [entry]).code == "body-mismatch"
    stray = Opening(bytes(32), write_body_bytes(MemberBody(names={"en": "x"})))
    assert "no statement of this batch" in refused(world, [entry], [opening, stray]).detail
    for damaged in (Opening(bytes(32), opening.body), Opening(opening.salt, opening.body + b" ")):
        assert refused(world, [entry], [damaged]).code == "body-mismatch"
    for oversized in (Opening(b"short", b"{}"), Opening(bytes(32), b"x" * 40_000)):
        assert refused(world, [entry], [opening, oversized]).code == "body-mismatch"
    batch = taken(world, world.view, [entry], [opening, opening])
    assert list(batch.bodies.values()) == [opening]


@pytest.mark.parametrize(
    "body", [b"{}", b'{"names": {"en":"x"}}', b"\xff", write_body_bytes(MemberBody(names={"en": "x"}))[:-1]]
)
def test_a_body_is_what_its_statement_says_it_is(body: bytes) -> None:
    world = settled()
    commitment = world.opening(body, "odd")
    entry = world.sign(world.publishing("co-desk", "co", ["co-night"], body=commitment), "co-chief")
    assert refused(world, [entry], [world.openings[commitment]]).code == "body-mismatch"


def test_a_contact_published_again_with_its_old_body_brings_none() -> None:
    world = settled()
    body = world.view.contacts["co-desk"].body
    entry = world.sign(world.publishing("co-desk", "co", [], body=body), "co-chief")
    assert taken(world, world.view, [entry]).bodies == {}


def test_an_erased_body_is_told_and_not_kept() -> None:
    world = settled()
    before = world.view
    world.add_contact("co-desk", "co", ["co-night"])
    body = world.view.contacts["co-desk"].body
    world.admit(world.say(EraseBody, body=body), "co-chief")
    entries, openings = world.news()
    batch = taken(world, before, entries, openings)
    assert (batch.erased, dict(batch.bodies)) == ((body,), {})


def test_statements_count_for_the_member_whose_people_signed() -> None:
    world = settled()
    duty = world.sign(world.say(SuspendMember, member="co", until=world.now + 60), "duty")
    attest = world.sign(world.say(AttestContact, contact="co-desk"), "co-night")
    assert taken(world, world.view, [attest, duty]).members == {"co": 1}


def continuing(world: BodiedWorld, **fields: object) -> bytes:
    size = world.view.size
    root = Tree(leaf_hash(each) for each in world.entries).root()
    about: dict[str, object] = {"origin": ORIGIN, "size": size, "root": root.hex()}
    return world.sign(
        world.say(NameRelay, origin=ORIGIN, **relay_keys("next"), continues=Continues(**(about | fields))),  # type: ignore[arg-type]  # a test's shorthand
        *TWO_ROOTS,
    )


def test_a_relay_that_is_named_again_continues_this_very_log() -> None:
    world = settled()
    assert taken(world, world.view, [continuing(world)]).view.size == world.view.size + 1
    for wrong in ({"origin": "log.other.example"}, {"root": "0" * 64}, {"size": world.view.size + 1}):
        problem = refused(world, [continuing(world, **wrong)])
        assert (problem.code, "continues" in problem.detail) == ("statement-refused", True)


def test_a_relay_does_not_continue_what_is_still_in_its_own_batch() -> None:
    world = settled()
    attest = world.sign(world.say(AttestContact, contact="co-desk"), "co-night")
    assert taken(world, world.view, [attest, continuing(world)]).view.size == world.view.size + 2
    problem = refused(world, [attest, continuing(world, size=world.view.size + 1)])
    assert problem.code == "statement-refused"
    assert problem.detail == "statement 2 of 2: the log it continues is not this one"


def test_an_identity_is_origin_and_all_four_keys() -> None:
    view = settled().view
    assert OWN.named_in(view)
    assert not OWN.named_in(View())
    other = (key_pair("other"),)
    for changed in (
        OwnKeys("log.other.example", OWN.logs, OWN.receipts),
        OwnKeys(ORIGIN, other, OWN.receipts),
        OwnKeys(ORIGIN, OWN.logs, other),
    ):
        assert not changed.named_in(view)


@pytest.mark.parametrize(("days", "code"), [(30, ""), (31, "statement-refused")])
def test_what_the_roots_alone_signed_is_void_after_thirty_days(days: int, code: str) -> None:
    """I6: a signed file that was given up, published by whoever found it."""
    world = settled()
    found = world.sign(world.say(SuspendMember, member="co", until=world.now + 400 * 86_400), *TWO_ROOTS)
    world.now += days * 86_400
    if not code:
        assert taken(world, world.view, [found]).view.size == world.view.size + 1
        return
    problem = refused(world, [found])
    assert problem.code == code
    assert "signed this 31 days ago, and after 30 days it is void" in problem.detail


def test_what_an_administrator_signed_with_the_roots_is_void_like_theirs() -> None:
    """The file with both is as good in anybody's hands as one with the roots' signatures alone."""
    world = settled()
    world.add_member("uy", "uy-chief")
    world.add_officer("uy-night", "uy")
    world.news()
    promoting = world.say(ChangeRoles, officer=officer_id("uy-night"), roles=("administrator",))
    found = world.sign(promoting, "uy-chief", *TWO_ROOTS)
    assert taken(world, world.view, [found]).members == Counter({"uy": 1})
    world.now += 31 * 86_400
    assert "after 30 days it is void" in refused(world, [found]).detail


def test_what_others_sign_is_not_void_for_its_age() -> None:
    """A device's signature is refused with its device; a proposal that waited is the member's own affair."""
    world = settled()
    attesting = world.sign(world.say(AttestContact, contact="co-desk"), "co-night")
    world.now += 3650 * 86_400
    assert taken(world, world.view, [attesting]).entries == (attesting,)


def test_an_old_founding_is_void_too() -> None:
    world = settled()
    world.now += 31 * 86_400
    assert "days ago" in refused_from_nothing(world).detail
