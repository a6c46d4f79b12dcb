"""DPoP proofs (RFC 9449): a JWT that shows possession of a device's key, for one method, one URL, one access token.

1. The key is Ed25519 (`alg` EdDSA, RFC 8037). Sessions carry no secret that outlives them, so nothing here needs to
   resist a later quantum computer; and an ML-DSA proof would not fit a request header.
2. Every proof carries the relay's nonce (RFC 9449 section 8), so it was made after the nonce was handed out: replay
   from before a restart is impossible, and clocks need not agree. `iat` is still bounded, as a plain sanity check.
3. `jti` is remembered by the relay for as long as a nonce lives; the same proof twice is refused.
4. With an access token, `ath` binds the proof to it.

This module makes and reads proofs; whose key it is and what it may do is the relay's business.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crypto.encoding import EncodingError, b64raw, unb64raw

ALGORITHM = "EdDSA"
TYPE = "dpop+jwt"
MOST_PROOF_BYTES = 4096
CLOCK_TOLERANCE = 300
MOST_JTI = 64
_CLAIMS = {"jti", "htm", "htu", "iat", "nonce"}


class ProofError(ValueError):
    """A proof of possession that proves nothing; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a well-signed proof says: the key (32 bytes), method, URL, nonce, unique id, token hash if any."""

    key: bytes
    method: str
    url: str
    nonce: str
    jti: str
    issued: int
    token_hash: str | None


def token_hash(token: str) -> str:
    """The `ath` of an access token: base64url of its SHA-256 (RFC 9449 section 4.2)."""
    return _url(hashlib.sha256(token.encode("ascii")).digest())


def make_proof(key: Ed25519PrivateKey, method: str, url: str, nonce: str, now: int, token: str | None = None) -> str:
    """A fresh proof for one request; `url` without query and fragment (RFC 9449 section 4.2)."""
    public = _url(key.public_key().public_bytes_raw())
    claims: dict[str, Any] = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": now, "nonce": nonce}
    if token is not None:
        claims["ath"] = token_hash(token)
    headers = {"typ": TYPE, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": public}}
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers=headers)


def read_proof(text: str, now: int) -> Proof:
    """What the proof in `text` says, its signature checked with the key it names; raises ProofError."""
    key = named_key(text)
    try:
        options: Any = {"verify_iat": False, "verify_exp": False, "verify_nbf": False, "verify_aud": False}
        claims = jwt.decode(text, Ed25519PublicKey.from_public_bytes(key), algorithms=[ALGORITHM], options=options)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise ProofError(f"the proof is not a DPoP proof: {error}") from error
    if set(claims) - {"ath"} != _CLAIMS or not all(isinstance(claims[each], str) for each in claims if each != "iat"):
        raise ProofError("the proof has exactly the claims jti, htm, htu, iat and nonce, and ath beside a token")
    issued = claims["iat"]
    if type(issued) is not int or abs(issued - now) > CLOCK_TOLERANCE:
        raise ProofError("the proof was made more than 5 minutes from now: check this machine's clock")
    if not 8 <= len(claims["jti"]) <= MOST_JTI:
        raise ProofError("a proof's jti has 8 to 64 characters")
    return Proof(key, claims["htm"], claims["htu"], claims["nonce"], claims["jti"], issued, claims.get("ath"))


def named_key(text: str) -> bytes:
    """The key that a proof names, nothing verified: it says who is to be asked for patience, and no more.

    Raises ProofError where it names none.
    """
    if len(text) > MOST_PROOF_BYTES:
        raise ProofError("the proof is too long")
    try:
        return _header_key(jwt.get_unverified_header(text))
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise ProofError(f"the proof is not a DPoP proof: {error}") from error


def _header_key(header: dict[str, Any]) -> bytes:
    jwk = header.get("jwk")
    if header.get("typ") != TYPE or not isinstance(jwk, dict) or set(jwk) != {"kty", "crv", "x"}:
        raise ProofError("a proof's header has typ dpop+jwt and a public jwk")
    if jwk["kty"] != "OKP" or jwk["crv"] != "Ed25519" or not isinstance(jwk["x"], str):
        raise ProofError("a proof's key is Ed25519")
    if "+" in jwk["x"] or "/" in jwk["x"]:
        raise ProofError("a proof's key is base64url")
    try:
        return unb64raw(jwk["x"].replace("-", "+").replace("_", "/"), 32)
    except EncodingError as error:
        raise ProofError(f"a proof's key: {error}") from error


def _url(data: bytes) -> str:
    return b64raw(data).replace("+", "-").replace("/", "_")
