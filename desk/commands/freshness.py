"""`enlace freshness`: how old and how good the entries of a member are, and what would better them.

What counts as not reached is what this desk's own messages met with (`desk.reached`); a desk that sent none takes no
points for it.
"""

import time
from collections.abc import Mapping
from typing import Any

import click

from desk.commands.options import opened, with_passphrase
from desk.errors import NotFound
from desk.reached import Reached, reached
from desk.safe_text import line
from desk.session import check_look_up
from desk.terminal import Terminal
from desk.unlocked import Unlocked
from directory.csv_cells import escaped
from directory.csv_text import write_table
from directory.entry import DAY, entries
from directory.mending import command
from directory.quality import MemberQuality, Quality, of_member
from directory.statement import Freshness
from directory.view import NEVER

COLUMNS = (
    "member", "contact", "name", "function", "confirmed", "days", "freshness", "due", "shown_last", "score", "lacks",
    "reached", "mend", "absence",
)  # fmt: skip


@click.command(short_help="Report how fresh and how complete the entries of MEMBER are.")
@click.argument("members", nargs=-1, metavar="[MEMBER...]")
@click.option("--all", "every", is_flag=True, help="Every member, the one with the lowest score first.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table with one line a contact (CSV).")
@with_passphrase
def freshness(terminal: Terminal, members: tuple[str, ...], every: bool, as_csv: bool) -> None:
    """Report how fresh and how complete the entries of MEMBER are: your own, if you name none.

    A score counts down from 100 by what an entry lacks; every lack comes with the command that mends it.
    What --csv and --json print: docs/finding.md.
    """
    with opened(terminal) as desk:
        check_look_up(desk.keyring, terminal.clock())
        if desk.replica().checkpoint is None:
            raise NotFound("this desk has no directory yet; run `enlace sync`")
        view, now = desk.replica().view, terminal.clock()
        wanted = _wanted(desk, members, every=every)
        found = entries(view, desk.store.bodies(), now, desk.store.covered, desk.profile.identity.member)
        policy, members_ = view.founded.policy.freshness, frozenset(wanted)
        asked = [each.id for each in found if each.contact.member in members_]
        known = reached(desk.keyring.vault, desk.mail, view, asked, now)
        missed = frozenset(contact for contact, each in known.items() if each.unreached)
        reports = sorted(
            (of_member(each, found, missed) for each in wanted), key=lambda each: (each.score, each.member)
        )
        rows = [_row(report, each, policy, now, known) for report in reports for each in report.entries]
        if as_csv:
            table = write_table(COLUMNS, ([_cell(row[column]) for column in COLUMNS] for row in rows))
            terminal.result({"csv": table.decode()}, table.decode().removeprefix("\ufeff").rstrip("\n"))
            return
        plain = [
            {"member": each.member, "score": each.score, "contacts": len(each.entries), **each.grades}
            for each in reports
        ]
        text = "\n".join(_text(each, policy, now, known, brief=len(reports) > 1) for each in reports)
        terminal.result({"members": plain, "contacts": rows}, text or "There is no member.")


def _wanted(desk: Unlocked, members: tuple[str, ...], *, every: bool) -> list[str]:
    view, own = desk.replica().view, desk.profile.identity.member
    live = [each for each in view.members if view.members[each].revoked == NEVER]
    if every or (not members and not own):
        return sorted(live)
    for each in members:
        if each not in view.members:
            raise NotFound(f"there is no member {each}; `enlace network show` lists them")
    return list(dict.fromkeys(members)) or [own]


def _row(
    report: MemberQuality, each: Quality, policy: Freshness, now: int, known: Mapping[str, Reached]
) -> dict[str, Any]:
    entry, last = each.entry, known.get(each.entry.id)
    return {
        "member": report.member,
        "contact": entry.id,
        "name": entry.name("en"),
        "function": entry.contact.function,
        "confirmed": _day(entry.since),
        "days": entry.age_days(now),
        "freshness": entry.grade,
        "due": _day(entry.since + policy.due * DAY),
        "shown_last": _day(entry.since + policy.doubtful * DAY),
        "reached": _day(last.at) if last and last.at else "never" if last else "",
        "score": each.score,
        "lacks": [lack.code for lack in each.lacks],
        "mend": [
            {
                "lack": lack.code,
                "points": lack.points,
                "means": lack.words,
                "do": lack.mend,
                "type": command(lack.code, entry),
            }
            for lack in each.lacks
        ],
        "absence": entry.absence or "",
    }


def _cell(value: object) -> str:
    """A cell of the table; of what mends, the commands."""
    if isinstance(value, list):
        commands = [each["type"] for each in value if isinstance(each, dict)]
        return escaped(" | ".join(commands) if commands else "; ".join(each for each in value if isinstance(each, str)))
    return escaped(str(value))


def _text(report: MemberQuality, policy: Freshness, now: int, known: Mapping[str, Reached], *, brief: bool) -> str:
    counts = ", ".join(f"{count} {grade}" for grade, count in report.grades.items() if count)
    head = f"{report.member}  score {report.score} of 100  {counts or 'no contact published'}"
    if brief:
        return head
    lines = [head]
    for each in report.entries:
        row = _row(report, each, policy, now, known)
        lines.append(f"\n  {row['contact']}  score {each.score}  {line(row['name'])}")
        lines.append(
            f"    {row['freshness']}: confirmed {row['confirmed']}, due {row['due']}, last from {row['shown_last']}"
        )
        if row["reached"]:
            lines.append(f"    last reached from this desk: {row['reached']}")
        if row["absence"] == "withheld":
            lines.append("    its details are shared within circles alone: judged by what every member sees")
        for mend in row["mend"]:
            lines += [f"    -{mend['points']:<3} {mend['means']}; {mend['do']}:", f"         {mend['type']}"]
    return "\n".join(lines)


def _day(moment: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))
