"""`enlace proof`: a proof for somebody who trusts neither this desk nor the relay, and the check of one."""

from pathlib import Path
from typing import Any

import click
import msgspec

from crypto.policy import MOST_POLICY_BYTES, Policy, PolicyError, parse_policy
from desk import host
from desk.alarms.evidence_words import look_into, verdict_lines, verdict_plain
from desk.commands.options import opened, read_file, with_passphrase, with_terminal
from desk.errors import DeskError, NotFound, Usage
from desk.link.session import check_look_up
from desk.profile.unlocked import Unlocked
from desk.replica.proofs import Proven, checkpoint_to_show, entry_of_contact, make_proof, verify_file
from desk.replica.trust_policy import pinned, words_of
from desk.safe_text import block, line
from desk.terminal import Terminal, stamp
from directory.evidence_file import EVIDENCE_TYPE, MOST_EVIDENCE_BYTES
from directory.finding.readers import circle_may_read
from directory.statement import MOST_STATEMENT_BYTES, parse_statement
from directory.view import NEVER

SUFFIX = ".tlog-proof"
CLAIMED = 9
_WORST = (0, CLAIMED, 3, 7, 1, 2, 5)


@click.group(short_help="Prove an entry to a stranger, or check a proof.")
def proof() -> None:
    """Prove an entry of the directory to a stranger, or check a proof.

    A proof (c2sp.org/tlog-proof) is one file. Whoever has it and the network's trust policy checks it with no
    network, now or years later, and needs to trust neither this desk nor the relay.
    """


@proof.command(short_help="Write a proof for a CONTACT, or for a statement by its number.")
@click.argument("what", metavar="CONTACT|STATEMENT", required=False, default="")
@click.option("--checkpoint", "alone", is_flag=True, help="The newest checkpoint alone, of no entry.")
@click.option("--body", "with_body", is_flag=True, help="Show the entry's names and numbers too, with their salt.")
@click.option("--unwitnessed", is_flag=True, help="Also where the witnesses that the policy needs have not cosigned.")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE, a new one; else to CONTACT.tlog-proof, say.")
@click.option("--yes", is_flag=True, help="Do not ask: names and numbers that are not for every member may go along.")
@with_passphrase
def export(
    terminal: Terminal, what: str, alone: bool, with_body: bool, unwitnessed: bool, output: str | None, yes: bool
) -> None:
    """Write a proof that a CONTACT's entry, or the STATEMENT of that number, stands in the directory's log.

    Everybody who gets the file reads the statement in it: ids, keys, functions. Names and numbers only go along with
    --body, and whoever has them so can show them on, also after they were erased. Those that are not for every member
    are asked about first.
    """
    if alone == bool(what) or (alone and with_body):
        raise Usage("name a contact or a statement's number, or give --checkpoint and nothing else")
    with opened(terminal) as desk:
        check_look_up(desk.keyring, terminal.clock())
        replica = desk.replica()
        raw = pinned(desk.keyring.vault)
        policy = parse_policy(raw) if raw and not unwitnessed else None
        if alone:
            file, name, index = checkpoint_to_show(replica, policy), f"checkpoint-{replica.size}.txt", None
        else:
            entries = desk.store.entries(0)[: replica.size]
            index = int(what) if what.isascii() and what.isdigit() and len(what) < 16 else None
            index = entry_of_contact(entries, replica, what) if index is None else index
            opening = _opening(terminal, desk, entries, index, yes=yes) if with_body else None
            file, name = make_proof(entries, replica, index, policy, opening), f"{what}{SUFFIX}"
        path = Path(output or name)
        host.write_new(path, [file])
        plain: dict[str, Any] = {"file": str(path), "index": index, "size": replica.size, "body": with_body}
        words = f"Written to {path}. Whoever has the trust policy checks it: enlace proof verify {path} --policy FILE"
        terminal.result(plain, words + "\n`enlace policy show --file` prints the policy.")


@proof.command(short_help="Check proofs, checkpoints, and the evidence of alarms.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--policy", "policy_file", required=True, metavar="FILE", help="The network's trust policy.")
@click.option("--entry", "entry_file", metavar="FILE", help="The entry, where the proof does not bring it along.")
@with_terminal
def verify(terminal: Terminal, files: tuple[str, ...], policy_file: str, entry_file: str | None) -> int:
    """Check proofs, checkpoints, or the evidence of alarms with the trust policy alone.

    No profile, no network and no clock are needed. Exit codes: 0 all are proven; 9 evidence of which everything that
    can be checked agrees, but something rests on the accuser's word; 3 the policy does not let it count; 5 a signature
    or a hash is wrong, or the accusation does not follow; 2 it is nothing of the kind. Of several files the worst.
    """
    if [*files, policy_file, entry_file].count("-") > 1:
        raise Usage("standard input holds one file")
    try:
        policy = parse_policy(read_file(policy_file, "trust policy", MOST_POLICY_BYTES))
    except PolicyError as error:
        raise Usage(f"{policy_file} is no trust policy: {error}") from error
    entry = read_file(entry_file, "entry", MOST_STATEMENT_BYTES) if entry_file is not None else b""
    if len(files) == 1:
        code, plain, text = _checked(files[0], policy, entry)
        terminal.result(plain, text)
        return code
    codes, several, texts = list[int](), list[dict[str, Any]](), list[str]()
    for file in files:
        try:
            code, plain, text = _checked(file, policy, entry)
        except DeskError as error:
            code, text = error.code, f"NOT PROVEN: {line(str(error))}"
            plain = {"proven": False, "error": str(error)}
        codes.append(code)
        several.append({"file": file, "code": code, **plain})
        texts.append(f"{line(file)}\n{text}")
    terminal.result({"files": several}, "\n\n".join(texts))
    return max(codes, key=_WORST.index)


def _checked(file: str, policy: Policy, entry: bytes) -> tuple[int, dict[str, Any], str]:
    """Exit code, the answer for programs and for people, for one file; raises as `verify_file` and `look_into`."""
    raw = read_file(file, "proof", MOST_EVIDENCE_BYTES)
    if raw.startswith(EVIDENCE_TYPE.encode()):
        if entry:
            raise Usage("--entry belongs to a proof; evidence brings along what it needs")
        found = look_into(raw, policy)
        return (0 if found.proven else CLAIMED), verdict_plain(found), "\n".join(verdict_lines(found))
    proven = verify_file(raw, policy, entry)
    return 0, _plain(proven), "\n".join(_lines(proven, policy))


def _opening(terminal: Terminal, desk: Unlocked, entries: list[bytes], index: int, *, yes: bool) -> tuple[bytes, bytes]:
    """Salt and body of what a statement commits to; raises NotFound where this desk has none, or they were erased, and
    Usage where they are not for every member and nobody agreed."""
    if not 0 <= index < len(entries):
        raise NotFound(f"the log on this desk has {len(entries)} statements, numbered from 0")
    commitment = getattr(parse_statement(entries[index]).statement, "body", "")
    found = desk.store.opened([commitment]) if commitment else {}
    view = desk.replica().view
    if commitment not in found or view.bodies[commitment].erased != NEVER:
        raise NotFound("this desk holds no names and numbers for that statement: leave --body out")
    if not circle_may_read(view, view.bodies[commitment], ""):
        terminal.warn("these names and numbers are not for every member: whoever has the file reads them")
        terminal.confirm("Write them into a file for somebody who may be none of those?", yes=yes)
    return found[commitment]


def _plain(found: Proven) -> dict[str, Any]:
    point = found.witnessed.checkpoint
    return {
        "proven": True,
        "log": point.origin,
        "size": point.size,
        "root": point.root.hex(),
        "time": found.witnessed.time,
        "witnesses": dict(found.witnessed.times),
        "index": found.index,
        "entry": found.entry.decode(),
        "statement": msgspec.to_builtins(found.statement.statement) if found.statement is not None else None,
        "body": msgspec.json.decode(found.body) if found.body else None,
    }


def _lines(found: Proven, policy: Policy) -> list[str]:
    point, time = found.witnessed.checkpoint, found.witnessed.time
    times = ", ".join(f"{line(name)} at {stamp(at)}" for name, at in found.witnessed.times.items())
    lines = [
        f"Log        {line(point.origin)}, {point.size} statements, root {point.root.hex()}",
        f"Vouched    at {stamp(time) if time else 'no stated time'}; the policy needs {line(words_of(policy))}",
    ]
    if times:
        lines.append(f"Cosigned   {times}")
    if found.index is None:
        return ["PROVEN: a checkpoint that the policy lets count.", *lines]
    kind = found.statement.statement.__struct_config__.tag if found.statement is not None else "unknown to this version"
    lines.append(f"Statement  number {found.index}, of kind {kind}, its text:")
    lines.append(block(found.entry.decode().partition("\n\n")[0]))
    if found.body:
        lines += ["Body       what the statement commits to:", block(found.body.decode())]
    lines.append("Whether it still counts is said by the whole log: later statements may have changed it.")
    return ["PROVEN: the statement stands in the log, for everybody who follows it.", *lines]
