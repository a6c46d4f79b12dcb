"""A message's content as people meet it: in one line of a list, on a page, and all that was written in it. Pure.

1. Every kind of content has all three: none is left out of a list, of a search, or of what is held about somebody.
2. What others wrote comes out as they wrote it: whoever shows it makes it harmless (`desk.safe_text`).
3. A form and an event are read in the reader's language; words stay in the language they were written in.
"""

from collections.abc import Container, Iterable
from typing import assert_never

import msgspec

from crypto.note import parse_note
from desk.cases.case_words import said as case_said
from desk.drills import drill_words
from desk.events.form import kind_of
from desk.exercise.mark import marked
from desk.forms.catalogue import form_of
from desk.forms.reading import MOST_NARROW, WIDTH, as_text
from desk.handling.consent_words import event_text
from desk.mail.content import (
    ActAlone,
    Consent,
    Content,
    Drill,
    DutyNote,
    DutyRoster,
    Form,
    HandedOver,
    PassedOn,
    Receipt,
    Text,
)
from desk.mail.message import Message, SealedFile, stored_message
from desk.requests.request_words import said as request_said
from desk.terminal import stamp


def headline(message: Message, language: str = "en") -> str:
    """What a list shows of a message, in one line."""
    content = message.content
    match content:
        case Text():
            words = content.subject
        case Form():
            form = form_of(content.filled.form)
            words = form.title.in_(language) if form is not None else content.filled.form
        case Receipt():
            words = f"receipt: {content.act}"
        case ActAlone():
            words = ""
        case DutyRoster():
            words = f"duty roster {content.roster.seq} of {content.roster.contact}"
        case DutyNote():
            what = "duty note" if content.takes is msgspec.UNSET else "duty taken over"
            words = f"{what}: {' '.join(content.text.split())}".removesuffix(": ")
        case Consent():
            words = event_text(content.event, language)
        case Drill():
            words = drill_words.headline(language)
        case HandedOver():
            words = f"{len(content.notes)} earlier message(s) of a case"
        case PassedOn():
            words = f"passed on: {'; '.join(headline(each, language) for each in inside(content))}"
        case _:
            assert_never(content)
    return ": ".join(each for each in (*acts(message, language), words) if each)


def acts(message: Message, language: str) -> Iterable[str]:
    """The acts that stand beside the content, by their names."""
    if message.request is not msgspec.UNSET:
        yield request_said("event", kind_of(message.request.act), language)
    if message.case_event is not msgspec.UNSET:
        yield case_said("act", kind_of(message.case_event.act), language)


def page(message: Message, language: str = "en", width: int = WIDTH) -> str:
    """What stands on a message's page under its head."""
    match message.content:
        case Text(text=text) | DutyNote(text=text):
            return text
        case Form(filled=filled):
            return as_text(filled, language, width=max(width or WIDTH, MOST_NARROW))
        case Consent(event=event):
            return str(getattr(event, "text", ""))
        case PassedOn() as content:
            inner = (_inner(each, message.attachments, language, width) for each in inside(content))
            return "\n\n".join((*filter(None, [content.text]), *inner))
        case Drill(language=asked):
            return drill_words.page("" if asked is msgspec.UNSET else asked, language)
        case _:
            return "\n".join(_strings(_apart(message)))


def inside(content: HandedOver | PassedOn) -> list[Message]:
    """The messages that are handed on in a content."""
    return [stored_message(each.note.encode())[0] for each in content.notes]


def _inner(message: Message, along: Container[SealedFile], language: str, width: int) -> str:
    """A message that was passed on: who says that they sent it, to whom, what it says, which files came `along`."""
    head = (
        f"{message.sender.contact} > {', '.join(message.contacts)}   {stamp(message.at)}   TLP:{message.handling.tlp}"
    )
    files = (
        file_row(each, language, "" if each in along else case_said("page", "not-along", language))
        for each in message.attachments
    )
    return "\n".join((marked(message, head), headline(message, language), *files, "", page(message, language, width)))


def file_row(file: SealedFile, language: str, state: str) -> str:
    """A file of a message that was handed on, and what is to be said of it."""
    row = f"{case_said('page', 'file', language)} {file.name} ({file.plain_size:,} B)"
    return f"{row}: {state}" if state else row


def written(message: Message) -> Iterable[str]:
    """All that people wrote in a message, text by text."""
    files = (each.name for each in message.attachments)
    return (message.case, message.handling.purpose, *_strings(_apart(message)), *files)


def _apart(message: Message) -> object:
    """The content and the acts beside it, as they are stored; of what is handed over, what its senders wrote."""
    content: Content = message.content
    if isinstance(content, HandedOver):
        return [parse_note(each.note.encode(), len(each.note) * 4).text for each in content.notes]
    if isinstance(content, PassedOn):
        return [content.text, *(text for each in inside(content) for text in (headline(each), *written(each)))]
    events = (each for each in (message.request, message.case_event) if each is not msgspec.UNSET)
    return [msgspec.to_builtins(content), *(msgspec.to_builtins(each.act) for each in events)]


def _strings(found: object, name: str = "") -> Iterable[str]:
    match found:
        case dict():
            return (each for name, value in found.items() if name != "kind" for each in _strings(value, name))
        case list() | tuple():
            return (each for value in found for each in _strings(value, name))
        case bool():
            return ()
    return (str(found),)
