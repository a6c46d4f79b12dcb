"""Every limit that an operator can set says what happens at it, in the code and in the example that they read.

1. In `relay/settings.py` and `relay/mail/settings.py` every number has a docstring that says *Closed* or *Open*; those
   that are no limits are listed here.
2. The comment above it in `config/examples/relay.toml` says `fail… closed` or `fail… open` too.
3. Every bound of the protocol stands in `docs/protocol.md` (`test_docs_protocol.py`), and is closed: what is larger is
   refused.
"""

import ast
import re
from collections.abc import Iterator

import msgspec
import pytest
from house_source import ROOT, tree

from relay.settings import RelaySettings

NO_LIMITS = {("listen", "port"), ("log", "renew_seconds")}
EXAMPLE = (ROOT / "config" / "examples" / "relay.toml").read_text(encoding="utf-8")
NUMBERS = [
    (section.name, each.name)
    for section in msgspec.structs.fields(RelaySettings)
    for each in msgspec.structs.fields(section.type)
    if type(each.default) is int and (section.name, each.name) not in NO_LIMITS
]


def docstrings() -> Iterator[tuple[str, str, str]]:
    """Class, field and docstring of every setting."""
    for file in ("relay/settings.py", "relay/mail/settings.py"):
        for each in tree(ROOT / file).body:
            if not isinstance(each, ast.ClassDef):
                continue
            for field, after in zip(each.body, [*each.body[1:], None], strict=True):
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                    yield each.name, field.target.id, ast.unparse(after) if told and after is not None else ""


WORDS = {(name, field): words for name, field, words in docstrings()}
CLASSES = {each.name: each.type.__name__ for each in msgspec.structs.fields(RelaySettings)}


@pytest.mark.parametrize(("section", "name"), NUMBERS)
def test_a_limit_says_what_happens_at_it(section: str, name: str) -> None:
    assert re.search(r"\b(Closed|Open)\b", WORDS[CLASSES[section], name]), WORDS[CLASSES[section], name]


@pytest.mark.parametrize(("section", "name"), NUMBERS)
def test_the_example_says_so_too(section: str, name: str) -> None:
    """In the comment of the block of lines that the setting stands in."""
    part = EXAMPLE[EXAMPLE.index(f"\n[{section}]\n") :]
    before = part[: part.index(f"\n{name} = ")].splitlines()
    while before and not before[-1].startswith("#"):
        before.pop()
    comment: list[str] = []
    while before and before[-1].startswith("#"):
        comment.insert(0, before.pop().removeprefix("# "))
    assert re.search(r"\bfails?\W+(closed|open)", " ".join(comment)), comment
