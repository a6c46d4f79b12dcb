"""Recipients and identities: how they are spelled, what is refused before it is used, and what a stanza may hold."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from crypto import bech32
from crypto.age_errors import BadKey, BadRecipients, HeaderFailure
from crypto.age_header import Stanza
from crypto.age_pq import ENCAPSULATED_SIZE, RECIPIENT_SIZE, PQIdentity, PQRecipient
from crypto.age_recipients import Recipient, check_company
from crypto.age_scrypt import ScryptIdentity, ScryptRecipient
from crypto.age_x25519 import X25519Identity, X25519Recipient
from crypto.curve25519 import is_low_order
from crypto.encoding import b64raw, unb64raw

FILE_KEY = bytes(range(16))
SEED = bytes(range(32))
PQ = PQIdentity(SEED)
X25519 = X25519Identity(SEED)
PASSPHRASE = b"correct horse"

PRIME = 2**255 - 19
# The five u-coordinates of points of low order, as numbers; `test_low_order…` shows that the library refuses each.
ORDER_EIGHT = (
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)
LOW_ORDER = [0, 1, PRIME - 1, *ORDER_EIGHT]


def share(number: int) -> bytes:
    return number.to_bytes(32, "little")


# --- spelling -----------------------------------------------------------------------------------------------------


def test_a_seed_has_the_same_keys_for_ever() -> None:
    # Computed by another implementation (npm age-encryption).
    assert str(PQ) == "AGE-SECRET-KEY-PQ-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0S5DYVQQ"
    digest = sha256(str(PQ.recipient()).encode()).hexdigest()
    assert digest == "e1704ce7caadaa4e436845c280d1527742f46a8af62d934c41b60c624e7cb185"


@pytest.mark.parametrize("seed", [SEED, bytes(32), b"\xff" * 32])
def test_post_quantum_keys_are_read_as_they_are_written(seed: bytes) -> None:
    identity = PQIdentity(seed)
    assert PQIdentity.parse(str(identity)).seed == seed
    recipient = identity.recipient()
    assert PQRecipient.parse(str(recipient)) == PQRecipient(recipient.raw) == recipient
    assert hash(PQRecipient(recipient.raw)) == hash(recipient)
    assert str(recipient).startswith("age1pq1")
    assert len(recipient.raw) == RECIPIENT_SIZE


@given(st.binary(min_size=32, max_size=32))
def test_x25519_keys_are_read_as_they_are_written(secret: bytes) -> None:
    identity = X25519Identity(secret)
    assert X25519Identity.parse(str(identity)).secret == secret
    recipient = identity.recipient()
    assert X25519Recipient.parse(str(recipient)) == X25519Recipient(recipient.raw) == recipient


def test_fresh_identities_differ() -> None:
    assert PQIdentity.generate().seed != PQIdentity.generate().seed
    assert X25519Identity.generate().secret != X25519Identity.generate().secret


def test_recipients_of_different_keys_differ() -> None:
    assert PQ.recipient() != PQIdentity(bytes(32)).recipient()
    assert X25519.recipient() != X25519Identity(bytes(32)).recipient()
    assert PQ.recipient() != PQ.recipient().raw
    assert X25519.recipient() != X25519.recipient().raw
    assert {X25519.recipient(), X25519Recipient(X25519.recipient().raw)} == {X25519.recipient()}
    assert str(X25519.recipient()) in repr(X25519.recipient())
    assert str(PQ.recipient())[:20] in repr(PQ.recipient())


@pytest.mark.parametrize(
    "key", [PQ, X25519, ScryptIdentity(PASSPHRASE), ScryptRecipient(PASSPHRASE)], ids=lambda key: type(key).__name__
)
def test_repr_keeps_the_secret(key: object) -> None:
    for secret in (str(PQ), str(X25519), repr(SEED), SEED.hex(), PASSPHRASE.decode()):
        assert secret not in repr(key)


MISSPELLED: dict[str, tuple[Callable[[str], object], str]] = {
    "empty": (PQRecipient.parse, ""),
    "recipient in capitals": (PQRecipient.parse, str(PQ.recipient()).upper()),
    "recipient with a changed character": (PQRecipient.parse, str(PQ.recipient())[:-1] + "q"),
    "recipient with a space": (PQRecipient.parse, str(PQ.recipient()) + " "),
    "identity for recipient": (PQRecipient.parse, str(PQ)),
    "X25519 recipient for post-quantum": (PQRecipient.parse, str(X25519.recipient())),
    "recipient too short": (PQRecipient.parse, bech32.encode("age1pq", PQ.recipient().raw[:-1])),
    "recipient too long": (PQRecipient.parse, bech32.encode("age1pq", PQ.recipient().raw + b"\0")),
    "identity in small letters": (PQIdentity.parse, str(PQ).lower()),
    "recipient for identity": (PQIdentity.parse, str(PQ.recipient())),
    "X25519 identity for post-quantum": (PQIdentity.parse, str(X25519)),
    "identity too short": (PQIdentity.parse, bech32.encode("AGE-SECRET-KEY-PQ-", SEED[:-1])),
    "identity too long": (PQIdentity.parse, bech32.encode("AGE-SECRET-KEY-PQ-", SEED + b"\0")),
    "X25519: recipient in capitals": (X25519Recipient.parse, str(X25519.recipient()).upper()),
    "X25519: post-quantum recipient": (X25519Recipient.parse, str(PQ.recipient())),
    "X25519: recipient too short": (X25519Recipient.parse, bech32.encode("age", SEED[:-1])),
    "X25519: recipient of low order": (X25519Recipient.parse, bech32.encode("age", bytes(32))),
    "X25519: identity in small letters": (X25519Identity.parse, str(X25519).lower()),
    "X25519: post-quantum identity": (X25519Identity.parse, str(PQ)),
    "X25519: identity too long": (X25519Identity.parse, bech32.encode("AGE-SECRET-KEY-", SEED + b"\0")),
}


@pytest.mark.parametrize(("parse", "text"), MISSPELLED.values(), ids=MISSPELLED)
def test_a_misspelled_key_is_refused(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(BadKey, match=r"^(not|a post-quantum|an X25519)"):
        parse(text)


# --- keys that must not be used -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", LOW_ORDER)
def test_low_order_points_are_those_the_library_refuses(number: int) -> None:
    private = X25519PrivateKey.from_private_bytes(SEED)
    spellings = [share(number), share(number | 1 << 255)]
    if number + PRIME < 2**255:
        spellings.append(share(number + PRIME))
    for raw in spellings:
        assert is_low_order(raw)
        with pytest.raises(ValueError):
            private.exchange(X25519PublicKey.from_public_bytes(raw))


@given(st.binary(min_size=32, max_size=32))
def test_other_points_are_not_of_low_order(raw: bytes) -> None:
    number = (int.from_bytes(raw, "little") & (2**255 - 1)) % PRIME
    assert is_low_order(raw) == (number in LOW_ORDER)
    assert not is_low_order(X25519Identity(raw).recipient().raw)


@pytest.mark.parametrize("number", LOW_ORDER)
def test_a_recipient_with_a_half_of_low_order_is_refused(number: int) -> None:
    with pytest.raises(BadKey, match="low order"):
        PQRecipient(PQ.recipient().raw[:-32] + share(number))


def test_a_recipient_whose_ml_kem_half_is_out_of_range_is_refused() -> None:
    # Twelve bits all set are above the modulus 3329 (FIPS 203 section 7.2).
    with pytest.raises(BadKey, match="ML-KEM"):
        PQRecipient(b"\xff" * 1184 + PQ.recipient().raw[-32:])


@pytest.mark.parametrize("work_factor", [-1, 0, 25, 2**31])
def test_a_senseless_work_factor_is_refused(work_factor: int) -> None:
    with pytest.raises(BadKey, match="work factor"):
        ScryptRecipient(PASSPHRASE, work_factor)
    with pytest.raises(BadKey, match="work factor"):
        ScryptIdentity(PASSPHRASE, work_factor)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(BadKey, match="empty"):
        ScryptRecipient(b"", 1)
    with pytest.raises(BadKey, match="empty"):
        ScryptIdentity(b"")


# --- who shares a file --------------------------------------------------------------------------------------------

PASSWORD = ScryptRecipient(PASSPHRASE, 1)


@pytest.mark.parametrize(
    "recipients", [[PQ.recipient()] * 3, [X25519.recipient()] * 2, [PASSWORD]], ids=["pq", "x25519", "passphrase"]
)
def test_like_shares_a_file_with_like(recipients: list[Recipient]) -> None:
    check_company(recipients)


@pytest.mark.parametrize(
    "recipients",
    [
        [],
        [PQ.recipient(), X25519.recipient()],
        [X25519.recipient(), PQ.recipient(), PQ.recipient()],
        [PASSWORD, PASSWORD],
        [PASSWORD, PQ.recipient()],
        [X25519.recipient(), PASSWORD],
    ],
    ids=["nobody", "pq first", "x25519 first", "two passphrases", "passphrase and pq", "x25519 and passphrase"],
)
def test_others_do_not(recipients: list[Recipient]) -> None:
    with pytest.raises(BadRecipients):
        check_company(recipients)


# --- stanzas ------------------------------------------------------------------------------------------------------

PAIRS: dict[str, tuple[Any, Any, Any]] = {
    "mlkem768x25519": (PQ.recipient(), PQ, PQIdentity(bytes(32))),
    "X25519": (X25519.recipient(), X25519, X25519Identity(bytes(32))),
    "scrypt": (ScryptRecipient(PASSPHRASE, 4), ScryptIdentity(PASSPHRASE), ScryptIdentity(b"another")),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_only_its_identity_opens_a_stanza(kind: str) -> None:
    recipient, identity, another = PAIRS[kind]
    stanza = recipient.wrap(FILE_KEY)
    assert stanza.kind == kind
    assert identity.unwrap(stanza) == FILE_KEY
    assert another.unwrap(stanza) is None


@pytest.mark.parametrize("kind", PAIRS)
def test_stanzas_are_fresh(kind: str) -> None:
    recipient = PAIRS[kind][0]
    assert recipient.wrap(FILE_KEY) != recipient.wrap(FILE_KEY)


@pytest.mark.parametrize("kind", PAIRS)
def test_stanzas_of_other_kinds_are_left_alone(kind: str) -> None:
    _, identity, _ = PAIRS[kind]
    for other in ("", kind.upper() if kind != kind.upper() else kind.lower(), kind + "2", "example.com/enigma"):
        assert identity.unwrap(Stanza(other, ("?",), b"")) is None


@pytest.mark.parametrize("kind", PAIRS)
def test_a_stanza_changed_in_its_body_is_not_opened(kind: str) -> None:
    recipient, identity, _ = PAIRS[kind]
    stanza = recipient.wrap(FILE_KEY)
    for at in (0, 15, 16, 31):
        body = bytearray(stanza.body)
        body[at] ^= 1
        assert identity.unwrap(replace(stanza, body=bytes(body))) is None


def changed(text: str, size: int) -> dict[str, tuple[str, ...]]:
    """First arguments that are not `size` bytes in canonical base64."""
    raw = unb64raw(text, size)
    return {
        "no argument": (),
        "empty argument": ("",),
        "one byte less": (b64raw(raw[:-1]),),
        "one byte more": (b64raw(raw + b"\0"),),
        "padded": (text + "=" * (-len(text) % 4 or 1),),
        "not base64": ("!" + text[1:],),
        "url alphabet": ("-" + text[1:],),
    }


@pytest.mark.parametrize("case", changed(b64raw(bytes(1)), 1))
@pytest.mark.parametrize(("kind", "size"), [("mlkem768x25519", ENCAPSULATED_SIZE), ("X25519", 32), ("scrypt", 16)])
def test_a_malformed_first_argument_is_refused(kind: str, size: int, case: str) -> None:
    recipient, identity, _ = PAIRS[kind]
    stanza = recipient.wrap(FILE_KEY)
    first = changed(stanza.arguments[0], size)[case]
    with pytest.raises(HeaderFailure):
        identity.unwrap(replace(stanza, arguments=(*first, *stanza.arguments[1:])))


@pytest.mark.parametrize("kind", PAIRS)
def test_a_surplus_argument_is_refused(kind: str) -> None:
    recipient, identity, _ = PAIRS[kind]
    stanza = recipient.wrap(FILE_KEY)
    with pytest.raises(HeaderFailure):
        identity.unwrap(replace(stanza, arguments=(*stanza.arguments, "1")))


@pytest.mark.parametrize("size", [0, 16, 31, 33, 48])
@pytest.mark.parametrize("kind", PAIRS)
def test_a_body_of_another_length_is_refused(kind: str, size: int) -> None:
    recipient, identity, _ = PAIRS[kind]
    stanza = recipient.wrap(FILE_KEY)
    with pytest.raises(HeaderFailure, match="body"):
        identity.unwrap(replace(stanza, body=(stanza.body * 2)[:size]))


@pytest.mark.parametrize("number", LOW_ORDER)
def test_a_share_of_low_order_is_refused(number: int) -> None:
    pq = PQ.recipient().wrap(FILE_KEY)
    encapsulated = unb64raw(pq.arguments[0])[:-32] + share(number)
    with pytest.raises(HeaderFailure, match="low order"):
        PQ.unwrap(replace(pq, arguments=(b64raw(encapsulated),)))
    with pytest.raises(HeaderFailure, match="low order"):
        X25519.unwrap(Stanza("X25519", (b64raw(share(number)),), bytes(32)))


@pytest.mark.parametrize(
    "work",
    ["", "0", "00", "01", "+1", "-1", " 1", "1 ", "1.0", "1_0", "0x4", "4a", "\u0661", "100", "9" * 5000, "1\n"],
)
def test_a_work_factor_that_is_not_a_small_decimal_is_refused(work: str) -> None:
    stanza = ScryptRecipient(PASSPHRASE, 1).wrap(FILE_KEY)
    with pytest.raises(HeaderFailure, match="decimal"):
        ScryptIdentity(PASSPHRASE).unwrap(replace(stanza, arguments=(stanza.arguments[0], work)))


def test_more_work_than_allowed_is_refused_before_it_is_done() -> None:
    stanza = ScryptRecipient(PASSPHRASE, 3).wrap(FILE_KEY)
    assert ScryptIdentity(PASSPHRASE, max_work_factor=3).unwrap(stanza) == FILE_KEY
    with pytest.raises(HeaderFailure, match="asks for scrypt work factor 3, where 2 is allowed"):
        ScryptIdentity(PASSPHRASE, max_work_factor=2).unwrap(stanza)
    with pytest.raises(HeaderFailure, match="work factor 99"):
        ScryptIdentity(PASSPHRASE).unwrap(replace(stanza, arguments=(stanza.arguments[0], "99")))


def test_a_work_factor_that_was_lowered_does_not_open() -> None:
    stanza = ScryptRecipient(PASSPHRASE, 5).wrap(FILE_KEY)
    assert ScryptIdentity(PASSPHRASE).unwrap(replace(stanza, arguments=(stanza.arguments[0], "4"))) is None
