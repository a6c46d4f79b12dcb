"""Rosters, and events of requests, cases and consent, stand inside a message's content as they stand alone."""

import msgspec
import pytest
from roster_world import THREE, roster

from desk.cases.acts import CaseEvent, HandOver, Open, ToContact
from desk.handling.rules import ConsentEvent, GiveConsent, TakeBackConsent
from desk.mail.message import Piece
from desk.requests.acts import Refuse, RequestEvent, Send
from desk.rosters.roster import Roster
from directory.canonical import Malformed, decode, encode


class Request(Piece, frozen=True, kw_only=True, tag_field="kind", tag="request"):
    event: RequestEvent


class Case(Piece, frozen=True, kw_only=True, tag_field="kind", tag="case"):
    event: CaseEvent


class Consent(Piece, frozen=True, kw_only=True, tag_field="kind", tag="consent"):
    event: ConsentEvent


class Duty(Piece, frozen=True, kw_only=True, tag_field="kind", tag="roster"):
    roster: Roster


class Whole(Piece, frozen=True, kw_only=True):
    content: Request | Case | Consent | Duty


H = "5f" * 32
CONTENTS = [
    Request(event=RequestEvent(act=Send(language="es"))),
    Request(event=RequestEvent(request=H, after=(H,), act=Refuse(reason="other", text="…"))),
    Case(event=CaseEvent(act=Open(title="Bus to the coast"))),
    Case(event=CaseEvent(case=H, after=(H,), act=HandOver(messages=(H,), receiver=ToContact(contact="ec-desk")))),
    Consent(event=GiveConsent(message=H, act="forward", contact="ec-desk")),
    Consent(event=TakeBackConsent(consent=H)),
    Duty(roster=roster(*THREE)),
]


@pytest.mark.parametrize("content", CONTENTS, ids=lambda each: type(each).__name__)
def test_it_is_read_as_it_was_written(content: Request | Case | Consent | Duty) -> None:
    raw = encode(Whole(content=content))
    assert decode(raw, Whole) == Whole(content=content)
    with pytest.raises(Malformed):
        decode(raw.replace(b'"kind"', b'"kind":"x","kind"', 1), Whole)
    assert b'"text":""' not in raw  # a field at its default is left out, however deep it stands
    assert msgspec.json.decode(raw)["content"]["kind"] in ("request", "case", "consent", "roster")
