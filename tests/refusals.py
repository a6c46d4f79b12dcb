"""Prints `docs/refusals.md`: sends every bad request and types every bad command, and tells what came back.

To bring the page up to date: `PYTHONPATH=. python tests/refusals.py > docs/refusals.md` (half a minute).
"""

import sys
import tempfile
from pathlib import Path

import refused_api_rows
import refused_cli_files
from cli_world import Office
from refused_cli import FILES, TYPED
from refused_pages import HEAD, MIDDLE, api_page, cli_page
from refused_world import House


def main() -> None:
    """Print the page."""
    rows = refused_api_rows.ROWS
    with tempfile.TemporaryDirectory() as folder, House.opened(Path(folder) / "office") as house:
        answers = {row.sent: row.send(house) for row in rows}
    with tempfile.TemporaryDirectory() as folder, Office.opened(Path(folder) / "office") as office:
        places = refused_cli_files.places(office, FILES)
        typed = {
            name: office.run(who, *(each.format(**places) for each in words))
            for name, (_, who, words, _, _) in TYPED.items()
        }
    page = HEAD.format(requests=len(rows)) + api_page(rows, answers)
    page += MIDDLE.format(commands=len(typed)) + cli_page(TYPED, typed)
    sys.stdout.write(page)


if __name__ == "__main__":
    main()
