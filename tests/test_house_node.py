"""The other hands' implementations that the full tests compare with are there, as they were locked."""

import json
import shutil
import subprocess

import pytest
from house_source import ROOT

NODE = ROOT / "tests" / "node"
LOADS = """
import * as age from "age-encryption";
import "cctv-age";
import ICAL from "ical.js";
console.log(typeof age.Encrypter, typeof age.Decrypter, typeof ICAL.parse);
"""


@pytest.mark.full
def test_node_loads_the_packages() -> None:
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules").is_dir():
        pytest.skip("needs Node.js and tests/node/node_modules: make setup-full")
    done = subprocess.run(
        [node, "--input-type=module", "--eval", LOADS], cwd=NODE, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("function function function\n", "")
    for name, version in json.loads((NODE / "package.json").read_text())["dependencies"].items():
        assert json.loads((NODE / "node_modules" / name / "package.json").read_text())["version"] == version
