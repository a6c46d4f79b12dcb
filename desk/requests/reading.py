"""A request as people read it: in a list, and on a page with the whole history, in one of four languages.

1. What others wrote comes out harmless (`desk.safe_text`), behind a bar, in the language they wrote it in; codes,
   states and reasons in the reader's.
2. Every event is shown: also those without effect, with the reason, those that wait, those that nothing proves, and
   those of somebody who has no part in it. What is only queued is said to be that.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from desk.forms.catalogue import code_lists, form_of
from desk.forms.words import paired
from desk.mail.content import Form, Text
from desk.requests.acts import Accept, Act, Answer, Ask, Close, Limit, Part, Refuse, Send, Via
from desk.requests.duplicates import Duplicate
from desk.requests.life import Entry, Signed
from desk.requests.next_steps import QUESTION, Step, is_open, turn
from desk.requests.page_words import page_word
from desk.requests.request_words import said
from desk.requests.stored import Kept, Request, short
from desk.safe_text import block, line
from desk.terminal import stamp
from desk.timers.timer_words import WORDS as TIMERS
from desk.timers.timer_words import timer_text
from desk.timers.timers import Timer
from directory.four_languages import in_language

_INDENT = "      "
MOST_TITLE = 60


def title(request: Request, language: str) -> str:
    """What a request is: its form's title, its subject, or the form's id where this desk does not know it."""
    content = request.root.message.content
    if isinstance(content, Form):
        form = form_of(content.filled.form)
        return form.title.in_(language) if form is not None else line(content.filled.form)
    return line(content.subject, MOST_TITLE) if isinstance(content, Text) else page_word("request", language)


def list_lines(
    request: Request,
    own: Iterable[str],
    due: Iterable[Timer],
    now: int,
    language: str,
    mark: str = "",
    instead: str = "",
) -> Iterator[str]:
    """A request in a list: what (`instead`, where it may not be said), between whom, whose turn, what is due next."""
    found = request.found
    head = (
        f"{short(request.id)}  {said('state', found.state, language):<20} {instead or title(request, language)}{mark}"
    )
    yield head.rstrip()
    root = found.request
    case = f" · {line(root.case, MOST_TITLE)}" if root.case and not instead else ""
    yield f"{_INDENT}{root.contact} → {', '.join(root.to)}{case}"
    if is_open(found) and (side := turn(found)) is not None:
        waits = _side(request, side, own, language)
        asked = page_word("open_questions", language, count=len(found.questions)) if found.questions else ""
        yield f"{_INDENT}" + " · ".join(filter(None, (f"{page_word('turn', language)} {waits}", asked)))
    if found.lacking:
        yield f"{_INDENT}! {page_word('waiting_mark', language, count=len(found.lacking))}"
    for timer in due:
        yield f"{_INDENT}{timer_text(timer, now, language)}"


def _side(request: Request, side: str, own: Iterable[str], language: str) -> str:
    found = request.found.request
    contacts = (found.contact,) if side == "asking" else found.to
    names = ", ".join(contacts)
    return f"{names} ({page_word('us', language)})" if set(own) & set(contacts) else names


def page_lines(
    request: Request,
    own: Iterable[str],
    timers: Iterable[Timer],
    steps: Iterable[Step],
    now: int,
    language: str,
    width: int,
    same: Iterable[Duplicate] = (),
) -> Iterator[str]:
    """The whole of a request, from its head to what can be done now."""
    found, root = request.found, request.found.request
    mine = tuple(own)

    def row(name: str, text: str) -> str:
        return f"{page_word(name, language):<14} {text}".rstrip()

    yield f"{title(request, language)} {request.id}"
    if root.exercise:
        yield f"*** {page_word('exercise', language)} ***"
    yield row("from", root.contact)
    yield row("to", ", ".join(root.to))
    if root.case:
        yield row("case", line(root.case))
    yield row("state", said("state", found.state, language))
    side = turn(found)
    yield row("turn", _side(request, side, mine, language) if side else page_word("nobody", language))
    for each_same in same:
        state = said("state", each_same.state, language)
        told = line(each_same.reference, MOST_TITLE)
        yield f"! {page_word('same', language, id=short(each_same.request), state=state, reference=told)}"
    shown = list(timers)
    if shown:
        yield ""
        yield _head(page_word("timers", language), language)
        for each in shown:
            yield f"  {timer_text(each, now, language)}"
            yield f"    {stamp(each.due)}{_source(each, language)}"
    yield ""
    yield _head(page_word("history", language), language)
    for entry in found.entries:
        yield from _entry(request, entry, language, width)
    for name, events in (("waiting", found.waiting), ("unproven", found.unproven), ("outsiders", found.outsiders)):
        if events:
            yield ""
            yield _head(f"! {page_word(name, language)}", language)
            for signed in events:
                yield from _signed(request.kept[signed.id], language, width)
            if name == "waiting":
                yield from _lacking(request, mine, language)
    for question in found.questions:
        yield ""
        yield _head(f"{page_word('question', language)} {question.id[:QUESTION]}, {question.contact}", language)
        yield from _words(question.event.act, width)
    yield ""
    yield row("digest", request.proven.digest)
    yield ""
    offered = list(steps)
    if not mine or found.side_of(mine[0]) is None:
        yield page_word("not_yours", language)
    elif offered:
        yield _head(page_word("next", language), language)
        for step in offered:
            yield f"  {step.words}"
            yield f"    {step.command}"
    else:
        yield page_word("nothing_next", language)


def _lacking(request: Request, mine: Iterable[str], language: str) -> Iterator[str]:
    """What is missing, who had it when they signed what names it, and what to ask of whom."""
    found = request.found.lacking
    for holders in dict.fromkeys(found.values()):
        ids = ", ".join(each[:QUESTION] for each, who in found.items() if who == holders)
        yield f"  {page_word('lacks', language, ids=ids, who=', '.join(holders))}"
    every = tuple(dict.fromkeys(who for holders in found.values() for who in holders))
    others = tuple(each for each in every if each not in set(mine))
    if others:
        yield f"  {page_word('waiting_do', language, who=', '.join(others), id=short(request.id))}"
    elif every:
        yield f"  {page_word('waiting_own', language, id=short(request.id))}"


def _source(timer: Timer, language: str) -> str:
    return f" · {page_word('source', language)}: {line(timer.term.source)}" if timer.term is not None else ""


def _head(words: str, language: str) -> str:
    """What stands above lines: with a colon, and the space before it where a language wants one."""
    return paired(words, "", language).rstrip()


def _entry(request: Request, entry: Entry, language: str, width: int) -> Iterator[str]:
    kept = request.kept[entry.signed.id]
    yield from _signed(kept, language, width)
    if entry.why is not None:
        yield f"{_INDENT}! {page_word('no_effect', language)}: {said('why', entry.why, language)}"


def _signed(kept: Kept, language: str, width: int) -> Iterator[str]:
    signed = kept.signed
    at = stamp(signed.taken_in if signed.taken_in is not None else signed.at)
    name = said("event", signed.kind, language)
    marks = [page_word("message", language, number=kept.number)]
    marks += [page_word(each, language) for each in ("queued", "handed", "by_word") if getattr(kept, each)]
    yield f"  {at}  {name:<22} {signed.contact}  ({', '.join(marks)})"
    told = [*coded(signed, language)]
    if kept.message.attachments:
        told.append(page_word("files", language, count=len(kept.message.attachments)))
    if told:
        yield f"{_INDENT}{'; '.join(told)}"
    yield from _words(signed.event.act, width)


def _words(act: Act, width: int) -> Iterator[str]:
    text = getattr(act, "text", "")
    if text:
        tag = f" [{act.language}]" if act.language is not msgspec.UNSET else ""
        yield block(text.rstrip("\n"), width, f"{_INDENT}| ") + tag


def coded(signed: Signed, language: str) -> Iterator[str]:
    """What an act says beside its words, in the reader's language."""
    act = signed.event.act
    reference = line(getattr(act, "reference", ""))
    match act:
        case Send():
            if act.under:
                known = code_lists()["instruments"].get(act.under)
                yield page_word("under", language, what=known.in_(language) if known else line(act.under))
            if act.follows is not msgspec.UNSET:
                yield page_word("follows", language, id=short(act.follows))
        case Refuse():
            yield said("reason", act.reason, language)
        case Close():
            yield said("closing", act.reason, language)
        case Via():
            yield said("channel", act.channel, language)
            yield page_word("on", language, at=stamp(act.at))
        case Limit():
            yield in_language(TIMERS[act.timer], language)
            yield page_word("until", language, at=stamp(act.until)) if act.until else page_word("over", language)
        case Answer():
            yield page_word("answers", language, id=act.to[:QUESTION])
        case Ask():
            yield signed.id[:QUESTION]
        case _:
            pass
    if reference:
        yield page_word("reference", language, text=reference)
    if isinstance(act, Accept) and act.expected:
        yield page_word("expected", language, at=stamp(act.expected))
    if isinstance(act, Accept | Part) and act.since:
        yield page_word("since", language, at=stamp(act.since))


def plain(
    request: Request, timers: Iterable[Timer], steps: Iterable[Step], own: Iterable[str], *, words: bool = True
) -> dict[str, Any]:
    """A request for programs; in a list, whose acts are `desk.requests.remembered` without their words, none stand."""
    found, root = request.found, request.found.request
    sides = [side for each in own if (side := found.side_of(each)) is not None]
    return {
        "request": request.id,
        "form": root.event.act.form if isinstance(root.event.act, Send) else "",
        "from": root.contact,
        "to": list(root.to),
        "case": root.case,
        "exercise": root.exercise,
        "state": found.state,
        "turn": turn(found) or "",
        "side": sides[0] if sides else "",
        "digest": request.proven.digest,
        "questions": [each.id for each in found.questions],
        "events": [_plain_event(request.kept[each.signed.id], each, words=words) for each in found.entries],
        "waiting": [_plain_event(request.kept[each.id], words=words) for each in found.waiting],
        "lacking": {each: list(who) for each, who in found.lacking.items()},
        "unproven": [_plain_event(request.kept[each.id], words=words) for each in found.unproven],
        "outsiders": [_plain_event(request.kept[each.id], words=words) for each in found.outsiders],
        "timers": [timer_plain(each) for each in timers],
        "next": [each.command for each in steps],
    }


def _plain_event(kept: Kept, entry: Entry | None = None, *, words: bool = True) -> dict[str, Any]:
    signed, act = kept.signed, msgspec.to_builtins(kept.signed.event.act)
    if not words:
        act.pop("text", None)
    return {
        "id": signed.id,
        "contact": signed.contact,
        "device": signed.device,
        "at": signed.at,
        "taken_in": signed.taken_in,
        "act": act,
        "message": kept.number,
        "queued": kept.queued,
        "handed": kept.handed,
        "by_word": kept.by_word,
        "state": entry.state if entry is not None else "",
        "why": entry.why or "" if entry is not None else "",
    }


def timer_plain(timer: Timer) -> dict[str, Any]:
    """A timer for programs."""
    return {
        "timer": timer.kind,
        "began": timer.began,
        "due": timer.due,
        "state": timer.state,
        "met": timer.met,
        "verify": timer.verify,
        "unknown": timer.unknown,
        "told": timer.told,
        "source": timer.term.source if timer.term is not None else "",
    }
