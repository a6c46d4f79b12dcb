"""How old a directory is: by its witnesses where a policy needs them, by the log's own word where none does."""

from dataclasses import replace
from pathlib import Path

import pytest
from desk_world import checkpoint, network, refused
from directory_world import World, key_pair
from witness_keys import WITNESSES, both_of, cosigned, key_name, policy_of, signed

from crypto.age_pq import PQIdentity
from crypto.checkpoint import open_checkpoint, parse_checkpoint
from crypto.cosignature import CheckpointKey, cosign, cosigner_keys
from crypto.note import Note, Signature, parse_note
from crypto.policy import Group, Policy, PolicyWitness, write_policy
from desk.errors import Declined, Usage
from desk.keys.vault import Vault
from desk.replica.trust_policy import (
    DAY,
    MOST_PINNED_BYTES,
    STALE_DIRECTORY,
    banner,
    changes,
    check_age,
    check_log,
    freeze,
    pin,
    pinned,
    read_pinned,
    vouched,
    words_of,
)
from directory.replay import Replica, extend

ORIGIN = "log.enlace.example"
LOG = key_pair("relay log")
OTHER_LOG = key_pair("second log")
POLICY = policy_of(2, origin=ORIGIN, log=LOG)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, PQIdentity(bytes(32)))


def seen(world: World, times: dict[str, int], log_time: int | None = None) -> Replica:
    """What a desk holds under a checkpoint that members' witnesses have cosigned."""
    raw = cosigned(checkpoint(world, time=log_time), times)
    return extend(Replica(world.network), world.entries, raw, max(world.now, log_time or 0))


def test_without_a_policy_the_log_speaks_for_itself(vault: Vault) -> None:
    world = network()
    found = vouched(vault, seen(world, {}), world.now + 90)
    assert (found.time, found.witnessed, found.age(world.now + 90)) == (world.now, False, 90)
    pin(vault, b"quorum none\n")
    assert vouched(vault, seen(world, {}), world.now) == found
    assert vouched(vault, Replica(world.network), world.now).age(world.now) == world.now


def test_with_a_policy_its_witnesses_do(vault: Vault) -> None:
    world = network()
    pin(vault, write_policy(POLICY))
    now = world.now + 100
    nobody = vouched(vault, seen(world, {}), now)
    assert (nobody.time, nobody.witnessed) == (0, True)
    assert "needs members" in nobody.why
    assert vouched(vault, seen(world, {"co": world.now}), now).time == 0
    found = vouched(vault, seen(world, {"co": world.now + 5, "pe": world.now + 9}), now)
    assert (found.time, found.why) == (world.now + 5, "")


def test_what_was_witnessed_once_stays_so(vault: Vault) -> None:
    world = network()
    pin(vault, write_policy(POLICY))
    now = world.now + 1000
    vouched(vault, seen(world, {"co": world.now, "pe": world.now}), now)
    later = vouched(vault, seen(world, {}, world.now + 600), now)  # a newer checkpoint, not cosigned yet
    assert (later.time, bool(later.why)) == (world.now, True)
    older = vouched(vault, seen(world, {"co": world.now - 50, "pe": world.now - 50}), now)
    assert older.time == world.now
    pin(vault, write_policy(policy_of(3, origin=ORIGIN, log=LOG)))
    assert vouched(vault, seen(world, {}), now).time == 0  # under another policy it says nothing


def test_a_policy_without_a_log_is_met_by_witnesses_alone(vault: Vault) -> None:
    world = network()
    pin(vault, write_policy(Policy((), POLICY.witnesses, POLICY.groups, POLICY.quorum)))
    assert vouched(vault, seen(world, {"co": world.now, "cl": world.now}), world.now).time == world.now


def test_a_cosignature_from_the_future_counts_for_nothing(vault: Vault) -> None:
    world = network()
    pin(vault, write_policy(POLICY))
    ahead = {"co": world.now + 301, "pe": world.now}
    assert vouched(vault, seen(world, ahead), world.now).time == 0
    assert vouched(vault, seen(world, ahead), world.now + 1).time == world.now
    # What was remembered by a clock that was ahead is not believed by the right one.
    vouched(vault, seen(world, {"co": world.now + DAY, "pe": world.now + DAY}), world.now + DAY)
    assert vouched(vault, seen(world, {}), world.now).time == 0


def test_a_wrong_line_counts_for_nothing_and_stops_nothing(vault: Vault) -> None:
    world = network()
    pin(vault, write_policy(POLICY))
    good = seen(world, {"co": world.now, "pe": world.now})
    assert good.checkpoint is not None
    note = parse_note(good.checkpoint.raw)
    wrong = cosign(replace(good.checkpoint.checkpoint, size=1), WITNESSES["cl"], key_name("cl"), world.now)
    raw = Note(note.text, (*note.signatures, *wrong)).write()
    found = vouched(vault, extend(Replica(world.network), world.entries, raw, world.now), world.now)
    assert found.time == 0
    assert "is wrong" in found.why


def test_an_old_directory_is_told_and_a_stale_one_has_to_be_overruled(vault: Vault) -> None:
    world = network()
    known = vouched(vault, seen(world, {}), world.now)
    assert check_age(known, world.now + DAY, override=False) is None
    assert banner(known, world.now + DAY) is None
    warning = check_age(known, world.now + 30 * 3600, override=False)
    assert warning is not None
    assert "30 hours old (unwitnessed)" in warning
    assert "30 hours old (unwitnessed)" in (banner(known, world.now + 30 * 3600) or "")
    stale = world.now + STALE_DIRECTORY + 1
    assert "7 days old" in refused(lambda: check_age(known, stale, override=False), Declined)
    assert check_age(known, stale, override=True) is not None
    nothing = vouched(vault, Replica(world.network), world.now)
    assert refused(lambda: check_age(nothing, world.now, override=False), Declined)


def test_a_directory_that_no_witness_vouches_for_seals_nothing(vault: Vault) -> None:
    world = network()
    pin(vault, write_policy(POLICY))
    words = refused(lambda: check_age(vouched(vault, seen(world, {}), world.now), world.now, override=False), Declined)
    assert "no witnesses that the trust policy needs" in words
    found = vouched(vault, seen(world, {"co": world.now, "pe": world.now}), world.now)
    assert check_age(found, world.now, override=False) is None
    words = refused(lambda: check_age(found, world.now + 8 * DAY, override=False), Declined)
    assert "last vouched for by the witnesses it needs 8 days ago" in words


def test_a_damaged_policy_makes_the_directory_old_and_not_young(vault: Vault, tmp_path: Path) -> None:
    world = network()
    pin(vault, write_policy(POLICY))
    (tmp_path / "trust-policy.age").write_bytes(b"x")
    found = vouched(vault, seen(world, {"co": world.now, "pe": world.now}), world.now)
    assert (found.time, found.witnessed) == (0, True)
    assert "take the trust policy anew" in found.why


@pytest.mark.parametrize(
    "raw", [b"", b"hello\n", b"quorum none", b"#\xff\nquorum none\n", b"#" * MOST_PINNED_BYTES + b"\n"]
)
def test_what_is_no_policy_is_not_pinned(vault: Vault, raw: bytes) -> None:
    with pytest.raises(Usage):
        pin(vault, raw)
    assert pinned(vault) == b""


def test_a_member_has_one_witness_and_a_policy_at_most_sixteen(vault: Vault) -> None:
    ed25519 = both_of("co")[0].key
    twice = (PolicyWitness("a", ed25519), PolicyWitness("b", replace(both_of("pe")[0].key, name="other/witness/co")))
    with pytest.raises(Usage, match="member co has two witnesses"):
        pin(vault, write_policy(Policy((), twice, (), "a")))
    many = tuple(
        PolicyWitness(f"w{at}", CheckpointKey(f"w{at}.example", b"\x04", key_pair(f"w{at}").public.ed25519))
        for at in range(17)
    )
    with pytest.raises(Usage, match="17 witnesses"):
        pin(vault, write_policy(Policy((), many, (), "w0")))
    pin(vault, write_policy(Policy((), many[:16], (), "w0")))


def test_sixteen_witnesses_vouch_for_a_directory_whose_policy_names_no_log(vault: Vault) -> None:
    world = network()
    note = parse_note(checkpoint(world))
    point = parse_checkpoint(note.text)
    names, lines = [f"enlace.example/witness/{chr(97 + at)}x" for at in range(16)], list[Signature]()
    for name in names:
        lines += cosign(point, key_pair(name), name, world.now)
    keys = [key for name in names for key in cosigner_keys(name, key_pair(name).public)]
    witnesses = tuple(PolicyWitness(f"w{at}", key) for at, key in enumerate(keys))
    pin(vault, write_policy(Policy((), witnesses, (Group("all", 32, tuple(f"w{at}" for at in range(32))),), "all")))
    raw = Note(note.text, (*note.signatures, *lines)).write()
    found = vouched(vault, extend(Replica(world.network), world.entries, raw, world.now), world.now)
    assert (found.time, found.why) == (world.now, "")


def test_a_policy_is_pinned_as_it_came(vault: Vault) -> None:
    raw = b"# ours\n" + write_policy(POLICY)
    assert read_pinned(raw) == POLICY
    pin(vault, raw)
    assert pinned(vault) == raw


def test_a_policy_has_to_name_this_directorys_log() -> None:
    world = network()
    check_log(POLICY, seen(world, {}))
    for other in (policy_of(2, log=LOG), policy_of(2, origin=ORIGIN), Policy(POLICY.logs[:1]), Policy()):
        with pytest.raises(Declined, match="does not name the log"):
            check_log(other, seen(world, {}))
    assert "no directory" in refused(lambda: check_log(POLICY, Replica(world.network)), Declined)


def rekeyed(world: World, times: dict[str, int], time: int, origin: str = ORIGIN) -> Replica:
    """What a desk holds after the roots gave the log other keys, under a checkpoint that witnesses have cosigned."""
    before = seen(world, {})
    assert before.view.relay is not None
    relay = replace(before.view.relay, origin=origin, log=OTHER_LOG.public)
    view = replace(before.view, relay=relay, former_relays=(before.view.relay,))
    raw = cosigned(signed(before.tree, time, origin, OTHER_LOG), times)
    return replace(before, view=view, checkpoint=open_checkpoint(raw, origin, OTHER_LOG.public))


def test_a_policy_from_before_the_log_got_other_keys_keeps_its_witnesses(vault: Vault) -> None:
    world = network()
    pin(vault, write_policy(POLICY))
    now = world.now + 2 * DAY
    found = vouched(vault, rekeyed(world, {"co": now, "pe": now}, now), now)
    assert (found.time, found.witnessed, found.why, found.rekeyed) == (now, True, "", True)
    assert check_age(found, now, override=False) is None
    assert freeze(rekeyed(world, {"co": now, "pe": now}, now), found, now) is None
    assert vouched(vault, rekeyed(world, {"co": now + 60}, now), now).time == now  # fewer than it needs add nothing
    check_log(policy_of(2, origin=ORIGIN, log=OTHER_LOG), rekeyed(world, {}, now))  # the newest is taken
    words = refused(lambda: check_log(POLICY, rekeyed(world, {}, now)), Declined)
    assert "`enlace sync` first, or on a halted desk `enlace resume`" in words


def test_a_policy_of_keys_that_were_never_this_logs_counts_for_nothing(vault: Vault) -> None:
    world, stranger = network(), key_pair("another log")
    now, there = world.now, {"co": world.now, "pe": world.now}
    for policy, replica in (
        (policy_of(2, origin=ORIGIN, log=stranger), seen(world, there)),
        (policy_of(2, origin=ORIGIN, log=stranger), rekeyed(world, there, now)),
        (replace(POLICY, logs=POLICY.logs[:1]), rekeyed(world, there, now)),
        (POLICY, rekeyed(world, there, now, "log.enlace.example/2")),
    ):
        pin(vault, write_policy(policy))
        found = vouched(vault, replica, now)
        assert (found.time, bool(found.why), found.rekeyed) == (0, True, False)


def test_the_alarm_over_witnesses_that_stand_still_names_the_way_out(vault: Vault) -> None:
    world = network()
    pin(vault, write_policy(POLICY))
    then, now = world.now, world.now + DAY + 3600
    there = {"co": then, "pe": then}
    for replica, why in ((seen(world, there, now), ""), (rekeyed(world, there, now), "gave the log other keys since")):
        alarm = freeze(replica, vouched(vault, replica, now), now)
        assert alarm is not None
        assert "`enlace policy take FILE`" in str(alarm)
        assert ("gave the log other keys" in str(alarm), why in str(alarm)) == (bool(why), True)
    silent = seen(world, there)  # the log itself has stopped: no policy would help
    alarm = freeze(silent, vouched(vault, silent, now), now)
    assert "policy take" not in str(alarm)


def test_what_a_policy_needs_is_said_in_words() -> None:
    assert words_of(Policy()) == "no witnesses: the log's own word"
    assert words_of(POLICY).startswith("2 of 3: co (2 of 2: co-ed25519, co-mldsa44), pe (")
    alone = both_of("co")[:1]
    assert words_of(Policy((), alone, (), "co-ed25519")) == "co-ed25519"


def test_what_another_policy_changes_is_said_line_by_line() -> None:
    fewer = policy_of(1, ("co", "pe"), ORIGIN, LOG)
    lines = changes(POLICY, fewer)
    assert lines[0].startswith("needed      1 of 2")
    assert lines[1].startswith("  until now 2 of 3")
    assert {each for each in lines if each.startswith("gone")} == {"gone        cl-ed25519", "gone        cl-mldsa44"}
    assert any(each.startswith("new         cl-") for each in changes(fewer, POLICY))
    assert changes(POLICY, Policy(POLICY.logs))[-1].startswith("WEAKER")
    other = Policy((), (replace(both_of("co")[0], key=both_of("pe")[0].key),), (Group("g", 1, ("co-ed25519",)),), "g")
    assert "other key   co-ed25519" in changes(POLICY, other)
