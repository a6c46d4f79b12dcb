"""A profile's keys: in the key file under the passphrase, and the reception keys outside it.

| secret | for |
|---|---|
| `device-ed25519`, `device-mldsa44` | signing as this device; the Ed25519 half also proves sessions |
| `archive` | identity of the archive recipient: every message once read is kept under it |
| `vault` | identity of the vault (`desk.keys.vault`) |
| `duty` | the secretariat's first duty key, in its own profile only; a later one is in the vault |

The keys under which the replica is sealed (`desk.replica.store`) and messages are marked (`desk.mail.marks`) are
derived from the vault's, so they are not kept anywhere, and nobody who writes this disk can take them away or put
others in their place.

The reception keys (both algorithms) stand in `reception.json`, so that a desk nobody has unlocked can keep the stream
open, store ciphertext and sign *delivered*. They open nothing and send nothing. Those that the directory is about to
name in their place stand beside them, in `reception-next.json`, until it does (`desk.keys.reception`).
"""

from dataclasses import dataclass, field
from functools import cached_property

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.whole_files import sync_folder
from crypto.age_pq import PQIdentity, PQRecipient
from crypto.encoding import b64, unb64
from crypto.errors import CryptoError
from crypto.keyfile import KeyFile, WrongPassphrase, read_keyfile, write_keyfile
from crypto.signing import SEED_SIZE, SecretPair
from desk import host
from desk.errors import DeskError, Locked, Usage
from desk.keys.epochs import EpochKeys
from desk.keys.vault import FOLDER, Vault
from desk.profile.folder import Profile
from directory.canonical import Malformed, decode, encode
from directory.fields import Key32

KEY_FILE = "keys.age"
RECEPTION_FILE = "reception.json"
NEXT_RECEPTION_FILE = "reception-next.json"
ROLE = "device"
DUTY = "duty"  # the vault's name for a duty key that took the place of the first
_LOST = (
    "Put it back from a backup of this profile. Without one this desk is lost: have its device revoked, and enrol anew "
    "with another invitation, into another folder"
)
_RENEW = "`enlace device renew-reception` makes others, as long as this desk can be unlocked"
_REPLICA_SEAL = b"enlace/replica-seal/v1"
_MAIL_MARKS = b"enlace/mail-marks/v1"


class ReceptionLost(Usage):
    """The reception keys are not there, or damaged."""


class Reception(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The seeds of the reception keys, base64."""

    ed25519: Key32
    mldsa44: Key32


@dataclass(frozen=True)
class Keyring:
    """A profile's unlocked keys; repr shows none of them."""

    profile: Profile
    device: SecretPair
    archive: PQIdentity
    vault_identity: PQIdentity
    duty_seed: bytes | None = field(default=None, repr=False)

    @cached_property
    def vault(self) -> Vault:
        """The profile's sealed files."""
        return Vault(self.profile.path / FOLDER, self.vault_identity)

    @cached_property
    def epochs(self) -> EpochKeys:
        """The device's epoch keys."""
        return EpochKeys(self.vault)

    @cached_property
    def replica_seal(self) -> bytes:
        """The 32-byte key that seals the replica on disk (RFC 5869, SHA-256)."""
        return HKDF(hashes.SHA256(), 32, salt=None, info=_REPLICA_SEAL).derive(self.vault_identity.seed)

    @cached_property
    def mail_marks(self) -> bytes:
        """The 32-byte key of the marks in `messages.db` (`desk.mail.marks`)."""
        return HKDF(hashes.SHA256(), 32, salt=None, info=_MAIL_MARKS).derive(self.vault_identity.seed)

    @cached_property
    def archive_recipient(self) -> PQRecipient:
        """What messages are archived to."""
        return self.archive.recipient()

    @property
    def duty(self) -> Ed25519PrivateKey:
        """The secretariat's duty key, as it is now; raises Usage in any other profile."""
        first = self.require_duty()
        return Ed25519PrivateKey.from_private_bytes(self.vault.get(DUTY) or first)

    def require_duty(self) -> bytes:
        """The seed of the secretariat's first duty key; raises Usage in any other profile."""
        if self.duty_seed is None:
            raise Usage("this is for the secretariat's profile, which holds the duty key")
        return self.duty_seed

    @property
    def session_key(self) -> Ed25519PrivateKey:
        """The key that speaks to the relay: the duty key for the secretariat, else the device's."""
        return self.duty if self.duty_seed is not None else self.device.ed25519


def create_keyring(profile: Profile, passphrase: bytes, work_factor: int, duty: bytes | None = None) -> Keyring:
    """Fresh keys for a new profile, stored; the passphrase is asked for again by nobody, so it was confirmed before."""
    keyring = Keyring(profile, SecretPair.generate(), PQIdentity.generate(), PQIdentity.generate(), duty)
    save_keyring(keyring, passphrase, work_factor)
    _write_reception(profile, RECEPTION_FILE)
    return keyring


def save_keyring(keyring: Keyring, passphrase: bytes, work_factor: int) -> None:
    """Write the key file under a passphrase; after a crash it opens with the old passphrase or the new one."""
    secrets = {
        "device-ed25519": keyring.device.ed25519_seed,
        "device-mldsa44": keyring.device.mldsa44_seed,
        "archive": keyring.archive.seed,
        "vault": keyring.vault_identity.seed,
    }
    if keyring.duty_seed is not None:
        secrets["duty"] = keyring.duty_seed
    host.write_whole(keyring.profile.path / KEY_FILE, write_keyfile(KeyFile(ROLE, secrets), passphrase, work_factor))


def open_keyring(profile: Profile, passphrase: bytes) -> Keyring:
    """The profile's keys; raises Locked for a wrong passphrase, Usage for a damaged file."""
    path = profile.path / KEY_FILE
    try:
        secrets = read_keyfile(path.read_bytes(), passphrase, ROLE).secrets
        pair = SecretPair(secrets["device-ed25519"], secrets["device-mldsa44"])
        return Keyring(profile, pair, PQIdentity(secrets["archive"]), PQIdentity(secrets["vault"]), secrets.get("duty"))
    except WrongPassphrase as error:
        raise Locked("the passphrase is wrong; nothing was sent anywhere, and no code was used up") from error
    except OSError as error:
        raise Usage(f"{path} cannot be read: {host.reason(error)}") from error
    except (CryptoError, KeyError) as error:
        raise Usage(f"{path} is not this profile's key file: {error}. {_LOST}") from error


def reception_keys(profile: Profile) -> SecretPair:
    """The reception keys, which need no passphrase; raises ReceptionLost."""
    return _read_reception(profile, RECEPTION_FILE)


def next_reception_keys(profile: Profile) -> SecretPair | None:
    """The reception keys that are to take the place of the present ones; None if there are none that can be read."""
    try:
        return _read_reception(profile, NEXT_RECEPTION_FILE)
    except ReceptionLost:
        return None


def reception_choices(profile: Profile) -> list[SecretPair]:
    """The reception keys the relay may know now: the present ones, then the next; raises ReceptionLost if none is."""
    following = next_reception_keys(profile)
    try:
        return [reception_keys(profile), *([following] if following else [])]
    except ReceptionLost:
        if following is None:
            raise
        return [following]


def prepare_reception(profile: Profile) -> SecretPair:
    """Make the next reception keys, and store them beside the present ones, before anybody learns of them."""
    return _write_reception(profile, NEXT_RECEPTION_FILE)


def take_reception(profile: Profile) -> None:
    """Put the next reception keys in the place of the present ones: the directory names them. Raises DeskError."""
    path = profile.path / RECEPTION_FILE
    try:
        # One rename: after a crash the one file or the other has the name, and the directory says again which it is.
        (profile.path / NEXT_RECEPTION_FILE).replace(path)
        sync_folder(profile.path)
    except OSError as error:
        raise DeskError(f"{path} cannot be written: {host.reason(error)}") from error


def _write_reception(profile: Profile, name: str) -> SecretPair:
    pair = SecretPair.generate()
    reception = Reception(ed25519=b64(pair.ed25519_seed), mldsa44=b64(pair.mldsa44_seed))
    host.write_whole(profile.path / name, encode(reception))
    return pair


def _read_reception(profile: Profile, name: str) -> SecretPair:
    path = profile.path / name
    try:
        stored = decode(path.read_bytes(), Reception)
        return SecretPair(unb64(stored.ed25519, SEED_SIZE), unb64(stored.mldsa44, SEED_SIZE))
    except OSError as error:
        raise ReceptionLost(f"{path} cannot be read: {host.reason(error)}. {_RENEW}") from error
    except (Malformed, CryptoError) as error:
        raise ReceptionLost(f"{path} is damaged: {error}. {_RENEW}") from error
