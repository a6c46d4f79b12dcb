"""What a checker is told to pass over says why, on the same line: `# noqa: S608  # a constant of ours`."""

import re

from house_source import PLACES, files, shown

MARK = re.compile(r"[#] (?:noqa|type: ignore|nosec|pragma: no)\b[^#]*$")
REASON = re.compile(r"[#] noqa: [A-Z]+[0-9]+ - \w")


def unreasoned(line: str) -> bool:
    """Whether the last that stands on a line is such a mark, with no word behind it."""
    return bool(MARK.search(line)) and not REASON.search(line)


def test_each_mark_has_its_reason_beside_it() -> None:
    found = [
        f"{shown(path)}:{number}"
        for path in files(*PLACES, suffix=".py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if unreasoned(line)
    ]
    assert not found, f"say why, behind the mark: {', '.join(found)}"


def test_a_mark_alone_is_found() -> None:
    for mark in ("noqa", "noqa: S608", "type: ignore", "type: ignore[misc]", "nosec", "nosec B608", "pragma: no cover"):
        assert unreasoned(f"x = 1  # {mark}")
        assert not unreasoned(f"x = 1  # {mark}  # a constant of ours")
    assert not unreasoned("x = 1  # noqa: B018 - it is made by being asked for")
