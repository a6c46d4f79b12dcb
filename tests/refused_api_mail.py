"""Bad requests about envelopes and steps."""

import json
import time
from hashlib import sha256
from typing import Any

import msgspec
from mail_world import sealed
from refused_api import Row, asked
from refused_world import DAY, NONE, House, fresh_hash

from relay.protocol import routes
from relay.protocol.envelope import ENVELOPE_TYPE, Called, Header, Recipient, Stage, parse_envelope
from relay.protocol.lines import MOST_LINE_BYTES, Call, device_name, write_line
from relay.protocol.submission import MOST_SUBMISSION_BYTES, SUBMISSION_TYPE


def submit(
    label: str, sent: str, status: int, code: str, words: str, body: Any, who: str = "ar-desk", **how: Any
) -> Row:
    """An envelope handed in."""
    return asked(
        label, sent, who, "POST", routes.ENVELOPES, body, status, code, words, **({"kind": routes.BYTES} | how)
    )


def header(house: House, **fields: Any) -> bytes:
    """An envelope whose header was written by somebody who checks nothing."""
    made: Header = house.envelope_header(**fields)
    return ENVELOPE_TYPE + msgspec.json.encode(made, order="sorted") + b"\n" + sealed(len(made.recipients()))


def later(house: House, after: int) -> bytes:
    """An envelope with a second stage."""
    first = Stage(after=0, devices=(house.recipient("co-desk"),))
    second = Stage(after=after, devices=(house.recipient("co-admin"),))
    return header(house, stages=(first, second))


def to(house: House, device: str, key: str = "0" * 16) -> bytes:
    """An envelope to one device."""
    return header(house, stages=(Stage(after=0, devices=(Recipient(device=device, key=key),)),))


def spoiled(house: House, old: bytes, new: bytes) -> bytes:
    """A good envelope with something else in it."""
    return house.envelope().replace(old, new, 1)


def same_id(house: House) -> bytes:
    """Other bytes under the id of the envelope that waits."""
    name = json.loads(house.waiting.split(b"\n")[1])["id"]
    return house.envelope(id=name)


ENVELOPES = (
    submit("malformed", "bytes that are no envelope", 400, "malformed", "not an envelope", b"hello"),
    submit("truncated", "an empty envelope", 400, "malformed", "not an envelope", b""),
    submit("wrong content type", "an envelope as text", 415, "media-type", "application/octet-stream", b"x",
           kind=routes.NOTE),
    submit("oversized", "an envelope announced with 9 MB", 413, "too-large", f"at most {MOST_SUBMISSION_BYTES}", b"x",
           length="9000000"),
    submit("oversized", "a header without an end", 400, "malformed", "no end",
           ENVELOPE_TYPE + b"x" * (300 << 10)),
    submit("truncated", "an envelope cut off in its header", 400, "malformed", "no end",
           lambda house: house.envelope()[:100]),
    submit("truncated", "an envelope cut off in its stanzas", 400, "malformed", "stanza",
           lambda house: house.envelope()[:1200]),
    submit("truncated", "an envelope without its last byte", 400, "malformed", "padding class",
           lambda house: house.envelope()[:-1]),
    submit("malformed", "a later version of envelopes", 400, "malformed", "version",
           lambda house: spoiled(house, b"envelope/v1", b"envelope/v2")),
    submit("malformed", "a header with white space", 400, "malformed", "canonically",
           lambda house: spoiled(house, b'{"attachments"', b'{ "attachments"')),
    submit("duplicate keys", "one key twice in a header", 400, "malformed", "stands twice",
           lambda house: spoiled(house, b'{"attachments"', b'{"attachments":[],"attachments"')),
    submit("unknown header", "a field more in a header", 400, "malformed", "unknown field",
           lambda house: spoiled(house, b'{"attachments"', b'{"aaa":1,"attachments"')),
    submit("bad UTF-8", "a header of bad UTF-8", 400, "malformed", "UTF-8",
           lambda house: spoiled(house, b'"flash"', b'"\xff"')),
    submit("deep JSON", "a header of 100,000 brackets", 400, "malformed", "JSON",
           ENVELOPE_TYPE + b"[" * 100_000 + b"\n"),
    submit("malformed", "a precedence that is none", 400, "malformed", "precedence",
           lambda house: spoiled(house, b'"flash"', b'"urgent"')),
    submit("malformed", "a device in capitals", 400, "malformed", "hexadecimal", lambda house: to(house, "A" * 64)),
    submit("malformed", "no stage", 400, "malformed", "stages", lambda house: header(house, stages=())),
    submit("malformed", "a stage without a device", 400, "malformed", "stages",
           lambda house: header(house, stages=(Stage(after=0, devices=()),))),
    submit("malformed", "a first stage that waits", 400, "malformed", "stage 0",
           lambda house: header(house, stages=(Stage(after=60, devices=(house.recipient("co-desk"),)),))),
    submit("out of order", "two stages at once", 400, "malformed", "each later", lambda house: later(house, 0)),
    submit("expired", "a stage after 15 days", 400, "malformed", "stage", lambda house: later(house, 15 * DAY)),
    submit("malformed", "one device twice", 400, "malformed", "each once",
           lambda house: header(house, own=(house.recipient("co-desk"),))),
    submit("malformed", "one attachment twice", 400, "malformed", "each once",
           lambda house: header(house, attachments=(NONE, NONE))),
    submit("oversized", "33 attachments", 400, "malformed", "at most 32",
           lambda house: header(house, attachments=tuple(fresh_hash() for _ in range(33)))),
    submit("malformed", "other bytes for the sealed part", 400, "malformed", "not an age file",
           lambda house: house.envelope().split(b"age-encryption")[0] + b"hello"),
    submit("malformed", "a stanza too few", 400, "malformed", "stanza",
           lambda house: house.envelope().partition(b"age-encryption")[0] + sealed(0)),
    submit("malformed", "a size that tells more", 400, "malformed", "padding class",
           lambda house: house.envelope().partition(b"age-encryption")[0] + sealed(1, 20_000)),
    submit("expired", "an envelope that is over", 422, "expiry-invalid", "seal the message anew",
           lambda house: header(house, time=1000, expires=2000)),
    submit("expired", "an envelope for 15 days", 400, "malformed", "at most 14 days",
           lambda house: header(house, expires=int(time.time()) + 15 * DAY)),
    submit("expired", "an envelope from tomorrow, for 14 days", 422, "expiry-invalid", "check this machine's clock",
           lambda house: header(house, time=int(time.time()) + DAY, expires=int(time.time()) + 15 * DAY)),
    submit("wrong network", "an envelope for another network", 400, "malformed", "another network",
           lambda house: header(house, network=NONE)),
    submit("wrong signer", "an envelope in another's name", 403, "not-allowed", "another device",
           lambda house: header(house, who="co-desk")),
    submit("wrong role", "an envelope by an administrator", 403, "not-allowed", "coordinator",
           lambda house: house.envelope("ar-admin"), "ar-admin"),
    submit("wrong role", "an envelope by the duty key", 403, "not-allowed", "is for session", b"x", "secretariat"),
    submit("wrong role", "an envelope by a reception key", 403, "not-allowed", "is for session", b"x", "ar-night"),
    submit("out of order", "a directory that is ahead", 503, "unavailable", "try again",
           lambda house: header(house, tree_size=house.view().size + 5)),
    submit("out of order", "a directory that is behind", 409, "recipients-changed", "seal anew",
           lambda house: header(house, tree_size=1)),
    submit("wrong state", "an envelope to nobody", 409, "recipients-changed", "do not count",
           lambda house: to(house, NONE)),
    submit("wrong state", "an envelope to a revoked device", 409, "recipients-changed", "do not count",
           lambda house: to(house, house.device("ar-gone"))),
    submit("wrong state", "an envelope to a suspended member", 409, "recipients-changed", "do not count",
           lambda house: to(house, house.device("ec-admin"))),
    submit("out of order", "an envelope to an old key", 409, "recipients-changed", "newer keys",
           lambda house: to(house, house.device("co-desk"))),
    submit("wrong signer", "another member's device as one's own", 400, "malformed", "another member",
           lambda house: header(house, own=(house.recipient("co-admin"),))),
    submit("replayed", "other bytes under a used id", 409, "envelope-conflict", "other bytes", same_id),
    submit("out of order", "an attachment that is not whole", 409, "attachment-missing", "not fully uploaded",
           lambda house: header(house, attachments=(sha256(house.upload).hexdigest(),))),
    submit("not found", "an attachment there is not", 409, "attachment-missing", "not fully uploaded",
           lambda house: header(house, attachments=(NONE,))),
)  # fmt: skip


def with_call(house: House, *, key: str = "ar-desk", lines: int = 1, **fields: Any) -> bytes:
    """An envelope that calls co-admin, handed in with its line; `fields` overrules the line's."""
    called = (Called(after=600, devices=(house.device("co-admin"),)),)
    made, name = parse_envelope(house.envelope(calls=called)), house.view().founded.name
    about: dict[str, Any] = {
        "network": made.header.network, "envelope": made.hash, "at": made.header.time, "device": made.header.sender,
        "sender": "ar-desk", "contacts": ("co-desk",), "precedence": "flash", "stage": 1, "after": 600,
        "devices": called[0].devices,
    }  # fmt: skip
    line = write_line(Call(**(about | fields)), device_name(name, made.header.sender), house.keyring(key).device)
    head = msgspec.json.encode({"calls": [line.decode()] * lines})
    return SUBMISSION_TYPE + head + b"\n" + made.raw if lines else made.raw


CALLS = (
    submit("truncated", "a call's envelope without its call", 400, "malformed", "each of its calls",
           lambda house: with_call(house, lines=0)),
    submit("out of order", "a call twice for one", 400, "malformed", "each of its calls",
           lambda house: with_call(house, lines=2)),
    submit("truncated", "calls without an end", 400, "malformed", "no end", SUBMISSION_TYPE + b'{"calls"'),
    submit("truncated", "calls without an envelope", 400, "malformed", "not an envelope",
           SUBMISSION_TYPE + b'{"calls":["x"]}\n'),
    submit("malformed", "calls that are none", 400, "malformed", "JSON", SUBMISSION_TYPE + b'{"calls":[]}\n'),
    submit("wrong signer", "a call by another's keys", 422, "signature-invalid", "missing",
           lambda house: with_call(house, key="co-desk")),
    submit("wrong network", "a call for another network", 422, "signature-invalid", "another network",
           lambda house: with_call(house, network=NONE)),
    submit("wrong state", "a call about another envelope", 400, "malformed", "something else",
           lambda house: with_call(house, envelope=NONE)),
    submit("wrong state", "a call at another time", 400, "malformed", "something else",
           lambda house: with_call(house, after=60)),
    submit("wrong state", "a call to others", 400, "malformed", "something else",
           lambda house: with_call(house, devices=())),
    submit("wrong role", "a call for another's contact", 403, "not-allowed", "does not serve",
           lambda house: with_call(house, sender="co-desk")),
    submit("out of order", "a call before the stages are over", 400, "malformed", "after the last stage",
           lambda house: header(house, calls=(Called(after=0, devices=()),))),
    submit("malformed", "a call of a recipient", 400, "malformed", "each once",
           lambda house: header(house, calls=(Called(after=60, devices=(house.device("co-desk"),)),))),
)  # fmt: skip


def order(
    label: str, sent: str, status: int, code: str, words: str, body: Any, who: str = "ar-desk", **how: Any
) -> Row:
    """An order about the envelope that waits."""

    def target(house: House) -> str:
        return routes.STAGES.format(hash=sha256(house.waiting).hexdigest())

    about = {"target": target, "kind": routes.NOTE} | how
    place = about.pop("target")
    return asked(label, sent, who, "POST", place, body, status, code, words, **about)  # type: ignore[arg-type]  # a test's shorthand


def about(house: House, who: str = "ar-desk", **fields: Any) -> bytes:
    """An order about the envelope that waits."""
    return house.order(who, **({"envelope": sha256(house.waiting).hexdigest()} | fields))


ORDERS = (
    order("malformed", "a text that is no order", 400, "malformed", "order", b"hello"),
    order("bad UTF-8", "an order of bad UTF-8", 400, "malformed", "UTF-8", b"\xff\n\n\xe2\x80\x94 x AAAA\n"),
    order("oversized", "an order of 200 KB", 413, "too-large", f"at most {MOST_LINE_BYTES}", b"x", length="200000"),
    order("wrong content type", "an order as JSON", 415, "media-type", "text/plain", b"{}", kind=routes.JSON),
    order("wrong signer", "an order that was altered", 422, "signature-invalid", "signature",
          lambda house: about(house).replace(b'"stop"', b'"hasten"', 1)),
    order("wrong signer", "an order under another's signature", 422, "signature-invalid", "missing",
          lambda house: about(house, key=house.keyring("co-admin").device)),
    order("wrong network", "an order for another network", 422, "signature-invalid", "another network",
          lambda house: about(house, network=NONE)),
    order("wrong signer", "an order in another's name", 403, "not-allowed", "device", about, "co-desk"),
    order("wrong state", "an order about another envelope", 403, "not-allowed", "another envelope",
          lambda house: about(house, envelope=NONE)),
    order("expired", "an order from tomorrow", 400, "malformed", "clock",
          lambda house: about(house, at=int(time.time()) + DAY)),
    order("expired", "an order of yesterday", 409, "line-old", "sign it anew",
          lambda house: about(house, at=int(time.time()) - DAY)),
    order("wrong role", "an order by a recipient", 403, "not-allowed", "own side",
          lambda house: about(house, "co-desk"), "co-desk"),
    order("wrong role", "an order by who has nothing to do with it", 404, "not-found", "",
          lambda house: about(house, "co-admin"), "co-admin"),
    order("not found", "an order about nothing", 404, "not-found", "", lambda house: house.order("ar-desk", NONE),
          target=routes.STAGES.format(hash=NONE)),
    order("malformed", "an order about what is no hash", 404, "not-found", "", about,
          target=routes.STAGES.format(hash="abc")),
    order("wrong state", "a stop where nothing is to come", 409, "turn-over", "come already", about),
    order("wrong state", "hastening what is no turn", 409, "turn-over", "no turn",
          lambda house: about(house, act="hasten", stage=5)),
    order("wrong state", "stopping what was accepted", 409, "clock-stopped", "stopped before",
          lambda house: house.order("ar-desk", house.accepted),
          target=lambda house: routes.STAGES.format(hash=house.accepted)),
    order("malformed", "an order that is none", 400, "malformed", "act",
          lambda house: about(house).replace(b'"stop"', b'"start"', 1)),
)  # fmt: skip


def step(label: str, sent: str, status: int, code: str, words: str, body: Any, who: str = "co-desk", **how: Any) -> Row:
    """A step on the envelope that waits."""

    def target(house: House) -> str:
        return routes.STEPS.format(hash=sha256(house.waiting).hexdigest())

    about = {"target": target, "kind": routes.NOTE} | how
    place = about.pop("target")
    return asked(label, sent, who, "POST", place, body, status, code, words, **about)  # type: ignore[arg-type]  # a test's shorthand


def on(house: House, who: str = "co-desk", **fields: Any) -> bytes:
    """A step on the envelope that waits."""
    return house.step(who, **({"envelope": sha256(house.waiting).hexdigest()} | fields))


STEPS = (
    step("malformed", "a text that is no line", 400, "malformed", "note", b"hello"),
    step("bad UTF-8", "a line of bad UTF-8", 400, "malformed", "UTF-8", b"\xff\n\n\xe2\x80\x94 x AAAA\n"),
    step("oversized", "a line of 200 KB", 413, "too-large", f"at most {MOST_LINE_BYTES}", b"x", length="200000"),
    step("wrong content type", "a line as JSON", 415, "media-type", "text/plain", b"{}", kind=routes.JSON),
    step("wrong signer", "a line that was altered", 422, "signature-invalid", "signature",
         lambda house: on(house).replace(b'"accepted"', b'"refused"', 1)),
    step("wrong signer", "a line under another's signature", 422, "signature-invalid", "missing",
         lambda house: on(house, key=house.keyring("co-admin").device)),
    step("wrong network", "a line for another network", 422, "signature-invalid", "another network",
         lambda house: on(house, network=NONE)),
    step("wrong signer", "a line in another's name", 403, "not-allowed", "device",
         lambda house: on(house, "co-desk"), "ar-desk"),
    step("wrong state", "a line about another envelope", 403, "not-allowed", "another envelope",
         lambda house: on(house, envelope=NONE)),
    step("expired", "a step from tomorrow", 400, "malformed", "clock",
         lambda house: on(house, at=int(time.time()) + DAY)),
    step("expired", "a step of yesterday", 409, "line-old", "sign it anew",
         lambda house: on(house, at=int(time.time()) - DAY)),
    step("wrong role", "a step by the sender", 404, "not-found", "", lambda house: on(house, "ar-desk"), "ar-desk"),
    step("wrong role", "a step by who did not get it", 404, "not-found", "",
         lambda house: on(house, "co-admin"), "co-admin"),
    step("not found", "a step on nothing", 404, "not-found", "", lambda house: house.step("co-desk", NONE),
         target=routes.STEPS.format(hash=NONE)),
    step("malformed", "a step on what is no hash", 404, "not-found", "", lambda house: on(house),
         target=routes.STEPS.format(hash="abc")),
    step("wrong state", "refusing what was accepted", 409, "already-decided", "first",
         lambda house: house.step("co-desk", house.accepted, act="refused"),
         target=lambda house: routes.STEPS.format(hash=house.accepted)),
    step("malformed", "an act that is none", 400, "malformed", "act",
         lambda house: on(house).replace(b'"accepted"', b'"ignored"', 1)),
)  # fmt: skip

ROWS = (*ENVELOPES, *CALLS, *ORDERS, *STEPS)
