"""TLS: the server's context, what its certificate says, and a local authority for trials.

1. TLS 1.3 only. There is no way to serve without a certificate.
2. A trial authority is good for one host and nothing else: its name constraint says so. Desks get its certificate with
   their invitations and trust nothing else for this relay. Its key is kept, so that the server's certificate can be
   renewed without a visit to every desk; where is for the operator to decide (docs/decisions/trial-authority-key.md).
"""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from relay.key_files import KeyFileError, check_private
from relay.protocol.authority import UNREADABLE

TRIAL_DAYS = 3 * 365
AUTHORITY_DAYS = 10 * 365
_BACKDATED = 3600  # seconds; a desk's clock may be behind
PublicKey = ec.EllipticCurvePublicKey


class CertificateError(Exception):
    """A certificate that this relay cannot serve with; the text says why."""


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """An authority with its key, and a server certificate it signed with its key, PEM."""

    authority: bytes
    authority_key: bytes = field(repr=False)
    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What the relay serves with; raises CertificateError, also for a key under a passphrase, which nobody types."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        check_private(key)
        context.load_cert_chain(certificate, key, password=_nobody)
    except (OSError, ssl.SSLError, KeyFileError) as error:
        raise CertificateError(f"{certificate} and {key} cannot be served with: {error}") from error
    return context


def _nobody() -> str:
    raise KeyFileError("the key is under a passphrase, and a relay starts alone: write it without one")


def certificate_life(certificate: Path) -> tuple[int, int]:
    """From when to when the certificate in a file counts, unix seconds, whoever it is for; raises CertificateError."""
    try:
        leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except (OSError, *UNREADABLE) as error:
        raise CertificateError(f"{certificate} is no certificate: {error}") from error
    return int(leaf.not_valid_before_utc.timestamp()), int(leaf.not_valid_after_utc.timestamp())


def certificate_end(certificate: Path, host: str, authority: bytes, now: int) -> int:
    """When the certificate (chain) in a file ends, unix seconds.

    Refuses (CertificateError) one that is not for `host`, not valid now, or not vouched for by `authority` (PEM; empty:
    whoever vouches is not looked at).
    """
    try:
        leaf, *chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        ends = int(leaf.not_valid_after_utc.timestamp())
        if not int(leaf.not_valid_before_utc.timestamp()) <= now < ends:
            raise CertificateError(f"{certificate} is not valid now: it ends {leaf.not_valid_after_utc:%Y-%m-%d}")
        roots = x509.load_pem_x509_certificates(authority) if authority else []
        subject = _subject(host)
        if subject not in leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value:
            raise CertificateError(f"{certificate} is not for {host}")
        if roots:
            at = datetime.datetime.fromtimestamp(now, datetime.UTC)
            PolicyBuilder().store(Store(roots)).time(at).build_server_verifier(subject).verify(leaf, chain)
    except (OSError, *UNREADABLE) as error:
        raise CertificateError(f"{certificate} is no certificate for {host}: {error}") from error
    except VerificationError as error:
        raise CertificateError(f"{certificate} is not vouched for by the authority: {error}") from error
    return ends


def make_local_authority(host: str, now: int) -> LocalAuthority:
    """A fresh authority for `host` (a name or an address), and a first certificate."""
    authority = make_authority(host, now)
    made = sign_certificate(authority, host, now)
    return LocalAuthority(authority.certificate, authority.key, made.certificate, made.key)


def make_authority(host: str, now: int) -> Pair:
    """A fresh authority, good for nothing but certificates for `host`."""
    key, begins, ends = ec.generate_private_key(ec.SECP256R1()), *_lifetime(now, AUTHORITY_DAYS)
    name = _name(f"Enlace trial authority for {host}")
    root = (
        _builder(name, name, key.public_key(), key.public_key(), begins, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints([_constraint(host)], None), critical=True)
        .sign(key, SHA256())
    )
    return Pair(root.public_bytes(Encoding.PEM), _written(key))


def sign_certificate(authority: Pair, host: str, now: int) -> Pair:
    """A fresh key and a certificate for `host`, signed by the authority; it ends no later than the authority does.

    Refuses (CertificateError) an authority key that is none, or not one of the certificate beside it.
    """
    root, root_key = read_authority(authority)
    key, begins, ends = ec.generate_private_key(ec.SECP256R1()), *_lifetime(now, TRIAL_DAYS)
    leaf = (
        _builder(_name(host), root.subject, key.public_key(), root_key.public_key(), begins,
                 min(ends, root.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_subject(host)]), critical=False)
        .sign(root_key, SHA256())
    )  # fmt: skip
    return Pair(leaf.public_bytes(Encoding.PEM), _written(key))


def read_authority(authority: Pair) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The certificate that belongs to the key, of those in the PEM, and the key; raises CertificateError."""
    try:
        key = load_pem_private_key(authority.key, None)
        roots = x509.load_pem_x509_certificates(authority.certificate)
    except (TypeError, *UNREADABLE) as error:
        raise CertificateError(f"the authority's certificate or key cannot be read: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateError("the authority's key is not one that `enlace relay` made (P-256)")
    for root in roots:
        if belongs_to(key, root):
            return root, key
    raise CertificateError("the authority's key belongs to none of the certificates in authority.pem")


def belongs_to(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bool:
    """Whether a key is a certificate's."""
    try:
        return certificate.public_key() == key.public_key()
    except UNREADABLE:
        return False


def _lifetime(now: int, days: int) -> tuple[datetime.datetime, datetime.datetime]:
    begins = datetime.datetime.fromtimestamp(now - _BACKDATED, datetime.UTC)
    return begins, begins + datetime.timedelta(days=days)


def _written(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _constraint(host: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_network(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    name: x509.Name,
    issuer: x509.Name,
    public: PublicKey,
    issuer_public: PublicKey,
    begins: datetime.datetime,
    ends: datetime.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(host: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
