"""The header of an age file: the grammar and nothing else, read from any kind of file, within bounds."""

import string

import pytest
from age_files import Drip
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.age_errors import BadRecipients, HeaderFailure, HMACFailure
from crypto.age_header import DEFAULT_LIMITS, Limits, Stanza, read_header, write_header
from crypto.age_source import Source
from crypto.encoding import b64raw

FILE_KEY = b"YELLOW SUBMARINE"
V1 = b"age-encryption.org/v1\n"
MAC = b"--- " + b"A" * 42 + b"E\n"
LINE = b"A" * 64 + b"\n"

ACCEPTED = {
    "empty body": b"-> a\n\n",
    "one byte": b"-> a\nAA\n",
    "two bytes": b"-> a\nAAA\n",
    "47 bytes": b"-> a\n" + b"A" * 63 + b"\n",
    "48 bytes: a full line and an empty one": b"-> a\n" + LINE + b"\n",
    "49 bytes": b"-> a\n" + LINE + b"AA\n",
    "many full lines": b"-> a\n" + LINE * 50 + b"AAAA\n",
    "several arguments": b"-> a b c d\nAAAA\n",
    "every printable character": b"-> " + bytes(range(0x21, 0x7F)) + b"\n\n",
    "arguments like marks": b"-> -> --- ->\n\n",
    "a lone scrypt stanza": b"-> scrypt x 1\nAAAA\n",
    "kinds that only begin like scrypt": b"-> scrypt2 x\nAAAA\n-> scryptx\nAAAA\n",
    "scrypt as another argument": b"-> a scrypt\nAAAA\n-> b scrypt x\nAAAA\n",
}

GOOD = b"-> a b\nAAAA\n"
REFUSED = {
    "empty": b"",
    "not age": b"-----BEGIN PGP MESSAGE-----\n",
    "version line alone": V1,
    "version line cut short": V1[:10],
    "version line without its end": V1[:-1] + GOOD + MAC,
    "version line with CRLF": V1[:-1] + b"\r\n" + GOOD + MAC,
    "version line with a space": V1[:-1] + b" \n" + GOOD + MAC,
    "another version": b"age-encryption.org/v2\n" + GOOD + MAC,
    "a later version": b"age-encryption.org/v11\n" + GOOD + MAC,
    "empty line in front": b"\n" + V1 + GOOD + MAC,
    "no stanza": V1 + MAC,
    "no MAC line": V1 + GOOD,
    "empty line before the MAC line": V1 + GOOD + b"\n" + MAC,
    "garbage between": V1 + b"garbage\n" + GOOD + MAC,
    "stanza: no space behind the arrow": V1 + b"->a\nAAAA\n" + MAC,
    "stanza: arrow alone": V1 + b"->\nAAAA\n" + MAC,
    "stanza: no argument": V1 + b"-> \nAAAA\n" + MAC,
    "stanza: no argument, no body": V1 + b"-> \n" + MAC,
    "stanza: two spaces in front": V1 + b"->  a\nAAAA\n" + MAC,
    "stanza: two spaces between": V1 + b"-> a  b\nAAAA\n" + MAC,
    "stanza: space behind": V1 + b"-> a b \nAAAA\n" + MAC,
    "stanza: space alone behind": V1 + b"-> a \nAAAA\n" + MAC,
    "stanza: tab": V1 + b"-> a\tb\nAAAA\n" + MAC,
    "stanza: carriage return": V1 + b"-> a\r\nAAAA\n" + MAC,
    "stanza: carriage return in the body": V1 + b"-> a\nAAAA\r\n" + MAC,
    "stanza: delete": V1 + b"-> a\x7f\nAAAA\n" + MAC,
    "stanza: null": V1 + b"-> a\0\nAAAA\n" + MAC,
    "stanza: outside ASCII": V1 + "-> é\nAAAA\n".encode() + MAC,
    "stanza: bad character in the second": V1 + GOOD + b"-> \x1b\nAAAA\n" + MAC,
    "body: none": V1 + b"-> a\n" + MAC,
    "body: no last line after a full one": V1 + b"-> a\n" + LINE + MAC,
    "body: two short lines": V1 + b"-> a\nAAAA\nAAAA\n" + MAC,
    "body: 65 columns": V1 + b"-> a\n" + b"A" * 65 + b"\n\n" + MAC,
    "body: short line before a full one": V1 + b"-> a\nAAAA\n" + LINE + b"\n" + MAC,
    "body: two empty lines": V1 + b"-> a\n\n\n" + MAC,
    "body: padding": V1 + b"-> a\nAA==\n" + MAC,
    "body: one character too many": V1 + b"-> a\nAAAAA\n" + MAC,
    "body: last bits not zero, two characters": V1 + b"-> a\nAB\n" + MAC,
    "body: last bits not zero, three characters": V1 + b"-> a\nAAB\n" + MAC,
    "body: last bits not zero, after a full line": V1 + b"-> a\n" + LINE + b"AB\n" + MAC,
    "body: url alphabet": V1 + b"-> a\nAA-_\n" + MAC,
    "body: space": V1 + b"-> a\nAA AA\n" + MAC,
    "MAC: no space": V1 + GOOD + b"---" + MAC[4:],
    "MAC: two spaces": V1 + GOOD + b"---  " + MAC[4:],
    "MAC: space behind": V1 + GOOD + MAC[:-1] + b" \n",
    "MAC: carriage return": V1 + GOOD + MAC[:-1] + b"\r\n",
    "MAC: missing": V1 + GOOD + b"---\n",
    "MAC: one character less": V1 + GOOD + MAC[:4] + MAC[5:],
    "MAC: one character more": V1 + GOOD + MAC[:-1] + b"A\n",
    "MAC: padded": V1 + GOOD + MAC[:-1] + b"=\n",
    "MAC: last bits not zero": V1 + GOOD + MAC[:-2] + b"F\n",
    "MAC: no end of line": V1 + GOOD + MAC[:-1],
    "MAC: an argument behind": V1 + GOOD + MAC[:-1] + b" x\n",
    "second like the first: space at another place": V1 + b"-> a b\nAAAA\n-> ab \nAAAA\n" + MAC,
    "second like the first: line feed at another place": V1 + b"-> a b\nAAAAA\n-> a bA\nAAAA\n" + MAC,
    "second like the first: body of no length": V1 + b"-> a\nAAA\n-> aA\nA\n" * 2 + MAC,
    "second like the first: arrow the wrong way round": V1 + GOOD + b">- a b\nAAAA\n" + MAC,
    "third like the first: no arrow": V1 + GOOD * 2 + b"-- a b\nAAAA\n" + MAC,
    "third like the first: two spaces": V1 + b"-> a b c\nAAAA\n" * 2 + b"-> a  bc\nAAAA\n" + MAC,
    "third like the first: delete": V1 + GOOD * 2 + b"-> a \x7f\nAAAA\n" + MAC,
    "third like the first: padding": V1 + GOOD * 2 + b"-> a b\nAA==\n" + MAC,
    "third like the first: last bits not zero": V1 + b"-> a b\nAAA\n" * 2 + b"-> a b\nAAB\n" + MAC,
    "scrypt and another": V1 + b"-> scrypt x 1\nAAAA\n" + GOOD + MAC,
    "another and scrypt": V1 + GOOD + b"-> scrypt x 1\nAAAA\n" + MAC,
    "two scrypt": V1 + b"-> scrypt x 1\nAAAA\n" * 2 + MAC,
    "scrypt without arguments, and another": V1 + GOOD + b"-> scrypt\nAAAA\n" + MAC,
}

arguments = st.text(string.ascii_letters + string.digits + string.punctuation, min_size=1, max_size=12)
stanzas = st.builds(
    Stanza,
    arguments.filter(lambda kind: kind != "scrypt"),
    st.lists(arguments, max_size=4).map(tuple),
    st.one_of(st.binary(max_size=100), st.sampled_from([47, 48, 49, 96, 144]).map(bytes)),
)


def whole(data: bytes) -> Source:
    return Source(None, data)


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_grammar_allows_is_read(text: bytes) -> None:
    header = read_header(whole(V1 + text + MAC + b"payload"))
    assert write_header(FILE_KEY, list(header)).startswith(V1 + text + b"---")
    assert header.authenticated == V1 + text + b"---"
    assert header.mac == bytes(31) + b"\x01"


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("dripping", [False, True], ids=["at once", "dripping"])
def test_what_it_does_not_allow_is_refused(data: bytes, dripping: bool) -> None:
    with pytest.raises(HeaderFailure):
        read_header(Source(Drip(data)) if dripping else whole(data))


@given(st.lists(stanzas, min_size=1, max_size=5), st.binary(max_size=70), st.integers(1, 100))
def test_what_is_written_is_read(made: list[Stanza], payload: bytes, most: int) -> None:
    written = write_header(FILE_KEY, made)
    for source in (whole(written + payload), Source(Drip(written + payload, most))):
        header = read_header(source)
        assert list(header) == made
        assert len(header) == len(made)
        assert header[len(made) - 1] == made[-1]
        header.verify(FILE_KEY)
        assert written.startswith(header.authenticated + b" ")
        assert source.read(1000) == payload


@given(
    st.lists(st.sampled_from([V1, MAC, LINE, GOOD, b"-> ", b"a", b" ", b"\n", b"AAAA\n", b"---", b"AB"]), max_size=9)
)
def test_what_is_read_is_written_alike(pieces: list[bytes]) -> None:
    data = V1 + b"".join(pieces)
    try:
        header = read_header(whole(data))
    except HeaderFailure:
        return
    written = write_header(FILE_KEY, list(header))
    assert written[: -len(MAC)] == header.authenticated[:-3]
    assert data.startswith(header.authenticated + b" ")


alike = st.builds(
    lambda kind, rest, lines, last, count: b"".join(
        b"-> " + b" ".join(kind[:1] * len(each) for each in (kind, *rest)) + b"\n" + lines * LINE + last + b"\n"
        for _ in range(count)
    ),
    st.sampled_from([b"mlkem", b"X25519", b"a-b"]),
    st.lists(st.sampled_from([b"A", b"BB", b"C" * 43]), max_size=2),
    st.integers(0, 2),
    st.sampled_from([b"", b"AA", b"AAA", b"AAAA", b"A" * 43]),
    st.integers(2, 5),
)
edits = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 2), st.sampled_from([*"AB>- \n=+\x7f\t"])), max_size=3)


def stanzas_or_refused(data: bytes) -> list[Stanza] | None:
    try:
        return list(read_header(whole(data)))
    except HeaderFailure:
        return None


@given(alike, edits)
@settings(max_examples=300)
def test_stanzas_alike_are_read_as_any_others(text: bytes, changes: list[tuple[float, int, str]]) -> None:
    # What is unlike the first stanza is walked: with another in front, the same stanzas are read, or none.
    for where, instead, character in changes:
        at = round(where * len(text))
        text = text[:at] + character.encode() + text[at + instead :]
    together, walked = stanzas_or_refused(V1 + text + MAC), stanzas_or_refused(V1 + b"-> first !\n\n" + text + MAC)
    assert together == (walked[1:] or None if walked else None)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for text in (data, V1 + data, V1 + GOOD + data, V1 + data + GOOD + MAC):
        try:
            header = read_header(whole(text))
        except HeaderFailure:
            continue
        assert text.startswith(header.authenticated + b" ")


def test_the_mac_covers_the_bytes_that_were_read() -> None:
    header = read_header(whole(write_header(FILE_KEY, [Stanza("a", (), b"body")])))
    header.verify(FILE_KEY)
    with pytest.raises(HMACFailure):
        header.verify(b"another file key")
    changed = write_header(FILE_KEY, [Stanza("a", (), b"body")]).replace(b"-> a", b"-> b")
    with pytest.raises(HMACFailure):
        read_header(whole(changed)).verify(FILE_KEY)


@pytest.mark.parametrize("argument", ["", " ", "a b", "a\n", "é", "\x7f", "\0"])
def test_a_stanza_that_could_not_be_read_is_not_written(argument: str) -> None:
    for stanza in (Stanza(argument, (), b""), Stanza("a", (argument,), b"")):
        with pytest.raises(ValueError, match="argument"):
            write_header(FILE_KEY, [stanza])


BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


@pytest.mark.parametrize("start", ["A", "AA"])
def test_of_the_spellings_of_a_last_byte_one_is_read(start: str) -> None:
    read = []
    for character in BASE64:
        text = f"{start}{character}"
        try:
            header = read_header(whole(V1 + f"-> a\n{text}\n".encode() + MAC))
        except HeaderFailure:
            continue
        assert b64raw(header[0].body) == text
        read.append(character)
    assert len(read) == (4 if start == "A" else 16)


# --- bounds -------------------------------------------------------------------------------------------------------


def test_more_stanzas_than_allowed_are_refused() -> None:
    data = V1 + GOOD * 3 + MAC
    assert len(read_header(whole(data), Limits(stanzas=3))) == 3
    with pytest.raises(HeaderFailure, match="more than 2 stanzas"):
        read_header(whole(data), Limits(stanzas=2))


def test_a_larger_header_than_allowed_is_refused() -> None:
    data = V1 + GOOD * 3 + MAC
    assert len(read_header(whole(data + b"payload"), Limits(size=len(data)))) == 3
    for size in (len(data) - 1, len(V1) + 5, len(V1)):
        with pytest.raises(HeaderFailure):
            read_header(whole(data + b"payload"), Limits(size=size))


@pytest.mark.parametrize(
    "endless",
    [b"-> " + b"a" * 3_000_000, b"-> a\n" + LINE * 50_000, GOOD * 300_000, b"-> " + b"a " * 1_500_000, b"--- "],
    ids=["argument", "body", "stanzas", "arguments", "MAC"],
)
def test_an_endless_header_is_refused_without_reading_it_all(endless: bytes) -> None:
    file = Drip(V1 + endless, most=1 << 20)
    with pytest.raises(HeaderFailure):
        read_header(Source(file))
    assert file.taken <= DEFAULT_LIMITS.size + (1 << 16)


def test_what_would_not_be_read_is_not_written() -> None:
    for count in (0, DEFAULT_LIMITS.stanzas + 1):
        with pytest.raises(BadRecipients, match="recipients"):
            write_header(FILE_KEY, [Stanza("a", (), b"")] * count)
    with pytest.raises(BadRecipients, match="bytes"):
        write_header(FILE_KEY, [Stanza("a", ("b" * DEFAULT_LIMITS.size,), b"")])
    with pytest.raises(BadRecipients, match="only recipient"):
        write_header(FILE_KEY, [Stanza("scrypt", (), b""), Stanza("a", (), b"")])


def test_as_many_as_allowed_are_written_and_read() -> None:
    stanza = Stanza("mlkem768x25519", ("A" * 1494,), bytes(32))
    header = read_header(whole(write_header(FILE_KEY, [stanza] * DEFAULT_LIMITS.stanzas)))
    assert len(header) == DEFAULT_LIMITS.stanzas
