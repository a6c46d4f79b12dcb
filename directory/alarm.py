"""What is said where a log is not what it should be, or cannot be followed yet."""

from dataclasses import dataclass
from typing import Literal

from crypto.merkle import Tree
from directory.handed_over import HandedOver

AlarmKind = Literal["network", "refused", "checkpoint", "fork", "gave-way", "rollback", "clock", "body", "freeze"]


class Incomplete(ValueError):
    """Fewer entries than the checkpoint covers."""


class UpdateNeeded(ValueError):
    """The log holds a statement this version does not know; the last good state stays."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A checkpoint that the log signed and did not explain, and how many relays the roots had named by then.

    It bears the log's own two signature lines and no other, so it is small, whatever a relay adds to it.
    """

    checkpoint: bytes
    relays: int


class Alarm(Exception):
    """The log is not what it should be. `kind` names the rule, `evidence` what was seen, by file name.

    `final` is None unless the same log can never put it right: then it counts the relays named so far. `owed` is a
    checkpoint, signed by the log, that what was shown does not explain. `handed` is what came with the checkpoint that
    was shown, and `tree` what that covers, where either says more than the reader's own replica does. `until` is how
    many statements a log has to show that is to answer it.
    """

    def __init__(
        self,
        kind: AlarmKind,
        words: str,
        evidence: dict[str, bytes] | None = None,
        *,
        final: int | None = None,
        owed: "Owed | None" = None,
        handed: HandedOver | None = None,
        tree: Tree | None = None,
        until: int = 0,
    ) -> None:
        super().__init__(words)
        self.kind = kind
        self.evidence = evidence or {}
        self.final = final
        self.owed = owed
        self.handed = handed
        self.tree = tree
        self.until = until
