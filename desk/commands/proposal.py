"""What somebody else asks to have signed, in words: every statement of a proposal with what its bodies say."""

from collections.abc import Iterator
from typing import Any

import msgspec

from crypto.encoding import EncodingError, unb64
from desk.safe_text import line
from directory.canonical import Malformed, decode_lenient, encode
from directory.commitment import CommitmentError, check_commitment
from directory.statement import EnrolDevice, SignedStatement
from relay.protocol.requests import NewStatements

_UNSAID = {"at", "seq", "network", "kind"}
MOST_SHOWN = 100


def describe(request: NewStatements, statements: list[SignedStatement]) -> str:
    """A proposal for whoever is asked to sign it too."""
    return "\n\n".join("\n".join(_lines(request, each)) for each in statements)


def _lines(request: NewStatements, signed: SignedStatement) -> Iterator[str]:
    statement = signed.statement
    plain: dict[str, Any] = msgspec.to_builtins(statement)
    yield str(plain["kind"])
    if isinstance(statement, EnrolDevice):
        yield _row("device", statement.device)
    for name, value in plain.items():
        if name in _UNSAID:
            continue
        if name == "body":
            yield from (_row(f"  {field}", text) for field, text in _body(request, value))
        else:
            yield _row(name, ", ".join(map(str, value)) if isinstance(value, list) else value)
    yield _row("signed by", ", ".join(signed.note.names()))


def _body(request: NewStatements, commitment: str) -> Iterator[tuple[str, Any]]:
    """The details that a statement commits to, if they came along and are those."""
    for each in request.bodies:
        try:
            salt, body = unb64(each.salt), unb64(each.body)
            check_commitment(commitment, salt, body)
            details = decode_lenient(body, dict[str, Any])
        except (CommitmentError, EncodingError, Malformed):
            continue
        yield from details.items()
        return
    yield "details", "NOT in this file; do not sign what you cannot see"


def _row(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else encode(value).decode()
    return f"  {line(name):<20} {line(text, MOST_SHOWN)}"
