"""`enlace notices`: who is told, by which way, that mail waits; and to stop the bell. No passphrase is asked for."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from config.settings import SettingsError
from desk.commands.options import read_text, with_terminal
from desk.errors import DeskError, Usage
from desk.notices import ringing
from desk.notices.night import stop_all
from desk.notices.notice_words import notice_lines, outcome_words, plain_notice, status_lines
from desk.notices.overview import lines as overview_lines
from desk.notices.overview import overview
from desk.notices.overview import plain as overview_plain
from desk.notices.record import load
from desk.notices.settings import (
    FOLDER,
    SUFFIX,
    Notice,
    NoticeFile,
    add_notice,
    as_toml,
    check_name,
    load_notice,
    load_notices,
    read_notice,
    remove_notice,
)
from desk.notices.teller import tell_once
from desk.notices.words import telling
from desk.profile.folder import Profile
from desk.safe_text import line
from desk.terminal import Terminal, run
from relay.protocol.envelope import PRECEDENCES

_SETTING = re.compile(r"\A(?:\[[a-z]+\] )([a-z_]+)")
_PATTERN = re.compile(r"Expected `str` matching regex '.*'(?: - at `[^`]*`)?")
_OPTIONS = {"to": "--mail", "url": "--webhook", "run": "--command", "contacts": "--contact", "user": "--user"}


@click.group(short_help="Who is told, and how, that mail waits; stop the bell.")
def notices() -> None:
    """Who is told, and by which way, that mail waits while nobody has opened it.

    A notice says how urgent the message is, for which contact, how many wait, and what time it is: never from
    whom, nor about what. `enlace watch` sends it, from a locked desk too; so the settings, and the addresses in
    them, can be read by whoever can read the profile's folder. No command here asks for a passphrase.
    """


@notices.command(name="list", short_help="List the notices of this desk.")
@with_terminal
def list_(terminal: Terminal) -> None:
    """List the notices of this desk: the way each goes, whom it is for, and when."""
    found = list(load_notices(_receiving(terminal).path))
    good = [each for each in found if isinstance(each, Notice)]
    for each in found:
        if isinstance(each, DeskError):
            terminal.warn(f"a notice is left out: {each}")
    text = "\n".join(row for each in good for row in notice_lines(each))
    none = "No notices: only the bell of `enlace watch` rings. `enlace notices add` makes one."
    terminal.result({"notices": [plain_notice(each) for each in good]}, text or none)


@notices.command(short_help="Add a notice: a command, a mail or a webhook.")
@click.argument("name")
@click.option("--command", "command", metavar="PROGRAM", help="Run PROGRAM, a whole path; no shell reads it.")
@click.option("--argument", "arguments", multiple=True, metavar="TEXT", help="An argument of PROGRAM; again for more.")
@click.option("--mail", "to", multiple=True, metavar="ADDRESS", help="Write to ADDRESS; again for more.")
@click.option("--server", metavar="HOST", help="The authority's own mail server.")
@click.option("--port", type=int, help="Its port; 587 unless given.")
@click.option("--sender", metavar="ADDRESS", help="From whom the mail is.")
@click.option("--tls", type=click.Choice(["starttls", "implicit", "none"]), help="How the mail server encrypts.")
@click.option("--user", metavar="NAME", help="Log in at the mail server as NAME.")
@click.option("--password-file", metavar="FILE", help="The password: the first line of FILE, which is yours alone.")
@click.option("--webhook", "url", metavar="URL", help="Post to URL, over https.")
@click.option("--secret-file", metavar="FILE", help="Sign what is posted with the secret in FILE.")
@click.option("--authority", metavar="FILE", help="Trust the certificates of this authority, in PEM, and no other.")
@click.option("--seconds", type=int, help="How long one try may take.")
@click.option("--least", type=click.Choice(PRECEDENCES), help="From which precedence on; immediate unless given.")
@click.option("--contact", "contacts", multiple=True, help="Only for mail to CONTACT; again for more.")
@click.option("--quiet", multiple=True, metavar="HH:MM-HH:MM", help="Local hours in which it waits; again for more.")
@click.option("--zone", help="Whose local time, such as America/Bogota; this machine's unless given.")
@click.option("--after", type=int, metavar="MINUTES", help="Only when nobody has opened the message for so long.")
@click.option("--every", type=int, metavar="MINUTES", help="Once more every so many minutes; 5 unless given.")
@click.option("--most", type=int, metavar="TIMES", help="At most so often for one message; 6 unless given.")
@click.option("--language", type=click.Choice(["en", "es", "pt", "fr"]), help="Of the sentence; en unless given.")
@click.option("--file", "file", metavar="FILE", help="Take all of it from a TOML file (docs/night.md) instead.")
@with_terminal
def add(terminal: Terminal, name: str, file: str | None, **given: Any) -> None:
    """Add a notice called NAME, such as night-phone; give --command, --mail or --webhook, and what belongs to it.

    A second address for when nobody answers is a second notice, with --after. A watch that runs takes it up by
    itself; `enlace notices test NAME` tries it.
    """
    profile, path = _receiving(terminal), _path(terminal, name)
    if file is not None:
        if any(value not in (None, ()) for value in given.values()):
            raise Usage("with --file everything stands in the file; give nothing else")
        text = read_text(file, "settings of a notice", 16 << 10)
        made = _read(text, Path(file).absolute())
    else:
        made = _read(_text(given), path, here=False)
    if path.exists():
        raise Usage(
            f"there is a notice {name} already: `enlace notices remove {name}` takes it away; nothing was changed"
        )
    stored = add_notice(profile.path, name, made)
    notice = Notice(name=name, file=made)
    text = "\n".join(
        ["Added.", *notice_lines(notice), f"It stands in {stored}. `enlace notices test {name}` tries it."]
    )
    program = given.get("command")
    if program and not (Path(program).is_file() and os.access(program, os.X_OK)):
        terminal.warn(f"{line(program)} is no program that can be run here now: as it is, this notice reaches nobody")
    terminal.result({"added": plain_notice(notice), "file": str(stored)}, text)


@notices.command(short_help="Take a notice away.")
@click.argument("name")
@with_terminal
def remove(terminal: Terminal, name: str) -> None:
    """Take the notice NAME away; a watch that runs heeds it at its next look."""
    remove_notice(_receiving(terminal).path, name)
    terminal.result({"removed": name}, f"Removed {name}.")


@notices.command(short_help="Send a notice now, marked as a test.")
@click.argument("name")
@with_terminal
def test(terminal: Terminal, name: str) -> None:
    """Send the notice NAME once, now; its sentence says that it is a test and that nothing waits."""
    profile, now = _receiving(terminal), terminal.clock()
    notice = load_notice(profile.path, name)
    when = notice.when
    contacts = when.contacts or ringing.serves(profile.path)
    said = telling("test", when.least, contacts, 0, now, when.zone, when.language, exercise=terminal.plays)
    why = run(tell_once(notice, said, now))
    if why:
        raise DeskError(f"NOT REACHED by {name}: {why}")
    terminal.result({"notice": name, "reached": True, "text": said.text}, f"Told by {name}: {said.text}")


@notices.command(short_help="What rings now, and whom each notice reached.")
@with_terminal
def status(terminal: Terminal) -> None:
    """Show what rings now and what was stopped, which clocks and time limits run and when they ring, whether anything
    is heard; and for each notice whom it reached last, or why it did not.

    Beside messages that nobody has opened, that is: stages and calls of messages of this side of which the relay gives
    no sign, time limits of requests, and that nothing is heard.
    """
    profile, now = _receiving(terminal), terminal.clock()
    record, words = load(profile.path)
    found = list(load_notices(profile.path))
    standing = overview(profile, now)
    broken = (str(each) for each in found if isinstance(each, DeskError))
    for trouble in filter(None, (words, *standing.trouble, *broken)):
        terminal.warn(trouble)
    good = [each for each in found if isinstance(each, Notice)]
    plain = overview_plain(standing) | {
        "notices": [
            {
                "notice": each.name,
                "failing": len(record.failing(each.name)),
                "outcomes": [msgspec.to_builtins(one) for one in record.outcomes if one.notice == each.name],
            }
            for each in good
        ],
    }
    terminal.result(plain, "\n".join([*overview_lines(standing), *status_lines(good, record)]))
    for each in good:
        failing = record.failing(each.name)
        if failing:
            terminal.warn(f"{each.name} {outcome_words(failing)}")


@notices.command(short_help="Stop the bell for what waits now.")
@with_terminal
def stop(terminal: Terminal) -> None:
    """Stop the bell, and the notices, for what waits now, is overdue or has passed, and for that nothing is heard.

    A message stays unopened, its sender is told nothing, and the relay's clock goes on: `enlace accept` stops that.
    """
    stopped = stop_all(_receiving(terminal).path, terminal.clock())
    count, others = len(stopped.messages), stopped.others
    texts = [f"Stopped for {count} message(s). They are unopened; what comes next rings again."] * bool(count)
    texts += [f"Stopped for {others} time(s) that something was due; `enlace sync` tells of it."] * bool(others)
    texts += ["Stopped: nobody is told any more that nothing is heard, until it is heard again."] * stopped.deaf
    plain = {"stopped": [each.envelope for each in stopped.messages], "others": others, "deaf": stopped.deaf}
    terminal.result(plain, "\n".join(texts) or "Nothing rings.")


def _receiving(terminal: Terminal) -> Profile:
    profile = terminal.profile()
    if profile.identity.kind != "officer":
        raise Usage("the secretariat's desk receives no messages")
    return profile


def _path(terminal: Terminal, name: str) -> Path:
    return terminal.path / FOLDER / f"{check_name(name)}{SUFFIX}"


def _read(text: str, path: Path, *, here: bool = True) -> NoticeFile:
    """The settings in a text that stands at a path, or, unless `here`, was typed."""
    try:
        return read_notice(text, path)
    except SettingsError as error:
        words = str(error) if here else _as_typed(str(error).removeprefix(f"{path}: "))
        raise Usage(words) from error


def _as_typed(words: str) -> str:
    """Words about a setting in a file, as words about the option that it was typed with."""
    words = _PATTERN.sub("it is not of the form needed", words)
    return _SETTING.sub(lambda found: _OPTIONS.get(found[1], f"--{found[1].replace('_', '-')}"), words)


def _text(given: Mapping[str, Any]) -> str:
    """What was given on the command line, as the text of a file."""
    kinds = [kind for kind, name in (("command", "command"), ("mail", "to"), ("webhook", "url")) if given[name]]
    if len(kinds) != 1:
        raise Usage("say which way the notice goes, with one of --command PROGRAM, --mail ADDRESS and --webhook URL")
    when = {name: given[name] for name in ("least", "quiet", "zone", "after", "every", "most", "language", "contacts")}
    way = {name: given[name] for name in ("server", "port", "sender", "tls", "user", "seconds", "to", "url")}
    way |= {name: _whole(given[name]) for name in ("authority", "password_file", "secret_file")}
    way["run"] = (given["command"], *given["arguments"]) if given["command"] else given["arguments"]
    return as_toml({"notice": {"kind": kinds[0], **_kept(when)}, kinds[0]: _kept(way)})


def _whole(path: str | None) -> str | None:
    return str(Path(path).absolute()) if path else None


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if value is not None}
    return {name: value for name, value in kept.items() if not (isinstance(value, Sequence) and not value)}
