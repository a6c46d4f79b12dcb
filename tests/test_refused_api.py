"""Every bad request of the table is answered as it says: a clear refusal, nothing changed, no fault in the log.

The same requests without what is wrong with them are taken (`test_nothing_but_that_was_wrong_with_them`).
"""

import json
from collections.abc import Iterator

import pytest
import refused_api_rows
from refused_api import Row
from refused_pages import PAGE, answer_to, api_page
from refused_world import House
from stored_state import stored
from wire import Got

from relay.answers import UNMATCHED
from relay.openapi import openapi
from relay.protocol import routes
from relay.protocol.problems import CODES

ROWS = refused_api_rows.ROWS
KINDS = {
    "malformed", "oversized", "truncated", "bad UTF-8", "deep JSON", "duplicate keys", "wrong content type",
    "wrong signer", "expired", "replayed", "out of order", "wrong network", "wrong method", "missing header",
    "unknown header", "bad query", "wrong role", "wrong state", "not found",
}  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House.opened(tmp_path_factory.mktemp("refused") / "office") as house:
        yield house


def fault(row: Row, got: Got) -> str:
    """What is wrong with an answer, empty if nothing is."""
    code, detail = answer_to(got)
    if (got.status, code) != (row.status, row.code):
        return f"answered {got.status} {code}: {detail}"
    if row.words not in detail:
        return f"{row.words!r} is not in {detail!r}"
    if got.status >= 1000 or got.status == 0:
        return ""
    if got.headers["content-type"] != routes.PROBLEM or got.headers["server"] != "enlace":
        return f"of another shape: {got.headers}"
    if got.body and {"code", "title", "status", "detail"} - set(got.problem):
        return f"of another shape: {got.body!r}"
    return "" if got.status == 503 or got.status < 500 else f"{got.status}"


@pytest.fixture(scope="module")
def asked(house: House) -> tuple[dict[str, Got], dict[str, str]]:
    """Every row, sent in order: the answers, and what was wrong with each, if anything was."""
    folder, faults, answers = house.office.relay.folder, dict[str, str](), dict[str, Got]()
    before = stored(folder)
    for row in ROWS:
        answers[row.sent] = got = row.send(house)
        wrong, after = fault(row, got), stored(folder)
        if after != before:
            wrong += f" CHANGED {[name for name in after if after[name] != before.get(name)]}"
            before = after
        if wrong:
            faults[row.sent] = wrong
    return answers, faults


def test_every_bad_request_is_refused_and_changes_nothing(
    house: House, asked: tuple[dict[str, Got], dict[str, str]]
) -> None:
    answers, faults = asked
    assert faults == {}
    lines = [json.loads(each) for each in (house.office.relay.folder / "relay.log").read_text().splitlines()]
    assert [each for each in lines if each["level"] not in ("info", "debug")] == []
    assert house.place.exchange(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200
    written = PAGE.read_text(encoding="utf-8").splitlines()
    new = [each for each in api_page(ROWS, answers).splitlines() if each not in written]
    assert new == [], "PYTHONPATH=. python tests/refusals.py > docs/refusals.md"


def test_the_table_is_one_of_many_kinds() -> None:
    assert len(ROWS) >= 300
    assert len({each.sent for each in ROWS}) == len(ROWS)
    assert {each.kind for each in ROWS} == KINDS
    codes = {each.code for each in ROWS} & set(CODES)
    assert {"malformed", "nonce-needed", "proof-invalid", "proof-replayed", "token-invalid", "device-unknown"} < codes


@pytest.mark.usefixtures("asked")
def test_the_description_has_every_answer(house: House) -> None:
    paths = openapi()["paths"]
    for line in (house.office.relay.folder / "relay.log").read_text().splitlines():
        each = json.loads(line)
        if each.get("route", UNMATCHED) == UNMATCHED:
            continue
        described = paths[each["route"]][each["method"].lower()]["responses"]
        assert str(each["status"]) in described, each
        assert each.get("problem", "") in described[str(each["status"])]["description"], each


@pytest.mark.usefixtures("asked")
def test_every_resource_is_asked_badly(house: House) -> None:
    log = (house.office.relay.folder / "relay.log").read_text()
    asked = {(each["method"], each["route"]) for each in map(json.loads, log.splitlines()) if each.get("problem")}
    description = json.loads(house.place.exchange(b"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n").body)
    known = {(method.upper(), path) for path, about in description["paths"].items() for method in about}
    assert known - asked <= {("GET", each) for each in (routes.OPENAPI, routes.HEALTH, routes.READY, routes.METRICS)}
