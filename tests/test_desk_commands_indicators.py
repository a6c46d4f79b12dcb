"""`enlace indicators` as it is typed."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from cli_world import PASSPHRASE, Office
from msgspec import to_builtins
from test_desk_indicators import START, many

from desk.indicators.export import exported
from desk.indicators.figures import Indicators, indicators
from desk.profile.folder import Profile
from desk.profile.unlocked import unlocked

pytest_plugins = ("shared_office",)


def test_a_desk_with_few_requests_tells_nothing(shared_office: Office, tmp_path: Path) -> None:
    found = shared_office.ask("ar-desk", "indicators", "--period", "2026-Q1")
    assert found["sent"] == {"requests": {}}
    assert found["state"] == "open"
    out = tmp_path / "indicators.json"
    shared_office.ask("ar-desk", "indicators", "--period", "2026-Q1", "--export", str(out))
    schema = json.loads(shared_office.run("ar-desk", "indicators", "--schema").out)
    jsonschema: Any = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(schema).validate(json.loads(out.read_bytes()))
    table = tmp_path / "indicators.csv"
    ran = shared_office.run("ar-desk", "indicators", "--period", "2026-Q1", "--export", str(table))
    assert f"Written to {table}." in ran.out
    assert table.read_text().splitlines()[1] == "ar,2026-Q1,sent,requests,all,,<11"
    assert "kept back" in ran.out
    assert found | {"state": "exported"} == shared_office.ask("ar-desk", "indicators", "--period", "2026-Q1")
    profile = Profile.open(shared_office.profile("ar-desk"))
    first = indicators(many(40, at=START - 120 * 86_400), "ar", "2026-Q1")
    keep(profile, first)  # as if more had been known at the first export
    told = shared_office.ask("ar-desk", "indicators", "--period", "2026-Q1")
    assert told == to_builtins(first) | {"state": "changed"}
    ran = shared_office.run("ar-desk", "indicators", "--period", "2026-Q1")
    assert "would give other figures: they are not shown" in ran.out
    keep(profile, None)


def keep(profile: Profile, first: Indicators | None) -> None:
    """The first export of a quarter is that, or there was none."""
    with unlocked(profile, PASSPHRASE.encode(), lambda: int(time.time())) as desk:
        desk.keyring.vault.erase("indicators-2026-q1")
        if first is not None:
            exported(desk.keyring.vault, first, int(time.time()))
