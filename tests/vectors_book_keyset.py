"""Vectors of key sets."""

from functools import cache
from typing import Any

import msgspec
from vectors_case import Book
from vectors_log import staffed
from vectors_sealed_edges import add_keyset_edges
from vectors_spoils import Signed, line, spoil_signatures, spoil_texts, spoiled_texts
from vectors_world import DAY, NAME, START, identity, local, pair, recipient

from crypto.encoding import b64
from crypto.signing import sign_both
from directory.keyset import EPOCH, GRACE, KEYSET_TYPE, MOST_KEYSET_BYTES, Epoch, KeySet, recipient_key, write_keyset

DEVICE = "ec-night"
NOW = START + 3 * DAY
IDENTITIES = (f"{DEVICE} epoch 1", f"{DEVICE} epoch 2", f"{DEVICE} fallback")


def epoch(number: int, **fields: Any) -> Epoch:
    """The device's epoch of a number, from 1."""
    opens = START + (number - 1) * EPOCH
    everything: dict[str, Any] = {
        "opens": opens,
        "closes": opens + EPOCH,
        "erase": opens + EPOCH + GRACE,
        "recipient": recipient(f"{DEVICE} epoch {number}"),
    }
    return Epoch(**(everything | fields))


def keyset(number: int = 1, **fields: Any) -> KeySet:
    """The key set of two epochs and the fallback; `fields` overrules anything."""
    everything: dict[str, Any] = {
        "network": staffed().view.founded.id,
        "device": local(DEVICE),
        "number": number,
        "at": START,
        "epochs": (epoch(1), epoch(2)),
        "fallback": recipient(f"{DEVICE} fallback"),
    }
    return KeySet(**(everything | fields))


@cache
def signed(number: int = 1) -> bytes:
    """The key set as a note."""
    return write_keyset(keyset(number), f"{NAME}/{local(DEVICE)}", pair(DEVICE))


def sign(value: KeySet | str) -> bytes:
    """Any key set, or text, signed by the device, whether a reader takes it or not."""
    plain: dict[str, Any] = msgspec.to_builtins(value) if isinstance(value, KeySet) else {}
    text = value if isinstance(value, str) else f"{KEYSET_TYPE}\n{line(plain)}\n"
    return sign_both(pair(DEVICE), f"{NAME}/{local(DEVICE)}", text)


def keyset_book() -> Book:
    """Key sets of one device."""
    book = Book("keyset", "docs/formats/keyset.md")
    inputs: dict[str, Any] = {
        "network": staffed().view.founded.id,
        "network_name": NAME,
        "device": local(DEVICE),
        "keys": DEVICE,
        "now": NOW,
    }

    def out(number: int, key: str, erase: int) -> dict[str, Any]:
        identity = recipient_key_of(f"{DEVICE} {key}")
        return {"number": number, "epochs": 2, "key": identity, "erase": erase}

    def good(name: str, description: str, found: dict[str, Any], **more: Any) -> None:
        book.good(name, description, found, **({"keyset": signed()} | inputs | more))

    good("first epoch", "the first of two epochs is current", out(1, "epoch 1", epoch(1).erase))
    good("second epoch", "at its first second", out(1, "epoch 2", epoch(2).erase), now=START + EPOCH)
    good("fallback before", "no epoch has opened yet", out(1, "fallback", 0), now=START - 1)
    good("fallback after", "both epochs have closed", out(1, "fallback", 0), now=START + 2 * EPOCH)
    good(
        "next number",
        "a newer set than the one seen",
        out(2, "epoch 1", epoch(1).erase),
        keyset=signed(2),
        seen=signed(1),
    )
    good("the same again", "the set that was seen", out(1, "epoch 1", epoch(1).erase), seen=signed(1))

    last = START + 2 * EPOCH + GRACE
    good("fallback at last", "a second before the set has run out", out(1, "fallback", 0), now=last - 1)

    def bad(name: str, description: str, word: str, value: KeySet | str, **more: Any) -> None:
        book.bad(name, description, word, "first epoch", **({"keyset": sign(value)} | inputs | more))

    def epochs(*each: Epoch) -> KeySet:
        return keyset(epochs=each)

    bad("older", "a set with a lower number than the one seen", "older than seen", keyset(1), seen=signed(2))
    bad("run out", "15 days after the last epoch closed", "ran out", keyset(), now=last)
    bad("long run out", "a year later", "ran out", keyset(), now=last + 365 * DAY)
    other = keyset(at=START + 1)
    bad("two sets of one number", "another set under the number seen", "two versions", other, seen=signed(1))
    bad("another network", "rightly signed for another network", "wrong network", keyset(network="0" * 64))
    bad("another device", "rightly signed, naming another device", "wrong network", keyset(device=local("ec-chief")))
    bad("no epoch", "the list of epochs is empty", "out of range", epochs())
    many = [epoch(n, recipient=recipient(f"{DEVICE} epoch 1")) for n in range(1, 18)]
    bad("17 epochs", "at most 16 are allowed", "out of range", epochs(*many))
    bad(
        "overlap",
        "the second epoch opens before the first closes",
        "overlap",
        epochs(epoch(1), epoch(2, opens=START + EPOCH - 1)),
    )
    bad("out of order", "the later epoch stands first", "overlap", epochs(epoch(2), epoch(1)))
    bad("empty epoch", "an epoch closes when it opens", "overlap", epochs(epoch(1, closes=START)))
    bad(
        "erased too early",
        "a second before the longest expiry and a day",
        "erased too early",
        epochs(epoch(1, erase=START + EPOCH + GRACE - 1)),
    )
    bad(
        "recipient twice",
        "two epochs share a recipient",
        "repeated",
        epochs(epoch(1), epoch(2, recipient=epoch(1).recipient)),
    )
    bad(
        "fallback is an epoch's",
        "the fallback is the recipient of an epoch",
        "repeated",
        keyset(fallback=epoch(1).recipient),
    )
    weak = epoch(1).recipient[:1580]
    bad("recipient cut", "a recipient of fewer bytes", "bad value", epochs(epoch(1, recipient=weak)))
    raw = _raw(1)
    bad(
        "X25519 half of low order",
        "its 32 bytes are zero",
        "bad recipient",
        epochs(epoch(1, recipient=b64(raw[:1184] + bytes(32)))),
    )
    bad(
        "ML-KEM half out of range",
        "coefficients above 3328",
        "bad recipient",
        epochs(epoch(1, recipient=b64(b"\xff" * 1184 + raw[1184:]))),
    )
    spare = epoch(1).recipient[:-3] + "B=="
    bad(
        "loose base64",
        "the last digit has bits that no byte takes up",
        "not canonical",
        epochs(epoch(1, recipient=spare)),
    )

    def large(name: str, description: str, value: KeySet) -> None:
        good(name, description, out(1, "epoch 1", epoch(1).erase), keyset=sign(value))

    add_keyset_edges(large, bad, lambda each: epochs(epoch(1), epoch(2, recipient=each)), raw)
    name = f"{NAME}/{local(DEVICE)}"
    case = Signed(book, "keyset", "first epoch", DEVICE, name, signed(), inputs)
    value: dict[str, Any] = msgspec.to_builtins(keyset())
    spoil_texts(case, spoiled_texts(KEYSET_TYPE, value, "at"))
    spoil_signatures(case, MOST_KEYSET_BYTES)
    return book


def recipient_key_of(name: str) -> str:
    """The key id of an identity of keys.json."""
    return recipient_key(_raw_of(name))


def _raw_of(name: str) -> bytes:
    return identity(name).recipient().raw


def _raw(number: int) -> bytes:
    return _raw_of(f"{DEVICE} epoch {number}")
