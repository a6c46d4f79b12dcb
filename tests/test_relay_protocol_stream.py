"""Frames of the stream, and how a refusal is written: what each side sends is what the other reads."""

from collections.abc import Callable

import pytest
from directory_world import key_pair
from hypothesis import given
from hypothesis import strategies as st

from directory.canonical import Malformed, encode
from relay.protocol.problems import CODES, Problem, Refusal
from relay.protocol.receipts import Leaf, sign_receipts
from relay.protocol.stream import (
    MOST_FRAME_BYTES,
    Ack,
    Changed,
    Closing,
    FromRelay,
    Hello,
    Idle,
    Item,
    read_from_desk,
    read_from_relay,
)

HASH = "ab" * 32
RELAYED = sign_receipts(
    [Leaf(envelope=HASH, tree_size=4, time=7)], "5f" * 32, "enlace.example", key_pair("relay receipt"), 7
)[0]
COUNTS = st.integers(0, 2**53)
FRAMES = st.one_of(
    st.builds(Hello, time=st.integers(0, 2**40), tree_size=COUNTS, waiting=COUNTS),
    st.builds(Idle),
    st.builds(Changed, tree_size=COUNTS),
    st.builds(
        Closing,
        reason=st.sampled_from(["revoked", "suspended", "replaced", "slow", "stopping", "protocol"]),
        detail=st.text(st.characters(codec="utf-8"), max_size=20),
    ),
    st.builds(
        Item,
        number=COUNTS,
        kind=st.sampled_from(["envelope", "delivered", "step", "notice"]),
        envelope=st.just(HASH),
        size=COUNTS,
        stage=st.integers(0, 9),
        released=st.integers(0, 2**40),
        relayed=st.just(RELAYED),
    ),
)


@given(FRAMES)
def test_what_the_relay_sends_the_desk_reads(frame: FromRelay) -> None:
    assert read_from_relay(encode(frame)) == frame


@given(st.builds(Ack, number=COUNTS, delivered=st.text(st.characters(codec="utf-8"), max_size=40)))
def test_what_the_desk_sends_the_relay_reads(frame: Ack) -> None:
    assert read_from_desk(encode(frame)) == frame


WRONG = {
    "nothing": b"",
    "no JSON": b"hello",
    "no object": b"[]",
    "no frame": b"{}",
    "an unknown frame": b'{"frame":"surprise"}',
    "a field nobody knows": b'{"frame":"idle","more":1}',
    "an item without a size": b'{"frame":"item","number":1,"kind":"step","envelope":"%s"}' % HASH.encode(),
    "an item of an unknown kind": b'{"frame":"item","number":1,"kind":"x","size":1,"envelope":"%s"}' % HASH.encode(),
    "an item about nothing": b'{"frame":"item","number":1,"kind":"step","size":1,"envelope":"../x"}',
    "a negative number": b'{"frame":"changed","tree_size":-1}',
    "a number too large": b'{"frame":"changed","tree_size":9007199254740993}',
    "a fraction": b'{"frame":"changed","tree_size":1.5}',
    "an unknown reason": b'{"frame":"closing","reason":"bored"}',
    "not UTF-8": b'{"frame":"closing","reason":"slow","detail":"\xff"}',
    "nested too deeply": b'{"frame":' + b"[" * 100_000,
    "too large": b'{"frame":"idle"}' + b" " * MOST_FRAME_BYTES,
}


@pytest.mark.parametrize("read", [read_from_relay, read_from_desk])
@pytest.mark.parametrize("name", WRONG)
def test_a_frame_that_makes_no_sense_is_refused(name: str, read: Callable[[bytes], object]) -> None:
    with pytest.raises(Malformed):
        read(WRONG[name])


def test_each_side_reads_the_other_s_frames_only() -> None:
    with pytest.raises(Malformed):
        read_from_relay(encode(Ack(number=1)))
    with pytest.raises(Malformed):
        read_from_desk(encode(Idle()))


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_refusal_says_what_is_wrong(code: str) -> None:
    problem = Refusal(code).problem
    assert (problem.status, problem.title) == CODES[code]
    assert problem.detail == problem.title
    assert problem.type == "about:blank"
    assert 400 <= problem.status < 600
    assert Refusal(code, "in other words").problem.detail == "in other words"


def test_a_refusal_carries_what_a_desk_acts_on() -> None:
    problem = Refusal("recipients-changed", rule="M7", devices=(HASH,), retry_after=3, line="x").problem
    assert (problem.rule, problem.devices, problem.retry_after, problem.line) == ("M7", (HASH,), 3, "x")
    assert b'"code":"recipients-changed"' in encode(problem)
    assert isinstance(problem, Problem)
