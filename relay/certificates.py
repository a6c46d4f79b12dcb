"""TLS: the server's context, what its certificate says, and a local authority for trials.

1. TLS 1.3 only. There is no way to serve without a certificate.
2. The local authority signs one server certificate, and its key is then forgotten: nobody can make a second one. Desks
   get its certificate with their invitations and trust nothing else for this relay.
"""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from relay.key_files import KeyFileError, check_private

TRIAL_DAYS = 3 * 365
_BACKDATED = 3600  # seconds; a desk's clock may be behind
PublicKey = ec.EllipticCurvePublicKey


class CertificateError(Exception):
    """A certificate that this relay cannot serve with; the text says why."""


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """An authority and the server certificate it signed, PEM."""

    authority: bytes
    certificate: bytes
    key: bytes


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What the relay serves with; raises CertificateError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    load_certificate(context, certificate, key)
    return context


def load_certificate(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Have new connections use the certificate that stands in the files now; raises CertificateError."""
    try:
        check_private(key)
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError, KeyFileError) as error:
        raise CertificateError(f"{certificate} and {key} cannot be served with: {error}") from error


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
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        raise CertificateError(f"{certificate} is no certificate for {host}: {error}") from error
    except VerificationError as error:
        raise CertificateError(f"{certificate} is not vouched for by the authority: {error}") from error
    return ends


def make_local_authority(host: str, now: int) -> LocalAuthority:
    """A fresh authority, good for nothing but one certificate for `host` (a name or an address)."""
    begins = datetime.datetime.fromtimestamp(now - _BACKDATED, datetime.UTC)
    ends = begins + datetime.timedelta(days=TRIAL_DAYS)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = _name(f"Enlace trial authority for {host}")
    root = (
        _builder(root_name, root_name, root_key.public_key(), root_key.public_key(), begins, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(root_key, SHA256())
    )
    leaf = (
        _builder(_name(host), root_name, key.public_key(), root_key.public_key(), begins, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_subject(host)]), critical=False)
        .sign(root_key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return LocalAuthority(root.public_bytes(Encoding.PEM), leaf.public_bytes(Encoding.PEM), secret)


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
