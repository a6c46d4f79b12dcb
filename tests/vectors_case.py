"""How a vector is written down, and read again: cases, bytes in parts, references between cases.

    {"name": "…", "description": "…", "in": {"note": {"bytes": [{"text": "…"}]}}, "expect": "valid", "out": {…}}

1. Bytes stand as a list of parts to be joined: `text` (its UTF-8), `base64`, `repeat` and `times` (one character), or
   `of`, `from`, `to`: a slice of the bytes at a path in the same file (case, field, and an index where that is a list).
2. A part of another case is referred to where that saves much; so a bad case shows what it changes in a good one.
3. Files are written in one way only, so that a second run can be compared byte for byte.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "vectors"
VALID = "valid"
_RUN = re.compile(rb"([\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe1-\xec][\x80-\xbf]{2})\1{199}")
_WORTH = 400  # bytes that two cases have to share before one refers to the other


@dataclass
class Book:
    """The cases of one format, in order; a file of `tests/vectors`."""

    format: str
    page: str
    cases: list[dict[str, Any]] = field(default_factory=list)
    raw: dict[tuple[str, ...], bytes] = field(default_factory=dict)

    def good(self, name: str, description: str, out: Mapping[str, Any], like: str = "", /, **inputs: Any) -> None:
        """A case that a reader accepts, and what it obtains; `like` names one that it shares bytes with."""
        self._add(name, description, VALID, inputs, {"out": dict(out)}, like)

    def bad(self, name: str, description: str, expect: str, /, like: str = "", **inputs: Any) -> None:
        """A case that a reader refuses, with the word for why; `like` names the good case it was made from."""
        self._add(name, description, expect, inputs, {}, like)

    def refused(self, name: str, description: str, rule: str, /, like: str = "", **inputs: Any) -> None:
        """A log that the judge refuses, by a rule."""
        self._add(name, description, "refused", inputs, {"rule": rule}, like)

    def _add(
        self, name: str, description: str, expect: str, inputs: Mapping[str, Any], more: dict[str, Any], like: str = ""
    ) -> None:
        if any(each["name"] == name for each in self.cases):
            raise ValueError(f"two cases of {self.format} are called {name}")
        # What was seen before resembles what is shown now.
        shown = {key: key.removeprefix("seen_") for key in inputs}
        written = {key: self._write(value, (name, key), (like, shown[key])) for key, value in inputs.items()}
        self.cases.append({"name": name, "description": description, "in": written, "expect": expect, **more})

    def _write(self, value: Any, path: tuple[str, ...], like: tuple[str, ...]) -> Any:
        if isinstance(value, bytes):
            self.raw[path] = value
            return {"bytes": list(_parts(value, like, self.raw.get(like, b"")))}
        if isinstance(value, list | tuple):
            return [self._write(each, (*path, str(at)), (*like, str(at))) for at, each in enumerate(value)]
        return value

    def text(self) -> str:
        """The file."""
        whole = {"format": self.format, "page": self.page, "cases": self.cases}
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _parts(raw: bytes, like: tuple[str, ...], other: bytes) -> Iterator[dict[str, Any]]:
    before = _shared(raw, other)
    after = _shared(raw[before:][::-1], other[before:][::-1])
    if before >= _WORTH:
        yield {"of": list(like), "from": 0, "to": before}
    else:
        before = 0
    after = after if after >= _WORTH else 0
    if before + after < len(raw) or not raw:
        yield from _plain(raw[before : len(raw) - after])
    if after:
        yield {"of": list(like), "from": len(other) - after, "to": len(other)}


def _plain(raw: bytes) -> Iterator[dict[str, Any]]:
    at = 0
    while run := _RUN.search(raw, at):
        begin, end, character = run.start(), run.end(), run[1]
        if len(character) == 1:
            end = len(raw) - len(raw[end:].lstrip(character))  # at the speed of C, for runs of megabytes
        while raw.startswith(character, end):
            end += len(character)
        if begin > at:
            yield _piece(raw[at:begin])
        yield {"repeat": character.decode(), "times": (end - begin) // len(character)}
        at = end
    if at < len(raw) or not raw:
        yield _piece(raw[at:])


def _piece(raw: bytes) -> dict[str, Any]:
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(raw).decode()}


def _shared(one: bytes, other: bytes) -> int:
    """How many bytes two byte strings begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class Vectors:
    """A file of vectors, read."""

    def __init__(self, path: Path) -> None:
        whole = json.loads(path.read_text("utf-8"))
        self.format: str = whole["format"]
        self.page: str = whole["page"]
        self.cases: list[dict[str, Any]] = whole["cases"]
        self._by_name = {each["name"]: each for each in self.cases}

    def inputs(self, name: str) -> dict[str, Any]:
        """What a case hands to a reader, with bytes as bytes."""
        return {key: self.value(value) for key, value in self._by_name[name]["in"].items()}

    def value(self, value: Any) -> Any:
        """A value of `in`, with bytes as bytes."""
        if isinstance(value, dict) and value.keys() == {"bytes"}:
            return b"".join(map(self._part, value["bytes"]))
        return [self.value(each) for each in value] if isinstance(value, list) else value

    def _part(self, part: dict[str, Any]) -> bytes:
        if "text" in part:
            return str(part["text"]).encode()
        if "base64" in part:
            return b64decode(part["base64"], validate=True)
        if "repeat" in part:
            return str(part["repeat"]).encode() * int(part["times"])
        case, key, *indices = part["of"]
        value = self._by_name[case]["in"][key]
        for index in indices:
            value = value[int(index)]
        whole: bytes = self.value(value)
        return whole[part["from"] : part["to"]]
