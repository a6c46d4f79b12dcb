"""Notes that others have published verify here, and no alteration of them does: each with the failure it meets.

The example of the specification (c2sp.org/signed-note, "Verifier keys"), and the notes of the first implementation of
the format (Go, golang.org/x/mod/sumdb/note), of which one has two signers.
"""

import re
from base64 import b64decode, b64encode

import pytest

from crypto.errors import CryptoError
from crypto.note import (
    DASH,
    MOST_NOTE_BYTES,
    MOST_SIGNATURES,
    Ed25519Verifier,
    Note,
    NoteError,
    Signature,
    SignatureError,
    parse_note,
    verified,
)
from crypto.note_keys import SignerKey, parse_verifier, write_verifier

EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_LINE = (
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
EXAMPLE = "This is an example message.\n\n" + EXAMPLE_LINE

PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH_KEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
TWO = f"{TEXT}\n{PETER}{ENOCH}"

BY = [parse_verifier(PETER_KEY), parse_verifier(ENOCH_KEY)]


def test_the_specification_s_example_verifies() -> None:
    verifier = parse_verifier(EXAMPLE_KEY)
    note = parse_note(EXAMPLE.encode())
    assert note.text == "This is an example message.\n"
    assert verified(note, [verifier]) == (verifier,)
    assert note.write() == EXAMPLE.encode()
    assert write_verifier(verifier) == EXAMPLE_KEY


def test_the_first_implementation_s_notes_verify() -> None:
    assert verified(parse_note(TWO.encode()), BY) == tuple(BY)
    assert verified(parse_note(f"{TEXT}\n{ENOCH}{PETER}".encode()), BY) == tuple(reversed(BY))
    for line, verifier in zip((PETER, ENOCH), BY, strict=True):
        assert verified(parse_note(f"{TEXT}\n{line}".encode()), BY) == (verifier,)
        assert verified(parse_note(TWO.encode()), [verifier]) == (verifier,)


def test_the_first_implementation_s_secret_key_signs_the_same() -> None:
    key = SignerKey.parse(PETER_SECRET)
    assert str(key) == PETER_SECRET
    assert write_verifier(key.public) == PETER_KEY
    assert key.sign(TEXT).line() == PETER


def test_sixteen_signatures_of_the_largest_kind_are_read() -> None:
    """The specification asks for at least 16; post-quantum ones have nearly 5 kB."""
    lines = tuple(Signature(f"signer.example/{number}", b"four", bytes(4900)) for number in range(15))
    note = Note(TEXT, (*lines, *parse_note(TWO.encode()).signatures[:1]))
    assert len(note.signatures) == 16
    assert verified(parse_note(note.write()), BY) == (BY[0],)


def blob(line: str) -> bytes:
    return b64decode(line.split(" ")[2])


def with_blob(raw: bytes, line: str = PETER) -> str:
    return f"— {line.split(' ')[1]} {b64encode(raw).decode()}\n"


def flipped(raw: bytes, index: int) -> bytes:
    return raw[:index] + bytes([raw[index] ^ 1]) + raw[index + 1 :]


WRONG, CONTROL, DASHES, BLANK = (
    "Ed25519 signature of PeterNeumann is wrong",
    "control character",
    "em dash",
    "blank line",
)
ALTERED: dict[str, tuple[str | bytes, type[CryptoError] | None, str]] = {
    # The text
    "a letter of the text": (TWO.replace("problem,", "Problem,"), SignatureError, WRONG),
    "a space added": (TWO.replace("problem,", "problem, "), SignatureError, WRONG),
    "a line dropped": (TWO.replace(TEXT, TEXT.partition("\n")[2]), SignatureError, WRONG),
    "a line added": (TWO.replace(TEXT, TEXT + "Amen.\n"), SignatureError, WRONG),
    "an empty line added": (TWO.replace(TEXT, TEXT + "\n"), SignatureError, WRONG),
    "lines swapped": (TWO.replace(TEXT, "".join(reversed(TEXT.splitlines(keepends=True)))), SignatureError, WRONG),
    "an apostrophe that looks alike": (TWO.replace("don't", "don’t"), SignatureError, WRONG),
    "an accent in another form": (TWO.replace("is.", "is\u0301."), SignatureError, WRONG),
    "a mark of byte order put in front": ("\ufeff" + TWO, SignatureError, WRONG),
    "the text of another note": (TWO.replace(TEXT, "This is an example message.\n"), SignatureError, WRONG),
    # The frame
    "no blank line": (TEXT + PETER, NoteError, BLANK),
    "no newline at the end": (TWO[:-1], NoteError, "signature line and a newline"),
    "the text's newline is missing": (TWO.replace(TEXT, TEXT[:-1]), NoteError, BLANK),
    "two newlines at the end": (TWO + "\n", NoteError, "signature line and a newline"),
    "no signature": (TEXT + "\n", NoteError, "signature line and a newline"),
    "text after the signatures": (TWO + "P.S.\n", NoteError, DASHES),
    "text between the signatures": (f"{TEXT}\n{PETER}P.S.\n{ENOCH}", NoteError, DASHES),
    "carriage returns in all lines": (TWO.replace("\n", "\r\n"), NoteError, BLANK),
    "carriage returns in the text": (TWO.replace(TEXT, TEXT.replace("\n", "\r\n")), NoteError, CONTROL),
    "carriage return behind a signature": (f"{TEXT}\n{PETER[:-1]}\r\n", NoteError, "base64"),
    "a tab": (TWO.replace("you think", "you\tthink"), NoteError, CONTROL),
    "a null": (TWO.replace("you think", "you\0think"), NoteError, CONTROL),
    "an escape": (TWO.replace("you think", "you\x1bthink"), NoteError, CONTROL),
    "a vertical tab": (TWO.replace("you think", "you\x0bthink"), NoteError, CONTROL),
    "Latin-1": (TWO.replace("problem", "problème").encode("latin-1", "replace"), NoteError, "UTF-8"),
    "cut in the middle of the dash": (f"{TEXT}\n".encode() + PETER.encode()[1:], NoteError, "UTF-8"),
    "empty": (b"", NoteError, BLANK),
    # The line: dash, name
    "hyphen for the dash": (TWO.replace(DASH, "-"), NoteError, DASHES),
    "two hyphens for the dash": (TWO.replace(DASH, "--"), NoteError, DASHES),
    "en dash": (TWO.replace(DASH, "–"), NoteError, DASHES),
    "horizontal bar": (TWO.replace(DASH, "―"), NoteError, DASHES),
    "no space behind the dash": (TWO.replace(DASH + " ", DASH), NoteError, DASHES),
    "no-break space behind the dash": (TWO.replace(DASH + " ", DASH + "\u00a0"), NoteError, DASHES),
    "another letter in the name": (TWO.replace("— PeterN", "— PeterM"), None, "not signed by PeterNeumann"),
    "the name in small letters": (TWO.replace("PeterNeumann", "peterneumann"), None, "not signed by PeterNeumann"),
    "a letter that looks alike": (TWO.replace("PeterN", "Pet\u0435rN"), None, "not signed by PeterNeumann"),
    "a space in the name": (TWO.replace("PeterN", "Peter N"), NoteError, DASHES),
    "a no-break space in the name": (TWO.replace("PeterN", "Peter\u00a0N"), NoteError, "key name"),
    "a plus in the name": (TWO.replace("PeterN", "Peter+N"), NoteError, "key name"),
    "no name": (TWO.replace("PeterNeumann", ""), NoteError, "key name"),
    "names swapped": (
        f"{TEXT}\n{PETER.replace('PeterNeumann', 'EnochRoot')}{ENOCH.replace('EnochRoot', 'PeterNeumann')}",
        None,
        "not signed by PeterNeumann",
    ),
    # The line: id and signature
    "another key id": (f"{TEXT}\n{with_blob(flipped(blob(PETER), 3))}", None, "not signed by PeterNeumann"),
    "the first bit of the signature": (f"{TEXT}\n{with_blob(flipped(blob(PETER), 4))}", SignatureError, WRONG),
    "the last bit of the signature": (f"{TEXT}\n{with_blob(flipped(blob(PETER), -1 % 68))}", SignatureError, WRONG),
    "the signature cut": (f"{TEXT}\n{with_blob(blob(PETER)[:-1])}", SignatureError, WRONG),
    "the signature longer": (f"{TEXT}\n{with_blob(blob(PETER) + bytes(1))}", SignatureError, WRONG),
    "the signature of zeros": (f"{TEXT}\n{with_blob(blob(PETER)[:4] + bytes(64))}", SignatureError, WRONG),
    "the signature of another note": (
        f"{TEXT}\n{with_blob(blob(PETER)[:4] + blob(EXAMPLE_LINE)[4:])}",
        SignatureError,
        WRONG,
    ),
    "the other signer's signature": (f"{TEXT}\n{with_blob(blob(PETER)[:4] + blob(ENOCH)[4:])}", SignatureError, WRONG),
    "a key id alone": (f"{TEXT}\n{with_blob(blob(PETER)[:4])}", NoteError, "longer than its key id"),
    "nothing signed": (f"{TEXT}\n— PeterNeumann \n", NoteError, "longer than its key id"),
    "padding dropped": (TWO.replace("nAM=", "nAM"), NoteError, "base64"),
    "padding doubled": (TWO.replace("nAM=", "nAM=="), NoteError, "base64"),
    "last bits not zero": (TWO.replace("nAM=", "nAN="), NoteError, "not canonical base64"),
    "the other alphabet of base64": (TWO.replace("x08go/", "x08go_"), NoteError, "base64"),
    "a space in base64": (TWO.replace("x08go/", "x08g o/"), NoteError, DASHES),
    "base64 broken over two lines": (TWO.replace("x08go/", "x08go/\n"), NoteError, "base64"),
    # Several lines
    "a line twice": (f"{TEXT}\n{PETER}{PETER}", SignatureError, "PeterNeumann signed twice"),
    "a line twice, the other between": (f"{TEXT}\n{PETER}{ENOCH}{PETER}", SignatureError, "PeterNeumann signed twice"),
    "a good line and a wrong one of one key": (
        f"{TEXT}\n{PETER}{with_blob(flipped(blob(PETER), 9))}",
        SignatureError,
        "PeterNeumann signed twice",
    ),
    "one known key signed, the other wrongly": (
        f"{TEXT}\n{PETER}{with_blob(flipped(blob(ENOCH), 9), ENOCH)}",
        SignatureError,
        "Ed25519 signature of EnochRoot is wrong",
    ),
    "too many lines": (f"{TEXT}\n{PETER * (MOST_SIGNATURES + 1)}", NoteError, f"at most {MOST_SIGNATURES}"),
    "too large": (TWO.replace(TEXT, TEXT + "x" * MOST_NOTE_BYTES + "\n"), NoteError, f"at most {MOST_NOTE_BYTES}"),
}


@pytest.mark.parametrize(("content", "failure", "words"), ALTERED.values(), ids=ALTERED)
def test_no_alteration_is_taken_for_what_was_signed(
    content: str | bytes, failure: type[CryptoError] | None, words: str
) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    assert raw != TWO.encode()
    if failure is None:  # a line of a key nobody knows: the note is well formed, and not signed by this one
        assert BY[0] not in verified(parse_note(raw), BY), words
        return
    with pytest.raises(failure, match=re.escape(words)):
        verified(parse_note(raw), BY)


def test_the_key_decides_not_the_line() -> None:
    """The same note under a key of the same name and another public half is refused as wrong or as unknown."""
    other = Ed25519Verifier("PeterNeumann", SignerKey("PeterNeumann", bytes(32)).public.public)
    assert verified(parse_note(TWO.encode()), [other]) == ()
