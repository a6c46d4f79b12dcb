"""The bare primitives: what sealing and opening a message cannot do without, called one after the other and no more.

| to seal | to open |
|---|---|
| Ed25519 and ML-DSA-44 sign the message | Ed25519 and ML-DSA-44 verify three notes: message, receipt, checkpoint |
| X-Wing (HPKE, ML-KEM-768 with X25519) encrypts the file key once for each device | X-Wing decrypts the file key once |
| HKDF and HMAC-SHA-256 over the age header | the same |
| HKDF and ChaCha20-Poly1305 over 16 KiB | the same |
| SHA-256 over the envelope | the same |

Not among them: parsing keys (done beforehand), text encodings, JSON, reading the directory, and every check that is no
primitive. Both sides work on bytes of the same lengths, and the notes are those of the very message.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256, shake_256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bench.crossing import Incoming
from crypto.checkpoint import cosigned_message, parse_checkpoint
from crypto.note import parse_note
from crypto.signing import PublicPair

Step = Callable[[], object]

INFO = b"age-encryption.org/mlkem768x25519"
SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
FILE_KEY, NONCE = b"0123456789abcdef", bytes(12)
PADDED = bytes(16 << 10)
MLKEM_KEY, MLKEM_SEED = 1184, 64


def bare_seal(message: Incoming) -> Step:
    """The primitives of sealing the message."""
    text = parse_note(message.note).text.encode()
    ed25519 = Ed25519PrivateKey.from_private_bytes(message.sent.keys.ed25519_seed)
    mldsa = MLDSA44PrivateKey.from_seed_bytes(message.sent.keys.mldsa44_seed)
    recipients = [_recipient(each.recipient) for each in message.sent.choices.values()]
    header, raw = _age_header(message.raw), message.raw

    def run() -> None:
        ed25519.sign(text)
        mldsa.sign(text)
        for each in recipients:
            SUITE.encrypt(FILE_KEY, each, INFO)
        hmac.digest(_derived(b"header"), header, "sha256")
        ChaCha20Poly1305(_derived(b"payload")).encrypt(NONCE, PADDED, None)
        sha256(raw).digest()

    return run


def bare_open(message: Incoming) -> Step:
    """The primitives of opening the message."""
    relay, checkpoint = message.sent.replica.view.relay, message.sent.replica.checkpoint
    assert relay is not None
    assert checkpoint is not None
    verifications = [
        *_both(message.sent.keys.public, message.note),
        *_both(relay.receipt, message.relayed.note.encode()),
        *_checkpoint(relay.log, checkpoint.raw),
    ]
    private = _private(message.identity.seed)
    encapsulated = SUITE.encrypt(FILE_KEY, _recipient(message.identity.recipient().raw), INFO)
    sealed = ChaCha20Poly1305(_derived(b"payload")).encrypt(NONCE, PADDED, None)
    header, raw = _age_header(message.raw), message.raw

    def run() -> None:
        for verify in verifications:
            verify()
        SUITE.decrypt(encapsulated, private, INFO)
        hmac.digest(_derived(b"header"), header, "sha256")
        ChaCha20Poly1305(_derived(b"payload")).decrypt(NONCE, sealed, None)
        sha256(raw).digest()

    return run


def _derived(info: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, info).derive(FILE_KEY)


def _age_header(envelope: bytes) -> bytes:
    return envelope[envelope.index(b"age-encryption.org") : envelope.index(b"\n--- ") + len("\n---")]


def _recipient(raw: bytes) -> MLKEM768X25519PublicKey:
    mlkem = MLKEM768PublicKey.from_public_bytes(raw[:MLKEM_KEY])
    return MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(raw[MLKEM_KEY:]))


def _private(seed: bytes) -> MLKEM768X25519PrivateKey:
    stretched = shake_256(seed).digest(MLKEM_SEED + 32)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(stretched[:MLKEM_SEED])
    return MLKEM768X25519PrivateKey(mlkem, X25519PrivateKey.from_private_bytes(stretched[MLKEM_SEED:]))


def _both(public: PublicPair, raw: bytes) -> tuple[Step, Step]:
    """Verifying the two lines of a note."""
    note = parse_note(raw)
    text, (first, second) = note.text.encode(), note.signatures
    return _verifying(public, (first.blob, text), (second.blob, text))


def _checkpoint(public: PublicPair, raw: bytes) -> tuple[Step, Step]:
    """Verifying the two lines of a checkpoint, of which the second signs a message of its own."""
    note = parse_note(raw)
    checkpoint, (first, second) = parse_checkpoint(note.text), note.signatures
    message = cosigned_message(checkpoint.origin, checkpoint, int.from_bytes(second.blob[:8], "big"))
    return _verifying(public, (first.blob, note.text.encode()), (second.blob[8:], message))


def _verifying(public: PublicPair, first: tuple[bytes, bytes], second: tuple[bytes, bytes]) -> tuple[Step, Step]:
    ed25519 = Ed25519PublicKey.from_public_bytes(public.ed25519)
    mldsa = MLDSA44PublicKey.from_public_bytes(public.mldsa44)
    return (lambda: ed25519.verify(*first)), (lambda: mldsa.verify(*second))
