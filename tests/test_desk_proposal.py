"""What is shown to whoever is asked to sign too: every field, whole, beside what holds today, and nothing that lies."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from desk_world import network
from directory_world import ROOTS, device_keys, key_pair, local_id, officer_id, public_key, reception_fields, relay_keys

from crypto.fingerprint import fingerprint
from crypto.note import Note, parse_note
from desk.commands.proposal import show
from desk.errors import Usage
from desk.proposals.proposal import Item, Row, describe
from desk.replica.statements import Batch, NeedsOthers, Voice, read_proposal
from directory.bodies import CircleBody, ContactBody, Hours, MemberBody, OfficerBody, Phone, Requirements
from directory.canonical import encode
from directory.statement import (
    KINDS,
    AdmitMember,
    AttestContact,
    ChangeReception,
    ChangeRoles,
    Clocks,
    Continues,
    EnrolDevice,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    Freshness,
    ListProvisional,
    NameRelay,
    Policy,
    PublishContact,
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
from relay.protocol.requests import NewStatements

WORLD = network()
CHIEF, ROOT = ("co-chief",), ROOTS[:1]


def batch(*handles: str, view: View | None = None) -> Batch:
    voices = [Voice(key_pair(each).ed25519, local_id(each)) for each in handles]
    return Batch(view or WORLD.view, voices, WORLD.now)


def request_of(issued: Batch) -> NewStatements:
    try:
        return issued.request()
    except NeedsOthers as others:
        return read_proposal(others.proposal)[0]


def described(issued: Batch, held: dict[str, bytes] | None = None, view: View | None = None) -> list[Item]:
    request = request_of(issued)
    return describe(*read_proposal(encode(request)), view or WORLD.view, held or {}, WORLD.now)


def rows(item: Item) -> dict[str, Row]:
    assert len({row.name for row in item.rows}) == len(item.rows)
    return {row.name: row for row in item.rows}


def one(*who: str, kind: type[Any], body: Any = None, held: dict[str, bytes] | None = None, **fields: Any) -> Item:
    issued = batch(*who)
    committed = {"body": issued.body(body)} if body is not None else {}
    issued.issue(kind, **committed, **fields)
    (item,) = described(issued, held)
    return item


def rekey(*who: str, **changes: Any) -> Item:
    now = WORLD.view.founded
    fields: dict[str, Any] = {
        "roots": tuple(sorted(map(public_key, ROOTS))),
        "threshold": now.threshold,
        "duty": public_key("duty"),
        "policy": Policy(),
    }
    return one(*(who or ROOT), kind=RekeyRoots, **(fields | changes))


def test_keys_exchanged_are_seen_each_with_its_fingerprint() -> None:
    new = ("root-1", "root-4", "root-5")
    item = rekey("root-1", "root-4", "root-5", roots=tuple(sorted(map(public_key, new))), duty=public_key("duty-2"))
    told = rows(item)
    keys = told["root keys"]
    assert set(keys.value) == {fingerprint(local_id(each)) for each in new}
    assert set(keys.today or ()) == {fingerprint(local_id(each)) for each in ROOTS}
    assert (told["duty key"].value, told["duty key"].today) == (
        fingerprint(local_id("duty-2")), fingerprint(local_id("duty"))
    )  # fmt: skip
    assert told["threshold"].today is None  # the same as today: shown, and not as a change
    text = show([item])
    assert text.count("new:   ") == text.count("GOES:  ") == 2
    assert text.count("stays: ") == 1
    assert f"today: {fingerprint(local_id('duty'))}" in text
    assert sorted(item.signed_by) == sorted(
        [f"root key {fingerprint(local_id('root-1'))}"]
        + [f"new root key {fingerprint(local_id(each))}" for each in new[1:]]
    )
    assert item.verdict.startswith("does not count yet: re-keying the roots needs 2 of the root keys; 1 signed")


def test_every_number_of_a_policy_is_shown_at_its_default_too() -> None:
    told = rows(rekey(policy=Policy(second=(), clocks=Clocks(routine=86_400), freshness=Freshness(doubtful=365))))
    assert told["two administrators"].value == "are needed for nothing"
    assert len(told["two administrators"].today or ()) == 2
    assert told["clock of flash"] == Row("clock of flash", "600 seconds, 10 min")
    assert told["clock of routine"] == Row("clock of routine", "86400 seconds, 24 h", "21600 seconds, 6 h")
    assert told["entry is due"].today is None
    assert told["entry is doubtful"] == Row(
        "entry is doubtful", "365 days after it was confirmed", "180 days after it was confirmed"
    )


def test_a_device_has_the_fingerprint_that_it_shows_itself() -> None:
    label = {WORLD.view.officers[officer_id("co-night")].body: encode(OfficerBody(label="Guardia nocturna"))}
    item = one(*CHIEF, kind=EnrolDevice, held=label, officer=officer_id("co-night"), **device_keys("co-night/2"))
    told = rows(item)
    assert told["fingerprint"].value == fingerprint(local_id("co-night/2"))
    assert told["officer"].value == f"{officer_id('co-night')} (Guardia nocturna), coordinator of co"
    assert told["roles"].value == ("coordinator",)
    assert told["other devices"].value == (f"{fingerprint(local_id('co-night'))} (live; id {local_id('co-night')})",)
    chief = f"{officer_id('co-chief')} (the label is not known here), administrator of co"
    assert item.signed_by == (f"officer {chief}, device {fingerprint(local_id('co-chief'))}",)
    assert item.verdict == "counts as it is signed"


def test_what_this_desk_does_not_know_it_says() -> None:
    issued = batch("root-1", "root-2")
    body = issued.body(OfficerBody(label="x"))
    issued.issue(EnrolOfficer, officer="ab" * 16, member="co", roles=("administrator",), body=body)
    request = msgspec.structs.replace(request_of(issued), bodies=())
    (item,) = describe(*read_proposal(encode(request)), WORLD.view, {}, WORLD.now)
    assert rows(item)["details"].value == "NOT in this file and not on this desk; do not sign what you cannot see"
    assert rows(item)["member"].value == "co (its names are not known here)"
    unknown = one("root-1", kind=SuspendMember, member="co", until=WORLD.now + 60)
    assert rows(unknown)["suspended"] == Row("suspended", unknown.rows[1].value, "no")
    (strange,) = signed(WORLD.say(EnrolDevice, officer=officer_id("new"), **device_keys("new")), *CHIEF)
    assert rows(strange)["officer"].value == f"{officer_id('new')}: NOT in this desk's directory"
    assert strange.verdict.startswith("does not count yet: no such officer was enrolled")


def signed(statement: Any, *who: str) -> list[Item]:
    """A statement as it is, signed by handles, described: whether any desk would have let it be made or not."""
    request = NewStatements(statements=(WORLD.sign(statement, *who).decode(),))
    return describe(*read_proposal(encode(request)), WORLD.view, {}, WORLD.now)


HIDDEN = "harmless " * 40 + "[and administrator of everything]"


def test_nothing_hides_behind_a_cut() -> None:
    body = ContactBody(names={"es": HIDDEN[:400]}, notes={"es": HIDDEN * 5}, address=HIDDEN[:400])
    item = one(*CHIEF, kind=PublishContact, body=body, contact="co-new", member="co", country="CO", function="consular")
    text = show([item])
    for value in (HIDDEN[:400], HIDDEN * 5):
        assert value in text
    narrow = show([item], width=80)
    assert "".join(HIDDEN.split()) in "".join(narrow.split())
    assert max(map(len, narrow.splitlines())) <= 80
    assert "…" not in text + narrow


def test_text_of_others_can_pass_for_no_row_and_turns_nothing_round() -> None:
    forged = "x" + " " * 56 + "roles                coordinator\n  roles                coordinator\x1b[1A\u202eesrever"
    item = one("co-chief", kind=EnrolOfficer, body=OfficerBody(label=forged), officer="ab" * 16, member="co",
               roles=("administrator",))  # fmt: skip
    for width in (0, 60, 79, 80, 81, 120):
        lines = show([item], width).splitlines()
        assert [line for line in lines if line.startswith("  roles")] == ["  roles                administrator"]
        assert all(char.isprintable() for line in lines for char in line)
        assert "[U+202E]" in "".join(lines).replace(" ", "")
    assert rows(item)["label"].value == forged  # programs get it as it is


def test_a_long_list_stands_item_by_item() -> None:
    people = tuple(sorted(officer_id(each) for each in ("co-night", "co-day", "co-second")))
    item = one(*CHIEF, kind=PublishContact, body=ContactBody(names={"es": "x"}), contact="co-desk", member="co",
               country="CO", function="trafficking-24-7", officers=people)  # fmt: skip
    told = rows(item)
    text = show([item])
    assert len(told["served by"].value) == 3
    assert text.count("stays: ") == 2
    assert f"new:   {officer_id('co-second')} (the label is not known here), coordinator of co" in text


def test_a_contact_is_shown_beside_what_is_published_now() -> None:
    held = {WORLD.view.contacts["co-desk"].body: encode(ContactBody(names={"es": "Mesa"}, emails=("a@x.example",)))}
    body = ContactBody(names={"es": "Mesa"}, phones=(Phone(number="+12025550110"),), hours=Hours(always=True))
    told = rows(
        one(*CHIEF, kind=PublishContact, body=body, held=held, contact="co-desk", member="co", country="CO",
            function="extradition", officers=())
    )  # fmt: skip
    assert told["names"] == Row("names", ("es=Mesa",))
    assert told["e-mail"] == Row("e-mail", "none", ("a@x.example",))
    assert told["telephones"] == Row("telephones", ("+12025550110 (day)",), "none")
    assert told["hours"] == Row("hours", "24/7", "not known")
    assert told["function"].today == "trafficking-24-7 (Trafficking in persons, 24/7 desk)"
    assert told["served by"].value == "nobody"
    assert len(told["served by"].today or ()) == 2
    usual = {
        "website",
        "address",
        "city",
        "languages",
        "time zone",
        "holidays",
        "first answer",
        "requests in",
        "source",
    }
    for name in usual | {"form of requests", "dual criminality", "channel", "notes", "circles", "next in line"}:
        assert told[name].value


def test_many_statements_are_numbered_and_each_is_compared_with_what_those_before_make_of_it() -> None:
    issued = batch(*CHIEF)
    for number in range(40):
        body = issued.body(ContactBody(names={"es": f"Mesa {number}"}))
        issued.issue(PublishContact, contact="co-new", member="co", country="CO", function="consular", body=body)
    items = described(issued)
    text = show(items)
    assert text.startswith("40 statements to sign:\n\n1 of 40: publish-contact\n")
    assert "\n\n40 of 40: publish-contact\n" in text
    assert rows(items[0])["names"] == Row("names", ("es=Mesa 0",))
    assert rows(items[39])["names"] == Row("names", ("es=Mesa 39",), ("es=Mesa 38",))
    assert "1 statement to sign:" in show(items[:1])


def test_who_is_revoked_and_what_ends_with_it() -> None:
    told = rows(one(*CHIEF, kind=RevokeOfficer, officer=officer_id("co-night"), reason="left"))
    assert fingerprint(local_id("co-night")) in told["devices that end"].value[0]
    assert [each.partition(" ")[0] for each in told["contacts served"].value] == ["co-desk"]
    device = rows(one(*CHIEF, kind=RevokeDevice, device=local_id("co-day"), reason="stolen"))
    assert str(device["officer"].value).startswith(officer_id("co-day"))
    assert device["reason"].value == "stolen"
    member = rows(one("root-1", "root-2", kind=RevokeMember, member="co"))
    assert len(member["its officers"].value) == 5
    assert len(member["its contacts"].value) == 2


def test_an_altered_signature_is_no_signature() -> None:
    issued = batch(*CHIEF)
    issued.issue(RetireContact, contact="co-desk")
    text = request_of(issued).statements[0]
    note = parse_note(text.encode())
    blob = note.signatures[0].blob
    altered = Note(note.text, (replace(note.signatures[0], blob=blob[:-1] + bytes([blob[-1] ^ 1])),)).write().decode()
    request = NewStatements(statements=(text.replace("co-desk", "co-court"),))
    for bad in (request, NewStatements(statements=(altered,))):
        with pytest.raises(Usage, match=r"altered|no proposal"):
            describe(*read_proposal(encode(bad)), WORLD.view, {}, WORLD.now)


def test_an_outdated_proposal_is_told_so() -> None:
    world = WORLD.copy()
    issued = batch(*CHIEF)
    issued.issue(RetireContact, contact="co-desk")
    world.admit(world.say(AttestContact, contact="co-desk"), "co-night")
    (item,) = described(issued, view=world.view)
    assert rows(item)["about"].today == "2 statements about it: this one is out of date"
    assert "it was signed after 1 statements about contact/co-desk; 2 stand before it" in item.verdict


def test_a_proposal_of_another_network_is_told_so() -> None:
    strange = msgspec.structs.replace(WORLD.say(RetireContact, contact="co-desk"), network="0" * 64)
    (item,) = signed(strange, *CHIEF)
    assert rows(item)["network"].value == f"ANOTHER network than this desk's: {'0' * 64}"


BODY = "00" * 32
EVERY: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "rekey-roots": (RekeyRoots, {"roots": (public_key("root-1"),), "threshold": 1, "duty": public_key("duty")}),
    "name-relay": (
        NameRelay, {"origin": "log2.example", "continues": Continues(origin="log.enlace.example", size=3, root=BODY),
                    **relay_keys("relay 2")},
    ),
    "admit-member": (AdmitMember, {"member": "pe", "country": "PE", "body": BODY}),
    "suspend-member": (SuspendMember, {"member": "co", "until": 2**40}),
    "reinstate-member": (ReinstateMember, {"member": "co"}),
    "revoke-member": (RevokeMember, {"member": "co"}),
    "set-circle": (SetCircle, {"circle": "andean", "members": ("co", "zz"), "body": BODY}),
    "first-administrator": (FirstAdministrator, {"officer": "cd" * 16, "member": "co", "body": BODY}),
    "enrol-officer": (EnrolOfficer, {"officer": "cd" * 16, "member": "zz", "roles": ("coordinator",), "body": BODY}),
    "change-roles": (ChangeRoles, {"officer": officer_id("co-night"), "roles": ("administrator",)}),
    "revoke-officer": (RevokeOfficer, {"officer": "cd" * 16, "reason": "left"}),
    "enrol-device": (EnrolDevice, {"officer": "cd" * 16, **device_keys("new")}),
    "revoke-device": (RevokeDevice, {"device": BODY, "reason": "lost"}),
    "change-reception": (ChangeReception, {"device": BODY, **reception_fields("co-night", 1)}),
    "publish-contact": (
        PublishContact, {"contact": "co-x", "member": "co", "country": "CO", "function": "consular", "body": BODY}
    ),
    "attest-contact": (AttestContact, {"contact": "co-nowhere"}),
    "retire-contact": (RetireContact, {"contact": "co-desk"}),
    "list-provisional": (ListProvisional, {"contact": "pe-x", "country": "PE", "function": "consular", "body": BODY}),
    "withdraw-provisional": (WithdrawProvisional, {"contact": "pe-x"}),
    "erase-body": (EraseBody, {"body": BODY}),
}  # fmt: skip


def test_every_kind_has_its_words() -> None:
    assert EVERY.keys() == KINDS - {"found-network"}


@pytest.mark.parametrize("kind", EVERY)
def test_every_field_of_every_kind_is_shown(kind: str) -> None:
    """Each in full, keys as fingerprints, what is unknown here as such; and the same for programs."""
    made, fields = EVERY[kind]
    (item,) = signed(WORLD.say(made, **fields), "co-chief")
    text = show([item])
    keys = {"roots", "duty", *(each for each in fields if each.endswith(("ed25519", "mldsa44")))}
    for name, value in fields.items():
        if name in keys or (name == "body" and kind != "erase-body"):
            continue
        for each in value if isinstance(value, tuple) else (value,):
            plain = "until it is reinstated" if name == "until" else each.origin if name == "continues" else str(each)
            assert plain in text, name
    assert ("do not sign what you cannot see" in text) == ("body" in fields and kind != "erase-body")
    for word in ("about", "time", "network", "signed by", "so far"):
        assert f"\n  {word}" in text
    assert json.loads(msgspec.json.encode(item.plain()))["rows"][0]["name"] == item.rows[0].name


def test_what_stands_in_bodies_of_every_kind() -> None:
    both = ("root-1", "root-2")
    names = MemberBody(names={"es": "Perú", "en": "Peru"})
    member = one(*both, kind=AdmitMember, body=names, member="pe", country="PE")
    assert rows(member)["names"].value == ("en=Peru", "es=Perú")
    circle = one(*both, kind=SetCircle, body=CircleBody(names={"es": "Andino"}), circle="andean", members=("co",))
    assert rows(circle)["names"].value == ("es=Andino",)
    needs = Requirements(languages=("es",), form="carta", dual_criminality=True)
    body = ContactBody(names={"es": "x"}, requirements=needs, respond=30)
    listed = rows(one(*both, kind=ListProvisional, body=body, contact="pe-x", country="PE", function="odd-one"))
    assert listed["dual criminality"].value == "required"
    assert listed["first answer"].value == "within 30 minutes"
    assert listed["member"].value == "none: compiled, not confirmed"
    issued = batch(*both)
    raw = b'{"colour":"red","names":{"es":"x"}}'
    issued.issue(ListProvisional, contact="pe-x", country="PE", function="odd-one", body=issued.body(body))
    request = request_of(issued)
    (item,) = describe(*read_proposal(encode(request)), WORLD.view, {}, WORLD.now)
    assert item.verdict == "counts as it is signed"
    commitment = json.loads(parse_note(request.statements[0].encode()).text.split("\n")[1])["body"]
    bare = msgspec.structs.replace(request, bodies=())
    (item,) = describe(*read_proposal(encode(bare)), WORLD.view, {commitment: raw}, WORLD.now)
    assert rows(item)["details, unreadable to this version"].value == raw.decode()
