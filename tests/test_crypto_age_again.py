"""An age file made again from its header, its nonce, its file key and the text: the same bytes, or refused."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.age import (
    HeaderFailure,
    HMACFailure,
    Known,
    NoMatch,
    decrypt,
    decrypt_known,
    encrypt_known,
    made_again,
)
from crypto.age_pq import PQIdentity
from crypto.age_x25519 import X25519Identity

READERS = (PQIdentity.generate(), PQIdentity.generate())
TEXT = b"a note\n" * 10_000
FILE, KNOWN = encrypt_known(TEXT, [each.recipient() for each in READERS])


def test_who_sealed_it_and_each_who_opens_it_makes_the_same_file_again() -> None:
    assert decrypt(FILE, [READERS[1]]) == TEXT
    assert made_again(KNOWN, TEXT) == FILE
    for at, reader in enumerate(READERS):
        assert decrypt_known(FILE, reader, at) == (TEXT, KNOWN)


@settings(max_examples=20)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_another_text_makes_another_file(text: bytes, other: bytes) -> None:
    file, known = encrypt_known(text, [X25519Identity.generate().recipient()])
    assert (made_again(known, other) == file) == (text == other)


SPOILT: list[tuple[Known, type[Exception]]] = [
    (replace(KNOWN, file_key=bytes(16)), HMACFailure),
    (replace(KNOWN, header=KNOWN.header.replace(b"mlkem768x25519", b"mlkem768x25518", 1)), HMACFailure),
    (replace(KNOWN, header=KNOWN.header + b"\n"), HeaderFailure),
    (replace(KNOWN, header=KNOWN.header[:-1]), HeaderFailure),
    (replace(KNOWN, header=b""), HeaderFailure),
    (replace(KNOWN, nonce=b""), HeaderFailure),
    (replace(KNOWN, nonce=KNOWN.nonce + b"\0"), HeaderFailure),
]


@pytest.mark.parametrize(("known", "error"), SPOILT)
def test_what_is_of_no_file_is_refused(known: Known, error: type[Exception]) -> None:
    with pytest.raises(error):
        made_again(known, TEXT)


def test_the_file_key_is_not_shown() -> None:
    assert "file_key" not in repr(KNOWN)
    for at in (-1, 2):
        with pytest.raises(NoMatch):
            decrypt_known(FILE, READERS[0], at)
