"""The history of a request on paper, as parts of a form's sheet: what both sides signed, in order, and where it stands.

1. It is what `request show` shows, but for what is due and what can be done: paper does not change. Codes, states and
   reasons stand in the reader's language, words in theirs, with the language named.
2. Every event is there, with the beginning of its hash: also those without effect, with the reason, those that wait,
   those that nothing proves, and those of somebody who has no part in it.
3. What is here may hold characters that a reader does not see: the sheet makes it harmless (`desk.forms.sheet`).
"""

from collections.abc import Iterator

import msgspec

from desk.forms.shown import Part, Row, Version
from desk.requests.acts import Ask
from desk.requests.life import Entry, Signed
from desk.requests.page_words import page_word
from desk.requests.reading import coded
from desk.requests.request_words import said
from desk.requests.stored import Request, short
from desk.terminal import stamp
from directory.exchange.sheet_words import language_in


def history_parts(request: Request, language: str) -> tuple[Part, ...]:
    """The parts that follow a form's own."""
    found = request.found
    rows = [Row(page_word("state", language), said("state", found.state, language))]
    before = ("draft", *(each.state for each in found.entries))
    rows += [_row(request, each.signed, language, each, was) for each, was in zip(found.entries, before, strict=False)]
    rows += [
        Row(f"{page_word('question', language)}: {short(each.id)}, {each.contact}", versions=_words(each, language))
        for each in found.questions
    ]
    rows.append(Row(page_word("digest", language), request.proven.digest))
    parts = [Part(page_word("history", language), tuple(rows))]
    for name, events in (("waiting", found.waiting), ("unproven", found.unproven), ("outsiders", found.outsiders)):
        if events:
            told = tuple(_row(request, each, language) for each in events)
            parts.append(Part(page_word(name, language), told))
    return tuple(parts)


def _row(request: Request, signed: Signed, language: str, entry: Entry | None = None, was: str = "") -> Row:
    kept = request.kept[signed.id]
    at = stamp(signed.taken_in if signed.taken_in is not None else signed.at)
    label = f"{at}  {said('event', signed.kind, language)}, {signed.contact} ({short(signed.id)})"
    told = [] if isinstance(signed.event.act, Ask) else [*coded(signed, language)]  # its hash stands before
    told += _files(request, signed, language)
    told += [page_word(each, language) for each in ("queued", "handed", "by_word") if getattr(kept, each)]
    if entry is not None and entry.why is not None:
        told.append(f"{page_word('no_effect', language)}: {said('why', entry.why, language)}")
    if entry is not None and entry.state != was:
        told.append(f"→ {said('state', entry.state, language)}")
    item = (Row("", "; ".join(told)), *((Row("", versions=words),) if (words := _words(signed, language)) else ()))
    return Row(label, items=(item,))


def _files(request: Request, signed: Signed, language: str) -> Iterator[str]:
    names = [each.name for each in request.kept[signed.id].message.attachments]
    if names:
        yield f"{page_word('files', language, count=len(names))}: {', '.join(names)}"


def _words(signed: Signed, language: str) -> tuple[Version, ...]:
    act = signed.event.act
    text = getattr(act, "text", "")
    if not text:
        return ()
    tag = "" if act.language is msgspec.UNSET else act.language
    return (Version(tag, language_in(tag, language) if tag else "", text),)
