"""What administrators and the secretariat type: enrolment, contacts, officers, devices, members, root keys."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pyotp
import pytest
from cli_world import MEMBERS, Office, Ran

from crypto.encoding import b64
from crypto.signing import SecretPair
from desk.demo.relay_host import free_port
from desk.errors import Unreachable
from desk.profile import enrolment
from relay.protocol.invitation import read_invitation, write_invitation

PROPOSED = 8
CODE = re.compile(r"^  ([0-9A-Z-]{12,})$", re.MULTILINE)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office for this file alone: members and keys come and go in it."""
    with Office.opened(tmp_path_factory.mktemp("offices") / "office") as office:
        yield office


def invitation(office: Office, name: str, *options: str, who: str = "ar-admin") -> dict[str, str]:
    """Invite a coordinator; returns the answer, with the officer's id and the file."""
    out = str(office.folder / "letters" / name)
    given = options or ("--role", "coordinator", "--label", name)
    answer: dict[str, str] = office.ask(who, "invite", *given, "--out", out)
    return answer


def code_of(uri: str) -> str:
    """The code that a telephone shows now."""
    phone = pyotp.parse_uri(uri)
    assert isinstance(phone, pyotp.TOTP)
    return phone.now()


def test_enrolment_as_people_see_it(office: Office) -> None:
    letter = office.run(
        "ar-admin", "invite", "--role", "investigator", "--label", "Unidad de análisis", "--out",
        str(office.folder / "letters" / "people"),
    ).out  # fmt: skip
    officer, path = re.findall(r"Invited officer ([0-9a-f]{8})\. Hand over, outside the relay: (.*)", letter)[0]
    begun = office.run("people", "enrol", path, "--no-wait")
    assert "by voice:\n\n  " in begun.out
    fingerprint = re.search(r"(\d{5} ){11}\d{5}", begun.out)
    assert fingerprint
    assert "Call `enlace enrol` again when your administrator has confirmed." in begun.err
    other = invitation(office, "meanwhile")["officer"]
    which = office.run("ar-admin", "officer", "confirm", "--yes")
    assert (which.code, f"{officer} (Unidad de análisis)" in which.err, f"{other[:8]} (meanwhile)" in which.err) == (
        2, True, True
    )  # fmt: skip
    assert office.run("ar-admin", "officer", "revoke", other, "--yes").code == 0
    confirmed = office.run("ar-admin", "officer", "confirm", "--yes")  # the only one left
    assert f"officer {officer} (Unidad de análisis) shows this fingerprint:" in confirmed.err
    assert fingerprint[0] in confirmed.err
    assert re.fullmatch(r"Enrolled device [0-9a-f]{16}…\n", confirmed.out)
    shown = office.run("people", "enrol", "--code-file", office.file("code", "12345"))
    assert (shown.code, "a code has 6 digits" in shown.err) == (6, True)
    assert "▀" in shown.out  # a QR code
    assert re.search(r"Or type the secret: [A-Z2-7]{32}\n", shown.out)
    narrow = office.run("people", "enrol", "--code-file", office.file("code", "12345"), encoding="ascii")
    assert "▀" not in narrow.out
    assert re.search(r"type the secret: [A-Z2-7]{32}\n", narrow.out)
    assert "There is no QR code" in narrow.err


def test_an_invitation_that_expired_or_was_damaged_is_refused(office: Office) -> None:
    raw = Path(invitation(office, "expired")["invitation"]).read_bytes()
    old = msgspec.structs.replace(read_invitation(raw, 0), expires=int(time.time()) - 1)
    expired = office.run("late", "enrol", office.file("old.txt", write_invitation(old)))
    assert (expired.code, "the invitation has expired; ask your administrator" in expired.err) == (2, True)
    damaged = office.run("late", "enrol", office.file("bad.txt", raw.replace(b'"secret":"', b'"secret":"x')))
    assert (damaged.code, "this is not an invitation, or it was altered" in damaged.err) == (2, True)
    assert not office.profile("late").exists()


def test_an_invitation_that_was_used_is_refused(office: Office) -> None:
    letter = invitation(office, "used")["invitation"]
    office.enrol("used", letter, "ar-admin")
    again = office.run("thief", "enrol", letter, "--no-wait")
    assert (again.code, "The invitation is unknown, used up or expired" in again.err) == (3, True)


@pytest.mark.parametrize("ended", [Unreachable("the relay does not answer"), KeyboardInterrupt()])
def test_an_enrolment_whose_end_was_not_seen_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch, ended: BaseException
) -> None:
    """The relay says the recovery codes once: they are shown before the directory is asked."""
    name = f"seen-{type(ended).__name__.lower()}"
    invited = invitation(office, name)
    offered = office.ask(name, "enrol", invited["invitation"], "--no-wait")
    office.ask("ar-admin", "officer", "confirm", invited["officer"], "--yes")
    uri = json.loads(office.run(name, "enrol", "--json").out.splitlines()[0])["uri"]
    code = office.file(f"{name}-code", code_of(uri))

    async def cut_off(*_: object) -> None:
        raise ended

    with monkeypatch.context() as patched:
        patched.setattr("desk.commands.enrol.check_enrolled", cut_off)
        ran = office.run(name, "enrol", "--code-file", code)
    assert ran.code == (4 if isinstance(ended, Unreachable) else 130)
    assert len(CODE.findall(ran.out)) == 10
    if isinstance(ended, Unreachable):
        assert "call `enlace enrol` once more to look this desk up in it" in ran.err
    assert office.run(name, "enrol").out == "Enrolled.\n"
    assert office.ask(name, "status")["device"] == offered["device"]
    assert "this desk is enrolled already" in office.run(name, "enrol").err


def test_recovery_codes_that_were_not_shown_are_kept_for_the_next_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a power failure right behind the log-in. Once shown, this desk has them no more."""
    invited = invitation(office, "unshown")
    office.ask("unshown", "enrol", invited["invitation"], "--no-wait")
    office.ask("ar-admin", "officer", "confirm", invited["officer"], "--yes")
    uri = json.loads(office.run("unshown", "enrol", "--json").out.splitlines()[0])["uri"]
    code = office.file("unshown-code", code_of(uri))

    def power_failure(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("desk.commands.enrol._show_codes", power_failure)
        cut = office.run("unshown", "enrol", "--code-file", code)
    assert (cut.code, CODE.findall(cut.out)) == (130, [])
    kept = office.profile("unshown") / "vault" / "recovery-codes.age"
    sealed = kept.read_bytes()
    again = office.run("unshown", "enrol")
    codes = CODE.findall(again.out)
    assert (again.code, len(codes), again.out.endswith("Enrolled.\n"), kept.exists()) == (0, 10, True, False)
    assert not any(each.encode() in sealed for each in codes)
    assert office.run("unshown", "logout").code == 0
    office.ask("unshown", "login", "--recovery", "--code-file", "-", feed=codes[0].encode())


def test_a_desk_enrolled_with_other_keys_is_told_in_plain_words(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here by an administrator's desk that puts a reception key of its own in the place of the new desk's."""
    invited = invitation(office, "wronged")
    office.ask("wronged", "enrol", invited["invitation"], "--no-wait")
    honest = enrolment.offer_of

    async def lying(*given: Any) -> enrolment.Offer:
        offer = await honest(*given)
        own = {"reception_ed25519": b64(SecretPair.generate().public.ed25519)}
        return replace(offer, statement=offer.statement | own)

    with monkeypatch.context() as patched:
        patched.setattr("desk.commands.officers.offer_of", lying)
        office.ask("ar-admin", "officer", "confirm", invited["officer"], "--yes")
    uri = json.loads(office.run("wronged", "enrol", "--json").out.splitlines()[0])["uri"]
    ran = office.run("wronged", "enrol", "--code-file", office.file("wronged-code", code_of(uri)))
    assert ran.code == 5
    assert "ALARM: the reception keys in the directory are not the ones made here" in ran.err
    assert "tell the network's secretariat by telephone" in ran.err
    assert "Enrolled" not in ran.out
    folder = Path(ran.err.rpartition("What was seen is kept in ")[2].strip())
    assert {each.name for each in folder.iterdir()} >= {"enrolment.txt", "reception.json", "identity.json"}
    again = office.run("wronged", "sync", "--json")
    assert (again.code, again.plain["kind"]) == (5, "distrust")


def test_another_device_of_an_officer(office: Office) -> None:
    letter = invitation(office, "laptop", "--officer", office.officers["ar-desk"][:12])
    assert letter["officer"] == office.officers["ar-desk"]
    office.enrol("ar-laptop", letter["invitation"], "ar-admin")
    told = office.run("ar-desk", "sync").err
    assert re.search(r"! another device was enrolled for you: [0-9a-f]{8}\.", told)
    device = office.ask("ar-laptop", "status")["device"]
    listed = office.run("ar-admin", "device", "list").out
    assert re.search(rf"{device[:16]}  officer {letter['officer'][:8]}  ar +live +Officer on duty\n", listed)
    assert "co-" not in listed
    assert len(office.ask("ar-admin", "device", "list", "--all")["devices"]) > len(listed.splitlines())
    revoked = office.run("ar-admin", "device", "revoke", device[:16], "--reason", "stolen", "--yes")
    assert revoked.out == f"Revoked device {device[:16]}…\n"
    refused = office.run("ar-laptop", "sync", "--json")
    assert refused.code == 3
    assert refused.plain["error"].startswith("This device was revoked. Nothing reaches this desk")
    assert "revoked stolen" in office.run("ar-admin", "device", "list").out
    for typed in (("sync",), ("watch", "--once"), ("watch",)):  # the last would go on if there were any use in it
        assert office.run("ar-laptop", *typed).code == 3


def test_officers_are_listed_changed_and_revoked(office: Office) -> None:
    officer = invitation(office, "guard", "--role", "coordinator", "--label", "Guardia")["officer"]
    assert re.search(
        rf"^{officer[:8]}  Guardia +coordinator +invited$", office.run("ar-admin", "officer", "list").out, 8
    )
    ids = office.run("ar-admin", "officer", "list", "--role", "coordinator", "--ids").out.split()
    assert officer in ids
    assert all(len(each) == 32 for each in ids)
    roles = office.run("ar-admin", "officer", "roles", officer[:10], "--role", "investigator")
    assert roles.out == f"Officer {officer[:8]}: investigator.\n"
    assert office.run("ar-admin", "officer", "revoke", officer, "--yes").out == f"Revoked officer {officer[:8]}.\n"
    listed = {each["officer"]: each for each in office.ask("ar-admin", "officer", "list")["officers"]}
    assert (listed[officer]["revoked"], listed[officer]["roles"]) == (True, ["investigator"])
    assert officer not in office.run("ar-admin", "officer", "list", "--ids").out


def test_contacts_are_published_attested_imported_and_retired(office: Office) -> None:
    details = ("--set", "function=extradition", "--set", "name_es=Extradiciones", "--set", "phone=+12025550111")
    assert office.run("ar-admin", "contact", "publish", "ar-extradition", *details).out == "Published ar-extradition.\n"
    changed = office.ask("ar-admin", "contact", "publish", "ar-extradition", "--set", "name_en=Extraditions")
    assert (changed["cells"]["name_es"], changed["cells"]["name_en"]) == ("Extradiciones", "Extraditions")
    attested = office.run("ar-admin", "contact", "attest", "ar-extradition", "--yes")
    assert attested.out == "Confirmed: ar-extradition.\n"
    assert "name_es            Extradiciones" in attested.err
    tried = office.run("ar-admin", "contact", "import", "--sample", "--dry-run")
    assert tried.out.endswith("Nothing was changed (--dry-run).\n")
    first = office.ask("ar-admin", "contact", "import", "--sample", "--yes")
    assert first["added"] > 3
    assert office.run("ar-admin", "contact", "import", "--sample").out.endswith("0 statements published.\n")
    path = office.file("one.csv", "contact,country,function,name_es\nar-customs,AR,customs,Aduanas\n")
    assert office.ask("ar-admin", "contact", "import", path, "--yes")["added"] == 1
    gone = office.run("ar-admin", "contact", "retire", "ar-customs", "ar-customs", "ar-extradition", "--yes")
    assert gone.code == 0
    assert office.run("ar-admin", "show", "ar-customs").code == 7


def test_a_second_administrator_signs_what_needs_two(office: Office) -> None:
    proposal = str(office.folder / "second.json")
    asked = office.run("co-admin", "invite", "--role", "administrator", "--label", "Segunda", "--out",
                       str(office.folder / "letters" / "second"), "--proposal", proposal)  # fmt: skip
    assert (asked.code, f"Written to {proposal}; they look at it and sign" in asked.err) == (PROPOSED, True)
    seen = office.run("secretariat", "approve", proposal, *office.roots)
    assert (seen.code, "Sign this too? There is no terminal to ask at" in seen.err) == (2, True)
    for row in (
        "1 of 1: enrol-officer",
        r"roles +administrator",
        r"label +Segunda",
        r"member +co \(en=Authority CO\)",
        r"signed by +officer [0-9a-f]{32} \(the label is not known here\), administrator of co, device \d{5} ",
        r"so far +does not count yet: enrolling an officer",
    ):
        assert re.search(row, seen.err), row
    looked = office.ask("co-desk", "approve", proposal, "--show")["proposal"]
    assert [(each["number"], each["of"], each["kind"]) for each in looked] == [(1, 1, "enrol-officer")]
    assert {"name": "roles", "value": ["administrator"]} in looked[0]["rows"]
    assert "1 of 1: enrol-officer" in office.run("co-admin", "approve", proposal, "--show").out
    mute = office.run("co-desk", "approve", proposal, "--yes", "--proposal", str(office.folder / "mute.json"))
    assert (mute.code, "this officer's signature counts for nothing here" in mute.err) == (3, True)
    assert not (office.folder / "mute.json").exists()
    signed = office.run("secretariat", "approve", proposal, "--yes", *office.roots)
    assert re.fullmatch(r"Signed and published at position \d+\.\n", signed.out)
    office.ask("co-admin", "sync")
    (officer,) = [
        each["officer"] for each in office.ask("co-admin", "officer", "list")["officers"] if each["label"] == "Segunda"
    ]
    again = office.run("secretariat", "approve", proposal, "--yes", *office.roots)
    assert again.code in (0, 3)  # published already: told so, or taken for what it is
    letter = invitation(office, "second", "--officer", officer, who="co-admin")
    assert Path(letter["invitation"]).exists()


def test_the_secretariat_s_desk_says_what_it_is(office: Office) -> None:
    shown = office.run("secretariat", "status").out
    who = r"secretariat, network enlace\.example\nDuty key   (\d{5} ){11}\d{5}"
    assert re.fullmatch(who + r"\nDirectory  .*\nStanding   follows its log\n", shown)
    refused = office.run("secretariat", "officer", "list")
    assert (refused.code, "say whose with --member" in refused.err) == (2, True)


def test_members_come_and_go(office: Office) -> None:
    admitted = office.run(
        "secretariat", "network", "admit", "ec", "--country", "ec", "--name", "es=Fiscalía", "--out",
        str(office.folder / "stick"), *office.roots,
    )  # fmt: skip
    assert re.fullmatch(
        r"Admitted ec\. Invitations, to be handed over outside the relay:\n(  [0-9a-f]{8}  .*\.txt\n){2}", admitted.out
    )
    assert re.search(r"^  ec +admitted +es=Fiscalía$", office.run("secretariat", "network", "show").out, re.MULTILINE)
    suspended = office.run("secretariat", "network", "suspend", "ec", "--hours", "2")
    assert re.fullmatch(r"Suspended ec until .* UTC, unless the roots confirm\.\n", suspended.out)
    assert office.ask("secretariat", "network", "show")["members"] == {
        "ar": "admitted",
        "co": "admitted",
        "ec": "suspended",
    }
    assert office.run("secretariat", "network", "reinstate", "ec", *office.roots).out == "Reinstated ec.\n"
    forever = office.run("secretariat", "network", "suspend", "ec", *office.roots)
    assert forever.out == "Suspended ec until reinstated.\n"
    assert office.run("secretariat", "network", "revoke", "ec", "--yes", *office.roots).out == "Revoked ec.\n"
    office.ask("ar-desk", "sync")
    shown = office.run("ar-desk", "network", "show").out
    assert re.search(r"^  ec +revoked$", shown, re.MULTILINE)
    assert re.search(r"^Fingerprint  (\d{5} ){11}\d{5}$", shown, re.MULTILINE)


def test_nobody_is_admitted_whose_invitations_could_not_be_written(office: Office) -> None:
    office.file("in-the-way", "")
    refused = office.run(
        "secretariat", "network", "admit", "pe", "--country", "PE", "--name", "es=x",
        "--out", str(office.folder / "in-the-way"), *office.roots,
    )  # fmt: skip
    assert refused.code == 2
    assert "pe" not in office.ask("secretariat", "network", "show")["members"]


def test_root_keys_are_replaced(office: Office) -> None:
    fresh, secret = office.folder / "fresh-roots", str(office.folder / "passphrase")
    typed = ("network", "rekey", "--roots", str(fresh), "--new-passphrase-file", secret)
    alone = office.run("secretariat", *typed, *office.roots[::2])
    assert (alone.code, "--proposal FILE" in alone.err) == (2, True)
    assert not fresh.exists()  # nothing was made, so the same call can be made again
    done = office.run("secretariat", *typed, *office.roots)
    assert done.out.startswith(f"Re-keyed: 2 of 3 keys in {fresh}.\nRoot key 1    ")
    old = office.run("secretariat", "network", "suspend", "co", *office.roots)
    assert (old.code, "this root key is none of the network's, or no longer" in old.err) == (3, True)
    for path in (office.folder / "roots").iterdir():
        path.unlink()
    for path in fresh.iterdir():
        path.rename(office.folder / "roots" / path.name)
    assert office.ask("secretariat", "network", "suspend", "co", *office.roots)["member"] == "co"
    assert office.ask("secretariat", "network", "reinstate", "co", *office.roots)["member"] == "co"


def found(office: Office, name: str, keys: Path) -> Ran:
    secret = str(office.folder / "passphrase")
    return office.run(
        name, "network", "found", "--name", "other.example", "--relay-keys", str(keys), "--roots",
        str(office.folder / f"{name}-roots"), "--root-passphrase-file", secret,
    )  # fmt: skip


def test_a_founding_without_a_relay_makes_nothing(office: Office) -> None:
    told = (office.relay.folder / "relay-keys.json").read_text()
    nobody = told.replace(json.loads(told)["relay"], f"https://localhost:{free_port()}")
    ran = found(office, "founder", Path(office.file("other-keys.json", nobody)))
    assert (ran.code, "does not answer" in ran.err) == (4, True)
    assert not office.profile("founder").exists()
    assert not (office.folder / "founder-roots").exists()


def test_a_founding_that_the_relay_refuses_costs_no_key(office: Office) -> None:
    ran = found(office, "usurper", office.relay.folder / "relay-keys.json")
    assert ran.code == 3
    assert "The relay did not take this founding. Keep the root keys" in ran.err


def test_every_member_of_the_office_was_used() -> None:
    assert set(MEMBERS) == {"ar", "co"}
