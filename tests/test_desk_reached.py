"""When this desk last reached a contact: rules 1 to 3 of `desk.mail.reached`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import changed, desk, mail_of, message, network, note_of, receipt, sealed
from directory_world import key_pair, local_id

from desk.keys.keyring import Keyring
from desk.mail.content import Receipt
from desk.mail.facts import Facts, Stored, StoredLine
from desk.mail.message import Message, Sender
from desk.mail.reached import PATIENCE, Reached, reached
from desk.mail.store import MailStore
from relay.protocol.lines import Delivered, reception_name, write_line

WORLD = network()
SENT = message(WORLD)
ENVELOPE = sealed(WORLD, SENT)
RELAYED = receipt(ENVELOPE, WORLD)
TAKEN = RELAYED.leaf.time
LATER = TAKEN + PATIENCE


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return desk(tmp_path, "co-night", WORLD)


@pytest.fixture
def mail(keyring: Keyring) -> Iterator[MailStore]:
    store = mail_of(keyring)
    yield store
    store.close()


def send(mail: MailStore, number: int = 0, **facts: object) -> Message:
    """A message of this desk's to ec-desk; the first is that of ENVELOPE."""
    said = SENT if not number else changed(SENT, id=f"{number:032x}")
    known = {"envelope": ENVELOPE.hash if not number else f"{number:064x}", "relayed": RELAYED, "sent": TAKEN + number}
    mail.add(said, note_of(said), Facts(direction="out", **{**known, **facts}))  # type: ignore[arg-type]  # its fields
    return said


def delivered(mail: MailStore, handle: str, at: int, envelope: str = ENVELOPE.hash) -> None:
    """A line that a handle's device signed with its reception keys."""
    device = local_id(handle)
    line = Delivered(network=WORLD.network, envelope=envelope, at=at, device=device)
    raw = write_line(line, reception_name(WORLD.name, device), key_pair("x"))
    mail.add_line(StoredLine(kind="delivered", envelope=envelope, note=raw.decode()))


def answered(mail: MailStore, act: str, at: int, handle: str = "ec-night", **fields: object) -> None:
    """A receipt for the first message."""
    content = Receipt(act=act, message=SENT.id, envelope=ENVELOPE.hash)  # type: ignore[arg-type]  # one of its acts
    told = changed(
        message(WORLD, handle, to=("co-desk",), content=content, at=at),
        sender=Sender(contact="ec-desk", device=local_id(handle)),
        id=f"{at:032x}",
    )
    mail.add(told, note_of(told, handle), Facts(direction="in", received=7, **fields))  # type: ignore[arg-type]  # as above


def known(keyring: Keyring, mail: MailStore, now: int = LATER, contact: str = "ec-desk") -> Reached | None:
    return reached(keyring.vault, mail, WORLD.view, [contact], now).get(contact)


def test_of_whom_nothing_was_sent_nothing_is_known(keyring: Keyring, mail: MailStore) -> None:
    assert known(keyring, mail) is None
    send(mail)
    assert known(keyring, mail, contact="ec-court") is None


def test_what_came_last_counts_and_says_what_it_was(keyring: Keyring, mail: MailStore) -> None:
    send(mail)
    assert known(keyring, mail, TAKEN + 60) == Reached(TAKEN)
    delivered(mail, "ec-day", TAKEN + 5)
    assert known(keyring, mail) == Reached(TAKEN, TAKEN + 5, "delivered")
    answered(mail, "accepted", TAKEN + 50)
    answered(mail, "opened", TAKEN + 40)
    assert known(keyring, mail) == Reached(TAKEN, TAKEN + 50, "accepted")


def test_a_message_of_which_nothing_came_says_so_after_a_day_or_when_it_ran_out(
    keyring: Keyring, mail: MailStore
) -> None:
    send(mail)
    assert known(keyring, mail, LATER - 1) == Reached(TAKEN)
    assert known(keyring, mail) == Reached(TAKEN, unreached=True)


def test_a_later_message_that_reached_nobody_is_told_beside_the_earlier_that_did(
    keyring: Keyring, mail: MailStore
) -> None:
    send(mail)
    delivered(mail, "ec-day", TAKEN + 5)
    send(mail, 7)
    assert known(keyring, mail, LATER + 7) == Reached(TAKEN + 7, TAKEN + 5, "delivered", unreached=True)
    delivered(mail, "ec-day", TAKEN + 9, f"{7:064x}")
    assert known(keyring, mail, LATER + 7) == Reached(TAKEN + 7, TAKEN + 9, "delivered")


def test_what_does_not_count_reaches_nobody(keyring: Keyring, mail: MailStore) -> None:
    """A device of another contact, this desk's own copy, and what nothing proves."""
    send(mail)
    delivered(mail, "co-day", TAKEN + 5)
    answered(mail, "opened", TAKEN + 6, warnings=("unproven",))
    assert known(keyring, mail) == Reached(TAKEN, unreached=True)


def test_what_waits_in_the_outbox_was_not_tried(keyring: Keyring, mail: MailStore) -> None:
    send(mail, sent=0)
    assert known(keyring, mail) is None


def test_only_what_is_new_is_gone_through_and_what_is_damaged_is_made_anew(
    keyring: Keyring, mail: MailStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(mail)
    assert known(keyring, mail)
    opened: list[int] = []
    every = mail.all

    def all_(after: int = 0) -> Iterator[Stored]:
        opened.append(after)
        return every(after)

    monkeypatch.setattr(mail, "all", all_)
    assert known(keyring, mail) == Reached(TAKEN, unreached=True)
    assert opened == []
    send(mail, 3)
    assert known(keyring, mail, LATER + 3) == Reached(TAKEN + 3, unreached=True)
    keyring.vault.put("sent", b"{}x")
    assert known(keyring, mail, LATER + 3) == Reached(TAKEN + 3, unreached=True)
    assert opened == [1, 1, 0]  # a 1 of each: the receipts are looked for likewise
    keyring.vault.put("sent", b'{"to":{},"upto":99}')  # of another messages.db
    assert known(keyring, mail, LATER + 3) == Reached(TAKEN + 3, unreached=True)


def test_a_disk_that_takes_nothing_more_keeps_nobody_from_knowing(
    keyring: Keyring, mail: MailStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    send(mail)
    monkeypatch.setattr("desk.keys.vault.Vault.put", full)
    assert known(keyring, mail) == Reached(TAKEN, unreached=True)
