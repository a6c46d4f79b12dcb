"""Edges of age files, as attachments: payloads of more than one chunk and of none, and headers of every odd form.

The odd headers wrap the file key of the good case, whose payload they keep; so nothing in them is random.
"""

import hashlib
import hmac
from collections.abc import Iterator
from io import BytesIO
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from vectors_book_message import ATTACHED, PLAIN, sealed_file
from vectors_case import Book
from vectors_kept import kept
from vectors_world import identity

from crypto.age import decrypt, encrypt
from crypto.age_header import read_header
from crypto.age_source import Source
from crypto.encoding import b64raw, unb64raw
from directory.canonical import encode

VERSION = b"age-encryption.org/v1\n"
# Exactly one chunk stands in envelope.json: a text padded to 65,536 bytes.
SIZES = ((0, "no bytes: one empty chunk"), (70_000, "a chunk and a part of one"))


def described(raw: bytes, plain: bytes, **fields: Any) -> bytes:
    """The object that goes with an age file and what is in it."""
    digests = {"cipher_hash": hashlib.sha256(raw).hexdigest(), "cipher_size": len(raw)}
    inside = {"plain_hash": hashlib.sha256(plain).hexdigest(), "plain_size": len(plain)}
    return encode(sealed_file(**(digests | inside | fields)))


def out_of(plain: bytes, name: str = "notice.pdf") -> dict[str, Any]:
    """What a reader obtains."""
    return {"name": name, "size": len(plain), "sha256": hashlib.sha256(plain).hexdigest()}


class Parts(NamedTuple):
    """A good age file taken apart."""

    stanza: bytes
    file_key: bytes
    payload: bytes


def add_age_edges(book: Book, file: bytes) -> None:
    """Enter the cases; `file` is the good one."""
    _sizes(book)
    parts = _parts(file)
    for name, description, word, lines in _headers(parts):
        raw = _sealed(lines, parts)
        if word:
            book.bad(name, description, word, "whole", file=raw, sealed_file=described(raw, PLAIN))
        else:
            about = described(raw, PLAIN)
            book.good(name, description, out_of(PLAIN), "whole", file=raw, sealed_file=about)
    raw = file[: len(file) - len(parts.payload) + 15]
    about = described(raw, b"")
    book.bad("no nonce", "15 bytes behind the header", "header failure", "whole", file=raw, sealed_file=about)
    raw = file[: len(file) - len(parts.payload) + 16]
    about = described(raw, b"")
    book.bad("nonce alone", "no chunk, not even an empty one", "payload failure", "whole", file=raw, sealed_file=about)


def _sizes(book: Book) -> None:
    for size, description in SIZES:
        plain = b"0123456789abcdef" * (size // 16)
        raw = _of_size(plain)
        book.good(_name(plain), description, out_of(plain), file=raw, sealed_file=described(raw, plain))
    plain = b"0123456789abcdef" * (70_000 // 16)
    raw = _of_size(plain)
    first = raw[: raw.index(b"\n--- ") + 48 + 16 + 65_552]
    about = described(first, plain[:65_536])
    book.bad("cut behind a chunk", "a whole chunk, which does not say that it is the last", "payload failure",
             _name(plain), file=first, sealed_file=about)  # fmt: skip


def _name(plain: bytes) -> str:
    return f"{len(plain):,} bytes"


def _of_size(plain: bytes) -> bytes:
    by = identity(ATTACHED)
    return kept(
        "attachment",
        _name(plain),
        "file",
        lambda old: decrypt(old, [by]) == plain,
        lambda: encrypt(plain, [by.recipient()]),
    )


def _parts(file: bytes) -> Parts:
    stanza = read_header(Source(BytesIO(file)))[0]
    key = identity(ATTACHED).unwrap(stanza)
    assert key is not None
    begin, mac = len(VERSION), file.index(b"\n--- ") + 1
    return Parts(file[begin:mac], key, file[mac + 48 :])


def _sealed(lines: bytes, parts: Parts) -> bytes:
    head = VERSION + lines + b"---"
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"header").derive(parts.file_key)
    return head + b" " + b64raw(hmac.digest(key, head, "sha256")).encode() + b"\n" + parts.payload


def _headers(parts: Parts) -> Iterator[tuple[str, str, str, bytes]]:
    """Name, description, word (empty: valid) and stanzas."""
    good, grease = parts.stanza, b"-> grease and more\n\n"
    words, body = good.split(b"\n")[:2]
    shared = unb64raw(words.split(b" ")[2].decode())

    def spelled(argument: bytes, wrapped: str) -> bytes:
        return b"-> mlkem768x25519 %b\n%b\n" % (argument, wrapped.encode())

    def of(share: bytes, wrapped: bytes) -> bytes:
        return spelled(b64raw(share).encode(), b64raw(wrapped))

    key = unb64raw(body.decode())
    other = of(bytes([shared[0] ^ 1]) + shared[1:], key)
    digit = _next(body.decode()[-1])
    short, long = of(shared[:-1], key), of(shared, key + b"\0")
    yield "two stanzas, the second opens", "the first is for somebody else", "", other + good
    yield "two stanzas, the first opens", "the second is for somebody else", "", good + other
    yield "stanza of another type before", "a type that nobody knows", "", grease + good
    yield "stanza of another type behind", "a type that nobody knows", "", good + grease
    yield "stanza of another type alone", "a type that nobody knows", "no match", grease
    yield "stanzas for others alone", "two of the right type", "no match", other + other
    yield "bad stanza before", "its argument lacks a byte", "header failure", short + good
    yield "bad stanza behind", "its argument lacks a byte; nobody looks at it", "", good + short
    yield "argument too short", "1,119 bytes", "header failure", short
    yield "argument too long", "1,121 bytes", "header failure", of(shared + b"\0", key)
    yield "body too short", "31 bytes", "header failure", of(shared, key[:-1])
    yield "body too long", "33 bytes", "header failure", long
    yield "two arguments", "one is right", "header failure", spelled(words.split(b" ")[2] + b" x", body.decode())
    yield "no argument", "one is right", "header failure", b"-> mlkem768x25519\n" + body + b"\n"
    loose = words.split(b" ")[2][:-1] + _next(words.decode()[-1]).encode()
    yield "argument in loose base64", "bits that belong to no byte", "header failure", spelled(loose, body.decode())
    yield (
        "body in loose base64",
        "bits that belong to no byte",
        "header failure",
        spelled(words.split(b" ")[2], body.decode()[:-1] + digit),
    )
    yield "loose base64 behind", "in a stanza of another type", "header failure", good + b"-> grease\nAB\n"
    yield "padded base64", "age has no padding", "header failure", good + b"-> grease\nAA==\n"
    yield "65 columns", "of 64 in a stanza of another type", "header failure", good + b"-> grease\n" + b"A" * 65 + b"\n"
    yield "64 columns", "with the empty line that has to follow", "", good + b"-> grease\n" + b"A" * 64 + b"\n\n"
    yield (
        "no empty line",
        "64 columns, and no shorter line behind",
        "header failure",
        (good + b"-> grease\n" + b"A" * 64 + b"\n"),
    )
    yield "two spaces in a stanza", "an empty argument", "header failure", good + b"-> grease  x\n\n"
    yield "no type in a stanza", "an arrow and a space", "header failure", good + b"-> \n\n"
    salt = b64raw(bytes(16)).encode()
    scrypt = b"-> scrypt " + salt + b" 4\n" + b64raw(bytes(32)).encode() + b"\n"
    yield "scrypt beside", "a passphrase is alone in its file", "header failure", good + scrypt
    yield "no stanza", "the MAC alone", "header failure", b""
    yield "512 stanzas", "the most there are", "", good + b"-> x\n\n" * 511
    yield "513 stanzas", "one too many", "header failure", good + b"-> x\n\n" * 512
    room = (1 << 20) - len(VERSION) - len(good) - 48 - len(b"-> \n\n")
    yield "header of a mebibyte", "exactly", "", good + b"-> " + b"x" * room + b"\n\n"
    yield "header above a mebibyte", "by a byte", "header failure", good + b"-> " + b"x" * (room + 1) + b"\n\n"


def _next(digit: str) -> str:
    """The base64 digit behind, whose low bit is set where that of `digit` is not."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return digits[digits.index(digit) | 1]


__all__ = ["add_age_edges", "described", "out_of"]
