"""The desks of an exercise on this machine: who is there, and how `enlace` is run as each of them.

1. Commands run in this process, by the code that people's commands run by; the relay is a process of its own, as in
   `enlace demo` (`desk.demo`). One command of a desk at a time.
2. What a person's telephone does is played here: codes are computed from the secret an authenticator was shown.
3. Every desk is in a folder of the exercise and in its network, and in no other: a desk of this machine's user is never
   opened, whatever stands in the environment.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pyotp

from desk.api.calling import Answering
from desk.demo.stage import Stage, StageError
from desk.errors import DeskError
from desk.keys.keyring import Keyring, open_keyring
from desk.main import enlace
from desk.profile.folder import PROFILE_FILE, Profile
from desk.safe_text import line
from desk.terminal import Making, Terminal

NETWORK = "exercise.enlace.example"
SECRETARIAT, TRAINEE, COUNTERPART, COLLEAGUE = "secretariat", "trainee", "counterpart", "colleague"


@dataclass
class Hand(Answering):
    """The terminal of somebody in an exercise: it knows their passphrase, and what their telephone shows."""

    passphrase_text: str = field(default="", repr=False)
    phone: Callable[[str], pyotp.TOTP | None] = field(default=lambda _: None, repr=False)

    def secret(self, prompt: str, source: str | None, option: str, **options: Any) -> str:
        """A passphrase, from a file that is named; else the desk's own, or a code."""
        if option == "--code-file":
            uri = next((each["uri"] for each in reversed(self.results) if "uri" in each), "")
            phone = self.phone(uri)
            if phone is None:
                raise StageError("a code was asked for, and no telephone shows one")
            return phone.now()
        if option == "--passphrase-file" and source in (None, self.passphrase_file):
            return self.passphrase_text
        return super().secret(prompt, source, option, **options)


@dataclass
class Cast(Stage):
    """A stage whose people share this process."""

    _keyrings: dict[Path, Keyring] = field(default_factory=dict, repr=False)

    async def run(self, name: str, *arguments: str, fails: int = 0) -> dict[str, Any]:
        """Run one command as somebody; returns its JSON answer. Raises StageError for another exit code."""
        if name == "relay":
            return await super().run(name, *arguments, fails=fails)
        async with self._desks[name]:
            hand = self._hand(name)
            code, words = await asyncio.to_thread(_run, hand, [*arguments, "--json"])
        if code != fails:
            told = f"{name}: enlace {' '.join(arguments)}"
            raise StageError(f"{told} ended with {code} instead of {fails}: {line(words)}")
        return (hand.results[-1] if hand.results else {}) | {"_warnings": "\n".join(hand.warnings)}

    def _hand(self, name: str) -> Hand:
        path = self.profile(name)
        known = (path / PROFILE_FILE).is_file() and (path / "keys.age").is_file()
        secret = self.passphrase(name).read_text("utf-8").strip()
        keyring = self._opened(Profile.open(path), secret) if known else None
        return Hand(
            json=True, path=path, keyring=keyring, passphrase_text=secret, phone=lambda uri: self._phone(name, uri)
        )

    def _opened(self, profile: Profile, secret: str) -> Keyring:
        """Somebody's keys, opened once as long as they are the same person; each command takes them anew."""
        found = self._keyrings.get(profile.path)
        if found is None or found.profile.identity != profile.identity:
            found = self._keyrings[profile.path] = open_keyring(profile, secret.encode())
        return found

    def _phone(self, name: str, uri: str) -> pyotp.TOTP | None:
        found = pyotp.parse_uri(uri) if uri else None
        if isinstance(found, pyotp.TOTP):
            self.authenticators[name] = found
        return self.authenticators.get(name)


def _run(hand: Hand, arguments: list[str]) -> tuple[int, str]:
    """The exit code of a command, and why it failed."""

    def make(_: bool, __: Path | None) -> Terminal:
        return hand

    try:
        result = enlace.main(arguments, "enlace", standalone_mode=False, obj=Making(make))
    except DeskError as error:
        return error.code, str(error)
    except click.ClickException as error:
        return error.exit_code, error.format_message()
    return (result if isinstance(result, int) else 0), " ".join(hand.warnings)
