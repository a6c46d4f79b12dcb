"""The certificate renewed in its files, by the trial authority or by others; one trial authority after another."""

import os
import ssl
import stat
import sys
from pathlib import Path

import pytest
from cli_world import Ran, enlace
from cryptography import x509
from tls_world import DAY, now, serving, shown

from config.settings import parse_settings
from relay.certificate_renewal import Place, check_pair, renew_certificate
from relay.certificates import CertificateError, Pair, make_authority, sign_certificate
from relay.key_files import write_private
from relay.protocol.authority import AuthorityError, read_authorities
from relay.protocol.relay_keys import read_relay_keys
from relay.served_certificate import ServedCertificate
from relay.settings import RelaySettings


@pytest.fixture
def relay(tmp_path: Path) -> Path:
    folder = tmp_path / "relay"
    ran = enlace(
        "relay", "init", str(folder), "--public-url", "https://localhost:8460", "--origin", "log.enlace.example/tests",
        "--self-signed-authority",
    )  # fmt: skip
    assert ran.code == 0, ran
    return folder


def run(relay: Path, *words: str) -> Ran:
    return enlace("relay", "certificate", *words, "--settings", str(relay / "relay.toml"))


def place_of(relay: Path) -> Place:
    path = relay / "relay.toml"
    return Place(parse_settings(RelaySettings, path.read_text(), path, {}), relay)


def tree(relay: Path) -> dict[str, bytes]:
    return {str(each.relative_to(relay)): each.read_bytes() for each in relay.rglob("*") if each.is_file()}


def issuer_key(pem: bytes) -> bytes:
    """The key id of whoever signed a certificate."""
    found = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    return found.value.key_identifier or b""


def key_id(pem: bytes) -> bytes:
    found = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return found.value.digest


def test_the_trial_authority_signs_again_and_the_desks_need_nothing(relay: Path) -> None:
    before = tree(relay)
    ran = run(relay, "renew")
    assert (ran.code, "ends in 1094 days" in ran.out) == (0, True), ran
    after = tree(relay)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"tls/certificate.pem", "tls/certificate.key"}
    assert set(after) == set(before)
    if sys.platform != "win32":
        assert stat.S_IMODE((relay / "tls" / "certificate.key").stat().st_mode) == 0o600
    assert enlace("relay", "check", "--settings", str(relay / "relay.toml")).code == 0


def test_the_authority_s_key_may_be_elsewhere_and_has_to_be_its_own(relay: Path, tmp_path: Path) -> None:
    stick = (relay / "tls" / "authority.key").rename(tmp_path / "authority.key")
    before = tree(relay)
    missing = run(relay, "renew")
    assert (missing.code, "--authority-key" in missing.err, "certificate authority" in missing.err) == (3, True, True)
    assert run(relay, "renew", "--authority-key", str(stick)).code == 0
    foreign = tmp_path / "foreign.key"
    write_private(foreign, make_authority("localhost", now()).key)
    before = tree(relay)
    for key, words in ((foreign, "belongs to none"), (relay / "keys" / "log.key", "cannot be read")):
        refused = run(relay, "renew", "--authority-key", str(key))
        assert (refused.code, words in refused.err) == (3, True), refused
    stick.chmod(0o644)
    refused = run(relay, "renew", "--authority-key", str(stick))
    assert (refused.code, "chmod 600" in refused.err) == (3, True)
    assert tree(relay) == before


async def test_another_authority_is_named_beside_the_old_one_until_a_certificate_is_renewed(relay: Path) -> None:
    old = (relay / "tls" / "authority.pem").read_bytes()
    certificate, key = relay / "tls" / "certificate.pem", relay / "tls" / "certificate.key"
    ran = run(relay, "authority", "--json")
    both = (relay / "tls" / "authority.pem").read_bytes()
    named = read_authorities(both, now())
    assert ran.plain["fingerprints"] == [each.fingerprint for each in named]
    assert len(named) == 2
    assert both.endswith(old)
    assert read_relay_keys((relay / "relay-keys.json").read_bytes()).authority == both.decode()
    served = ServedCertificate(certificate, key, "localhost", lambda: both, now)
    async with serving(served.context) as port:
        for trusted in (old, both):  # in between, desks with the old file and desks with the new one get in
            assert await shown(port, trusted)
        assert run(relay, "renew").code == 0
        served.look()
        new = (relay / "tls" / "authority.pem").read_bytes()
        assert new == both.removesuffix(old)
        assert read_relay_keys((relay / "relay-keys.json").read_bytes()).authority == new.decode()
        for trusted in (both, new):
            assert issuer_key(await shown(port, trusted)) == key_id(new)
        with pytest.raises(ssl.SSLCertVerificationError):
            await shown(port, old)


def test_a_pair_signed_elsewhere_is_checked_before_it_is_put_in_place(relay: Path, tmp_path: Path) -> None:
    place, theirs = place_of(relay), tmp_path / "theirs"
    theirs.mkdir()
    chain, key = theirs / "fullchain.pem", theirs / "privkey.pem"
    ours = Pair((relay / "tls" / "authority.pem").read_bytes(), (relay / "tls" / "authority.key").read_bytes())
    good, stranger = sign_certificate(ours, "localhost", now()), make_authority("localhost", now())
    before = tree(relay)
    for pair, words in (
        (sign_certificate(stranger, "localhost", now()), "not vouched for"),
        (Pair(good.certificate, sign_certificate(ours, "localhost", now()).key), "cannot be served with"),
        (Pair(b"rubbish", good.key), "cannot be served with"),
        (sign_certificate(make_authority("a.example", now()), "a.example", now()), "is not for localhost"),
    ):
        chain.write_bytes(pair.certificate)
        key.write_bytes(pair.key)
        refused = run(relay, "take", str(chain), str(key))
        assert (refused.code, words in refused.err) == (3, True), refused
    assert run(relay, "take", str(theirs / "missing"), str(key)).code == 3
    assert tree(relay) == before
    chain.write_bytes(good.certificate)
    key.write_bytes(good.key)
    assert run(relay, "take", str(chain), str(key)).code == 0
    assert place.certificate.read_bytes() == good.certificate
    assert run(relay, "take", str(chain), str(key)).code == 0  # a hook may call twice


def test_after_a_crash_between_the_two_files_the_same_command_mends_it(
    relay: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed, replace = list[str](), Path.replace

    def power_failure(self: Path, target: Path) -> Path:
        if renamed:
            raise KeyboardInterrupt
        renamed.append(self.name)
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", power_failure)
        assert run(relay, "renew").code == 130
    checked = enlace("relay", "check", "--settings", str(relay / "relay.toml"))
    assert (checked.code, "cannot be served with" in checked.out) == (3, True)
    assert run(relay, "renew").code == 0
    assert enlace("relay", "check", "--settings", str(relay / "relay.toml")).code == 0


def test_a_disk_that_fills_between_the_two_files_leaves_the_pair_that_was_there(
    relay: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, written, fsync = tree(relay), list[int](), os.fsync

    def full(number: int) -> None:
        written.append(number)
        if len(written) > filling:
            raise OSError(28, "No space left on device")
        fsync(number)

    for filling in range(4):  # the private key is looked at in a file first; then key, certificate, the two names
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            refused = run(relay, "renew")
        assert (refused.code, "No space left" in refused.err) == (3, True), (filling, refused)
        assert tree(relay) == before
        written.clear()
    assert enlace("relay", "check", "--settings", str(relay / "relay.toml")).code == 0


def test_where_desks_ask_their_system_s_authorities_no_trial_certificate_is_made(
    relay: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = relay / "relay-keys.json"
    keys.write_text(keys.read_text().replace(read_relay_keys(keys.read_bytes()).authority.replace("\n", "\\n"), ""))
    refused = run(relay, "renew")
    assert (refused.code, "certificate take" in refused.err) == (3, True), refused
    with pytest.raises(CertificateError):
        renew_certificate(place_of(relay), None, now())
    signer = make_authority("localhost", now())
    public = sign_certificate(signer, "localhost", now())
    with pytest.raises(CertificateError, match="no authority that this machine's system trusts"):
        check_pair(place_of(relay), public, now())
    (tmp_path / "system.pem").write_bytes(signer.certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    assert check_pair(place_of(relay), public, now()) > now()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "holds no certificate"),
        (b"rubbish", "holds no certificate"),
        ("añejo".encode(), "other characters than ASCII"),
        (b"A" * 40_000, "larger than 32 KiB"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificate"),
    ],
)
def test_what_is_no_file_of_an_authority_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(AuthorityError, match=words):
        read_authorities(raw, now())


def test_an_authority_is_one_counts_now_and_comes_without_its_key() -> None:
    made = make_authority("localhost", now())
    leaf = sign_certificate(made, "localhost", now())
    (read,) = read_authorities(made.certificate, now())
    assert (read.ends > now() + 9 * 365 * DAY, len(read.fingerprint)) == (True, 71)
    for raw, at, words in (
        (leaf.certificate, now(), "is not the certificate of an authority"),
        (made.certificate + made.key, now(), "a private key"),
        (made.certificate, read.ends, "does not count now"),
        (made.certificate, now() - DAY, "does not count now"),
        (made.certificate * 9, now(), "more than 8"),
    ):
        with pytest.raises(AuthorityError, match=words):
            read_authorities(raw, at)
    with pytest.raises(CertificateError, match="belongs to none"):
        sign_certificate(Pair(make_authority("localhost", now()).certificate, made.key), "localhost", now())
