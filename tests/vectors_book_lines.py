"""Vectors of signed lines (delivered, step, call, stage, notice) and of the relay's receipts."""

from functools import cache
from typing import Any

import msgspec
from vectors_case import Book
from vectors_log import staffed
from vectors_spoils import Signed, line, spoil_signatures, spoil_texts, spoiled_texts
from vectors_world import NAME, START, local, pair

from crypto.merkle import leaf_hash
from crypto.signing import sign_both
from relay.protocol.lines import (
    MOST_LINE_BYTES,
    Call,
    Delivered,
    Notice,
    StageOrder,
    Step,
    device_name,
    receipt_name,
    reception_name,
    write_line,
)
from relay.protocol.receipts import RECEIPTS_TYPE, Leaf, Relayed, sign_receipts

ENVELOPE = "8ed4f52ab328a35d8562e5b8a031cd763055aa04e7962dfff83f4b195f5a0049"
OTHERS = tuple(f"{n:064x}" for n in range(1, 5))


def line_book() -> Book:
    """Delivered, step, call, stage and notice."""
    book = Book("line", "docs/formats/lines.md")
    network, device = staffed().view.founded.id, local("ec-night")
    about: dict[str, Any] = {"network": network, "envelope": ENVELOPE, "at": START}
    cases: tuple[tuple[str, Any, str, str], ...] = (
        ("delivered", Delivered(device=device, **about), "ec-night/reception", reception_name(NAME, device)),
        ("step", Step(device=device, act="accepted", **about), "ec-night", device_name(NAME, device)),
        ("call", _call(device, about), "ec-night", device_name(NAME, device)),
        ("stage", StageOrder(device=device, act="hasten", stage=2, **about), "ec-night", device_name(NAME, device)),
        ("notice", Notice(event="released", devices=(device,), stage=1, **about), "receipt", receipt_name(NAME)),
    )
    for kind, value, handle, name in cases:
        raw = write_line(value, name, pair(handle))
        inputs = {"kind": kind, "network": network, "name": name, "keys": handle}
        book.good(kind, f"a line of kind {kind}", {"envelope": ENVELOPE, "at": START}, line=raw, **inputs)
        case = Signed(book, "line", kind, handle, name, raw, inputs, f"{kind}: ")
        plain = msgspec.to_builtins(value)
        if kind == "step":
            spoil_texts(case, spoiled_texts(f"enlace/{kind}/v1", plain, "at"))
            spoil_signatures(case, MOST_LINE_BYTES)
        _spoil(case, kind, plain)
    refused = write_line(Step(device=device, act="refused", **about), device_name(NAME, device), pair("ec-night"))
    book.good("refused", "a step that refuses", {"envelope": ENVELOPE, "at": START}, line=refused, kind="step",
              network=network, name=device_name(NAME, device), keys="ec-night")  # fmt: skip
    stop = write_line(StageOrder(device=device, act="stop", **about), device_name(NAME, device), pair("ec-night"))
    book.good("stop", "an order to stop names no turn", {"envelope": ENVELOPE, "at": START}, line=stop, kind="stage",
              network=network, name=device_name(NAME, device), keys="ec-night")  # fmt: skip
    zero = write_line(Notice(event="expired", devices=(device,), **about), receipt_name(NAME), pair("receipt"))
    book.good("notice of stage 0", "a stage of 0 is left out", {"envelope": ENVELOPE, "at": START}, line=zero,
              kind="notice", network=network, name=receipt_name(NAME), keys="receipt")  # fmt: skip
    return book


def _call(device: str, about: dict[str, Any]) -> Call:
    return Call(
        device=device,
        sender="ec-desk",
        contacts=("co-desk",),
        precedence="flash",
        stage=2,
        after=1200,
        devices=(OTHERS[0], OTHERS[1]),
        **about,
    )


def _spoil(case: Signed, kind: str, value: dict[str, Any]) -> None:
    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        case.add(name, description, word, case.sign(f"enlace/{kind}/v1\n{line(value | fields)}\n"))

    bad("another network", "rightly signed for another network", "wrong network", network="0" * 64)
    bad("envelope too short", "a hash of 63 digits", "bad value", envelope="0" * 63)
    if kind == "step":
        bad("opened", "an act that is no step", "bad value", act="opened")
        bad("with a reason", "the reason of a refusal is sealed, never here", "unknown field", reason="none")
    if kind == "call":
        bad("for nobody", "a call names for whom a message waits", "out of range", contacts=[])
        bad("with a subject", "a call says nothing of content", "unknown field", subject="urgent")
        bad("a precedence that is none", "a word that is none", "bad value", precedence="urgent")
        bad("no contact id", "the sender is a contact", "bad value", sender="EC")
    if kind == "stage":
        bad("an order that is none", "a word that is none", "bad value", act="start")
        bad("turn zero", "a stage of 0 written out", "not canonical", stage=0)
    if kind == "notice":
        bad("unknown event", "an event that is not in the list", "bad value", event="lost")
        bad("stage zero", "a stage of 0 written out", "not canonical", stage=0)
        bad("devices as text", "devices are a list", "wrong type", devices=value["devices"][0])
    if kind == "delivered":
        own = sign_both(pair("ec-night"), case.name, f"enlace/delivered/v1\n{line(value)}\n")
        case.add(
            "by the device's own keys", "signed by the device's keys under the reception name", "signature missing", own
        )
        plain = sign_both(
            pair(case.handle), case.name.removesuffix("/reception"), f"enlace/delivered/v1\n{line(value)}\n"
        )
        case.add(
            "without /reception", "signed by the reception keys under the device's name", "signature missing", plain
        )


@cache
def _receipts() -> tuple[Relayed, ...]:
    network = staffed().view.founded.id
    leaves = [Leaf(envelope=each, tree_size=18, time=START + 9) for each in (OTHERS[0], ENVELOPE, *OTHERS[1:])]
    return tuple(sign_receipts(leaves, network, NAME, pair("receipt"), START + 10))


def receipt_of(envelope: str) -> Relayed:
    """A receipt of its own for one envelope."""
    leaf = Leaf(envelope=envelope, tree_size=18, time=START + 9)
    return sign_receipts([leaf], staffed().view.founded.id, NAME, pair("receipt"), START + 10)[0]


def receipt_book() -> Book:
    """Receipts of the relay."""
    book = Book("receipt", "docs/formats/receipt.md")
    network = staffed().view.founded.id
    inputs = {"network": network, "network_name": NAME, "keys": "receipt"}
    found = _receipts()

    def raw(value: Relayed, **fields: Any) -> bytes:
        plain: dict[str, Any] = msgspec.to_builtins(value)
        return line(plain | fields).encode()

    for at, each in enumerate(found):
        out = _out(each)
        book.good(
            f"{at + 1} of 5",
            f"leaf {at} of a tree of five",
            out,
            relayed=raw(each),
            envelope=each.leaf.envelope,
            **inputs,
        )
    alone = receipt_of(ENVELOPE)
    book.good("alone", "a tree of one leaf has an empty path", _out(alone),
              relayed=raw(alone), envelope=ENVELOPE, **inputs)  # fmt: skip
    spaced = msgspec.json.format(raw(found[1]), indent=2)
    book.good("any spelling of JSON", "nobody signs the JSON around the note", _out(found[1]),
              relayed=spaced, envelope=ENVELOPE, **inputs)  # fmt: skip
    mine, plain = found[1], msgspec.to_builtins(found[1])

    def bad(name: str, description: str, word: str, value: bytes | None = None, /, **fields: Any) -> None:
        given = value if value is not None else raw(mine, **fields)
        book.bad(name, description, word, "2 of 5", relayed=given, envelope=ENVELOPE, **inputs)

    leaf = plain["leaf"]
    bad("another envelope", "the leaf is of another envelope", "wrong envelope", raw(found[0]))
    bad("another tree size", "the leaf says another size", "bad proof", leaf=leaf | {"tree_size": 19})
    bad("another time", "the leaf says another time", "bad proof", leaf=leaf | {"time": START})
    bad("another index", "the leaf stands elsewhere", "bad proof", index=0)
    bad("index outside", "an index that is the number of leaves", "bad proof", index=5)
    bad("path too short", "the last hash of the path is missing", "bad proof", path=plain["path"][:-1])
    bad("path too long", "a hash more", "bad proof", path=[*plain["path"], OTHERS[0]])
    bad("path altered", "a hash of the path is another", "bad proof", path=[OTHERS[3], *plain["path"][1:]])
    bad("path of 33 hashes", "at most 32", "out of range", path=[OTHERS[0]] * 33)
    bad(
        "path in capitals",
        "hashes are small hexadecimal letters",
        "bad value",
        path=[each.upper() for each in plain["path"]],
    )
    bad("unknown field", "a field that a receipt does not have", "unknown field", more=1)
    bad(
        "no note",
        "the note is missing",
        "missing field",
        line({k: v for k, v in plain.items() if k != "note"}).encode(),
    )
    bad("note of another tree", "a rightly signed root of one leaf", "bad proof", note=alone.note)
    bad("no JSON", "cut", "malformed", raw(mine)[:-1])
    bad("not UTF-8", "a byte 0xff", "not UTF-8", raw(mine).replace(b"enlace/receipts", b"enlace/receipt\xff"))
    root = {"network": network, "count": 5, "root": _root(mine), "time": START + 10}

    def note(text: str) -> str:
        return sign_both(pair("receipt"), receipt_name(NAME), text).decode()

    for spoil in spoiled_texts(RECEIPTS_TYPE, root, "time"):
        bad(f"root: {spoil.name}", f"{spoil.description}, in the note", spoil.word, note=note(spoil.text))
    elsewhere = note(f"{RECEIPTS_TYPE}\n{line(root | {'network': '0' * 64})}\n")
    bad("another network", "a root rightly signed for another network", "wrong network", note=elsewhere)
    unsigned = mine.note.rpartition("— ")[0]
    bad("no ML-DSA-44 line", "the root carries the Ed25519 line alone", "signature missing", note=unsigned)
    return book


def _out(relayed: Relayed) -> dict[str, Any]:
    return {"leaf": _leaf(relayed), "tree_size": relayed.leaf.tree_size, "time": relayed.leaf.time}


def _root(relayed: Relayed) -> str:
    text = relayed.note.split("\n")[1]
    value: dict[str, Any] = msgspec.json.decode(text)
    return str(value["root"])


def _leaf(relayed: Relayed) -> str:
    return leaf_hash(f"enlace/relayed/v1\n{line(msgspec.to_builtins(relayed.leaf))}\n".encode()).hex()
