"""What a built wheel holds: every file of the rooms and nothing else. An installed Enlace lacks nothing."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from house_source import ROOMS, ROOT, files, shown

BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel, built from a copy so that nothing an earlier build left in the tree gets in."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("out")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for room in ROOMS:
        shutil.copytree(ROOT / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run([sys.executable, "-c", BUILD, str(out)], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(out.glob("*.whl")))


def metadata(wheel: zipfile.ZipFile, name: str) -> str:
    (path,) = (path for path in wheel.namelist() if path.endswith(f".dist-info/{name}"))
    return wheel.read(path).decode()


def test_the_wheel_holds_every_file_of_the_rooms_and_no_other(wheel: zipfile.ZipFile) -> None:
    ours = {shown(path) for path in files(*ROOMS)}
    packed = {name for name in wheel.namelist() if not name.split("/")[0].endswith(".dist-info")}
    assert packed - ours == set(), "in the wheel, not in a room"
    assert ours - packed == set(), "in a room, not in the wheel: name its ending in [tool.setuptools.package-data]"


def test_the_wheel_says_that_its_types_are_checked(wheel: zipfile.ZipFile) -> None:
    assert {f"{room}/py.typed" for room in ROOMS} <= set(wheel.namelist())


def test_the_wheel_carries_its_licence_and_its_commands(wheel: zipfile.ZipFile) -> None:
    assert "License-Expression: Apache-2.0\n" in metadata(wheel, "METADATA")
    assert metadata(wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_text("utf-8")
    entry_points = metadata(wheel, "entry_points.txt")
    assert "[console_scripts]\nenlace = desk.main:main\n" in entry_points
    assert "[enlace.commands]\nrelay = relay.commands:relay\nwitness = relay.witness.commands:witness\n" in entry_points


def test_every_room_is_a_package(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    folders = {Path(name).parent.as_posix() for name in names if name.endswith(".py")}
    assert {folder for folder in folders if f"{folder}/__init__.py" not in names} == set()
