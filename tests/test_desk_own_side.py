"""A message for the sender's own contact and nobody else: to whom it is sealed, how it arrives, what the relay says."""

from typing import Any

import pytest
from desk_world import (
    choices,
    message,
    network,
    note_of,
    opened,
    receipt,
    refused,
    sealed,
)
from directory_world import World, local_id

from desk.errors import Declined
from desk.mail.content import DutyNote
from desk.mail.message import Message
from desk.mail.sealing import recipients_of, seal
from relay.rules.mailbox import check_submission, queued_devices

NOTE = DutyNote(text="The bus company calls back at six.")


def to_own(world: World, **fields: Any) -> Message:
    """A duty note of co-night to the officers of co-desk."""
    return message(world, to=["co-desk"], content=NOTE, stop="never", **fields)


def test_it_goes_to_the_colleagues_and_the_sending_device_needs_no_copy() -> None:
    world = network()
    envelope = sealed(world, to_own(world))
    assert [each.device for each in envelope.header.recipients()] == [local_id("co-day")]
    assert envelope.header.own == ()


def test_a_colleague_gets_it_as_a_copy_and_not_as_mail_to_answer() -> None:
    world = network()
    found = opened(world, sealed(world, to_own(world)), "co-day")
    assert found.own
    assert found.warnings == ()
    assert found.message.content == NOTE


def test_a_contact_with_one_device_has_it_go_round_so_that_the_relay_dates_it() -> None:
    world = network()
    envelope = sealed(world, to_own(world), keys=choices("co-night"))
    assert [each.device for each in envelope.header.recipients()] == [local_id("co-night")]
    assert opened(world, envelope, "co-night", relayed=receipt(envelope, world)).own


def test_without_any_key_at_the_contact_it_waits() -> None:
    world = network()
    words = refused(lambda: sealed(world, to_own(world), keys=choices("ec-night")), Declined)
    assert "co-desk cannot receive" in words


def test_a_colleague_whose_queue_is_full_is_told_and_the_note_goes_round() -> None:
    world = network()
    sent = to_own(world)
    full = [local_id("co-day")]
    found = seal(world.view, sent, note_of(sent), choices("co-night", "co-day"), {}, world.now, full)
    assert [each.device for each in found.envelope.header.recipients()] == [local_id("co-night")]
    assert any("queue is full" in each for each in found.warnings)


def test_what_is_wrong_with_ones_own_keys_is_not_told_while_a_colleague_has_it() -> None:
    world = network()
    sent = to_own(world)
    problems = {local_id("co-night"): "has not published a key set yet"}
    assert seal(world.view, sent, note_of(sent), choices("co-day"), problems, world.now).warnings == ()


def test_mail_for_others_never_goes_round() -> None:
    world = network()
    assert local_id("co-night") not in recipients_of(world.view, message(world), world.now).all()


def test_an_officer_who_serves_alone_sends_to_nobody_but_the_relay() -> None:
    world = network()
    world.admit(world.publishing("co-desk", "co", ["co-night"]), "co-chief")
    assert [each.device for each in sealed(world, to_own(world)).header.recipients()] == [local_id("co-night")]


@pytest.mark.parametrize("handles", [("co-day",), ("co-night",)])
def test_the_relay_takes_it_in(handles: tuple[str, ...]) -> None:
    world = network()
    envelope = sealed(world, to_own(world), keys=choices(*handles))
    check_submission(envelope.header, local_id("co-night"), world.view, world.now, {})
    assert queued_devices(envelope.header) == tuple(map(local_id, handles))
