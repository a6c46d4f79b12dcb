"""What somebody can do next with a request, with the command for it; and whose turn it is.

1. A step is offered if it would have an effect now (`objection`): so what is offered is never refused, unless the other
   side acts meanwhile.
2. It is the turn of whoever has an open question to answer; else of the asked side until the request is completed or
   refused, then of the asking side, who closes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from desk.requests.acts import Accept, Act, Answer, Ask, Close, CloseReason, Complete, Part, Receive, Refuse, Via
from desk.requests.life import History, Side, objection
from desk.requests.page_words import page_word
from desk.requests.stored import short

QUESTION = 8  # characters of a question's id that people are shown


@dataclass(frozen=True, slots=True)
class Step:
    """Something that can be done, in words, and the command that does it."""

    words: str
    command: str


def steps(found: History, contact: str, language: str) -> Iterator[Step]:
    """What a contact can do now, in the order of a request's life."""
    id_ = short(found.request.id)
    head = "enlace request"
    for question in found.questions:
        if objection(found, contact, Answer(to=question.id, text="-")) is None:
            asked = question.id[:QUESTION]
            words = page_word("do_answer", language, id=asked)
            yield Step(words, f"{head} answer {id_} --to {asked} --text FILE")
    reason: CloseReason = "done" if found.state in ("completed", "refused") else "withdrawn"
    offered: tuple[tuple[str, Act, str], ...] = (
        ("receive", Receive(), "--reference REFERENCE"),
        ("accept", Accept(), "--reference REFERENCE --expected DATE"),
        ("part", Part(text="-"), "--text FILE --attach FILE"),
        ("complete", Complete(), ""),
        ("refuse", Refuse(reason="other", text="-"), "--reason CODE --text FILE"),
        ("ask", Ask(text="-"), "--text FILE"),
        ("close", Close(reason=reason), f"--reason {reason}"),
        ("via", Via(channel="other", at=0), "--channel CHANNEL --reference REFERENCE --on DATE"),
    )
    for name, act, options in offered:
        if objection(found, contact, act) is None:
            yield Step(page_word(f"do_{name}", language), f"{head} {name} {id_} {options}".rstrip())


def turn(found: History) -> Side | None:
    """Which side is to act; None where nobody is, and for a draft."""
    if found.state in ("draft", "closed"):
        return None
    for question in found.questions:
        return "asked" if found.side_of(question.contact) == "asking" else "asking"
    return "asking" if found.state in ("completed", "refused") else "asked"


def is_open(found: History) -> bool:
    """Whether anybody has anything to do yet."""
    return found.state != "closed"
