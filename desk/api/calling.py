"""Calling a command in this process: what it answers, tells and warns of, as one object.

1. A command runs as it does at a terminal, but for where its answer goes, and that nobody can be asked anything: what
   it would ask is told as an error, which says by which argument it is answered beforehand.
2. The keys were opened once, when the API was unlocked. Each call makes a keyring anew of them, so that it sees what
   another process of this profile has changed since.
3. Where files of this machine are, a caller is not told: the profile's folder is left out of all words.
4. One call at a time: the profile is one process's while a command works with it. Another process that holds it makes
   a call fail as `locked`; nothing waits.
"""

import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from desk import host
from desk.api.arguments import typed
from desk.api.files import Files
from desk.errors import DeskError, Usage
from desk.exercise.network import MARK
from desk.failure import plain
from desk.handling.way_out import answering
from desk.keys.keyring import Keyring
from desk.safe_text import in_json
from desk.terminal import Making, Terminal, encodable

# What is not called so, and why. A group stands for all in it.
EXCLUDED = {
    "age": "works on files and streams, without a profile",
    "api": "is what serves this",
    "authenticator": "shows a secret, and asks for a code from the telephone",
    "demo": "plays a story, and ends when a key is pressed",
    "enrol": "makes the profile",
    "exercise/play": "plays on until it ends, on a relay of its own",
    "exercise/start": "goes on until it is stopped",
    "exercise/report": "is about a folder of this machine",
    "network": "is the founding of a network, by root keys",
    "note": "works on files and streams, without a profile",
    "notices/add": "sets which programs of this machine are run",
    "passphrase": "asks for passphrases, twice",
    "profiles": "is about other profiles",
    "recovery": "asks for a passphrase of its own",
    "relay": "is the operator's",
    "root": "is for machines that are never online",
    "switch": "is about other profiles",
    "watch": "goes on until it is stopped; it runs beside this",
    "witness": "is the operator's",
}


@dataclass
class Answering(Terminal):
    """A terminal at which nobody sits: it gathers what it is given to show."""

    results: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    content: bytes = b""

    @property
    def width(self) -> int:
        return 0

    @property
    def note_width(self) -> int:
        return 0

    @property
    def names_files(self) -> bool:
        return False

    def put(self, plain: dict[str, Any], text: str) -> None:
        self.results.append(encodable(self.marked(plain)))

    def data(self, data: bytes) -> None:
        self.content += data

    def note(self, text: str) -> None:
        self.notes.append(click.unstyle(f"{MARK} {text}" if self.plays else text))

    def warn(self, text: str) -> None:
        self.warnings.append(f"{MARK} {text}" if self.plays else text)

    def progress(self, what: str, done: int, whole: int) -> None:
        return

    def counted(self, what: str, done: int, whole: int) -> None:
        return

    def secret(self, prompt: str, source: str | None, option: str, **_: Any) -> str:
        if source is not None and source != "-":
            return super().secret(prompt, source, option)
        raise Usage(f"{prompt}: nobody can be asked here; give it with {option.lstrip('-')}")

    def confirm(self, question: str, *, yes: bool) -> None:
        if not yes:
            raise Usage(f"{question} Nobody can be asked here; say yes beforehand with yes")

    def choose(self, question: str, answers: str, *, beforehand: str) -> str:
        raise Usage(f"{question} Nobody can be asked here; answer beforehand with {beforehand.lstrip('-')}")


def callable_commands(root: click.Group) -> dict[str, click.Command]:
    """The commands that can be called, by their words joined with `/`."""
    return dict(_leaves(root, ()))


def _leaves(group: click.Group, above: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        if "/".join((*above, name)) in EXCLUDED:
            continue
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from _leaves(found, (*above, name))
        elif found is not None:
            yield "/".join((*above, name)), found


def call(
    root: click.Group, words: str, given: dict[str, Any], profile: Path, keyring: Keyring, files: Files
) -> dict[str, Any]:
    """What came of a command: `code` as its exit code, what it answered, and what it told beside that."""
    terminals: list[Answering] = []

    def make(_: bool, __: Path | None) -> Terminal:
        terminals.append(Answering(json=True, path=profile, keyring=keyring))
        return terminals[-1]

    try:
        command = callable_commands(root)[words]
        line = [*words.split("/"), *typed(command, given, files)]
        with answering():
            code, failure = _run(lambda: root.main(line, "enlace", standalone_mode=False, obj=Making(make)))
    except DeskError as error:
        code, failure = error.code, plain(error)
    answer: dict[str, Any] = {"code": code}
    for each in terminals[:1]:
        answer["result"] = each.results[-1] if each.results else {}
        if len(each.results) > 1:
            answer["before"] = each.results[:-1]
        if each.content:
            answer["data"] = b64encode(each.content).decode()
        answer |= {"notes": each.notes, "warnings": each.warnings}
    if failure:
        answer |= {"failure": failure}
    told: dict[str, Any] = placeless(answer, profile)
    return told | files.made()


def placeless(told: Any, profile: Path) -> Any:
    """What is told, without where the profile is on this machine (rule 3)."""
    match told:
        case str():
            for folder in (str(profile), str(profile.resolve())):
                told = told.replace(f"{folder}{os.sep}", "").replace(folder, "the profile")
            return told
        case dict():
            return {name: placeless(each, profile) for name, each in told.items()}
        case list() | tuple():
            return [placeless(each, profile) for each in told]
    return told


def _run(work: Callable[[], Any]) -> tuple[int, dict[str, Any]]:
    """The exit code, and the failure if there is one."""
    try:
        result = work()
        return (result if isinstance(result, int) else 0), {}
    except DeskError as error:
        return error.code, plain(error)
    except click.UsageError as error:
        return Usage.code, {"error": error.format_message(), "code": Usage.code, "kind": "usage", "evidence": ""}
    except (click.exceptions.Abort, click.ClickException) as error:
        return 1, {"error": str(error) or "stopped", "code": 1, "kind": "stopped", "evidence": ""}
    except OSError as error:
        words = f"the system refuses: {host.reason(error)}"
        return 1, {"error": words, "code": 1, "kind": "system", "evidence": ""}


def as_json(answer: dict[str, Any], encode: Callable[[Any], bytes]) -> bytes:
    """An answer's JSON, with nothing left in it that a terminal would act on."""
    return in_json(encode(answer).decode()).encode()
