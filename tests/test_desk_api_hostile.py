"""Another user of the machine, or a broken program, against the local API: what is sent slowly, half, twice or packed,
what lies at its places already, and who takes the officer's chair in the middle of a call."""

import asyncio
import gzip
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import PASSPHRASE, Office
from served_api import Caller, serving

from desk import host
from desk.api import server
from desk.api.files import TOKEN
from desk.api.server import Api
from desk.api.serving import serve_api
from desk.errors import Locked, Usage
from desk.main import enlace
from desk.profile.shift_mark import stand_up

pytest_plugins = ("shared_office", "shared_api")


def connected(caller: Caller) -> socket.socket:
    return socket.create_connection(("127.0.0.1", caller.api.port), 30)


def head(caller: Caller, first: str, *lines: str) -> bytes:
    usual = (f"Host: {caller.api.address}", f"Authorization: Bearer {caller.api.token}", "Connection: close")
    return "\r\n".join((f"{first} HTTP/1.1", *usual, *lines, "", "")).encode()


def answered(sock: socket.socket) -> bytes:
    found = b""
    while piece := sock.recv(65536):
        found += piece
    return found


def sent(caller: Caller, raw: bytes) -> bytes:
    with connected(caller) as sock:
        sock.sendall(raw)
        return answered(sock)


def second(caller: Caller, port: int) -> None:
    asyncio.run(serve_api(Api(caller.api.profile, enlace, 900, "0"), port, lambda *_: None))


def test_a_second_one_of_the_same_desk_is_refused_and_the_first_goes_on(desk: Caller) -> None:
    _, handed = desk.ask("POST", "/v1/files", raw=b"x")
    with pytest.raises(Locked, match="api"):
        second(desk, 0)
    assert (desk.api.profile.path / TOKEN).read_text().strip() == desk.api.token
    assert desk.ask("GET", f"/v1/files/{handed['result']['file']}") == (200, b"x")


def test_a_port_that_is_taken_is_told_and_leaves_nothing(shared_office: Office, desk: Caller) -> None:
    with serving(shared_office, "ar-desk", locked=True) as caller:
        taken = desk.api.port
        path = caller.api.profile.path
    with pytest.raises(Usage, match="cannot be had"):
        second(caller, taken)
    assert not (path / TOKEN).exists()
    with serving(shared_office, "ar-desk", locked=True):  # nothing is held any more
        pass


def test_what_a_killed_one_left_goes_with_the_next_unlocking(shared_office: Office) -> None:
    path = shared_office.profile("ar-desk")
    (path / TOKEN).write_text("old\n")
    (path / "api" / "00.new").mkdir(mode=0o700, parents=True)
    (path / "api" / "00.new" / "evidence.pdf").write_bytes(b"what a victim said")
    shared_office.ask("ar-desk", "inbox")
    assert not (path / TOKEN).exists()
    assert not (path / "api").exists()


def test_what_cannot_be_swept_is_told_and_keeps_nobody_from_their_mail(shared_office: Office) -> None:
    path = shared_office.profile("ar-desk")
    (path / TOKEN).mkdir()
    (path / "api.lock").unlink(missing_ok=True)
    (path / "api.lock").mkdir()
    ran = shared_office.run("ar-desk", "inbox")
    (path / "api.lock").rmdir()
    assert (ran.code, f"! what a local API has left in {path} stays there: " in ran.err) == (0, True), ran
    (path / "api").mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("shutil.rmtree", busy)
        ran = shared_office.run("ar-desk", "inbox")
        words = f"! {path / 'api'}, which a local API has left in the clear, cannot be removed: "
        assert (ran.code, words in ran.err, words.replace(str(path / "api"), str(path / TOKEN)) in ran.err) == (
            0, True, True,
        ), ran  # fmt: skip
        assert shared_office.run("ar-desk", "api", "serve", "--port", "0").code == 1
    shared_office.ask("ar-desk", "inbox")
    assert not (path / "api").exists()
    assert not (path / TOKEN).exists()


def busy(path: Path, ignore_errors: bool = False) -> None:
    """As where another program has one of the files open."""
    if not ignore_errors:
        raise PermissionError(13, "busy", str(path))


def test_what_a_running_one_holds_is_not_swept(desk: Caller, shared_office: Office) -> None:
    _, handed = desk.ask("POST", "/v1/files", raw=b"x")
    shared_office.ask("co-desk", "inbox")
    assert desk.ask("GET", f"/v1/files/{handed['result']['file']}") == (200, b"x")
    assert (desk.api.profile.path / TOKEN).exists()


def test_another_command_that_sweeps_the_profile_takes_no_token_away(
    shared_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, original, swept = shared_office.profile("ar-desk"), os.fsync, list[int]()

    def fsync(number: int) -> None:
        """The moment before a file gets its name: a command that holds the profile begins then, once."""
        if not swept:
            swept.append(number)
            host.sweep(path)
        original(number)

    monkeypatch.setattr(os, "fsync", fsync)
    with serving(shared_office, "ar-desk", locked=True) as caller:
        assert swept
        assert (path / TOKEN).read_text().strip() == caller.api.token


@pytest.mark.skipif(os.name != "posix", reason="links and modes of POSIX")
def test_a_link_at_its_places_is_not_followed(shared_office: Office, tmp_path: Path) -> None:
    path, elsewhere = shared_office.profile("ar-desk"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("kept")
    (path / TOKEN).symlink_to(elsewhere / "kept")
    (path / "api").symlink_to(elsewhere)
    with serving(shared_office, "ar-desk", locked=True) as caller:
        assert (path / TOKEN).stat(follow_symlinks=False).st_mode & 0o777 == 0o600
        assert (path / TOKEN).read_text().strip() == caller.api.token
        assert caller.ask("POST", "/v1/files", raw=b"x")[0] == 200
        assert not (path / "api").is_symlink()
    assert [each.name for each in elsewhere.iterdir()] == ["kept"]
    assert (elsewhere / "kept").read_text() == "kept"


@pytest.fixture
def hasty(shared_office: Office) -> Iterator[Caller]:
    """One that waits for nobody."""
    with serving(shared_office, "ar-desk", patience=0.05) as caller:
        yield caller


def test_a_body_that_does_not_come_is_given_up(hasty: Caller) -> None:
    for place in ("files", "find", "unlock", "lock"):
        begun = head(hasty, f"POST /v1/{place}", "Content-Type: application/json", "Content-Length: 50")
        assert b" 408 " in sent(hasty, begun + b"{").partition(b"\r\n")[0], place
    for _ in range(server.MOST_UPLOADS + 1):  # and takes no place from another
        assert hasty.ask("POST", "/v1/files", raw=b"x")[0] == 200


@pytest.mark.parametrize("begun", [b"", b"GET /v1 HT", b"GET /v1 HTTP/1.1\r\nHost: a\r\n"])
def test_who_says_nothing_is_not_waited_for(hasty: Caller, begun: bytes) -> None:
    with connected(hasty) as sock:
        sock.sendall(begun)
        assert answered(sock) == b""


def test_connections_are_bounded(shared_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.api.serving.MOST_CONNECTIONS", 2)
    with (
        serving(shared_office, "ar-desk", locked=True) as caller,
        connected(caller) as one,
        connected(caller) as two,
    ):
        for each in (one, two, one):  # both are taken in, and go on being answered
            each.sendall(head(caller, "GET /v1").replace(b"close", b"keep-alive"))
            assert each.recv(65536).startswith(b"HTTP/1.1 200")
            if each is two:
                with connected(caller) as three:
                    assert ended(three)


def ended(sock: socket.socket) -> bool:
    try:
        return sock.recv(1) == b""
    except ConnectionError:
        return True


PACKED = gzip.compress(b'{"words":["ar"]}')


@pytest.mark.parametrize(("place", "raw"), [("find", PACKED), ("files", PACKED), ("find", b"abcde"), ("lock", PACKED)])
def test_nothing_packed_is_unpacked(desk: Caller, place: str, raw: bytes) -> None:
    lines = ("Content-Encoding: gzip", "Content-Type: application/json", f"Content-Length: {len(raw)}")
    found = sent(desk, head(desk, f"POST /v1/{place}", *lines) + raw)
    assert b" 415 " in found.partition(b"\r\n")[0]
    assert b"Content-Encoding" in found


def test_a_body_in_pieces_has_the_same_bounds(desk: Caller) -> None:
    lines = ("Content-Type: application/json", "Transfer-Encoding: chunked")
    begun, piece = head(desk, "POST /v1/find", *lines), b"10000\r\n" + b"a" * 65536 + b"\r\n"
    assert b" 413 " in sent(desk, begun + piece * 17 + b"0\r\n\r\n").partition(b"\r\n")[0]
    small = b"".join(b"1\r\n%c\r\n" % each for each in b'{"words":["ar"]}')
    assert b" 200 " in sent(desk, begun + small + b"0\r\n\r\n").partition(b"\r\n")[0]


RUBBISH = {
    "no method": b"\x1b[2J\x1b]0;title\x07 /v1 HTTP/1.1\r\n\r\n",
    "no header": b"GET /v1 HTTP/1.1\r\nHost: a\r\nAuthorization\x00: Bearer secret\r\n\r\n",
    "a long line": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    "two lengths": b"POST /v1/lock HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("name", RUBBISH)
def test_rubbish_is_refused_and_nothing_of_it_is_shown_to_the_officer(
    desk: Caller, name: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with connected(desk) as sock:
        sock.sendall(RUBBISH[name])
        assert b" 400 " in answered(sock).partition(b"\r\n")[0]
    assert desk.ask("GET", "/v1")[0] == 200
    assert (*capfd.readouterr(), caplog.text) == ("", "", "")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "CONNECT", "get", "PROPFIND"])
def test_no_method_goes_round_the_token(desk: Caller, method: str) -> None:
    for place in ("/v1", "/v1/find", "/v1/files", "*", "http://attacker.example/v1"):
        raw = head(desk, f"{method} {place}").replace(desk.api.token.encode(), b"x" * 43)
        assert sent(desk, raw).split(b" ")[1] in (b"401", b"400"), (method, place)


def test_the_token_counts_in_its_header_alone(desk: Caller) -> None:
    token = desk.api.token
    for place, line in (
        (f"/v1?token={token}", "Accept: */*"),
        (f"/v1?access_token={token}", "Accept: */*"),
        ("/v1", f"Cookie: token={token}; Authorization=Bearer {token}"),
        ("/v1", f"Proxy-Authorization: Bearer {token}"),
        ("/v1", f"Sec-WebSocket-Protocol: bearer, {token}"),
    ):
        raw = head(desk, f"GET {place}", line).replace(f"Authorization: Bearer {token}\r\n".encode(), b"", 1)
        assert sent(desk, raw).split(b" ")[1] == b"401", (place, line)


def test_nothing_becomes_a_web_socket(desk: Caller) -> None:
    asked = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + "A" * 22)
    found = sent(desk, head(desk, "GET /v1", *asked, "Origin: https://attacker.example"))
    assert found.split(b" ")[1] == b"403"
    assert sent(desk, head(desk, "GET /v1", *asked)).split(b" ")[1] == b"200", "an ordinary answer"


def standing_up_in(caller: Caller, monkeypatch: pytest.MonkeyPatch, what: str, *, twice: bool = False) -> None:
    """Have the officer stand up while `what` goes on, and the API see that at once."""
    original = getattr(server, what)

    def meanwhile(*given: Any) -> Any:
        found = original(*given)
        stand_up(caller.api.profile.path)
        assert caller.ask("GET", "/v1")[1]["result"]["locked"]
        return found

    monkeypatch.setattr(server, what, meanwhile)


def test_who_stands_up_while_it_is_unlocked_leaves_it_locked(
    shared_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(shared_office, "ar-desk", locked=True) as caller:
        with monkeypatch.context() as patched:
            standing_up_in(caller, patched, "open_keyring")
            status, answer = caller.ask("POST", "/v1/unlock", {"passphrase": PASSPHRASE})
            assert (status, answer["failure"]["kind"]) == (423, "locked")
        assert caller.api.keyring is None
        assert caller.call("inbox")[0] == 423


def test_what_a_call_makes_is_not_left_for_the_next_officer(
    shared_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(shared_office, "ar-desk") as caller:
        with monkeypatch.context() as patched:
            standing_up_in(caller, patched, "call")
            status, answer = caller.call("inbox")
            assert (status, "result" in answer) == (423, False)
            assert "stood up" in answer["failure"]["error"]
        assert caller.api.keyring is None
        assert not (caller.api.profile.path / "api").exists()


def test_what_is_handed_in_while_the_officer_stands_up_is_not_kept(shared_office: Office) -> None:
    with serving(shared_office, "ar-desk") as caller, connected(caller) as sock:
        sock.sendall(head(caller, "POST /v1/files", "Content-Length: 4") + b"ab")
        while not caller.api._uploads:
            assert caller.ask("GET", "/v1")[0] == 200
        stand_up(caller.api.profile.path)
        assert caller.ask("GET", "/v1")[1]["result"]["locked"]
        sock.sendall(b"cd")
        assert b" 423 " in answered(sock).partition(b"\r\n")[0]
        assert not (caller.api.profile.path / "api").exists()


def test_many_at_once_wait_or_are_told(desk: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than may wait: each is answered, and nothing else."""
    monkeypatch.setattr(server, "MOST_WAITING", 2)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(desk.call("find", words=["ar"])[0])) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(found) == len(threads)
    assert {200} <= set(found) <= {200, 503}
