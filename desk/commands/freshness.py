"""`enlace freshness`: how old and how good the entries of a member are, and what would better them.

1. What counts as not reached is what this desk's own messages met with (`desk.mail.reached`); a desk that sent none
   takes no points for it. So the report names the device that made it: everything else in it is the same at every desk
   of a member with the same directory, at the same time.
2. It says when it was made, and from which directory: its size and root, and since when that is vouched for.
3. Commands, and the root, stand unbroken on a line of their own, however narrow the terminal: so they can be copied.
"""

import time
from collections.abc import Mapping
from typing import Any

import click

from crypto.encoding import b64
from desk.commands.look_up import directory_plain, looked_up
from desk.commands.options import opened, with_passphrase
from desk.errors import NotFound, Usage
from desk.mail.reached import Reached, reached
from desk.profile.unlocked import Unlocked
from desk.report_lines import hanging
from desk.safe_text import line
from desk.terminal import Terminal, stamp
from directory.entry import DAY
from directory.exchange.csv_cells import escaped, tidy
from directory.exchange.csv_text import write_table
from directory.mending import command
from directory.quality import MemberQuality, Quality, of_member
from directory.statement import Freshness
from directory.view import NEVER

COLUMNS = (
    "member", "contact", "name", "function", "confirmed", "days", "freshness", "due", "shown_last", "score", "lacks",
    "reached", "mend", "absence",
)  # fmt: skip
MADE = ("made", "by", "size", "root", "vouched")


@click.command(short_help="Report how fresh and how complete the entries of MEMBER are.")
@click.argument("members", nargs=-1, metavar="[MEMBER...]")
@click.option("--all", "every", is_flag=True, help="Every member, the one with the lowest score first.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table with one line a contact (CSV).")
@with_passphrase
def freshness(terminal: Terminal, members: tuple[str, ...], every: bool, as_csv: bool) -> None:
    """Report how fresh and how complete the entries of MEMBER are: your own, if you name none.

    A score counts down from 100 by what an entry lacks; every lack comes with the command that mends it.
    How it is reckoned, and what --csv and --json print: docs/finding.md.
    """
    if every and members:
        raise Usage("name the members, or say --all")
    with opened(terminal) as desk:
        found, now = looked_up(terminal, desk), terminal.clock()
        view = desk.replica().view
        wanted = _wanted(desk, members, every=every)
        policy, members_ = view.founded.policy.freshness, frozenset(wanted)
        asked = [each.id for each in found if each.contact.member in members_]
        known = reached(desk.keyring.vault, desk.mail, view, asked, now)
        missed = frozenset(contact for contact, each in known.items() if each.unreached)
        reports = sorted(
            (of_member(each, found, missed) for each in wanted), key=lambda each: (each.score, each.member)
        )
        rows = [_row(report, each, policy, now, known) for report in reports for each in report.entries]
        made = _made(desk, now)
        if as_csv:
            table = _table(reports, rows, made)
            terminal.result({"csv": table.decode()}, table.decode().removeprefix("\ufeff").rstrip("\n"))
            return
        plain = [
            {"member": each.member, "score": each.score, "contacts": len(each.entries), **each.grades}
            for each in reports
        ]
        width = terminal.width
        parts = [_text(each, policy, now, known, width, brief=len(reports) > 1) for each in reports]
        text = "\n".join(
            [*(parts or ["There is no member."]), "", hanging(_made_text(made), width, 2), f"root {made['root']}"]
        )
        terminal.result({"members": plain, "contacts": rows, **made}, text)


def _made(desk: Unlocked, now: int) -> dict[str, Any]:
    """When, at which device and from which directory a report is made."""
    checkpoint, directory = desk.replica().checkpoint, directory_plain(desk, now)
    return {
        "made": now,
        "by": desk.profile.identity.device,
        "size": directory["size"],
        "root": b64(checkpoint.checkpoint.root) if checkpoint is not None else "",
        "vouched": directory["time"],
        "witnessed": directory["witnessed"],
    }


def _table(reports: list[MemberQuality], rows: list[dict[str, Any]], made: dict[str, Any]) -> bytes:
    """One line a contact, and one without a contact for a member that lists none; each says of when it is."""
    stamped = made | {"made": _time(made["made"]), "vouched": _time(made["vouched"])}
    none = [{"member": each.member, "score": each.score} for each in reports if not each.entries]
    told = [dict.fromkeys(COLUMNS, "") | each | stamped for each in (*none, *rows)]
    return write_table((*COLUMNS, *MADE), ([_cell(each[name]) for name in (*COLUMNS, *MADE)] for each in told))


def _made_text(made: dict[str, Any]) -> str:
    who = "by its witnesses" if made["witnessed"] else "by its log, unwitnessed"
    vouched = f"vouched for {who}, at {stamp(made['vouched'])}" if made["vouched"] else "vouched for by nobody"
    return f"made {stamp(made['made'])} from a directory of {made['size']} statements, {vouched}"


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
    """A cell of the table; of what mends, the commands. What others wrote loses its invisible characters: behind one, a
    formula is none to us, and to a spreadsheet it may be."""
    if isinstance(value, list):
        commands = [each["type"] for each in value if isinstance(each, dict)]
        return escaped(" | ".join(commands) if commands else "; ".join(each for each in value if isinstance(each, str)))
    return escaped(tidy(str(value)))


def _text(
    report: MemberQuality, policy: Freshness, now: int, known: Mapping[str, Reached], width: int, *, brief: bool
) -> str:
    counts = ", ".join(f"{count} {grade}" for grade, count in report.grades.items() if count)
    head = f"{report.member}  score {report.score} of 100  {counts or 'no contact published'}"
    if brief:
        return head
    lines = [head]
    for each in report.entries:
        row = _row(report, each, policy, now, known)
        lines.append("")
        lines.append(hanging(f"  {row['contact']}  score {each.score}  {line(row['name'])}", width, 4))
        told = [_confirmed(row)]
        if row["reached"]:
            told.append(f"last reached from this desk: {row['reached']}")
        if row["absence"] in _UNSEEN:
            told.append(_UNSEEN[row["absence"]])
        lines += [hanging(f"    {words}", width, 6) for words in told]
        for mend in row["mend"]:
            lines.append(hanging(f"    -{mend['points']:<3} {mend['means']}; {mend['do']}:", width, 9))
            lines.append(f"         {mend['type']}")
    return "\n".join(lines)


_UNSEEN = {
    "withheld": "its details are shared within circles alone: judged by what every member sees",
    "missing": "ALARM: its details are missing here, and nobody erased them: judged by the rest; run `enlace sync`",
}


def _confirmed(row: dict[str, Any]) -> str:
    return f"{row['freshness']}: confirmed {row['confirmed']}, due {row['due']}, last from {row['shown_last']}"


def _time(moment: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)) if moment else ""


def _day(moment: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))
