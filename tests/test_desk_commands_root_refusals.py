"""What the root ceremony refuses, offline and at the desk that publishes: in words, and with nothing changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ceremony_machines import Ceremony, admission, ceremony, everything
from ceremony_world import naming, signed
from desk_world import network

from desk.roots.root_signed import write_signed

WORLD = network()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceremony]:
    """A network that was founded by ceremony, with one member."""
    with ceremony(tmp_path_factory.mktemp("refusals") / "office") as opened:
        assert opened.found("vault-1", "vault-2", "vault-3").code == 0
        opened.ask("ar", *admission("ar"))
        assert opened.publish(opened.sign("ar", "vault-2", "vault-3"), "--out", str(opened.letters)).code == 0
        yield opened


# Refusals: what is typed, where, the exit code, and words. `{…}` are files of the fixture `spoiled`.

SIGN = ("root", "sign", "{request}", "--root-key", "{key}", "{passphrase}", "--out", "{out}", "--yes")


def sign(**changes: str) -> tuple[str, ...]:
    """The command that signs, with other words for some."""
    return tuple(changes.get(each.strip("{}"), each) for each in SIGN)


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no request": (sign(request="{nowhere}"), 7, "there is no request"),
    "a folder for a request": (sign(request="{folder}"), 2, "cannot be read"),
    "a request cut off": (sign(request="{cut}"), 2, "cut off"),
    "a signed file for a request": (sign(request="{signed}"), 2, "first line"),
    "a log that was altered": (sign(request="{altered}"), 5, "does not verify"),
    "another network": ((*SIGN, "--network", "12345 67890"), 3, "another network"),
    "no root key": (sign(key="{nowhere}"), 7, "no root key"),
    "no key file": (sign(key="{request}"), 2, "is no root key"),
    "a public half for a key": (sign(key="{public}"), 2, "is no root key"),
    "a wrong passphrase": (sign(passphrase="--root-passphrase-file={wrong}"), 6, "passphrase for"),
    "nobody to ask for the passphrase": (sign(passphrase="--json"), 2, "no terminal to ask"),
    "a key of nobody": (sign(key="{stranger}"), 3, "has no say"),
    "one key twice": ((*SIGN, "--root-key", "{key}"), 2, "given twice"),
    "nowhere to write": (SIGN[:6], 2, "--out"),
    "a file that is there": (sign(out="{signed}"), 2, "not overwritten"),
    "a folder that is not there": (sign(out="{nowhere}/a.signed"), 2, "no folder"),
    "nobody says yes": (SIGN[:-1], 2, "--yes"),
    "combining nothing": (("root", "combine", "--out", "{out}"), 2, "SIGNED"),
    "combining a request": (("root", "combine", "{request}", "--out", "{out}"), 2, "no signed request"),
    "combining the same twice": (("root", "combine", "{signed}", "{signed}", "--out", "{out}"), 2, "once"),
    "combining two requests": (("root", "combine", "{signed}", "{other}", "--out", "{out}"), 2, "different requests"),
    "combining into one that is there": (("root", "combine", "{signed}", "--out", "{other}"), 2, "not overwritten"),
    "combining an altered one": (("root", "combine", "{spoiled}", "--out", "{out}"), 2, "altered"),
    "a key over a key": (("root", "make", "{key}", "{passphrase}"), 2, "not overwritten"),
    "a key where a public half is": (("root", "make", "{lone}", "{passphrase}"), 2, "not overwritten"),
    "a key nowhere": (("root", "make", "{nowhere}/root.age", "{passphrase}"), 2, "no folder"),
    "showing nothing": (("root", "show", "{nowhere}"), 7, "no root key"),
    "showing another file": (("root", "show", "{signed}", "{passphrase}"), 2, "is no root key"),
    "showing with a wrong passphrase": (("root", "show", "{key}", "--root-passphrase-file={wrong}"), 6, "passphrase"),
    "showing an altered half": (("root", "show", "{half}"), 2, "altered"),
    "showing a key beside another's half": (("root", "show", "{moved}", "{passphrase}"), 2, "is not the public half"),
}  # fmt: skip


@pytest.fixture(scope="module")
def spoiled(held: Ceremony, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Files that are right, and others that are not."""
    folder, machine = tmp_path_factory.mktemp("spoiled"), held.machine("vault-1")
    held.ask("r-1", "network", "suspend", "ar")
    held.ask("r-2", "network", "suspend", "ar", "--hours", "5")
    held.sign_some("r-1", "vault-1")
    held.sign_some("r-2", "vault-1")
    request, half = (held.stick / "r-1.request").read_bytes(), (held.stick / "r-1-some.signed").read_bytes()
    stranger = folder / "stranger.age"
    assert machine.run("root", "make", str(stranger), machine.passphrase).code == 0
    (folder / "folder").mkdir()
    written = {
        "cut": request[:-1],
        "altered": request.replace(b"Authority AR", b"Authority AS").replace(b"admit-member", b"admit-bember"),
        "wrong": b"wrong\n",
        "spoiled": half.replace(b'"threshold":2', b'"threshold":9'),
        "lone.age.pub": b"",
        "half": (machine.folder / "root.age.pub").read_bytes().replace(b'"fingerprint":"', b'"fingerprint":"0'),
        "relay": write_signed(signed(WORLD, naming(WORLD), "root-1", "root-2")),
        "moved": machine.key.read_bytes(),
        "moved.pub": Path(f"{stranger}.pub").read_bytes(),
    }
    for name, data in written.items():
        (folder / name).write_bytes(data)
    return {name: str(folder / name) for name in written} | {
        "folder": str(folder / "folder"), "nowhere": str(folder / "nowhere"), "out": str(folder / "out"),
        "stranger": str(stranger), "lone": str(folder / "lone.age"), "key": str(machine.key),
        "public": f"{machine.key}.pub", "passphrase": machine.passphrase,
        "request": str(held.stick / "r-1.request"), "signed": str(held.stick / "r-1-some.signed"),
        "other": str(held.stick / "r-2-some.signed"),
    }  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_machine_that_refuses_has_written_nothing(held: Ceremony, spoiled: dict[str, str], name: str) -> None:
    typed, code, words = REFUSED[name]
    folders = (Path(spoiled["out"]).parent, held.stick, held.machine("vault-1").folder)
    before = everything(*folders)
    ran = held.machine("vault-1").run(*(each.format(**spoiled) for each in typed))
    assert (ran.code, words in ran.err + ran.out) == (code, True), ran
    assert "Traceback" not in ran.err
    assert everything(*folders) == before


ONLINE: dict[str, tuple[tuple[str, ...], int, str]] = {
    "a request and a root key": (
        ("network", "revoke", "ar", "--yes", "--request", "{out}", "--root-key", "{key}"), 2, "leave --root-key"
    ),
    "a request over a file": (("network", "revoke", "ar", "--yes", "--request", "{signed}"), 2, "not overwritten"),
    "a request nowhere": (("network", "revoke", "ar", "--yes", "--request", "{nowhere}/r"), 2, "no folder"),
    "a request for what no root can save": (("network", "reinstate", "ar", "--request", "{out}"), 3, "not suspended"),
    "invitations with a request": (
        ("network", "admit", "ec", "--country", "EC", "--name", "en=A", "--out", "{folder}", "--request", "{out}"),
        2, "enlace root publish",
    ),
    "no invitations without one": (("network", "admit", "ec", "--country", "EC", "--name", "en=A"), 2, "--out"),
    "new keys from nowhere": (("network", "rekey", "--request", "{out}"), 2, "either --roots"),
    "new keys from both": (
        ("network", "rekey", "--roots", "{nowhere}", "--root-public", "{public}", "--request", "{out}"),
        2, "either --roots",
    ),
    "so many keys made elsewhere": (
        ("network", "rekey", "--root-public", "{public}", "--keys", "1", "--request", "{out}"), 2, "either --roots"
    ),
    "keys made here, asked elsewhere": (
        ("network", "rekey", "--roots", "{nowhere}", "--request", "{out}"), 2, "go together"
    ),
    "keys made elsewhere, asked here": (
        ("network", "rekey", "--root-public", "{public}", "--threshold", "1"), 2, "go together"
    ),
    "one public half twice": (
        ("network", "rekey", "--root-public", "{public}", "--root-public", "{public}", "--request", "{out}"),
        2, "given twice",
    ),
    "a threshold that nobody reaches": (
        ("network", "rekey", "--root-public", "{public}", "--request", "{out}"), 2, "2 of 1 keys cannot sign"
    ),
    "a key file for a public half": (
        ("network", "rekey", "--root-public", "{key}", "--request", "{out}"), 2, "no public half"
    ),
    "publishing a request": (("root", "publish", "{request}"), 2, "no signed request"),
    "publishing too little": (("root", "publish", "{signed}"), 8, "missing: 1 of the present root keys"),
    "publishing, and inviting nobody": (("root", "publish", "{signed}", "--out", "{folder}"), 2, "leave --out out"),
    "publishing what names a relay": (("root", "publish", "{relay}"), 2, "network name-relay --signed"),
    "publishing nothing": (("root", "publish", "{nowhere}"), 7, "no signed file"),
}  # fmt: skip


@pytest.mark.parametrize("name", ONLINE)
def test_the_online_desk_refuses_and_nothing_has_changed(held: Ceremony, spoiled: dict[str, str], name: str) -> None:
    typed, code, words = ONLINE[name]
    folders = (Path(spoiled["out"]).parent, held.stick)
    before, size = everything(*folders), held.office.ask("secretariat", "network", "show")["size"]
    ran = held.office.run("secretariat", *(each.format(**spoiled) for each in typed), "--json")
    assert (ran.code, words in ran.out) == (code, True), ran
    assert everything(*folders) == before
    assert held.office.ask("secretariat", "sync")["size"] == size
