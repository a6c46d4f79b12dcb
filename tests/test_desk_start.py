"""How fast a command starts: what it does not use, it does not load."""

import subprocess
import sys
from pathlib import Path

from desk.main import COMMANDS

HOUSE = Path(__file__).parent.parent
HEAVY = {"aiohttp", "jwt", "phonenumbers", "segno", "typst", "importlib.metadata"}
"""What takes longer to load than looking something up takes; and what is needed by few commands, or with a relay."""


def test_looking_something_up_loads_nothing_heavy() -> None:
    modules = sorted({COMMANDS[each].partition(":")[0] for each in ("find", "show", "inbox", "read")})
    shown = subprocess.run(
        [sys.executable, "-c", f"import sys, desk.main, {', '.join(modules)}; print(*sys.modules)"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=True,
    )
    assert HEAVY & set(shown.stdout.split()) == set()
