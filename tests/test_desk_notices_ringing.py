"""What rings, on the disk: made before anybody is told, gone when it is opened, found again after a crash."""

from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from directory_world import key_pair
from test_desk_watch import nobody

from desk.errors import DeskError
from desk.mail.spool import Spool
from desk.notices.ringing import (
    FOLDER,
    MOST,
    Ringing,
    begin,
    end,
    meant_for,
    note_serves,
    of_call,
    overlooked,
    ringing,
    serves,
    stop,
)
from desk.notices.screen import arrived
from desk.profile.folder import Profile
from relay.protocol.lines import Call, write_line
from relay.protocol.stream import Item

NOW = 1_795_000_000


def flash(name: str = "a") -> Ringing:
    digest = sha256(name.encode()).hexdigest()
    return Ringing(envelope=digest, precedence="flash", arrived=NOW, expires=NOW + 600)


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return nobody(tmp_path)


def test_it_rings_until_it_is_opened(profile: Profile) -> None:
    assert begin(profile, flash())
    assert not begin(profile, flash())
    assert ringing(profile.path, NOW) == [flash()]
    end(profile.path, flash().envelope)
    end(profile.path, flash().envelope)
    end(profile.path, "")
    assert ringing(profile.path, NOW) == []


def test_it_rings_until_it_expires(profile: Profile) -> None:
    begin(profile, flash())
    assert ringing(profile.path, NOW + 600) == []
    assert not list((profile.path / FOLDER).iterdir())


def test_stopped_it_stays_unopened(profile: Profile) -> None:
    begin(profile, flash())
    assert [each.stopped for each in stop(profile.path, NOW + 5)] == [0]
    assert [each.stopped for each in ringing(profile.path, NOW + 6)] == [NOW + 5]
    assert stop(profile.path, NOW + 7) == []


def test_for_whom_it_is_becomes_known_when_the_desk_is_unlocked(profile: Profile) -> None:
    meant_for(profile.path, flash().envelope, ("co-desk",))
    assert ringing(profile.path, NOW) == []
    begin(profile, flash())
    meant_for(profile.path, flash().envelope, ("co-desk",))
    assert ringing(profile.path, NOW)[0].contacts == ("co-desk",)


def test_whom_a_desk_serves_is_known_when_it_is_locked(profile: Profile) -> None:
    assert serves(profile.path) == ()
    note_serves(profile.path, ("co-court", "co-desk"))
    assert serves(profile.path) == ("co-court", "co-desk")
    (profile.path / FOLDER / "serves.json").write_text('["CO"]')
    assert serves(profile.path) == ()


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 100_000, b'{"envelope":1}'])
def test_a_file_that_is_damaged_counts_for_none(profile: Profile, content: bytes) -> None:
    begin(profile, flash())
    (profile.path / FOLDER / f"{flash().envelope}.ring").write_bytes(content)
    assert ringing(profile.path, NOW) == []


def test_a_call_rings_by_what_it_says_and_what_is_none_does_not() -> None:
    keys, envelope = key_pair("relay receipt"), "ab" * 32
    call = Call(
        network="5f" * 32, envelope=envelope, at=NOW, device=keys.public.id, sender="ar-desk", contacts=("co-court",),
        precedence="flash", stage=2, after=1200, devices=("77" * 32,),
    )  # fmt: skip
    raw = write_line(call, "enlace.example/x", keys)
    item = Item(number=1, kind="call", envelope=envelope, size=len(raw))
    found = of_call(item, raw, "77" * 32, NOW)
    assert found is not None
    assert (found.call, found.precedence, found.contacts) == (True, "flash", ("co-court",))
    assert "A CALL: a flash message waits for co-court, and nobody has accepted it." in arrived(
        found, NOW, 2, again=True
    )
    assert of_call(item, b"x", "77" * 32, NOW) is None
    assert of_call(item, raw, "88" * 32, NOW) is None  # the relay cannot wake others with it
    assert of_call(Item(number=1, kind="call", envelope="cd" * 32, size=len(raw)), raw, "77" * 32, NOW) is None


def test_a_call_that_was_stored_and_never_rang_is_found_and_rings_also_where_it_cannot_be_noted(
    tmp_path: Path,
) -> None:
    keys, envelope = key_pair("relay receipt"), "ab" * 32
    profile = Profile(tmp_path, msgspec.structs.replace(nobody(tmp_path).identity, device="77" * 32))
    call = Call(
        network="5f" * 32, envelope=envelope, at=NOW, device=keys.public.id, sender="ar-desk", contacts=("co-court",),
        precedence="flash", stage=2, after=1200, devices=("77" * 32,),
    )  # fmt: skip
    raw = write_line(call, "enlace.example/x", keys)
    (tmp_path / "spool").mkdir(mode=0o700)
    Spool(tmp_path / "spool").put(Item(number=1, kind="call", envelope=envelope, size=len(raw)), raw, NOW)
    assert overlooked(profile, [envelope]) == ([], "")
    (tmp_path / FOLDER).mkdir(mode=0o755)
    (found,), words = overlooked(profile, ())
    assert (found.call, found.envelope, found.precedence) == (True, envelope, "flash")
    assert "is open to other users" in words
    (tmp_path / FOLDER).chmod(0o700)
    assert overlooked(profile, ()) == ([found], "")
    assert overlooked(profile, ()) == ([], "")
    assert ringing(tmp_path, NOW) == [found]


def test_a_file_under_another_name_counts_for_none(profile: Profile) -> None:
    begin(profile, flash())
    file = profile.path / FOLDER / f"{flash().envelope}.ring"
    file.rename(file.with_name(f"{'b' * 64}.ring"))
    assert ringing(profile.path, NOW) == []


def test_there_is_room_for_so_many(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST == 1000
    monkeypatch.setattr("desk.notices.ringing.MOST", 2)
    assert [begin(profile, flash(each)) for each in "abc"] == [True, True, False]


def test_a_folder_that_others_may_read_is_refused(profile: Profile) -> None:
    (profile.path / FOLDER).mkdir(mode=0o755)
    with pytest.raises(DeskError, match="is open to other users"):
        begin(profile, flash())
    assert overlooked(profile, ()) == ([], "")
