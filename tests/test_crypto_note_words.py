"""What signed notes and their keys say when they refuse, word for word: a person acts on it."""

from collections.abc import Callable

import pytest
from test_crypto_note_published import PETER_KEY, PETER_SECRET, TEXT

from crypto.errors import CryptoError
from crypto.note import Ed25519Verifier, Note, Signature, check_text, parse_note, parse_vkey
from crypto.note_keys import MOST_VERIFIERS, SignerKey, read_verifiers
from crypto.signing import PublicPair, SecretPair, ed25519_line, signers_ed25519

PAIR, OTHER = SecretPair(b"1" * 32, b"2" * 32), SecretPair(b"3" * 32, b"4" * 32)
SHORT = Signature("a", b"four", b"")
NO_ID = "the verifier key's id does not belong to its name and key"
PARTS = "a signer key is PRIVATE+KEY+name+id+key: part of it is missing or was changed"

WORDS: dict[str, tuple[Callable[[], object], str]] = {
    "not UTF-8": (lambda: parse_note(b"a\xff\n\n"), "note is not UTF-8"),
    "no blank line": (lambda: parse_note(b"a\n"), "note has no blank line before its signatures"),
    "no line": (lambda: parse_note(b"a\n\n"), "note does not end in a signature line and a newline"),
    "no dash": (
        lambda: parse_note(b"a\n\nb c d\n"),
        "a signature line is: em dash, space, key name, space, base64",
    ),
    "id alone": (lambda: parse_note(Note("a\n", (SHORT,)).write()), "a signature is longer than its key id"),
    "no newline": (lambda: check_text("a"), "a note's text ends in a newline"),
    "half a character": (
        lambda: check_text("\ud800\n"),
        "a note's text holds half a surrogate pair, which is no UTF-8",
    ),
    "two parts": (lambda: parse_vkey("a+b"), "a verifier key is name+id+key"),
    "bad id": (lambda: parse_vkey("a+0000000g+AQ=="), "verifier key: not hexadecimal"),
    "a short id": (lambda: parse_vkey("a+00+AQ=="), "verifier key: 1 bytes where 4 are expected"),
    "another id": (lambda: parse_vkey(PETER_KEY.replace("c74f", "c74e")), NO_ID),
    "no signer key": (lambda: SignerKey.parse("a"), "a signer key begins with PRIVATE+KEY+"),
    "one plus": (lambda: SignerKey.parse("a+b"), "a signer key begins with PRIVATE+KEY+"),
    "a verifier key": (
        lambda: SignerKey.parse(PETER_KEY),
        "that may be a verifier key, which is public; a signer key begins with PRIVATE+KEY+",
    ),
    "part of a signer key": (lambda: SignerKey.parse(PETER_SECRET[:30]), PARTS),
    "a signer key of another type": (
        lambda: SignerKey.parse("PRIVATE+KEY+a+00000000+BA=="),
        "not an Ed25519 signer key: no other kind is read here",
    ),
    "a signer key of another name": (
        lambda: SignerKey.parse(PETER_SECRET.replace("Peter", "Petra")),
        "the signer key's id does not belong to its name and key: it was changed",
    ),
    "another's line of a known name": (
        lambda: signers_ed25519(Note(TEXT, (ed25519_line(PAIR.ed25519, "a", TEXT), SHORT)), [_verifier()]),
        "signature line that cannot be checked: a known signer's other key",
    ),
}


def _verifier() -> Ed25519Verifier:
    return Ed25519Verifier("a", PAIR.public.ed25519)


@pytest.mark.parametrize(("call", "words"), WORDS.values(), ids=WORDS)
def test_a_refusal_in_its_very_words(call: Callable[[], object], words: str) -> None:
    with pytest.raises(CryptoError) as refused:
        call()
    assert str(refused.value) == words


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: PublicPair(b"", b""), "an Ed25519 public key has 32 bytes, an ML-DSA-44 one 1312"),
        (lambda: SecretPair(b"", b""), "a signing seed has 32 bytes"),
    ],
)
def test_a_mistake_of_ours_in_its_very_words(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        call()


@pytest.mark.parametrize("count", [1, MOST_VERIFIERS])
def test_as_many_verifier_keys_are_read_as_are_said(count: int) -> None:
    assert len(read_verifiers(f"{PETER_KEY}\n".encode() * count)) == count
