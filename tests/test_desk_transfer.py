"""Attachments on their way: a relay that stalls, lies about how far it got, or sends something else, over real TLS."""

import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from desk_world import changed

from desk.errors import Declined, Distrust, Unreachable, Usage
from desk.link.client import RelayClient, tls_context
from desk.mail.attachments import MOST_FILE, PIECE, download, fetch_all, held, held_copy, upload
from desk.mail.message import SealedFile
from relay.protocol import routes

CONTENT = bytes(range(256)) * (PIECE // 100)  # two pieces and a half
DIGEST = sha256(CONTENT).hexdigest()
FILE = SealedFile(
    name="a", identity="AGE-SECRET-KEY-PQ-1" + "Q" * 58, cipher_hash=DIGEST, cipher_size=len(CONTENT),
    plain_hash="00" * 32, plain_size=1,
)  # fmt: skip


@cache
def certificates() -> tuple[str, ssl.SSLContext]:
    """The authority's PEM, and a server's side of TLS under it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return authority.cert_pem.bytes().decode(), context


@dataclass
class OddRelay:
    """As much of a relay as an attachment meets, with one fault at a time."""

    fault: str = ""
    stored: bytes = b""
    known: bool = False
    asked: list[str] = field(default_factory=list)
    busy: Callable[[web.Request], Awaitable[web.Response]] | None = None

    async def meet(self, request: web.Request) -> web.Response:
        return await (self.busy or self.answer)(request)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.method)
        match request.method:
            case "HEAD":
                return web.Response(status=200 if self.known else 404, headers=self._offset())
            case "POST":
                self.known = True
                return web.Response(status=201)
            case "PATCH":
                return await self._patch(request)
        return self._get(request)

    def _offset(self) -> dict[str, str]:
        if self.fault == "has another length" and self.known:
            return {"Upload-Offset": str(len(CONTENT)), "Upload-Length": str(len(CONTENT))}
        said: dict[str, str | None] = {
            "offset is no number": "soon",
            "offset is negative": "-1",
            "offset beyond the end": str(len(CONTENT) + 1),
            "offset spelt oddly": "+0",
            "no offset": None,
        }
        found = said.get(self.fault, str(len(self.stored)))
        return {} if found is None or not self.known else {"upload-offset": found}

    async def _patch(self, request: web.Request) -> web.Response:
        piece = await request.read()
        said = int(request.headers["Upload-Offset"]) + len(piece)
        if self.fault == "takes half":
            piece = piece[: len(piece) // 2 + 1]
        elif self.fault == "takes nothing":
            piece = b""
        elif self.fault == "goes back":
            self.stored, piece = b"", b""
        self.stored += piece
        reached = said + 1 if self.fault == "claims more" else len(self.stored)
        return web.Response(status=204, headers={"Upload-Offset": str(reached)})

    def _get(self, request: web.Request) -> web.Response:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers["Range"])
        assert wanted is not None
        start, end = int(wanted[1]), int(wanted[2])
        part = {
            "sends less": CONTENT[start:end],
            "sends more": CONTENT[start : end + 2],
            "sends everything": CONTENT,
            "sends nothing": b"",
            "sends something else": bytes(end + 1 - start),
        }.get(self.fault, CONTENT[start : end + 1])
        whole = len(CONTENT) + {"says it has more": 1}.get(self.fault, 0)
        told = {} if self.fault == "says no length" else {"Content-Range": f"bytes {start}-{end}/{whole}"}
        return web.Response(status=206, body=part, headers=told)


@asynccontextmanager
async def meeting(fault: str = "") -> AsyncIterator[tuple[OddRelay, RelayClient]]:
    """An odd relay, and a desk's client connected to it."""
    odd = OddRelay(fault)
    app = web.Application(client_max_size=8 << 20)
    app.router.add_route("*", "/{path:.*}", odd.meet)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    pem, context = certificates()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    key = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
    try:
        async with RelayClient(f"https://127.0.0.1:{port}", pem, key, lambda: 7) as client:
            yield odd, client
    finally:
        await runner.cleanup()


def quiet(what: str, done: int, whole: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The sealed file on this desk."""
    (tmp_path / DIGEST).write_bytes(CONTENT)
    return tmp_path / DIGEST


async def test_an_upload_goes_through_in_pieces(source: Path) -> None:
    told: list[int] = []
    async with meeting() as (odd, client):
        await upload(client, source, DIGEST, len(CONTENT), lambda what, done, whole: told.append(done))
        assert (odd.stored, odd.asked) == (CONTENT, ["POST", "HEAD", "PATCH", "PATCH", "PATCH"])
        assert told == [PIECE, 2 * PIECE, len(CONTENT)]
        await upload(client, source, DIGEST, len(CONTENT), quiet)
        assert odd.asked[-1] == "HEAD"


async def test_an_upload_goes_on_where_it_stopped_also_in_the_middle_of_a_piece(source: Path) -> None:
    async with meeting("takes half") as (odd, client):
        odd.known, odd.stored = True, CONTENT[:12_345]
        await upload(client, source, DIGEST, len(CONTENT), quiet)
        assert odd.stored == CONTENT


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


FAULTS = [
    "offset is no number",
    "offset is negative",
    "offset beyond the end",
    "offset spelt oddly",
    "no offset",
    "takes nothing",
    "goes back",
    "claims more",
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_relay_that_makes_no_sense_ends_the_upload(source: Path, fault: str) -> None:
    """In words, and soon: none of this may keep the desk going on forever."""
    async with meeting(fault) as (odd, client):
        odd.known = True
        with pytest.raises(Distrust, match=r"the relay (says|does not say)"):
            await upload(client, source, DIGEST, len(CONTENT), quiet)
        assert len(odd.asked) <= 3


async def test_a_sealed_file_that_is_gone_is_told(tmp_path: Path) -> None:
    async with meeting() as (_, client):
        with pytest.raises(Declined, match="no longer on this desk; send the message again"):
            await upload(client, tmp_path / "gone", DIGEST, len(CONTENT), quiet)


@pytest.fixture
def cut(source: Path) -> Path:
    """The sealed file, cut short on this desk's disk."""
    source.write_bytes(CONTENT[:PIECE])
    return source


async def test_a_sealed_file_that_was_cut_is_offered_to_no_relay(cut: Path) -> None:
    """It is no fault of the relay's, and must not look like one."""
    async with meeting() as (odd, client):
        with pytest.raises(Declined, match="not as long as its sender signed"):
            await upload(client, cut, DIGEST, len(CONTENT), quiet)
    assert odd.asked == []


async def test_a_download_is_whole_or_goes_on(tmp_path: Path) -> None:
    part = tmp_path / f"{DIGEST}.{len(CONTENT)}.part"
    part.write_bytes(CONTENT[:54_321])
    (tmp_path / f"{DIGEST}.part").write_bytes(CONTENT[:5])  # as an older Enlace named it
    async with meeting() as (odd, client):
        found = await download(client, FILE, tmp_path, quiet)
        assert (found.name, found.read_bytes()) == (DIGEST, CONTENT)
        assert odd.asked == ["GET"] * 3
        assert await download(client, FILE, tmp_path, quiet) == found
        assert odd.asked == ["GET"] * 3
    assert names(tmp_path) == [DIGEST]


@pytest.mark.parametrize("fault", ["sends less", "sends more", "sends everything", "sends nothing"])
async def test_another_part_than_asked_for_is_refused(tmp_path: Path, fault: str) -> None:
    async with meeting(fault) as (_, client):
        with pytest.raises(Distrust, match="another part of the attachment than was asked for"):
            await download(client, FILE, tmp_path, quiet)
    assert not (tmp_path / DIGEST).exists()


async def test_other_bytes_than_were_signed_for_are_discarded(tmp_path: Path) -> None:
    async with meeting("sends something else") as (odd, client):
        with pytest.raises(Distrust, match="not those the sender signed for; they were discarded, fetch it again"):
            await download(client, FILE, tmp_path, quiet)
        assert names(tmp_path) == []
        odd.fault = ""
        assert (await download(client, FILE, tmp_path, quiet)).read_bytes() == CONTENT


@pytest.mark.parametrize("leftover", [CONTENT + b"more", bytes(len(CONTENT)), bytes(len(CONTENT) - 1)])
async def test_a_leftover_that_is_not_its_beginning_is_discarded(tmp_path: Path, leftover: bytes) -> None:
    """It is this disk's, and no relay is accused of it: only of what it sent, once all of it was fetched anew."""
    part = tmp_path / f"{DIGEST}.{len(CONTENT)}.part"
    part.write_bytes(leftover)
    async with meeting("sends something else") as (odd, client):
        with pytest.raises(Distrust, match="discarded"):
            await download(client, FILE, tmp_path, quiet)
        assert names(tmp_path) == []
        odd.fault = ""
        part.write_bytes(leftover)
        assert (await download(client, FILE, tmp_path, quiet)).read_bytes() == CONTENT
    assert names(tmp_path) == [DIGEST]


async def test_a_size_there_cannot_be_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    async with meeting() as (odd, client):
        with pytest.raises(Declined, match="more than there can be"):
            await download(client, changed(FILE, cipher_size=MOST_FILE + 1), tmp_path, quiet)
        assert odd.asked == []


FALSE = [changed(FILE, cipher_size=size) for size in (1, PIECE, len(CONTENT) - 1, len(CONTENT) + 1, 9 * PIECE)]


@pytest.mark.parametrize("false", FALSE, ids=lambda each: each.cipher_size)
async def test_a_length_that_its_sender_got_wrong_accuses_no_relay(tmp_path: Path, false: SealedFile) -> None:
    """And neither the file, nor what of it is here, is lost by it: another message has it right."""
    part = tmp_path / f"{DIGEST}.{len(CONTENT)}.part"
    part.write_bytes(CONTENT[: 2 * PIECE])  # an honest download that broke off
    async with meeting() as (odd, client):
        with pytest.raises(Declined, match=f"signed that the attachment has {false.cipher_size} bytes, sealed, and"):
            await download(client, false, tmp_path, quiet)
        assert (names(tmp_path), part.read_bytes()) == ([part.name], CONTENT[: 2 * PIECE])
        odd.asked.clear()
        await download(client, FILE, tmp_path, quiet)
        assert odd.asked == ["GET"]
        odd.asked.clear()
        assert (held(false, tmp_path), held_copy(false, tmp_path)) == (None, None)
        with pytest.raises(Declined, match=f"what has that hash has {len(CONTENT)}: ask the sender"):
            await download(client, false, tmp_path, quiet)
        assert odd.asked == []
    assert held(FILE, tmp_path) == held_copy(FILE, tmp_path) == tmp_path / DIGEST


async def test_where_the_relay_says_another_length_nothing_shows_who_is_wrong(tmp_path: Path) -> None:
    async with meeting("says it has more") as (_, client):
        with pytest.raises(Declined, match="Nothing shows which of them is wrong"):
            await download(client, FILE, tmp_path, quiet)
    async with meeting("says no length") as (_, client):
        assert (await download(client, FILE, tmp_path, quiet)).read_bytes() == CONTENT


async def test_one_file_keeps_no_other_from_being_fetched(tmp_path: Path) -> None:
    """By a record of the same ciphertext that says something else, and by one of which the relay sends other bytes."""
    other = changed(FILE, cipher_hash="00" * 32, name="b")
    async with meeting() as (odd, client):
        lacking = await fetch_all(client, [FALSE[0], other, FILE, FALSE[3], FILE], tmp_path, quiet)
        assert {file: type(why) for file, why in lacking.items()} == {
            FALSE[0]: Declined, other: Distrust, FALSE[3]: Declined,
        }  # fmt: skip
        assert (tmp_path / DIGEST).read_bytes() == CONTENT
        odd.asked.clear()
        assert await fetch_all(client, [changed(FILE, name="as another calls it"), FILE], tmp_path, quiet) == {}
        assert odd.asked == []


async def test_a_file_that_the_relay_has_with_another_length_is_no_lie_of_the_relay(tmp_path: Path) -> None:
    """Of a file that is here no more: the length alone, which somebody else may have signed, is wrong."""
    async with meeting("has another length") as (_, client):
        with pytest.raises(Declined, match="Nothing shows which of them is wrong"):
            await upload(client, tmp_path / "gone", DIGEST, len(CONTENT) - 1, quiet)


async def test_a_relay_under_another_authority_is_not_spoken_to(tmp_path: Path) -> None:
    async with meeting() as (odd, client):
        other = trustme.CA().cert_pem.bytes().decode()
        key = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
        async with RelayClient(client.relay, other, key, lambda: 7) as stranger:
            with pytest.raises(Distrust, match="a certificate that is not to be trusted"):
                await stranger.send("GET", routes.HEALTH, None, {})
        assert odd.asked == []


async def test_nobody_there_is_unreachable() -> None:
    async with meeting() as (_, client):
        relay, pem = client.relay, certificates()[0]
    async with RelayClient(relay, pem, Ed25519PrivateKey.from_private_bytes(b"7" * 32), lambda: 7) as client:
        with pytest.raises(Unreachable, match="does not answer"):
            await client.send("GET", routes.HEALTH, None, {})


@pytest.mark.parametrize("authority", ["hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "é"])
def test_an_authority_that_is_none_is_told(authority: str) -> None:
    with pytest.raises(Usage, match="is no certificate"):
        tls_context(authority)


def test_nothing_older_than_tls_1_3_is_spoken() -> None:
    assert tls_context("").minimum_version is ssl.TLSVersion.TLSv1_3
    assert tls_context("").check_hostname
