"""Pages of `docs/` that are typed and answered: fenced blocks, played against a real relay, compared line by line.

    ```console ar-admin
    $ enlace device revoke «device» --reason stolen --yes
    Revoked device …
    ```

1. After ``console`` stands who types: a person, who is a profile; `witness`, who runs one; or `operator`, who types
   `enlace relay …` and the commands of the machine: `relay stop`, `relay start` (with a folder: the relay in that
   one), `cp` and `rm`.
2. A line `$ …` is a command, with POSIX quoting and of a shell nothing else but `> FILE` at its end; `$TRIAL` is the
   office's folder. What follows is what it prints: standard output, then standard error. A last line `[exit 3]` is its
   exit code, else 0.
3. In what is printed `…` stands for anything in a line, a line `…` for any lines, `«name»` for a word that later lines
   and commands name again. Addresses have the port 8460; 8461 is that of a second relay.
4. Passphrases come from a file (ENLACE_PASSPHRASE_FILE), another one stands in `$TRIAL/fresh`; codes come from
   `$TRIAL/codes/NAME`, which always holds one that was not used yet. `enlace enrol` without a code is answered with the
   code of the secret it shows. `$TRIAL/papers/NAME` holds a recovery code that was not used yet.
"""

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyotp
from cli_world import HOUSE, Office, Ran, enlace

from desk.demo.relay_host import free_port

_BLOCK = re.compile(r"^```console ([a-z0-9-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"\[exit (\d+)\]")
_NAME = re.compile("«([a-z0-9-]+)»")
_WORD = r"[A-Za-z0-9._/:+=-]+"
_SECRET = re.compile(r"type the secret: ([A-Z2-7]+)")
_PAPER = re.compile(r"^  ([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})$", re.MULTILINE)
_MACHINES = ("operator", "witness")
STEP = 30


@dataclass(frozen=True)
class Step:
    """One command of a page, and what it has to print."""

    who: str
    command: str
    shown: tuple[str, ...]
    code: int


def steps(page: str) -> Iterator[Step]:
    """Every command of a page in order."""
    for who, block in _BLOCK.findall(page):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip("\n").split("\n")
            ends = _EXIT.fullmatch(shown[-1]) if shown else None
            yield Step(who, command, tuple(shown[:-1] if ends else shown), int(ends[1]) if ends else 0)


@dataclass
class Player:
    """Plays pages in an office, whose people used codes of step `enrolled` at the latest."""

    office: Office
    enrolled: int
    known: dict[str, str] = field(default_factory=dict)
    second: int = field(default_factory=free_port)
    _used: dict[str, int] = field(default_factory=dict)
    _first: int = 0

    def __post_init__(self) -> None:
        self._first = self.office.relay.port

    def play(self, page: str) -> int:
        """Play every step; returns how many there were."""
        self.office.file("fresh", "seven herons over the delta\n")
        count = 0
        for step in steps(page):
            self._check(step, self._run(step))
            count += 1
        return count

    def _run(self, step: Step) -> Ran:
        words = shlex.split(_NAME.sub(lambda found: self.known[found[1]], step.command))
        words = [each.replace("$TRIAL", str(self.office.folder)) for each in words]
        words = [each.replace(":8461", f":{self.second}") for each in words]
        if step.who in _MACHINES and words[0] in ("relay", "cp", "rm"):
            self._machine(words)
            return Ran(0, "", "")
        assert words[0] == "enlace", step.command
        for name in {each.rpartition("/")[2] for each in words if "/codes/" in each}:
            self._write_code(name)
        for name in {each.rpartition("/")[2] for each in words if "/papers/" in each}:
            self._write(f"papers/{name}", self.office.papers[name].pop())
        if words[-2] == ">":
            return self._into(Path(words[-1]), self._enlace(step.who, words[1:-2]))
        ran = self._enlace(step.who, words[1:])
        self.office.papers[step.who] = _PAPER.findall(ran.out) or self.office.papers.get(step.who, [])
        secret = _SECRET.search(ran.out)
        if secret is not None:
            self.office.phones[step.who] = pyotp.TOTP(secret[1])
            self._used[step.who] = 0
            if words[1] == "enrol" and not any(each.startswith("--code-file") for each in words):
                self._write_code(step.who)
                ran = self._enlace(step.who, [*words[1:], "--code-file", str(self._code_file(step.who))])
        return ran

    def _into(self, path: Path, ran: Ran) -> Ran:
        """What is left to be seen of a command whose output goes into a file of this office."""
        assert path.is_relative_to(self.office.folder), path
        path.write_text(ran.out)
        return replace(ran, out="")

    def _machine(self, words: list[str]) -> None:
        """A command of the machine that the relay runs on."""
        relay = self.office.relay
        if words[0] != "relay":
            assert all(Path(each).is_relative_to(self.office.folder) for each in words[1:] if each[0] != "-"), words
            subprocess.run(words, check=True)  # a page of ours, in a folder of this test
        elif words[1] == "stop":
            relay.stop()
        else:
            if len(words) > 2:
                relay.folder, relay.port = Path(words[2]), self.second
            relay.spawn()
            relay.wait("healthz")  # one that is still to be named is not ready

    def _enlace(self, who: str, arguments: list[str]) -> Ran:
        if arguments[0] == "witness" and arguments[1] != "keygen":  # it takes signals, and writes a log of its own
            command = [sys.executable, "-m", "desk.main", *arguments]
            ran = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, timeout=60, check=False)
            return Ran(ran.returncode, ran.stdout, ran.stderr)
        return enlace(*arguments) if who in _MACHINES else self.office.run(who, *arguments)

    def _code_file(self, name: str) -> Path:
        return self.office.folder / "codes" / name

    def _write_code(self, name: str) -> None:
        """A code that was not used yet: of this half minute or the next, else it waits for the one after."""
        step = max(int(time.time()) // STEP, self._used.get(name, self.enrolled) + 1)
        while step > int(time.time()) // STEP + 1:
            time.sleep(0.2)  # until the relay's own clock has come that far
        self._used[name] = step
        self._write(f"codes/{name}", self.office.phones[name].at(step * STEP))

    def _write(self, name: str, line: str) -> None:
        path = self.office.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{line}\n")

    def _check(self, step: Step, ran: Ran) -> None:
        printed = (ran.out + ran.err).replace(str(self.office.folder), "$TRIAL")
        printed = printed.replace(f":{self._first}", ":8460").replace(f":{self.second}", ":8461")
        printed = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
        told = f"{step.who}$ {step.command}\nexit {ran.code}\n{printed}"
        assert ran.code == step.code, told
        found = re.fullmatch(self._pattern(step.shown), printed)
        assert found, f"{told}\nexpected\n" + "\n".join(step.shown)
        self.known.update(found.groupdict())

    def _pattern(self, shown: tuple[str, ...]) -> str:
        pattern, caught = "", set[str]()
        for line in shown:
            if line == "…":
                pattern += "(?:.*\n)*?"
                continue
            for piece in re.split("(…|«[a-z0-9-]+»)", line):
                name = _NAME.fullmatch(piece)
                if name is None:
                    pattern += ".*?" if piece == "…" else re.escape(piece)
                elif name[1] in self.known:
                    pattern += re.escape(self.known[name[1]])
                else:
                    assert "-" not in name[1], f"«{name[1]}»: a caught name has letters and digits"
                    pattern += f"(?P={name[1]})" if name[1] in caught else f"(?P<{name[1]}>{_WORD})"
                    caught.add(name[1])
            pattern += "\n"
        return pattern
