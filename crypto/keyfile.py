"""Key files: the secrets of one role, in an age file under a passphrase.

    enlace/keyfile/v1
    role: device
    archive 3q2+7w…=
    device-ed25519 q83vEg…=

1. The age file has one `scrypt` stanza, so the stock `age` tool opens it too, given the passphrase as in rule 3. The
   text inside is the type line, the role, and a line for each secret: name, space, base64 of 32 bytes; sorted by
   name, no name twice. What is read is written again and compared.
2. A reader says which role it expects: a root key is never taken for a device's because its file was renamed.
3. A passphrase is UTF-8 in Unicode's composed form (NFC), because systems spell one accented letter in two ways.
   Nothing else is altered: compatibility forms, case and spaces stay as typed. Empty ones and control characters are
   refused (and U+FEFF, which some editors put first): they come from files, and nobody could type them again.
4. A wrong passphrase is told apart from a damaged file, because only the first is worth trying again. Damage to the
   stanza itself cannot be told from it.
5. Size and work factor are bounded before anything is computed (fails closed), and nothing is written that the
   default bounds would not let back in.

How strong a passphrase is stays the owner's decision, with `passphrase_advice`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from unicodedata import category, normalize

from crypto.age import AgeError, NoMatch, decrypt, encrypt
from crypto.age_header import read_header
from crypto.age_scrypt import KIND, MAX_WORK_FACTOR, ScryptIdentity, ScryptRecipient
from crypto.age_source import Source
from crypto.encoding import EncodingError, b64, unb64
from crypto.errors import CryptoError

KEYFILE_TYPE = "enlace/keyfile/v1"
SECRET_SIZE = 32
MOST_SECRETS = 64
MOST_KEYFILE_BYTES = 16 << 10
LEAST_CHARACTERS = 12

_NAME = re.compile(r"[a-z0-9-]{1,64}")
_ROLE = "role: "


class KeyFileError(CryptoError):
    """A key file that is malformed, damaged or of another role, or a passphrase that none can have."""


class WrongPassphrase(CryptoError):
    """The passphrase does not open the key file."""


@dataclass(frozen=True)
class KeyFile:
    """A role and its secrets, 32 bytes each, by name; never shown by repr.

    Role and names are 1 to 64 of a-z, 0-9 and hyphen; at least one secret, at most 64. Refuses others (KeyFileError).
    """

    role: str
    secrets: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if not all(_NAME.fullmatch(each) for each in (self.role, *self.secrets)):
            raise KeyFileError("a role or a secret's name is 1 to 64 of a-z, 0-9 and hyphen")
        if not 1 <= len(self.secrets) <= MOST_SECRETS:
            raise KeyFileError(f"{len(self.secrets)} secrets, where a key file has 1 to {MOST_SECRETS}")
        if any(len(each) != SECRET_SIZE for each in self.secrets.values()):
            raise KeyFileError(f"a secret has {SECRET_SIZE} bytes")
        object.__setattr__(self, "secrets", MappingProxyType(dict(sorted(self.secrets.items()))))


def write_keyfile(keyfile: KeyFile, passphrase: bytes, work_factor: int) -> bytes:
    """`keyfile` sealed under `passphrase`; refuses (KeyFileError) by rules 3 and 5.

    Each step of `work_factor` doubles time and memory: 18 takes about a second and 256 MiB.
    """
    if work_factor > MAX_WORK_FACTOR:
        raise KeyFileError(f"a work factor above {MAX_WORK_FACTOR} would not be read again")
    normal = normal_passphrase(passphrase)
    try:
        return encrypt(_write(keyfile), [ScryptRecipient(normal, work_factor)])
    except AgeError as error:
        raise KeyFileError(f"the key file cannot be written: {error}") from error
    except MemoryError as error:
        raise KeyFileError(f"not enough memory for a work factor of {work_factor}: take a smaller one") from error


def read_keyfile(raw: bytes, passphrase: bytes, role: str, max_work_factor: int = MAX_WORK_FACTOR) -> KeyFile:
    """The key file in `raw`, which must be of `role`; raises WrongPassphrase or KeyFileError (rules 1 to 5)."""
    if len(raw) > MOST_KEYFILE_BYTES:
        raise KeyFileError(f"a file of {len(raw)} bytes is no key file: they have at most {MOST_KEYFILE_BYTES}")
    normal = normal_passphrase(passphrase)
    try:
        if read_header(Source(None, raw))[0].kind != KIND:
            raise KeyFileError("not a key file: it is sealed to a key, not under a passphrase")
        content = decrypt(raw, [ScryptIdentity(normal, max_work_factor)])
    except NoMatch as error:
        raise WrongPassphrase("the passphrase is wrong (or the first lines of the file were changed)") from error
    except AgeError as error:
        raise KeyFileError(f"the key file cannot be opened: {error}") from error
    except MemoryError as error:
        raise KeyFileError("not enough memory for the file's work factor: open it on a larger machine") from error
    keyfile = _parse(content)
    if keyfile.role != role:
        raise KeyFileError(f"a key file of role {keyfile.role}, where one of role {role} is needed")
    return keyfile


def passphrase_advice(passphrase: bytes) -> str | None:
    """What to tell the owner of a weak passphrase, or None if there is nothing to say.

    Only length counts: rules of composition make passphrases worse (NIST SP 800-63B-4 section 3.1.1.2).
    """
    try:
        count = len(normal_passphrase(passphrase).decode()) if passphrase else 0
    except KeyFileError as error:
        return str(error)
    if count >= LEAST_CHARACTERS:
        return None
    return (
        f"the passphrase has {count} characters: take {LEAST_CHARACTERS} or more, such as four words that have "
        "nothing to do with each other; capitals, digits and signs are not needed"
    )


def _write(keyfile: KeyFile) -> bytes:
    lines = [KEYFILE_TYPE, _ROLE + keyfile.role, *(f"{name} {b64(secret)}" for name, secret in keyfile.secrets.items())]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def _parse(content: bytes) -> KeyFile:
    """The key file in what was sealed; no message repeats any of it but the role."""
    if not content.startswith(f"{KEYFILE_TYPE}\n".encode("ascii")):
        raise KeyFileError(f"not {KEYFILE_TYPE}: another kind of file, or one that a newer version wrote")
    try:
        _, role, *lines, end = content.decode("ascii").split("\n")
        if end or not role.startswith(_ROLE):
            raise ValueError  # answered below, in words that repeat nothing
        secrets = {name: unb64(value, SECRET_SIZE) for name, _, value in (line.partition(" ") for line in lines)}
    except (ValueError, EncodingError):
        # Without its cause, which holds secrets and may end up in a log.
        raise KeyFileError("the key file is malformed: it is a role, then a name and 32 bytes in each line") from None
    keyfile = KeyFile(role.removeprefix(_ROLE), secrets)
    # This also refuses names that are repeated or not sorted.
    if _write(keyfile) != content:
        raise KeyFileError("the key file is not written canonically")
    return keyfile


def normal_passphrase(passphrase: bytes) -> bytes:
    """The passphrase as it is used; refuses (KeyFileError) by rule 3."""
    try:
        text = normalize("NFC", passphrase.decode())
    except UnicodeDecodeError:
        # Without its cause, which holds the passphrase.
        raise KeyFileError("a passphrase is text in UTF-8") from None
    if not text:
        raise KeyFileError("the passphrase is empty")
    if any(category(character) == "Cc" or character == "\ufeff" for character in text):
        raise KeyFileError("a passphrase has no control characters: a line break at its end, a mark at its start?")
    return text.encode()
