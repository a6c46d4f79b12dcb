"""Vectors of what a log asks its witnesses, how they answer, and what an answer's lines say."""

from vectors_book_tlog import MEMBERS, TIME, _policy
from vectors_case import Book
from vectors_world import ORIGIN, pair

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.cosignature import cosign, write_lines
from crypto.encoding import b64
from crypto.merkle import EMPTY_ROOT, Tree, leaf_hash
from crypto.note import Note, Signature, parse_note
from crypto.policy import write_policy
from relay.rules.witnessing import AddCheckpoint

NAME = "enlace.example/witness/co"
POLICY = write_policy(_policy(2))
OLD, NEW = 20, 37
_ENTRIES = [b"entry %d\n" % at for at in range(NEW)]
_OTHER = [b"other %d\n" % at if at >= 11 else each for at, each in enumerate(_ENTRIES)]
_HASH = b64(bytes(32)).encode() + b"\n"
_SHORT = b64(bytes(31)).encode() + b"\n"


def tree(size: int, entries: list[bytes] = _ENTRIES) -> Tree:
    """The tree over the first entries."""
    return Tree(map(leaf_hash, entries[:size]))


def checkpoint(size: int, entries: list[bytes] = _ENTRIES, origin: str = ORIGIN, keys: str = "log") -> bytes:
    """What the log signs over so many entries."""
    return sign_checkpoint(Checkpoint(origin, size, tree(size, entries).root()), pair(keys), TIME)


def asked(old: int, size: int, entries: list[bytes] = _ENTRIES) -> bytes:
    """A request's body, with the proof from `old`, if there is one."""
    proof = tuple(tree(size, entries).consistency(old, size)) if old <= size else ()
    return AddCheckpoint(old, proof, checkpoint(size, entries)).write()


def alone(raw: bytes, old: int = OLD, *proof: bytes) -> bytes:
    """A request's body about a checkpoint, with whatever proof."""
    return AddCheckpoint(old, proof, raw).write()


def witness_book() -> Book:
    """Requests to a witness that has cosigned so much, and answers."""
    book = Book("add-checkpoint", "docs/formats/add-checkpoint.md")
    first = "it grows"

    def good(name: str, why: str, out: dict[str, object], request: bytes, last: int = OLD, root: bytes = b"") -> None:
        had = {"last_size": last, "last_root": (root or tree(last).root()).hex()}
        book.good(name, why, out, "" if name == first else first, request=request, policy=POLICY, **had)

    def cosigned(size: int) -> dict[str, object]:
        return {"status": 200, "size": size, "root": tree(size).root().hex()}

    conflict = {"status": 409, "answer": f"{OLD}\n"}
    whole = asked(OLD, NEW)
    good(first, "from the size cosigned last", cosigned(NEW), whole)
    good("it stands still", "the same tree, vouched for anew", cosigned(OLD), asked(OLD, OLD))
    good("the first", "nothing was cosigned before", cosigned(NEW), asked(0, NEW), 0, EMPTY_ROOT)
    good("an empty log", "nothing was cosigned before", cosigned(0), alone(checkpoint(0), 0), 0,
         EMPTY_ROOT)  # fmt: skip
    note = parse_note(checkpoint(NEW))
    others = [each for at in range(16) for each in cosign(Checkpoint(ORIGIN, NEW, tree(NEW).root()),
              pair(MEMBERS["pe"]), f"w{at}.example", TIME)]  # fmt: skip
    full = AddCheckpoint(
        OLD, tuple(tree(NEW).consistency(OLD, NEW)), Note(note.text, (*note.signatures, *others)).write()
    )
    good("cosigned by sixteen others", "lines of keys that are not known are ignored", cosigned(NEW), full.write())
    for name, why, status, request in (
        ("no old", "its first line is missing", 400, whole.partition(b"\n")[2]),
        ("old 020", "a leading zero", 400, whole.replace(b"old 20", b"old 020", 1)),
        ("old of 2^63", "out of bounds", 400, whole.replace(b"old 20", b"old 9223372036854775808", 1)),
        ("CRLF", "another end of lines", 400, whole.replace(b"\n", b"\r\n")),
        ("no empty line", "the checkpoint follows at once", 400, whole.replace(b"\n\n", b"\n", 1)),
        ("64 hashes", "one more than may be", 400, whole.replace(b"old 20\n", b"old 20\n" + _HASH * 64, 1)),
        ("a hash of 31 bytes", "none", 400, whole.replace(b"old 20\n", b"old 20\n" + _SHORT, 1)),
        ("unsigned", "a checkpoint without lines", 400, b"old 20\n\n" + note.text.encode()),
        ("an extension line", "checkpoint.md, rule 2", 400, whole.replace(b"\n37\n", b"\n37\nmore\n", 1)),
        ("old above the checkpoint's size", "it shrinks", 400, alone(checkpoint(OLD - 1))),
        ("another log", "no key is known for it", 404, alone(checkpoint(3, origin="log.other.example/1"), 0)),
        ("another key", "under the log's name", 403, alone(checkpoint(NEW, keys="receipt"))),
        ("half signed", "by one key of two", 403, alone(Note(note.text, note.signatures[:1]).write())),
        ("another size in the text", "its lines are wrong", 403, whole.replace(b"\n37\n", b"\n38\n", 1)),
        ("no way", "the proof is missing", 422, alone(checkpoint(NEW))),
        ("another history", "whose proof starts elsewhere", 422, asked(OLD, NEW, _OTHER)),
        ("a proof from itself", "hashes where none belong", 422, alone(checkpoint(OLD), OLD, bytes(32))),
    ):  # fmt: skip
        good(name, why, {"status": status}, request)
    good("from nothing with hashes", "hashes where none belong", {"status": 422},
         alone(checkpoint(NEW), 0, bytes(32)), 0, EMPTY_ROOT)  # fmt: skip
    good("old too small", "it has cosigned more", conflict, asked(3, NEW))
    good("old too large", "it has cosigned less", conflict, asked(OLD + 1, NEW))
    good("two roots of one size", "the log is split", conflict, asked(OLD, OLD, _OTHER))
    _answers(book, whole)
    return book


def _at(line: Signature, time: int) -> bytes:
    """A cosignature that says another time."""
    return write_lines([Signature(line.name, line.key_id, time.to_bytes(8, "big") + line.blob[8:])])


def _answers(book: Book, request: bytes) -> None:
    """What a log makes of an answer's lines."""
    point = Checkpoint(ORIGIN, NEW, tree(NEW).root())
    lines = cosign(point, pair(MEMBERS["co"]), NAME, TIME + 60)
    answer, like = write_lines(lines), "an answer"
    times = {"co-ed25519": TIME + 60, "co-mldsa44": TIME + 60}
    book.good(
        like, "both lines of a witness", {"times": times}, "it grows", answer=answer, request=request, policy=POLICY
    )
    stranger = write_lines(cosign(point, pair(MEMBERS["co"]), "w.example", TIME))
    book.good("with a stranger's lines", "they are ignored", {"times": times}, like, answer=stranger + answer,
              request=request, policy=POLICY)  # fmt: skip
    other = write_lines(cosign(Checkpoint(ORIGIN, OLD, tree(OLD).root()), pair(MEMBERS["co"]), NAME, TIME))
    for name, why, word, raw in (
        ("nothing", "no line", "malformed", b""),
        ("words", "no lines", "malformed", b"hello\n"),
        ("no newline", "the last line is cut", "malformed", answer[:-1]),
        ("a checkpoint too", "more than lines", "malformed", checkpoint(NEW)),
        ("of another tree", "lines on a smaller one", "bad signature", other),
        ("CRLF at its ends", "another end of lines", "malformed", answer.replace(b"\n", b"\r\n")),
        ("an empty line between", "more than lines", "malformed", answer.replace(b"\n", b"\n\n", 1)),
        ("33 lines", "one more than may be", "malformed", write_lines(lines[:1] * 33)),
        (
            "a wrong Ed25519 line",
            "another time than it signs",
            "bad signature",
            _at(lines[0], TIME) + write_lines(lines[1:]),
        ),
        ("a wrong ML-DSA-44 line", "another time than it signs", "bad signature", _at(lines[1], TIME)),
        ("a time of 2^63", "out of bounds", "bad signature", _at(lines[0], 2**63)),
        ("twice", "each line stands twice", "signature repeated", answer * 2),
    ):
        book.bad(name, why, word, like, answer=raw, request=request, policy=POLICY)
