"""Vectors of signed notes and verifier keys."""

from vectors_case import Book
from vectors_more_edges import add_vkey_edges
from vectors_note_edges import add_edges
from vectors_spoils import Signed, spoil_signatures
from vectors_world import NAME, local, pair

from crypto.encoding import b64
from crypto.note import ED25519_TYPE, MLDSA44_TYPE, Note, Signature, key_id, write_vkey
from crypto.signing import sign_both

TEXT = "enlace/example/v1\nA text in UTF-8: ¿quién? 🕯\n"
NEUTRAL = (1).to_bytes(32, "little")


def vkey(handle: str, name: str) -> str:
    """The Ed25519 verifier key of a handle."""
    return write_vkey(name, ED25519_TYPE + pair(handle).public.ed25519)


def note_book() -> Book:
    """Notes under known keys, and notes that need both signatures of one signer."""
    book = Book("note", "docs/formats/signed-note.md")
    night, chief = f"{NAME}/{local('co-night')}", f"{NAME}/{local('co-chief')}"
    first, second = pair("co-night").sign_text(night, TEXT), pair("co-chief").sign_text(chief, TEXT)
    keys = {"vkeys": [vkey("co-night", night), vkey("co-chief", chief)]}

    def of(*lines: Signature, text: str = TEXT) -> bytes:
        return Note(text, lines).write()

    book.good("one signer", "an Ed25519 line by a known key", {"text": TEXT, "signers": [night], "lines": 1},
              note=of(first[0]), **keys)  # fmt: skip
    book.good("two signers", "two lines by known keys", {"text": TEXT, "signers": [night, chief], "lines": 2},
              note=of(first[0], second[0]), **keys)  # fmt: skip
    book.good("an unknown key beside", "a line whose key nobody named is ignored",
              {"text": TEXT, "signers": [night], "lines": 2}, note=of(first[1], first[0]), **keys)  # fmt: skip
    book.good("nobody known", "well formed, but no known key signed; the caller decides",
              {"text": TEXT, "signers": [], "lines": 1}, note=of(second[1]), **keys)  # fmt: skip
    pq = {"vkeys": [write_vkey(night, MLDSA44_TYPE + pair("co-night").public.mldsa44)]}
    book.good("post-quantum", "an ML-DSA-44 line by a known key", {"text": TEXT, "signers": [night], "lines": 2},
              note=of(*first), **pq)  # fmt: skip
    inner = TEXT + "\nA blank line inside.\n"
    book.good("blank line inside", "the text ends at the last blank line, not at the first",
              {"text": inner, "signers": [night], "lines": 1},
              note=of(pair("co-night").sign_text(night, inner)[0], text=inner), **keys)  # fmt: skip
    flipped = Signature(first[0].name, first[0].key_id, bytes([first[0].blob[0] ^ 1]) + first[0].blob[1:])
    book.bad("bad signature beside a good one", "a wrong line by a known key spoils the note", "bad signature", "",
             note=of(second[0], flipped), **keys)  # fmt: skip
    book.bad("a key signs twice", "the same line twice", "signature repeated", "", note=of(first[0], first[0]), **keys)
    many = Note(TEXT, tuple(Signature(f"name-{n}", b"\0\0\0\1", b"x" * 64) for n in range(33))).write()
    book.bad("33 lines", "a note has at most 32 signature lines", "out of range", "", note=many, **keys)
    bare = "enlace/example/v1\n\n— x AAAAAA==\n".encode()
    book.bad(
        "key id alone", "a signature line with four bytes, which are the key id", "malformed", "", note=bare, **keys
    )
    spaced = f"{TEXT}\n— a+b {b64(bytes(68))}\n".encode()
    book.bad("plus in a name", "a key name with a plus sign", "malformed", "", note=spaced, **keys)
    loose = f"{TEXT}\n— x {b64(bytes(68))[:-2]}B=\n".encode()
    book.bad(
        "loose base64", "the last character has bits that no byte takes up", "not canonical", "", note=loose, **keys
    )
    weak = _weak(night)
    book.bad(
        "weak key",
        "a signature that fits any text, under a key of small order",
        "weak key",
        "",
        note=weak[0],
        vkeys=[weak[1]],
    )
    add_edges(book)
    both = {"both": "co-night", "name": night}
    raw = sign_both(pair("co-night"), night, TEXT + '{"at":5,"b":1}\n')
    book.good("both", "both lines of one signer", {"text": TEXT + '{"at":5,"b":1}\n'}, note=raw, **both)
    spoil_signatures(Signed(book, "note", "both", "co-night", night, raw, both, "both: "), 1 << 20)
    return book


def _weak(name: str) -> tuple[bytes, str]:
    """A note under the neutral element as key: R the neutral element and S zero verify over every text."""
    public = NEUTRAL
    blob = NEUTRAL + bytes(32)
    line = Signature(name, key_id(name, ED25519_TYPE + public), blob)
    return Note(TEXT, (line,)).write(), write_vkey(name, ED25519_TYPE + public)


def vkey_book() -> Book:
    """Verifier keys as text."""
    book = Book("vkey", "docs/formats/signed-note.md")
    name = f"{NAME}/{local('co-night')}"
    for kind, prefix, public in (
        ("Ed25519", ED25519_TYPE, pair("co-night").public.ed25519),
        ("ML-DSA-44", MLDSA44_TYPE, pair("co-night").public.mldsa44),
    ):
        out = {"name": name, "type": b64(prefix), "key": b64(public), "id": key_id(name, prefix + public).hex()}
        book.good(kind, f"an {kind} key", out, vkey=write_vkey(name, prefix + public))
    good = vkey("co-night", name)
    head, identifier, key = good.split("+", 2)
    long = write_vkey(name, MLDSA44_TYPE + pair("co-night").public.mldsa44)
    for title, description, word, text in (
        ("two parts", "the key is missing", "malformed", f"{head}+{identifier}"),
        ("another id", "an id that is not this key's", "wrong key id", f"{head}+00000000+{key}"),
        ("another name", "the id belongs to another name", "wrong key id", f"{head}x+{identifier}+{key}"),
        ("id in capitals", "capital hexadecimal digits", "not canonical", f"{head}+{identifier.upper()}+{key}"),
        ("long id", "an id of five bytes", "out of range", f"{head}+{identifier}00+{key}"),
        ("id that is none", "letters that are no hexadecimal digits", "malformed", f"{head}+zzzzzzzz+{key}"),
        ("space in the name", "a key name has no spaces", "malformed", f"a b+{identifier}+{key}"),
        ("no name", "an empty name", "malformed", f"+{identifier}+{key}"),
        ("line feed in the name", "a control character", "malformed", f"a\nb+{identifier}+{key}"),
        ("loose base64", "the last digit has bits that no byte takes up", "not canonical", _loose(long)),
        ("no padding", "base64 without its padding", "malformed", long.rstrip("=")),
        ("no key", "nothing behind the second plus sign", "wrong key id", f"{head}+{identifier}+"),
    ):
        book.bad(title, description, word, "", vkey=text)
    add_vkey_edges(book)
    return book


def _loose(text: str) -> str:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=")
    other = digits[digits.index(body[-1]) + 1]
    return body[:-1] + other + text[len(body) :]
