"""The local API: what it answers, that it says what the commands say, and when it forgets the keys."""

import json
import threading
from pathlib import Path

import click
import pytest
from cli_world import PASSPHRASE, Office
from served_api import KNOWN, Caller, serving

from desk.api.calling import EXCLUDED, placeless
from desk.api.files import Files
from desk.errors import NotFound, Usage
from desk.main import COMMANDS, enlace
from desk.profile.shift_mark import LEFT_FILE, stand_up

pytest_plugins = ("shared_office", "shared_api")


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


def test_no_answer_says_where_files_are(desk: Caller) -> None:
    status, answer = desk.call("case/export", case="x" * 8, file={"new": "bundle.age"})
    assert status in (400, 404), answer
    told = [desk.call("status")[1], answer, desk.call("read", number=1, save={"new": "saved/"})[1]]
    assert str(desk.api.profile.path) not in json.dumps(told)
    assert placeless({"a": [f"{desk.api.profile.path}/alarms/x"]}, desk.api.profile.path) == {"a": ["alarms/x"]}


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
        _, handed = caller.ask("POST", "/v1/files", raw=b"what a victim said")
        file = f"/v1/files/{handed['result']['file']}"
        assert caller.ask("GET", file)[0] == 200
        assert caller.ask("POST", "/v1/lock", {})[0] == 200
        assert caller.call("inbox")[0] == 423
        assert caller.ask("GET", file)[0] == 423, "what was decrypted is behind the passphrase again"
        assert caller.ask("GET", "/v1/files/0")[0] == 404
        assert caller.ask("DELETE", file)[0] == 200


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


def test_files_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
