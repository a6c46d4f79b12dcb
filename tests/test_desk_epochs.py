"""A device's own keys: stored before anybody learns of them, enough of them ahead, gone on time and not before."""

from pathlib import Path

import pytest
from desk_world import DAY, changed, desk, epoch_identity, found_on_disk, network, refused

from crypto.age_pq import PQIdentity
from crypto.encoding import unb64
from desk.errors import Usage
from desk.keys.epochs import EpochKeys, Erased
from desk.keys.keyring import Keyring
from desk.keys.vault import Vault
from directory.keyset import (
    EPOCH,
    EPOCHS_AHEAD,
    GRACE,
    KeySet,
    RanOut,
    check_newer,
    choose,
    recipient_key,
    write_keyset,
)

WORLD = network()
START = WORLD.now
NETWORK, DEVICE = WORLD.network, "77" * 32


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return desk(tmp_path, "ec-night", WORLD)


@pytest.fixture
def keys(keyring: Keyring) -> EpochKeys:
    return keyring.epochs


def renewed(keys: EpochKeys, now: int) -> KeySet:
    found = keys.renew(NETWORK, DEVICE, now)
    assert found is not None
    return found


def published(keys: EpochKeys, now: int) -> KeySet:
    found = renewed(keys, now)
    keys.published(found.number)
    return found


def key_ids(keyset: KeySet) -> list[str]:
    return [recipient_key(unb64(each.recipient)) for each in keyset.epochs]


def test_a_fresh_device_has_keys_for_eight_weeks_and_more(keys: EpochKeys) -> None:
    keyset = published(keys, START)
    assert (keyset.number, len(keyset.epochs)) == (1, EPOCHS_AHEAD + 1)
    assert keyset.epochs[0].opens <= START < keyset.epochs[0].closes
    assert {each.closes - each.opens for each in keyset.epochs} == {EPOCH}
    assert {each.erase - each.closes for each in keyset.epochs} == {GRACE}
    assert all(one.closes == two.opens for one, two in zip(keyset.epochs, keyset.epochs[1:], strict=False))
    assert keys.renew(NETWORK, DEVICE, START) is None


def test_a_fresh_set_can_be_signed_and_every_seed_in_it_opens(keys: EpochKeys, keyring: Keyring) -> None:
    keyset = published(keys, START)
    name = f"{WORLD.name}/{DEVICE}"
    assert write_keyset(keyset, name, keyring.device)
    for text in [*(each.recipient for each in keyset.epochs), keyset.fallback]:
        identity = keys.identity(recipient_key(unb64(text)))
        assert identity is not None
        assert identity.recipient().raw == unb64(text)


def test_seeds_are_independent(tmp_path: Path) -> None:
    """Two desks with the same device keys share none, and no two of one desk are alike."""
    first, second = (desk(tmp_path / each, "ec-night", WORLD).epochs for each in "ab")
    recipients = [each.recipient for keys in (first, second) for each in published(keys, START).epochs]
    assert len(set(recipients)) == len(recipients)


def test_a_crash_between_storing_and_publishing_publishes_the_same_set_again(keyring: Keyring) -> None:
    before = renewed(keyring.epochs, START)
    again = renewed(EpochKeys(keyring.vault), START + 5 * DAY)
    assert again == before
    EpochKeys(keyring.vault).published(before.number)
    assert EpochKeys(keyring.vault).renew(NETWORK, DEVICE, START + 5 * DAY) is None


def test_publishing_another_number_than_the_newest_changes_nothing(keys: EpochKeys) -> None:
    keyset = renewed(keys, START)
    keys.published(keyset.number + 1)
    assert renewed(keys, START) == keyset


def test_a_crash_in_the_middle_leaves_no_recipient_without_its_seed(keyring: Keyring) -> None:
    """Whatever was stored by then is unknown to everybody, and goes at its time."""
    vault = keyring.vault
    half = EpochKeys(vault)
    for _ in range(3):
        half.keep(PQIdentity.generate(), START + GRACE)
    keyset = published(EpochKeys(vault), START)
    known = set(key_ids(keyset))
    seeds = {name.removeprefix("epoch-") for name in vault.names("epoch-")}
    assert known < seeds
    assert EpochKeys(vault).erase(START + GRACE) == Erased(3)
    left = {name.removeprefix("epoch-") for name in vault.names("epoch-")}
    assert left == known
    assert list(vault.names("fallback-")) == [f"fallback-{recipient_key(unb64(keyset.fallback))}"]


def test_the_next_set_continues_the_last_one(keys: EpochKeys) -> None:
    first = published(keys, START)
    now = first.epochs[1].closes
    second = published(keys, now)
    check_newer(first, second)
    assert (second.number, second.fallback) == (2, first.fallback)
    assert second.epochs[: EPOCHS_AHEAD + 1] == first.epochs
    assert len(second.epochs) == EPOCHS_AHEAD + 3  # two have closed, and their seeds are there yet


@pytest.mark.parametrize("days", [1, 6, 7])
def test_a_clock_that_was_ahead_for_a_moment_takes_no_key_from_those_who_seal_by_the_right_one(
    keys: EpochKeys, days: int
) -> None:
    first = published(keys, START)
    now = first.epochs[1].closes - DAY // 2
    newest = published(keys, now + days * DAY)
    keys.erase(now + days * DAY)
    for hours in range(0, 24 * days, 6):
        chosen = choose(newest, now + hours * 3600)
        assert not chosen.fallback
        assert keys.identity(chosen.key) is not None


def test_what_has_closed_leaves_the_set_with_its_seed_and_gets_no_successor(keys: EpochKeys, keyring: Keyring) -> None:
    first = published(keys, START)
    keyring.vault.erase(f"epoch-{key_ids(first)[0]}")
    second = published(keys, first.epochs[1].closes)
    assert second.epochs[0] == first.epochs[1]
    third = renewed(keys, first.epochs[1].erase)
    assert third.epochs[0] == first.epochs[2]
    assert write_keyset(third, f"{WORLD.name}/{DEVICE}", keyring.device)


@pytest.mark.parametrize("told", [True, False])
def test_keys_for_another_year_are_followed_by_keys_for_this_one(keys: EpochKeys, told: bool) -> None:
    """Made by a clock that was years ahead and confirmed itself; then it was set right."""
    published(keys, START)
    wrong = START + 5000 * DAY
    keys.erase(wrong)
    ahead = renewed(keys, wrong)
    if told:
        keys.published(ahead.number)
    assert choose(ahead, START + DAY).fallback
    right = published(keys, START + DAY)
    check_newer(ahead, right)
    assert not choose(right, START + DAY).fallback
    assert right.epochs[-1].closes <= START + 70 * DAY
    assert keys.renew(NETWORK, DEVICE, START + 2 * DAY) is None


def test_week_after_week_there_is_always_a_current_key_and_grace_for_the_last(keys: EpochKeys) -> None:
    now, newest, seen = START, published(keys, START), set[int]()
    for _ in range(60):
        now += 3 * DAY
        newest = keys.renew(NETWORK, DEVICE, now) or newest
        keys.published(newest.number)
        keys.erase(now)
        chosen = choose(newest, now)
        assert not chosen.fallback
        assert keys.identity(chosen.key) is not None
        seen.add(newest.number)
        assert len(newest.epochs) >= EPOCHS_AHEAD
    assert len(seen) > 5


def test_seeds_go_on_time_and_not_before(keys: EpochKeys) -> None:
    keyset = published(keys, START)
    first, second, *_ = key_ids(keyset)
    erase = keyset.epochs[0].erase
    assert keys.erase(erase - 1) == Erased()
    assert keys.identity(first) is not None
    assert keys.erase(erase) == Erased(1)
    assert keys.identity(first) is None
    assert keys.identity(second) is not None
    assert keys.erase(erase) == Erased()


def test_erasing_goes_on_after_a_crash(keyring: Keyring) -> None:
    """One of three that were due went: the next call takes the rest."""
    keys = keyring.epochs
    keyset = published(keys, START)
    keyring.vault.erase(f"epoch-{key_ids(keyset)[1]}")
    assert keys.due(keyset.epochs[2].erase) == 2
    assert keys.erase(keyset.epochs[2].erase) == Erased(2)
    assert keys.due(keyset.epochs[2].erase) == 0


def test_no_file_name_says_when_a_seed_goes(keyring: Keyring) -> None:
    """Whoever can write the folder could put it off."""
    keyset = published(keyring.epochs, START)
    names = {path.name for path in (keyring.profile.path / "vault").iterdir()}
    assert names == {"epochs.age", f"fallback-{recipient_key(unb64(keyset.fallback))}.age"} | {
        f"epoch-{each}.age" for each in key_ids(keyset)
    }


def test_seeds_exchanged_on_disk_go_at_once_and_others_take_their_place(keyring: Keyring) -> None:
    """The last one's file under the first one's name would else keep the first one alive for weeks."""
    keys, vault = keyring.epochs, keyring.profile.path / "vault"
    keyset = published(keys, START)
    first, last = (vault / f"epoch-{key_ids(keyset)[at]}.age" for at in (0, -1))
    raw = first.read_bytes()
    first.write_bytes(last.read_bytes())
    last.write_bytes(raw)
    assert keys.identity(key_ids(keyset)[0]) is None
    assert keys.due(START) == 2
    assert keys.erase(START) == Erased(damaged=2)
    assert not first.exists()
    again = published(keys, START)
    check_newer(keyset, again)
    assert [(each.opens, each.closes, each.erase) for each in again.epochs] == [
        (each.opens, each.closes, each.erase) for each in keyset.epochs
    ]
    assert key_ids(again)[1:-1] == key_ids(keyset)[1:-1]
    assert not {key_ids(again)[0], key_ids(again)[-1]} & set(key_ids(keyset))
    assert all(keys.identity(each) for each in key_ids(again))


def test_a_seed_that_is_gone_gets_a_successor_at_once(keys: EpochKeys, keyring: Keyring) -> None:
    """Erased by a clock that was wrong, or taken away: nobody goes on sealing to what cannot be opened."""
    keyset = published(keys, START)
    fallback = recipient_key(unb64(keyset.fallback))
    keyring.vault.erase(f"fallback-{fallback}")
    keyring.vault.erase(f"epoch-{key_ids(keyset)[3]}")
    again = renewed(keys, START)
    assert again.number == 2
    assert [one == two for one, two in zip(keyset.epochs, again.epochs, strict=True)].count(False) == 1
    assert keys.identity(recipient_key(unb64(again.fallback))) is not None
    assert keys.is_fallback(recipient_key(unb64(again.fallback)))
    assert not keys.is_fallback(fallback)


def test_a_set_whose_seeds_went_before_it_was_published_is_not_published(keys: EpochKeys, keyring: Keyring) -> None:
    keyset = renewed(keys, START)
    keyring.vault.erase(f"epoch-{key_ids(keyset)[0]}")
    again = renewed(keys, START)
    assert again.number == 2
    assert all(keys.identity(each) for each in key_ids(again))


def test_one_file_that_cannot_be_read_keeps_no_other_alive(keyring: Keyring) -> None:
    """A folder in its place, say: it is told, and the rest goes on time."""
    keys, vault = keyring.epochs, keyring.profile.path / "vault"
    keyset = published(keys, START)
    first, second, third = (vault / f"epoch-{each}.age" for each in key_ids(keyset)[:3])
    second.unlink()
    second.mkdir()
    now = keyset.epochs[2].erase
    assert keys.due(now) == 2
    assert f"{second} cannot be read" in refused(lambda: keys.erase(now), Usage)
    assert (first.exists(), second.exists(), third.exists()) == (False, True, False)


def test_what_does_not_open_stays_where_the_list_does_not_open_either(keyring: Keyring) -> None:
    """Another profile's key file: nothing of this one is thrown away by mistake. What opens goes on time."""
    keys, vault = keyring.epochs, keyring.profile.path / "vault"
    keyset = published(keys, START)
    names = [vault / f"epoch-{each}.age" for each in key_ids(keyset)]
    names[5].write_bytes(b"spoilt")
    (vault / "epochs.age").write_bytes(b"spoilt")
    assert keys.due(keyset.epochs[0].erase) == 1
    assert keys.erase(keyset.epochs[0].erase) == Erased(1)
    assert [path.exists() for path in names[:6]] == [False, True, True, True, True, True]
    other = EpochKeys(Vault(vault, epoch_identity("somebody")))
    assert other.erase(2**40) == Erased()


def test_forty_five_days_away_everything_unexpired_still_opens(keys: EpochKeys) -> None:
    """Watched but locked, or switched off: whatever was sealed in the last 14 days is for a seed that is there."""
    keyset = published(keys, START)
    back = START + 45 * DAY
    for sealed_at in range(back - 14 * DAY, back, DAY // 2):
        chosen = choose(keyset, sealed_at)
        assert not chosen.fallback
        assert chosen.erase is not None
        assert chosen.erase > back
        assert keys.identity(chosen.key) is not None
    keys.erase(back)
    assert all(keys.identity(choose(keyset, back - age * DAY).key) is not None for age in range(14))


def test_seventy_days_away_the_fallback_holds_and_ninety_are_too_many(keys: EpochKeys) -> None:
    keyset = published(keys, START)
    with pytest.raises(RanOut):
        choose(keyset, START + 90 * DAY)
    back = START + 70 * DAY
    chosen = choose(keyset, back)
    assert chosen.fallback
    keys.erase(back)
    assert keys.identity(chosen.key) is not None
    assert keys.is_fallback(chosen.key)
    fresh = published(keys, back)
    assert not choose(fresh, back).fallback
    assert (fresh.number, fresh.epochs[-1].closes) == (2, back - back % 3600 + (EPOCHS_AHEAD + 1) * EPOCH)


def test_just_after_the_last_epoch_none_is_made_for_a_time_that_is_over(keys: EpochKeys) -> None:
    keyset = published(keys, START)
    back = keyset.epochs[-1].closes + 10 * DAY
    keys.erase(back)
    fresh = published(keys, back)
    assert fresh.epochs[0] == keyset.epochs[-1]
    assert fresh.epochs[1].opens <= back < fresh.epochs[1].closes
    assert len(fresh.epochs) == EPOCHS_AHEAD + 2


def test_the_fallback_is_known_and_stays(keys: EpochKeys) -> None:
    assert not keys.is_fallback("0" * 16)
    keyset = published(keys, START)
    fallback = recipient_key(unb64(keyset.fallback))
    assert keys.is_fallback(fallback)
    assert not keys.is_fallback(key_ids(keyset)[0])
    keys.erase(2**40)
    assert keys.identity(fallback) is not None


def test_a_key_never_ours_is_none(keys: EpochKeys) -> None:
    assert keys.identity("0123456789abcdef") is None


def test_a_profile_put_back_from_a_copy_goes_on_above_what_it_published(keys: EpochKeys) -> None:
    """The relay holds number 7 of this device; the copy only knows of 1. Nobody takes a lower number again."""
    old = published(keys, START)
    keys.overtake(7)
    fresh = published(keys, START + DAY)
    assert (fresh.number, fresh.fallback) == (8, old.fallback)
    assert not {each.recipient for each in fresh.epochs} & {each.recipient for each in old.epochs}
    assert keys.identity(key_ids(old)[0]) is not None
    check_newer(changed(old, number=7), fresh)
    keys.overtake(3)
    assert keys.renew(NETWORK, DEVICE, START + DAY) is None


def test_a_damaged_list_is_told_and_another_is_made(keyring: Keyring) -> None:
    """What the damaged one named opens until its time; its fallback is still known for one."""
    keys, vault = keyring.epochs, keyring.vault
    old = published(keys, START)
    assert keys.problem() == ""
    vault.put("epochs", b'{"number":1}')
    assert "epochs.age is damaged" in keys.problem()
    assert keys.is_fallback(recipient_key(unb64(old.fallback)))
    again = renewed(keys, START)
    assert (again.number, keys.problem()) == (1, "")
    assert not set(key_ids(old)) & set(key_ids(again))
    assert all(keys.identity(each) for each in key_ids(old))


def test_a_list_that_began_anew_says_so_until_a_set_of_it_was_taken(keyring: Keyring) -> None:
    keys, vault = keyring.epochs, keyring.vault
    assert keys.anew()
    first = renewed(keys, START)
    assert (keys.anew(), b'"anew":true' in (vault.get("epochs") or b"")) == (True, True)
    keys.overtake(7)
    second = renewed(EpochKeys(vault), START)
    keys.published(first.number)
    assert keys.anew()
    keys.published(second.number)
    assert (keys.anew(), b"anew" in (vault.get("epochs") or b"")) == (False, False)
    renewed(keys, second.epochs[1].closes)
    keys.overtake(20)
    assert not keys.anew()
    vault.erase("epochs")
    renewed(keys, START)
    assert keys.anew()


def test_no_other_list_is_made_where_nothing_opens(keyring: Keyring) -> None:
    """Another profile's key file: with a list of its own it would take the seeds that are there for damaged ones."""
    vault = keyring.profile.path / "vault"
    published(keyring.epochs, START)
    before = {path.name: path.read_bytes() for path in vault.iterdir()}
    other = EpochKeys(Vault(vault, epoch_identity("somebody")))
    assert other.problem() == ""
    assert "No key beside it opens either" in refused(lambda: other.renew(NETWORK, DEVICE, START), Usage)
    assert other.erase(2**40) == Erased()
    assert {path.name: path.read_bytes() for path in vault.iterdir()} == before


def test_nothing_of_the_keys_can_be_read_on_disk(keyring: Keyring) -> None:
    keyset = published(keyring.epochs, START)
    seeds = [keyring.epochs.identity(each) for each in key_ids(keyset)]
    assert found_on_disk(keyring.profile.path, *(each.seed for each in seeds if each)) == []
