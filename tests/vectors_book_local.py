"""Vectors of what a desk and a relay keep for themselves, and no one else reads."""

import hmac
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from vectors_case import Book
from vectors_log import staffed
from vectors_spoils import line
from vectors_world import START, committed, identity, local, pair

from crypto.encoding import b64

VAULT = "vault 1"
REST = bytes(range(32))
CODES = bytes(range(32, 64))
CODE = "ABCD-EFGH-IJKL-2345"


def local_book() -> Book:
    """Values at rest, recovery codes, reception keys, seals, challenges."""
    book = Book("local", "docs/formats/local.md")
    _at_rest(book)
    _codes(book)
    _reception(book)
    _seals(book)
    _halt(book)
    _challenge(book)
    return book


def derived(key: bytes, info: bytes) -> bytes:
    """HKDF-SHA256, 32 bytes."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)


def _at_rest(book: Book) -> None:
    row, nonce = f"bodies/{committed('co-desk')}", bytes(range(12))
    cipher = AESGCM(derived(REST, b"enlace/at-rest/v1"))
    sealed = b"\x01" + nonce + cipher.encrypt(nonce, b"value", row.encode())
    usual: dict[str, Any] = {"what": "at rest", "key": REST, "row": row, "sealed": sealed}
    book.good("at rest", "a value of the row of a body", {"value": b64(b"value")}, **usual)
    account = f"accounts/{local('co-night')}"
    nothing = b"\x01" + nonce + cipher.encrypt(nonce, b"", account.encode())
    book.good("at rest: empty", "a value without bytes, of the row of an account", {"value": ""},
              **(usual | {"row": account, "sealed": nothing}))  # fmt: skip

    def bad(name: str, description: str, word: str, **more: Any) -> None:
        book.bad(f"at rest: {name}", description, word, "at rest", **(usual | more))

    bad("another row", "the value of one row in another", "wrong mac", row=account)
    bad("another key", "the key at rest of another relay", "wrong mac", key=CODES)
    bad("another table", "the same key of another table", "wrong mac", row=row.replace("bodies", "accounts"))
    bad("changed", "its last byte", "wrong mac", sealed=sealed[:-1] + bytes([sealed[-1] ^ 1]))
    bad("nonce changed", "its first byte", "wrong mac", sealed=sealed[:1] + b"\xff" + sealed[2:])
    bad("cut", "its last byte is missing", "wrong mac", sealed=sealed[:-1])
    bad("nonce alone", "nothing behind it", "wrong mac", sealed=sealed[:13])
    bad("within the nonce", "twelve bytes", "malformed", sealed=sealed[:12])
    bad("another version", "0x02 in front", "malformed", sealed=b"\x02" + sealed[1:])
    bad("nothing", "no bytes", "malformed", sealed=b"")


def _codes(book: Book) -> None:
    device = local("co-night")
    usual: dict[str, Any] = {"what": "recovery code", "key": CODES, "device": device}
    found = {"hash": hmac.digest(CODES, f"{device}\n{CODE.replace('-', '')}".encode(), "sha256").hex()}
    book.good("recovery code", "as it is printed", found, code=CODE, **usual)
    book.good("recovery code: as typed", "small letters, spaces", found, code=CODE.lower().replace("-", " "), **usual)
    for name, code in (
        ("15 characters", CODE[:-1]),
        ("17 characters", CODE + "A"),
        ("a digit that is none", CODE.replace("2", "1")),
        ("none", ""),
    ):
        book.bad(f"recovery code: {name}", "16 of A to Z and 2 to 7", "bad value", code=code, **usual)


def _reception(book: Book) -> None:
    keys = pair("co-night/reception")
    value = {"ed25519": b64(keys.ed25519_seed), "mldsa44": b64(keys.mldsa44_seed)}
    usual = {"what": "reception"}
    book.good("reception", "`reception.json`", {"id": keys.public.id}, file=line(value).encode(), **usual)

    def bad(name: str, description: str, word: str, raw: str) -> None:
        book.bad(f"reception: {name}", description, word, "", file=raw.encode(), **usual)

    bad("newline at the end", "there is none", "not canonical", line(value) + "\n")
    bad("short seed", "31 bytes", "bad value", line(value | {"ed25519": b64(bytes(31))}))
    bad("seed in loose base64", "bits that belong to no byte", "bad value", line(value | {"mldsa44": "A" * 42 + "B="}))
    bad("one seed", "a field is missing", "missing field", line({"ed25519": value["ed25519"]}))
    bad("a field more", "which it does not have", "unknown field", line(value | {"zz": 1}))
    bad("cut", "its last byte is missing", "malformed", line(value)[:-1])


def _seal(message: bytes) -> str:
    key = derived(identity(VAULT).seed, b"enlace/replica-seal/v1")
    return hmac.digest(key, message, sha256).hex()


def _seals(book: Book) -> None:
    log = staffed()
    network, checkpoint = log.view.founded.id, log.checkpoint()
    usual: dict[str, Any] = {
        "what": "replica seal",
        "identity": VAULT,
        "network": network,
        "checkpoint": checkpoint,
        "seal": _seal(f"enlace/replica-seal/v1\n{network}\n".encode() + checkpoint),
    }
    book.good("replica seal", "of a desk that is not halted, and is owed nothing", {}, **usual)
    owed = {"owed": [{"checkpoint": log.checkpoint(log.now + 60).decode(), "relays": 1}]}
    standing = line(owed).encode()
    head = f"enlace/replica-seal/v2\n{network}\n{len(standing)}\n".encode()
    second = {"standing": standing, "seal": _seal(head + standing + checkpoint)}
    like = "replica seal"
    book.good("replica seal: owed", "the log has signed what it has not shown", {}, like, **(usual | second))

    def bad(name: str, description: str, **more: Any) -> None:
        book.bad(f"replica seal: {name}", description, "wrong mac", like, **(usual | more))

    bad("another checkpoint", "of a minute later", checkpoint=log.checkpoint(log.now + 60))
    bad("another network", "by its id", network="0" * 64)
    bad("another desk", "by its vault", identity="stranger epoch 1")
    bad("standing taken away", "what the log owes is gone", seal=second["seal"])
    bad("standing put in", "under the seal of the first form", standing=standing)


def _halt(book: Book) -> None:
    network = staffed().view.founded.id
    said = {"kind": "fork", "words": "two roots for one size", "at": START, "size": 18, "answer": 1, "checkpoint": ""}
    usual: dict[str, Any] = {"what": "halt", "identity": VAULT, "network": network}

    def mark(value: dict[str, Any], signed: dict[str, Any] | None = None) -> bytes:
        message = f"enlace/halted-seal/v1\n{network}\n{line(signed or value)}".encode()
        return line({"halt": value, "seal": _seal(message)}).encode()

    raw = mark(said)
    book.good("halt", "`halted.json`", {"kind": "fork", "size": 18, "answer": 1}, file=raw, **usual)

    def bad(name: str, description: str, word: str, file: bytes, **more: Any) -> None:
        book.bad(f"halt: {name}", description, word, "halt", **(usual | {"file": file} | more))

    bad("words changed", "what people are told", "wrong mac", mark(said | {"words": "nothing"}, said))
    bad("answer changed", "another relay would end it", "wrong mac", mark(said | {"answer": 0}, said))
    bad("another desk", "by its vault", "wrong mac", raw, identity="stranger epoch 1")
    bad("another network", "by its id", "wrong mac", raw, network="0" * 64)
    bad("no seal", "the field is missing", "missing field", line({"halt": said}).encode())
    bad("seal in capitals", "small digits", "bad value", line({"halt": said, "seal": "A" * 64}).encode())
    bad("a field more", "which it does not have", "unknown field", mark(said | {"zz": 1}))
    bad("newline at the end", "there is none", "not canonical", raw + b"\n")
    bad("cut", "its last byte is missing", "malformed", raw[:-1])


def _challenge(book: Book) -> None:
    token, challenge = "w-" + "A" * 40 + "8", bytes(range(32)).hex()
    usual: dict[str, Any] = {"what": "api challenge", "token": token}

    def good(name: str, description: str, address: str) -> None:
        said = f"enlace/api-challenge/v1\n{address}\n{challenge}".encode()
        answer = {"answer": hmac.digest(token.encode(), said, sha256).hex()}
        book.good(name, description, answer, address=address, challenge=challenge, **usual)

    good("api challenge", "at a port of 127.0.0.1", "127.0.0.1:8461")
    good("api challenge: another port", "by which the answer is another", "127.0.0.1:8462")
    for name, given in (
        ("capitals", challenge.upper()),
        ("31 bytes", challenge[2:]),
        ("33 bytes", challenge + "00"),
        ("newline behind", challenge + "\n"),
        ("none", ""),
    ):
        more = usual | {"address": "127.0.0.1:8461", "challenge": given}
        book.bad(
            f"api challenge: {name}", "64 small hexadecimal digits", "bad value", "api challenge", **(usual | more)
        )


__all__ = ["local_book"]
