"""age files (c2sp.org/age): seal bytes or a stream to recipients, open them with identities.

1. Sealing draws a fresh file key, wraps it once for each recipient in the order given, and seals the payload under
   it.
2. Opening goes header, stanza, header MAC, payload. Nothing is released before the MAC was verified, and then only
   chunks that were authenticated at their place. `decrypt` and `decrypt_at` return all or nothing; `decrypt_stream`
   has written a true beginning when it fails, which the caller discards.
3. `decrypt_at` tries the one stanza that an envelope names. The envelope may lie: the worst it can do is `NoMatch`.
4. An age file says nothing about its sender. Whoever needs to know looks for a signature inside.
5. A file key opens its file and nothing else. With it, the file's header, its nonce and the plaintext, anybody makes
   the same bytes again (`made_again`), and so sees that just this was sealed in that file: the MAC of the header lets
   no other file key in.

Everything refused raises an `AgeError`; its subclasses say at which step. Text form: `crypto.age_armor`.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from crypto.age_errors import (
    AgeError,
    ArmorFailure,
    BadKey,
    BadRecipients,
    HeaderFailure,
    HMACFailure,
    NoMatch,
    PayloadFailure,
)
from crypto.age_header import DEFAULT_LIMITS, FILE_KEY_SIZE, Header, Limits, Stanza, read_header, write_header
from crypto.age_payload import NONCE_SIZE, open_payload, seal_payload
from crypto.age_recipients import Company, Identity, Recipient, check_company
from crypto.age_source import Readable, Source, Writable, write_all

__all__ = [
    "AgeError",
    "ArmorFailure",
    "BadKey",
    "BadRecipients",
    "Company",
    "HMACFailure",
    "HeaderFailure",
    "Identity",
    "Known",
    "Limits",
    "NoMatch",
    "PayloadFailure",
    "Readable",
    "Recipient",
    "Stanza",
    "Writable",
    "decrypt",
    "decrypt_at",
    "decrypt_known",
    "decrypt_stream",
    "encrypt",
    "encrypt_known",
    "encrypt_stream",
    "made_again",
    "open_stream",
]


@dataclass(frozen=True, slots=True)
class Known:
    """What of an age file is not its plaintext: its header with the MAC, the nonce of its payload, its file key."""

    header: bytes
    nonce: bytes
    file_key: bytes = field(repr=False)


_NO_KEY_FITS = "not sealed to any of the keys at hand (for a passphrase file: the passphrase is wrong)"


def encrypt(data: bytes, recipients: Sequence[Recipient]) -> bytes:
    """An age file of `data`; refuses recipients that may not share a file by `BadRecipients`."""
    return b"".join(_seal(Source(None, data), recipients))


def encrypt_known(data: bytes, recipients: Sequence[Recipient]) -> tuple[bytes, Known]:
    """As `encrypt`, with what it takes to make the same file again from `data`."""
    check_company(recipients)
    file_key, nonce = os.urandom(FILE_KEY_SIZE), os.urandom(NONCE_SIZE)
    header = write_header(file_key, [recipient.wrap(file_key) for recipient in recipients])
    sealed = b"".join([header, *seal_payload(file_key, Source(None, data), nonce)])
    return sealed, Known(header, nonce, file_key)


def made_again(known: Known, data: bytes) -> bytes:
    """The age file that `known` belongs to, if `data` was sealed in it. The bytes are there to be compared, or hashed:
    they are given to nobody else, since with another `data` the same key would seal two texts under one nonce.

    Raises AgeError for a header that is none, or is not of that file key.
    """
    source = Source(None, known.header)
    header = read_header(source)
    if source.read(1) or len(known.nonce) != NONCE_SIZE:
        raise HeaderFailure("more than a header, or a nonce of another length")
    header.verify(known.file_key)
    return b"".join([known.header, *seal_payload(known.file_key, Source(None, data), known.nonce)])


def encrypt_stream(src: Readable, dst: Writable, recipients: Sequence[Recipient]) -> None:
    """Seal all of `src` into `dst` in constant memory; refuses what `encrypt` refuses, before it writes."""
    for piece in _seal(Source(src), recipients):
        write_all(dst, piece)


def decrypt(data: bytes, identities: Sequence[Identity], *, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The plaintext of `data`; refuses a file that is not whole, unchanged and for one of `identities`."""
    source = Source(None, data)
    header = read_header(source, limits)
    return b"".join(open_payload(_file_key(header, header, identities, _NO_KEY_FITS), source))


def decrypt_at(data: bytes, identity: Identity, stanza_index: int, *, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """As `decrypt`, but only stanza `stanza_index` (from 0) is tried; without such a stanza: `NoMatch`."""
    return decrypt_known(data, identity, stanza_index, limits=limits)[0]


def decrypt_known(
    data: bytes, identity: Identity, stanza_index: int, *, limits: Limits = DEFAULT_LIMITS
) -> tuple[bytes, Known]:
    """As `decrypt_at`, with what it takes to make the same file again from the plaintext."""
    source = Source(None, data)
    header = read_header(source, limits)
    if not 0 <= stanza_index < len(header):
        raise NoMatch(f"no stanza {stanza_index}: the file has {len(header)}")
    no_match = f"stanza {stanza_index} is not for this key"
    file_key = _file_key(header, [header[stanza_index]], [identity], no_match)
    end = source.position
    plain = b"".join(open_payload(file_key, source))
    return plain, Known(data[:end], data[end : end + NONCE_SIZE], file_key)


def decrypt_stream(
    src: Readable, dst: Writable, identities: Sequence[Identity], *, limits: Limits = DEFAULT_LIMITS
) -> None:
    """Open `src` into `dst` in constant memory; after an exception, discard what `dst` received."""
    for chunk in open_stream(src, identities, limits=limits):
        write_all(dst, chunk)


def open_stream(src: Readable, identities: Sequence[Identity], *, limits: Limits = DEFAULT_LIMITS) -> Iterator[bytes]:
    """The plaintext of `src`, piece by piece, in constant memory; after an exception, discard every piece."""
    source = Source(src)
    header = read_header(source, limits)
    yield from open_payload(_file_key(header, header, identities, _NO_KEY_FITS), source)


def _seal(source: Source, recipients: Sequence[Recipient]) -> Iterator[bytes]:
    check_company(recipients)
    file_key = os.urandom(FILE_KEY_SIZE)
    yield write_header(file_key, [recipient.wrap(file_key) for recipient in recipients])
    yield from seal_payload(file_key, source)


def _file_key(header: Header, stanzas: Iterable[Stanza], identities: Sequence[Identity], no_match: str) -> bytes:
    """The file key from the first of `stanzas` that one of `identities` opens; the header's MAC confirms it."""
    for stanza in stanzas:
        for identity in identities:
            file_key = identity.unwrap(stanza)
            if file_key is not None:
                header.verify(file_key)
                return file_key
    raise NoMatch(no_match)
