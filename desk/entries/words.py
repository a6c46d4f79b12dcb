"""An entry in words, as somebody reads it at night on 80 columns: `find` prints a card, `show` a page. Pure.

1. What somebody else wrote passes through `safe_text.line`.
2. The number comes first, in the groups in which it is read aloud, and how to dial it from here.
3. Everything that is left out is said: more numbers than a card has room for, details that are not there, and why.
4. How far to rely on it stands in every card and near the top of every page, in words: what was confirmed, or only
   listed, how long ago, and before it whether that is due, stale or doubtful, whatever the entry's standing; and when
   this desk itself last reached it.
5. Times are those of the clock over there, with how far off they are: that needs no reckoning here.
6. Who is next if nobody answers stands there in the order of escalation, with the number, and who of them answers now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import wrap

from desk.keys.seen_time import span
from desk.mail.reached import Reached
from desk.safe_text import line
from directory.bodies import ContactBody, Phone
from directory.countries import country_languages, country_name
from directory.entry import Absence, Entry, Grade, Standing
from directory.exchange.contact_rows import in_order_of_use
from directory.exchange.hours_text import show_hours
from directory.finding.answering import LOOK_AHEAD, Answer, contact_zone, local_time
from directory.finding.mixed_letters import mixed_word, strange_letters
from directory.finding.numbering import dialled_from, spaced
from directory.finding.search import Found, Reason, Result
from directory.finding.search_order import Lead
from directory.functions import function_label

WIDTH = 78
LABEL = 11
MOST_NUMBERS = 3
MOST_NEXT = 2
_WIDE = 60  # columns from which on what is broken stands below the value, and not below the label

_GRADES: dict[Grade, str] = {"fresh": "", "due": "due for renewal: ", "stale": "STALE: ", "doubtful": "DOUBTFUL: "}
_STANDINGS: dict[Standing, str] = {
    "confirmed": "confirmed",
    "provisional": "compiled, not confirmed; listed",
    "suspended": "member suspended; confirmed",
}
_ABSENCES: dict[Absence, str] = {
    "erased": "its authority had them erased",
    "withheld": "shared within circles alone that your authority is not in",
    "unreadable": "what was published is no contact that this version can read",
    "missing": "ALARM: nobody erased them, and they are not here; run `enlace sync`",
}
_FOUND_BY: dict[Reason, str] = {
    "called-exactly-so": "called exactly so",
    "matches-name": "name",
    "matches-acronym": "first letters of a name",
    "matches-function": "function",
    "matches-country": "country",
    "matches-city": "city",
    "matches-time-zone": "time zone",
    "matches-id": "id",
    "matches-telephone": "number",
    "works-in-language": "language",
    "only-mentioned": "mentioned in its details",
    "spelled-nearly-so": "spelled nearly so",
    "some-words-not-found": "not all words",
}
_LEADS: dict[Lead, str] = {
    "called-exactly-so": "called exactly what you typed",
    "not-doubtful": "confirmed lately enough; the next is doubtful",
    "of-country": "of the country you named first",
    "not-only-mentioned": "called what you typed; the next only mentions some of it",
    "spelled-so": "spelled as you typed it",
    "answers-now": "answers now; the next does not",
    "works-in-language": "says that it works in that language; of the next it is assumed",
    "standing": "confirmed by its authority; the next is not",
    "better-match": "more of what you typed is in its name, function or country",
    "day-and-night": "a desk for day and night, by its function",
    "fresher": "confirmed more lately than the next",
    "attested-later": "confirmed more lately than the next",
    "by-id": "nothing sets it apart from the next",
}


@dataclass(frozen=True, slots=True)
class Around:
    """What a desk knows beside an entry.

    From which country somebody calls (its code; empty: not known), the entries that others name as next, with whether
    they answer, when this desk last reached whom, what to call each circle, and the members who see an entry's details.
    """

    here: str = ""
    alternates: Mapping[str, tuple[Entry, Answer]] = field(default_factory=dict)
    reached: Mapping[str, Reached] = field(default_factory=dict)
    circles: Mapping[str, str] = field(default_factory=dict)
    readers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_NOTHING = Around()


def card(result: Result, language: str, now: int, around: Around = _NOTHING, width: int = 0) -> str:
    """The entry in a few lines: who, how to reach them, whether somebody answers, how far to rely on it."""
    entry = result.entry
    lines = [_where(entry, language)]
    if entry.body is None:
        lines.append(_absent(entry, around))
    else:
        numbers = _numbers(entry.body, around.here)
        lines += numbers[:MOST_NUMBERS]
        if len(numbers) > MOST_NUMBERS:
            lines.append(f"and {len(numbers) - MOST_NUMBERS} more: enlace show {entry.id}")
        if not numbers:
            lines += [_row("e-mail", line(each)) for each in entry.body.emails[:1]]
    lines.append(_hours(entry, result.answer, now))
    if entry.languages:
        lines.append(_row("languages", ", ".join(entry.languages)))
    elif "language-assumed" in result.why:
        usual = ", ".join(country_languages(entry.contact.country))
        lines.append(_row("languages", f"not told; usual there: {usual}"))
    alternates = _alternates(entry, around, language, now, named=False)
    lines += alternates[:MOST_NEXT]
    if len(alternates) > MOST_NEXT:
        lines.append(_row("", f"and {len(alternates) - MOST_NEXT} more: enlace show {entry.id}"))
    if entry.body is not None and entry.contact.circles:
        lines.append(_row("only for", _circles(entry, around)))
    lines += _reliance(entry, now)
    if reached := around.reached.get(entry.id):
        lines.append(_reached(reached, now))
    if by := [_FOUND_BY[each] for each in result.why if each in _FOUND_BY]:
        lines.append(_row("found by", by[0] if result.why[0] == "called-exactly-so" else ", ".join(by)))
    return "\n".join(_broken(each, width) for each in [_head(entry, language), *(f"  {each}" for each in lines)])


def cards(found: Found, language: str, now: int, around: Around = _NOTHING, width: int = 0) -> str:
    """The cards of a search, what is to be said of it before them, and at the first why it is that."""
    said = []
    if found.nobody_in:
        names = ", ".join(country_name(code, language) for code in found.nobody_in)
        said.append(f"Nobody is listed for that in {names}." + " What follows is of elsewhere." * bool(found.total))
    if found.left_out and found.results and "called-exactly-so" not in found.results[0].why:
        said.append(f"The last {found.left_out} words were not looked for: too many at once.")
    if any("some-words-not-found" in each.why for each in found.results):
        said.append("No entry has all of these words; these have the most of them.")
    shown = [card(each, language, now, around, width) for each in found.results]
    if shown and found.lead:
        shown[0] += "\n" + _broken("  " + _row("first", _lead(found)), width)
    if found.total > len(found.results):
        shown.append(f"{found.total - len(found.results)} more; narrow the search, or --most {found.total}")
    return "\n\n".join([*(_broken(each, width) for each in said), *shown]) or "Nobody is listed for that."


def page(entry: Entry, replied: Answer, language: str, now: int, around: Around = _NOTHING, width: int = 0) -> str:
    """Everything that is known about an entry; long lines are broken for `width` columns, if given."""
    return "\n".join(_broken(each, width) for each in _page(entry, replied, language, now, around))


def _page(entry: Entry, replied: Answer, language: str, now: int, around: Around) -> list[str]:
    body = entry.body
    head = [_head(entry, language), _where(entry, language)]
    relied = [*_reliance(entry, now), _reached(around.reached.get(entry.id), now)]
    alternates = _alternates(entry, around, language, now, named=True) or [_row("next", "nobody is named")]
    if body is None:
        seen = _shown_to(entry, around) if entry.absence == "withheld" else []
        return [*head, _absent(entry, around), _hours(entry, replied, now), *relied, *alternates, *seen]
    lines = [*head, *_numbers(body, around.here), *(_row("e-mail", line(each)) for each in body.emails)]
    lines += [_hours(entry, replied, now), *relied, *alternates]
    rows = {
        "known as": "; ".join(body.also),
        "languages": ", ".join(body.languages),
        "hours": f"{show_hours(body.hours)} ({body.zone})" if body.hours.spans else show_hours(body.hours),
        "closed on": ", ".join(body.hours.holidays),
        "answers in": span(body.promised * 60) if body.promised else "",
        "address": ", ".join(each for each in (body.address, body.city) if each),
        "website": body.website,
        "requests": _requirements(body),
        "source": body.source,
    }
    lines += [_row(label, line(value)) for label, value in rows.items() if value]
    lines += [_row("also", f"{line(name)} ({tag})") for tag, name in body.names.items() if name != entry.name(language)]
    lines += [_row(f"note ({tag})", line(text)) for tag, text in body.notes.items()]
    return lines + _shown_to(entry, around)


def _lead(found: Found) -> str:
    first = found.results[0]
    if found.lead == "answers-now" and first.answer.open is None:
        return "its hours are not known; the next is closed"
    return _LEADS[found.lead] if found.lead else ""


def _alternates(entry: Entry, around: Around, language: str, now: int, *, named: bool) -> list[str]:
    """Who is next if nobody answers, one a line, in order (rule 6)."""
    rows = []
    for number, contact in enumerate(entry.contact.escalation, 1):
        words = [f"{number}. {contact}"]
        if contact in around.alternates:
            other, replied = around.alternates[contact]
            words[0] += f" ({line(other.name(language))})" * named
            words.append(_now(other, replied, now))
            words += [spaced(each.number) for each in _by_use(other.body)[:1]] if other.body else []
        else:
            words.append("not listed any more")
        rows.append(_row("next" if number == 1 else "", " · ".join(words)))
    return rows


def _now(entry: Entry, replied: Answer, now: int) -> str:
    """Whether somebody answers, in a few words."""
    if replied.open is None:
        return "hours not known"
    if replied.open:
        return "ANSWERS NOW"
    return f"closed, opens in {span(replied.changes_at - now)}" if replied.changes_at is not None else "closed"


def _reached(reached: Reached | None, now: int) -> str:
    """When this desk last reached it, and that it is this desk that says so."""
    if reached is None:
        return _row("reached", "this desk has sent it no message yet")
    last = f"{reached.how} {_ago(now - reached.at)}" if reached.how else "never"
    if reached.unreached:
        return _row("reached", f"NOT by this desk's last message, {_ago(now - reached.tried)}; before: {last}")
    if not reached.how:
        return _row("reached", f"no receipt yet for this desk's message, sent {_ago(now - reached.tried)}")
    return _row("reached", f"this desk's message was {last}")


def _ago(seconds: int) -> str:
    return f"{span(seconds)} ago" if seconds >= 2 else "just now"


def _head(entry: Entry, language: str) -> str:
    """Name and id; below it, if a word of the name is made of several alphabets' letters, which those are."""
    name = line(entry.name(language))
    head = f"{name}{'  ' if len(name) + len(entry.id) + 4 <= WIDTH else chr(10) + '  '}[{entry.id}]"
    if (mixed := mixed_word(name)) is None:
        return head
    return f"{head}\n  CAUTION: {line(mixed, 40)} has letters that only look like ours: {strange_letters(mixed)[:60]}"


def _where(entry: Entry, language: str) -> str:
    return f"{country_name(entry.contact.country, language)} · {function_label(entry.contact.function, language)}"


def _row(label: str, text: str) -> str:
    return f"{label:<{LABEL}} {text}"


def _broken(text: str, width: int) -> str:
    """`text` in lines of at most `width` columns, if given; what belongs to a line stands below it, further in."""
    return "\n".join(_wrapped(each, width) for each in text.split("\n"))


def _wrapped(text: str, width: int) -> str:
    if len(text) <= width or not width:
        return text
    rest = " " * (len(text) - len(text.lstrip()) + (LABEL + 1 if width >= _WIDE else 2))
    return "\n".join(wrap(text, width, subsequent_indent=rest, break_on_hyphens=False))


def _by_use(body: ContactBody) -> list[Phone]:
    return in_order_of_use(body)


def _numbers(body: ContactBody, here: str) -> list[str]:
    rows = []
    for each in _by_use(body):
        dialled = dialled_from(each.number, here)
        rows.append(_row(each.use, spaced(each.number) + (f" · from here dial {dialled}" if dialled else "")))
    return rows


def _absent(entry: Entry, around: Around) -> str:
    if entry.absence == "withheld" and entry.contact.circles:
        kind = "circle" if len(entry.contact.circles) == 1 else "circles"
        inside = f"shared within {kind} {_circles(entry, around)} alone, which your authority is not in"
        return f"no details: {inside}; ask {entry.contact.member}, whose they are"
    return f"no details: {_ABSENCES[entry.absence]}" if entry.absence else "no details"


def _circles(entry: Entry, around: Around) -> str:
    return ", ".join(around.circles.get(each, each) for each in entry.contact.circles)


def _shown_to(entry: Entry, around: Around) -> list[str]:
    if entry.id not in around.readers:
        return []
    if not entry.contact.circles:
        return [_row("shown to", "every member")]
    kind = "circle" if len(entry.contact.circles) == 1 else "circles"
    who = ", ".join(around.readers[entry.id]) or "nobody"
    return [_row("shown to", f"{kind} {_circles(entry, around)} alone: {who}")]


def _hours(entry: Entry, replied: Answer, now: int) -> str:
    there = f" · there it is {replied.local:%a %H:%M}" if replied.local else ""
    if replied.open is None:
        if entry.body is not None and entry.body.hours.spans:  # told by a clock of which nothing is known here
            return f"hours not known: this version has no time zone {entry.body.zone}"
        return f"hours not known{there}"
    words = "answers now" if replied.open else "closed now"
    if replied.changes_at is not None:
        verb = "closes" if replied.open else "opens"
        return f"{words} · {verb} {_then(entry, replied.changes_at, now)}{there}"
    if replied.open:
        always = entry.body is not None and entry.body.hours.always
        return f"{words}, {'day and night' if always else f'without a break for {LOOK_AHEAD} days'}{there}"
    return f"{words}, and no opening is known{there}"


def _then(entry: Entry, moment: int, now: int) -> str:
    local = local_time(contact_zone(entry.body) if entry.body else None, moment)
    day = "%a" if moment - now < 6 * 86_400 else "%a %Y-%m-%d"
    return f"in {span(moment - now)}" + (f", {local:{day} %H:%M} there" if local else "")


def _reliance(entry: Entry, now: int) -> list[str]:
    days = entry.age_days(now)
    ago = "today" if not days else f"{days} day{'s' * (days > 1)} ago"
    vouched = f"{_GRADES[entry.grade]}{_STANDINGS[entry.standing]} {ago}"
    whole = f"{vouched} · {_reach(entry)}"
    return [whole] if len(whole) <= WIDTH else [vouched, _reach(entry)]


def _reach(entry: Entry) -> str:
    if entry.reach == "enlace":
        return "reachable by Enlace"
    bare = entry.body is not None and not entry.body.phones and not entry.body.emails
    if entry.reach == "cannot receive":
        return (
            f"CANNOT RECEIVE by Enlace: its keys ran out; {'no ' if bare else ''}telephone or e-mail{' known' * bare}"
        )
    return "not by Enlace; no telephone or e-mail known" if bare else entry.reach


def _requirements(body: ContactBody) -> str:
    needs = body.requirements
    parts = [f"in {', '.join(needs.languages)}" if needs.languages else "", needs.form, needs.channel]
    parts.append("dual criminality" if needs.dual_criminality else "")
    return ", ".join(each for each in parts if each)
