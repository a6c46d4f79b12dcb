"""What shows which note an envelope held: enough to make its bytes again from the note, and no more. Pure.

    {"age":"age-encryption.org/v1\\n-> mlkem768x25519 …","header":"{\\"attachments\\":[]…","key":"00…","nonce":"9c…"}

E1  A relay's receipt names an envelope by its hash. An envelope is its header and an age file; and an age file is, byte
    by byte, its own header, a nonce, and the padded note sealed under its file key. So whoever has note, headers, nonce
    and file key makes the envelope again, and compares the hash with that in the receipt.
E2  Two notes cannot have one envelope: the MAC of the age header is of one file key, and the note is signed.
E3  A file key opens its envelope alone, whose note goes along anyway. No key of a device follows from it.
E4  Every desk that had an envelope in hand keeps this for the events of cases and for receipts: who sealed it, and who
    opened it. A recovery file carries it, and whoever takes it in makes the envelope again.
"""

from hashlib import sha256
from typing import Annotated

import msgspec

from crypto.age import Known, made_again
from crypto.errors import CryptoError
from directory.canonical import Malformed, decode
from relay.protocol.envelope import ENVELOPE_TYPE, MOST_HEADER_BYTES, Envelope, Header, parse_envelope
from relay.protocol.padding import pad

MOST_AGE_HEADER = 1 << 20
MOST_PROOF = 2 << 20


class NotItsEnvelope(ValueError):
    """A note that was not in that envelope, or for which nothing shows it."""


class EnvelopeProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An envelope without the note: its header line, the header of the age file, the nonce and the file key."""

    header: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_HEADER_BYTES)]
    age: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_AGE_HEADER)]
    nonce: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
    key: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]


def proof_of(envelope: Envelope, known: Known) -> EnvelopeProof:
    """What is kept of an envelope that was sealed, or opened, here."""
    header = envelope.raw[len(ENVELOPE_TYPE) : len(envelope.raw) - len(envelope.sealed) - 1]
    return EnvelopeProof(
        header=header.decode(), age=known.header.decode(), nonce=known.nonce.hex(), key=known.file_key.hex()
    )


def header_of(proof: EnvelopeProof) -> Header:
    """The header of an envelope that was made again; raises Malformed for one that never was."""
    return decode(proof.header.encode(), Header, MOST_HEADER_BYTES)


def envelope_again(proof: EnvelopeProof, note: bytes, envelope: str) -> Envelope:
    """The envelope of that hash, made again from the note; raises NotItsEnvelope if it is another, or none."""
    known = Known(proof.age.encode(), bytes.fromhex(proof.nonce), bytes.fromhex(proof.key))
    try:
        raw = ENVELOPE_TYPE + proof.header.encode() + b"\n" + made_again(known, pad(note))
        if sha256(raw).hexdigest() != envelope:
            raise NotItsEnvelope("the note was not in the envelope that is named: made again, it is another")
        return parse_envelope(raw)
    except (CryptoError, Malformed, UnicodeError) as error:
        raise NotItsEnvelope(f"what is to show its envelope does not: {error}") from error
