"""Key file, reception keys, vault and root keys: what opens them, what does not, and what can be read without."""

import shutil
from pathlib import Path

import pytest
from desk_world import desk, epoch_identity, found_on_disk, network, refused

from crypto.age import decrypt, encrypt
from crypto.encoding import b64
from crypto.keyfile import KeyFile, write_keyfile
from desk.errors import DeskError, Locked, NotFound, Usage
from desk.keys.keyring import create_keyring, open_keyring, reception_keys, save_keyring
from desk.keys.vault import Damaged, Vault
from desk.profile.folder import Identity, Profile
from desk.roots.root_keys import make_root_key, open_root_key
from directory.keyset import KeySet

WORLD = network()
PASSPHRASE = "correct horse battery ñandú".encode()
IDENTITY = Identity(kind="officer", name="enlace.example")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile with a real key file, made once: scrypt is slow on purpose."""
    path = tmp_path_factory.mktemp("template") / "p"
    create_keyring(Profile.create(path, IDENTITY).save(IDENTITY), PASSPHRASE, 10, b"d" * 32)
    return path


@pytest.fixture
def profile(template: Path, tmp_path: Path) -> Profile:
    """A copy of it."""
    shutil.copytree(template, tmp_path / "p")
    return Profile.open(tmp_path / "p")


def test_the_passphrase_opens_what_was_made(template: Path) -> None:
    profile = Profile.open(template)
    first, second = (open_keyring(profile, PASSPHRASE) for _ in range(2))
    assert first.device.public == second.device.public
    assert first.archive.recipient() == second.archive.recipient()
    assert first.vault_identity.recipient() != first.archive.recipient()
    assert first.duty.public_key() == second.duty.public_key()
    assert first.session_key.public_key() == first.duty.public_key()


def test_an_officer_s_profile_has_no_duty_key(tmp_path: Path) -> None:
    keyring = create_keyring(Profile.create(tmp_path / "p", IDENTITY), PASSPHRASE, 10)
    assert keyring.session_key is keyring.device.ed25519
    assert "secretariat's profile" in refused(lambda: keyring.duty, Usage)


@pytest.mark.parametrize("wrong", [b"correct horse battery", PASSPHRASE + b" ", PASSPHRASE.upper(), b"x"])
def test_another_passphrase_opens_nothing(template: Path, wrong: bytes) -> None:
    words = refused(lambda: open_keyring(Profile.open(template), wrong), Locked)
    assert words == "the passphrase is wrong; nothing was sent anywhere, and no code was used up"


@pytest.mark.parametrize("wrong", [b"", b"\xff\xfe", b"two\nlines"])
def test_what_cannot_be_a_passphrase_is_told_as_such(template: Path, wrong: bytes) -> None:
    assert "passphrase" in refused(lambda: open_keyring(Profile.open(template), wrong), Usage)


def test_a_changed_passphrase_opens_the_same_keys(profile: Profile) -> None:
    keyring = open_keyring(profile, PASSPHRASE)
    save_keyring(keyring, b"another passphrase", 10)
    assert open_keyring(profile, b"another passphrase").device.public == keyring.device.public
    with pytest.raises(Locked):
        open_keyring(profile, PASSPHRASE)


@pytest.mark.parametrize("how", ["gone", "a folder", "empty", "cut short", "garbage", "a bit", "another role", "less"])
def test_a_damaged_key_file_is_told_and_never_taken_for_a_wrong_passphrase(profile: Profile, how: str) -> None:
    file = profile.path / "keys.age"
    raw = file.read_bytes()
    file.unlink()
    if how == "a folder":
        file.mkdir()
    elif how != "gone":
        spoilt = {
            "empty": b"",
            "cut short": raw[:-1],
            "garbage": b"hello",
            "a bit": raw[:-1] + bytes([raw[-1] ^ 1]),
            "another role": write_keyfile(KeyFile("root", {"root-ed25519": b"r" * 32}), PASSPHRASE, 10),
            "less": write_keyfile(KeyFile("device", {"archive": b"r" * 32}), PASSPHRASE, 10),
        }
        file.write_bytes(spoilt[how])
    assert "keys.age" in refused(lambda: open_keyring(profile, PASSPHRASE), Usage)


def test_the_reception_keys_need_no_passphrase_and_are_no_others(profile: Profile) -> None:
    keyring, reception = open_keyring(profile, PASSPHRASE), reception_keys(profile)
    assert reception.public != keyring.device.public
    assert reception.ed25519_seed not in (keyring.device.ed25519_seed, keyring.archive.seed)


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"ed25519":"AA==","mldsa44":"AA=="}', b"\xff", b"[" * 10**5])
def test_damaged_reception_keys_are_told(profile: Profile, content: bytes | None) -> None:
    file = profile.path / "reception.json"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    assert "reception.json" in refused(lambda: reception_keys(profile), Usage)


def test_no_secret_can_be_read_without_the_passphrase(profile: Profile) -> None:
    """But for the reception keys, by design: they open nothing and send nothing."""
    keyring = open_keyring(profile, PASSPHRASE)
    keyring.vault.put("session", b"token CANARY-IN-THE-VAULT")
    device = keyring.device
    secrets = (device.ed25519_seed, device.mldsa44_seed, keyring.archive.seed, keyring.vault_identity.seed, b"d" * 32)
    assert found_on_disk(profile.path, *secrets, PASSPHRASE, b"CANARY-IN-THE-VAULT") == []
    assert found_on_disk(profile.path, reception_keys(profile).ed25519_seed) == ["reception.json"]


def test_the_search_for_canaries_finds_them(tmp_path: Path) -> None:
    """What the tests above and others rest on: raw, in hexadecimal and in base64 at any offset."""
    canary = b"a canary that is long enough"
    encoded = [b64(b"x" * shift + canary + b"yz").encode() for shift in range(5)]
    for number, form in enumerate([canary, canary.hex().encode(), *encoded]):
        (tmp_path / f"{number}").write_bytes(b"before" + form + b"after")
    assert found_on_disk(tmp_path, canary) == [str(number) for number in range(7)]


def test_a_keyring_shows_no_secret(profile: Profile) -> None:
    keyring = open_keyring(profile, PASSPHRASE)
    shown = f"{keyring!r} {keyring}"
    for secret in (keyring.device.ed25519_seed, keyring.archive.seed, b"d" * 32):
        assert repr(secret)[2:-1] not in shown
        assert secret.hex() not in shown


# --- the vault ---


def test_what_is_put_is_got_until_it_is_erased(tmp_path: Path) -> None:
    vault = desk(tmp_path, "ec-night", WORLD).vault
    assert vault.get("session") is None
    for data in (b"", b"one", b"two" * 10_000):
        vault.put("session", data)
        assert vault.get("session") == data
    vault.erase("session")
    vault.erase("session")
    assert vault.get("session") is None


def test_names_are_listed_by_their_beginning(tmp_path: Path) -> None:
    vault = desk(tmp_path, "ec-night", WORLD).vault
    for name in ("erase-2-b", "erase-1-a", "epoch-a", "session"):
        vault.put(name, b"x")
    assert list(vault.names("erase-")) == ["erase-1-a", "erase-2-b"]
    assert list(vault.names("none-")) == []


@pytest.mark.parametrize("name", ["", "../keys", "a/b", "C:x", "A", "a.b", "a\0", "a\n", "é", "x" * 81])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    vault = desk(tmp_path, "ec-night", WORLD).vault
    for attempt in (lambda: vault.put(name, b"x"), lambda: vault.get(name), lambda: vault.erase(name)):
        assert "names nothing that is kept" in refused(attempt, Usage)


def test_files_exchanged_or_damaged_in_the_vault_are_told(tmp_path: Path) -> None:
    keyring = desk(tmp_path, "ec-night", WORLD)
    vault, folder = keyring.vault, keyring.profile.path / "vault"
    vault.put("session", b'{"hello":1}')
    assert "session.age is damaged: it holds something else" in refused(
        lambda: vault.get_value("session", KeySet), Usage
    )
    raw = (folder / "session.age").read_bytes()
    for spoilt in (b"", raw[:-1], raw[:100], b"hello"):
        (folder / "session.age").write_bytes(spoilt)
        assert "session.age is damaged" in refused(lambda: vault.get("session"), Usage)
    other = Vault(folder, epoch_identity("somebody"))
    other.put("session", b"not ours")
    assert "session.age is damaged" in refused(lambda: vault.get("session"), Usage)
    (folder / "epochs.age").mkdir()
    assert "epochs.age cannot be read" in refused(lambda: vault.get("epochs"), Usage)


def test_the_stock_tool_would_open_the_vault_with_its_identity(tmp_path: Path) -> None:
    keyring = desk(tmp_path, "ec-night", WORLD)
    keyring.vault.put("session", b"plain")
    raw = (keyring.profile.path / "vault" / "session.age").read_bytes()
    assert decrypt(raw, [keyring.vault_identity]) == b"enlace/vault/v1 session\nplain"


def test_a_file_under_another_name_is_damaged(tmp_path: Path) -> None:
    """Whoever can write the folder cannot pass one thing off as another."""
    keyring = desk(tmp_path, "ec-night", WORLD)
    vault, folder = keyring.vault, keyring.profile.path / "vault"
    for name in ("session", "session-2", "last-login"):
        vault.put(name, b"1767225600")
    words = "session.age is damaged: it holds what was kept under another name"
    for other in ("session-2", "last-login"):
        (folder / "session.age").write_bytes((folder / f"{other}.age").read_bytes())
        assert words in refused(lambda: vault.get("session"), Damaged)
    bare = encrypt(b"no name at all", [keyring.vault_identity.recipient()])
    (folder / "session.age").write_bytes(bare)
    assert words in refused(lambda: vault.get("session"), Damaged)
    vault.put("session", b"new")
    assert vault.get("session") == b"new"


def test_files_that_are_none_of_ours_have_no_name(tmp_path: Path) -> None:
    keyring = desk(tmp_path, "ec-night", WORLD)
    (keyring.profile.path / "vault" / "epoch-A B.age").write_bytes(b"x")
    assert list(keyring.vault.names("epoch-")) == []


def test_a_file_that_cannot_be_removed_is_told(tmp_path: Path) -> None:
    keyring = desk(tmp_path, "ec-night", WORLD)
    (keyring.profile.path / "vault" / "session.age").mkdir()
    assert "session.age cannot be removed" in refused(lambda: keyring.vault.erase("session"), DeskError)


# --- root keys ---


def test_a_root_key_opens_with_its_passphrase_and_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "root-1.age"
    made = make_root_key(path, PASSPHRASE, 10)
    voice = open_root_key(path, PASSPHRASE)
    assert voice.key.public_key() == made.public_key()
    assert voice.local.startswith("root-")
    raw = path.read_bytes()
    assert "never overwritten" in refused(lambda: make_root_key(path, PASSPHRASE, 10), Usage)
    assert path.read_bytes() == raw
    assert "passphrase" in refused(lambda: open_root_key(path, b"wrong"), Locked)
    assert "there is no root key" in refused(lambda: open_root_key(tmp_path / "root-2.age", PASSPHRASE), NotFound)


def test_a_device_s_key_file_is_no_root_key(template: Path, tmp_path: Path) -> None:
    assert "is no root key" in refused(lambda: open_root_key(template / "keys.age", PASSPHRASE), Usage)
    (tmp_path / "x").write_bytes(b"hello")
    for path in (tmp_path / "x", tmp_path):
        with pytest.raises(Usage, match="is no root key"):
            open_root_key(path, PASSPHRASE)
