"""Key sets: what a device publishes ahead, read by others in one spelling, and never an older one than was seen."""

import json
from typing import Any

import pytest
from desk_world import changed, epoch_identity, key_set, key_set_note, network, refused
from directory_world import NAME, START, key_pair, local_id
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.encoding import b64
from crypto.signing import sign_both
from directory.canonical import encode
from directory.keyset import (
    EPOCH,
    GRACE,
    KEYSET_TYPE,
    LONGEST_EXPIRY,
    MOST_EPOCHS,
    Epoch,
    KeySet,
    KeySetError,
    RanOut,
    check_newer,
    choose,
    open_keyset,
    recipient_key,
    runs_out,
    write_keyset,
)

WORLD = network()
DEVICE = local_id("ec-night")
SIGNER = f"{NAME}/{DEVICE}"
PLAIN = key_set(WORLD, "ec-night")
RECIPIENTS = [b64(epoch_identity(f"device {n}").recipient().raw) for n in range(MOST_EPOCHS + 2)]


def opened(raw: bytes, **how: Any) -> KeySet:
    public = key_pair("ec-night").public
    return open_keyset(raw, how.get("network", WORLD.network), how.get("device", DEVICE), SIGNER, public)


def epochs(*spans: tuple[int, int, int]) -> tuple[Epoch, ...]:
    """Epochs by the seconds after the start at which they open, close and are erased."""
    return tuple(
        Epoch(opens=START + opens, closes=START + closes, erase=START + erase, recipient=RECIPIENTS[index])
        for index, (opens, closes, erase) in enumerate(spans)
    )


def written(keyset: KeySet) -> bytes:
    return write_keyset(keyset, SIGNER, key_pair("ec-night"))


@st.composite
def key_sets(draw: st.DrawFn) -> KeySet:
    count = draw(st.integers(1, 4))
    spans, end = [], 0
    for _ in range(count):
        opens = end + draw(st.integers(0, 1000))
        end = opens + draw(st.integers(1, 10**6))
        spans.append((opens, end, end + GRACE + draw(st.integers(0, 1000))))
    return changed(
        PLAIN,
        number=draw(st.integers(0, 2**53)),
        at=draw(st.integers(0, 2**40)),
        epochs=epochs(*spans),
        fallback=RECIPIENTS[-1],
    )


@settings(max_examples=25)
@given(key_sets(), st.integers(-1000, 8 * 10**6))
def test_what_is_written_is_read_and_one_recipient_is_chosen(keyset: KeySet, after: int) -> None:
    assert opened(written(keyset)) == keyset
    now = START + after
    if now >= runs_out(keyset):
        with pytest.raises(RanOut) as ended:
            choose(keyset, now)
        assert (ended.value.ended, ended.value.made) == (keyset.epochs[-1].closes + GRACE, keyset.at)
        return
    chosen = choose(keyset, now)
    current = [each for each in keyset.epochs if each.opens <= now < each.closes]
    assert len(current) <= 1
    assert b64(chosen.recipient) == (current[0].recipient if current else keyset.fallback)
    assert chosen.erase == (current[0].erase if current else None)
    assert chosen.fallback == (not current)
    assert chosen.key == recipient_key(chosen.recipient)
    assert chosen.device == DEVICE


def test_the_edges_of_an_epoch() -> None:
    keyset = changed(PLAIN, epochs=TWO)
    found = [choose(keyset, START + after).recipient for after in (-1, 0, 99, 100, 199, 200)]
    texts = [b64(each) for each in found]
    assert texts == [PLAIN.fallback, *RECIPIENTS[:1] * 2, *RECIPIENTS[1:2] * 2, PLAIN.fallback]


def test_the_fallback_bridges_gaps_and_no_more() -> None:
    keyset = changed(PLAIN, epochs=TWO)
    assert runs_out(keyset) == START + 200 + GRACE
    assert choose(keyset, START + 199 + GRACE).fallback
    with pytest.raises(RanOut, match="ran out, and no other was published"):
        choose(keyset, START + 200 + GRACE)


def test_what_is_sealed_in_an_epoch_can_be_opened_until_it_expires() -> None:
    """The promise behind the numbers: the last second of an epoch and the longest expiry end before the erasure."""
    assert GRACE > LONGEST_EXPIRY
    assert PLAIN.epochs[0].erase - PLAIN.epochs[0].closes >= LONGEST_EXPIRY
    assert PLAIN.epochs[0].closes - PLAIN.epochs[0].opens == EPOCH


TWO = epochs((0, 100, 100 + GRACE), (100, 200, 200 + GRACE))
LOW_ORDER = b64(epoch_identity("ec-night").recipient().raw[:1184] + bytes(32))
NO_KEM_KEY = b64(b"\xff" * 1184 + epoch_identity("ec-night").recipient().raw[1184:])
DAMAGED = PLAIN.fallback[:-3] + ("B" if PLAIN.fallback[-3] != "B" else "C") + "=="
WRONG_SETS: dict[str, tuple[dict[str, Any], str]] = {
    "no epoch": ({"epochs": ()}, "between 1 and 16 epochs"),
    "too many epochs": (
        {"epochs": epochs(*((n, n + 1, n + 1 + GRACE) for n in range(MOST_EPOCHS + 1)))},
        "between 1 and 16 epochs",
    ),
    "epochs that overlap": ({"epochs": epochs((0, 100, 100 + GRACE), (99, 200, 200 + GRACE))}, "without overlap"),
    "epochs out of order": ({"epochs": epochs((100, 200, 200 + GRACE), (0, 100, 100 + GRACE))}, "without overlap"),
    "an epoch of no time": ({"epochs": epochs((0, 0, GRACE))}, "without overlap"),
    "an epoch that ends before it begins": ({"epochs": epochs((9, 5, 9 + GRACE))}, "without overlap"),
    "a seed erased too early": ({"epochs": epochs((0, 100, 99 + GRACE))}, "erased while messages"),
    "a recipient twice": (
        {
            "epochs": tuple(
                changed(each, recipient=RECIPIENTS[0]) for each in epochs((0, 1, 1 + GRACE), (1, 2, 2 + GRACE))
            )
        },
        "twice",
    ),
    "the fallback in an epoch": ({"fallback": PLAIN.epochs[0].recipient}, "twice"),
    "a recipient of low order": ({"fallback": LOW_ORDER}, "recipient: .*low order"),
    "a recipient that is no ML-KEM key": ({"fallback": NO_KEM_KEY}, "recipient: .*ML-KEM-768"),
    "an epoch's recipient that cannot be sealed to": (
        {"epochs": (changed(PLAIN.epochs[0], recipient=LOW_ORDER),)},
        "recipient: ",
    ),
    "base64 with bits left over": ({"fallback": DAMAGED}, "recipient: |JSON"),
}


@pytest.mark.parametrize("name", WRONG_SETS)
def test_a_key_set_that_breaks_a_rule_is_neither_written_nor_read(name: str) -> None:
    fields, words = WRONG_SETS[name]
    spoilt = changed(PLAIN, **fields)
    with pytest.raises(KeySetError, match=words):
        written(spoilt)
    forced = sign_both(key_pair("ec-night"), SIGNER, f"{KEYSET_TYPE}\n{encode(spoilt).decode()}\n")
    with pytest.raises(KeySetError, match=words):
        opened(forced)


@pytest.mark.parametrize(
    "fields",
    [
        {"network": "x"},
        {"device": DEVICE.upper()},
        {"number": -1},
        {"at": 2**50},
        {"fallback": "short"},
        {"epochs": (changed(PLAIN.epochs[0], opens=-1),)},
    ],
)
def test_a_field_out_of_bounds_is_not_written(fields: dict[str, Any]) -> None:
    assert "cannot be published" in refused(lambda: written(changed(PLAIN, **fields)), KeySetError)


NOTE = key_set_note(WORLD, "ec-night")


def without(number: int) -> bytes:
    lines = NOTE.decode().split("\n")
    del lines[3 + number]
    return "\n".join(lines).encode()


def by_hand(body: str, handle: str = "ec-night") -> bytes:
    return sign_both(key_pair(handle), SIGNER, f"{KEYSET_TYPE}\n{body}\n")


BODY = json.loads(encode(PLAIN))
WRONG_NOTES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "blank line"),
    "without the Ed25519 line": (without(0), "Ed25519 signature of .* is missing"),
    "without the ML-DSA line": (without(1), "ML-DSA-44 signature of .* is missing"),
    "another's": (key_set_note(WORLD, "ec-day"), "missing"),
    "by another under this name": (by_hand(encode(PLAIN).decode(), "ec-day"), "missing"),
    "a recipient exchanged": (NOTE.replace(PLAIN.fallback.encode(), RECIPIENTS[0].encode()), "is wrong"),
    "a number raised": (NOTE.replace(b'"number":1', b'"number":2'), "is wrong"),
    "another type": (sign_both(key_pair("ec-night"), SIGNER, "enlace/message/v1\n{}\n"), "enlace/message/v1"),
    "not canonical": (by_hand(json.dumps(BODY, sort_keys=True)), "canonical"),
    "a field nobody knows": (by_hand(encode(BODY | {"more": 1}).decode()), "JSON"),
    "no fallback": (by_hand(encode({k: v for k, v in BODY.items() if k != "fallback"}).decode()), "JSON"),
    "too large": (b"x" * (64 << 10) + NOTE, "at most"),
}


@pytest.mark.parametrize("name", WRONG_NOTES)
def test_a_note_that_is_no_key_set_of_the_device_is_refused(name: str) -> None:
    raw, words = WRONG_NOTES[name]
    with pytest.raises(KeySetError, match=f"key set of device {DEVICE[:8]}: .*{words}"):
        opened(raw)


def test_a_key_set_counts_for_its_network_and_device() -> None:
    for fields in ({"network": "7" * 64}, {"device": local_id("ec-day")}):
        forced = written(changed(PLAIN, **fields))
        with pytest.raises(KeySetError, match="signed for another network or device"):
            opened(forced)


def test_numbers_only_grow() -> None:
    old, new = key_set(WORLD, "ec-night", 4), key_set(WORLD, "ec-night", 5)
    check_newer(old, new)
    check_newer(new, new)
    words = refused(lambda: check_newer(new, old), KeySetError)
    assert words == (
        f"key set 4 of device {DEVICE[:8]} is older than 5, which was seen before: somebody serves old keys"
    )
    other = changed(new, fallback=RECIPIENTS[0])
    assert refused(lambda: check_newer(new, other), KeySetError) == (
        f"device {DEVICE[:8]} shows two different key sets 5"
    )


def test_the_same_set_under_fresh_signatures_is_the_same() -> None:
    """Published again after a crash, it is signed again; the signatures differ and the set does not."""
    check_newer(opened(written(PLAIN)), opened(written(PLAIN)))
