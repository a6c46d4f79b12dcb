"""The command reference is what the commands say; exit codes in it are those of the classes."""

import re
from pathlib import Path

import click
import pytest
from cli_reference import commands, reference

from desk import errors
from desk.main import enlace

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"


def test_the_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "python tests/cli_reference.py > docs/commands.md"


def test_every_exit_code_is_documented() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.DeskError)]
    codes = {each.code for each in classes}
    documented = {int(each) for each in re.findall(r"^\| (\d) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)}
    assert codes | {0} == documented


@pytest.mark.parametrize("name", [name for name, _ in commands(enlace, "enlace")])
def test_every_command_says_what_it_does(name: str) -> None:
    command = dict(commands(enlace, "enlace"))[name]
    assert command.help
    paragraphs = [each.strip() for each in command.help.split("\n\n")]
    assert all(each[0].isupper() and each.endswith(".") for each in paragraphs)


@pytest.mark.parametrize("name", [name for name, _ in commands(enlace, "enlace")])
def test_every_option_is_explained(name: str) -> None:
    options = [each for each in dict(commands(enlace, "enlace"))[name].params if isinstance(each, click.Option)]
    unexplained = [each.name for each in options if not (each.help or "").endswith((".", "…"))]
    assert unexplained == []


GROUPS = ("enlace", *sorted({name.rpartition(" ")[0] for name, _ in commands(enlace, "enlace")} - {"enlace"}))


@pytest.mark.parametrize("name", GROUPS)
def test_no_summary_of_a_command_is_cut(name: str) -> None:
    """On a terminal of 80 columns every command says what it does on a line of its own, whole."""
    group: click.Command | None = enlace
    for each in name.split()[1:]:
        assert isinstance(group, click.Group)
        group = group.get_command(click.Context(group), each)
    assert isinstance(group, click.Group)
    with click.Context(group, info_name=name, terminal_width=80) as context:
        listed = group.get_help(context).partition("Commands:\n")[2].splitlines()
        assert len(listed) == len(group.list_commands(context))
    assert [each for each in listed if not each.endswith(".") or each.endswith("...") or len(each) > 80] == []
