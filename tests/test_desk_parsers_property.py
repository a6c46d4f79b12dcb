"""What a desk reads from its disk and from people, as properties: the same again, or refused in words."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto.encoding import b64
from desk.commands.officers import parse_names
from desk.commands.options import duration
from desk.errors import DeskError, Usage
from desk.keys.keyring import RECEPTION_FILE, Reception, reception_keys
from desk.profile.folder import PROFILE_FILE, Identity, Profile
from desk.profile.shift_mark import read_mark, set_mark
from desk.replica.standing import HALTED_FILE
from desk.replica.standing import read_mark as read_halt
from desk.replica.statements import read_proposal
from desk.roots.root_keys import public_half, read_public, write_public
from directory.canonical import Malformed, encode
from relay.protocol.requests import NewStatements

HERE = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
ANY = st.binary(max_size=80) | st.text('{}[]":,0123456789abcdef\\u', max_size=60).map(str.encode)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@given(st.integers(0, 999_999_999), st.sampled_from(sorted(UNITS)))
def test_durations_are_read_as_they_were_written(number: int, unit: str) -> None:
    assert duration(f"{number}{unit}") == number * UNITS[unit]


@pytest.mark.parametrize(
    "text",
    ["", "s", "5", "5y", "-5s", "+5s", "5 s", " 5s", "5s ", "1_0s", "\u0665s", "1.5h", "5S", "9" * 10 + "s", "5ss"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Usage, match="is no duration; write it like 90s"):
        duration(text)


@given(st.text(max_size=8))
def test_any_duration_is_read_or_refused(text: str) -> None:
    try:
        assert duration(text) >= 0
    except Usage:
        pass


LANGUAGES = st.sampled_from(["es", "en", "pt", "fr"])


@given(st.dictionaries(LANGUAGES, st.text(min_size=1, max_size=20).map(str.strip).filter(bool)))
def test_names_are_read_as_they_were_written(names: dict[str, str]) -> None:
    assert parse_names(tuple(f"{language}={text}" for language, text in names.items())) == names


@pytest.mark.parametrize("names", [("",), ("es",), ("es=",), ("es= ",), ("es=a", "es=b")])
def test_what_are_no_names_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(Usage, match="write a name as es="):
        parse_names(names)


def spoiled(good: bytes, at: int, spice: bytes) -> bytes:
    return good[:at] + spice + good[at + 1 :]


HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
IDENTITIES = st.builds(
    Identity,
    kind=st.sampled_from(["officer", "secretariat"]),
    name=st.just("enlace.example"),
    network=st.just("") | HASHES,
    member=st.text(max_size=5),
    relay=st.text(max_size=20),
)


@given(IDENTITIES, ANY, st.integers(0, 100))
@HERE
def test_a_profile_is_read_as_it_was_written(tmp_path: Path, identity: Identity, spice: bytes, at: int) -> None:
    tmp_path.chmod(0o700)
    said = ""
    for raw in (encode(identity), spice, spoiled(encode(identity), at, spice)):
        (tmp_path / PROFILE_FILE).write_bytes(raw)
        read = None
        try:
            read = Profile.open(tmp_path).identity
        except Usage as error:
            said = str(error)
        assert read is not None or "is damaged" in said
        assert raw != encode(identity) or read == identity


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), ANY, st.integers(0, 120))
@HERE
def test_reception_keys_are_read_as_they_were_written(
    tmp_path: Path, one: bytes, other: bytes, spice: bytes, at: int
) -> None:
    profile = Profile(tmp_path, Identity(kind="officer", name="enlace.example"))
    good = encode(Reception(ed25519=b64(one), mldsa44=b64(other)))
    said = ""
    for raw in (good, spice, spoiled(good, at, spice)):
        (tmp_path / RECEPTION_FILE).write_bytes(raw)
        pair = None
        try:
            pair = reception_keys(profile)
        except Usage as error:
            said = str(error)
        assert pair is not None or "is damaged" in said
        assert raw != good or (pair is not None and (pair.ed25519_seed, pair.mldsa44_seed) == (one, other))


@given(st.integers(1, 2**40), ANY)
@HERE
def test_the_mark_of_a_shift_is_read_as_it_was_written(tmp_path: Path, ends: int, other: bytes) -> None:
    profile = Profile(tmp_path, Identity(kind="officer", name="enlace.example"))
    set_mark(profile, ends)
    assert read_mark(tmp_path) == ends
    (tmp_path / "shift").write_bytes(other)
    assert 0 <= read_mark(tmp_path) <= 2**40


@given(ANY)
@HERE
def test_the_mark_of_a_halt_is_read_or_malformed(tmp_path: Path, other: bytes) -> None:
    (tmp_path / HALTED_FILE).write_bytes(other)
    with pytest.raises((Malformed, DeskError)):
        read_halt(tmp_path)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 250), st.binary(max_size=3))
@settings(max_examples=60)
def test_the_public_half_of_a_root_key_is_read_as_it_was_written(seed: bytes, at: int, spice: bytes) -> None:
    public = public_half(Ed25519PrivateKey.from_private_bytes(seed))
    good = write_public(public)
    assert read_public(good) == public
    try:
        read = read_public(spoiled(good, at, spice))
    except Malformed:
        return
    assert write_public(read) == spoiled(good, at, spice)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=2), ANY)
@settings(max_examples=60)
def test_what_is_no_proposal_is_refused(statements: list[str], other: bytes) -> None:
    for raw in (other, encode(NewStatements(statements=tuple(statements)))):
        with pytest.raises(Usage, match="this is no proposal, or it was altered"):
            read_proposal(raw)


def test_json_of_a_proposal_with_more_in_it_is_refused() -> None:
    made: dict[str, Any] = {"statements": ["x"], "more": 1}
    with pytest.raises(Usage, match="this is no proposal"):
        read_proposal(json.dumps(made).encode())
