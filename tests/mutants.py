"""Mutation tests of what decides: every change of one operator, number or call has to be noticed by a test.

    python tests/mutants.py [GROUP...]      # `make mutants`; minutes, so not part of `make test`

1. `mutmut` changes one place after the other in a copy of the tree (`mutants_source`) and runs the group's tests
   (`mutants_run`); words for people stay, whose tests stand where people read them.
2. A survivor is fine if the file `mutants-explained.txt` says why it changes nothing. Any other ends this with exit
   code 1; so does an explanation that no survivor needs any more. A change that ran into its time limit counts as
   noticed, but shows no explanation to be needless: on a busy machine one that changes nothing may run into it too.
3. An explanation names the function, the line as it is and as it was changed, and why:

    directory.judge apply
    - if a <= b:
    + if a < b:
    why they are the same

A number stands there where the source has its name.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from mutants_source import BARE, mutable

HOUSE = Path(__file__).parent.parent
EXPLAINED = Path(__file__).parent / "mutants-explained.txt"
COPIED = ("bench", "config", "crypto", "deploy", "desk", "directory", "docs", "relay", "tests")
GROUPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "judge": (
        ("directory/judge.py", "directory/judge_rules.py", "directory/judge_network.py", "directory/judge_members.py",
         "directory/judge_contacts.py"),
        ("tests/test_directory_judge*.py",),
    ),
    "notes": (
        ("crypto/note.py", "crypto/signing.py", "crypto/checkpoint.py"),
        ("tests/test_crypto_note*.py", "tests/test_crypto_signing.py", "tests/test_crypto_checkpoint*.py",
         "tests/test_crypto_weak_keys.py", "tests/test_crypto_both_signatures.py"),
    ),
    "log-in": (
        ("relay/rules/totp.py", "relay/rules/recovery.py", "relay/rules/throttle.py", "relay/rules/nonces.py",
         "relay/rules/sessions.py", "relay/rules/standing.py", "relay/rules/enrolment.py"),
        ("tests/test_relay_rules_*.py", "tests/test_relay_log_in*.py", "tests/test_relay_authenticator.py",
         "tests/test_relay_protocol_proof.py"),
    ),
}  # fmt: skip
SEQUENCES = "120"  # of the judge's property test; enough for what it asks of each shard
LATE = "timeout"
NOTICED = ("killed", LATE, "segfault", "check was interrupted by user")  # the last: nothing could be imported


@dataclass(frozen=True)
class Survivor:
    """A change that no test noticed."""

    place: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.place}\n- {self.before}\n+ {self.after}"


def copied(folder: Path, group: str) -> Path:
    """The tree, with settings for a group."""
    sources, tests = GROUPS[group]
    tree = folder / group
    tree.mkdir()
    for name in COPIED:
        shutil.copytree(HOUSE / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for name in ("README.md", "CHANGELOG.md"):
        shutil.copy(HOUSE / name, tree / name)
    for name in sources:
        source = tree / name
        source.write_text(mutable(source.read_text("utf-8")), "utf-8")
    chosen = sorted(str(each.relative_to(tree)) for pattern in tests for each in tree.glob(pattern))
    settings = {
        "source_paths": list(sources),
        "also_copy": [*COPIED, "README.md", "CHANGELOG.md"],
        "pytest_add_cli_args": ["-n0", "-q", "-x"],
        "pytest_add_cli_args_test_selection": chosen,
    }
    project = (HOUSE / "pyproject.toml").read_text("utf-8")
    lines = [f"{name} = {value!r}".replace("'", '"') for name, value in settings.items()]
    (tree / "pyproject.toml").write_text(project + "\n[tool.mutmut]\n" + "\n".join(lines) + "\n", "utf-8")
    return tree


def survivor(name: str, diff: str) -> Survivor:
    """The change of this name."""
    lines = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    before, after = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    module, _, mangled = name.rpartition(".")
    function = re.sub(r"__mutmut_\d+$", "", mangled).removeprefix("x_").replace("xǁ", "").replace("ǁ", ".")
    return Survivor(f"{module} {function.removesuffix(BARE)}", *(each.replace(BARE, "") for each in (before, after)))


def explained() -> dict[str, str]:
    """Each survivor that is explained, and why."""
    found = {}
    for paragraph in filter(None, EXPLAINED.read_text("utf-8").strip().split("\n\n")):
        place, before, after, *why = paragraph.splitlines()
        assert (before[:2], after[:2], bool(why)) == ("- ", "+ ", True), paragraph
        found["\n".join((place, before, after))] = " ".join(why)
    return found


@dataclass(frozen=True)
class Looked:
    """What became of a group's changes: how many there were, which survived, and which ran out of time."""

    changes: int
    survived: list[Survivor]
    late: list[Survivor]


def look(group: str, folder: Path) -> Looked:
    """Change one thing after the other in a group's sources."""
    tree, told = copied(folder, group), folder / f"{group}.json"
    command = [sys.executable, str(Path(__file__).with_name("mutants_run.py")), str(os.cpu_count() or 1), str(told)]
    environ = {**os.environ, "ENLACE_SEQUENCES": SEQUENCES}
    ran = subprocess.run(command, cwd=tree, env=environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-4000:]
    changes = json.loads(told.read_text("utf-8"))
    survived = [survivor(name, diff) for name, state, diff in changes if state not in NOTICED]
    return Looked(len(changes), survived, [survivor(name, diff) for name, state, diff in changes if state == LATE])


def main() -> int:
    chosen = sys.argv[1:] or list(GROUPS)
    known, wrong, seen = explained(), 0, set[str]()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for group in chosen:
            began = time.monotonic()
            looked = look(group, Path(folder))
            open_ones = [each for each in looked.survived if str(each) not in known]
            seen |= {str(each) for each in looked.survived + looked.late}
            wrong += len(open_ones)
            told = f"{len(looked.survived) - len(open_ones)} are explained; {len(looked.late)} ran out of time"
            told += f"; {time.monotonic() - began:.0f} s"
            sys.stdout.write(f"{group}: {looked.changes} changes, {len(open_ones)} survived unexplained ({told})\n")
            for each in open_ones:
                sys.stdout.write(f"\n{each}\n")
            sys.stdout.flush()
    stale = [each for each in known if each not in seen] if set(chosen) == set(GROUPS) else []
    for text in stale:
        sys.stdout.write(f"\nexplained, and survives no more:\n{text}\n")
    return 1 if wrong or stale else 0


if __name__ == "__main__":
    sys.exit(main())
