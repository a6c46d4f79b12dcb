"""The trust policy that a relay proposes: both keys of its log, every registered witness, and how many are needed."""

from pathlib import Path

from crypto.cosignature import CheckpointKey, log_keys
from crypto.policy import NOBODY, Group, Policy, PolicyLog, PolicyWitness, write_policy
from relay.key_files import read_pair
from relay.protocol.routes import CHECKPOINT
from relay.registered_witnesses import Registered, read_witnesses
from relay.settings import RelaySettings

MEMBERS = "members"
KINDS = ("ed25519", "mldsa44")


class PolicyUnknown(ValueError):
    """A policy that was asked for and that nobody could satisfy."""


def relay_policy(settings: RelaySettings, needed: int | None) -> bytes:
    """The policy as a file; `needed`: None for more than half.

    Raises KeyFileError, WitnessesError, PolicyUnknown, and PolicyError where names collide.
    """
    log = read_pair(Path(settings.keys.log), "log").public
    about = settings.witnesses
    witnesses = read_witnesses(Path(about.file)) if about.file else ()
    prefix = settings.listen.public_url + CHECKPOINT.removesuffix("/checkpoint")
    return write_policy(policy_for(log_keys(settings.log.origin, log), prefix, witnesses, needed))


def policy_for(
    keys: tuple[CheckpointKey, ...], url: str, witnesses: tuple[Registered, ...], needed: int | None
) -> Policy:
    """A policy over a log's keys and witnesses, of whose members `needed` have to have cosigned with both keys."""
    needed = len(witnesses) // 2 + 1 if needed is None and witnesses else needed or 0
    if needed > len(witnesses):
        raise PolicyUnknown(f"{needed} witnesses are asked for, and {len(witnesses)} are registered")
    lines = [(each.member, f"{each.member}-{kind}", key) for each in witnesses
             for kind, key in zip(KINDS, each.keys, strict=True)]  # fmt: skip
    groups = [
        Group(each.member, 2, tuple(name for member, name, _ in lines if member == each.member)) for each in witnesses
    ]
    if witnesses and needed:
        groups.append(Group(MEMBERS, needed, tuple(each.member for each in witnesses)))
    return Policy(
        tuple(PolicyLog(each, url) for each in keys),
        tuple(PolicyWitness(name, key) for _, name, key in lines),
        tuple(groups),
        MEMBERS if witnesses and needed else NOBODY,
    )
