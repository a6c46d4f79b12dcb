"""`enlace notices`: who is told, by which way, that mail waits; and to stop the bell. No passphrase is asked for."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from config.settings import SettingsError
from desk.commands.options import checked, read_text, with_terminal
from desk.errors import DeskError, Usage
from desk.notices import ringing
from desk.notices.night import stop_all
from desk.notices.notice_words import notice_lines, outcome_words, plain_notice, status_lines
from desk.notices.overview import lines as overview_lines
from desk.notices.overview import overview
from desk.notices.overview import plain as overview_plain
from desk.notices.record import load
from desk.notices.settings import (
    DAY_MINUTES,
    FOLDER,
    MOST_BYTES,
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
from desk.notices.way_files import check_way
from desk.notices.words import telling
from desk.profile.folder import Profile
from desk.terminal import Terminal, run
from directory.fields import ContactId
from relay.protocol.envelope import PRECEDENCES


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
@click.option("--port", type=click.IntRange(1, 65_535), help="Its port; 587 unless given.")
@click.option("--sender", metavar="ADDRESS", help="From whom the mail is.")
@click.option("--tls", type=click.Choice(["starttls", "implicit", "none"]), help="How the mail server encrypts.")
@click.option("--user", metavar="NAME", help="Log in at the mail server as NAME.")
@click.option("--password-file", metavar="FILE", help="The password: the first line of FILE, which is yours alone.")
@click.option("--webhook", "url", metavar="URL", help="Post to URL, over https.")
@click.option("--secret-file", metavar="FILE", help="Sign what is posted with the secret in FILE.")
@click.option("--authority", metavar="FILE", help="Trust the certificates of this authority, in PEM, and no other.")
@click.option("--seconds", type=click.IntRange(1, 120), help="How long one try may take.")
@click.option("--least", type=click.Choice(PRECEDENCES), help="From which precedence on; immediate unless given.")
@click.option("--contact", "contacts", multiple=True, help="Only for mail to CONTACT; again for more.")
@click.option("--quiet", multiple=True, metavar="HH:MM-HH:MM", help="Local hours in which it waits; again for more.")
@click.option("--zone", help="Whose local time, such as America/Bogota; this machine's unless given.")
@click.option(
    "--after",
    type=click.IntRange(0, DAY_MINUTES),
    metavar="MINUTES",
    help="Only when nobody has opened the message for so long.",
)
@click.option(
    "--every",
    type=click.IntRange(1, DAY_MINUTES),
    metavar="MINUTES",
    help="Once more every so many minutes; 5 unless given.",
)
@click.option(
    "--most", type=click.IntRange(1, 100), metavar="TIMES", help="At most so often for one message; 6 unless given."
)
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
        text = read_text(file, "settings of a notice", MOST_BYTES)
        try:
            made = read_notice(text, Path(file).absolute())
        except SettingsError as error:
            raise Usage(str(error)) from error
    else:
        made = _typed(given, path)
    check_way(made)
    made = msgspec.structs.replace(made, notice=msgspec.structs.replace(made.notice, added=terminal.clock()))
    stored = add_notice(profile.path, name, made)
    notice = Notice(name=name, file=made)
    mine = ringing.serves(profile.path)
    if mine and (others := [each for each in made.notice.contacts if each not in mine]):
        terminal.warn(f"this desk serves {', '.join(mine)}: for {', '.join(others)} this notice tells of nothing")
    text = "\n".join(
        ["Added.", *notice_lines(notice), f"It stands in {stored}. `enlace notices test {name}` tries it."]
    )
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
    record = record.of_these(good)
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


def _typed(given: Mapping[str, Any], path: Path) -> NoticeFile:
    """The settings that were typed; raises Usage, which names what was typed and not what would stand in a file."""
    if given["command"] and not Path(given["command"]).is_absolute():
        raise Usage("--command is a whole path, such as /usr/local/bin/ring; what follows it goes with --argument")
    for each in given["contacts"]:
        checked(each, ContactId, "contact", "co-desk")
    text = _text(given)
    try:
        return read_notice(text, path)
    except SettingsError as error:
        raise Usage(_as_typed(str(error).removeprefix(f"{path}: "))) from error


def _as_typed(words: str) -> str:
    """What is wrong with a setting, said of the option that sets it."""
    named = re.sub(r"\[(?:notice|command|mail|webhook)\] ([a-z_]+)", lambda each: _option(each[1]), words)
    return re.sub(r"^\[[a-z]+\]: ", "", named.replace("password_file belong", "--password-file belong"))


def _option(setting: str) -> str:
    usual = {"run": "--command", "to": "--mail", "url": "--webhook", "contacts": "--contact", "arguments": "--argument"}
    return usual.get(setting, f"--{setting.replace('_', '-')}")


def _text(given: Mapping[str, Any]) -> str:
    """What was given on the command line, as the text of a file."""
    kinds = [kind for kind, name in (("command", "command"), ("mail", "to"), ("webhook", "url")) if given[name]]
    if len(kinds) != 1:
        raise Usage("say which way the notice goes, with one of --command PROGRAM, --mail ADDRESS and --webhook URL")
    kind = kinds[0]
    for name, kinds_of in _BELONGS.items():
        if given[name] not in (None, ()) and kind not in kinds_of:
            raise Usage(f"{_option(name)} belongs to --{' or --'.join(kinds_of)}, and says nothing with --{kind}")
    if kind == "mail" and (lacking := [name for name in ("server", "sender") if not given[name]]):
        raise Usage(f"--mail needs {' and '.join(_NEEDED[name] for name in lacking)} too")
    when = {name: given[name] for name in ("least", "quiet", "zone", "after", "every", "most", "language", "contacts")}
    way = {name: given[name] for name in ("server", "port", "sender", "tls", "user", "seconds", "to", "url")}
    way |= {name: _whole(given[name]) for name in ("authority", "password_file", "secret_file")}
    way["run"] = (given["command"], *given["arguments"]) if given["command"] else ()
    return as_toml({"notice": {"kind": kind, **_kept(when)}, kind: _kept(way)})


# Which of the ways an option of `add` belongs to; what stands here not, to all of them.
_BELONGS: Mapping[str, tuple[str, ...]] = {
    "arguments": ("command",),
    **dict.fromkeys(("server", "port", "sender", "tls", "user", "password_file"), ("mail",)),
    "secret_file": ("webhook",),
    "authority": ("mail", "webhook"),
}
_NEEDED = {"server": "--server HOST, your mail server,", "sender": "--sender ADDRESS"}


def _whole(path: str | None) -> str | None:
    return str(Path(path).absolute()) if path else None


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if value is not None}
    return {name: value for name, value in kept.items() if not (isinstance(value, Sequence) and not value)}
