"""The Makefile explains itself, and under ENLACE_FULL=1 a skip is a failure."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from house_source import ROOT

TARGETS = {"help", "setup", "demo", "test", "setup-full", "test-full", "lint", "mutants", "bench", "lock"}
SKIPPING = {
    "test": "import pytest\ndef test_it() -> None:\n    pytest.skip('no node')\n",
    "mark": "import pytest\n@pytest.mark.skip(reason='no node')\ndef test_it() -> None: ...\n",
    "module": "import pytest\npytest.importorskip('no_such_module')\n",
}


def test_make_lists_every_target() -> None:
    make = shutil.which("make")
    assert make is not None
    shown = subprocess.run([make, "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+) +\S", shown, re.MULTILINE)) == TARGETS


def test_continuous_integration_runs_what_the_readme_names() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    steps = re.findall(r"^step .*? make (.*)$", script.read_text("utf-8"), re.MULTILINE)
    assert steps == ["test", "setup-full test-full", "lint"]


@pytest.mark.parametrize("kind", SKIPPING)
@pytest.mark.parametrize(("full", "expected"), [("1", 1), ("", 0)])
def test_a_skip_is_a_failure_in_the_full_run_only(tmp_path: Path, kind: str, full: str, expected: int) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_skipping.py").write_text(SKIPPING[kind] + "def test_other() -> None: ...\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "ENLACE_FULL": full, "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )
    # A module that skips whole collects nothing else: pytest's 5, or 2 when the collection failed.
    assert done.returncode == ({"1": 2, "": 5}[full] if kind == "module" else expected), done.stdout
    assert ("ENLACE_FULL=1" in done.stdout) is bool(full)
