"""Bad requests about attachments, and bad frames on the stream."""

from hashlib import sha256
from typing import Any

from refused_api import Row, asked
from refused_world import NONE, TUS, House
from wire import frame

from crypto.encoding import b64
from relay.protocol import routes


def announced(label: str, sent: str, status: int, code: str, words: str, who: str = "ar-desk", **headers: Any) -> Row:
    """An attachment announced; `headers` overrule what is said, None leaves one out."""
    good: dict[str, Any] = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": "100",
        "Upload-Metadata": "sha256 " + b64(b"ab" * 32),
    }
    said = good | {name.replace("_", "-"): value for name, value in headers.items()}
    more = [(name, value) for name, value in said.items() if value is not None]
    return asked(label, sent, who, "POST", routes.ATTACHMENTS, None, status, code, words, more=more)


def part(label: str, sent: str, status: int, code: str, words: str, body: Any = b"x", **how: Any) -> Row:
    """A part of the unfinished upload."""
    about: dict[str, Any] = {"who": "ar-desk", "offset": "10", "kind": routes.CHUNK, "tus": True} | how
    who, offset, tus = about.pop("who"), about.pop("offset"), about.pop("tus")
    digest = about.pop("digest", lambda house: sha256(house.upload).hexdigest())
    more = ([TUS] if tus else []) + ([("Upload-Offset", offset)] if offset is not None else [])
    return asked(
        label, sent, who, "PATCH", lambda house: routes.ATTACHMENT.format(hash=digest(house)), body, status, code,
        words,
        more=more, **about,
    )  # fmt: skip


def fetch(label: str, sent: str, status: int, code: str, words: str, byte_range: str = "", who: str = "ar-desk",
          whole: bool = True, digest: str = "", condition: str = "") -> Row:  # fmt: skip
    """An attachment asked for."""

    def target(house: House) -> str:
        return routes.ATTACHMENT.format(hash=digest or sha256(house.whole if whole else house.upload).hexdigest())

    more = [("Range", byte_range)] if byte_range else []
    more += [(condition, "*")] if condition else []
    return asked(label, sent, who, "GET", target, None, status, code, words, more=more)


ATTACHMENTS = (
    announced("missing header", "an announcement without tus", 412, "tus-version", "tus 1.0.0", Tus_Resumable=None),
    announced("wrong state", "another version of tus", 412, "tus-version", "tus 1.0.0", Tus_Resumable="0.2.2"),
    announced("missing header", "no Upload-Length", 400, "malformed", "Upload-Length", Upload_Length=None),
    announced("malformed", "a length with a plus", 400, "malformed", "Upload-Length", Upload_Length="+100"),
    announced("malformed", "a length of 1_000", 400, "malformed", "Upload-Length", Upload_Length="1_000"),
    announced("malformed", "a negative Upload-Length", 400, "malformed", "Upload-Length", Upload_Length="-1"),
    announced("oversized", "a length of 40 digits", 400, "malformed", "Upload-Length", Upload_Length="9" * 40),
    announced("oversized", "an attachment of a terabyte", 413, "too-large", "between 1 and",
              Upload_Length=str(1 << 40)),
    announced("malformed", "an attachment of nothing", 413, "too-large", "between 1 and", Upload_Length="0"),
    announced("missing header", "no hash", 400, "malformed", "Upload-Metadata", Upload_Metadata=None),
    announced("malformed", "a file's name", 400, "malformed", "no more", Upload_Metadata="filename " + b64(b"x")),
    announced("malformed", "a hash in capitals", 400, "malformed", "hexadecimal",
              Upload_Metadata="sha256 " + b64(b"AB" * 32)),
    announced("malformed", "a hash that is no base64", 400, "malformed", "base64", Upload_Metadata="sha256 *"),
    announced("bad UTF-8", "a hash of bad UTF-8", 400, "malformed", "base64", Upload_Metadata=b"sha256 \xff\xfe"),
    announced("wrong role", "an attachment of an administrator", 403, "not-allowed", "coordinator", "ar-admin"),
    announced("wrong role", "an attachment of the duty key", 403, "not-allowed", "is for session", "secretariat"),
    asked("not found", "the state of nothing", "ar-desk", "HEAD", routes.ATTACHMENT.format(hash=NONE), None, 404, "",
          "",
          more=[TUS]),
    asked("wrong role", "the state of another's upload", "co-desk", "HEAD",
          lambda house: routes.ATTACHMENT.format(hash=sha256(house.upload).hexdigest()), None, 404, "", "", more=[TUS]),
    part("missing header", "a part without its offset", 400, "malformed", "Upload-Offset", offset=None),
    part("malformed", "an offset that is no number", 400, "malformed", "Upload-Offset", offset="ten"),
    part("out of order", "a part from the beginning", 409, "offset-wrong", "stands at 10", offset="0"),
    part("out of order", "a part from too far", 409, "offset-wrong", "stands at 10", offset="11"),
    part("oversized", "more than was announced", 413, "too-large", "more bytes than were announced", b"x" * 100),
    part("wrong content type", "a part as bytes of another kind", 415, "media-type", "offset+octet-stream",
         kind=routes.BYTES),
    part("missing header", "a part without tus", 412, "tus-version", "tus 1.0.0", tus=False),
    part("not found", "a part of nothing", 404, "not-found", "", digest=lambda house: NONE),
    part("malformed", "a part of what is no hash", 404, "not-found", "", digest=lambda house: "abc"),
    part("wrong role", "a part of another's upload", 404, "not-found", "", who="co-desk"),
    fetch("not found", "fetching an attachment there is not", 404, "not-found", "", digest=NONE),
    fetch("out of order", "an attachment that is not whole yet", 404, "not-found", "", whole=False),
    fetch("wrong role", "an attachment nobody sent", 404, "not-found", "", who="co-desk"),
    fetch("bad query", "a range after the end", 416, "range-wrong", "bytes", "bytes=9999-"),
    fetch("bad query", "a range of words", 416, "range-wrong", "one range", "bytes=a-b"),
    fetch("bad query", "two ranges", 416, "range-wrong", "one range", "bytes=0-1,3-4"),
    fetch("bad query", "a range turned round", 416, "range-wrong", "one range", "bytes=5-2"),
    fetch("bad query", "a range of lines", 416, "range-wrong", "one range", "lines=0-1"),
    fetch("unknown header", "an attachment unless one has it", 400, "malformed", "no condition",
          condition="If-None-Match"),
    fetch("unknown header", "an attachment if it is another", 400, "malformed", "no condition", condition="If-Match"),
    asked("wrong method", "statements under a proof for another method", "ar-desk", "POST", routes.STATEMENTS,
          {"statements": ["x"]}, 401, "proof-invalid", "another method", proof={"method": "PUT"}),
)  # fmt: skip


def streamed(label: str, sent: str, words: str, *frames: bytes, code: int = 1008, reason: str = "protocol") -> Row:
    """Frames on a stream, which the relay ends with `code`."""
    return Row(label, sent, lambda house: house.stream(*frames), code, reason, words)


def text(payload: bytes) -> bytes:
    """A text frame."""
    return frame(1, payload)


STREAM = (
    asked("missing header", "a stream without an upgrade", "co-night", "GET", routes.STREAM, None, 400, "malformed",
          ""),
    asked("wrong role", "a stream for a session", "co-desk", "GET", routes.STREAM, None, 403, "not-allowed",
          "is for reception"),
    asked("wrong role", "a stream for the duty key", "secretariat", "GET", routes.STREAM, None, 403, "not-allowed",
          "is for reception"),
    asked("bad query", "a stream with another query", "co-night", "GET", routes.STREAM + "?drain=2", None, 400,
          "malformed", "drain=1 and no other"),
    Row("wrong signer", "a stream by a stranger", lambda house: house.stream(who="stranger"), 403, "not-allowed",
        "is for reception"),
    streamed("wrong content type", "a binary frame", "text frames", frame(2, b"x")),
    streamed("malformed", "a frame that is no JSON", "JSON", text(b"hello")),
    streamed("malformed", "a frame of another kind", "JSON", text(b'{"frame":"hello"}')),
    streamed("unknown header", "a field more in a frame", "unknown field", text(b'{"frame":"ack","number":1,"x":1}')),
    streamed("duplicate keys", "one key twice in a frame", "stands twice",
             text(b'{"frame":"ack","number":1,"number":2}')),
    streamed("deep JSON", "a frame of 50,000 brackets", "JSON", text(b"[" * 50_000)),
    streamed("out of order", "an acknowledgement of what was not handed over", "not handed over",
             text(b'{"frame":"ack","number":999}')),
    Row("wrong signer", "an acknowledgement without its signed line", lambda house: house.acknowledge(""), 1008,
        "protocol", "note"),
    Row("wrong signer", "an acknowledgement signed by another device",
        lambda house: house.acknowledge("ar-night"), 1008, "protocol", "missing"),
    Row("wrong state", "an acknowledgement about another envelope",
        lambda house: house.acknowledge(envelope=NONE), 1008, "protocol", "another envelope"),
    Row("wrong network", "an acknowledgement for another network",
        lambda house: house.acknowledge(network=NONE), 1008, "protocol", "another network"),
    streamed("bad UTF-8", "a frame of bad UTF-8", "", text(b"\xff\xfe"), code=1007, reason=""),
    streamed("oversized", "the head of a frame of a megabyte", "", frame(1, bytes(1 << 20))[:14], code=1009, reason=""),
    streamed("malformed", "a reserved opcode", "", frame(3, b"x"), code=1002, reason=""),
    streamed("malformed", "a reserved bit", "", frame(1, b"{}", reserved=4), code=1002, reason=""),
    streamed("malformed", "a ping in pieces", "", frame(9, b"x", fin=False), code=1002, reason=""),
    streamed("oversized", "a ping of 126 bytes", "", frame(9, b"x" * 126), code=1002, reason=""),
    streamed("out of order", "a continuation of nothing", "", frame(0, b"x"), code=1002, reason=""),
)  # fmt: skip

NUMBERS = (
    asked("wrong role", "numbers for another machine", "nobody", "POST", routes.METRICS, b"x", 405,
          "method-not-allowed", "method"),
)  # fmt: skip

ROWS = (*ATTACHMENTS, *STREAM, *NUMBERS)
