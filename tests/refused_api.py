"""Bad requests to a relay: what was sent, and the answer that says what to do. `tests/test_refused_api.py` sends them.

A row is a good request of a real asker (`refused_world`) with one thing wrong. `words` must stand in the answer's
detail. Rows about routes, proofs and reading stand here; `refused_api_rows` has all of them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from refused_world import NONE, House
from wire import Got, Header, request_bytes

from relay.protocol import routes
from relay.protocol.proof import TYPE, make_proof


@dataclass(frozen=True)
class Row:
    """A bad request: of what kind, in words, how it is sent, and what has to come back."""

    kind: str
    sent: str
    send: Callable[[House], Got]
    status: int
    code: str
    words: str


def raw(label: str, sent: str, data: bytes, status: int = 400, code: str = "malformed", words: str = "HTTP/1.1") -> Row:
    """Bytes as they are."""
    return Row(label, sent, lambda house: house.place.exchange(data), status, code, words)


def asked(
    label: str,
    sent: str,
    who: str,
    method: str,
    target: str | Callable[[House], str],
    body: object,
    status: int,
    code: str,
    words: str,
    **how: Any,
) -> Row:
    """A request by somebody; a body or a target that is a function is made in the house."""

    def send(house: House) -> Got:
        made = body(house) if callable(body) else body
        path = target(house) if callable(target) else target
        given = {name: each(house) if callable(each) else each for name, each in how.items()}
        return house.ask(who, method, path, made, **given)

    return Row(label, sent, send, status, code, words)


HOST = b"\r\nHost: localhost\r\n"
UNREADABLE = (
    raw("malformed", "a line that is no request", b"GARBAGE\r\n\r\n"),
    raw("malformed", "a hundred null bytes", b"\0" * 100 + b"\r\n\r\n"),
    raw("malformed", "HTTP/9.9", b"GET /v1/log HTTP/9.9" + HOST + b"\r\n"),
    raw("malformed", "the opening of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    raw("unknown header", "no Host", b"GET /v1/log HTTP/1.1\r\n\r\n", words="Host"),
    raw("malformed", "a header without a name", b"GET /v1/log HTTP/1.1" + HOST + b": x\r\n\r\n"),
    raw("malformed", "a folded header", b"GET /v1/log HTTP/1.1" + HOST + b" folded\r\n\r\n"),
    raw("malformed", "a null byte in a header", b"GET /v1/log HTTP/1.1" + HOST + b"X: a\0b\r\n\r\n"),
    raw("malformed", "two lengths", b"GET /v1/log HTTP/1.1" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
    raw("malformed", "a negative length", b"POST /v1/login HTTP/1.1" + HOST + b"Content-Length: -1\r\n\r\n"),
    raw("malformed", "a length in hexadecimal", b"POST /v1/login HTTP/1.1" + HOST + b"Content-Length: 0x1\r\n\r\n"),
    raw("malformed", "a length and chunks",
        b"POST /v1/login HTTP/1.1" + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    raw("malformed", "a chunk size that is no number",
        b"POST /v1/login HTTP/1.1" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    raw("oversized", "an address of 9,000 bytes", b"GET /" + b"a" * 9000 + b" HTTP/1.1" + HOST + b"\r\n", 413,
        "too-large", "at most 8190 bytes"),
    raw("oversized", "a header of 9,000 bytes", b"GET /v1/log HTTP/1.1" + HOST + b"X: " + b"a" * 9000 + b"\r\n\r\n",
        413, "too-large", "at most 8190 bytes"),
    raw("oversized", "300 headers", b"GET /v1/log HTTP/1.1" + HOST + b"X: a\r\n" * 300 + b"\r\n",
        words="at most 128 header fields"),
    raw("unknown header", "an expectation that nobody knows", b"GET /v1/log HTTP/1.1" + HOST + b"Expect: tea\r\n\r\n",
        words="100-continue"),
    raw("unknown header", "the same where nothing is", b"GET /nowhere HTTP/1.1" + HOST + b"Expect: tea\r\n\r\n",
        words="100-continue"),
    raw("malformed", "an address that is none", b"GET http://[::1 HTTP/1.1" + HOST + b"\r\n"),
)  # fmt: skip

NO_NONCE = "nothing here"
PLACES = (
    asked("not found", "a resource there is not", "ar-desk", "GET", "/v1/letters", None, 404, "not-found", NO_NONCE),
    asked("not found", "a version there is not", "ar-desk", "GET", "/v2/log", None, 404, "not-found", NO_NONCE),
    asked("not found", "a way out of the tree", "nobody", "GET", "/v1/../../etc/passwd", None, 404, "not-found",
          NO_NONCE),
    asked("not found", "the same, encoded", "nobody", "GET", "/v1/%2e%2e/%2e%2e/etc/passwd", None, 404, "not-found",
          NO_NONCE),
    asked("not found", "two slashes", "nobody", "GET", "//v1/log", None, 404, "not-found", NO_NONCE),
    asked("bad UTF-8", "an address of bad UTF-8", "nobody", "GET", "/v1/%ff%fe", None, 404, "not-found", NO_NONCE),
    asked("not found", "a null byte in an address", "nobody", "GET", "/v1/log%00", None, 404, "not-found", NO_NONCE),
    asked("wrong method", "GET of the log-in", "ar-key", "GET", routes.LOGIN, None, 405, "method-not-allowed",
          "method"),
    asked("wrong method", "DELETE of the log", "ar-desk", "DELETE", routes.LOG, None, 405, "method-not-allowed",
          "method"),
    asked("wrong method", "HEAD of the log", "ar-desk", "HEAD", routes.LOG, None, 405, "", ""),
    asked("wrong method", "PUT of key sets", "ar-desk", "PUT", routes.KEYSETS, b"{}", 405, "method-not-allowed",
          "method"),
    asked("wrong method", "PATCH of an envelope's steps", "ar-desk", "PATCH", routes.STEPS.format(hash=NONE), b"", 405,
          "method-not-allowed", "method"),
    asked("wrong method", "a method nobody knows", "nobody", "BREW", routes.LOG, None, 400, "malformed", "HTTP/1.1"),
    asked("wrong method", "OPTIONS", "nobody", "OPTIONS", routes.ENVELOPES, None, 405, "method-not-allowed", "method"),
)  # fmt: skip

LOG = (routes.LOG, "GET")


def proven(label: str, sent: str, words: str, code: str = "proof-invalid", who: str = "ar-desk", **changes: Any) -> Row:
    """A request for the log whose proof says something else."""
    return asked(label, sent, who, "GET", routes.LOG, None, 401, code, words, proof=changes)


def header_proof(label: str, sent: str, words: str, make: Callable[[House], list[Header]]) -> Row:
    """A request for the log with these headers for a proof."""
    return Row(
        label, sent, lambda house: house.with_headers("GET", routes.LOG, make(house)), 401, "proof-invalid", words
    )


def _forged(house: House, header: dict[str, Any] | None = None, drop: str = "", **claims: Any) -> list[Header]:
    """A proof by ar-desk with another head, or other claims."""
    asker = house.people["ar-desk"]
    good = house.proof("ar-desk", "GET", routes.LOG)
    said = jwt.decode(good, options={"verify_signature": False}) | claims
    said.pop(drop, None)
    about = jwt.get_unverified_header(good) | (header or {})
    text = jwt.encode(said, asker.key, algorithm="EdDSA", headers=about)
    return [(routes.PROOF_HEADER, text), ("Authorization", f"DPoP {asker.token}")]


def _unsigned(house: House) -> list[Header]:
    """A proof with the signature of nobody."""
    good = house.proof("ar-desk", "GET", routes.LOG)
    said = jwt.decode(good, options={"verify_signature": False})
    about = jwt.get_unverified_header(good)
    text = jwt.encode(said, None, algorithm="none", headers=about | {"alg": "none"})  # type: ignore[arg-type]  # none
    return [(routes.PROOF_HEADER, text)]


def _symmetric(house: House) -> list[Header]:
    """A proof under a key that everybody knows: the public one, taken for a shared secret."""
    good = house.proof("ar-desk", "GET", routes.LOG)
    said = jwt.decode(good, options={"verify_signature": False})
    public = house.people["ar-desk"].key.public_key().public_bytes_raw()
    about = {"typ": TYPE, "jwk": jwt.get_unverified_header(good)["jwk"]}
    return [(routes.PROOF_HEADER, jwt.encode(said, public, algorithm="HS256", headers=about))]


def _jwk(house: House, **changes: Any) -> dict[str, Any]:
    good: dict[str, Any] = jwt.get_unverified_header(house.proof("ar-desk", "GET", routes.LOG))["jwk"]
    return {"jwk": good | changes}


def _used(house: House) -> Got:
    """The same proof twice."""
    headers = house.headers("ar-desk", "GET", routes.LOG)
    assert house.with_headers("GET", routes.LOG, headers).status == 200
    return house.with_headers("GET", routes.LOG, headers)


def _spoiled(house: House) -> list[Header]:
    """A proof whose signature has one other bit."""
    text = house.proof("ar-desk", "GET", routes.LOG)
    head, _, signature = text.rpartition(".")
    return [(routes.PROOF_HEADER, f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}")]


PROOFS = (
    header_proof("missing header", "no proof at all", "exactly one DPoP proof", lambda house: []),
    header_proof("malformed", "an empty proof", "not a DPoP proof", lambda house: [("DPoP", "")]),
    header_proof("malformed", "a proof that is no JWT", "not a DPoP proof", lambda house: [("DPoP", "one.two.three")]),
    header_proof("oversized", "a proof of 5,000 characters", "too long", lambda house: [("DPoP", "a" * 5000)]),
    header_proof("bad UTF-8", "a proof of bad UTF-8", "not a DPoP proof", lambda house: [("DPoP", b"\xff\xfe.a.b")]),
    header_proof("unknown header", "two proofs", "exactly one DPoP proof",
                 lambda house: house.headers("ar-desk", "GET", routes.LOG) * 2),
    header_proof("wrong signer", "a proof that nobody signed (`alg` none)", "not a DPoP proof", _unsigned),
    header_proof("wrong signer", "a proof under HS256 with the public key", "not a DPoP proof", _symmetric),
    header_proof("wrong signer", "a proof with a spoiled signature", "not a DPoP proof", _spoiled),
    header_proof("malformed", "another type of JWT", "typ dpop+jwt", lambda house: _forged(house, {"typ": "jwt"})),
    header_proof("malformed", "a proof with a private key in it", "public jwk",
                 lambda house: _forged(house, _jwk(house, d="AAAA"))),
    header_proof("malformed", "a proof by an elliptic-curve key", "Ed25519",
                 lambda house: _forged(house, _jwk(house, kty="EC"))),
    header_proof("malformed", "a key of 31 bytes", "a proof's key", lambda house: _forged(house, _jwk(house,
                 x="A" * 41))),
    header_proof("malformed", "a key in ordinary base64", "base64url",
                 lambda house: _forged(house, _jwk(house, x="+" * 43))),
    header_proof("unknown header", "one claim more", "exactly the claims", lambda house: _forged(house, role="admin")),
    header_proof("missing header", "one claim less", "exactly the claims", lambda house: _forged(house, drop="jti")),
    header_proof("malformed", "a `jti` of 3 characters", "8 to 64 characters", lambda house: _forged(house, jti="abc")),
    header_proof("oversized", "a `jti` of 65 characters", "8 to 64 characters",
                 lambda house: _forged(house, jti="a" * 65)),
    header_proof("malformed", "a time with a fraction", "more than 5 minutes",
                 lambda house: _forged(house, iat=time.time())),
    header_proof("malformed", "a nonce that is a list", "exactly the claims", lambda house: _forged(house, nonce=[])),
    proven("expired", "a proof of an hour ago", "more than 5 minutes", now=int(time.time()) - 3600),
    proven("out of order", "a proof from an hour ahead", "more than 5 minutes", now=int(time.time()) + 3600),
    proven("wrong method", "a proof for another method", "method", method="POST"),
    proven("wrong network", "a proof for another relay", "address", url="https://elsewhere.example/v1/log"),
    proven("malformed", "a proof for another resource", "address", url="https://localhost/v1/statements"),
    proven("replayed", "a nonce of another time", "nonce", "nonce-needed", nonce="A" * 24),
    proven("missing header", "no nonce", "nonce", "nonce-needed", nonce=""),
    Row("replayed", "the same proof once more", _used, 401, "proof-replayed", "used before"),
    proven("missing header", "a token, and a proof that does not say so", "not for this token", token=None),
    proven("wrong signer", "a proof for another token", "not for this token", token="0" * 64),
)  # fmt: skip


def _with_token(house: House, *tokens: str, bound: str | None = None) -> list[Header]:
    """ar-desk with these `Authorization` headers; the proof is for `bound`."""
    proof = make_proof(
        house.people["ar-desk"].key, "GET", house.place.url + routes.LOG, house.nonce(), int(time.time()), bound
    )
    return [(routes.PROOF_HEADER, proof), *(("Authorization", each) for each in tokens)]


def token(label: str, sent: str, code: str, words: str, make: Callable[[House], list[Header]]) -> Row:
    """A request for the log with these headers for a session."""
    return Row(label, sent, lambda house: house.with_headers("GET", routes.LOG, make(house)), 401, code, words)


def _others(house: House) -> list[Header]:
    """ar-desk's key with co-desk's token."""
    stolen = house.people["co-desk"].token
    return _with_token(house, f"DPoP {stolen}", bound=stolen)


TOKENS = (
    token("wrong state", "a token that nobody was given", "token-invalid", "log in again",
          lambda house: _with_token(house, f"DPoP {NONE}", bound=NONE)),
    token("malformed", "a Bearer token", "token-invalid", "Authorization: DPoP token",
          lambda house: _with_token(house, f"Bearer {house.people['ar-desk'].token}")),
    token("malformed", "a scheme without a token", "token-invalid", "Authorization: DPoP token",
          lambda house: _with_token(house, "DPoP ")),
    token("oversized", "a token of 129 characters", "token-invalid", "Authorization: DPoP token",
          lambda house: _with_token(house, "DPoP " + "a" * 129, bound="a" * 129)),
    token("bad UTF-8", "a token of letters that are not ASCII", "token-invalid", "Authorization: DPoP token",
          lambda house: _with_token(house, "DPoP ñandú")),
    token("unknown header", "two tokens", "token-invalid", "comes once",
          lambda house: _with_token(house, *[f"DPoP {house.people['ar-desk'].token}"] * 2,
                                    bound=house.people["ar-desk"].token)),
    token("wrong signer", "another device's token", "proof-invalid", "given to another key", _others),
    token("missing header", "a proof for a token that did not come", "proof-invalid", "did not come with it",
          lambda house: _with_token(house, bound=house.people["ar-desk"].token)),
    asked("wrong state", "the token of a session that was ended", "co-admin", "GET", routes.LOG, None, 401,
          "proof-invalid", "not for this token", proof=lambda house: {"token": house.ended_token}),
    Row("wrong state", "a session that was ended",
        lambda house: house.with_headers("GET", routes.LOG, [
            (routes.PROOF_HEADER, house.proof("co-admin", "GET", routes.LOG, token=house.ended_token)),
            ("Authorization", f"DPoP {house.ended_token}")]), 401, "token-invalid", "log in again"),
    asked("wrong state", "the session of a revoked device", "ar-gone", "GET", routes.LOG, None, 403, "device-revoked",
          "revoked"),
    asked("wrong state", "the session of a suspended member", "ec-admin", "GET", routes.LOG, None, 403,
          "member-suspended", "suspended"),
)  # fmt: skip


def read(label: str, sent: str, body: bytes, status: int, code: str, words: str, **how: Any) -> Row:
    """A body for the log-in, which reads JSON."""
    return asked(label, sent, "ar-key", "POST", routes.LOGIN, body, status, code, words, **how)


def _chunked(house: House) -> Got:
    """A good log-in in chunks."""
    headers: list[Header] = [*house.headers("ar-key", "POST", routes.LOGIN), ("Content-Type", routes.JSON)]
    body = b'10\r\n{"code":"000000"}\r\n0\r\n\r\n'.replace(b"10", b"11")
    return house.place.exchange(request_bytes("POST", routes.LOGIN, [*headers, ("Transfer-Encoding", "chunked")]), body)


def _cut(house: House, cut: int) -> Got:
    """A log-in whose connection ends before its body."""
    headers: list[Header] = [*house.headers("ar-key", "POST", routes.LOGIN), ("Content-Type", routes.JSON)]
    whole = request_bytes("POST", routes.LOGIN, headers, b'{"code":"000000"}')
    with house.place.connect() as connection:
        connection.sendall(whole[: len(whole) - cut])
        connection.unwrap()
    return Got(0)


DEEP = b"[" * 100_000
READING = (
    read("malformed", "no JSON", b"code=000000", 400, "malformed", "JSON"),
    read("malformed", "an empty body", b"", 400, "malformed", "JSON"),
    read("malformed", "a list for an object", b"[]", 400, "malformed", "JSON"),
    read("malformed", "null for an object", b"null", 400, "malformed", "JSON"),
    read("malformed", "single quotes", b"{'code':'000000'}", 400, "malformed", "JSON"),
    read("malformed", "a comma too many", b'{"code":"000000",}', 400, "malformed", "JSON"),
    read("malformed", "two objects", b'{"code":"000000"}{}', 400, "malformed", "JSON"),
    read("malformed", "a number for a text", b'{"code":0}', 400, "malformed", "JSON"),
    read("malformed", "null for a text", b'{"code":null}', 400, "malformed", "JSON"),
    read("malformed", "NaN", b'{"code":NaN}', 400, "malformed", "JSON"),
    read("malformed", "half of a pair of characters", b'{"code":"\\ud800"}', 400, "malformed", "JSON"),
    read("malformed", "a byte order mark", b'\xef\xbb\xbf{"code":"000000"}', 400, "malformed", "JSON"),
    read("truncated", "JSON without its end", b'{"code":"00', 400, "malformed", "JSON"),
    read("bad UTF-8", "bad UTF-8", b'{"code":"\xff"}', 400, "malformed", "UTF-8"),
    read("bad UTF-8", "UTF-16", '{"code":"000000"}'.encode("utf-16"), 400, "malformed", "JSON"),
    read("deep JSON", "16,000 brackets", DEEP[:16_000], 400, "malformed", "JSON"),
    read("deep JSON", "16,000 brackets in a field", b'{"code":' + DEEP[:16_000], 400, "malformed", "JSON"),
    read("duplicate keys", "one key twice", b'{"code":"000000","code":"000000"}', 400, "malformed", "stands twice"),
    read("duplicate keys", "one key twice, once escaped", b'{"code":"000000","c\\u006fde":"000001"}', 400, "malformed",
         "stands twice"),
    read("unknown header", "a field that is not known", b'{"code":"000000","remember":true}', 400, "malformed",
         "unknown field"),
    read("oversized", "a log-in of 17 KiB", b'{"code":"' + b"0" * 17_000 + b'"}', 413, "too-large", "at most 16384"),
    read("oversized", "a length of nine petabytes", b"{}", 413, "too-large", "at most 16384",
         length="9007199254740993"),
    read("wrong content type", "a form", b"code=000000", 415, "media-type", "send this as application/json",
         kind="application/x-www-form-urlencoded"),
    read("wrong content type", "text", b'{"code":"000000"}', 415, "media-type", "application/json", kind="text/plain"),
    read("missing header", "no content type", b'{"code":"000000"}', 415, "media-type", "application/json", kind=None),
    read("wrong content type", "a compressed body", b"\x1f\x8b\x08", 415, "media-type", "not compressed",
         more=[("Content-Encoding", "gzip")]),
    read("missing header", "no length", b"", 400, "malformed", "Content-Length", length=""),
    Row("missing header", "chunks", _chunked, 400, "malformed", "Content-Length"),
    Row("truncated", "a body that breaks off", lambda house: _cut(house, 5), 0, "", ""),
)  # fmt: skip

ROWS = (*UNREADABLE, *PLACES, *PROOFS, *TOKENS, *READING)
