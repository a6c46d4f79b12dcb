"""Who may import whom, and what pure code keeps away from (docs/architecture.md).

1. A room imports only the rooms named for it; of the relay the desk sees nothing but its protocol contract.
2. Nothing imports the tests or the bench.
3. Pure code, and every module of ours it reaches, imports nothing that waits, talks, stores or logs, and
   reads no clock, disk, environment or randomness. `crypto` alone may draw fresh keys (`os.urandom`); `desk.forms`
   alone reads its package's own data.
4. `crypto` uses the standard library and `cryptography`, nothing else.
5. Rooms use only the third-party packages that pyproject.toml names, and in the end all of those.
"""

import ast
import importlib
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from house_source import ROOMS, ROOT, files, imports, imports_in, module_name, reached, shown, tree, within

MAY_IMPORT = {
    "config": {"config"},
    "crypto": {"crypto"},
    "directory": {"directory", "crypto"},
    "relay": {"relay", "crypto", "directory", "config"},
    "desk": {"desk", "crypto", "directory", "config", "relay.protocol"},
}
PROTOCOL_MAY_IMPORT = {"relay.protocol", "crypto", "directory"}
NOBODY_IMPORTS = {"tests", "bench", "conftest"}

PURE = (
    *("crypto/**/*.py", "directory/judge*.py", "directory/judge/**/*.py", "relay/rules/**/*.py"),
    *(f"desk/{each}.py" for each in ("events/form", "events/order", "handling/rules", "timers/terms", "timers/timers")),
    *(f"desk/requests/{each}.py" for each in ("acts", "duplicates", "life")),
    *(f"desk/cases/{each}.py" for each in ("acts", "fold", "reading")),
)
IMPURE_MODULES = {
    *(
        "asyncio",
        "concurrent",
        "multiprocessing",
        "queue",
        "sched",
        "select",
        "selectors",
        "signal",
        "threading",
    ),
    *("aiohttp", "ftplib", "http.client", "http.server", "smtplib", "socket", "ssl", "urllib.request"),
    *("aiosqlite", "asyncpg", "glob", "pathlib", "shutil", "sqlite3", "subprocess", "tempfile", "zoneinfo"),
    *("click", "getpass", "logging", "prometheus_client", "rich", "structlog"),
    *("importlib", "platform", "random", "time"),
}
IMPURE_CALLS = {"open", "input", "print", "eval", "exec", "breakpoint"}
FRESH_KEYS = {"os.urandom", "secrets"}
CLOCKS = {"now", "utcnow", "today"}

MODULE_OF = {"pyjwt": "jwt", "prometheus-client": "prometheus_client"}
FOR_USE = ("sheets",)  # the extras that a room imports, where it is needed and no sooner
DATA_ONLY = {"tzdata"}  # read by zoneinfo where the system has no time zones of its own


def wrong_rooms(module: str, names: Iterator[tuple[str, int]]) -> list[str]:
    """The imports that a module of a room must not have (rules 1 and 2)."""
    room = module.split(".")[0]
    allowed = PROTOCOL_MAY_IMPORT if within(module, {"relay.protocol"}) else MAY_IMPORT[room]
    ours = set(ROOMS) | NOBODY_IMPORTS
    return [
        f"{module}:{line} imports {name}"
        for name, line in names
        if name.split(".")[0] in ours and not within(name, allowed)
    ]


def impurities(source: ast.Module, module: str, *, is_package: bool) -> list[str]:
    """What a pure module must not do (rule 3)."""
    in_crypto = within(module, {"crypto"})
    found = []
    for item in imports_in(source, module, is_package=is_package):
        fresh = in_crypto and (within(item.name, FRESH_KEYS) or item.name == "os")
        if within(item.name, IMPURE_MODULES) or (within(item.name, {"os", "secrets"}) and not fresh):
            found.append(f"{module}:{item.line} imports {item.name}")
    for node in ast.walk(source):
        if isinstance(node, ast.Attribute):
            of = node.value
            owner = of.attr if isinstance(of, ast.Attribute) else of.id if isinstance(of, ast.Name) else ""
            if (owner == "os" and node.attr != "urandom") or (owner in {"datetime", "date"} and node.attr in CLOCKS):
                found.append(f"{module}:{node.lineno} reads {owner}.{node.attr}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
            found.append(f"{module}:{node.lineno} calls {node.func.id}()")
    return found


def found_imports(path: Path) -> Iterator[tuple[str, int]]:
    return ((item.name, item.line) for item in imports(path))


def test_each_room_imports_only_the_rooms_it_may() -> None:
    wrong = [
        line for path in files(*ROOMS, suffix=".py") for line in wrong_rooms(module_name(path), found_imports(path))
    ]
    assert wrong == []


def test_importing_the_protocol_contract_runs_no_other_part_of_the_relay() -> None:
    front = ROOT / "relay" / "__init__.py"
    assert [item for item in imports(front) if item.name.startswith("relay")] == [], "keep relay/__init__.py bare"


def test_pure_code_stays_pure_with_all_it_reaches() -> None:
    wrong: set[str] = set()
    for path in sorted({path for pattern in PURE for path in ROOT.glob(pattern)}):
        for part, asker in reached(path).items():
            found = impurities(tree(part), module_name(part), is_package=part.name == "__init__.py")
            why = "" if part == path else f", and pure {shown(path)} reaches it by way of {shown(asker)}"
            wrong.update(line + why for line in found)
    assert sorted(wrong) == []


def test_forms_read_nothing_but_their_own_files() -> None:
    """`desk/forms` is pure as the judge is, but for the package's own data (`importlib.resources.files`)."""
    own = "imports importlib.resources.files"
    found = [
        line
        for path in files("desk/forms", suffix=".py")
        for line in impurities(tree(path), module_name(path), is_package=path.name == "__init__.py")
    ]
    assert [each for each in found if not each.endswith(own)] == []
    assert len(found) == 4, "forms and codes, parties, the table of HTCDS, the page's source"


def test_crypto_uses_the_standard_library_and_cryptography_only() -> None:
    allowed = {"crypto", "cryptography", *sys.stdlib_module_names}
    wrong = [
        f"{shown(path)}:{item.line} imports {item.name}"
        for path in files("crypto", suffix=".py")
        for item in imports(path)
        if item.name.split(".")[0] not in allowed
    ]
    assert wrong == []


def third_party() -> set[str]:
    used = {item.name.split(".")[0] for path in files(*ROOMS, suffix=".py") for item in imports(path)}
    return used - set(ROOMS) - NOBODY_IMPORTS - set(sys.stdlib_module_names)


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *(each for extra in FOR_USE for each in project["optional-dependencies"][extra])]
    names = {requirement.split(">=")[0] for requirement in asked} - DATA_ONLY
    return {MODULE_OF.get(name, name) for name in names}


def test_rooms_use_only_declared_packages() -> None:
    assert third_party() - declared() == set(), "name it in pyproject.toml, then: make lock"


def test_every_declared_package_is_in_real_use() -> None:
    if (ROOT / "desk" / "main.py").exists() and (ROOT / "relay" / "commands.py").exists():
        assert declared() - third_party() == set(), "no room imports it: take it out of pyproject.toml"


@pytest.mark.parametrize("room", ROOMS)
def test_the_room_that_python_imports_is_ours(room: str) -> None:
    where = importlib.import_module(room).__file__
    assert where is not None
    assert Path(where).resolve().parent == ROOT / room, "another package of this name is installed: use a fresh .venv"


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("config.settings", "import crypto.note"),
        ("crypto.note", "from directory import view"),
        ("directory.judge", "def f():\n    import relay.protocol"),
        ("directory.formats.card", "from ...desk import profile"),
        ("directory.view", "import importlib\nimportlib.import_module('config.logs')"),
        ("relay.commands", "from desk.main import main"),
        ("relay.protocol.steps", "from relay import storage"),
        ("relay.protocol.steps", "from config.settings import read"),
        ("desk.main", "import relay"),
        ("desk.main", "from relay import *"),
        ("desk.main", "from relay.storage import Store"),
        ("desk.main", "import relay.protocolish"),
        ("desk.main", "from bench import seal"),
        ("relay.service", "import tests.test_house_rooms"),
    ],
)
def test_a_forbidden_import_is_seen(module: str, source: str) -> None:
    found = imports_in(ast.parse(source), module, is_package=False)
    assert len(wrong_rooms(module, ((item.name, item.line) for item in found))) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("desk.main", "from relay import protocol"),
        ("desk.main", "from relay.protocol.steps import Step"),
        ("desk.main", "from .profile import Profile"),
        ("relay.protocol.steps", "from crypto.note import Note"),
        ("directory.judge", "import crypto"),
    ],
)
def test_an_allowed_import_is_not_held_against_a_room(module: str, source: str) -> None:
    found = imports_in(ast.parse(source), module, is_package=False)
    assert wrong_rooms(module, ((item.name, item.line) for item in found)) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("crypto.age", "import asyncio"),
        ("crypto.age", "from time import time"),
        ("crypto.age", "from os import environ"),
        ("crypto.age", "import os\nhome = os.environ"),
        ("crypto.age", "def f(path):\n    return open(path)"),
        ("directory.judge", "import os"),
        ("directory.judge", "from secrets import token_bytes"),
        ("directory.judge", "from datetime import datetime, UTC\nt = datetime.now(UTC)"),
        ("directory.judge", "import datetime\nt = datetime.date.today()"),
        ("relay.rules.login", "def f():\n    import structlog"),
        ("relay.rules.login", "import sqlite3"),
    ],
)
def test_an_impurity_is_seen(module: str, source: str) -> None:
    assert len(impurities(ast.parse(source), module, is_package=False)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("crypto.age", "import os\nkey = os.urandom(32)"),
        ("crypto.age", "import secrets"),
        ("directory.judge", "from datetime import UTC, datetime\nt = datetime.fromtimestamp(0, UTC)"),
        ("directory.judge", "def age(now: int, then: int) -> int:\n    return now - then"),
    ],
)
def test_a_pure_module_is_not_held_to_be_impure(module: str, source: str) -> None:
    assert impurities(ast.parse(source), module, is_package=False) == []
