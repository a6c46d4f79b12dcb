"""The keys of age files that the user names: read from files, typed as passphrases; sealing to and opening with them.

1. A passphrase is asked for only when a file needs it, and of which file is said. It is tried as it was typed, then in
   Unicode's composed form, in which Enlace seals.
2. Why a file does not open is told apart: no key fits (Locked), it is no age file (Declined), it was changed or cut
   short after it was sealed (Distrust).
3. Nothing that is said repeats what stands in a file of keys (`crypto.age_keys`).
"""

from collections.abc import Callable, Sequence
from io import BytesIO

from crypto import age_pq, age_scrypt, age_x25519
from crypto.age import (
    AgeError,
    ArmorFailure,
    BadKey,
    HeaderFailure,
    HMACFailure,
    Identity,
    NoMatch,
    PayloadFailure,
    Readable,
    Recipient,
    Stanza,
    Writable,
    decrypt_stream,
    encrypt_stream,
)
from crypto.age_armor import ArmorWriter, either_form
from crypto.age_keys import MOST_KEYS_BYTES, KeyIdentity, KeyRecipient, read_identities, read_recipients
from crypto.age_scrypt import MAX_WORK_FACTOR, ScryptIdentity
from crypto.keyfile import KeyFileError, normal_passphrase
from desk import host
from desk.age.files import open_input
from desk.errors import Declined, DeskError, Distrust, Locked, NotFound, Usage

Ask = Callable[[str], str]

_SEALED_BEGINNINGS = (b"age-encryption.org/", b"-----BEGIN AGE")
_NO_MEMORY = "not enough memory for the work factor of the passphrase: use a larger machine"


class Passphrase:
    """A passphrase that is asked for when a file turns out to be sealed under one, once."""

    def __init__(self, ask: Ask, what: str, most_work: int = MAX_WORK_FACTOR) -> None:
        self._ask, self._what, self._most_work = ask, what, most_work
        self._tries: list[ScryptIdentity] = []
        self.asked = False

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None; raises Usage for a passphrase that none can have, or if there is nobody to ask."""
        if stanza.kind != age_scrypt.KIND:
            return None
        if not self.asked:
            typed = self._ask(f"Passphrase of {self._what}").encode()
            self.asked = True
            self._tries = [ScryptIdentity(each, self._most_work) for each in _spellings(typed)]
        return next((found for each in self._tries if (found := each.unwrap(stanza)) is not None), None)


class NoPassphrase:
    """In the place of a passphrase where identities were named: who means a key is not made to type a passphrase."""

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """None; raises Usage for a file under a passphrase."""
        if stanza.kind == age_scrypt.KIND:
            raise Usage("the file is sealed under a passphrase, not to a key; to be asked for it, leave out --identity")
        return None


class ProtectedIdentities:
    """Identities in a file under a passphrase, which is asked for when a file is there that they may open."""

    def __init__(self, path: str, sealed: bytes, ask: Ask) -> None:
        self._path, self._sealed, self._ask = path, sealed, ask
        self._found: list[KeyIdentity] | None = None

    def identities(self) -> list[KeyIdentity]:
        """The identities; raises Locked for a wrong passphrase, Usage for what is no file of keys."""
        if self._found is None:
            self._found = _identities(self._path, unsealed(self._path, self._sealed, self._ask))
        return self._found

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None."""
        if stanza.kind not in (age_pq.KIND, age_x25519.KIND):
            return None
        return next((found for each in self.identities() if (found := each.unwrap(stanza)) is not None), None)


def identities_in(path: str, ask: Ask) -> Sequence[KeyIdentity] | ProtectedIdentities:
    """The identities in the file at `path`; one under a passphrase is opened later. Raises NotFound or Usage."""
    raw = key_file(path, "identity file")
    return ProtectedIdentities(path, raw, ask) if is_sealed(raw) else _identities(path, raw)


def recipients_in(path: str) -> list[KeyRecipient]:
    """The recipients in the file at `path`; raises NotFound or Usage."""
    try:
        return read_recipients(key_file(path, "recipients file"))
    except BadKey as error:
        raise Usage(f"recipients file {path}: {error}") from error


def key_file(path: str, what: str) -> bytes:
    """The bytes of a file of keys, or of standard input; raises NotFound or Usage."""
    try:
        with open_input(path) as src:
            raw = src.beginning(MOST_KEYS_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(f"there is no {what} at {path}") from error
    except OSError as error:
        raise Usage(f"the {what} {path} cannot be read: {host.reason(error)}") from error
    if len(raw) > MOST_KEYS_BYTES:
        raise Usage(f"the {what} {path} is larger than {MOST_KEYS_BYTES >> 10} KiB: no file of keys")
    return raw


def is_sealed(raw: bytes) -> bool:
    """Whether a file of keys is an age file itself."""
    return raw.lstrip().startswith(_SEALED_BEGINNINGS)


def unsealed(path: str, sealed: bytes, ask: Ask) -> bytes:
    """What is in a file of keys under a passphrase; raises Locked or Usage."""
    out = BytesIO()
    try:
        open_between(BytesIO(sealed), out, [Passphrase(ask, path)])
    except Locked as error:
        raise Locked(f"{path}: {error}") from error
    except (Declined, Distrust, Usage) as error:
        raise Usage(f"{path}: {error}") from error
    return out.getvalue()


def seal_between(src: Readable, dst: Writable, recipients: Sequence[Recipient], *, text: bool) -> None:
    """Seal `src` into `dst`, as text if wanted; raises Usage for recipients that may not share a file."""
    try:
        if not text:
            encrypt_stream(src, dst, recipients)
            return
        with ArmorWriter(dst) as armored:
            encrypt_stream(src, armored, recipients)
    except AgeError as error:
        raise Usage(str(error)) from error
    except MemoryError as error:
        raise Usage(_NO_MEMORY) from error


def open_between(src: Readable, dst: Writable, identities: Sequence[Identity]) -> None:
    """Open `src`, in either form, into `dst`.

    Raises Locked where no key fits, Declined for what is no age file, Distrust for one that was changed or cut short.
    """
    try:
        decrypt_stream(either_form(src), dst, identities)
    except NoMatch as error:
        raise _no_match(identities) from error
    except (HMACFailure, PayloadFailure) as error:
        raise Distrust(str(error)) from error
    except (HeaderFailure, ArmorFailure) as error:
        raise Declined(str(error)) from error
    except MemoryError as error:
        raise Usage(_NO_MEMORY) from error


def _identities(path: str, raw: bytes) -> list[KeyIdentity]:
    if raw.startswith(b"enlace/keyfile/"):
        raise Usage(f"identity file {path}: a key file of a desk, which holds more than an identity")
    try:
        return read_identities(raw)
    except BadKey as error:
        raise Usage(f"identity file {path}: {error}") from None  # its cause may hold what stands in the file


def _spellings(typed: bytes) -> list[bytes]:
    try:
        normal = normal_passphrase(typed)
    except KeyFileError as error:
        raise Usage(str(error)) from error
    return [typed] if normal == typed else [typed, normal]


def _no_match(identities: Sequence[Identity]) -> DeskError:
    passphrases = [each for each in identities if isinstance(each, Passphrase)]
    if not passphrases:
        return Locked("the file is sealed to none of the identities at hand; ask for it again, sealed to yours")
    if any(each.asked for each in passphrases):
        return Locked("the passphrase is wrong (or the first lines of the file were changed)")
    return Locked("the file is sealed to keys, not under a passphrase; say with --identity FILE which to open it with")
