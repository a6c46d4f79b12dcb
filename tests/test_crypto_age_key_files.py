"""Files of age keys: what is read, what is refused and by which line, and that what is written is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.age import BadKey
from crypto.age_keys import (
    MOST_KEYS_BYTES,
    MOST_LINE,
    KeyIdentity,
    parse_identity,
    parse_recipient,
    read_identities,
    read_recipients,
    write_identity,
    write_recipients,
)
from crypto.age_pq import PQIdentity
from crypto.age_x25519 import X25519Identity

PQ, CLASSICAL = PQIdentity(bytes(32)), X25519Identity(b"x" * 32)
SECRET, PUBLIC = str(PQ), str(PQ.recipient())
OLD_SECRET, OLD_PUBLIC = str(CLASSICAL), str(CLASSICAL.recipient())

BOTH: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "no {what} in it"),
    "comments alone": (b"# one\n#two\n\n\n", "no {what} in it"),
    "not UTF-8": (b"\xff\xfe", "not text in UTF-8"),
    "UTF-16": (f"{OLD_SECRET}\n".encode("utf-16"), "not text in UTF-8"),
    "too large": (b"#" * (MOST_KEYS_BYTES + 1), "larger than 1024 KiB"),
    "a line too long": (b"a" * (MOST_LINE + 1), "line 1: longer than 4096"),
    "a space alone": (b"# ok\n \n", "line 2: spaces before or behind"),
    "a tab before a comment": (b"\t# x\n", "line 1: spaces before or behind"),
    "carriage returns alone": (b"\r\r\r\n", "line 1: spaces before or behind"),
    "any word": (b"word\n", "line 1: not an X25519"),
    "a null": (b"\0\n", "line 1: not an X25519"),
    "SSH public key": (b"ssh-ed25519 AAAAC3Nz\n", "line 1: an SSH key"),
    "SSH key on a curve of NIST": (b"ecdsa-sha2-nistp256 AAAA\n", "line 1: an SSH key"),
    "SSH key on a token": (b"sk-ssh-ed25519@openssh.com AAAA\n", "line 1: an SSH key"),
}
BAD_RECIPIENTS: dict[str, tuple[bytes, str]] = {
    "an identity": (f"{SECRET}\n".encode(), "line 1: that is an identity, which is secret"),
    "an identity in small letters": (f"{SECRET.lower()}\n".encode(), "line 1: that is an identity"),
    "an old identity": (f"#\n{OLD_SECRET}\n".encode(), "line 2: that is an identity, which is secret"),
    "a good one and a bad one": (f"{PUBLIC}\n{OLD_PUBLIC[:-1]}\n".encode(), "line 2: not an X25519 recipient"),
    "two in one line": (f"{OLD_PUBLIC} {OLD_PUBLIC}\n".encode(), "line 1: a key of a plugin"),
    "a space behind": (f"{OLD_PUBLIC} \n".encode(), "line 1: spaces before or behind"),
    "a comment behind": (f"{OLD_PUBLIC} # mine\n".encode(), "line 1: not an X25519 recipient"),
    "a plugin's": (b"age1yubikey1qwe\n", "line 1: a key of a plugin"),
    "of a token": (
        b"age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e\n",
        "line 1: a key of a plugin",
    ),
    "of a post-quantum token": (b"age1tagpq1m3e4wvp6hzcrn9exhy0ae3xfx2sj\n", "line 1: a key of a plugin"),
    "in capitals": (f"{OLD_PUBLIC.upper()}\n".encode(), "line 1: not an X25519 recipient: it does not begin with age1"),
    "a post-quantum one in capitals": (f"{PUBLIC.upper()}\n".encode(), "line 1: not an X25519 recipient"),
    "a post-quantum one cut short": (
        f"{PUBLIC[:-3]}\n".encode(),
        "line 1: not a post-quantum recipient: wrong checksum",
    ),
    "a post-quantum one with a slip": (
        f"{PUBLIC[:-1]}p\n".encode(),
        "line 1: not a post-quantum recipient: wrong checksum",
    ),
    "a code beyond ASCII": (
        f"{OLD_PUBLIC[:-1]}\u00e9\n".encode(),
        "line 1: not an X25519 recipient: a character outside",
    ),
}
BAD_IDENTITIES: dict[str, tuple[bytes, str]] = {
    "a recipient": (f"{PUBLIC}\n".encode(), "line 1: that is a recipient, which is public"),
    "an old recipient": (f"{OLD_PUBLIC}\n".encode(), "line 1: that is a recipient, which is public"),
    "a plugin's": (b"AGE-PLUGIN-YUBIKEY-1QWE\n", "line 1: a key of a plugin"),
    "SSH private key": (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "line 1: an SSH key"),
    "in small letters": (f"{OLD_SECRET.lower()}\n".encode(), "line 1: not an X25519 identity"),
    "in mixed letters": (f"{SECRET[:-1]}{SECRET[-1].lower()}\n".encode(), "line 1: not a post-quantum identity: mixed"),
    "cut short": (f"{SECRET[:-1]}\n".encode(), "line 1: not a post-quantum identity: wrong checksum"),
    "with a slip": (f"{OLD_SECRET[:-1]}Q\n".encode(), "line 1: not an X25519 identity: wrong checksum"),
    "a good one and a bad one": (f"{SECRET}\n\n# x\n{OLD_SECRET}0\n".encode(), "line 4: not an X25519 identity"),
    "two in one line": (f"{SECRET},{SECRET}\n".encode(), "line 1: not a post-quantum identity"),
    "a space before": (f" {SECRET}\n".encode(), "line 1: spaces before or behind"),
}


@pytest.mark.parametrize(("raw", "why"), (BOTH | BAD_RECIPIENTS).values(), ids=BOTH | BAD_RECIPIENTS)
def test_a_file_that_is_none_of_recipients_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(BadKey, match=f"^{why.format(what='recipient')}"):
        read_recipients(raw)


@pytest.mark.parametrize(("raw", "why"), (BOTH | BAD_IDENTITIES).values(), ids=BOTH | BAD_IDENTITIES)
def test_a_file_that_is_none_of_identities_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(BadKey, match=f"^{why.format(what='identity')}") as refused:
        read_identities(raw)
    for secret in (SECRET, OLD_SECRET):
        assert secret[20:40] not in str(refused.value)
    # No chain of causes that a log would write down with what stands in the file.
    assert refused.value.__cause__ is None


def test_files_of_either_line_end_and_with_a_mark_are_read() -> None:
    text = f"\ufeff# mine\r\n{SECRET}\r\n\r\n{OLD_SECRET}"
    assert [str(each) for each in read_identities(text.encode())] == [SECRET, OLD_SECRET]
    text = f"{PUBLIC}\n#\n{OLD_PUBLIC}\n"
    assert read_recipients(text.encode()) == [PQ.recipient(), CLASSICAL.recipient()]


def test_as_much_is_read_as_is_said() -> None:
    key = f"{OLD_SECRET}\n".encode()
    assert len(read_identities(key + b"#" * (MOST_KEYS_BYTES - len(key)))) == 1
    with pytest.raises(BadKey, match="line 1: not an X25519 identity"):
        read_identities(b"A" * MOST_LINE)


identities = st.builds(
    lambda kind, seed: kind(seed), st.sampled_from([PQIdentity, X25519Identity]), st.binary(min_size=32, max_size=32)
)


@settings(max_examples=25)
@given(st.lists(identities, min_size=1, max_size=3))
def test_what_is_written_is_read(keys: list[KeyIdentity]) -> None:
    written = "".join(write_identity(each, "2026-11-22T08:00:00Z") for each in keys)
    assert [str(each) for each in read_identities(written.encode())] == [str(each) for each in keys]
    recipients = [each.recipient() for each in keys]
    assert read_recipients(write_recipients(recipients).encode()) == recipients


@given(st.text(max_size=40) | st.sampled_from([SECRET, OLD_SECRET, PUBLIC, OLD_PUBLIC]))
def test_what_is_read_is_written_the_same(text: str) -> None:
    for parse in (parse_identity, parse_recipient):
        try:
            key = parse(text)
        except BadKey:
            continue
        assert str(key) == text


@given(st.binary(max_size=200))
def test_any_bytes_are_keys_or_refused(raw: bytes) -> None:
    for read in (read_identities, read_recipients):
        with pytest.raises(BadKey):
            read(raw)
