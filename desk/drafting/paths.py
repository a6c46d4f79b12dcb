"""One answer put into its place in a form that is being filled in: `facts`, `facts.en`, `persons.2.person.name`. Pure.

1. A path is the name of a field; then the language of a free text, the part of a person or a place, or the number of an
   item, from 1, and a field of the item. Nothing typed for it takes away what stands there; of a text for which no
   language is named, every version.
2. Many answers are put in before the whole is checked (`settled`): a person needs a name, and may get it last.
3. What is taken out of the middle of a list makes the later items move up.
"""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from desk.drafting.typed import PARTS, Mistyped, Typist, language_of, typed
from desk.drafting.typed_words import said
from desk.errors import Usage
from desk.forms.definition import Field, Form
from desk.forms.filled import Filled, write_filled
from directory.canonical import Malformed, decode, encode

Values = dict[str, Any]
_AT = re.compile(r"\[(\d+)\]")


def opened_up(values: Any) -> Any:
    """The values of a filled form as they can be changed: a copy, with lists for tuples."""
    match values:
        case Mapping():
            return {name: opened_up(each) for name, each in values.items()}
        case list() | tuple():
            return [opened_up(each) for each in values]
    return values


def settled(form: str, language: str, values: Values) -> Filled:
    """The filled form with those values, nothing empty in it; raises Usage if they are not what the form allows."""
    try:
        filled = decode(encode(Filled(form=form, language=language, values=_without_empty(values))), Filled)
        write_filled(filled)
    except Malformed as error:
        raise Usage(by_path(str(error))) from error
    return filled


def by_path(words: str) -> str:
    """Words about `persons[0].person` as an officer counts: `persons.1.person`."""
    return _AT.sub(lambda found: f".{int(found[1]) + 1}", words)


def assign(form: Form, values: Values, path: str, text: str, typist: Typist) -> None:
    """Put a typed answer where its path says, in `values`; raises Usage, with the path and what to write, and then
    `values` is as it was: not even an empty place is left for what was refused."""
    name, *rest = path.split(".")
    trial = deepcopy(values)
    try:
        _put(_named(form.fields, name), trial, rest, text, typist)
    except Mistyped as error:
        raise Usage(f"{path}: {error}") from error
    values.clear()
    values.update(trial)


def _put(field: Field, holder: Values, rest: list[str], text: str, typist: Typist) -> None:
    match field.kind:
        case "group":
            _put_item(field, holder, rest, text, typist)
        case "text":
            _put_text(field, holder, rest, text, typist)
        case "person" | "victim" | "place":
            _put_part(field, holder, rest, text, typist)
        case _:
            if rest:
                raise Mistyped(f"a field of this kind has no part {'.'.join(rest)!r}")
            value = typed(field.kind, field.list, text, typist) if text.strip() else None
            _set(holder, field.field, value)


def _put_text(field: Field, holder: Values, rest: list[str], text: str, typist: Typist) -> None:
    if len(rest) > 1:
        raise Mistyped(f"write {field.field}.en=…: a text has languages, and nothing below")
    if not rest and not text.strip():
        holder.pop(field.field, None)
        return
    tag = language_of(rest[0], typist.language) if rest else typist.original
    versions = holder.setdefault(field.field, {})
    _set(versions, tag, text.replace("\r\n", "\n").strip() or None)


def _put_part(field: Field, holder: Values, rest: list[str], text: str, typist: Typist) -> None:
    parts = {name: (kind, table) for name, kind, table in PARTS[field.kind]}
    if not rest and not text.strip():
        holder.pop(field.field, None)
        return
    if len(rest) != 1 or rest[0] not in parts:
        known = ", ".join(parts)
        raise Mistyped(said("no_part", typist.language, first=next(iter(parts)), known=known))
    part = holder.setdefault(field.field, {})
    kind, table = parts[rest[0]]
    value = typed(kind, table, text, typist) if text.strip() else None
    if kind == "position":
        for each in ("latitude", "longitude"):
            _set(part, each, value[each] if value else None)
        return
    _set(part, rest[0], value)


def _put_item(field: Field, holder: Values, rest: list[str], text: str, typist: Typist) -> None:
    items = holder.setdefault(field.field, [])
    if not rest:
        if text.strip():
            raise Mistyped(f"it is a list; write {field.field}.1.{field.fields[0].field}=…")
        items.clear()
        return
    number = int(rest[0]) if re.fullmatch("[1-9][0-9]{0,3}", rest[0]) else 0
    if not 1 <= number <= len(items) + 1:
        raise Mistyped(f"{rest[0]!r} numbers no item; there are {len(items)}, and {len(items) + 1} would be the next")
    if len(rest) == 1:
        if text.strip():
            raise Mistyped(f"name a field of it, such as {field.field}.{number}.{field.fields[0].field}")
        del items[number - 1 : number]  # rule 3
        return
    if number > len(items):
        items.append({})
    _put(_named(field.fields, rest[1]), items[number - 1], rest[2:], text, typist)


def _set(holder: Values, name: str, value: Any) -> None:
    if value is None:
        holder.pop(name, None)
    else:
        holder[name] = value


def _named(fields: Iterable[Field], name: str) -> Field:
    known = {each.field: each for each in fields}
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise Usage(f"the form has no field {name!r}; {hint}")
    return known[name]


def _without_empty(value: Any) -> Any:
    match value:
        case dict():
            kept = ((name, _without_empty(each)) for name, each in value.items())
            return {name: each for name, each in kept if each not in ({}, [], ())}
        case list() | tuple():
            return [each for each in map(_without_empty, value) if each not in ({}, [], ())]
    return value
