"""Canonical JSON and JSON in any spelling, with types, bounds and defaults (README, *A signed body*, rules 2 to 4)."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from second_reader_base import Refused, split_type_line, utf8

Check = Callable[[Any], Any]
LINE_LIMIT = 1_048_576
REQUIRED = object()
LEFT_OUT = object()


class NotWhole:
    """A number with fraction or exponent: of no type that the formats have (rule 2.3)."""


@dataclass(frozen=True)
class Field:
    """A field of an object: what it may hold, and its default (or REQUIRED, or LEFT_OUT: optional)."""

    check: Check
    default: Any = REQUIRED


class _Parser:
    """json.loads with every leniency of Python's closed; remembers repeated keys."""

    def __init__(self) -> None:
        self.repeated = False

    def pairs(self, items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        self.repeated |= len(found) != len(items)
        return found

    def integer(self, digits: str) -> int:
        return int(digits) if len(digits) < 100 else 10**100

    @staticmethod
    def constant(word: str) -> Any:
        raise ValueError(word)

    def parse(self, raw: bytes) -> Any:
        text = utf8(raw)
        try:
            value = json.loads(
                text,
                object_pairs_hook=self.pairs,
                parse_int=self.integer,
                parse_float=lambda _: NotWhole(),
                parse_constant=self.constant,
            )
            _no_half_pairs(value)
        except (ValueError, RecursionError):
            raise Refused("malformed", "JSON") from None
        if self.repeated:
            raise Refused("duplicate key")
        return value


def _no_half_pairs(value: Any) -> None:
    """An escape for half a surrogate pair is malformed (rule 2.4): UnicodeEncodeError is a ValueError."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, list):
        for item in value:
            _no_half_pairs(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            key.encode()
            _no_half_pairs(item)


def write(value: Any) -> bytes:
    """The one way to write a value (rule 2): Python's escapes are RFC 8785's when nothing above is escaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def parse(raw: bytes) -> Any:
    """JSON in any spelling, without types."""
    return _Parser().parse(raw)


def read_canonical(raw: bytes, check: Check, limit: int = LINE_LIMIT) -> Any:
    """Rule 3: parse, check types and bounds, write again, compare. The result has no defaults in it."""
    if len(raw) > limit:
        raise Refused("too large", "line of JSON")
    value = check(parse(raw))
    if write(value) != raw:
        raise Refused("not canonical")
    return value


def read_loose(raw: bytes, check: Check, limit: int) -> Any:
    """JSON in any spelling, because nobody signs it; the result has no defaults in it."""
    if len(raw) > limit:
        raise Refused("too large", "JSON")
    return check(parse(raw))


def one_line(rest: bytes) -> bytes:
    """The line of JSON before the second newline, which ends everything (rule 1)."""
    line, newline, behind = rest.partition(b"\n")
    if not newline or behind:
        raise Refused("malformed", "second newline")
    return line


def read_body(text: bytes, type_line: str, check: Check, limit: int = LINE_LIMIT) -> Any:
    """A signed body: type line and one line of canonical JSON (rule 1)."""
    return read_canonical(one_line(split_type_line(text, type_line)), check, limit)


def integer(low: int, high: int) -> Check:
    """An integer within bounds."""

    def check(value: Any) -> Any:
        if type(value) is not int:
            raise Refused("wrong type", "no integer")
        if not low <= value <= high:
            raise Refused("out of range", str(value))
        return value

    return check


def flag(value: Any) -> Any:
    """True or false."""
    if type(value) is not bool:
        raise Refused("wrong type", "neither true nor false")
    return value


def text(low: int = 0, high: int | None = None) -> Check:
    """Text of so many characters (code points)."""

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise Refused("wrong type", "no text")
        if len(value) < low or (high is not None and len(value) > high):
            raise Refused("out of range", f"{len(value)} characters")
        return value

    return check


def pattern(expression: str, high: int | None = None) -> Check:
    """Text that matches wholly (README, *Values*); its length, where bounded beside the pattern, is checked behind."""
    compiled = re.compile(expression, re.ASCII)
    bounded = text(0, high)

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise Refused("wrong type", "no text")
        if not compiled.fullmatch(value):
            raise Refused("bad value", value[:80])
        return bounded(value)

    return check


def words(*allowed: str) -> Check:
    """Text that is one of these words."""

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise Refused("wrong type", "no text")
        if value not in allowed:
            raise Refused("bad value", value[:80])
        return value

    return check


def items(check_item: Check, low: int = 0, high: int | None = None) -> Check:
    """A list of so many items."""

    def check(value: Any) -> Any:
        if not isinstance(value, list):
            raise Refused("wrong type", "no list")
        if len(value) < low or (high is not None and len(value) > high):
            raise Refused("out of range", f"{len(value)} items")
        return [check_item(item) for item in value]

    return check


def mapping(check_key: Check, check_item: Check, low: int, high: int) -> Check:
    """An object from any key that fits to values, as names and notes of bodies are."""

    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Refused("wrong type", "no object")
        if not low <= len(value) <= high:
            raise Refused("out of range", f"{len(value)} entries")
        return {check_key(key): check_item(item) for key, item in value.items()}

    return check


def record(fields: Mapping[str, Field]) -> Check:
    """An object with these fields and no other; what equals its default is left out of the result (rule 2.6)."""

    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Refused("wrong type", "no object")
        for name in value:
            if name not in fields:
                raise Refused("unknown field", name[:80])
        found = {}
        for name, field in fields.items():
            if name not in value:
                if field.default is REQUIRED:
                    raise Refused("missing field", name)
                continue
            item = field.check(value[name])
            if item != field.default:
                found[name] = item
        return found

    return check
