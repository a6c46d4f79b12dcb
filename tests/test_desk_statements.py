"""Issuing statements: judged here first, one batch, and proposals that others complete or refuse."""

import json
from typing import Any

import pytest
from desk_world import changed, network, refused
from directory_world import TWO_ROOTS, World, founding, key_pair, local_id, officer_id, relay_keys

from crypto.encoding import unb64
from crypto.note import parse_note
from crypto.signing import SecretPair
from desk.errors import Declined, Usage
from desk.replica.statements import Batch, NeedsOthers, Voice, co_sign, read_proposal
from directory.bodies import ContactBody, OfficerBody
from directory.commitment import check_commitment
from directory.judge import admit
from directory.statement import (
    AdmitMember,
    AttestContact,
    ChangeRoles,
    EnrolOfficer,
    NameRelay,
    PublishContact,
    RetireContact,
    RevokeDevice,
    SuspendMember,
)
from directory.view import View
from relay.protocol.requests import NewStatements

WORLD = network()


def voice(handle: str) -> Voice:
    return Voice(key_pair(handle).ed25519, local_id(handle))


def batch(*handles: str, world: World = WORLD) -> Batch:
    return Batch(world.view, [voice(each) for each in handles], world.now)


def publish(into: Batch, contact: str = "co-new", **fields: Any) -> None:
    everything: dict[str, Any] = {
        "contact": contact,
        "member": "co",
        "country": "CO",
        "function": "trafficking-24-7",
        "body": into.body(ContactBody(names={"es": "Mesa"})),
    }
    into.issue(PublishContact, **(everything | fields))


def taken(request: NewStatements, world: World = WORLD) -> View:
    """The view after a relay took the request: it runs the same judge."""
    view = world.view
    for each in request.statements:
        view = admit(view, each.encode(), world.now)
    return view


def proposal(of: Batch) -> bytes:
    with pytest.raises(NeedsOthers) as others:
        of.request()
    return others.value.proposal


def test_statements_that_rest_on_each_other_go_as_one_batch() -> None:
    issued = batch("co-chief")
    publish(issued)
    issued.issue(AttestContact, contact="co-new")
    issued.issue(RetireContact, contact="co-new")
    view = taken(issued.request())
    assert view == issued.view
    assert view.contacts["co-new"].ended == WORLD.view.size + 2
    assert WORLD.view.contacts.get("co-new") is None


def test_sequence_and_time_are_filled_in() -> None:
    """This machine's clock may be a little behind the last statement about the subject: then that time is taken."""
    last = WORLD.view.subjects["contact/co-desk"].last_at
    slow = Batch(WORLD.view, [voice("co-chief")], last - 200)
    slow.issue(RetireContact, contact="co-desk")
    assert f'"at":{last},' in slow.statements[0].decode()
    assert '"seq":1}' in slow.statements[0].decode()


def test_every_body_gets_a_salt_of_its_own() -> None:
    issued = batch("co-chief")
    first, second = (issued.body(OfficerBody(label="Night shift")) for _ in range(2))
    assert first != second
    for commitment, opened in zip((first, second), issued.bodies, strict=True):
        check_commitment(commitment, unb64(opened.salt), unb64(opened.body))


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (RetireContact, {"contact": "co-nowhere"}, "rule R30"),
        (AttestContact, {"contact": "pe-desk"}, "rule R30"),
        (PublishContact, {"contact": "co-x", "member": "co", "country": "EC", "function": "csirt"}, "rule R30"),
        (EnrolOfficer, {"officer": officer_id("co-night"), "member": "co", "roles": ("coordinator",)}, "rule R2"),
    ],
)
def test_what_the_directory_would_refuse_is_refused_here_with_its_words(
    kind: type, fields: dict[str, Any], words: str
) -> None:
    issued = batch("co-chief")
    body = {"body": issued.body(OfficerBody(label="x"))} if kind in (PublishContact, EnrolOfficer) else {}
    before = issued.view
    with pytest.raises(Declined, match=f"the directory's rules refuse this: .*{words}") as refusal:
        issued.issue(kind, **fields, **body)
    assert refusal.value.problem == "statement-refused"
    assert (issued.statements, issued.view) == ([], before)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (RetireContact, {"contact": "CO Desk"}),
        (RetireContact, {"contact": "co-desk\n"}),
        (RetireContact, {"contact": "co-\udcff"}),
        (RevokeDevice, {"device": local_id("co-night"), "reason": "bored"}),
        (RevokeDevice, {"device": "xyz", "reason": "lost"}),
        (ChangeRoles, {"officer": officer_id("co-night"), "roles": ("king",)}),
        (SuspendMember, {"member": "co", "until": -1}),
    ],
)
def test_what_no_directory_can_hold_is_told_as_such(kind: type, fields: dict[str, Any]) -> None:
    issued = batch("co-chief")
    assert "the directory cannot hold this: " in refused(lambda: issued.issue(kind, **fields), Usage)
    assert issued.statements == []


@pytest.mark.parametrize("body", [OfficerBody(label="x" * 10_000), OfficerBody(label="\udcff")])
def test_details_no_reader_would_take_are_told_as_such(body: OfficerBody) -> None:
    assert "cannot hold these details" in refused(lambda: batch("co-chief").body(body), Usage)


# --- proposals ---


def test_a_statement_that_needs_a_second_administrator_becomes_a_proposal() -> None:
    issued = batch("co-chief")
    issued.issue(ChangeRoles, officer=officer_id("co-night"), roles=("administrator", "coordinator"))
    with pytest.raises(NeedsOthers, match="rule R22") as others:
        issued.request()
    request, (signed,) = read_proposal(others.value.proposal)
    assert isinstance(signed.statement, ChangeRoles)
    done = co_sign(request, WORLD.view, [voice("co-deputy")], WORLD.now + 3600)
    view = taken(done)
    assert view.officers[officer_id("co-night")].has("administrator", view.size)


def test_bodies_travel_with_a_proposal() -> None:
    world = network()
    issued = batch("root-1", world=world)
    body = issued.body(OfficerBody(label="Fiscalía"))
    issued.issue(AdmitMember, member="pe", country="PE", body=body)
    request, _ = read_proposal(proposal(issued))
    done = co_sign(request, world.view, [voice("root-2")], world.now)
    assert done.bodies == request.bodies == tuple(issued.bodies)
    assert "pe" in taken(done, world).members


def test_a_proposal_that_needs_still_more_is_a_proposal_again() -> None:
    world = World.founded()
    founded = founding(threshold=3)
    world = World()
    world.admit(founded, "root-1", "root-2", "root-3")
    world.admit(world.say(NameRelay, origin="log.enlace.example", **relay_keys()), "root-1", "root-2", "root-3")
    issued = batch("root-1", world=world)
    issued.issue(AdmitMember, member="pe", country="PE", body=issued.body(OfficerBody(label="x")))
    request, _ = read_proposal(proposal(issued))
    with pytest.raises(NeedsOthers) as others:
        co_sign(request, world.view, [voice("root-2")], world.now)
    again, (signed,) = read_proposal(others.value.proposal)
    assert len(signed.note.signatures) == 2
    assert "pe" in taken(co_sign(again, world.view, [voice("root-3")], world.now), world).members


def test_signing_twice_with_one_key_adds_nothing() -> None:
    issued = batch("co-chief")
    issued.issue(ChangeRoles, officer=officer_id("co-night"), roles=("administrator",))
    request, _ = read_proposal(proposal(issued))
    with pytest.raises(NeedsOthers) as others:
        co_sign(request, WORLD.view, [voice("co-chief")], WORLD.now)
    assert others.value.proposal == proposal(issued)


def test_a_proposal_is_the_last_of_its_batch() -> None:
    issued = batch("co-chief")
    publish(issued)
    issued.issue(ChangeRoles, officer=officer_id("co-night"), roles=("administrator",))
    with pytest.raises(Usage, match="needs somebody else's signature first"):
        issued.issue(RetireContact, contact="co-desk")
    request, _ = read_proposal(proposal(issued))
    view = taken(co_sign(request, WORLD.view, [voice("co-deputy")], WORLD.now))
    assert view.size == WORLD.view.size + 2


@pytest.mark.parametrize("handle", ["co-night", "ec-night"])
def test_who_has_no_say_proposes_nothing(handle: str) -> None:
    """A coordinator's line would have to come off again before anybody could use the proposal."""
    issued = batch(handle)
    assert "rule R21" in refused(lambda: issued.issue(RetireContact, contact="co-desk"), Declined)
    assert issued.why_others == ""
    assert "rule R6" in refused(lambda: issued.issue(AdmitMember, member="pe", country="PE", body="00" * 32), Declined)


def test_without_any_voice_nothing_is_proposed() -> None:
    assert "nobody signs this" in refused(lambda: batch().issue(RetireContact, contact="co-desk"), Usage)


def test_a_proposal_overtaken_by_others_is_declined() -> None:
    issued = batch("co-chief")
    issued.issue(ChangeRoles, officer=officer_id("co-night"), roles=("administrator",))
    request, _ = read_proposal(proposal(issued))
    world = network()
    world.admit(world.say(ChangeRoles, officer=officer_id("co-night"), roles=("investigator",)), "co-chief")
    with pytest.raises(Declined, match="synchronise and sign anew"):
        co_sign(request, world.view, [voice("co-deputy")], world.now)


def spoilt(how: str) -> bytes:
    issued = batch("co-chief")
    issued.issue(ChangeRoles, officer=officer_id("co-night"), roles=("administrator",))
    raw = proposal(issued)
    text = json.loads(raw)["statements"][0]
    return {
        "another officer": raw.replace(officer_id("co-night").encode(), officer_id("co-day").encode()),
        "a signature": raw.replace(parse_note(text.encode()).signatures[0].line()[-9:-1].encode(), b"AAAAAAAA", 1),
        "nothing": b"",
        "no JSON": b"hello",
        "not canonical": raw.replace(b":", b": ", 1),
        "no statement": b'{"statements":["hello"]}',
        "none": b'{"statements":[]}',
        "not UTF-8": raw.replace(b"administrator", b"\xff"),
        "nested": b"[" * 100_000,
        "too large": b" " * (9 << 20) + raw,
    }[how]


@pytest.mark.parametrize(
    "how", ["nothing", "no JSON", "not canonical", "no statement", "none", "not UTF-8", "nested", "too large"]
)
def test_what_is_no_proposal_is_told(how: str) -> None:
    assert "this is no proposal, or it was altered" in refused(lambda: read_proposal(spoilt(how)), Usage)


@pytest.mark.parametrize("how", ["another officer", "a signature"])
def test_a_proposal_that_was_altered_is_not_signed(how: str) -> None:
    request, _ = read_proposal(spoilt(how))
    with pytest.raises(Usage, match="this proposal was altered"):
        co_sign(request, WORLD.view, [voice("co-deputy")], WORLD.now)


def test_a_proposal_of_another_network_is_not_signed() -> None:
    other = World()
    other.admit(founding(roots=("root-7", "root-8"), duty="duty-2"), "root-7", "root-8")
    issued = batch("root-7", world=other)
    issued.issue(AdmitMember, member="pe", country="PE", body="00" * 32)
    request, _ = read_proposal(proposal(issued))
    with pytest.raises((Usage, Declined)):
        co_sign(request, WORLD.view, [voice(each) for each in TWO_ROOTS], WORLD.now)


def test_founding_begins_a_batch() -> None:
    """With enough root voices at once; with too few, nobody could ever complete it elsewhere but by a proposal."""
    issued = Batch(View(), [voice(each) for each in TWO_ROOTS], WORLD.now)
    issued.found(changed(founding(), at=WORLD.now))
    issued.issue(NameRelay, origin="log.enlace.example", **relay_keys())
    assert issued.view.size == 2
    assert len(issued.request().statements) == 2


def test_a_strange_key_signs_nothing() -> None:
    stranger = SecretPair.generate()
    issued = Batch(WORLD.view, [voice("co-chief"), Voice(stranger.ed25519, stranger.public.id)], WORLD.now)
    with pytest.raises(Declined, match="this desk's device key is none of the network's, or no longer"):
        issued.issue(RetireContact, contact="co-desk")
    assert issued.statements == []


def test_a_co_signer_signs_only_what_lacks_signatures() -> None:
    """A root key's line on a statement that an administrator decides alone would have to come off again (R5)."""
    issued = batch("co-chief")
    publish(issued)
    body = issued.body(OfficerBody(label="Second"))
    issued.issue(EnrolOfficer, officer="ab" * 16, member="co", roles=("administrator",), body=body)
    request, statements = read_proposal(proposal(issued))
    both = co_sign(request, WORLD.view, [voice("co-deputy")], WORLD.now)
    assert both.statements[0] == request.statements[0]
    assert len(parse_note(both.statements[1].encode()).signatures) == 2
    assert len(statements) == 2
    assert taken(both).size == WORLD.view.size + 2


def test_whose_voice_counts_for_nothing_co_signs_nothing() -> None:
    issued = batch("co-chief")
    body = issued.body(OfficerBody(label="Second"))
    issued.issue(EnrolOfficer, officer="ab" * 16, member="co", roles=("administrator",), body=body)
    request, _ = read_proposal(proposal(issued))
    words = refused(lambda: co_sign(request, WORLD.view, [voice("co-night")], WORLD.now), Declined)
    assert "this officer's signature counts for nothing here" in words


def test_an_administrator_has_no_say_in_another_member_s_matters() -> None:
    """Nothing to propose, then: the line would have to come off again."""
    issued = batch("ec-chief")
    assert "one administrator of co" in refused(lambda: issued.issue(RetireContact, contact="co-desk"), Declined)
    told = refused(lambda: issued.issue(RevokeDevice, device=local_id("co-night"), reason="lost"), Declined)
    assert "of co" in told
    assert issued.statements == []
