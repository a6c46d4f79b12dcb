"""`docs/getting-started.md` works: typed command by command, in three terminals, every prompt answered.

Each fenced block says where it is typed: `sh all`, `sh relay`, `sh relay serve` (goes on running), `sh south` or
`sh north`. Only the port is another one, and new key files are quicker to open than they should be in earnest.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from desk.demo.relay_host import free_port

pytest.importorskip("pty", reason="this system has no pseudo-terminals")
from typist import Typist

PAGE = Path(__file__).parent.parent / "docs" / "getting-started.md"
BLOCK = re.compile(r"^```sh ([a-z ]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TERMINALS = ("relay", "south", "north")


def commands() -> Iterator[tuple[str, str]]:
    """Every command of the page in order, with where it is typed."""
    for where, block in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.strip():
                yield where, line


def test_every_block_says_where_it_is_typed() -> None:
    fences = re.findall(r"^```(.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {each.removeprefix("sh ") for each in fences} == {"all", "relay", "relay serve", "south", "north"}


def test_the_page_works_command_by_command(tmp_path: Path) -> None:
    port = str(free_port())
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {"PATH": programs, "HOME": str(tmp_path), "LANG": "C.UTF-8", "ENLACE_WORK_FACTOR": "12"}
    with ExitStack() as stack:
        at = {each: stack.enter_context(Typist(environ, str(tmp_path))) for each in TERMINALS}
        for where, command in commands():
            typed = command.replace("8460", port)
            if where == "relay serve":
                at["relay"].leave(typed, until="listening")
                continue
            for terminal in TERMINALS if where == "all" else (where,):
                shown = at[terminal].type(typed)
                assert at[terminal].status() == 0, shown
            at["relay"].look()
        south, north = at["south"].screen, at["north"].screen
        assert "the relay took it in" in south
        assert "answers now" in south
        assert re.search(r"new +ar-desk +Consulta urgente", north)
        assert "| Solicitamos verificar el paradero." in north
        for word in ("relayed", "delivered", "opened", "accepted"):
            assert word in south.rpartition("enlace receipts 1")[2]
        stopped = at["relay"].interrupt()
        assert at["relay"].status() == 0, stopped
        assert "Traceback" not in south + north + at["relay"].screen
