"""Edges of signed notes: keys that bind nobody, signatures in a second spelling, odd characters, a context."""

from typing import Any

from vectors_case import Book
from vectors_kept import kept
from vectors_world import NAME, local, pair

from crypto.encoding import b64
from crypto.note import ED25519_TYPE, MLDSA44_TYPE, Note, Signature, key_id, mldsa44_key, parse_note, write_vkey
from crypto.signing import ed25519_line

TEXT = "enlace/example/v1\nOne line.\n"
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493  # of the group of Ed25519
ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
NIGHT = f"{NAME}/{local('co-night')}"


def add_edges(book: Book) -> None:
    """Enter the cases."""
    _weak_keys(book)
    _second_spellings(book)
    _characters(book)
    _context(book)


def _keys() -> dict[str, Any]:
    return {"vkeys": [write_vkey(NIGHT, ED25519_TYPE + pair("co-night").public.ed25519)]}


def _weak_keys(book: Book) -> None:
    points = {
        "y is 0": 0,
        "y is 1": 1,
        "y is p - 1": P - 1,
        "y of order 8": ORDER_8,
        "the other y of order 8": P - ORDER_8,
        "y is p, another spelling of 0": P,
        "y is p + 1, another spelling of 1": P + 1,
        "y is the largest of 255 bits": 2**255 - 1,
        "y is 1 under the other sign": 1 | 1 << 255,
    }
    for name, y in points.items():
        public = y.to_bytes(32, "little")
        line = Signature(NIGHT, key_id(NIGHT, ED25519_TYPE + public), (1).to_bytes(32, "little") + bytes(32))
        raw = Note(TEXT, (line,)).write()
        book.bad(
            f"weak key: {name}",
            "no key generator makes it",
            "weak key",
            note=raw,
            vkeys=[write_vkey(NIGHT, ED25519_TYPE + public)],
        )


def _second_spellings(book: Book) -> None:
    good = ed25519_line(pair("co-night").ed25519, NIGHT, TEXT)
    scalar = int.from_bytes(good.blob[32:], "little") + ORDER
    larger = Signature(NIGHT, good.key_id, good.blob[:32] + scalar.to_bytes(32, "little"))
    book.bad("S above the order", "the same signature with the group's order added to S", "bad signature",
             note=Note(TEXT, (larger,)).write(), **_keys())  # fmt: skip
    for name, blob in (("Ed25519 signature cut", good.blob[:-1]), ("Ed25519 signature continued", good.blob + b"\0")):
        line = Signature(NIGHT, good.key_id, blob)
        book.bad(name, "a byte less or more", "bad signature", note=Note(TEXT, (line,)).write(), **_keys())

    spoiled = Signature(NIGHT, good.key_id, bytes(64))
    book.bad("a second line that is wrong", "that there are two is seen first", "signature repeated",
             note=Note(TEXT, (good, spoiled)).write(), **_keys())  # fmt: skip
    book.bad("a first line that is wrong", "the second is right", "bad signature",
             note=Note(TEXT, (spoiled, good)).write(), **_keys())  # fmt: skip


def _characters(book: Book) -> None:
    def good(name: str, description: str, text: str) -> None:
        lines = (ed25519_line(pair("co-night").ed25519, NIGHT, text),)
        out = {"text": text, "signers": [NIGHT], "lines": 1}
        book.good(name, description, out, note=Note(text, lines).write(), **_keys())

    good(
        "DEL and others",
        "U+007F, U+0085, U+2028 and U+FEFF are no control characters here",
        "a\x7fb\u0085c\u2028d\ufeffe\n",
    )
    good("composed and not", "two spellings of one letter are two texts", "\u00e9 e\u0301\n")
    good("empty text", "a newline alone", "\n")
    line = ed25519_line(pair("co-night").ed25519, NIGHT, TEXT).line().encode()
    begin = TEXT.encode()[:-1]
    for name, raw in (
        ("half a surrogate pair", b"\xed\xa0\x80"),
        ("overlong zero", b"\xc0\x80"),
        ("above U+10FFFF", b"\xf4\x90\x80\x80"),
        ("cut character", b"\xe2\x82"),
    ):
        book.bad(name, "bytes that are no UTF-8", "not UTF-8", note=begin + raw + b"\n\n" + line, **_keys())
    for name, raw in (
        ("zero byte", b"\0"),
        ("carriage return", b"\r"),
        ("escape", b"\x1b"),
        ("unit separator", b"\x1f"),
    ):
        book.bad(name, "a control character in the text", "malformed", note=begin + raw + b"\n\n" + line, **_keys())
    for name, owner in (
        ("no-break space in a name", "a\u00a0b"),
        ("zero-width space in a name", "a\u200bb"),
        ("empty name", ""),
    ):
        other = f"— {owner} {b64(bytes(68))}\n".encode()
        book.bad(
            name,
            "a line nobody knows, malformed all the same",
            "malformed",
            note=TEXT.encode() + b"\n" + other + line,
            **_keys(),
        )


def _context(book: Book) -> None:
    keys, name = pair("co-night"), "both: signed with a context"
    usual = {"both": "co-night", "name": NIGHT}
    first = ed25519_line(keys.ed25519, NIGHT, TEXT)
    identifier = key_id(NIGHT, MLDSA44_TYPE + keys.public.mldsa44)

    def is_right(old: bytes) -> bool:
        blob = parse_note(old).signatures[1].blob
        mldsa44_key(keys.public.mldsa44).verify(blob, TEXT.encode(), b"enlace")
        return old == of(blob)

    def of(blob: bytes) -> bytes:
        return Note(TEXT, (first, Signature(NIGHT, identifier, blob))).write()

    def make() -> bytes:
        return of(keys.mldsa44.sign(TEXT.encode(), b"enlace"))

    raw = kept("note", name, "note", is_right, make)
    book.bad(name, "the ML-DSA-44 signature has a context, where it is to be empty", "bad signature", note=raw, **usual)
