"""The witnesses whom the relay's operator has registered, out of a file of their lines (c2sp.org/tlog-policy).

    witness co-ed25519 enlace.example/witness/co+5b6c7d8e+BKpc… https://witness.co.example/
    witness co-mldsa44 enlace.example/witness/co+9a8b7c6d+Bhpc… https://witness.co.example/

1. A witness has two lines, one for each of its keys, under one name and with one address; without an address it calls
   the relay (`enlace witness call-out`).
2. Its name is `network/witness/member`. A member has one witness, and there are at most 16: the file is refused where
   two stand for one member, or a seventeenth stands. Whether the member is one of the network, and not suspended, is
   looked at each time.
3. Its Ed25519 key proves its requests too, and nothing but reading the log and handing in cosignatures.
4. Groups and the quorum of the file say nothing here: each desk pins its own policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from crypto.checkpoint import MLDSA44_COSIGNATURE_TYPE
from crypto.cosignature import CheckpointKey
from crypto.policy import Policy, PolicyError, PolicyWitness, parse_policy
from directory.view import View
from relay.protocol.witnesses import check_witnesses, member_of_name


class WitnessesError(Exception):
    """A file of witnesses that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A member's witness: its name, both keys (Ed25519 first), and where it takes checkpoints (empty: it calls)."""

    member: str
    name: str
    keys: tuple[CheckpointKey, CheckpointKey]
    url: str = ""

    def counts(self, view: View, now: int) -> bool:
        """Whether its member is one of this network, and live."""
        if view.network is None or not self.name.startswith(f"{view.founded.name}/"):
            return False
        member = view.members.get(self.member)
        return member is not None and member.live(view.size, now)


def read_witnesses(path: Path) -> tuple[Registered, ...]:
    """The witnesses in a file; raises WitnessesError."""
    try:
        return registered(parse_policy(path.read_bytes()))
    except (PolicyError, WitnessesError) as error:
        raise WitnessesError(f"{path}: {error}") from error
    except OSError as error:
        raise WitnessesError(f"{path} cannot be read: {error.strerror}") from error


def registered(policy: Policy) -> tuple[Registered, ...]:
    """The witnesses of a policy, by rules 1 and 2; raises WitnessesError."""
    lines = dict[str, list[PolicyWitness]]()
    for each in policy.witnesses:
        lines.setdefault(each.key.name, []).append(each)
    found = tuple(_one(name, of_one) for name, of_one in lines.items())
    try:
        check_witnesses(each.name for each in found)
    except ValueError as error:
        raise WitnessesError(str(error)) from error
    return found


def _one(name: str, lines: Sequence[PolicyWitness]) -> Registered:
    member = member_of_name(name)
    if not member:
        raise WitnessesError(f"a witness is called network/witness/member, not {name}")
    keys = sorted((each.key for each in lines), key=lambda key: key.kind)
    if len(keys) != 2 or keys[0].kind == keys[1].kind or keys[1].kind != MLDSA44_COSIGNATURE_TYPE:
        raise WitnessesError(f"{name} needs two lines: its Ed25519 key and its ML-DSA-44 key")
    if lines[0].url != lines[1].url:
        raise WitnessesError(f"{name} has two addresses")
    url = lines[0].url.rstrip("/")
    if url and not _is_address(url):
        raise WitnessesError(f"{name}: {url} is no address; write https://host/…")
    return Registered(member, name, (keys[0], keys[1]), url)


def _is_address(url: str) -> bool:
    """Whether `/add-checkpoint` can stand behind this."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # it is read where it is asked for, and raises
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and not {"?", "#"} & set(url)
