"""The arguments of a call: read strictly, each reaching the command as it is, and no path taken."""

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from served_api import KNOWN, Caller

from desk.api.arguments import SETTLED, is_path, named, parameters, typed
from desk.api.bodies import DEEPEST, MOST_JSON, read_object
from desk.api.files import Files
from desk.errors import Usage

pytest_plugins = ("shared_office", "shared_api")


BAD: dict[str, tuple[int, str, dict[str, Any]]] = {
    "no token": (401, "token", {"Authorization": ""}),
    "another token": (401, "token", {"Authorization": "Bearer " + "x" * 43}),
    "the token by another scheme": (401, "token", {"Authorization": "Basic eDp5"}),
    "another machine's name": (403, "one name only", {"Host": "attacker.example"}),
    "a token that is no text": (401, "token", {"Authorization": "Bearer \xff\xfe"}),
    "half a surrogate pair": (400, "no argument can", {"raw": b'{"words":["\\ud800"]}'}),
    "another port's name": (403, "one name only", {"Host": "127.0.0.1:1"}),
    "a page from elsewhere": (403, "pages from elsewhere", {"Origin": "https://attacker.example"}),
    "a page from nowhere": (403, "pages from elsewhere", {"Origin": "null"}),
    "a page of another site": (403, "pages from elsewhere", {"Sec_Fetch_Site": "cross-site"}),
    "a form": (415, "application/json", {"Content_Type": "text/plain"}),
    "no JSON": (400, "no JSON", {"raw": b"{"}),
    "no UTF-8": (400, "not UTF-8", {"raw": b'{"a":"\xff"}'}),
    "no object": (400, "JSON object", {"raw": b"[1]"}),
    "a name twice": (400, "twice", {"raw": b'{"words":["a"],"words":["b"]}'}),
    "no number": (400, "no number", {"raw": b'{"words":NaN}'}),
    "too deep": (400, "too deep", {"raw": b'{"words":' + b"[" * DEEPEST + b"]" * DEEPEST + b"}"}),
    "far too deep": (400, "no JSON", {"raw": b"[" * 100_000}),
    "too large": (413, "", {"raw": b'{"words":["' + b"a" * MOST_JSON + b'"]}'}),
    "an argument there is not": (400, "no argument 'colour'", {"body": {"colour": "red"}}),
    "an argument that is settled": (400, "no argument 'profile'", {"body": {"profile": "/"}}),
    "one value for several": (400, "words is a list", {"body": {"words": "ar"}}),
    "a value that is an object": (400, "text or a whole number", {"body": {"words": [{}]}}),
    "a fraction": (400, "text or a whole number", {"body": {"words": [1.5]}}),
    "half a character": (400, "", {"raw": b'{"words":["a\\u0000"]}'}),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_and_how(desk: Caller, name: str) -> None:
    status, words, asked = BAD[name]
    body = asked.get("body", None if "raw" in asked else {"words": ["ar"]})
    headers = {name: value for name, value in asked.items() if name != "body"}
    found, answer = desk.ask("POST", "/v1/find", body, **headers)
    assert (found, words in json.dumps(answer)) == (status, True), answer
    assert answer["code"] == 2 or found in (401, 403)


def test_no_value_is_taken_for_an_option(desk: Caller) -> None:
    status, answer = desk.call("find", words=["--help"])
    assert (status, answer["code"]) in ((200, 0), (404, 7)), answer
    assert "Usage" not in json.dumps(answer)


def test_a_path_is_not_taken_for_a_file(desk: Caller) -> None:
    for value in ("/etc/passwd", {"file": "../../keys.age"}, {"file": "0" * 32}, {"new": "a", "file": "b"}):
        status, answer = desk.call("send", contact=["ar-desk"], subject="x", text="x", attach=[value])
        assert status in (400, 404), answer


def test_every_argument_that_is_a_file_is_taken_as_one() -> None:
    """A path of this machine is not taken: what a name or a help text calls a file has to be known as one."""
    said = re.compile(r"\b(file|folder|path)\b|FILE|FOLDER", re.IGNORECASE)
    texts = {
        f"{words}: {name}"
        for words, command in KNOWN.items()
        for name, each in parameters(command).items()
        if not is_path(each) and not getattr(each, "is_flag", False) and not isinstance(each.type, click.Choice)
        if said.search(f"{name} {each.metavar or ''} {getattr(each, 'help', '') or ''}")
    }
    assert texts <= NO_FILES, "say that it is one (metavar FILE), or why not"


# They name what stands in a file, and no file.
NO_FILES = {"contact/import: map", "contact/publish: set"}


def test_a_path_is_taken_nowhere(desk: Caller, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("geheim")
    for command, typed_in in (
        ("resume", {"file": str(secret)}),
        ("contact/import", {"file": {"new": "x.csv"}, "map-file": str(secret)}),
    ):
        status, answer = desk.ask("POST", f"/v1/{command}", typed_in)
        assert (status, "geheim" in json.dumps(answer)) == (400, False), answer
        assert "is a file: one that was handed in" in answer["failure"]["error"]


@pytest.mark.parametrize("words", sorted(KNOWN))
def test_every_argument_has_a_name_of_its_own(words: str) -> None:
    names = named(KNOWN[words])
    assert len(names) == len(KNOWN[words].params), [*names]
    assert all(name and name.replace("-", "").isalnum() for name in names), [*names]
    assert not SETTLED & set(parameters(KNOWN[words]))


LETTERS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(st.lists(LETTERS, min_size=1, max_size=4), LETTERS)
def test_whatever_is_given_reaches_the_command_as_it_is(tmp_path_factory: Any, words: list[str], language: str) -> None:
    line = typed(KNOWN["find"], {"words": words, "language": language}, Files(tmp_path_factory.getbasetemp()))
    context = KNOWN["find"].make_context("find", line)
    assert list(context.params["words"]) == words
    assert context.params["language"] == language


@given(st.recursive(st.booleans() | st.integers() | LETTERS, lambda inner: st.lists(inner, max_size=2), max_leaves=5))
def test_an_object_is_read_as_it_was_written(value: Any) -> None:
    assert read_object(json.dumps({"a": value}).encode()) == {"a": value}


UNREADABLE = [
    BAD[name][2]["raw"]
    for name in ("no JSON", "no UTF-8", "no object", "a name twice", "no number", "too deep", "far too deep")
]


@pytest.mark.parametrize("raw", UNREADABLE, ids=len)
def test_what_is_no_object_is_not_read(raw: bytes) -> None:
    with pytest.raises(Usage):
        read_object(raw)
