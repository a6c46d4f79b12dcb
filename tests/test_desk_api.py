"""The local API: what it answers, whom it refuses, and that it says what the commands say."""

import asyncio
import contextlib
import hmac
import http.client
import json
import re
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from cli_world import PASSPHRASE, Office
from hypothesis import given
from hypothesis import strategies as st

from desk.api.arguments import SETTLED, is_path, named, parameters, typed
from desk.api.calling import EXCLUDED, callable_commands, placeless
from desk.api.files import Files
from desk.api.server import DEEPEST, MOST_JSON, Api, read_object
from desk.api.serving import TOKEN, serve_api
from desk.errors import NotFound, Usage
from desk.keys.keyring import open_keyring
from desk.main import COMMANDS, enlace
from desk.profile.folder import Profile
from desk.profile.shift_mark import LEFT_FILE, stand_up

pytest_plugins = ("shared_office",)

KNOWN = callable_commands(enlace)


@dataclass
class Caller:
    """Asks a running API."""

    api: Api

    def ask(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> tuple[int, Any]:
        """The status and the answer; `raw` goes as it is, `body` as JSON. Headers overrule, empty ones are left out."""
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        usual = {"Authorization": f"Bearer {self.api.token}", "Content-Type": "application/json"}
        usual |= {name.replace("_", "-"): value for name, value in headers.items()}
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.api.port}{path}",
            data,
            {name: value for name, value in usual.items() if value},
            method=method,
        )
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                status, found = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, found = error.code, error.read()
        return status, json.loads(found) if found[:1] == b"{" else found

    def call(self, command: str, /, **given: Any) -> tuple[int, dict[str, Any]]:
        return self.ask("POST", f"/v1/{command}", {name.replace("_", "-"): value for name, value in given.items()})


@contextmanager
def serving(office: Office, name: str, *, locked: bool = False, idle: float = 900) -> Iterator[Caller]:
    profile = Profile.open(office.profile(name))
    keyring = None if locked else open_keyring(profile, PASSPHRASE.encode())
    ready: Future[str] = Future()
    made: Future[tuple[Api, asyncio.AbstractEventLoop, asyncio.Task[None]]] = Future()

    async def serve() -> None:
        api = Api(profile, enlace, idle, "0", keyring)
        task = asyncio.ensure_future(serve_api(api, 0, lambda address, _: ready.set_result(address)))
        made.set_result((api, asyncio.get_running_loop(), task))
        await asyncio.wait([task])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    api, loop, task = made.result(30)
    try:
        ready.result(30)
        yield Caller(api)
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(30)
    assert not (profile.path / TOKEN).exists()
    assert not (profile.path / "api").exists()


@pytest.fixture(scope="module")
def desk(shared_office: Office) -> Iterator[Caller]:
    with serving(shared_office, "co-desk") as caller:
        yield caller


def test_it_says_what_it_serves(desk: Caller) -> None:
    status, answer = desk.ask("GET", "/v1")
    assert (status, answer["result"]["member"], answer["result"]["locked"]) == (200, "co", False)
    status, page = desk.ask("GET", "/v1/openapi.json")
    assert status == 200
    assert {path.removeprefix("/v1/") for path in page["paths"]} == set(KNOWN)


def test_what_an_officer_left_unlocked_is_locked_for_the_one_who_takes_over(shared_office: Office) -> None:
    with serving(shared_office, "ar-desk") as caller:
        path = caller.api.profile.path
        assert caller.call("inbox")[0] == 200
        _, handed = caller.ask("POST", "/v1/files", raw=b"what a victim said")
        file = f"/v1/files/{handed['result']['file']}"
        assert caller.ask("GET", file) == (200, b"what a victim said")
        stand_up(path)
        assert caller.ask("GET", file)[0] == 404
        assert caller.call("inbox")[0] == 423
        assert caller.api.keyring is None
        assert not (path / "api").exists()
        assert caller.ask("POST", "/v1/unlock", {"passphrase": PASSPHRASE})[0] == 200
        assert caller.call("inbox")[0] == 200
        (path / LEFT_FILE).unlink()  # whoever takes the mark away takes nobody's place
        assert caller.call("inbox")[0] == 423


def test_a_command_answers_what_it_answers_with_json(desk: Caller, shared_office: Office) -> None:
    status, answer = desk.call("find", words=["ar", "desk"])
    assert (status, answer["code"]) == (200, 0)
    typed_one = shared_office.ask("co-desk", "find", "ar", "desk")
    answer["result"]["directory"].pop("age")
    typed_one["directory"].pop("age")
    assert answer["result"] == typed_one


def test_a_message_goes_out_and_its_file_comes_back(desk: Caller, shared_office: Office) -> None:
    _, handed = desk.ask("POST", "/v1/files", raw=b"Zona norte\n", Content_Type="application/octet-stream")
    file = {"file": handed["result"]["file"]}
    status, sent = desk.call("send", contact=["ar-desk"], subject="Bus", text=file, attach=[file])
    assert status == 200, sent
    shared_office.ask("ar-desk", "sync")
    inbox = shared_office.ask("ar-desk", "inbox")["messages"]
    assert inbox[-1]["content"]["subject"] == "Bus"
    number = sent["result"]["number"]
    status, read = desk.call("read", number=number, save={"new": "saved/"})
    assert status == 200, read
    (saved,) = read["files"]
    assert desk.ask("GET", f"/v1/files/{saved['file']}") == (200, b"Zona norte\n")
    assert desk.ask("DELETE", f"/v1/files/{saved['file']}")[0] == 200
    assert desk.ask("GET", f"/v1/files/{saved['file']}")[0] == 404


BAD: dict[str, tuple[int, str, dict[str, Any]]] = {
    "no token": (401, "token", {"Authorization": ""}),
    "another token": (401, "token", {"Authorization": "Bearer " + "x" * 43}),
    "the token by another scheme": (401, "token", {"Authorization": "Basic eDp5"}),
    "another machine's name": (403, "name of this machine", {"Host": "attacker.example"}),
    "a token that is no text": (401, "token", {"Authorization": "Bearer \xff\xfe"}),
    "half a surrogate pair": (400, "no argument can", {"raw": b'{"words":["\\ud800"]}'}),
    "another port's name": (403, "name of this machine", {"Host": "127.0.0.1:1"}),
    "a page from elsewhere": (403, "pages from elsewhere", {"Origin": "https://attacker.example"}),
    "a page from nowhere": (403, "pages from elsewhere", {"Origin": "null"}),
    "a page of another site": (403, "pages from elsewhere", {"Sec_Fetch_Site": "cross-site"}),
    "a form": (415, "application/json", {"Content_Type": "text/plain"}),
    "no JSON": (400, "no JSON", {"raw": b"{"}),
    "no UTF-8": (400, "not UTF-8", {"raw": b'{"a":"\xff"}'}),
    "no object": (400, "JSON object", {"raw": b"[1]"}),
    "a name twice": (400, "twice", {"raw": b'{"words":["a"],"words":["b"]}'}),
    "no number": (400, "no number", {"raw": b'{"words":NaN}'}),
    "too deep": (400, "too deep", {"raw": b'{"words":' + b"[" * DEEPEST + b"]" * DEEPEST + b"}"}),
    "far too deep": (400, "no JSON", {"raw": b"[" * 100_000}),
    "too large": (413, "", {"raw": b'{"words":["' + b"a" * MOST_JSON + b'"]}'}),
    "an argument there is not": (400, "no argument 'colour'", {"body": {"colour": "red"}}),
    "an argument that is settled": (400, "no argument 'profile'", {"body": {"profile": "/"}}),
    "one value for several": (400, "words is a list", {"body": {"words": "ar"}}),
    "a value that is an object": (400, "text or a whole number", {"body": {"words": [{}]}}),
    "a fraction": (400, "text or a whole number", {"body": {"words": [1.5]}}),
    "half a character": (400, "", {"raw": b'{"words":["a\\u0000"]}'}),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_and_how(desk: Caller, name: str) -> None:
    status, words, asked = BAD[name]
    body = asked.get("body", None if "raw" in asked else {"words": ["ar"]})
    headers = {name: value for name, value in asked.items() if name != "body"}
    found, answer = desk.ask("POST", "/v1/find", body, **headers)
    assert (found, words in json.dumps(answer)) == (status, True), answer
    assert answer["code"] == 2 or found in (401, 403)


def test_no_value_is_taken_for_an_option(desk: Caller) -> None:
    status, answer = desk.call("find", words=["--help"])
    assert (status, answer["code"]) in ((200, 0), (404, 7)), answer
    assert "Usage" not in json.dumps(answer)


def test_a_path_is_not_taken_for_a_file(desk: Caller) -> None:
    for value in ("/etc/passwd", {"file": "../../keys.age"}, {"file": "0" * 32}, {"new": "a", "file": "b"}):
        status, answer = desk.call("send", contact=["ar-desk"], subject="x", text="x", attach=[value])
        assert status in (400, 404), answer


def test_every_argument_that_is_a_file_is_taken_as_one() -> None:
    """A path of this machine is not taken: what a name or a help text calls a file has to be known as one."""
    said = re.compile(r"\b(file|folder|path)\b|FILE|FOLDER", re.IGNORECASE)
    texts = {
        f"{words}: {name}"
        for words, command in KNOWN.items()
        for name, each in parameters(command).items()
        if not is_path(each) and not getattr(each, "is_flag", False) and not isinstance(each.type, click.Choice)
        if said.search(f"{name} {each.metavar or ''} {getattr(each, 'help', '') or ''}")
    }
    assert texts <= NO_FILES, "say that it is one (metavar FILE), or why not"


# They name what stands in a file, and no file.
NO_FILES = {"contact/import: map", "contact/publish: set"}


def test_a_path_is_taken_nowhere(desk: Caller, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("geheim")
    for command, typed_in in (
        ("resume", {"file": str(secret)}),
        ("contact/import", {"file": {"new": "x.csv"}, "map-file": str(secret)}),
    ):
        status, answer = desk.ask("POST", f"/v1/{command}", typed_in)
        assert (status, "geheim" in json.dumps(answer)) == (400, False), answer
        assert "is a file: one that was handed in" in answer["failure"]["error"]


def test_no_answer_says_where_files_are(desk: Caller) -> None:
    status, answer = desk.call("case/export", case="x" * 8, file={"new": "bundle.age"})
    assert status in (400, 404), answer
    told = [desk.call("status")[1], answer, desk.call("read", number=1, save={"new": "saved/"})[1]]
    assert str(desk.api.profile.path) not in json.dumps(told)
    assert placeless({"a": [f"{desk.api.profile.path}/alarms/x"]}, desk.api.profile.path) == {"a": ["alarms/x"]}


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


def test_an_error_of_the_program_says_nothing_of_this_machine(desk: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("/srv/officer/secret")

    monkeypatch.setattr("desk.api.server.call", broken)
    status, answer = desk.call("find", words=["ar"])
    assert (status, answer["code"]) == (500, 1)
    assert "officer" not in json.dumps(answer)


def test_a_command_that_would_ask_says_what_answers(desk: Caller) -> None:
    status, answer = desk.call("login")
    assert status == 400, answer
    assert "nobody can be asked here; give it with code-file" in answer["failure"]["error"]


def test_there_is_no_way_to_other_commands(desk: Caller) -> None:
    for words in ("relay/serve", "enrol", "api/serve", "passphrase", "nothing", "watch"):
        assert desk.call(words)[0] == 404, words


def test_it_is_locked_and_unlocked(shared_office: Office) -> None:
    with serving(shared_office, "ar-desk", locked=True) as caller:
        assert caller.ask("GET", "/v1")[1]["result"]["locked"]
        assert caller.call("inbox")[0] == 423
        assert caller.ask("POST", "/v1/unlock", {"passphrase": "wrong"})[0] == 423
        assert caller.ask("POST", "/v1/unlock", {"phrase": "x"})[0] == 400
        assert caller.ask("POST", "/v1/unlock", {"passphrase": PASSPHRASE})[0] == 200
        assert caller.call("inbox")[0] == 200
        assert caller.ask("POST", "/v1/lock", {"now": True})[0] == 400
        assert caller.ask("POST", "/v1/lock", {})[0] == 200
        assert caller.call("inbox")[0] == 423


def test_the_keys_are_forgotten_when_nobody_calls(shared_office: Office) -> None:
    with serving(shared_office, "ar-desk", idle=0.05) as caller:
        forgotten = threading.Event()
        original = caller.api.lock

        def lock() -> None:
            original()
            forgotten.set()

        caller.api.lock = lock  # type: ignore[method-assign]  # to be told, and not to look again and again
        caller.call("inbox")
        assert forgotten.wait(30)
        assert caller.call("inbox")[0] == 423


def test_every_command_is_called_or_excluded_for_a_reason() -> None:
    others = {each for each in enlace.list_commands(click.Context(enlace)) if each not in COMMANDS}
    groups = {words.split("/")[0] for words in (*KNOWN, *EXCLUDED)}
    assert groups == set(COMMANDS) | others | {"witness"}
    assert all(EXCLUDED.values())
    assert not {"files", "unlock", "lock", "openapi", "challenge"} & {words.split("/")[0] for words in KNOWN}


@pytest.mark.parametrize("words", sorted(KNOWN))
def test_every_argument_has_a_name_of_its_own(words: str) -> None:
    names = named(KNOWN[words])
    assert len(names) == len(KNOWN[words].params), [*names]
    assert all(name and name.replace("-", "").isalnum() for name in names), [*names]
    assert not SETTLED & set(parameters(KNOWN[words]))


LETTERS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(st.lists(LETTERS, min_size=1, max_size=4), LETTERS)
def test_whatever_is_given_reaches_the_command_as_it_is(tmp_path_factory: Any, words: list[str], language: str) -> None:
    line = typed(KNOWN["find"], {"words": words, "language": language}, Files(tmp_path_factory.getbasetemp()))
    context = KNOWN["find"].make_context("find", line)
    assert list(context.params["words"]) == words
    assert context.params["language"] == language


@given(st.recursive(st.booleans() | st.integers() | LETTERS, lambda inner: st.lists(inner, max_size=2), max_leaves=5))
def test_an_object_is_read_as_it_was_written(value: Any) -> None:
    assert read_object(json.dumps({"a": value}).encode()) == {"a": value}


def test_files_have_a_bound(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.api.files.MOST_FILES", 2)
    monkeypatch.setattr("desk.api.files.MOST_BYTES", 10)
    files = Files(tmp_path)
    files.put(b"12345")
    with pytest.raises(Usage, match="no room"):
        files.put(b"123456")
    files.put(b"1")
    with pytest.raises(Usage, match="no room"):
        files.put(b"")
    files.empty()
    with pytest.raises(NotFound):
        files.read("0" * 32)


UNREADABLE = [
    BAD[name][2]["raw"]
    for name in ("no JSON", "no UTF-8", "no object", "a name twice", "no number", "too deep", "far too deep")
]


@pytest.mark.parametrize("raw", UNREADABLE, ids=len)
def test_what_is_no_object_is_not_read(raw: bytes) -> None:
    with pytest.raises(Usage):
        read_object(raw)
