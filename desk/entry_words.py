"""An entry in words, as somebody reads it at night on 80 columns: `find` prints a card, `show` a page. Pure.

1. What somebody else wrote passes through `safe_text.line`.
2. Everything that is left out is said: more numbers than a card has room for, details that are not there, and why.
3. How far to rely on it stands in every card and near the top of every page, in words: what was confirmed, or only
   listed, how long ago, and before it whether that is due, stale or doubtful, whatever the entry's standing.
4. Times are those of the clock over there, with how far off they are: that needs no reckoning here.
"""

from textwrap import wrap

from desk.safe_text import line
from desk.seen_time import span
from directory.answering import LOOK_AHEAD, Answer, contact_zone, local_time
from directory.bodies import ContactBody
from directory.countries import country_languages, country_name
from directory.entry import Absence, Entry, Grade, Standing
from directory.functions import function_label
from directory.hours_text import show_hours
from directory.search import Reason, Result

WIDTH = 78
LABEL = 11
MOST_NUMBERS = 3

_GRADES: dict[Grade, str] = {"fresh": "", "due": "due for renewal: ", "stale": "STALE: ", "doubtful": "DOUBTFUL: "}
_STANDINGS: dict[Standing, str] = {
    "confirmed": "confirmed",
    "provisional": "compiled, not confirmed; listed",
    "suspended": "member suspended; confirmed",
}
_ABSENCES: dict[Absence, str] = {
    "erased": "its authority had them erased",
    "withheld": "published to circles alone that your authority is not in",
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
    "only-mentioned": "mentioned in its details",
    "spelled-nearly-so": "spelled nearly so",
    "some-words-not-found": "not all words",
}
_ORDER = {"always": 0, "night": 1, "day": 2, "switchboard": 3, "fax": 4}


def card(result: Result, language: str, now: int) -> str:
    """The entry in a few lines: who, whether somebody answers, how to reach them, how far to rely on it."""
    entry = result.entry
    lines = [_where(entry, language), _hours(entry, result.answer, now)]
    if entry.body is None:
        lines.append(_absent(entry))
    else:
        numbers = _numbers(entry.body)
        lines += numbers[:MOST_NUMBERS]
        if len(numbers) > MOST_NUMBERS:
            lines.append(f"and {len(numbers) - MOST_NUMBERS} more: enlace show {entry.id}")
        if not numbers:
            lines += [_row("e-mail", line(each)) for each in entry.body.emails[:1]]
    if result.answer.open is False and entry.contact.escalation:
        lines.append(_row("next", entry.contact.escalation[0]))
    if entry.languages:
        lines.append(_row("languages", ", ".join(entry.languages)))
    elif "language-assumed" in result.why:
        lines.append(_row("languages", f"not told; usual there: {', '.join(country_languages(entry.contact.country))}"))
    lines += _reliance(entry, now)
    if by := [_FOUND_BY[each] for each in result.why if each in _FOUND_BY]:
        lines.append(_row("found by", by[0] if result.why[0] == "called-exactly-so" else ", ".join(by)))
    return "\n".join([_head(entry, language), *(f"  {each}" for each in lines)])


def page(entry: Entry, replied: Answer, language: str, now: int, width: int = 0) -> str:
    """Everything that is known about an entry; long lines are broken for `width` columns, if given."""
    return "\n".join(_broken(each, width) for each in _page(entry, replied, language, now))


def _page(entry: Entry, replied: Answer, language: str, now: int) -> list[str]:
    body = entry.body
    lines = [_head(entry, language), _where(entry, language), _hours(entry, replied, now), *_reliance(entry, now)]
    if body is None:
        return [*lines, _absent(entry)]
    lines += _numbers(body)
    lines += [_row("e-mail", line(each)) for each in body.emails]
    rows = {
        "known as": "; ".join(body.also),
        "languages": ", ".join(body.languages),
        "hours": f"{show_hours(body.hours)} ({body.zone})" if body.hours.spans else show_hours(body.hours),
        "closed on": ", ".join(body.hours.holidays),
        "answers in": span(body.respond * 60) if body.respond else "",
        "address": ", ".join(each for each in (body.address, body.city) if each),
        "website": body.website,
        "next": ", ".join(entry.contact.escalation),
        "requests": _requirements(body),
        "source": body.source,
    }
    lines += [_row(label, line(value)) for label, value in rows.items() if value]
    lines += [_row("also", f"{line(name)} ({tag})") for tag, name in body.names.items() if name != entry.name(language)]
    return lines + [_row(f"note ({tag})", line(text)) for tag, text in body.notes.items()]


def _head(entry: Entry, language: str) -> str:
    name = line(entry.name(language))
    return f"{name}{'  ' if len(name) + len(entry.id) + 4 <= WIDTH else chr(10) + '  '}[{entry.id}]"


def _where(entry: Entry, language: str) -> str:
    return f"{country_name(entry.contact.country, language)} · {function_label(entry.contact.function, language)}"


def _row(label: str, text: str) -> str:
    return f"{label:<{LABEL}} {text}"


def _broken(text: str, width: int) -> str:
    if len(text) <= width or not width:
        return text
    return "\n".join(wrap(text, width, subsequent_indent=" " * (LABEL + 1), break_on_hyphens=False))


def _numbers(body: ContactBody) -> list[str]:
    return [_row(each.use, each.number) for each in sorted(body.phones, key=lambda each: _ORDER[each.use])]


def _absent(entry: Entry) -> str:
    return f"no details: {_ABSENCES[entry.absence]}" if entry.absence else "no details"


def _hours(entry: Entry, replied: Answer, now: int) -> str:
    there = f" · there it is {replied.local:%a %H:%M}" if replied.local else ""
    if replied.open is None:
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
