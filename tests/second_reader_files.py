"""Invitations, offered keys, relay keys, the relay file, key files, vault files, a relay's own keys (their pages)."""

import hmac
import re
import unicodedata
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from second_reader_age import derive, open_alone, open_by_passphrase
from second_reader_base import (
    Refused,
    base64_bytes,
    base64_text,
    duty_id,
    fingerprint,
    pair_id,
    sha256_hex,
    utf8,
)
from second_reader_json import Field, pattern, read_body, read_loose, record, text, words
from second_reader_note import ED25519 as ED25519_TYPE
from second_reader_note import Key, read_note
from second_reader_statements import Statement, read_statement
from second_reader_tree import leaf_hash
from second_reader_values import ED25519, HASH, MEMBER, MLDSA44, NETWORK_NAME, OFFICER, ORIGIN, RELAY, SEED, TIME

_NAME = re.compile("[a-z0-9-]{1,64}")
_INVITATION = record(
    {
        "name": Field(NETWORK_NAME),
        "network": Field(HASH),
        "member": Field(MEMBER),
        "officer": Field(OFFICER),
        "relay": Field(RELAY),
        "authority": Field(text(), ""),
        "checkpoint": Field(text()),
        "policy": Field(text(), ""),
        "expires": Field(TIME),
        "secret": Field(pattern("[A-Za-z0-9+/]{22}==")),
    }
)
_OFFERED = record(
    {
        "officer": Field(OFFICER),
        "ed25519": Field(ED25519),
        "mldsa44": Field(MLDSA44),
        "reception_ed25519": Field(ED25519),
        "reception_mldsa44": Field(MLDSA44),
        "mac": Field(HASH),
    }
)
_RELAY_KEYS = record(
    {
        "type": Field(words("enlace/relay-keys/v1")),
        "relay": Field(RELAY),
        "authority": Field(text(), ""),
        "origin": Field(ORIGIN),
        "log_ed25519": Field(ED25519),
        "log_mldsa44": Field(MLDSA44),
        "receipt_ed25519": Field(ED25519),
        "receipt_mldsa44": Field(MLDSA44),
    }
)
_RELAY_FILE = record(
    {
        "network": Field(HASH),
        "at": Field(TIME),
        "relay": Field(RELAY),
        "authority": Field(text(), ""),
        "statement": Field(text()),
    }
)
_RELAY_KEY = record({"use": Field(words("log", "receipt")), "ed25519": Field(SEED), "mldsa44": Field(SEED)})
_REST_KEY = record({"key": Field(SEED)})


def read_invitation(raw: bytes, now: int) -> tuple[dict[str, Any], bytes]:
    """An invitation and its secret (rules 1 to 3, in the order of the page)."""
    if len(raw) > 65_536:
        raise Refused("too large")
    utf8(raw)
    value = read_body(raw, "enlace/invitation/v1", _INVITATION)
    secret = base64_bytes(value["secret"])
    if now >= value["expires"]:
        raise Refused("expired")
    return value, secret


def relay_proof(secret: bytes) -> str:
    """Rules 4 and 5: what the bearer shows to the relay."""
    return derive(secret, b"", b"enlace/invitation/v1 relay").hex()


def read_offered(raw: bytes, secret: bytes, network: str) -> dict[str, Any]:
    """The keys a new desk offers (invitation, rules 6 and 7)."""
    value: dict[str, Any] = read_loose(raw, _OFFERED, 1_048_576)
    names = ("officer", "ed25519", "mldsa44", "reception_ed25519", "reception_mldsa44")
    message = "".join(f"{line}\n" for line in ["enlace/enrolment/v1", network, *(value[name] for name in names)])
    bind = derive(secret, b"", b"enlace/invitation/v1 bind")
    if not hmac.compare_digest(hmac.digest(bind, message.encode(), "sha256").hex(), value["mac"]):
        raise Refused("wrong mac")
    return value


def device_of(value: dict[str, Any], prefix: str = "") -> str:
    """The id of a pair of public keys that stand in a JSON object."""
    return pair_id(base64_bytes(value[prefix + "ed25519"]), base64_bytes(value[prefix + "mldsa44"]))


def read_relay_keys(raw: bytes) -> dict[str, str]:
    """What a relay's operator tells the secretariat (relay-keys.md)."""
    value = read_loose(raw, _RELAY_KEYS, 65_536)
    log, receipt = device_of(value, "log_"), device_of(value, "receipt_")
    if log == receipt:
        raise Refused("repeated")
    prints = {"log": fingerprint(log), "receipt": fingerprint(receipt)}
    return {"relay": value["relay"], "origin": value["origin"]} | prints


def _named_relay(entry: str, network: str) -> Statement:
    """Relay file, rule 2: a statement (else its own word), name-relay, of that network (else `wrong statement`)."""
    statement = read_statement(entry.encode())
    if statement.kind != "name-relay" or statement.network != network:
        raise Refused("wrong statement")
    return statement


def read_relay_file(raw: bytes, network_name: str, duty: bytes) -> dict[str, str]:
    """The relay file, in the order of its page: form, text, statement, number of lines, the duty key's line."""
    note = read_note(raw, 262_142)
    value = read_body(note.text, "enlace/relay-file/v1", _RELAY_FILE)
    statement = _named_relay(value["statement"], value["network"])
    if len(note.lines) > 1:
        raise Refused("extra signature")
    key = Key(f"{network_name}/{duty_id(duty)}", ED25519_TYPE, duty)
    if not key.owns(note.lines[0]):
        raise Refused("signature missing")
    key.verify(note.lines[0].signature, note.text)
    leaf = leaf_hash(value["statement"].encode()).hex()
    origin = statement.value["origin"]
    return {"relay": value["relay"], "network": value["network"], "origin": origin, "leaf": leaf}


def clean_passphrase(raw: bytes) -> bytes:
    """Keyfile, rule 3."""
    try:
        typed = unicodedata.normalize("NFC", raw.decode())
    except UnicodeDecodeError:
        raise Refused("bad passphrase", "not UTF-8") from None
    if not typed or any(unicodedata.category(char) == "Cc" or char == "\ufeff" for char in typed):
        raise Refused("bad passphrase")
    return typed.encode()


def _secret_line(line: str) -> tuple[str, str]:
    name, space, secret = line.partition(" ")
    if not space:
        raise Refused("malformed", "secret")
    if not _NAME.fullmatch(name):
        raise Refused("bad value", "name of a secret")
    if len(base64_bytes(secret, loose="malformed")) != 32:
        raise Refused("malformed", "secret")
    return name, secret


def read_secrets(plain: bytes) -> tuple[str, dict[str, str]]:
    """Inside a key file (rules 5 to 7): role and secrets."""
    first, newline, rest = plain.partition(b"\n")
    if first != b"enlace/keyfile/v1" or not newline:
        raise Refused("wrong type line")
    if not rest.isascii() or not rest.endswith(b"\n"):
        raise Refused("malformed")
    head, *lines = rest[:-1].decode().split("\n")
    if not head.startswith("role: "):
        raise Refused("malformed", "role")
    if not _NAME.fullmatch(head[6:]):
        raise Refused("bad value", "role")
    if not 1 <= len(lines) <= 64:
        raise Refused("out of range", "secrets")
    secrets = [_secret_line(line) for line in lines]
    names = [name for name, _ in secrets]
    if sorted(set(names)) != names:
        raise Refused("not canonical", "order of secrets")
    return head[6:], dict(secrets)


def read_keyfile(raw: bytes, passphrase: bytes, role: str, most_work: int) -> dict[str, str]:
    """A key file (keyfile.md)."""
    if len(raw) > 16_384:
        raise Refused("too large")
    found, secrets = read_secrets(open_by_passphrase(raw, clean_passphrase(passphrase), most_work))
    if found != role:
        raise Refused("wrong role")
    return secrets


def read_vault(raw: bytes, name: str, seed: bytes) -> bytes:
    """A vault file (vault.md): its content."""
    head, newline, content = open_alone(raw, seed).partition(b"\n")
    if not newline or head != b"enlace/vault/v1 " + name.encode():
        raise Refused("wrong name")
    return content


def read_relay_key(raw: bytes, use: str) -> dict[str, str]:
    """A relay's own key file (local.md, rules 1 and 2)."""
    if len(raw) > 4_096:
        raise Refused("too large")
    if use == "rest":
        return {"key": base64_text(base64_bytes(read_body(raw, "enlace/rest-key/v1", _REST_KEY)["key"]))}
    value = read_body(raw, "enlace/relay-key/v1", _RELAY_KEY)
    if value["use"] != use:
        raise Refused("wrong role")
    ed25519, mldsa44 = base64_bytes(value["ed25519"]), base64_bytes(value["mldsa44"])
    return {"use": use, "id": pair_id(*publics_of(ed25519, mldsa44))}


def publics_of(ed25519: bytes, mldsa44: bytes) -> tuple[bytes, bytes]:
    """The public keys of two seeds."""
    first = Ed25519PrivateKey.from_private_bytes(ed25519).public_key().public_bytes_raw()
    return first, MLDSA44PrivateKey.from_seed_bytes(mldsa44).public_key().public_bytes_raw()


def proof_hash(proof: str) -> str:
    """Invitation, rule 5."""
    return sha256_hex(proof.encode())
