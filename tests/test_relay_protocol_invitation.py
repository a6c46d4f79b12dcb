"""Invitations and the keys offered under them: the relay in the middle can change neither unnoticed."""

import json
from typing import Any

import msgspec
import pytest
from desk_world import changed, refused
from directory_world import device_keys
from hypothesis import given
from hypothesis import strategies as st

from crypto.encoding import b64
from directory.canonical import encode
from relay.protocol.invitation import (
    MOST_INVITATION_BYTES,
    Invitation,
    InvitationError,
    OfferedKeys,
    bind_keys,
    check_binding,
    proof_hash,
    read_invitation,
    relay_proof,
    write_invitation,
)

NOW = 1_767_225_600
NETWORK, OFFICER, SECRET = "5f" * 32, "ab" * 16, bytes(range(16))
INVITATION = Invitation(
    name="enlace.example",
    network=NETWORK,
    member="co",
    officer=OFFICER,
    relay="https://relay.enlace.example:8460",
    checkpoint="log.enlace.example\n3\n…\n",
    expires=NOW + 60,
    secret=b64(SECRET),
)
KEYS = tuple(device_keys("co-new").values())
OTHERS = tuple(device_keys("somebody").values())
TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


def four(keys: tuple[str, ...]) -> tuple[str, str, str, str]:
    first, second, third, fourth = keys
    return first, second, third, fourth


def offered() -> OfferedKeys:
    return bind_keys(SECRET, NETWORK, OFFICER, four(KEYS))


@given(TEXTS, TEXTS, TEXTS, st.binary(min_size=16, max_size=16), st.integers(NOW + 1, 2**40))
def test_what_is_written_is_read(checkpoint: str, authority: str, policy: str, secret: bytes, expires: int) -> None:
    more = {"checkpoint": checkpoint, "authority": authority, "policy": policy}
    invitation = changed(INVITATION, secret=b64(secret), expires=expires, **more)
    again = read_invitation(write_invitation(invitation), NOW)
    assert again == invitation
    assert again.secret_bytes == secret


def test_an_invitation_holds_until_it_expires() -> None:
    raw = write_invitation(INVITATION)
    assert read_invitation(raw, NOW + 59) == INVITATION
    assert "has expired; ask your administrator" in refused(lambda: read_invitation(raw, NOW + 60), InvitationError)


FIELDS: dict[str, Any] = json.loads(encode(INVITATION))
WRONG_FIELDS: dict[str, dict[str, Any]] = {
    "a relay without TLS": {"relay": "http://relay.enlace.example"},
    "a relay with a path": {"relay": "https://relay.enlace.example/x"},
    "a relay with a user": {"relay": "https://user@relay.enlace.example"},
    "a relay with a line feed": {"relay": "https://relay.enlace.example\n"},
    "no relay": {"relay": ""},
    "a secret too short": {"secret": b64(b"15 bytes only!!")},
    "a secret too long": {"secret": b64(bytes(17))},
    "a secret with bits left over": {"secret": "AAAAAAAAAAAAAAAAAAAAAB=="},
    "a network that is none": {"network": "5F" * 32},
    "a member that is none": {"member": "Colombia"},
    "an officer that is none": {"officer": "../../keys"},
    "an expiry that is none": {"expires": "soon"},
    "a field nobody knows": {"more": 1},
    "a default spelt out": {"policy": ""},
}


@pytest.mark.parametrize("name", WRONG_FIELDS)
def test_an_invitation_that_makes_no_sense_is_refused(name: str) -> None:
    line = json.dumps(FIELDS | WRONG_FIELDS[name], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    raw = f"enlace/invitation/v1\n{line}\n".encode()
    assert "not an invitation, or it was altered" in refused(lambda: read_invitation(raw, NOW), InvitationError)


RAW = write_invitation(INVITATION)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        RAW[:-1],
        RAW + b"\n",
        RAW.replace(b"v1", b"v2", 1),
        RAW.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + RAW,
        RAW.replace(b"enlace.example", b"enlace\xff.example", 1),
        RAW + b"x" * MOST_INVITATION_BYTES,
        RAW.replace(b'"member":"co",', b'"member":"co","member":"co",'),
    ],
)
def test_bytes_that_are_no_invitation_are_refused(raw: bytes) -> None:
    assert "not an invitation, or it was altered" in refused(lambda: read_invitation(raw, NOW), InvitationError)


def test_the_relay_learns_nothing_it_could_use() -> None:
    proof = relay_proof(SECRET)
    assert len(proof) == 64
    assert proof_hash(proof) != proof
    assert SECRET.hex() not in proof
    assert relay_proof(bytes(16)) != proof


def test_keys_from_the_bearer_are_taken() -> None:
    keys = offered()
    check_binding(keys, SECRET, NETWORK)
    assert (keys.ed25519, keys.mldsa44, keys.reception_ed25519, keys.reception_mldsa44) == KEYS
    assert msgspec.convert(msgspec.to_builtins(keys), OfferedKeys) == keys


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ed25519", OTHERS[0]),
        ("mldsa44", OTHERS[1]),
        ("reception_ed25519", OTHERS[2]),
        ("reception_mldsa44", OTHERS[3]),
        ("officer", "cd" * 16),
        ("mac", "00" * 32),
        ("ed25519", KEYS[2]),
    ],
)
def test_a_relay_that_exchanges_anything_is_noticed(field: str, value: str) -> None:
    words = refused(lambda: check_binding(changed(offered(), **{field: value}), SECRET, NETWORK), InvitationError)
    assert words == (
        "these keys do not come from the desk you invited: the relay or somebody on the way changed them. "
        "Enrol nobody with them, and invite anew"
    )


def test_keys_count_under_their_own_invitation_and_network() -> None:
    for secret, network in ((bytes(16), NETWORK), (SECRET, "6f" * 32)):
        with pytest.raises(InvitationError):
            check_binding(offered(), secret, network)


def test_what_the_relay_holds_makes_no_binding() -> None:
    """The relay knows the proof of being invited, and its hash; neither is the key of the HMAC."""
    proof = relay_proof(SECRET)
    for guess in (bytes.fromhex(proof), bytes.fromhex(proof_hash(proof)), proof.encode()):
        forged = bind_keys(guess, NETWORK, OFFICER, four(OTHERS))
        with pytest.raises(InvitationError):
            check_binding(forged, SECRET, NETWORK)


def test_the_derivations_are_frozen() -> None:
    """An invitation made before an update is used after it."""
    assert relay_proof(SECRET) == FROZEN[0]
    assert offered().mac == FROZEN[1]


FROZEN = (
    "3646365b82164bee7cd7ded05fad574b1be906e295f51e1fb11cef82e2cb9c52",
    "f368e62edaf42b77f53960b0dba6ff2704374e752dfe55e61dc0b712fb969be0",
)
