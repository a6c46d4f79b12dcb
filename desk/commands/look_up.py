"""`enlace find` and `show`: from the replica on this desk, with no network."""

from collections.abc import Iterable
from typing import Any

import click
import msgspec

from desk.commands.options import opened, with_passphrase
from desk.entries.circles import called, check_circles
from desk.entries.plain import found_plain, plain
from desk.entries.words import Around, cards, page
from desk.errors import NotFound, Usage
from desk.keys.key_sets import spent
from desk.link.session import check_look_up
from desk.mail.reached import reached
from desk.profile.unlocked import Unlocked
from desk.replica.trust_policy import banner, vouched
from desk.safe_text import line
from desk.terminal import Terminal
from directory.entry import Entry, entries
from directory.finding.answering import Answer, answer
from directory.finding.readers import readers_of
from directory.finding.search import Index, Query, QueryError

labelled = click.option(
    "--labels",
    default="en",
    show_default=True,
    type=click.Choice(["es", "en", "pt", "fr"]),
    help="The language of names and labels, where there is one.",
)


@click.command(short_help="Find points of contact, and who answers now.")
@click.argument("words", nargs=-1)
@click.option("--country", "-c", default="", help="Only this country: its code, or its name in es, en, pt or fr.")
@click.option(
    "--function",
    "-f",
    default="",
    help="Only this function: its code or name, such as trafficking-24-7 or extradition.",
)
@click.option("--language", "-l", default="", help="Who works in this language: code, or name in es, en, pt or fr.")
@click.option("--circle", default="", metavar="CIRCLE", help="Only what is published to this circle: its id.")
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
    circle: str,
    now: bool,
    most: int,
    labels: str,
) -> None:
    """Find a point of contact by WORDS, country, function and language.

    WORDS may be a question (quién contesta ahora en Haití), a number as you dial it, an e-mail address, an acronym
    or an old name; misspelled ones are found too. No network is needed: the answer comes from the directory that
    this desk has verified. What is first, and what --json prints: docs/finding.md.
    """
    with opened(terminal) as desk:
        at, here = terminal.clock(), _here(desk)
        everybody = looked_up(terminal, desk)
        if circle:
            check_circles(desk.replica().view, [circle])
        index = Index(each for each in everybody if not circle or circle in each.contact.circles)
        text = " ".join(words)
        query = Query(text=text, country=country, function=function, language=language, now=now, here=here)
        try:
            found = index.find(query, at, most)
        except QueryError as error:
            raise Usage(str(error)) from error
        around = _around(desk, everybody, [each.entry for each in found.results], at, labels)
        whole = found_plain(found, labels, around) | {"directory": directory_plain(desk, at)}
        terminal.result(whole, cards(found, labels, at, around, terminal.width))


@click.command(short_help="Show everything about one CONTACT.")
@click.argument("contact")
@labelled
@with_passphrase
def show(terminal: Terminal, contact: str, labels: str) -> None:
    """Show everything about one CONTACT, such as co-desk.

    Numbers, languages, hours, who is next, what a request has to bring, and how far to rely on it all.
    """
    with opened(terminal) as desk:
        everybody = looked_up(terminal, desk)
        entry = next((each for each in everybody if each.id == contact), None)
        if entry is None:
            raise NotFound(f"there is no contact {contact}; `enlace find` searches by words, country and function")
        now = terminal.clock()
        replied = answer(entry.body, now) if entry.body else Answer(None)
        view = desk.replica().view
        devices = view.contact_devices(entry.id, now)
        around = _around(desk, everybody, [entry], now, labels)
        whole = plain(entry, replied, labels, around) | {
            "devices": len(devices),
            "devices_without_keys": len(spent(desk.store, view, now).intersection(devices)),
            "officers": len(entry.contact.officers),
            "escalation": list(entry.contact.escalation),
            "body": msgspec.to_builtins(entry.body) if entry.body else None,
            "directory": directory_plain(desk, now),
        }
        terminal.result(whole, page(entry, replied, labels, now, around, terminal.width))


def _here(desk: Unlocked) -> str:
    """The country from which this desk's officer calls; empty where that is not known."""
    member = desk.replica().view.members.get(desk.profile.identity.member)
    return member.country if member else ""


def directory_plain(desk: Unlocked, now: int) -> dict[str, Any]:
    """How far the answer is to be relied on as a whole: the directory's size, since when it is vouched for, by whom."""
    replica = desk.replica()
    backed = vouched(desk.keyring.vault, replica, now)
    age = backed.age(now) if backed.time else None
    return {"size": replica.size, "time": backed.time, "age": age, "witnessed": backed.witnessed}


def _around(desk: Unlocked, everybody: Iterable[Entry], shown: list[Entry], now: int, language: str) -> Around:
    following = {each for entry in shown for each in entry.contact.escalation}
    alternates = {
        each.id: (each, answer(each.body, now) if each.body else Answer(None))
        for each in everybody
        if each.id in following
    }
    view = desk.replica().view
    known = reached(desk.keyring.vault, desk.mail, view, [each.id for each in shown], now)
    readers = {each.id: readers_of(view, each.contact) for each in shown}
    circles = desk.store.opened(record.body for record in view.circles.values())
    names = called(view, {each: body for each, (_, body) in circles.items()}, language)
    return Around(_here(desk), alternates, known, names, readers)


def looked_up(terminal: Terminal, desk: Unlocked) -> tuple[Entry, ...]:
    """Every entry that this desk may look up; what is not as it should be is told.

    Raises Locked after too long without a log-in, NotFound where there is no directory yet.
    """
    now = terminal.clock()
    check_look_up(desk.keyring, now)
    replica = desk.replica()
    if replica.checkpoint is None:
        raise NotFound("this desk has no directory yet; run `enlace sync`")
    old = banner(vouched(desk.keyring.vault, replica, now), now)
    if old:
        terminal.warn(line(old))
    reader = desk.profile.identity.member
    out = spent(desk.store, replica.view, now)
    found = entries(replica.view, desk.store.bodies(), now, desk.store.covered, reader, out)
    for each in found:
        if each.alarm and each.contact.body in desk.store.altered:
            terminal.warn(
                f"ALARM: the details of {each.id} were changed on this disk; `enlace sync` fetches them again"
            )
        elif each.alarm:
            terminal.warn(f"ALARM: the details of {each.id} are missing although nobody erased them")
    return found
