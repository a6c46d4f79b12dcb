"""The relay's key files and what is sealed at rest."""

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.encoding import b64
from crypto.signing import SecretPair
from directory.canonical import Malformed
from relay.at_rest import AtRest, AtRestError
from relay.key_files import (
    KeyFileError,
    make_pair,
    make_rest_key,
    read_pair,
    read_rest_key,
    write_private,
)
from relay.protocol.relay_keys import RELAY_KEYS_TYPE, RelayKeys, read_relay_keys, write_relay_keys

LOG, RECEIPT = SecretPair(b"l" * 32, b"L" * 32), SecretPair(b"r" * 32, b"R" * 32)


def test_a_pair_is_read_back_and_made_only_once(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "log.key"
    pair = make_pair(path, "log")
    assert read_pair(path, "log") == pair
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="exists already"):
        make_pair(path, "log")
    assert path.read_bytes() == before
    with pytest.raises(KeyFileError, match="log key where the receipt key"):
        read_pair(path, "receipt")
    assert make_pair(tmp_path / "keys" / "receipt.key", "receipt") != pair


def test_a_rest_key_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "rest.key"
    assert make_rest_key(path) == read_rest_key(path)
    with pytest.raises(KeyFileError, match="not a relay's signing key"):
        read_pair(path, "log")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"enlace/rest-key/v1\n{}\n", b"enlace/rest-key/v1\n{\"key\":\"short\"}\n", b"x" * 5000,
     b'enlace/rest-key/v1\n{"key": "' + b64(bytes(32)).encode() + b'"}\n'],
)  # fmt: skip
def test_what_is_no_key_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rest.key"
    write_private(path, content)
    with pytest.raises(KeyFileError):
        read_rest_key(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"rest\.key cannot be read"):
        read_rest_key(tmp_path / "rest.key")
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match="cannot be written"):
        make_rest_key(tmp_path / "file" / "folder" / "rest.key")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows protects files by access lists")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "rest.key"
    make_rest_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_rest_key(path)


@pytest.mark.skipif(
    sys.platform == "win32" or os.name != "posix" or os.geteuid() != 0, reason="only root gives files away"
)
def test_a_key_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rest.key"
    make_rest_key(path)
    os.chown(path, 12345, -1)
    with pytest.raises(KeyFileError, match="another user"):
        read_rest_key(path)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_is_sealed_opens_in_its_row_only(value: bytes, row: str) -> None:
    rest = AtRest(b"k" * 32)
    sealed = rest.seal(row, value)
    assert rest.open(row, sealed) == value
    assert rest.seal(row, value) != sealed
    with pytest.raises(AtRestError):
        rest.open(row + "x", sealed)
    with pytest.raises(AtRestError):
        AtRest(b"j" * 32).open(row, sealed)


@pytest.mark.parametrize("damage", [lambda s: s[:-1], lambda s: b"", lambda s: b"\x02" + s[1:], lambda s: s[:5],
                                    lambda s: s[:-1] + bytes([s[-1] ^ 1])])  # fmt: skip
def test_a_damaged_value_does_not_open(damage: object) -> None:
    rest = AtRest(b"k" * 32)
    with pytest.raises(AtRestError):
        rest.open("row", damage(rest.seal("row", b"value")))  # type: ignore[operator]  # one of the lambdas above


def test_derived_keys_differ_by_purpose() -> None:
    rest = AtRest(b"k" * 32)
    assert rest.derived(b"a") == rest.derived(b"a") != rest.derived(b"b")
    with pytest.raises(ValueError, match="32 bytes"):
        AtRest(b"short")


def relay_keys() -> RelayKeys:
    return RelayKeys(
        type=RELAY_KEYS_TYPE,
        relay="https://relay.example:8460",
        origin="log.example/1",
        log_ed25519=b64(LOG.public.ed25519),
        log_mldsa44=b64(LOG.public.mldsa44),
        receipt_ed25519=b64(RECEIPT.public.ed25519),
        receipt_mldsa44=b64(RECEIPT.public.mldsa44),
    )


def test_relay_keys_survive_their_file() -> None:
    keys = relay_keys()
    assert read_relay_keys(write_relay_keys(keys)) == keys
    assert (keys.log, keys.receipt) == (LOG.public, RECEIPT.public)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"enlace/relay-keys/v1", b"enlace/relay-keys/v2"),
        (b"https://", b"http://"),
        (b"log.example/1", b"LOG"),
        (b'"origin"', b'"more": 1, "origin"'),
        (b64(RECEIPT.public.ed25519).encode(), b"short"),
        (b"{", b""),
    ],
)
def test_what_are_no_relay_keys_is_refused(old: bytes, new: bytes) -> None:
    raw = write_relay_keys(relay_keys())
    assert old in raw
    with pytest.raises(Malformed):
        read_relay_keys(raw.replace(old, new))


def test_one_pair_for_two_uses_is_refused() -> None:
    raw = write_relay_keys(relay_keys())
    for mine, theirs in zip(
        (RECEIPT.public.ed25519, RECEIPT.public.mldsa44), (LOG.public.ed25519, LOG.public.mldsa44), strict=True
    ):
        raw = raw.replace(b64(mine).encode(), b64(theirs).encode())
    with pytest.raises(Malformed, match="different"):
        read_relay_keys(raw)
