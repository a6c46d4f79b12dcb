"""Edges of envelopes, key sets, messages, and of what stands in files: the largest, one more, and odd spellings."""

from collections.abc import Callable
from typing import Any

import msgspec
from vectors_case import Book
from vectors_kept import kept
from vectors_spoils import Signed, line
from vectors_world import local

from crypto.age import decrypt, encrypt
from crypto.age_scrypt import ScryptIdentity, ScryptRecipient
from crypto.encoding import b64
from desk.mail.message import MESSAGE_TYPE
from directory.canonical import encode
from directory.keyset import LONGEST_EXPIRY
from relay.protocol.envelope import ENVELOPE_TYPE, Header, Recipient

COLLEAGUE = "co-late epoch 1"
Bad = Callable[..., None]


def add_envelope_edges(book: Book, header: Header, raw: bytes, good: Callable[..., None], bad: Bad) -> None:
    """`raw` is the good envelope, `header` what it says, `good` and `bad` enter a case."""
    file = raw[raw.index(b"age-encryption.org") :]

    def headed(**fields: Any) -> bytes:
        return ENVELOPE_TYPE + encode(msgspec.structs.replace(header, **fields)) + b"\n" + file

    book.good(
        "own side",
        "a device of the sender's own side reads its copy",
        dict(book.cases[0]["out"]) | {"stanza": 1},
        "whole",
        envelope=raw,
        device=local("co-late"),
        identities=[COLLEAGUE],
        **{key: book.cases[0]["in"][key] for key in ("sender", "network_name")},
    )
    early = header.expires - LONGEST_EXPIRY
    good("longest expiry", "14 days after `time`, to the second", headed(time=early), time=early)
    bad("expiry a second longer", "14 days and a second", "bad expiry", headed(time=early - 1))
    many = tuple(Recipient(device=f"{n:064x}", key=f"{n:016x}") for n in range(500))
    bad("501 devices", "500 on the own side, and the one in stage 0", "repeated", headed(own=many))
    hashes = tuple(f"{n:064x}" for n in range(33))
    bad("33 attachments", "32 are the most", "repeated", headed(attachments=hashes))
    nine = tuple(f"{n:064x}" for n in range(32))
    bad("32 attachments", "as many as may be, but the note has none", "header differs", headed(attachments=nine))


def add_keyset_edges(good: Bad, bad: Bad, epochs: Callable[..., Any], raw: bytes) -> None:
    """The coefficients of an ML-KEM key; the first of them is in the first twelve bits of `raw`."""

    def first(value: int) -> str:
        return b64(bytes([value & 0xFF, (raw[1] & 0xF0) | value >> 8]) + raw[2:])

    good("largest coefficient", "the first one of the second epoch's key is 3,328", epochs(first(3328)))
    bad("coefficient too large", "it is 3,329", "bad recipient", epochs(first(3329)))


def largest_text(value: dict[str, Any], extra: int) -> str:
    """A text with which the line of JSON has the most bytes there may be, and `extra` more."""
    content = {"kind": "text", "subject": "s", "text": ""}
    room = (1 << 20) + extra - len(line(value | {"content": content}).encode())
    return "€" * (room // 3) + "a" * (room % 3)


def add_message_edges(case: Signed, value: dict[str, Any]) -> None:
    """Stages at their last second, and contents of other shapes."""

    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        case.add(name, description, word, case.sign(f"{MESSAGE_TYPE}\n{line(value | fields)}\n"))

    last = {"after": LONGEST_EXPIRY + 1, "contacts": ["ec-court"]}
    bad("stage a second after 14 days", "1,209,601", "bad stages", stages=[*value["stages"], last])
    bad("content as text", "it is an object", "wrong type", content="hello")
    bad("content as list", "it is an object", "wrong type", content=[])
    for name, default in (("source", ""), ("information", ""), ("purpose", ""), ("onward", "ask")):
        bad(f"default {name} written out", "left out", "not canonical", handling=value["handling"] | {name: default})
    bad("no attachments written out", "an empty list is left out", "not canonical", attachments=[])
    receipt = {"kind": "receipt", "act": "opened", "message": "0" * 32, "envelope": "0" * 64}
    bad("default reason written out", "left out", "not canonical", content=receipt | {"reason": ""})
    bad("long reason", "4,001 characters", "out of range", content=receipt | {"reason": "a" * 4001})
    bad("long purpose", "401 characters", "out of range", handling={"purpose": "a" * 401})


def add_keyfile_edges(book: Book, good: bytes, bad: Bad, work: int) -> None:
    """Passphrases that are not alike, secrets at their most, and odd scrypt stanzas."""
    seed, head = b64(bytes(range(32))), "enlace/keyfile/v1\nrole: root\n"
    for name, description, typed, text in (
        ("ligature", "U+FB01 in the passphrase, which NFC leaves alone", "\ufb01cha larga", f"{head}a {seed}\n"),
        ("64 secrets", "the most there are", "short", head + "".join(f"a{n:02} {seed}\n" for n in range(64))),
    ):
        phrase = typed.encode()
        raw = _kept(name, phrase, text.encode(), work)
        names = [each.split(" ")[0] for each in text.split("\n")[2:-1]]
        out = {"role": "root", "secrets": dict.fromkeys(names, seed)}
        inputs = {"role": "root", "most_work": 10, "plaintext": text.encode()}
        book.good(name, description, out, file=raw, passphrase=phrase, **inputs)
        if name == "ligature":
            bad("ligature taken apart", "fi, as NFKC has it", "wrong passphrase", raw, passphrase=b"ficha larga",
                role="root")  # fmt: skip
    mac = good.index(b"\n--- ") + 1
    version, stanza = good[: good.index(b"\n") + 1], good[good.index(b"\n") + 1 : mac]
    words, body = stanza.split(b"\n")[:2]
    _, _, salt, _ = words.split(b" ")
    for name, spelled, wrapped in (
        ("work with a zero", b"-> scrypt %b 04" % salt, body),
        ("work with a sign", b"-> scrypt %b +4" % salt, body),
        ("work of nothing", b"-> scrypt %b 0" % salt, body),
        ("no work", b"-> scrypt %b" % salt, body),
        ("an argument more", b"-> scrypt %b 4 4" % salt, body),
        ("short salt", b"-> scrypt %b 4" % salt[:-2], body),
        ("salt in loose base64", b"-> scrypt %b 4" % (salt[:-1] + b"B"), body),
        ("short body", words, body[:-3]),
        ("long body", words, body + b"AAAA"),
        ("work of 21", b"-> scrypt %b 21" % salt, body),
    ):
        raw = version + spelled + b"\n" + wrapped + b"\n" + good[mac:]
        bad(name, "in the scrypt stanza", "header failure", raw, most_work=20)
    bad("two scrypt stanzas", "one is alone in its file", "header failure", version + stanza * 2 + good[mac:])
    grease = b"-> grease\n\n"
    bad(
        "another stanza beside", "scrypt is alone in its file", "header failure", version + stanza + grease + good[mac:]
    )


def _kept(name: str, phrase: bytes, text: bytes, work: int) -> bytes:
    return kept(
        "keyfile",
        name,
        "file",
        lambda old: decrypt(old, [ScryptIdentity(phrase)]) == text,
        lambda: encrypt(text, [ScryptRecipient(phrase, work)]),
    )
