"""What is handed in at once: an envelope with the line of each of its calls, all of it or nothing."""

import msgspec
import pytest
from desk_world import changed
from hypothesis import given
from hypothesis import strategies as st
from mail_lines import call_lines
from mail_world import Directory, envelope

from directory.canonical import Malformed
from relay.protocol.envelope import MOST_CALLS
from relay.protocol.lines import Call, peek_line
from relay.protocol.submission import (
    SUBMISSION_TYPE,
    Submission,
    check_call,
    parse_submission,
    write_submission,
)

HOUSE = Directory()
PLAIN = envelope(HOUSE, name="plain")
CALLING = envelope(HOUSE, later=[(600, ["co-day"])], calls=[(1200, ["co-late"]), (1800, [])])
LINES = call_lines(HOUSE, CALLING)
WHOLE = write_submission(Submission(CALLING, LINES))


def test_an_envelope_without_calls_is_handed_in_as_it_is() -> None:
    assert write_submission(Submission(PLAIN)) == PLAIN.raw
    assert parse_submission(PLAIN.raw) == Submission(PLAIN)


def test_one_with_calls_comes_with_their_lines() -> None:
    assert WHOLE.startswith(SUBMISSION_TYPE)
    assert WHOLE.endswith(CALLING.raw)
    assert parse_submission(WHOLE) == Submission(CALLING, LINES)


def head(calls: object, raw: bytes = CALLING.raw) -> bytes:
    return SUBMISSION_TYPE + msgspec.json.encode({"calls": calls}) + b"\n" + raw


WRONG: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not an envelope"),
    "calls left out": (CALLING.raw, "each of its calls"),
    "one left out": (head([LINES[0].decode()]), "each of its calls"),
    "one too many": (head([each.decode() for each in (*LINES, LINES[0])]), "each of its calls"),
    "calls with an envelope that names none": (head([LINES[0].decode()], PLAIN.raw), "each of its calls"),
    "no calls, and said so": (head([], PLAIN.raw), "JSON"),
    "more than any envelope has": (head(["x"] * (MOST_CALLS + 1)), "JSON"),
    "not canonical": (WHOLE.replace(b'{"calls":', b'{"calls": ', 1), "canonical"),
    "a field more": (WHOLE.replace(b'{"calls":', b'{"a":1,"calls":', 1), "JSON|unknown field"),
    "without an end": (SUBMISSION_TYPE + b'{"calls":', "no end"),
    "no envelope behind it": (head(["x"], b""), "not an envelope"),
    "twice": (SUBMISSION_TYPE + WHOLE, "JSON"),
    "another version": (WHOLE.replace(b"/v1", b"/v2", 1), "not an envelope"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_submission_is_refused(name: str) -> None:
    raw, words = WRONG[name]
    with pytest.raises(Malformed, match=words):
        parse_submission(raw)


def test_nothing_is_written_that_would_not_be_read() -> None:
    with pytest.raises(Malformed, match="each of its calls"):
        write_submission(Submission(CALLING, LINES[:1]))


@pytest.mark.parametrize(
    "fields",
    [
        {"envelope": PLAIN.hash},
        {"device": "0" * 64},
        {"precedence": "routine"},
        {"stage": 3},
        {"after": 1201},
        {"devices": ()},
    ],
    ids=str,
)
def test_a_call_says_what_its_envelope_says(fields: dict[str, object]) -> None:
    call = peek_line(LINES[0], Call)
    check_call(call, CALLING.header, CALLING.hash, 0)
    with pytest.raises(Malformed, match="call 0 says something else"):
        check_call(changed(call, **fields), CALLING.header, CALLING.hash, 0)


@given(st.binary(max_size=300), st.sampled_from([b"", SUBMISSION_TYPE, WHOLE[:5000]]))
def test_bytes_are_a_submission_or_refused(more: bytes, before: bytes) -> None:
    with pytest.raises(Malformed):
        parse_submission(before + more)
