"""Signed notes: what is read, what is refused, and that no changed note keeps a signature."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from crypto.encoding import b64
from crypto.errors import CryptoError
from crypto.note import (
    DASH,
    ED25519_TYPE,
    MLDSA44_IDENTIFIER,
    MLDSA44_TYPE,
    MOST_NOTE_BYTES,
    MOST_SIGNATURES,
    Ed25519Verifier,
    MLDSA44Verifier,
    Note,
    NoteError,
    Signature,
    SignatureError,
    check_name,
    check_text,
    key_id,
    parse_note,
    parse_vkey,
    verified,
    write_vkey,
)
from crypto.signing import SecretPair, ed25519_line

# The key and the note of the first implementation of the format (Go, golang.org/x/mod/sumdb/note).
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

ONE, TWO = (SecretPair(bytes([i]) * 32, bytes([i]) * 32) for i in (1, 2))
NAME = "enlace.example/a"
TEXT = "enlace/step/v1\n{}\n"
SIGNER = Ed25519Verifier(NAME, ONE.public.ed25519)
LINE = ed25519_line(ONE.ed25519, NAME, TEXT)
OTHER_LINE = ed25519_line(TWO.ed25519, "enlace.example/b", TEXT)
NOTE = Note(TEXT, (LINE,))
BLOB = b64(LINE.key_id + LINE.blob)

# Under one name, the Ed25519 keys of these two seeds have one key id (found by trying 108,177 seeds).
COLLIDING = [Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big")) for seed in (61_996, 108_177)]


def raw(text: str = TEXT, *lines: str) -> bytes:
    return (text + "\n" + "".join(lines or [LINE.line()])).encode()


MALFORMED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "blank line"),
    "no signature": (TEXT.encode(), "blank line"),
    "no blank line": ((TEXT + LINE.line()).encode(), "blank line"),
    "blank line, no signature": ((TEXT + "\n").encode(), "signature line"),
    "last newline missing": (raw()[:-1], "signature line"),
    "text of nothing": (raw(""), "blank line"),
    "blank line after the signature": (raw() + b"\n", "signature line"),
    "space after the signature": (raw() + b" ", "signature line"),
    "text after the signature": (raw() + b"more\n", "em dash"),
    "blank line between signatures": (raw(TEXT, LINE.line(), "\n", "x\n"), "em dash"),
    "not UTF-8": (b"\xff" + raw(), "UTF-8"),
    "overlong UTF-8": (b"\xc0\xaf" + raw(), "UTF-8"),
    "surrogate in UTF-8": (b"\xed\xa0\x80" + raw(), "UTF-8"),
    "UTF-16": (raw().decode().encode("utf-16"), "UTF-8"),
    "null in the text": (raw("a\0b\n"), "control"),
    "tab in the text": (raw("a\tb\n"), "control"),
    "carriage return in the text": (raw("a\r\n"), "control"),
    "escape in the text": (raw("\x1b[2J\n"), "control"),
    "all lines end in CRLF": (raw().replace(b"\n", b"\r\n"), "blank line"),
    "hyphen for the dash": (raw(TEXT, LINE.line().replace(DASH, "-")), "em dash"),
    "en dash for the dash": (raw(TEXT, LINE.line().replace(DASH, "\u2013")), "em dash"),
    "no dash": (raw(TEXT, f"{NAME} {BLOB}\n"), "em dash"),
    "two spaces": (raw(TEXT, f"{DASH} {NAME}  {BLOB}\n"), "em dash"),
    "space at the end of a line": (raw(TEXT, f"{DASH} {NAME} {BLOB} \n"), "em dash"),
    "space before the dash": (raw(TEXT, f" {DASH} {NAME} {BLOB}\n"), "em dash"),
    "tab for a space": (raw(TEXT, f"{DASH}\t{NAME} {BLOB}\n"), "em dash"),
    "carriage return in a line": (raw(TEXT, f"{DASH} {NAME} {BLOB}\r\n"), "base64"),
    "name missing": (raw(TEXT, f"{DASH}  {BLOB}\n"), "key name"),
    "plus in the name": (raw(TEXT, f"{DASH} a+b {BLOB}\n"), "key name"),
    "no-break space in the name": (raw(TEXT, f"{DASH} a\u00a0b {BLOB}\n"), "key name"),
    "line separator in the name": (raw(TEXT, f"{DASH} a\u2028b {BLOB}\n"), "key name"),
    "next line in the name": (raw(TEXT, f"{DASH} a\u0085b {BLOB}\n"), "key name"),
    "right-to-left override in the name": (raw(TEXT, f"{DASH} a\u202eb {BLOB}\n"), "key name"),
    "zero-width space in the name": (raw(TEXT, f"{DASH} a\u200bb {BLOB}\n"), "key name"),
    "delete in the name": (raw(TEXT, f"{DASH} a\x7fb {BLOB}\n"), "key name"),
    "signature missing": (raw(TEXT, f"{DASH} {NAME} \n"), "longer than its key id"),
    "key id only": (raw(TEXT, f"{DASH} {NAME} {b64(b'1234')}\n"), "longer than its key id"),
    "signature not base64": (raw(TEXT, f"{DASH} {NAME} !!!!\n"), f"line of {NAME}: not base64"),
    "signature without padding": (raw(TEXT, f"{DASH} {NAME} {BLOB.rstrip('=')}\n"), "base64"),
    "signature in the url alphabet": (
        raw(TEXT, f"{DASH} {NAME} {b64(bytes([255]) * 12).replace('/', '_')}\n"),
        "base64",
    ),
    "last bits not zero": (raw(TEXT, f"{DASH} {NAME} QUFBQUE=\n".replace("QUE=", "QUF=")), "canonical"),
    "too many signatures": (raw(TEXT, *[LINE.line()] * (MOST_SIGNATURES + 1)), "33 signatures"),
    "too large": (raw("x" * MOST_NOTE_BYTES + "\n"), "at most 1048576"),
}
NAMES_REFUSED = [
    "",
    " ",
    "a b",
    "a\nb",
    "a+b",
    "+",
    "a\u00a0b",
    "a\u3000b",
    "a\u2028b",
    "a\tb",
    "a\x00",
    "a\x7f",
    "a\ud800",
]
TEXTS_REFUSED = ["", "a", "\na", "a\0\n", "a\t\n", "a\r\n", "a\x1f\n", "\x0b\n", "a\ud800\n"]


@pytest.mark.parametrize(("content", "why"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_note_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        parse_note(content)


@pytest.mark.parametrize("name", NAMES_REFUSED)
def test_a_name_that_no_line_can_hold_is_refused(name: str) -> None:
    with pytest.raises(NoteError, match="key name"):
        check_name(name)
    with pytest.raises(NoteError, match="key name"):
        ed25519_line(ONE.ed25519, name, TEXT)


@pytest.mark.parametrize("text", TEXTS_REFUSED)
def test_a_text_that_no_note_can_hold_is_refused(text: str) -> None:
    with pytest.raises(NoteError, match="text"):
        check_text(text)
    with pytest.raises(NoteError, match="text"):
        ed25519_line(ONE.ed25519, NAME, text)


@pytest.mark.parametrize(
    "text",
    [
        "\n",
        "\n\n\n",
        "a\n\nb\n",
        "a\n" + "\n" * 16_000,
        "a\n\n" + LINE.line() + "b\n",  # what looks like a signature line is text when it is not at the end
        "delete \x7f, byte order mark \ufeff, ñ, Ñandú, 漢\n",
    ],
)
def test_a_text_of_any_shape_comes_back_whole(text: str) -> None:
    note = Note(text, (ed25519_line(ONE.ed25519, NAME, text),))
    assert parse_note(note.write()) == note
    assert verified(parse_note(note.write()), [SIGNER]) == (SIGNER,)


def test_bounds_are_the_caller_s() -> None:
    content = Note(TEXT, (LINE, OTHER_LINE)).write()
    assert parse_note(content, len(content), 2).names() == (NAME, "enlace.example/b")
    with pytest.raises(NoteError, match=f"note of {len(content)} bytes"):
        parse_note(content, len(content) - 1, 2)
    with pytest.raises(NoteError, match="2 signatures"):
        parse_note(content, len(content), 1)


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.just("\n"), max_size=60),
    st.lists(
        st.tuples(st.from_regex(r"\A[a-z0-9./:ñé-]{1,20}\Z"), st.binary(min_size=5, max_size=99)),
        min_size=1,
        max_size=5,
    ),
)
def test_writing_then_parsing_gives_the_note(text: str, lines: list[tuple[str, bytes]]) -> None:
    note = Note(text + "\n", tuple(Signature(name, blob[:4], blob[4:]) for name, blob in lines))
    assert parse_note(note.write()) == note


@given(
    st.lists(
        st.sampled_from([*TEXT.split(), "\n", "\n\n", LINE.line(), f"{DASH} a ", BLOB, "é", "\r", " ", "=="]),
        max_size=12,
    )
)
def test_what_is_parsed_is_written_the_same(parts: list[str]) -> None:
    content = "".join(parts).encode()
    try:
        note = parse_note(content)
    except NoteError:
        return
    assert note.write() == content


# Signatures


def test_the_published_note_verifies() -> None:
    name, typed = parse_vkey(PUBLISHED_KEY)
    assert typed[:1] == ED25519_TYPE
    signer = Ed25519Verifier(name, typed[1:])
    note = parse_note(PUBLISHED_NOTE.encode())
    assert verified(note, [signer]) == (signer,)
    with pytest.raises(SignatureError, match="PeterNeumann is wrong"):
        verified(Note(note.text.replace("your", "my"), note.signatures), [signer])


def test_a_key_id_is_that_of_the_specification() -> None:
    assert key_id("PeterNeumann", parse_vkey(PUBLISHED_KEY)[1]).hex() == "c74f20a3"
    assert MLDSA44_TYPE == b"\xff" + MLDSA44_IDENTIFIER
    assert len(MLDSA44_IDENTIFIER) >= 32
    both = (Ed25519Verifier(NAME, ONE.public.ed25519), MLDSA44Verifier(NAME, ONE.public.mldsa44))
    assert both[0].key_id != both[1].key_id


def test_signers_come_in_the_order_of_their_lines() -> None:
    other = Ed25519Verifier("enlace.example/b", TWO.public.ed25519)
    assert verified(Note(TEXT, (OTHER_LINE, LINE)), [SIGNER, other]) == (other, SIGNER)
    assert verified(Note(TEXT, (LINE, OTHER_LINE)), [SIGNER, other]) == (SIGNER, other)


def test_a_line_by_an_unknown_key_is_ignored() -> None:
    shared_name = Signature(NAME, b"\0\0\0\0", LINE.blob)
    shared_id = Signature("enlace.example/z", LINE.key_id, LINE.blob)
    for lines in ((shared_name, LINE), (LINE, shared_id), (OTHER_LINE, LINE, OTHER_LINE)):
        assert verified(Note(TEXT, lines), [SIGNER]) == (SIGNER,)
    assert verified(Note(TEXT, (shared_name, shared_id)), [SIGNER]) == ()
    assert verified(NOTE, []) == ()


@pytest.mark.parametrize(
    "blob",
    [
        b"\0",
        LINE.blob[:-1],
        LINE.blob + b"\0",
        bytes(64),
        LINE.blob[::-1],
        OTHER_LINE.blob,
        LINE.blob[32:] + LINE.blob[:32],
    ],
    ids=["one byte", "cut", "longer", "zeros", "backwards", "another's", "halves swapped"],
)
def test_a_wrong_line_by_a_known_key_rejects_the_note(blob: bytes) -> None:
    wrong = Signature(NAME, LINE.key_id, blob)
    other = Ed25519Verifier("enlace.example/b", TWO.public.ed25519)
    for lines in ((wrong,), (OTHER_LINE, wrong)):
        with pytest.raises(SignatureError, match=f"Ed25519 signature of {NAME} is wrong"):
            verified(Note(TEXT, lines), [other, SIGNER])


def test_a_second_spelling_of_an_ed25519_signature_is_refused() -> None:
    """RFC 8032 section 5.1.7: S is below the group order, or anyone could write a second signature."""
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(LINE.blob[32:], "little") + order
    with pytest.raises(SignatureError):
        SIGNER.check(TEXT.encode(), LINE.blob[:32] + s.to_bytes(32, "little"))


def test_a_line_repeated_by_a_known_key_is_refused() -> None:
    with pytest.raises(SignatureError, match="twice"):
        verified(Note(TEXT, (LINE, LINE)), [SIGNER])


def test_a_key_of_the_wrong_length_verifies_nothing() -> None:
    for public in (b"", ONE.public.ed25519[:-1], ONE.public.ed25519 + b"\0"):
        with pytest.raises(SignatureError):
            Ed25519Verifier(NAME, public).check(TEXT.encode(), LINE.blob)
    line = ONE.sign_text(NAME, TEXT)[1]
    for public in (b"", ONE.public.mldsa44[:-1], ONE.public.mldsa44 + b"\0"):
        with pytest.raises(SignatureError):
            MLDSA44Verifier(NAME, public).check(TEXT.encode(), line.blob)


def test_two_known_keys_with_one_id_reject_the_note() -> None:
    left, right = (Ed25519Verifier(NAME, each.public_key().public_bytes_raw()) for each in COLLIDING)
    assert left.key_id == right.key_id
    assert left != right
    note = Note(TEXT, (ed25519_line(COLLIDING[0], NAME, TEXT),))
    assert verified(note, [left]) == verified(note, [left, left]) == (left,)
    for verifiers in ([left, right], [right, left]):
        with pytest.raises(SignatureError, match="share a key id"):
            verified(note, verifiers)
    with pytest.raises(SignatureError, match="is wrong"):
        verified(note, [right])


# Changed notes


def accepted(content: bytes) -> Note | None:
    """The note, if it parses and the known key signed it."""
    try:
        note = parse_note(content)
        return note if SIGNER in verified(note, [SIGNER]) else None
    except CryptoError:
        return None


def flip(mask: int) -> Callable[[bytes, int], bytes]:
    return lambda content, i: content[:i] + bytes([content[i] ^ mask]) + content[i + 1 :]


CHANGES: dict[str, Callable[[bytes, int], bytes]] = {
    **{f"bit {bit} flipped": flip(1 << bit) for bit in range(8)},
    "dropped": lambda content, i: content[:i] + content[i + 1 :],
    "doubled": lambda content, i: content[: i + 1] + content[i:],
    "newline put in": lambda content, i: content[:i] + b"\n" + content[i:],
    "space put in": lambda content, i: content[:i] + b" " + content[i:],
    "cut here": lambda content, i: content[:i],
    "begun here": lambda content, i: content[i + 1 :],
    "swapped with the next": lambda content, i: content[:i] + content[i : i + 2][::-1] + content[i + 2 :],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_no_change_anywhere_leaves_other_content_signed(change: Callable[[bytes, int], bytes]) -> None:
    """Each change at each byte: refused, not signed, or only an unknown line differs."""
    content = Note(TEXT, (OTHER_LINE, LINE)).write()
    assert accepted(content)
    survived = 0
    for position in range(len(content)):
        changed = change(content, position)
        note = accepted(changed)
        if note is not None and changed != content:
            survived += 1
            assert note.text == TEXT
            assert LINE in note.signatures
            assert note.write() == changed
    unknown_line = len(OTHER_LINE.line().encode())
    assert survived <= unknown_line


@given(st.binary(max_size=30), st.data())
def test_no_splice_leaves_other_content_signed(piece: bytes, draw: st.DataObject) -> None:
    content = NOTE.write()
    start = draw.draw(st.integers(0, len(content)))
    end = draw.draw(st.integers(start, min(len(content), start + 30)))
    changed = content[:start] + piece + content[end:]
    if changed != content:
        note = accepted(changed)
        assert note is None or (note.text == TEXT and LINE in note.signatures)


# Verifier keys

BAD_VKEYS = {
    "empty": "",
    "name only": "a",
    "two parts": "a+01020304",
    "name missing": "+" + PUBLISHED_KEY.split("+", 1)[1],
    "space in the name": "Peter Neumann" + PUBLISHED_KEY[12:],
    "another name": "PeterNeuman" + PUBLISHED_KEY[12:],
    "another id": PUBLISHED_KEY.replace("c74f20a3", "c74f20a4"),
    "id in capitals": PUBLISHED_KEY.replace("c74f20a3", "C74F20A3"),
    "id too short": PUBLISHED_KEY.replace("c74f20a3", "c74f20"),
    "id too long": PUBLISHED_KEY.replace("c74f20a3", "c74f20a300"),
    "id not hexadecimal": PUBLISHED_KEY.replace("c74f20a3", "c74f20ag"),
    "key missing": "PeterNeumann+c74f20a3+",
    "key missing, its id right": f"a+{key_id('a', b'').hex()}+",
    "key cut": PUBLISHED_KEY[:-4],
    "key not base64": PUBLISHED_KEY[:-1] + "!",
    "key with a newline": PUBLISHED_KEY + "\n",
    "another key": PUBLISHED_KEY[:-1] + "X",
}


@pytest.mark.parametrize("text", BAD_VKEYS.values(), ids=BAD_VKEYS.keys())
def test_a_malformed_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_vkey(text)


def test_no_part_of_a_verifier_key_is_one() -> None:
    for start in range(len(PUBLISHED_KEY)):
        for end in range(start, len(PUBLISHED_KEY) + (start > 0)):
            with pytest.raises(NoteError):
                parse_vkey(PUBLISHED_KEY[start:end])


@given(st.from_regex(r"\A[a-z0-9./-]{1,30}\Z"), st.binary(min_size=1, max_size=100))
def test_writing_then_parsing_gives_the_verifier_key(name: str, typed: bytes) -> None:
    assert parse_vkey(write_vkey(name, typed)) == (name, typed)


def test_the_published_verifier_key_is_written_the_same() -> None:
    assert write_vkey(*parse_vkey(PUBLISHED_KEY)) == PUBLISHED_KEY


@pytest.mark.parametrize("name", NAMES_REFUSED)
def test_a_verifier_key_under_no_name_is_not_written(name: str) -> None:
    with pytest.raises(NoteError):
        write_vkey(name, ED25519_TYPE + ONE.public.ed25519)
