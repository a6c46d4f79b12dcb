"""`docs/witnesses-and-proofs.md` works as it stands: a witness made, registered, called; a proof made and checked."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import Office
from transcripts import STEP, Player, steps

pytest_plugins = ("shared_office",)
PAGE = (Path(__file__).parent.parent / "docs" / "witnesses-and-proofs.md").read_text("utf-8")


@pytest.fixture
def watched(shared_office: Office) -> Iterator[Office]:
    """The office, whose relay's settings name a file of witnesses, with a desk that others do not use."""
    shared_office.copy("co-desk", "desk")
    settings = Path(shared_office.relay.settings)
    before = settings.read_text("utf-8")
    head, line = re.findall(r"^```toml\n(.*)\n(.*)\n```$", PAGE, re.MULTILINE)[0]
    named = re.sub(rf"(?<=^{re.escape(head)}\n)([^\[]*?)^file = .*$", rf"\1{line}", before, count=1, flags=re.MULTILINE)
    assert named != before
    settings.write_text(named.replace("$TRIAL", str(shared_office.folder)), "utf-8")
    yield shared_office
    settings.write_text(before, "utf-8")  # the relay that runs keeps its witness, who never calls again


def test_the_page_works_as_it_stands(watched: Office) -> None:
    assert Player(watched, int(time.time()) // STEP).play(PAGE) == len(list(steps(PAGE))) > 12


def test_every_fence_is_played_or_said_not_to_be() -> None:
    opened = re.findall(r"^```(\S.*)$", PAGE, re.MULTILINE)
    assert all(re.fullmatch("console (operator|witness|desk|stranger)|toml|text", each) for each in opened), opened
