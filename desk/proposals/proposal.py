"""What a proposal says, in plain words: for whoever is asked to put a signature beside somebody else's.

1. Nothing is left out and nothing is cut: every field of every statement, at its default too, a list item by item, and
   the details (bodies) that it commits to.
2. Beside what is to hold stands what holds today, wherever there is such a thing, so that a key exchanged or a role
   taken away is seen. Later statements of a proposal are compared with what the earlier ones make of it.
3. An id comes with what this desk knows of it, and says so where it knows nothing. Keys are fingerprints, as they are
   read aloud. Who signed is told from signatures that verify.
4. Words of others stand here as they wrote them; whoever shows them makes them safe (`desk.safe_text`).

Pure: the proposal, the verified view, the bodies this desk holds, and the time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crypto.encoding import EncodingError
from crypto.errors import CryptoError
from crypto.fingerprint import fingerprint
from desk.entries.opened_body import with_commitment
from desk.errors import Usage
from desk.proposals.words import Known, Words, words_of
from desk.roots.drafts import Asked, Group, as_if_signed, groups
from directory.canonical import Malformed
from directory.judge import Refused, admit, signed_by
from directory.judge_network import duty_id
from directory.statement import SignedStatement
from directory.view import Subject, View
from relay.protocol.requests import NewStatements


@dataclass(frozen=True, slots=True)
class Row:
    """One fact: what is to hold, and what holds today where that is another (None: the same, or nothing to compare)."""

    name: str
    value: Words
    today: Words | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One statement of a proposal; `verdict` is what the directory's rules say of it as it is signed so far."""

    number: int
    of: int
    kind: str
    rows: tuple[Row, ...]
    signed_by: tuple[str, ...]
    verdict: str

    def plain(self) -> dict[str, Any]:
        """The same for programs."""
        rows = [
            {"name": row.name, "value": row.value} | ({"today": row.today} if row.today is not None else {})
            for row in self.rows
        ]
        head = {"number": self.number, "of": self.of, "kind": self.kind}
        return head | {"rows": rows, "signed_by": self.signed_by, "verdict": self.verdict}


def describe(
    request: NewStatements, statements: list[SignedStatement], view: View, held: Mapping[str, bytes], now: int
) -> list[Item]:
    """Every statement of a proposal; raises Usage if one carries a signature that does not verify."""
    bodies, items = dict(held) | _brought(request), list[Item]()
    for number, (raw, signed) in enumerate(zip(request.statements, statements, strict=True), 1):
        try:
            known = Known(view, bodies, now)
            signers = tuple(_signers(known, signed))
            after, verdict = _judged(view, raw.encode(), now)
        except (CryptoError, Malformed) as error:
            raise Usage(f"statement {number} of this proposal was altered: {error}") from error
        rows = tuple(_rows(known, signed))
        kind = str(signed.statement.__struct_config__.tag)
        items.append(Item(number, len(statements), kind, rows, signers, verdict))
        view = after
    return items


def describe_drafts(asked: Asked, view: View, bodies: Mapping[str, bytes], now: int) -> list[Item]:
    """The same for what root keys elsewhere are asked to sign, judged as if they had; `bodies` has those it brings too.

    Raises Malformed for what is no request, Refused for what no signature of theirs would save, SignatureError for a
    signature of somebody else that is wrong.
    """
    drafts, roots = asked.drafts(), view.network.roots if view.network is not None else {}
    needed = groups([each.statement for each in drafts], roots, view.network.threshold if view.network else 0)
    items = list[Item]()
    for number, (draft, groups_of_it) in enumerate(zip(drafts, needed, strict=True), 1):
        known, after = Known(view, bodies, now), as_if_signed(view, draft, now)
        signers, rows = tuple(_signers(known, draft)), tuple(_rows(known, draft))
        verdict = f"counts once {_needs(groups_of_it)} signed"
        items.append(Item(number, len(drafts), str(draft.statement.__struct_config__.tag), rows, signers, verdict))
        view = after
    return items


def _needs(needed: Iterable[Group]) -> str:
    told = [f"{each.threshold} of the {len(each.keys)} {'new' if each.new else 'present'} root keys" for each in needed]
    return " and ".join(told) + " have"


def _rows(known: Known, signed: SignedStatement) -> Iterator[Row]:
    statement = signed.statement
    wanted, present = words_of(known, statement)
    for name, value in wanted.items():
        today = present.get(name)
        yield Row(name, value, today if today != value else None)
    for name in present.keys() - wanted.keys():
        yield Row(name, "none", present[name])
    subject = known.view.subjects.get(statement.subject, Subject(0, 0))
    about = f"{statement.subject}; {_earlier(statement.seq)} about it before"
    yield Row("about", about, _other(statement.seq, subject))
    yield Row("time", known.stamp(statement.at))
    yield Row("network", known.network(getattr(statement, "network", "")))


def _other(seq: int, subject: Subject) -> str | None:
    return None if seq == subject.count else f"{_earlier(subject.count)} about it: this one is out of date"


def _earlier(count: int) -> str:
    return f"{count or 'no'} statement{'s' * (count != 1)}"


def _signers(known: Known, signed: SignedStatement) -> Iterator[str]:
    """Who signed, in words; every line is verified first."""
    view = known.view
    for local in sorted(signed_by(view, signed)):
        device = view.devices.get(local)
        if device is not None:
            yield f"officer {known.officer(device.officer)}, device {fingerprint(local)}"
        elif view.network is not None and local in view.network.roots:
            yield f"root key {fingerprint(local)}"
        else:
            yield f"{'duty key' if _is_duty(view, local) else 'new root key'} {fingerprint(local)}"


def _is_duty(view: View, local: str) -> bool:
    return view.network is not None and local == duty_id(view.network.duty)


def _judged(view: View, raw: bytes, now: int) -> tuple[View, str]:
    """The view after a statement, and whether it counts as it is signed so far."""
    try:
        return admit(view, raw, now), "counts as it is signed"
    except Refused as error:
        return view, f"does not count yet: {error}"


def _brought(request: NewStatements) -> dict[str, bytes]:
    """The bodies that came with a proposal, by commitment."""
    found: dict[str, bytes] = {}
    for each in request.bodies:
        try:
            commitment, _, body = with_commitment(each)
        except (EncodingError, ValueError) as error:
            raise Usage(f"this proposal was altered: {error}") from error
        found[commitment] = body
    return found
