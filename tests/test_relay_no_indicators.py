"""The relay computes no indicators: nothing in it counts forms, response times or outcomes, by authority or at all.

1. What was accepted within a minute and what was refused after hours leave the same tables once their records end.
2. What its SQL counts are queues, uploads, log-ins: never the steps by which a message is accepted or refused.
3. No code, SQL or page of it names a form, a drill or a median. The desk computes indicators, and the relay cannot
   import it (`test_house_rooms.py`).
4. Its tables, its metrics and their labels are those that the threat model lists (`test_docs_threat_model.py`); its
   commands are these.
"""

import ast
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import click
from house_source import ROOT, files, tree
from mail_world import DAY, MailHouse, envelope

from desk.forms.catalogue import forms
from relay.commands import relay
from relay.mail.settings import MailSettings
from relay.rules.release import Act

Rows = dict[str, list[tuple[object, ...]]]
COUNTED = {
    "calls", "items", "recovery", "sessions", "portal_sessions", "uploads", "used_steps", "sqlite_schema", "…",
}  # fmt: skip
"""The tables that are counted; … is whichever is sealed anew under another key at rest."""
COMPUTED = re.compile(
    r"indicator|indicador|indicateur|percentil|\bmedian|médian|\bdrill|simulacr|\bavg\(|statistics", re.I
)
COMMANDS = {
    "check", "init", "policy", "rekey", "serve", "certificate authority", "certificate renew", "certificate take",
    "rest-key mend", "rest-key renew",
}  # fmt: skip
SETTINGS = MailSettings(line_seconds=5 * DAY, record_seconds=3 * DAY)


def left(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that has one."""
    db = sqlite3.connect(path)
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    rows = {name: db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in names}
    db.close()
    return {name: found for name, found in rows.items() if found and name != "migrations"}


def made(folder: Path) -> Path:
    """A new folder."""
    folder.mkdir()
    return folder


async def before_and_after(folder: Path, fetched: int, act: Act, answered: int) -> tuple[Rows, Rows]:
    """What the relay has of a message that was answered in that way; and once all about it has had its time."""
    async with MailHouse(folder, "sqlite", SETTINGS) as house:
        sent = envelope(house.directory)
        await house.submit(sent)
        house.time.move(fetched)
        await house.take("co-night")
        house.time.move(answered)
        await house.step("co-night", sent.hash, act)
        before = left(folder / "mail.db")
        for _ in range(2):  # what was being swept when the time leapt is swept at the second
            await house.settled()
            house.time.move(10 * DAY)
        await house.settled()
    return before, left(folder / "mail.db")


async def test_how_it_was_answered_and_how_soon_is_gone_with_the_record(tmp_path: Path) -> None:
    before, soon = await before_and_after(made(tmp_path / "soon"), 10, "accepted", 50)
    other, late = await before_and_after(made(tmp_path / "late"), 4 * 3600, "refused", 2 * 3600)
    assert {"envelopes", "deliveries", "steps", "items"} <= before.keys() & other.keys()
    assert before != other
    assert soon == late
    assert soon.keys() <= {"queues", "kept"}


def sql() -> Iterator[str]:
    """Every text in the relay's code, and its migrations."""
    for path in files("relay", suffix=".py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_acceptances_and_refusals_are_never_counted() -> None:
    counting = [each for each in sql() if re.search(r"\b(count|sum|total|avg)\([^)]*\)[^;]* FROM ", each, re.I)]
    tables = {name for each in counting for name in re.findall(r"\b(?:count|sum)\([^;]*? FROM ([\w…]+)", each, re.I)}
    assert tables == COUNTED
    assert [each for each in counting if re.search(r"\b(steps|orders|turns|deliveries)\b", each)] == []


def test_no_code_and_no_page_names_a_form_a_drill_or_a_median() -> None:
    names = re.compile("|".join(re.escape(each.partition("/")[0]) for each in forms()))
    paths = [each for each in (ROOT / "relay").rglob("*") if each.suffix in (".py", ".sql", ".html", ".json")]
    paths += [each for each in (ROOT / "directory" / "pages").rglob("*") if each.suffix in (".py", ".html", ".json")]
    assert len(paths) > 100
    found = {path.name: [*COMPUTED.findall(text), *names.findall(text)] for path in paths if (text := path.read_text())}
    assert {name: words for name, words in found.items() if words} == {}


def test_the_relays_commands_are_these() -> None:
    def typed(group: click.Group, before: str = "") -> Iterator[str]:
        for name, each in group.commands.items():
            yield from typed(each, f"{name} ") if isinstance(each, click.Group) else [f"{before}{name}"]

    assert set(typed(relay)) == COMMANDS
