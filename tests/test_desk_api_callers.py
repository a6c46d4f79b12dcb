"""Who may ask the local API: whoever shows the token, under its address, and no page from elsewhere."""

import contextlib
import hmac
import http.client
import secrets

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


def test_it_shows_that_it_has_the_token_before_it_is_shown(desk: Caller) -> None:
    challenge = secrets.token_hex(32)
    status, answer = desk.ask("GET", f"/v1/challenge/{challenge}", Authorization="")
    said = f"enlace/api-challenge/v1\n{desk.api.port}\n{challenge}"
    assert status == 200
    made = hmac.new(desk.api.token.encode(), said.encode(), "sha256").hexdigest()
    assert hmac.compare_digest(made, answer["result"]["answer"])


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
