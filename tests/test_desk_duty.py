"""The duty key gives way to the next, and the desk works on after a crash at every step of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cli_world import PASSPHRASE, Office, Ran

import desk.replica.publishing
from desk.errors import Usage
from desk.keys.keyring import DUTY, Keyring, open_keyring
from desk.keys.vault import Vault
from desk.profile.folder import Profile
from desk.replica.statements import duty_voice
from desk.roots.duty_key import NEXT, next_duty, settle
from directory.view import View


class Crash(Exception):
    """The machine stops here."""


@dataclass
class Secretariat:
    """The secretariat's desk, and where the root keys of today are."""

    office: Office
    roots: Path
    rounds: int = field(default=0)

    @property
    def keys(self) -> tuple[str, ...]:
        found = [f"--root-key={self.roots / f'root-{number}.age'}" for number in (1, 2)]
        return (*found, f"--root-passphrase-file={self.office.folder / 'passphrase'}")

    def rekey(self, *options: str) -> tuple[Path, Ran]:
        """Re-key into a new folder."""
        self.rounds += 1
        fresh, secret = self.office.folder / f"roots-{self.rounds}", str(self.office.folder / "passphrase")
        typed = ("network", "rekey", "--roots", str(fresh), "--new-passphrase-file", secret, *options)
        return fresh, self.office.run("secretariat", *typed, *self.keys)

    def keyring(self) -> Keyring:
        return open_keyring(Profile.open(self.office.profile("secretariat")), PASSPHRASE.encode())

    def voice(self) -> str:
        """The local id of the duty key that this desk speaks with."""
        return duty_voice(self.keyring()).local

    def named(self) -> str:
        """The one that the directory names."""
        shown: str = self.office.ask("co-desk", "network", "show")["duty"]
        return shown

    def assert_works(self) -> None:
        """The duty key suspends, the roots reinstate, everybody sees both."""
        office = self.office
        assert office.ask("secretariat", "network", "suspend", "ar")["member"] == "ar"
        assert office.ask("secretariat", "network", "reinstate", "ar", *self.keys)["member"] == "ar"
        assert office.ask("secretariat", "sync")["size"] == office.ask("co-desk", "sync")["size"]
        assert self.voice() == self.named()


@pytest.fixture(scope="module")
def secretariat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secretariat]:
    with Office.opened(tmp_path_factory.mktemp("duty") / "office") as office:
        yield Secretariat(office, office.folder / "roots")


def test_a_new_duty_key_takes_over(secretariat: Secretariat) -> None:
    old = secretariat.voice()
    fresh, ran = secretariat.rekey("--new-duty")
    assert "\nNew duty key  " in ran.out
    secretariat.roots = fresh
    assert secretariat.voice() != old
    assert list(secretariat.keyring().vault.names(NEXT)) == []
    secretariat.assert_works()


def test_without_being_asked_it_stays(secretariat: Secretariat) -> None:
    old = secretariat.voice()
    fresh, ran = secretariat.rekey()
    assert (ran.code, "New duty key" in ran.out) == (0, False)
    secretariat.roots = fresh
    assert secretariat.voice() == old
    secretariat.assert_works()


def stop(*_: Any, **__: Any) -> Any:
    raise Crash


def on_vault(method: str, name: str) -> Callable[[pytest.MonkeyPatch], None]:
    """A crash when the vault is to store, or erase, `name`."""
    real = getattr(Vault, method)

    def crash(self: Vault, given: str, *rest: bytes) -> None:
        if given.startswith(name) and (name != DUTY or given == DUTY):
            raise Crash
        real(self, given, *rest)

    return lambda patched: patched.setattr(Vault, method, crash)


def on_publishing(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patched: patched.setattr(desk.replica.publishing, name, stop)


# Where it stops, whether the relay has the statement by then, and whether the next key is kept.
CRASHES: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], bool, bool]] = {
    "before the next key is kept": (on_vault("put", NEXT), False, False),
    "before the statement is sent": (on_publishing("send_request"), False, True),
    "before it is seen in the log": (on_publishing("synchronise"), True, True),
    "before the key takes over": (on_vault("put", DUTY), True, True),
    "before the second copy is erased": (on_vault("erase", NEXT), True, True),
}


@pytest.mark.parametrize("where", CRASHES)
def test_after_a_crash_the_desk_works_with_the_key_that_the_directory_names(
    secretariat: Secretariat, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    arrange, published, kept = CRASHES[where]
    before = secretariat.named()
    with monkeypatch.context() as patched:
        arrange(patched)
        fresh, ran = secretariat.rekey("--new-duty")
    assert (ran.code, "Crash" in ran.err) == (1, True)
    assert bool(list(secretariat.keyring().vault.names(NEXT))) == kept
    secretariat.roots = fresh if published else secretariat.roots
    secretariat.assert_works()
    assert (secretariat.named() != before) == published
    if not published:  # and then it can be done again, with the key that was kept
        fresh, ran = secretariat.rekey("--new-duty")
        assert ran.code == 0, ran
        secretariat.roots = fresh
        secretariat.assert_works()
    assert list(secretariat.keyring().vault.names(NEXT)) == []


def test_a_key_that_waited_since_an_abandoned_call_is_not_taken_again(
    secretariat: Secretariat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has lain in backups since; and once another is named, it goes."""
    with monkeypatch.context() as patched:
        on_publishing("send_request")(patched)
        secretariat.rekey("--new-duty")
    (abandoned,) = secretariat.keyring().vault.names(NEXT)
    fresh, ran = secretariat.rekey("--new-duty")
    assert ran.code == 0, ran
    secretariat.roots = fresh
    assert abandoned.removeprefix(NEXT) not in secretariat.named()
    assert list(secretariat.keyring().vault.names(NEXT)) == []
    secretariat.assert_works()


def test_after_a_re_keying_whose_answer_was_lost_nobody_is_led_to_delete_what_counts(
    secretariat: Secretariat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay has it; to the officer it looks as if nothing had come of it, and the new keys were left over."""
    with monkeypatch.context() as patched:
        on_publishing("synchronise")(patched)
        fresh, _ = secretariat.rekey()
    secretariat.rounds -= 1
    _, same = secretariat.rekey()
    assert (same.code, "never deleted before `enlace network show` says" in same.err) == (2, True)
    _, other = secretariat.rekey()
    assert (other.code, "the keys it made may count by now" in other.err) == (3, True)
    secretariat.roots = fresh
    secretariat.assert_works()


def test_a_crash_between_the_keys_that_go_leaves_none_behind(
    secretariat: Secretariat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another waits from a call that was given up: whichever comes first by its name, the next run erases both."""
    for _ in range(2):
        with monkeypatch.context() as patched:
            on_publishing("send_request")(patched)
            secretariat.rekey("--new-duty")
    real, erased = Vault.erase, list[str]()

    def one(self: Vault, name: str) -> None:
        if name.startswith(NEXT) and erased:
            raise Crash
        erased.extend([name] if name.startswith(NEXT) else [])
        real(self, name)

    with monkeypatch.context() as patched:
        patched.setattr(Vault, "erase", one)
        fresh, _ = secretariat.rekey("--new-duty")
    assert [each.removeprefix(NEXT) in secretariat.named() for each in erased] == [False]
    secretariat.roots = fresh
    secretariat.assert_works()
    assert list(secretariat.keyring().vault.names(NEXT)) == []


def test_a_relay_file_after_a_crash_is_signed_by_the_key_that_the_directory_names(
    secretariat: Secretariat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Synchronising alone brought the directory that names it; the present relay is not asked with --from-size."""
    with monkeypatch.context() as patched:
        on_publishing("synchronise")(patched)
        fresh, _ = secretariat.rekey("--new-duty")
    secretariat.roots, office = fresh, secretariat.office
    size = str(office.ask("secretariat", "sync")["size"])
    keys, out = str(office.relay.folder / "relay-keys.json"), str(office.folder / "address")
    ran = office.run("secretariat", "network", "name-relay", "--relay-keys", keys, "--out", out, "--from-size", size)
    assert ran.code == 0, ran


def test_a_damaged_key_that_waits_stops_nothing(secretariat: Secretariat) -> None:
    folder = secretariat.office.profile("secretariat") / "vault"
    (folder / f"{NEXT}{'0' * 64}.age").write_bytes(b"damaged")
    secretariat.assert_works()
    fresh, ran = secretariat.rekey("--new-duty")
    assert ran.code == 0, ran
    secretariat.roots = fresh
    assert list(secretariat.keyring().vault.names(NEXT)) == []


def test_a_proposal_names_the_key_that_waits_and_it_takes_over_when_others_have_signed(
    secretariat: Secretariat,
) -> None:
    """However many keys were made since: any may take over, and the old one serves until one is published."""
    office, proposal = secretariat.office, str(secretariat.office.folder / "rekey.json")
    first, second = secretariat.keys[:1], secretariat.keys[1:2]
    secret = secretariat.keys[2]
    old = secretariat.voice()
    fresh, made = office.folder / "roots-proposed", str(office.folder / "passphrase")
    typed = ("network", "rekey", "--roots", str(fresh), "--new-passphrase-file", made, "--new-duty")
    asked = office.run("secretariat", *typed, *first, secret, "--proposal", proposal)
    assert asked.code == 8, asked
    assert secretariat.voice() == old
    (waiting,) = secretariat.keyring().vault.names(NEXT)
    for _ in range(2):
        next_duty(secretariat.keyring())
    secretariat.assert_works()
    looked = office.run("secretariat", "approve", proposal, "--show").out
    assert "duty key" in looked
    assert "today: " in looked
    done = office.run("secretariat", "approve", proposal, "--yes", *second, secret)
    assert done.code == 0, done
    secretariat.roots = fresh
    assert secretariat.voice() != old
    assert secretariat.voice().removeprefix("duty-") == waiting.removeprefix(NEXT)
    assert list(secretariat.keyring().vault.names(NEXT)) == []
    secretariat.assert_works()


def test_nothing_but_the_directory_makes_the_next_key_the_duty_key(secretariat: Secretariat) -> None:
    keyring, old = secretariat.keyring(), secretariat.voice()
    next_duty(keyring)
    assert not settle(keyring, View())
    office = secretariat.office
    assert office.ask("secretariat", "sync")["size"] == office.ask("co-desk", "sync")["size"]
    assert secretariat.voice() == old
    assert len(list(keyring.vault.names(NEXT))) == 1


def test_an_officer_s_profile_makes_none(secretariat: Secretariat) -> None:
    keyring = open_keyring(Profile.open(secretariat.office.profile("ar-admin")), PASSPHRASE.encode())
    with pytest.raises(Usage, match="the secretariat's profile"):
        next_duty(keyring)
    ran = secretariat.office.run("ar-admin", "network", "rekey", "--roots", "nowhere", *secretariat.keys)
    assert (ran.code, "the secretariat's profile" in ran.err) == (2, True)
