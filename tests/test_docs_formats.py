"""docs/formats: every example stands in the vectors, and nothing that code reads or writes is left out."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from house_source import ROOMS, ROOT, files, shown, tree
from vectors_case import FOLDER, Vectors
from vectors_words import WORDS

from desk.forms import filled, values
from desk.handling import marks
from desk.indicators import figures
from desk.mail import content
from desk.mail import message as messages
from desk.profile import recovery_file
from desk.roots import relay_file, root_request, root_signed
from desk.roots import root_keys as roots
from directory import (
    bodies,
    judge,
    judge_contacts,
    judge_members,
    judge_network,
    keyset,
    proof_extra,
    relayed,
    statement,
)
from relay.protocol import envelope, invitation, lines, relay_keys

PAGES = sorted((ROOT / "docs" / "formats").glob("*.md"))
TEXT = {path.name: path.read_text("utf-8") for path in PAGES}
ALL = "\n".join(TEXT.values())
EXAMPLE = re.compile(r"^ *```(?:text|json) ([\w-]+)\.json / ([^/\n]+) / (\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
DOMAIN = re.compile(r"enlace/[a-z][a-z-]*/v[0-9]+")
EXAMPLES = [(page, *found) for page, text in TEXT.items() for found in EXAMPLE.findall(text)]


def shape(example: str) -> re.Pattern[str]:
    """What an example says of the bytes: `…` stands for characters left out, and alone on a line for anything."""
    lines = [re.escape(line).replace("…", "[^\n]*") if line != "…" else "…" for line in example.split("\n")]
    return re.compile("\n".join(lines).replace("\n…\n…", "\n…").replace("…", ".*"), re.DOTALL)


@pytest.mark.parametrize(
    ("page", "file", "case", "field", "example"), EXAMPLES, ids=[f"{e[1]} {e[2]}" for e in EXAMPLES]
)
def test_an_example_is_a_vector(page: str, file: str, case: str, field: str, example: str) -> None:
    raw: Any = Vectors(FOLDER / f"{file}.json").inputs(case)[field]
    found = (raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)).replace("\r\n", "\n")
    assert shape(example.rstrip("\n")).fullmatch(found.rstrip("\n")), f"{page}: {case}"


def test_every_page_has_an_example() -> None:
    assert set(TEXT) - {page for page, *_ in EXAMPLES} == set()


@cache
def literals() -> dict[str, str]:
    """Every string of the rooms that separates one use of a key or format from another, and where it stands."""
    found: dict[str, str] = {}
    for path in files(*ROOMS, suffix=".py"):
        documents = {id(docstring) for docstring in _docstrings(tree(path))}
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and id(node) not in documents:
                value = node.value.decode("utf-8", "replace") if isinstance(node.value, bytes) else node.value
                if isinstance(value, str):
                    found |= dict.fromkeys(DOMAIN.findall(value), shown(path))
    return found


def _docstrings(module: ast.Module) -> list[ast.Constant]:
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    firsts = [node.body[0] for node in ast.walk(module) if isinstance(node, holders) and node.body]
    return [each.value for each in firsts if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)]


def test_every_domain_of_the_code_is_documented() -> None:
    assert {text: where for text, where in literals().items() if text not in ALL} == {}
    assert len(literals()) > 20


def test_every_domain_that_is_documented_is_one_of_the_code() -> None:
    known = set(literals()) | {"enlace/example/v1", "enlace/other/v1"}
    assert set(DOMAIN.findall(ALL)) - known == set()


def structs(*modules: Any) -> list[type[msgspec.Struct]]:
    """The structures that modules define."""
    found = [each for module in modules for each in vars(module).values() if isinstance(each, type)]
    return [
        each for each in found if issubclass(each, msgspec.Struct) and each.__module__ in {m.__name__ for m in modules}
    ]


def metas(annotation: Any) -> Iterator[msgspec.Meta]:
    """Every bound that a type states, at any depth."""
    yield from (each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, msgspec.Meta))
    for inner in (*get_args(annotation), getattr(annotation, "__origin__", None)):
        if inner is not None and inner is not annotation:
            yield from metas(inner)


def unnamed(kinds: list[type[msgspec.Struct]], text: str) -> set[str]:
    """The fields of structures that a page does not name."""
    names = {field.encode_name for kind in kinds for field in msgspec.structs.fields(kind)}
    return {name for name in names if f"`{name}`" not in text and f"`{name}," not in text}


@pytest.mark.parametrize(
    ("page", "modules"),
    [
        ("statement.md", [statement]),
        ("body.md", [bodies]),
        ("keyset.md", [keyset]),
        ("message.md", [messages, content, marks]),
        ("envelope.md", [envelope]),
        ("lines.md", [lines]),
        ("receipt.md", [relayed]),
        ("invitation.md", [invitation]),
        ("relay-keys.md", [relay_keys]),
        ("proof.md", [proof_extra]),
        ("filled-form.md", [filled, values]),
        ("indicators.md", [figures]),
    ],
)
def test_every_field_is_documented(page: str, modules: list[Any]) -> None:
    kinds = [each for each in structs(*modules) if each is not messages.SealedFile]
    assert kinds
    assert unnamed(kinds, TEXT[page]) == set()


EVERY = [statement, bodies, keyset, messages, envelope, lines, relayed, invitation, relay_keys]
EVERY += [filled, values, relay_file, recovery_file, root_request, root_signed, roots]


@pytest.mark.parametrize("kind", structs(*EVERY), ids=lambda kind: f"{kind.__module__} {kind.__name__}")
def test_every_bound_of_a_field_is_documented(kind: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(kind):
        for meta in metas(field.type):
            if meta.pattern is not None:
                assert _plain(meta.pattern) in SPELLED, (field.name, meta.pattern)
            for number in (meta.max_length, meta.le):
                assert number is None or number < 10 or f"{number:,}" in ALL, (field.name, number)


# Patterns that the pages say in words, for whoever reads rather than compiles them.
SPELLED = ALL + "".join(
    (
        "[0-9a-f]{64} [0-9a-f]{32}",  # hash; officer and envelope id
        "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]= [A-Za-z0-9+/]{1749}[AQgw]==",  # keys
        "[A-Za-z0-9+/]{1622}== [A-Za-z0-9+/]{22}==",  # a recipient; a secret
        r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",  # an e-mail address
    )
)


def _plain(pattern: str) -> str:
    return pattern.removeprefix(r"\A").removesuffix(r"\Z")


@pytest.mark.parametrize(
    ("page", "module"),
    [("statement.md", statement), ("body.md", bodies), ("message.md", messages), ("message.md", marks),
     ("message.md", content), ("lines.md", lines),
     ("invitation.md", invitation), ("relay-keys.md", relay_keys), ("relay-file.md", relay_file),
     ("filled-form.md", filled), ("root-files.md", root_request), ("root-files.md", root_signed)],
)  # fmt: skip
def test_every_default_is_documented(page: str, module: Any) -> None:
    rows = [line.split(" | ") for line in TEXT[page].splitlines() if line.startswith("| `")]
    for kind in structs(module):
        for field in msgspec.structs.fields(kind):
            cells = [row for row in rows if f"`{field.encode_name}`" in row[0] and len(row) > 2]
            documented = any(row[-1].strip("| ") for row in cells)
            inline = re.search(rf"`{field.encode_name}`[^|]*default", TEXT[page])
            assert field.required or documented or inline, (kind.__name__, field.name)


def test_every_field_of_an_attachment_is_documented() -> None:
    assert unnamed([messages.SealedFile], TEXT["attachment.md"]) == set()


def test_every_kind_of_statement_is_documented_and_has_a_vector() -> None:
    assert {kind for kind in statement.KINDS if f"| `{kind}` |" not in TEXT["statement.md"]} == set()
    good = {case["name"] for case in Vectors(FOLDER / "statement.json").cases if case["expect"] == "valid"}
    assert statement.KINDS - good == set()


def test_every_rule_of_the_judge_is_named_and_has_a_vector() -> None:
    source = "".join(
        path.read_text("utf-8") for path in files("directory", suffix=".py") if path.stem.startswith("judge")
    )
    rules = set(re.findall(r'"(R[0-9]+)"', source))
    refused = {case["rule"] for case in Vectors(FOLDER / "log.json").cases if "rule" in case}
    assert rules - refused == set()
    stated = re.findall(r"^- \*\*(R[0-9]+) ", TEXT["judge.md"], re.MULTILINE)
    assert sorted(stated) == sorted({*rules, *re.findall(r"^ (R[0-9]+) ", source, re.MULTILINE), *_heads(source)})


def _heads(source: str) -> list[str]:
    """The rules that stand in prose at the top of the judge's modules."""
    return re.findall(r"^(R[0-9]+) +[a-z]", source, re.MULTILINE)


def test_every_kind_of_statement_stands_with_the_judge() -> None:
    assert {kind for kind in statement.KINDS if f"`{kind}`" not in TEXT["judge.md"]} == set()


def test_every_bound_of_the_judge_is_documented() -> None:
    bounds = {
        value
        for module in (judge_contacts, judge_members, judge_network)
        for name, value in vars(module).items()
        if name.startswith("MOST_")
    } | {judge.CLOCK_SKEW, judge_network.DUTY_SUSPENSION, *judge_network.CLOCK_BOUNDS}
    bounds = (bounds - {judge_members.MOST_DEVICES}) | {judge_members.MOST_DEVICES - 1}  # "at most 7 before it"
    assert {each for each in bounds if not re.search(rf"\b{each:,}\b", TEXT["judge.md"])} == set()


def test_every_word_of_a_field_is_documented() -> None:
    for page, names in (
        ("statement.md", (statement.Role, statement.Second, statement.Reason)),
        ("message.md", (marks.Tlp, content.Act, envelope.Precedence)),
        ("lines.md", (lines.Event,)),
    ):
        for name in names:
            assert {word for word in get_args(name) if f"`{word}`" not in TEXT[page]} == set(), page


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_file_of_vectors_is_named_on_its_page(path: Path) -> None:
    assert f"{path.name}" in TEXT["README.md"]
    page = msgspec.json.decode(path.read_bytes())["page"]
    assert f"`{path.name}`" in (ROOT / page).read_text("utf-8") or path.stem == "keys"


def test_every_page_is_in_the_index_and_names_its_vectors() -> None:
    for page in TEXT:
        if page != "README.md":
            assert f"]({page})" in TEXT["README.md"], page
            assert "## Test data" in TEXT[page], page


def test_the_words_for_failures_are_those_of_the_vectors() -> None:
    table = TEXT["README.md"].partition("### Words for failures")[2]
    documented = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert sorted(documented) == sorted(WORDS)


@pytest.mark.parametrize(
    "number", ["1,048,576", "65,535", "32,768", "65,536", "4,194,304", "131,072", "16,384", "2,097,152"]
)
def test_bounds_are_those_of_the_code(number: str) -> None:
    from crypto import checkpoint, keyfile, note
    from directory import canonical, commitment
    from relay.protocol import padding

    holders = (
        note,
        checkpoint,
        keyfile,
        canonical,
        commitment,
        statement,
        keyset,
        messages,
        envelope,
        lines,
        padding,
        invitation,
    )
    bounds = {value for module in holders for name, value in vars(module).items() if name.startswith("MOST_")}
    assert number in ALL
    assert int(number.replace(",", "")) in bounds
