"""The root ceremony as people go through it: machines that are never online, a stick, and one desk that publishes."""

import asyncio
import io
import json
import sqlite3
import ssl
import stat
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import time
from typing import Any

import aiohttp
import msgspec
import pyotp
import pytest
from ceremony_machines import Ceremony, admission, ceremony, everything
from cli_world import PASSPHRASE

import desk.commands.root_publish
import desk.replica.publishing
import desk.roots.founding
from desk.errors import DeskError
from desk.keys.keyring import open_keyring
from desk.keys.vault import Vault
from desk.profile.folder import Profile
from desk.roots.drafts import Asked
from desk.roots.root_keys import open_root_key, read_public
from desk.roots.root_request import read_request
from desk.roots.root_signed import read_signed
from directory.canonical import encode
from relay.protocol import routes
from relay.protocol.invitation import read_invitation, write_invitation
from relay.protocol.requests import NewStatements

FIRST = ("vault-1", "vault-2", "vault-3")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceremony]:
    """A network that was founded by ceremony, with a member whose administrator was enrolled by ceremony."""
    with ceremony(tmp_path_factory.mktemp("ceremony") / "office") as opened:
        founded = opened.found(*FIRST)
        assert founded.code == 0, founded
        opened.ask("ar", *admission("ar", "--administrators", "1"))
        assert opened.publish(opened.sign("ar", "vault-2", "vault-3"), "--out", str(opened.letters)).code == 0
        enrol(opened, "ar")
        yield opened
        no_root_key_strays(opened)  # whatever was done by then


def letter(held: Ceremony, member: str) -> Path:
    (found,) = held.letters.glob(f"invitation-{member}-*.txt")
    return found


def enrol(held: Ceremony, member: str) -> str:
    """Enrol the administrator of a member, confirmed by ceremony; returns the device's id."""
    desk = f"{member}-admin"
    offered = held.office.ask(desk, "enrol", str(letter(held, member)), "--no-wait")
    held.ask(f"{member}-device", "officer", "confirm", "--yes")
    done = held.publish(held.sign(f"{member}-device", "vault-1", "vault-2"))
    assert done.code == 0, done
    waiting = held.office.run(desk, "enrol", "--json")
    phone = pyotp.parse_uri(json.loads(waiting.out.splitlines()[-2])["uri"])
    assert isinstance(phone, pyotp.TOTP)
    ended = held.office.run(desk, "enrol", "--code-file", "-", feed=phone.now().encode())
    assert ended.code == 0, ended
    return str(offered["device"])


def members(held: Ceremony) -> dict[str, str]:
    shown: dict[str, str] = held.office.ask("secretariat", "network", "show")["members"]
    return shown


def locals_of(held: Ceremony, *names: str) -> list[str]:
    """The local ids of these machines' keys, sorted."""
    return sorted(read_public((held.stick / f"{each}.pub").read_bytes()).local for each in names)


def no_root_key_strays(held: Ceremony) -> None:
    """Nothing on an offline machine but what belongs there; and its secret in no form, nor its key file, elsewhere."""
    there = everything(held.office.folder)
    for name, machine in held.machines.items():
        assert machine.untouched(), (name, list(machine.folder.rglob("*")))
        assert stat.S_IMODE(machine.key.stat().st_mode) == 0o600
        seed = machine.seed()
        forms = (seed, seed.hex().encode(), b64encode(seed).rstrip(b"="), machine.key.read_bytes())
        for file, data in there.items():
            if machine.folder not in file.parents:
                assert not any(form in data for form in forms), (name, file)
    for file in everything(held.office.profile("secretariat"), held.stick):
        with pytest.raises(DeskError, match=r"is no root key|the passphrase for"):
            open_root_key(file, PASSPHRASE.encode())


def test_a_network_is_founded_by_keys_that_no_online_machine_has_seen(held: Ceremony) -> None:
    assert held.office.ask("secretariat", "network", "show")["roots"] == locals_of(held, *FIRST)
    again = held.publish(held.stick / "found.signed")
    assert (again.code, "Founded enlace.example" in again.out) == (0, True)
    no_root_key_strays(held)


def test_a_member_is_admitted_and_its_administrator_enrolled(held: Ceremony) -> None:
    held.ask("uy", *admission("uy", "--administrators", "1"))
    assert "uy" not in members(held)
    signed = held.sign("uy", "vault-2", "vault-3")
    seen = held.machine("vault-1").run("root", "sign", str(held.stick / "uy.request"), "--show")
    assert "names                en=Authority UY" in seen.out
    without = held.publish(signed)
    assert (without.code, "--out" in without.err) == (2, True)
    done = held.publish(signed, "--out", str(held.letters))
    assert (done.code, members(held)["uy"]) == (0, "admitted")
    handed_over = letter(held, "uy")
    assert str(handed_over) in done.out
    before = handed_over.read_bytes()
    again = held.publish(
        signed, "--out", str(held.letters)
    )  # as after a crash: the letter that was handed over still holds
    assert (again.code, again.out, handed_over.read_bytes()) == (0, done.out, before)
    device = enrol(held, "uy")
    (officer,) = held.office.ask("secretariat", "officer", "list", "--member", "uy")["officers"]
    assert (officer["devices"], officer["invited"]) == ([device], False)


def test_the_root_keys_are_replaced_and_the_old_ones_count_no_more(tmp_path: Path) -> None:
    with ceremony(tmp_path / "office") as held:
        assert held.found(*FIRST).code == 0
        held.ask("uy", *admission("uy"))
        late = held.sign("uy", "vault-1", "vault-2")
        before = held.office.ask("secretariat", "network", "show")["duty"]
        new = ("vault-3", "vault-4", "vault-5")
        held.ask("rekey", "network", "rekey", *held.publics(*new), "--new-duty")
        refused = held.publish(held.sign_some("rekey", "vault-1", "vault-4", "vault-5"))
        assert (refused.code, "missing: 1 of the present root keys" in refused.err) == (8, True)
        whole = held.sign("rekey", "vault-3", "vault-1", "vault-4")  # vault-3 stays, and counts among old and new
        assert held.publish(whole).code == 0
        shown = held.office.ask("secretariat", "network", "show")
        assert (shown["roots"], shown["duty"] != before) == (locals_of(held, *new), True)
        void = held.publish(late, "--out", str(held.letters))
        assert (void.code, "make the request anew" in void.err) == (3, True)
        held.ask("uy-anew", *admission("uy"))
        old, out = held.machine("vault-1"), held.stick / "never.signed"
        typed = (str(held.stick / "uy-anew.request"), "--root-key", str(old.key), old.passphrase, "--out", str(out))
        ran = old.run("root", "sign", *typed, "--yes")
        assert (ran.code, "no say in this" in ran.err, out.exists()) == (3, True, False)
        done = held.publish(held.sign("uy-anew", "vault-4", "vault-5"), "--out", str(held.letters))
        assert (done.code, members(held)["uy"]) == (0, "admitted")
        held.office.ask("secretariat", "network", "suspend", "uy")  # with the new duty key
        held.ask("given-up", "network", "revoke", "uy", "--yes")
        given_up = held.sign("given-up", "vault-4", "vault-5")
        stay, number = held.publics("vault-4", "vault-5", "vault-6"), 2
        held.ask("rekey-2", "network", "rekey", *stay)
        while asked_at(held, f"rekey-{number}") == asked_at(held, "given-up"):  # within one second
            number += 1
            held.ask(f"rekey-{number}", "network", "rekey", *stay)
        assert held.publish(held.sign(f"rekey-{number}", "vault-4", "vault-5")).code == 0
        void = held.publish(given_up)
        assert (void.code, "before the last re-keying, which voids it" in void.err) == (3, True)
        found = read_signed(given_up.read_bytes())
        entries = tuple(each.decode() for each in found.entries("enlace.example"))
        status, told = asyncio.run(posted(held, NewStatements(statements=entries, bodies=found.asked.bodies)))
        assert (status, "(rule R39)" in told) == (422, True)
        assert members(held)["uy"] != "revoked"
        no_root_key_strays(held)


def asked_at(held: Ceremony, what: str) -> int:
    """The time that a request's statement claims."""
    return asked_in(held.stick / f"{what}.request").drafts()[0].statement.at


async def posted(held: Ceremony, statements: NewStatements) -> tuple[int, str]:
    """What the relay answers somebody who found a signed file, and has no key of the network at all."""
    keys = json.loads((held.office.relay.folder / "relay-keys.json").read_bytes())
    trust = ssl.create_default_context(cadata=keys["authority"])
    headers, url = {"Content-Type": routes.JSON}, keys["relay"] + routes.STATEMENTS
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=encode(statements), headers=headers, ssl=trust) as answer,
    ):
        return answer.status, await answer.text()


def test_a_member_s_only_administrator_asks_and_the_roots_stand_beside(held: Ceremony) -> None:
    """A proposal of an officer becomes a request; the signature that stands already stays."""
    proposal = str(held.office.folder / "second.proposal")
    label = ("--role", "administrator", "--label", "Second")
    asked = held.office.run("ar-admin", "invite", *label, "--out", str(held.letters), "--proposal", proposal)
    assert asked.code == 8, asked
    held.ask("second", "approve", proposal)
    shown = held.machine("vault-3").run("root", "sign", str(held.stick / "second.request"), "--show")
    assert "signed by            officer" in shown.out
    done = held.publish(held.sign("second", "vault-3", "vault-1"))
    assert (done.code, "enrol-officer" in done.out) == (0, True)
    held.office.ask("ar-admin", "sync")
    labels = [each["label"] for each in held.office.ask("ar-admin", "officer", "list")["officers"]]
    assert "Second" in labels


class Crash(Exception):
    """The machine stops here."""


def stop(*_: Any, **__: Any) -> Any:
    raise Crash


def at(module: Any, name: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patched: patched.setattr(module, name, stop)


def in_the_vault(patched: pytest.MonkeyPatch) -> None:
    real = Vault.put

    def put(self: Vault, name: str, data: bytes) -> None:
        if name.startswith("invitation-"):
            raise Crash
        real(self, name, data)

    patched.setattr(Vault, "put", put)


CRASHES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "before it is sent": at(desk.replica.publishing, "send_request"),
    "before it is seen in the log": at(desk.replica.publishing, "synchronise"),
    "before anybody is invited": at(desk.commands.root_publish, "invitations"),
    "before an invitation is kept": in_the_vault,
}


@pytest.mark.parametrize(("where", "member"), list(zip(CRASHES, ("cl", "bo", "pe", "py"), strict=True)))
def test_publishing_again_after_a_crash_goes_on_where_it_was(
    held: Ceremony, monkeypatch: pytest.MonkeyPatch, where: str, member: str
) -> None:
    held.ask(member, *admission(member, "--administrators", "1"))
    signed, folder = held.sign(member, "vault-1", "vault-3"), held.office.folder / f"letters-{member}"
    with monkeypatch.context() as patched:
        CRASHES[where](patched)
        ran = held.publish(signed, "--out", str(folder))
    assert (ran.code, "Crash" in ran.err) == (1, True)
    done = held.publish(signed, "--out", str(folder))
    assert (done.code, len(list(folder.glob("invitation-*.txt")))) == (0, 1)
    held.office.ask("secretariat", "sync")
    assert members(held)[member] == "admitted"
    assert list(held.office.profile("secretariat").rglob(".unfinished-*")) == []


def asked_in(file: Path) -> Asked:
    return read_request(io.BytesIO(file.read_bytes()))[0].asked


def test_a_founding_is_taken_up_again_wherever_it_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ceremony(tmp_path / "office") as other:
        keys = str(other.office.relay.folder / "relay-keys.json")
        names = ("vault-1", "vault-2", "vault-3")
        command = ("network", "found", "--name", "other.example", "--relay-keys", keys, *other.publics(*names))
        other.ask("found", *command)
        anew = other.office.run("secretariat", *command, "--request", str(other.stick / "anew.request"))
        assert anew.code == 8
        written = [asked_in(other.stick / f"{each}.request") for each in ("found", "anew")]
        assert written[0] == written[1]
        waits = other.office.run("secretariat", *command)
        assert (waits.code, "waits for the root keys" in waits.err) == (2, True)
        signed = other.sign("found", "vault-1", "vault-3")
        with monkeypatch.context() as patched:
            patched.setattr(desk.roots.founding, "send_request", stop)
            assert other.publish(signed).code == 1
        assert other.publish(signed).code == 0
        assert other.publish(signed).code == 0
        again = other.office.run("secretariat", *command, "--request", str(other.stick / "late.request"))
        assert (again.code, "holds a profile already" in again.err) == (2, True)


def test_an_officer_s_desk_publishes_no_admission(held: Ceremony) -> None:
    held.ask("gt", *admission("gt"))
    signed = str(held.sign("gt", "vault-1", "vault-2"))
    ran = held.office.run("ar-admin", "root", "publish", signed, "--out", str(held.letters))
    assert (ran.code, "the secretariat's profile" in ran.err) == (2, True)


def test_publishing_an_enrolment_again_leaves_a_newer_invitation_alone(held: Ceremony) -> None:
    """The officer is to have another desk; the file that enrolled the first is published once more."""
    (officer,) = held.office.ask("secretariat", "officer", "list", "--member", "ar")["officers"][:1]
    again = held.office.folder / "again"
    held.office.ask("secretariat", "invite", "--officer", officer["officer"], "--out", str(again))
    assert held.publish(held.stick / "ar-device.signed").code == 0
    (new,) = again.glob("invitation-*.txt")
    held.office.ask("ar-second", "enrol", str(new), "--no-wait")
    assert held.publish(held.stick / "ar-device.signed").code == 0
    held.ask("ar-second-device", "officer", "confirm", officer["officer"], "--yes")
    ran = held.publish(held.sign("ar-second-device", "vault-1", "vault-2"))
    assert (ran.code, ran.err) == (0, "")
    assert list(held.office.profile("secretariat").joinpath("vault").glob(f"invitation-{officer['officer']}*")) == []


def run_out(held: Ceremony, officer: str) -> None:
    """An officer's invitation ran out an hour ago, for the relay as for the secretariat's desk."""
    keyring = open_keyring(Profile.open(held.office.profile("secretariat")), PASSPHRASE.encode())
    raw, past = keyring.vault.get(f"invitation-{officer}"), int(time()) - 3600
    assert raw is not None
    over = msgspec.structs.replace(read_invitation(raw, 0), expires=past)
    keyring.vault.put(f"invitation-{officer}", write_invitation(over))
    (path,) = held.office.relay.folder.rglob("accounts.db")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE invitations SET expires = ? WHERE officer = ?", (past, officer))


def test_a_ceremony_that_outlives_the_invitation_says_the_way_out_on_both_sides(held: Ceremony) -> None:
    held.ask("cr", *admission("cr", "--administrators", "1"))
    assert held.publish(held.sign("cr", "vault-1", "vault-2"), "--out", str(held.letters)).code == 0
    offered = held.office.ask("cr-admin", "enrol", str(letter(held, "cr")), "--no-wait")
    (officer,) = held.office.ask("secretariat", "officer", "list", "--member", "cr")["officers"]
    held.ask("cr-device", "officer", "confirm", officer["officer"], "--yes")
    signed = held.sign("cr-device", "vault-1", "vault-2")
    run_out(held, officer["officer"])
    done = held.publish(signed)
    assert done.code == 0
    assert f"its invitation has run out: call `enlace invite --officer {officer['officer']}" in " ".join(
        done.err.split()
    )
    stuck = held.office.run("cr-admin", "enrol", "--no-wait")
    assert (stuck.code, "call `enlace enrol FILE` with it: this desk's keys stay" in stuck.err) == (3, True)
    strange = held.office.run("cr-admin", "enrol", str(letter(held, "ar")), "--no-wait")
    assert (strange.code, "another officer" in strange.err) == (2, True)
    anew = held.office.folder / "anew"
    held.office.ask("secretariat", "invite", "--officer", officer["officer"], "--out", str(anew))
    (file,) = anew.glob("invitation-*.txt")
    waiting = held.office.run("cr-admin", "enrol", str(file), "--json")
    phone = pyotp.parse_uri(json.loads(waiting.out.splitlines()[-2])["uri"])
    assert isinstance(phone, pyotp.TOTP)
    ended = held.office.run("cr-admin", "enrol", "--code-file", "-", feed=phone.now().encode())
    assert ended.code == 0, ended
    assert held.office.ask("cr-admin", "status")["device"] == offered["device"]


def test_programs_read_what_people_read(held: Ceremony) -> None:
    machine, request = held.machine("vault-1"), str(held.stick / "shown.request")
    held.ask("shown", "network", "suspend", "ar")
    ran = machine.run("root", "sign", request, "--show", "--json")
    shown = json.loads(ran.out)
    (statement,) = shown["statements"]
    assert statement["kind"] == "suspend-member"
    assert {"name": "member", "value": "ar (en=Authority AR)"} in statement["rows"]  # what today's name is travels too
    assert shown["network"] == held.office.ask("secretariat", "network", "show")["network"]
    pinned = machine.run("root", "sign", request, "--show", "--json", "--network", shown["fingerprint"])
    assert pinned.out == ran.out
    half = json.loads(machine.run("root", "show", f"{machine.key}.pub", "--json").out)
    whole = json.loads(machine.run("root", "show", str(machine.key), machine.passphrase, "--json").out)
    assert half | {"file": ""} == whole | {"file": ""}


def test_a_lost_public_half_is_written_again(held: Ceremony, tmp_path: Path) -> None:
    machine, other = held.machine("vault-1"), tmp_path / "again.pub"
    assert machine.run("root", "show", str(machine.key), machine.passphrase, "--public", str(other)).code == 0
    assert other.read_bytes() == (machine.folder / "root.age.pub").read_bytes()
