"""What goes into a recovery file, and what another desk of the officer takes from it: rules R1 to R6 of `recovered`."""

import os
import stat
import tracemalloc
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from desk_world import changed as with_fields
from desk_world import (
    checkpoint,
    desk,
    epoch_identity,
    found_on_disk,
    give_keys,
    message,
    note_of,
    receipt,
    refused,
    replica,
)
from desk_world import network as first_network
from directory_world import World, key_pair, local_id, officer_id

from crypto.age import decrypt, encrypt
from crypto.age_pq import PQIdentity
from crypto.age_scrypt import ScryptIdentity
from crypto.encoding import b64
from desk.errors import Declined, DeskError, Distrust, Locked, NotFound, Usage
from desk.files import seal_file
from desk.mail import Facts, MailStore, StoredLine
from desk.message import Message, Receipt, Sender, Text
from desk.profile_copy import copied
from desk.recovered import Brought, bring, check_head, completed, contents
from desk.recovery import Wanted, Written, by_passphrase, last_written, opened, write_file
from desk.recovery_file import AttachmentRecord, Head, LineRecord, MessageRecord, Record, write_recovery
from desk.replica import ReplicaStore
from desk.unlocked import Unlocked
from relay.protocol.lines import Delivered, reception_name, write_line

PASSPHRASE = b"a passphrase of its own"
KEY = ScryptIdentity(PASSPHRASE)
EVERYTHING = Wanted(messages=True, attachments=True)
ENVELOPE = "e1" * 32


@cache
def _world() -> World:
    world = first_network()
    world.admit(world.enrolling("ec-night/2"), "ec-chief")
    world.now += 60
    return world


WORLD = _world()


class Office:
    """Desks of a world, each unlocked without its slow key file; all closed at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: list[MailStore | ReplicaStore] = []

    def desk(self, handle: str, world: World = WORLD, place: str = "") -> Unlocked:
        keyring = desk(self.path / place, handle, world)
        store = ReplicaStore(keyring.profile.path / "replica.db", keyring.replica_seal)
        store.advance(0, world.entries, replica(world))
        mail = MailStore(keyring.profile.path / "messages.db", keyring)
        self._open += [mail, store]
        return Unlocked(keyring.profile, keyring, store, mail, lambda: world.now)

    def close(self) -> None:
        for each in self._open:
            each.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    found = Office(tmp_path)
    yield found
    found.close()


@cache
def said(number: int, sender: str = "co-night") -> Message:
    """A message for ec-night's contact, or one of ec-night's own."""
    if sender == "co-night":
        return message(WORLD, case=f"case {number}")
    own = Sender(contact="ec-desk", device=local_id(sender))
    return with_fields(message(WORLD, sender, ["co-desk"], case=f"answer {number}"), sender=own)


def came(number: int = 0, **facts: object) -> tuple[Message, Facts]:
    """A message that came to ec-night, and what its desk knew."""
    envelope = sha256(f"envelope {number}".encode()).hexdigest()
    known = Facts(direction="in", received=WORLD.now, envelope=envelope, relayed=receipt(envelope, WORLD))
    return said(number), with_fields(known, **facts)


def sent(number: int = 0, *, yet: bool = True) -> tuple[Message, Facts]:
    """A message that ec-night sent, or was about to."""
    facts = Facts(direction="out")
    if yet:
        facts = with_fields(facts, envelope=ENVELOPE, relayed=receipt(ENVELOPE, WORLD), sent=WORLD.now)
    return said(number, "ec-night"), facts


def keep(desk: Unlocked, *pairs: tuple[Message, Facts], queue: bool = False) -> None:
    for each, facts in pairs:
        handle = "ec-night" if each.sender.device == local_id("ec-night") else "co-night"
        assert desk.mail.add(each, note_of(each, handle), facts, queue=queue)


@cache
def delivered() -> bytes:
    """A signed line about what ec-night sent."""
    line = Delivered(network=WORLD.network, envelope=ENVELOPE, at=WORLD.now, device=local_id("co-night"))
    return write_line(line, reception_name(WORLD.name, local_id("co-night")), key_pair("co-night reception"))


def write(desk: Unlocked, path: Path, wanted: Wanted = EVERYTHING, *, replace: bool = False) -> Written:
    seals, opens = by_passphrase(PASSPHRASE, 2)
    return write_file(desk, path, [seals], opens, wanted, replace=replace)


def take(desk: Unlocked, path: Path, former: str = "") -> Brought:
    """As `enlace recovery use` does."""
    with opened(path, [KEY]) as begin:
        reader = begin()
        check_head(desk, reader.head, former)
        contents(reader.records(), desk.mail)
        return bring(desk, reader.head, begin().records())


def head(**fields: object) -> Head:
    known = Head(
        archive=str(epoch_identity("ec-night", "archive")),
        authority="",
        checkpoint=checkpoint(WORLD).decode(),
        device=local_id("ec-night"),
        member="ec",
        name=WORLD.name,
        network=WORLD.network,
        officer=officer_id("ec-night"),
        relay="https://relay.enlace.example",
        written=WORLD.now,
    )
    return with_fields(known, **fields)


def forged(path: Path, records: Iterable[tuple[Record, bytes]], known: Head | None = None) -> Path:
    """A recovery file that no desk wrote, by somebody who has a passphrase that opens it."""
    seals, _ = by_passphrase(PASSPHRASE, 2)
    pieces = write_recovery(known or head(), ((record, (data,)) for record, data in records))
    path.write_bytes(encrypt(b"".join(pieces), [seals]))
    return path


def record(letter: Message, facts: Facts, note: bytes | None = None) -> tuple[Record, bytes]:
    raw = note or note_of(letter)
    return MessageRecord(facts=facts, size=len(raw)), raw


def line_of(envelope: str, raw: bytes) -> tuple[Record, bytes]:
    return LineRecord(line="delivered", envelope=envelope, size=len(raw)), raw


def test_everything_is_there_again_with_its_proofs(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1, opened=5), came(2, decided="accepted", decided_at=9), sent(3))
    old.mail.add_line(StoredLine(kind="delivered", envelope=ENVELOPE, note=delivered().decode()))
    done = write(old, file)
    assert (done.end.messages, done.end.lines, done.end.attachments) == (3, 1, 0)
    brought = take(new, file)
    assert (brought.messages, brought.lines, brought.refused, brought.later) == ([1, 2, 3], 1, [], 0)
    for there, here in zip(old.mail.all(), new.mail.all(), strict=True):
        assert (there.note, there.message) == (here.note, here.message)
        assert here.facts == with_fields(there.facts, origin=local_id("ec-night"), recovered=WORLD.now)
    assert old.mail.lines() == new.mail.lines()
    assert new.mail.waiting() == []


def test_notes_are_sealed_to_the_new_archive_and_open_with_age(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came())
    write(old, file)
    take(new, file)
    ((sealed,),) = new.mail._db.execute("SELECT note FROM messages").fetchall()
    assert decrypt(sealed, [epoch_identity("ec-night/2", "archive")]) == next(old.mail.all()).note


def test_twice_is_once(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1), sent(2))
    write(old, file)
    take(new, file)
    before = list(new.mail.all())
    again = take(new, file)
    assert (again.messages, again.completed, again.lines) == ([], 0, 0)
    assert list(new.mail.all()) == before


def test_an_interrupted_run_is_gone_on_with(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, *(came(number) for number in range(8)))
    write(old, file)

    def until(stop: int) -> None:
        with opened(file, [KEY]) as begin:
            for count, each in enumerate(begin().records()):
                if count == stop:
                    raise KeyboardInterrupt
                bring(new, head(), iter([each]))

    with pytest.raises(KeyboardInterrupt):
        until(5)
    assert new.mail.count() == 5
    assert len(take(new, file).messages) == 3
    assert new.mail.count() == 8


def test_what_is_known_here_is_not_taken_back(office: Office, tmp_path: Path) -> None:
    """An older file, or one of a desk that knew less, fills in what is missing and nothing else."""
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    first, second = came(1), came(2, opened=7, decided="accepted", decided_at=8)
    keep(old, first, second)
    write(old, file)
    keep(new, (first[0], with_fields(first[1], opened=3, decided="refused", decided_at=4)), came(2))
    brought = take(new, file)
    assert (brought.messages, brought.completed) == ([], 1)
    known = [each.facts for each in new.mail.all()]
    assert [(each.opened, each.decided, each.origin) for each in known] == [(3, "refused", ""), (7, "accepted", "")]


def test_a_second_file_of_the_same_desk_brings_what_came_since(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1))
    write(old, file)
    take(new, file)
    old.mail.note_facts(1, with_fields(old.mail.get(1).facts, opened=9))
    keep(old, came(2))
    write(old, file, replace=True)
    brought = take(new, file)
    assert (len(brought.messages), brought.completed, new.mail.get(1).facts.opened) == (1, 1, 9)


def test_what_waited_to_be_sent_is_not_sent_by_another_desk(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, sent(1, yet=False), queue=True)
    write(old, file)
    take(new, file)
    assert new.mail.waiting() == []
    assert new.mail.get(1).facts.sent == 0


async def test_a_recovered_message_is_opened_without_a_second_receipt(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1, opened=5), came(2))
    write(old, file)
    take(new, file)
    new.mark_opened(1)
    assert new.mail.waiting() == []
    new.mark_opened(2)  # which the lost desk never opened: its sender learns that it is read now
    (waiting,) = new.mail.waiting()
    content = waiting.stored.message.content
    assert isinstance(content, Receipt)
    assert waiting.stored.message.sender.device == local_id("ec-night/2")


async def test_only_the_device_it_was_sealed_to_can_stop_its_clock(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1))
    write(old, file)
    take(new, file)
    with pytest.raises(Declined, match=r"came from a recovery file: .* --reply-to"):
        await new.decide(None, 1, "accepted", "")  # type: ignore[arg-type]  # it is never asked


def test_the_same_desk_takes_its_own_archive_back(office: Office, tmp_path: Path) -> None:
    """Whose `messages.db` was damaged and moved away."""
    old, file = office.desk("ec-night"), tmp_path / "archive.age"
    keep(old, came(1), sent(2))
    write(old, file)
    again = office.desk("ec-night", place="again")
    assert take(again, file).messages == [1, 2]


def test_what_a_recovered_desk_writes_is_taken_by_the_next(office: Office, tmp_path: Path) -> None:
    world = _world().copy()
    world.admit(world.enrolling("ec-night/3"), "ec-chief")
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1), sent(2))
    write(old, file)
    take(new, file)
    write(new, file, replace=True)
    third = office.desk("ec-night/3", world)
    brought = take(third, file)
    assert (brought.messages, brought.refused) == ([1, 2], [])
    assert {each.facts.origin for each in third.mail.all()} == {local_id("ec-night")}


def test_no_secret_of_the_profile_but_the_archives_is_in_it(office: Office, tmp_path: Path) -> None:
    old, file, look = office.desk("ec-night"), tmp_path / "archive.age", tmp_path / "look"
    give_keys(old.keyring, "ec-night")
    for name in ("session", "recovery-codes", "own-invitation"):
        old.keyring.vault.put(name, f"canary of {name}".encode())
    keep(old, came(1), sent(2))
    write(old, file)
    look.mkdir()
    (look / "opened").write_bytes(decrypt(file.read_bytes(), [KEY]))
    pair, reception = key_pair("ec-night"), key_pair("ec-night reception")
    raw = [pair.ed25519_seed, pair.mldsa44_seed, reception.ed25519_seed, reception.mldsa44_seed]
    identities = [epoch_identity("ec-night", name) for name in ("vault", "epoch", "fallback")]
    canaries = [b"canary of ", *raw, *(each.seed for each in identities), *(str(each).encode() for each in identities)]
    for canary in canaries:
        assert found_on_disk(look, canary) == [], canary
    assert found_on_disk(look, old.keyring.replica_seal) == []
    assert found_on_disk(look, str(old.keyring.archive).encode()) == ["opened"]
    content = (look / "opened").read_bytes()
    assert content.count(b"AGE-SECRET-KEY") == 1
    assert b64(old.keyring.archive.seed).encode() not in content


def test_an_attachment_travels_sealed_as_it_is(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    (tmp_path / "list.csv").write_bytes(os.urandom(200_000))
    attached = seal_file(tmp_path / "list.csv", old.profile.path / "files")
    elsewhere = with_fields(attached, cipher_hash="00" * 32)
    letter, facts = came(1)
    keep(old, (with_fields(letter, attachments=(attached, elsewhere)), facts))
    done = write(old, file)
    assert (done.end.attachments, done.attachments_elsewhere) == (1, 1)
    assert take(new, file).attachments == 1
    there = new.profile.path / "files" / attached.cipher_hash
    assert there.read_bytes() == (old.profile.path / "files" / attached.cipher_hash).read_bytes()
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    there.write_bytes(b"damaged")
    assert take(new, file).attachments == 1
    bare = write(old, file, Wanted(messages=True, attachments=False), replace=True)
    assert (bare.end.attachments, bare.attachments_left_out) == (0, 2)


def test_a_file_is_whole_private_and_never_in_the_place_of_another(office: Office, tmp_path: Path) -> None:
    old, file = office.desk("ec-night"), tmp_path / "archive.age"
    keep(old, came(1))
    write(old, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(Usage, match="exists already"):
        write(old, file)
    assert file.read_bytes() == before
    write(old, file, replace=True)
    assert file.read_bytes() != before
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["archive.age"]


def test_what_cannot_be_read_back_is_not_left_behind(office: Office, tmp_path: Path) -> None:
    old = office.desk("ec-night")
    seals, opens = by_passphrase(PASSPHRASE, 2)[0], by_passphrase(b"another passphrase", 2)[1]
    with pytest.raises(DeskError, match="did not keep what was written"):
        write_file(old, tmp_path / "archive.age", [seals], opens, EVERYTHING, replace=False)
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == []
    assert last_written(old.keyring) is None


def test_to_a_recipient_whose_identity_is_elsewhere(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1))
    paper = PQIdentity.generate()
    done = write_file(old, file, [paper.recipient()], None, EVERYTHING, replace=False)
    assert done.end.messages == 1
    with opened(file, [paper]) as begin:
        assert bring(new, head(), begin().records()).messages == [1]
    with opened(file, [PQIdentity.generate()]) as begin, pytest.raises(Locked):
        begin()


def test_when_one_was_written_is_remembered_and_what_came_since(office: Office, tmp_path: Path) -> None:
    old, file = office.desk("ec-night"), tmp_path / "archive.age"
    assert last_written(old.keyring) is None
    keep(old, came(1), came(2))
    write(old, file)
    keep(old, came(3))
    last = last_written(old.keyring)
    assert last is not None
    assert (last.at, last.upto, old.mail.count(last.upto)) == (WORLD.now, 2, 1)
    write(old, file, Wanted(messages=False, attachments=False), replace=True)  # which keeps no message
    last = last_written(old.keyring)
    assert last is not None
    assert last.upto == 2


def test_a_damaged_row_keeps_nobody_from_a_recovery_file(office: Office, tmp_path: Path) -> None:
    old, file = office.desk("ec-night"), tmp_path / "archive.age"
    keep(old, came(1), came(2))
    with old.mail._db:
        old.mail._db.execute("UPDATE messages SET note = x'00' WHERE number = 1")
    assert write(old, file).end.messages == 1
    assert any("message 1 is damaged" in each for each in old.warnings())


def test_without_messages_it_opens_a_copy_of_the_profile(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    (tmp_path / "list.csv").write_bytes(b"1,2\n")
    attached = seal_file(tmp_path / "list.csv", old.profile.path / "files")
    letter, facts = came(1)
    keep(old, (with_fields(letter, attachments=(attached,)), facts), sent(2))
    assert write(old, file, Wanted(messages=False, attachments=False)).end.messages == 0
    old.mail._db.execute("INSERT INTO messages (key, note, facts) VALUES ('x', x'00', x'00')")
    old.mail._db.commit()
    damaged: list[str] = []
    with opened(file, [KEY]) as begin:
        known = begin().head
    brought = bring(new, known, copied(old.profile.path, known, WORLD.view, damaged))
    assert (brought.messages, brought.attachments, brought.refused) == ([1, 2], 1, [])
    first, second = new.mail.all()
    assert (first.facts.direction, first.facts.warnings) == ("in", ("unproven",))
    assert (second.facts.direction, second.facts.sent) == ("out", 0)
    assert len(damaged) == 1
    with pytest.raises(NotFound):
        list(copied(tmp_path, known, WORLD.view, damaged))


HEADS = {
    "another network": ({"network": "cd" * 32}, "of another network"),
    "another member": (
        {"officer": officer_id("co-night"), "device": local_id("co-night"), "member": "co"},
        "holds the archive of co, and this desk is of ec",
    ),
    "another member, denied": ({"officer": officer_id("co-night"), "device": local_id("co-night")}, "archive of co"),
    "another officer": (
        {"officer": officer_id("ec-day"), "device": local_id("ec-day")},
        "say so: --of-officer",
    ),
    "another officer's device": ({"device": local_id("ec-day")}, "a device that is another officer's"),
    "an unknown device": ({"device": "ab" * 32}, "run `enlace sync`"),
    "an unknown officer": ({"officer": "ab" * 16}, "run `enlace sync`"),
}


@pytest.mark.parametrize(("fields", "words"), HEADS.values(), ids=HEADS)
def test_whose_archive_is_not_taken(office: Office, fields: dict[str, object], words: str) -> None:
    new = office.desk("ec-night/2")
    assert words in refused(lambda: check_head(new, head(**fields)), Declined)


def test_a_former_colleagues_archive_is_taken_over_when_it_is_said(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-day"), tmp_path / "archive.age"
    keep(old, came(1), sent(2))
    write(old, file)
    with pytest.raises(Declined, match="--of-officer"):
        take(new, file)
    assert take(new, file, officer_id("ec-night")).messages == [1, 2]


def test_a_new_desk_is_shown_no_older_directory_than_the_lost_one_had(office: Office) -> None:
    world = first_network()
    new = office.desk("ec-night", world)
    with pytest.raises(Declined, match=r"the lost desk knew \d+ statements, this one \d+"):
        check_head(new, head())


def test_a_new_desk_is_shown_no_other_history_than_the_lost_one_had(office: Office) -> None:
    new, other = office.desk("ec-night/2"), first_network()
    other.admit(other.enrolling("ec-day/2"), "ec-chief")
    other.now += 60
    with pytest.raises(Distrust) as caught:
        check_head(new, head(checkpoint=checkpoint(other).decode()))
    assert caught.value.evidence


def test_a_file_for_a_desk_without_a_directory_waits(office: Office, tmp_path: Path) -> None:
    keyring = desk(tmp_path, "ec-night/2", WORLD)
    store, mail = ReplicaStore(tmp_path / "r.db", keyring.replica_seal), MailStore(tmp_path / "m.db", keyring)
    office._open += [store, mail]
    with pytest.raises(Declined, match="no directory yet"):
        check_head(Unlocked(keyring.profile, keyring, store, mail, lambda: WORLD.now), head())


SAID, KNOWN = came(1)
OWN, OUT = sent(2)
STRANGER = with_fields(SAID, sender=Sender(contact="co-court", device=local_id("co-night")))
RECORDS = {
    "altered": (record(SAID, KNOWN, note_of(SAID).replace(b"at noon", b"at dusk")), "does not count"),
    "signed by another": (record(SAID, KNOWN, note_of(SAID, "co-day")), "does not count"),
    "not for that device": (record(message(WORLD, to=["ec-court"]), KNOWN), "was not for the device"),
    "a colleague's that is none": (record(SAID, with_fields(KNOWN, direction="colleague")), "was not for the device"),
    "received, and said to be sent": (record(SAID, with_fields(KNOWN, direction="out")), "another device than signed"),
    "sent, and said to be received": (
        record(OWN, with_fields(OUT, direction="in"), note_of(OWN, "ec-night")),
        "another device than signed",
    ),
    "for a contact its sender never served": (record(STRANGER, KNOWN), "never served co-court"),
    "from the archive of another authority": (
        record(SAID, with_fields(KNOWN, origin=local_id("co-day"))),
        "not of this authority",
    ),
    "from the archive of nobody": (record(SAID, with_fields(KNOWN, origin="ab" * 32)), "not of this authority"),
    "a line that does not hold": (
        line_of(ENVELOPE, delivered().replace(b"e1e1", b"e2e2")),
        "a signed line that does not",
    ),
    "a line about another envelope": (line_of("e2" * 32, delivered()), "another envelope than the file says"),
}


@pytest.mark.parametrize(("forgery", "words"), RECORDS.values(), ids=RECORDS)
def test_what_does_not_count_is_refused_and_the_rest_goes_on(
    office: Office, tmp_path: Path, forgery: tuple[Record, bytes], words: str
) -> None:
    new, good = office.desk("ec-night/2"), record(*came(7))
    order = [good, forgery] if isinstance(forgery[0], LineRecord) else [forgery, good]
    brought = take(new, forged(tmp_path / "archive.age", order))
    assert len(brought.messages) == 1
    assert len(brought.refused) == 1
    assert words in brought.refused[0]


def test_receipts_in_the_file_are_judged_anew(office: Office, tmp_path: Path) -> None:
    """A file may say that nothing is to be warned of; only the relay's signature makes it so."""
    new = office.desk("ec-night/2")
    _, facts = came(1)
    forgeries = [
        record(message(WORLD, case="a"), with_fields(facts, envelope="aa" * 32)),
        record(message(WORLD, case="b"), Facts(direction="in", received=1)),
        record(message(WORLD, case="c"), with_fields(facts, warnings=("unproven", "fallback-key"))),
    ]
    take(new, forged(tmp_path / "archive.age", forgeries))
    assert [each.facts.warnings for each in new.mail.all()] == [("unproven",), ("unproven",), ("fallback-key",)]


def test_another_text_under_an_id_that_is_held_is_put_aside(office: Office, tmp_path: Path) -> None:
    new = office.desk("ec-night/2")
    keep(new, came(1))
    other = with_fields(SAID, content=Text(subject="Another", text="They never crossed."))
    brought = take(new, forged(tmp_path / "archive.age", [record(other, KNOWN)]))
    assert "shows different people different things" in brought.refused[0]
    assert new.mail.get(1).message == SAID
    assert "two-texts" in new.mail.get(1).facts.warnings


def test_of_a_sender_not_known_yet_it_is_told_to_synchronise(office: Office, tmp_path: Path) -> None:
    world = WORLD.copy()
    world.add_officer("co-new", "co")
    letter = message(WORLD, sender="co-new")
    path = forged(tmp_path / "archive.age", [record(letter, KNOWN, note_of(letter, "co-new")), record(*came(7))])
    brought = take(office.desk("ec-night/2"), path)
    assert (brought.later, len(brought.messages)) == (1, 1)


def test_an_attachment_that_no_message_names_makes_the_file_none(office: Office, tmp_path: Path) -> None:
    data = b"a file that fills the disk"
    stray = (AttachmentRecord(hash=sha256(data).hexdigest(), size=len(data)), data)
    new = office.desk("ec-night/2")
    with pytest.raises(Usage, match="no message before it names"):
        take(new, forged(tmp_path / "archive.age", [record(*came(1)), stray]))
    assert (new.mail.count(), list((new.profile.path / "files").iterdir())) == (0, [])


@pytest.mark.parametrize("cut", [1, 20, 200, 3000, 9000])
def test_a_file_that_was_cut_changes_nothing(office: Office, tmp_path: Path, cut: int) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1), came(2))
    write(old, file)
    file.write_bytes(file.read_bytes()[:-cut])
    with pytest.raises(Usage, match="damaged"):
        take(new, file)
    assert new.mail.count() == 0


@pytest.mark.parametrize("at", [0, 10, 60, 100, 250, 400, 4000, -1])
def test_a_file_that_was_altered_changes_nothing(office: Office, tmp_path: Path, at: int) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1), came(2))
    write(old, file)
    raw = bytearray(file.read_bytes())
    raw[at] ^= 1
    file.write_bytes(raw)
    with pytest.raises((Usage, Locked)):
        take(new, file)
    assert new.mail.count() == 0


def test_what_is_missing_is_filled_in_fact_by_fact() -> None:
    bare, full = Facts(direction="in"), with_fields(KNOWN, opened=1, decided="accepted", decided_at=2, sent=3)
    assert completed(full, bare) == full
    assert completed(bare, full) == with_fields(full)
    assert completed(completed(bare, full), with_fields(full, opened=9, decided="refused")) == full


def test_many_messages_are_written_and_taken_in_without_being_held_all_at_once(office: Office, tmp_path: Path) -> None:
    old, new, file = office.desk("ec-night"), office.desk("ec-night/2"), tmp_path / "archive.age"
    long = Text(subject="Long", text="x" * 40_000)
    with old.mail.together():
        keep(old, *((with_fields(each, content=long), facts) for each, facts in map(came, range(250))))
    tracemalloc.start()
    write(old, file)
    take(new, file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file.stat().st_size > 250 * 40_000
    assert peak < 6 << 20
    assert new.mail.count() == 250
