"""To whom a message is sealed, with which of their keys, and when it is not sealed at all."""

from dataclasses import replace

import pytest
from desk_world import (
    DAY,
    EVERYBODY,
    changed,
    choice,
    choices,
    devices,
    epoch_identity,
    message,
    network,
    note_of,
    sealed,
)
from directory_world import TWO_ROOTS, World, local_id

from crypto.age import NoMatch, decrypt_at
from desk.errors import Declined
from desk.mail.content import Text
from desk.mail.message import Message, MessageStage, Sender
from desk.mail.sealing import recipients_of, seal
from directory.judge_contacts import MOST_OFFICERS
from directory.judge_members import MOST_DEVICES as DEVICES_EACH
from directory.keyset import GRACE
from directory.statement import RetireContact, RevokeDevice, RevokeOfficer, SuspendMember
from relay.protocol.envelope import MOST_DEVICES, parse_envelope
from relay.protocol.padding import unpad


def staged(world: World, *stages: tuple[int, tuple[str, ...]]) -> Message:
    """A message to contacts in stages."""
    return message(world, stages=tuple(MessageStage(after=after, contacts=contacts) for after, contacts in stages))


def ids(*handles: str) -> tuple[str, ...]:
    return tuple(map(local_id, handles))


def test_devices_go_by_stage_and_own_colleagues_come_last() -> None:
    world = network()
    found = recipients_of(world.view, staged(world, (0, ("ec-desk",)), (600, ("ec-court",))), world.now)
    assert [set(each) for each in found.stages] == [set(ids("ec-night", "ec-day")), set(ids("ec-late"))]
    assert found.own == ids("co-day")
    assert local_id("co-night") not in found.all()


def test_every_device_finds_its_stanza_where_the_header_says_and_nobody_else_can() -> None:
    world = network()
    sent = message(world)
    envelope = sealed(world, sent)
    assert [each.device for each in envelope.header.recipients()] == devices(world, sent)
    for handle in ("ec-night", "ec-day", "co-day"):
        stanza = envelope.header.stanza_of(local_id(handle))
        assert unpad(decrypt_at(envelope.sealed, epoch_identity(handle), stanza)).startswith(b"enlace/message/v1")
    for handle in ("co-night", "co-second", "ec-late"):
        for stanza in range(3):
            with pytest.raises(NoMatch):
                decrypt_at(envelope.sealed, epoch_identity(handle), stanza)


def test_the_header_says_what_the_relay_needs_and_what_the_note_says() -> None:
    world = network()
    header = sealed(world, staged(world, (0, ("ec-desk",)), (600, ("ec-court",)))).header
    assert [stage.after for stage in header.stages] == [0, 600]
    assert (header.precedence, header.stop, header.tree_size) == ("flash", "accepted", world.view.size)
    assert (header.time, header.expires) == (world.now, world.now + 7 * DAY)
    assert (header.sender, header.network) == (local_id("co-night"), world.network)


def test_a_message_is_the_same_size_whatever_it_says() -> None:
    world = network()
    short = sealed(world, message(world))
    long = sealed(world, message(world, content=Text(subject="a" * 300, text="b" * 8000)))
    assert len(short.sealed) == len(long.sealed)


def test_the_earliest_of_several_stages_wins() -> None:
    """co-both serves the contacts of stage 0 and of stage 1: it is named once, in stage 0."""
    world = network()
    world.add_officer("ec-both", "ec")
    for contact, who in (("ec-desk", ["ec-night", "ec-both"]), ("ec-court", ["ec-late", "ec-both"])):
        world.admit(world.publishing(contact, "ec", who), "ec-chief")
    found = recipients_of(world.view, staged(world, (0, ("ec-desk",)), (600, ("ec-court",))), world.now)
    assert local_id("ec-both") in found.stages[0]
    assert found.stages[1] == ids("ec-late")


def test_a_later_stage_may_name_nobody_new() -> None:
    world = network()
    world.admit(world.publishing("ec-court", "ec", ["ec-night"]), "ec-chief")
    envelope = sealed(world, staged(world, (0, ("ec-desk",)), (600, ("ec-court",))))
    assert [len(stage.devices) for stage in envelope.header.stages] == [2, 0]


def test_contacts_of_one_stage_may_share_officers() -> None:
    world = network()
    world.admit(world.publishing("ec-court", "ec", ["ec-late", "ec-night"]), "ec-chief")
    found = recipients_of(world.view, staged(world, (0, ("ec-desk", "ec-court"))), world.now)
    assert sorted(found.stages[0]) == sorted(ids("ec-night", "ec-day", "ec-late"))


def test_every_device_of_an_officer_is_sealed_to() -> None:
    world = network()
    world.admit(world.enrolling("ec-night/2", "ec-night"), "ec-chief")
    found = recipients_of(world.view, message(world), world.now)
    assert set(ids("ec-night", "ec-night/2", "ec-day")) == set(found.stages[0])


def test_another_device_of_the_sender_gets_its_copy() -> None:
    world = network()
    world.admit(world.enrolling("co-night/2", "co-night"), "co-chief")
    found = recipients_of(world.view, message(world), world.now)
    assert set(found.own) == set(ids("co-night/2", "co-day"))


def test_who_serves_both_sides_is_a_recipient() -> None:
    world = network()
    found = recipients_of(world.view, message(world, to=("ec-desk", "co-desk")), world.now)
    assert (set(found.stages[0]), found.own) == (set(ids("ec-night", "ec-day", "co-day")), ())


@pytest.mark.parametrize("how", ["device", "officer", "roster"])
def test_who_was_revoked_is_not_sealed_to(how: str) -> None:
    world = network()
    if how == "device":
        world.admit(world.say(RevokeDevice, device=local_id("ec-night"), reason="lost"), "ec-chief", "ec-deputy")
    elif how == "officer":
        officer = world.view.devices[local_id("ec-night")].officer
        world.admit(world.say(RevokeOfficer, officer=officer, reason="left"), "ec-chief", "ec-deputy")
    else:
        world.admit(world.publishing("ec-desk", "ec", ["ec-day"]), "ec-chief")
    sent = message(world)
    assert recipients_of(world.view, sent, world.now).stages == (ids("ec-day"),)
    assert local_id("ec-night") not in {each.device for each in sealed(world, sent).header.recipients()}


def test_nothing_is_sealed_to_a_suspended_member() -> None:
    world = network()
    world.admit(world.say(SuspendMember, member="ec", until=world.now + DAY), *TWO_ROOTS)
    with pytest.raises(Declined, match=r"ec-desk has no live device: telephone and e-mail only") as refusal:
        recipients_of(world.view, message(world), world.now)
    assert refusal.value.problem == "no-device"
    assert recipients_of(world.view, message(world), world.now + DAY + 1).stages[0]


@pytest.mark.parametrize("contact", ["ec-empty", "pe-nowhere"])
def test_a_contact_without_a_device_stops_the_send(contact: str) -> None:
    world = network()
    for stages in (((0, (contact,)),), ((0, ("ec-desk",)), (600, (contact,)))):
        with pytest.raises(Declined, match=f"{contact} has no live device"):
            recipients_of(world.view, staged(world, *stages), world.now)


def test_a_retired_contact_stops_the_send() -> None:
    world = network()
    sent = message(world)
    world.admit(world.say(RetireContact, contact="ec-desk"), "ec-chief")
    with pytest.raises(Declined, match="ec-desk has no live device"):
        recipients_of(world.view, sent, world.now)


def test_a_device_without_a_key_set_is_left_out_with_a_warning() -> None:
    world = network()
    sent = message(world)
    device = local_id("ec-night")
    problems = {device: "has not published a key set yet"}
    done = seal(world.view, sent, note_of(sent), choices("ec-day", "co-day"), problems, world.now)
    assert {each.device for each in done.envelope.header.recipients()} == set(ids("ec-day", "co-day"))
    assert done.warnings == (f"device {device[:8]}: has not published a key set yet",)


def test_a_contact_with_no_key_set_at_all_stops_the_send() -> None:
    world = network()
    with pytest.raises(Declined, match="ec-desk cannot receive: none of its devices has a usable key set"):
        sealed(world, message(world), keys=choices("ec-late", "co-day"))


def test_an_alternate_without_keys_keeps_no_message_from_the_contact_itself() -> None:
    world = network()
    both = staged(world, (0, ("ec-desk",)), (600, ("ec-court",)))
    done = seal(world.view, both, note_of(both), choices("ec-night", "co-day"), {}, world.now)
    assert [len(each.devices) for each in done.envelope.header.stages] == [1, 0]
    (warning,) = (each for each in done.warnings if each.startswith("next in line"))
    assert warning.startswith("next in line, ec-court cannot receive: none of its devices has a usable key set")


def test_the_fallback_is_used_visibly() -> None:
    world = network()
    sent = message(world)
    keys = choices("ec-day", "co-day") | {local_id("ec-night"): choice("ec-night", fallback=True)}
    done = seal(world.view, sent, note_of(sent), keys, {}, world.now)
    (warning,) = done.warnings
    assert "without forward secrecy" in warning
    assert local_id("ec-night")[:8] in warning
    assert local_id("ec-day")[:8] not in warning


def test_a_message_does_not_outlive_the_keys_it_is_sealed_to() -> None:
    world = network()
    for erase, fits in ((world.now + 7 * DAY, True), (world.now + 7 * DAY - 1, False)):
        keys = choices(*EVERYBODY) | {local_id("ec-day"): choice("ec-day", erase=erase)}
        if fits:
            assert sealed(world, message(world), keys=keys).header.expires == erase
            continue
        with pytest.raises(Declined, match="expire after a recipient's keys are erased"):
            sealed(world, message(world), keys=keys)


def test_the_erase_time_of_a_device_that_is_not_sealed_to_does_not_count() -> None:
    world = network()
    keys = choices(*EVERYBODY) | {local_id("ec-late"): choice("ec-late", erase=world.now + 1)}
    assert sealed(world, message(world), keys=keys).header.expires == world.now + 7 * DAY


def test_grace_outlasts_the_longest_expiry() -> None:
    """Whatever is sealed in an epoch's last second can still be opened when it expires."""
    world = network()
    erase = choice("ec-day").erase or 0
    world.now = erase - GRACE - 1
    sent = message(world, expires=world.now + 14 * DAY)
    assert sealed(world, sent).header.expires < erase


def test_what_cannot_be_sealed_is_declined_in_words() -> None:
    """Anything else than `Declined` would end the whole outbox at this message, again and again."""
    world = network()
    sent, good = message(world), choices(*EVERYBODY)
    low = replace(choice("ec-day"), recipient=choice("ec-day").recipient[:1184] + bytes(32))
    cut = replace(choice("ec-day"), recipient=b"short")
    for keys in (good | {low.device: low}, good | {cut.device: cut}):
        with pytest.raises(Declined, match="cannot be sealed: "):
            sealed(world, sent, keys=keys)
    with pytest.raises(Declined, match="cannot be sealed: "):
        sealed(world, sent, note=b"x" * (3 << 20) + b"\n")
    world.now -= 8 * DAY  # a clock that was put back: the expiry is now further away than an envelope may wait
    with pytest.raises(Declined, match="cannot be sealed: "):
        sealed(world, sent)


def test_a_sealed_envelope_is_what_readers_parse() -> None:
    world = network()
    envelope = sealed(world, message(world))
    assert parse_envelope(envelope.raw) == envelope
    assert len(envelope.header.recipients()) <= MOST_DEVICES


def test_between_two_contacts_there_is_always_room() -> None:
    assert 2 * MOST_OFFICERS * DEVICES_EACH <= MOST_DEVICES


def test_more_devices_than_an_envelope_takes_are_told_before_anything_is_sealed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = network()
    alone, with_alternates = message(world), staged(world, (0, ("ec-desk",)), (600, ("ec-court",)))
    monkeypatch.setattr("desk.mail.sealing.MOST_DEVICES", 3)  # 500 would take minutes to enrol
    assert len(recipients_of(world.view, alone, world.now).all()) == 3
    with pytest.raises(
        Declined, match=r"^4 devices .* at most 3: name fewer contacts at once, or use --no-escalation$"
    ):
        recipients_of(world.view, with_alternates, world.now)
    with pytest.raises(Declined, match=r"at most 3: name fewer contacts at once$"):
        recipients_of(world.view, message(world, to=("ec-desk", "ec-court")), world.now)


def test_sealing_twice_gives_other_bytes_for_the_same_message() -> None:
    """After `recipients-changed` the message goes out under a new envelope id; receivers know it by its own id."""
    world = network()
    sent = message(world)
    note = note_of(sent)
    first, second = (sealed(world, sent, note=note) for _ in range(2))
    assert (first.header.id, first.hash) != (second.header.id, second.hash)


def test_the_sender_s_contact_in_another_s_name_has_its_own_colleagues() -> None:
    world = network()
    sent = changed(message(world), sender=Sender(contact="co-court", device=local_id("co-night")))
    assert recipients_of(world.view, sent, world.now).own == ids("co-second")
