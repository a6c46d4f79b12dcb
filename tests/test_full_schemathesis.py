"""The relay answers as its own description says, whatever is asked: schemathesis, with real proofs for each request.

ENLACE_SCHEMA_EXAMPLES makes a longer run, ENLACE_FUZZ_SEED another one.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from refused_world import House

pytest.importorskip("schemathesis", reason="schemathesis is not installed: make test-full installs it")

EXAMPLES = int(os.environ.get("ENLACE_SCHEMA_EXAMPLES", "5"))
SEED = int(os.environ.get("ENLACE_FUZZ_SEED", "1"))


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")  # of libraries that are no concern of ours
def test_every_answer_is_as_described(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    from wire_schema import WireSchema  # here, for it needs what may not be installed

    with House.opened(tmp_path / "office") as house:
        run = WireSchema(house)
        run.run(EXAMPLES, SEED)
        assert run.faults == {}, run.told()
        assert len({label for label, _ in run.statuses}) == run.operations >= 25
        log = (house.office.relay.folder / "relay.log").read_text()
        assert "Traceback" not in log
        assert '"level": "error"' not in log
        record_property("house", f"schemathesis: {run.told()}")
