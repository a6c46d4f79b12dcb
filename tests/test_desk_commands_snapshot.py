"""`enlace snapshot` as people type it: written at one desk, read at another that has no connection and is behind."""

import sys
from pathlib import Path

import pytest
from cli_world import Office, enlace
from story_world import built_once, fresh_batch, play, roots
from test_desk_halted_commands import FORK, doubt

from crypto.encoding import unb64
from desk.link.session import connected
from desk.replica.snapshot_file import read_snapshot
from desk.replica.statements import device_voice, send
from directory.bodies import CircleBody, ContactBody
from directory.commitment import commit
from directory.statement import PublishContact, SetCircle

pytest_plugins = ("shared_office",)
NIGHT = "+1 202 555 0171"


@pytest.fixture(scope="module")
def behind(shared_office: Office) -> tuple[str, str, int]:
    """A desk whose relay is down, and a snapshot of what was published since; how many statements it lacks."""
    office = shared_office
    known = office.ask("co-desk", "sync")["size"]
    alone = office.unreachable("co-desk")
    about = [f"--set={each}" for each in ("function=customs", "name_en=Customs by night", f"phone=always:{NIGHT}")]
    office.ask("co-admin", "contact", "publish", "co-by-night", *about)
    size = office.ask("ar-admin", "sync")["size"]
    path = office.folder / "stick" / "directory.snapshot"
    path.parent.mkdir()
    written = office.ask("ar-admin", "snapshot", "write", str(path))
    assert (written["entries"], written["bodies"] > 0) == (size, True)
    return alone, str(path), size - known


def test_a_desk_without_a_connection_takes_in_what_it_lacks(
    shared_office: Office, behind: tuple[str, str, int]
) -> None:
    alone, path, lacking = behind
    office = shared_office
    assert office.run(alone, "show", "co-by-night").code == 7
    assert office.run(alone, "sync").code != 0
    read = office.ask(alone, "snapshot", "read", path)
    assert (read["statements"], read["size"]) == (lacking, office.ask("ar-admin", "status")["directory"]["size"])
    assert read["bodies"] == 1
    assert NIGHT.replace(" ", "") in office.run(alone, "show", "co-by-night", "--json").out
    assert office.ask(alone, "status")["directory"]["time"] == read["time"]
    again = office.run(alone, "snapshot", "read", path)
    assert (again.code, again.err) == (0, "")
    assert again.out.startswith(f"0 statements and 0 details taken in; the directory has {read['size']} statements")


def test_it_is_for_its_owner_alone_and_never_written_over(shared_office: Office, behind: tuple[str, str, int]) -> None:
    path = Path(behind[1])
    raw = path.read_bytes()
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o077 == 0
    ran = shared_office.run("ar-desk", "snapshot", "write", str(path))
    assert (ran.code, ran.out, path.read_bytes()) == (2, "", raw)
    assert f"{path} exists already, and is not overwritten" in ran.err
    assert [*path.parent.iterdir()] == [path]


def test_the_secretariat_writes_one_too(shared_office: Office) -> None:
    path = shared_office.folder / "secretariat.snapshot"
    shared_office.ask("secretariat", "sync")
    written = shared_office.ask("secretariat", "snapshot", "write", str(path))
    read = shared_office.ask("ar-desk", "snapshot", "read", str(path))
    assert (read["size"], read["time"] > 0) == (written["entries"], True)


def test_an_altered_one_changes_nothing(shared_office: Office, behind: tuple[str, str, int]) -> None:
    office = shared_office
    alone = office.copy("co-desk", "co-desk-altered")
    raw = Path(behind[1]).read_bytes()
    before = office.ask(alone, "status")["directory"]["size"]
    for name, spoilt, code in (
        ("country", raw.replace(b'"country":"CO"', b'"country":"CL"'), 3),
        ("cut", raw[:-1], 2),
        ("text", b"Fotograf\xc3\xadas\n", 2),
        ("nothing", b"", 2),
    ):
        ran = office.run(alone, "snapshot", "read", office.file(f"spoilt-{name}", spoilt))
        assert (ran.code, ran.out) == (code, ""), (name, ran)
        assert "it was altered" in ran.err or "nothing was taken from it" in ran.err, (name, ran)
        assert "Traceback" not in ran.err
    assert office.ask(alone, "status")["directory"]["size"] == before


def test_a_halted_desk_takes_nothing_and_hands_on_what_it_had_verified(
    shared_office: Office, behind: tuple[str, str, int]
) -> None:
    office = shared_office
    halted = office.copy("co-desk", "co-desk-halted")
    doubt(office, halted, FORK)
    size = office.run(halted, "status", "--json").plain["directory"]["size"]
    ran = office.run(halted, "snapshot", "read", behind[1], "--json")
    assert (ran.code, "takes nothing from a snapshot" in ran.plain["error"]) == (5, True)  # the code says halted
    assert office.run(halted, "status", "--json").plain["directory"]["size"] == size
    path = office.folder / "halted.snapshot"
    written = office.run(halted, "snapshot", "write", str(path), "--json")
    assert (written.code, written.plain["entries"]) == (5, size)
    assert office.ask("co-desk", "snapshot", "read", str(path))["statements"] == 0


async def test_what_is_for_a_circle_alone_stays_at_home(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with play(tmp_path, await built_once(tmp_path_factory.getbasetemp())) as story:
        monkeypatch.setattr("desk.terminal.Terminal.clock", lambda terminal: story.clock())
        secretariat, chief = story.desk("secretariat"), story.desk("co-chief")
        with secretariat.opened() as desk:
            async with connected(desk.keyring, story.clock) as client:
                batch = await fresh_batch(desk, client, roots())
                names = batch.body(CircleBody(names={"en": "The inner circle"}))
                batch.issue(SetCircle, circle="inner", members=("ar", "co"), body=names)
                await send(client, batch)
        with chief.opened() as desk:
            async with connected(desk.keyring, story.clock) as client:
                batch = await fresh_batch(desk, client, (device_voice(desk.keyring),))
                inner = batch.body(ContactBody(names={"en": "Inner desk"}))
                about = {"member": "co", "country": "CO", "function": "customs", "circles": ("inner",)}
                batch.issue(PublishContact, contact="co-inner", body=inner, **about)
                await send(client, batch)
        await chief.synchronise()
        (tmp_path / "passphrase").write_bytes(chief.passphrase + b"\n")
        environ = {"ENLACE_PROFILE": str(chief.path), "ENLACE_PASSPHRASE_FILE": str(tmp_path / "passphrase")}
        ran = enlace("snapshot", "write", str(tmp_path / "file"), "--json", environ=environ)
        assert ran.code == 0, ran
        with chief.opened() as desk:
            held = desk.store.bodies().keys()
    with (tmp_path / "file").open("rb") as file:
        _, _, bodies = read_snapshot(file)
    handed_on = {commit(unb64(each.salt), unb64(each.body)) for each in bodies}
    assert (len(handed_on), inner in held, inner in handed_on) == (ran.plain["bodies"], True, False)
    assert handed_on < held
