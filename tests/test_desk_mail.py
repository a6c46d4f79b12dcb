"""Messages on disk: once each, in one transaction with what belongs to it, nothing readable without the passphrase."""

import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from desk_world import changed, desk, found_on_disk, mail_of, message, network, note_of, receipt, refused, sealed
from directory_world import key_pair, local_id

from desk.errors import NotFound, Usage
from desk.handling.marks import Handling
from desk.keys.keyring import Keyring
from desk.mail.content import Receipt, Text
from desk.mail.facts import Facts, StoredLine
from desk.mail.message import Message, SealedFile
from desk.mail.store import MailStore, OtherText, message_key
from directory.canonical import encode
from relay.protocol.lines import Delivered, device_name, write_line

WORLD = network()
PLAIN = message(WORLD)
NOTE = note_of(PLAIN)
IN = Facts(direction="in", received=WORLD.now, envelope="ab" * 32, warnings=("unproven",), stage=1)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return desk(tmp_path, "ec-night", WORLD)


@pytest.fixture
def mail(keyring: Keyring) -> Iterator[MailStore]:
    store = mail_of(keyring)
    yield store
    store.close()


def another(number: int) -> Message:
    return changed(PLAIN, id=f"{number:032x}")


def test_a_message_is_kept_with_its_facts(mail: MailStore) -> None:
    number = mail.add(PLAIN, NOTE, IN)
    assert number == 1
    stored = mail.get(number)
    assert (stored.number, stored.message, stored.facts, stored.note) == (1, PLAIN, IN, NOTE)
    assert mail.has(PLAIN)
    assert not mail.has(another(7))


def test_a_message_stored_twice_is_stored_once(mail: MailStore) -> None:
    """By sender device and message id: another envelope around it, or other facts, make it no other message."""
    assert mail.add(PLAIN, NOTE, IN) == 1
    assert mail.add(PLAIN, NOTE, changed(IN, envelope="cd" * 32)) is None
    assert mail.add(PLAIN, NOTE, Facts(direction="out"), queue=True) is None
    assert [each.facts for each in mail.all()] == [IN]
    assert mail.waiting() == []


def test_another_text_under_an_id_that_is_held_is_no_duplicate(mail: MailStore) -> None:
    """Whoever signs two texts under one id shows two people two messages: the first stays, and nobody is silent."""
    other = changed(PLAIN, content=Text(subject="Another", text="They never crossed."))
    assert mail.add(PLAIN, NOTE, IN) == 1
    with pytest.raises(OtherText, match="the id of message 1, from the same device, and says something else"):
        mail.add(other, note_of(other), IN)
    assert [(each.message, each.note) for each in mail.all()] == [(PLAIN, NOTE)]


def test_one_text_signed_anew_is_a_duplicate(mail: MailStore) -> None:
    """Every ML-DSA-44 signature is another; what was said is the same."""
    again = note_of(PLAIN)
    assert again != NOTE
    assert (mail.add(PLAIN, NOTE, IN), mail.add(PLAIN, again, IN)) == (1, None)


def test_a_message_is_found_by_its_device_and_id(mail: MailStore) -> None:
    mail.add(PLAIN, NOTE, IN)
    found = mail.find(PLAIN.sender.device, PLAIN.id)
    assert found is not None
    assert (found.number, found.message) == (1, PLAIN)
    assert mail.find(local_id("co-day"), PLAIN.id) is None
    assert mail.find(PLAIN.sender.device, "99" * 16) is None


def test_the_same_id_from_another_device_is_another_message(mail: MailStore) -> None:
    other = changed(PLAIN, sender=changed(PLAIN.sender, device=local_id("co-day")))
    assert message_key(other) != message_key(PLAIN)
    assert (mail.add(PLAIN, NOTE, IN), mail.add(other, note_of(other, "co-day"), IN)) == (1, 2)


@pytest.mark.parametrize("number", [0, -1, 2, 2**31, 2**63 - 1, 2**63, 10**30, -(10**30)])
def test_a_number_that_is_none_is_not_found(mail: MailStore, number: int) -> None:
    mail.add(PLAIN, NOTE, IN)
    assert refused(lambda: mail.get(number), NotFound) == f"there is no message {number}; `enlace inbox` lists them"


def test_messages_come_oldest_first_and_numbers_are_never_used_again(mail: MailStore, keyring: Keyring) -> None:
    for number in range(3):
        each = another(number)
        mail.add(each, note_of(each), IN)
    assert [stored.message.id for stored in mail.all()] == [another(number).id for number in range(3)]
    with sqlite3.connect(keyring.profile.path / "messages.db") as other:
        other.execute("DELETE FROM messages WHERE number = 3")
    other.close()
    assert mail.add(another(9), note_of(another(9)), IN) == 4


def test_what_is_known_of_a_message_is_replaced(mail: MailStore) -> None:
    mail.add(PLAIN, NOTE, IN)
    mail.note_facts(1, changed(IN, opened=7, warnings=()))
    assert mail.get(1).facts == changed(IN, opened=7, warnings=())
    assert mail.get(1).note == NOTE


def test_an_outgoing_message_and_its_place_in_the_outbox_are_one(mail: MailStore, keyring: Keyring) -> None:
    """If the second half fails, the first has not happened: nothing is half queued."""
    with sqlite3.connect(keyring.profile.path / "messages.db") as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(sqlite3.Error, match="disk full"):
        mail.add(PLAIN, NOTE, Facts(direction="out"), queue=True)
    assert not mail.has(PLAIN)
    other.execute("DROP TRIGGER full")
    other.close()
    assert mail.add(PLAIN, NOTE, Facts(direction="out"), queue=True) is not None
    assert [each.stored.message for each in mail.waiting()] == [PLAIN]


def test_a_receipt_and_what_it_rests_on_are_one(mail: MailStore, keyring: Keyring) -> None:
    mail.add(PLAIN, NOTE, IN)
    answer = changed(another(2), content=Receipt(act="opened", message=PLAIN.id, envelope="ab" * 32))
    opened = changed(IN, opened=7)
    with sqlite3.connect(keyring.profile.path / "messages.db") as other:
        other.execute("CREATE TRIGGER full BEFORE UPDATE ON messages BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(sqlite3.Error):
        mail.add(answer, note_of(answer), Facts(direction="out"), queue=True, update=(1, opened))
    assert (mail.has(answer), mail.waiting(), mail.get(1).facts) == (False, [], IN)
    other.execute("DROP TRIGGER full")
    other.close()
    mail.add(answer, note_of(answer), Facts(direction="out"), queue=True, update=(1, opened))
    assert (mail.has(answer), len(mail.waiting()), mail.get(1).facts) == (True, 1, opened)


def test_the_way_through_the_outbox(mail: MailStore, keyring: Keyring) -> None:
    mail.add(PLAIN, NOTE, Facts(direction="out"), queue=True)
    mail.add(another(2), note_of(another(2)), Facts(direction="out"), queue=True)
    envelope = sealed(WORLD, PLAIN)
    mail.sealed(1, envelope.raw)
    again = mail_of(keyring)  # the program ended here: the very bytes go out again
    assert [(each.stored.number, each.envelope) for each in again.waiting()] == [(1, envelope.raw), (2, None)]
    again.sealed(1, None)
    assert [each.envelope for each in again.waiting()] == [None, None]
    again.close()
    done = Facts(direction="out", sent=WORLD.now, envelope=envelope.hash, relayed=receipt(envelope, WORLD))
    mail.sent(1, done)
    assert [each.stored.number for each in mail.waiting()] == [2]
    assert mail.get(1).facts == done


@cache
def line(number: int) -> StoredLine:
    said = Delivered(network=WORLD.network, envelope="ab" * 32, at=number, device=local_id("ec-night"))
    raw = write_line(said, device_name(WORLD.name, said.device), key_pair("ec-night"))
    return StoredLine(kind="delivered", envelope="ab" * 32, note=raw.decode())


def test_lines_are_kept_once_each(mail: MailStore) -> None:
    first, second = line(1), line(2)
    assert [mail.add_line(each) for each in (first, second, first)] == [True, True, False]
    assert mail.lines() == [first, second]


def test_another_process_finds_everything(mail: MailStore, keyring: Keyring) -> None:
    mail.add(PLAIN, NOTE, IN)
    mail.add(another(2), note_of(another(2)), Facts(direction="out"), queue=True)
    mail.add_line(line(1))
    mail.close()
    again = mail_of(keyring)
    assert [each.message for each in again.all()] == [PLAIN, another(2)]
    assert (len(again.waiting()), again.lines()) == (1, [line(1)])
    again.close()


CANARIES = [
    b"CANARY-SUBJECT-flamenco",
    b"CANARY-TEXT-guacamaya-y-tucan",
    b"CANARY-CASE-golondrina",
    b"CANARY-FILE-NAME-colibri",
    b"CANARY-PURPOSE-condor",
    b"CANARY-REASON-pelicano",
    b"CANARY-WARNING-quetzal",
    b"AGE-SECRET-KEY-PQ-1QCANARYCANARYCANARY",
    b"co-desk",
    b"ec-desk",
]


def telling() -> Message:
    """A message every field of which says something that nobody else is to read."""
    subject, text, case, name, purpose, _, _, identity, *_ = (each.decode() for each in CANARIES)
    file = SealedFile(
        name=name, identity=identity, cipher_hash="c1" * 32, cipher_size=1, plain_hash="d1" * 32, plain_size=1
    )
    content = Text(subject=subject, text=text)
    return changed(PLAIN, content=content, case=case, attachments=(file,), handling=Handling(purpose=purpose))


def test_nothing_of_a_message_can_be_read_on_disk(mail: MailStore, keyring: Keyring) -> None:
    """Not in the file, its log or its freed pages; neither while it is open, nor after something was replaced."""
    out = telling()
    mail.add(out, note_of(out), Facts(direction="out"), queue=True)
    envelope = sealed(WORLD, out)
    mail.sealed(1, envelope.raw)
    reason = CANARIES[5].decode()
    refusing = changed(another(3), content=Receipt(act="refused", message=PLAIN.id, envelope="ab" * 32, reason=reason))
    mail.add(refusing, note_of(refusing), IN, update=(1, changed(IN, warnings=(CANARIES[6].decode(),))))
    mail.add_line(line(1))
    profile = keyring.profile.path
    own = keyring.profile.identity.device
    recipients = [each.device.encode() for each in envelope.header.recipients() if each.device != own]
    assert found_on_disk(profile, *CANARIES, *recipients, envelope.header.id.encode()) == []
    mail.sent(1, Facts(direction="out", sent=7))
    assert found_on_disk(profile, *CANARIES, *recipients) == []
    mail.close()
    assert found_on_disk(profile, *CANARIES, *recipients) == []
    assert not list(profile.glob("messages.db-*"))


def test_the_sending_and_receiving_devices_are_not_in_the_clear(mail: MailStore, keyring: Keyring) -> None:
    mail.add(PLAIN, NOTE, IN)
    mail.add_line(line(1))
    found = found_on_disk(keyring.profile.path, local_id("co-night").encode(), PLAIN.id.encode())
    assert found == []


@pytest.mark.parametrize("column", ["note", "facts"])
@pytest.mark.parametrize("how", ["empty", "cut", "another's", "exchanged"])
def test_a_damaged_message_is_told(mail: MailStore, keyring: Keyring, column: str, how: str) -> None:
    mail.add(PLAIN, NOTE, IN)
    other = sqlite3.connect(keyring.profile.path / "messages.db")
    raw = other.execute(f"SELECT {column} FROM messages").fetchone()[0]
    exchanged = other.execute(f"SELECT {'facts' if column == 'note' else 'note'} FROM messages").fetchone()[0]
    spoilt = {"empty": b"", "cut": raw[:-1], "another's": raw[:200] + raw[100:], "exchanged": exchanged}[how]
    with other:
        other.execute(f"UPDATE messages SET {column} = ?", (spoilt,))
    other.close()
    assert "message 1 is damaged on this disk: " in refused(lambda: mail.get(1), Usage)


def swapped(keyring: Keyring, *sql: str) -> None:
    other = sqlite3.connect(keyring.profile.path / "messages.db")
    with other:
        for each in sql:
            other.execute(each)
    other.close()


@pytest.mark.parametrize("column", ["facts", "note", "key"])
def test_one_message_s_rows_are_not_another_s(mail: MailStore, keyring: Keyring, column: str) -> None:
    """Whoever writes this disk would else take a warning off a message, or have it accepted."""
    mail.add(PLAIN, NOTE, IN)
    mail.add(another(2), note_of(another(2)), changed(IN, warnings=(), decided="accepted"))
    if column == "key":
        swapped(keyring, "UPDATE messages SET key = 'x' WHERE number = 1")
    else:
        swapped(
            keyring, f"UPDATE messages SET {column} = (SELECT {column} FROM messages WHERE number = 2) WHERE number = 1"
        )
    assert "message 1 is damaged on this disk: " in refused(lambda: mail.get(1), Usage)
    assert mail.get(2).facts.decided == "accepted"


def test_one_message_s_envelope_does_not_go_out_as_another_s(mail: MailStore, keyring: Keyring) -> None:
    for number in (1, 2):
        mail.add(another(number), note_of(another(number)), Facts(direction="out"), queue=True)
        mail.sealed(number, sealed(WORLD, another(number)).raw)
    swapped(keyring, "UPDATE outbox SET envelope = (SELECT envelope FROM outbox WHERE message = 2) WHERE message = 1")
    assert [each.stored.number for each in mail.waiting()] == [2]
    (told,) = mail.damaged
    assert "outbox 1 is damaged on this disk: what is kept there belongs elsewhere" in told
    assert "send it anew" in told


def test_what_is_sealed_elsewhere_in_the_profile_is_no_line(mail: MailStore, keyring: Keyring) -> None:
    """Every secret of the profile is sealed to one recipient: what stands inside says what it is."""
    mail.add(PLAIN, NOTE, IN)
    mail.add_line(line(1))
    keyring.vault.put("x", encode(line(2)))
    raw = (keyring.profile.path / "vault" / "x.age").read_bytes()
    for foreign in (f"x'{raw.hex()}'", "(SELECT facts FROM messages)"):
        swapped(keyring, f"UPDATE lines SET sealed = {foreign}")
        assert mail.lines() == []
        assert mail.damaged == ["line 1 is damaged on this disk: what is kept there belongs elsewhere"]


def test_damaged_rows_are_passed_over_and_told_once(mail: MailStore, keyring: Keyring) -> None:
    for number in (1, 2, 3):
        mail.add(another(number), note_of(another(number)), Facts(direction="out"), queue=True)
        mail.add_line(line(number))
    mail.sealed(1, b"envelope")
    swapped(
        keyring,
        "UPDATE outbox SET envelope = substr(envelope, 1, 300) WHERE message = 1",
        "UPDATE messages SET facts = x'00' WHERE number = 2",
        "UPDATE lines SET sealed = x'00' WHERE number = 1",
    )
    for _ in range(2):
        assert [each.number for each in mail.all()] == [1, 3]
        assert [each.stored.number for each in mail.waiting()] == [3]
        assert mail.lines() == [line(2), line(3)]
    assert [each.partition(" is damaged on this disk: ")[0] for each in mail.damaged] == [
        "message 2",
        "outbox 1",
        "message 2",
        "line 1",
    ]


def test_what_waits_without_its_message_is_passed_over_too(mail: MailStore, keyring: Keyring) -> None:
    for number in (1, 2):
        mail.add(another(number), note_of(another(number)), Facts(direction="out"), queue=True)
    swapped(keyring, "DELETE FROM messages WHERE number = 1")
    assert [each.stored.number for each in mail.waiting()] == [2]
    assert len(mail.damaged) == 1


@pytest.mark.parametrize("content", [b"hello, this is no database at all, is it", b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_is_no_database_is_told(keyring: Keyring, content: bytes) -> None:
    (keyring.profile.path / "messages.db").write_bytes(content)
    assert "messages.db is damaged, or cannot be opened" in refused(lambda: mail_of(keyring), Usage)


def test_a_folder_in_its_place_is_told(keyring: Keyring) -> None:
    (keyring.profile.path / "messages.db").mkdir()
    assert "cannot be opened" in refused(lambda: mail_of(keyring), Usage)
