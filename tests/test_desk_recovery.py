"""What goes into a recovery file, how it comes to have its name, and what never stands in it."""

import os
import stat
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import changed as with_fields
from desk_world import (
    epoch_identity,
    found_on_disk,
    give_keys,
)
from directory_world import key_pair
from recovery_world import (
    EVERYTHING,
    KEY,
    PASSPHRASE,
    WORLD,
    Desks,
    came,
    head,
    keep,
    sent,
    take,
    write,
)

from crypto.age import decrypt
from crypto.age_pq import PQIdentity
from crypto.encoding import b64
from desk.errors import DeskError, Locked, NotFound, Usage
from desk.mail.attachments import seal_file
from desk.mail.content import Text
from desk.profile.profile_copy import copied
from desk.profile.recovered import bring
from desk.profile.recovery import Wanted, by_passphrase, last_written, opened, write_file


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    found = Desks(tmp_path)
    yield found
    found.close()


def test_no_secret_of_the_profile_but_the_archives_is_in_it(desks: Desks, tmp_path: Path) -> None:
    old, file, look = desks.desk("ec-night"), tmp_path / "archive.age", tmp_path / "look"
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


def test_an_attachment_travels_sealed_as_it_is(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
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


def test_a_file_is_whole_private_and_never_in_the_place_of_another(desks: Desks, tmp_path: Path) -> None:
    old, file = desks.desk("ec-night"), tmp_path / "archive.age"
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


def test_what_cannot_be_read_back_is_not_left_behind(desks: Desks, tmp_path: Path) -> None:
    old = desks.desk("ec-night")
    seals, opens = by_passphrase(PASSPHRASE, 2)[0], by_passphrase(b"another passphrase", 2)[1]
    with pytest.raises(DeskError, match="did not keep what was written"):
        write_file(old, tmp_path / "archive.age", [seals], opens, EVERYTHING, replace=False)
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == []
    assert last_written(old.keyring) is None


def test_to_a_recipient_whose_identity_is_elsewhere(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1))
    paper = PQIdentity.generate()
    done = write_file(old, file, [paper.recipient()], None, EVERYTHING, replace=False)
    assert done.end.messages == 1
    with opened(file, [paper]) as begin:
        assert bring(new, head(), begin().records()).messages == [1]
    with opened(file, [PQIdentity.generate()]) as begin, pytest.raises(Locked):
        begin()


def test_when_one_was_written_is_remembered_and_what_came_since(desks: Desks, tmp_path: Path) -> None:
    old, file = desks.desk("ec-night"), tmp_path / "archive.age"
    assert last_written(old.keyring) is None
    keep(old, came(1), came(2))
    write(old, file)
    keep(old, came(3))
    last = last_written(old.keyring)
    assert last is not None
    assert (last.at, last.upto, old.mail.count(last.upto)) == (WORLD.now, 2, 1)
    bare = Wanted(messages=False, attachments=False)
    write(old, tmp_path / "bare.age", bare)
    assert last_written(old.keyring) == last
    write(old, file, bare, replace=True)  # it may have been the only one with messages
    assert last_written(old.keyring) is None


def test_a_damaged_row_keeps_nobody_from_a_recovery_file(desks: Desks, tmp_path: Path) -> None:
    old, file = desks.desk("ec-night"), tmp_path / "archive.age"
    keep(old, came(1), came(2))
    with old.mail._db:
        old.mail._db.execute("UPDATE messages SET note = x'00' WHERE number = 1")
    assert write(old, file).end.messages == 1
    assert any("message 1 is damaged" in each for each in old.warnings())


def test_without_messages_it_opens_a_copy_of_the_profile(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
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


def test_many_messages_are_written_and_taken_in_without_being_held_all_at_once(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
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
