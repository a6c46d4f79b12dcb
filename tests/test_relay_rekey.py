"""A relay's next keys: made beside the ones in force, held ready, named, taken; what a crash leaves of each step."""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cli_world import Ran, RelayProcess, enlace
from directory_world import TWO_ROOTS
from relay_bodies import ORIGIN
from relay_world import RelayWorld

from crypto.checkpoint import open_checkpoint
from crypto.merkle import Tree, leaf_hash
from desk.demo.relay_host import free_port
from directory.statement import AttestContact, Continues, NameRelay
from relay.check import check_relay
from relay.key_files import KeyFileError, make_pair, read_pair
from relay.protocol.problems import Refusal
from relay.protocol.relay_keys import read_relay_keys
from relay.rekey import NEXT_KEYS, RekeyError, beside, forget_next, make_next, read_own_keys, take, waiting

KEYS = ("origin", "log_ed25519", "log_mldsa44", "receipt_ed25519", "receipt_mldsa44")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        yield here


def key(here: RelayWorld, name: str) -> Path:
    return here.folder / "keys" / f"{name}.key"


async def named(here: RelayWorld) -> None:
    """Have the roots name the next keys, at the running relay."""
    world, keys = here.world, read_relay_keys((here.folder / NEXT_KEYS).read_bytes())
    root = Tree(leaf_hash(each) for each in world.entries).root().hex()
    continues = Continues(origin=ORIGIN, size=world.view.size, root=root)
    fields = {each: getattr(keys, each) for each in KEYS}
    world.admit(world.say(NameRelay, continues=continues, **fields), *TWO_ROOTS)
    await here.publish()


async def signs_with(here: RelayWorld, use: str) -> None:
    """Assert that the newest checkpoint is signed by the pair in a key file."""
    state = await here.relay.directory.read(0, 1 << 20)
    open_checkpoint(state.checkpoint.encode(), ORIGIN, read_pair(key(here, use), "log").public)


# --- making ---


async def test_next_keys_touch_nothing_that_runs(here: RelayWorld) -> None:
    before = {each.name: each.read_bytes() for each in (here.folder / "keys").iterdir()}
    made = await make_next(here.settings, here.folder)
    after = {each.name: each.read_bytes() for each in (here.folder / "keys").iterdir()}
    assert after.keys() - before.keys() == {"log-next.key", "receipt-next.key"}
    assert {name: after[name] for name in before} == before
    assert [key(here, each).stat().st_mode & 0o777 for each in ("log-next", "receipt-next")] == [0o600, 0o600]
    keys = read_relay_keys(made.relay_keys.read_bytes())
    assert (keys.origin, keys.relay) == (ORIGIN, here.url)
    assert keys.log == read_pair(key(here, "log-next"), "log").public
    assert keys.receipt == read_pair(key(here, "receipt-next"), "receipt").public
    await here.restart()
    assert here.relay.directory.named
    await signs_with(here, "log")


@pytest.mark.parametrize("lost", [("receipt-next.key", NEXT_KEYS), (NEXT_KEYS,), ()])
async def test_cut_short_it_goes_on_with_what_is_there(here: RelayWorld, lost: tuple[str, ...]) -> None:
    first = await make_next(here.settings, here.folder)
    for name in lost:
        (here.folder / name if name == NEXT_KEYS else here.folder / "keys" / name).unlink()
    again = await make_next(here.settings, here.folder)
    assert again.log_fingerprint == first.log_fingerprint
    assert (again.receipt_fingerprint == first.receipt_fingerprint) == ("receipt-next.key" not in lost)


async def test_a_key_file_that_was_cut_off_is_refused(here: RelayWorld) -> None:
    await make_next(here.settings, here.folder)
    whole = key(here, "log-next").read_bytes()
    key(here, "log-next").write_bytes(whole[:40])
    with pytest.raises(RekeyError, match=r"is not a relay's signing key.*delete it and begin anew"):
        await make_next(here.settings, here.folder)


async def test_a_next_key_that_others_can_read_is_refused(here: RelayWorld) -> None:
    await make_next(here.settings, here.folder)
    key(here, "receipt-next").chmod(0o644)
    with pytest.raises(KeyFileError, match="can be read by others"):
        read_own_keys(here.settings)


# --- naming and taking ---


async def test_the_relay_that_runs_goes_over_to_them(here: RelayWorld) -> None:
    await make_next(here.settings, here.folder)
    await here.restart()
    await named(here)
    await signs_with(here, "log-next")
    await here.relay.directory.renew()
    await signs_with(here, "log-next")
    replaced = await take(here.settings, here.folder)
    assert replaced == [key(here, "log"), key(here, "receipt"), here.folder / "relay-keys.json"]
    assert not waiting(here.settings)
    await signs_with(here, "log")
    await here.restart()
    assert here.relay.directory.named


async def test_a_relay_that_does_not_hold_them_yet_takes_no_naming_of_them(here: RelayWorld) -> None:
    await make_next(here.settings, here.folder)
    with pytest.raises(AssertionError, match="names another relay than this one"):
        await named(here)  # before the restart


async def test_nothing_is_taken_before_the_log_names_it(here: RelayWorld) -> None:
    with pytest.raises(RekeyError, match="there are no next keys to take"):
        await take(here.settings, here.folder)
    await make_next(here.settings, here.folder)
    await here.restart()
    before = key(here, "log").read_bytes()
    with pytest.raises(RekeyError, match="does not name the next keys yet"):
        await take(here.settings, here.folder)
    assert (key(here, "log").read_bytes(), waiting(here.settings)) == (before, True)


async def test_no_others_are_made_before_the_named_ones_are_taken(here: RelayWorld) -> None:
    await make_next(here.settings, here.folder)
    await here.restart()
    await named(here)
    with pytest.raises(RekeyError, match="run `enlace relay rekey --take` before others are made"):
        await make_next(here.settings, here.folder)
    await take(here.settings, here.folder)
    assert (await make_next(here.settings, here.folder)).relay_keys == here.folder / NEXT_KEYS


@pytest.mark.parametrize("moves", [0, 1, 2])
async def test_a_crash_while_they_are_taken(here: RelayWorld, monkeypatch: pytest.MonkeyPatch, moves: int) -> None:
    await make_next(here.settings, here.folder)
    await here.restart()
    await named(here)
    real, done = Path.replace, list[Path]()

    def crash(source: Path, target: Path) -> Path:
        if len(done) == moves:
            raise KeyboardInterrupt  # as the power would
        done.append(source)
        return real(source, target)

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        await take(here.settings, here.folder)
    monkeypatch.undo()
    await here.restart()  # with one key new and one old, or with both sets
    assert here.relay.directory.named
    here.world.add_contact("co-desk", "co", ["co-night"])
    here.world.sign(here.world.say(AttestContact, contact="co-desk"), "co-night")
    await take(here.settings, here.folder)
    await here.restart()
    assert here.relay.directory.named
    await signs_with(here, "log")


async def test_a_key_that_is_neither_is_no_relay_of_this_log(here: RelayWorld) -> None:
    await make_next(here.settings, here.folder)
    own = read_own_keys(here.settings)
    view = here.relay.directory.view
    assert own.named_in(view)
    strange = type(own)(own.origin, own.logs[1:], own.receipts[1:])
    assert not strange.named_in(view)
    with pytest.raises(ValueError, match="names no log of this relay"):
        strange.log_of(view)
    with pytest.raises(Refusal, match="does not name this relay"):
        strange.receipt_of(view)
    assert strange.notice_of(view) == own.receipts[1]
    assert not type(own)("log.other.example", own.logs, own.receipts).named_in(view)


async def test_check_tells_where_the_rekeying_stands(here: RelayWorld) -> None:
    async def found(name: str) -> str:
        every = await check_relay(here.settings, here.folder, here.clock())
        return next(each.detail for each in every if each.name == name)

    assert "next keys" not in await found("key files")
    await make_next(here.settings, here.folder)
    assert (await found("key files")).endswith("; next keys wait beside them")
    await here.restart()
    assert "rekey --take" not in await found("log")
    await named(here)
    assert (await found("log")).endswith("; it names the next keys: run `enlace relay rekey --take`")
    await take(here.settings, here.folder)
    assert "next keys" not in await found("key files") + await found("log")


# --- typed ---


def typed(folder: Path, *options: str) -> Ran:
    return enlace("relay", "rekey", str(folder), *options)


def test_what_is_typed_and_answered(tmp_path: Path) -> None:
    relay = RelayProcess(tmp_path / "relay", free_port())
    relay.make()
    made = typed(relay.folder, "--json")
    assert made.code == 0
    assert made.plain["relay_keys"] == str(relay.folder / NEXT_KEYS)
    again = typed(relay.folder)
    assert f"log          {made.plain['log_fingerprint']}\n" in again.out
    keys = read_relay_keys((relay.folder / NEXT_KEYS).read_bytes())
    assert keys.authority == read_relay_keys((relay.folder / "relay-keys.json").read_bytes()).authority != ""
    early = typed(relay.folder, "--take", "--json")
    assert (early.code, early.plain["code"]) == (3, 3)
    assert "does not name the next keys yet" in early.plain["error"]


def test_keys_that_waited_are_told_and_others_are_made_only_when_asked_for(tmp_path: Path) -> None:
    """They have lain in backups since, and may be what a thief of the present keys has too."""
    relay = RelayProcess(tmp_path / "relay", free_port())
    relay.make()
    first = typed(relay.folder, "--json")
    assert first.plain["waited"] == []
    (relay.folder / "keys" / "receipt-next.key").unlink()
    again = typed(relay.folder)
    assert f"! {relay.folder / 'keys' / 'log-next.key'} was there already, since 20" in again.out
    assert "--another" in again.out
    assert "receipt-next.key was" not in again.out
    relay.start()
    try:
        held = typed(relay.folder, "--another")
        assert (held.code, "stop it first" in held.err) == (3, True)
    finally:
        relay.stop()
    other = typed(relay.folder, "--another", "--json")
    assert (other.code, other.plain["waited"]) == (0, [])
    fingerprints = "log_fingerprint", "receipt_fingerprint"
    assert not {first.plain[each] for each in fingerprints}.intersection(other.plain[each] for each in fingerprints)
    keys = read_relay_keys((relay.folder / NEXT_KEYS).read_bytes())
    assert keys.log == read_pair(relay.folder / "keys" / "log-next.key", "log").public
    wrong = typed(relay.folder, "--another", "--take")
    assert (wrong.code, "--another" in wrong.err) == (2, True)


async def test_keys_that_the_log_names_are_not_thrown_away(here: RelayWorld) -> None:
    await make_next(here.settings, here.folder)
    await here.restart()
    await named(here)
    with pytest.raises(RekeyError, match="run `enlace relay rekey --take` before others are made"):
        await forget_next(here.settings, here.folder)
    assert waiting(here.settings)


@pytest.mark.parametrize("folder", ["nowhere", "a-file"])
def test_a_folder_that_holds_no_relay(tmp_path: Path, folder: str) -> None:
    (tmp_path / "a-file").write_text("")
    ran = typed(tmp_path / folder)
    assert ran.code == 2
    assert "relay.toml" in ran.err


def test_the_next_key_stands_beside_the_one_in_force(tmp_path: Path) -> None:
    assert beside(tmp_path / "log.key") == tmp_path / "log-next.key"
    make_pair(tmp_path / "log-next.key", "log")
    with pytest.raises(KeyFileError, match="never written over"):
        make_pair(tmp_path / "log-next.key", "log")
    assert [each.name for each in tmp_path.iterdir()] == ["log-next.key"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root may read what is another's")
@pytest.mark.parametrize("options", [(), ("--another",), ("--take",)])
def test_root_makes_no_keys_that_the_relay_s_account_could_not_read(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Restarted, as it is told to be, the relay would not start."""
    folder = RelayProcess(tmp_path / "relay", free_port())
    folder.make()
    for each in (folder.folder, *folder.folder.rglob("*")):
        os.chown(each, 4321, 4322)
    before = sorted(folder.folder.rglob("*"))
    refused = enlace("relay", "rekey", str(folder.folder), *options)
    assert (refused.code, "belongs to another user (4321); run this as that user" in refused.err) == (3, True), refused
    assert sorted(folder.folder.rglob("*")) == before
