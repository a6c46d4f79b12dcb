"""The header of an age file: version line, stanzas, MAC line (c2sp.org/age, section "Header").

    age-encryption.org/v1
    -> mlkem768x25519 U7E10Aon27j1…          one stanza for each recipient, in the order they were given
    c/k+TjhBA6Je1DF8rxZhe2Jm8CN0zbkV9rre6nA8g98
    --- HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75s

1. Every line is checked against the grammar, of every stanza, whoever it is for: printable ASCII arguments with
   single spaces, canonical unpadded base64 in lines of 64 columns, and a last line that is shorter, empty if need be.
2. The MAC is computed over the very bytes that were read, up to and including `---`, never over bytes written anew.
3. A `scrypt` stanza is alone in its file: who types a passphrase trusts that only a holder of it wrote the file.
4. Reading is bounded, in bytes and in stanzas, before anything is decrypted (`Limits`; fails closed). Writing obeys
   the default limits, so that no file is made here which would not be read here.
5. Opening a file costs about the same for 50 recipients as for one. Stanzas that are spelled like the first but for
   their base64 digits, as those for post-quantum recipients are, are checked together, at the speed of C; any other
   is walked from line feed to line feed. A stanza is decoded only when asked for.
"""

import hmac
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.age_errors import BadRecipients, HeaderFailure, HMACFailure
from crypto.age_source import Source
from crypto.encoding import EncodingError, b64raw, unb64raw

FILE_KEY_SIZE = 16
MAC_SIZE = 32
COLUMNS = 64

_VERSION_PREFIX = b"age-encryption.org/"
_VERSION_LINE = _VERSION_PREFIX + b"v1\n"
_MAC_MARK = b"---"
_ARROW = b"-> "
_GRAPHIC = bytes(range(0x21, 0x7F))
_ARGUMENT = re.compile(r"[!-~]+")
_BASE64 = (string.ascii_letters + string.digits + "+/").encode()
_BASE64_LINES = _BASE64 + b"\n"
_MOST_OTHERS = 32  # of a post-quantum stanza: arrow, two spaces, two line feeds
_MAC_LINE = re.compile(rb"--- ([A-Za-z0-9+/]{43})\n")

# What a last line may end in, by its length modulo 4: the bits that belong to no byte are zero (RFC 4648 section
# 3.5).
_LAST_CHARACTERS = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much header is read at most: its size in bytes and its stanzas; more is refused."""

    size: int = 1024 * 1024
    stanzas: int = 512


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Stanza:
    """The file key, wrapped for one recipient: its kind, the arguments that follow it, and the body."""

    kind: str
    arguments: tuple[str, ...]
    body: bytes = field(repr=False)


class Header:
    """A header that obeys the grammar; its MAC is not verified before `verify`.

    Of each stanza it knows where the arguments begin, where they end, and where the body ends.
    """

    def __init__(self, authenticated: bytes, mac: bytes, stanzas: Sequence[tuple[int, int, int]]) -> None:
        self.authenticated = authenticated
        self.mac = mac
        self._stanzas = stanzas

    def __len__(self) -> int:
        return len(self._stanzas)

    def __getitem__(self, index: int) -> Stanza:
        begin, feed, end = self._stanzas[index]
        kind, *rest = self.authenticated[begin:feed].decode("ascii").split(" ")
        body = self.authenticated[feed:end].replace(b"\n", b"")
        return Stanza(kind, tuple(rest), unb64raw(body.decode("ascii")))

    def __iter__(self) -> Iterator[Stanza]:
        return (self[index] for index in range(len(self)))

    def verify(self, file_key: bytes) -> None:
        """Raise `HMACFailure` unless the header was written by a holder of `file_key` and is unchanged."""
        if not hmac.compare_digest(self.mac, _mac(file_key, self.authenticated)):
            raise HMACFailure("the header was changed after it was written: ask for the file again")


def read_header(source: Source, limits: Limits = DEFAULT_LIMITS) -> Header:
    """The header that `source` begins with; refuses what rules 1, 3 and 4 exclude by `HeaderFailure`.

    Leaves `source` at the payload, of which some is in its buffer by then.
    """
    start = source.position
    position = start + _read_version(source)
    end = start + limits.size
    stanzas: list[tuple[int, int, int]] = []
    while True:
        stanza = _stanza(source.buffer, position, end, len(stanzas))
        if stanza is not None:
            feed, stop = stanza
            stanzas.append((position + len(_ARROW) - start, feed - start, stop - start))
            size = stop + 1 - position
            position = stop + 1
            if len(stanzas) == 1:
                ((begin, feed, stop),) = stanzas
                steps = range(size, size * (1 + _alike(source.buffer, position, size, end, limits.stanzas)), size)
                stanzas += [(begin + step, feed + step, stop + step) for step in steps]
                position += size * len(steps)
            if len(stanzas) > limits.stanzas:
                raise HeaderFailure(f"more than {limits.stanzas} stanzas: sealed to too many recipients")
            continue
        mac_line = _MAC_LINE.match(source.buffer, position, end)
        if mac_line is not None:
            break
        if not (_may_go_on(source.buffer, position, end) and source.more()):
            raise HeaderFailure(_why(source.buffer, position, len(stanzas), limits))
    authenticated = source.buffer[start : position + len(_MAC_MARK)]
    source.position = mac_line.end()
    if not stanzas:
        raise HeaderFailure("no stanza: the file is sealed to nobody")
    if len(stanzas) > 1 and any(authenticated.startswith((b"scrypt ", b"scrypt\n"), begin) for begin, _, _ in stanzas):
        raise HeaderFailure("a scrypt stanza beside others: not written by a correct program")
    try:
        return Header(authenticated, unb64raw(mac_line[1].decode("ascii"), MAC_SIZE), stanzas)
    except EncodingError as error:
        raise HeaderFailure(f"the MAC line is malformed: {error}") from error


def write_header(file_key: bytes, stanzas: Sequence[Stanza]) -> bytes:
    """A header with these stanzas in this order; refuses by `BadRecipients` what would not be read by default.

    A stanza that the grammar cannot hold is a mistake of ours: `ValueError`.
    """
    if not 0 < len(stanzas) <= DEFAULT_LIMITS.stanzas:
        raise BadRecipients(f"{len(stanzas)} recipients, where a file takes 1 to {DEFAULT_LIMITS.stanzas}")
    if len(stanzas) > 1 and any(stanza.kind == "scrypt" for stanza in stanzas):
        raise BadRecipients("a passphrase must be the only recipient of its file")
    authenticated = b"".join([_VERSION_LINE, *map(_write_stanza, stanzas), _MAC_MARK])
    header = b"%b %b\n" % (authenticated, b64raw(_mac(file_key, authenticated)).encode("ascii"))
    if len(header) > DEFAULT_LIMITS.size:
        raise BadRecipients(f"a header of {len(header)} bytes, where {DEFAULT_LIMITS.size} are allowed")
    return header


def _read_version(source: Source) -> int:
    """The length of the version line, which is checked."""
    while len(source.buffer) - source.position < len(_VERSION_LINE) and source.more():
        pass
    line = source.buffer[source.position : source.position + len(_VERSION_LINE)]
    if line == _VERSION_LINE:
        return len(line)
    if line.startswith(_VERSION_LINE[:-1] + b"\r"):
        raise HeaderFailure(
            "its line ends were changed: it was sent or stored as text; ask for it with armor, or zipped"
        )
    if line.startswith(_VERSION_PREFIX):
        raise HeaderFailure("not version 1 of the age format: a newer program may read it")
    raise HeaderFailure("not an age file: it does not begin with age-encryption.org/v1")


def _may_go_on(buffer: bytes, position: int, end: int) -> bool:
    """Whether the line at `position` could be complete if there were more of it, within `end`."""
    mark = buffer[position : position + 3]
    return len(buffer) < end and (_ARROW.startswith(mark) or _MAC_MARK.startswith(mark))


def _why(buffer: bytes, position: int, count: int, limits: Limits) -> str:
    if position >= len(buffer):
        return "the file ends within its header: it was cut short, ask for it again"
    if buffer.startswith(b"---", position):
        return "the MAC line is malformed, or the file ends within it"
    return (
        f"stanza {count + 1} is malformed, or has no end in the file or in the {limits.size} bytes allowed: "
        f"it is '-> kind arguments', then base64 in lines of {COLUMNS} columns and a shorter last line"
    )


def _stanza(buffer: bytes, position: int, end: int, index: int) -> tuple[int, int] | None:
    """Where the arguments and the body of the stanza at `position` end; None if no whole stanza stands there.

    Refuses an argument that is empty or not printable, and a body that is not canonical.
    """
    feed = buffer.find(b"\n", position, end)
    begin = position + len(_ARROW)
    if feed <= begin or not buffer.startswith(_ARROW, position):
        return None
    first = last = feed + 1
    while (stop := buffer.find(b"\n", last, end)) - last == COLUMNS:
        last = stop + 1
    if stop < 0 or stop - last > COLUMNS or buffer[first:stop].translate(None, _BASE64_LINES):
        return None
    if buffer[begin:feed].translate(None, _GRAPHIC).strip(b" "):
        raise HeaderFailure("a character that is not printable ASCII: the file was changed on its way as text")
    while (space := buffer.find(b" ", begin, feed)) > begin:
        begin = space + 1
    if space == begin or begin == feed:
        raise HeaderFailure(f"an argument of stanza {index + 1} is empty: not written by a correct program")
    # The last line alone can be spelled in more than one way.
    extra = (stop - last) % 4
    if extra and buffer[stop - 1] not in _LAST_CHARACTERS[extra]:
        raise HeaderFailure(f"the body of stanza {index + 1} is not canonical base64")
    return feed, stop


def _alike(buffer: bytes, position: int, size: int, end: int, most: int) -> int:
    """How many stanzas from `position` on are spelled like the one of `size` bytes before it, but for base64 digits.

    As many other characters as in so many copies of that one, and each of them at its place: so every byte between is a
    digit, and each stanza obeys the grammar as that one does. Returns 0 where this is not so, or where there are too
    many to make it worth while; it refuses nothing.
    """
    most = min(most, (min(end, len(buffer)) - position) // size)
    arrows = buffer[position + 1 : position + most * size : size]
    count = len(arrows) - len(arrows.lstrip(b">"))
    if not count:
        return 0
    model, stanzas = buffer[position - size : position], buffer[position : position + count * size]
    others = model.translate(None, _BASE64)
    if len(others) > _MOST_OTHERS or stanzas.translate(None, _BASE64) != others * count:
        return 0
    place = -1
    for other in others:
        place = model.index(other, place + 1)
        if stanzas[place::size].strip(bytes((other,))):
            return 0
    extra = (size - 2 - model.rindex(b"\n", 0, size - 1)) % 4
    if extra and stanzas[size - 2 :: size].translate(None, _LAST_CHARACTERS[extra]):
        return 0
    return count


def _write_stanza(stanza: Stanza) -> bytes:
    arguments = (stanza.kind, *stanza.arguments)
    if not all(map(_ARGUMENT.fullmatch, arguments)):
        raise ValueError("a stanza argument is one or more printable ASCII characters without space")
    text = b64raw(stanza.body)
    # One step past the end, so that a body of full lines gets its empty last line.
    lines = [text[at : at + COLUMNS] for at in range(0, len(text) + 1, COLUMNS)]
    return "\n".join(["-> " + " ".join(arguments), *lines, ""]).encode("ascii")


def _mac(file_key: bytes, authenticated: bytes) -> bytes:
    return hmac.digest(HKDF(SHA256(), 32, None, b"header").derive(file_key), authenticated, "sha256")
