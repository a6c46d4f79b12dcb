"""Content lines of vCard 3.0 (RFC 2426), as telephones and address books export them, as properties of vCard 4.0.

    item1.TEL;type=WORK;type=pref:+1 202 555 0120
    URL;TYPE=WORK:https\\://x.example
    PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRg…

1. Read only; what a card of 3.0 says is written as 4.0. It differs from 4.0 in this alone: a type may stand without its
   name (`;WORK`, from before); preference is a type (`PREF`), and so is the main number; `:` may be escaped, also in
   URIs; a circumflex is a circumflex.
2. Bytes of a picture, a sound or a key are not kept: they have no place here. Other properties in base64, or in
   quoted-printable, which 3.0 has not, are refused; so is a CHARSET that is not UTF-8, where a letter depends on it.
3. Nothing tells 3.0's texts apart from 4.0's but the card's VERSION, so a card is read when all its lines are there.
"""

import re

from directory.exchange.csv_problem import Problem, quoted
from directory.exchange.vcard_values import KINDS, MOST_PARAMETERS, UNKNOWN, Property, one_values, unescaped, values_of

_NAME = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)")
_PARAMETER = re.compile(r";\s*([A-Za-z0-9-]+)(?:=((?:\"[^\"]*+\"|[^\";:,]*+)(?:,(?:\"[^\"]*+\"|[^\";:,]*+))*+))?")
_BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_ENCODINGS = frozenset({"base64", "quoted-printable", "8bit", "7bit"})
_PLAIN = frozenset({"8bit", "7bit"})
_TYPES = {"main": "main-number", "msg": "text"}
_UTF8 = frozenset({"utf-8", "utf8", "us-ascii"})


def property_of_three(number: int, text: str, problems: list[Problem]) -> Property | None:
    """The property in a content line of a card of 3.0; None, and a problem, if it cannot be read."""
    name = _NAME.match(text)
    at = name.end() if name else 0
    params: list[tuple[str, tuple[str, ...]]] = []
    while len(params) < MOST_PARAMETERS and (match := _PARAMETER.match(text, at)):
        params.append(_parameter(match[1], match[2]))
        at = match.end()
    if name is None or not text.startswith(":", at):
        do = "write NAME;PARAMETER=value:value, as vCard 3.0 has it"
        problems.append(Problem(number, "", f"{quoted(text)} is no content line", do))
        return None
    own, value = name[1].upper(), text[at + 1 :]
    told = {key: values for key, values in params if key in ("ENCODING", "CHARSET", "VALUE")}
    fault = _fault(own, value, told)
    if fault is not None:
        problems.append(Problem(number, own, *fault))
        return None
    kind = next(iter(told.get("VALUE", ())), KINDS.get(own, UNKNOWN)).lower()
    if own in _BINARY:
        return Property(own, ("",), (), "binary", number)
    values = values_of(own, kind, value)
    values = tuple(map(unescaped, values)) if kind == "uri" else values
    return Property(own, values, _in_four(params), kind, number)


def _parameter(name: str, values: str | None) -> tuple[str, tuple[str, ...]]:
    """A parameter; one that is a value alone is a type, or an encoding (rule 1)."""
    if values is None:
        return ("ENCODING" if name.lower() in _ENCODINGS else "TYPE"), (name,)
    return name.upper(), tuple(one_values(values))


def _fault(name: str, value: str, told: dict[str, tuple[str, ...]]) -> tuple[str, str] | None:
    """What is wrong with how a value is written, and what to do (rule 2)."""
    encoding = next(iter(told.get("ENCODING", ())), "").lower()
    if encoding and encoding not in _PLAIN and name not in _BINARY:
        return f"{name} is written in {quoted(encoding)}", "export it as vCard 4.0, or as CSV"
    charset = next(iter(told.get("CHARSET", ())), "")
    if charset.lower() not in _UTF8 and charset and not value.isascii():
        return f"{name} is written in {quoted(charset)}", "export the cards in UTF-8"
    return None


def _in_four(params: list[tuple[str, tuple[str, ...]]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Parameters as 4.0 has them: types in one, preference as a number."""
    every = [value.strip().lower() for key, values in params if key == "TYPE" for value in values]
    types = tuple(_TYPES.get(each, each) for value in every for each in value.split(",") if each and each != "pref")
    others = tuple(each for each in params if each[0] not in ("TYPE", "ENCODING", "CHARSET", "VALUE"))
    preferred = (("PREF", ("1",)),) if any("pref" in value.split(",") for value in every) else ()
    return ((("TYPE", types),) if types else ()) + preferred + others
