"""What the intake makes of senders who are not honest: bad checkpoints, two texts under one id, receipts of others."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_intake import HASH, Desk, refused_files
from desk_world import (
    changed,
    checkpoint,
    item_of,
    message,
    network,
    note_of,
    sealed,
)
from directory_world import local_id

from crypto.age import decrypt
from desk.alarms.evidence import MOST_EVIDENCE_BYTES, MOST_OF_A_KIND
from desk.mail.content import Receipt, Text
from desk.mail.facts import Facts
from desk.mail.intake import TakenIn, told
from desk.mail.message import Message, Sender, stored_message
from directory.replay import Alarm


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path, network())
    yield found
    found.mail.close()


@pytest.mark.parametrize("theirs", ["garbage", "not the log's"])
def test_a_checkpoint_that_the_log_never_signed_is_its_sender_s_doing_and_no_alarm(here: Desk, theirs: str) -> None:
    """Any member's device can write one: it may not cry wolf over the whole network."""
    shown = "garbage" if theirs == "garbage" else checkpoint(here.world, keys="somebody").decode()
    envelope = sealed(here.world, message(here.world, checkpoint=shown))
    here.arrives(item_of(envelope, here.world), envelope.raw)
    taken = here.take()
    assert (taken.messages, taken.alarms, taken.refused) == ([1], [], [])
    assert here.mail.get(1).facts.warnings == ("checkpoint",)
    profile = here.keyring.profile.path
    assert list((profile / "alarms").iterdir()) == []
    (folder,) = (profile / "doubts").iterdir()
    assert shown.encode() in [path.read_bytes() for path in folder.iterdir()]


def test_a_flood_of_bad_checkpoints_keeps_no_fork_from_being_kept(here: Desk) -> None:
    for number in range(MOST_OF_A_KIND + 1):
        alarm = Alarm("checkpoint", "x", {"checkpoint-theirs.txt": b"%d" % number})
        assert told(here.keyring.profile, here.store, alarm, number) == []
    fork = Alarm("fork", "two histories", {"checkpoint-theirs.txt": b"x"})
    (words,) = told(here.keyring.profile, here.store, fork, 7)
    (folder,) = (here.keyring.profile.path / "alarms").iterdir()
    assert words.endswith(f"What was seen is kept in {folder}")


# --- two texts under one id ---


def two_texts(here: Desk) -> tuple[Message, Message]:
    """co-night sends two different messages under one id: both arrive."""
    first = message(here.world, id="7" * 32, content=Text(subject="Let them pass", text="They are witnesses."))
    second = changed(first, content=Text(subject="Hold them", text="They are suspects."))
    for number, each in enumerate((first, second), 1):
        envelope = sealed(here.world, each)
        here.arrives(item_of(envelope, here.world, number), envelope.raw)
    return first, second


def test_the_first_of_two_texts_under_one_id_stays_and_both_are_told_of(here: Desk) -> None:
    first, second = two_texts(here)
    taken = here.take()
    assert (taken.messages, taken.duplicates) == ([1], 0)
    (folder,) = (here.keyring.profile.path / "doubts").iterdir()
    assert taken.refused[0].startswith(
        "it has the id of message 1, from the same device, and says something else: its sender shows different people "
        f"different things. What came first stands; this is in {folder}; it says that it comes from co, device "
    )
    stored = here.mail.get(1)
    assert (stored.message, stored.facts.warnings) == (first, ("two-texts",))
    sealed_second = (folder / "second.age").read_bytes()
    assert b"suspects" not in sealed_second
    assert stored_message(decrypt(sealed_second, [here.keyring.archive]))[0] == second
    assert len(refused_files(here)) == 1


def test_a_third_time_the_second_text_comes_it_is_kept_and_marked_no_more(here: Desk) -> None:
    _, second = two_texts(here)
    here.take()
    for number in (3, 4):
        envelope = sealed(here.world, second)
        here.arrives(item_of(envelope, here.world, number), envelope.raw)
    assert len(here.take().refused) == 2
    assert here.mail.get(1).facts.warnings == ("two-texts",)
    assert len(list(here.mail.all())) == 1


@pytest.mark.parametrize("room", [0, 100, 1000])
def test_a_second_text_that_is_too_long_once_it_is_sealed_lies_nowhere_unsealed(here: Desk, room: int) -> None:
    secret = "They are suspects. "
    first = message(here.world, id="7" * 32, content=Text(subject="Let them pass", text="They are witnesses."))
    short = len(note_of(changed(first, content=Text(subject="Hold them", text=secret))))
    long = Text(subject="Hold them", text=secret + "x" * (MOST_EVIDENCE_BYTES - room - short))
    second = changed(first, content=long)
    assert len(note_of(second)) == MOST_EVIDENCE_BYTES - room
    for number, each in enumerate((first, second), 1):
        envelope = sealed(here.world, each)
        here.arrives(item_of(envelope, here.world, number), envelope.raw)
    (told,) = here.take().refused
    assert f"only hash and length are: second ({MOST_EVIDENCE_BYTES - room} bytes)" in told
    (kept,) = here.keyring.profile.path.glob("doubts/*/*")
    assert re.fullmatch(rf"sha256 [0-9a-f]{{64}} of {MOST_EVIDENCE_BYTES - room} bytes\n", kept.read_text())


# --- receipts ---


def answered(here: Desk, handle: str, contact: str, to: str = "ec-desk", about: str = "5" * 32) -> TakenIn:
    """A receipt from a handle's device, in the name of a contact, for a message that ec-night sent to co-desk."""
    said = Receipt(act="accepted", message=about, envelope=HASH)
    speaking = Sender(contact=contact, device=local_id(handle))
    given = changed(message(here.world, handle, to=(to,), content=said, id="6" * 32), sender=speaking)
    envelope = sealed(here.world, given, note=note_of(given, handle), sender=handle)
    here.arrives(item_of(envelope, here.world, 5), envelope.raw)
    return here.take(fresh=True)


@pytest.fixture
def sent(here: Desk) -> Message:
    """What ec-night sent to co-desk."""
    own = Sender(contact="ec-desk", device=local_id("ec-night"))
    out = changed(message(here.world, "ec-night", to=("co-desk",), id="5" * 32), sender=own)
    here.mail.add(out, note_of(out, "ec-night"), Facts(direction="out", envelope=HASH))
    return out


@pytest.mark.usefixtures("sent")
def test_a_receipt_counts_from_whom_the_message_was_for(here: Desk) -> None:
    assert answered(here, "co-night", "co-desk").receipts == [2]


@pytest.mark.usefixtures("sent")
def test_a_receipt_in_the_name_of_a_contact_its_device_never_served_is_refused(here: Desk) -> None:
    """An officer of another office of that member says that the desk has accepted."""
    taken = answered(here, "co-second", "co-desk")
    assert taken.receipts == []
    assert taken.refused[0].startswith("the sending device never served co-desk, in whose name it speaks")


@pytest.mark.usefixtures("sent")
def test_a_receipt_of_a_contact_the_message_was_not_for_is_refused(here: Desk) -> None:
    taken = answered(here, "co-second", "co-court")
    assert (taken.receipts, len(list(here.mail.all()))) == ([], 1)
    assert taken.refused[0].startswith("a receipt for message 1 from co-court, which it was not for")


def test_a_receipt_for_a_message_that_is_not_here_is_left_to_the_trail(here: Desk) -> None:
    assert answered(here, "co-second", "co-court").receipts == [1]
