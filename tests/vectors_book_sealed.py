"""Vectors of envelopes and attachments: age files and what stands around them."""

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import msgspec
from vectors_age_edges import add_age_edges, out_of
from vectors_age_edges import described as described_as
from vectors_book_message import ATTACHED, PLAIN, SENDER, message, note, sealed_file
from vectors_case import Book
from vectors_kept import kept
from vectors_sealed_edges import add_envelope_edges
from vectors_spoils import line, spoiled_lines
from vectors_world import DAY, NAME, START, identity, local, pair

from crypto.age import decrypt, encrypt
from crypto.encoding import b64raw, unb64raw
from desk.mail.content import Text
from desk.mail.message import MessageCall, MessageStage, Sender, write_message
from directory.canonical import encode
from directory.keyset import LONGEST_EXPIRY, recipient_key
from relay.protocol.envelope import ENVELOPE_TYPE, MOST_ENVELOPE_BYTES, Called, Header, Recipient, Stage
from relay.protocol.padding import pad

EPOCH = "ec-night epoch 1"
COLLEAGUE = "co-late epoch 1"
IDENTITIES = (COLLEAGUE, "stranger epoch 1", ATTACHED)
AT = START + 3 * DAY


def recipient_of(handle: str, name: str) -> Recipient:
    """A device and its key, as headers name them."""
    return Recipient(device=local(handle), key=recipient_key(identity(name).recipient().raw))


def header(**fields: Any) -> Header:
    """The header of the message's envelope; `fields` overrules anything."""
    everything: dict[str, Any] = {
        "id": "0f3a9c41d2b7e6800f3a9c41d2b7e680",
        "network": message().network,
        "sender": local(SENDER),
        "stages": (Stage(after=0, devices=(recipient_of("ec-night", EPOCH),)),),
        "own": (recipient_of("co-late", COLLEAGUE),),
        "precedence": "immediate",
        "stop": "accepted",
        "time": AT,
        "expires": AT + 7 * DAY,
        "attachments": (),
        "tree_size": 18,
    }
    return Header(**(everything | fields))


def sealed(case: str, text: bytes, names: tuple[str, ...] = (EPOCH, COLLEAGUE)) -> bytes:
    """An age file of `text`, that of the last run if it still opens to it with each identity in turn."""
    identities = [identity(each) for each in names]

    def is_right(old: bytes) -> bool:
        file = old[old.index(b"age-encryption.org") :]
        return all(decrypt(file, [each]) == text for each in identities)

    old = kept("envelope", case, "envelope", is_right, lambda: b"")
    if old:
        return old[old.index(b"age-encryption.org") :]
    return encrypt(text, [each.recipient() for each in identities])


def envelope_of(value: Header, file: bytes) -> bytes:
    """Header and age file joined, whether a reader takes them or not."""
    return ENVELOPE_TYPE + encode(value) + b"\n" + file


@cache
def good_envelope() -> bytes:
    """The message, sealed to the recipient and to a colleague of the sender."""
    return envelope_of(header(), sealed("whole", pad(note())))


def envelope_book() -> Book:
    """Envelopes for the device of ec-night."""
    book = Book("envelope", "docs/formats/envelope.md")
    inputs = {"device": local("ec-night"), "identities": [EPOCH], "sender": SENDER, "network_name": NAME}
    raw = good_envelope()

    def good(name: str, description: str, value: bytes, about: Header, signed: bytes, stanza: int = 0) -> None:
        out = {
            "hash": hashlib.sha256(value).hexdigest(),
            "id": about.id,
            "stanza": stanza,
            "stage": stanza,
            "devices": len(about.recipients()),
            "note": hashlib.sha256(signed).hexdigest(),
            "message": message().id,
        }
        like = "whole" if book.cases else ""
        book.good(name, description, out, like, envelope=value, plaintext=pad(signed), **inputs)

    good("whole", "a text, one stage, a copy for the sender's own side", raw, header(), note())
    for name, description, about, signed, stanza in _variants():
        names = (COLLEAGUE, EPOCH) if stanza else (EPOCH, COLLEAGUE)
        good(name, description, envelope_of(about, sealed(name, pad(signed), names)), about, signed, stanza)

    def bad(name: str, description: str, word: str, value: bytes, **more: Any) -> None:
        book.bad(name, description, word, "whole", **({"envelope": value} | inputs | more))

    file = raw[raw.index(b"age-encryption.org") :]

    def headed(**fields: Any) -> bytes:
        return envelope_of(header(**fields), file)

    _bad_headers(bad, headed, raw)
    _bad_files(bad, file)
    _bad_insides(bad)

    def entered(name: str, description: str, value: bytes, **fields: Any) -> None:
        good(name, description, value, header(**fields), note())

    add_envelope_edges(book, header(), raw, entered, bad)
    return book


def _variants() -> Iterator[tuple[str, str, Header, bytes, int]]:
    """Further good envelopes: name, description, header, note, and the reader's stanza, which is its stage."""
    name = f"{NAME}/{local(SENDER)}"
    night, late = recipient_of("ec-night", EPOCH), recipient_of("co-late", COLLEAGUE)
    stages = (MessageStage(after=0, contacts=("ec-court",)), MessageStage(after=600, contacts=("ec-desk",)))
    two = (Stage(after=0, devices=(late,)), Stage(after=600, devices=(night,)))
    signed = write_message(message(stages=stages), name, pair(SENDER))
    yield "second stage", "the reader's device is named in stage 1", header(stages=two, own=()), signed, 1
    signed = write_message(message(attachments=(sealed_file(),)), name, pair(SENDER))
    yield "with an attachment", "the header names its hash", header(attachments=("1" * 64,)), signed, 0
    calls = (MessageCall(after=1800, contacts=("ec-court",)), MessageCall(after=3600, administrators=("ec",)))
    signed = write_message(message(calls=calls), name, pair(SENDER))
    yield "with calls", "two calls after the stage, the second to nobody", header(calls=_calls(1800, 3600)), signed, 0
    words = Text(subject="64 KiB", text="línea\n" * 3000)
    signed = write_message(message(content=words), name, pair(SENDER))
    yield "second class", "a text that is padded to 64 KiB", header(), signed, 0


def _calls(*afters: int) -> tuple[Called, ...]:
    """Calls at those times, the first to a device and the others to nobody."""
    devices = (local("ec-chief"),)
    return tuple(Called(after=after, devices=() if number else devices) for number, after in enumerate(afters))


def _bad_headers(bad: Callable[..., None], headed: Callable[..., bytes], raw: bytes) -> None:
    file = raw[raw.index(b"age-encryption.org") :]
    value: dict[str, Any] = msgspec.to_builtins(header())
    for each in spoiled_lines(value, "time"):
        if each.name != "time too late":
            bad(f"header: {each.name}", f"{each.description}, in the header", each.word,
                ENVELOPE_TYPE + each.text.encode() + b"\n" + file)  # fmt: skip
    one = header().stages[0].devices[0]
    other = recipient_of("ec-chief", "stranger epoch 1")
    bad("another type line", "version 2", "wrong type line", raw.replace(b"/v1", b"/v2", 1))
    bad("header not UTF-8", "a byte 0xff in the header", "not UTF-8", raw.replace(b'"immediate"', b'"immediat\xff"', 1))
    bad("header without end", "no newline behind the header", "too large", ENVELOPE_TYPE + b"{" * (256 << 10))
    bad("header alone, without newline", "no newline in a short file", "too large", ENVELOPE_TYPE + b"{}")
    bad("too large", "more than 4 MiB", "too large", raw + b"A" * (MOST_ENVELOPE_BYTES + 1 - len(raw)))
    bad("no stages", "nobody is named", "bad stages", headed(stages=()))
    bad(
        "first stage empty",
        "stage 0 names no device",
        "bad stages",
        headed(stages=(Stage(after=0, devices=()), *header().stages)),
    )
    bad(
        "first stage later",
        "stage 0 is not released at once",
        "bad stages",
        headed(stages=(Stage(after=9, devices=(one,)),)),
    )
    later = (*header().stages, Stage(after=LONGEST_EXPIRY + 1, devices=(other,)))
    bad("stage after expiry", "a stage later than 14 days", "bad stages", headed(stages=later))
    ten = (*header().stages, *(Stage(after=60 * n, devices=()) for n in range(1, 10)))
    bad("ten stages", "at most nine", "bad stages", headed(stages=ten))
    bad("eleven calls", "at most nine", "bad stages", headed(calls=_calls(*range(60, 660, 60))))
    bad("call before the last stage", "calls come after the stages", "bad stages", headed(calls=_calls(0)))
    bad("calls out of order", "each after the one before", "bad stages", headed(calls=_calls(1200, 600)))
    bad("call after 14 days", "a call later than any expiry", "bad stages", headed(calls=_calls(LONGEST_EXPIRY + 1)))
    bad("called and reached", "a device that gets the envelope is called", "repeated",
        headed(calls=(Called(after=600, devices=(one.device,)),)))  # fmt: skip
    bad("sender called", "the sending device is called", "repeated",
        headed(calls=(Called(after=600, devices=(local(SENDER),)),)))  # fmt: skip
    bad("called twice", "a device in two calls", "repeated",
        headed(calls=(*_calls(600), Called(after=1200, devices=_calls(1)[0].devices))))  # fmt: skip
    bad("called in capitals", "ids are small hexadecimal letters", "bad value",
        headed(calls=(Called(after=600, devices=(other.device.upper(),)),)))  # fmt: skip
    bad("header shows another call", "none is in the note", "header differs", headed(calls=_calls(600)))
    bad("device twice", "a device in a stage and on the own side", "repeated", headed(own=(one,)))
    bad("device in capitals", "ids are small hexadecimal letters", "bad value",
        headed(own=(Recipient(device=other.device.upper(), key=other.key),)))  # fmt: skip
    bad(
        "key too long",
        "a key id of 17 digits",
        "out of range",
        headed(own=(Recipient(device=other.device, key=other.key + "0"),)),
    )
    bad("expires before its time", "`expires` is not after `time`", "bad expiry", headed(expires=AT))
    bad("expires after 15 days", "14 days are the most", "bad expiry", headed(expires=AT + 15 * DAY))
    bad("attachment twice", "the same hash twice", "repeated", headed(attachments=("1" * 64, "1" * 64)))
    bad("unknown precedence", "a word that is none", "bad value", raw.replace(b'"immediate"', b'"urgent"', 1))
    bad("a device too many", "the header names three devices, the file has two stanzas", "header failure",
        headed(own=(*header().own, other)))  # fmt: skip
    bad("a device too few", "the header names one device, the file has two stanzas", "header failure", headed(own=()))
    bad("not for this device", "another device in its place", "wrong device",
        headed(stages=(Stage(after=0, devices=(other,)),)))  # fmt: skip
    bad("another key", "the header names a key that this device does not have", "no match",
        headed(stages=(Stage(after=0, devices=(Recipient(device=one.device, key=other.key),)),)))  # fmt: skip
    bad(
        "unknown sender", "a sending device that the directory does not know", "unknown signer", headed(sender="0" * 64)
    )
    bad(
        "header shows another precedence",
        "flash, where the note says immediate",
        "header differs",
        headed(precedence="flash"),
    )
    bad("header shows another expiry", "a day earlier than in the note", "header differs", headed(expires=AT + 6 * DAY))
    bad("header shows another stop", "never, where the note says accepted", "header differs", headed(stop="never"))
    bad("header shows an attachment", "none is in the note", "header differs", headed(attachments=("1" * 64,)))
    more = (*header().stages, Stage(after=600, devices=()))
    bad("header shows another stage", "one more than in the note", "header differs", headed(stages=more))
    bad("header of another network", "its id is another", "header differs", headed(network="0" * 64))


def _bad_files(bad: Callable[..., None], file: bytes) -> None:
    start = ENVELOPE_TYPE + encode(header()) + b"\n"
    mac = file.index(b"\n--- ") + 5
    payload = file.index(b"\n", mac) + 1
    stanza = file.index(b"-> ")

    def at(place: int, by: bytes) -> bytes:
        return start + file[:place] + by + file[place + len(by) :]

    other = bytes([file[payload + 100] ^ 1])
    bad("no age file", "text in its place", "header failure", start + b"x" * len(file))
    bad("another age version", "version 2", "header failure", start + file.replace(b"org/v1", b"org/v2", 1))
    bad(
        "X25519 stanza",
        "a stanza of another kind",
        "header failure",
        start + file.replace(b"mlkem768x25519", b"xlkem768x25519", 1),
    )
    bad(
        "stanza cut",
        "a character of a stanza is missing",
        "header failure",
        start + file[: stanza + 40] + file[stanza + 41 :],
    )
    bad("MAC changed", "its first character", "HMAC failure", at(mac, b"A" if file[mac : mac + 1] != b"A" else b"B"))
    bad("payload nonce changed", "one bit of it", "payload failure", at(payload, bytes([file[payload] ^ 1])))
    bad("payload changed", "one bit of it", "payload failure", at(payload + 100, other))
    bad("payload cut", "its last byte is missing", "bad padding", start + file[:-1])
    bad("payload continued", "a byte more", "bad padding", start + file + b"x")
    bad("payload empty", "the file ends behind its header", "bad padding", start + file[:payload])
    enclosed = file[stanza + 18 : stanza + 19]
    bad(
        "encapsulated key changed",
        "its first character",
        "no match",
        at(stanza + 18, b"A" if enclosed != b"A" else b"B"),
    )
    begin, end = stanza + 18, file.index(b"\n", stanza)
    share = unb64raw(file[begin:end].decode())[:1088] + bytes(32)
    low = file[:begin] + b64raw(share).encode() + file[end:]
    bad("share of low order", "the X25519 half of the encapsulated key is zero", "header failure", start + low)
    swapped = _swapped(file, stanza)
    bad("stanzas swapped", "each device finds the other's stanza", "no match", start + swapped)


def _swapped(file: bytes, stanza: int) -> bytes:
    second = file.index(b"-> ", stanza + 3)
    end = file.index(b"--- ")
    return file[:stanza] + file[second:end] + file[stanza:second] + file[end:]


def _bad_insides(bad: Callable[..., None]) -> None:
    def inside(name: str, description: str, word: str, text: bytes) -> None:
        # The sealed text stands beside, so that its signatures are kept for the next run.
        bad(name, description, word, envelope_of(header(), sealed(name, text)), plaintext=text)

    inside(
        "padded with spaces",
        "the note, padded to its class with spaces",
        "bad padding",
        note() + b" " * (16384 - len(note())),
    )
    stranger = write_message(message(), f"{NAME}/{local(SENDER)}", pair("stranger"))
    inside("signed by another", "by other keys than those of the header's sender", "signature missing", pad(stranger))
    half = note()[: note().rindex("— ".encode())]
    inside("one signature", "without the ML-DSA-44 line", "signature missing", pad(half))
    name = f"{NAME}/{local(SENDER)}"
    late = write_message(message(at=AT, expires=AT + 8 * DAY), name, pair(SENDER))
    inside("note expires later", "the note says another expiry than the header", "header differs", pad(late))
    stages = (MessageStage(after=0, contacts=("ec-desk",)), MessageStage(after=60, contacts=("ec-court",)))
    inside(
        "note has two stages",
        "the header has one",
        "header differs",
        pad(write_message(message(stages=stages), name, pair(SENDER))),
    )
    other = message(sender=Sender(contact="co-desk", device=local("ec-night")))
    inside(
        "note names another device",
        "than the one that signed it",
        "wrong device",
        pad(write_message(other, name, pair(SENDER))),
    )
    inside("a line of JSON", "text that is no note", "malformed", pad(b"{}\n"))


def attachment_book() -> Book:
    """Attached files."""
    book = Book("attachment", "docs/formats/attachment.md")

    def is_right(old: bytes) -> bool:
        return decrypt(old, [identity(ATTACHED)]) == PLAIN

    file = kept("attachment", "whole", "file", is_right, lambda: encrypt(PLAIN, [identity(ATTACHED).recipient()]))

    def described(raw: bytes, **fields: Any) -> bytes:
        return described_as(raw, PLAIN, **fields)

    book.good("whole", "a small file", out_of(PLAIN), file=file, sealed_file=described(file))

    def bad(name: str, description: str, word: str, raw: bytes, about: bytes) -> None:
        book.bad(name, description, word, "whole", file=raw, sealed_file=about)

    payload = file.index(b"\n--- ") + 49
    flipped = file[: payload + 60] + bytes([file[payload + 60] ^ 1]) + file[payload + 61 :]
    bad(
        "another ciphertext hash",
        "the file is not the one the sender signed for",
        "wrong hash",
        file,
        described(file, cipher_hash="0" * 64),
    )
    bad(
        "another ciphertext size",
        "one byte more than signed for",
        "wrong hash",
        file,
        described(file, cipher_size=len(file) + 1),
    )
    bad("changed on its way", "one bit of the payload", "wrong hash", flipped, described(file))
    bad(
        "changed by its sender",
        "one bit of the payload, with the hash of that",
        "payload failure",
        flipped,
        described(flipped),
    )
    bad(
        "another plaintext hash", "it opens to something else", "wrong hash", file, described(file, plain_hash="0" * 64)
    )
    bad(
        "another plaintext size",
        "it opens to fewer bytes",
        "wrong hash",
        file,
        described(file, plain_size=len(PLAIN) + 1),
    )
    stranger = str(identity("stranger epoch 1"))
    bad(
        "another identity", "an identity that opens nothing of it", "no match", file, described(file, identity=stranger)
    )
    cut = file[:-1]
    bad("cut", "its last byte is missing", "payload failure", cut, described(cut))
    more = file + b"x"
    bad("continued", "a byte more", "payload failure", more, described(more))
    empty = b""
    bad("empty", "no bytes", "header failure", empty, described(empty))
    text = PLAIN
    bad("not sealed", "the plain file in its place", "header failure", text, described(text))
    mac = file.index(b"\n--- ") + 5
    changed = file[:mac] + (b"A" if file[mac : mac + 1] != b"A" else b"B") + file[mac + 1 :]
    bad("MAC changed", "the header's MAC, with the hash of that", "HMAC failure", changed, described(changed))
    typo = str(identity(ATTACHED))[:-1] + ("Q" if str(identity(ATTACHED))[-1] != "Q" else "P")
    bad("identity with a slip", "its checksum does not hold", "bad recipient", file, described(file, identity=typo))
    plain: dict[str, Any] = msgspec.json.decode(described(file))
    bad("size as text", "`plain_size` is no number", "wrong type", file, line(plain | {"plain_size": "640"}).encode())
    bad("no identity", "the field is missing", "missing field", file,
        line({k: v for k, v in plain.items() if k != "identity"}).encode())  # fmt: skip
    add_age_edges(book, file)
    return book
