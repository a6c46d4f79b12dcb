"""How many files and connections this process may have open, which the system bounds (Unix; elsewhere nothing does).

A relay takes all that it is allowed: systems start processes with a low soft limit and a high hard one. It refuses
connections before the system would (`relay.door`), because a process that can open nothing cannot write either.
"""

import sys

RESERVE = 256  # for databases, key files, attachments on their way in, log
EACH = 2  # a connection, and the attachment that goes out over it

if sys.platform != "win32":
    import resource

    def raise_open_files() -> None:
        """Have the soft limit be the hard one; where the system refuses, the soft limit stays."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != hard:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            except (OSError, ValueError):  # macOS: "unlimited" is more than the kernel gives
                return

    def open_files(*, hard: bool = False) -> int | None:
        """The soft (or hard) limit; None if there is none."""
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[hard]
        return None if limit == resource.RLIM_INFINITY else limit

else:

    def raise_open_files() -> None:
        """There is no limit to raise."""

    def open_files(*, hard: bool = False) -> int | None:
        """There is no limit."""
        return None


def fitting(connections: int, limit: int | None) -> int:
    """How many of so many connections fit under a limit of open files; at least one."""
    return connections if limit is None else max(1, min(connections, (limit - RESERVE) // EACH))
