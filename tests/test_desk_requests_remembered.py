"""What is remembered of requests is what reading them says, after every change; no word of what was written is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk_world import changed, desk, mail_of
from msgspec import UNSET
from test_desk_requests_stored import WORLD, handing, made, proven, put

from desk.keys.keyring import Keyring
from desk.mail.erased import Erased
from desk.mail.facts import Facts
from desk.mail.store import MailStore
from desk.requests.acts import Accept, Ask, Complete, Send
from desk.requests.remembered import FEW, NAME
from desk.requests.stored import Request, Requests
from directory.canonical import decode, encode

SECRET = "Se aloja en la calle de los Olivos"

STUB = Erased(
    number=1, id="7" * 32, text="7" * 64, sender="co-desk", contacts=("ec-desk",), direction="in", signed=WORLD.now,
    due=WORLD.now, at=WORLD.now,
)  # fmt: skip


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    return desk(tmp_path, "ec-night", WORLD)


def told(requests: Requests) -> list[dict[str, Any]]:
    """What the rest of the desk goes by."""
    return [_told(each) for each in requests.all()] + [
        {"headless": id_, "events": [each.signed.id for each in kept]} for id_, kept in requests.headless().items()
    ]


def _told(request: Request) -> dict[str, Any]:
    root = request.root
    return {
        "id": request.id, "digest": request.proven.digest, "state": request.found.state,
        "at": [each.signed.taken_in for each in request.found.entries],
        "marks": [(each.number, each.queued, each.handed, each.by_word) for each in request.kept.values()],
        "root": (root.first, root.references, root.form, root.message.id, root.stored.number),
    }  # fmt: skip


def same(mail: MailStore, keys: Keyring) -> None:
    """It is as read: a first look, one at what is remembered, and one after a restart."""
    read = told(Requests(mail, WORLD.view))
    for _ in range(2):
        assert told(Requests(mail, WORLD.view, keys.vault)) == read


def test_what_is_remembered_is_what_is_read_after_every_change(keys: Keyring) -> None:
    mail = mail_of(keys)
    same(mail, keys)
    root = put(mail, made(Send(text=SECRET)))
    same(mail, keys)
    accept = put(mail, made(Accept(text=SECRET), root, by="ec-night"), Facts(direction="out"), queue=True)
    same(mail, keys)
    assert Requests(mail, WORLD.view, keys.vault).all()[0].proven.state == "sent"
    _, note, _ = made(Accept(text=SECRET), root, by="ec-night")
    mail.sent(2, proven(note, "out"))
    same(mail, keys)
    assert Requests(mail, WORLD.view, keys.vault).all()[0].proven.state == "accepted"
    put(mail, made(Complete(), root, accept, by="ec-night"), changed(proven(b"x"), warnings=("unproven",)))
    put(mail, made(Ask(text=SECRET), "9" * 64, by="ec-night"))
    same(mail, keys)
    given = made(Send(text="another"))
    put(mail, handing(given, made(Accept(), given[2], by="ec-night")))
    late = made(Send(text="late"))
    put(mail, handing(late, relayed=UNSET))  # nothing proves it yet
    same(mail, keys)
    put(mail, late)
    same(mail, keys)
    for number in range(FEW + 2):  # more than are read again with each look
        put(mail, made(Send(text=str(number))))
    same(mail, keys)
    mail.erase(1, STUB)
    same(mail, keys)
    mail.close()


def test_no_word_is_remembered_and_what_was_erased_is_gone(keys: Keyring) -> None:
    mail = mail_of(keys)
    root = put(mail, made(Send(text=SECRET)))
    put(mail, made(Ask(text=SECRET), root, by="ec-night"))
    assert Requests(mail, WORLD.view, keys.vault).all()[0].found.questions[0].event.act.text == "-"  # type: ignore[union-attr]  # a question
    raw = keys.vault.get(NAME)
    assert raw is not None
    assert (SECRET.encode() in raw, root.encode() in raw, b"case 7" in raw) == (False, True, True)
    assert Requests(mail, WORLD.view, keys.vault).find(root[:8]).found.questions[0].event.act.text == SECRET  # type: ignore[union-attr]  # a question
    mail.erase(1, STUB)
    assert Requests(mail, WORLD.view, keys.vault).all() == []
    raw = keys.vault.get(NAME)
    assert raw is not None
    assert b"case 7" not in raw.replace(b'"case":"case 7"', b"", 1)  # of the question alone, which is still there
    mail.close()


def test_it_is_written_anew_for_what_stays_read_and_not_for_what_is_read_with_each_look(keys: Keyring) -> None:
    mail = mail_of(keys)
    put(mail, made(Send()))
    same(mail, keys)
    before = keys.vault.get(NAME)
    for number in range(FEW + 2):
        put(mail, handing(made(Send(text=f"unproven {number}")), relayed=UNSET))  # nothing proves it yet
    same(mail, keys)
    assert keys.vault.get(NAME) == before
    for number in range(FEW + 1):
        put(mail, made(Send(text=str(number))))
    same(mail, keys)
    assert keys.vault.get(NAME) != before
    mail.close()


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"rows":[{"number":1}]}', b'{"upto":1}', b"\xff"])
def test_what_is_damaged_or_of_another_store_is_made_anew(keys: Keyring, raw: bytes) -> None:
    mail = mail_of(keys)
    root = put(mail, made(Send()))
    put(mail, made(Accept(), root, by="ec-night"))
    Requests(mail, WORLD.view, keys.vault).all()
    keys.vault.put(NAME, raw)
    same(mail, keys)
    mail.close()


def test_what_is_remembered_counts_by_the_directory_at_hand(keys: Keyring) -> None:
    """A receipt of a directory that this desk does not have yet proves nothing, and does later."""
    mail = mail_of(keys)
    send = made(Send())
    put(mail, send, proven(send[1], size=WORLD.view.size + 1))
    assert Requests(mail, WORLD.view, keys.vault).all()[0].found.state == "draft"
    later = replace(WORLD.view, size=WORLD.view.size + 1)
    assert (
        Requests(mail, later, keys.vault).all()[0].found.state == Requests(mail, later).all()[0].found.state == "sent"
    )
    mail.close()


def test_what_an_older_program_judged_is_judged_anew_once_and_is_gone(keys: Keyring) -> None:
    """The program before this one counted what was handed over by a receipt alone; a false one counts no more."""
    mail = mail_of(keys)
    given = made(Send(text="another"))
    put(mail, handing(given, relayed=UNSET))  # nothing proves it
    read = told(Requests(mail, WORLD.view, keys.vault))
    raw = keys.vault.get(NAME)
    assert raw is not None
    false = decode(raw, dict[str, Any])
    false["rows"][0]["tag"] = mail.tags.every()[false["rows"][0]["number"]]
    false["rows"][0]["events"][0]["time"] = WORLD.now
    keys.vault.put(NAME, encode(false))
    assert told(Requests(mail, WORLD.view, keys.vault)) != read  # so would it be, if it were believed
    keys.vault.erase(NAME)
    for other in ("request-events", "request-events-1", "request-events-3"):
        keys.vault.put(other, encode(false))
    assert told(Requests(mail, WORLD.view, keys.vault)) == read
    assert [*keys.vault.names("request-events")] == [NAME]
    assert keys.vault.get(NAME) == raw
    assert told(Requests(mail, WORLD.view, keys.vault)) == read
    mail.close()
