"""`enlace network name-relay` and `enlace resume`: another relay, or other keys of it, and following it there."""

from pathlib import Path

import click
from msgspec import UnsetType

from crypto.fingerprint import fingerprint
from desk import host
from desk.commands.founding import relay_keys_in
from desk.commands.one_time_codes import digits
from desk.commands.options import opened, read_file, with_passphrase
from desk.commands.root_publish import read_signed_file
from desk.commands.signing import Signing, check_new, newest, with_roots
from desk.errors import Declined, DeskError, Distrust, NotFound, Usage
from desk.link.session import connected
from desk.profile.folder import Profile
from desk.profile.unlocked import Unlocked
from desk.replica.given_up import kept_words
from desk.replica.resume import Resumed, resume
from desk.replica.statements import NeedsOthers, send_request
from desk.replica.synchronise import synchronise
from desk.roots.ceremony import complete
from desk.roots.duty_key import settle
from desk.roots.naming import check_same, named_already, naming, relay_file
from desk.roots.relay_file import MOST_RELAY_FILE_BYTES, Named, check_signed, read_relay_file
from desk.roots.relay_follow import check_before, follow_file, there
from desk.terminal import Terminal, run
from directory.view import View
from relay.protocol.relay_keys import RelayKeys
from relay.protocol.requests import LogIn, NewStatements


@click.command("name-relay", short_help="Name another relay, or its new keys; write the relay file.")
@click.option("--relay-keys", required=True, metavar="FILE", help="What `enlace relay init` or `rekey` wrote.")
@click.option("--out", required=True, metavar="FILE", help="Write the relay file, for every desk, to FILE.")
@click.option(
    "--from-size",
    type=click.IntRange(min=1),
    metavar="N",
    help="Continue the log on this desk from N statements, without asking its present relay.",
)
@click.option("--signed", metavar="FILE", help="Publish what `enlace root combine` wrote, instead of signing here.")
@with_passphrase
@with_roots
def name_relay(
    terminal: Terminal, relay_keys: str, out: str, from_size: int | None, signed: str | None, signing: Signing
) -> None:
    """Have the root keys name another relay, or the new keys of this one, and write the relay file.

    The statement says which log is continued, from which size and root, and is handed to the relay it names. It
    may be signed days ahead (--request, then --signed). A desk that is halted, and one whose relay has another
    address now, follows with `enlace resume` and the relay file; others find the new keys in the log. Where the
    relay has the keys that the directory names already, only its address is told, and no root key signs.
    """
    relay = relay_keys_in(relay_keys)
    with opened(terminal) as desk:
        desk.keyring.require_duty()
        if Path(out).exists():
            terminal.warn(f"{out} is there already: the statement in it is handed over, and nothing is signed anew")
        if desk.halt is None and from_size is None and signed is None and not Path(out).exists():
            run(newest(desk))
        settle(desk.keyring, desk.replica().view)  # the file is signed by the duty key that the directory names
        file = _file(desk, relay, out, from_size, signed, signing)
        done = run(_published(desk, file, give_up=from_size is not None))
        shown = {"log": fingerprint(relay.log.id), "receipts": fingerprint(relay.receipt.id)}
        plain = _plain(done, file) | {"file": out, "fingerprints": shown}
        lines = [
            f"The directory names the relay at {relay.relay}; its log has {done.replica.size} statements.",
            f"log          {shown['log']}",
            f"receipts     {shown['receipts']}",
            f"For every desk that is halted, or was to reach the relay elsewhere: enlace resume {out}",
        ]
        terminal.result(plain, "\n".join(lines + kept_words(done.given_up, desk.profile.path / "alarms")))


@click.command("resume", short_help="Follow the roots to the relay that FILE names.")
@click.argument("file", metavar="FILE")
@click.option("--code-file", metavar="FILE", help="Log in there first, with the code in the first line of FILE.")
@click.option(
    "--keys-changed", is_flag=True, help="The root keys or the duty key were changed since this desk's last look."
)
@click.option("--give-up", is_flag=True, help="Also where the new log leaves out statements that this desk has.")
@with_passphrase
def resume_desk(terminal: Terminal, file: str, code_file: str | None, keys_changed: bool, give_up: bool) -> None:
    """Follow the roots to the relay in FILE, the relay file from the secretariat.

    This ends a halt: of a desk that was shown a forged entry or two histories of the log. It also takes a desk to
    its relay's new address. Nothing is sent there before this desk's directory vouches for the file. The log is
    verified, from this desk's own on, and stored at once; if anything does not hold, nothing is changed.
    """
    named = read_relay_file(read_file(file, "relay file", MOST_RELAY_FILE_BYTES))
    with opened(terminal) as desk:
        halted = desk.halt is not None
        code = terminal.secret("Code", code_file, "--code-file", echo=True).strip() if code_file is not None else ""

        request = LogIn(code=digits(code)) if code else None
        done = run(follow_file(desk, named, request, keys_changed=keys_changed, give_up=give_up))
        words = "This desk is no longer halted. " if halted else ""
        words += f"It follows the relay at {named.file.relay}: {done.replica.size} statements, {done.statements} new."
        terminal.result(
            _plain(done, named), "\n".join([words, *kept_words(done.given_up, desk.profile.path / "alarms")])
        )
        missed = run(details_missed(desk, named))
        if missed is not None:
            terminal.alarmed |= isinstance(missed, Distrust)
            terminal.warn(f"this desk follows; but the entries' details were not fetched: {missed}. Run `enlace sync`")


def _file(desk: Unlocked, relay: RelayKeys, out: str, size: int | None, signed: str | None, signing: Signing) -> Named:
    """The relay file at `out`: the one an earlier call wrote, or a fresh one, its statement signed."""
    try:
        named = read_relay_file(read_file(out, "relay file", MOST_RELAY_FILE_BYTES))
    except NotFound:
        check_new(Path(out))
    else:
        check_same(named, relay, out)
        _check_asked(named, out, size, signed)
        _check_duty(desk, named, out)
        return named
    replica = desk.replica()
    entry = named_already(desk.store, replica.view, relay)
    if entry is None:
        entry = _signed(desk, relay, size, signed, signing).statements[0].encode()
    raw = relay_file(replica.view, relay, entry, desk.keyring.duty, desk.clock())
    named = read_relay_file(raw)
    check_same(named, relay, signed or out)
    # After a crash behind this line another call hands the same statement over.
    host.write_whole(Path(out), raw)
    return named


def _check_asked(named: Named, out: str, size: int | None, signed: str | None) -> None:
    """Return if the relay file that is there already says what is asked for now; raise Usage if not."""
    continues = named.statement.continues
    if size is not None and (isinstance(continues, UnsetType) or continues.size != size):
        has = "no log" if isinstance(continues, UnsetType) else f"the log from {continues.size} statements"
        raise Usage(f"{out} exists already, and its statement continues {has}; give another name")
    wanted = [each.statement for each in read_signed_file(signed).asked.drafts()] if signed is not None else []
    if wanted and wanted != [named.statement]:
        raise Usage(f"{out} exists already, and holds another statement than {signed}; give another name")


def _check_duty(desk: Unlocked, named: Named, out: str) -> None:
    """Return if the relay file that is there is signed by the present duty key; raise Usage if not."""
    try:
        check_signed(named, desk.replica().view.founded)
    except Declined as error:
        words = f"{out} exists already, and the duty key of this network has not signed it, or is another one by now"
        raise Usage(f"{words}; give another name") from error


def _signed(desk: Unlocked, relay: RelayKeys, size: int | None, signed: str | None, signing: Signing) -> NewStatements:
    """The statement, signed by the root keys given here or elsewhere; raises NeedsSigning for what others sign."""
    if signed is not None:
        ready = complete(read_signed_file(signed), _view(desk, size), desk.clock())
        if len(ready.statements) != 1:
            raise Usage(f"{signed} holds {len(ready.statements)} statements, and not the one that names a relay")
        return ready
    voices = signing.roots()
    batch = naming(desk.store, desk.replica(), relay, size, voices, desk.clock(), drafting=signing.elsewhere)
    try:
        return batch.request()
    except NeedsOthers as others:
        raise signing.proposed(desk, others) from others


def _view(desk: Unlocked, size: int | None) -> View:
    replica = desk.replica()
    return replica.view if size is None else desk.store.before(replica.pinned, min(size, replica.size)).view


async def _published(desk: Unlocked, named: Named, *, give_up: bool) -> Resumed:
    """Hand the statement to the relay it names, unless the log has it, and follow it there.

    Whoever says from which size the log goes on has said what is given up.
    """
    check_before(desk.profile, desk.store, named, desk.clock())
    async with connected(there(desk.keyring, named), desk.clock) as client:
        if named.entry not in desk.store.entries(0):
            await send_request(client, NewStatements(statements=(named.file.statement,)))
        # The log has it. After a crash here another call finds it there.
        return await resume(desk.profile, desk.store, client, desk.clock(), named, give_up=give_up)


async def details_missed(desk: Unlocked, named: Named) -> DeskError | None:
    """Fetch the entries' details for a desk that follows by now; why they were not fetched, if they were not."""
    try:
        async with connected(there(desk.keyring, named), desk.clock) as client:
            # After a crash here the next synchronisation fetches them.
            await synchronise(Profile.open(desk.profile.path), desk.store, client, desk.clock())
    except DeskError as error:
        return error
    return None


def _plain(done: Resumed, named: Named) -> dict[str, object]:
    return {
        "relay": named.file.relay,
        "size": done.replica.size,
        "statements": done.statements,
        "given_up": list(done.given_up),
    }
