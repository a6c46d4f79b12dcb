"""O1 to O5: for each check something that breaks exactly it, and the words an officer would read."""

from collections.abc import Callable
from typing import Any

import pytest
from desk_world import (
    DAY,
    changed,
    choice,
    message,
    network,
    note_of,
    opened,
    receipt,
    refused,
    replica,
    sealed,
)
from directory_world import START, World, key_pair, local_id, officer_id

from crypto.age import encrypt
from crypto.age_pq import PQIdentity, PQRecipient
from crypto.signing import sign_both
from desk.mail.message import MessageStage, Sender
from desk.mail.opening import NotYet, Reader, Unbelievable, ever_served
from directory.replay import Replica
from directory.statement import AnyStatement, ChangeRoles, RetireContact, RevokeDevice
from relay.protocol.envelope import Envelope, Header, Recipient, Stage, write_envelope
from relay.protocol.padding import pad

STAGED = (
    MessageStage(after=0, contacts=("ec-desk",)),
    MessageStage(after=600, contacts=("ec-court",)),
)


def words(world: World, envelope: Envelope | bytes, handle: str = "ec-night", **how: Any) -> str:
    return refused(lambda: opened(world, envelope, handle, **how), Unbelievable)


def rewritten(envelope: Envelope, **fields: Any) -> Envelope:
    """The envelope under a header that somebody changed on the way."""
    return write_envelope(changed(envelope.header, **fields), envelope.sealed)


def by_hand(world: World, text: bytes, **fields: Any) -> Envelope:
    """An envelope to ec-night alone that holds `text`, which no honest desk would have sealed."""
    own = choice("ec-night")
    everything: dict[str, Any] = {
        "id": "ab" * 16,
        "network": world.network,
        "sender": local_id("co-night"),
        "stages": (Stage(after=0, devices=(Recipient(device=own.device, key=own.key),)),),
        "own": (),
        "precedence": "flash",
        "stop": "accepted",
        "time": world.now,
        "expires": world.now + 7 * DAY,
        "attachments": (),
        "tree_size": world.view.size,
    }
    return write_envelope(Header(**(everything | fields)), encrypt(text, [PQRecipient(own.recipient)]))


def test_an_honest_message_opens_without_a_warning() -> None:
    world = network()
    sent = message(world)
    for handle in ("ec-night", "ec-day"):
        seen = opened(world, sealed(world, sent), handle)
        assert (seen.message, seen.warnings, seen.alarm) == (sent, (), None)
        assert (seen.stage, seen.own) == (0, False)
        assert seen.note.startswith(b"enlace/message/v1\n")
    copy = opened(world, sealed(world, sent), "co-day")
    assert (copy.message, copy.warnings, copy.own) == (sent, (), True)


# --- O1 ---


def test_o1_bytes_that_are_no_envelope() -> None:
    world = network()
    for raw in (b"", b"hello", sealed(world, message(world)).raw[:-1]):
        assert words(world, raw).startswith("not an envelope for this desk: ")


def test_o1_an_envelope_for_others() -> None:
    world = network()
    envelope = sealed(world, message(world))
    for handle in ("ec-late", "co-second", "co-night"):
        assert words(world, envelope, handle) == "not an envelope for this desk: the envelope is not for this device"


# --- O2 ---


def test_o2_a_key_that_is_gone() -> None:
    world = network()
    envelope = sealed(world, message(world))
    nobody = Reader(local_id("ec-night"), lambda _: None, lambda _: False)
    assert words(world, envelope, reader=nobody) == (
        "the key it was sealed to is not here: erased when its time ended, or never this desk's"
    )


def test_o2_a_stanza_that_is_another_s() -> None:
    """The header exchanges two devices: both look at the wrong stanza, and neither opens it."""
    world = network()
    envelope = sealed(world, message(world))
    (stage,) = envelope.header.stages
    first, second = stage.devices
    swapped = rewritten(envelope, stages=(Stage(after=0, devices=(second, first)),))
    for handle in ("ec-night", "ec-day"):
        assert "is not for this key" in words(world, swapped, handle)


def test_o2_another_key_of_this_desk_than_the_header_names() -> None:
    world = network()
    envelope = sealed(world, message(world))
    other = Reader(local_id("ec-night"), lambda _: PQIdentity(b"7" * 32), lambda _: False)
    assert "is not for this key" in words(world, envelope, reader=other)


def test_o2_ciphertext_that_was_altered() -> None:
    world = network()
    envelope = sealed(world, message(world))
    raw = bytearray(envelope.raw)
    raw[-1] ^= 1
    assert "was changed, moved or cut short" in words(world, bytes(raw))


def test_o2_a_header_of_the_age_file_that_was_altered() -> None:
    world = network()
    envelope = sealed(world, message(world))
    mac = envelope.raw.index(b"\n--- ") + 5
    raw = envelope.raw[:mac] + (b"A" if envelope.raw[mac : mac + 1] != b"A" else b"B") + envelope.raw[mac + 1 :]
    assert "header was changed" in words(world, raw)


# --- O3 ---


def test_o3_a_sender_the_directory_does_not_know_may_be_known_later() -> None:
    world = network()
    before = replica(world)
    world.add_officer("co-new", "co")
    world.admit(world.publishing("co-desk", "co", ["co-night", "co-day", "co-new"]), "co-chief")
    envelope = sealed(world, message(world, "co-new"), sender="co-new")
    with pytest.raises(NotYet, match="does not know the sending device; synchronise and try again"):
        opened(world, envelope, replica=before)
    assert opened(world, envelope).warnings == ()


def test_o3_text_that_is_not_padded() -> None:
    world = network()
    note = note_of(message(world))
    spaces = note + b" " * (16 * 1024 - len(note))
    too_much = note + b"\n" * (64 * 1024 - len(note))
    for text in (spaces, too_much, note.rstrip(b"\n") + b"x" * (16 * 1024 - len(note) + 1)):
        assert words(world, by_hand(world, text)) == "the text is not padded to its class"


def test_o3_text_that_is_no_note() -> None:
    world = network()
    assert "blank line" in words(world, by_hand(world, pad(b"hello\n")))
    assert "enlace/other/v1" in words(world, by_hand(world, pad(note_of_text("enlace/other/v1\n{}\n"))))


def note_of_text(text: str) -> bytes:
    return sign_both(key_pair("co-night"), f"enlace.example/{local_id('co-night')}", text)


@pytest.mark.parametrize("number", [0, 1])
def test_o3_one_of_the_two_signatures_is_stripped(number: int) -> None:
    world = network()
    lines = note_of(message(world)).decode().split("\n")
    del lines[3 + number]
    missing = ("Ed25519", "ML-DSA-44")[number]
    found = words(world, by_hand(world, pad("\n".join(lines).encode())))
    assert found == f"the {missing} signature of enlace.example/{local_id('co-night')} is missing"


def test_o3_a_note_of_another_device_than_the_header_names() -> None:
    world = network()
    envelope = by_hand(world, pad(note_of(message(world, "co-day"), "co-day")))
    assert "signature of" in words(world, envelope)
    assert "is missing" in words(world, envelope)


def test_o3_a_note_that_names_another_device_than_signed_it() -> None:
    world = network()
    claims = changed(message(world), sender=Sender(contact="co-desk", device=local_id("co-day")))
    assert "names another device" in words(world, by_hand(world, pad(note_of(claims))))


def test_o3_a_note_of_another_network() -> None:
    """Signed by the same device's keys and name, for a network that is called the same."""
    world = network()
    sent = changed(message(world), network="7" * 64)
    assert "signed for another network" in words(world, by_hand(world, pad(note_of(sent))))


# --- O4 ---


@pytest.mark.parametrize(
    ("what", "field", "value"),
    [
        ("network", "network", "7" * 64),
        ("precedence", "precedence", "routine"),
        ("stop", "stop", "never"),
        ("expiry", "expires", START + 7 * DAY + 3601),
        ("list of attachments", "attachments", ("9" * 64,)),
    ],
)
def test_o4_a_header_that_says_something_else_than_was_signed(what: str, field: str, value: Any) -> None:
    world = network()
    changed_envelope = rewritten(sealed(world, message(world)), **{field: value})
    assert words(world, changed_envelope) == (
        f"the envelope shows another {what} than the sender signed: somebody changed it"
    )


@pytest.mark.parametrize("after", [599, 601, 1])
def test_o4_a_release_time_that_was_moved(after: int) -> None:
    world = network()
    envelope = sealed(world, message(world, stages=STAGED))
    first, second = envelope.header.stages
    moved = rewritten(envelope, stages=(first, changed(second, after=after)))
    assert "another set of stages" in words(world, moved)


def test_o4_a_stage_that_was_taken_away_or_added() -> None:
    world = network()
    envelope = sealed(world, message(world, stages=STAGED))
    first, second = envelope.header.stages
    merged = Stage(after=0, devices=(*first.devices, *second.devices))
    assert "another set of stages" in words(world, rewritten(envelope, stages=(merged,)), "ec-late")
    plain = sealed(world, message(world))
    more = (*plain.header.stages, Stage(after=60, devices=()))
    assert "another set of stages" in words(world, rewritten(plain, stages=more))


def test_o4_a_device_moved_to_an_earlier_stage() -> None:
    """ec-late is let in with stage 0, which its contact was not named for."""
    world = network()
    envelope = sealed(world, message(world, stages=STAGED))
    first, second = envelope.header.stages
    early = (changed(first, devices=(*first.devices, *second.devices)), changed(second, devices=()))
    assert "meant for others" in words(world, rewritten(envelope, stages=early), "ec-late")


# --- O5 ---


def test_o5_a_message_passed_on_to_somebody_it_was_not_meant_for() -> None:
    """ec-night opens what it got and seals the very note to co-second, under the sender's name."""
    world = network()
    note = opened(world, sealed(world, message(world))).note
    other = choice("co-second")
    stage = Stage(after=0, devices=(Recipient(device=other.device, key=other.key),))
    header = changed(by_hand(world, pad(note)).header, stages=(stage,))
    passed_on = write_envelope(header, encrypt(pad(note), [PQRecipient(other.recipient)]))
    assert words(world, passed_on, "co-second") == (
        "the signed recipients are not served by this desk: the message was meant for others"
    )


def test_o5_a_recipient_shown_as_the_sender_s_own_side() -> None:
    world = network()
    envelope = sealed(world, message(world))
    (stage,) = envelope.header.stages
    moved = rewritten(
        envelope, stages=(changed(stage, devices=stage.devices[:1]),), own=(*stage.devices[1:], *envelope.header.own)
    )
    handle = "ec-day" if stage.devices[1].device == local_id("ec-day") else "ec-night"
    assert "meant for others" in words(world, moved, handle)


def test_o5_a_roster_this_desk_has_yet_to_learn() -> None:
    world = network()
    before = replica(world)
    world.admit(world.publishing("ec-desk", "ec", ["ec-night", "ec-late"]), "ec-chief")
    envelope = sealed(world, message(world))
    with pytest.raises(NotYet):
        opened(world, envelope, "ec-late", replica=before)
    assert opened(world, envelope, "ec-late").warnings == ()


def test_o5_mail_for_a_contact_served_until_lately_still_opens() -> None:
    world = network()
    envelope = sealed(world, message(world))
    proof = receipt(envelope, world)
    world.admit(world.publishing("ec-desk", "ec", ["ec-day"]), "ec-chief")
    assert opened(world, envelope, "ec-night", relayed=proof).warnings == ()


# --- O5, the sender's side ---

NEVER_SERVED = "the sending device never served co-court, in whose name it speaks"


def in_the_name_of(world: World, contact: str, sender: str = "co-night") -> Envelope:
    sent = changed(message(world, sender), sender=Sender(contact=contact, device=local_id(sender)))
    return sealed(world, sent, note=note_of(sent, sender), sender=sender)


def test_o5_a_message_in_the_name_of_a_contact_its_device_never_served() -> None:
    """Genuine signatures, a genuine receipt: only the directory tells that this is an officer of another office."""
    world = network()
    assert words(world, in_the_name_of(world, "co-court")) == NEVER_SERVED
    assert words(world, in_the_name_of(world, "co-court"), relayed=receipt("7" * 64, world)) == NEVER_SERVED
    for contact in ("ec-desk", "ec-empty"):
        told = words(world, in_the_name_of(world, contact))
        assert told == f"the sending device never served {contact}, in whose name it speaks"


def test_o5_a_message_in_the_name_of_a_contact_that_is_none() -> None:
    world = network()
    sent = changed(message(world), sender=Sender(contact="co-nothing", device=local_id("co-night")))
    raw = by_hand(world, pad(note_of(sent)))
    assert words(world, raw) == "the sending device never served co-nothing, in whose name it speaks"
    world.add_provisional("br-one")
    assert words(world, in_the_name_of(world, "br-one")).startswith("the sending device never served br-one")


@pytest.mark.parametrize("ahead", ["envelope", "receipt"])
def test_o5_a_sender_whose_roster_this_desk_has_yet_to_learn(ahead: str) -> None:
    """Whichever of the two speaks of a directory that is not here yet, the desk asks again before it refuses."""
    world = network()
    before = replica(world)
    world.admit(world.publishing("co-court", "co", ["co-second", "co-night"]), "co-chief")
    envelope = in_the_name_of(world, "co-court")
    if ahead == "receipt":
        envelope = rewritten(envelope, tree_size=before.size)
    proof = receipt(envelope, world, size=world.view.size if ahead == "receipt" else before.size)
    with pytest.raises(NotYet, match=NEVER_SERVED):
        opened(world, envelope, relayed=proof, replica=before)
    assert opened(world, envelope).warnings == ()


def test_o5_being_on_the_roster_without_being_a_coordinator_is_not_serving() -> None:
    world = network()
    world.add_officer("co-young", "co", "investigator")
    world.admit(world.publishing("co-court", "co", ["co-second", "co-young"]), "co-chief")
    assert words(world, in_the_name_of(world, "co-court", "co-young")) == NEVER_SERVED


SERVING: dict[str, tuple[tuple[str, ...], bool]] = {
    "on the roster, then a coordinator": (("roster", "promoted"), True),
    "off the roster before the promotion": (("roster", "off", "promoted"), False),
    "a coordinator for a while, then on the roster": (("promoted", "demoted", "roster"), False),
    "a coordinator on the roster for a while": (("promoted", "roster", "off", "demoted"), True),
    "retired, published again without them": (("promoted", "roster", "retired", "others"), True),
    "revoked before they were on the roster": (("promoted", "revoked", "roster"), False),
    "revoked after they were on the roster": (("promoted", "roster", "revoked"), True),
}


@pytest.mark.parametrize("which", SERVING)
def test_who_ever_served_a_contact(which: str) -> None:
    world = network()
    world.add_officer("co-young", "co", "investigator")
    officer, device = officer_id("co-young"), local_id("co-young")
    both, others = ["co-second", "co-young"], ["co-second"]
    steps: dict[str, Callable[[], AnyStatement]] = {
        "roster": lambda: world.publishing("co-court", "co", both),
        "off": lambda: world.publishing("co-court", "co", others),
        "others": lambda: world.publishing("co-court", "co", others),
        "retired": lambda: world.say(RetireContact, contact="co-court"),
        "promoted": lambda: world.say(ChangeRoles, officer=officer, roles=("coordinator",)),
        "demoted": lambda: world.say(ChangeRoles, officer=officer, roles=("investigator",)),
        "revoked": lambda: world.say(RevokeDevice, device=device, reason="lost"),
    }
    story, served = SERVING[which]
    for each in story:
        signers = ("co-chief", "co-deputy") if each == "revoked" else ("co-chief",)
        world.admit(steps[each](), *signers)
    assert ever_served(world.view, device, "co-court") is served
    sizes = range(world.view.size + 1)  # the same answer, size by size
    assert any(world.view.serves(device, "co-court", size, world.now) for size in sizes) is served


def test_an_envelope_that_came_before_the_first_synchronisation_is_not_yet() -> None:
    world = network()
    with pytest.raises(NotYet):
        opened(world, sealed(world, message(world)), replica=Replica(world.network))
