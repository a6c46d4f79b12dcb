"""The trust policy that this desk has pinned, and how old its directory is by it.

1. A policy comes with the invitation, or from a file that an officer takes after looking at what changes. No relay can
   bring one, and none can take it away: it is sealed in the vault.
2. *Directory age* counts from the newest time at which all the witnesses that the policy needs had cosigned a tree
   that this desk has verified. Where it needs none, or none is pinned, from the log's own word: *unwitnessed*.
3. That time is remembered, sealed: a later checkpoint that no witness has cosigned yet takes nothing away. It counts
   for the policy under which it was seen, and for no other.
4. A cosignature from more than five minutes ahead of this machine's clock does not count. A wrong or repeated line of a
   witness counts for nothing, with all the others beside it: the reason is told.
5. The log got other keys since the policy was written, under the origin it names: the roots said so, and this desk
   has verified what these keys sign. The policy's witnesses count as before: what they cosign is origin, size and
   root, whatever keys the log has, and each of them was told the new keys by its own people. So no desk is shut out by
   a re-keying, and none loses its witnesses to one. That the policy is from before is told until another is taken.
6. Over a day: a banner wherever the directory is looked at. Over seven days: nothing is sealed, but for whoever says
   so.
7. A relay that was just asked, and whose newest state nobody vouched for within a day, freezes the directory: an alarm.
   Its words name every way out that needs no relay. Where the witnesses of a policy have not vouched for anything yet,
   that is told by rule 6, and accuses nobody.
"""

from dataclasses import dataclass
from hashlib import sha256

import msgspec

from crypto.checkpoint import checkpoint_note
from crypto.cosignature import log_keys
from crypto.errors import CryptoError
from crypto.policy import Group, Policy, PolicyError, Unsatisfied, open_witnessed, parse_policy, witnessed
from desk.errors import Declined, Usage
from desk.keys.vault import Damaged, Vault
from directory.canonical import encode
from directory.judge import CLOCK_SKEW
from directory.replay import Alarm, Replica
from relay.protocol.witnesses import check_witnesses

DAY = 86_400
OLD_DIRECTORY, STALE_DIRECTORY = DAY, 7 * DAY
MOST_PINNED_BYTES = 48 << 10
"""What still travels in an invitation."""
_POLICY, _SEEN = "trust-policy", "witnessed"
_TAKE = "compare its fingerprint by voice, and run `enlace policy take FILE`"
REKEYED = (
    "the trust policy on this desk is from before the root keys gave the log other keys. Its witnesses count on; "
    f"ask the secretariat for the newest policy, which whoever checks a proof needs too, {_TAKE}"
)


class _Seen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newest time that satisfied a policy, and that policy's SHA-256."""

    policy: str
    time: int


@dataclass(frozen=True, slots=True)
class Vouched:
    """Since when the directory is vouched for (0: never was), whether by witnesses, and why not later; `rekeyed`: the
    policy is from before the log got the keys that it has (rule 5)."""

    time: int
    witnessed: bool
    why: str = ""
    rekeyed: bool = False

    def age(self, now: int) -> int:
        """Seconds."""
        return max(now - self.time, 0)


def pinned(vault: Vault) -> bytes:
    """The policy's file as it was pinned; empty if none was. Raises Damaged."""
    return vault.get(_POLICY) or b""


def read_pinned(raw: bytes) -> Policy:
    """The policy in a file that is to be pinned; raises Usage."""
    if len(raw) > MOST_PINNED_BYTES:
        raise Usage(f"a desk pins a policy of at most {MOST_PINNED_BYTES >> 10} KiB; this one has {len(raw)} bytes")
    try:
        raw.decode()
        policy = parse_policy(raw)
        check_witnesses(each.key.name for each in policy.witnesses)
    except UnicodeDecodeError as error:
        raise Usage("a desk pins a policy in UTF-8") from error
    except PolicyError as error:
        raise Usage(f"this is no trust policy: {error}") from error
    except ValueError as error:
        raise Usage(f"this trust policy is not pinned: {error}") from error
    return policy


def pin(vault: Vault, raw: bytes) -> None:
    """Pin a policy in the place of any other; raises Usage for one that is none."""
    read_pinned(raw)
    vault.put(_POLICY, raw)  # after a crash here the old one or the new one is pinned


def check_log(policy: Policy, replica: Replica) -> None:
    """Return if a policy names the log of this directory, with both its keys; raises Declined."""
    relay = replica.view.relay
    if relay is None:
        raise Declined("this desk has no directory yet; run `enlace sync`")
    found = {each.key for each in policy.logs if each.key.name == relay.origin}
    if found == set(log_keys(relay.origin, relay.log)):
        return
    words = f"the policy does not name the log {relay.origin} with both its keys"
    if found:
        raise Declined(
            f"{words}, as the directory on this desk has them: it is from another time, or forged. If the root keys "
            "gave the log other keys since this desk was last up to date, run `enlace sync` first, or on a halted desk "
            "`enlace resume`"
        )
    raise Declined(f"{words}: it is for another network")


def vouched(vault: Vault, replica: Replica, now: int) -> Vouched:
    """Since when the directory on this desk is vouched for, by the policy that is pinned (rules 2 to 5)."""
    checkpoint = replica.checkpoint
    if checkpoint is None:
        return Vouched(0, witnessed=False, why="this desk has no directory yet")
    try:
        raw = pinned(vault)
        policy = read_pinned(raw) if raw else Policy()
    except Damaged as error:
        return Vouched(0, witnessed=True, why=f"{error}; take the trust policy anew")
    if not policy.witnesses_needed():
        return Vouched(checkpoint.time, witnessed=False)
    before, why, time, rekeyed = _seen(vault, raw), "", 0, _rekeyed(policy, replica)
    if before > now + CLOCK_SKEW:
        before = 0
    try:
        if policy.logs and not rekeyed:
            time = open_witnessed(policy, checkpoint.raw, now + CLOCK_SKEW).time
        else:
            note = checkpoint_note(checkpoint.raw)
            time = witnessed(policy, note, checkpoint.checkpoint, checkpoint.time, now + CLOCK_SKEW).time
    except (Unsatisfied, CryptoError) as error:
        why = str(error)
    if time > before:
        vault.put(_SEEN, encode(_Seen(policy=sha256(raw).hexdigest(), time=time)))
    return Vouched(max(time, before), witnessed=True, why=why, rekeyed=rekeyed)


def _rekeyed(policy: Policy, replica: Replica) -> bool:
    """Whether a policy names, with both keys, the log of this directory as it was under a former relay (rule 5)."""
    relay = replica.view.relay
    named = {each.key for each in policy.logs if relay is not None and each.key.name == relay.origin}
    return any(named == set(log_keys(each.origin, each.log)) for each in replica.view.former_relays)


def freeze(replica: Replica, found: Vouched, now: int) -> Alarm | None:
    """The alarm over a relay that was just asked, and whose newest state nobody vouched for within a day (rule 7)."""
    checkpoint = replica.checkpoint
    own = checkpoint is not None and now - checkpoint.time > OLD_DIRECTORY
    if checkpoint is None or not (own or (found.time and found.age(now) > OLD_DIRECTORY)):
        return None
    who = f"its log's newest signature is of {_hours(checkpoint.time, now)}" if own else _old(found, now)
    words = f"the relay answers, and what it shows stands still: {who}. It is to be renewed every ten minutes. Perhaps "
    words += "it hides what came since, perhaps a revocation; perhaps it is broken, or this machine's clock is wrong"
    if not own:
        words += (
            ". Its log signs, and its witnesses do not: perhaps the network has another trust policy by now"
            f"{', for the root keys gave the log other keys since this one' if found.rekeyed else ''}. Ask the "
            f"secretariat, by telephone, for the newest; if it is another, {_TAKE}"
        )
    return Alarm("freeze", words, {"checkpoint-mine.txt": checkpoint.raw})


def _hours(time: int, now: int) -> str:
    age = now - time
    return f"{age // DAY} days ago" if age > 2 * DAY else f"{age // 3600} hours ago"


def check_age(found: Vouched, now: int, *, override: bool) -> str | None:
    """A warning if the directory is over a day old; over seven days, sealing raises Declined unless overridden."""
    age = found.age(now)
    old = _old(found, now)
    if age > STALE_DIRECTORY and not override:
        raise Declined(
            f"{old}: a recipient may have been revoked since. "
            "Synchronise, or send with --old-directory if it cannot wait"
        )
    return f"{old}; synchronise" if age > OLD_DIRECTORY else None


def banner(found: Vouched, now: int) -> str | None:
    """What stands above every look-up in a directory that is over a day old."""
    return f"{_old(found, now)}; synchronise when you can" if found.age(now) > OLD_DIRECTORY else None


def _old(found: Vouched, now: int) -> str:
    age = found.age(now)
    span = f"{age // DAY} days" if age > STALE_DIRECTORY else f"{age // 3600} hours"
    if not found.witnessed:
        return f"the directory on this desk is {span} old (unwitnessed)"
    because = f" ({found.why})" if found.why else ""
    if not found.time:
        return f"no witnesses that the trust policy needs have vouched for the directory on this desk{because}"
    return f"the directory on this desk was last vouched for by the witnesses it needs {span} ago{because}"


def words_of(policy: Policy) -> str:
    """Who is needed, in words: `2 of 3: co (2 of 2: …), …`."""
    groups = {each.name: each for each in policy.groups}

    def said(name: str) -> str:
        group = groups.get(name)
        return name if group is None else f"{name} ({_count(group)}: {', '.join(map(said, group.members))})"

    if not policy.witnesses_needed():
        return "no witnesses: the log's own word"
    top = groups.get(policy.quorum)
    return policy.quorum if top is None else f"{_count(top)}: {', '.join(map(said, top.members))}"


def changes(old: Policy, new: Policy) -> list[str]:
    """What taking another policy changes, a line each."""
    before, after = ({each.name: each.key for each in policy.witnesses} for policy in (old, new))
    lines = [f"needed      {words_of(new)}"]
    if words_of(old) != words_of(new):
        lines.append(f"  until now {words_of(old)}")
    lines += [f"new         {name}" for name in after if name not in before]
    lines += [f"other key   {name}" for name in after if name in before and before[name] != after[name]]
    lines += [f"gone        {name}" for name in before if name not in after]
    lines += [f"log         {each.key.name} {each.key.key_id.hex()}" for each in new.logs]
    if old.witnesses_needed() and not new.witnesses_needed():
        lines.append("WEAKER: from now on nobody but the log itself would vouch for this directory")
    return lines


def _count(group: Group) -> str:
    return f"{group.needed} of {len(group.members)}"


def _seen(vault: Vault, policy: bytes) -> int:
    try:
        seen = vault.get_value(_SEEN, _Seen)
    except Damaged:
        return 0  # it only makes the directory older than it is
    return seen.time if seen is not None and seen.policy == sha256(policy).hexdigest() else 0
