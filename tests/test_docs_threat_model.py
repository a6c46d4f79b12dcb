"""docs/threat-model.md: each datum the relay stores or logs is justified, and officers read what it says they read.

1. Each column of each table of the relay stands in the page, in its table's row, with a lifetime.
2. Each field that a log line may hold stands there, and each number of the metrics with its labels.
3. What the page quotes as a desk's words is in the code, letter for letter; `…` stands for what is filled in.
"""

import ast
import re
import sqlite3
from collections.abc import Iterator

import pytest
from house_source import ROOMS, ROOT, files, tree

from config.database import packaged_migrations
from config.logs import ALWAYS
from relay.log_fields import FIELDS
from relay.mail import sqlite_store
from relay.store import sqlite_accounts, sqlite_directory, sqlite_log

PAGE = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
KEPT = PAGE.split("\n## What the relay keeps, and why\n")[1].split("\n## ")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in KEPT.splitlines() if line.startswith("| ")]
STORES = {
    "log.db": sqlite_log.MIGRATIONS,
    "directory.db": sqlite_directory.MIGRATIONS,
    "accounts.db": sqlite_accounts.MIGRATIONS,
    "mail.db": sqlite_store.MIGRATIONS,
}
QUOTE = re.compile(r"“([^”]+)”")


def tables(package: str) -> dict[str, set[str]]:
    """The columns of every table that a package's migrations make."""
    db = sqlite3.connect(":memory:")
    for _, sql in packaged_migrations(package):
        db.executescript(sql)
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    found = {name: {row[1] for row in db.execute(f"PRAGMA table_info({name})")} for name in names}
    db.close()
    return found


def told() -> dict[str, dict[str, set[str]]]:
    """Columns by table by store, as the page has them."""
    found: dict[str, dict[str, set[str]]] = {}
    store = ""
    for where, datum, *_ in ROWS:
        store = where.strip("`") or store
        if match := re.match(r"`(\w+)`: ", datum):
            found.setdefault(store, {})[match[1]] = set(re.findall(r"`(\w+)`", datum[match.end() :]))
    return found


@pytest.mark.parametrize("store", STORES)
def test_every_column_is_justified(store: str) -> None:
    assert told()[store] == tables(STORES[store])


def test_every_datum_says_why_and_until_when() -> None:
    assert [row for row in ROWS if len(row) != 4 or not row[1] or not row[2] or not row[3]] == []


def test_every_field_of_a_log_line_is_justified() -> None:
    (row,) = [row for row in ROWS if row[0] == "log lines"]
    assert set(re.findall(r"`(\w+)`", row[1])) == FIELDS | ALWAYS


def metrics() -> dict[str, set[str]]:
    """The labels of every number that the relay counts, by its name; all of them are made in one file."""
    found = dict[str, set[str]]()
    for node in ast.walk(tree(ROOT / "relay" / "metrics.py")):
        match node:
            case ast.Call(args=[ast.Constant(str(name)), *more]) if name.startswith("enlace_"):
                labels = [ast.literal_eval(each) for each in more if isinstance(each, ast.Tuple)]
                found[name] = {label for each in labels for label in each}
    return found


def test_every_number_of_the_metrics_is_justified() -> None:
    (row,) = [row for row in ROWS if row[0] == "metrics"]
    told = re.findall(r"`(enlace_\w+)`(?: \(by ([^)]*)\))?", row[1])
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in told} == metrics()
    users = [path for path in files("relay", suffix=".py") if "prometheus_client" in path.read_text("utf-8")]
    assert [path.name for path in users] == ["metrics.py"]


def texts() -> Iterator[str]:
    """Every text in the rooms, with `…` where something is filled in."""
    for path in files(*ROOMS, suffix=".py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)


def test_officers_read_what_the_page_quotes() -> None:
    written = list(texts())
    quotes = [" ".join(quote.split()) for quote in QUOTE.findall(PAGE)]
    assert len(quotes) > 15
    missing = []
    for quote in quotes:
        parts = [part.strip(" ().:") for part in quote.split("…") if part.strip(" ().:")]
        if not any(all(part in text for part in parts) for text in written):
            missing.append(quote)
    assert missing == []
