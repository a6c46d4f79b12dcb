"""Signed lines: who says what about which envelope, and nothing that was not signed by both keys."""

from typing import Any

import msgspec
import pytest
from desk_world import changed, refused
from directory_world import key_pair
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.signing import sign_both
from directory.canonical import encode
from relay.protocol.envelope import PRECEDENCES
from relay.protocol.lines import (
    MOST_LINE_BYTES,
    TYPES,
    Call,
    Delivered,
    LineError,
    Notice,
    StageOrder,
    Step,
    device_name,
    open_line,
    peek_line,
    receipt_name,
    reception_name,
    write_line,
)

NETWORK = "5f" * 32
NAME = reception_name("enlace.example", "77" * 32)
KEYS = key_pair("reception")
DELIVERED = Delivered(network=NETWORK, envelope="ab" * 32, at=7, device="77" * 32)
STEP = Step(network=NETWORK, envelope="ab" * 32, at=7, device="77" * 32, act="accepted")
NOTICE = Notice(network=NETWORK, envelope="ab" * 32, at=7, event="released", devices=("77" * 32,), stage=1)
CALL = Call(
    network=NETWORK, envelope="ab" * 32, at=7, device="77" * 32, sender="ar-desk", contacts=("co-desk",),
    precedence="flash", stage=2, after=1200, devices=("88" * 32,),
)  # fmt: skip
ORDER = StageOrder(network=NETWORK, envelope="ab" * 32, at=7, device="77" * 32, act="hasten", stage=1)
RAW = write_line(DELIVERED, NAME, KEYS)

HASHES = st.integers(0, 2**256 - 1).map(lambda n: f"{n:064x}")
COMMON: dict[str, Any] = {"network": st.just(NETWORK), "envelope": HASHES, "at": st.integers(0, 2**40)}
LINES = st.one_of(
    st.builds(Delivered, device=HASHES, **COMMON),
    st.builds(Step, device=HASHES, act=st.sampled_from(["accepted", "refused"]), **COMMON),
    st.builds(
        Notice,
        event=st.sampled_from(["released", "hastened", "stopped", "expired", "held", "dropped"]),
        devices=st.lists(HASHES, max_size=5).map(tuple),
        stage=st.integers(0, 9),
        **COMMON,
    ),
    st.builds(StageOrder, device=HASHES, act=st.sampled_from(["stop", "hasten"]), stage=st.integers(0, 17), **COMMON),
    st.builds(
        Call,
        device=HASHES,
        sender=st.just("ar-desk"),
        contacts=st.just(("co-desk", "co-court")),
        precedence=st.sampled_from(PRECEDENCES),
        stage=st.integers(1, 17),
        after=st.integers(1, 2**30),
        devices=st.lists(HASHES, max_size=5).map(tuple),
        **COMMON,
    ),
)


def opened(raw: bytes, kind: Any = Delivered, **how: Any) -> Any:
    keys = how.get("keys", KEYS)
    return open_line(raw, kind, how.get("name", NAME), keys.public, how.get("network", NETWORK))


@settings(max_examples=40)
@given(LINES)
def test_what_is_written_is_read(line: Delivered | Step | Call | StageOrder | Notice) -> None:
    raw = write_line(line, NAME, KEYS)
    assert opened(raw, type(line)) == line
    assert peek_line(raw, type(line)) == line


def test_the_names_of_signers_are_told_apart() -> None:
    """A delivery signed by reception keys never passes for a step signed by the device, nor for a notice."""
    names = {device_name("a", "b"), reception_name("a", "b"), receipt_name("a")}
    assert names == {"a/b", "a/b/reception", "a/receipt"}


def without(number: int) -> bytes:
    lines = RAW.decode().split("\n")
    del lines[3 + number]
    return "\n".join(lines).encode()


def by_hand(body: str, kind: str = TYPES[Delivered]) -> bytes:
    return sign_both(KEYS, NAME, f"{kind}\n{body}\n")


WRONG: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "blank line"),
    "without the Ed25519 line": (without(0), "Ed25519 signature of .* is missing"),
    "without the ML-DSA line": (without(1), "ML-DSA-44 signature of .* is missing"),
    "another envelope put in": (RAW.replace(b"ab" * 32, b"cd" * 32), "is wrong"),
    "another kind": (write_line(STEP, NAME, KEYS), "enlace/step/v1"),
    "by another's keys": (write_line(DELIVERED, NAME, key_pair("other")), "missing"),
    "under another name": (write_line(DELIVERED, device_name("enlace.example", "77" * 32), KEYS), "missing"),
    "of another network": (write_line(changed(DELIVERED, network="6f" * 32), NAME, KEYS), "another network"),
    "not canonical": (by_hand('{"at": 7}'), "JSON|canonical"),
    "a field missing": (by_hand('{"at":7}'), "JSON"),
    "a field too many": (by_hand(encode(DELIVERED).decode()[:-1] + ',"reason":"late"}'), "JSON"),
    "an act nobody knows": (by_hand(encode(STEP).decode().replace("accepted", "burnt")), "JSON"),
    "a call": (write_line(CALL, NAME, KEYS), "enlace/call/v1"),
    "an order": (write_line(ORDER, NAME, KEYS), "enlace/stage/v1"),
    "too large": (b"x" * MOST_LINE_BYTES + RAW, "at most"),
    "more behind": (RAW + b"hello\n", "signature line"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_line_that_does_not_count_is_refused(name: str) -> None:
    raw, words = WRONG[name]
    with pytest.raises(LineError, match=words):
        opened(raw)


def test_peeking_believes_nothing() -> None:
    """It reads a line whoever signed it, to learn whose signature to ask for; malformed ones it refuses."""
    assert peek_line(write_line(DELIVERED, NAME, key_pair("other")), Delivered) == DELIVERED
    assert "enlace/step/v1" in refused(lambda: peek_line(write_line(STEP, NAME, KEYS), Delivered), LineError)
    assert refused(lambda: peek_line(b"hello", Delivered), LineError)


def test_every_kind_of_line_has_its_type() -> None:
    for line in (DELIVERED, STEP, CALL, ORDER, NOTICE):
        assert write_line(line, NAME, KEYS).startswith(TYPES[type(line)].encode() + b"\n")
    kinds: list[type[msgspec.Struct]] = [Delivered, Step, Call, StageOrder, Notice]
    assert sorted(TYPES.values()) == sorted(TYPES[each] for each in kinds)
