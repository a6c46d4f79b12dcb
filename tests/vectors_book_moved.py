"""Vectors of the relay file and of the recovery file."""

import hashlib
from collections.abc import Callable
from typing import Any

from vectors_book_lines import ENVELOPE
from vectors_book_message import checkpoint, note
from vectors_case import Book
from vectors_log import founded, staffed
from vectors_spoils import Signed, line, spoiled_texts
from vectors_world import NAME, ORIGIN, START, identity, local, officer, pair

from crypto.merkle import leaf_hash
from crypto.note import Note, parse_note
from crypto.signing import ed25519_line
from desk.drafting.drafts import FormDraft, write_draft
from desk.forms.filled import Filled
from desk.mail.envelope_proof import EnvelopeProof
from desk.mail.facts import Facts
from desk.profile.recovery_file import (
    RECOVERY_TYPE,
    AttachmentRecord,
    DraftRecord,
    Head,
    LineRecord,
    MessageRecord,
    ProofRecord,
    Record,
    write_recovery,
)
from desk.roots.relay_file import MOST_RELAY_FILE_BYTES, TYPE, RelayFile, write_relay_file
from directory.canonical import encode
from relay.protocol.lines import Step, device_name, write_line

DRAFT = write_draft(
    FormDraft(
        filled=Filled(form="general-message/1", language="es", values={"subject": {"es": "Una consulta"}}),
        to=("co-desk",),
        case="EC-7",
        begun=START,
        changed=START + 60,
    )
)
# What it would show is looked at when it is taken in, and not here.
PROOF = encode(EnvelopeProof(header="{}", age="age-encryption.org/v1\n", nonce="0" * 32, key="1" * 32))
DUTY = f"{NAME}/{local('duty')}"
IDENTITIES = ("archive 1",)
AT = START + 3 * 86_400


def relay_file_book() -> Book:
    """Relay files."""
    book = Book("relay-file", "docs/formats/relay-file.md")
    log = founded()
    entry, network = log.entries[1], log.view.founded.id
    file = RelayFile(
        network=network, at=START + 180, relay="https://relay.enlace.example:8460", statement=entry.decode()
    )
    raw = write_relay_file(file, NAME, pair("duty").ed25519)
    inputs = {"duty": "duty", "network_name": NAME}
    out = {"relay": file.relay, "network": network, "origin": ORIGIN, "leaf": leaf_hash(entry).hex()}
    book.good("whole", "the network's first relay", out, file=raw, **inputs)
    case = Signed(book, "file", "whole", "duty", DUTY, raw, inputs)
    value: dict[str, Any] = {"at": file.at, "network": network, "relay": file.relay, "statement": file.statement}

    def sign(text: str, *handles: str) -> bytes:
        lines = [ed25519_line(pair(each).ed25519, f"{NAME}/{local(each)}", text) for each in handles or ("duty",)]
        return Note(text, tuple(lines)).write()

    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        case.add(name, description, word, sign(f"{TYPE}\n{line(value | fields)}\n"))

    for each in spoiled_texts(TYPE, value, "at"):
        case.add(each.name, each.description, each.word, sign(each.text))
    text = parse_note(raw).text
    first = parse_note(raw).signatures[0]
    flipped = Note(text, (type(first)(first.name, first.key_id, bytes([first.blob[0] ^ 1]) + first.blob[1:]),)).write()
    case.add("signature changed", "one bit of it", "bad signature", flipped)
    case.add("text changed", "another address than was signed", "bad signature", raw.replace(b":8460", b":8461", 1))
    case.add("by a root", "signed by a root key", "signature missing", sign(text, "root-1"))
    case.add("by another duty key", "one that the directory does not name", "signature missing", sign(text, "duty-2"))
    case.add("two signatures", "a root's line beside the duty key's", "extra signature", sign(text, "duty", "root-1"))
    case.add("no signature", "the text and a blank line", "malformed", (text + "\n").encode())
    bad("another kind of statement", "it names no relay", "wrong statement", statement=staffed().entries[2].decode())
    bad("statement of another network", "than the file's", "wrong statement", network="0" * 64)
    bad("statement without signature", "its text alone", "malformed", statement=parse_note(entry).text)
    bad("no statement", "an empty text", "malformed", statement="")
    bad("address without TLS", "http", "bad value", relay="http://relay.enlace.example")
    bad("empty authority written out", "an empty one is left out", "not canonical", authority="")
    case.add(
        "too large",
        f"more than {MOST_RELAY_FILE_BYTES} bytes",
        "too large",
        raw + b"A" * (MOST_RELAY_FILE_BYTES + 1 - len(raw)),
    )
    case.add("not UTF-8", "a byte 0xff in the text", "not UTF-8", raw.replace(b"relay.", b"rela\xff.", 1))
    return book


def recovery_book() -> Book:
    """What recovery files hold."""
    book = Book("recovery-file", "docs/formats/recovery-file.md")
    head = Head(
        archive=str(identity("archive 1")),
        authority="",
        checkpoint=checkpoint().decode(),
        device=local("ec-night"),
        member="ec",
        name=NAME,
        network=staffed().view.founded.id,
        officer=officer("ec-night"),
        relay="https://relay.enlace.example:8460",
        written=AT,
    )
    step = Step(network=head.network, envelope=ENVELOPE, at=AT, device=head.device, act="accepted")
    signed = write_line(step, device_name(NAME, head.device), pair("ec-night"))
    file = b"age-encryption.org/v1\n" + b"x" * 400  # whatever it is: only its hash is looked at here
    records: list[tuple[Record, bytes]] = [
        (MessageRecord(facts=Facts(direction="in", received=AT), size=len(note())), note()),
        (ProofRecord(size=len(PROOF)), PROOF),
        (AttachmentRecord(hash=hashlib.sha256(file).hexdigest(), size=len(file)), file),
        (LineRecord(line="step", envelope=ENVELOPE, size=len(signed)), signed),
        (DraftRecord(size=len(DRAFT)), DRAFT),
    ]

    def written(*those: tuple[Record, bytes]) -> bytes:
        return b"".join(write_recovery(head, [(record, [raw]) for record, raw in those]))

    raw = written(*records)
    counts = {"messages": 1, "proofs": 1, "attachments": 1, "lines": 1, "drafts": 1}
    book.good(
        "whole",
        "one record of each kind",
        counts | {"device": head.device, "sizes": [len(each) for _, each in records]},
        plaintext=raw,
    )
    none = dict.fromkeys(counts, 0)
    book.good("empty", "the archive's identity alone", none | {"device": head.device, "sizes": []}, plaintext=written())
    message = records[:1]
    book.good(
        "a message and a file",
        "without what shows its envelope",
        none | {"messages": 1, "attachments": 1, "device": head.device, "sizes": [len(note()), len(file)]},
        plaintext=written(records[0], records[2]),
    )
    book.good(
        "a message",
        "without attachment or line",
        none | {"messages": 1, "device": head.device, "sizes": [len(note())]},
        plaintext=written(*message),
    )
    before = Facts(direction="in", received=AT, origin=local("ec-chief"), recovered=AT + 60)
    book.good(
        "recovered before",
        "a message that another recovery file brought to the old desk",
        none | {"messages": 1, "device": head.device, "sizes": [len(note())]},
        plaintext=written((MessageRecord(facts=before, size=len(note())), note())),
    )
    _bad_recovery(book, raw, head, records)
    return book


def _bad_recovery(book: Book, raw: bytes, head: Head, records: list[tuple[Record, bytes]]) -> None:
    def bad(name: str, description: str, word: str, value: bytes) -> None:
        book.bad(name, description, word, "whole", plaintext=value)

    def of(*those: tuple[Record, bytes], counts: tuple[int, ...] | None = None, start: bytes = b"") -> bytes:
        order = (AttachmentRecord, LineRecord, MessageRecord, DraftRecord, ProofRecord)
        names = ("attachments", "lines", "messages", "drafts", "proofs")
        kinds: list[type[object]] = [type(record) for record, _ in those]
        found = counts or tuple(kinds.count(each) for each in order)
        end = dict(zip(names, found, strict=True)) | {"kind": "end"}
        end = {name: count for name, count in end.items() if counts or name not in ("drafts", "proofs") or count}
        parts = [start or f"{RECOVERY_TYPE}\n".encode() + encode(head) + b"\n"]
        parts += [encode(record) + b"\n" + payload for record, payload in those]
        return b"".join((*parts, line(end).encode(), b"\n"))

    _bad_order(bad, of, raw, records)
    message = records[0]
    bad(
        "another type line",
        "text of another format",
        "wrong type line",
        raw.replace(b"enlace/recovery", b"enlace/recovers", 1),
    )
    bad("a later version", "version 2", "wrong type line", raw.replace(b"/v1", b"/v2", 1))
    bad("cut in a record", "it ends within an attachment", "malformed", raw[: raw.index(b"x" * 400) + 9])
    bad("no end", "the last line is missing", "malformed", raw[: raw.rindex(b'{"att')])
    bad("something behind", "a byte more", "malformed", raw + b"\n")
    bad("attachment changed", "one byte of it", "wrong hash", raw.replace(b"x" * 400, b"x" * 399 + b"y"))
    grown = MessageRecord(facts=Facts(direction="in"), size=(2 << 20) + 1)
    bad("message too large", "more than 2 MiB announced", "too large", of((grown, b"")))
    wide = ProofRecord(size=(2 << 20) + 1)
    bad("proof too large", "more than 2 MiB announced", "too large", of(message, (wide, b"")))
    long = LineRecord(line="step", envelope=ENVELOPE, size=(128 << 10) + 1)
    bad("line too large", "more than 128 KiB announced", "too large", of(message, (long, b"")))
    huge = DraftRecord(size=600_001)
    bad("draft too large", "more than 600,000 bytes announced", "too large", of(message, (huge, b"")))
    bad(
        "head too long",
        "a line of more than 256 KiB",
        "too large",
        f"{RECOVERY_TYPE}\n".encode() + b"{" + b" " * (256 << 10) + b"\n",
    )
    plain = {"size": 5, "kind": "message", "facts": {"direction": "in", "sent": 0}}
    start = f"{RECOVERY_TYPE}\n".encode() + encode(head) + b"\n"
    bad("default written out", "a time of 0 in the facts", "not canonical", start + line(plain).encode() + b"\nxxxxx")
    bad("unknown kind", "a record of another kind", "bad value", start + b'{"kind":"key","size":5}\nxxxxx')
    bad(
        "unknown direction",
        "a word that is none",
        "bad value",
        start + line(plain | {"facts": {"direction": "up"}}).encode() + b"\nxxxxx",
    )
    for name, facts in (("origin too short", {"origin": "0" * 63}), ("origin in capitals", {"origin": "A" * 64})):
        spoiled = plain | {"facts": {"direction": "in"} | facts}
        bad(name, "64 small digits, or none", "bad value", start + line(spoiled).encode() + b"\nxxxxx")
    said = plain | {"facts": {"direction": "in", "shown": True}}
    bad(
        "shown by word",
        "the file says that its envelope is shown: only its reader can find that",
        "unknown field",
        start + line(said).encode() + b"\nxxxxx",
    )
    bad(
        "unknown field",
        "a field more in the head",
        "unknown field",
        raw.replace(b'"written":', b'"vault":"x","written":', 1),
    )
    bad(
        "archive is no identity",
        "small letters",
        "bad value",
        raw.replace(b"AGE-SECRET-KEY-PQ-1", b"age-secret-key-pq-1", 1),
    )
    bad("negative size", "-1", "out of range", start + b'{"hash":"' + b"0" * 64 + b'","kind":"attachment","size":-1}\n')
    bad("white space", "a space in the head", "not canonical", raw.replace(b",", b", ", 1))


def _bad_order(
    bad: Callable[[str, str, str, bytes], None],
    of: Callable[..., bytes],
    raw: bytes,
    records: list[tuple[Record, bytes]],
) -> None:
    message, shown, attachment, last, draft = records
    bad("attachment first", "before any message", "wrong order", of(attachment, message))
    bad("proof first", "before any message", "wrong order", of(shown, message))
    bad("two proofs", "of one message", "wrong order", of(message, shown, shown))
    bad("proof after attachment", "it follows its message", "wrong order", of(message, attachment, shown))
    bad("proof after line", "it follows its message", "wrong order", of(message, last, shown))
    bad("line before message", "messages come first", "wrong order", of(last, message))
    bad("attachment after line", "attachments follow their messages", "wrong order", of(message, last, attachment))
    bad("line after draft", "drafts come last", "wrong order", of(message, draft, last))
    bad("message after draft", "drafts come last", "wrong order", of(draft, message))
    bad("end miscounts", "two messages, where there is one", "malformed", of(*records, counts=(1, 1, 2, 1, 1)))
    bad("end without drafts", "their count is missing", "malformed", raw.replace(b'"drafts":1,', b"", 1))
    bad("end without proofs", "their count is missing", "malformed", raw.replace(b',"proofs":1}', b"}", 1))
    bad(
        "no drafts written out", "a count of 0 is left out", "not canonical", of(message, shown, counts=(0, 0, 1, 0, 1))
    )
    bad(
        "no proofs written out", "a count of 0 is left out", "not canonical", of(message, draft, counts=(0, 0, 1, 1, 0))
    )
