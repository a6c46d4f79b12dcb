"""Statements: what the directory's history is made of, one class a kind.

A statement is a signed note (Ed25519 lines only) over `enlace/statement/v1` and one line of JSON:

    enlace/statement/v1
    {"at":1767225600,"contact":"co-desk","kind":"retire-contact","network":"5f…","seq":3}

    — enlace.example/9c… …

1. `network` is the SHA-256 of the founding statement's text, so nothing signed for one network counts in another.
2. `seq` is the count of earlier statements about the same subject; `at` is the issuer's claim of the time.
3. Lists that stand for sets are sorted and without repetition; `escalation` is an order and only without repetition.
4. Names, numbers, addresses and free text never stand here: they are bodies (`directory.commitment`).
5. Signature lines stand in the order of their names (by code point), each name once: the same signatures over the same
   text are one entry, and whoever carries a statement can make no second spelling of it by moving lines about.

Who must sign which kind, and when a statement is refused, is the judge's business (`directory.judge`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Literal

import msgspec

from crypto.encoding import unb64
from crypto.note import Note, Signature, parse_note
from crypto.signing import PublicPair
from directory.canonical import Malformed, OtherType, decode_lenient, read_body, write_body
from directory.fields import (
    CircleId,
    ContactId,
    Count,
    Country,
    FunctionCode,
    Hash,
    Key32,
    Key1312,
    MemberId,
    NetworkName,
    OfficerId,
    Origin,
    Time,
)

STATEMENT_TYPE = "enlace/statement/v1"
MOST_STATEMENT_BYTES = 65_535  # a log entry has a 16-bit length (C2SP tlog-tiles)

Role = Literal["administrator", "coordinator", "investigator"]
Second = Literal["make-administrator", "revoke-last-device"]
Reason = Literal["lost", "stolen", "compromised", "replaced", "left", "other"]


class UnknownStatement(Malformed):
    """A statement of a kind this version does not know: an update is needed; it is no sign of an attack."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of a statement."""


class Clocks(Part, frozen=True, kw_only=True):
    """Seconds to acceptance for each precedence, before the next stage is released."""

    flash: Time = 600
    immediate: Time = 1800
    priority: Time = 10_800
    routine: Time = 21_600


class Freshness(Part, frozen=True, kw_only=True):
    """Days since the last attestation after which an entry is due, stale, and shown last."""

    due: Count = 120
    stale: Count = 150
    doubtful: Count = 180


class Policy(Part, frozen=True, kw_only=True):
    """What the network's founders decided: what needs a second administrator, clocks, freshness."""

    second: tuple[Second, ...] = ("make-administrator", "revoke-last-device")
    clocks: Clocks = Clocks()
    freshness: Freshness = Freshness()


class Continues(Part, frozen=True, kw_only=True):
    """The log a new log continues: its origin, and size and root of its last good state."""

    origin: Origin
    size: Count
    root: Hash


class Founding(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"
):
    """What every statement has: the issuer's time and the count of earlier ones about its subject."""

    at: Time
    seq: Count

    @property
    def subject(self) -> str:
        """What the statement is about; `seq` counts along it."""
        return "network"


class Statement(Founding, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every statement after the founding one: bound to its network."""

    network: Hash


class FoundNetwork(Founding, frozen=True, kw_only=True, tag="found-network"):
    """The first statement of a log: the network's name, its root keys and threshold, its duty key, its policy."""

    name: NetworkName
    roots: tuple[Key32, ...]
    threshold: Count
    duty: Key32
    policy: Policy = Policy()


class RekeyRoots(Statement, frozen=True, kw_only=True, tag="rekey-roots"):
    """New root keys, threshold, duty key and policy."""

    roots: tuple[Key32, ...]
    threshold: Count
    duty: Key32
    policy: Policy = Policy()


class NameRelay(Statement, frozen=True, kw_only=True, tag="name-relay"):
    """The log's origin and keys, the relay's receipt keys, and the log it continues, if any."""

    origin: Origin
    log_ed25519: Key32
    log_mldsa44: Key1312
    receipt_ed25519: Key32
    receipt_mldsa44: Key1312
    continues: Continues | msgspec.UnsetType = msgspec.UNSET

    @property
    def subject(self) -> str:
        return "relay"


class AboutMember(Statement, frozen=True, kw_only=True):
    """A statement about one member."""

    member: MemberId

    @property
    def subject(self) -> str:
        return f"member/{self.member}"


class AdmitMember(AboutMember, frozen=True, kw_only=True, tag="admit-member"):
    """A state's authority joins; `body` holds its names."""

    country: Country
    body: Hash


class SuspendMember(AboutMember, frozen=True, kw_only=True, tag="suspend-member"):
    """Nothing of the member counts until `until`."""

    until: Time


class ReinstateMember(AboutMember, frozen=True, kw_only=True, tag="reinstate-member"):
    """A suspension ends now."""


class RevokeMember(AboutMember, frozen=True, kw_only=True, tag="revoke-member"):
    """The member leaves for good, with its officers, devices and contacts."""


class AboutOfficer(Statement, frozen=True, kw_only=True):
    """A statement about one officer."""

    officer: OfficerId

    @property
    def subject(self) -> str:
        return f"officer/{self.officer}"


class FirstAdministrator(AboutOfficer, frozen=True, kw_only=True, tag="first-administrator"):
    """The roots appoint an administrator of a member that has none."""

    member: MemberId
    body: Hash


class EnrolOfficer(AboutOfficer, frozen=True, kw_only=True, tag="enrol-officer"):
    """A member's new officer, under an opaque id; `body` says who it is."""

    member: MemberId
    roles: tuple[Role, ...]
    body: Hash


class ChangeRoles(AboutOfficer, frozen=True, kw_only=True, tag="change-roles"):
    """The officer's roles from now on."""

    roles: tuple[Role, ...]


class RevokeOfficer(AboutOfficer, frozen=True, kw_only=True, tag="revoke-officer"):
    """The officer, and every device of theirs, for good."""

    reason: Reason


class EnrolDevice(Statement, frozen=True, kw_only=True, tag="enrol-device"):
    """An officer's device: its signing keys, and the reception keys that only receive."""

    officer: OfficerId
    ed25519: Key32
    mldsa44: Key1312
    reception_ed25519: Key32
    reception_mldsa44: Key1312

    @property
    def device(self) -> str:
        """The device's id: SHA-256 of both public keys."""
        return device_id(self.ed25519, self.mldsa44)

    @property
    def subject(self) -> str:
        return f"device/{self.device}"


class RevokeDevice(Statement, frozen=True, kw_only=True, tag="revoke-device"):
    """One device, for good."""

    device: Hash
    reason: Reason

    @property
    def subject(self) -> str:
        return f"device/{self.device}"


class ChangeReception(Statement, frozen=True, kw_only=True, tag="change-reception"):
    """A device's reception keys from now on; counted apart, so that no revocation of the device is overtaken."""

    device: Hash
    reception_ed25519: Key32
    reception_mldsa44: Key1312

    @property
    def subject(self) -> str:
        return f"reception/{self.device}"


class AboutContact(Statement, frozen=True, kw_only=True):
    """A statement about one point of contact."""

    contact: ContactId

    @property
    def subject(self) -> str:
        return f"contact/{self.contact}"


class PublishContact(AboutContact, frozen=True, kw_only=True, tag="publish-contact"):
    """A member's point of contact as it stands from now on, whole."""

    member: MemberId
    country: Country
    function: FunctionCode
    officers: tuple[OfficerId, ...] = ()
    escalation: tuple[ContactId, ...] = ()
    circles: tuple[CircleId, ...] = ()
    body: Hash


class AttestContact(AboutContact, frozen=True, kw_only=True, tag="attest-contact"):
    """The entry is right as it stands."""


class RetireContact(AboutContact, frozen=True, kw_only=True, tag="retire-contact"):
    """The point of contact is no more."""


class ListProvisional(AboutContact, frozen=True, kw_only=True, tag="list-provisional"):
    """A contact of a state not yet admitted: compiled by the secretariat, not confirmed."""

    country: Country
    function: FunctionCode
    body: Hash


class WithdrawProvisional(AboutContact, frozen=True, kw_only=True, tag="withdraw-provisional"):
    """A provisional contact taken back."""


class SetCircle(Statement, frozen=True, kw_only=True, tag="set-circle"):
    """A circle and its members as they stand from now on; `body` holds its names."""

    circle: CircleId
    members: tuple[MemberId, ...]
    body: Hash

    @property
    def subject(self) -> str:
        return f"circle/{self.circle}"


class EraseBody(Statement, frozen=True, kw_only=True, tag="erase-body"):
    """A body and its salt are to be erased everywhere."""

    body: Hash

    @property
    def subject(self) -> str:
        return f"body/{self.body}"


AnyStatement = (
    FoundNetwork | RekeyRoots | NameRelay
    | AdmitMember | SuspendMember | ReinstateMember | RevokeMember | SetCircle
    | FirstAdministrator | EnrolOfficer | ChangeRoles | RevokeOfficer | EnrolDevice | RevokeDevice | ChangeReception
    | PublishContact | AttestContact | RetireContact | ListProvisional | WithdrawProvisional | EraseBody
)  # fmt: skip
KINDS: frozenset[str] = frozenset(str(each.__struct_config__.tag) for each in AnyStatement.__args__)


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement with the note that carries it; its signatures are not yet verified."""

    statement: AnyStatement
    note: Note


class _Kind(msgspec.Struct):
    kind: Annotated[str, msgspec.Meta(pattern=r"\A[a-z]+(-[a-z]+)*\Z", max_length=60)]


_LATER_TYPE = re.compile(r"enlace/statement/v[1-9][0-9]{0,3}\n")


def statement_text(statement: AnyStatement) -> str:
    """The text that is signed."""
    return write_body(STATEMENT_TYPE, statement)


def statement_note(statement: AnyStatement, signatures: Iterable[Signature]) -> bytes:
    """The statement as a log entry."""
    return signed_entry(statement_text(statement), signatures)


def signed_entry(text: str, signatures: Iterable[Signature]) -> bytes:
    """A statement's text as a log entry, its signature lines in their order (rule 5)."""
    return Note(text, tuple(sorted(signatures, key=lambda each: each.name))).write()


def parse_statement(raw: bytes) -> SignedStatement:
    """The statement in a log entry.

    Refuses what is not a canonical signed note or statement, its lines in order (NoteError, Malformed); a well-formed
    one of a kind or version not known here is UnknownStatement.
    """
    note = parse_note(raw, MOST_STATEMENT_BYTES)
    statement, names = read_statement(note.text), note.names()
    if any(after <= before for before, after in pairwise(names)):
        raise Malformed("a statement's signature lines stand in the order of their names, each name once")
    return SignedStatement(statement, note)


def read_statement(text: str) -> AnyStatement:
    """The statement in a note's text, signed or about to be."""
    try:
        return read_body(text, STATEMENT_TYPE, AnyStatement)  # type: ignore[arg-type]  # a union is no `type`
    except OtherType as error:
        if _LATER_TYPE.match(text):
            raise UnknownStatement(str(error)) from error
        raise
    except Malformed:
        kind = decode_lenient(text.partition("\n")[2].encode(), _Kind).kind
        if kind not in KINDS:
            raise UnknownStatement(f"a statement of kind {kind!r}") from None
        raise


def network_id(founding: FoundNetwork) -> str:
    """The network's id: SHA-256 of the founding statement's text, in hexadecimal."""
    return sha256(statement_text(founding).encode()).hexdigest()


def device_id(ed25519: str, mldsa44: str) -> str:
    """The id of a device from its public keys in base64."""
    return PublicPair(unb64(ed25519, 32), unb64(mldsa44, 1312)).id
