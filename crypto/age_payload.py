"""The payload of an age file: a nonce, then chunks of 64 KiB under ChaCha20-Poly1305.

1. The payload key is HKDF-SHA-256 of the file key, salted with 16 fresh bytes. It seals one payload only, so a
   counter is a safe nonce: 11 bytes big-endian, then 0x01 for the final chunk and 0x00 for all others.
2. Every chunk but the final one is full. The final one is not empty, unless the whole payload is.
3. A chunk is released only when it has been authenticated at its place. What was released before a failure is a true
   beginning of the payload and no more: whoever receives the failure discards it.
4. The end is a success only when a final chunk was opened and nothing follows it. So a file cut at a chunk boundary
   and a file with something appended are both refused.
5. One chunk is in memory at a time (two when sealing: only a chunk with nothing after it is the final one).

Source: c2sp.org/age, section "Payload".
"""

import os
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.age_errors import HeaderFailure, PayloadFailure
from crypto.age_source import Source

NONCE_SIZE = 16
CHUNK_SIZE = 64 * 1024
TAG_SIZE = 16
SEALED_CHUNK_SIZE = CHUNK_SIZE + TAG_SIZE


def seal_payload(file_key: bytes, source: Source, nonce: bytes = b"") -> Iterator[bytes]:
    """The sealed payload of all of `source`, piece by piece; the file key must have sealed nothing else.

    A `nonce` is given only to make again what was sealed under it.
    """
    nonce = nonce or os.urandom(NONCE_SIZE)
    cipher = _cipher(file_key, nonce)
    yield nonce
    counter = 0
    chunk = source.read(CHUNK_SIZE)
    while len(chunk) == CHUNK_SIZE and (following := source.read(CHUNK_SIZE)):
        yield cipher.encrypt(_chunk_nonce(counter, final=False), chunk, None)
        chunk = following
        counter += 1
    yield cipher.encrypt(_chunk_nonce(counter, final=True), chunk, None)


def open_payload(file_key: bytes, source: Source) -> Iterator[bytes]:
    """The plaintext in `source`, chunk by chunk, each authenticated; refuses what rules 2 and 4 exclude.

    Raises `HeaderFailure` when the nonce is cut short (the vectors count it with the header), else `PayloadFailure`.
    """
    nonce = source.read(NONCE_SIZE)
    if len(nonce) < NONCE_SIZE:
        raise HeaderFailure("the file ends before its payload: ask for it again")
    cipher = _cipher(file_key, nonce)
    counter = 0
    while True:
        sealed = source.read(SEALED_CHUNK_SIZE)
        # A short chunk can only be the final one. A full one is that once in a file at most, so it is tried last.
        plain = _open(cipher, counter, sealed, final=False) if len(sealed) == SEALED_CHUNK_SIZE else None
        if plain is None:
            break
        yield plain
        counter += 1
    plain = _open(cipher, counter, sealed, final=True)
    if plain is None:
        raise PayloadFailure(_why(counter, sealed))
    if not plain and counter:
        raise PayloadFailure("the final chunk is empty: not written by a correct program")
    yield plain
    if source.read(1):
        raise PayloadFailure("something follows the final chunk: discard the file and ask for it again")


def _why(counter: int, sealed: bytes) -> str:
    if not sealed:
        return f"the file ends after {counter} chunks, none of them final: it was cut short, ask for it again"
    return f"chunk {counter} was changed, moved or cut short: discard the file and ask for it again"


def _open(cipher: ChaCha20Poly1305, counter: int, sealed: bytes, *, final: bool) -> bytes | None:
    try:
        return cipher.decrypt(_chunk_nonce(counter, final=final), sealed, None)
    except InvalidTag:
        return None


def _chunk_nonce(counter: int, *, final: bool) -> bytes:
    return counter.to_bytes(11, "big") + (b"\x01" if final else b"\x00")


def _cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), 32, nonce, b"payload").derive(file_key))
