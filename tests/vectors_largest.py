"""Vectors of what is as large as it may be, and of the byte or the item more: entered at the end of each book."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
from vectors_book_body import SALT
from vectors_book_enrol import invitation
from vectors_book_keyset import DEVICE, NOW, epoch, keyset
from vectors_book_keyset import sign as sign_keyset
from vectors_book_lines import ENVELOPE
from vectors_book_message import message, note, sealed_file
from vectors_book_message import sign as sign_message
from vectors_book_sealed import EPOCH, envelope_of, header
from vectors_case import Book
from vectors_kept import kept
from vectors_spoils import line
from vectors_world import DESK, NAME, START, identity, local, pair, recipient, signed_text

from crypto.age import Stanza, decrypt_at
from crypto.age_header import write_header
from crypto.age_payload import seal_payload
from crypto.age_pq import ENCAPSULATED_SIZE, KIND
from crypto.age_recipients import WRAPPED_SIZE
from crypto.age_source import Source
from crypto.checkpoint import MOST_CHECKPOINT_BYTES, MOST_CHECKPOINT_LINES, Checkpoint, sign_checkpoint
from crypto.encoding import b64raw, unb64
from crypto.merkle import leaf_hash, node_hash
from crypto.note import ED25519_TYPE, MOST_NOTE_BYTES, MOST_SIGNATURES, Note, Signature, parse_note, write_vkey
from crypto.note_keys import SignerKey, write_verifier
from crypto.signing import ed25519_line, sign_both
from desk.mail.envelope_proof import MOST_PROOF
from desk.mail.message import MESSAGE_TYPE, MOST_MESSAGE_BYTES
from desk.profile.recovery_file import MOST_JSON_LINE
from desk.roots.relay_file import MOST_RELAY_FILE_BYTES, TYPE
from desk.roots.root_request import MOST_HEAD_BYTES, REQUEST_TYPE
from desk.roots.root_signed import MOST_SIGNED_BYTES
from directory.commitment import MOST_BODY_BYTES, commit
from directory.keyset import LONGEST_EXPIRY, MOST_EPOCHS, recipient_key
from directory.statement import MOST_STATEMENT_BYTES, STATEMENT_TYPE
from relay.protocol.envelope import MOST_DEVICES, Recipient, parse_envelope
from relay.protocol.invitation import MOST_INVITATION_BYTES, proof_hash, relay_proof
from relay.protocol.lines import MOST_LINE_BYTES
from relay.protocol.padding import pad
from relay.protocol.receipts import MOST_PATH, RECEIPTS_TYPE
from relay.protocol.relay_keys import MOST_RELAY_KEYS_BYTES
from relay.protocol.routes import MOST_JSON_BYTES as MOST_PROPOSAL_BYTES

TEXT = "enlace/example/v1\nOne line.\n"
MOST_LOOSE_BYTES = 1 << 20
# Seeds of two keys under one name whose ids are the same four bytes: found among some hundred thousand.
TWINS = [SignerKey("twins.example", seed.to_bytes(32, "big")) for seed in (0x5B7E, 0x1D1E7)]


def add_largest(book: Book) -> None:
    """Enter the cases of a book, if it has such."""
    enter = ENTER.get(book.format)
    if enter is not None:
        enter(book)


def filled(make: Callable[[str], bytes], size: int) -> bytes:
    """What `make` makes of as many letters as it takes to be of `size` bytes."""
    raw = make("A" * (size - len(make(""))))
    assert len(raw) == size, (len(raw), size)
    return raw


def _first(book: Book) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the first good case hands to a reader beside bytes, and what is obtained."""
    inputs = {name: each for name, each in book.cases[0]["in"].items() if not isinstance(each, dict)}
    return inputs, dict(book.cases[0]["out"])


def _note(book: Book) -> None:
    name, key = f"{NAME}/{local('co-night')}", pair("co-night")
    keys: dict[str, Any] = {"vkeys": [write_vkey(name, ED25519_TYPE + key.public.ed25519)]}

    def signed(text: str) -> bytes:
        return Note(text, (ed25519_line(key.ed25519, name, text),)).write()

    others = [Signature(f"name-{n}", b"\0\0\0\1", b"x" * 64) for n in range(MOST_SIGNATURES - 1)]
    raw = Note(TEXT, (*others, ed25519_line(key.ed25519, name, TEXT))).write()
    book.good("32 lines", "the most there are", {"text": TEXT, "signers": [name], "lines": 32}, note=raw, **keys)
    raw = filled(lambda text: signed(f"{text}\n"), MOST_NOTE_BYTES)
    book.bad("1,048,576 bytes", "no larger than may be: what is wrong is the end of its base64", "malformed",
             note=raw[:-2] + b"!\n", **keys)  # fmt: skip
    more = filled(lambda text: signed(f"{text}\n"), MOST_NOTE_BYTES + 1)
    book.bad("1,048,577 bytes", "a byte more", "too large", note=more, **keys)
    twins = [write_verifier(each.public) for each in TWINS]
    note = Note(TEXT, (TWINS[0].sign(TEXT),)).write()
    book.good("one of two keys with one id", "only one of them is known",
              {"text": TEXT, "signers": ["twins.example"], "lines": 1}, note=note, vkeys=twins[:1])  # fmt: skip
    book.bad("two keys with one id", "and with one name: no line says whose it is", "repeated", note=note, vkeys=twins)


def _checkpoint(book: Book) -> None:
    inputs, out = _first(book)
    raw = book.raw[(book.cases[0]["name"], "checkpoint")]
    note = parse_note(raw)
    others = [Signature(f"witness-{n}", b"\0\0\0\1", b"x" * 72) for n in range(MOST_CHECKPOINT_LINES - 2)]
    most = Note(note.text, (*note.signatures, *others)).write()
    book.good("34 lines", "the most there are", out, checkpoint=most, **inputs)
    room = MOST_CHECKPOINT_BYTES - len(raw) - len("— w \n".encode())
    stranger = Signature("w" * (1 + room % 4), b"\0\0\0\1", b"x" * (room // 4 * 3 - 4))
    large = Note(note.text, (*note.signatures, stranger)).write()
    assert len(large) == MOST_CHECKPOINT_BYTES
    book.good("131,072 bytes", "the largest there is: a line of somebody unknown", out, checkpoint=large, **inputs)
    origin, root = ("log.enlace.example/" + "0123456789" * 24)[:255], bytes.fromhex(out["root"])
    longest = sign_checkpoint(Checkpoint(origin, out["size"], root), pair("log"), out["time"])
    book.good("origin of 255 bytes", "the longest", out, checkpoint=longest, **(inputs | {"origin": origin}))


def _keyset(book: Book) -> None:
    inputs, out = _first(book)
    epochs = tuple(epoch(number) for number in range(1, MOST_EPOCHS + 1))
    key = recipient_key(unb64(recipient(f"{DEVICE} epoch 1")))
    out |= {"epochs": MOST_EPOCHS, "key": key, "erase": epochs[0].erase}
    book.good("16 epochs", "the most there are", out, keyset=sign_keyset(keyset(epochs=epochs)), **inputs)
    assert inputs["now"] == NOW


def _message(book: Book) -> None:
    inputs, out = _first(book)
    plain: dict[str, Any] = msgspec.to_builtins(message())

    def good(name: str, description: str, found: dict[str, Any], **fields: Any) -> None:
        note = sign_message(f"{MESSAGE_TYPE}\n{line(plain | fields)}\n")
        book.good(name, description, out | found, note=note, **inputs)

    shown = [[LONGEST_EXPIRY * n // 8, f"ec-x{n}"] for n in range(9)]
    stages = [{"after": after, "contacts": [contact]} for after, contact in shown]
    good("nine stages", "the most there are, the last after 14 days", {"stages": shown}, stages=stages)
    files = [msgspec.to_builtins(sealed_file(name="n" * 255, cipher_hash=f"{n:064x}")) for n in range(32)]
    hashes = [each["cipher_hash"] for each in files]
    good("32 attachments", "the most there are, with names of 255 characters", {"attachments": hashes},
         attachments=files)  # fmt: skip
    content = plain["content"] | {"subject": "é" * 300}
    good("longest texts", "case, subject and purpose", {"tlp": "AMBER"}, case="é" * 200, content=content,
         handling={"purpose": "é" * 400})  # fmt: skip
    receipt = {"kind": "receipt", "act": "opened", "message": "0" * 32, "envelope": "0" * 64, "reason": "é" * 4000}
    good("longest reason", "of a receipt", {"kind": "receipt"}, content=receipt)


def _statement(book: Book) -> None:
    inputs, _ = _first(book)
    network, chief = inputs["network"], f"{NAME}/{local('co-chief')}"
    plain: dict[str, Any] = {"at": START, "body": "0" * 64, "kind": "set-circle", "network": network, "seq": 0}

    def entry(text: str) -> bytes:
        long, spare = divmod(len(text), 30)
        value = plain | {"members": ["co", *["co-" + "b" * 20 + "-ccc"] * long], "circle": "andean" + "e" * spare}
        return signed_text(f"{STATEMENT_TYPE}\n{line(value)}\n", ["co-chief"])

    for name, word, size in (("65,535 bytes", "valid", MOST_STATEMENT_BYTES), ("65,536 bytes", "too large", 65_536)):
        raw = filled(entry, size)
        given = {"entry": raw, "network": network, "network_name": NAME, "keys": {chief: "co-chief"}}
        if word != "valid":
            book.bad(name, "a byte more", word, "65,535 bytes", **given)
            continue
        value = json.loads(parse_note(raw).text.split("\n")[1])
        out = {"kind": "set-circle", "subject": f"circle/{value['circle']}", "seq": 0, "at": START, "network": network}
        book.good(name, "the largest there is: its members, as a form", out | {"signers": [chief],
                  "leaf": leaf_hash(raw).hex()}, **given)  # fmt: skip


def _body(book: Book) -> None:
    desk: dict[str, Any] = msgspec.to_builtins(DESK)
    notes = {"ya": "n" * 2000} | {f"{chr(97 + n)}a": "n" * 4000 for n in range(7)}

    def made(text: str) -> bytes:
        return line(desk | {"notes": notes | {"za": "n" + text}}).encode()

    for name, size in (("32,768 bytes", MOST_BODY_BYTES), ("32,769 bytes", MOST_BODY_BYTES + 1)):
        raw = filled(made, size)
        if size == MOST_BODY_BYTES:
            given = {"kind": "contact", "salt": SALT, "body": raw, "commitment": commit(SALT, raw)}
            book.good(name, "the largest there is", {"value": json.loads(raw)}, **given)
        else:
            book.bad(name, "a byte more", "too large", kind="contact", salt=SALT, body=raw, commitment="0" * 64)


def _invitation(book: Book) -> None:
    inputs, out = _first(book)
    value = invitation()
    plain: dict[str, Any] = msgspec.to_builtins(value)
    proof = relay_proof(value.secret_bytes)
    assert (out["relay_proof"], out["proof_hash"]) == (proof, proof_hash(proof))
    raw = filled(lambda text: f"enlace/invitation/v1\n{line(plain | {'authority': 'A' + text})}\n".encode(),
                 MOST_INVITATION_BYTES)  # fmt: skip
    book.good("65,536 bytes", "the largest there is", out, "whole", invitation=raw, **inputs)


def _relay_keys(book: Book) -> None:
    _, out = _first(book)
    raw = book.raw[("on one line", "file")]
    spaced = raw[:-1] + b" " * (MOST_RELAY_KEYS_BYTES - len(raw)) + b"}"
    book.good("65,536 bytes", "the largest there is; white space", out, "on one line", file=spaced)
    book.bad("65,537 bytes", "a byte more", "too large", "on one line", file=spaced[:-1] + b" }")


def _loose(key: str) -> Callable[[Book], None]:
    """What is JSON in any spelling, of at most a mebibyte."""

    def enter(book: Book) -> None:
        first = book.cases[0]
        given = {name: book.raw.get((first["name"], name), each) for name, each in first["in"].items()}
        raw = given[key]
        spaced = raw[:-1] + b" " * (MOST_LOOSE_BYTES - len(raw)) + b"}"
        like = first["name"]
        book.good("1,048,576 bytes", "the largest there is; white space", first["out"], like, **given | {key: spaced})
        more = spaced[:-1] + b" }"
        book.bad("1,048,577 bytes", "a byte more", "too large", like, **given | {key: more})

    return enter


def _relay_file(book: Book) -> None:
    inputs, out = _first(book)
    note = parse_note(book.raw[("whole", "file")])
    plain = json.loads(note.text.split("\n")[1])

    def made(text: str) -> bytes:
        whole = f"{TYPE}\n{line(plain | {'authority': 'A' + text})}\n"
        return Note(whole, (ed25519_line(pair("duty").ed25519, note.names()[0], whole),)).write()

    raw = filled(made, MOST_RELAY_FILE_BYTES)
    book.good("262,142 bytes", "the largest there is", out, "whole", file=raw, **inputs)


def _proposal(book: Book) -> None:
    _, out = _first(book)
    plain = json.loads(book.raw[("a contact", "file")])

    def made(text: str) -> bytes:
        return line(plain | {"bodies": [*plain["bodies"], {"body": text, "salt": ""}]}).encode()

    raw = filled(made, MOST_PROPOSAL_BYTES)
    book.good(
        "8,388,608 bytes", "the largest there is; a body is text here", out | {"bodies": 2}, "a contact", file=raw
    )
    more = filled(made, MOST_PROPOSAL_BYTES + 1)
    book.bad("8,388,609 bytes", "a byte more", "too large", "a contact", file=more)


def _root_request(book: Book) -> None:
    _, out = _first(book)
    first, head, rest = book.raw[("a member", "file")].split(b"\n", 2)
    plain = json.loads(head)

    def made(text: str) -> bytes:
        return line(plain | {"known": [{"body": text, "salt": ""}]}).encode()

    assert first.decode() == REQUEST_TYPE
    for extra in (0, 1, 100):
        raw = b"\n".join((first, filled(made, MOST_HEAD_BYTES + extra), rest))
        if extra:
            book.bad(f"line of 8,388,608 and {extra}", "more than there may be", "too large", "a member", file=raw)
        else:
            book.good("line of 8,388,608 bytes", "the longest there is", out, "a member", file=raw)
    text = plain["asked"]["statements"][0]["text"]
    signer = f"{NAME}/{local('co-chief')}"
    lines = [Signature(f"{signer}{n}", b"\0\0\0\1", b"x" * 64).line()[:-1] for n in range(MOST_SIGNATURES + 1)]
    large = [Signature(signer, b"\0\0\0\1", b"x" * 50_000).line()[:-1]]
    for name, description, word, those in (
        ("33 lines of devices", "a statement takes 32", "out of range", lines),
        ("a line too large", "with it the statement has more than 65,535 bytes", "too large", large),
    ):
        asked = plain["asked"] | {"statements": [{"text": text, "lines": those}]}
        raw = b"\n".join((first, line(plain | {"asked": asked}).encode(), rest))
        book.bad(name, description, word, "a member", file=raw)


def _root_signed(book: Book) -> None:
    raw = book.raw[(book.cases[0]["name"], "file")]
    like = book.cases[0]["name"]
    for size, word, description in (
        (MOST_SIGNED_BYTES, "not canonical", "no larger than may be: what is wrong is white space"),
        (MOST_SIGNED_BYTES + 1, "too large", "a byte more"),
    ):
        spaced = raw[:-2] + b" " * (size - len(raw)) + raw[-2:]
        book.bad(f"{size:,} bytes", description, word, like, file=spaced)


def _receipt(book: Book) -> None:
    inputs, _ = _first(book)
    plain = json.loads(book.raw[("alone", "relayed")])
    path = [f"{n:064x}" for n in range(MOST_PATH)]
    leaf = node = bytes.fromhex(next(each for each in book.cases if each["name"] == "alone")["out"]["leaf"])
    for each in path:
        node = node_hash(node, bytes.fromhex(each))
    root = {"network": inputs["network"], "count": 2**MOST_PATH, "root": node.hex(), "time": START + 10}
    note = sign_both(pair("receipt"), f"{NAME}/receipt", f"{RECEIPTS_TYPE}\n{line(root)}\n").decode()
    out = {"leaf": leaf.hex(), "tree_size": plain["leaf"]["tree_size"], "time": plain["leaf"]["time"]}
    given = {"relayed": line(plain | {"path": path, "note": note}).encode(), **(inputs | {"envelope": ENVELOPE})}
    book.good("path of 32 hashes", "the first of 2^32 leaves", out, **given)
    _loose("relayed")(book)


def _envelope(book: Book) -> None:
    inputs, out = _first(book)
    inputs["identities"] = book.cases[0]["in"]["identities"]
    others = tuple(Recipient(device=f"{n:064x}", key=f"{n:016x}") for n in range(MOST_DEVICES - 1))
    about, text = header(own=others), pad(note())
    unread = Stanza(KIND, (b64raw(bytes(ENCAPSULATED_SIZE)),), bytes(WRAPPED_SIZE))

    def make() -> bytes:
        file_key = bytes(range(16))
        first = identity(EPOCH).recipient().wrap(file_key)
        head = write_header(file_key, [first, *[unread] * len(others)])
        return envelope_of(about, head + b"".join(seal_payload(file_key, Source(None, text))))

    def is_right(old: bytes) -> bool:
        parsed = parse_envelope(old)
        return parsed.header == about and decrypt_at(parsed.sealed, identity(EPOCH), 0) == text

    raw = kept("envelope", "500 devices", "envelope", is_right, make)
    found = out | {"hash": sha256(raw).hexdigest(), "devices": MOST_DEVICES}
    book.good("500 devices", "the most there are; the stanzas of the others are none that opens, and are not looked at",
              found, envelope=raw, plaintext=text, **inputs)  # fmt: skip


def _recovery(book: Book) -> None:
    _, out = _first(book)
    first, head, _ = book.raw[("whole", "plaintext")].split(b"\n", 2)
    plain, none = json.loads(head), {"attachments": 0, "lines": 0, "messages": 0}
    end = line(none | {"kind": "end"}).encode()

    def made(text: str) -> bytes:
        return line(plain | {"authority": text}).encode()

    for extra in (0, 1):
        raw = b"\n".join((first, filled(made, MOST_JSON_LINE + extra), end, b""))
        if extra:
            book.bad("head of 262,145 bytes", "a byte more", "too large", "whole", plaintext=raw)
        else:
            book.good(
                "head of 262,144 bytes",
                "the longest there is",
                out | none | {"drafts": 0, "proofs": 0, "sizes": []},
                "whole",
                plaintext=raw,
            )
    records: dict[str, tuple[dict[str, Any], int]] = {
        "message": ({"facts": {"direction": "in"}}, MOST_MESSAGE_BYTES),
        "proof": ({}, MOST_PROOF),
        "line": ({"line": "step", "envelope": ENVELOPE}, MOST_LINE_BYTES),
    }
    parts = [first, b"\n", head, b"\n"]
    for kind, (more, size) in records.items():
        parts += [line({"kind": kind, "size": size} | more).encode(), b"\n", b"x" * size]
    counts = {"attachments": 0, "lines": 1, "messages": 1, "proofs": 1}
    raw = b"".join((*parts, line(counts | {"kind": "end"}).encode(), b"\n"))
    expected = out | counts | {"drafts": 0, "sizes": [size for _, size in records.values()]}
    book.good("largest records", "of which the bytes are not looked at here", expected, "whole", plaintext=raw)


ENTER: dict[str, Callable[[Book], None]] = {
    "note": _note,
    "checkpoint": _checkpoint,
    "keyset": _keyset,
    "message": _message,
    "statement": _statement,
    "body": _body,
    "invitation": _invitation,
    "relay-keys": _relay_keys,
    "relay-file": _relay_file,
    "offered-keys": _loose("keys"),
    "proposal": _proposal,
    "root-request": _root_request,
    "root-signed": _root_signed,
    "envelope": _envelope,
    "receipt": _receipt,
    "recovery-file": _recovery,
}
