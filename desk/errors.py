"""Why a desk does not do what it was asked, and the exit code that says so to a script.

| code | class | meaning |
|---|---|---|
| 0 | | done |
| 1 | `DeskError` | an error of this machine (its disk is full, say) or of the program itself; what was stored is kept |
| 2 | `Usage` | the request makes no sense as given; nothing was changed |
| 3 | `Declined` | the relay or the directory's rules say no, or a file is not what it should be; nothing was changed |
| 4 | `Unreachable` | the relay did not answer; what was queued stays queued |
| 5 | `Distrust` | an alarm: something is not as it should be; the last good state is kept |
| 6 | `Locked` | wrong passphrase or code, no session, or another process holds the profile |
| 7 | `NotFound` | nothing of that name or number |
| 8 | `NeedsSigning` | signed here, and written to a file for others to sign too |
| 9 | | `enlace proof verify`: claimed, not proven; all that can be checked agrees, the rest is somebody's word |
"""

from dataclasses import dataclass


class DeskError(Exception):
    """Something a person can read and act on; `code` is the exit code, `exercise` whether it is of an exercise."""

    code = 1
    exercise = False


class Usage(DeskError):
    """The request makes no sense as given."""

    code = 2


class Declined(DeskError):
    """The relay or the rules of the directory refuse; `problem` is the relay's code, if it was the relay, and
    `retry_after` the seconds that it says to wait.

    Where it is a file that is refused, `problems` says what is wrong with it, one by one: where, what, and what to do.
    """

    code = 3
    problems: tuple[dict[str, str | int], ...] = ()

    def __init__(
        self, words: str, problem: str = "", devices: tuple[str, ...] = (), line: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(words)
        self.problem = problem
        self.retry_after = retry_after
        self.devices = devices
        self.line = line


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm of the directory: its kind, what happened, how large the last good directory is and of when (0: there is
    none), whether the desk is halted by it, the evidence file (empty: there is none), whether that proves it, and how
    many statements would end it (0: the next synchronisation without an alarm does)."""

    kind: str
    what: str
    size: int = 0
    time: int = 0
    halted: bool = False
    file: str = ""
    proven: bool = False
    until: int = 0


class Unreachable(DeskError):
    """The relay did not answer."""

    code = 4


class Distrust(DeskError):
    """Something is not as it should be, and was not believed; `evidence` is a folder with what was seen.

    `alarm` is what an officer is told of one that the directory raised, line by line (`desk.alarms.words`).
    """

    code = 5

    def __init__(self, words: str, evidence: str = "", alarm: "Told | None" = None) -> None:
        super().__init__(words)
        self.evidence = evidence
        self.alarm = alarm


class Locked(DeskError):
    """What was asked needs a passphrase, a code or a session that is not there, or the profile is in use."""

    code = 6


class NotFound(DeskError):
    """Nothing of that name."""

    code = 7


class NeedsSigning(DeskError):
    """Not refused: signed here, and waiting in a file for others' signatures."""

    code = 8
