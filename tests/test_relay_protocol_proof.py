"""DPoP proofs (RFC 9449): what a desk makes the relay reads; any other JWT is refused, however lenient libraries be."""

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from crypto.encoding import b64raw
from relay.protocol.proof import (
    CLOCK_TOLERANCE,
    MOST_JTI,
    MOST_PROOF_BYTES,
    TYPE,
    ProofError,
    make_proof,
    read_proof,
    token_hash,
)

KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
PUBLIC = KEY.public_key().public_bytes_raw()
NOW = 1_767_225_600
URL = "https://relay.enlace.example/v1/envelopes"
X = b64raw(PUBLIC).replace("+", "-").replace("/", "_")
JWK = {"kty": "OKP", "crv": "Ed25519", "x": X}
CLAIMS: dict[str, Any] = {"jti": "0123456789abcdef", "htm": "POST", "htu": URL, "iat": NOW, "nonce": "n1"}
VISIBLE = st.text(st.characters(codec="ascii", min_codepoint=0x21, max_codepoint=0x7E), max_size=40)


def made(claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None, key: Any = KEY) -> str:
    """A proof by hand; `header` replaces typ and jwk where it names them."""
    headers = {"typ": TYPE, "jwk": JWK} | (header or {})
    algorithm = headers.pop("alg", "EdDSA")
    return jwt.encode(CLAIMS if claims is None else claims, key, algorithm=algorithm, headers=headers)


def raw(header: dict[str, Any] | bytes, claims: dict[str, Any] | bytes, signature: bytes | None = None) -> str:
    """A JWT put together from its parts and signed, whatever they are."""
    parts = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in (header, claims)]
    signed = ".".join(url(each) for each in parts)
    return f"{signed}.{url(KEY.sign(signed.encode()) if signature is None else signature)}"


def url(data: bytes) -> str:
    return b64raw(data).replace("+", "-").replace("/", "_")


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "HEAD"]),
    path=VISIBLE,
    nonce=VISIBLE,
    ahead=st.integers(-CLOCK_TOLERANCE, CLOCK_TOLERANCE),
    token=st.none() | VISIBLE,
)
def test_what_a_desk_makes_the_relay_reads(method: str, path: str, nonce: str, ahead: int, token: str | None) -> None:
    proof = read_proof(make_proof(KEY, method, URL + path, nonce, NOW + ahead, token), NOW)
    assert (proof.key, proof.method, proof.url, proof.nonce) == (PUBLIC, method, URL + path, nonce)
    assert proof.issued == NOW + ahead
    assert proof.token_hash == (None if token is None else token_hash(token))


def test_the_helpers_make_good_proofs() -> None:
    header = {"alg": "EdDSA", "typ": TYPE, "jwk": JWK}
    for text in (made(), raw(header, CLAIMS)):
        assert read_proof(text, NOW).jti == "0123456789abcdef"


def test_every_proof_is_another() -> None:
    proofs = [make_proof(KEY, "GET", URL, "n", NOW) for _ in range(20)]
    assert len({read_proof(each, NOW).jti for each in proofs}) == 20
    assert max(map(len, proofs)) < 600


def test_token_hash_is_that_of_rfc_9449() -> None:
    """Section 7.1: the access token of the example and its `ath`."""
    token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    assert token_hash(token) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def spliced(text: str, other: str) -> str:
    """The header and signature of one JWT about the claims of another."""
    (header, _, signature), claims = text.split("."), other.split(".")[1]
    return f"{header}.{claims}.{signature}"


EC = generate_private_key(SECP256R1())
HEADER = {"alg": "EdDSA", "typ": TYPE, "jwk": JWK}
WRONG: dict[str, str] = {
    "nothing": "",
    "no JWT": "hello",
    "two parts": ".".join(made().split(".")[:2]),
    "four parts": made() + ".x",
    "no signature": made().rpartition(".")[0] + ".",
    "another signature": raw(HEADER, CLAIMS, OTHER.sign(b"x")),
    "a signature of zeros": raw(HEADER, CLAIMS, bytes(64)),
    "claims exchanged under a signature": spliced(made(), made(CLAIMS | {"htm": "GET"})),
    "alg none": raw(HEADER | {"alg": "none"}, CLAIMS, b""),
    "alg None": raw(HEADER | {"alg": "None"}, CLAIMS, b""),
    "alg in another case": raw(HEADER | {"alg": "eddsa"}, CLAIMS),
    "alg HS256 with the public key": raw(HEADER | {"alg": "HS256"}, CLAIMS, b"x" * 32),
    "alg ES256": made(header={"alg": "ES256"}, key=EC),
    "no alg": raw({"typ": TYPE, "jwk": JWK}, CLAIMS),
    "typ JWT": made(header={"typ": "JWT"}),
    "no typ": raw({"alg": "EdDSA", "jwk": JWK}, CLAIMS),
    "typ in another case": made(header={"typ": "DPoP+JWT"}),
    "no jwk": raw({"alg": "EdDSA", "typ": TYPE}, CLAIMS),
    "a jwk that is a text": made(header={"jwk": X}),
    "a private jwk": made(header={"jwk": JWK | {"d": url(b"1" * 32)}}),
    "a jwk with a key id": made(header={"jwk": JWK | {"kid": "1"}}),
    "a jwk of another kind": made(header={"jwk": JWK | {"kty": "EC"}}),
    "a jwk of another curve": made(header={"jwk": JWK | {"crv": "X25519"}}),
    "a jwk without x": made(header={"jwk": {"kty": "OKP", "crv": "Ed25519"}}),
    "x that is a number": made(header={"jwk": JWK | {"x": 7}}),
    "x too short": made(header={"jwk": JWK | {"x": X[:-2]}}),
    "x padded": made(header={"jwk": JWK | {"x": X + "="}}),
    "x in plain base64": made(header={"jwk": JWK | {"x": b64raw(b"\xff" * 32)}}),
    "x with bits left over": made(header={"jwk": JWK | {"x": X[:-1] + chr(ord(X[-1]) + 1)}}),
    "another's key": made(header={"jwk": JWK | {"x": url(OTHER.public_key().public_bytes_raw())}}),
    "signed by another": made(key=OTHER),
    "critical header nobody knows": raw(HEADER | {"crit": ["exp"], "exp": 1}, CLAIMS),
    "detached payload": raw(HEADER | {"b64": False, "crit": ["b64"]}, CLAIMS),
    "a claim too many": made(CLAIMS | {"exp": NOW + 60}),
    "a subject": made(CLAIMS | {"sub": "me"}),
    "claims that are a list": raw(HEADER, b"[1]"),
    "claims that are no JSON": raw(HEADER, b"{"),
    "claims not UTF-8": raw(HEADER, b'{"jti":"\xff"}'),
    "claims nested too deeply": raw(HEADER, b"[" * 2500),
    "made too long ago": made(CLAIMS | {"iat": NOW - CLOCK_TOLERANCE - 1}),
    "made too far ahead": made(CLAIMS | {"iat": NOW + CLOCK_TOLERANCE + 1}),
    "iat with a fraction": made(CLAIMS | {"iat": float(NOW)}),
    "iat as text": made(CLAIMS | {"iat": str(NOW)}),
    "iat true": made(CLAIMS | {"iat": True}),
    "iat null": made(CLAIMS | {"iat": None}),
    "iat enormous": raw(HEADER, json.dumps(CLAIMS).replace(str(NOW), "1e400").encode()),
    "iat not a number": raw(HEADER, json.dumps(CLAIMS).replace(str(NOW), "NaN").encode()),
    "iat of 5000 digits": raw(HEADER, json.dumps(CLAIMS).replace(str(NOW), "1" * 5000).encode()),
    "a short jti": made(CLAIMS | {"jti": "1234567"}),
    "a long jti": made(CLAIMS | {"jti": "x" * (MOST_JTI + 1)}),
    "a jti that is a number": made(CLAIMS | {"jti": 12345678}),
    "a method that is a list": made(CLAIMS | {"htm": ["POST"]}),
    "a nonce that is null": made(CLAIMS | {"nonce": None}),
    "an ath that is a number": made(CLAIMS | {"ath": 7}),
    "an ath that is null": made(CLAIMS | {"ath": None}),
    "too long": made(CLAIMS | {"htu": "https://x/" + "y" * MOST_PROOF_BYTES}),
    "text that is no UTF-8": "\udcff" + made(),
    "letters beyond ASCII": made().replace("e", "é", 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_proves_nothing_is_refused(name: str) -> None:
    with pytest.raises(ProofError) as refusal:
        read_proof(WRONG[name], NOW)
    assert str(refusal.value)


@pytest.mark.parametrize("claim", sorted(CLAIMS))
def test_every_claim_is_needed(claim: str) -> None:
    less = {name: value for name, value in CLAIMS.items() if name != claim}
    with pytest.raises(ProofError, match="exactly the claims"):
        read_proof(made(less), NOW)


@pytest.mark.parametrize("ahead", [-CLOCK_TOLERANCE, 0, CLOCK_TOLERANCE])
def test_the_bounds_of_time_are_inside(ahead: int) -> None:
    assert read_proof(made(CLAIMS | {"iat": NOW + ahead}), NOW).issued == NOW + ahead


def test_a_second_value_of_a_claim_is_covered_by_the_signature_only() -> None:
    """JSON keeps the last of two; what counts is that it was signed as it stands, and that the type is right."""
    twice = json.dumps(CLAIMS)[:-1] + ', "htm": "GET"}'
    assert read_proof(raw(HEADER, twice.encode()), NOW).method == "GET"


@given(st.binary(max_size=80), st.data())
def test_damaged_proofs_are_refused_in_words(noise: bytes, data: st.DataObject) -> None:
    text = made()
    at = data.draw(st.integers(0, len(text)))
    damaged = text[:at] + noise.decode("latin-1") + text[at + data.draw(st.integers(0, 4)) :]
    try:
        proof = read_proof(damaged, NOW)
    except ProofError:
        return
    assert (proof.method, proof.url, proof.jti) == ("POST", URL, "0123456789abcdef")
