"""Statements as a relay handed them over, for whoever is to see why they were not believed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Entries, the first at position `start`; where the first stands that does not count, if one does not."""

    start: int
    entries: Sequence[bytes]
    refused: int | None = None
