"""The authority that vouches for a relay's certificate: what a file of it may hold, and how two people compare it.

1. PEM: one to eight certificates of authorities, and no private key. Several, while one takes the place of another.
2. A certificate's fingerprint is that of the SHA-256 of its DER, in the digits of `crypto.fingerprint`.
"""

import ssl
import warnings
from dataclasses import dataclass
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from crypto.fingerprint import fingerprint

MOST_AUTHORITIES = 8
MOST_AUTHORITY_BYTES = 32 << 10
UNREADABLE = (
    ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.ExtensionNotFound, x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)  # fmt: skip
"""What reading a certificate may raise: somebody else wrote it, and much may stand in one."""


class AuthorityError(Exception):
    """A file that is no authority a desk could trust; the text says why."""


@dataclass(frozen=True, slots=True)
class Authority:
    """One certificate of an authority."""

    name: str
    ends: int
    fingerprint: str


def read_authorities(raw: bytes, now: int) -> tuple[Authority, ...]:
    """The authorities in a PEM file, in its order; raises AuthorityError."""
    if len(raw) > MOST_AUTHORITY_BYTES:
        raise AuthorityError(f"it is larger than {MOST_AUTHORITY_BYTES >> 10} KiB")
    if not raw.isascii():
        raise AuthorityError("it holds other characters than ASCII")
    if b"PRIVATE KEY" in raw:
        raise AuthorityError("it holds a private key, which nobody but the relay's operator may have")
    try:
        # A library warns about what its next version will refuse. Recorded, and not raised: filters are the whole
        # process's, and what warns meanwhile in another thread is to go on.
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            found = x509.load_pem_x509_certificates(raw)
        # The one that will have to take it, at every connection, is the TLS library's.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=raw.decode())
    except (ssl.SSLError, *UNREADABLE) as error:
        raise AuthorityError("it holds no certificate in PEM") from error
    if warned:
        raise AuthorityError("it holds no certificate in PEM that counts for long")
    if len(found) > MOST_AUTHORITIES:
        raise AuthorityError(f"it holds more than {MOST_AUTHORITIES} certificates")
    return tuple(_checked(each, now) for each in found)


def _checked(certificate: x509.Certificate, now: int) -> Authority:
    # Each part is parsed only when it is asked for, and each may be what no parser takes.
    try:
        name = certificate.subject.rfc4514_string()
        begins = int(certificate.not_valid_before_utc.timestamp())
        ends = int(certificate.not_valid_after_utc.timestamp())
    except UNREADABLE as error:
        raise AuthorityError("it holds a damaged certificate") from error
    try:
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except UNREADABLE as error:
        raise AuthorityError(f"{name} is not the certificate of an authority") from error
    if not is_authority:
        raise AuthorityError(f"{name} is not the certificate of an authority")
    if not begins <= now < ends:
        raise AuthorityError(f"{name} does not count now: it ends {certificate.not_valid_after_utc:%Y-%m-%d}")
    return Authority(name, ends, fingerprint(sha256(certificate.public_bytes(Encoding.DER)).hexdigest()))
