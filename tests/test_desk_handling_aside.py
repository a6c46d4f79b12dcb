"""What stands beside the messages is erased with them: looked for, byte by byte, in every file of the profile."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_intake import Desk, refused_files
from desk_world import changed, item_of, message, network, sealed
from directory_world import local_id
from forms_filled import VICTIM, filled

from desk.alarms.evidence import MOST_EVIDENCE_BYTES, PAYLOAD
from desk.drafting.drafts import Drafts, FormDraft
from desk.handling.expiry import NAME, erase_due
from desk.handling.marks import Handling
from desk.keys.vault import sealed_file
from desk.mail.content import Text
from desk.profile.unlocked import Unlocked
from directory.canonical import Malformed, encode
from relay.protocol.envelope import parse_envelope

DAY = 86_400


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path, network())
    yield found
    found.mail.close()


def at(here: Desk, now: int) -> list[str]:
    """What is told when the profile is unlocked at a time that a checkpoint vouches for."""
    profile = here.keyring.profile
    return erase_due(Unlocked(profile, here.keyring, here.store, here.mail, lambda: now), lambda: now)


def windows(data: bytes) -> list[bytes]:
    """Pieces of sealed bytes, by which they are recognised wherever they lie; a database keeps rows in pages."""
    return [
        data[start : start + 32] for start in range(len(data) // 2, len(data) - 32, 497)
    ]  # behind what is in the clear


def on_disk(here: Desk, pieces: list[bytes]) -> int:
    """How many of the pieces stand in some file of the profile."""
    every = [path.read_bytes() for path in here.keyring.profile.path.rglob("*") if path.is_file()]
    return sum(any(piece in data for data in every) for piece in pieces)


def two_texts_of_an_hour(here: Desk) -> int:
    """Two texts under one id, both to be erased at a time, which it returns; the second is put aside, twice."""
    ends = here.world.now + 20 * DAY
    marks = Handling(erase_at=ends)
    first = message(here.world, id="7" * 32, content=Text(subject="Let them pass", text="x" * 4000), handling=marks)
    second = changed(first, content=Text(subject="Hold them", text="y" * 4000))
    for number, each in enumerate((first, second), 1):
        envelope = sealed(here.world, each)
        here.arrives(item_of(envelope, here.world, number), envelope.raw)
    here.take()
    return ends


def test_nothing_of_a_message_is_left_on_the_disk_when_its_time_is_over(here: Desk) -> None:
    ends = two_texts_of_an_hour(here)
    folder = here.keyring.profile.path
    with sqlite3.connect(folder / "messages.db") as db:
        row = bytes(db.execute("SELECT note FROM messages").fetchone()[0])
    (second,) = folder.glob("doubts/*/second.age")
    (aside,) = folder.glob("spool/*.refused")
    pieces = [windows(each) for each in (row, second.read_bytes(), aside.read_bytes())]
    assert [on_disk(here, each) for each in pieces] == [len(each) for each in pieces]
    assert all(len(each) > 3 for each in pieces)
    at(here, ends - 1)
    assert [on_disk(here, each) for each in pieces] == [len(each) for each in pieces]
    told = at(here, ends)
    assert [on_disk(here, each) for each in pieces] == [0, 0, 0]
    assert sorted(each.partition(" ")[0].partition("/")[0] for each in told) == ["doubts", "message", "spool"]
    assert (len(list((folder / "doubts").iterdir())), refused_files(here)) == (1, [])
    assert at(here, ends + DAY) == []


def test_an_alarm_s_evidence_keeps_no_envelope_of_what_is_erased(here: Desk) -> None:
    """Of a turn that went wrong, and of a relay that handed over one envelope under another's name."""
    ends = here.world.now + 20 * DAY
    text = Text(subject="Hotel", text="z" * 4000)
    kept, gone, strange = (
        sealed(here.world, message(here.world, id=each * 32, content=text, handling=Handling(erase_at=until)))
        for each, until in (("8", ends + DAY), ("9", ends), ("a", ends))
    )
    evidence = here.keyring.profile.evidence
    for number, each in enumerate((kept, gone), 1):
        here.arrives(item_of(each, here.world, number), each.raw)
        loose = {"turns.json": b'{"envelope":"' + each.hash.encode() + b'"}', "receipt.json": each.hash.encode()}
        evidence("turn", loose, here.world.now, b"head" + each.raw, proven=True)
    here.take()
    evidence("stream", {"item.json": b"{}", "payload.bin": strange.raw}, here.world.now)
    pieces = [windows(each.raw) for each in (kept, gone, strange)]
    whole = [len(each) for each in pieces]
    at(here, ends - 1)
    assert [on_disk(here, each) for each in pieces] == whole
    at(here, ends)
    assert [on_disk(here, each) for each in pieces] == [whole[0], 0, 0]
    names = sorted(each.name for each in (here.keyring.profile.path / "alarms").glob("*/*"))
    assert names == ["alarm.evidence", "item.json", "receipt.json", "receipt.json", "turns.json", "turns.json"]


def test_what_the_relay_sent_under_another_header_goes_with_its_message(here: Desk) -> None:
    """What its header says is the relay's word: what opens here is found, and what is named as a message that goes."""
    ends, world, evidence = here.world.now + 20 * DAY, here.world, here.keyring.profile.evidence
    text = Text(subject="Hotel", text="z" * 4000)
    gone, other = (
        sealed(world, message(world, id=each * 32, content=text, handling=Handling(erase_at=ends))) for each in "9a"
    )
    here.arrives(item_of(gone, world, 1), gone.raw)
    here.take()
    swapped = other.raw.replace(local_id("ec-night").encode(), b"f" * 64)
    assert swapped != other.raw
    with pytest.raises(Malformed):
        parse_envelope(swapped).header.stanza_of(local_id("ec-night"))
    evidence("stream", {"item.json": b"{}", PAYLOAD: swapped}, world.now)
    evidence("stream", {"item.json": encode(item_of(gone, world, 1)), PAYLOAD: b"x" + gone.raw}, world.now)
    pieces = [windows(each.raw) for each in (gone, other)]
    at(here, ends - 1)
    assert [on_disk(here, each) for each in pieces] == [len(each) for each in pieces]
    at(here, ends)
    assert [on_disk(here, each) for each in pieces] == [0, 0]


@pytest.mark.parametrize("by", [None, 1, 3])
def test_what_another_program_judged_is_looked_at_anew(here: Desk, by: int | None) -> None:
    """The one before this found nothing in what had another header, and remembered that it goes never."""
    ends, world, profile = here.world.now + 20 * DAY, here.world, here.keyring.profile
    other = sealed(world, message(world, handling=Handling(erase_at=ends)))
    swapped = other.raw.replace(local_id("ec-night").encode(), b"f" * 64)
    place = Path(profile.evidence("stream", {"item.json": b"{}", PAYLOAD: swapped}, world.now)) / PAYLOAD
    judged = {"judged": by} if by is not None else {}
    name = place.relative_to(profile.path).as_posix()
    old = {"at": {}, "drills": {}, "aside": {name: 0}, "told": 0, "upto": 0} | judged
    here.keyring.vault.put(NAME, encode(old))
    at(here, ends)
    assert not place.exists()


def test_nothing_of_what_is_too_long_is_kept_and_what_was_cut_before_goes(here: Desk) -> None:
    ends, world, profile = here.world.now + 20 * DAY, here.world, here.keyring.profile
    long = Text(subject="Hotel", text="".join(map(str, range(60_000))))
    first = message(world, id="7" * 32, content=long, handling=Handling(erase_at=ends))
    second = changed(first, content=changed(long, subject="Hold them"))
    for number, each in enumerate((first, second), 1):
        envelope = sealed(world, each)
        here.arrives(item_of(envelope, world, number), envelope.raw)
    (told,) = here.take().refused
    assert "too long to be kept, so only hash and length are: second (" in told
    assert [each.name for each in profile.path.glob("doubts/*/*")] == ["second.sha256"]
    raw = sealed(world, first).raw
    place = Path(profile.evidence("stream", {"item.json": b"{}", PAYLOAD: raw}, world.now))
    assert sorted(each.name for each in place.iterdir()) == ["item.json", f"{PAYLOAD}.sha256"]
    (place / PAYLOAD).write_bytes(raw[:MOST_EVIDENCE_BYTES])  # as an older program did
    (told,) = at(here, world.now)
    assert "it was cut, and nobody can tell how long it may be kept" in told
    assert sorted(each.name for each in place.iterdir()) == ["item.json", f"{PAYLOAD}.sha256"]


def test_a_draft_goes_after_the_day_that_the_victim_s_consent_names(here: Desk) -> None:
    drafts = Drafts(here.keyring.vault)
    until = 1_853_107_200  # 2028-09-21, the day after
    assert VICTIM["keep_until"] == "2028-09-20"
    kept = drafts.add(FormDraft(filled=filled("general-message"), begun=1, changed=1))
    gone = drafts.add(FormDraft(filled=filled("victim-referral", **VICTIM), begun=1, changed=1))
    file = sealed_file(here.keyring.profile.path, f"form-draft-{gone[1:]}")
    pieces = windows(file.read_bytes())
    at(here, until - 1)
    assert on_disk(here, pieces) == len(pieces) > 0
    assert any(f"draft {gone} was erased" in each for each in at(here, until))
    assert (on_disk(here, pieces), drafts.names()) == (0, [kept])


def test_it_is_looked_into_once_and_what_opens_with_no_key_stays(here: Desk) -> None:
    ends = two_texts_of_an_hour(here)
    (aside,) = (here.keyring.profile.path / "spool").glob("*.refused")
    at(here, ends - 2)
    whole = aside.read_bytes()
    aside.write_bytes(b"something else")  # its name says which bytes it was: nobody opens it again to find its time
    at(here, ends - 1)
    aside.write_bytes(whole)
    strange = aside.with_name(f"{99:016d}-envelope-{'0' * 64}.refused")
    strange.write_bytes(b"nothing that opens")
    at(here, ends)
    assert refused_files(here) == [strange.name]
    assert sealed_file(here.keyring.profile.path, NAME).exists()
