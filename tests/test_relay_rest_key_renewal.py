"""The key at rest renewed: wherever the process was killed, everything opens afterwards, nothing with the old key."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_world import HOUSE, enlace
from relay_stores import REST_KEY
from relay_world import RelayWorld
from rest_key_world import BODIES, KEY, SETTINGS, fill_relay, opened, quiet, settings_of, values, write_rest_key

from crypto.encoding import b64
from relay.assembly import AlreadyRunning
from relay.at_rest import AtRest
from relay.check import check_relay
from relay.key_files import KeyFileError, read_rest_key, write_private
from relay.protocol import routes
from relay.protocol.requests import (
    AuthenticatorConfirmation,
    AuthenticatorRenewal,
    Bodies,
    LogIn,
    NewAuthenticator,
    Session,
)
from relay.rest_key import renew_rest_key
from relay.rest_key_files import next_file, old_file, take_next
from relay.rules.recovery import recovery_codes, recovery_hash
from relay.rules.totp import code_at, secret_bytes, step_at

DRIVER = """
import asyncio, os, signal, sys, time
from pathlib import Path
from config.settings import parse_settings
from relay.rest_key import renew_rest_key
from relay.settings import RelaySettings

folder, count, kill_at = "", 0, 0
EVENTS = {"open", "os.link", "os.rename", "os.remove", "os.truncate", "sqlite3.connect"}

def point(*about):
    global count
    count += 1
    if count == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)

def hook(event, given):
    if folder and event in EVENTS and any(folder in str(each) for each in given):
        point()

sys.addaudithook(hook)
for line in sys.stdin:
    where, at, delay = line.split()
    child = os.fork()
    if child == 0:
        folder, kill_at = where, int(at)
        path = Path(where) / "relay.toml"
        asyncio.run(renew_rest_key(parse_settings(RelaySettings, path.read_text(), path, {}), point))
        os.write(1, b"%d\\n" % count)
        os._exit(0)
    if float(delay):
        time.sleep(float(delay))
        os.kill(child, signal.SIGKILL)
    ended = os.waitpid(child, 0)[1]
    os.write(1, b"ended %d\\n" % ended)
"""


@dataclass
class Driver:
    """A process that renews keys in children of its own, and kills them where it is told to."""

    process: "subprocess.Popen[str]"

    def renew(self, folder: Path, kill_at: int = 0, delay: float = 0.0) -> tuple[bool, int]:
        """Whether the renewal in `folder` ended by itself, and after how many points a kill can be set to."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{folder} {kill_at} {delay}\n")
        self.process.stdin.flush()
        points, line = 0, self.process.stdout.readline()
        if not line.startswith("ended"):
            points, line = int(line), self.process.stdout.readline()
        return line == "ended 0\n", points


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER],
        cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield Driver(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_relay(tmp_path_factory.mktemp("rest") / "relay")


@pytest.fixture
def relay(filled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "relay")


def check_ended(folder: Path, old: Mapping[str, bytes]) -> None:
    """Everything opens under a new key; of the old one, and of the values `old`, the folder holds nothing any more."""
    key, rest = folder / "keys" / "rest.key", AtRest(REST_KEY)
    assert [each.name for each in key.parent.iterdir()] == ["rest.key"]
    fresh = read_rest_key(key)
    assert fresh != REST_KEY
    after = opened(folder, fresh)
    assert after.pop("sealed_keys/recovery") == rest.derived(b"enlace/recovery-codes/v1")  # the paper stays good
    assert after == {row: rest.open(row, value) for row, value in old.items()}
    assert not opened(folder, REST_KEY)
    kept = b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())
    assert b64(REST_KEY).encode() not in kept
    assert [row for row, value in list(old.items())[::29] + list(old.items())[-2:] if value[1:33] in kept] == []


def check_whole(folder: Path, old: Mapping[str, bytes]) -> None:
    """With whatever key files there are, every value opens; half-way, nothing but the renewal goes on, and says so."""
    key = folder / "keys" / "rest.key"
    keys = [read_rest_key(each) for each in (key, next_file(key)) if each.exists()]
    assert set(old) <= {row for each in keys for row in opened(folder, each)}
    told = enlace("relay", "check", "--settings", str(folder / "relay.toml"))
    assert ("relay rest-key renew --settings" in told.out) == next_file(key).exists(), told


def under_way(folder: Path) -> bool:
    """Whether a renewal has not ended: there is a next key, or the old one's bytes."""
    key = folder / "keys" / "rest.key"
    assert len(list(key.parent.glob("*.key"))) == 1 + next_file(key).exists() + old_file(key).exists()
    return next_file(key).exists() or old_file(key).exists()


def test_everything_is_sealed_anew_and_the_old_key_is_gone(driver: Driver, relay: Path) -> None:
    old = dict(values(relay))
    assert len(old) == BODIES + 2
    ended, points = driver.renew(relay)
    assert (ended, points > 15) == (True, True)
    check_ended(relay, old)


def test_killed_at_every_step_it_goes_on_where_it_was(driver: Driver, filled: Path, tmp_path: Path) -> None:
    """At each file opened, renamed or removed, each batch committed, each database rewritten."""
    old, killed = dict(values(filled)), 0
    _, points = driver.renew(shutil.copytree(filled, tmp_path / "whole"))
    for at in range(1, points + 1):
        relay = shutil.copytree(filled, tmp_path / f"at-{at}")
        ended, _ = driver.renew(relay, at)
        killed += not ended
        check_whole(relay, old)
        if at % 3 == 0:  # and killed once more, on the way to the end
            driver.renew(relay, at)
            check_whole(relay, old)
        if under_way(relay) or opened(relay, REST_KEY):
            assert driver.renew(relay)[0]
        check_ended(relay, old)
        shutil.rmtree(relay)
    assert killed == points


def test_killed_at_any_moment_it_goes_on_where_it_was(driver: Driver, filled: Path, tmp_path: Path) -> None:
    """In the middle of whatever SQLite or the disk was doing."""
    old, chance = dict(values(filled)), random.Random(7)
    began = time.monotonic()
    driver.renew(shutil.copytree(filled, tmp_path / "whole"))
    took, killed = time.monotonic() - began, 0
    for number in range(20):
        relay = shutil.copytree(filled, tmp_path / f"moment-{number}")
        ended, _ = driver.renew(relay, delay=max(chance.random() * took, 0.001))
        killed += not ended
        took *= 0.8 if ended else 1.0  # the machine has more time for it now than it had for the first
        check_whole(relay, old)
        if not ended and (under_way(relay) or opened(relay, REST_KEY)):
            assert driver.renew(relay)[0]
        check_ended(relay, old)
        shutil.rmtree(relay)
    assert killed > 3


async def test_while_a_relay_runs_or_after_half_a_renewal_the_other_is_refused(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path) as here:
        with pytest.raises(AlreadyRunning):
            await renew_rest_key(here.settings, quiet)
        await here.stop()
        key = tmp_path / "keys" / "rest.key"
        next_file(key).write_bytes(key.read_bytes())
        next_file(key).chmod(0o600)
        with pytest.raises(KeyFileError, match="rest-key renew"):
            await here.start()
        found = await check_relay(here.settings, here.folder, here.clock())
        (told,) = [each for each in found if not each.ok and each.name == "key at rest"]
        assert f"run: enlace relay rest-key renew --settings {tmp_path / 'relay.toml'}" in told.detail
        await renew_rest_key(here.settings, quiet)
        await here.start()


async def test_secrets_sessions_paper_renewals_and_bodies_outlive_the_key(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path) as here:
        here.world.add_contact("co-desk", "co", ["co-night"])
        await here.publish()
        night = await here.bind("co-night")
        papers = (await night.log_in(here.code("co-night"))).read(Session).recovery_codes
        here.clock.now += 30
        renewal = AuthenticatorRenewal(renewal="5" * 32, code=here.code("co-night"))
        made = (await night.call("POST", routes.AUTHENTICATOR, renewal)).read(NewAuthenticator)
        for _ in range(2):
            await here.stop()
            renewed = await renew_rest_key(here.settings, quiet)
            assert (renewed.values, renewed.left) == (len(here.world.openings) + 3, ())
            await here.start()
        wanted = {"commitments": list(here.world.openings)}
        found = (await night.call("POST", routes.BODIES, wanted)).read(Bodies)
        assert {each.commitment for each in found.bodies} == set(here.world.openings)
        again = await night.call("POST", routes.AUTHENTICATOR, AuthenticatorRenewal(renewal="5" * 32))
        assert again.read(NewAuthenticator) == made
        other = await here.caller("co-night")
        assert (await other.call("POST", routes.LOGIN, LogIn(recovery=papers[3]))).status == 200
        here.clock.now += 30
        assert (await (await here.caller("co-night")).log_in(here.code("co-night"))).status == 200
        code = code_at(secret_bytes(made.secret), step_at(here.clock()))
        confirm = AuthenticatorConfirmation(renewal="5" * 32, code=code)
        assert (await night.call("POST", routes.AUTHENTICATOR_CONFIRM, confirm)).status in (200, 204)
        other = await here.caller("co-night")
        assert (await other.call("POST", routes.LOGIN, LogIn(recovery=made.recovery_codes[0]))).status == 200


async def test_paper_of_the_first_release_outlives_the_key(relay: Path) -> None:
    await renew_rest_key(settings_of(relay), quiet)
    key = opened(relay, read_rest_key(relay / "keys" / "rest.key"))["sealed_keys/recovery"]
    hashed = recovery_hash(key, "a" * 64, recovery_codes(bytes(range(100)))[7])
    with closing(sqlite3.connect(relay / "data" / "accounts.db")) as db:
        assert db.execute("SELECT 1 FROM recovery WHERE code = ?", (hashed,)).fetchall() == [(1,)]


def test_a_relay_that_never_ran_gets_another_key(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text(SETTINGS)
    write_private(tmp_path / "keys" / "rest.key", KEY)
    ran = enlace("relay", "rest-key", "renew", "--settings", str(tmp_path / "relay.toml"))
    assert (ran.code, ran.out.startswith("0 values")) == (0, True), ran
    assert read_rest_key(tmp_path / "keys" / "rest.key") != REST_KEY


def stop_before_erasing(relay: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renew as far as the rename of the key, then lose the power."""

    def power_failure(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("relay.rest_key_files.erase_old", power_failure)
        assert enlace("relay", "rest-key", "renew", "--settings", str(relay / "relay.toml")).code == 130


def test_the_old_key_s_bytes_are_found_again_after_a_crash_and_overwritten(
    relay: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, key, settings = dict(values(relay)), relay / "keys" / "rest.key", str(relay / "relay.toml")
    stop_before_erasing(relay, monkeypatch)
    fresh = read_rest_key(key)
    assert (read_rest_key(old_file(key)), next_file(key).exists()) == (REST_KEY, False)
    told = enlace("relay", "check", "--settings", settings)
    assert f"the next start erases the old key, which is still in {old_file(key)}" in told.out, told
    with old_file(key).open("rb") as watched:  # its blocks, after the name is gone
        ended = enlace("relay", "rest-key", "renew", "--settings", settings)
        assert (ended.code, f"erased; {len(old) + 1} values" in ended.out) == (0, True), ended
        assert "Nothing was sealed anew" in ended.out
        assert set(watched.read()) == {0}
    assert read_rest_key(key) == fresh  # the renewal that was begun has ended: it is not begun again
    check_ended(relay, old)


async def test_a_start_erases_what_a_renewal_left_of_the_old_key(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path) as here:
        await here.stop()
        key = tmp_path / "keys" / "rest.key"
        write_private(old_file(key), KEY)
        with old_file(key).open("rb") as watched:
            await here.start()
            assert set(watched.read()) == {0}
        assert not old_file(key).exists()


@pytest.mark.parametrize("how", ["hard link", "copy"])
@pytest.mark.parametrize("begun", [False, True])
def test_the_key_in_force_is_never_erased_under_another_name(relay: Path, how: str, begun: bool) -> None:
    """A backup put back, say, that was made while a renewal ended."""
    old, key, settings = dict(values(relay)), relay / "keys" / "rest.key", str(relay / "relay.toml")
    (os.link if how == "hard link" else shutil.copy)(key, old_file(key))
    if begun:
        write_private(next_file(key), write_rest_key(b"another key, thirty-two bytes   "))
    ran = enlace("relay", "rest-key", "renew", "--settings", settings, "--json")
    assert (ran.code, ran.plain["erased_only"]) == (0, not begun), ran
    assert (read_rest_key(key) == REST_KEY, old_file(key).exists()) == (not begun, False)
    if not begun:
        assert enlace("relay", "rest-key", "renew", "--settings", settings).code == 0
    check_ended(relay, old)


def test_a_copy_that_the_operator_keeps_beside_is_no_business_of_a_renewal(relay: Path) -> None:
    old, key = dict(values(relay)), relay / "keys" / "rest.key"
    kept = shutil.copy(key, key.with_name("rest-old.key"))
    assert enlace("relay", "rest-key", "renew", "--settings", str(relay / "relay.toml")).code == 0
    assert read_rest_key(Path(kept)) == REST_KEY
    Path(kept).unlink()
    check_ended(relay, old)


def test_an_old_key_that_is_not_of_this_renewal_stops_it_before_anything_is_changed(relay: Path) -> None:
    key, old = relay / "keys" / "rest.key", dict(values(relay))
    write_private(next_file(key), write_rest_key(b"another key, thirty-two bytes   "))
    write_private(old_file(key), write_rest_key(b"a third key, of 32 bytes as well"))
    with pytest.raises(KeyFileError, match="is not the key that is being renewed"):
        take_next(key)
    ran = enlace("relay", "rest-key", "renew", "--settings", str(relay / "relay.toml"))
    assert (ran.code, "is not the key that is being renewed" in ran.err) == (3, True), ran
    assert (read_rest_key(key), dict(values(relay))) == (REST_KEY, old)


def test_where_no_file_has_two_names_the_old_key_s_bytes_are_overwritten_all_the_same(
    relay: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share, a stick, a folder handed into a container."""
    old, key = dict(values(relay)), relay / "keys" / "rest.key"

    def refuse(*names: object, **how: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with key.open("rb") as watched:
        assert enlace("relay", "rest-key", "renew", "--settings", str(relay / "relay.toml")).code == 0
        assert set(watched.read()) == {0}
    check_ended(relay, old)


@pytest.mark.parametrize("torn", [b"", KEY[:20]])
def test_a_part_that_a_crash_left_is_no_key(relay: Path, torn: bytes) -> None:
    old = dict(values(relay))
    (relay / "keys" / ".rest-next.key.unfinished-0123456789abcdef").write_bytes(torn)
    assert enlace("relay", "rest-key", "renew", "--settings", str(relay / "relay.toml")).code == 0
    check_ended(relay, old)


def test_a_next_key_that_is_none_stops_it(relay: Path) -> None:
    path = relay / "keys" / "rest-next.key"
    path.write_bytes(b"rubbish")
    path.chmod(0o600)
    old = dict(values(relay))
    ran = enlace("relay", "rest-key", "renew", "--settings", str(relay / "relay.toml"))
    assert (ran.code, "is not a key at rest" in ran.err) == (3, True)
    assert dict(values(relay)) == old


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_full_disk_keeps_what_is_needed_to_go_on(relay: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each flush of a key file, or of its folder; then the same command again."""
    old, calls, flush = dict(values(relay)), list[int](), os.fsync

    def full(number: int) -> None:
        calls.append(number)
        if len(calls) == at:
            raise OSError(28, "No space left on device")
        flush(number)

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        ran = enlace("relay", "rest-key", "renew", "--settings", str(relay / "relay.toml"))
    assert (ran.code, "No space left on device" in ran.err) == (3, True), ran
    check_whole(relay, old)
    assert enlace("relay", "rest-key", "renew", "--settings", str(relay / "relay.toml")).code == 0
    check_ended(relay, old)
