"""The relay's next keys named by root keys that are never online, days ahead; typed as people type it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import Office, Ran, enlace


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with Office.opened(tmp_path_factory.mktemp("offline") / "office") as office:
        yield office


def signed_offline(office: Office, request: Path) -> str:
    """What two holders of root keys make of a request, each on a machine of their own."""
    files = []
    for number in (1, 2):
        out = office.folder / f"{request.name}-{number}"
        ran = enlace(
            "root", "sign", str(request), "--root-key", str(office.folder / "roots" / f"root-{number}.age"),
            "--root-passphrase-file", str(office.folder / "passphrase"), "--out", str(out), "--yes",
        )  # fmt: skip
        assert ran.code == 0, ran
        assert "continues" in ran.err + ran.out  # whoever signs sees which log goes on, and from where
        files.append(str(out))
    together = str(office.folder / f"{request.name}-signed")
    assert enlace("root", "combine", *files, "--out", together).code == 0
    return together


def name_relay(office: Office, *options: str) -> Ran:
    keys = str(office.relay.folder / "relay-keys-next.json")
    out = str(office.folder / "relay-file")
    return office.run("secretariat", "network", "name-relay", "--relay-keys", keys, "--out", out, *options)


def test_what_was_signed_for_something_else_names_no_relay(office: Office) -> None:
    assert enlace("relay", "rekey", str(office.relay.folder)).code == 0
    request = office.folder / "other"
    asked = office.run("secretariat", "network", "suspend", "co", "--request", str(request))
    assert asked.code == 8, asked
    files = []
    for number in (1, 2):
        files.append(str(office.folder / f"other-{number}"))
        ran = enlace(
            "root", "sign", str(request), "--root-key", str(office.folder / "roots" / f"root-{number}.age"),
            "--root-passphrase-file", str(office.folder / "passphrase"), "--out", files[-1], "--yes",
        )  # fmt: skip
        assert ran.code == 0, ran
    together = str(office.folder / "other-signed")
    assert enlace("root", "combine", *files, "--out", together).code == 0
    ran = name_relay(office, "--signed", together)
    assert (ran.code, "the statement in it names no relay" in ran.err) == (2, True)
    assert not (office.folder / "relay-file").exists()


def test_asked_signed_and_published_while_the_log_grows(office: Office) -> None:
    assert enlace("relay", "rekey", str(office.relay.folder)).code == 0
    office.relay.stop()
    office.relay.start()
    request = office.folder / "request"
    asked = name_relay(office, "--request", str(request))
    assert (asked.code, "Nothing is published yet" in asked.err) == (8, True)
    assert not (office.folder / "relay-file").exists()
    signed = signed_offline(office, request)
    office.ask("ar-admin", "contact", "attest", "ar-desk", "--yes")
    done = name_relay(office, "--signed", signed, "--json")
    assert done.code == 0, done
    assert done.plain["size"] == office.ask("ar-desk", "sync")["size"]
    again = name_relay(office, "--json")  # the same file, handed over once more
    assert (again.code, again.plain["size"]) == (0, done.plain["size"])
    office.ask("ar-desk", "send", "co-desk", "-s", "Under the new keys")
    assert enlace("relay", "rekey", str(office.relay.folder), "--take").code == 0
