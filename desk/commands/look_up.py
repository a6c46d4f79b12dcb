"""`enlace find` and `show`: from the replica on this desk, with no network."""

from typing import Any

import click
import msgspec

from desk.commands.options import opened, with_passphrase
from desk.entry_words import card, page
from desk.errors import NotFound, Usage
from desk.key_sets import spent
from desk.safe_text import line
from desk.session import check_look_up
from desk.terminal import Terminal
from desk.trust_policy import banner, vouched
from desk.unlocked import Unlocked
from directory.answering import Answer, answer
from directory.entry import Entry, entries
from directory.search import Index, Query, QueryError

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
        text = "\n\n".join(card(each, labels, at) for each in found.results)
        if any("some-words-not-found" in each.why for each in found.results):
            text = f"No entry has all of these words; these have the most of them.\n\n{text}"
        if found.total > len(found.results):
            text += f"\n\n{found.total - len(found.results)} more; narrow the search, or --most {found.total}"
        terminal.result({"total": found.total, "results": rows}, text or "Nobody is listed for that.")


@click.command(short_help="Show everything about one CONTACT.")
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
        devices = view.contact_devices(entry.id, now)
        plain = _plain(entry, replied, labels) | {
            "devices": len(devices),
            "devices_without_keys": len(spent(desk.store, view, now).intersection(devices)),
            "officers": len(entry.contact.officers),
            "escalation": list(entry.contact.escalation),
            "circles": list(entry.contact.circles),
            "body": msgspec.to_builtins(entry.body) if entry.body else None,
        }
        terminal.result(plain, page(entry, replied, labels, now, terminal.width))


def _index(terminal: Terminal, desk: Unlocked) -> Index:
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
