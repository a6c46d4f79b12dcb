"""A relay file: where the network's relay is now, and the statement by which the roots named it. It travels on a stick.

    enlace/relay-file/v1
    {"at":1767225600,"authority":"-----BEGIN CERTIFICATE-----…","network":"5f…","relay":"https://relay.enlace.example:8460",
     "statement":"enlace/statement/v1\\n{…}\\n\\n— enlace.example/root-… …\\n"}

    — enlace.example/duty-… …

1. It is a signed note. The duty key signs it whole, so nobody else sends a desk to another address; the roots signed
   the statement in it, and that alone says whose log is followed, and from where. An address changes without the roots.
2. `authority` is the PEM of the authority that vouches for the relay's certificate; empty: the system's own.
3. Nothing is sent to the address before this desk's own directory vouches for the file (`desk.roots.relay_follow`).
   What it says is believed only once the log at that address holds the very statement, and names the duty key that
   signed the file (`desk.replica.resume`).
"""

from dataclasses import dataclass
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.errors import CryptoError
from crypto.note import Ed25519Verifier, Note, parse_note, verified
from crypto.signing import ed25519_line
from desk.errors import Declined, Usage
from directory.canonical import Malformed, read_body, write_body
from directory.fields import Hash, Time
from directory.judge_network import duty_id
from directory.statement import MOST_STATEMENT_BYTES, NameRelay, parse_statement
from directory.view import Network
from relay.protocol.relay_keys import RelayAddress

TYPE: Final = "enlace/relay-file/v1"
MOST_RELAY_FILE_BYTES = 2 * MOST_STATEMENT_BYTES + (128 << 10)


class RelayFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the relay is, who vouches for its certificate, and the log entry by which it was named."""

    network: Hash
    at: Time
    relay: RelayAddress
    authority: str = ""
    statement: str


@dataclass(frozen=True, slots=True)
class Named:
    """A relay file that was read; its signature is checked by `check_signed`, against a directory that is verified."""

    file: RelayFile
    statement: NameRelay
    note: Note

    @property
    def entry(self) -> bytes:
        """The statement as it stands in the log."""
        return self.file.statement.encode()


def write_relay_file(file: RelayFile, name: str, duty: Ed25519PrivateKey) -> bytes:
    """The file, signed with the duty key of the network called `name`."""
    text = write_body(TYPE, file)
    return Note(text, (ed25519_line(duty, f"{name}/{duty_id(duty.public_key().public_bytes_raw())}", text),)).write()


def read_relay_file(raw: bytes) -> Named:
    """The relay file in `raw`; raises Usage for anything else."""
    try:
        note = parse_note(raw, MOST_RELAY_FILE_BYTES)
        file = read_body(note.text, TYPE, RelayFile)
        statement = parse_statement(file.statement.encode()).statement
    except (CryptoError, Malformed) as error:
        raise Usage(f"this is no relay file, or it was altered: {error}") from error
    if not isinstance(statement, NameRelay) or statement.network != file.network:
        raise Usage("this is no relay file: the statement in it names no relay of that network")
    if len(note.signatures) != 1:
        raise Usage("this is no relay file: one signature stands on it, the duty key's")
    return Named(file, statement, note)


def check_signed(named: Named, network: Network) -> None:
    """Return if the network's duty key signed the file; raise Declined if not."""
    verifier = Ed25519Verifier(f"{network.name}/{network.duty_id}", network.duty)
    try:
        if verified(named.note, [verifier]):
            return
    except CryptoError as error:
        raise Declined(f"the relay file was altered: {error}. Ask the secretariat for it again") from error
    raise Declined("the relay file is not signed by the network's duty key. Ask the secretariat for another")
