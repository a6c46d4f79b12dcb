"""What gets installed: every pin has hashes, no lock file names an address, and the files agree."""

import json
import re
import tomllib

import pytest
from house_source import ROOT

LOCKS = {path.name: path.read_text("utf-8") for path in sorted(ROOT.glob("requirements*.lock"))}
PIN = re.compile(
    r"^([a-z0-9-]+)==([\w.+!]+)(?: ; ([^\\]+?))?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n", re.MULTILINE
)
NODE = ROOT / "tests" / "node"


def pins(name: str) -> dict[str, str]:
    return {package: version for package, version, _, _ in PIN.findall(LOCKS[name])}


def wanted(*extras: str) -> set[str]:
    """The packages that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [
        *project["dependencies"],
        *(r for extra in extras for r in project["optional-dependencies"][extra]),
    ]
    return {re.split(r"[^a-z0-9-]", requirement)[0] for requirement in asked}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_holds_hashed_pins_and_nothing_else(name: str) -> None:
    assert PIN.sub("", LOCKS[name]) == ""
    assert pins(name)


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("requirements.lock", []),
        ("requirements-test.lock", ["test"]),
        ("requirements-lint.lock", ["lint"]),
        ("requirements-mutants.lock", ["mutants"]),
        ("requirements-full.lock", ["sheets", "test", "lint", "full", "mutants"]),
    ],
)
def test_a_lock_file_holds_what_the_project_asks_for(name: str, extras: list[str]) -> None:
    assert wanted(*extras) | {"setuptools"} <= pins(name).keys(), "make lock"


def test_the_lock_files_agree() -> None:
    full = pins("requirements-full.lock")
    for name in LOCKS.keys() - {"requirements-node.lock"}:
        assert pins(name).items() <= full.items(), name


def test_the_node_lock_is_hashed_and_holds_no_address() -> None:
    text = (NODE / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert packages.pop("")["dependencies"] == json.loads((NODE / "package.json").read_text())["dependencies"]
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
