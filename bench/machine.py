"""The machine of a measurement, as far as it tells anybody what the numbers mean: no names, no paths."""

import os
import platform
import sqlite3
from datetime import UTC, datetime

import cryptography
import msgspec
from cryptography.hazmat.backends.openssl import backend


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Processors and versions, and the day."""

    cores: int
    processor: str
    system: str
    python: str
    cryptography: str
    openssl: str
    sqlite: str
    date: str

    def line(self) -> str:
        """For people."""
        return (
            f"{self.cores} cores {self.processor}, {self.system} · Python {self.python} · "
            f"cryptography {self.cryptography} · {self.openssl} · SQLite {self.sqlite} · {self.date}"
        )


def this_machine() -> Machine:
    """The machine this runs on."""
    return Machine(
        cores=os.cpu_count() or 1,
        processor=platform.machine(),
        system=platform.system(),
        python=platform.python_version(),
        cryptography=cryptography.__version__,
        openssl=" ".join(backend.openssl_version_text().split()[:2]),
        sqlite=sqlite3.sqlite_version,
        date=datetime.now(UTC).date().isoformat(),
    )
