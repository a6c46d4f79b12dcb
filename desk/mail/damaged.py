"""A row of `messages.db` that is not what was put there."""

from desk.errors import Usage


class DamagedRow(Usage):
    """A row of this file that is not what was put there."""
