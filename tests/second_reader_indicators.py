"""A desk's exported indicators (indicators.md)."""

from typing import Any

from second_reader_base import Refused
from second_reader_json import LEFT_OUT, Check, Field, integer, mapping, pattern, read_canonical, record, words
from second_reader_values import COUNT, MEMBER

LIMIT = 262_144
_NAME = pattern("[A-Za-z0-9]+([ -][A-Za-z0-9]+)*", 80)
_SHOWN = integer(11, 1 << 40)
_PARTS = mapping(_NAME, _SHOWN, 0, 1 << 20)
_TIMES = mapping(
    words("delivered", "accepted", "completed"), record({"median": Field(COUNT), "p90": Field(COUNT)}), 0, 3
)
_KIND = record({"count": Field(_SHOWN), "countries": Field(_PARTS, {}), "times": Field(_TIMES, {})})
_WAY: Check = record(
    {
        "requests": Field(record({"count": Field(_SHOWN, LEFT_OUT), "parts": Field(_PARTS, {})})),
        "kinds": Field(mapping(_NAME, _KIND, 0, 1 << 20), {}),
        "outcomes": Field(_PARTS, {}),
        "languages": Field(_PARTS, {}),
        "escalated": Field(_PARTS, {}),
        "times": Field(_TIMES, {}),
    }
)


def _eleven(value: Any) -> Any:
    if type(value) is not int:
        raise Refused("wrong type", "k")
    if value != 11:
        raise Refused("bad value", "k")
    return value


_FILE = record(
    {
        "type": Field(words("enlace-indicators-1")),
        "member": Field(MEMBER),
        "period": Field(pattern("20[0-9]{2}-Q[1-4]")),
        "k": Field(_eleven),
        "sent": Field(_WAY),
        "received": Field(_WAY),
    }
)


def _sum(parts: dict[str, int], whole: int) -> None:
    if sum(parts.values()) != whole:
        raise Refused("bad value", "the parts of a whole")


def _check(way: dict[str, Any]) -> int:
    """Rules 3 to 6; returns how many requests there were, 0 where that is kept back."""
    if "count" not in way["requests"]:
        if way != {"requests": {}}:
            raise Refused("bad value", "something is told of too few")
        return 0
    count: int = way["requests"]["count"]
    parts, kinds = way["requests"].get("parts", {}), way.get("kinds", {})
    for name in ("outcomes", "languages", "escalated"):
        _sum(way.get(name, {}), count)
    _sum(parts, count)
    if {name for name in parts if name != "other"} != set(kinds):
        raise Refused("bad value", "kinds")
    for name, kind in kinds.items():
        if kind["count"] != parts[name]:
            raise Refused("bad value", name)
        _sum(kind.get("countries", {}), kind["count"])
    for times in (way.get("times", {}), *(kind.get("times", {}) for kind in kinds.values())):
        if any(each["median"] > each["p90"] for each in times.values()):
            raise Refused("bad value", "times")
    return count


def read_indicators(raw: bytes) -> dict[str, Any]:
    """Rules 1 to 6."""
    if raw[-1:] != b"\n":
        raise Refused("malformed", "end")
    value = read_canonical(raw[:-1], _FILE, LIMIT)
    return {"member": value["member"], "period": value["period"]} | {
        way: _check(value[way]) for way in ("sent", "received")
    }
