"""An office of three members, for tests of what may be done with messages: `ar`, `co`, `pe`, and a consular contact.

`pe-consulate` is a consular contact of `pe`, served by the officer of `pe-desk`; `ar-court` is another of `ar`.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from cli_world import MEMBERS, PASSPHRASE, Office, Ran

from desk.main import main
from desk.profile.folder import Profile
from desk.profile.unlocked import unlocked


@contextmanager
def three_offices(folder: Path) -> Iterator[Office]:
    """The office, with everybody up to date."""
    with Office.opened(folder) as office:
        with patch.dict(MEMBERS, {"pe": ("PE", "America/Lima")}):
            office._admit("pe")
        publish(office, "pe", "pe-consulate", "consular")
        publish(office, "ar", "ar-court", "prosecution")
        for name in ("ar-desk", "co-desk", "pe-desk"):
            office.ask(name, "sync")
        yield office


def publish(office: Office, member: str, contact: str, function: str) -> None:
    """A contact of a member, served by its officer on duty."""
    details = {
        "function": function, "name_en": contact, "phone": "always:+12025550110", "languages": "es",
        "zone": "America/Lima", "hours": "24/7", "officers": office.officers[f"{member}-desk"],
    }  # fmt: skip
    office.ask(
        f"{member}-admin", "contact", "publish", contact, *(f"--set={name}={each}" for name, each in details.items())
    )


def sent(office: Office, sender: str, to: str, *options: str, text: str = "Words of the message") -> int:
    """A message, sent and taken in; returns its number at the receiver."""
    source = ["--from", sender] if sender.startswith("ar") else []
    given = ["--no-text"] if not text else ["--text", office.file("text", text)]
    told = office.ask(sender, "send", to, "--subject", "A matter", *given, *source, *options)
    assert told["sent"], told
    return arrived(office, to)


def arrived(office: Office, name: str) -> int:
    """The number of the newest message at somebody's desk, after an exchange."""
    office.ask(name, "sync")
    messages = office.ask(name, "inbox", "--all")["messages"]
    return max(int(each["number"]) for each in messages if each["direction"] == "in")


def refused(ran: Ran) -> str:
    """What was said when the rules refused something."""
    assert ran.code == 3, ran
    return " ".join(ran.err.split())


def into_file(office: Office, who: str, path: Path, *arguments: str) -> int:
    """A command whose standard output is a file; returns its exit code."""
    officer, told = patch.dict(os.environ, office.environ(who)), patch.object(sys, "stderr", io.StringIO())
    with path.open("w", encoding="utf-8") as out, officer, told, patch.object(sys, "stdout", out):
        return main([*arguments])


def numbers(office: Office, name: str, now: int) -> tuple[list[int], list[str]]:
    """The messages that a profile holds after it was unlocked at a time, and what was told."""
    with unlocked(Profile.open(office.profile(name)), PASSPHRASE.encode(), lambda: now) as desk:
        return [each.number for each in desk.mail.all()], desk.warnings()
