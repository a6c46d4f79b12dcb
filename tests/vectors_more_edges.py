"""Edges that a reader meets in no ordinary file: values at their largest and one above, and the rarer spellings.

Each function enters its cases into the book that calls it, at its end.
"""

import json
from typing import Any

from vectors_case import Book
from vectors_spoils import line
from vectors_world import BODIES, NAME, NEW_ROOTS, local, public, salt, signed_text

from crypto.encoding import b64
from crypto.merkle import leaf_hash
from crypto.note import ED25519_TYPE, key_id, write_vkey
from directory.bodies import write_body_bytes
from directory.commitment import commit
from directory.statement import STATEMENT_TYPE

TIME, COUNT = 2**40, 2**53
NIGHT = f"{NAME}/{local('co-night')}"


def add_vkey_edges(book: Book) -> None:
    """A weak key is read as any other: it is refused where a line of it is verified."""
    for name, y in (("weak key", 1), ("y above p", 2**255 - 1)):
        public_key = y.to_bytes(32, "little")
        vkey, typed = write_vkey(NIGHT, ED25519_TYPE + public_key), ED25519_TYPE + public_key
        out = {"name": NIGHT, "type": "AQ==", "key": b64(public_key), "id": key_id(NIGHT, typed).hex()}
        book.good(name, "refused only where a line of it is verified", out, vkey=vkey)


def add_statement_edges(book: Book, network: str) -> None:
    """Largest numbers and lengths, and a policy without a default."""
    usual: dict[str, Any] = {"network": network, "network_name": NAME}
    chief = {"keys": {f"{NAME}/{local('co-chief')}": "co-chief"}}

    def entry_of(value: dict[str, Any], *who: str) -> bytes:
        return signed_text(f"{STATEMENT_TYPE}\n{line(value)}\n", who)

    def good(name: str, description: str, subject: str, value: dict[str, Any], *who: str, **more: Any) -> None:
        entry = entry_of(value, *who)
        names = sorted(f"{NAME}/{local(each)}" for each in who)
        found = {"kind": value["kind"], "subject": subject, "seq": value["seq"], "at": value["at"]}
        out = found | {"network": network, "signers": names, "leaf": leaf_hash(entry).hex()}
        book.good(name, description, out, entry=entry, **(usual | more))

    plain = {"at": TIME, "kind": "retire-contact", "network": network, "seq": COUNT, "contact": "co" + "-a" * 6}
    good("largest numbers", "`at` is 2^40, `seq` 2^53; an id of six parts", f"contact/{plain['contact']}", plain,
         "co-chief", **chief)  # fmt: skip
    circle = {"at": 0, "kind": "set-circle", "network": network, "seq": 0, "circle": "a" * 60}
    circle |= {"members": ["co-" + "a" * 20 + "-" + "b" * 20], "body": "0" * 64}
    good("longest ids", "a circle of 60 characters, a member of three parts", f"circle/{circle['circle']}", circle,
         "co-chief", **chief)  # fmt: skip
    policy = {
        "second": ["revoke-last-device"],
        "clocks": {"flash": 60, "immediate": 61, "priority": 62, "routine": 63},
        "freshness": {"due": 1, "stale": 2, "doubtful": 3},
    }
    keys = {"roots": sorted(map(public, NEW_ROOTS)), "threshold": 1, "duty": public("duty-2")}
    rekey = {"at": 5, "kind": "rekey-roots", "network": network, "seq": 1, "policy": policy} | keys
    good("a policy of its own", "no number is the default", "network", rekey, "root-4", keys={})
    nobody = policy | {"second": []}
    good("a policy without seconds", "an empty list, which is no default", "network", rekey | {"policy": nobody},
         "root-4", keys={})  # fmt: skip

    def bad(name: str, description: str, word: str, value: dict[str, Any]) -> None:
        book.bad(name, description, word, "", entry=entry_of(value, "co-chief"), **(usual | chief))

    for field, group, default in (
        ("immediate", "clocks", 1800),
        ("priority", "clocks", 10800),
        ("routine", "clocks", 21600),
        ("due", "freshness", 120),
        ("stale", "freshness", 150),
        ("doubtful", "freshness", 180),
    ):
        bad(f"{field} at its default", "left out, though the others are not", "not canonical",
            rekey | {"policy": policy | {group: policy[group] | {field: default}}})  # type: ignore[operator]  # fmt: skip
    contact = {"at": 0, "kind": "publish-contact", "network": network, "seq": 0, "contact": "co-a", "member": "co"}
    contact |= {"country": "CO", "function": "f" * 60, "body": "0" * 64}
    good("longest function", "60 characters; every list left out", "contact/co-a", contact, "co-chief", **chief)
    for field in ("officers", "escalation", "circles"):
        bad(f"no {field} written out", "left out", "not canonical", contact | {field: []})
    bad("function too long", "61 characters", "out of range", contact | {"function": "f" * 61})
    both = ["make-administrator", "revoke-last-device"]
    bad("seconds at their default", "left out", "not canonical", rekey | {"policy": policy | {"second": both}})
    bad("empty clocks", "left out", "not canonical", rekey | {"policy": policy | {"clocks": {}}})
    bad("a kind of 60 letters", "a later one", "unknown kind", plain | {"kind": "a" * 60})
    bad("a kind of 61 letters", "too long for any", "out of range", plain | {"kind": "a" * 61})
    bad("minus zero with a fraction", "-0.0", "wrong type", plain | {"seq": -0.0})
    text = f"{STATEMENT_TYPE}\n{line(plain)}\n".replace(f'"seq":{COUNT}', '"seq":-01')
    book.bad("minus one with a zero", "-01", "malformed", "", entry=signed_text(text, ["co-chief"]), **(usual | chief))


def add_body_edges(book: Book) -> None:
    """Largest lengths, and every white space in an e-mail address."""
    desk: dict[str, Any] = json.loads(write_body_bytes(BODIES["co-desk"]))

    def given(value: dict[str, Any]) -> dict[str, Any]:
        raw = line(value).encode()
        return {"kind": "contact", "salt": salt("co-desk"), "body": raw, "commitment": commit(salt("co-desk"), raw)}

    def good(name: str, description: str, **fields: Any) -> None:
        value = desk | fields
        book.good(name, description, {"value": value}, **given(value))

    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        book.bad(name, description, word, "co-desk", **given(desk | fields))

    domain = "a" * 185 + ".com"
    good("longest e-mail", "64 characters, @, 189 more", emails=["b" * 64 + "@" + domain])
    good("odd e-mail", "U+200B and U+180E are no white space here", emails=["a\u200b\u180eb@fiscalia.example"])
    names = {f"{chr(97 + n)}a": "n" * (400 if n == 0 else 1) for n in range(24)}
    good("most of all", "24 names, one of 400 characters, 12 telephones, 8 addresses, 28 spans", names=names,
         phones=[{"number": "+12025550101"}] * 12, emails=["a@b.example"] * 8, notes={"es": "n" * 4000},
         hours={"spans": [{"day": 7, "opens": 0, "closes": 1440}] * 28, "holidays": ["2026-07-20"] * 60},
         zone="A" * 64, city="c" * 120, address="a" * 400, website="w" * 400, respond=COUNT)  # fmt: skip
    bad("e-mail of 65 and a domain", "64 before the @ at most", "bad value", emails=["b" * 65 + "@fiscalia.example"])
    bad("e-mail of 255 characters", "254 at most", "out of range", emails=["b" * 64 + "@a" + domain])
    for code in (*range(0x1C, 0x20), 0x85, 0x2028, 0x3000):
        bad(f"e-mail with U+{code:04X}", "white space", "bad value", emails=[f"la{chr(code)}mesa@fiscalia.example"])
    bad("long zone", "65 characters", "out of range", zone="A" * 65)
    bad("61 holidays", "at most 60", "out of range", hours=desk["hours"] | {"holidays": ["2026-07-20"] * 61})
    bad("29 spans", "at most 28", "out of range", hours={"spans": [{"day": 1, "opens": 0, "closes": 60}] * 29})
    bad("nine e-mails", "at most 8", "out of range", emails=["a@b.example"] * 9)


__all__ = ["add_body_edges", "add_statement_edges", "add_vkey_edges"]
