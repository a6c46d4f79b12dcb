"""Sealed values that no key at hand opens: what stops for them, how they are mended, and what is left behind."""

import asyncio
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from cli_world import Ran, enlace
from relay_stores import REST_KEY
from relay_world import RelayWorld
from rest_key_world import BODIES, SETTINGS, fill_relay, opened, quiet, values, write_rest_key

from config.private import hold
from relay.check import check_relay
from relay.key_files import read_rest_key, write_private
from relay.protocol import routes
from relay.protocol.requests import (
    AuthenticatorConfirmation,
    AuthenticatorRenewal,
    LogIn,
    NewAuthenticator,
    Session,
)
from relay.rest_key import renew_rest_key
from relay.rules.totp import code_at, secret_bytes, step_at
from relay.store.sqlite_sealed import SEALED, WrongKey


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_relay(tmp_path_factory.mktemp("rest") / "relay")


@pytest.fixture
def relay(filled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "relay")


def damage(relay: Path, count: int) -> None:
    with closing(sqlite3.connect(relay / "data" / "directory.db")) as db:
        sql = "UPDATE bodies SET sealed = zeroblob(40) WHERE commitment IN (SELECT commitment FROM bodies LIMIT ?)"
        assert db.execute(sql, (count,)).rowcount == count
        db.commit()


def test_what_no_key_opens_stops_it_before_anything_is_changed(relay: Path) -> None:
    damage(relay, 2)
    old, settings = dict(values(relay)), str(relay / "relay.toml")
    refused = enlace("relay", "rest-key", "renew", "--settings", settings)
    assert (refused.code, f"bodies/{0:064x} in directory.db and 1 more" in refused.err) == (3, True)
    assert "--leave-damaged" in refused.err
    assert {row: value for row, value in values(relay) if row != "sealed_keys/recovery"} == old
    assert [each.name for each in (relay / "keys").iterdir()] == ["rest.key"]
    done = enlace("relay", "rest-key", "renew", "--settings", settings, "--leave-damaged", "--json")
    assert done.code == 0, done
    left = [f"bodies/{n:064x} in directory.db" for n in range(2)]
    assert done.plain == {"values": BODIES + 1, "left": left, "papers_void": False, "erased_only": False}
    assert len(opened(relay, read_rest_key(relay / "keys" / "rest.key"))) == BODIES + 1


def test_a_key_that_opens_nothing_is_told_as_such(relay: Path) -> None:
    key = relay / "keys" / "rest.key"
    key.unlink()
    write_private(key, write_rest_key(b"other key" * 3 + b"other"))
    ran = enlace("relay", "rest-key", "renew", "--settings", str(relay / "relay.toml"), "--leave-damaged")
    assert (ran.code, "was sealed under another key at rest" in ran.err) == (3, True)
    assert len(opened(relay, REST_KEY)) == BODIES + 2


def spoil_recovery_key(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "data" / "accounts.db")) as db:
        assert db.execute("UPDATE sealed_keys SET sealed = zeroblob(61)").rowcount == 1
        db.commit()


async def test_a_damaged_key_of_the_recovery_codes_is_drawn_anew_where_the_operator_says_so(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path) as here:
        night = await here.bind("co-night")
        papers = (await night.log_in(here.code("co-night"))).read(Session).recovery_codes
        await here.stop()
        spoil_recovery_key(tmp_path)
        with pytest.raises(WrongKey, match=r"voids every recovery code on paper: enlace.*--leave-damaged"):
            await here.start()
        found = await check_relay(here.settings, here.folder, here.clock())
        (told,) = [each for each in found if each.name == "key at rest"]
        assert (told.ok, "--leave-damaged" in told.detail) == (False, True)
        with pytest.raises(WrongKey, match=r"sealed_keys/recovery in accounts\.db.*voids every recovery code"):
            await renew_rest_key(here.settings, quiet)
        renewed = await renew_rest_key(here.settings, quiet, leave_damaged=True)
        assert (renewed.left, renewed.papers_void) == ((), True)
        await here.start()
        here.clock.now += 60
        other = await here.caller("co-night")
        assert (await other.call("POST", routes.LOGIN, LogIn(recovery=papers[0]))).status != 200
        here.clock.now += 900
        again = (await (await here.caller("co-night")).log_in(here.code("co-night"))).read(Session)
        assert again.recovery_left == 0


async def test_damaged_values_are_put_back_from_a_backup_and_nothing_else_is(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path) as here:
        night = await here.bind("co-night")
        papers = (await night.log_in(here.code("co-night"))).read(Session).recovery_codes
        await here.stop()
        settings, backup = str(tmp_path / "relay.toml"), shutil.copytree(tmp_path / "data", tmp_path / "backup")
        (tmp_path / "relay.toml").write_text(SETTINGS)
        before = {name: (backup / name).read_bytes() for name in SEALED}
        key = shutil.copy(tmp_path / "keys" / "rest.key", tmp_path / "rest-before.key")
        await here.start()
        here.world.add_contact("co-desk", "co", ["co-night"])
        await here.publish()  # the backup knows nothing of it
        await here.stop()
        whole = opened(tmp_path, read_rest_key(tmp_path / "keys" / "rest.key"))
        for renewed in (False, True):
            if renewed:
                await renew_rest_key(here.settings, quiet)
            spoil_recovery_key(tmp_path)
            with closing(sqlite3.connect(tmp_path / "data" / "directory.db")) as db:
                known = sqlite3.connect(backup / "directory.db")
                (body,) = known.execute("SELECT commitment FROM bodies").fetchone()
                known.close()
                db.execute("UPDATE bodies SET sealed = zeroblob(40) WHERE commitment = ?", (body,))
                db.commit()
            if renewed:
                refused = await asyncio.to_thread(mend, settings, backup)
                assert (refused.code, "cannot be had from the backup" in refused.err) == (3, True), refused
            ran = await asyncio.to_thread(mend, settings, backup, *(("--key", str(key)) if renewed else ()), "--json")
            assert ran.code == 0, ran
            assert ran.plain["values"] == [f"bodies/{body} in directory.db", "sealed_keys/recovery in accounts.db"], ran
            assert opened(tmp_path, read_rest_key(tmp_path / "keys" / "rest.key")) == whole
        assert (await asyncio.to_thread(mend, settings, backup)).out == "Every value opens already.\n"
        assert {name: (backup / name).read_bytes() for name in SEALED} == before
        await here.start()
        other = await here.caller("co-night")
        assert (await other.call("POST", routes.LOGIN, LogIn(recovery=papers[0]))).status == 200
        running = await asyncio.to_thread(mend, settings, backup)
        assert (running.code, "stop it first" in running.err) == (3, True), running


@pytest.mark.parametrize("since", ["nothing", "a log-in", "a renewal", "an invitation"])
async def test_a_secret_that_gave_way_to_another_is_not_put_back(tmp_path: Path, since: str) -> None:
    """The phone that was stolen, and given up, stays so."""
    async with RelayWorld.running(tmp_path) as here:
        (tmp_path / "relay.toml").write_text(SETTINGS)
        night = await here.bind("co-night")
        papers = (await night.log_in(here.code("co-night"))).read(Session).recovery_codes
        here.clock.now += 30
        await here.stop()
        backup = shutil.copytree(tmp_path / "data", tmp_path / "backup")
        await here.start()
        stolen = here.secrets["co-night"]
        if since == "a log-in":
            assert (await night.log_in(here.code("co-night"))).status == 200
        if since == "a renewal":
            begin = AuthenticatorRenewal(renewal="5" * 32, recovery=papers[0])
            made = (await night.call("POST", routes.AUTHENTICATOR, begin)).read(NewAuthenticator)
            code = code_at(secret_bytes(made.secret), step_at(here.clock()))
            confirm = AuthenticatorConfirmation(renewal="5" * 32, code=code)
            assert (await night.call("POST", routes.AUTHENTICATOR_CONFIRM, confirm)).status == 200
        if since == "an invitation":
            night = await here.bind("co-night")
            assert (await night.log_in(here.code("co-night"))).status == 200
        await here.stop()
        with closing(sqlite3.connect(tmp_path / "data" / "accounts.db")) as db:
            db.execute("UPDATE accounts SET secret = zeroblob(40)")
            db.commit()
        ran = await asyncio.to_thread(mend, str(tmp_path / "relay.toml"), backup)
        back = since in ("nothing", "a log-in")
        assert (ran.code, "one from after its last renewal" in ran.err) == (0 if back else 3, not back), ran
        await here.start()
        here.clock.now += 90
        here.secrets["co-night"] = stolen
        answer = await (await here.caller("co-night")).log_in(here.code("co-night"))
        assert (answer.status, answer.code) == ((200, "") if back else (503, "unavailable"))


def mend(settings: str, backup: Path, *more: str) -> Ran:
    return enlace("relay", "rest-key", "mend", str(backup), "--settings", settings, *more)


def test_nothing_is_put_back_from_what_is_no_backup_or_under_a_wrong_key(relay: Path, tmp_path: Path) -> None:
    settings, empty = str(relay / "relay.toml"), tmp_path / "empty"
    empty.mkdir()
    damage(relay, 2)
    old = dict(values(relay))
    refused = mend(settings, empty)
    assert (refused.code, f"bodies/{0:064x} in directory.db and 1 more cannot be had" in refused.err) == (3, True)
    (empty / "directory.db").write_bytes(b"no database at all" * 99)
    refused = mend(settings, empty)
    assert (refused.code, "cannot be read as a backup" in refused.err) == (3, True), refused
    key = (relay / "keys" / "rest.key").rename(tmp_path / "right.key")
    write_private(relay / "keys" / "rest.key", write_rest_key(b"other key" * 3 + b"other"))
    refused = mend(settings, shutil.copytree(relay / "data", tmp_path / "copy"), "--key", str(key))
    assert (refused.code, "was sealed under another key at rest" in refused.err) == (3, True), refused
    assert {row: value for row, value in values(relay) if row != "sealed_keys/recovery"} == old


def test_void_paper_is_said_on_the_screen(relay: Path) -> None:
    settings = str(relay / "relay.toml")
    assert enlace("relay", "rest-key", "renew", "--settings", settings).code == 0
    spoil_recovery_key(relay)
    refused = enlace("relay", "rest-key", "renew", "--settings", settings)
    assert (refused.code, "restore a backup of the data folder" in refused.err) == (3, False), refused
    done = enlace("relay", "rest-key", "renew", "--settings", settings, "--leave-damaged")
    assert (done.code, "Every recovery code on paper is void" in done.out) == (0, True), done
    assert "enlace authenticator codes" in done.out
    with closing(sqlite3.connect(relay / "data" / "accounts.db")) as db:
        assert db.execute("SELECT count(*) FROM recovery").fetchone() == (0,)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root is let in where it should not be")
def test_root_does_not_renew_what_is_another_account_s(relay: Path) -> None:
    """It would leave a lock and a key that the relay's account cannot open, or follow a link laid for it."""
    victim = relay / "root's own"
    victim.write_text("precious\n")
    (relay / "data" / "relay.lock").symlink_to(victim)
    for each in (relay, *relay.rglob("*")):
        os.chown(each, 4321, 4322, follow_symlinks=False)
    os.chown(victim, 0, 0)
    refused = enlace("relay", "rest-key", "renew", "--settings", str(relay / "relay.toml"))
    assert (refused.code, "belongs to another user (4321); run this as that user" in refused.err) == (3, True), refused
    assert victim.read_text() == "precious\n"
    with pytest.raises(OSError, match=r"relay\.lock"):
        hold(relay / "data" / "relay.lock")
    assert victim.read_text() == "precious\n"
