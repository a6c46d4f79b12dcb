"""How files are named and cut, and what none of them may say.

1. A Python file has at most 400 lines; the median of the rooms stays about 150.
2. A name says what is inside: no grab-bags.
3. Every top-level folder is one of the known places.
4. No file names a package registry's host or somebody's home: each reader has others.
"""

import re
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from house_source import MADE_BY_TOOLS, PLACES, ROOMS, ROOT, files, shown

MOST_LINES = 400
HIGHEST_MEDIAN = 200
GRAB_BAGS = {"util", "helper", "common", "model", "service", "misc"}

# Spelled in pieces, or this file would break its own rule.
HOSTS = [
    r"\.".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "(?:org|com)"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    ]
]
HOMES = [r"(?<![\w.:}>)\]*-])/" + folder + "/" for folder in ("root", "work", "Users", r"home/[\w.-]+")]
UNWELCOME = re.compile("|".join([*HOSTS, *HOMES]))


def every_file() -> list[Path]:
    return [*sorted(path for path in ROOT.iterdir() if path.is_file() and not ignored(path)), *files(*PLACES)]


def ignored(path: Path) -> bool:
    """Left in the top folder by a tool, and not in the repository."""
    return path.name.startswith((".coverage", ".git")) and path.name != ".gitignore"


def test_python_files_are_short(record_property: Callable[[str, object], None]) -> None:
    sizes = {path: len(path.read_text("utf-8").splitlines()) for path in files(*PLACES, suffix=".py")}
    inside = sorted(
        (lines, shown(path)) for path, lines in sizes.items() if shown(path).split("/")[0] in ROOMS and lines > 1
    )
    median = statistics.median(lines for lines, _ in inside)
    largest, where = inside[-1]
    record_property("house", f"{len(inside)} files in the rooms, median {median:g} lines, largest {largest} ({where})")
    assert {shown(path): lines for path, lines in sizes.items() if lines > MOST_LINES} == {}
    assert median <= HIGHEST_MEDIAN


def test_no_file_or_folder_is_a_grab_bag() -> None:
    bags = [
        shown(path)
        for path in files(*ROOMS, "tests", "bench", suffix=".py")
        if {part.strip("_").removesuffix("s") for part in path.relative_to(ROOT).with_suffix("").parts} & GRAB_BAGS
    ]
    assert bags == []


def test_every_top_level_folder_is_known() -> None:
    known = {*PLACES, *MADE_BY_TOOLS}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.suffix != ".egg-info"}
    assert {name for name in folders - known if not name.startswith(".")} == set()


def test_no_file_names_a_registry_or_a_home() -> None:
    found = []
    for path in every_file():
        data = path.read_bytes()
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            found += [f"{shown(path)}:{number}: {match[0]}" for match in UNWELCOME.finditer(line)]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "see /ro" + "ot/x",
        "'/wo" + "rk/main'",
        "cd /ho" + "me/ana/enlace",
        "https://files.python" + "hosted.org/x",
        "npm" + "js.org",
    ],
)
def test_an_unwelcome_address_is_seen(text: str) -> None:
    assert UNWELCOME.search(text)


@pytest.mark.parametrize(
    "text",
    ["/v1/log/root/", "size/root", "{tree}/root/", "/home of the secretariat", "https://docs.python.org"],
)
def test_other_addresses_are_welcome(text: str) -> None:
    assert not UNWELCOME.search(text)
