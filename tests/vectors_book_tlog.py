"""Vectors of what a log's readers share: names of tiles, bundles, policies, and proofs for a stranger."""

from typing import Any

from vectors_case import Book
from vectors_log import staffed
from vectors_world import ORIGIN, START, pair

from crypto.checkpoint import Checkpoint
from crypto.cosignature import cosign, cosigner_keys, log_keys
from crypto.merkle import Tree, leaf_hash
from crypto.note import Note, parse_note, write_vkey
from crypto.policy import Group, Policy, PolicyLog, PolicyWitness, vkey, write_policy
from crypto.proof import Proof
from crypto.tiles import Tile, path_of, write_bundle

TIME = START + 86_400
MEMBERS = {each: f"witness-{each}" for each in ("co", "pe", "cl")}
URL = "https://relay.enlace.example:8460/v1/log"


def tile_book() -> Book:
    """Names of tiles, and bundles of entries."""
    book = Book("tile", "docs/formats/tiles.md")
    for tile in (
        Tile(0, 0), Tile(0, 1_234_067), Tile(0, 273, 112), Tile(1, 0, 1), Tile(63, 999, 255), Tile(None, 1000),
        Tile(None, 1234, 8), Tile(0, 2**55 - 1),
    ):  # fmt: skip
        out = {"level": "entries" if tile.level is None else tile.level, "number": tile.number, "width": tile.width}
        book.good(path_of(tile).replace("/", " "), "a tile's name", out, path=path_of(tile))
    for path in (
        "tile/0/0", "tile/0/0000", "tile/00/000", "tile/64/000", "tile/0/x000/001", "tile/0/001/002", "tile/0/X001/002",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p", "tile/0/000/", "/tile/0/000",
        "tile/Entries/000", "tiles/0/000", "tile/0/x009/x223/x372/x036/x854/x775/808",
    ):  # fmt: skip
        book.bad(path.replace("/", " "), "no tile is called that", "malformed", "", path=path)
    entries = [b"one", b"", b"x" * 300]
    bundle = write_bundle(entries)
    book.good("bundle", "three entries", {"entries": [each.hex() for each in entries]}, bundle=bundle, width=3)
    for name, raw, width in (
        ("bundle: cut off", bundle[:-1], 3),
        ("bundle: half a length", bundle + b"\0", 4),
        ("bundle: fewer entries", bundle, 4),
        ("bundle: more entries", bundle, 2),
    ):
        book.bad(name, "a bundle that does not hold what its name says", "malformed", "", bundle=raw, width=width)
    return book


def _both(member: str) -> tuple[PolicyWitness, PolicyWitness]:
    ed25519, mldsa44 = cosigner_keys(f"enlace.example/witness/{member}", pair(MEMBERS[member]).public)
    return PolicyWitness(f"{member}-ed25519", ed25519), PolicyWitness(f"{member}-mldsa44", mldsa44)


def _policy(needed: int) -> Policy:
    ed25519, mldsa44 = log_keys(ORIGIN, pair("log").public)
    return Policy(
        (PolicyLog(ed25519, URL), PolicyLog(mldsa44, URL)),
        tuple(each for member in MEMBERS for each in _both(member)),
        (
            *(Group(member, 2, (f"{member}-ed25519", f"{member}-mldsa44")) for member in MEMBERS),
            Group("members", needed, tuple(MEMBERS)),
        ),
        "members",
    )


def policy_book() -> Book:
    """Trust policies."""
    book = Book("policy", "docs/formats/policy.md")
    good = write_policy(_policy(2))

    def shape(policy: Policy) -> dict[str, Any]:
        return {
            "logs": [vkey(each.key) for each in policy.logs],
            "witnesses": [[each.name, vkey(each.key)] for each in policy.witnesses],
            "groups": [[each.name, each.needed, *each.members] for each in policy.groups],
            "quorum": policy.quorum,
        }

    book.good("two of three members", "each with both keys", shape(_policy(2)), policy=good)
    book.good("nobody", "no witness is needed", shape(Policy()), policy=b"quorum none\n")
    loose = b"# who counts\n\n \t" + good.replace(b" ", b"\t ").replace(b"\n", b" \n")
    book.good("with comments and tabs", "the same", shape(_policy(2)), "two of three members", policy=loose)
    one = f"witness w {vkey(_both('co')[0].key)}\n"
    log = f"log {vkey(_policy(2).logs[0].key)}\n"
    none = "quorum none\n"
    both = log_keys(ORIGIN, pair("log").public)[1]
    log_twice = f"log {vkey(both)}\nwitness w {vkey(both)}\n{none}"
    for name, text in (
        ("no quorum", log),
        ("no newline at the end", "quorum none"),
        ("two quorums", none * 2),
        ("a quorum that nothing is called", "quorum w\n"),
        ("a quorum above what it names", f"quorum w\n{one}"),
        ("a group of nobody", f"{one}group g any\n{none}"),
        ("a group of none", f"group g any none\n{none}"),
        ("a group that needs nobody", f"{one}group g 0 w\n{none}"),
        ("a group that needs too many", f"{one}group g 2 w\n{none}"),
        ("a member twice", f"{one}group g any w w\n{none}"),
        ("a member of two groups", f"{one}group g any w\ngroup h any w\n{none}"),
        ("a witness called none", f"{one.replace(' w ', ' none ')}{none}"),
        ("a key twice", f"{one}{one.replace(' w ', ' v ')}{none}"),
        ("a log with a witness's key", f"log {vkey(_both('co')[0].key)}\n{none}"),
        ("a witness with a log's key", f"witness w {vkey(_policy(2).logs[0].key)}\n{none}"),
        ("a key of another type", f"log {write_vkey('a', b'x' + bytes(32))}\n{none}"),
        ("a log that is its own witness", log_twice),
        ("another word", f"logs {none}"),
        ("CRLF", "quorum none\r\n"),
        ("a zero byte", "quorum none\n\0\n"),
    ):
        book.bad(name, "no policy", "malformed", "", policy=text.encode())
    book.bad(
        "another key's id", "no policy", "wrong key id", "", policy=log.replace("log.", "lag.", 1).encode() + b"#\n"
    )
    return book


def proof_book() -> Book:
    """Proofs, with the policy and the entry they are verified with."""
    book = Book("tlog-proof", "docs/formats/proof.md")
    log = staffed()
    entries = log.entries
    tree = Tree(map(leaf_hash, entries))
    point = Checkpoint(ORIGIN, len(tree), tree.root())
    note = parse_note(log.checkpoint(TIME))

    def checkpoint(**times: int) -> bytes:
        lines = [
            line
            for member, time in times.items()
            for line in cosign(point, pair(MEMBERS[member]), f"enlace.example/witness/{member}", time)
        ]
        return Note(note.text, (*note.signatures, *lines)).write()

    raw = checkpoint(co=TIME + 60, pe=TIME + 120)
    index = 3
    proof = Proof(index, tuple(tree.inclusion(index, len(tree))), raw, b"more")
    written, policy, entry = proof.write(), write_policy(_policy(2)), entries[index]
    times = {
        f"{member}-{kind}": TIME + at for member, at in (("co", 60), ("pe", 120)) for kind in ("ed25519", "mldsa44")
    }
    out = {"index": index, "size": len(tree), "time": TIME + 60, "times": times, "extra": b"more".hex()}
    first = "two of three"
    book.good(first, "cosigned by two members", out, proof=written, policy=policy, entry=entry)
    later = checkpoint(co=TIME + 60, pe=TIME + 120, cl=TIME + 180)
    more = times | {"cl-ed25519": TIME + 180, "cl-mldsa44": TIME + 180}
    book.good(
        "three of three", "the second newest counts", out | {"time": TIME + 120, "times": more}, first,
        proof=Proof(index, proof.path, later, b"more").write(), policy=policy, entry=entry,
    )  # fmt: skip
    alone = write_policy(Policy(_policy(2).logs))
    plain = out | {"time": TIME, "times": {}, "extra": ""}
    book.good(
        "unwitnessed", "the log's own time", plain, first,
        proof=Proof(index, proof.path, note.write()).write(), policy=alone, entry=entry,
    )  # fmt: skip

    def bad(name: str, why: str, word: str, **inputs: bytes) -> None:
        book.bad(name, why, word, first, **({"proof": written, "policy": policy, "entry": entry} | inputs))

    for name, old, new in (
        ("another version", b"@v1", b"@v2"),
        ("no index", b"index 3\n", b""),
        ("an index that is not canonical", b"index 3\n", b"index 03\n"),
        ("extra without anything", b"extra bW9yZQ==", b"extra "),
        ("extra behind the index", b"extra bW9yZQ==\nindex 3\n", b"index 3\nextra bW9yZQ==\n"),
        ("an extension line", b"\n18\n", b"\n18\nmore\n"),
    ):
        bad(name, "no proof", "malformed", proof=written.replace(old, new, 1))
    bad("one of three", "too few witnesses", "unsatisfied",
        proof=Proof(index, proof.path, checkpoint(co=TIME)).write())  # fmt: skip
    bad("half of a member", "only its Ed25519 line", "unsatisfied",
        proof=Proof(index, proof.path, Note(note.text, parse_note(raw).signatures[:-1]).write()).write())  # fmt: skip
    note_keys = pair("log").public
    bad("another log's policy", "the policy does not know the origin", "unsatisfied",
        policy=write_policy(Policy(tuple(map(PolicyLog, log_keys("log.other.example/1", note_keys))))))  # fmt: skip
    signed = parse_note(raw).signatures
    bad("half of the log", "only one of the log's two lines", "signature missing",
        proof=Proof(index, proof.path, Note(note.text, signed[1:]).write()).write())  # fmt: skip
    bad("a line twice", "a witness's line stands twice", "signature repeated",
        proof=Proof(index, proof.path, Note(note.text, (*signed, signed[-1])).write()).write())  # fmt: skip
    other = cosign(Checkpoint(ORIGIN, 19, tree.root()), pair(MEMBERS["cl"]), "enlace.example/witness/cl", TIME)
    bad("a line over another size", "of a witness that the policy names", "bad signature",
        proof=Proof(index, proof.path, Note(note.text, (*signed, other[0])).write()).write())  # fmt: skip
    bad("another entry", "of the same log", "bad proof", entry=entries[index + 1])
    bad("another index", "of the same log", "bad proof", proof=Proof(index + 1, proof.path, raw).write())
    bad("a path that is too short", "its first hash is missing", "bad proof",
        proof=Proof(index, proof.path[1:], raw).write())  # fmt: skip
    return book
