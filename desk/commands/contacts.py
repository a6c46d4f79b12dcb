"""`enlace contact`: what a member's administrators publish, and what the secretariat lists as provisional."""

import click

from desk.commands.attest import attest
from desk.commands.contact_export import export_contacts
from desk.commands.contact_import import import_contacts
from desk.commands.options import opened, with_passphrase
from desk.commands.signing import Signing, fresh_batch, newest, with_roots
from desk.entries.circles import Audience, audience, check_circles, other_circles
from desk.entries.contact_batch import add_contact
from desk.errors import Declined, NotFound, Usage
from desk.link.session import connected
from desk.profile.unlocked import Unlocked
from desk.terminal import Terminal, run
from directory.entry import entries
from directory.entry_faults import faults
from directory.exchange.csv_cells import dialled_in
from directory.exchange.csv_columns import column, column_name, nearest_column
from directory.exchange.csv_contact import LineError, Wanted, cells_of, cells_of_entry, wanted_of
from directory.exchange.csv_problem import CellError
from directory.statement import RetireContact, WithdrawProvisional
from directory.view import View


@click.group(short_help="Publish, confirm, retire, import and export points of contact.")
def contact() -> None:
    """Publish, confirm, retire, import and export points of contact."""


contact.add_command(import_contacts)
contact.add_command(export_contacts)


@contact.command(short_help="Publish CONTACT, or change what is published of it.")
@click.argument("name", metavar="CONTACT")
@click.option(
    "--set", "values", multiple=True, metavar="COLUMN=VALUE", help="A detail, as in an import file; repeat it for each."
)
@click.option("--circle", multiple=True, metavar="CIRCLE", help="Show its details to this circle; repeat it.")
@click.option("--not-circle", multiple=True, metavar="CIRCLE", help="Show them to this circle no more; repeat it.")
@click.option("--for-all", is_flag=True, help="Show them to every member, and to no circle alone.")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
@with_roots
def publish(
    terminal: Terminal,
    name: str,
    values: tuple[str, ...],
    circle: tuple[str, ...],
    not_circle: tuple[str, ...],
    for_all: bool,
    yes: bool,
    signing: Signing,
) -> None:
    """Publish CONTACT (an id such as co-desk), or change what is published of it.

    Details have the names and forms of the columns of an import file (docs/csv-import.md), for instance
    --set function=trafficking-24-7 --set "name_es=Mesa 24/7" --set "phone=always:+12025550123" --set officers=ID.
    What is not set stays as it is. A contact is open to every member, or to circles alone (docs/circles.md).
    """
    with opened(terminal) as desk:
        changes = _cells(values, name[:2].upper())
        member = desk.profile.identity.member

        def planned(view: View) -> tuple[Wanted, Audience | None]:
            inside = changes
            if circle or not_circle or for_all:
                inside = changes | {"circles": _circles(view, name, changes, circle, not_circle, for_all=for_all)}
            wanted = _wanted(desk, view, name, inside)
            check_circles(view, wanted.circles)
            return wanted, audience(view, wanted, member)

        view = (
            run(newest(desk)).view if circle or not_circle or for_all or "circles" in changes else desk.replica().view
        )
        shown, seen = planned(view) if name in view.contacts else (None, None)
        if seen is not None:
            terminal.warn(str(seen))
        if seen is not None and seen.gained:
            terminal.confirm("Publish this?", yes=yes)

        async def work() -> tuple[Wanted, View]:
            async with connected(desk.keyring, terminal.clock) as client:
                batch = await fresh_batch(desk, client, signing.voices(desk), signing.elsewhere)
                wanted, after = planned(batch.view)
                # Others may have joined a circle meanwhile; or a colleague opened the contact to more members, who
                # would now get what was meant for few.
                others = after is not None and not set(after.gained) <= set(seen.gained if seen is not None else ())
                if others or (shown is not None and shown.circles != wanted.circles):
                    raise Declined(f"who sees {name} changed meanwhile; nothing was published: call it again, and look")
                add_contact(batch, wanted, member)
                await signing.publish(desk, client, batch)
                return wanted, batch.view

        wanted, view = run(work())
        outside = [each for each in wanted.circles if member and member not in view.circles[each].members]
        if outside:
            terminal.warn(f"{member} is not in circle {', '.join(outside)}: it sees nothing of others published there")
        gained, lost = (seen.gained, seen.lost) if seen is not None else ((), ())
        plain = {"contact": name, "cells": cells_of(wanted), "gained": list(gained), "lost": list(lost)}
        only = f", for {', '.join(wanted.circles)} alone" if wanted.circles else ""
        terminal.result(plain, f"Published {name}{only}.")


contact.add_command(attest)


@contact.command()
@click.argument("names", nargs=-1, required=True, metavar="CONTACT...")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
@with_roots
def retire(terminal: Terminal, names: tuple[str, ...], yes: bool, signing: Signing) -> None:
    """Retire each CONTACT: it is listed no more. The secretariat withdraws provisional ones with it."""
    with opened(terminal) as desk:
        known = desk.replica().view.contacts
        for name in names:
            if name not in known:
                raise NotFound(f"there is no contact {name}; `enlace find` lists them")
        terminal.confirm(f"Retire {', '.join(names)}?", yes=yes)
        kind = WithdrawProvisional if desk.profile.identity.kind == "secretariat" else RetireContact
        signing.issue(desk, kind, *_once(names))
        terminal.result({"retired": list(names)}, f"Retired: {', '.join(names)}.")


def _once(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"contact": name} for name in dict.fromkeys(names)]


def _circles(
    view: View,
    name: str,
    changes: dict[str, str],
    add: tuple[str, ...],
    remove: tuple[str, ...],
    *,
    for_all: bool,
) -> str:
    """The circles a contact is to be published to, as the cell that says so; raises NotFound or Usage."""
    if "circles" in changes:
        raise Usage(
            "say which circles with --set circles=… or with --circle, --not-circle and --for-all, not with both"
        )
    before = view.contacts.get(name)
    stood = before.circles if before is not None and before.listed else ()
    return "; ".join(other_circles(view, name, stood, add, remove, for_all=for_all))


def _wanted(desk: Unlocked, view: View, name: str, changes: dict[str, str]) -> Wanted:
    """The contact as it stands, with the changes; raises Usage with all that is wrong with them."""
    member = desk.profile.identity.member
    found = {each.id: each for each in entries(view, desk.store.bodies(), desk.clock(), reader=member)}
    before = found[name].body if name in found else None
    country = name.partition("-")[0].upper()
    # Of one whose details were erased the record is left: whoever serves it goes on serving it.
    standing = cells_of_entry(found[name]) if name in found else {}
    cells = {"country": country} | standing | changes | {"contact": name}
    try:
        wanted = wanted_of({column: cell for column, cell in cells.items() if cell})
    except LineError as error:
        raise Usage(str(error)) from error
    wrong = [f"{column}: {what}; {do}" for column, what, do in faults(wanted.body, before)]
    if wrong:
        raise Usage("; ".join(wrong))
    return wanted


def _cells(values: tuple[str, ...], country: str) -> dict[str, str]:
    cells: dict[str, str] = {}
    for each in values:
        header, equals, text = each.partition("=")
        name = column_name(header)
        if not equals or name is None:
            near = nearest_column(header)
            raise Usage(f"no detail is called {header!r}" + (f"; did you mean {near}?" if near else ""))
        if name in cells:
            raise Usage(f"{name} is given twice; give it once")
        if text.strip() in ("…", "..."):
            raise Usage(f"{name}: three dots stand for what you are to fill in; write it in their place")
        try:
            text.encode()
            cells[name] = column(name).canonical(dialled_in(text, country) if name == "phone" else text)
        except UnicodeEncodeError as error:
            raise Usage(f"{name}: what was given is no UTF-8 text") from error
        except CellError as error:
            raise Usage(f"{name}: {error.what}; {error.do}") from error
    return cells
