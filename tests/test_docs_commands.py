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
