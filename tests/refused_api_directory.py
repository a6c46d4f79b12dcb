"""Bad requests about the log, statements, bodies and key sets."""

import json
import time
from dataclasses import replace
from typing import Any

import msgspec
from refused_api import Row, asked
from refused_world import NONE, House

from crypto.encoding import b64
from crypto.note import parse_note
from crypto.signing import SecretPair
from directory.keyset import write_keyset
from directory.statement import AttestContact, RetireContact, RevokeOfficer
from relay.protocol import routes


def log(sent: str, query: str, words: str, label: str = "bad query") -> Row:
    """The log, asked for with another query."""
    return asked(label, sent, "ar-desk", "GET", f"{routes.LOG}?{query}", None, 400, "malformed", words)


def append(label: str, sent: str, status: int, code: str, words: str, body: Any) -> Row:
    """Statements handed in; `body` gives a list of statements, or the whole."""

    def made(house: House) -> object:
        given = body(house) if callable(body) else body
        if isinstance(given, list):
            return {"statements": [each.decode("utf-8", "surrogatepass") for each in given]}
        return given

    return asked(label, sent, "nobody", "POST", routes.STATEMENTS, made, status, code, words)


def attest(house: House, **fields: Any) -> bytes:
    """A good statement of ar-admin's, but for `fields`."""
    return house.statement("ar-admin", AttestContact, contact="ar-desk", **fields)


def revoked(house: House) -> list[bytes]:
    """A statement by a device that was revoked."""
    return [house.statement("ar-gone", AttestContact, contact="ar-desk")]


def replaced(statement: bytes, old: bytes, new: bytes) -> bytes:
    """The statement with something else in it."""
    assert old in statement
    return statement.replace(old, new, 1)


def bodied(salt: str, body: str) -> Any:
    """A good statement with a body beside it."""
    return lambda house: {"statements": [attest(house).decode()], "bodies": [{"salt": salt, "body": body}]}


DIRECTORY = (
    log("the log from no number", "start=x", "start"),
    log("the log from a negative number", "start=-1", "start"),
    log("the log from 00", "start=00", "start"),
    log("the log from 1_000", "start=1_000", "start"),
    log("the log from a number of 40 digits", "start=" + "9" * 40, "start", "oversized"),
    log("the log from two numbers", "start=1&start=2", "no other"),
    log("the log with a query nobody knows", "limit=5", "no other"),
    log("the log from a number of another script", "start=%D9%A1", "start"),
    log("the log from bad UTF-8", "start=%ff", "start", "bad UTF-8"),
    asked("wrong role", "the log for a reception key", "ar-night", "GET", routes.LOG, None, 403, "not-allowed",
          "session or duty"),
    asked("wrong role", "the log for a stranger", "stranger", "GET", routes.LOG, None, 403, "not-allowed",
          "session or duty"),
    asked("wrong role", "a checkpoint for a reception key", "ar-night", "GET", routes.CHECKPOINT, None, 403,
          "not-allowed", "session or duty or witness"),
    asked("bad query", "a checkpoint with a query", "ar-desk", "GET", f"{routes.CHECKPOINT}?size=1", None, 400,
          "malformed", "no query"),
    asked("wrong role", "a tile for a stranger", "stranger", "GET", "/v1/log/tile/0/000.p/1", None, 403,
          "not-allowed", "session or duty or witness"),
    asked("not found", "a tile that the log does not have", "ar-desk", "GET", "/v1/log/tile/0/999", None, 404,
          "not-found", "no such tile"),
    asked("not found", "a bundle under another name", "ar-desk", "GET", "/v1/log/tile/entries/0.p/1", None, 404,
          "not-found", "tile/L/N"),
    asked("wrong role", "a witness's request for a session", "ar-desk", "GET", f"{routes.WITNESS_REQUEST}?old=0", None,
          403, "not-allowed", "is for witness"),
    asked("wrong role", "cosignatures from the duty key", "secretariat", "POST", routes.WITNESS_COSIGNATURES, b"x", 403,
          "not-allowed", "is for witness", kind=routes.NOTE),
    append("malformed", "no statement", 400, "malformed", "length >= 1", {"statements": []}),
    append("malformed", "a text that is no statement", 400, "malformed", "note", [b"hello"]),
    append("malformed", "a statement without its signatures", 400, "malformed", "note",
           lambda house: [attest(house).split(b"\n\n")[0] + b"\n"]),
    append("oversized", "2,001 statements", 400, "malformed", "length <= 2000", {"statements": ["x"] * 2001}),
    append("oversized", "a statement of 70 KB", 400, "malformed", "at most", [b"x" * 70_000]),
    append("bad UTF-8", "a statement with half of a pair of characters", 400, "malformed", "JSON",
           ["\ud800".encode("utf-8", "surrogatepass")]),
    append("malformed", "keys in another order", 400, "malformed", "canonically",
           lambda house: [replaced(attest(house), b'{"at"', b'{ "at"')]),
    append("duplicate keys", "one key twice in a statement", 400, "malformed", "stands twice",
           lambda house: [replaced(attest(house), b'{"at"', b'{"at":1,"at"')]),
    append("wrong signer", "a statement that was altered", 422, "signature-invalid", "signature",
           lambda house: [replaced(attest(house), b'"contact":"ar-desk"', b'"contact":"co-desk"')]),
    append("wrong signer", "a statement by a stranger in another's name", 422, "signature-invalid", "signature",
           lambda house: [house.statement("ar-admin", AttestContact, contact="ar-desk", key=SecretPair.generate())]),
    append("wrong signer", "a statement by a revoked device", 422, "statement-refused", "no administrators signed",
           revoked),
    append("wrong role", "another member's contact", 422, "statement-refused", "R",
           lambda house: [house.statement("ar-admin", RetireContact, contact="co-desk")]),
    append("wrong network", "a statement for another network", 422, "statement-refused", "network",
           lambda house: [attest(house, network=NONE)]),
    append("replayed", "a statement out of its sequence", 409, "statement-conflict", "R3",
           lambda house: [attest(house, seq=0)]),
    append("out of order", "a statement from an hour ahead", 422, "statement-refused", "ahead",
           lambda house: [attest(house, at=int(time.time()) + 3600)]),
    append("out of order", "a statement from before the last", 422, "statement-refused", "before",
           lambda house: [attest(house, at=1)]),
    append("wrong state", "a statement about nobody", 422, "statement-refused", "no such officer",
           lambda house: [house.statement("ar-admin", RevokeOfficer, officer="0" * 32, reason="left")]),
    append("malformed", "a kind of statement that nobody knows", 422, "statement-refused", "update",
           lambda house: [replaced(attest(house), b'"kind":"attest-contact"', b'"kind":"attest-nothing"')]),
    append("malformed", "a salt that is no base64", 400, "malformed", "salt", bodied("*", "AA==")),
    append("malformed", "a body in base64 with bits that count for nothing", 400, "malformed", "body",
           bodied(b64(bytes(32)), "QR==")),
    append("malformed", "a salt of 31 bytes", 422, "body-mismatch", "32", bodied(b64(bytes(31)), b64(b"{}"))),
    append("wrong state", "a body that no statement commits to", 422, "body-mismatch", "no statement",
           bodied(b64(bytes(32)), b64(b"{}"))),
    append("oversized", "a body of 33 KiB", 422, "body-mismatch", "at most",
           bodied(b64(bytes(32)), b64(bytes(33 << 10)))),
    append("wrong network", "the founding of another network", 422, "signature-invalid", "cannot be checked",
           lambda house: [json.loads(house.ask("ar-desk", "GET", routes.LOG).body)["entries"][0].encode()
                          .replace(b"enlace.example", b"other.example")]),
    asked("oversized", "501 bodies asked for", "ar-desk", "POST", routes.BODIES, {"commitments": [NONE] * 501}, 400,
          "malformed", "length <= 500"),
    asked("malformed", "a commitment that is none", "ar-desk", "POST", routes.BODIES, {"commitments": ["x"]}, 400,
          "malformed", "commitments"),
    asked("wrong role", "bodies for a reception key", "ar-night", "POST", routes.BODIES, {"commitments": []}, 403,
          "not-allowed", "session or duty"),
)  # fmt: skip


def publish(
    label: str, sent: str, status: int, code: str, words: str, body: Any, who: str = "ar-desk", **how: Any
) -> Row:
    """A key set handed in."""
    return asked(label, sent, who, "PUT", routes.KEYSET, body, status, code, words, **({"kind": routes.NOTE} | how))


def keyset(house: House, by: str = "ar-desk", key: SecretPair | None = None, **fields: Any) -> bytes:
    """ar-desk's key set with `fields` changed, signed by somebody in ar-desk's name."""
    found = house.keyset("ar-desk")
    changed = msgspec.structs.replace(found, **fields)
    name = house.view().device_name(house.device("ar-desk"))
    return write_keyset(changed, name, key or house.keyring(by).device)


def one_line(house: House) -> bytes:
    """A key set under one of its two signatures."""
    note = parse_note(keyset(house, number=9))
    return replace(note, signatures=note.signatures[:1]).write()


KEYSETS = (
    publish("malformed", "a text that is no key set", 422, "signature-invalid", "note", b"hello"),
    publish("wrong content type", "a key set as JSON", 415, "media-type", "text/plain", b"{}", kind=routes.JSON),
    publish("oversized", "a key set of 65 KiB", 413, "too-large", "at most 65536", b"x" * (65 << 10)),
    publish("bad UTF-8", "a key set of bad UTF-8", 422, "signature-invalid", "UTF-8", b"\xff\n\n\xe2\x80\x94 x AAAA\n"),
    publish("wrong signer", "a key set signed by another device", 422, "signature-invalid", "missing",
            lambda house: keyset(house, "co-desk", number=9)),
    publish("wrong signer", "a key set under one signature", 422, "signature-invalid", "missing", one_line),
    publish("wrong signer", "another device's key set", 422, "signature-invalid", "missing", keyset, "co-desk"),
    publish("wrong network", "a key set for another network", 422, "signature-invalid", "another network",
            lambda house: keyset(house, network=NONE, number=9)),
    publish("wrong state", "another set under the same number", 409, "keyset-old", "newer",
            lambda house: keyset(house, at=1)),
    publish("out of order", "an older key set", 409, "keyset-old", "newer",
            lambda house: keyset(house, number=0)),
    publish("wrong role", "a key set by a bare key", 403, "not-allowed", "is for session", b"x", "ar-key"),
    asked("oversized", "201 key sets asked for", "ar-desk", "POST", routes.KEYSETS, {"devices": [NONE] * 201}, 400,
          "malformed", "length <= 200"),
    asked("malformed", "a key set of no device", "ar-desk", "POST", routes.KEYSETS, {"devices": ["x"]}, 400,
          "malformed", "devices"),
    asked("wrong role", "key sets for the duty key", "secretariat", "POST", routes.KEYSETS, {"devices": []}, 403,
          "not-allowed", "is for session"),
)  # fmt: skip

ROWS = (*DIRECTORY, *KEYSETS)
