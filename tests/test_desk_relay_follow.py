"""Following a relay file: nothing goes to an address nobody vouches for, and nothing is kept of what it answers."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from directory_world import key_pair
from relay_world import server_tls
from story_desk import Desk
from story_liar import LyingRelay
from story_relays import hold_ready, name, pem, sign
from story_world import Story, roots

from crypto.signing import ed25519_line
from desk.errors import Declined, DeskError, Locked, Usage
from desk.replica.resume import Resumed
from desk.replica.statements import root_voice
from desk.roots.relay_file import RelayFile, read_relay_file, write_relay_file
from desk.roots.relay_follow import follow_file
from directory.canonical import encode
from directory.statement import parse_statement, signed_entry
from relay.protocol.requests import LogIn, Session

pytest_plugins = ("lying_story",)


@dataclass
class Stranger:
    """A server at an address of its own, which gives a session to everybody, and has no log."""

    url: str
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if "log?" in request.path_qs or request.path.endswith("/log"):
            return web.Response(status=503)
        ten = tuple(f"{each:04}-{each:04}-{each:04}" for each in range(10))
        session = Session(token="A" * 43, expires=2**33, shift_ends=2**33, recovery_codes=ten)
        return web.Response(body=encode(session), content_type="application/json")


@pytest.fixture
async def stranger() -> AsyncIterator[Stranger]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    found = Stranger(f"https://localhost:{listening.getsockname()[1]}")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, listening, ssl_context=server_tls()).start()
    yield found
    await runner.cleanup()


def duty_of(story: Story) -> Ed25519PrivateKey:
    with story.desk("secretariat").opened() as desk:
        return desk.keyring.duty


async def file_at(story: Story, here: LyingRelay, url: str, entry: bytes = b"") -> RelayFile:
    """A relay file for an address, with the naming that every reader of the log has."""
    statement = (entry or (await here.entries())[1]).decode()
    return RelayFile(network=story.built.network, at=1, relay=url, authority=pem(), statement=statement)


async def follow(desk: Desk, raw: bytes, code: str = "", *, keys_changed: bool = False) -> Resumed:
    with desk.opened() as opened:
        request = LogIn(code=code) if code else None
        return await follow_file(opened, read_relay_file(raw), request, keys_changed=keys_changed)


def kept(desk: Desk) -> list[bytes | None]:
    with desk.opened() as opened:
        return [opened.keyring.vault.get(each) for each in ("session", "last-login", "recovery-codes")]


async def refused(desk: Desk, raw: bytes, code: str = "", *, keys_changed: bool = False) -> str:
    """Why a file is not followed; the vault and the profile are as they were."""
    before = kept(desk), (desk.path / "profile.json").read_bytes()
    with pytest.raises(DeskError) as caught:
        await follow(desk, raw, code, keys_changed=keys_changed)
    assert (kept(desk), (desk.path / "profile.json").read_bytes()) == before
    return str(caught.value)


async def test_a_file_that_the_duty_key_did_not_sign_sends_nothing_anywhere(
    story: Story, here: LyingRelay, stranger: Stranger
) -> None:
    ar = story.desk("ar-night")
    await ar.synchronise()
    file = await file_at(story, here, stranger.url)
    raw = write_relay_file(file, "enlace.example", key_pair("somebody").ed25519)
    words = await refused(ar, raw, ar.code())
    assert "is not signed by the network's duty key" in words
    assert "--keys-changed" in words
    true_host = write_relay_file(
        msgspec.structs.replace(file, relay=here.url), "enlace.example", Ed25519PrivateKey.generate()
    )
    assert "is not signed by the network's duty key" in await refused(ar, true_host, ar.code())
    assert stranger.asked == []


async def test_a_statement_that_too_few_roots_signed_sends_nothing_anywhere(
    story: Story, here: LyingRelay, stranger: Stranger
) -> None:
    ar = story.desk("ar-night")
    await ar.synchronise()
    await story.desk("secretariat").synchronise()
    text = parse_statement(sign(story, "second")[0]).note.text
    for voices, words in (
        (roots()[:1], "needs 2 of the root keys; 1 signed it"),
        ([root_voice(key_pair(each).ed25519) for each in ("mallory-1", "mallory-2")], "does not count"),
    ):
        lines = [ed25519_line(each.key, f"enlace.example/{each.local}", text) for each in voices]
        file = await file_at(story, here, stranger.url, signed_entry(text, lines))
        assert words in await refused(ar, write_relay_file(file, "enlace.example", duty_of(story)), ar.code())
    assert stranger.asked == []


async def test_what_a_relay_answers_is_kept_only_once_its_log_has_held(
    story: Story, here: LyingRelay, stranger: Stranger
) -> None:
    ar = story.desk("ar-night")
    await ar.synchronise()
    raw = write_relay_file(await file_at(story, here, stranger.url), "enlace.example", duty_of(story))
    await refused(ar, raw, ar.code())
    story.clock.now += 9 * 60  # the token is renewed, and that is not kept either
    await refused(ar, raw)
    assert len(stranger.asked) > 1
    await ar.synchronise()


async def test_a_log_in_at_the_relay_is_kept_when_its_log_holds(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await hold_ready(story, "second")
    raw = await name(story, "second")
    story.clock.now += 13 * 3600
    before = kept(ar)
    await follow(ar, raw, ar.code())
    assert all(one != other for one, other in zip(before[:2], kept(ar)[:2], strict=True))
    await ar.synchronise()


async def test_with_other_keys_the_log_is_read_first_and_no_code_is_sent(
    story: Story, here: LyingRelay, stranger: Stranger
) -> None:
    ar = story.desk("ar-night")
    await ar.synchronise()
    file = await file_at(story, here, here.url)
    raw = write_relay_file(file, "enlace.example", key_pair("somebody").ed25519)
    with pytest.raises(Usage, match="no code is sent"):
        await follow(ar, raw, ar.code(), keys_changed=True)
    with pytest.raises(Declined, match="is not signed by the network's duty key"):
        await follow(ar, raw, keys_changed=True)
    other = msgspec.structs.replace(file, relay=stranger.url)
    await refused(ar, write_relay_file(other, "enlace.example", key_pair("somebody").ed25519), keys_changed=True)
    assert not any("login" in each for each in stranger.asked)
    good = write_relay_file(file, "enlace.example", duty_of(story))
    assert (await follow(ar, good, keys_changed=True)).statements == 0


async def test_without_a_shift_it_says_how_to_log_in_there(story: Story, here: LyingRelay, stranger: Stranger) -> None:
    """`enlace login` would go to the address that was left."""
    ar = story.desk("ar-night")
    await ar.synchronise()
    raw = write_relay_file(await file_at(story, here, stranger.url), "enlace.example", duty_of(story))
    story.clock.now += 13 * 3600
    with pytest.raises(Locked, match="`enlace resume FILE --code-file -` logs in at the new address") as caught:
        await follow(ar, raw)
    assert "enlace login" not in str(caught.value)
    with pytest.raises(Locked, match="`enlace login` at the old address, if it answers yet; else have this device"):
        await follow(ar, raw, keys_changed=True)
    assert stranger.asked == []


@pytest.mark.parametrize("url", ["https://....", "https://a:b:c", "https://[::::]:99999999", "https://-:0"])
async def test_an_address_that_is_none_is_told_in_words(story: Story, here: LyingRelay, url: str) -> None:
    ar = story.desk("ar-night")
    await ar.synchronise()
    raw = write_relay_file(await file_at(story, here, url), "enlace.example", duty_of(story))
    words = await refused(ar, raw)
    assert url in words
