"""`enlace circle`: sub-regional or thematic networks inside the network, and who is in them."""

from typing import Any

import click

from desk.commands.officers import parse_names
from desk.commands.options import checked, opened, with_passphrase
from desk.commands.signing import Signing, fresh_batch, newest, with_roots
from desk.entries.circles import CircleChange, changed, check_circles, circle_names, published_to
from desk.errors import Declined, NotFound
from desk.link.session import check_look_up, connected
from desk.profile.unlocked import Unlocked
from desk.safe_text import block, line
from desk.terminal import Terminal, run
from directory.bodies import CircleBody
from directory.fields import CircleId
from directory.four_languages import OFFICIAL
from directory.statement import SetCircle
from directory.view import NEVER, View


@click.group(short_help="Show the circles of the network; make and change them.")
def circle() -> None:
    """Show the circles of the network; make and change them.

    A circle is a named set of members. Details that are published to circles are handed to their members alone.
    """


@circle.command("list", short_help="List the circles.")
@with_passphrase
def list_circles(terminal: Terminal) -> None:
    """List the circles: what they are called, how many members are in them, and whether yours is."""
    with opened(terminal) as desk:
        view, bodies, own = _view(terminal, desk), desk.store.bodies(), desk.profile.identity.member
        rows = [_plain(view, bodies, each, own) for each in sorted(view.circles)]
        text = "\n".join(
            f"{row['circle']:<20} {len(row['members']):>3} members {len(row['contacts']):>4} contacts  "
            f"{'yours is in it' if row['inside'] else 'yours is not' if own else '':<15} {_called(row)}".rstrip()
            for row in rows
        )
        terminal.result({"circles": rows}, text or "There is no circle.")


@circle.command("show", short_help="Show who is in a CIRCLE, and what is published to it.")
@click.argument("name", metavar="CIRCLE")
@with_passphrase
def show_circle(terminal: Terminal, name: str) -> None:
    """Show who is in a CIRCLE, and what is published to it."""
    with opened(terminal) as desk:
        view, bodies = _view(terminal, desk), desk.store.bodies()
        check_circles(view, [name])
        row = _plain(view, bodies, name, desk.profile.identity.member)
        lines = [
            name,
            *(f"  {tag}  {line(text)}" for tag, text in sorted(row["names"].items())),
            f"Members   {_listed(view, row['members'])}",
            f"Contacts  {', '.join(row['contacts']) or 'none'}",
        ]
        terminal.result(row, "\n".join(lines))


@circle.command("set", short_help="Make a CIRCLE, or change who is in it.")
@click.argument("circle_id", metavar="CIRCLE")
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="LANG=TEXT",
    help="Its name in a language, such as es=Frontera sur; repeat it. The other languages keep theirs.",
)
@click.option("--add", multiple=True, metavar="MEMBER", help="Add a member; repeat it.")
@click.option("--remove", multiple=True, metavar="MEMBER", help="Remove a member; repeat it.")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
@with_roots
def set_circle(
    terminal: Terminal,
    circle_id: str,
    names: tuple[str, ...],
    add: tuple[str, ...],
    remove: tuple[str, ...],
    yes: bool,
    signing: Signing,
) -> None:
    """Make a CIRCLE (an id such as southern-border), or change who is in it. Root keys have to sign.

    Who is added gets the details of every contact that is published to it. Who is removed gets no more of them, and
    their desks erase what they had at their next synchronisation; what was noted elsewhere no rule takes back.
    """
    checked(circle_id, CircleId, "id of a circle", "southern-border")
    wanted = parse_names(names)
    with opened(terminal) as desk:

        def planned(view: View) -> CircleChange:
            return changed(view, desk.store.bodies(), circle_id, add, remove, wanted)

        view = run(newest(desk)).view
        change, contacts = planned(view), published_to(view, circle_id)
        plain = {"circle": circle_id, "members": change.members, "joining": change.joining, "leaving": change.leaving}
        if change.empty:
            terminal.result(plain | {"changed": False}, f"Circle {circle_id} is so already; nothing was published.")
            return
        if contacts and (change.joining or change.leaving):
            terminal.note(block("\n".join(_means(change, contacts)), bar=""))
            terminal.confirm(f"Change circle {circle_id}?", yes=yes)

        async def work() -> None:
            async with connected(desk.keyring, terminal.clock) as client:
                batch = await fresh_batch(desk, client, signing.roots(), signing.elsewhere)
                if planned(batch.view) != change or published_to(batch.view, circle_id) != contacts:
                    raise Declined(f"circle {circle_id} changed meanwhile; nothing was published: call it again")
                old = batch.view.circles.get(circle_id)
                kept = old.body if old is not None and not change.renamed else None
                body = kept or batch.body(CircleBody(names=dict(change.names)))
                batch.issue(SetCircle, circle=circle_id, members=change.members, body=body)
                await signing.publish(desk, client, batch)

        run(work())
        lacking = [each for each in OFFICIAL if each not in {tag.partition("-")[0] for tag in change.names}]
        if lacking:
            terminal.warn(f"circle {circle_id} has no name in {', '.join(lacking)}; --name gives it one")
        members = ", ".join(change.members) or "nobody"
        terminal.result(plain | {"changed": True}, f"Circle {circle_id} is set. In it: {members}.")


def _view(terminal: Terminal, desk: Unlocked) -> View:
    check_look_up(desk.keyring, terminal.clock())
    replica = desk.replica()
    if replica.checkpoint is None:
        raise NotFound("this desk has no directory yet; run `enlace sync`")
    return replica.view


def _plain(view: View, bodies: dict[str, bytes], name: str, own: str) -> dict[str, Any]:
    record = view.circles[name]
    return {
        "circle": name,
        "names": circle_names(bodies, record),
        "members": list(record.members),
        "contacts": list(published_to(view, name)),
        "inside": own in record.members,
    }


def _called(row: dict[str, Any]) -> str:
    return line("; ".join(f"{tag}: {text}" for tag, text in sorted(row["names"].items())), 100)


def _listed(view: View, members: list[str]) -> str:
    words = (f"{each} (revoked)" if view.members[each].revoked != NEVER else each for each in members)
    return ", ".join(words) or "nobody"


def _means(change: CircleChange, contacts: tuple[str, ...]) -> list[str]:
    what = f"{len(contacts)} contacts ({', '.join(contacts[:8])}{', …' if len(contacts) > 8 else ''})"
    what = what.replace("1 contacts", "1 contact") if len(contacts) == 1 else what
    lines = [f"{', '.join(change.joining)} will see the details of {what}, for good"] if change.joining else []
    if change.leaving:
        lines.append(f"{', '.join(change.leaving)} will not be shown those of {what}; what was noted stays theirs")
    return lines
