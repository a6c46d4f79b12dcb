"""`enlace find` and `show`: from the replica on this desk, with no network."""

from typing import Any

import click
import msgspec

from desk.commands.options import opened, with_passphrase
from desk.compose import OLD_DIRECTORY
from desk.errors import NotFound, Usage
from desk.safe_text import line
from desk.session import check_look_up
from desk.terminal import Terminal, stamp
from desk.unlocked import Unlocked
from directory.answering import Answer, answer
from directory.bodies import ContactBody
from directory.countries import country_name
from directory.entry import Entry, entries
from directory.functions import function_label
from directory.hours_text import show_hours
from directory.search import Index, Query, QueryError, Result

MARKS = {"provisional": "compiled, not confirmed", "suspended": "member suspended", "confirmed": ""}
GRADES = {"fresh": "", "due": "due for confirmation", "stale": "stale", "doubtful": "DOUBTFUL: not confirmed for long"}

labelled = click.option(
    "--labels",
    default="en",
    show_default=True,
    type=click.Choice(["es", "en", "pt", "fr"]),
    help="The language of names and labels, where there is one.",
)


@click.command()
@click.argument("words", nargs=-1)
@click.option("--country", "-c", default="", help="Only this country: its code, or its name in es, en, pt or fr.")
@click.option(
    "--function",
    "-f",
    default="",
    help="Only this function: its code or name, such as trafficking-24-7 or extradition.",
)
@click.option("--language", "-l", default="", help="Who works in this language: es, en, pt, fr …, or its name.")
@click.option("--now", is_flag=True, help="Whoever answers at this moment comes first.")
@click.option("--most", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many to show.")
@labelled
@with_passphrase
def find(
    terminal: Terminal,
    words: tuple[str, ...],
    country: str,
    function: str,
    language: str,
    now: bool,
    most: int,
    labels: str,
) -> None:
    """Find a point of contact by WORDS, country, function and language.

    No network is needed: the answer comes from the directory that this desk has verified.
    """
    query = Query(text=" ".join(words), country=country, function=function, language=language, now=now)
    with opened(terminal) as desk:
        at = terminal.clock()
        index = _index(terminal, desk)
        try:
            found = index.find(query, at, most)
        except QueryError as error:
            raise Usage(str(error)) from error
        rows = [_plain(each.entry, each.answer, labels) | {"why": list(each.why)} for each in found.results]
        text = "\n\n".join(_card(each, labels, at) for each in found.results)
        if found.total > len(found.results):
            text += f"\n\n{found.total - len(found.results)} more; narrow the search, or --most {found.total}"
        terminal.result({"total": found.total, "results": rows}, text or "Nobody is listed for that.")


@click.command()
@click.argument("contact")
@labelled
@with_passphrase
def show(terminal: Terminal, contact: str, labels: str) -> None:
    """Show everything about one CONTACT, such as co-desk.

    Numbers, languages, hours, who is next, what a request has to bring, and how far to rely on it all.
    """
    with opened(terminal) as desk:
        entry = _index(terminal, desk).show(contact)
        if entry is None:
            raise NotFound(f"there is no contact {contact}; `enlace find` searches by words, country and function")
        now = terminal.clock()
        replied = answer(entry.body, now) if entry.body else Answer(None)
        view = desk.replica().view
        plain = _plain(entry, replied, labels) | {
            "devices": len(view.contact_devices(entry.id, now)),
            "officers": len(entry.contact.officers),
            "escalation": list(entry.contact.escalation),
            "circles": list(entry.contact.circles),
            "body": msgspec.to_builtins(entry.body) if entry.body else None,
        }
        terminal.result(plain, "\n".join(_page(entry, replied, labels, now)))


def _index(terminal: Terminal, desk: Unlocked) -> Index:
    now = terminal.clock()
    check_look_up(desk.keyring, now)
    replica = desk.replica()
    if replica.checkpoint is None:
        raise NotFound("this desk has no directory yet; run `enlace sync`")
    if now - replica.checkpoint.time > OLD_DIRECTORY:
        terminal.warn(
            f"this directory was last vouched for at {stamp(replica.checkpoint.time)}; synchronise when you can"
        )
    reader = desk.profile.identity.member
    found = entries(replica.view, desk.store.bodies(), now, desk.store.covered, reader)
    for each in found:
        if each.alarm and each.contact.body in desk.store.altered:
            terminal.warn(
                f"ALARM: the details of {each.id} were changed on this disk; `enlace sync` fetches them again"
            )
        elif each.alarm:
            terminal.warn(f"ALARM: the details of {each.id} are missing although nobody erased them")
    return Index(found)


def _plain(entry: Entry, replied: Answer, language: str) -> dict[str, Any]:
    return {
        "contact": entry.id,
        "name": entry.name(language),
        "country": entry.contact.country,
        "function": entry.contact.function,
        "member": entry.contact.member,
        "standing": entry.standing,
        "freshness": entry.grade,
        "since": entry.since,
        "reach": entry.reach,
        "languages": list(entry.languages),
        "phones": [{"number": each.number, "use": each.use} for each in entry.body.phones] if entry.body else [],
        "emails": list(entry.body.emails) if entry.body else [],
        "open": replied.open,
        "changes_at": replied.changes_at,
        "local": replied.local.strftime("%Y-%m-%d %H:%M") if replied.local else None,
        "absence": entry.absence,
        "attested": entry.contact.attested_at,
    }


def _card(result: Result, language: str, now: int) -> str:
    entry = result.entry
    head = f"{line(entry.name(language))}  [{entry.id}]"
    where = f"{country_name(entry.contact.country, language)} · {function_label(entry.contact.function, language)}"
    lines = [head, f"  {where}", f"  {_hours(result.answer)}"]
    if entry.body:
        lines += _numbers(entry.body)[:3]
    lines += [f"  languages {', '.join(entry.languages)}"] if entry.languages else []
    lines.append(f"  {_reliance(entry, now)}")
    return "\n".join(lines)


def _page(entry: Entry, replied: Answer, language: str, now: int) -> list[str]:
    body = entry.body
    lines = [f"{line(entry.name(language))}  [{entry.id}]"]
    lines.append(
        f"{country_name(entry.contact.country, language)} · {function_label(entry.contact.function, language)}"
    )
    lines.append(_hours(replied))
    if body is None:
        return [*lines, f"No details: {entry.absence}.", _reliance(entry, now)]
    lines += [each.strip() for each in _numbers(body)]
    lines += [f"e-mail     {line(each)}" for each in body.emails]
    rows = {
        "languages": ", ".join(body.languages),
        "hours": f"{show_hours(body.hours)} ({body.zone})" if body.hours.spans else show_hours(body.hours),
        "answers in": f"{body.respond} min" if body.respond else "",
        "address": ", ".join(each for each in (body.address, body.city) if each),
        "website": body.website,
        "next": ", ".join(entry.contact.escalation),
        "requests": _requirements(body),
        "source": body.source,
    }
    lines += [f"{label:<10} {line(value)}" for label, value in rows.items() if value]
    lines += [f"also       {line(name)} ({tag})" for tag, name in body.names.items() if name != entry.name(language)]
    lines += [f"note ({tag})  {line(text)}" for tag, text in body.notes.items()]
    return [*lines, _reliance(entry, now)]


def _numbers(body: ContactBody) -> list[str]:
    order = {"always": 0, "night": 1, "day": 2, "switchboard": 3, "fax": 4}
    phones = sorted(body.phones, key=lambda each: order[each.use])
    return [f"  {each.use:<9}  {each.number}" for each in phones]


def _hours(replied: Answer) -> str:
    local = f", {replied.local:%a %H:%M} there" if replied.local else ""
    if replied.open is None:
        return f"hours not known{local}"
    until = f" until {stamp(replied.changes_at)}" if replied.changes_at else ""
    return f"answers now{until}{local}" if replied.open else f"closed{until}{local}"


def _reliance(entry: Entry, now: int) -> str:
    days = entry.age_days(now)
    ago = "today" if not days else f"{days} day{'s' * (days > 1)} ago"
    parts = [f"confirmed {ago}" if entry.standing == "confirmed" else MARKS[entry.standing]]
    parts += [GRADES[entry.grade]] if GRADES[entry.grade] and entry.standing == "confirmed" else []
    parts.append("reachable by Enlace" if entry.reach == "enlace" else entry.reach)
    return " · ".join(parts)


def _requirements(body: ContactBody) -> str:
    needs = body.requirements
    parts = [f"in {', '.join(needs.languages)}" if needs.languages else "", needs.form, needs.channel]
    parts.append("dual criminality" if needs.dual_criminality else "")
    return ", ".join(each for each in parts if each)
