"""What a relay reads, as properties: written and read again it is the same, and anything else is read or refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from directory_world import key_pair
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto.encoding import b64
from desk.link.client import tls_context
from directory.canonical import Malformed, decode_lenient, encode
from relay.certificates import make_local_authority
from relay.key_files import KeyFileError, read_pair, read_rest_key, write_pair
from relay.mail.attachment_handlers import _announced_hash
from relay.mail.ordering import read_order
from relay.mail.stepping import read_step
from relay.protocol.authority import AuthorityError, read_authorities
from relay.protocol.problems import Refusal
from relay.protocol.relay_keys import RELAY_KEYS_TYPE, RelayKeys, read_relay_keys, write_relay_keys
from relay.protocol.requests import (
    AuthenticatorConfirmation,
    BodiesWanted,
    KeySetsWanted,
    LogIn,
    NewInvitation,
    NewStatements,
    OpenedBody,
    TotpRequest,
)
from relay.rules.addresses import Proxies

HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
CODES = st.integers(0, 999_999).map(lambda number: f"{number:06}")
REQUESTS: dict[type[msgspec.Struct], st.SearchStrategy[Any]] = {
    LogIn: st.builds(LogIn, code=st.just("") | CODES, recovery=st.text(max_size=64)),
    AuthenticatorConfirmation: st.builds(
        AuthenticatorConfirmation, renewal=st.binary(min_size=16, max_size=16).map(bytes.hex), code=CODES
    ),
    NewInvitation: st.builds(NewInvitation, proof_hash=HASHES, expires=st.integers(0, 2**40)),
    TotpRequest: st.builds(TotpRequest, proof=HASHES),
    BodiesWanted: st.builds(BodiesWanted, commitments=st.lists(HASHES, max_size=3).map(tuple)),
    KeySetsWanted: st.builds(KeySetsWanted, devices=st.lists(HASHES, max_size=3).map(tuple)),
    NewStatements: st.builds(
        NewStatements,
        statements=st.lists(st.text(max_size=20), min_size=1, max_size=3).map(tuple),
        bodies=st.lists(st.builds(OpenedBody, salt=st.text(max_size=9), body=st.text(max_size=9)), max_size=2).map(
            tuple
        ),
    ),
}
ANY = st.binary(max_size=80) | st.text('{}[]":,0123456789abcdef\\u', max_size=60).map(str.encode)


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_requests_that_are_written_are_read(kind: type[msgspec.Struct]) -> None:
    @given(REQUESTS[kind], ANY, st.integers(0, 200))
    @settings(max_examples=40)
    def holds(request: msgspec.Struct, other: bytes, at: int) -> None:
        raw = encode(request)
        assert decode_lenient(raw, kind) == request
        for spoiled in (other, raw[:at], raw[:at] + other + raw[at:]):
            try:
                read = decode_lenient(spoiled, kind)
            except Malformed:
                continue
            assert decode_lenient(encode(read), kind) == read

    holds()


def relay_keys(host: str) -> RelayKeys:
    log, receipt = key_pair("relay log").public, key_pair("relay receipt").public
    return RelayKeys(
        type=RELAY_KEYS_TYPE,
        relay=f"https://{host}",
        origin="log.example/1",
        log_ed25519=b64(log.ed25519),
        log_mldsa44=b64(log.mldsa44),
        receipt_ed25519=b64(receipt.ed25519),
        receipt_mldsa44=b64(receipt.mldsa44),
    )


@given(st.from_regex(r"\A[a-z0-9.:-]{1,40}\Z"), st.integers(0, 4000), st.binary(max_size=4))
@settings(max_examples=30)
def test_relay_keys_are_read_as_they_were_written(host: str, at: int, spice: bytes) -> None:
    keys = relay_keys(host)
    raw = write_relay_keys(keys)
    assert read_relay_keys(raw) == keys
    try:
        read = read_relay_keys(raw[:at] + spice + raw[at + 1 :])
    except Malformed:
        return
    assert read_relay_keys(write_relay_keys(read)) == read


@given(st.lists(st.ip_addresses().map(str) | st.text(max_size=20), max_size=3))
def test_proxies_are_addresses_and_networks_or_refused(texts: list[str]) -> None:
    try:
        read = Proxies.read(texts)
    except ValueError:
        return
    assert Proxies.read(map(str, read.networks)) == read
    assert all(str(each[0]) in read for each in read.networks)


AUTHORITY = make_local_authority("relay.example", 1_800_000_000).authority


@given(st.binary(max_size=60), st.integers(0, len(AUTHORITY)), st.binary(max_size=3))
@settings(max_examples=30)
def test_authorities_are_certificates_or_refused(other: bytes, at: int, spice: bytes) -> None:
    assert len(read_authorities(AUTHORITY * 2, 1_800_000_000)) == 2
    for raw in (other, AUTHORITY[:at] + spice + AUTHORITY[at + 1 :]):
        try:
            read_authorities(raw, 1_800_000_000)
        except AuthorityError:
            pass  # anything else would not be caught


@pytest.mark.parametrize("spice", [b"+", b"A", b"f"])
def test_an_authority_with_any_one_character_changed_is_refused_or_good_for_tls(spice: bytes) -> None:
    for at in range(len(AUTHORITY)):
        raw = AUTHORITY[:at] + spice + AUTHORITY[at + 1 :]
        try:
            count = len(read_authorities(raw, 1_800_000_000))
        except AuthorityError:
            continue
        assert tls_context(raw.decode()).cert_store_stats()["x509"] == count


@given(st.binary(max_size=60), st.integers(0, 150), st.binary(max_size=3))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_key_files_are_read_as_they_were_written(tmp_path: Path, other: bytes, at: int, spice: bytes) -> None:
    path = tmp_path / "log.key"
    path.unlink(missing_ok=True)
    pair = key_pair("relay log")
    write_pair(path, "log", pair)
    good = path.read_bytes()
    assert read_pair(path, "log") == pair
    for raw in (other, good[:at] + spice + good[at + 1 :]):
        path.write_bytes(raw)
        read: Callable[[], object]
        for read in (lambda: read_pair(path, "log"), lambda: read_rest_key(path)):
            try:
                read()
            except KeyFileError:
                pass


@given(st.binary(max_size=200))
def test_steps_are_lines_or_refused(raw: bytes) -> None:
    with pytest.raises(Refusal, match="step"):
        read_step(raw, "0" * 64, "0" * 64, key_pair("x").public, ("x.example", "0" * 64), 0)


@given(st.binary(max_size=200))
def test_orders_are_lines_or_refused(raw: bytes) -> None:
    with pytest.raises(Refusal, match="order"):
        read_order(raw, "0" * 64, "0" * 64, key_pair("x").public, ("x.example", "0" * 64), 0)


@given(HASHES, st.text(max_size=40))
def test_an_announced_hash_is_read_as_it_was_written(digest: str, other: str) -> None:
    assert _announced_hash("sha256 " + b64(digest.encode())) == digest
    for metadata in (other, f"sha256 {other}", f"sha256 {b64(digest.encode())},{other}"):
        with pytest.raises(Refusal, match="no more"):
            _announced_hash(metadata)
