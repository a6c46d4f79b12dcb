"""`enlace policy` and `enlace proof`: a relay with a witness, a desk that wants one, a stranger."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_world import HOUSE, Office, Ran, enlace

from crypto.note import Note, parse_note
from crypto.policy import parse_policy
from crypto.proof import parse_proof
from relay.protocol.invitation import read_invitation

RUN = "from relay.witness.commands import witness; witness()"


@dataclass
class Place:
    """An office whose relay has one witness, ar's; `policy` needs it."""

    office: Office
    witness: Path
    policy: str

    def call_out(self) -> None:
        """Have the witness cosign what the relay has now."""
        authority = str(self.office.relay.folder / "tls" / "authority.pem")
        command = [sys.executable, "-c", RUN, "call-out", str(self.witness), "--authority", authority, "--once"]
        subprocess.run(command, cwd=HOUSE, check=True, capture_output=True)

    def fresh(self, name: str) -> str:
        """A path that nothing has yet."""
        path = self.office.folder / name
        path.unlink(missing_ok=True)
        return str(path)


def keygen(folder: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", RUN, "keygen", str(folder), "--name", "enlace.example/witness/ar", "--json"],
        cwd=HOUSE, check=True, capture_output=True,
    )  # fmt: skip
    assert b'"fingerprint"' in ran.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("proof")
    keygen(folder / "witness")
    public = str(folder / "witness" / "witness.policy")
    with Office.opened(folder / "office", ENLACE_WITNESSES_FILE=public) as office:
        told = enlace("relay", "policy", "--settings", office.relay.settings, environ={"ENLACE_WITNESSES_FILE": public})
        assert told.code == 0, told.err
        (folder / "witness" / "logs.policy").write_text(told.out)
        here = Place(office, folder / "witness", office.file("trust.policy", told.out))
        here.call_out()
        for name in ("co-desk", "ar-admin"):
            office.ask(name, "sync")
            taken = office.ask(name, "policy", "take", here.policy, "--yes")
            assert (taken["changed"], taken["needed"]) == (True, "1 of 1: ar (2 of 2: ar-ed25519, ar-mldsa44)")
        yield here


def check(*arguments: str) -> Ran:
    """`enlace proof verify`, by somebody who has no profile."""
    return enlace("proof", "verify", *arguments, "--json", environ={"ENLACE_PROFILE": "/nonexistent"})


def test_the_relays_policy_names_log_and_witness(place: Place) -> None:
    policy = parse_policy(Path(place.policy).read_bytes())
    assert (len(policy.logs), len(policy.witnesses), policy.quorum) == (2, 2, "members")
    assert all(each.url.endswith("/v1/log") for each in policy.logs)
    none = enlace("relay", "policy", "--settings", place.office.relay.settings)  # no witnesses in these settings
    assert none.out.endswith("quorum none\n")
    more = enlace("relay", "policy", "--settings", place.office.relay.settings, "--needed", "2", "--json")
    assert (more.code, "0 are registered" in more.out) == (3, True)


def test_a_desk_shows_its_policy_and_who_vouches(place: Place) -> None:
    shown = place.office.ask("co-desk", "policy", "show")
    assert shown["directory"]["witnessed"]
    assert shown["directory"]["age"] < 600
    file = place.office.ask("co-desk", "policy", "show", "--file")
    assert file["policy"] == Path(place.policy).read_text()
    assert place.office.ask("co-desk", "status")["directory"]["witnessed"]
    assert "vouched for by its witnesses" in place.office.run("co-desk", "status").out
    assert "unwitnessed" in place.office.run("ar-desk", "status").out
    assert place.office.run("ar-desk", "policy", "show", "--file").code == 7
    again = place.office.ask("co-desk", "policy", "take", place.policy)  # nothing to confirm
    assert not again["changed"]


def test_a_policy_of_another_log_is_refused_and_another_is_asked_about(place: Place) -> None:
    other = place.office.file("other.policy", Path(place.policy).read_text().partition("\n")[2])
    refused = place.office.run("co-desk", "policy", "take", other, "--yes", "--json")
    assert (refused.code, "does not name the log" in refused.err + refused.out) == (3, True)
    bad = place.office.file("bad.policy", "hello\n")
    assert place.office.run("co-desk", "policy", "take", bad, "--yes").code == 2
    weaker = place.office.file("weaker.policy", "".join(
        each for each in Path(place.policy).read_text().splitlines(keepends=True) if each.startswith("log")
    ) + "quorum none\n")  # fmt: skip
    asked = place.office.run("co-desk", "policy", "take", weaker)
    assert asked.code == 2
    assert "WEAKER" in asked.err
    assert "--yes" in asked.err
    assert place.office.ask("co-desk", "policy", "show")["directory"]["witnessed"]


def test_an_entry_is_proven_to_a_stranger(place: Place) -> None:
    file = place.fresh("ar.tlog-proof")
    told = place.office.ask("co-desk", "proof", "export", "ar-desk", "--body", "-o", file)
    ran = check(file, "--policy", place.policy)
    assert ran.code == 0, ran
    assert (ran.plain["proven"], ran.plain["index"], ran.plain["size"]) == (True, told["index"], told["size"])
    assert ran.plain["statement"]["contact"] == "ar-desk"
    assert ran.plain["body"]["names"] == {"en": "Desk of AR"}
    assert set(ran.plain["witnesses"]) == {"ar-ed25519", "ar-mldsa44"}
    people = enlace("proof", "verify", file, "--policy", place.policy)
    assert people.out.startswith("PROVEN: the statement stands in the log")
    assert "of kind publish-contact" in people.out
    assert place.office.run("co-desk", "proof", "export", "ar-desk", "-o", file).code == 2  # it is there already


def test_a_statement_is_proven_by_its_number_and_shows_no_names(place: Place) -> None:
    file = place.fresh("zero.tlog-proof")
    place.office.ask("co-desk", "proof", "export", "0", "-o", file)
    ran = check(file, "--policy", place.policy)
    assert (ran.plain["statement"]["kind"], ran.plain["body"]) == ("found-network", None)
    shown = place.fresh("body.tlog-proof")
    assert place.office.run("co-desk", "proof", "export", "0", "--body", "-o", shown).code == 7
    for what in ("9999", "xx-nobody"):
        assert place.office.run("co-desk", "proof", "export", what, "-o", shown).code == 7


def test_a_checkpoint_is_proven_alone(place: Place) -> None:
    file = place.fresh("checkpoint.txt")
    place.office.ask("co-desk", "proof", "export", "--checkpoint", "-o", file)
    ran = check(file, "--policy", place.policy)
    assert (ran.code, ran.plain["index"], ran.plain["statement"]) == (0, None, None)
    for wrong in ((), ("ar-desk", "--checkpoint"), ("--checkpoint", "--body")):
        assert place.office.run("co-desk", "proof", "export", *wrong).code == 2


def test_what_is_wrong_is_told_apart(place: Place) -> None:
    file = place.fresh("good.tlog-proof")
    place.office.ask("co-desk", "proof", "export", "ar-desk", "-o", file)
    raw = Path(file).read_bytes()
    proof = parse_proof(raw)
    note = parse_note(proof.checkpoint)
    alone = Note(note.text, note.signatures[:2]).write()
    cases = {
        3: raw.replace(proof.checkpoint, alone),
        5: raw.replace(f"index {proof.index}\n".encode(), f"index {proof.index - 1}\n".encode()),
        2: raw.replace(b"index ", b"indix "),
    }
    for code, changed in cases.items():
        assert changed != raw
        ran = check(place.office.file("changed.tlog-proof", changed), "--policy", place.policy)
        assert ran.code == code, ran
    assert check(file, "--policy", place.office.file("bad.policy", "hello\n")).code == 2
    assert check(str(place.office.folder / "nothing"), "--policy", place.policy).code == 7
    assert check("-", "--policy", "-").code == 2
    assert check(file, "--policy", place.policy, "--entry", place.office.file("entry", "x")).code == 2
    bare = place.office.file("bare.tlog-proof", raw.partition(b"\n")[0] + b"\n" + raw.split(b"\n", 2)[2])
    assert check(bare, "--policy", place.policy).code == 2
    entry = place.office.file("entry", check(file, "--policy", place.policy).plain["entry"])
    assert check(bare, "--policy", place.policy, "--entry", entry).code == 0
    assert check(bare, "--policy", place.policy, "--entry", place.office.file("other", "x\n\n")).code == 5


def test_an_invitation_brings_the_policy(place: Place) -> None:
    out = str(place.office.folder / "letters" / "more")
    told = place.office.ask("ar-admin", "invite", "--role", "coordinator", "--label", "Second", "--out", out)
    invitation = read_invitation(Path(told["invitation"]).read_bytes(), 0)
    assert invitation.policy == Path(place.policy).read_text()
    assert parse_note(invitation.checkpoint.encode()).names().count("enlace.example/witness/ar") == 0
    place.office.enrol("ar-second", told["invitation"], "ar-admin")
    assert place.office.ask("ar-second", "policy", "show")["policy"] == invitation.policy


def test_without_witnesses_nothing_is_sealed_and_nothing_proven(place: Place) -> None:
    office = place.office
    name = office.copy("ar-desk", "ar-waiting")
    office.ask("ar-admin", "contact", "attest", "ar-desk", "--yes")  # the log grows, and nobody has cosigned that yet
    office.ask(name, "sync")
    office.ask(name, "policy", "take", place.policy, "--yes")
    found = office.run(name, "find", "desk")
    assert "no witnesses that the trust policy needs" in found.err
    office.papers[name] = office.papers["ar-desk"]
    office.ask(name, "logout")
    queued = office.run(name, "send", "co-desk", "--subject", "it cannot wait", "--no-text", "--old-directory")
    assert queued.code == 6
    office.log_in(name)
    office.ask(name, "sync")
    assert office.ask(name, "status")["outbox"] == 1  # nothing is sealed by a directory that nobody vouches for
    refused = office.run(name, "send", "co-desk", "--subject", "x", "--no-text")
    assert (refused.code, "--old-directory" in refused.err) == (3, True)
    file = place.fresh("unwitnessed.tlog-proof")
    assert office.run(name, "proof", "export", "ar-desk", "-o", file).code == 3
    office.ask(name, "proof", "export", "ar-desk", "-o", file, "--unwitnessed")
    assert check(file, "--policy", place.policy).code == 3
    place.call_out()
    office.ask(name, "sync")
    assert office.ask(name, "policy", "show")["directory"]["age"] < 600
    assert office.ask(name, "status")["outbox"] == 0
    assert office.ask(name, "send", "co-desk", "--subject", "x", "--no-text")["sent"]
