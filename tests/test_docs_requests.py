"""`docs/requests.md` works as it stands: its commands typed by four offices, every answer compared."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import Office
from forms_filled import IN_TIME, MLA, filled
from request_offices import four_offices
from transcripts import STEP, Player, steps

from desk.forms.filled import write_filled
from desk.requests.life import RULES
from desk.timers.settings import parse_timer_settings
from desk.timers.terms import KINDS

PAGE = (Path(__file__).parent.parent / "docs" / "requests.md").read_text("utf-8")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The four offices, a file with the form that is sent twice, and one to attach."""
    with four_offices(tmp_path_factory.mktemp("requests") / "office") as office:
        office.file("mla.json", write_filled(filled("mutual-legal-assistance", **MLA | IN_TIME)))
        office.file("extractos.pdf", "movimientos")
        yield office


def test_the_page_works_as_it_stands(office: Office) -> None:
    player = Player(office, office.enrolled // STEP)
    assert player.play(PAGE) == len(list(steps(PAGE))) > 30
    for who, request, digest in (("co-desk", "mla", "digest"), ("ar-desk", "ref", "third")):
        plain = office.ask(who, "request", "show", player.known[request])
        assert (plain["state"], plain["digest"]) == ("closed", player.known[digest])
        assert all(not each["why"] for each in plain["events"])
    for name in ("mla-fr.pdf", "mla-en.pdf", "referral.pdf"):
        assert (office.folder / name).read_bytes().startswith(b"%PDF-1.7")


def test_every_event_and_every_timer_is_named_and_the_file_of_limits_is_one() -> None:
    assert {each for each in RULES if f"`{each}`" not in PAGE} == set()
    assert {each for each in KINDS if f"`{each}`" not in PAGE} == set()
    (example,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert parse_timer_settings(example.encode()).terms[0].days == json.loads(example)["terms"][0]["days"]
