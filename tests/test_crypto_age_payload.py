"""The payload of an age file: every size comes back, and nothing cut, moved, added or changed does."""

import pytest
from age_files import Drip
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from crypto.age_errors import HeaderFailure, PayloadFailure
from crypto.age_payload import CHUNK_SIZE, NONCE_SIZE, SEALED_CHUNK_SIZE, TAG_SIZE, open_payload, seal_payload
from crypto.age_source import Source

FILE_KEY = b"YELLOW SUBMARINE"
SIZES = [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, 2 * CHUNK_SIZE + 1]


def text(size: int) -> bytes:
    """Bytes that differ from chunk to chunk."""
    return (b"%015d\n" * (size // 16 + 1) % tuple(range(size // 16 + 1)))[:size]


def sealed(plain: bytes) -> bytes:
    return b"".join(seal_payload(FILE_KEY, Source(None, plain)))


def opened(data: bytes, file_key: bytes = FILE_KEY) -> bytes:
    return b"".join(open_payload(file_key, Source(None, data)))


def released(data: bytes) -> tuple[bytes, str]:
    """What is handed out before the failure, and the failure's text."""
    out = b""
    try:
        for chunk in open_payload(FILE_KEY, Source(None, data)):
            out += chunk
    except PayloadFailure as failure:
        return out, str(failure)
    pytest.fail("the payload was opened")


@pytest.mark.parametrize("size", SIZES)
def test_every_size_comes_back(size: int) -> None:
    plain = text(size)
    data = sealed(plain)
    assert opened(data) == plain
    chunks = max(1, -(-size // CHUNK_SIZE))
    assert len(data) == NONCE_SIZE + size + chunks * TAG_SIZE


@pytest.mark.parametrize("size", SIZES)
def test_a_dripping_file_makes_no_difference(size: int) -> None:
    plain = text(size)
    data = b"".join(seal_payload(FILE_KEY, Source(Drip(plain, 5000))))
    file = Drip(data, 777)
    assert b"".join(open_payload(FILE_KEY, Source(file))) == plain
    assert file.most_asked == SEALED_CHUNK_SIZE


@given(st.binary(max_size=300), st.integers(0, 2))
def test_what_is_sealed_is_opened(end: bytes, chunks: int) -> None:
    plain = bytes(chunks * CHUNK_SIZE) + end
    assert opened(sealed(plain)) == plain


def test_every_payload_has_a_fresh_nonce() -> None:
    assert sealed(b"")[:NONCE_SIZE] != sealed(b"")[:NONCE_SIZE]


def test_another_file_key_opens_nothing() -> None:
    with pytest.raises(PayloadFailure):
        opened(sealed(b"plain"), b"another file key")


@pytest.mark.parametrize("size", [0, 1, NONCE_SIZE - 1])
def test_a_nonce_cut_short_counts_with_the_header(size: int) -> None:
    with pytest.raises(HeaderFailure, match="before its payload"):
        opened(sealed(b"plain")[:size])


@pytest.mark.parametrize("size", SIZES)
def test_a_file_cut_anywhere_near_a_boundary_is_refused(size: int) -> None:
    plain = text(size)
    data = sealed(plain)
    ends = {NONCE_SIZE + chunk * SEALED_CHUNK_SIZE for chunk in range(4)} | {len(data)}
    cuts = {end + near for end in ends for near in (-17, -16, -15, -1, 0, 1, 15, 16, 17)}
    for cut in sorted(cut for cut in cuts if NONCE_SIZE <= cut < len(data)):
        out, why = released(data[:cut])
        assert plain.startswith(out)
        assert len(out) == (cut - NONCE_SIZE) // SEALED_CHUNK_SIZE * CHUNK_SIZE
        assert "cut short" in why


@pytest.mark.parametrize("added", [1, TAG_SIZE, TAG_SIZE + 1, SEALED_CHUNK_SIZE])
@pytest.mark.parametrize("size", SIZES)
def test_a_file_with_something_appended_is_refused(size: int, added: int) -> None:
    plain = text(size)
    out, why = released(sealed(plain) + bytes(added))
    assert plain.startswith(out)
    # A final chunk that is full is recognised; of a shorter one the addition becomes a part.
    assert why.startswith("something follows" if size and size % CHUNK_SIZE == 0 else f"chunk {size // CHUNK_SIZE} was")


@pytest.mark.parametrize(
    "at", [0, NONCE_SIZE - 1, NONCE_SIZE, NONCE_SIZE + CHUNK_SIZE, NONCE_SIZE + SEALED_CHUNK_SIZE - 1]
)
def test_a_change_in_the_first_chunk_releases_nothing(at: int) -> None:
    data = bytearray(sealed(text(CHUNK_SIZE + 1)))
    data[at] ^= 1
    assert released(bytes(data))[0] == b""


@pytest.mark.parametrize("at", [NONCE_SIZE + SEALED_CHUNK_SIZE, -1])
def test_a_change_in_the_second_chunk_releases_the_first(at: int) -> None:
    plain = text(CHUNK_SIZE + 1)
    data = bytearray(sealed(plain))
    data[at] ^= 1
    assert released(bytes(data))[0] == plain[:CHUNK_SIZE]


def test_chunks_cannot_be_exchanged_repeated_or_left_out() -> None:
    data = sealed(text(3 * CHUNK_SIZE))
    nonce = data[:NONCE_SIZE]
    first, second, third = (data[at : at + SEALED_CHUNK_SIZE] for at in range(NONCE_SIZE, len(data), SEALED_CHUNK_SIZE))
    assert opened(nonce + first + second + third) == text(3 * CHUNK_SIZE)
    for order in ([second, first, third], [first, first, second, third], [first, third], [second, third], [third]):
        released(nonce + b"".join(order))


def test_an_empty_final_chunk_is_refused_but_in_an_empty_payload() -> None:
    # As a writer would make it that never marks a full chunk as the final one.
    nonce, plain = bytes(NONCE_SIZE), text(CHUNK_SIZE)
    cipher = ChaCha20Poly1305(HKDF(SHA256(), 32, nonce, b"payload").derive(FILE_KEY))
    full = cipher.encrypt(bytes(12), plain, None)
    empty = cipher.encrypt(bytes(10) + b"\1\1", b"", None)
    out, why = released(nonce + full + empty)
    assert (out, why) == (plain, "the final chunk is empty: not written by a correct program")
    assert opened(nonce + cipher.encrypt(bytes(11) + b"\1", b"", None)) == b""


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((HeaderFailure, PayloadFailure)):
        opened(data)
