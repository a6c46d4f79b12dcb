"""Bodies beside the log open their commitment with salt and bytes exactly, or not at all."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.commitment import MOST_BODY_BYTES, CommitmentError, check_commitment, commit

SALT = bytes(range(32))
BODY = b'{"names":{"es":"Mesa 24/7"}}'


def test_the_commitment_is_the_hash_that_the_design_states() -> None:
    assert commit(SALT, BODY) == sha256(b"enlace/body/v1\n" + SALT + BODY).hexdigest()


def test_a_known_commitment_stays_what_it_was() -> None:
    assert commit(bytes(32), b"") == "cce95d2b4478252caef287a90d78e07616de8998738db27217d5fc92468f8871"  # by sha256sum


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_what_was_committed_opens(salt: bytes, body: bytes) -> None:
    check_commitment(commit(salt, body), salt, body)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=50), st.data())
def test_no_byte_may_move_between_salt_and_body_or_change(salt: bytes, body: bytes, data: st.DataObject) -> None:
    whole = salt + body
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    with pytest.raises(CommitmentError, match="does not match"):
        check_commitment(commit(salt, body), changed[:32], changed[32:])


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_salt_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit(bytes(size), BODY)
    with pytest.raises(CommitmentError, match="32 bytes"):
        check_commitment(commit(SALT, BODY), bytes(size), BODY)


def test_a_body_is_bounded() -> None:
    check_commitment(commit(SALT, bytes(MOST_BODY_BYTES)), SALT, bytes(MOST_BODY_BYTES))
    with pytest.raises(ValueError, match="at most 32768"):
        commit(SALT, bytes(MOST_BODY_BYTES + 1))
    with pytest.raises(CommitmentError, match="at most"):
        check_commitment("0" * 64, SALT, bytes(MOST_BODY_BYTES + 1))


@pytest.mark.parametrize("change", [str.upper, lambda text: text + "\n", lambda text: text[:-1], lambda text: ""])
def test_another_spelling_of_the_commitment_is_another_commitment(change: Callable[[str], str]) -> None:
    found = commit(SALT, BODY)
    assert change(found) != found
    with pytest.raises(CommitmentError):
        check_commitment(change(found), SALT, BODY)


def test_a_commitment_beyond_ascii_is_refused_like_any_other() -> None:
    with pytest.raises(CommitmentError):
        check_commitment("é" * 64, SALT, BODY)
