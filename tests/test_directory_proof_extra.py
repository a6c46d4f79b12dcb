"""What comes along with a proof: read as it was written, and refused where it says two things."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vectors_log import staffed

from directory.canonical import Malformed
from directory.commitment import CommitmentError, commit
from directory.proof_extra import EXTRA_TYPE, committed_body, read_extra, write_extra
from directory.statement import parse_statement

ENTRY = staffed().entries[3]
SALT, BODY = bytes(range(32)), b'{"names":{"en":"Desk"}}'
RAW = write_extra(ENTRY, BODY, SALT)


def test_it_is_one_line_of_json_below_its_type() -> None:
    assert RAW.startswith(b'enlace/proof-extra/v1\n{"body":"')
    assert read_extra(RAW) == (ENTRY, BODY, SALT)
    assert read_extra(write_extra(ENTRY)) == (ENTRY, b"", b"")


@given(st.text(max_size=50), st.binary(min_size=1, max_size=50) | st.just(b""))
def test_what_is_written_is_read(text: str, body: bytes) -> None:
    try:
        raw = write_extra(text.encode("utf-8", "surrogatepass"), body, SALT if body else b"")
    except Malformed:
        return
    assert read_extra(raw) == (text.encode(), body, SALT if body else b"")


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{}", RAW[:-1], RAW + b"\n", RAW.replace(b"v1", b"v2", 1), b"\xff" + RAW,
        f"{EXTRA_TYPE}\n{{}}\n".encode(),
        RAW.replace(b'"body"', b'"bodi"'), RAW.replace(b"eyJ", b"e-J"), write_extra(ENTRY, BODY),
        write_extra(ENTRY, b"", SALT),
        write_extra(ENTRY, BODY, SALT + b"x"), write_extra(ENTRY, bytes(32_769), SALT), RAW.replace(b"{", b"{ ", 1),
    ],
)  # fmt: skip
def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_extra(raw)


def test_an_entry_that_is_no_text_does_not_come_along() -> None:
    with pytest.raises(Malformed):
        write_extra(b"\xff")


def test_a_body_counts_if_the_entry_commits_to_it() -> None:
    statement = next(
        each for each in (parse_statement(entry).statement for entry in staffed().entries) if getattr(each, "body", "")
    )
    committed = msgspec.structs.replace(statement, body=commit(SALT, BODY))
    committed_body(committed, BODY, SALT)
    with pytest.raises(CommitmentError):
        committed_body(committed, BODY + b" ", SALT)
    with pytest.raises(CommitmentError):
        committed_body(committed, BODY, bytes(32))


def test_a_body_beside_an_entry_that_commits_to_none_is_refused() -> None:
    with pytest.raises(CommitmentError, match="commits to no body"):
        committed_body(parse_statement(staffed().entries[0]).statement, BODY, SALT)
