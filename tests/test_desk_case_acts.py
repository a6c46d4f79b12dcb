"""Acts upon a case as they stand in a message: written, read again, refused; and their words in four languages."""

from typing import Any

import msgspec
import pytest
from directory_world import officer_id
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.cases.acts import (
    ACTS,
    Act,
    CaseEvent,
    EndGuest,
    Exclude,
    Guest,
    HandOver,
    Invite,
    Join,
    Leave,
    Open,
    Say,
    ToContact,
    ToDevice,
    ToOfficer,
    read_event,
    write_event,
)
from desk.cases.case_words import TABLES, said
from desk.cases.fold import WHYS
from desk.cases.reading import WHY_NOTS
from desk.events.form import kind_of
from directory.canonical import Malformed, encode

GUEST = officer_id("us-guest")
MADE: list[Act] = [
    Open(title="x"), Invite(contact="ec-desk", may_invite=True), Join(guest=True), Join(), Leave(),
    Exclude(contact="ec-desk"), Guest(officer=GUEST, until=5), EndGuest(officer=GUEST), Say(), Say(guest=True),
    HandOver(messages=("0" * 64, "1" * 64), receiver=ToDevice(device="2" * 64)),
    HandOver(messages=("0" * 64,), receiver=ToOfficer(officer=GUEST)),
    HandOver(messages=("0" * 64,), receiver=ToContact(contact="ec-desk")),
]  # fmt: skip


@settings(max_examples=30)
@given(st.sampled_from(MADE), st.sets(st.sampled_from("0123456789abcdef"), min_size=1, max_size=5))
def test_what_is_written_is_read_again(act: Act, names: set[str]) -> None:
    named: dict[str, Any] = (
        {} if isinstance(act, Open) else {"case": "9" * 64, "after": tuple(sorted(each * 64 for each in names))}
    )
    one = CaseEvent(act=act, **named)
    assert read_event(write_event(one)) == one


C, D = "c" * 64, "d" * 64


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (CaseEvent(act=Open(title="x"), case=C, after=(D,)), "names none"),
        (CaseEvent(act=Open(title=""),), "length >= 1"),
        (CaseEvent(act=Say()), "every other"),
        (CaseEvent(act=Say(), case=C), "every other"),
        (CaseEvent(act=Say(), case=C, after=(D, D)), "named once"),
        (CaseEvent(act=Say(), case=C, after=(D, C)), "sorted"),
        (CaseEvent(act=Say(), case=C, after=(D,), seen=(D, C)), "sorted"),
        (CaseEvent(act=Say(), case=C, after=(D,), seen=(C, C)), "named once"),
        (CaseEvent(act=Open(title="x"), seen=(D,)), "has seen none"),
        (CaseEvent(act=Invite(contact="the desk"), case=C, after=(D,)), "another form"),
        (CaseEvent(act=Guest(officer="somebody", until=5), case=C, after=(D,)), "another form"),
        (CaseEvent(act=Guest(officer=GUEST, until=-1), case=C, after=(D,)), ">= 0"),
        (CaseEvent(act=HandOver(messages=(), receiver=ToDevice(device=C)), case=C, after=(D,)), "length >= 1"),
        (CaseEvent(act=HandOver(messages=(D, C), receiver=ToDevice(device=C)), case=C, after=(D,)), "sorted"),
        (CaseEvent(act=Say(), case=C, after=tuple(f"{n:064x}" for n in range(65))), "length <= 64"),
    ],
)  # fmt: skip
def test_events_that_are_refused(one: CaseEvent, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_event(encode(one))


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"\xff", b'{"act":{"kind":"sell"}}', b'{"act":{"kind":"open","title":"x"}} ', b" " * (1 << 17),
     b'{"act":{"kind":"open","note":"","title":"x"}}'],
)  # fmt: skip
def test_bytes_that_are_no_event(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_event(raw)


@pytest.mark.parametrize("language", ["es", "en", "pt", "fr"])
def test_every_word_is_there(language: str) -> None:
    assert TABLES["act"].keys() == {kind_of(each) for each in MADE}
    assert len(ACTS) == len(TABLES["act"])
    assert TABLES["why"].keys() == set(WHYS)
    assert TABLES["why-not"].keys() == set(WHY_NOTS)
    assert all(said(table, word, language) for table, words in TABLES.items() for word in words)
    assert msgspec.json.schema(CaseEvent)
