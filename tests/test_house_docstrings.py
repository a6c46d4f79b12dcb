"""Every module of the rooms says at its top what it is for: the docstrings are the specification."""

import ast
from pathlib import Path

import pytest
from house_source import ROOMS, files, shown, tree


def opening(source: ast.Module) -> str:
    """What a module says at its top; nothing where it says nothing."""
    return (ast.get_docstring(source) or "").strip()


def wordless(paths: list[Path]) -> list[str]:
    """The modules that hold something and do not say what for. (An empty `__init__.py` holds nothing.)"""
    return [shown(path) for path in paths if tree(path).body and not opening(tree(path))]


def test_every_module_says_what_it_is_for() -> None:
    assert wordless(files(*ROOMS, suffix=".py")) == []


def test_no_two_modules_say_the_same() -> None:
    places: dict[str, list[str]] = {}
    for path in files(*ROOMS, suffix=".py"):
        if text := opening(tree(path)):
            places.setdefault(text, []).append(shown(path))
    assert [found for found in places.values() if len(found) > 1] == []


@pytest.mark.parametrize("source", ["x = 1", '""', '"""   """', "# A comment is no docstring.\nx = 1", "import re"])
def test_a_module_without_words_is_seen(source: str) -> None:
    assert opening(ast.parse(source)) == ""
