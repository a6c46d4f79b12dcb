"""What a second party is told of an evidence file, who has the trust policy and nothing else."""

from collections.abc import Mapping
from typing import Any

from crypto.errors import CryptoError
from crypto.policy import Policy, Unsatisfied
from desk.alarms.turn_verdict import turn_verdict
from desk.errors import Declined, Distrust, Usage
from desk.safe_text import line
from directory.canonical import Malformed
from directory.evidence_checked import NotJudged, Unfounded, Verdict
from directory.evidence_file import BrokenTurn, Head, MalformedEvidence
from directory.evidence_verdict import Check, verdict

ABOUT_MAIL: Mapping[type[Head], Check] = {BrokenTurn: turn_verdict}


def look_into(raw: bytes, policy: Policy) -> Verdict:
    """What follows from an evidence file (`directory.evidence_verdict`).

    Raises Usage for a file that is none, Declined where the policy says nothing of that log or an entry is of a later
    version, Distrust where a signature or a hash is wrong or the accusation does not follow.
    """
    try:
        return verdict(raw, policy, ABOUT_MAIL)
    except MalformedEvidence as error:
        raise Usage(f"this is no evidence file: {error}") from error
    except Unsatisfied as error:
        raise Declined(f"not proven: {error}") from error
    except NotJudged as error:
        raise Declined(f"not proven: {error}") from error
    except (Unfounded, CryptoError, Malformed) as error:
        raise Distrust(f"NOT proven, and nobody is to be accused by this file: {error}") from error


def verdict_lines(found: Verdict) -> list[str]:
    """A verdict for people."""
    head = "PROVEN" if found.proven else "CLAIMED, not proven; what can be checked agrees with it"
    lines = [f"{head}: {line(found.finding)}."]
    lines += [f"Checked    {line(each)}" for each in found.checked]
    if found.proven:
        lines.append(
            "Trust      nobody: whoever made this file, it follows from the signatures of the log and its relay"
        )
    word = "Left open " if found.proven else "On a word "
    lines += [f"{word} {line(each)}" for each in found.rests]
    return lines


def verdict_plain(found: Verdict) -> dict[str, Any]:
    """A verdict for programs."""
    return {
        "proven": found.proven,
        "claimed": not found.proven,
        "kind": found.kind,
        "log": found.log,
        "finding": found.finding,
        "checked": list(found.checked),
        "rests": list(found.rests),
        **found.facts,
    }
