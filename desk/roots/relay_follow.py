"""Following a relay file: what is checked before anything is sent to the address in it, and what is kept afterwards.

P1 Whoever can hand over a file can write an address into it. So before a connection is made, this desk's own verified
   directory vouches for the file: its duty key has signed it, and the statement in it is the one that the directory
   holds, or carries enough good signatures of its root keys.
P2 A desk that has not seen the last re-keying knows neither the new duty key nor the new roots. Then, and only if its
   officer says so, having asked the secretariat, the log is read first and the file held against that
   (`desk.replica.resume`, F5). No code is sent there; the session's token is, worth nothing without this device's key.
P3 What a relay answers to a log-in or a renewal is kept only once its log has held: session, recovery codes, and that
   there was a log-in, on which looking up without the network rests.
"""

from dataclasses import replace

import msgspec

from crypto.errors import CryptoError
from desk.alarms.distrust import loaded
from desk.errors import Declined, Locked, Usage
from desk.keys.keyring import Keyring
from desk.link.deadline import MOST_SECONDS, within
from desk.link.session import current_session, unproven
from desk.profile.folder import Profile
from desk.profile.unlocked import Unlocked
from desk.replica.resume import Resumed, check_file, resume
from desk.replica.store import ReplicaStore
from desk.roots.relay_file import Named, check_signed
from directory.judge import signed_by
from directory.replay import Replica
from directory.statement import parse_statement
from relay.protocol.requests import LogIn

_CHANGED = (
    "Nothing was sent anywhere. If the secretariat says, asked by telephone, that the root keys or the duty key were "
    "changed since this desk was last up to date, `enlace resume --keys-changed` reads the log there first"
)


async def follow_file(
    desk: Unlocked,
    named: Named,
    request: LogIn | None = None,
    *,
    keys_changed: bool = False,
    give_up: bool = False,
) -> Resumed:
    """What `enlace resume` does: check the file (P1), log in there if `request` says so, follow (`resume`), keep (P3).

    Raises Usage for a code together with `keys_changed` (P2), Locked where there is no shift, and as `resume` does.
    """
    if keys_changed and request is not None:
        raise Usage("with --keys-changed no code is sent to the address in the file; leave --code-file out")
    check_before(desk.profile, desk.store, named, desk.clock(), keys_changed=keys_changed)
    if request is None:
        _check_shift(desk.keyring, desk.clock(), keys_changed=keys_changed)
    where = there(desk.keyring, named)
    async with within(MOST_SECONDS), unproven(where, desk.clock, request) as (client, keep):
        done = await resume(desk.profile, desk.store, client, desk.clock(), named, give_up=give_up)
        # After a crash here the desk has followed, and logs in once more.
        keep()
        return done


def check_before(profile: Profile, store: ReplicaStore, named: Named, now: int, *, keys_changed: bool = False) -> None:
    """Return if this desk's own directory vouches for a relay file (P1); raise Declined if not."""
    own = loaded(profile, store, now)
    check_file(named, store, own, now)
    if keys_changed:
        return
    try:
        if not own.size:
            raise Declined("this desk has no directory yet to check the relay file against")
        check_signed(named, own.view.founded)
        _check_roots(named, store, own)
    except Declined as error:
        raise Declined(f"{error}. {_CHANGED}") from error


def _check_roots(named: Named, store: ReplicaStore, own: Replica) -> None:
    """Return if the statement is the directory's own, or signed by the threshold of its roots."""
    relays, seq = own.view.relays, named.statement.seq
    if seq < len(relays) and store.entries(relays[seq].since)[0] == named.entry:
        return
    try:
        signers = signed_by(own.view, parse_statement(named.entry))
    except CryptoError as error:
        raise Declined(f"the statement in the relay file does not count: {error}") from error
    roots, needed = sum(each in own.view.founded.roots for each in signers), own.view.founded.threshold
    if roots < needed:
        raise Declined(f"the statement in the relay file needs {needed} of the root keys; {roots} signed it")


def _check_shift(keyring: Keyring, now: int, *, keys_changed: bool) -> None:
    """Return if there is a session to follow it with; raise Locked, with what to do here in place of `enlace login`."""
    session = current_session(keyring)
    if keyring.profile.identity.kind == "secretariat" or (session is not None and session.shift_ends > now):
        return
    none = "there is no session, or its shift is over"
    if keys_changed:
        way = (
            "and with --keys-changed no code is sent to the address in the file. Run `enlace login` at the old address"
        )
        raise Locked(f"{none}, {way}, if it answers yet; else have this device revoked, and enrol anew")
    raise Locked(f"{none}. `enlace resume FILE --code-file -` logs in at the new address, with a new code")


def there(keyring: Keyring, named: Named) -> Keyring:
    """The keyring as of a profile whose relay is the file's."""
    where = {"relay": named.file.relay, "authority": named.file.authority}
    identity = msgspec.structs.replace(keyring.profile.identity, **where)
    return replace(keyring, profile=Profile(keyring.profile.path, identity))
