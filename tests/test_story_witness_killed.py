"""A witness is killed (SIGKILL) at random moments while a log that lies asks it for two histories at once.

Whatever it signed, over all its lives, is one history: every two trees it cosigned are consistent, its record is never
behind what anybody got from it, and it starts again each time. How often: ENLACE_WITNESS_KILLS in the environment, 5
unless it is set. ENLACE_SEED repeats the moments of an earlier run, as far as processes can be repeated.
"""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from witness_keys import ORIGIN
from witness_world import Fork, check_lines, make_folder

from relay.witness.folder import open_witness

KILLS = int(os.environ.get("ENLACE_WITNESS_KILLS", "5"))
SEED = int(os.environ.get("ENLACE_SEED", str(random.SystemRandom().randrange(10**6))))
SPLITS, MOST = 40, 4000
RUN = "import sys; from relay.witness.commands import witness; witness(sys.argv[1:], standalone_mode=True)"
HONEST, LYING = Fork("honest", SPLITS, MOST), Fork("lying", SPLITS, MOST)

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system kills otherwise")


class Life:
    """A witness as a process of its own, on the same folder and port each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-c", RUN, "serve", str(self.folder), "--port", str(self.port)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(2000):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self.process.poll() is None, "the witness did not start again"
            time.sleep(0.005)  # until another process listens
        raise AssertionError("the witness does not listen")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


class Liar(threading.Thread):
    """Asks for one history after the other, from whatever size the witness says; keeps what it got."""

    def __init__(self, life: Life, seed: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.life, self.chance, self.stopping = life, random.Random(seed), stop
        self.got: list[tuple[int, bytes, bytes, bytes]] = []
        self.refused = 0

    def run(self) -> None:
        old, line = 0, http.client.HTTPConnection("127.0.0.1", self.life.port, timeout=5)
        while not self.stopping.is_set():
            fork = self.chance.choice((HONEST, LYING))
            size = min(old + self.chance.choice((0, 1, 1, 2, 3, 7)), MOST)
            body = fork.asked(old, size)
            try:
                line.request("POST", "/add-checkpoint", body)
                answer = line.getresponse()
                found = answer.read()
            except (OSError, http.client.HTTPException):
                line.close()  # and opened again by the next request
                time.sleep(0.002)  # it is being started again
                continue
            if answer.status == 200:
                self.got.append((size, fork.root(size), found, body))
                old = size
            elif answer.status == 409:
                old = int(found)
                self.refused += 1
            else:
                self.refused += 1
        line.close()


def test_it_never_signs_two_histories(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    chance, stop = random.Random(SEED), threading.Event()
    keys = make_folder(tmp_path / "witness")
    life = Life(tmp_path / "witness")
    life.start()
    liars = [Liar(life, SEED + at, stop) for at in range(2)]
    for each in liars:
        each.start()
    try:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.02, 0.4))  # the moment is the point
            life.kill()
            life.start()
        time.sleep(0.2)
    finally:
        stop.set()
        for each in liars:
            each.join(10)
        life.kill()
    got = [one for each in liars for one in each.got]
    record_property("cosigned", len(got))
    record_property("seed", SEED)
    assert len(got) > KILLS
    beyond = [(size, root) for size, root, *_ in got if size > SPLITS]
    assert beyond
    histories = {fork for size, root in beyond for fork in (HONEST, LYING) if fork.root(size) == root}
    assert len(histories) == 1, f"two histories were cosigned; ENLACE_SEED={SEED}"
    for _, _, lines, body in got[:: max(1, len(got) // 50)]:
        check_lines(lines, body, keys)
    witness, records = open_witness(tmp_path / "witness", lambda: 0)
    records.close()
    last = witness.last(ORIGIN)
    assert last.size >= max(size for size, *_ in got)
    assert last.root == histories.pop().root(last.size)
