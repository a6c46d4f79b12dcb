"""What a renewal of the certificate refuses, and what it does as root in folders that are another's."""

import os
import ssl
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import structlog
from cli_world import Ran, enlace
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from tls_world import now

from config.settings import parse_settings
from relay.certificate_renewal import Place, renew_authority, renew_certificate
from relay.certificates import CertificateError, Pair, make_authority, sign_certificate, tls_context
from relay.check import check_relay
from relay.protocol.authority import AuthorityError, read_authorities
from relay.protocol.relay_keys import read_relay_keys
from relay.served_certificate import ServedCertificate
from relay.settings import RelaySettings
from relay.system_trust import check_system_trust

ROOT = sys.platform != "win32" and os.geteuid() == 0
only_root = pytest.mark.skipif(not ROOT, reason="only root acts for others")
ACCOUNT, GROUP = 4321, 4322


def prepared(folder: Path, *more: str) -> Path:
    ran = enlace(
        "relay", "init", str(folder), "--public-url", "https://localhost:8460", "--origin", "log.enlace.example/tests",
        *more,
    )  # fmt: skip
    assert ran.code == 0, ran
    return folder


@pytest.fixture
def relay(tmp_path: Path) -> Path:
    """A relay with a trial authority."""
    return prepared(tmp_path / "relay", "--self-signed-authority")


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """A relay whose certificate comes from a public authority."""
    (prepared(tmp_path / "public") / "tls").mkdir(0o700)
    return tmp_path / "public"


def run(relay: Path, *words: str) -> Ran:
    return enlace("relay", "certificate", *words, "--settings", str(relay / "relay.toml"))


def place_of(relay: Path) -> Place:
    path = relay / "relay.toml"
    return Place(parse_settings(RelaySettings, path.read_text(), path, {}), relay)


def authority_of(relay: Path) -> Pair:
    return Pair((relay / "tls" / "authority.pem").read_bytes(), (relay / "tls" / "authority.key").read_bytes())


def hand(folder: Path, pair: Pair) -> tuple[str, str]:
    """A pair in files of root's, or whoever calls."""
    folder.mkdir(exist_ok=True)
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    chain.write_bytes(pair.certificate)
    key.write_bytes(pair.key)
    key.chmod(0o600)
    return str(chain), str(key)


def named(relay: Path) -> list[str]:
    """The fingerprints of the authorities in relay-keys.json; authority.pem has to say the same."""
    said = read_relay_keys((relay / "relay-keys.json").read_bytes()).authority.encode()
    assert said == (relay / "tls" / "authority.pem").read_bytes()
    return [each.fingerprint for each in read_authorities(said, now())]


def given_away(relay: Path) -> None:
    """Give a relay's folder to its own account, as a server's is."""
    for each in (relay, *relay.rglob("*")):
        os.chown(each, ACCOUNT, GROUP, follow_symlinks=False)


@pytest.fixture
def server() -> Iterator[Path]:
    """A folder that other accounts get through to; the tests' own is root's alone from its top."""
    with TemporaryDirectory(prefix="enlace-tests-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@only_root
def test_a_link_that_the_relay_s_account_laid_leads_root_nowhere(server: Path) -> None:
    relay = prepared(server / "relay", "--self-signed-authority")
    victim = server / "shadow"
    victim.write_text("root's own\n")
    victim.chmod(0o600)
    for name in ("certificate.pem", "certificate.key"):
        (relay / "tls" / f"{name}.part").symlink_to(victim)
        (relay / "tls" / f"{name}.unfinished").symlink_to(victim)
    given_away(relay)
    assert (
        run(relay, "take", *hand(server / "theirs", sign_certificate(authority_of(relay), "localhost", now()))).code
        == 0
    )
    assert (victim.read_text(), victim.stat().st_uid) == ("root's own\n", 0)
    assert os.geteuid() == 0


@only_root
@pytest.mark.parametrize("laid", ["folder", "setting"])
def test_root_writes_where_the_relay_s_account_could_have_written_and_nowhere_else(server: Path, laid: str) -> None:
    relay = prepared(server / "relay", "--self-signed-authority")
    pair, elsewhere = sign_certificate(authority_of(relay), "localhost", now()), server / "elsewhere"
    elsewhere.mkdir(0o755)
    for name in ("certificate.pem", "certificate.key"):
        (elsewhere / name).write_text("root's own\n")
    if laid == "folder":
        (relay / "tls").rename(relay / "tls-before")
        (relay / "tls").symlink_to(elsewhere)
    else:
        settings = (relay / "relay.toml").read_text()
        for name in ("certificate.pem", "certificate.key"):
            settings = settings.replace(f'"tls/{name}"', f'"{elsewhere / name}"')
        assert str(elsewhere) in settings
        (relay / "relay.toml").write_text(settings)
    given_away(relay)
    refused = run(relay, "take", *hand(server / "theirs", pair))
    assert (refused.code, "Permission denied" in refused.err) == (3, True), refused
    assert sorted(each.name for each in elsewhere.iterdir()) == ["certificate.key", "certificate.pem"]
    assert {each.read_text() for each in elsewhere.iterdir()} == {"root's own\n"}
    assert os.geteuid() == 0


@only_root
def test_root_renews_for_the_relay_s_account_with_a_key_that_only_root_may_read(server: Path) -> None:
    relay = prepared(server / "relay", "--self-signed-authority")
    stick = (relay / "tls" / "authority.key").rename(server / "stick.key")
    given_away(relay)
    assert run(relay, "renew", "--authority-key", str(stick)).code == 0
    assert run(relay, "authority").code == 0
    assert run(relay, "renew").code == 0
    for each in relay.rglob("*"):
        assert (each.stat().st_uid, each.stat().st_gid) == (ACCOUNT, GROUP), each


@only_root
@pytest.mark.parametrize("laid", ["settings", "key folder"])
def test_whoever_decides_where_root_writes_is_who_writes(server: Path, laid: str) -> None:
    """The relay's folder and the certificate's are root's; its account has the settings file, or the key's folder."""
    relay = prepared(server / "relay", "--self-signed-authority")
    victim, settings = server / "root-only", relay / "relay.toml"
    victim.mkdir(0o700)
    (victim / "shadow").write_text("root's own\n")
    for each in (relay, relay / "tls"):
        each.chmod(0o755)
    if laid == "settings":
        settings.write_text(settings.read_text().replace("tls/certificate.key", str(victim / "shadow")))
        os.chown(settings, ACCOUNT, GROUP)
    else:
        settings.write_text(settings.read_text().replace("tls/certificate.key", "private/shadow"))
        (relay / "private").symlink_to(victim)
        os.chown(relay / "private", ACCOUNT, GROUP, follow_symlinks=False)
    refused = run(relay, "renew", "--authority-key", str((relay / "tls" / "authority.key").rename(server / "stick")))
    assert (refused.code, "Permission denied" in refused.err) == (3, True), refused
    assert [each.read_text() for each in victim.iterdir()] == ["root's own\n"]


@only_root
@pytest.mark.parametrize("word", ["renew", "authority"])
def test_folders_of_two_owners_are_refused_before_anything_is_changed(server: Path, word: str) -> None:
    relay = prepared(server / "relay", "--self-signed-authority")
    relay.chmod(0o755)
    given_away(relay / "tls")
    before = {each: each.read_bytes() for each in relay.rglob("*") if each.is_file()}
    refused = run(relay, word)
    assert (refused.code, "Permission denied" in refused.err) == (3, True), refused
    assert {each: each.read_bytes() for each in relay.rglob("*") if each.is_file()} == before


def test_a_certificate_is_taken_only_if_desks_systems_would_take_it(
    public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = make_authority("localhost", now())
    chain, key = hand(tmp_path / "theirs", sign_certificate(authority, "localhost", now()))
    refused = run(public, "take", chain, key)
    assert (refused.code, "no authority that this machine's system trusts" in refused.err) == (3, True), refused
    assert not list((public / "tls").iterdir())
    (tmp_path / "system.pem").write_bytes(authority.certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    assert run(public, "take", chain, key).code == 0
    assert run(public, "take", chain, key).code == 0  # a hook may call twice


async def test_a_check_says_when_no_authority_of_the_system_vouches(
    public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, place = make_authority("localhost", now()), place_of(public)
    (tmp_path / "system.pem").write_bytes(authority.certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    assert run(public, "take", *hand(tmp_path / "theirs", sign_certificate(authority, "localhost", now()))).code == 0

    async def said() -> tuple[bool, bool]:
        found = await check_relay(place.settings, public, now())
        (one,) = [each for each in found if each.name == "certificate"]
        return one.ok, "no authority that this machine's system trusts" in one.detail

    assert await said() == (True, False)
    monkeypatch.delenv("SSL_CERT_FILE")
    assert await said() == (True, True)  # desks may know an authority that this machine does not


def test_a_public_relay_gets_no_trial_authority(public: Path) -> None:
    before = (public / "relay-keys.json").read_bytes()
    refused = run(public, "authority")
    assert (refused.code, "certificate take" in refused.err) == (3, True), refused
    assert (public / "relay-keys.json").read_bytes() == before
    assert not list((public / "tls").iterdir())


def test_the_new_authority_is_shown_again_until_another_one_is_asked_for(relay: Path, tmp_path: Path) -> None:
    (old,) = named(relay)
    first = run(relay, "authority", "--json").plain["fingerprints"]
    key = (relay / "tls" / "authority.key").read_bytes()
    assert first[1] == old
    assert run(relay, "authority", "--json").plain["fingerprints"] == first == named(relay)
    assert (relay / "tls" / "authority.key").read_bytes() == key
    again = run(relay, "authority")
    assert (again.code, first[0] in again.out, "made before" in again.out) == (0, True, True), again
    (relay / "tls" / "authority.key").rename(tmp_path / "stick.key")
    away = run(relay, "authority")
    assert (away.code, "--another" in away.out) == (0, True), away
    assert named(relay) == first
    other = run(relay, "authority", "--another", "--json").plain["fingerprints"]
    assert (other[0] in first, other[1:]) == (False, [old])
    assert run(relay, "renew").code == 0
    assert named(relay) == other[:1]
    assert run(relay, "authority", "--json").plain["fingerprints"][1] == other[0]


def test_an_authority_named_before_its_key_was_written_is_left_out(relay: Path) -> None:
    (old,), key = named(relay), (relay / "tls" / "authority.key").read_bytes()
    lost = run(relay, "authority", "--json").plain["fingerprints"][0]
    (relay / "tls" / "authority.key").write_bytes(key)  # as after a crash between the two
    fresh = run(relay, "authority", "--json").plain["fingerprints"]
    assert (fresh[0] == lost, fresh[1:]) == (False, [old])


def test_renewed_by_the_old_authority_during_a_change_the_new_one_stays_named(relay: Path, tmp_path: Path) -> None:
    stick = (relay / "tls" / "authority.key").rename(tmp_path / "stick.key")
    both = run(relay, "authority", "--json").plain["fingerprints"]
    assert run(relay, "renew", "--authority-key", str(stick)).code == 0
    assert named(relay) == both
    assert run(relay, "renew").code == 0
    assert named(relay) == both[:1]


def test_a_greeting_that_has_to_be_said_twice_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server asks for another curve than the caller guessed, so the certificate is shown a round later."""

    def another_curve(certificate: Path, key: Path) -> ssl.SSLContext:
        context = tls_context(certificate, key)
        context.set_ecdh_curve("secp521r1")
        return context

    monkeypatch.setattr("relay.system_trust.tls_context", another_curve)
    stranger = make_authority("localhost", now())
    chain, key = hand(tmp_path / "theirs", sign_certificate(stranger, "localhost", now()))
    with pytest.raises(CertificateError, match="no authority that this machine's system trusts"):
        check_system_trust(Path(chain), Path(key), "localhost")


@pytest.mark.parametrize("spoilt", ["ended", "torn"])
def test_while_no_desk_could_take_it_no_other_authority_is_made(relay: Path, spoilt: str) -> None:
    """What the one authority there is signed is no more; that one is not shown as a new one made before."""
    (old,), place, later = named(relay), place_of(relay), now()
    if spoilt == "ended":
        later += 4 * 365 * 86_400
    else:
        place.certificate.write_text("torn")
    with pytest.raises(CertificateError, match=r"certificate renew; or, if its key is lost, say --another"):
        renew_authority(place, later)
    assert named(relay) == [old]
    change = renew_authority(place, later, another=True)
    assert [each.fingerprint for each in change.named[1:]] == ([old] if spoilt == "ended" else [])
    assert not change.made_before
    assert renew_certificate(place, None, later) > later
    left = read_authorities((relay / "tls" / "authority.pem").read_bytes(), later)
    assert [each.fingerprint for each in left] == [change.named[0].fingerprint]


def odd(relay: Path, oid: str, content: str) -> bytes:
    """A certificate with an extension that few people ever saw."""
    key = load_pem_private_key((relay / "tls" / "certificate.key").read_bytes(), None)
    real = x509.load_pem_x509_certificate((relay / "tls" / "certificate.pem").read_bytes())
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), bytes.fromhex(content))
    return (
        x509.CertificateBuilder()
        .subject_name(real.subject)
        .issuer_name(real.subject)
        .public_key(real.public_key())
        .serial_number(5)
        .not_valid_before(real.not_valid_before_utc)
        .not_valid_after(real.not_valid_after_utc)
        .add_extension(extension, critical=False)
        .sign(key, SHA256())  # type: ignore[arg-type]  # P-256, as the relay makes them
        .public_bytes(Encoding.PEM)
    )


@pytest.mark.parametrize("content", ["3004a3020500", "00", "30028801"])
def test_a_name_nobody_can_read_is_refused_and_the_relay_goes_on(relay: Path, tmp_path: Path, content: str) -> None:
    certificate, key = relay / "tls" / "certificate.pem", relay / "tls" / "certificate.key"
    served = ServedCertificate(certificate, key, "localhost", (relay / "tls" / "authority.pem").read_bytes, now)
    pem = odd(relay, "2.5.29.17", content)
    refused = run(relay, "take", *hand(tmp_path / "theirs", Pair(pem, key.read_bytes())))
    assert (refused.code, refused.err.count("\n")) == (3, 1), refused
    certificate.write_bytes(pem)
    with structlog.testing.capture_logs() as logged:
        served.look()
        served.read()  # as on SIGHUP
    assert [each["event"] for each in logged] == ["certificate-refused"] * 2
    assert served.refused


def test_an_authority_nobody_can_read_is_refused(relay: Path) -> None:
    for content in ("3004a3020500", "00"):
        with pytest.raises(AuthorityError, match="is not the certificate of an authority"):
            read_authorities(odd(relay, "2.5.29.17", content), now())


def test_a_warning_refuses_an_authority_and_raises_nowhere_else(relay: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What warns meanwhile, in another thread even, goes on: filters are the whole process's."""
    load, went_on = x509.load_pem_x509_certificates, list[bool]()

    def warning(raw: bytes) -> list[x509.Certificate]:
        warnings.warn("the next version will refuse this", DeprecationWarning, stacklevel=1)
        went_on.append(True)
        return load(raw)

    pem = (relay / "tls" / "authority.pem").read_bytes()
    assert read_authorities(pem, now())
    monkeypatch.setattr(x509, "load_pem_x509_certificates", warning)
    with pytest.raises(AuthorityError, match="that counts for long"):
        read_authorities(pem, now())
    assert went_on


def test_a_key_under_a_passphrase_asks_nobody(relay: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = relay / "tls" / "certificate.pem", relay / "tls" / "certificate.key"
    loaded = load_pem_private_key(key.read_bytes(), None)
    sealed = loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"words"))
    chain, privkey = hand(tmp_path / "theirs", Pair(certificate.read_bytes(), sealed))
    refused = run(relay, "take", chain, privkey)
    assert (refused.code, "under a passphrase" in refused.err) == (3, True), refused
    with pytest.raises(CertificateError, match="without one"):
        tls_context(Path(chain), Path(privkey))
