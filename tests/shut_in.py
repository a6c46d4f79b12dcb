"""Commands in a second process that has nothing but the files it is given: no network, no program, no profile.

    ran = shut_in(tmp_path, [["case", "verify", "case.age"], …])    # one process, one after the other

1. Python's own audit hook refuses every socket, name look-up, program and fork, also of a library written in C that
   goes by Python's modules; it cannot be taken off again. The process tries a socket first, and has to fail.
2. No setting of Enlace is in its environment, its home is an empty folder, and it runs elsewhere than the source.
   Whatever it left in that home is an error.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cli_world import HOUSE, Ran

_CHILD = """
import io, json, sys
SHUT = ("socket.", "subprocess.", "os.fork", "os.exec", "os.posix_spawn", "os.system", "urllib.", "http.")
def shut(event, _):
    if event.startswith(SHUT):
        raise PermissionError(f"there is nobody here: {event}")
sys.addaudithook(shut)
import socket
try:
    socket.create_connection(("127.0.0.1", 9))
except PermissionError:
    pass
else:
    sys.exit("the network is open")
from desk.main import main
told = []
for typed in json.load(sys.stdin):
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    kept, sys.stdout, sys.stderr = (sys.stdout, sys.stderr), out, err
    code = main(typed)
    sys.stdout, sys.stderr = kept
    told.append([code, *(each.buffer.getvalue().decode() for each in (out, err))])
json.dump(told, sys.stdout)
"""


def shut_in(folder: Path, typed: Sequence[Sequence[str]]) -> list[Ran]:
    """How each command ended, run one after the other in one process in `folder`."""
    home = folder / "home"
    home.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ENLACE_", "XDG_"))}
    ran = subprocess.run(
        [sys.executable, "-c", _CHILD],
        cwd=folder, env=kept | {"HOME": str(home), "PYTHONPATH": str(HOUSE)}, input=json.dumps(typed),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert [*home.iterdir()] == []
    return [Ran(code, out, err) for code, out, err in json.loads(ran.stdout)]
