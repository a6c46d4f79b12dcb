"""The key at rest: another one is noticed at the start, one damaged row keeps nobody from the others."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from relay_world import RelayWorld

from relay.check import check_relay
from relay.health import REMEMBERED
from relay.key_files import make_rest_key
from relay.protocol import routes
from relay.protocol.requests import Bodies
from relay.store.sqlite_sealed import FIRST, WrongKey


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        here.world.add_contact("co-desk", "co", ["co-night"])
        await here.publish()
        yield here


def damage(here: RelayWorld, name: str, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(here.folder / "data" / name)) as db:
        assert db.execute(sql, values).rowcount
        db.commit()


async def at_rest(here: RelayWorld) -> tuple[bool, str]:
    found = await check_relay(here.settings, here.folder, here.clock())
    return next((each.ok, each.detail) for each in found if each.name == "key at rest")


@pytest.mark.parametrize(("emptied", "named"), [("accounts.db", "directory.db"), ("directory.db", "accounts.db")])
async def test_a_relay_does_not_start_with_another_key_at_rest(here: RelayWorld, emptied: str, named: str) -> None:
    await here.log_in("co-night")
    await here.stop()
    key = here.folder / "keys" / "rest.key"
    right = key.read_bytes()
    key.unlink()
    make_rest_key(key)
    with pytest.raises(WrongKey, match=r"directory\.db was sealed under another key at rest"):
        await here.start()
    assert not (await at_rest(here))[0]
    damage(here, emptied, f"DELETE FROM {'accounts' if emptied == 'accounts.db' else 'bodies'}")
    with pytest.raises(WrongKey, match=named):
        await here.start()
    key.write_bytes(right)
    await here.start()
    assert (await at_rest(here))[0]


async def test_one_damaged_body_keeps_no_desk_from_the_others(here: RelayWorld) -> None:
    night = await here.log_in("co-night")
    assert await at_rest(here) == (True, f"opens all {len(here.world.openings) + 2} values that the databases hold")
    lost = here.world.view.contacts["co-desk"].body
    damage(here, "directory.db", "UPDATE bodies SET sealed = zeroblob(40) WHERE commitment = ?", lost)
    wanted = {"commitments": list(here.world.openings)}
    found = (await night.call("POST", routes.BODIES, wanted)).read(Bodies)
    assert {each.commitment for each in found.bodies} == set(here.world.openings) - {lost}
    here.clock.now += REMEMBERED
    answer = await night.call("GET", routes.READY)
    assert (answer.status, "stored bodies are damaged (1)" in answer.problem.detail) == (503, True)
    ok, detail = await at_rest(here)
    assert (ok, f"but {lost} in directory.db does not" in detail) == (True, True)
    await here.restart()  # it still starts: the key is right


async def test_a_damaged_account_is_told_as_trouble_of_the_relay(here: RelayWorld) -> None:
    night, chief = await here.log_in("co-night"), await here.bind("co-chief")
    damage(here, "accounts.db", "UPDATE accounts SET secret = zeroblob(40) WHERE confirmed = 1")
    here.clock.now += 60
    answer = await night.log_in(here.code("co-night"))
    assert (answer.status, answer.code) == (503, "unavailable")
    assert (await chief.log_in(here.code("co-chief"))).status == 200
    assert FIRST > 1
