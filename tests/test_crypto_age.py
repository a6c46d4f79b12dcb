"""age files as a whole: sealed to several, opened by each, and by nobody once a byte was changed."""

import tracemalloc
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from age_files import Drip, Full, Zeros
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.age import (
    AgeError,
    BadRecipients,
    HeaderFailure,
    HMACFailure,
    Identity,
    Limits,
    NoMatch,
    PayloadFailure,
    Recipient,
    decrypt,
    decrypt_at,
    decrypt_stream,
    encrypt,
    encrypt_stream,
)
from crypto.age_armor import ArmorReader, ArmorWriter, dearmor
from crypto.age_header import Stanza, write_header
from crypto.age_payload import seal_payload
from crypto.age_pq import PQIdentity
from crypto.age_scrypt import ScryptIdentity, ScryptRecipient
from crypto.age_source import Source
from crypto.age_x25519 import X25519Identity
from crypto.errors import CryptoError

IDENTITIES = [PQIdentity(bytes([n]) * 32) for n in range(4)]
RECIPIENTS = [identity.recipient() for identity in IDENTITIES]
STRANGER = PQIdentity(b"s" * 32)
CLASSICAL = X25519Identity(b"x" * 32)
FROZEN = Path(__file__).parent / "data"
KIB64 = 65536


@pytest.mark.parametrize("size", [0, 1, 16384, KIB64 - 1, KIB64, KIB64 + 1, 2 * KIB64])
def test_what_is_sealed_is_opened_by_every_recipient(size: int) -> None:
    plain = bytes(range(256)) * (size // 256) + bytes(size % 256)
    data = encrypt(plain, RECIPIENTS)
    for index, identity in enumerate(IDENTITIES):
        assert decrypt(data, [identity]) == plain
        assert decrypt_at(data, identity, index) == plain
        out = BytesIO()
        decrypt_stream(Drip(data, 5000), out, [STRANGER, identity])
        assert out.getvalue() == plain


@given(st.binary(max_size=500), st.integers(1, 4), st.integers(1, 600))
def test_streams_and_bytes_are_the_same_format(plain: bytes, count: int, most: int) -> None:
    sealed = BytesIO()
    encrypt_stream(Drip(plain, most), sealed, RECIPIENTS[:count])
    assert decrypt(sealed.getvalue(), IDENTITIES[count - 1 :]) == plain
    opened = BytesIO()
    decrypt_stream(Drip(encrypt(plain, RECIPIENTS[:count]), most), opened, IDENTITIES[:1])
    assert opened.getvalue() == plain


def test_a_passphrase_and_x25519_open_theirs() -> None:
    assert decrypt(encrypt(b"plain", [ScryptRecipient(b"secret", 4)]), [ScryptIdentity(b"secret")]) == b"plain"
    assert decrypt(encrypt(b"plain", [CLASSICAL.recipient()] * 2), [STRANGER, CLASSICAL]) == b"plain"


def test_through_text_and_back() -> None:
    text, plain = BytesIO(), BytesIO()
    with ArmorWriter(text) as writer:
        encrypt_stream(BytesIO(b"plain" * 50_000), writer, RECIPIENTS)
    text.seek(0)
    decrypt_stream(ArmorReader(text), plain, IDENTITIES[:1])
    assert plain.getvalue() == b"plain" * 50_000


def test_every_file_has_fresh_keys() -> None:
    one, other = encrypt(b"plain", RECIPIENTS[:1]), encrypt(b"plain", RECIPIENTS[:1])
    assert one[:200] != other[:200]
    assert one[-21:] != other[-21:]


def test_a_file_sealed_once_opens_for_ever() -> None:
    identity = PQIdentity(sha256(b"enlace/frozen").digest())
    sealed = dearmor((FROZEN / "age-post-quantum.txt").read_bytes())
    assert decrypt(sealed, [identity]) == "Operación Éxodo: sellado el primer día.\n".encode()
    sealed = dearmor((FROZEN / "age-passphrase.txt").read_bytes())
    assert decrypt(sealed, [ScryptIdentity(b"frozen")]) == b"AGE-SECRET-KEY-PQ-1...\n"


# --- who may share a file -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "recipients",
    [
        [],
        [RECIPIENTS[0], CLASSICAL.recipient()],
        [ScryptRecipient(b"a", 1), ScryptRecipient(b"b", 1)],
        [ScryptRecipient(b"a", 1), RECIPIENTS[0]],
        RECIPIENTS[:1] * 513,
    ],
    ids=["nobody", "classical beside post-quantum", "two passphrases", "passphrase beside a key", "too many"],
)
def test_recipients_that_may_not_share_a_file_are_refused_before_writing(recipients: list[Recipient]) -> None:
    with pytest.raises(BadRecipients):
        encrypt(b"plain", recipients)
    out = BytesIO()
    with pytest.raises(BadRecipients):
        encrypt_stream(BytesIO(b"plain"), out, recipients)
    assert out.getvalue() == b""


# --- for whom it is not -------------------------------------------------------------------------------------------


def test_a_stranger_opens_nothing() -> None:
    data = encrypt(b"plain", RECIPIENTS)
    strangers: list[Identity] = [STRANGER, CLASSICAL, ScryptIdentity(b"secret")]
    for identities in ([], strangers[:1], strangers):
        with pytest.raises(NoMatch, match="not sealed to any"):
            decrypt(data, identities)


def test_a_wrong_passphrase_opens_nothing() -> None:
    with pytest.raises(NoMatch, match="passphrase is wrong"):
        decrypt(encrypt(b"plain", [ScryptRecipient(b"secret", 4)]), [ScryptIdentity(b"Secret")])


@pytest.mark.parametrize("index", [0, 2, 3, 4, -1, -3, 2**70])
def test_only_the_stanza_that_was_named_is_tried(index: int) -> None:
    data = encrypt(b"plain", RECIPIENTS)
    with pytest.raises(NoMatch, match=f"stanza {index}"):
        decrypt_at(data, IDENTITIES[1], index)


def test_a_stanza_of_another_kind_is_no_match() -> None:
    with pytest.raises(NoMatch):
        decrypt_at(encrypt(b"plain", [CLASSICAL.recipient()]), IDENTITIES[0], 0)


# --- what was changed ---------------------------------------------------------------------------------------------

DATA = encrypt(b"plain", RECIPIENTS[:2])
PAYLOAD = DATA.index(b"\n--- ") + 1 + len("--- ") + 43 + 1


@settings(max_examples=300)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_noticed(at: int, change: int) -> None:
    data = bytearray(DATA)
    data[at] ^= change
    with pytest.raises(AgeError):
        decrypt(bytes(data), IDENTITIES)
    with pytest.raises(AgeError):
        decrypt_at(bytes(data), IDENTITIES[1], 1)


@given(st.integers(0, len(DATA) - 1))
def test_a_file_cut_anywhere_is_noticed(end: int) -> None:
    with pytest.raises((HeaderFailure, PayloadFailure)):
        decrypt(DATA[:end], IDENTITIES)


def test_a_changed_stanza_of_somebody_else_is_noticed() -> None:
    other = DATA.index(b"\n-> ", 40) + 40
    data = DATA[:other] + (b"A" if DATA[other : other + 1] != b"A" else b"B") + DATA[other + 1 :]
    with pytest.raises(HMACFailure):
        decrypt_at(data, IDENTITIES[0], 0)


def test_a_stanza_added_or_left_out_is_noticed() -> None:
    start, second, end = DATA.index(b"-> "), DATA.index(b"\n-> ", 40) + 1, DATA.index(b"\n--- ") + 1
    for changed in (DATA[:second] + DATA[end:], DATA[:end] + DATA[start:second] + DATA[end:]):
        with pytest.raises(HMACFailure):
            decrypt(changed, IDENTITIES)
    with pytest.raises(HMACFailure):
        decrypt(DATA[:start] + DATA[second:end] + DATA[start:second] + DATA[end:], IDENTITIES)


def test_nothing_is_released_before_the_mac_was_verified() -> None:
    at = PAYLOAD - 10
    out = BytesIO()
    data = DATA[:at] + (b"A" if DATA[at : at + 1] != b"A" else b"B") + DATA[at + 1 :]
    with pytest.raises(HMACFailure):
        decrypt_stream(BytesIO(data), out, IDENTITIES)
    assert out.getvalue() == b""


def test_a_stream_releases_true_chunks_only() -> None:
    plain = b"1" * KIB64 + b"2" * KIB64 + b"3"
    data = bytearray(encrypt(plain, RECIPIENTS[:1]))
    data[-KIB64] ^= 1
    out = BytesIO()
    with pytest.raises(PayloadFailure, match="chunk 1"):
        decrypt_stream(BytesIO(bytes(data)), out, IDENTITIES)
    assert out.getvalue() == b"1" * KIB64


def test_a_payload_of_another_file_is_noticed() -> None:
    other = encrypt(b"plain", RECIPIENTS[:2])
    with pytest.raises(PayloadFailure):
        decrypt(DATA[:PAYLOAD] + other[-(len(DATA) - PAYLOAD) :], IDENTITIES)


def test_a_malformed_stanza_for_one_of_us_is_refused_though_another_would_open() -> None:
    file_key = b"YELLOW SUBMARINE"
    stanzas = [Stanza("mlkem768x25519", ("AAAA",), bytes(32)), RECIPIENTS[0].wrap(file_key)]
    data = write_header(file_key, stanzas) + b"".join(seal_payload(file_key, Source(None, b"plain")))
    with pytest.raises(HeaderFailure, match="1120 bytes"):
        decrypt(data, IDENTITIES)
    assert decrypt_at(data, IDENTITIES[0], 1) == b"plain"


def test_unknown_stanzas_are_left_alone() -> None:
    file_key = b"YELLOW SUBMARINE"
    stanzas = [Stanza("x-grease", ("1",), bytes(100)), RECIPIENTS[0].wrap(file_key), Stanza("x", (), b"")]
    data = write_header(file_key, stanzas) + b"".join(seal_payload(file_key, Source(None, b"plain")))
    assert decrypt(data, IDENTITIES) == b"plain"


def test_every_failure_is_one_of_ours() -> None:
    assert issubclass(AgeError, CryptoError)
    with pytest.raises(CryptoError):
        decrypt(b"", [])


# --- bounds -------------------------------------------------------------------------------------------------------


def test_limits_on_the_header_reach_every_way_of_opening() -> None:
    data = encrypt(b"plain", RECIPIENTS[:3])
    few = Limits(stanzas=2)
    with pytest.raises(HeaderFailure, match="more than 2"):
        decrypt(data, IDENTITIES, limits=few)
    with pytest.raises(HeaderFailure, match="more than 2"):
        decrypt_at(data, IDENTITIES[0], 0, limits=few)
    with pytest.raises(HeaderFailure, match="more than 2"):
        decrypt_stream(BytesIO(data), BytesIO(), IDENTITIES, limits=few)


class Pipe:
    """Sealed pieces on their way from the writer to the reader's hash, never all in memory."""

    def __init__(self) -> None:
        self.size = 0
        self.hash = sha256()

    def write(self, data: bytes, /) -> int:
        self.size += len(data)
        self.hash.update(data)
        return len(data)


def test_a_stream_takes_constant_memory() -> None:
    size = 16 * 1024 * 1024
    sealed, opened = BytesIO(), Pipe()
    tracemalloc.start()
    try:
        encrypt_stream(Zeros(size), Pipe(), RECIPIENTS[:1])
        sealing = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        encrypt_stream(Zeros(size), sealed, RECIPIENTS[:1])
        sealed.seek(0)
        tracemalloc.start()
        decrypt_stream(sealed, opened, IDENTITIES[:1])
        opening = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (opened.size, opened.hash.digest()) == (size, sha256(bytes(size)).digest())
    assert max(sealing, opening) < 1024 * 1024


@pytest.mark.parametrize("room", [0, 100, 5000, 70_000])
def test_a_full_disk_is_not_overlooked(room: int) -> None:
    with pytest.raises(OSError, match="were written"):
        encrypt_stream(BytesIO(bytes(100_000)), Full(room), RECIPIENTS[:1])
    with pytest.raises(OSError, match="were written"):
        decrypt_stream(BytesIO(encrypt(bytes(100_000), RECIPIENTS[:1])), Full(room), IDENTITIES[:1])
