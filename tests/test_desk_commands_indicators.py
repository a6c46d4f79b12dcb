"""`enlace indicators` as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli_world import Office

pytest_plugins = ("shared_office",)


def test_a_desk_with_few_requests_tells_nothing(shared_office: Office, tmp_path: Path) -> None:
    found = shared_office.ask("ar-desk", "indicators", "--period", "2026-Q1")
    assert found["sent"] == {"requests": {}}
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
