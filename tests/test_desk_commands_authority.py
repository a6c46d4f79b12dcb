"""`enlace authority take` as it is typed: what is compared, what is refused, what stays as it was."""

import json
from pathlib import Path

import pytest
from cli_world import Office
from tls_world import now

from relay.certificates import make_authority, sign_certificate
from relay.protocol.authority import read_authorities

pytest_plugins = ("shared_office",)


def trusted(office: Office, name: str) -> str:
    """The authority in a profile."""
    found: str = json.loads((office.profile(name) / "profile.json").read_text())["authority"]
    return found


@pytest.fixture
def desk(shared_office: Office) -> str:
    return shared_office.copy("ar-desk", "ar-desk-careful")


def test_a_file_is_taken_once_its_fingerprint_was_compared(shared_office: Office, desk: str) -> None:
    own = (shared_office.relay.folder / "tls" / "authority.pem").read_bytes()
    both = own + make_authority("localhost", now()).certificate
    file = shared_office.file("both.pem", both)
    unasked = shared_office.run(desk, "authority", "take", file)
    assert (unasked.code, "say yes beforehand with --yes" in unasked.err) == (2, True)
    assert trusted(shared_office, desk) == own.decode()
    taken = shared_office.run(desk, "authority", "take", file, "--yes", "--json")
    assert taken.code == 0, taken
    shown = [each.fingerprint for each in read_authorities(both, now())]
    assert taken.plain == {"fingerprints": shown}
    assert all(each in taken.err for each in shown)
    assert trusted(shared_office, desk) == both.decode()
    assert shared_office.run(desk, "sync").code == 0
    assert shared_office.run(desk, "authority", "take", "-", "--yes", feed=own).code == 0
    assert trusted(shared_office, desk) == own.decode()


def test_a_file_that_does_not_vouch_for_the_relay_is_refused(shared_office: Office, desk: str) -> None:
    before = trusted(shared_office, desk)
    foreign = shared_office.file("foreign.pem", make_authority("localhost", now()).certificate)
    refused = shared_office.run(desk, "authority", "take", foreign, "--yes")
    assert (refused.code, "would not reach its relay; nothing was changed" in refused.err) == (3, True), refused
    assert trusted(shared_office, desk) == before


def test_where_the_relay_does_not_answer_that_is_said(shared_office: Office) -> None:
    alone = shared_office.unreachable("ar-desk")
    foreign = make_authority("localhost", now()).certificate
    taken = shared_office.run(alone, "authority", "take", shared_office.file("foreign.pem", foreign), "--yes")
    assert (taken.code, "it was not seen whether this file vouches for it" in taken.err) == (0, True), taken
    assert trusted(shared_office, alone) == foreign.decode()


def test_what_is_no_file_of_an_authority_is_refused(shared_office: Office, desk: str, tmp_path: Path) -> None:
    before, made = trusted(shared_office, desk), make_authority("localhost", now())
    leaf = sign_certificate(made, "localhost", now()).certificate
    for raw, words in (
        (b"", "holds no certificate"),
        (b"rubbish", "holds no certificate"),
        (b"\xff\xfe", "other characters than ASCII"),
        (made.certificate[:200], "holds no certificate"),
        (made.certificate + made.key, "a private key"),
        (leaf, "is not the certificate of an authority"),
        (make_authority("localhost", now() - 11 * 365 * 86_400).certificate, "does not count now"),
        (b"A" * 40_000, "larger than 32 KiB"),
    ):
        refused = shared_office.run(desk, "authority", "take", shared_office.file("bad.pem", raw), "--yes")
        assert (refused.code, words in refused.err) == (2, True), (raw[:40], refused)
    assert shared_office.run(desk, "authority", "take", str(tmp_path / "missing"), "--yes").code == 7
    assert trusted(shared_office, desk) == before
