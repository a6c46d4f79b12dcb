"""The relay's receipts: every envelope of a commit can prove itself, and nothing else can."""

from typing import Any

import pytest
from desk_world import changed, refused
from directory_world import key_pair
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.signing import sign_both
from directory.canonical import Malformed, decode, encode, write_body
from relay.protocol.lines import LineError, receipt_name
from relay.protocol.receipts import RECEIPTS_TYPE, Leaf, Relayed, Root, check_relayed, sign_receipts

NAME, NETWORK = "enlace.example", "5f" * 32
KEYS = key_pair("relay receipt")
NOW = 1_767_225_600


def leaves(count: int) -> list[Leaf]:
    return [Leaf(envelope=f"{n:064x}", tree_size=40 + n, time=NOW + n) for n in range(count)]


def signed(count: int) -> list[Relayed]:
    return sign_receipts(leaves(count), NETWORK, NAME, KEYS, NOW)


def check(relayed: Relayed, envelope: str | None = None, **how: Any) -> None:
    digest = relayed.leaf.envelope if envelope is None else envelope
    public = how.get("keys", KEYS).public
    check_relayed(relayed, digest, how.get("network", NETWORK), how.get("name", NAME), public)


def words(relayed: Relayed, envelope: str | None = None, **how: Any) -> str:
    return refused(lambda: check(relayed, envelope, **how), LineError)


@pytest.mark.parametrize("count", [*range(1, 18), 31, 32, 33, 200])
def test_every_envelope_of_a_commit_proves_itself(count: int) -> None:
    receipts = signed(count)
    assert [each.leaf for each in receipts] == leaves(count)
    assert len({each.note for each in receipts}) == 1
    for each in receipts:
        check(each)


@settings(max_examples=30)
@given(st.integers(2, 40), st.data())
def test_no_receipt_proves_another_place_leaf_or_path(count: int, data: st.DataObject) -> None:
    receipts = signed(count)
    mine, other = data.draw(st.permutations(receipts).map(lambda found: found[:2]))
    for spoilt in (
        changed(mine, index=other.index),
        changed(mine, leaf=other.leaf),
        changed(mine, leaf=changed(mine.leaf, time=mine.leaf.time + 1)),
        changed(mine, leaf=changed(mine.leaf, tree_size=mine.leaf.tree_size - 1)),
        changed(mine, path=mine.path[:-1]),
        changed(mine, path=(*mine.path, "ab" * 32)),
        changed(mine, path=tuple(reversed(mine.path)) if len(set(mine.path)) > 1 else ("00" * 32,)),
        changed(mine, path=("00" * 32, *mine.path[1:])),
        changed(mine, index=count),
        changed(mine, index=2**53),
    ):
        with pytest.raises(LineError):
            check(spoilt, spoilt.leaf.envelope)


def test_a_receipt_is_for_one_envelope() -> None:
    first, second = signed(2)
    assert words(first, second.leaf.envelope) == "the receipt is for another envelope"


def test_a_root_that_was_altered() -> None:
    """Whatever stands in the note was signed: a root put in its place is not."""
    mine = signed(3)[1]
    root = mine.note.split('"root":"')[1][:64]
    assert "signature of enlace.example/receipt is wrong" in words(
        changed(mine, note=mine.note.replace(root, "0" * 64))
    )
    fewer = mine.note.replace('"count":3', '"count":2')
    assert "is wrong" in words(changed(mine, note=fewer))


@pytest.mark.parametrize("number", [0, 1])
def test_both_signatures_are_needed(number: int) -> None:
    mine = signed(3)[1]
    lines = mine.note.split("\n")
    del lines[3 + number]
    missing = ("Ed25519", "ML-DSA-44")[number]
    assert words(changed(mine, note="\n".join(lines))) == (
        f"the relay's receipt: the {missing} signature of enlace.example/receipt is missing"
    )


def test_a_receipt_counts_for_its_network_name_and_keys_alone() -> None:
    mine = signed(3)[1]
    assert words(mine, network="6f" * 32) == "the relay's receipt was signed for another network"
    assert "is missing" in words(mine, name="other.example")
    assert "is missing" in words(mine, keys=key_pair("relay log"))


def test_another_thing_the_relay_signed_is_no_receipt() -> None:
    mine = signed(1)[0]
    body = write_body("enlace/notice/v1", Root(network=NETWORK, count=1, root="00" * 32, time=NOW))
    other = sign_both(KEYS, receipt_name(NAME), body).decode()
    assert "expected 'enlace/receipts/v1'" in words(changed(mine, note=other))


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        f'{{"count":1,"network":"{NETWORK}","root":"xyz","time":0}}',
        f'{{"count":-1,"network":"{NETWORK}","root":"{"00" * 32}","time":0}}',
        f'{{"count": 1,"network":"{NETWORK}","root":"{"00" * 32}","time":0}}',
        f'{{"count":0,"network":"{NETWORK}","root":"{"00" * 32}","time":0}}',
    ],
)
def test_a_root_that_makes_no_sense_though_signed(line: str) -> None:
    mine = signed(1)[0]
    note = sign_both(KEYS, receipt_name(NAME), f"{RECEIPTS_TYPE}\n{line}\n").decode()
    with pytest.raises(LineError, match="the relay's receipt: "):
        check(changed(mine, note=note))


@pytest.mark.parametrize("note", ["", "hello", "\n\n", "a\n\n— b c\n", "x" * (200 << 10)])
def test_a_note_that_is_none(note: str) -> None:
    mine = signed(1)[0]
    with pytest.raises(LineError):
        check(changed(mine, note=note))


def test_hashes_of_the_path_are_hashes() -> None:
    mine = signed(2)[0]
    for path in (("AB" * 32,), ("ab",), ("",), ("zz" * 32,)):
        with pytest.raises(LineError):
            check(changed(mine, path=path))


def test_a_path_has_a_bound() -> None:
    """It is a type's bound, so it holds for whatever comes over the wire."""
    mine = signed(1)[0]
    with pytest.raises(Malformed):
        decode(encode(changed(mine, path=("ab" * 32,) * 33)), Relayed)
