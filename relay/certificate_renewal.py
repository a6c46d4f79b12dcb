"""A relay's certificate and trial authority, renewed in their files; a relay that runs takes what it finds there.

1. A pair is checked whole before a file is touched: it matches, is for this relay's host, counts now, and the authority
   that `relay-keys.json` names vouches for it, or one that this machine's system trusts, if it names none. Desks would
   refuse anything else.
2. All that is to be replaced stands beside, on the disk, before the first file is: a full disk, or a folder where
   nothing may be written, changes nothing. Then each is replaced whole, the key first. A crash between the two leaves a
   pair that does not match: a relay that runs goes on with the one it has, one that starts says so, and the same
   command again mends it. The private key is mode 600 all the time.
3. A renewed authority stands before the old one in `authority.pem` and `relay-keys.json`, so that both count until the
   desks have taken the new one; the certificate in use is the old one's still. Asked for again, the same new one is
   shown: some desks have it. The next certificate that the new one signs leaves the old one out; one that the old one
   signs meanwhile changes no names. Where the certificate in use has ended, no desk could take another authority: the
   old one signs first, unless its key is lost.
4. Files stand in folders of the relay's account, and the hook of a program that renews certificates runs as root.
   What root alone can read is read first, the rest is done as that account (`config.account`): that of whoever decides
   what is written where, by the settings file or by any folder on the way.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from config.account import acting_for
from config.whole_files import PRIVATE, PUBLIC, write_together
from relay.certificates import (
    CertificateError,
    Pair,
    certificate_end,
    certificate_life,
    make_authority,
    read_authority,
    sign_certificate,
    tls_context,
)
from relay.key_files import check_private, write_private
from relay.preparation import RELAY_KEYS, public_host
from relay.protocol.authority import Authority, read_authorities
from relay.protocol.relay_keys import read_relay_keys, write_relay_keys
from relay.rekey import NEXT_KEYS
from relay.settings import RelaySettings
from relay.system_trust import check_system_trust

Files = list[tuple[Path, bytes, int]]
"""What is to be written: where, what, with which mode."""


@dataclass(frozen=True, slots=True)
class Place:
    """A relay's settings, the folder they stand in, and the file."""

    settings: RelaySettings
    folder: Path
    file: Path | None = None

    @classmethod
    def of(cls, settings: RelaySettings, file: Path) -> "Place":
        """Where the settings stand that were read from `file`."""
        return cls(settings, file.absolute().parent, file)

    @property
    def decides(self) -> tuple[Path, ...]:
        """The paths that decide what is written where (rule 4)."""
        return (self.file or self.folder, self.folder, self.certificate, self.key)

    @property
    def host(self) -> str:
        """What the certificate has to be for."""
        return public_host(self.settings.listen.public_url)

    @property
    def certificate(self) -> Path:
        """Where the certificate stands."""
        return Path(self.settings.listen.certificate)

    @property
    def key(self) -> Path:
        """Where its key stands."""
        return Path(self.settings.listen.key)

    @property
    def authority(self) -> Path:
        """Where the trial authority's certificates stand; its key beside them."""
        return self.certificate.with_name("authority.pem")

    @property
    def announced(self) -> bytes:
        """The authority desks were given, PEM; empty for the system's own."""
        path = self.folder / RELAY_KEYS
        return read_relay_keys(path.read_bytes()).authority.encode() if path.is_file() else b""

    @property
    def public(self) -> bool:
        """Whether desks were told of the relay, and given no authority."""
        return (self.folder / RELAY_KEYS).is_file() and not self.announced


@dataclass(frozen=True, slots=True)
class Change:
    """The authorities named now, the new one first; whether it was made before, and whether its key is in its place."""

    named: tuple[Authority, ...]
    made_before: bool = False
    key_here: bool = True


def renew_certificate(place: Place, authority_key: Path | None, now: int) -> int:
    """Sign a fresh certificate with the trial authority and put it in place; returns when it ends.

    Raises CertificateError, KeyFileError or OSError, nothing changed.
    """
    given = _handed(authority_key) if authority_key else b""
    with acting_for(*place.decides):
        key = given or _handed(place.authority.with_suffix(".key"))
        _refuse_public(place)
        authority = Pair(place.authority.read_bytes(), key)
        root, _ = read_authority(authority)
        named = _named(place)
        pair = sign_certificate(authority, place.host, now)
        ends = check_pair(place, pair, now, authority.certificate)
        names = _names(place, named[: named.index(root) + 1] if root in named else [root])
        # A crash in here leaves a pair that does not match (rule 2), or the old authority named beside the new one,
        # which does no harm.
        write_together([*_files(place, pair), *names])
    return ends


def take_certificate(place: Place, certificate: Path, key: Path, now: int) -> int:
    """Put a pair that somebody else signed in place; returns when it ends. Raises CertificateError, nothing changed."""
    try:
        pair = Pair(certificate.read_bytes(), key.read_bytes())
    except OSError as error:
        raise CertificateError(f"{error.filename} cannot be read: {error.strerror}") from error
    with acting_for(*place.decides):
        ends = check_pair(place, pair, now)
        # A crash in here leaves a pair that does not match (rule 2).
        write_together(_files(place, pair))
    return ends


def renew_authority(place: Place, now: int, *, another: bool = False) -> Change:
    """Make another trial authority, named before the old one; or tell the one made before that no certificate was
    signed by yet, unless `another` is to take its place. Raises as `renew_certificate`, nothing changed."""
    with acting_for(*place.decides):
        _refuse_public(place)
        named, key = _named(place), place.authority.with_suffix(".key")
        if named and not another:
            _check_in_use(place, now)
            if not _vouches(place, named[0], now) and _has_key(key, named):
                return Change(read_authorities(_pem(named), now), made_before=True, key_here=key.is_file())
        fresh = make_authority(place.host, now)
        old = [each for each in named if _vouches(place, each, now)]
        now_named = [*x509.load_pem_x509_certificates(fresh.certificate), *old]
        change = Change(read_authorities(_pem(now_named), now))
        # A crash in here leaves an authority named whose key nobody has; the same command again leaves it out.
        write_together([*_names(place, now_named), (key, fresh.key, PRIVATE)])
        return change


def check_pair(place: Place, pair: Pair, now: int, authority: bytes = b"") -> int:
    """When a pair ends, if it may be put in place; raises CertificateError, KeyFileError or OSError.

    `authority` vouches for it where desks were told of no relay yet.
    """
    announced = place.announced or (b"" if place.public else authority)
    with tempfile.TemporaryDirectory(dir=place.certificate.parent) as folder:
        certificate, key = Path(folder) / "certificate.pem", Path(folder) / "certificate.key"
        certificate.write_bytes(pair.certificate)
        write_private(key, pair.key)
        tls_context(certificate, key)
        ends = certificate_end(certificate, place.host, announced, now)
        if not announced:
            check_system_trust(certificate, key, place.host)
    return ends


def _files(place: Place, pair: Pair) -> Files:
    """A pair as it is put in place, the key first."""
    return [(place.key, pair.key, PRIVATE), (place.certificate, pair.certificate, PUBLIC)]


def _handed(key: Path) -> bytes:
    """The trial authority's key, read as whoever calls."""
    if not key.is_file():
        raise CertificateError(
            f"the trial authority's key is not at {key}: say where it is with --authority-key, or make another "
            "authority with: enlace relay certificate authority"
        )
    check_private(key)
    return key.read_bytes()


def _refuse_public(place: Place) -> None:
    if place.public:
        raise CertificateError(
            "desks were given no authority for this relay, so they ask their systems' own and would refuse a trial "
            "certificate; put in place what a public authority signed, with: enlace relay certificate take"
        )


def _has_key(path: Path, named: Sequence[x509.Certificate]) -> bool:
    """Whether the first authority's key is at `path`, or may be on a stick; not if another one's is there."""
    if not path.is_file():
        return True
    try:
        return read_authority(Pair(_pem(named), _handed(path)))[0] == named[0]
    except CertificateError:
        return False


def _named(place: Place) -> list[x509.Certificate]:
    """The authorities desks were given, or that stand in authority.pem."""
    raw = place.announced or (place.authority.read_bytes() if place.authority.is_file() else b"")
    return x509.load_pem_x509_certificates(raw) if raw else []


def _check_in_use(place: Place, now: int) -> None:
    """Return if desks can be shown a certificate while they take another authority; raises CertificateError."""
    try:
        begins, ends = certificate_life(place.certificate)
        why = "" if begins <= now < ends else f"{place.certificate} is not valid now"
    except CertificateError as error:
        why = str(error)
    if why:
        raise CertificateError(
            f"{why}: no desk could take another authority from this relay. Have the one that desks know sign first, "
            "with: enlace relay certificate renew; or, if its key is lost, say --another. Nothing was changed"
        )


def _vouches(place: Place, authority: x509.Certificate, now: int) -> bool:
    """Whether an authority that counts now vouches for the certificate in use, at some time of that one's life."""
    try:
        begins, ends = certificate_life(place.certificate)
        at = min(max(now, begins), ends - 1)
        certificate_end(place.certificate, place.host, authority.public_bytes(Encoding.PEM), at)
    except CertificateError:
        return False
    return now < authority.not_valid_after_utc.timestamp()


def _names(place: Place, authorities: Sequence[x509.Certificate]) -> Files:
    """Every file that goes to others, naming these authorities."""
    pem = _pem(authorities)
    found = [(place.authority, pem, PUBLIC)]
    for name in (RELAY_KEYS, NEXT_KEYS):
        path = place.folder / name
        if path.is_file():
            keys = msgspec.structs.replace(read_relay_keys(path.read_bytes()), authority=pem.decode("ascii"))
            found.append((path, write_relay_keys(keys), PUBLIC))
    return found


def _pem(authorities: Sequence[x509.Certificate]) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in authorities)
