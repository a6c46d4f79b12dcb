"""`enlace policy`: which log this desk follows, and whose witnesses have to have cosigned it."""

from hashlib import sha256

import click

from crypto.fingerprint import fingerprint
from crypto.policy import Policy, parse_policy
from desk.commands.options import opened, read_file, with_passphrase
from desk.errors import NotFound
from desk.replica.trust_policy import (
    MOST_PINNED_BYTES,
    banner,
    changes,
    check_log,
    pin,
    pinned,
    read_pinned,
    vouched,
    words_of,
)
from desk.safe_text import line
from desk.terminal import Terminal, stamp


@click.group(short_help="Show or replace the trust policy.")
def policy() -> None:
    """Show or replace the trust policy: whose log this desk follows, and how many witnesses it needs."""


@policy.command(short_help="Show the trust policy, and how old the directory is by it.")
@click.option("--file", "as_file", is_flag=True, help="Print the policy's file, for somebody who is to check a proof.")
@with_passphrase
def show(terminal: Terminal, as_file: bool) -> None:
    """Show the trust policy that this desk has pinned, and how old the directory is by it."""
    with opened(terminal) as desk:
        raw, now = pinned(desk.keyring.vault), terminal.clock()
        if as_file:
            if not raw:
                raise NotFound("this desk has pinned no trust policy; `enlace policy take FILE` does")
            terminal.result({"policy": raw.decode()}, raw.decode().rstrip("\n"))
            return
        found = vouched(desk.keyring.vault, desk.replica(), now)
        parsed = parse_policy(raw) if raw else Policy()
        plain = {
            "policy": raw.decode(),
            "fingerprint": _fingerprint(raw) if raw else "",
            "needed": words_of(parsed),
            "directory": {"time": found.time, "age": found.age(now), "witnessed": found.witnessed, "why": found.why},
        }
        lines = [
            f"Pinned     {_fingerprint(raw) if raw else 'no trust policy'}",
            f"Needed     {line(words_of(parsed))}",
            f"Directory  vouched for at {stamp(found.time) if found.time else 'no time'}"
            f"{'' if found.witnessed else ', unwitnessed'}",
        ]
        if found.why:
            lines.append(f"           {line(found.why)}")
        warning = banner(found, now)
        if warning:
            terminal.warn(line(warning))
        terminal.result(plain, "\n".join(lines))


@policy.command(short_help="Pin the trust policy in FILE.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--yes", is_flag=True, help="Do not ask: the fingerprint was compared.")
@with_passphrase
def take(terminal: Terminal, file: str, yes: bool) -> None:
    """Pin the trust policy in FILE (c2sp.org/tlog-policy), in the place of the one pinned now.

    What changes is shown first. Compare the fingerprint with the secretariat, by voice. A policy that does not name
    this network's log with both its keys is refused.
    """
    raw = read_file(file, "trust policy", MOST_PINNED_BYTES)
    with opened(terminal) as desk:
        new, before = read_pinned(raw), pinned(desk.keyring.vault)
        check_log(new, desk.replica())
        old = parse_policy(before) if before else Policy()
        terminal.note("\n".join(["The trust policy in the file:", *(line(each) for each in changes(old, new))]))
        terminal.note(f"\n  {_fingerprint(raw)}\n")
        if raw != before:
            terminal.confirm("Does the secretariat read out the same fingerprint?", yes=yes)
            pin(desk.keyring.vault, raw)
        found = vouched(desk.keyring.vault, desk.replica(), terminal.clock())
        warning = banner(found, terminal.clock())
        if warning:
            terminal.warn(line(warning))
        plain = {"fingerprint": _fingerprint(raw), "needed": words_of(new), "changed": raw != before}
        words = "This desk follows it from now on." if raw != before else "This desk has pinned it already."
        terminal.result(plain, words)


def _fingerprint(raw: bytes) -> str:
    return fingerprint(sha256(raw).hexdigest())
