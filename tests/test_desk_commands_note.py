"""`enlace note`: keys, signing by several, verifying; each refusal with its exit code, and nothing changed by it."""

import stat
import sys
from pathlib import Path

import pytest
from cli_world import HOUSE, PASSPHRASE, Ran, enlace
from test_crypto_note_published import ALTERED, ENOCH_KEY, EXAMPLE, EXAMPLE_KEY, PETER_KEY, PETER_SECRET, TEXT, TWO
from typist import Typist

from crypto.age import encrypt
from crypto.age_scrypt import ScryptRecipient
from crypto.note import MOST_NOTE_BYTES, MOST_SIGNATURES, NoteError, SignatureError
from crypto.note_keys import SignerKey, write_verifier

ONE, OTHER = SignerKey("press.example/desk", b"1" * 32), SignerKey("otra.example", b"2" * 32)
OTHER_TEXT = "b\n"
# One name, and ids of four bytes that are the same: found among some hundred thousand keys.
TWINS = [write_verifier(SignerKey("twins.example", seed.to_bytes(32, "big")).public) for seed in (0x5B7E, 0x1D1E7)]
ONE_KEY, OTHER_KEY = write_verifier(ONE.public), write_verifier(OTHER.public)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("one").write_text(f"{ONE}\n")
    Path("other").write_text(f"{OTHER}\n")
    Path("peter").write_text(PETER_SECRET)
    Path("keys").write_text(f"# whom we know\n{ONE_KEY}\n{OTHER_KEY}\n")
    Path("text").write_text("Aviso.\n\n— así termina.\n")
    Path("two").write_text(TWO)
    Path("passphrase").write_text(PASSPHRASE + "\n")
    Path("locked").write_bytes(encrypt(f"{ONE}\n".encode(), [ScryptRecipient(PASSPHRASE.encode(), 10)]))
    return tmp_path


def note(*arguments: str, feed: bytes = b"") -> Ran:
    return enlace("note", *arguments, feed=feed)


def done(*arguments: str, feed: bytes = b"") -> Ran:
    ran = note(*arguments, feed=feed)
    assert ran.code == 0, ran
    return ran


def test_a_key_is_made_signs_and_verifies(here: Path) -> None:
    public = done("keygen", "press.example", "-o", "new").out
    assert public.startswith("press.example+")
    assert stat.S_IMODE(Path("new").stat().st_mode) == 0o600
    assert Path("new").read_text().startswith("PRIVATE+KEY+press.example+")
    done("sign", "-k", "new", "-o", "text.signed", "text")
    ran = done("verify", "-k", public.strip(), "text.signed")
    assert ran.out == Path("text").read_text()
    assert ran.err == f"Signed by press.example, key {public.split('+')[1]}.\n"
    assert done("keygen", "a", "-o", "json", "--json").plain.keys() == {"verifier", "file"}


def test_a_published_key_signs_the_same_as_elsewhere(here: Path) -> None:
    Path("text").write_text(TEXT)
    signed = done("sign", "-k", "peter", "text").out
    assert signed == TWO.partition("— EnochRoot")[0]


def test_several_sign_at_once_or_one_after_the_other(here: Path) -> None:
    at_once = done("sign", "-k", "one", "-k", "other", "text").out
    first = done("sign", "-k", "one", feed=Path("text").read_bytes()).out
    assert done("sign", "--add", "-k", "other", feed=first.encode()).out == at_once
    ran = done("verify", "--all", "-K", "keys", feed=at_once.encode())
    assert ran.err.count("Signed by") == 2
    assert done("verify", "-k", OTHER_KEY, feed=at_once.encode()).err.endswith("Lines of other keys, not checked: 1.\n")
    plain = done("verify", "-K", "keys", "--json", feed=at_once.encode()).plain
    assert plain["text"] == Path("text").read_text()
    assert [each["name"] for each in plain["signed_by"]] == ["press.example/desk", "otra.example"]


def test_others_notes_verify(here: Path) -> None:
    assert done("verify", "-k", EXAMPLE_KEY, feed=EXAMPLE.encode()).out == "This is an example message.\n"
    assert done("verify", "--all", "-k", PETER_KEY, "-k", ENOCH_KEY, "-k", ENOCH_KEY, "two").out == TEXT


def test_a_key_may_be_sealed_under_a_passphrase(here: Path) -> None:
    assert done("sign", "-k", "locked", "--passphrase-file", "passphrase", "text").out.count("\n— press.example") == 1


@pytest.mark.parametrize(("content", "failure", "words"), ALTERED.values(), ids=ALTERED)
def test_each_alteration_has_its_exit_code(
    here: Path, content: str | bytes, failure: type[Exception] | None, words: str
) -> None:
    Path("altered").write_bytes(content if isinstance(content, bytes) else content.encode())
    ran = note("verify", "--all", "-k", PETER_KEY, "-k", ENOCH_KEY, "altered")
    expected = {NoteError: 3, SignatureError: 5, None: 3}[failure]  # type: ignore[index]  # of these three only
    assert ran.code == expected, ran
    assert ran.out == ""
    assert words in ran.err or failure is None or len(content) > MOST_NOTE_BYTES


REFUSED: dict[str, tuple[list[str], int, str]] = {
    "nobody known signed": (["verify", "-k", ONE_KEY, "two"], 3, "there are lines under PeterNeumann, EnochRoot"),
    "one of all is missing": (
        ["verify", "--all", "-k", PETER_KEY, "-k", ONE_KEY, "two"],
        3,
        "not signed by press.exam",
    ),
    "a text that is no note": (["verify", "-k", ONE_KEY, "text"], 3, "text is no signed note"),
    "no key": (["verify", "two"], 2, "say whose signature is wanted"),
    "two keys with one id": (
        ["verify", "-k", TWINS[0], "-k", TWINS[1], "two"],
        2,
        "two of the keys given are called tw",
    ),
    "no such note": (["verify", "-k", ONE_KEY, "nowhere"], 7, "no file nowhere"),
    "a folder for a note": (["verify", "-k", ONE_KEY, "."], 2, "cannot be read"),
    "no such file of keys": (["verify", "-K", "nowhere", "two"], 7, "no file of verifier keys at nowhere"),
    "a bad file of keys": (["verify", "-K", "text", "two"], 2, "file of verifier keys text: line 1: "),
    "a signer key to verify with": (["verify", "-k", str(ONE), "two"], 2, "--key: that is a signer key"),
    "a slip in the key": (["verify", "-k", ONE_KEY[:-1] + "A", "two"], 2, "--key: "),
    "a key of a witness": (["verify", "-k", "a+00000000+BAAA", "two"], 2, "--key: "),
    "too large to be a note": (["verify", "-k", ONE_KEY, "large"], 3, "larger than 1024 KiB"),
    "standard input for both": (["verify", "-K", "-"], 2, "two things at once"),
    "nothing to sign with": (["sign", "text"], 2, "Missing option '-k'"),
    "no such signer key": (["sign", "-k", "nowhere", "text"], 7, "no signer key at nowhere"),
    "a verifier key to sign with": (["sign", "-k", "keys", "text"], 2, "signer key keys: "),
    "a binary file to sign with": (["sign", "-k", "binary", "text"], 2, "signer key binary: not text"),
    "a note to sign": (["sign", "-k", "one", "two"], 2, "say --add"),
    "a text to add to": (["sign", "--add", "-k", "one", "text"], 2, "text is no signed note"),
    "one key twice": (["sign", "-k", "one", "-k", "one", "text"], 2, "press.example/desk has signed already"),
    "a key that has signed": (["sign", "--add", "-k", "peter", "two"], 2, "PeterNeumann has signed already"),
    "a line of this key that it did not sign": (
        ["sign", "--add", "-k", "one", "forged"],
        2,
        "by press.example/desk, and",
    ),
    "no newline at the end": (["sign", "-k", "one", "cut"], 2, "ends in a newline"),
    "carriage returns": (["sign", "-k", "one", "dos"], 2, "control character"),
    "not UTF-8": (["sign", "-k", "one", "binary"], 2, "not UTF-8 from byte 1 on"),
    "nothing to sign": (["sign", "-k", "one", "empty"], 2, "ends in a newline"),
    "too large to sign": (["sign", "-k", "one", "nearly"], 2, "nearly cannot be signed: note of"),
    "full of lines": (["sign", "--add", "-k", "one", "full"], 2, "33 signatures, where a note takes 32"),
    "onto itself": (["sign", "-k", "one", "-o", "text", "text"], 2, "is the input too"),
    "onto the key": (["sign", "-k", "one", "-o", "one", "text"], 2, "holds keys or a passphrase"),
    "onto the passphrase": (
        ["sign", "-k", "locked", "--passphrase-file", "passphrase", "-o", "passphrase", "text"],
        2,
        "holds keys or a passphrase",
    ),
    "standard input for key and text": (["sign", "-k", "-"], 2, "two things at once"),
    "a sealed key, and nobody to ask": (["sign", "-k", "locked", "text"], 2, "no terminal to ask at"),
    "a sealed key, and a wrong passphrase": (["sign", "-k", "locked", "--passphrase-file", "keys", "text"], 6, "wrong"),
    "a name with a space": (["keygen", "a b", "-o", "new"], 2, "key name"),
    "no name": (["keygen", "", "-o", "new"], 2, "key name"),
    "no file for the secret": (["keygen", "a"], 2, "Missing option '-o'"),
    "over another key": (["keygen", "a", "-o", "one"], 2, "exists already"),
}


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_says_why_and_changes_nothing(here: Path, arguments: list[str], code: int, words: str) -> None:
    Path("binary").write_bytes(b"a\xff\n")
    Path("dos").write_bytes(b"a\r\n")
    Path("cut").write_bytes(b"a")
    Path("empty").write_bytes(b"")
    Path("large").write_bytes(b"x" * (MOST_NOTE_BYTES + 1))
    Path("nearly").write_bytes(b"x" * (MOST_NOTE_BYTES - 1) + b"\n")
    Path("full").write_text("a\n\n" + "".join(f"— signer{n} AAAAAAA=\n" for n in range(MOST_SIGNATURES)))
    Path("forged").write_text(f"a\n\n{ONE.sign(OTHER_TEXT).line()}")
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    ran = note(*arguments)
    assert (ran.code, words in ran.err) == (code, True), ran
    assert ran.out == ""
    assert str(ONE)[-44:] not in ran.err
    assert {path.name: path.read_bytes() for path in here.iterdir()} == before


def test_a_terminal_is_shown_nothing_it_would_act_on_and_nothing_that_passes_for_ours(here: Path) -> None:
    claim = "Signed by otra.example, key 00000000."
    Path("text").write_text(f"a \u202e b\n{claim}\nc \u009b2J\n")
    done("sign", "-k", "one", "-o", "signed", "text")
    with Typist({"PYTHONPATH": str(HOUSE), "PATH": "/usr/bin:/bin"}, str(here)) as typist:
        shown = typist.type(f"{sys.executable} -m desk.main note verify -k {ONE_KEY} signed")
        added = typist.type(f"{sys.executable} -m desk.main note sign --add -k other signed")
    lines = shown.replace("\r", "").split("\n")
    assert "| a [U+202E] b" in lines
    assert f"| {claim}" in lines
    assert claim not in lines
    assert any(each.startswith("Signed by press.example/desk, key ") for each in lines)
    assert "c [U+009B]2J" in added
    assert "\u009b" not in shown + added
    assert done("verify", "-k", ONE_KEY, "signed").out == Path("text").read_text()
