"""A filled form: which form, in which language it was written, and what stands in its fields.

    {"form":"general-message/1","language":"es","values":{"subject":{"es":"Consulta"},"text":{"es":"…"}}}

1. Canonical JSON (`directory.canonical`): integers only, no nulls, keys sorted and each once, nothing unknown. What is
   read is written again and compared.
2. `language` is that of the original. A text in it is what the sender says; the same text in others is a translation.
3. **A form that this desk knows is held to its fields, kinds and bounds. One that it does not know**, because it or its
   version is newer, **is held to the shape alone**, shown raw, and said to need an update, as is a code that is not
   known. Nothing of that kind is written here: a desk sends what it understands.
4. It may be incomplete: a draft is a filled form. What it lacks is asked of `desk.forms.missing`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from desk.forms.catalogue import code_lists, form_of
from desk.forms.definition import FormId, Name
from desk.forms.values import check_values, codes_in
from directory.canonical import Malformed, decode, encode
from directory.fields import Language
from directory.finding.zones import zone_names

MOST_BYTES = 500_000
MOST_FIELDS = 200
_MOST_IN_ONE = 300  # items of a list or an object, of whatever form

if TYPE_CHECKING:
    Values = dict[str, Any]
else:
    # A tree of bounded depth whose leaves are text, whole numbers, yes and no: no nulls and no fractions at any depth.
    _Leaf = str | int | bool
    _Most = msgspec.Meta(max_length=_MOST_IN_ONE)
    _L1 = _Leaf | Annotated[tuple[_Leaf, ...], _Most] | Annotated[dict[str, _Leaf], _Most]
    _L2 = _Leaf | Annotated[tuple[_L1, ...], _Most] | Annotated[dict[str, _L1], _Most]
    _L3 = _Leaf | Annotated[tuple[_L2, ...], _Most] | Annotated[dict[str, _L2], _Most]
    _L4 = _Leaf | Annotated[tuple[_L3, ...], _Most] | Annotated[dict[str, _L3], _Most]
    _L5 = _Leaf | Annotated[tuple[_L4, ...], _Most] | Annotated[dict[str, _L4], _Most]
    Values = Annotated[dict[Name, _L5], msgspec.Meta(max_length=MOST_FIELDS)]


class Filled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A filled form. Nested in something else, it is held to its form with `check_filled` by whoever reads that."""

    form: FormId
    language: Language
    values: Values = {}  # msgspec copies an empty default for each instance

    def value(self, name: str) -> Any:
        """What stands in a field; nothing if it was left empty."""
        return self.values.get(name)


def parse_filled(raw: bytes | str) -> Filled:
    """The filled form in canonical JSON of at most MOST_BYTES; raises Malformed for everything else (rules 1, 3)."""
    try:
        data = raw.encode() if isinstance(raw, str) else raw
    except UnicodeEncodeError as error:
        raise Malformed("a filled form is UTF-8") from error
    filled = decode(data, Filled, MOST_BYTES)
    check_filled(filled)
    return filled


def write_filled(filled: Filled) -> bytes:
    """A filled form's canonical JSON; raises Malformed for one that no desk of this version would fill in (rule 3)."""
    try:
        raw = encode(filled)
    except UnicodeEncodeError as error:
        raise Malformed("a filled form is UTF-8") from error
    if parse_filled(raw) != filled:
        raise Malformed("a filled form holds lists as tuples, as it would after it was read")
    if lacks := update_needed(filled):
        raise Malformed(f"not known here: {', '.join(' '.join(each) for each in lacks)}")
    for where, zone in _zones(filled.values):
        if zone not in zone_names():
            raise Malformed(f"{where}: {zone} is no time zone; write one such as America/Bogota")
    return raw


def check_filled(filled: Filled) -> None:
    """Return if a filled form is what its form allows, or its form is not known here; raise Malformed, saying why."""
    form = form_of(filled.form)
    if form is not None:
        check_values(form.fields, filled.values)


def update_needed(filled: Filled) -> tuple[tuple[str, str], ...]:
    """What of a filled form this desk does not know: list and code of each such code, or `form` and the form's id."""
    form = form_of(filled.form)
    if form is None:
        return (("form", filled.form),)
    known = code_lists()
    given = (
        pair
        for field in form.fields
        if field.field in filled.values
        for pair in codes_in(field, filled.values[field.field])
    )
    return tuple(dict.fromkeys((table, code) for table, code in given if code not in known[table]))


def _zones(value: Any, where: str = "") -> list[tuple[str, str]]:
    match value:
        case Mapping():
            own = [(where, value["zone"])] if set(value) == {"at", "zone"} else []
            return own + [found for name, each in value.items() for found in _zones(each, f"{where}.{name}".strip("."))]
        case list() | tuple():
            return [found for at, each in enumerate(value) for found in _zones(each, f"{where}[{at}]")]
    return []
