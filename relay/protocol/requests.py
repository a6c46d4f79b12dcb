"""Bodies of requests and answers, JSON unless a route says otherwise (`routes.py`)."""

from typing import Annotated

import msgspec

from directory.fields import Count, Hash, Time
from relay.protocol.invitation import OfferedKeys
from relay.protocol.receipts import Relayed

MOST_STATEMENTS = 2000
MOST_BODIES = 500
MOST_KEYSETS = 200
MOST_ENTRIES = 1000
MOST_PASSPHRASE = 1000  # characters
OLDEST_ROOTS = 30 * 86_400  # seconds since `at`: for carrying sticks between vaults, and for no more than that
Base64 = str


class Wire(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A JSON body."""


class Secret(Wire, frozen=True, kw_only=True):
    """A JSON body that holds a code, a token or a secret; repr shows none of it, so no trace of a failure does."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class LogIn(Secret, frozen=True, kw_only=True):
    """A TOTP code of 6 digits, or a recovery code; exactly one of them."""

    code: Annotated[str, msgspec.Meta(pattern=r"\A([0-9]{6})?\Z")] = ""
    recovery: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Session(Secret, frozen=True, kw_only=True):
    """An access token bound to the device key; `recovery_codes` only with the first log-in."""

    token: str
    expires: Time
    shift_ends: Time
    recovery_codes: tuple[str, ...] = ()
    recovery_left: Count = 0


Code = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{6}\Z")]
RenewalId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]


class AuthenticatorRenewal(Secret, frozen=True, kw_only=True):
    """A renewal, by an id that the desk drew, with a TOTP code or a recovery code; with neither, what is pending."""

    renewal: RenewalId
    code: Annotated[str, msgspec.Meta(pattern=r"\A([0-9]{6})?\Z")] = ""
    recovery: Annotated[str, msgspec.Meta(max_length=64)] = ""


class NewAuthenticator(Secret, frozen=True, kw_only=True):
    """The pending secret as `TotpSecret`, when it lapses, and the recovery codes that count once it is confirmed."""

    secret: str
    uri: str
    expires: Time
    recovery_codes: tuple[str, ...]


class AuthenticatorConfirmation(Secret, frozen=True, kw_only=True):
    """The first code of the pending secret; without one it is asked what became of the renewal."""

    renewal: RenewalId
    code: Annotated[str, msgspec.Meta(pattern=r"\A([0-9]{6})?\Z")] = ""


class AuthenticatorStanding(Wire, frozen=True, kw_only=True):
    """Whether a renewal is confirmed (else it is pending), and whether its recovery codes are those that count."""

    confirmed: bool
    codes_count: bool


class AuthenticatorCode(Secret, frozen=True, kw_only=True):
    """A TOTP code of the secret in force."""

    code: Code


class RecoveryCodes(Secret, frozen=True, kw_only=True):
    """Ten recovery codes, told this once."""

    recovery_codes: tuple[str, ...]


class NewPortalAccess(Secret, frozen=True, kw_only=True):
    """A passphrase for the portal, which the relay will know, and a code of the desk's authenticator."""

    code: Code
    passphrase: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_PASSPHRASE)]


class PortalAccess(Secret, frozen=True, kw_only=True):
    """The account name to type, the portal's own secret as `TotpSecret`, and when it lapses without its first code."""

    name: str
    secret: str
    uri: str
    expires: Time


class PortalConfirmation(Secret, frozen=True, kw_only=True):
    """The first code of the portal's secret."""

    code: Code


class PortalStanding(Wire, frozen=True, kw_only=True):
    """An officer's access to the portal: its name, when it ends, the last log-in, failures before that, sessions.

    `waiting`: other access waits for its first code. Without access in force, `ends` is 0.
    """

    name: str
    ends: Time = 0
    waiting: bool = False
    logged_in_at: Time = 0
    failed: Count = 0
    sessions: Count = 0


class NewInvitation(Wire, frozen=True, kw_only=True):
    """What an administrator's desk leaves with the relay: only a hash of the bearer's proof."""

    proof_hash: Hash
    expires: Time


class Enrolment(Secret, frozen=True, kw_only=True):
    """The new desk's keys and its proof of being invited."""

    proof: Hash
    keys: OfferedKeys


class EnrolmentState(Wire, frozen=True, kw_only=True):
    """What an administrator's desk sees: the keys offered, if any yet."""

    expires: Time
    keys: OfferedKeys | msgspec.UnsetType = msgspec.UNSET


class TotpRequest(Secret, frozen=True, kw_only=True):
    """The new desk, enrolled by now, asks for its TOTP secret."""

    proof: Hash


class TotpSecret(Secret, frozen=True, kw_only=True):
    """The secret (base32, 160 bits) as RFC 6238 and authenticator apps take it."""

    secret: str
    uri: str


class LogState(Wire, frozen=True, kw_only=True):
    """Entries from the asked position on, at most MOST_ENTRIES, and the newest checkpoint."""

    start: Count
    entries: tuple[str, ...]
    checkpoint: str


class OpenedBody(Wire, frozen=True, kw_only=True):
    """A body with its salt, base64 both."""

    salt: Base64
    body: Base64


class NewStatements(Wire, frozen=True, kw_only=True):
    """Statements to append, all or none, with the bodies they commit to."""

    statements: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=MOST_STATEMENTS)]
    bodies: Annotated[tuple[OpenedBody, ...], msgspec.Meta(max_length=MOST_STATEMENTS)] = ()


class Appended(Wire, frozen=True, kw_only=True):
    """Where the statements begin, and the checkpoint that covers them."""

    start: Count
    checkpoint: str


class BodiesWanted(Wire, frozen=True, kw_only=True):
    """Commitments whose bodies are asked for."""

    commitments: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=MOST_BODIES)]


class FoundBody(Wire, frozen=True, kw_only=True):
    """A body under its commitment."""

    commitment: Hash
    salt: Base64
    body: Base64


class Bodies(Wire, frozen=True, kw_only=True):
    """The bodies there are and that the reader may see."""

    bodies: tuple[FoundBody, ...]


class KeySetsWanted(Wire, frozen=True, kw_only=True):
    """Devices whose newest key sets are asked for."""

    devices: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=MOST_KEYSETS)]


class KeySets(Wire, frozen=True, kw_only=True):
    """Key sets as signed notes."""

    keysets: tuple[str, ...]


class Submitted(Wire, frozen=True, kw_only=True):
    """The relay's receipt for an envelope."""

    relayed: Relayed


class StageOrdered(Wire, frozen=True, kw_only=True):
    """The order line that stands: the one handed in, or the one that it repeats."""

    line: str


class Stepped(Wire, frozen=True, kw_only=True):
    """The step line that stands for an envelope now."""

    line: str
