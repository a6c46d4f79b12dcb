"""docs/portal.md against the pages, the settings and the words it tells of."""

import re

from house_source import ROOT

from crypto.keyfile import LEAST_CHARACTERS
from relay.portal import paths
from relay.portal.derivation import STRONG
from relay.portal.look_up import PAUSE
from relay.rules.throttle import FREE_FAILURES, MOST_FAILURES
from relay.settings import Portal

PAGE = " ".join((ROOT / "docs" / "portal.md").read_text("utf-8").split())
ROW = re.compile(r"\| (GET|POST) (/portal\S*) \|")


def test_the_page_lists_every_page_and_no_other() -> None:
    assert {path for _, path in ROW.findall(PAGE)} == paths.SHOWN
    told = {
        pair for pair in re.findall(r"\| (GET|POST) (/portal[^ ,|]*)", paths.__doc__ or "") if "{any" not in pair[1]
    }
    assert told <= set(ROW.findall(PAGE))


def test_the_figures_are_the_defaults() -> None:
    plain = Portal()
    assert plain.open
    assert f"(after {plain.access_days} days)" in PAGE
    assert f"lasts {plain.idle_seconds // 60} minutes without a page, four hours at most" in PAGE
    assert plain.longest_seconds == 4 * 3600
    assert (plain.address_burst, plain.address_per_minute) == (10, 3)
    assert (plain.derivations, plain.waiting) == (2, 16)
    assert f"{STRONG.memory // 1024} MiB" in PAGE
    assert f"least {LEAST_CHARACTERS} characters" in PAGE
    assert (FREE_FAILURES, MOST_FAILURES) == (5, 100)
    assert PAUSE == 5
