"""A witness's folder: its key, what it is called, which logs it watches, what it has cosigned.

    witness.key         the two seeds, mode 600
    witness.policy      its public keys as two lines of a trust policy, for the relay's operator and for policies
    logs.policy         the logs it watches, as lines of a trust policy; to be filled in from the relay's operator
    records/            what it has cosigned last (`relay.witness.records`), and its lock

1. A name is `network/witness/member`, so a policy and a relay see whose witness it is; a member has one.
2. Nothing is written over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.whole_files import PUBLIC, write_new
from crypto.checkpoint import MOST_NAME_BYTES
from crypto.cosignature import cosigner_keys
from crypto.errors import CryptoError
from crypto.fingerprint import fingerprint
from crypto.note import check_name
from crypto.policy import Group, Policy, PolicyError, PolicyWitness, parse_policy, write_policy
from crypto.signing import SecretPair
from relay.key_files import KeyFileError, make_pair, read_pair
from relay.protocol.witnesses import member_of_name
from relay.witness.records import Records, RecordsBroken
from relay.witness.witness import Witness

KEY, PUBLIC_LINES, LOGS, RECORDS = "witness.key", "witness.policy", "logs.policy", "records"
_EMPTY = b"""# The logs this witness watches: the lines `log ...` that `enlace relay policy` prints, two of each log.
quorum none
"""


class WitnessError(Exception):
    """A witness's folder that cannot be made or used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Made:
    """Where a new witness's public lines are, and the fingerprint to compare by voice."""

    public: Path
    fingerprint: str


def make_witness(folder: Path, name: str) -> Made:
    """Make a folder; raises WitnessError, nothing written over."""
    in_the_way = [each for each in (KEY, PUBLIC_LINES, LOGS, RECORDS) if (folder / each).exists()]
    if in_the_way:
        raise WitnessError(f"{folder} already holds {', '.join(in_the_way)}; nothing was written")
    try:
        check_name(name)
        if not member_of_name(name):
            raise WitnessError(
                f"a witness is called network/witness/member, such as enlace.example/witness/co, not {name}"
            )
        if len(name.encode()) > MOST_NAME_BYTES:
            raise WitnessError(f"a witness's name has at most {MOST_NAME_BYTES} bytes: more it could not sign")
        keys = make_pair(folder / KEY, "witness")
        (folder / RECORDS).mkdir(0o700)
        write_new(folder / PUBLIC_LINES, write_policy(public_policy(name, keys)), PUBLIC)
        write_new(folder / LOGS, _EMPTY, PUBLIC)
    except (CryptoError, KeyFileError) as error:
        raise WitnessError(str(error)) from error
    except OSError as error:
        raise WitnessError(f"{folder} cannot be written: {error.strerror}") from error
    return Made(folder / PUBLIC_LINES, fingerprint(keys.public.id))


def public_policy(name: str, keys: SecretPair, url: str = "") -> Policy:
    """A policy that needs this witness alone, with both its keys."""
    member = member_of_name(name)
    ed25519, mldsa44 = cosigner_keys(name, keys.public)
    names = (f"{member}-ed25519", f"{member}-mldsa44")
    witnesses = (PolicyWitness(names[0], ed25519, url), PolicyWitness(names[1], mldsa44, url))
    return Policy((), witnesses, (Group(member, 2, names),), member)


def open_witness(folder: Path, clock: Callable[[], int]) -> tuple[Witness, Records]:
    """The witness in a folder, and its records, to be closed at the end; raises WitnessError."""
    try:
        keys = read_pair(folder / KEY, "witness")
        public = parse_policy((folder / PUBLIC_LINES).read_bytes())
        logs = parse_policy((folder / LOGS).read_bytes())
    except (KeyFileError, PolicyError) as error:
        raise WitnessError(f"{folder}: {error}") from error
    except OSError as error:
        raise WitnessError(f"{error.filename} cannot be read: {error.strerror}") from error
    name = public.witnesses[0].key.name if public.witnesses else ""
    if not name or {each.key for each in public.witnesses} != set(cosigner_keys(name, keys.public)):
        raise WitnessError(f"{folder / PUBLIC_LINES} does not name the keys in {KEY}")
    if not logs.logs:
        raise WitnessError(f"{folder / LOGS} names no log: put the lines there that `enlace relay policy` prints")
    try:
        records = Records(folder / RECORDS, cosigner_keys(name, keys.public))
    except RecordsBroken as error:
        raise WitnessError(str(error)) from error
    return Witness(name, keys, Policy(logs.logs), records, clock), records
