"""Programs of other hands that ours are compared with, in the tests marked `full`."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

NODE = Path(__file__).parent / "node"


def run_node(script: str, jobs: object = None) -> Any:
    """What `tests/node/<script>` answers to `jobs`, both as JSON; skips where `make setup-full` was not run."""
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules").is_dir():
        pytest.skip("needs Node.js and tests/node/node_modules: make setup-full")
    done = subprocess.run([node, script], cwd=NODE, input=json.dumps(jobs), capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)
