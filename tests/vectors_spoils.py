"""What can be wrong with a line of JSON, and with a note that both keys of a signer sign: the same for many formats."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from vectors_case import Book
from vectors_world import pair

from crypto.note import Note, Signature, parse_note
from crypto.signing import ed25519_line, sign_both


class Spoil(NamedTuple):
    """A bad text: what it is called, what was done to it, what a reader says."""

    name: str
    description: str
    text: str
    word: str


def line(value: Any) -> str:
    """Canonical JSON, as any writer could make it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def spoiled_lines(value: dict[str, Any], time: str) -> Iterator[Spoil]:
    """Bad spellings of an object, whose field `time` is a time."""
    good, at = line(value), f'"{time}":{value[time]}'
    turned = json.dumps(dict(sorted(value.items(), reverse=True)), ensure_ascii=False, separators=(",", ":"))
    first = next(iter(sorted(value)))
    yield Spoil("white space", "a space after a comma of the JSON", good.replace(",", ", ", 1), "not canonical")
    yield Spoil("keys in another order", "the keys of the JSON are sorted from z to a", turned, "not canonical")
    twice = good.replace(at, f'"{time}":1,{at}')
    yield Spoil(
        "key twice", f"the key `{time}` stands in the JSON twice; many parsers take the last", twice, "duplicate key"
    )
    escaped = good.replace(f'"{time}"', f'"\\u{ord(time[0]):04x}{time[1:]}"')
    yield Spoil(
        "escaped letter", f"the first letter of the key `{time}` is written as an escape", escaped, "not canonical"
    )
    yield Spoil("minus zero", f"`{time}` is -0", good.replace(at, f'"{time}":-0'), "not canonical")
    yield Spoil("fraction", f"`{time}` has a fraction of zero", good.replace(at, at + ".0"), "wrong type")
    yield Spoil("exponent", f"`{time}` is written with an exponent", good.replace(at, f'"{time}":1e9'), "wrong type")
    yield Spoil("null", f"`{time}` is null", good.replace(at, f'"{time}":null'), "wrong type")
    yield Spoil("number as text", f"`{time}` is a string of digits", good.replace(at, f'"{time}":"5"'), "wrong type")
    yield Spoil("negative", f"`{time}` is -1", good.replace(at, f'"{time}":-1'), "out of range")
    yield Spoil("time too late", f"`{time}` is 2^40 + 1", good.replace(at, f'"{time}":{2**40 + 1}'), "out of range")
    yield Spoil(
        "leading zero", f"`{time}` begins with a zero", good.replace(at, f'"{time}":0{value[time]}'), "malformed"
    )
    yield Spoil("unknown field", "a field that the format does not have", line(value | {"zz": 1}), "unknown field")
    less = {name: each for name, each in value.items() if name != time}
    yield Spoil("missing field", f"`{time}` is missing", line(less), "missing field")
    yield Spoil("cut JSON", "the JSON ends before its last brace", good[:-1], "malformed")
    yield Spoil("comma at the end", "a comma before the last brace", good[:-1] + ",}", "malformed")
    yield Spoil("a list", "the object stands in a list", f"[{good}]", "wrong type")
    yield Spoil("mark at the start", "U+FEFF before the JSON", "\ufeff" + good, "malformed")
    yield Spoil("half a character", f"an escape for half a surrogate pair in the key `{first}`",
                good.replace(f'"{first}"', '"\\ud800"', 1), "malformed")  # fmt: skip
    if "network" in value:
        upper = good.replace(value["network"], value["network"].upper())
        yield Spoil("capital digits", "the network's id in capital hexadecimal digits", upper, "bad value")
        yield Spoil(
            "short id",
            "the network's id lacks a digit",
            good.replace(value["network"], value["network"][1:]),
            "bad value",
        )


def spoiled_texts(type_line: str, value: dict[str, Any], time: str) -> Iterator[Spoil]:
    """Bad texts of a type line and a line of JSON."""
    for each in spoiled_lines(value, time):
        yield each._replace(text=f"{type_line}\n{each.text}\n")
    good = line(value)
    other = type_line.rpartition("/")[0]
    yield Spoil("another type line", "the type line of another format", f"enlace/other/v1\n{good}\n", "wrong type line")
    yield Spoil("type line with a space", "a space after the type line", f"{type_line} \n{good}\n", "wrong type line")
    yield Spoil(
        "type line in capitals", "the type line in capitals", f"{type_line.upper()}\n{good}\n", "wrong type line"
    )
    if "statement" not in other:
        yield Spoil("a later version", "version 2 of the format", f"{other}/v2\n{good}\n", "wrong type line")
    yield Spoil("a second line", "another line behind the JSON", f"{type_line}\n{good}\n{{}}\n", "malformed")
    yield Spoil("no JSON", "nothing behind the type line", f"{type_line}\n", "malformed")


class Signed(NamedTuple):
    """A note that a handle signs under a name: what its bad cases are made of."""

    book: Book
    key: str  # the input that the note is
    like: str  # the good case
    handle: str
    name: str
    raw: bytes
    inputs: dict[str, Any]
    prefix: str = ""

    def add(self, name: str, description: str, word: str, raw: bytes) -> None:
        """A bad case."""
        inputs = self.inputs | {self.key: raw}
        self.book.bad(self.prefix + name, description, word, self.like, **inputs)

    def sign(self, text: str) -> bytes:
        """Another text, rightly signed."""
        return sign_both(pair(self.handle), self.name, text)


def spoil_signatures(case: Signed, most: int) -> None:
    """Bad cases of a note that has to carry both lines of one signer."""
    note = parse_note(case.raw)
    ed25519, mldsa44 = note.signatures
    stranger = pair("stranger").sign_text(case.name, note.text)

    def of(*lines: Signature, text: str = note.text) -> bytes:
        return Note(text, lines).write()

    def flipped(signature: Signature, at: int = 8) -> Signature:
        blob = bytearray(signature.blob)
        blob[at] ^= 1
        return Signature(signature.name, signature.key_id, bytes(blob))

    add, add_raw = case.add, case.raw
    add("no ML-DSA-44 line", "only the Ed25519 line is there", "signature missing", of(ed25519))
    add("no Ed25519 line", "only the ML-DSA-44 line is there", "signature missing", of(mldsa44))
    add("lines in the other order", "the ML-DSA-44 line stands first", "wrong order", of(mldsa44, ed25519))
    add("a line twice", "the Ed25519 line stands there twice", "signature repeated", of(ed25519, ed25519, mldsa44))
    add(
        "a stranger's line beside",
        "a third line, by keys nobody named",
        "extra signature",
        of(ed25519, mldsa44, stranger[0]),
    )
    add("a stranger's lines", "both lines are by other keys under the same name", "signature missing", of(*stranger))
    add(
        "halves of two signers",
        "Ed25519 of the signer, ML-DSA-44 of another",
        "signature missing",
        of(ed25519, stranger[1]),
    )
    under = pair(case.handle).sign_text(case.name + "x", note.text)
    add("another name", "the right keys under another name", "signature missing", of(*under))
    add("Ed25519 signature changed", "one bit of it", "bad signature", of(flipped(ed25519), mldsa44))
    add("ML-DSA-44 signature changed", "one bit of it", "bad signature", of(ed25519, flipped(mldsa44)))
    add("text changed", "a digit of the signed text is another", "bad signature", _digit_changed(add_raw))
    short = Signature(mldsa44.name, mldsa44.key_id, mldsa44.blob[:-1])
    add("ML-DSA-44 signature cut", "its last byte is missing", "bad signature", of(ed25519, short))
    add("no signature", "the text and the blank line, and no signature line", "malformed", (note.text + "\n").encode())
    add("no blank line", "the signatures follow the text at once", "malformed", add_raw.replace(b"\n\n", b"\n"))
    add("no newline at the end", "the last newline is missing", "malformed", add_raw[:-1])
    add("a newline more", "a blank line behind the signatures", "malformed", add_raw + b"\n")
    add("CRLF", "lines end in carriage return and newline", "malformed", add_raw.replace(b"\n", b"\r\n"))
    add("a tab", "a tab, which is a control character, in the text", "malformed", add_raw.replace(b",", b",\t", 1))
    add("not UTF-8", "a byte 0xff in the text", "not UTF-8", add_raw.replace(b"{", b"{\xff", 1))
    hyphen = add_raw.replace("\n— ".encode(), b"\n- ")
    add("hyphen for dash", "signature lines begin with a hyphen", "malformed", hyphen)
    add("two spaces", "two spaces before the signature", "malformed", _last_space_doubled(add_raw))
    add("unpadded base64", "the padding of the first signature is missing", "malformed", _unpadded(note, case))
    add("too large", f"more than {most} bytes", "too large", add_raw[:-1] + b"A" * (most + 1 - len(add_raw)) + b"\n")


def spoil_texts(case: Signed, spoils: Iterator[Spoil]) -> None:
    """Bad texts, each rightly signed."""
    for each in spoils:
        if "\t" not in each.text:
            case.add(each.name, each.description, each.word, case.sign(each.text))


def _digit_changed(raw: bytes) -> bytes:
    at = next(at for at in range(raw.index(b"{"), len(raw)) if raw[at : at + 1].isdigit())
    return raw[:at] + (b"1" if raw[at : at + 1] != b"1" else b"2") + raw[at + 1 :]


def _last_space_doubled(raw: bytes) -> bytes:
    before, _, after = raw.rpartition(b" ")
    return before + b"  " + after


def _unpadded(note: Note, case: Signed) -> bytes:
    first = ed25519_line(pair(case.handle).ed25519, case.name, note.text).line()
    bare = first.rstrip("\n").rstrip("=") + "\n"
    return case.raw.replace(first.encode(), bare.encode(), 1)


Sign = Callable[[str], bytes]
