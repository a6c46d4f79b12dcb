"""One way to write everything that gets signed: a type line and one line of JSON.

    enlace/statement/v1
    {"at":1767225600,"kind":"retire-contact",…}

1. JSON is UTF-8, keys sorted, no white space, integers only, no nulls, no duplicate keys, no unknown fields;
   a field equal to its default is left out.
2. **Accept only what you would emit**: whatever is read is written again and compared byte for byte. That alone
   refuses floats, duplicate keys, escapes, disorder and white space, because none of them survive the round.
3. A reader answers for every kind of bad input with `Malformed`: bad UTF-8 and deep nesting too.
4. Where any spelling will do (`decode_lenient`), a key still stands once: of two, one reader takes the first and
   another the last, and what a proxy looked at would not be what counted.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from operator import is_
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT

T = TypeVar("T")
MOST_JSON_BYTES = 1 << 20
_PATTERN = re.compile(r"Expected `str` matching regex '.*'")  # a pattern tells nobody what to do
# Kept, because to make one for a union of many types, such as all statements, takes longer than to read with it.
_DECODER: Callable[[Any], msgspec.json.Decoder[Any]] = lru_cache(maxsize=256)(msgspec.json.Decoder)


class Malformed(ValueError):
    """Input that is not what this program would have written; the text says what is wrong."""


class OtherType(Malformed):
    """A signed body whose type line names something else, perhaps something newer."""


def encode(value: object) -> bytes:
    """The canonical JSON of a msgspec value."""
    return msgspec.json.encode(_settled(value), order="sorted")


def decode(raw: bytes, kind: type[T], most_bytes: int = MOST_JSON_BYTES) -> T:
    """The value of type `kind` in canonical JSON; raises Malformed for everything else."""
    value = _read(raw, kind, most_bytes)
    if encode(value) != raw:
        _check_keys(raw)
        raise Malformed("JSON is not written canonically: sort keys, no white space, defaults left out")
    return value


def decode_lenient(raw: bytes, kind: type[T], most_bytes: int = MOST_JSON_BYTES) -> T:
    """The value of type `kind` in any JSON spelling, each key once, for input that nobody signs; raises Malformed."""
    value = _read(raw, kind, most_bytes)
    _check_keys(raw)
    return value


def _read(raw: bytes, kind: type[T], most_bytes: int) -> T:
    if len(raw) > most_bytes:
        raise Malformed(f"{len(raw)} bytes of JSON; at most {most_bytes} are accepted")
    try:
        value: T = _DECODER(kind).decode(raw)
        return value
    except UnicodeDecodeError as error:
        raise Malformed("JSON is not UTF-8") from error
    except RecursionError as error:
        raise Malformed("JSON is nested too deeply") from error
    except msgspec.MsgspecError as error:
        raise Malformed(f"JSON: {_PATTERN.sub('Expected text of another form', str(error))}") from error


def _check_keys(raw: bytes) -> None:
    """Return if no object names a key twice; raise Malformed, saying which, if one does."""
    try:
        json.loads(raw, object_pairs_hook=_once)
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:  # a number too long for a field that nobody reads
        raise Malformed("JSON that not every reader takes") from error


def _once(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"JSON: the key {twice[:80]!r} stands twice in one object")


def write_body(type_line: str, value: object) -> str:
    """The text to sign: type line, canonical JSON, a newline after each."""
    return f"{type_line}\n{encode(value).decode()}\n"


def read_body(text: str, type_line: str, kind: type[T]) -> T:
    """The value in a signed text; refuses another type line, further lines and non-canonical JSON."""
    first, newline, rest = text.partition("\n")
    if first != type_line:
        raise OtherType(f"a body of type {first[:80]!r}; expected {type_line!r}")
    line, end, more = rest.partition("\n")
    if not newline or not end or more:
        raise Malformed("a signed body is a type line and one line of JSON")
    return decode(line.encode(), kind)


def _settled(value: Any) -> Any:
    """`value` with every field that equals its default *being* the default: only those does msgspec leave out.

    It compares by identity, so whether a 600 or a "day" that was read is left out would depend on the interpreter.
    """
    if isinstance(value, tuple):
        items = tuple(map(_settled, value))
        return value if all(map(is_, items, value)) else items
    if not isinstance(value, msgspec.Struct):
        return value
    changes: dict[str, Any] = {}
    for name, default, plain in _unsettled(type(value)):
        before = getattr(value, name)
        after = before if plain else _settled(before)
        if after == default:
            after = default
        if after is not before:
            changes[name] = after
    return msgspec.structs.replace(value, **changes) if changes else value


@lru_cache(maxsize=256)
def _unsettled(kind: type[msgspec.Struct]) -> tuple[tuple[str, Any, bool], ...]:
    """The fields that may hold a default: name, default, and whether none stands deeper in them."""
    fields = ((each.name, each.default, _is_plain(each.type)) for each in msgspec.structs.fields(kind))
    return tuple((name, default, plain) for name, default, plain in fields if not (plain and default is NODEFAULT))


def _is_plain(annotation: Any) -> bool:
    """Whether values of a type can hold nothing that has to be settled."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_plain(arguments[0])
    if origin in (tuple, Union, UnionType):
        return all(each is Ellipsis or _is_plain(each) for each in arguments)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return not _unsettled(annotation)
    return origin is Literal or annotation in (str, int, bool, msgspec.UnsetType)
