"""`docs/import-export.md` works as it stands: its files are written, its commands typed, every answer compared."""

import re
import time
from pathlib import Path

from cli_world import Office
from transcripts import STEP, Player, steps

from directory.exchange.contact_files import FORMATS

pytest_plugins = ("shared_office",)
PAGE = (Path(__file__).parent.parent / "docs" / "import-export.md").read_text("utf-8")
FILE = re.compile(r"^```file ([a-z.]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_works_as_it_stands(shared_office: Office) -> None:
    for name, content in FILE.findall(PAGE):
        shared_office.file(name, content)
    assert Player(shared_office, int(time.time()) // STEP).play(PAGE) == len(list(steps(PAGE))) > 8


def test_every_fence_is_a_file_or_is_played() -> None:
    opened = re.findall(r"^```(\S.*)$", PAGE, re.MULTILINE)
    assert all(re.fullmatch("console ar-admin|file [a-z.]+", each) for each in opened), opened


def test_every_format_is_named() -> None:
    assert [each for each in (*FORMATS, "pdf") if f"`{each}`" not in PAGE] == []
