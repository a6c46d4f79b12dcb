"""The history of a request on paper: every event, in the reader's language, with what has no effect and what waits."""

import pytest
from request_world import ALTERNATE, ASKED, ASKING, AT, MADE, STRANGER, chain, event
from test_desk_requests_stored import made, proven

from desk.forms.shown import Row
from desk.mail.facts import Stored
from desk.requests.acts import Accept, Ask, Send
from desk.requests.life import Signed, history
from desk.requests.on_paper import history_parts
from desk.requests.stored import Kept, Request

MESSAGE, NOTE, _ = made(Send())


def request(*events: Signed) -> Request:
    found = history(events, events[0].id)
    assert found is not None
    stored = Stored(1, MESSAGE, proven(NOTE), NOTE)
    return Request({each.id: Kept.of(each, MESSAGE, stored) for each in events}, found, found)


def told(row: Row) -> list[str]:
    """The lines of an event, its words with their language."""
    return [
        text
        for item in row.items
        for each in item
        for text in (each.text, *(f"[{one.called}] {one.text}" for one in each.versions))
        if text
    ]


def test_the_whole_history_stands_on_paper() -> None:
    events = chain(("accept", ASKED), ("accept", ALTERNATE), ("limit", ASKED))
    asked = event(Ask(text="Which bank?", language="en"), ASKED, events[0], (events[-1].id,), at=AT + 9)
    (part,) = history_parts(request(*events, asked), "es")
    assert part.title == "Historia"
    assert (part.rows[0].label, part.rows[0].text) == ("Estado", "aceptada")
    sent, accepted, again, limited, question, still, digest = part.rows[1:]
    assert sent.label == f"2026-03-02 00:00 UTC  envío, {ASKING} ({events[0].id[:12]})"
    assert (told(sent), told(accepted)) == (["→ enviada"], ["→ aceptada"])
    assert told(again) == ["sin efecto: ya se había hecho"]
    assert told(limited) == [
        "Solicitud de asistencia judicial, antes de que cese la conservación de los datos; hasta 2026-03-02 00:00 UTC",
        "[] Two months more",
    ]
    assert told(question) == ["[inglés] Which bank?"]
    assert (still.label, still.versions[0].text) == (f"Pregunta abierta: {asked.id[:12]}, {ASKED}", "Which bank?")
    assert len(digest.text) == 64


@pytest.mark.parametrize("language", ["es", "en", "pt", "fr"])
def test_what_waits_what_nothing_proves_and_whose_it_is_not_stand_apart(language: str) -> None:
    events = chain(("accept", ASKED), ("part", ASKED))
    unproven = event(MADE["ask"], ASKED, events[0], (events[0].id,), taken_in=None)
    stranger = event(Accept(), STRANGER, events[0], (events[0].id,))
    parts = history_parts(request(events[0], events[2], unproven, stranger), language)
    assert [len(each.rows) for each in parts] == [3, 1, 1, 1]
    assert [each.rows[0].label.split("(")[-1] for each in parts[1:]] == [
        f"{each.id[:12]})" for each in (events[2], unproven, stranger)
    ]
