"""What the relay's commands share: options, how a refusal is told, how settings are read."""

import os
from pathlib import Path
from typing import Any

import click
import msgspec

from config.settings import SettingsError, load_settings
from relay.preparation import SETTINGS
from relay.settings import RelaySettings

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
settings_file = click.option(
    "--settings",
    "path",
    type=click.Path(path_type=Path),
    default=SETTINGS,
    show_default=True,
    metavar="FILE",
    help="The relay's settings.",
)


class Refused(click.ClickException):
    """Something is not in order: one line on standard error, or one JSON object; exit code 3."""

    exit_code = 3

    def __init__(self, words: str, *, as_json: bool, more: dict[str, Any] | None = None) -> None:
        super().__init__(words)
        self._plain = {"error": words, "code": self.exit_code, **(more or {})} if as_json else None

    def show(self, file: Any = None) -> None:
        """Print it."""
        if self._plain is not None:
            click.echo(msgspec.json.encode(self._plain, order="sorted").decode())
        else:
            click.echo(click.style("enlace: ", fg="red", bold=True) + self.message, err=True)


class WrongUse(Refused):
    """What was asked makes no sense as given; exit code 2."""

    exit_code = 2


def load_relay_settings(path: Path, *, as_json: bool) -> RelaySettings:
    """The settings in a file and the environment; raises WrongUse."""
    try:
        return load_settings(RelaySettings, path, os.environ)
    except SettingsError as error:
        raise WrongUse(str(error), as_json=as_json) from error
