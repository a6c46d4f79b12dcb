"""Who may ask the local API: whoever shows the token, under its address, and no page from elsewhere."""

import contextlib
import hmac
import http.client
import http.server
import json
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from served_api import Caller

pytest_plugins = ("shared_office", "shared_api")


def test_no_page_is_let_in(desk: Caller) -> None:
    """No answer lets another origin read it, and a browser's question beforehand is answered with no."""
    own = f"http://127.0.0.1:{desk.api.port}"
    for method, headers in (
        ("OPTIONS", {"Origin": "https://attacker.example", "Access-Control-Request-Method": "POST"}),
        ("OPTIONS", {"Origin": own, "Access-Control-Request-Method": "POST"}),
        ("GET", {"Origin": own}),
        ("POST", {"Origin": "null", "Content-Type": "text/plain"}),
    ):
        found = http.client.HTTPConnection("127.0.0.1", desk.api.port, timeout=30)
        with contextlib.closing(found):
            found.request(method, "/v1", headers=headers)
            answer = found.getresponse()
            assert answer.status in (401, 403), (method, headers)
            assert not [name for name, _ in answer.getheaders() if name.lower().startswith("access-control")]
            assert answer.getheader("Cache-Control") == "no-store"


def page(host: str, port: int, token: str) -> bool:
    """A page as docs/api.md has it: it shows the token to who answers a challenge for the address it asked."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    challenge = secrets.token_hex(32)
    answer = got(host, port, f"/v1/challenge/{challenge}", Host=address)[1]
    said = f"enlace/api-challenge/v1\n{address}\n{challenge}"
    made = hmac.new(token.encode(), said.encode(), "sha256").hexdigest()
    if not hmac.compare_digest(made, answer.get("result", {}).get("answer", "")):
        return False
    return got(host, port, "/v1", Host=address, Authorization=f"Bearer {token}")[0] == 200


def got(host: str, port: int, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
    with contextlib.closing(http.client.HTTPConnection(host, port, timeout=30)) as asked:
        asked.request("GET", path, headers=headers)
        answer = asked.getresponse()
        return answer.status, json.loads(answer.read())


class Passing(http.server.BaseHTTPRequestHandler):
    """Another user's program: it passes on what it is asked to the API, under any name that might be answered, and
    keeps what it is shown."""

    port = 0
    names: tuple[str, ...] = ()
    shown: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        if token := self.headers.get("Authorization"):
            self.shown.append(token)
        tried = [got("127.0.0.1", self.port, self.path, Host=name) for name in (self.headers["Host"], *self.names)]
        status, answer = min(tried, key=lambda each: each[0])
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002  # the name is the library's
        return


@contextmanager
def passing(host: str, port: int) -> Iterator[list[str]]:
    """Somebody who listens at another address of this machine, at the API's port; what they are shown."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    names = tuple(f"{each}:{port}" for each in ("127.0.0.1", "localhost", "[::1]", "127.0.0.2"))
    handler = type("Handler", (Passing,), {"port": port, "names": names, "shown": list[str]()})
    try:
        server = type("Server", (http.server.ThreadingHTTPServer,), {"address_family": family})((host, port), handler)
    except OSError as error:
        pytest.skip(f"this machine has no address {host}: {error}")
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield handler.shown  # type: ignore[attr-defined]  # made just above
        finally:
            server.shutdown()
            thread.join()


def test_it_shows_that_it_has_the_token_before_it_is_shown(desk: Caller) -> None:
    assert page("127.0.0.1", desk.api.port, desk.api.token)
    assert not page("127.0.0.1", desk.api.port, "x" * 43)


@pytest.mark.parametrize("host", ["::1", "127.0.0.2"])
def test_who_listens_at_another_address_cannot_pass_a_challenge_on(desk: Caller, host: str) -> None:
    with passing(host, desk.api.port) as shown:
        status, answer = got(host, desk.api.port, f"/v1/challenge/{secrets.token_hex(32)}", Host="127.0.0.1")
        assert (status, len(answer["result"]["answer"])) == (200, 64), "it does pass on"
        assert not page(host, desk.api.port, desk.api.token)
        assert shown == []


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "[::1]", "127.0.0.2", "127.1", "0.0.0.0", "127.0.0.1."])
def test_it_goes_by_one_name(desk: Caller, name: str) -> None:
    challenge = f"/v1/challenge/{secrets.token_hex(32)}"
    for path in ("/v1", challenge):
        status, answer = desk.ask("GET", path, Host=f"{name}:{desk.api.port}")
        assert (status, answer["code"]) == (403, 2), answer
        assert f"127.0.0.1:{desk.api.port}" in answer["failure"]["error"]
    assert desk.ask("GET", challenge, Origin=f"http://{name}:{desk.api.port}")[0] == 403


def test_who_names_nobody_is_not_answered(desk: Caller) -> None:
    for request in (b"GET /v1 HTTP/1.0\r\n\r\n", b"GET /v1 HTTP/1.1\r\nHost:\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", desk.api.port), 30) as asked:
            asked.sendall(request)
            assert b" 403 " in asked.makefile("rb").readline()


@pytest.mark.parametrize("challenge", ["", "0" * 63, "0" * 65, "A" * 64, "%0a" * 32, "0" * 64 + "%0a"])
def test_a_challenge_of_another_shape_is_refused(desk: Caller, challenge: str) -> None:
    status, answer = desk.ask("GET", f"/v1/challenge/{challenge}", Authorization="")
    assert status in (400, 401), answer
    assert "answer" not in answer.get("result", {})


def test_no_page_from_elsewhere_has_a_challenge_answered(desk: Caller) -> None:
    path = f"/v1/challenge/{secrets.token_hex(32)}"
    assert desk.ask("GET", path, Host="attacker.example")[0] == 403
    assert desk.ask("GET", path, Origin="https://attacker.example")[0] == 403


def test_who_asks_is_said_once(desk: Caller) -> None:
    found = http.client.HTTPConnection("127.0.0.1", desk.api.port, timeout=30)
    with contextlib.closing(found):
        found.putrequest("GET", "/v1")
        for token in (desk.api.token, "x"):
            found.putheader("Authorization", f"Bearer {token}")
        found.endheaders()
        assert found.getresponse().status == 400
