"""The three ways to tell, each with a real other side: a mail server, an HTTPS server, a program."""

import asyncio
import hashlib
import hmac
import json
import os
import socket
import ssl
import stat
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from relay_world import authority, server_tls

from desk.notices.settings import CommandWay, MailWay, Notice, NoticeFile, WebWay, When
from desk.notices.teller import tell_once
from desk.notices.words import Telling, telling

NOW = 1_795_000_000
PASSWORD = "ibis 27 over the delta"


def said(**about: Any) -> Telling:
    usual: dict[str, Any] = {"about": "waiting", "precedence": "flash", "contacts": ("co-desk",), "waiting": 2}
    return telling(**(usual | {"now": NOW, "zone": "America/Bogota", "language": "es"} | about))


def trusted(folder: Path) -> str:
    path = folder / "authority.pem"
    path.write_bytes(authority()[0].cert_pem.bytes())
    return str(path)


def secret_file(folder: Path, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_text(f"{PASSWORD}\nanything\n")
    path.chmod(mode)
    return str(path)


# --- mail


@dataclass
class Post:
    """A mail server's office: what it took, and whom it takes mail for."""

    taken: list[Envelope] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    refuses: str = ""
    password: str = PASSWORD

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _: Any) -> str:  # noqa: N802  # the server's own name
        if address == self.refuses:
            return "550 no such \x1b[2Jofficer"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802  # as above
        self.taken.append(envelope)
        return "250 taken"

    def let_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data.login)
        return AuthResult(success=data.password == self.password.encode(), handled=False)


@asynccontextmanager
async def mail_server(
    post: Post, *, implicit: bool = False, tls: bool = True, login: bool = False
) -> AsyncIterator[int]:
    """A mail server on this machine; its port."""
    context = server_tls() if tls else None
    about: dict[str, Any] = {"hostname": "localhost", "loop": asyncio.get_running_loop(), "timeout": 20}
    if login:
        about |= {"authenticator": post.let_in, "auth_required": not implicit, "auth_require_tls": not implicit}
    if tls and not implicit:
        about |= {"tls_context": context, "require_starttls": True}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(post, **about), "127.0.0.1", 0, ssl=context if implicit else None
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


def by_mail(port: int, folder: Path, **about: Any) -> Notice:
    usual: dict[str, Any] = {
        "server": "localhost",
        "port": port,
        "sender": "desk@co.example",
        "authority": trusted(folder),
    }
    way = MailWay(**(usual | {"to": ("officer@co.example",), "seconds": 10} | about))
    return Notice(name="mail", file=NoticeFile(notice=When(kind="mail"), mail=way))


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_mail_is_taken(tls: str, tmp_path: Path) -> None:
    post = Post()
    login = {"user": "desk", "password_file": secret_file(tmp_path)}
    async with mail_server(post, implicit=tls == "implicit", login=True) as port:
        assert await tell_once(by_mail(port, tmp_path, tls=tls, **login), said(), NOW) == ""
    (envelope,) = post.taken
    assert (envelope.mail_from, envelope.rcpt_tos, post.logins) == (
        "desk@co.example",
        ["officer@co.example"],
        [b"desk"],
    )
    raw = envelope.content
    assert isinstance(raw, bytes)
    assert socket.gethostname().encode() not in raw
    mail = message_from_bytes(raw, policy=policy.default)
    words = (
        "Un mensaje de precedencia relámpago espera a co-desk. Sin abrir: 2. Hora local: 06:06 (UTC-05:00). "
        "Ábralo en el puesto."
    )
    assert (mail["Subject"], mail["Auto-Submitted"], mail["To"]) == (words, "auto-generated", "officer@co.example")
    assert mail.get_content().strip() == words


async def test_a_server_without_encryption_gets_nothing(tmp_path: Path) -> None:
    post = Post()
    async with mail_server(post, tls=False) as port:
        assert "STARTTLS extension not supported" in await tell_once(by_mail(port, tmp_path), said(), NOW)
        assert "localhost: " in await tell_once(by_mail(port, tmp_path, tls="implicit"), said(), NOW)
        assert post.taken == []
        assert await tell_once(by_mail(port, tmp_path, tls="none", authority=""), said(), NOW) == ""
    assert len(post.taken) == 1


async def test_a_certificate_of_nobody_known_is_refused(tmp_path: Path) -> None:
    post = Post()
    async with mail_server(post) as port:
        assert "certificate verify failed" in await tell_once(by_mail(port, tmp_path, authority=""), said(), NOW)
    assert post.taken == []


async def test_a_wrong_password_and_a_lax_one(tmp_path: Path) -> None:
    post = Post(password="another")
    async with mail_server(post, login=True) as port:
        login = {"user": "desk", "password_file": secret_file(tmp_path)}
        why = await tell_once(by_mail(port, tmp_path, **login), said(), NOW)
        assert why.startswith("localhost refuses: 535 ")
        assert PASSWORD not in why
        lax = {"user": "desk", "password_file": secret_file(tmp_path, 0o644)}
        why = await tell_once(by_mail(port, tmp_path, **lax), said(), NOW)
        assert why == f"{tmp_path}/secret is open to others than its owner; run: chmod 600 {tmp_path}/secret"
        gone = {"user": "desk", "password_file": str(tmp_path / "none")}
        assert "none cannot be read: No such file" in await tell_once(by_mail(port, tmp_path, **gone), said(), NOW)
    assert post.taken == []


async def test_an_address_that_is_refused_is_not_reached(tmp_path: Path) -> None:
    post = Post(refuses="gone@co.example")
    async with mail_server(post) as port:
        both = ("officer@co.example", "gone@co.example")
        why = await tell_once(by_mail(port, tmp_path, to=both), said(), NOW)
        assert why == "localhost does not take mail for gone@co.example"
        why = await tell_once(by_mail(port, tmp_path, to=("gone@co.example",)), said(), NOW)
        assert why == "localhost does not take mail for gone@co.example"
    assert [each.rcpt_tos for each in post.taken] == [["officer@co.example"]]


async def test_a_server_that_is_not_there_or_never_ends(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        why = await tell_once(by_mail(silent.getsockname()[1], tmp_path, seconds=1), said(), NOW)
        assert why == "localhost did not take it within 1 s"
    why = await tell_once(by_mail(1, tmp_path), said(), NOW)
    assert "refused" in why


# --- webhook


@dataclass
class Hook:
    """Who is posted to."""

    status: int = 200
    posted: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.posted.append((await request.read(), dict(request.headers)))
        headers = {"Location": "/elsewhere"} if self.status // 100 == 3 else {}
        return web.Response(status=self.status, headers=headers)


@asynccontextmanager
async def web_server(hook: Hook) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/{path:.*}", hook.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    sock = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, sock, ssl_context=server_tls()).start()
    try:
        yield f"https://localhost:{sock.getsockname()[1]}/desk"
    finally:
        await runner.cleanup()


def by_web(url: str, folder: Path, **about: Any) -> Notice:
    usual: dict[str, Any] = {"url": url, "authority": trusted(folder), "seconds": 10}
    way = WebWay(**(usual | about))
    return Notice(name="web", file=NoticeFile(notice=When(kind="webhook"), webhook=way))


async def test_a_post_says_so_much_and_is_signed(tmp_path: Path) -> None:
    hook = Hook()
    async with web_server(hook) as url:
        assert await tell_once(by_web(url, tmp_path, secret_file=secret_file(tmp_path)), said(language="en"), NOW) == ""
    ((body, headers),) = hook.posted
    assert json.loads(body) == {
        "type": "enlace/night-notice/v1", "about": "waiting", "precedence": "flash", "contacts": ["co-desk"],
        "waiting": 2,
        "at": "06:06 (UTC-05:00)", "time": NOW, "language": "en",
        "text": "A flash message waits for co-desk. Unopened: 2. Local time: 06:06 (UTC-05:00). Open it at the desk.",
    }  # fmt: skip
    assert headers["Content-Type"] == "application/json"
    digest = hmac.new(PASSWORD.encode(), body, hashlib.sha256).hexdigest()
    assert headers["Enlace-Signature"] == f"v1={digest}"


@pytest.mark.parametrize("status", [302, 307, 404, 500])
async def test_another_answer_is_not_reached_and_nothing_is_followed(status: int, tmp_path: Path) -> None:
    hook = Hook(status)
    async with web_server(hook) as url:
        assert await tell_once(by_web(url, tmp_path), said(), NOW) == f"the address answered {status}"
    assert len(hook.posted) == 1
    assert "Enlace-Signature" not in hook.posted[0][1]


async def test_a_web_server_that_nobody_vouches_for_or_that_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")  # which is not asked
    hook = Hook()
    async with web_server(hook) as url:
        why = await tell_once(by_web(url, tmp_path, authority=""), said(), NOW)
        assert "certificate verify failed" in why.lower()
        assert hook.posted == []
        assert await tell_once(by_web(url, tmp_path), said(), NOW) == ""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://localhost:{silent.getsockname()[1]}/"
        assert await tell_once(by_web(url, tmp_path, seconds=1), said(), NOW) == "no answer within 1 s"


async def test_an_authority_that_is_no_file(tmp_path: Path) -> None:
    why = await tell_once(by_web("https://localhost:1/", tmp_path, authority=str(tmp_path / "none.pem")), said(), NOW)
    assert "it cannot be posted" in why
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(ssl.SSLError):
        ssl.create_default_context(cafile=str(tmp_path / "bad.pem"))
    bad = str(tmp_path / "bad.pem")
    assert await tell_once(by_web("https://localhost:1/", tmp_path, authority=bad), said(), NOW) != ""
    assert await tell_once(by_mail(1, tmp_path, authority=bad), said(), NOW) != ""


# --- command


def program(folder: Path, text: str) -> str:
    path = folder / "ring"
    path.write_text(f"#!{sys.executable}\nimport os, subprocess, sys, time\nplace = {str(folder)!r}\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def by_command(*run: str, seconds: int = 20) -> Notice:
    file = NoticeFile(notice=When(kind="command"), command=CommandWay(run=run, seconds=seconds))
    return Notice(name="siren", file=file)


async def test_a_command_gets_its_arguments_as_they_are_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENLACE_PASSPHRASE_FILE", "/somewhere")
    ring = program(
        tmp_path,
        "found = {k: v for k, v in os.environ.items() if k.startswith('ENLACE')}\n"
        "open(place + '/told', 'w').write(repr((sys.argv[1:], found)))",
    )
    assert await tell_once(by_command(ring, "$(touch x); `y`", "*"), said(language="fr"), NOW) == ""
    arguments, environ = eval((tmp_path / "told").read_text())
    assert arguments == ["$(touch x); `y`", "*"]
    assert environ == {
        "ENLACE_NOTICE_ABOUT": "waiting", "ENLACE_NOTICE_PRECEDENCE": "flash", "ENLACE_NOTICE_CONTACTS": "co-desk",
        "ENLACE_NOTICE_WAITING": "2", "ENLACE_NOTICE_AT": "06:06 (UTC-05:00)", "ENLACE_NOTICE_LANGUAGE": "fr",
        "ENLACE_NOTICE_TEXT": "Un message de degré d'urgence éclair attend co-desk. Non ouverts : 2. "
        "Heure locale : 06:06 (UTC-05:00). Ouvrez-le au poste.",
    }  # fmt: skip


async def test_a_command_that_fails_or_is_none(tmp_path: Path) -> None:
    ring = program(tmp_path, "sys.exit(3)")
    assert await tell_once(by_command(ring), said(), NOW) == f"{ring} ended with code 3"
    assert await tell_once(by_command("/nowhere/ring"), said(), NOW) == (
        "/nowhere/ring cannot be run: No such file or directory"
    )


async def test_a_command_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    ring = program(
        tmp_path,
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open(place + '/child', 'w').write(str(child.pid))\ntime.sleep(60)",
    )
    assert await tell_once(by_command(ring, seconds=1), said(), NOW) == f"{ring} ran longer than 1 s, and was ended"
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 20
    while running(child):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def running(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody has asked about does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_every_sentence_in_every_language_says_the_same_things() -> None:
    for about in ("waiting", "no-sign", "limit", "deaf", "test"):
        for language in ("en", "es", "pt", "fr"):
            text = said(about=about, language=language).text
            assert "co-desk" in text
            assert "06:06 (UTC-05:00)" in text
            assert ("2" in text.replace("06:06", "")) == (about not in ("deaf", "test")), text
    assert said(contacts=(), language="pt").text.startswith(
        "Uma mensagem de precedência relâmpago espera por este posto"
    )
