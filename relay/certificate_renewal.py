"""A relay's certificate and trial authority, renewed in their files; a relay that runs takes what it finds there.

1. A pair is checked whole before a file is touched: it matches, is for this relay's host, counts now, and the authority
   that `relay-keys.json` names, if it names one, vouches for it. Desks would refuse anything else.
2. Both files are written whole beside the old ones, given to their owner, then renamed, the key first. A crash between
   the two renames leaves a pair that does not match: a relay that runs goes on with the one it has, one that starts
   says so, and the same command again mends it. The private key is mode 600 all the time.
3. A renewed authority stands before the old one in `authority.pem` and `relay-keys.json`, so that both count until the
   desks have taken the new one; the certificate in use is the old one's still. The next renewed certificate is signed
   by the new one, and with it the old one is left out.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from relay.certificates import (
    CertificateError,
    Pair,
    certificate_end,
    make_authority,
    read_authority,
    sign_certificate,
    tls_context,
)
from relay.key_files import KeyFileError, check_private, write_private
from relay.preparation import RELAY_KEYS, public_host
from relay.protocol.authority import Authority, read_authorities
from relay.protocol.relay_keys import read_relay_keys, write_relay_keys
from relay.rekey import NEXT_KEYS
from relay.rest_key_files import sync_folder
from relay.settings import RelaySettings


@dataclass(frozen=True, slots=True)
class Place:
    """A relay's settings, and the folder they stand in."""

    settings: RelaySettings
    folder: Path

    @property
    def host(self) -> str:
        """What the certificate has to be for."""
        return public_host(self.settings.listen.public_url)

    @property
    def certificate(self) -> Path:
        """Where the certificate stands."""
        return Path(self.settings.listen.certificate)

    @property
    def authority(self) -> Path:
        """Where the trial authority's certificates stand; its key beside them."""
        return self.certificate.with_name("authority.pem")

    @property
    def announced(self) -> bytes:
        """The authority desks were given, PEM; empty for the system's own."""
        path = self.folder / RELAY_KEYS
        return read_relay_keys(path.read_bytes()).authority.encode() if path.is_file() else b""


def renew_certificate(place: Place, authority_key: Path | None, now: int) -> int:
    """Sign a fresh certificate with the trial authority and put it in place; returns when it ends.

    Raises CertificateError or KeyFileError, nothing changed.
    """
    key = authority_key or place.authority.with_suffix(".key")
    if not key.is_file():
        raise CertificateError(
            f"the trial authority's key is not at {key}: say where it is with --authority-key, or make another "
            "authority with: enlace relay certificate authority"
        )
    check_private(key)
    if (place.folder / RELAY_KEYS).is_file() and not place.announced:
        raise CertificateError(
            "desks were given no authority for this relay, so they ask their systems' own and would refuse a trial "
            "certificate; put in place what a public authority signed, with: enlace relay certificate take"
        )
    authority = Pair(place.authority.read_bytes(), key.read_bytes())
    root, _ = read_authority(authority)
    ends = install(place, sign_certificate(authority, place.host, now), now)
    # A crash here leaves the old authority named beside the new one, which does no harm.
    _name_authority(place, root.public_bytes(Encoding.PEM))
    return ends


def take_certificate(place: Place, certificate: Path, key: Path, now: int) -> int:
    """Put a pair that somebody else signed in place; returns when it ends. Raises CertificateError, nothing changed."""
    try:
        return install(place, Pair(certificate.read_bytes(), key.read_bytes()), now)
    except OSError as error:
        raise CertificateError(f"{error.filename} cannot be read: {error.strerror}") from error


def renew_authority(place: Place, now: int) -> tuple[Authority, ...]:
    """Make another trial authority, named before the old one; returns those named now, the new one first."""
    fresh = make_authority(place.host, now)
    old = [each for each in _named(place) if _vouches(place, each, now)]
    pem = fresh.certificate + b"".join(each.public_bytes(Encoding.PEM) for each in old)
    _name_authority(place, pem)
    # A crash here leaves an authority named whose key nobody has; the same command again leaves it out.
    _replace_private(place.authority.with_suffix(".key"), fresh.key)
    return read_authorities(pem, now)


def install(place: Place, pair: Pair, now: int) -> int:
    """Check a pair and put it in place; returns when it ends. Raises CertificateError or KeyFileError."""
    with tempfile.TemporaryDirectory(dir=place.certificate.parent) as folder:
        certificate, key = Path(folder) / "certificate.pem", Path(folder) / "certificate.key"
        certificate.write_bytes(pair.certificate)
        write_private(key, pair.key)
        tls_context(certificate, key)
        ends = certificate_end(certificate, place.host, place.announced, now)
    _replace_private(Path(place.settings.listen.key), pair.key)
    # A crash here leaves a pair that does not match (rule 2).
    _replace(place.certificate, pair.certificate)
    return ends


def _named(place: Place) -> list[x509.Certificate]:
    """The authorities desks were given, or that stand in authority.pem."""
    raw = place.announced or (place.authority.read_bytes() if place.authority.is_file() else b"")
    return x509.load_pem_x509_certificates(raw) if raw else []


def _vouches(place: Place, authority: x509.Certificate, now: int) -> bool:
    """Whether an authority vouches for the certificate in use."""
    try:
        certificate_end(place.certificate, place.host, authority.public_bytes(Encoding.PEM), now)
    except CertificateError:
        return False
    return True


def _name_authority(place: Place, pem: bytes) -> None:
    """Name authorities (PEM) in every file that goes to others."""
    _replace(place.authority, pem)
    for name in (RELAY_KEYS, NEXT_KEYS):
        path = place.folder / name
        if path.is_file():
            keys = msgspec.structs.replace(read_relay_keys(path.read_bytes()), authority=pem.decode("ascii"))
            _replace(path, write_relay_keys(keys))


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _keep_owner(part, path)
    part.replace(path)
    sync_folder(path.parent)


def _replace_private(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        write_private(part, content)
    except KeyFileError:
        part.unlink(missing_ok=True)
        raise
    _keep_owner(part, path)
    part.replace(path)
    sync_folder(path.parent)


def _keep_owner(part: Path, path: Path) -> None:
    """Give `part` to whoever owns what it will replace: a hook runs as root, and the relay does not."""
    if os.name == "posix" and os.geteuid() == 0:
        owner = (path if path.exists() else path.parent).stat()
        os.chown(part, owner.st_uid, owner.st_gid)
