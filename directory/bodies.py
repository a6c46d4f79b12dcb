"""What stands in the bodies: names, numbers and words, as canonical JSON beside the log.

1. Names are given per language (`es`, `en`, `pt`, `fr`, or any other a member writes); at least one.
2. Telephone numbers are E.164 (`+` and 7 to 15 digits); a number for the night says so.
3. Hours are weekly spans in the contact's own time zone; a contact with no span and no `always` has unknown hours.
4. Every reader accepts only what `canonical.encode` would write, and bounds what it shows.
5. A commitment to answer within more than MOST_COMMITMENT minutes is none: no writer makes one, and who reads one that
   another has published goes by `promised`. A number that somebody else chose is never added to a time unbounded.
"""

from typing import Annotated, Literal

import msgspec

from directory.canonical import Malformed, decode, encode
from directory.commitment import MOST_BODY_BYTES
from directory.fields import Count, Language

MOST_COMMITMENT = 365 * 24 * 60  # minutes; who answers within more than a year commits themselves to nothing
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
LongText = Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
Names = Annotated[dict[Language, Text], msgspec.Meta(min_length=1, max_length=24)]
Notes = Annotated[dict[Language, LongText], msgspec.Meta(max_length=24)]
PhoneNumber = Annotated[str, msgspec.Meta(pattern=r"\A\+[1-9][0-9]{6,14}\Z")]
EmailAddress = Annotated[str, msgspec.Meta(pattern=r"\A[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\Z", max_length=254)]
TimeZone = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}\Z", max_length=64)]
Minute = Annotated[int, msgspec.Meta(ge=0, le=1440)]
Day = Annotated[int, msgspec.Meta(ge=1, le=7)]


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of a body."""


class MemberBody(Piece, frozen=True, kw_only=True):
    """A member's names, and its country's."""

    names: Names


class CircleBody(Piece, frozen=True, kw_only=True):
    """A circle's names."""

    names: Names


class OfficerBody(Piece, frozen=True, kw_only=True):
    """Who an opaque officer id is, for that officer's colleagues: an office or rank rather than a name."""

    label: Text
    languages: tuple[Language, ...] = ()


class Phone(Piece, frozen=True, kw_only=True):
    """A telephone number; `use` says what for."""

    number: PhoneNumber
    use: Literal["day", "night", "always", "fax", "switchboard"] = "day"


class Span(Piece, frozen=True, kw_only=True):
    """From `opens` to `closes`, minutes of the local day, on ISO weekday `day`; `closes` ≤ `opens` is past midnight."""

    day: Day
    opens: Minute
    closes: Minute


class Hours(Piece, frozen=True, kw_only=True):
    """When somebody answers: always, or in weekly spans but not on `holidays` (YYYY-MM-DD)."""

    always: bool = False
    spans: Annotated[tuple[Span, ...], msgspec.Meta(max_length=28)] = ()
    holidays: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")], ...], msgspec.Meta(max_length=60)
    ] = ()


class Requirements(Piece, frozen=True, kw_only=True):
    """What a request to this contact must bring."""

    languages: tuple[Language, ...] = ()
    form: str = ""
    dual_criminality: bool = False
    channel: str = ""


class ContactBody(Piece, frozen=True, kw_only=True):
    """A point of contact as people need it."""

    names: Names
    also: Annotated[tuple[Text, ...], msgspec.Meta(max_length=24)] = ()  # acronyms, former names, what people say
    phones: Annotated[tuple[Phone, ...], msgspec.Meta(max_length=12)] = ()
    emails: Annotated[tuple[EmailAddress, ...], msgspec.Meta(max_length=8)] = ()
    website: Annotated[str, msgspec.Meta(max_length=400)] = ""
    address: Annotated[str, msgspec.Meta(max_length=400)] = ""
    city: Annotated[str, msgspec.Meta(max_length=120)] = ""
    languages: Annotated[tuple[Language, ...], msgspec.Meta(max_length=24)] = ()
    zone: TimeZone | msgspec.UnsetType = msgspec.UNSET
    hours: Hours = Hours()
    respond: Count = 0  # minutes within which the authority commits itself to a first answer; 0: no commitment
    requirements: Requirements = Requirements()
    notes: Notes = {}  # msgspec copies an empty default for each instance
    source: Annotated[str, msgspec.Meta(max_length=400)] = ""

    @property
    def promised(self) -> int:
        """Minutes within which it commits itself to a first answer; 0 for no commitment (rule 5)."""
        return self.respond if self.respond <= MOST_COMMITMENT else 0


AnyBody = MemberBody | CircleBody | OfficerBody | ContactBody


def write_body_bytes(body: AnyBody) -> bytes:
    """The body's canonical JSON; refuses (Malformed) one that is too large or that no reader would take, and a
    commitment that is none (rule 5)."""
    if isinstance(body, ContactBody) and body.respond > MOST_COMMITMENT:
        raise Malformed(
            f"a first answer within {body.respond} minutes is no commitment; name {MOST_COMMITMENT} at most"
        )
    raw = encode(body)
    read_body_bytes(raw, type(body))
    return raw


def read_body_bytes(raw: bytes, kind: type[msgspec.Struct]) -> msgspec.Struct:
    """The body of type `kind` in canonical JSON; raises Malformed."""
    body = decode(raw, kind, MOST_BODY_BYTES)
    if isinstance(body, ContactBody):
        _check_hours(body)
    return body


def _check_hours(body: ContactBody) -> None:
    if body.hours.spans and body.zone is msgspec.UNSET:
        raise Malformed("duty hours need the contact's time zone")
    if body.hours.always and body.hours.spans:
        raise Malformed("a contact that always answers has no spans")
