"""What a disk does not let go is told, stays due, and keeps nothing else from being erased: real disks, real errors."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_intake import Desk
from desk_world import changed, item_of, message, network, sealed

from desk.errors import NotFound
from desk.handling.expiry import erase_due
from desk.handling.marks import Handling
from desk.handling.stored import DRILLS_KEPT
from desk.mail.content import Drill, Text
from desk.mail.message import SealedFile
from desk.notices.clocks import ENVELOPE, FOLDER
from desk.profile.unlocked import Unlocked

DAY = 86_400
FILE = SealedFile(
    name="photo.jpg", identity="AGE-SECRET-KEY-PQ-1" + "Q" * 58, cipher_hash="ab" * 32, cipher_size=1,
    plain_hash="00" * 32, plain_size=1,
)  # fmt: skip


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path, network())
    yield found
    found.mail.close()


def at(here: Desk, now: int) -> list[str]:
    """What is told when the profile is unlocked at a time that a checkpoint vouches for."""
    profile = here.keyring.profile
    return erase_due(Unlocked(profile, here.keyring, here.store, here.mail, lambda: now), lambda: now)


def arrive(here: Desk, *fields: dict[str, Any]) -> list[str]:
    """Messages come; returns the hashes of their envelopes."""
    envelopes = list[str]()
    for number, each in enumerate(fields, 1):
        envelope = sealed(here.world, message(here.world, **({"id": f"{number:032x}"} | each)))
        here.arrives(item_of(envelope, here.world, number), envelope.raw)
        envelopes.append(envelope.hash)
    here.take()
    return envelopes


def numbers(here: Desk) -> list[int]:
    return [each.number for each in here.mail.all()]


def in_the_way(path: Path) -> Path:
    """A folder that is not empty, where a file should be: no program removes it as one."""
    path.unlink(missing_ok=True)
    path.mkdir(parents=True)
    (path / "something").touch()
    return path


def cleared(path: Path) -> None:
    (path / "something").unlink()
    path.rmdir()


@pytest.mark.parametrize("what", ["its sealed file", "its envelope beside its clock"])
@pytest.mark.parametrize("drill", [False, True], ids=["a message", "a drill"])
def test_a_message_that_the_disk_keeps_stays_due_and_the_others_go(here: Desk, what: str, *, drill: bool) -> None:
    ends = here.world.now + (DRILLS_KEPT if drill else 20 * DAY)
    mark: dict[str, Any] = {"content": Drill()} if drill else {"handling": Handling(erase_at=ends)}
    first, *_ = arrive(here, mark | {"attachments": (FILE,)}, {"handling": Handling(erase_at=ends)}, mark)
    folder = here.keyring.profile.path
    places = {"its sealed file": folder / "files" / FILE.cipher_hash}
    place = in_the_way(places.get(what, folder / FOLDER / f"{first}{ENVELOPE}"))
    for _ in range(2):
        told = at(here, ends)
        (stuck,) = [each for each in told if "is still here" in each]
        assert stuck.startswith("message 1 is to be erased, and is still here: [Errno ")
        assert stuck.endswith("It is tried again")
        assert numbers(here) == [1]
    assert here.mail.gone.one(1) is None
    cleared(place)
    assert [each for each in at(here, ends) if "still here" in each] == []
    assert numbers(here) == []
    assert at(here, ends) == []


def test_what_the_disk_keeps_beside_the_messages_stays_due_and_the_rest_goes(here: Desk) -> None:
    ends = here.world.now + 20 * DAY
    first = message(here.world, id="7" * 32, handling=Handling(erase_at=ends))
    for number, each in enumerate((first, changed(first, content=Text(subject="Another", text=""))), 1):
        envelope = sealed(here.world, each)
        here.arrives(item_of(envelope, here.world, number), envelope.raw)
    here.take()
    folder = here.keyring.profile.path
    (second,), (aside,) = folder.glob("doubts/*/second.age"), folder.glob("spool/*.refused")
    at(here, ends - 1)
    in_the_way(second)
    for _ in range(2):
        told = at(here, ends)
        assert any(each.startswith(f"{second.relative_to(folder)} is to be erased, and is still here") for each in told)
        assert (numbers(here), aside.exists()) == ([], False)
    cleared(second)
    assert [each for each in at(here, ends) if "still here" in each] == []
    assert at(here, ends) == []


def test_of_many_that_the_disk_keeps_the_first_are_named(here: Desk) -> None:
    ends = here.world.now + 20 * DAY
    marks = {"handling": Handling(erase_at=ends)}
    arrive(here, *({**marks, "attachments": (changed(FILE, cipher_hash=f"{each:064x}"),)} for each in range(12)))
    for each in range(12):
        in_the_way(here.keyring.profile.path / "files" / f"{each:064x}")
    told = at(here, ends)
    assert [each.partition(" is to be erased")[0] for each in told[:-1]] == [f"message {each}" for each in range(1, 11)]
    assert told[-1] == "2 more are to be erased, and are still here; each is tried again"


def test_a_message_that_somebody_took_away_keeps_no_other(here: Desk) -> None:
    ends = here.world.now + 20 * DAY
    arrive(here, *[{"handling": Handling(erase_at=ends)}] * 2)
    at(here, ends - 1)
    with sqlite3.connect(here.keyring.profile.path / "messages.db") as db:
        db.execute("DELETE FROM messages WHERE number = 1")
    assert [each.partition(",")[0] for each in at(here, ends)] == ["message 2"]
    assert (numbers(here), at(here, ends)) == ([], [])


def test_a_damaged_stub_keeps_nobody_from_the_others(here: Desk) -> None:
    """It is told once, refused where it alone is asked for, and what it was of is not taken in again; nor is anything
    kept from being erased by it, after a crash between the erasing and what is kept of it."""
    ends = here.world.now + 20 * DAY
    arrive(here, *[{"handling": Handling(erase_at=ends)}] * 3, {"handling": Handling(erase_at=ends + DAY)})
    kept = [here.mail.get(each) for each in range(1, 5)]
    at(here, ends)
    with sqlite3.connect(here.keyring.profile.path / "messages.db") as db:
        db.execute("UPDATE erased SET stub = x'00' WHERE number = 1")
        db.execute("UPDATE erased SET stub = (SELECT stub FROM erased WHERE number = 3) WHERE number = 2")
    for _ in range(2):
        assert [each.number for each in here.mail.gone.all()] == [3]
    damaged = "what stays of message {}, which was erased, is damaged on this disk: "
    assert [each.startswith(damaged.format(at)) for at, each in enumerate(here.mail.damaged, 1)] == [True, True]
    assert here.mail.add(kept[0].message, kept[0].note, kept[0].facts) is None
    for number in (1, 2):
        with pytest.raises(Exception, match=damaged.format(number)):
            here.mail.get(number)
    with pytest.raises(NotFound, match="message 3, from co-desk to ec-desk, was erased"):
        here.mail.get(3)
    here.keyring.vault.erase("message-retention")
    assert [each.partition(",")[0] for each in at(here, ends + DAY)] == ["message 4"]
