"""`enlace case` as it is typed, up to a bundle that a process without network, relay or profile checks."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cli_world import PASSPHRASE, Office, enlace
from shut_in import shut_in

from desk.cases.acts import CaseEvent, Say
from desk.cases.case_places import recalled
from desk.cases.writing import Said, saying, writer
from desk.commands.case_sending import find_case, queue
from desk.keys.key_sets import key_choices
from desk.link.session import connected
from desk.mail.content import Text
from desk.mail.message import Message, SealedFile
from desk.mail.sealing import recipients_of, seal
from desk.profile.folder import Profile
from desk.profile.unlocked import Unlocked, unlocked
from directory.canonical import encode
from relay.protocol import routes

pytest_plugins = ("shared_office",)


@pytest.fixture(scope="module")
def case(shared_office: Office) -> str:
    """A case of ar-desk and co-desk, with something said in it; its id."""
    office = shared_office
    opened = office.ask("ar-desk", "case", "open", "co-desk", "--title", "Bus to the coast")
    case = str(opened["case"])[:8]
    assert opened["sent"][0]
    office.ask("co-desk", "sync")
    office.ask("co-desk", "case", "join", case)
    office.ask("ar-desk", "sync")
    text, photo = office.file("said.txt", "They crossed at noon.\n"), office.file("photo.jpg", b"\xff\xd8 a photograph")
    office.ask("ar-desk", "case", "say", case, "-s", "Three persons", "--text", text, "-a", photo)
    office.ask("ar-desk", "case", "say", case, "-s", "For those named", "--tlp", "RED")
    office.ask("co-desk", "sync")
    office.ask("co-desk", "case", "show", case, "4")
    office.ask("ar-desk", "sync")
    return case


def test_a_case_is_shown_in_four_languages(shared_office: Office, case: str) -> None:
    for language, words in {"en": "In it", "es": "Participan", "pt": "Participam", "fr": "Membres"}.items():
        shown = shared_office.run("co-desk", "case", "show", case, "--language", language)
        assert shown.code == 0
        assert f"\n{words}" in shown.out
        assert "Three persons  [TLP:AMBER" in shown.out
        one = shared_office.run("co-desk", "case", "show", case, "4", "--language", language).out
        assert (", signed " in one) is (language == "en"), one
    plain = shared_office.ask("co-desk", "case", "show", case)
    assert [each["act"] for each in plain["events"]] == ["open", "invite", "join", "say", "say"]
    assert shared_office.ask("co-desk", "case", "list")["cases"][0]["members"] == ["ar-desk", "co-desk"]


def test_the_list_says_how_one_stands_in_each_case(shared_office: Office) -> None:
    office = shared_office
    name = str(office.ask("ar-desk", "case", "open", "co-desk", "--title", "Who is in it")["case"])[:8]
    office.ask("co-desk", "sync")

    def stands(who: str) -> tuple[str, str]:
        (plain,) = (each for each in office.ask(who, "case", "list")["cases"] if each["case"].startswith(name))
        (row,) = (each for each in office.run(who, "case", "list").out.splitlines() if name in each)
        return plain["you"], row.partition("said  ")[2]

    assert stands("ar-desk") == ("in", "ar-desk")
    assert stands("co-desk") == ("invited", f"ar-desk  (you are INVITED: `enlace case join {name}`)")
    assert office.run("ar-desk", "case", "join", name).code == 3
    office.ask("co-desk", "case", "join", name)
    assert stands("co-desk") == ("in", "ar-desk, co-desk")
    office.ask("co-desk", "case", "leave", name)
    assert stands("co-desk") == ("out", "ar-desk  (you are not in it)")


REFUSED = {
    ("invite", "{case}", "co-desk"): (2, "in this case, or invited, already"),
    ("invite", "{case}", "xx-desk"): (7, "there is no contact"),
    ("exclude", "{case}", "xx-desk"): (7, "not in this case"),
    ("guest", "{case}", "0123", "--for", "2d"): (7, "there is no officer"),
    ("end-guest", "{case}", "0123"): (7, "no guest of this case"),
    ("join", "{case}"): (3, "ar-desk is in this case already: nothing is left to join"),
    ("show", "{case}", "1"): (7, "nothing was said at place 1"),
    ("show", "00000000"): (7, "there is no case"),
    ("hand-over", "{case}", "--to", "co-desk", "9"): (7, "nothing was said at place 9"),
    ("hand-over", "{case}", "--to", "co-desk", "3"): (7, "nothing was said at place 3"),
    ("hand-over", "{case}", "--to", "co-desk", "00000000"): (7, "no message of this case has an id"),
    ("hand-over", "{case}", "--to", "co-desk", "1a"): (2, "neither a place of this case nor an id"),
    ("hand-over", "{case}", "--to", "co-desk", "--all", "4"): (2, "or give --all"),
    ("hand-over", "{case}", "--to", "nobody"): (7, "no contact, officer or device"),
    ("hand-over", "{case}", "--to", "ar-desk", "4"): (2, "an officer or a device of your own contact"),
    ("open", "ar-desk", "--title", "x"): (2, "opens the case"),
    ("open", "co-desk", "--title", ""): (2, "the title is blank: write in a line"),
    ("verify", "/nowhere"): (7, "there is no file"),
}


@pytest.mark.parametrize("typed", REFUSED)
def test_what_cannot_be_done_is_said(shared_office: Office, case: str, typed: tuple[str, ...]) -> None:
    code, words = REFUSED[typed]
    before = shared_office.ask("ar-desk", "case", "show", case)["events"]
    ran = shared_office.run("ar-desk", "case", *(each.format(case=case) for each in typed))
    assert (ran.code, words in ran.err) == (code, True), ran
    assert shared_office.ask("ar-desk", "case", "show", case)["events"] == before


def test_a_bundle_is_checked_by_a_process_without_network_relay_or_profile(
    shared_office: Office, case: str, tmp_path: Path
) -> None:
    office = shared_office
    secret = office.file("file-passphrase", "correct-horse-battery-staple\n")
    printed = enlace("relay", "policy", "--settings", office.relay.settings)
    policy, file = office.file("case.policy", printed.out), tmp_path / "case.age"
    made = office.ask("ar-desk", "case", "export", case, str(file), "--file-passphrase-file", secret)
    assert (made["message"], made["attachment"]) == (4, 1)
    assert list(made["left_out"].values()) == ["handling"]
    assert b"crossed" not in file.read_bytes()

    typed = ["case", "verify", str(file), "--file-passphrase-file", secret]
    ran, bare = shut_in(tmp_path, [[*typed, "--policy", policy, "--save", str(tmp_path)], [*typed, "--json"]])
    assert ran.code == 0, ran
    assert ran.out.startswith("WHOLE, and proven as far as is said here: case ")
    assert "Not proven: that what was said is true" in ran.out
    assert (tmp_path / "photo.jpg").read_bytes() == b"\xff\xd8 a photograph"
    assert "They crossed at noon." in (tmp_path / f"case-{case}.md").read_text("utf-8")
    assert bare.code == 9
    said = next(each for each in bare.plain["events"] if each["said"])
    assert all(each["proven"] for each in said["claims"]), said
    altered = tmp_path / "altered.age"
    altered.write_bytes(file.read_bytes()[:-1])
    again = enlace("case", "verify", str(altered), "--file-passphrase-file", secret)
    assert again.code == 6
    assert office.run("ar-desk", "case", "export", case, str(file)).code == 2


def test_what_is_handed_over_brings_its_files_or_says_which_did_not_come(shared_office: Office, case: str) -> None:
    """Of two files the sender's desk has lost both: one is fetched from the relay, which has lost the other."""
    office = shared_office
    papers = [office.file(name, name) for name in ("plan.txt", "list.txt")]
    files = office.profile("ar-desk") / "files"
    before = {each.name for each in files.iterdir()}
    office.ask("ar-desk", "case", "say", case, "-s", "Papers", "-a", papers[0], "-a", papers[1])
    sealed = sorted(each.name for each in files.iterdir() if each.name not in before)
    place = str(office.ask("ar-desk", "case", "show", case)["events"][-1]["place"])
    named = {each["name"]: each for each in office.ask("ar-desk", "case", "show", case, place)["files"]}
    assert {each["size"] for each in named.values()} == {8}
    for each in sealed:
        (files / each).unlink()
    next(office.relay.folder.rglob(sealed[0])).unlink()
    ran = office.run("ar-desk", "case", "hand-over", case, place, "--to", "co-desk")
    assert ran.code == 0, ran
    (told,) = [each for each in ran.err.splitlines() if "does not go along" in each]
    lost = next(each for each in named if each in told)
    (kept,) = named.keys() - {lost}
    office.ask("co-desk", "sync")
    shown = office.run("co-desk", "case", "show", case, place).out
    number = office.ask("co-desk", "case", "show", case, place)["number"]
    assert f"{kept} (8 B): saved by enlace read {number} --save" in shown
    package = office.ask("co-desk", "inbox")["messages"][-1]
    assert [each["name"] for each in package["attachments"]] == [kept]
    (saved,) = office.ask("co-desk", "read", str(package["number"]), "--save", str(office.folder / "letters"))["saved"]
    assert Path(saved).read_text("utf-8") == kept
    without = office.run("ar-desk", "case", "hand-over", case, place, "--to", "co-desk", "--no-files")
    assert (without.code, "go along" in without.err) == (0, False), without
    office.ask("co-desk", "sync")
    assert office.ask("co-desk", "inbox")["messages"][-1]["attachments"] == []


def said_falsely(office: Office, case: str, real: str, **said: Any) -> SealedFile:
    """co-desk, changed so that it checks nothing, says another thing of the file in what it said of subject `real`."""
    with changed_desk(office, "co-desk") as desk:
        message, earlier = said_in(desk, case)
        false = msgspec.structs.replace(earlier[real].attachments[0], **said)
        content = Text(subject=false.name, text="")
        queue(desk, msgspec.structs.replace(message, content=content, attachments=(false,)))
    return false


def said_in(desk: Unlocked, case: str) -> tuple[Message, dict[str, Message]]:
    """A message that a desk would say in a case, and those that it holds of it, by subject."""
    held, _ = find_case(desk, case)
    whose = writer(held, desk.replica(), desk.profile.identity.device, "", desk.clock())
    earlier = {getattr(each.message.content, "subject", ""): each.message for each in held.events.values()}
    return saying(whose, held, Said(Text(subject="x", text=""))), earlier


@contextmanager
def changed_desk(office: Office, name: str) -> Iterator[Unlocked]:
    """A desk that is changed so that it looks at nothing: what is queued in the block is sealed and submitted."""

    async def submit() -> None:
        view, now = desk.replica().view, desk.clock()
        async with connected(desk.keyring, desk.clock) as client:
            for stored in [each.stored for each in desk.mail.waiting()]:
                devices = recipients_of(view, stored.message, now).all()
                choices, _ = await key_choices(desk.store, client, view, devices, now)
                raw = seal(view, stored.message, stored.note, choices, {}, now).envelope.raw
                await client.call("POST", routes.ENVELOPES, data=raw, kind=routes.BYTES)
                desk.mail.given_up(stored.number)

    with unlocked(Profile.open(office.profile(name)), PASSPHRASE.encode(), lambda: int(time.time())) as desk:
        yield desk
        asyncio.run(submit())


def test_who_names_a_case_that_nobody_opened_takes_no_other_case_away(shared_office: Office, case: str) -> None:
    """Its id begins as the real one's does, which is what officers type: the real one is meant."""
    office = shared_office
    whole = str(office.ask("co-desk", "case", "show", case)["case"])
    fake = whole[:60] + ("0000" if whole[60:] != "0000" else "1111")
    with changed_desk(office, "co-desk") as desk:
        message, _ = said_in(desk, case)
        event = CaseEvent(case=fake, after=(fake,), act=Say())
        queue(desk, msgspec.structs.replace(message, case_event=event))
    office.ask("ar-desk", "sync")
    assert fake in [each["case"] for each in office.ask("ar-desk", "case", "list")["cases"]]
    for typed in (case, whole[:60], whole):
        assert office.ask("ar-desk", "case", "show", typed)["case"] == whole
    assert office.ask("ar-desk", "case", "show", fake)["events"] == []


def test_what_a_sender_says_falsely_of_a_file_keeps_no_other_from_going_along(
    shared_office: Office, case: str, tmp_path: Path
) -> None:
    """Another length, key or name of the same ciphertext. What the relay alone can have got wrong is an alarm."""
    office, name = shared_office, sha256(str(tmp_path).encode()).hexdigest()[:8]
    for subject in (f"Plan {name}", f"List {name}"):
        office.ask("co-desk", "case", "say", case, "-s", subject, "-a", office.file(f"{subject}.txt", subject))
    size = len(f"Plan {name}")
    longer = said_falsely(office, case, f"Plan {name}", name="longer", cipher_size=9_999_999)
    said_falsely(office, case, f"Plan {name}", name="shorter", cipher_size=7)
    said_falsely(office, case, f"Plan {name}", name="other", plain_size=size + 1, plain_hash="00" * 32)
    office.ask("ar-desk", "sync")
    places = [str(each["place"]) for each in office.ask("ar-desk", "case", "show", case)["events"][-5:]]
    office.ask("co-desk", "sync")
    before = len(office.ask("co-desk", "inbox")["messages"])

    ran = office.run("ar-desk", "case", "hand-over", case, *places, "--to", "co-desk")
    told = [each for each in ran.err.splitlines() if "does not go along" in each]
    assert (ran.code, len(told), "ALARM" in ran.err) == (0, 2, False), ran
    assert {each for each in ("longer", "shorter") if f"the file {each} of the message" in ran.err} == {
        "longer",
        "shorter",
    }
    assert all("its sender signed that the attachment has" in each for each in told)
    office.ask("co-desk", "sync")
    came = [each["attachments"] for each in office.ask("co-desk", "inbox")["messages"][before:]]
    assert sorted([file["name"] for file in each] for each in came if each) == [
        [f"Plan {name}.txt", f"List {name}.txt"],
        ["other"],
    ]

    secret, bundle = office.file("file-passphrase", "correct-horse-battery-staple\n"), str(tmp_path / "case.age")
    made = office.ask("ar-desk", "case", "export", case, bundle, "--file-passphrase-file", secret)
    assert longer.cipher_hash not in made["left_out"]  # it is in it, as the one signed it who sent it
    checked = enlace("case", "verify", bundle, "--file-passphrase-file", secret, "--save", str(tmp_path))
    assert (checked.code, (tmp_path / f"Plan {name}.txt").read_text()) == (9, f"Plan {name}"), checked
    assert not (tmp_path / "longer").exists()

    served = next(office.relay.folder.rglob(longer.cipher_hash))
    (office.profile("ar-desk") / "files" / longer.cipher_hash).unlink()
    served.write_bytes(served.read_bytes()[:-1] + b"x")
    ran = office.run("ar-desk", "case", "hand-over", case, *places[:2], "--to", "co-desk")
    assert (ran.code, f"ALARM: the file Plan {name}.txt of the message at place {places[0]}" in ran.err) == (5, True), (
        ran
    )
    office.ask("co-desk", "sync")
    last = office.ask("co-desk", "inbox")["messages"][-1]
    assert [each["name"] for each in last["attachments"]] == [f"List {name}.txt"]


def test_a_place_that_moved_since_it_was_shown_hands_nothing_over(shared_office: Office, case: str) -> None:
    """A message came late, and stands before others: the place leads elsewhere, and the id where it always did."""
    office = shared_office
    for subject in ("First", "Second"):
        office.ask("ar-desk", "case", "say", case, "-s", subject)
    shown = office.ask("ar-desk", "case", "show", case)["events"]
    first, second = shown[-2:]
    assert f"  {first['id'][:8]}\n" in office.run("ar-desk", "case", "show", case).out
    (kept,) = (office.profile("ar-desk") / "vault").glob(f"case-places-{case}*")
    sent = len(office.ask("ar-desk", "inbox", "--all")["messages"])
    with changed_desk(office, "ar-desk") as desk:  # what was shown before the first of them came
        whole = find_case(desk, case)[0].id
        led = recalled(desk.keyring.vault, whole) or ()
        desk.keyring.vault.put(kept.stem, encode((*led[:-2], led[-1])))
    ran = office.run("ar-desk", "case", "hand-over", case, str(first["place"]), "--to", "co-desk")
    words = f"place {first['place']} was {second['id'][:8]} when this case was shown last, and is {first['id'][:8]}, of"
    assert (ran.code, words in ran.err, "Nothing was done" in ran.err) == (3, True, True), ran
    assert office.run("ar-desk", "case", "show", case, str(first["place"])).code == 3
    assert len(office.ask("ar-desk", "inbox", "--all")["messages"]) == sent
    named = office.ask("ar-desk", "case", "hand-over", case, first["id"][:8], "--to", "co-desk")
    assert named["handed"] == [{"place": first["place"], "id": first["id"]}]
    kept.unlink()
    ran = office.run("ar-desk", "case", "hand-over", case, str(first["place"]), "--to", "co-desk")
    assert (ran.code, "were not shown on this desk yet" in ran.err) == (3, True), ran
    office.ask("ar-desk", "case", "show", case)
    ran = office.run("ar-desk", "case", "hand-over", case, str(first["place"]), "--to", "co-desk")
    assert (ran.code, f"({first['id'][:8]}) handed to co-desk" in ran.out) == (0, True), ran
