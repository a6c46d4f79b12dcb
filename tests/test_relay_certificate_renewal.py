"""The certificate taken while the relay serves: for new connections, whole or not at all, with warning of its end."""

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import structlog
from relay_stores import memory_stores
from test_relay_directory_log import Clock, filled, settled
from tls_world import DAY, dial, now, serving, shown

from relay.certificates import CertificateError, Pair, make_authority, sign_certificate
from relay.disk import Disk
from relay.health import Readiness
from relay.key_files import write_private
from relay.metrics import Metrics
from relay.served_certificate import SOON, ServedCertificate


@dataclass
class Files:
    """A certificate and its key in two files, signed by an authority, and who looks at them."""

    folder: Path
    authority: Pair = field(default_factory=lambda: make_authority("localhost", now()))
    clock: Clock = field(default_factory=Clock)
    served: ServedCertificate | None = None

    def __post_init__(self) -> None:
        self.clock.now = now()

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.folder / "certificate.key"

    def write(self, pair: Pair) -> Pair:
        self.certificate.write_bytes(pair.certificate)
        self.key.unlink(missing_ok=True)
        write_private(self.key, pair.key)
        return pair

    def signed(self, authority: Pair | None = None, host: str = "localhost", at: int | None = None) -> Pair:
        return sign_certificate(authority or self.authority, host, at or now())

    def serve(self) -> ServedCertificate:
        self.served = ServedCertificate(
            self.certificate, self.key, "localhost", lambda: self.authority.certificate, self.clock
        )
        return self.served


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path)
    made.write(made.signed())
    return made


async def test_a_renewed_pair_is_taken_for_new_connections_and_open_ones_live_on(files: Files) -> None:
    served, old = files.serve(), files.certificate.read_bytes()
    async with serving(served.context) as port:
        reader, writer, pem = await dial(port, files.authority.certificate)
        assert pem == old
        fresh = files.write(files.signed())
        assert await shown(port, files.authority.certificate) == old  # nobody has looked yet
        served.look()
        assert await shown(port, files.authority.certificate) == fresh.certificate != old
        writer.write(b"still here\n")
        assert await reader.readline() == b"still here\n"
        writer.close()


async def test_it_is_found_without_anybody_s_signal(files: Files) -> None:
    served, served_first = files.serve(), files.certificate.read_bytes()
    looking = asyncio.create_task(served.keep_looking(0.005))
    async with serving(served.context) as port, asyncio.timeout(20):
        fresh = files.write(files.signed())
        seen = served_first
        while seen == served_first:  # each turn is a whole handshake
            seen = await shown(port, files.authority.certificate)
    assert seen == fresh.certificate
    assert not looking.done()
    looking.cancel()


BAD = (
    "another's key", "a key others can read", "no certificate", "no key", "cut off", "another host",
    "another authority", "over", "not yet",
)  # fmt: skip


def spoil(files: Files, how: str) -> None:
    """Put a pair into the files that no relay should take."""
    match how:
        case "another's key":
            files.certificate.write_bytes(files.signed().certificate)
        case "a key others can read":
            files.write(files.signed())
            files.key.chmod(0o644)
        case "no certificate":
            files.certificate.write_bytes(b"rubbish")
        case "no key":
            files.key.unlink()
        case "cut off":
            files.certificate.write_bytes(files.signed().certificate[:300])
        case "another host":
            files.write(files.signed(make_authority("other.example", now()), "other.example"))
        case "another authority":
            files.write(files.signed(make_authority("localhost", now())))
        case "over":
            files.write(files.signed(at=now() - 4 * 365 * DAY))
        case _:
            files.write(files.signed(at=now() + DAY))


@pytest.mark.parametrize("how", BAD)
async def test_a_bad_pair_is_refused_and_the_old_one_goes_on(files: Files, how: str) -> None:
    if how in ("over", "not yet"):
        files.authority = make_authority("localhost", now() - 5 * 365 * DAY)
        files.write(files.signed())
    served, old = files.serve(), files.certificate.read_bytes()
    async with serving(served.context) as port:
        spoil(files, how)
        with structlog.testing.capture_logs() as logged:
            served.look()
            served.look()
        assert [each["event"] for each in logged] == ["certificate-refused"]  # once for each change
        assert logged[0]["exc_info"].args[0]
        refused, taken = served.refused, await shown(port, files.authority.certificate)
        assert (refused, taken) == (True, old)
        fresh = files.write(files.signed())
        served.look()
        refused = served.refused
        assert not refused
        assert await shown(port, files.authority.certificate) == fresh.certificate


@pytest.mark.parametrize("wrong", ["clock", "authority"])
async def test_what_was_refused_for_another_reason_than_itself_is_taken_once_that_is_over(
    files: Files, wrong: str
) -> None:
    """The relay's clock was behind; or the desks were told of the new authority afterwards. The files do not change."""
    served, before = files.serve(), files.authority
    later = make_authority("localhost", now())
    fresh = files.write(files.signed(later if wrong == "authority" else None))
    if wrong == "clock":
        files.clock.now -= 2 * DAY
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            served.look()
        assert (served.refused, [each["event"] for each in logged]) == (True, ["certificate-refused"])
        served.read()  # somebody asks
        assert [each["event"] for each in logged] == ["certificate-refused"] * 2
    files.clock.now = now()
    if wrong == "authority":
        files.authority = Pair(later.certificate + before.certificate, later.key)
    served.look()
    assert not served.refused
    async with serving(served.context) as port:
        assert await shown(port, files.authority.certificate) == fresh.certificate


async def test_the_order_in_which_the_two_files_are_replaced_does_not_matter(files: Files) -> None:
    served = files.serve()
    async with serving(served.context) as port:
        for first in ("certificate", "key"):
            old, fresh = files.certificate.read_bytes(), files.signed()
            if first == "certificate":
                files.certificate.write_bytes(fresh.certificate)
            else:
                files.key.write_bytes(fresh.key)
            served.look()
            assert await shown(port, files.authority.certificate) == old
            files.write(fresh)
            served.look()
            assert await shown(port, files.authority.certificate) == fresh.certificate


async def test_thirty_days_before_the_end_it_warns_once_a_day_everywhere(files: Files, tmp_path: Path) -> None:
    served, clock = files.serve(), files.clock
    stores, metrics = memory_stores(), Metrics()
    directory = await filled(stores, settled(), Clock())
    readiness = Readiness(directory, (), Disk(tmp_path, 0), 600, clock, served)
    metrics.watch_certificate(served)
    assert readiness.warnings() == []
    told = re.search(r"^enlace_certificate_end_seconds (\S+)$", metrics.text().decode(), re.MULTILINE)
    assert told
    assert float(told[1]) == served.ends
    clock.now = served.ends - SOON + 1
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            served.look()
        clock.now += DAY
        served.look()
    assert [(each["event"], each["count"]) for each in logged] == [("certificate-ends", 29), ("certificate-ends", 28)]
    assert readiness.warnings() == ["the certificate ends in 28 days: renew it now"]
    assert "the certificate does not count now: desks refuse it" not in await readiness.reasons()
    clock.now = served.ends
    assert "the certificate does not count now: desks refuse it" in await readiness.reasons()
    files.certificate.write_bytes(b"rubbish")
    served.look()
    assert readiness.warnings()[-1] == "the certificate in the files cannot be taken: the log says why"
    assert "enlace_certificate_refused 1.0" in metrics.text().decode()


def test_one_that_does_not_count_at_the_start_is_served_and_said(files: Files) -> None:
    files.clock.now = now() + 20 * 365 * DAY
    with structlog.testing.capture_logs() as logged:
        served = files.serve()
    assert [each["event"] for each in logged] == ["certificate-ends"]
    assert served.left < 0
    files.clock.now = now()
    files.write(files.signed(make_authority("localhost", now())))
    served.look()
    assert served.refused  # it is still asked who vouches for the next one
    files.key.unlink()
    with pytest.raises(CertificateError):
        files.serve()


async def test_behind_a_proxy_whatever_counts_is_taken(files: Files) -> None:
    inner = make_authority("inner.example", now())
    files.write(files.signed(inner, "inner.example"))
    with structlog.testing.capture_logs() as logged:
        served = files.serve()
    assert [each["event"] for each in logged] == ["certificate-not-for-desks"]
    assert served.left > 0
    fresh = files.write(files.signed(inner, "inner.example"))
    served.look()
    async with serving(served.context) as port:
        _, writer, pem = await dial(port, inner.certificate, "inner.example")
        writer.close()
    assert pem == fresh.certificate
    for at in (now() - 4 * 365 * DAY, now() + DAY):
        files.write(files.signed(make_authority("inner.example", at), "inner.example", at))
        served.look()
        assert served.refused
