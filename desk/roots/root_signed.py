"""The file that comes back from the root keys: the request again, and signatures over each of its statements.

    enlace/root-signed/v1
    {"asked":{…},"roots":["…","…","…"],"signatures":[{"key":"…","over":["…"]}],"threshold":2}

Byte by byte: the type line, one line of canonical JSON (`Signed`), a newline after each, at most 8 MiB in all. Base64
in the canonical spelling, with padding.

 field      | what
 asked      | as in the request (`desk.roots.root_request`), unchanged: its hash is the request's id
 roots      | the root keys before the first statement (32 bytes each, base64, sorted), as the signing machine verified
            | them; left out for a founding
 signatures | by key, sorted: the Ed25519 signatures (64 bytes) over the texts of the statements, in their order; an
            | empty text where the key has no say in a statement
 threshold  | how many of `roots` have to sign; left out for a founding

1. Every signature verifies, by a key among `roots` or one that the statement names; nobody else's stands there, and a
   key stands there once. So a file that was altered is refused by whoever reads it, on any machine.
2. A request is bounded so that there is room for everybody's signatures, here and in what is published (`check_room`):
   nobody carries a stick to three vaults for a file that cannot be read afterwards.
3. That `roots` are the network's is the signing machine's word. Whoever publishes goes by their own directory, and
   makes the signature lines: `NAME/root-…`, with the network's name, which is no part of what is signed.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.encoding import EncodingError, b64, unb64
from crypto.errors import CryptoError
from crypto.fingerprint import fingerprint, short_fingerprint
from crypto.note import Ed25519Verifier, Signature
from desk.roots.drafts import Asked, groups, local_id, missing
from directory.canonical import Malformed, OtherType, decode, encode, write_body
from directory.fields import Count, Key32
from directory.judge_network import MOST_ROOTS
from directory.statement import FoundNetwork, SignedStatement, signed_entry
from directory.view import View

SIGNED_TYPE = "enlace/root-signed/v1"
MOST_SIGNED_BYTES = 8 << 20
_SIGNATURE_SIZE = 64
_MOST_LINE = 180  # bytes of a signature line in JSON, beside the network's name: 4 + 1 + 69 + 1 + 92 + 2, and some
_AROUND = 4096  # what stands once in a file: its type, the roots' keys, the threshold, names of fields
Over = Annotated[str, msgspec.Meta(max_length=88)]


class RootSignatures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One root key's signatures, a text for each statement."""

    key: Key32
    over: tuple[Over, ...]

    @property
    def local(self) -> str:
        """The key's local id."""
        return local_id(self.key)


class Signed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The second line of a signed file: see the table above."""

    asked: Asked
    signatures: Annotated[tuple[RootSignatures, ...], msgspec.Meta(min_length=1, max_length=2 * MOST_ROOTS)]
    roots: Annotated[tuple[Key32, ...], msgspec.Meta(max_length=MOST_ROOTS)] = ()
    threshold: Count = 0

    def signers(self) -> list[frozenset[str]]:
        """Who signed, for each statement, by local id."""
        numbers = range(len(self.asked.statements))
        return [frozenset(each.local for each in self.signatures if each.over[number]) for number in numbers]

    def missing(self) -> tuple[int, int]:
        """How many present root keys, and how many new ones, have still to sign, going by `roots`."""
        statements = [each.statement for each in self.asked.drafts()]
        return missing(groups(statements, map(local_id, self.roots), self.threshold), self.signers())

    def entries(self, name: str) -> list[bytes]:
        """The statements as entries of the log of the network called `name`, with all signatures."""
        return [
            signed_entry(each.note.text, (*each.note.signatures, *self._lines(name, number)))
            for number, each in enumerate(self.asked.drafts())
        ]

    def _lines(self, name: str, number: int) -> list[Signature]:
        return [_line(name, each, each.over[number]) for each in self.signatures if each.over[number]]


def sign(asked: Asked, roots: Sequence[str], threshold: int, keys: Sequence[Ed25519PrivateKey]) -> Signed:
    """The request with the signatures of `keys`; raises Malformed for a key that has no say in any of it."""
    drafts, found = asked.drafts(), list[RootSignatures]()
    say = _say(drafts, roots, threshold)
    for public, key in sorted((b64(each.public_key().public_bytes_raw()), each) for each in keys):
        local = local_id(public)
        texts = [draft.note.text if local in those else "" for draft, those in zip(drafts, say, strict=True)]
        over = tuple(b64(key.sign(text.encode())) if text else "" for text in texts)
        found.append(RootSignatures(key=public, over=over))
    signed = Signed(asked=asked, signatures=tuple(found), roots=tuple(roots), threshold=threshold)
    check_signed(signed)
    return signed


def check_room(asked: Asked, view: View) -> None:
    """Return if the request with the signatures of all who may sign fits in a file, and into what is published.

    Raises Malformed for one that would not.
    """
    drafts = asked.drafts()
    first, network = drafts[0].statement, view.network
    name = first.name if isinstance(first, FoundNetwork) else view.founded.name
    roots = tuple(map(b64, network.roots.values())) if network is not None else ()
    say = _say(drafts, roots, network.threshold if network is not None else 0)
    # As a line below the statement a signature takes more than here: the name, two hashes' worth of id and base64.
    room = sum(map(len, say)) * (len(name.encode()) + _MOST_LINE) + _AROUND
    if len(encode(asked)) + room > MOST_SIGNED_BYTES:
        raise Malformed("with all signatures this would be too much for one file: ask for less at a time")


def write_signed(signed: Signed) -> bytes:
    """The file; refuses (Malformed) one that `read_signed_file` would not take."""
    raw = write_body(SIGNED_TYPE, signed).encode()
    if len(raw) > MOST_SIGNED_BYTES:
        raise Malformed("with its signatures this is too much for one file: have less asked for at a time")
    return raw


def read_signed(raw: bytes) -> Signed:
    """The signed request in a file, its signatures verified (rule 1); raises Malformed for anything else."""
    if len(raw) > MOST_SIGNED_BYTES:
        raise Malformed(f"a file of {len(raw)} bytes; at most {MOST_SIGNED_BYTES} are accepted")
    first, newline, rest = raw.partition(b"\n")
    if first != SIGNED_TYPE.encode() or not newline:
        raise OtherType(f"its first line is not {SIGNED_TYPE!r}")
    if not rest.endswith(b"\n"):
        raise Malformed("it ends too early: it was cut off on the way")
    signed = decode(rest[:-1], Signed, MOST_SIGNED_BYTES)
    check_signed(signed)
    return signed


def check_signed(signed: Signed) -> None:
    """Return if every signature is a good one, by a key whose word counts, once (rule 1); raise Malformed if not."""
    drafts, keys = signed.asked.drafts(), [each.key for each in signed.signatures]
    if keys != sorted(set(keys)) or list(signed.roots) != sorted(set(signed.roots)):
        raise Malformed("its keys are to be sorted, each of them once")
    founds = isinstance(drafts[0].statement, FoundNetwork)
    if founds != (not signed.roots) or not (0 if founds else 1) <= signed.threshold <= len(signed.roots):
        raise Malformed("its threshold does not go with its root keys")
    say = _say(drafts, signed.roots, signed.threshold)
    for each in signed.signatures:
        if len(each.over) != len(drafts):
            raise Malformed("it has not one signature of each key for each statement")
        _check_key(each, drafts, say)


def combine(files: Sequence[tuple[str, Signed]]) -> Signed:
    """One signed request from several, each with the name it is called by.

    Raises Malformed where they are not of the same request, or a key signed in two of them.
    """
    (first, whole), seen = files[0], dict[str, str]()
    for name, each in files:
        if each.asked != whole.asked:
            ids = [short_fingerprint(one.asked.id) for one in (whole, each)]
            raise Malformed(f"{first} and {name} are of different requests ({ids[0]} …, {ids[1]} …)")
        if (each.roots, each.threshold) != (whole.roots, whole.threshold):
            raise Malformed(f"{first} and {name} were signed over different directories: make the request anew")
        for one in each.signatures:
            if one.key in seen:
                words = f"root key {fingerprint(one.local)} signed in {seen[one.key]} and in {name}"
                raise Malformed(f"{words}: give each signature once")
            seen[one.key] = name
    together = sorted((one for _, each in files for one in each.signatures), key=lambda one: one.key)
    return msgspec.structs.replace(whole, signatures=tuple(together))


def _say(drafts: Sequence[SignedStatement], roots: Sequence[str], threshold: int) -> list[frozenset[str]]:
    """For each statement the root keys (local ids) that have a say in it."""
    needed = groups([each.statement for each in drafts], map(local_id, roots), threshold)
    return [frozenset[str]().union(*(group.keys for group in each)) for each in needed]


def _check_key(signatures: RootSignatures, drafts: Sequence[SignedStatement], say: Sequence[frozenset[str]]) -> None:
    who = f"root key {fingerprint(signatures.local)}"
    if not any(signatures.local in each for each in say):
        raise Malformed(f"{who} has no say in this: it is none of the network's, and is not named to become one")
    for over, draft, those in zip(signatures.over, drafts, say, strict=True):
        if bool(over) != (signatures.local in those):
            raise Malformed(f"{who} has not signed just what it has a say in")
        if not over:
            continue
        try:
            verifier = Ed25519Verifier(signatures.local, unb64(signatures.key, 32))
            verifier.check(draft.note.text.encode(), unb64(over, _SIGNATURE_SIZE))
        except (CryptoError, EncodingError) as error:
            words = f"the signature of {who} is wrong: what was signed, or the signature, was altered"
            raise Malformed(words) from error


def _line(name: str, signatures: RootSignatures, over: str) -> Signature:
    named, public = f"{name}/{signatures.local}", unb64(signatures.key, 32)
    return Signature(named, Ed25519Verifier(named, public).key_id, unb64(over, _SIGNATURE_SIZE))
