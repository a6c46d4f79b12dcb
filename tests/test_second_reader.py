"""The second reader, which shares no code with ours and was written from docs/formats alone, agrees on every vector."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from second_reader import run_file
from second_reader_vectors import Readers, check_keys
from vectors_case import FOLDER

MODULES = sorted(Path(__file__).parent.glob("second_[jr]*.py"))
FILES = [path for path in sorted(FOLDER.glob("*.json")) if path.stem != "keys"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_second_reader_says_what_every_vector_says(path: Path) -> None:
    agreeing, _, cases, wrong = run_file(path)
    assert wrong == []
    assert agreeing == cases > 0


def test_the_second_reader_makes_the_same_keys_ids_and_fingerprints() -> None:
    assert check_keys(json.loads((FOLDER / "keys.json").read_bytes())) == []


def test_the_second_reader_has_a_reader_for_every_file() -> None:
    assert all(hasattr(Readers, path.stem.replace("-", "_")) for path in FILES)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_the_second_reader_shares_no_code_with_ours(module: Path) -> None:
    allowed = {*sys.stdlib_module_names, "cryptography", *(each.stem for each in MODULES)} - {"importlib", "runpy"}
    assert set(_imported(module)) <= allowed


def _imported(module: Path) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it, and `__import__` where it calls that."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Name) and node.id in ("__import__", "exec", "eval"):
            yield node.id
