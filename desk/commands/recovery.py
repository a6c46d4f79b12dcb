"""`enlace recovery write`, `show`, `use`: the archive of a desk in one file, against the loss of the machine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from crypto.age import BadKey, Identity, Recipient
from crypto.age_pq import PQRecipient
from crypto.age_scrypt import ScryptIdentity
from crypto.keyfile import KeyFileError, normal_passphrase
from desk.age import file_passphrase
from desk.age.identities import identities_in
from desk.commands.officers import one_of
from desk.commands.options import opened, with_passphrase, with_terminal
from desk.commands.telling import tell
from desk.errors import Locked, Usage
from desk.keys.keyring import open_keyring
from desk.mail.spool import Spool
from desk.profile.profile_copy import copied
from desk.profile.recovered import Brought, Contents, bring, contents
from desk.profile.recovery import Wanted, Written, by_passphrase, check_target, write_file
from desk.profile.recovery import opened as opened_file
from desk.profile.recovery_file import Head, RecoveryReader
from desk.profile.recovery_head import check_head
from desk.profile.unlocked import Unlocked
from desk.safe_text import line
from desk.terminal import Terminal, stamp, work_factor

NOT_IN_IT = (
    "It holds no signing key, no session, no epoch key, no code secret: with it nobody can log in, send, sign, or open "
    "what has not arrived yet."
)
LOST = (
    "Lost to this desk: what was sealed to the lost device and stands in no recovery file. Its senders see in "
    "`enlace receipts` that it was never opened: ask them to send it again, or a colleague who serves the same "
    "contact, whose desk has its own copy."
)


@click.group(short_help="Keep the archive of this desk in a file.")
def recovery() -> None:
    """Keep the archive of this desk in a file, and take it in on the next one.

    With a recovery file, a lost laptop costs no message that was read. It opens the archive and holds no
    signing key: the device is revoked, the officer enrols another one, and takes the archive in there.
    """


def with_file_key(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that opens a recovery file `--file-passphrase-file` and `--identity`."""
    for option in (
        click.option(
            "--identity",
            "-i",
            "identities",
            multiple=True,
            metavar="FILE",
            help="Open it with the identities in FILE, if it was written to recipients.",
        ),
        click.option(
            "--file-passphrase-file",
            metavar="FILE",
            help="Read the recovery file's passphrase from the first line of FILE.",
        ),
    ):
        function = option(function)
    return function


@recovery.command(short_help="Write the archive of this desk into FILE.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--attachments", is_flag=True, help="Put the attachments that are on this desk in too.")
@click.option(
    "--without-messages",
    is_flag=True,
    help="Put in only what opens the archive: enough together with a copy of the profile's folder.",
)
@click.option(
    "--recipient",
    "-r",
    "recipients",
    multiple=True,
    metavar="RECIPIENT",
    help="Seal it to RECIPIENT (age1pq1…, from `enlace age keygen`) instead of a passphrase; repeat it for several.",
)
@click.option("--replace", is_flag=True, help="Replace FILE if it is there.")
@click.option(
    "--file-passphrase-file",
    metavar="FILE",
    help="Seal it under the first line of FILE, 12 characters or more, instead of asking.",
)
@with_passphrase
def write(
    terminal: Terminal,
    file: Path,
    attachments: bool,
    without_messages: bool,
    recipients: tuple[str, ...],
    replace: bool,
    file_passphrase_file: str | None,
) -> None:
    """Write the archive of this desk into FILE, sealed under a passphrase of its own.

    Keep FILE and its passphrase apart from this machine, and apart from one another. It is read back before it
    has its name. What arrives later is not in it: `enlace status` says how much that is.
    """
    if attachments and without_messages:
        raise Usage("without messages there are no attachments: leave one of the two options out")
    if recipients and file_passphrase_file:
        raise Usage("a file is sealed to recipients or under a passphrase, not both")
    check_target(file, replace=replace)
    to = [_recipient(each) for each in recipients]
    with opened(terminal) as desk:
        if desk.profile.identity.kind != "officer":
            raise Usage("the secretariat's desk has no archive; keep a backup of its profile instead")
        tell(terminal, desk.take_in())
        seals, opens = (to, None) if to else _under_passphrase(terminal, desk, file_passphrase_file)
        wanted = Wanted(messages=not without_messages, attachments=attachments)
        done = write_file(desk, file, seals, opens, wanted, replace=replace)
        waiting = Spool(desk.profile.path / "spool").count("envelope")
        plain = {
            "file": str(file),
            "bytes": done.size,
            "attachments_left_out": done.attachments_left_out,
            "attachments_elsewhere": done.attachments_elsewhere,
            "not_taken_in": waiting,
            "opened_again": opens is not None,
        } | msgspec.to_builtins(done.end)
        plain.pop("kind")
        terminal.result(plain, _written(file, done, without_messages, checked=opens is not None))
        if done.attachments_left_out:
            terminal.warn(
                f"{done.attachments_left_out} attachment(s) are not in it: no other desk gets them from the relay. "
                "With --attachments those that are on this desk are"
            )
        if done.attachments_elsewhere:
            terminal.warn(
                f"{done.attachments_elsewhere} attachment(s) were never fetched to this desk, or are damaged, and are "
                "not in it; `enlace read NUMBER --save FOLDER` fetches them"
            )
        for why in done.damaged:
            terminal.warn(line(f"not in it: {why}"))
        if waiting:
            terminal.warn(f"{waiting} message(s) that wait to be taken in are not in it")


@recovery.command(short_help="Say what FILE holds, and whether it is whole.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@with_file_key
@with_terminal
def show(terminal: Terminal, file: Path, file_passphrase_file: str | None, identities: tuple[str, ...]) -> None:
    """Say whose archive FILE holds and how much, after reading all of it. No profile is needed, and none is changed."""
    with _opened_file(terminal, file, file_passphrase_file, identities) as begin:
        reader = begin()
        found = contents(reader.records())
        terminal.result(_plain(reader.head, found), f"{_whose(reader.head)}\n{_what(found)}\nIt is whole.")


@recovery.command(short_help="Take the archive in FILE in on this desk.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--copy",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Take the messages from FOLDER, a copy of the lost desk's profile, if FILE has none.",
)
@click.option(
    "--of-officer",
    "former",
    metavar="OFFICER",
    default="",
    help="Take over the archive of OFFICER, a former colleague of your authority, who was revoked.",
)
@click.option("--yes", is_flag=True, help="Do not ask whether to take it in.")
@with_file_key
@with_passphrase
def use(
    terminal: Terminal,
    file: Path,
    folder: Path | None,
    former: str,
    yes: bool,
    file_passphrase_file: str | None,
    identities: tuple[str, ...],
) -> None:
    """Take the archive in FILE in on this desk, which is enrolled for the same officer.

    What is here already stays as it is; nothing is sent to anybody; called twice, or again after it was
    interrupted, it brings what is missing. FILE is needed no more afterwards: destroy it, and write a new one.
    """
    with opened(terminal) as desk:
        if desk.profile.identity.kind != "officer":
            raise Usage("the secretariat's desk has no archive to take one in to")
        officer = one_of(former, desk.replica().view.officers, "officer") if former else ""
        with _opened_file(terminal, file, file_passphrase_file, identities) as begin:
            reader = begin()
            head, found = reader.head, None
            if told := check_head(desk, head, officer):
                terminal.warn(told)
            found = contents(reader.records(), desk.mail)
            damaged: list[str] = []
            view = desk.replica().view
            if folder is not None:
                found = contents(copied(folder, head, view, []), desk.mail)
            elif not found.messages:
                raise Usage(
                    "this file holds only what opens the archive; say with --copy where a copy of the profile is"
                )
            terminal.note(f"{_whose(head)}\n{_what(found)}")
            terminal.confirm("Take it in?", yes=yes)
            brought = bring(desk, head, copied(folder, head, view, damaged) if folder else begin().records())
        for why in (*brought.refused, *damaged):
            terminal.warn(f"not taken in: {why}")
        if brought.later:
            terminal.warn(f"{brought.later} item(s) need a newer directory; run `enlace sync`, then this again")
        plain = {"messages": brought.messages, "completed": brought.completed, "lines": brought.lines}
        plain |= {"by_word": brought.by_word}
        plain |= {"attachments": brought.attachments, "drafts": brought.drafts}
        plain |= {"held": found.held, "later": brought.later}
        plain |= {"refused": [*brought.refused, *damaged], "device": head.device}
        terminal.result(plain, _taken(brought, found, file))


def _taken(brought: Brought, found: Contents, file: Path) -> str:
    done = f"{len(brought.messages)} message(s) and receipt(s) taken in"
    if found.held:
        done += f", {found.held} were here already"
    done += f"; {brought.lines} signed line(s), {brought.attachments} attachment(s)."
    if brought.by_word:
        done += f"\nNothing shows in which envelope {brought.by_word} of them came: that, and when the relay took them "
        done += "in, is the lost desk's word, and nothing is judged by it."
    if brought.drafts:
        done += f"\nDrafts of forms: {', '.join(brought.drafts)}. `enlace form drafts` shows them."
    if brought.later or brought.refused:
        return f"{done}\n{LOST}\nKeep {file} until it is clear what became of the rest."
    return (
        f"{done}\n{LOST}\n"
        f"All of it is sealed to this desk's own archive now. Destroy {file}, and write a new one with "
        "`enlace recovery write`."
    )


def _written(file: Path, done: Written, bare: bool, *, checked: bool) -> str:
    end = done.end
    how = "opened again to its end" if checked else "compared with what was sealed"
    holds = "what opens the archive, and no messages"
    if not bare:
        holds = (
            f"{end.messages} message(s) and receipt(s), {end.lines} signed line(s), {end.attachments} attachment(s), "
            f"{f'{end.drafts} draft(s) of forms, ' if end.drafts else ''}and what opens the archive"
        )
    return f"Written to {file}: {done.size:,} bytes, {how}.\nIt holds {holds}.\n{NOT_IN_IT}"


def _whose(head: Head) -> str:
    return (
        f"Archive of officer {head.officer[:8]} of {head.member}, network {head.name}, as of "
        f"{stamp(head.written)}, device {head.device[:8]}"
    )


def _what(found: Contents) -> str:
    text = f"Messages and receipts {found.messages}"
    if found.held:
        text += f", of which {found.held} are here already"
    text += f"; signed lines {found.lines}; attachments {found.attachments}"
    text += f" ({found.attachment_bytes:,} bytes)" if found.attachments else ""
    return text + (f"; drafts of forms {found.drafts}" if found.drafts else "")


def _plain(head: Head, found: Contents) -> dict[str, Any]:
    names = ("device", "member", "name", "network", "officer", "written")
    return {name: getattr(head, name) for name in names} | {
        "messages": found.messages,
        "lines": found.lines,
        "attachments": found.attachments,
        "attachment_bytes": found.attachment_bytes,
        "drafts": found.drafts,
    }


def _recipient(text: str) -> PQRecipient:
    try:
        return PQRecipient.parse(text)
    except BadKey as error:
        raise Usage(f"{line(text, 40)} is no post-quantum recipient (age1pq1…): {error}") from error


def _under_passphrase(terminal: Terminal, desk: Unlocked, source: str | None) -> tuple[list[Recipient], Identity]:
    prompt = "New passphrase for the recovery file"
    secret = terminal.secret(prompt, source, "--file-passphrase-file", confirm=True)
    passphrase = file_passphrase.sealing(secret)
    try:
        open_keyring(desk.profile, passphrase)
    except Locked:
        seals, opens = by_passphrase(passphrase, work_factor())
        return [seals], opens
    raise Usage("that is the passphrase of this profile; the file needs one of its own, for it lies elsewhere")


@contextmanager
def _opened_file(
    terminal: Terminal, file: Path, source: str | None, names: Sequence[str]
) -> Iterator[Callable[[], RecoveryReader]]:
    """The recovery file, to be read as often as wanted; its passphrase is asked for unless identities are named."""

    def ask(prompt: str) -> str:
        return terminal.secret(prompt, source, "--file-passphrase-file")

    if not file.is_file():
        with opened_file(file, []) as begin:
            yield begin
        return
    opens: list[Identity] = []
    for name in names:
        found = identities_in(name, ask)
        opens.extend(found if isinstance(found, Sequence) else [found])
    if not names:
        try:
            opens.append(ScryptIdentity(normal_passphrase(ask(f"Passphrase of {file.name}").encode())))
        except KeyFileError as error:
            raise Usage(str(error)) from error
    with opened_file(file, opens, partial(terminal.progress, "read")) as begin:
        yield begin
