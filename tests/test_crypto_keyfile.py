"""Key files: one spelling, one role, one passphrase however it is typed, and nothing shown of what they hold."""

import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.age import decrypt, encrypt
from crypto.age_scrypt import MAX_WORK_FACTOR, ScryptIdentity, ScryptRecipient
from crypto.age_x25519 import X25519Identity
from crypto.encoding import b64
from crypto.errors import CryptoError
from crypto.keyfile import (
    LEAST_CHARACTERS,
    MOST_SECRETS,
    KeyFile,
    KeyFileError,
    WrongPassphrase,
    passphrase_advice,
    read_keyfile,
    write_keyfile,
)

FAST = 1  # the work factor of every file here that is not about it
PASSPHRASE = b"correct lantern violin harbour"
ARCHIVE, VAULT = bytes(range(32)), bytes(range(1, 33))
KEYS = KeyFile("device", {"vault": VAULT, "archive": ARCHIVE})
TEXT = f"enlace/keyfile/v1\nrole: device\narchive {b64(ARCHIVE)}\nvault {b64(VAULT)}\n"
RAW = write_keyfile(KEYS, PASSPHRASE, FAST)

names = st.from_regex(r"\A[a-z0-9-]{1,64}\Z")
keyfiles = st.builds(
    KeyFile, names, st.dictionaries(names, st.binary(min_size=32, max_size=32), min_size=1, max_size=8)
)
passphrases = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufeff"), min_size=1)
    .map(str.encode)
)  # fmt: skip


def sealed(text: str | bytes, passphrase: bytes = PASSPHRASE, work_factor: int = FAST) -> bytes:
    content = text if isinstance(text, bytes) else text.encode()
    return encrypt(content, [ScryptRecipient(passphrase, work_factor)])


def opened(raw: bytes, passphrase: bytes = PASSPHRASE) -> KeyFile:
    return read_keyfile(raw, passphrase, "device")


# What is written


def test_the_text_inside_is_as_documented() -> None:
    """Opened as the stock tool would: an age file under the passphrase."""
    assert decrypt(RAW, [ScryptIdentity(PASSPHRASE)]) == TEXT.encode()
    assert opened(sealed(TEXT)) == KEYS


@settings(max_examples=50)
@given(keyfiles, passphrases)
def test_writing_then_reading_gives_the_key_file(keyfile: KeyFile, passphrase: bytes) -> None:
    assert read_keyfile(write_keyfile(keyfile, passphrase, FAST), passphrase, keyfile.role) == keyfile


def test_a_file_of_the_most_and_longest_secrets_is_read_again() -> None:
    many = KeyFile("r" * 64, {f"{i:064}": bytes([i]) * 32 for i in range(MOST_SECRETS)})
    assert read_keyfile(write_keyfile(many, PASSPHRASE, FAST), PASSPHRASE, "r" * 64) == many


def test_two_files_of_the_same_secrets_have_nothing_in_common() -> None:
    again = write_keyfile(KEYS, PASSPHRASE, FAST)
    assert again[-64:] != RAW[-64:]
    assert opened(again) == opened(RAW)


def test_secrets_come_sorted_and_cannot_be_changed() -> None:
    given_secrets = {"vault": VAULT, "archive": ARCHIVE}
    keyfile = KeyFile("device", given_secrets)
    given_secrets["vault"] = bytes(32)
    assert list(keyfile.secrets.items()) == [("archive", ARCHIVE), ("vault", VAULT)]
    with pytest.raises(TypeError):
        keyfile.secrets["vault"] = bytes(32)  # type: ignore[index]  # that it fails is the point


def test_secrets_are_not_shown() -> None:
    assert repr(KEYS) == str(KEYS) == "KeyFile(role='device')"


BAD_KEYFILES: dict[str, tuple[str, dict[str, bytes], str]] = {
    "role missing": ("", {"a": ARCHIVE}, "a-z"),
    "role in capitals": ("Device", {"a": ARCHIVE}, "a-z"),
    "role too long": ("r" * 65, {"a": ARCHIVE}, "a-z"),
    "role with a newline": ("device\n", {"a": ARCHIVE}, "a-z"),
    "name missing": ("device", {"": ARCHIVE}, "a-z"),
    "name with a space": ("device", {"a b": ARCHIVE}, "a-z"),
    "name with a newline": ("device", {"a\n": ARCHIVE}, "a-z"),
    "name with a colon": ("device", {"role:": ARCHIVE}, "a-z"),
    "name outside ASCII": ("device", {"ñ": ARCHIVE}, "a-z"),
    "name too long": ("device", {"a" * 65: ARCHIVE}, "a-z"),
    "no secret": ("device", {}, "0 secrets"),
    "too many secrets": ("device", {str(i): ARCHIVE for i in range(MOST_SECRETS + 1)}, "65 secrets"),
    "empty secret": ("device", {"a": b""}, "32 bytes"),
    "secret of 31 bytes": ("device", {"a": ARCHIVE[1:]}, "32 bytes"),
    "secret of 33 bytes": ("device", {"a": ARCHIVE, "b": ARCHIVE + b"!"}, "32 bytes"),
}


@pytest.mark.parametrize(("role", "secrets", "why"), BAD_KEYFILES.values(), ids=BAD_KEYFILES.keys())
def test_what_a_key_file_cannot_hold_is_refused(role: str, secrets: dict[str, bytes], why: str) -> None:
    with pytest.raises(KeyFileError, match=why):
        KeyFile(role, secrets)


# What is refused inside a file under the right passphrase

A, V = f"archive {b64(ARCHIVE)}\n", f"vault {b64(VAULT)}\n"
HEAD = "enlace/keyfile/v1\nrole: device\n"
BAD_TEXTS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "another kind"),
    "not a key file": ("dear colleague\n", "another kind"),
    "a newer version": (TEXT.replace("v1", "v2"), "newer version"),
    "a longer version": (TEXT.replace("v1", "v10"), "newer version"),
    "type line only": ("enlace/keyfile/v1\n", "malformed"),
    "type line without its end": ("enlace/keyfile/v1", "another kind"),
    "type line ends in CRLF": (TEXT.replace("\n", "\r\n"), "another kind"),
    "role line missing": ("enlace/keyfile/v1\n" + A, "malformed"),
    "role only": (HEAD, "0 secrets"),
    "role without its key": (f"enlace/keyfile/v1\ndevice\n{A}", "malformed"),
    "role without a space": (f"enlace/keyfile/v1\nrole:device\n{A}", "malformed"),
    "two roles": (f"{HEAD}role: root\n{A}", "malformed"),
    "role behind": (f"enlace/keyfile/v1\n{A}role: device\n", "malformed"),
    "not sorted": (HEAD + V + A, "canonical"),
    "a name twice": (HEAD + A + A, "canonical"),
    "a name twice, other secrets": (HEAD + A + A.replace(b64(ARCHIVE), b64(VAULT)), "canonical"),
    "last newline missing": (TEXT[:-1], "canonical|malformed"),
    "a blank line behind": (TEXT + "\n", "malformed"),
    "a blank line between": (HEAD + "\n" + A, "malformed"),
    "text behind": (TEXT + "x", "malformed"),
    "a comment": (HEAD + "# made in January\n" + A, "malformed"),
    "two spaces": (HEAD + A.replace(" ", "  "), "malformed"),
    "a tab": (HEAD + A.replace(" ", "\t"), "malformed"),
    "name missing": (HEAD + A.replace("archive", ""), "a-z"),
    "secret missing": (HEAD + "archive\n", "malformed"),
    "secret empty": (HEAD + "archive \n", "malformed"),
    "secret of 31 bytes": (f"{HEAD}archive {b64(ARCHIVE[:31])}\n", "malformed"),
    "secret of 33 bytes": (f"{HEAD}archive {b64(ARCHIVE + b'!')}\n", "malformed"),
    "secret without padding": (f"{HEAD}archive {b64(ARCHIVE).rstrip('=')}\n", "malformed"),
    "secret not canonical": (f"{HEAD}archive {b64(ARCHIVE)[:-2]}9=\n", "malformed"),
    "secret in hexadecimal": (f"{HEAD}archive {ARCHIVE.hex()}\n", "malformed"),
    "name outside ASCII": (HEAD + A.replace("archive", "archivé"), "malformed"),
    "not UTF-8": (HEAD.encode() + b"\xff" + A.encode(), "malformed"),
    "name in capitals": (HEAD + A.replace("archive", "Archive"), "a-z"),
    "too many secrets": (HEAD + "".join(f"{i:03} {b64(ARCHIVE)}\n" for i in range(65)), "65 secrets"),
}


@pytest.mark.parametrize(("text", "why"), BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_a_malformed_text_is_refused(text: str | bytes, why: str) -> None:
    with pytest.raises(KeyFileError, match=why):
        opened(sealed(text))


def test_no_error_shows_a_secret() -> None:
    for text in (TEXT.replace("archive", "archivé"), HEAD + V + A, TEXT + "x", TEXT.replace(" ", "  ")):
        with pytest.raises(KeyFileError) as caught:
            opened(sealed(text))
        shown = "".join(traceback.format_exception(caught.value))
        assert not any(secret in shown for secret in (b64(ARCHIVE), b64(VAULT), repr(ARCHIVE)[2:40]))


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from([A, V, "role: device\n", "role: root\n", "enlace/keyfile/v1\n", "\n", " "]), max_size=6)
)
def test_what_is_read_is_written_the_same(parts: list[str]) -> None:
    text = HEAD + "".join(parts)
    try:
        keyfile = opened(sealed(text))
    except KeyFileError:
        return
    assert decrypt(write_keyfile(keyfile, PASSPHRASE, FAST), [ScryptIdentity(PASSPHRASE)]) == text.encode()


def test_another_role_is_refused() -> None:
    for role in ("root", "devic", "device ", ""):
        with pytest.raises(KeyFileError, match="of role device"):
            read_keyfile(RAW, PASSPHRASE, role)


# What is refused outside


def test_a_wrong_passphrase_says_so() -> None:
    for wrong in (b"x", PASSPHRASE + b" ", PASSPHRASE.upper(), PASSPHRASE[:-1]):
        with pytest.raises(WrongPassphrase, match="passphrase is wrong"):
            opened(RAW, wrong)


def test_the_two_errors_are_told_apart() -> None:
    assert issubclass(WrongPassphrase, CryptoError)
    assert issubclass(KeyFileError, CryptoError)
    assert not issubclass(WrongPassphrase, KeyFileError)
    assert not issubclass(KeyFileError, WrongPassphrase)


def test_a_file_sealed_to_a_key_is_no_key_file() -> None:
    """Else an officer would type the right passphrase again and again."""
    raw = encrypt(TEXT.encode(), [X25519Identity.generate().recipient()])
    with pytest.raises(KeyFileError, match="sealed to a key"):
        opened(raw)


DAMAGED: dict[str, bytes] = {
    "empty": b"",
    "text": TEXT.encode(),
    "version only": b"age-encryption.org/v1\n",
    "another version": RAW.replace(b"/v1", b"/v2", 1),
    "cut in the header": RAW[:60],
    "cut before the payload": RAW[: RAW.index(b"\n---") + 48],
    "cut in the payload": RAW[:-1],
    "longer": RAW + b"\0",
    "payload changed": RAW[:-1] + bytes([RAW[-1] ^ 1]),
    "line ends changed": RAW.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("raw", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_not_blamed_on_the_passphrase(raw: bytes) -> None:
    with pytest.raises(KeyFileError):
        opened(raw)


def test_a_file_too_large_is_not_even_looked_at() -> None:
    with pytest.raises(KeyFileError, match="cannot be opened"):
        opened(RAW + bytes(16_384 - len(RAW)))
    with pytest.raises(KeyFileError, match="16385 bytes is no key file: they have at most 16384"):
        opened(RAW + bytes(16_385 - len(RAW)))


def test_no_changed_byte_is_accepted() -> None:
    for position in range(len(RAW)):
        changed = RAW[:position] + bytes([RAW[position] ^ 1]) + RAW[position + 1 :]
        with pytest.raises((KeyFileError, WrongPassphrase)):
            # A work factor of two digits must not make this test slow.
            read_keyfile(changed, PASSPHRASE, "device", max_work_factor=2)


# Work


def test_the_reader_s_bound_on_work_is_kept() -> None:
    raw = write_keyfile(KEYS, PASSPHRASE, 3)
    assert read_keyfile(raw, PASSPHRASE, "device", max_work_factor=3) == KEYS
    for most in (1, 2):
        with pytest.raises(KeyFileError, match="work factor 3"):
            read_keyfile(raw, PASSPHRASE, "device", max_work_factor=most)
    monstrous = RAW.replace(b" 1\n", b" 63\n", 1)
    assert monstrous != RAW
    with pytest.raises(KeyFileError, match="work factor 63"):
        opened(monstrous)


@pytest.mark.parametrize(
    ("work_factor", "why"),
    [(-1, "lies between 1"), (0, "lies between 1"), (MAX_WORK_FACTOR + 1, "above 20"), (64, "above 20")],
)
def test_a_work_factor_that_is_not_read_again_is_not_written(work_factor: int, why: str) -> None:
    with pytest.raises(KeyFileError, match=why):
        write_keyfile(KEYS, PASSPHRASE, work_factor)


@pytest.mark.parametrize("most", [-1, 0, 25])
def test_a_bound_on_work_that_is_none_is_refused(most: int) -> None:
    with pytest.raises(KeyFileError, match="work factor"):
        read_keyfile(RAW, PASSPHRASE, "device", max_work_factor=most)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory like this")
def test_too_little_memory_is_an_error_of_ours() -> None:
    """In a process that may not have the 1 GiB that factor 20 takes, neither reading nor writing escapes us."""
    script = f"""
import resource
from crypto.keyfile import *
keys = KeyFile("device", {{"a": bytes(32)}})
raw = write_keyfile(keys, b"p", 1).replace(b" 1\\n", b" 20\\n", 1)
resource.setrlimit(resource.RLIMIT_AS, ({1 << 30}, {1 << 30}))
for attempt in (lambda: write_keyfile(keys, b"p", 20), lambda: read_keyfile(raw, b"p", "device")):
    try:
        attempt()
    except KeyFileError as error:
        print(error)
"""
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.count("not enough memory") == 2


# Passphrases

COMPOSED, DECOMPOSED = "contraseña de São Tomé", "contrasen\u0303a de Sa\u0303o Tome\u0301"


def test_an_accent_is_one_letter_however_a_system_spells_it() -> None:
    assert COMPOSED.encode() != DECOMPOSED.encode()
    for written in (COMPOSED, DECOMPOSED):
        raw = write_keyfile(KEYS, written.encode(), FAST)
        for typed in (COMPOSED, DECOMPOSED):
            assert opened(raw, typed.encode()) == KEYS
        assert decrypt(raw, [ScryptIdentity(COMPOSED.encode())]) == TEXT.encode()


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("fi", "\ufb01"),
        ("a", "\uff41"),
        ("2", "²"),
        ("a", "A"),
        ("a", "á"),
        ("a b", "a\u00a0b"),
        ("a", " a"),
        ("a", "a "),
    ],
)
def test_nothing_else_about_a_passphrase_is_altered(written: str, typed: str) -> None:
    with pytest.raises(WrongPassphrase):
        opened(write_keyfile(KEYS, written.encode(), FAST), typed.encode())


@pytest.mark.parametrize(
    ("passphrase", "why"),
    [
        (b"", "^the passphrase is empty"),
        (b"\xff\xfe", "UTF-8"),
        (b"\xed\xa0\x80", "UTF-8"),
        (PASSPHRASE + b"\n", "line break"),
        (PASSPHRASE + b"\r", "line break"),
        (b"a\0b", "control"),
        (b"a\tb", "control"),
        (b"\x7f", "control"),
        ("\u0085".encode(), "control"),
        (b"\xef\xbb\xbf" + PASSPHRASE, "mark at its start"),
    ],
)
def test_a_passphrase_nobody_could_type_is_refused(passphrase: bytes, why: str) -> None:
    with pytest.raises(KeyFileError, match=why) as caught:
        write_keyfile(KEYS, passphrase, FAST)
    assert "0xff" not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(KeyFileError, match=why):
        opened(RAW, passphrase)


def test_advice_is_about_length_only() -> None:
    assert LEAST_CHARACTERS == 12
    for strong in ("a" * 12, "            ", "correct lantern", "123456789012", "ñ" * 12, "漢" * 12):
        assert passphrase_advice(strong.encode()) is None
    for weak in ("", "a", "Tr0ub4dor&3", "ñ" * 11, "漢" * 11):
        assert f"has {len(weak)} characters: take 12 or more" in str(passphrase_advice(weak.encode()))


def test_advice_counts_letters_not_bytes_or_accents() -> None:
    assert passphrase_advice(("n\u0303" * 12).encode()) is None
    assert "has 11 characters" in str(passphrase_advice(("n\u0303" * 11).encode()))


@given(st.binary(max_size=40))
def test_advice_comes_for_any_bytes(passphrase: bytes) -> None:
    """Whatever has no advice is accepted as it is."""
    if passphrase_advice(passphrase) is None:
        assert opened(write_keyfile(KEYS, passphrase, FAST), passphrase) == KEYS


def test_advice_on_what_is_refused_is_the_refusal() -> None:
    assert passphrase_advice(b"\xff" * 20) == "a passphrase is text in UTF-8"
    assert "control characters" in str(passphrase_advice(PASSPHRASE + b"\n"))


def test_a_machine_too_small_for_the_work_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = sealed("whatever")

    def small(*_: object, **__: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr("crypto.age_scrypt.Scrypt", small)
    with pytest.raises(KeyFileError, match="not enough memory for a work factor of 1"):
        write_keyfile(KEYS, PASSPHRASE, FAST)
    with pytest.raises(KeyFileError, match="open it on a larger machine"):
        opened(raw)
