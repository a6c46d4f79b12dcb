"""`enlace case export` and `verify`: a case in one file, and its check by somebody who has nothing else."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from crypto.age import BadKey, Identity, Recipient, decrypt, encrypt
from crypto.age_keys import parse_recipient
from crypto.age_scrypt import ScryptIdentity, ScryptRecipient
from crypto.errors import CryptoError
from crypto.keyfile import KeyFileError, normal_passphrase
from crypto.policy import MOST_POLICY_BYTES, Policy, PolicyError, Unsatisfied, parse_policy
from desk import host
from desk.age import file_passphrase
from desk.age.identities import identities_in
from desk.cases.bundle_account import account_lines, account_plain, all_proven
from desk.cases.bundle_checked import Altered, Contents, checked_bundle
from desk.cases.bundle_export import exporter, gather
from desk.cases.bundle_file import BUNDLE_TYPE, MOST_TOGETHER, Manifest, read_bundle
from desk.cases.bundle_index import index_of
from desk.cases.bundle_words import limits
from desk.cases.thread_shown import SHORT, is_exercise, missing
from desk.commands.case_sending import find_case
from desk.commands.cases import case
from desk.commands.options import opened, read_file, with_passphrase, with_terminal
from desk.commands.telling import tell
from desk.errors import Declined, Distrust, Locked, NotFound, Usage
from desk.exercise.network import NOTHING_REAL, plays
from desk.mail.attachments import target_for
from desk.replica.trust_policy import pinned
from desk.safe_text import line
from desk.terminal import Terminal, stamp, work_factor
from directory.canonical import Malformed
from directory.four_languages import OFFICIAL
from directory.replay import UpdateNeeded

CLAIMED = 9
_MOST_FILE = MOST_TOGETHER + (16 << 20)


@case.command(short_help="Write a case into one sealed FILE, for a third party.")
@click.argument("text", metavar="CASE")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--recipient", "-r", "recipients", multiple=True, metavar="RECIPIENT", help="Seal it to age1…")
@click.option("--file-passphrase-file", metavar="FILE", help="Seal it under the first line of FILE.")
@click.option("--language", type=click.Choice(OFFICIAL), default="en", show_default=True, help="The index's language.")
@click.option("--without-attachments", is_flag=True, help="Leave the attachments out; their hashes are in it.")
@click.option("--unwitnessed", is_flag=True, help="Also where the witnesses that the policy needs have not cosigned.")
@click.option("--from", "sender", default="", metavar="CONTACT", help="Act for CONTACT, if you serve several.")
@with_passphrase
def export(
    terminal: Terminal,
    text: str,
    file: Path,
    recipients: tuple[str, ...],
    file_passphrase_file: str | None,
    language: str,
    without_attachments: bool,
    unwitnessed: bool,
    sender: str,
) -> None:
    """Write CASE into FILE, sealed under a passphrase or to recipients: messages, attachments, receipts, all
    signatures, the log of the directory, and an index to read.

    What this desk may not read, or a sender's handling does not let out (TLP:RED), is left out, and named. Whoever has
    the file checks it with `enlace case verify`, without a network, a relay or a profile.
    """
    if recipients and file_passphrase_file is not None:
        raise Usage("a file is sealed to recipients or under a passphrase, not both")
    if file.exists():
        raise Usage(f"{file} exists already, and is not overwritten; give another name")
    to = [_recipient(each) for each in recipients]
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        held, _ = find_case(desk, text)
        raw = pinned(desk.keyring.vault)
        policy = (raw, parse_policy(raw)) if raw and not unwitnessed else None
        made = ""
        if not to:
            secret = file_passphrase.made()
            if file_passphrase_file is not None:
                secret = terminal.secret("Passphrase for the file", file_passphrase_file, "--file-passphrase-file")
            made = secret if file_passphrase_file is None else ""
            to = [ScryptRecipient(file_passphrase.sealing(secret), work_factor())]
        bundle = gather(desk, held, exporter(desk, held, sender), language, policy, files=not without_attachments)
        host.write_new(file, [encrypt(b"".join(bundle.pieces), to)])
        _tell_written(terminal, file, bundle.manifest, made)


def _tell_written(terminal: Terminal, file: Path, manifest: Manifest, made: str) -> None:
    count = {kind: sum(1 for each in manifest.parts if each.kind == kind) for kind in ("message", "attachment")}
    left = {each.what: each.why for each in manifest.left_out}
    plain: dict[str, Any] = {"file": str(file), "case": manifest.case, "parts": len(manifest.parts), **count}
    plain |= {"left_out": left} | ({"passphrase": made} if made else {})
    text = f"Written to {file}: {count['message']} events and {count['attachment']} attachments of the case."
    if left:
        text += f"\nLeft out, and named in it: {len(left)}"
        text += f" ({', '.join(sorted({each.replace('-', ' ') for each in left.values()}))})."
    text += f"\nWhoever gets it checks it: enlace case verify {file} --policy FILE"
    if made:
        text += f"\nThe passphrase, shown only now; tell it by telephone, with its hyphens:\n\n  {made}"
    terminal.result(plain, text)


@case.command(short_help="Check a bundle of a case; no profile, no network.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--policy", "policy_file", metavar="FILE", help="The trust policy of the network.")
@click.option("--identity", "-i", "identities", multiple=True, metavar="FILE", help="Open it with identities in FILE.")
@click.option("--file-passphrase-file", metavar="FILE", help="Read its passphrase from the first line of FILE.")
@click.option("--save", "folder", metavar="FOLDER", type=click.Path(path_type=Path), help="Save index and attachments.")
@with_terminal
def verify(
    terminal: Terminal,
    file: Path,
    policy_file: str | None,
    identities: tuple[str, ...],
    file_passphrase_file: str | None,
    folder: Path | None,
) -> int:
    """Check FILE, a bundle that `enlace case export` wrote, and say who sent what to whom and when: for each claim by
    what it is proven, or why it is not.

    No profile, no network, no relay and no clock are needed. Exit codes: 0 it is whole, the policy lets its directory
    count, and of every message it is proven who sent it and when; 9 it is whole, but something rests on a word: no
    policy was given, or nothing shows when a message was sent; 3 the policy does not let it count; 5 it was altered, in
    the part that is named; 2 it is no bundle; 6 it does not open.
    """
    policy = _policy(policy_file)
    note, parts = _read(file, _opens(terminal, file, identities, file_passphrase_file))
    try:
        contents = checked_bundle(note, parts, policy)
        if index_of(contents) != contents.index:
            raise Altered("index", "it is not what follows from the rest")
    except Altered as error:
        raise Distrust(f"NOT proven, this bundle was altered: {error}") from error
    except (Unsatisfied, UpdateNeeded) as error:
        raise Declined(f"not proven: {error}") from error
    saved = _save(folder, contents) if folder is not None else []
    terminal.result(_plain(contents, policy) | {"saved": saved}, "\n".join(_lines(contents, policy, saved)))
    return 0 if policy is not None and all_proven(contents) else CLAIMED


def _recipient(text: str) -> Recipient:
    try:
        return parse_recipient(text)
    except BadKey as error:
        raise Usage(f"{line(text, 40)} is no recipient (age1…): {error}") from error


def _policy(path: str | None) -> Policy | None:
    if path is None:
        return None
    try:
        return parse_policy(read_file(path, "trust policy", MOST_POLICY_BYTES))
    except PolicyError as error:
        raise Usage(f"{path} is no trust policy: {error}") from error


def _opens(terminal: Terminal, file: Path, names: Sequence[str], source: str | None) -> list[Identity]:
    """What opens the file; its passphrase is asked for unless identities are named."""

    def ask(prompt: str) -> str:
        return terminal.secret(prompt, source, "--file-passphrase-file")

    if not file.is_file():
        raise NotFound(f"there is no file {file}")
    opens: list[Identity] = []
    for name in names:
        found = identities_in(name, ask)
        opens.extend(found if isinstance(found, Sequence) else [found])
    if names:
        return opens
    try:
        return [ScryptIdentity(normal_passphrase(ask(f"Passphrase of {file.name}").encode()))]
    except KeyFileError as error:
        raise Usage(str(error)) from error


def _read(file: Path, opens: Sequence[Identity]) -> tuple[bytes, list[bytes]]:
    raw = read_file(str(file), "bundle", _MOST_FILE)
    try:
        plain = decrypt(raw, opens)
    except CryptoError as error:
        raise Locked(f"{file} does not open: {error}") from error
    try:
        return read_bundle(io.BytesIO(plain))
    except Malformed as error:
        if plain.startswith(BUNDLE_TYPE.encode() + b"\n"):
            raise Distrust(f"NOT proven, this bundle was altered: part frame: {error}") from error
        raise Usage(f"{file} holds no bundle of a case: {error}") from error


def _save(folder: Path, contents: Contents) -> list[str]:
    saved = [target_for(folder, f"case-{contents.held.id[:SHORT]}.md")]
    host.write_new(saved[0], [contents.index])
    for event in contents.held.events.values():
        for file in event.message.attachments:
            if (plain := contents.opened(file)) is not None:
                saved.append(target_for(folder, file.name))
                host.write_new(saved[-1], [plain])
    return [str(each) for each in saved]


def _lines(contents: Contents, policy: Policy | None, saved: list[str]) -> list[str]:
    manifest, held, network = contents.manifest, contents.held, contents.view.founded
    point = contents.replica.checkpoint
    head = "WHOLE, and proven as far as is said here" if policy else "WHOLE; whose directory it is, is a CLAIM"
    head = f"{NOTHING_REAL}\n{head}" if _exercise(contents) else head
    head += "" if all_proven(contents) else "; of some messages it is NOT proven when they were sent"
    vouched = contents.witnessed.time if contents.witnessed is not None else point.time if point is not None else 0
    case_now = held.case
    lines = [
        f"{head}: case {held.id[:SHORT]}, {line(held.title)}.",
        f"Exported   by {manifest.contact}, device {manifest.device[:SHORT]}, {stamp(manifest.at)} by its own clock",
        f"Directory  {line(network.name)} ({network.id[:SHORT]}), {contents.replica.size} statements, judged anew, "
        f"vouched for at {stamp(vouched)}",
        f"In it      {', '.join(sorted(case_now.members)) if case_now is not None else 'not proven'}",
        "",
        *account_lines(contents),
        "",
    ]
    left, lacking = contents.left_out, [each for each in missing(held) if each not in contents.left_out]
    lines += [f"Left out   {what[:16]}: {why.replace('-', ' ')}" for what, why in left.items()]
    lines += [f"Missing    {what[:16]}: named by somebody in here, and not in here" for what in lacking]
    lines += [f"Saved      {line(each)}" for each in saved]
    if policy is None:
        lines.append("Not proven: that this is the directory of the network that you think of. Give --policy")
    lines += [f"Not proven: {each}" for each in limits("en")]
    return lines


def _exercise(contents: Contents) -> bool:
    return is_exercise(contents.held) or plays(contents.view.founded.name)


def _plain(contents: Contents, policy: Policy | None) -> dict[str, Any]:
    manifest, case_now = contents.manifest, contents.held.case
    return {
        "whole": True,
        "exercise": _exercise(contents),
        "proven": policy is not None and all_proven(contents),
        "case": manifest.case,
        "title": contents.held.title,
        "network": manifest.network,
        "exported_by": manifest.contact,
        "device": manifest.device,
        "at": manifest.at,
        "statements": contents.replica.size,
        "members": sorted(case_now.members) if case_now is not None else [],
        "events": account_plain(contents),
        "left_out": contents.left_out,
        "missing": [each for each in missing(contents.held) if each not in contents.left_out],
        "not_proven": list(limits("en")),
    }
