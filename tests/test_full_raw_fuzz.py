"""Hostile bytes bring nothing down: `wire_fuzz` for 20 seconds, or as long as ENLACE_FUZZ_SECONDS says.

ENLACE_FUZZ_SEED is the seed; the one of a failure stands in its words.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from wire_fuzz import fuzz

SECONDS = float(os.environ.get("ENLACE_FUZZ_SECONDS", "20"))
SEED = int(os.environ.get("ENLACE_FUZZ_SEED", "1"))


@pytest.mark.full
def test_hostile_bytes_bring_nothing_down(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    told = fuzz(tmp_path / "office", SECONDS, SEED)  # asserts along the way; so that it was not for nothing:
    assert re.match(rf"[1-9][0-9]+ requests \(seed {SEED}\)", told)
    record_property("house", "raw fuzz: " + told.replace("\n", "; "))
