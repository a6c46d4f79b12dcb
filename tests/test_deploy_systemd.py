"""The units for systemd say what Enlace understands: its commands, its settings, its times."""

import re
import shlex
from pathlib import Path

import click
import pytest
from house_source import ROOT

from config.settings import load_settings
from desk.main import enlace
from relay.preparation import Plan, prepare
from relay.settings import RelaySettings

UNITS = ("enlace-relay", "enlace-witness")
README = (ROOT / "deploy" / "README.md").read_text("utf-8")


def directives(unit: str) -> list[tuple[str, str]]:
    """Every directive of a unit with its value, in order; a name may come twice."""
    lines = (line.strip() for line in (ROOT / "deploy" / f"{unit}.service").read_text("ascii").splitlines())
    return [(name, value) for name, _, value in (line.partition("=") for line in lines if re.match(r"[A-Z]\w+=", line))]


def only(name: str, unit: str = "enlace-relay") -> str:
    """The value of a directive that stands there once."""
    (value,) = (value for each, value in directives(unit) if each == name)
    return value


def understood(line: str) -> dict[str, object]:
    """The parameters of an `enlace` command line, parsed by the command it names; raises as click does."""
    _, *words = shlex.split(line)
    command: click.Command = enlace
    context = click.Context(command, info_name="enlace")
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {name}"
        command = found
    return command.make_context("enlace", words).params


@pytest.mark.parametrize("name", ["ExecStartPre", "ExecStart"])
def test_the_unit_runs_commands_that_exist(name: str) -> None:
    assert str(understood(only(name))["path"]) == "/etc/enlace/relay.toml"


def test_the_readme_runs_commands_that_exist() -> None:
    lines = re.findall(r"/opt/enlace/bin/enlace [^`\n]*", README)
    assert len(lines) == 4
    assert all(understood(line) for line in lines)


def test_the_witness_keeps_its_folder_where_it_may_write_and_where_the_readme_makes_it() -> None:
    folder = str(understood(only("ExecStart", "enlace-witness"))["folder"])
    assert Path(folder).parent == Path("/var/lib") / only("StateDirectory", "enlace-witness")
    lines = re.findall(r"/opt/enlace/bin/enlace witness [^`\n]*", README)
    assert {str(understood(line)["folder"]) for line in lines} == {folder}


def test_both_are_shut_in_alike() -> None:
    """What keeps a service in stands in both units with the same values; what is its own stands in one."""
    own = {"Description", "Type", "NotifyAccess", "User", "Group", "Environment", "ExecStartPre", "ExecStart"}
    own |= {"ExecReload", "TimeoutStartSec", "TimeoutStopSec", "StateDirectory", "LimitNOFILE"}
    relay, witness = ([each for each in directives(unit) if each[0] not in own] for unit in UNITS)
    assert relay == witness


def test_the_data_folder_is_the_one_that_may_be_written(tmp_path: Path) -> None:
    name, _, folder = only("Environment").partition("=")
    assert folder == f"/var/lib/{only('StateDirectory')}"
    plan = Plan(tmp_path / "relay", "https://relay.enlace.example", "log.enlace.example/1", "127.0.0.1")
    settings = prepare(plan, 1_790_000_000).settings
    assert load_settings(RelaySettings, settings, {name: folder}).data.folder == folder


def test_a_stop_waits_for_what_was_taken() -> None:
    text = (ROOT / "config" / "examples" / "relay.toml").read_text("utf-8")
    found = re.search(r"^stop_seconds = (\d+)", text, re.MULTILINE)
    assert found
    assert int(only("TimeoutStopSec")) >= 2 * int(found[1])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Type", "notify"),
        ("User", "enlace"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("CapabilityBoundingSet", ""),
        ("LimitCORE", "0"),
        ("UMask", "0077"),
    ],
)
def test_the_service_has_no_more_than_it_needs(name: str, value: str) -> None:
    assert only(name) == value
