"""Under which words a stored message is found, and that nothing else is (`desk.mail.subjects`)."""

from typing import Any

from desk_world import changed, note_of
from test_desk_content import ACCEPT, CONSENT, GOOD, HANDED, HASH, OPEN, SAY, SEND, TEXT
from test_desk_mail import keyring, mail
from test_desk_message import PLAIN

from desk.mail.content import ActAlone
from desk.mail.facts import Facts
from desk.mail.message import Message, stored_message
from desk.mail.store import MailStore
from desk.mail.subjects import CASES, REQUESTS, subjects, text_hash
from desk.mail.subjects import CONSENT as ABOUT_CONSENT

__all__ = ["keyring", "mail"]


def found(message: Message) -> set[str]:
    return set(subjects(*stored_message(note_of(message))))


def test_every_message_is_found_under_the_hash_of_its_text() -> None:
    for content, fields in GOOD.values():
        note = stored_message(note_of(changed(PLAIN, content=content, **fields)))[1]
        assert f"text {text_hash(note)}" in found(changed(PLAIN, content=content, **fields))


def test_the_first_event_is_found_under_the_name_of_what_it_begins() -> None:
    for field, event, all_of, kind in (("request", SEND, REQUESTS, "request"), ("case_event", OPEN, CASES, "case")):
        message = changed(PLAIN, content=TEXT, **{field: event})
        own = text_hash(stored_message(note_of(message))[1])
        assert {all_of, f"{kind} {own}"} <= found(message)


def test_later_events_are_found_under_what_they_name() -> None:
    assert {REQUESTS, f"request {HASH}"} <= found(changed(PLAIN, content=ActAlone(), request=ACCEPT))
    assert {CASES, f"case {HASH}"} <= found(changed(PLAIN, content=TEXT, case_event=SAY))
    assert "again " + "7" * 32 in found(changed(PLAIN, again="7" * 32))
    assert ABOUT_CONSENT in found(changed(PLAIN, content=CONSENT))


def test_what_is_handed_over_is_found_under_its_own_hash() -> None:
    original = text_hash(stored_message(HANDED.notes[0].note.encode())[1])
    assert {f"text {original}", CASES, f"case {HASH}"} <= found(changed(PLAIN, content=HANDED))


def test_the_store_gives_what_is_about_a_subject_and_nothing_else(mail: MailStore) -> None:
    beside: tuple[dict[str, Any], ...] = ({}, {"request": ACCEPT}, {"request": SEND}, {"case_event": SAY})
    for number, fields in enumerate(beside):
        message = changed(PLAIN, id=f"{number:032x}", **fields)
        mail.add(message, note_of(message), Facts(direction="in"))
    assert [each.number for each in mail.about(f"request {HASH}")] == [2]
    assert [each.number for each in mail.about(REQUESTS)] == [2, 3]
    assert [each.number for each in mail.about(CASES)] == [4]
    assert mail.about("request nothing") == []
