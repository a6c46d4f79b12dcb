"""`enlace contact`: what a member's administrators publish, and what the secretariat lists as provisional."""

from typing import Any

import click

from desk.commands.attest import attest
from desk.commands.options import opened, read_file, with_passphrase
from desk.commands.signing import Signing, fresh_batch, with_roots
from desk.contact_batch import (
    FORMATS,
    MOST_IN_BATCH,
    add_contact,
    as_it_is,
    describe_plan,
    file_plan,
    sample_plan,
)
from desk.errors import Declined, NotFound, Usage
from desk.safe_text import block, line
from desk.session import connected
from desk.statements import Batch
from desk.terminal import Terminal, run
from desk.unlocked import Unlocked
from directory.csv_columns import column, column_name, nearest_column
from directory.csv_contact import LineError, Wanted, cells_of, wanted_of
from directory.csv_plan import Plan
from directory.csv_problem import CellError, ImportRefused
from directory.entry import entries
from directory.sample import provisional_contacts
from directory.statement import RetireContact, WithdrawProvisional


@click.group(short_help="Publish, confirm, retire and import points of contact.")
def contact() -> None:
    """Publish, confirm, retire and import points of contact."""


@contact.command(short_help="Publish CONTACT, or change what is published of it.")
@click.argument("name", metavar="CONTACT")
@click.option(
    "--set", "values", multiple=True, metavar="COLUMN=VALUE", help="A detail, as in an import file; repeat it for each."
)
@with_passphrase
@with_roots
def publish(terminal: Terminal, name: str, values: tuple[str, ...], signing: Signing) -> None:
    """Publish CONTACT (an id such as co-desk), or change what is published of it.

    Details have the names and forms of the columns of an import file (docs/csv-import.md), for instance
    --set function=trafficking-24-7 --set "name_es=Mesa 24/7" --set "phone=always:+12025550123" --set officers=ID.
    What is not set stays as it is.
    """
    with opened(terminal) as desk:
        changes = _cells(values)

        async def work() -> Wanted:
            async with connected(desk.keyring, terminal.clock) as client:
                batch = await fresh_batch(desk, client, signing.voices(desk), signing.elsewhere)
                wanted = _wanted(desk, batch, name, changes)
                add_contact(batch, wanted, desk.profile.identity.member)
                await signing.publish(desk, client, batch)
                return wanted

        wanted = run(work())
        terminal.result({"contact": name, "cells": cells_of(wanted)}, f"Published {name}.")


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


@contact.command("import", short_help="Import contacts from a CSV FILE: all of it or nothing.")
@click.argument("file", required=False, metavar="[FILE]")
@click.option("--sample", is_flag=True, help="Import the sample that comes with Enlace instead of a file.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(sorted(FORMATS)),
    default="contacts",
    show_default=True,
    help="How FILE is laid out: contacts as in docs/csv-import.md, or one of two public lists.",
)
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
@with_roots
def import_contacts(
    terminal: Terminal,
    file: str | None,
    sample: bool,
    kind: str,
    dry_run: bool,
    yes: bool,
    signing: Signing,
) -> None:
    """Import contacts from a CSV FILE: all of it or nothing; a second time changes nothing.

    An administrator publishes for the own member; the secretariat, with root keys, lists provisional contacts
    of states not yet admitted. Every error is shown with its line, and then nothing is imported.
    """
    if (file is None) != sample:
        raise Usage("give either a FILE or --sample")
    raw = read_file(file, "file", 16 << 20) if file is not None else None
    with opened(terminal) as desk:
        plan = _plan(terminal, desk, raw, kind)
        plain = {"added": len(plan.added), "changed": len(plan.changed), "unchanged": len(plan.unchanged)}
        if dry_run:
            terminal.result(plain | {"dry_run": True}, describe_plan(plan) + "\nNothing was changed (--dry-run).")
            return
        if plan.steps:
            terminal.note(block(describe_plan(plan), bar=""))
            terminal.confirm("Publish this?", yes=yes)
        done = _import(terminal, desk, signing, plan)
        terminal.result(
            plain | {"statements": done}, f"{describe_plan(plan, short=True)}\n{done} statements published."
        )


def _import(terminal: Terminal, desk: Unlocked, signing: Signing, plan: Plan) -> int:
    if len(plan.steps) > MOST_IN_BATCH:
        raise Usage(
            f"{len(plan.steps)} statements; at most {MOST_IN_BATCH} go in one piece, all or none: split the file"
        )
    if not plan.steps:
        return 0

    async def work() -> int:
        async with connected(desk.keyring, terminal.clock) as client:
            batch = await fresh_batch(desk, client, signing.voices(desk), signing.elsewhere)
            for wanted in plan.steps:
                add_contact(batch, wanted, desk.profile.identity.member)
            await signing.publish(desk, client, batch)
            return len(batch.statements)

    return run(work())


def _plan(terminal: Terminal, desk: Unlocked, raw: bytes | None, kind: str) -> Plan:
    member, found = desk.profile.identity.member, _entries(terminal, desk)
    country = desk.replica().view.members[member].country if member else ""
    try:
        if raw is None:
            return sample_plan(found, country=country, rows=None if member else provisional_contacts())
        return file_plan(raw, kind, found, country=country, provisional=not member)
    except ImportRefused as refused:
        for problem in refused.problems:
            terminal.note(line(str(problem)))
        raise Declined(f"{len(refused.problems)} error(s) in the file; nothing was imported") from refused


def _once(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"contact": name} for name in dict.fromkeys(names)]


def _entries(terminal: Terminal, desk: Unlocked) -> tuple[Any, ...]:
    member = desk.profile.identity.member
    return entries(desk.replica().view, desk.store.bodies(), terminal.clock(), desk.store.covered, member)


def _wanted(desk: Unlocked, batch: Batch, name: str, changes: dict[str, str]) -> Wanted:
    """The contact as it stands, with the changes; raises Usage with all that is wrong with them."""
    found = {each.id: each for each in entries(batch.view, desk.store.bodies(), desk.clock())}
    before = as_it_is(found[name]) if name in found else None
    country = name.partition("-")[0].upper()
    cells = {"country": country} | (cells_of(before) if before else {}) | changes | {"contact": name}
    try:
        return wanted_of({column: cell for column, cell in cells.items() if cell})
    except LineError as error:
        raise Usage(str(error)) from error


def _cells(values: tuple[str, ...]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for each in values:
        header, equals, text = each.partition("=")
        name = column_name(header)
        if not equals or name is None:
            near = nearest_column(header)
            raise Usage(f"no detail is called {header!r}" + (f"; did you mean {near}?" if near else ""))
        if name in cells:
            raise Usage(f"{name} is given twice; give it once")
        try:
            text.encode()
            cells[name] = column(name).canonical(text)
        except UnicodeEncodeError as error:
            raise Usage(f"{name}: what was given is no UTF-8 text") from error
        except CellError as error:
            raise Usage(f"{name}: {error.what}; {error.do}") from error
    return cells
