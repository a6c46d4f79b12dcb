"""What an officer reads of clocks and keys, whatever command unlocks the profile."""

import shutil
import time
from pathlib import Path

from cli_world import PASSPHRASE, Office

from crypto.age_pq import PQIdentity
from desk.keys.keyring import Keyring, open_keyring
from desk.keys.seen_time import Seen
from desk.profile.folder import Profile
from directory.canonical import encode

DAY = 86_400
pytest_plugins = ("shared_office",)


def keys_of(office: Office, name: str) -> Keyring:
    return open_keyring(Profile.open(office.profile(name)), PASSPHRASE.encode())


def has_seen(office: Office, name: str, latest: int) -> Path:
    """A copy's profile that has seen a time, and has a key that went a minute ago by this machine's clock: its file."""
    keyring, now = keys_of(office, name), int(time.time())
    keyring.vault.put("seen", encode(Seen(latest=latest)))
    before = set((office.profile(name) / "vault").iterdir())
    keyring.epochs.keep(PQIdentity.generate(), now - 60)
    (file,) = set((office.profile(name) / "vault").iterdir()) - before
    return file


def test_a_key_whose_time_is_over_goes_with_any_command(shared_office: Office) -> None:
    name = shared_office.copy("co-desk", "co-time")
    file = has_seen(shared_office, name, int(time.time()) - DAY)
    ran = shared_office.run(name, "find", "Colombia")
    assert (ran.code, ran.err, file.exists()) == (0, "", False)


def test_a_clock_that_was_set_back_is_told_by_any_command(shared_office: Office) -> None:
    name = shared_office.copy("co-desk", "co-time")
    file = has_seen(shared_office, name, int(time.time()) + 10 * DAY + 3600)
    ran = shared_office.run(name, "status")
    assert ran.code == 0
    assert "! this machine's clock is 10 days behind the latest time this desk has seen" in ran.err
    assert not file.exists()


def test_mail_that_is_taken_in_before_keys_go_is_told_by_any_command(shared_office: Office) -> None:
    office = shared_office
    office.ask("co-desk", "sync")
    assert office.ask("ar-desk", "send", "co-desk", "-s", "Antes de borrar")["sent"]
    office.run("co-desk", "watch", "--once", "--no-bell")
    name = office.copy("co-desk", "co-time")
    has_seen(office, name, int(time.time()) - DAY)
    ran = office.run(name, "status", "--json")
    assert (ran.code, ran.plain["spool"]) == (0, 0)
    assert "1 message(s) were taken in; `enlace inbox` lists them." in ran.err
    assert "Antes de borrar" in office.run(name, "inbox").out
    office.ask("co-desk", "sync")


def test_a_relay_that_breaks_off_keeps_no_announcement_from_an_officer(shared_office: Office) -> None:
    """What fails comes last: here the stream, at each exchange."""
    office = shared_office
    office.ask("co-desk", "sync")
    name = office.copy("co-desk", "co-deaf")
    shutil.rmtree(office.profile(name) / "spool")
    assert office.ask("ar-desk", "send", "co-desk", "-s", "Sin lugar")["sent"]
    office.ask("co-admin", "contact", "publish", "co-desk", "--set", "email=intruder@co.example")
    ran = office.run(name, "sync")
    assert (ran.code, ran.out) == (1, "")
    assert "! contact co-desk, which you serve, was changed by officer " in ran.err
    assert "e-mail: intruder@co.example instead of " in ran.err
    assert "Until then what comes stays with the relay" in ran.err
    assert "intruder" not in office.run(name, "sync").err
    assert "intruder" in " ".join(office.ask("co-desk", "sync")["announcements"])
    assert office.ask("co-desk", "sync")["announcements"] == []
