"""Evidence: every piece once, room for every kind, and an honest word where nothing was kept."""

from hashlib import sha256
from pathlib import Path

import pytest

from desk.alarms.evidence import (
    ACCUSATION,
    MOST_CLAIMED_BYTES,
    MOST_EVIDENCE_BYTES,
    MOST_OF_A_KIND,
    erase_envelope,
    keep,
    not_kept,
)
from desk.profile.folder import Identity, Profile

IDENTITY = Identity(kind="officer", name="enlace.example", network="5f" * 32, member="co", device="77" * 32)


def test_evidence_is_kept_apart_and_once(tmp_path: Path) -> None:
    first = keep(tmp_path, "fork", {"a.txt": b"one"}, 7)
    second = keep(tmp_path, "fork", {"a.txt": b"two"}, 7)
    assert first != second
    assert [(Path(each) / "a.txt").read_bytes() for each in (first, second)] == [b"one", b"two"]
    assert keep(tmp_path, "fork", {"a.txt": b"one"}, 8) == first
    assert keep(tmp_path, "rollback", {"a.txt": b"one"}, 8) != first
    assert Path(first).name.startswith("7-fork-")


def test_what_stands_in_another_file_is_another_piece(tmp_path: Path) -> None:
    pieces = [{"a": b"xb", "c": b""}, {"a": b"x", "b": b"c"}, {"a": b"x", "b": b"", "c": b""}]
    assert len({keep(tmp_path, "fork", each, 7) for each in pieces}) == 3


def test_what_is_sealed_afresh_is_one_piece_by_what_it_is_about(tmp_path: Path) -> None:
    first = keep(tmp_path, "resent", {"second.age": b"sealed one way"}, 7, b"the note")
    assert keep(tmp_path, "resent", {"second.age": b"sealed another way"}, 8, b"the note") == first
    assert (Path(first) / "second.age").read_bytes() == b"sealed one way"


def test_of_a_large_file_the_hash_and_the_length_are_kept_and_no_part(tmp_path: Path) -> None:
    whole, long = b"x" * (MOST_EVIDENCE_BYTES - 1), b"x" * MOST_EVIDENCE_BYTES
    place = Path(keep(tmp_path, "body", {"a": whole, "b": long}, 7))
    assert sorted(each.name for each in place.iterdir()) == ["a", "b.sha256"]
    assert (place / "a").read_bytes() == whole
    assert (place / "b.sha256").read_text() == f"sha256 {sha256(long).hexdigest()} of {len(long)} bytes\n"
    assert not_kept({"a": whole}) == ""
    assert (
        not_kept({"a": whole, "b": long}) == f"too long to be kept, so only hash and length are: b ({len(long)} bytes)"
    )
    assert keep(tmp_path, "body", {"a": whole, "b": long}, 9) == str(place)
    assert len(list(place.iterdir())) == 2


def test_a_flood_of_one_kind_leaves_room_for_every_other(tmp_path: Path) -> None:
    first = keep(tmp_path, "checkpoint", {"a.txt": b"0"}, 7)
    for number in range(1, MOST_OF_A_KIND):
        keep(tmp_path, "checkpoint", {"a.txt": b"%d" % number}, 7)
    told = keep(tmp_path, "checkpoint", {"a.txt": b"one more"}, 9)
    assert told == f"no folder: {tmp_path} holds {MOST_OF_A_KIND} pieces of the kind checkpoint already; look at those"
    assert keep(tmp_path, "checkpoint", {"a.txt": b"0"}, 9) == first
    assert len(list(tmp_path.iterdir())) == MOST_OF_A_KIND
    for kind in ("fork", "check", "checkpoint-theirs"):
        assert (Path(keep(tmp_path, kind, {"a.txt": b"new"}, 9)) / "a.txt").read_bytes() == b"new"


def test_a_flood_of_claims_leaves_room_for_what_is_proven(tmp_path: Path) -> None:
    """A relay makes as many claims of the kind `fork` as it likes, before it signs two histories."""
    for number in range(MOST_OF_A_KIND + 1):
        keep(tmp_path, "fork", {"a.txt": b"%d" % number}, 7, accusation=b"claim")
    assert len(list(tmp_path.iterdir())) == MOST_OF_A_KIND
    place = keep(tmp_path, "fork", {"a.txt": b"two roots"}, 9, accusation=b"proof", proven=True)
    assert (Path(place) / ACCUSATION).read_bytes() == b"proof"


def test_claims_of_a_kind_fill_no_disk(tmp_path: Path) -> None:
    large = bytes(MOST_CLAIMED_BYTES // 2 + 1)
    kept = [keep(tmp_path, "fork", {"a.txt": b"%d" % at}, 7, accusation=large) for at in range(3)]
    assert [(Path(each) / ACCUSATION).exists() for each in kept] == [True, False, False]
    place = keep(tmp_path, "fork", {"a.txt": b"two roots"}, 9, accusation=large, proven=True)
    assert (Path(place) / ACCUSATION).exists()


def test_what_senders_bring_about_is_apart_from_alarms(tmp_path: Path) -> None:
    profile = Profile.create(tmp_path / "p", IDENTITY).save(IDENTITY)
    for number in range(MOST_OF_A_KIND + 1):
        profile.doubt("checkpoint", {"a.txt": b"%d" % number}, 7)
    assert list((profile.path / "alarms").iterdir()) == []
    assert len(list((profile.path / "doubts").iterdir())) == MOST_OF_A_KIND
    assert Path(profile.evidence("checkpoint", {"a.txt": b"the relay's"}, 7)).parent == profile.path / "alarms"


def test_what_a_crash_left_half_is_made_whole(tmp_path: Path) -> None:
    place = Path(keep(tmp_path, "fork", {"a.txt": b"one", "b.txt": b"two"}, 7))
    (place / "b.txt").unlink()
    assert keep(tmp_path, "fork", {"a.txt": b"one", "b.txt": b"two"}, 8) == str(place)
    assert (place / "b.txt").read_bytes() == b"two"


@pytest.mark.parametrize("how", ["it takes no such file", "a file in its place"])
def test_a_disk_that_refuses_does_not_swallow_the_alarm(tmp_path: Path, how: str) -> None:
    name = "a.txt"
    if how == "a file in its place":
        (tmp_path / "alarms").write_text("in the way")
    else:
        name *= 60  # longer than a name can be
    assert keep(tmp_path / "alarms", "fork", {name: b"x"}, 7).startswith("no folder: ")


def test_the_envelope_of_what_is_erased_goes_past_whatever_else_lies_there(tmp_path: Path) -> None:
    """A folder that somebody put there is no file, and keeps nothing; an accusation about another envelope stays."""
    gone, kept = (
        Path(keep(tmp_path, "turn", {"turns.json": each.encode()}, 7, accusation=b"sealed", proven=True))
        for each in ("ab" * 32, "cd" * 32)
    )
    for place in (gone, kept):
        (place / "a-folder").mkdir()
        (place / "a-folder" / "ab").write_text("ab" * 32)
    erase_envelope(tmp_path, "ab" * 32)
    assert [(each / ACCUSATION).exists() for each in (gone, kept)] == [False, True]
    assert (gone / "turns.json").read_text() == "ab" * 32
    (kept / ACCUSATION).unlink()
    (kept / ACCUSATION).mkdir()
    with pytest.raises(OSError, match=ACCUSATION):  # what is to be tried again
        erase_envelope(tmp_path, "cd" * 32)
