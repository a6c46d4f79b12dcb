"""The spool: what was acknowledged stays until it was taken in, whatever crashes, whatever else is damaged."""

import tracemalloc
from pathlib import Path

import pytest
from desk_world import changed, item_of, line_item, message, network, sealed, withheld

from desk.mail.spool import Damaged, Spool, Spooled, Unread

WORLD = network()
ENVELOPE = sealed(WORLD, message(WORLD))
ITEM = item_of(ENVELOPE, WORLD)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path)


def good(spool: Spool) -> list[Spooled]:
    return [each for each in spool.waiting() if isinstance(each, Spooled)]


def damaged(spool: Spool) -> list[Damaged]:
    return [each for each in spool.waiting() if isinstance(each, Damaged)]


def test_an_item_is_stored_as_it_came(spool: Spool) -> None:
    assert spool.put(ITEM, ENVELOPE.raw, 7)
    (found,) = good(spool)
    assert (found.arrival.item, found.arrival.arrived, found.payload) == (ITEM, 7, ENVELOPE.raw)


def test_an_item_sent_twice_is_stored_once_as_it_came_first(spool: Spool) -> None:
    assert spool.put(ITEM, ENVELOPE.raw, 7)
    assert not spool.put(ITEM, ENVELOPE.raw, 8)
    assert not spool.put(changed(ITEM, stage=3), ENVELOPE.raw, 9)
    (found,) = good(spool)
    assert (found.arrival.arrived, found.arrival.item.stage) == (7, 0)


def test_a_relay_that_uses_a_number_again_replaces_nothing_that_was_acknowledged(spool: Spool) -> None:
    """Else it could have *delivered* signed for a message, and then make it disappear."""
    other = sealed(WORLD, message(WORLD))
    assert spool.put(ITEM, ENVELOPE.raw, 7)
    assert spool.put(item_of(other, WORLD), other.raw, 8)
    assert {each.payload for each in good(spool)} == {ENVELOPE.raw, other.raw}


def test_nothing_is_taken_for_stored_by_the_beginning_of_its_hash(spool: Spool, tmp_path: Path) -> None:
    """Two payloads with one such beginning can be made in an afternoon: *delivered* would be signed for the second."""
    assert spool.put(ITEM, ENVELOPE.raw, 7)
    assert [each.name for each in tmp_path.iterdir()] == [f"{ITEM.number:016d}-envelope-{ENVELOPE.hash}.item"]


@pytest.mark.parametrize("spoiled", [b"", b"half of it", b"another\n"])
def test_an_item_that_comes_again_takes_the_place_of_a_damaged_one(
    spool: Spool, tmp_path: Path, spoiled: bytes
) -> None:
    """Its acknowledgement was lost, and so would the message be."""
    assert spool.put(ITEM, ENVELOPE.raw, 7)
    (path,) = tmp_path.iterdir()
    path.write_bytes(spoiled)
    assert spool.put(ITEM, ENVELOPE.raw, 8)
    assert ([each.payload for each in good(spool)], damaged(spool)) == ([ENVELOPE.raw], [])


@pytest.mark.parametrize("kinds", [("notice", "envelope"), ("envelope", "notice")])
def test_what_comes_as_something_else_too_is_stored_as_both(spool: Spool, kinds: tuple[str, str]) -> None:
    """As an envelope it is acknowledged with *delivered*; as a notice it opens nothing."""
    for kind in kinds:
        assert spool.put(changed(ITEM, kind=kind), ENVELOPE.raw, 7)
    assert {each.arrival.item.kind for each in good(spool)} == set(kinds)


def test_items_come_in_the_relay_s_order(spool: Spool) -> None:
    for number in (10, 9, 2**53, 1):
        spool.put(line_item(b"x%d" % number, "step", "ab" * 32, number), b"x%d" % number, 7)
    assert [each.arrival.item.number for each in good(spool)] == [1, 9, 10, 2**53]


def test_counting_by_kind(spool: Spool) -> None:
    spool.put(ITEM, ENVELOPE.raw, 7)
    spool.put(line_item(b"a", "step", "ab" * 32, 2), b"a", 7)
    spool.put(line_item(b"b", "delivered", "ab" * 32, 3), b"b", 7)
    assert (spool.count(), spool.count("envelope"), spool.count("step"), spool.count("notice")) == (3, 1, 1, 0)


def test_what_was_taken_in_is_gone_and_what_was_refused_is_put_aside(spool: Spool, tmp_path: Path) -> None:
    spool.put(ITEM, ENVELOPE.raw, 7)
    spool.put(line_item(b"a", "step", "ab" * 32, 2), b"a", 7)
    first, second = good(spool)
    spool.done(first)
    spool.done(first)
    aside = tmp_path / spool.refused(second).removeprefix("kept as spool/")
    assert spool.count() == 0
    assert [each.name for each in tmp_path.iterdir()] == [aside.name]
    assert aside.suffix == ".refused"
    assert aside.read_bytes().endswith(b"\na")


def test_what_any_member_can_send_does_not_fill_this_disk(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.mail.spool.MOST_REFUSED", 2)
    for number in (1, 2, 3):
        spool.put(line_item(b"x", "step", "ab" * 32, number), b"x", 7)
    told = [spool.refused(each) for each in good(spool)]
    assert [each.split(":")[0].split("/")[0] for each in told] == ["kept as spool", "kept as spool", "not kept"]
    assert "spool/ holds 2 refused items already; look at those, and delete them" in told[2]
    assert (spool.count(), len(list(tmp_path.glob("*.refused")))) == (0, 2)


def test_large_ones_fill_the_room_for_refused_items_sooner(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.mail.spool.MOST_REFUSED_BYTES", len(ENVELOPE.raw))
    spool.put(ITEM, ENVELOPE.raw, 7)
    spool.put(line_item(b"x", "step", "ab" * 32, 9), b"x", 7)
    assert [spool.refused(each)[:8] for each in good(spool)] == ["kept as ", "not kept"]
    assert len(list(tmp_path.iterdir())) == 1


def test_an_empty_payload_is_a_payload(spool: Spool) -> None:
    spool.put(line_item(b"", "step", "ab" * 32, 2), b"", 7)
    assert [each.payload for each in good(spool)] == [b""]


@pytest.mark.parametrize("how", ["empty", "no head", "head cut", "no payload", "cut", "longer", "other JSON", "folder"])
def test_a_damaged_file_is_told_and_holds_up_nothing_else(spool: Spool, tmp_path: Path, how: str) -> None:
    spool.put(ITEM, ENVELOPE.raw, 7)
    spool.put(line_item(b"a", "step", "ab" * 32, 2), b"a", 7)
    (file, _) = sorted(tmp_path.iterdir())
    raw = file.read_bytes()
    file.unlink()
    head = raw.partition(b"\n")[0]
    spoilt = {
        "empty": b"",
        "no head": b"\n" + raw.partition(b"\n")[2],
        "head cut": raw[: len(head) // 2],
        "no payload": head,
        "cut": raw[:-1],
        "longer": raw + b"x",
        "other JSON": b'{"arrived":7}\n' + ENVELOPE.raw,
    }
    if how == "folder":
        file.mkdir()
    else:
        file.write_bytes(spoilt[how])
    (bad,) = damaged(spool)
    assert bad.path == file
    assert str(file) in bad.why
    assert [each.payload for each in good(spool)] == [b"a"]
    assert spool.count() == 1
    spool.refused(bad)
    assert damaged(spool) == []


def test_what_a_crash_left_unfinished_is_not_taken_for_an_item(spool: Spool, tmp_path: Path) -> None:
    (tmp_path / ".unfinished-0123456789abcdef").write_bytes(b"half an item")
    (tmp_path / "0000000000000001-ab.refused").write_bytes(b"refused before")
    assert list(spool.waiting()) == []


def test_what_the_disk_does_not_hand_out_now_is_no_damage(spool: Spool) -> None:
    spool.put(ITEM, ENVELOPE.raw, 7)
    spool.put(line_item(b"a", "step", "ab" * 32, 2), b"a", 7)
    with withheld(spool.paths()[0]):
        first, second = spool.waiting()
        assert isinstance(first, Unread)
        assert "cannot be read" in first.why
        assert isinstance(second, Spooled)
        assert spool.count() == 1
    assert [each.payload for each in good(spool)] == [ENVELOPE.raw, b"a"]


def test_counting_reads_no_payload(spool: Spool) -> None:
    """512 MiB wait, perhaps, and `enlace status` only wants their number."""
    spool.put(line_item(b"a", "step", "ab" * 32, 2), b"a", 7)
    (path,) = spool.paths()
    large = 64 << 20
    head = path.read_bytes().partition(b"\n")[0].replace(b'"size":1', b'"size":%d' % large) + b"\n"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + large)
    tracemalloc.start()
    try:
        assert spool.count() == 1
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
