"""What became of a message: each event with who says so, and with what there is to doubt about it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from desk_world import changed, desk, mail_of, message, network, note_of, receipt, sealed
from directory_world import TWO_ROOTS, World, key_pair, local_id, officer_id

from desk.mail.content import Receipt
from desk.mail.facts import Facts, StoredLine
from desk.mail.message import Message, Sender
from desk.mail.store import MailStore
from desk.mail.trail import Event, place, trail
from desk.terminal import stamp
from directory.statement import AnyStatement, RevokeDevice, RevokeMember, RevokeOfficer
from relay.protocol.lines import (
    Delivered,
    Notice,
    Step,
    device_name,
    receipt_name,
    reception_name,
    write_line,
)

WORLD = network()
SENT = message(WORLD)
ENVELOPE = sealed(WORLD, SENT)
OTHER = "cd" * 32


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailStore]:
    """The sender's store, with the message sent."""
    store = mail_of(desk(tmp_path, "co-night", WORLD))
    relayed = receipt(ENVELOPE, WORLD)
    facts = Facts(direction="out", envelope=ENVELOPE.hash, relayed=relayed, sent=relayed.leaf.time)
    store.add(SENT, note_of(SENT), facts)
    yield store
    store.close()


def events(mail: MailStore, number: int = 1) -> list[Event]:
    return trail(mail, WORLD.view, mail.get(number))


def line(kind: Any, after: int, handle: str, world: World = WORLD, **fields: Any) -> StoredLine:
    """A line that a handle's device signed some seconds after the message was sent."""
    device = local_id(handle)
    at: dict[str, Any] = {"network": world.network, "envelope": ENVELOPE.hash, "at": world.now + after}
    if kind == "delivered":
        raw = write_line(Delivered(device=device, **at), reception_name(world.name, device), key_pair("x"))
    elif kind == "step":
        raw = write_line(Step(device=device, **(at | fields)), device_name(world.name, device), key_pair("x"))
    else:
        raw = write_line(Notice(devices=(device,), **(at | fields)), receipt_name(world.name), key_pair("x"))
    return StoredLine(kind=kind, envelope=ENVELOPE.hash, note=raw.decode())


def answered(
    mail: MailStore, after: int, act: Any, *, handle: str = "ec-night", contact: str = "ec-desk", **fields: Any
) -> None:
    """A receipt that came from a handle's device, in the name of a contact."""
    warnings, relayed = fields.pop("warnings", ()), fields.pop("relayed", msgspec.UNSET)
    said: dict[str, Any] = {"act": act, "message": SENT.id, "envelope": ENVELOPE.hash}
    told: Message = changed(
        message(WORLD, handle, to=("co-desk",), content=Receipt(**(said | fields)), at=WORLD.now + after),
        sender=Sender(contact=contact, device=local_id(handle)),
    )
    mail.add(told, note_of(told, handle), Facts(direction="in", received=7, warnings=warnings, relayed=relayed))


def test_a_message_on_its_way_and_at_its_end(mail: MailStore) -> None:
    """In the order of time, whatever the order of arrival."""
    answered(mail, 50, "accepted")
    answered(mail, 40, "opened")
    mail.add_line(line("step", 45, "ec-night", act="accepted"))
    mail.add_line(line("notice", 60, "ec-late", event="stopped", stage=1))
    mail.add_line(line("delivered", 5, "ec-day"))
    mail.add_line(line("delivered", 4, "ec-night"))
    found = [(each.at - WORLD.now, each.what, each.where.partition(" ")[0], each.proof) for each in events(mail)]
    assert found == [
        (0, "relayed", "relay", "relay's receipt, both keys"),
        (4, "delivered", "ec", "its reception key, both algorithms"),
        (5, "delivered", "ec", "its reception key, both algorithms"),
        (40, "opened", "ec-desk", "the officer's device, both keys"),
        (45, "clock stopped: accepted", "ec", "the officer's device, both keys"),
        (50, "accepted", "ec-desk", "the officer's device, both keys"),
        (60, "stage 1 stopped", "ec", "relay's notice, both keys"),
    ]


def test_a_refusal_comes_with_its_reason(mail: MailStore) -> None:
    answered(mail, 9, "refused", reason="not our district")
    assert events(mail)[-1].reason == "not our district"


@pytest.mark.parametrize("exercise", [False, True])
def test_a_receipt_of_an_exercise_about_what_is_real_does_not_count(mail: MailStore, exercise: bool) -> None:
    sent = changed(SENT, exercise=not exercise, id="79" * 16)
    mail.add(sent, note_of(sent), Facts(direction="out", envelope=ENVELOPE.hash))
    said = Receipt(act="accepted", message="79" * 16, envelope=ENVELOPE.hash)
    told = changed(message(WORLD, "ec-night", to=("co-desk",), content=said), exercise=exercise)
    told = changed(told, sender=Sender(contact="ec-desk", device=local_id("ec-night")))
    mail.add(told, note_of(told, "ec-night"), Facts(direction="in", received=7))
    found = events(mail, 2)[-1]
    assert not found.counts
    assert "one of them is an exercise, the other is not" in found.proof


def test_a_stage_that_was_released_has_its_number(mail: MailStore) -> None:
    mail.add_line(line("notice", 600, "ec-late", event="released", stage=1))
    assert events(mail)[-1].what == "stage 1 released"


def test_what_is_about_other_messages_is_not_shown(mail: MailStore) -> None:
    answered(mail, 5, "accepted", message="77" * 16)
    mail.add_line(changed(line("delivered", 5, "ec-day"), envelope=OTHER))
    assert [each.what for each in events(mail)] == ["relayed"]


def test_one_s_own_receipts_are_not_shown_as_the_other_side_s(mail: MailStore) -> None:
    said = Receipt(act="opened", message=SENT.id, envelope=ENVELOPE.hash)
    own = message(WORLD, content=said)
    mail.add(own, note_of(own), Facts(direction="out"))
    assert [each.what for each in events(mail)] == ["relayed"]


# --- what is to be doubted ---

NOT_FOR = "but the message was NOT for them"


WHO = {"ec-night": (True, True), "co-day": (True, False), "ec-late": (False, False), "co-second": (False, False)}


@pytest.mark.parametrize("handle", WHO)
def test_a_line_of_a_device_the_message_was_not_for_proves_nothing(mail: MailStore, handle: str) -> None:
    """A relay in league with anybody's desk could else show *delivered* for what never arrived.

    The sender's own colleagues get a copy delivered; they accept nothing.
    """
    for added in (line("delivered", 5, handle), line("step", 6, handle, act="accepted")):
        mail.add_line(added)
    _, delivered, step = events(mail)
    assert (delivered.counts, step.counts) == WHO[handle]
    for each in (delivered, step):
        assert (NOT_FOR in each.proof, each.words.startswith("NOT COUNTED: ")) == (not each.counts,) * 2


def test_a_device_nobody_knows_is_shown_as_such(mail: MailStore) -> None:
    mail.add_line(line("delivered", 5, "stranger"))
    (_, found) = events(mail)
    assert found.where == f"? (device {local_id('stranger')[:8]})"
    assert (NOT_FOR in found.proof, found.counts) == (True, False)


def test_a_receipt_from_a_contact_the_message_was_not_for(mail: MailStore) -> None:
    """It came before the message, or for one of a colleague's that is not here: so the intake took it."""
    answered(mail, 5, "accepted", handle="ec-late", contact="ec-court")
    found = events(mail)[-1]
    assert found.proof == f"the officer's device, both keys; {NOT_FOR}"
    assert (found.counts, found.what, found.words) == (False, "accepted", "NOT COUNTED: accepted")


def test_a_receipt_about_another_envelope(mail: MailStore) -> None:
    answered(mail, 5, "accepted", envelope=OTHER)
    found = events(mail)[-1]
    assert (found.proof, found.counts) == ("the officer's device, both keys; about another envelope", False)


def test_a_receipt_of_a_device_that_may_not_have_counted(mail: MailStore) -> None:
    answered(mail, 5, "accepted", warnings=("unproven",))
    found = events(mail)[-1]
    assert found.proof.endswith("UNPROVEN: nothing shows that the signing device counted then")
    assert not found.counts


def test_a_receipt_dated_far_from_when_it_was_taken_in_shows_both_times(mail: MailStore) -> None:
    """Written without a network, perhaps; or dated back."""
    late = WORLD.now + 7200
    answered(mail, 5, "accepted", warnings=("dated",), relayed=receipt(OTHER, WORLD, time=late))
    found = events(mail)[-1]
    assert found.proof.endswith(f"; signed {stamp(WORLD.now + 5)}, taken in by the relay {stamp(late)}")
    assert found.counts


# --- revoked since ---


def revoking(world: World, what: str) -> AnyStatement:
    if what == "member":
        return world.say(RevokeMember, member="ec")
    if what == "officer":
        return world.say(RevokeOfficer, officer=officer_id("ec-night"), reason="left")
    return world.say(RevokeDevice, device=local_id("ec-night"), reason="stolen")


@pytest.mark.parametrize("what", ["device", "officer", "member"])
def test_what_a_device_revoked_since_has_signed_is_marked_and_after_that_does_not_count(
    mail: MailStore, what: str
) -> None:
    world = WORLD.copy()
    world.now += 60
    world.admit(revoking(world, what), *(TWO_ROOTS if what == "member" else ("ec-chief", "ec-deputy")))
    on = stamp(world.now)
    for after in (60, 61):
        mail.add_line(line("delivered", after, "ec-night"))
        mail.add_line(line("step", after, "ec-night", act="accepted"))
        answered(mail, after, "accepted", relayed=receipt(ENVELOPE, WORLD, time=WORLD.now + after))
    found = trail(mail, world.view, mail.get(1))[1:]
    assert [each.counts for each in found] == [True] * 3 + [False] * 3
    assert [each.proof.partition("; ")[2] for each in found] == [f"device revoked since, on {on}"] * 3 + [
        f"dated after the device was revoked, on {on}"
    ] * 3
    assert all(each.counts for each in events(mail)[1:])  # by the directory before, nothing is wrong


def test_a_receipt_dated_before_the_revocation_and_taken_in_after_it_does_not_count(mail: MailStore) -> None:
    """Whoever has a stolen laptop dates as they like; the relay signed when it came."""
    world = WORLD.copy()
    world.now += 60
    world.admit(revoking(world, "device"), "ec-chief", "ec-deputy")
    answered(mail, 5, "accepted", relayed=receipt(ENVELOPE, WORLD, time=WORLD.now + 61))
    (_, found) = trail(mail, world.view, mail.get(1))
    assert (found.counts, "dated after the device was revoked" in found.proof) == (False, True)


def test_who_had_left_the_contact_is_told_beside_what_they_stopped(mail: MailStore) -> None:
    """The relay sees devices and no contacts: whoever still serves another one gets that far."""
    world = WORLD.copy()
    world.now += 60
    others = tuple(each for each in world.view.contacts["ec-desk"].officers if each != officer_id("ec-night"))
    world.admit(msgspec.structs.replace(world.publishing("ec-desk", "ec"), officers=others), "ec-chief")
    for after in (60, 61):
        mail.add_line(line("step", after, "ec-night", act="accepted"))
    before, later = trail(mail, world.view, mail.get(1))[1:]
    assert (before.counts, later.counts, "LEFT" in before.proof) == (True, True, False)
    assert later.proof.endswith(f"its officer had LEFT the contact before, on {stamp(world.now)}")
    world.add_contact("ec-desk", "ec", ("ec-night",))  # and is back
    assert all("LEFT" not in each.proof for each in trail(mail, world.view, mail.get(1)))


def test_another_device_s_revocation_is_nobody_else_s(mail: MailStore) -> None:
    world = WORLD.copy()
    world.admit(revoking(world, "device"), "ec-chief", "ec-deputy")
    mail.add_line(line("delivered", 5, "ec-day"))
    (_, found) = trail(mail, world.view, mail.get(1))
    assert (found.counts, found.proof) == (True, "its reception key, both algorithms")


def test_a_relay_s_receipt_that_does_not_hold_is_not_shown_as_proof(mail: MailStore) -> None:
    """For a message that came in: its receipt is kept as it came, and whether it held is among the warnings."""
    mail.note_facts(1, changed(mail.get(1).facts, direction="in", warnings=("unproven",)))
    assert "UNPROVEN" in events(mail)[0].proof


def test_a_message_not_sent_yet_has_no_trail(mail: MailStore) -> None:
    waiting = changed(SENT, id="99" * 16)
    number = mail.add(waiting, note_of(waiting), Facts(direction="out"), queue=True)
    mail.add_line(line("delivered", 5, "ec-day"))
    assert number is not None
    assert events(mail, number) == []


def test_places_are_shown_as_people_know_them() -> None:
    assert place(WORLD.view, local_id("ec-day")) == f"ec (device {local_id('ec-day')[:8]})"
