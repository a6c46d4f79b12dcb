"""Hostile bytes for a relay: seeded, so that a run can be had again; what it must withstand is in `WireFuzz.check`.

    python tests/wire_fuzz.py --seconds 600 --seed 1

1. Each round is one connection: garbage before TLS, garbage after it, spoiled heads and bodies, chunks, pipelines, cut
   and half-closed connections, mutated good requests with a real session behind them, and WebSocket frames.
2. Between rounds somebody asks rightly, and has to be served.
3. At the end, and now and then: the relay is alive and ready, its log holds no fault and no answer of 500, its memory
   and its open files are bounded, and what it has stored is what it had stored.
"""

import argparse
import json
import os
import random
import socket
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from refused_world import TUS, House
from stored_state import stored
from wire import Answers, Got, Header, answer, frame, request_bytes

from relay.protocol import routes

MOST_GROWTH = 64 << 20
"""Bytes that the relay's memory may grow by: what its memories of proofs and addresses come to, and some air."""
MOST_FILES = 64
WAIT = 0.05
"""Seconds to wait for an answer, which may never come to half of a request."""
CHECK_EVERY = 500
SPICE = (
    b"\0", b"\r\n", b"\n", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"%00", b"%ff", b"../", b"{", b"[" * 500, b'"',
    b"\xe2\x80\xa8", b"9" * 400, b"-1", b"1e400", b"null", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 0\r\n",
    b"\xef\xbb\xbf", b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"Connection: upgrade\r\n", b"\x80\x7f", b"\t",
)  # fmt: skip
TLS = (
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", b"\x16\x03\x03\xff\xff" + b"\0" * 200, b"\x80\x2e\x01\x00\x02",
    b"\x15\x03\x01\x00\x02\x02\x28", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"SSH-2.0-x\r\n", b"\0" * 64, b"\xff" * 64,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x17\x03\x03\x00\x10" + b"\xaa" * 16,
)  # fmt: skip


@dataclass
class WireFuzz:
    """A fuzz of one house; `tally` counts rounds by kind and answers by status."""

    house: House
    seed: int
    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    slowest: float = 0.0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._log = self.house.office.relay.folder / "relay.log"
        self._read = self._log.stat().st_size
        self.before = stored(self.house.office.relay.folder)
        self.memory, self.files = self._use()
        self.most_memory, self.most_files = self.memory, self.files

    def run(self, seconds: float) -> None:
        """Fuzz for so long."""
        kinds: list[Callable[[], None]] = [
            self.before_tls, self.after_tls, self.spoiled_head, self.spoiled_body, self.chunks, self.pipeline,
            self.cut, self.half_closed, self.mutated, self.mutated, self.mutated, self.frames, self.frames, self.drip,
        ]  # fmt: skip
        until, rounds = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            kind = self.random.choice(kinds)
            self.kinds[kind.__name__] += 1
            try:
                kind()
            except (ConnectionError, ssl.SSLError, TimeoutError):
                self.statuses["closed"] += 1
            rounds += 1
            if rounds % 10 == 0:
                self.asked_rightly()
            if rounds % CHECK_EVERY == 0:
                self.check()
        self.check()

    # --- what must hold ------------------------------------------------------------------------------------------

    def asked_rightly(self) -> None:
        """A good request is served, soon."""
        began = time.monotonic()
        got = self.house.ask("ar-desk", "GET", routes.LOG)
        if got.status == 401 and got.problem.get("code") == "token-expired":
            self.house.renew("ar-desk")
            got = self.house.ask("ar-desk", "GET", routes.LOG)
        assert got.status == 200, got
        self.slowest = max(self.slowest, time.monotonic() - began)

    def check(self) -> None:
        """The relay is as it was."""
        relay = self.house.office.relay
        assert relay.process is not None
        assert relay.process.poll() is None, f"the relay ended (seed {self.seed})"
        assert self.house.place.exchange(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200
        with self._log.open("rb") as log:
            log.seek(self._read)
            for line in log:
                if not line.endswith(b"\n"):
                    break  # still being written
                self._read += len(line)
                assert b"Traceback" not in line, line
                said = json.loads(line)
                closed = said["level"] == "warning" and said.get("library") == "asyncio" and not said.get("error")
                assert said["level"] in ("debug", "info") or closed, said  # many answers to who has gone
                assert said.get("status", 0) not in (500, 502, 504), said
        memory, files = self._use()
        self.most_memory, self.most_files = max(memory, self.most_memory), max(files, self.most_files)
        assert memory < self.memory + MOST_GROWTH, f"{memory} bytes, {self.memory} at first"
        assert files < self.files + MOST_FILES, f"{files} files open, {self.files} at first"
        now = stored(relay.folder)
        changed = [each for each in now if now[each] != self.before.get(each) and each not in _MAY_CHANGE]
        assert changed == [], f"changed (seed {self.seed})"

    def _use(self) -> tuple[int, int]:
        process = self.house.office.relay.process
        assert process is not None
        about = Path(f"/proc/{process.pid}")
        pages = int((about / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE"), len(list((about / "fd").iterdir()))

    # --- rounds --------------------------------------------------------------------------------------------------

    def before_tls(self) -> None:
        """Bytes where TLS belongs."""
        with self.house.place.plain() as connection:
            connection.settimeout(WAIT)
            connection.sendall(self.random.choice(TLS) + self._bytes(200))
            self._wait(connection)

    def after_tls(self) -> None:
        """Bytes where a request belongs."""
        self._send(self._bytes(2000) + b"\r\n\r\n")

    def spoiled_head(self) -> None:
        """A good request with its head spoiled."""
        whole = self._good()
        head, _, body = whole.partition(b"\r\n\r\n")
        self._send(self._spoil(head) + b"\r\n\r\n" + body)

    def spoiled_body(self) -> None:
        """A good request with a spoiled body of the length announced."""
        who, method, target, kind, body, more = self._request()
        self._send(self._whole(who, method, target, kind, self._spoil(body), more))

    def chunks(self) -> None:
        """A body in chunks, good and bad."""
        who, method, target, kind, body, more = self._request()
        pieces = b"".join(
            self.random.choice((b"%x", b"%X", b"0x%x", b"-%x", b"%x;ext=1", b"%x;" + b"a" * 5000)) % max(len(part), 1)
            + self.random.choice((b"\r\n", b"\n", b""))
            + part
            + self.random.choice((b"\r\n", b"", b"\r\n\r\n"))
            for part in (body[at : at + 7] for at in range(0, min(len(body), 70), 7))
        )
        head = self._whole(who, method, target, kind, None, [*more, ("Transfer-Encoding", "chunked")])
        self._send(head, pieces + self.random.choice((b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"zz\r\n", b"")), end=True)

    def pipeline(self) -> None:
        """Several requests at once, good ones and bad ones."""
        some = [each for each in (self._good() for _ in range(12)) if not each.startswith(b"HEAD")]
        many = [each if self.random.random() < 0.7 else self._spoil(each) for each in some[:8]]
        self._send(b"".join(many), answers=len(many))

    def cut(self) -> None:
        """A request whose connection ends somewhere."""
        whole = self._good()
        with self.house.place.connect() as connection:
            connection.sendall(whole[: self.random.randrange(len(whole))])
        self.requests += 1

    def half_closed(self) -> None:
        """A request after which nothing more is sent, and the other side told so."""
        whole = self._good()
        self._send(whole[: self.random.randrange(len(whole) // 2, len(whole))], end=True)

    def mutated(self) -> None:
        """A good request with a few bytes of it changed, anywhere."""
        self._send(self._spoil(self._good(), self.random.randrange(1, 4)))

    def drip(self) -> None:
        """A good request in pieces, with pauses."""
        whole = self._good()
        cuts = sorted(self.random.sample(range(1, len(whole)), 6))
        with self.house.place.connect() as connection:
            for begin, finish in zip([0, *cuts], [*cuts, len(whole)], strict=True):
                connection.sendall(whole[begin:finish])
                time.sleep(0.002)  # so that each is read by itself
            self._count(answer(connection, "HEAD" if whole.startswith(b"HEAD") else "GET"))

    def frames(self) -> None:
        """Frames on a stream."""
        self.requests += 1
        sent = [self._frame() for _ in range(self.random.randrange(1, 6))]
        got = self.house.stream(*sent, frame(8, b"\x03\xe8"), patience=WAIT)
        self.statuses[f"stream {got.status}"] += 1

    # --- making ----------------------------------------------------------------------------------------------------

    def _frame(self) -> bytes:
        good = json.dumps({"frame": "ack", "number": self.random.choice([0, 1, 2, -1, 10**20])}).encode()
        payload = self.random.choice([good, self._spoil(good), self._bytes(300), b"", b"x" * 126, b"x" * 70_000])
        made = frame(
            self.random.choice([0, 1, 1, 1, 2, 3, 8, 9, 10, 15]),
            payload,
            fin=self.random.random() < 0.8,
            masked=self.random.random() < 0.9,
            reserved=self.random.choice([0, 0, 0, 1, 4, 7]),
        )
        return made if self.random.random() < 0.8 else made[: self.random.randrange(len(made)) + 1]

    def _request(self) -> tuple[str, str, str, str | None, bytes, list[Header]]:
        """Who asks, method, target, content type, body, further headers: good but for its being about nothing.

        Spoiled they may become good by chance only for what changes nothing: so nothing here would be carried out.
        """
        zeros = "0" * 64
        wanted = json.dumps({"devices": [self.house.device("co-desk"), zeros]}).encode()
        commitments = json.dumps({"commitments": [zeros, "1" * 64]}).encode()
        offset: list[Header] = [TUS, ("Upload-Offset", "3")]
        choices: list[tuple[str, str, str, str | None, bytes, list[Header]]] = [
            ("ar-desk", "GET", f"{routes.LOG}?start=0", None, b"", []),
            ("ar-desk", "POST", routes.BODIES, routes.JSON, commitments, []),
            ("ar-desk", "POST", routes.KEYSETS, routes.JSON, wanted, []),
            ("ar-key", "POST", routes.LOGIN, routes.JSON, b'{"recovery":"0000-0000-0000-0001"}', []),
            ("nobody", "POST", routes.STATEMENTS, routes.JSON, b'{"statements":["' + b"x" * 200 + b'"]}', []),
            ("ar-desk", "POST", routes.ENVELOPES, routes.BYTES, self.house.waiting[:1200], []),
            ("co-desk", "POST", routes.STEPS.format(hash=zeros), routes.NOTE, b"x\n\n\xe2\x80\x94 y AAAA\n", []),
            ("ar-desk", "PATCH", routes.ATTACHMENT.format(hash=zeros), routes.CHUNK, b"abcdef", offset),
            ("ar-desk", "HEAD", routes.ATTACHMENT.format(hash=zeros), None, b"", [TUS]),
            ("ar-desk", "GET", routes.ATTACHMENT.format(hash=zeros), None, b"", [("Range", "bytes=0-5")]),
            ("ar-desk", "PUT", routes.KEYSET, routes.NOTE, b"x\n\n\xe2\x80\x94 y AAAA\n", []),
            ("ar-admin", "GET", routes.ENROLMENT.format(officer="0" * 32), None, b"", []),
            ("stranger", "POST", routes.ENROLMENT_TOTP, routes.JSON, json.dumps({"proof": zeros}).encode(), []),
            ("nobody", "GET", routes.OPENAPI, None, b"", []),
            ("nobody", "GET", routes.METRICS, None, b"", []),
            ("nobody", "GET", routes.HEALTH, None, b"", []),
        ]
        return self.random.choice(choices)

    def _good(self) -> bytes:
        who, method, target, kind, body, more = self._request()
        return self._whole(who, method, target, kind, body or None, more)

    def _whole(
        self, who: str, method: str, target: str, kind: str | None, body: bytes | None, more: list[Header]
    ) -> bytes:
        about = [] if who == "nobody" else self.house.headers(who, method, target)
        about += [("Content-Type", kind)] if kind is not None else []
        return request_bytes(method, target, [*about, *more], body)

    def _spoil(self, data: bytes, times: int = 2) -> bytes:
        for _ in range(times):
            at = self.random.randrange(len(data) + 1)
            match self.random.randrange(5):
                case 0:
                    data = data[:at] + self.random.choice(SPICE) + data[at:]
                case 1:
                    data = data[:at] + data[at + self.random.randrange(8) :]
                case 2:
                    data = data[:at] + self._bytes(8) + data[at + 1 :]
                case 3 if data:
                    bit = bytes([data[at - 1] ^ 1 << self.random.randrange(8)])
                    data = data[: at - 1] + bit + data[at:] if at else bit + data[1:]
                case _:
                    data = data[:at] + data[max(at - 40, 0) : at] + data[at:]
        return data

    def _bytes(self, most: int) -> bytes:
        return self.random.randbytes(self.random.randrange(1, most))

    # --- sending ----------------------------------------------------------------------------------------------------

    def _send(self, *pieces: bytes, end: bool = False, answers: int = 1) -> None:
        self.requests += answers
        with self.house.place.connect() as connection:
            connection.settimeout(WAIT)  # what waits for more of a request answers nothing, and is left
            for piece in pieces:
                connection.sendall(piece)
            if end:
                connection.shutdown(socket.SHUT_WR)
            reader = Answers(connection)
            for _ in range(answers):
                got = answer(reader)
                self._count(got)
                if got.status in (0, 101) or got.headers.get("connection") == "close":
                    return

    def _count(self, got: Got) -> None:
        self.statuses[str(got.status) if got.status else "closed"] += 1
        assert got.status not in (500, 502, 504), (self.seed, got)
        if got.status >= 400 and got.body:
            assert got.problem, (self.seed, got)

    def _wait(self, connection: socket.socket) -> None:
        self.requests += 1
        try:
            while connection.recv(4096):
                pass
        except (TimeoutError, ConnectionError):
            pass
        self.statuses["before TLS"] += 1

    def told(self) -> str:
        """The figures of the run."""
        grown = (self.most_memory - self.memory) >> 20
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.kinds.items()))
        statuses = ", ".join(f"{name} {count}" for name, count in sorted(self.statuses.items()))
        return (
            f"{self.requests} requests (seed {self.seed}): {kinds}\nanswers: {statuses}\nslowest good request "
            f"{self.slowest * 1000:.0f} ms; memory {self.memory >> 20} MiB, at most {grown} more; "
            f"open files {self.files}, at most {self.most_files}"
        )


_MAY_CHANGE = {"data/accounts.db: sessions"}
"""A session is renewed in a long run, by whoever asks rightly."""


def fuzz(folder: Path, seconds: float, seed: int) -> str:
    """Fuzz a house of its own; returns the figures."""
    with House.opened(folder) as house:
        run = WireFuzz(house, seed)
        run.run(seconds)
        return run.told()


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(fuzz(Path(folder) / "office", given.seconds, given.seed) + "\n")


if __name__ == "__main__":
    main()
