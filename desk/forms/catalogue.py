"""The forms and lists of codes that this desk knows: this room's own files, read and checked once.

1. A file is named as what it holds: `data/victim-referral-1.json` is `victim-referral/1`.
2. A form or code that is not here may be one of a newer desk's: who asks is told nothing, and shows it raw.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from desk.forms.definition import Code, CodeList, Form, check_form
from directory.canonical import Malformed, decode_lenient


@cache
def forms() -> Mapping[str, Form]:
    """Every form, by its id; raises Malformed if a file is not what it should be."""
    known = frozenset(code_lists())
    found = {}
    for name, raw in _files("desk.forms.data"):
        form = decode_lenient(raw, Form)
        if name != form.form.replace("/", "-"):
            raise Malformed(f"{name}.json holds the form {form.form}")
        check_form(form, known)
        found[form.form] = form
    return MappingProxyType(found)


@cache
def code_lists() -> Mapping[str, Mapping[str, Code]]:
    """Every list: its codes by name, in the order they are shown in; raises Malformed as above."""
    found = {}
    for name, raw in _files("desk.forms.codes"):
        table = decode_lenient(raw, CodeList)
        codes = MappingProxyType({each.code: each for each in table.codes})
        if name != table.list or len(codes) != len(table.codes):
            raise Malformed(f"{name}.json holds the list {table.list}, or a code of it twice")
        found[table.list] = codes
    return MappingProxyType(found)


def form_of(form: str) -> Form | None:
    """The form of that id, or nothing (rule 2)."""
    return forms().get(form)


def latest(name: str) -> Form | None:
    """The newest version of the form of that name, or nothing."""
    versions = [each for each in forms().values() if each.name == name]
    return max(versions, key=lambda each: int(each.form.partition("/")[2]), default=None)


def code_label(table: str, code: str, language: str) -> str | None:
    """What a code of a list is called in a language, or nothing (rule 2)."""
    found = code_lists().get(table, {}).get(code)
    return found.in_(language) if found else None


def _files(package: str) -> list[tuple[str, bytes]]:
    """The JSON files of a package, by name without the ending."""
    found = [each for each in files(package).iterdir() if each.name.endswith(".json")]
    return sorted((each.name.removesuffix(".json"), each.read_bytes()) for each in found)
