"""What a desk and a relay keep for themselves (local.md): values at rest, recovery codes, reception keys, seals, and
what the local API answers to a challenge."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from second_reader_age import derive
from second_reader_base import Refused, base64_bytes, base64_text, pair_id
from second_reader_files import publics_of
from second_reader_json import Field, integer, read_canonical, record, text, write
from second_reader_values import ED25519, HASH

_RECEPTION = record({"ed25519": Field(ED25519), "mldsa44": Field(ED25519)})
_HALT = record(
    {
        "kind": Field(text()),
        "words": Field(text()),
        "at": Field(integer(-(2**63), 2**63)),
        "size": Field(integer(-(2**63), 2**63)),
        "answer": Field(integer(-(2**63), 2**63)),
        "checkpoint": Field(text()),
    }
)
_MARK = record({"halt": Field(_HALT), "seal": Field(HASH)})
Facts = dict[str, Any]


def at_rest(key: bytes, row: str, sealed: bytes) -> Facts:
    """Rule 3."""
    if sealed[:1] != b"\x01" or len(sealed) < 13:
        raise Refused("malformed", "value at rest")
    try:
        value = AESGCM(derive(key, b"", b"enlace/at-rest/v1")).decrypt(sealed[1:13], sealed[13:], row.encode())
    except InvalidTag:
        raise Refused("wrong mac") from None
    return {"value": base64_text(value)}


def recovery_code(key: bytes, device: str, code: str) -> Facts:
    """Rule 4."""
    plain = code.replace(" ", "").replace("-", "").upper()
    if not re.fullmatch("[A-Z2-7]{16}", plain):
        raise Refused("bad value", "recovery code")
    return {"hash": hmac.digest(key, f"{device}\n{plain}".encode(), "sha256").hex()}


def reception(raw: bytes) -> Facts:
    """Rule 6."""
    value = read_canonical(raw, _RECEPTION)
    return {"id": pair_id(*publics_of(base64_bytes(value["ed25519"]), base64_bytes(value["mldsa44"])))}


def replica_seal(seed: bytes, network: str, checkpoint: bytes, standing: bytes | None, seal: str) -> Facts:
    """Rule 8."""
    key = derive(seed, b"", b"enlace/replica-seal/v1")
    head = b"enlace/replica-seal/v1\n" + network.encode() + b"\n"
    if standing is not None:
        head = f"enlace/replica-seal/v2\n{network}\n{len(standing)}\n".encode() + standing
    if hmac.digest(key, head + checkpoint, hashlib.sha256).hex() != seal:
        raise Refused("wrong mac")
    return {}


def halt(seed: bytes, network: str, raw: bytes) -> Facts:
    """Rule 9."""
    value = read_canonical(raw, _MARK)
    key = derive(seed, b"", b"enlace/replica-seal/v1")
    sealed = b"enlace/halted-seal/v1\n" + network.encode() + b"\n" + write(value["halt"])
    if hmac.digest(key, sealed, hashlib.sha256).hex() != value["seal"]:
        raise Refused("wrong mac")
    return {name: value["halt"][name] for name in ("kind", "size", "answer")}


def challenge_answer(challenge: str, token: str, address: str) -> Facts:
    """Rule 17."""
    if not re.fullmatch("[0-9a-f]{64}", challenge):
        raise Refused("bad value", "challenge")
    said = "\n".join(("enlace/api-challenge/v1", address, challenge))
    return {"answer": hmac.digest(token.encode(), said.encode(), hashlib.sha256).hex()}


def read_local(given: Mapping[str, Any], seed_of: Callable[[str], bytes]) -> Facts:
    """A case of local.json, by `what`."""
    match given["what"]:
        case "at rest":
            return at_rest(given["key"], given["row"], given["sealed"])
        case "recovery code":
            return recovery_code(given["key"], given["device"], given["code"])
        case "reception":
            return reception(given["file"])
        case "replica seal":
            seed, standing = seed_of(given["identity"]), given.get("standing")
            return replica_seal(seed, given["network"], given["checkpoint"], standing, given["seal"])
        case "api challenge":
            return challenge_answer(given["challenge"], given["token"], given["address"])
    return halt(seed_of(given["identity"]), given["network"], given["file"])
