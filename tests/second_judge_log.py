"""A log read with the second judge (log.md, rules 5 and 6)."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from second_judge import Judge
from second_judge_signers import Broken, Signers
from second_judge_state import State
from second_reader_base import Refused, sha256_hex
from second_reader_log import Checkpoint, Log, cosignature_time, read_log
from second_reader_note import Key, Note, read_note, verify_known
from second_reader_statements import ENTRY_LIMIT, Statement, read_statement, verify_lines
from second_reader_tree import leaf_hash

COSIGNATURE_SIZE = 8 + 2420


_read = lru_cache(maxsize=512)(read_statement)  # most cases of the vectors begin alike


def local_name(name: str) -> str:
    """The last part of a signer's name."""
    return name.rpartition("/")[2]


def judged_at(checkpoint: Checkpoint, otherwise: int) -> int:
    """The time of the checkpoint's cosignature, before its keys are known (log.md, rule 6)."""
    times = [
        cosignature_time(line)
        for line in checkpoint.note.lines
        if line.name == checkpoint.origin and len(line.signature) == COSIGNATURE_SIZE
    ]
    return times[0] if times else otherwise


class JudgedLog(Log):
    """A log whose every entry the second judge took, at one time."""

    def __init__(self, network: str, now: int) -> None:
        super().__init__(network)
        self.now = now
        self.judge = Judge()

    def take(self, entry: bytes) -> None:
        """Form, signatures, judge."""
        try:
            statement = _read(entry)
        except Refused as failure:
            if failure.word == "unknown kind":
                self._later(read_note(entry, ENTRY_LIMIT))
            raise
        if not self.statements:
            self._first(statement)
        known = [*self.roots, *self.duty, *self.devices.values(), *statement.own_roots(self.name)]
        signers = verify_lines(statement, known)
        self.judge.judge(statement, map(local_name, signers), self.now)
        self.signers.append(signers)
        self.statements.append(statement)
        self._learn(statement)
        self.leaves.append(leaf_hash(entry))

    def _first(self, statement: Statement) -> None:
        if sha256_hex(statement.text) != self.network:
            raise Refused("wrong network")
        if statement.kind != "found-network":
            raise Broken("R1", "not a founding")
        self.name = str(statement.value["name"])

    def _later(self, note: Note) -> None:
        """R8; of the first entry the network's id decides."""
        if self.statements:
            check_later(note, [*self.roots, *self.duty, *self.devices.values()], self.judge.state, self.now)
        elif sha256_hex(note.text) != self.network:
            raise Refused("wrong network")


def check_later(note: Note, known: Iterable[Key], state: State, now: int) -> None:
    """R8: refuse a statement of a later kind, unless somebody whose word counts signed it. `known`: keys, by name."""
    counting = [key for key in known if _leads(local_name(key.name), state, now)]
    good = {local_name(key.name) for key in verify_known(note, counting)}
    if not Signers(state, frozenset(good), now).later_kind_counts():
        raise Broken("R8", "by nobody whose word counts")


def _leads(name: str, state: State, now: int) -> bool:
    """Whether it is a present root, the duty key, or a live device of an administrator."""
    return name in state.roots or Signers(state, frozenset({name}), now).later_kind_counts()


def read_judged(given: dict[str, Any]) -> dict[str, Any]:
    """A case of log.json, judged: `size`, `root`, `time`, `view`."""

    def log_of(network: str, checkpoint: Checkpoint) -> Log:
        log = JudgedLog(network, judged_at(checkpoint, given["now"]))
        logs.append(log)
        return log

    logs: list[JudgedLog] = []
    seen = (given["seen_entries"], given["seen_checkpoint"]) if "seen_entries" in given else None
    accepted = read_log(given["entries"], given["checkpoint"], given["network"], given["now"], seen, log_of)
    if logs[-1].now != accepted.time:
        raise Refused("bad signature", "judged by the time of a line that is not the log's own")
    found = {"size": accepted.checkpoint.size, "root": accepted.checkpoint.root.hex(), "time": accepted.time}
    return found | {"view": logs[-1].judge.state.view(given["now"])}


def read_history(given: dict[str, Any]) -> dict[str, Any]:
    """A case of judge.json: `view`."""
    log = JudgedLog(given["network"], given["now"])
    for entry in given["entries"]:
        log.take(entry)
    return {"view": log.judge.state.view(given["now"])}
