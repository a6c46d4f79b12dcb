"""Vectors of invitations, of the keys offered under one, and of the file that tells a relay's keys."""

import json
from typing import Any

import msgspec
from vectors_book_message import checkpoint
from vectors_case import Book
from vectors_log import staffed
from vectors_spoils import line, spoiled_texts
from vectors_world import DAY, NAME, ORIGIN, START, both_public, local, officer, pair, relay_keys

from crypto.encoding import b64
from crypto.fingerprint import fingerprint
from relay.protocol.invitation import (
    INVITATION_TYPE,
    MOST_INVITATION_BYTES,
    Invitation,
    bind_keys,
    proof_hash,
    relay_proof,
    write_invitation,
)
from relay.protocol.relay_keys import MOST_RELAY_KEYS_BYTES, RelayKeys, write_relay_keys

SECRET = bytes(range(16))
NOW = START + 3 * DAY


def invitation(**fields: Any) -> Invitation:
    """The invitation of ec-night; `fields` overrules anything."""
    everything: dict[str, Any] = {
        "name": NAME,
        "network": staffed().view.founded.id,
        "member": "ec",
        "officer": officer("ec-night"),
        "relay": "https://relay.enlace.example:8460",
        "checkpoint": checkpoint().decode(),
        "expires": NOW + 7 * DAY,
        "secret": b64(SECRET),
    }
    return Invitation(**(everything | fields))


def invitation_book() -> Book:
    """Invitation files, read at a time."""
    book = Book("invitation", "docs/formats/invitation.md")

    def good(name: str, description: str, value: Invitation, now: int) -> None:
        proof = relay_proof(value.secret_bytes)
        out = {
            "network": value.network,
            "officer": value.officer,
            "relay": value.relay,
            "expires": value.expires,
            "relay_proof": proof,
            "proof_hash": proof_hash(proof),
        }
        book.good(name, description, out, invitation=write_invitation(value), now=now)

    good("whole", "an invitation that names no authority: the system's own", invitation(), NOW)
    good("last second", "a second before it expires", invitation(), NOW + 7 * DAY - 1)
    pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    good("with an authority", "PEM of the authority that vouches for the relay", invitation(authority=pem), NOW)
    good("address in brackets", "an IPv6 address", invitation(relay="https://[2001:db8::1]:8460"), NOW)

    def bad(name: str, description: str, word: str, raw: bytes, now: int = NOW) -> None:
        book.bad(name, description, word, "whole", invitation=raw, now=now)

    value: dict[str, Any] = msgspec.to_builtins(invitation())
    for each in spoiled_texts(INVITATION_TYPE, value, "expires"):
        bad(each.name, each.description, each.word, each.text.encode())

    def text(**fields: Any) -> bytes:
        return f"{INVITATION_TYPE}\n{line(value | fields)}\n".encode()

    good_raw = write_invitation(invitation())
    bad("expired", "at the second at which it expires", "expired", good_raw, NOW + 7 * DAY)
    bad("not UTF-8", "a byte 0xff", "not UTF-8", good_raw.replace(b"relay.", b"rela\xff.", 1))
    bad("address without TLS", "http", "bad value", text(relay="http://relay.enlace.example"))
    bad("address with a path", "an address has no path", "bad value", text(relay="https://relay.enlace.example/v1"))
    bad("address with a user", "an address has no user", "bad value", text(relay="https://a@relay.enlace.example"))
    bad("secret too short", "15 bytes", "bad value", text(secret=b64(SECRET[1:])))
    loose = b64(SECRET)[:21] + chr(ord(b64(SECRET)[21]) + 1) + "=="
    bad("secret in loose base64", "the last digit has bits that no byte takes up", "not canonical", text(secret=loose))
    bad("empty authority written out", "an empty one is left out", "not canonical", text(authority=""))
    bad("no checkpoint", "the field is missing", "missing field",
        f"{INVITATION_TYPE}\n{line({k: v for k, v in value.items() if k != 'checkpoint'})}\n".encode())  # fmt: skip
    bad("network name in capitals", "names are small letters", "bad value", text(name="Enlace.example"))
    bad("carriage returns", "lines end in CRLF", "wrong type line", good_raw.replace(b"\n", b"\r\n"))
    bad("empty", "no bytes", "wrong type line", b"")
    bad("too large", "more than 64 KiB", "too large", text(authority="A" * MOST_INVITATION_BYTES))
    return book


def offered_book() -> Book:
    """Keys that a new desk offers."""
    book = Book("offered-keys", "docs/formats/invitation.md")
    network = staffed().view.founded.id
    keys = (*both_public("ec-night"), *both_public("ec-night/reception"))
    offered = bind_keys(SECRET, network, officer("ec-night"), keys)
    inputs = {"secret": SECRET, "network": network}
    value: dict[str, Any] = msgspec.to_builtins(offered)
    raw = line(value).encode()
    out = {"officer": officer("ec-night"), "device": local("ec-night")}
    book.good("whole", "four keys under the HMAC", out, keys=raw, **inputs)
    book.good("any spelling of JSON", "indented", out, keys=json.dumps(value, indent=2).encode(), **inputs)

    def bad(name: str, description: str, word: str, raw: bytes, **more: Any) -> None:
        book.bad(name, description, word, "whole", **({"keys": raw} | inputs | more))

    def text(**fields: Any) -> bytes:
        return line(value | fields).encode()

    strange = both_public("stranger")
    bad("another Ed25519 key", "somebody put a key of theirs in", "wrong mac", text(ed25519=strange[0]))
    bad("another ML-DSA-44 key", "somebody put a key of theirs in", "wrong mac", text(mldsa44=strange[1]))
    bad("another reception key", "somebody put a key of theirs in", "wrong mac", text(reception_ed25519=strange[0]))
    bad(
        "another reception ML-DSA-44 key",
        "somebody put a key of theirs in",
        "wrong mac",
        text(reception_mldsa44=strange[1]),
    )
    swapped = text(ed25519=value["reception_ed25519"], reception_ed25519=value["ed25519"])
    bad("keys exchanged", "device and reception keys in each other's place", "wrong mac", swapped)
    bad("another officer", "the same keys for somebody else", "wrong mac", text(officer=officer("ec-chief")))
    bad("another network", "bound to another network", "wrong mac", raw, network="0" * 64)
    bad("another secret", "another invitation's", "wrong mac", raw, secret=bytes(16))
    bad("HMAC changed", "its first digit", "wrong mac", text(mac="0" * 64))
    bad("HMAC too short", "63 digits", "bad value", text(mac="0" * 63))
    bad("key too short", "an Ed25519 key of 31 bytes", "bad value", text(ed25519="A" * 40 + "AA=="))
    bad(
        "key missing",
        "no reception keys",
        "missing field",
        line({k: v for k, v in value.items() if k != "reception_ed25519"}).encode(),
    )
    bad("unknown field", "a field more", "unknown field", text(name="x"))
    bad(
        "key twice",
        "`mac` stands there twice",
        "duplicate key",
        raw.replace(b'"mac":', b'"mac":"' + b"0" * 64 + b'","mac":', 1),
    )
    bad("no JSON", "cut", "malformed", raw[:-1])
    bad("a list", "the object stands in a list", "wrong type", b"[" + raw + b"]")
    return book


def relay_keys_book() -> Book:
    """The file that `enlace relay init` writes."""
    book = Book("relay-keys", "docs/formats/relay-keys.md")
    keys = RelayKeys(
        type="enlace/relay-keys/v1", relay="https://relay.enlace.example:8460", origin=ORIGIN, **relay_keys()
    )
    out = {
        "relay": keys.relay,
        "origin": keys.origin,
        "log": fingerprint(pair("log").public.id),
        "receipt": fingerprint(pair("receipt").public.id),
    }
    book.good("whole", "as it is written", out, file=write_relay_keys(keys))
    value: dict[str, Any] = msgspec.to_builtins(keys)
    book.good("on one line", "any spelling of JSON will do", out, file=line(value).encode())
    pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    book.good(
        "with an authority",
        "PEM of the authority of its certificate",
        out,
        file=write_relay_keys(msgspec.structs.replace(keys, authority=pem)),
    )
    book.good("empty authority", "a default may be written out", out, file=line(value | {"authority": ""}).encode())

    def bad(name: str, description: str, word: str, raw: bytes) -> None:
        book.bad(name, description, word, "whole", file=raw)

    def text(**fields: Any) -> bytes:
        return line(value | fields).encode()

    bad("another type", "another file's type", "bad value", text(type="enlace/relay-keys/v2"))
    bad(
        "no type",
        "the field is missing",
        "missing field",
        line({k: v for k, v in value.items() if k != "type"}).encode(),
    )
    same = text(receipt_ed25519=value["log_ed25519"], receipt_mldsa44=value["log_mldsa44"])
    bad("one pair for both", "log and receipts under the same keys", "repeated", same)
    bad("address without TLS", "http", "bad value", text(relay="http://relay.enlace.example"))
    bad("origin with a space", "an origin has no space", "bad value", text(origin="log enlace"))
    bad("origin too long", "129 characters", "bad value", text(origin="a" * 129))
    bad(
        "key missing",
        "no receipt keys",
        "missing field",
        line({k: v for k, v in value.items() if k != "receipt_ed25519"}).encode(),
    )
    bad("key too long", "a key of 33 bytes", "bad value", text(log_ed25519="A" * 44))
    bad(
        "key in loose base64",
        "the last digit has bits that no byte takes up",
        "bad value",
        text(log_ed25519="A" * 42 + "B="),
    )
    bad("unknown field", "a field more", "unknown field", text(secret="x"))
    bad("null", "an address that is null", "wrong type", text(relay=None))
    bad(
        "key twice",
        "`relay` stands there twice",
        "duplicate key",
        line(value).replace('"relay":', '"relay":"https://x.example","relay":', 1).encode(),
    )
    bad("not UTF-8", "a byte 0xff", "not UTF-8", text().replace(b"https", b"http\xff", 1))
    bad("no JSON", "cut", "malformed", text()[:-2])
    bad("too large", "more than 64 KiB", "too large", text(authority="A" * MOST_RELAY_KEYS_BYTES))
    return book
