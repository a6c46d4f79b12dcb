"""Policies: the file's grammar, what a quorum is, and since when it had signed (c2sp.org/tlog-policy)."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from witness_keys import LOG, MEMBERS, ORIGIN, WITNESSES, both_of, cosigned, key_name, policy_of, signed

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.cosignature import CheckpointKey, cosign, cosigner_keys, log_keys
from crypto.encoding import b64
from crypto.merkle import Tree, leaf_hash
from crypto.note import Note, NoteError, SignatureError, parse_note, write_vkey
from crypto.policy import (
    MOST_POLICY_BYTES,
    Group,
    Policy,
    PolicyError,
    PolicyLog,
    PolicyWitness,
    Unsatisfied,
    Witnessed,
    open_witnessed,
    parse_policy,
    read_vkey,
    vkey,
    write_policy,
)
from crypto.signing import SecretPair

TREE = Tree(map(leaf_hash, [b"one", b"two", b"three"]))
TIME = 1_767_225_600
RAW = signed(TREE, TIME)
POLICY = policy_of(2)
LOG_LINE = f"log {vkey(POLICY.logs[0].key)}\n"
SECOND = f"log {vkey(POLICY.logs[1].key)} https://relay.enlace.example:8460/v1/log\n"
ONE, TWO = (f"witness {each.name} {vkey(each.key)}\n" for each in both_of("co"))
THREE = f"witness pe {vkey(both_of('pe')[0].key)} https://witness.pe.example/\n"
OTHER_KEY = write_vkey("other.example", b"\x01" + LOG.public.ed25519)


def fresh(at: int) -> CheckpointKey:
    """An Ed25519 cosigner key of its own."""
    pair = SecretPair(bytes([at // 200, at % 200]) + bytes(30), bytes(32))
    return cosigner_keys(f"w{at}.example", pair.public)[0]


def test_what_the_specification_allows_is_read() -> None:
    text = f"# a comment\n\n \t\n  # another\n{LOG_LINE}\t{SECOND}{ONE}{TWO}  {THREE}"
    text += "group co any  co-ed25519\tco-mldsa44 \ngroup both 2 co pe\nquorum both\n"
    policy = parse_policy(text.encode())
    assert [each.key.name for each in policy.logs] == [ORIGIN, ORIGIN]
    assert [each.url for each in policy.logs] == ["", "https://relay.enlace.example:8460/v1/log"]
    assert policy.groups == (Group("co", 1, ("co-ed25519", "co-mldsa44")), Group("both", 2, ("co", "pe")))
    assert policy.quorum == "both"
    assert parse_policy(write_policy(policy)) == policy


def test_names_are_octets() -> None:
    policy = parse_policy(b"# \xff\nwitness \xe9\xff " + vkey(fresh(1)).encode() + b"\nquorum \xe9\xff\n")
    assert write_policy(policy).splitlines()[-1] == b"quorum \xe9\xff"
    kelvin = "witness \u212a " + vkey(fresh(1)) + "\nwitness K " + vkey(fresh(2)) + "\nquorum K\n"
    assert len(parse_policy(kelvin.encode()).witnesses) == 2


def test_nobody_is_needed_where_the_policy_says_so() -> None:
    assert parse_policy(b"quorum none\n") == Policy()
    assert not Policy().witnesses_needed()
    assert POLICY.witnesses_needed()


def test_as_many_are_read_as_the_specification_wants() -> None:
    witnesses = "".join(f"witness w{at} {vkey(fresh(at))}\ngroup g{at} any w{at}\n" for at in range(32))
    logs = "".join(f"log {write_vkey(f'log{at}', bytes([1]) + fresh(at + 100).public)}\n" for at in range(32))
    policy = parse_policy(f"{logs}{witnesses}quorum g31\n".encode())
    assert (len(policy.logs), len(policy.witnesses), len(policy.groups)) == (32, 32, 32)


NONE = "quorum none\n"
REFUSED = {
    "empty": "",
    "no quorum": LOG_LINE,
    "no newline at the end": "quorum none",
    "two quorums": NONE * 2,
    "a quorum of nobody known": "quorum co\n",
    "a quorum of two": "quorum none none\n",
    "a quorum above what it names": f"quorum co-ed25519\n{ONE}",
    "a group above what it names": f"group g any co-ed25519\n{ONE}{NONE}",
    "a group of itself": f"{ONE}group g any g\n{NONE}",
    "a group of nobody": f"{ONE}group g any\n{NONE}",
    "a group of none": f"group g any none\n{NONE}",
    "a group that needs nobody": f"{ONE}group g 0 co-ed25519\n{NONE}",
    "a group that needs more than it has": f"{ONE}group g 2 co-ed25519\n{NONE}",
    "a group that needs 01": f"{ONE}group g 01 co-ed25519\n{NONE}",
    "a group that needs some": f"{ONE}group g some co-ed25519\n{NONE}",
    "a member twice": f"{ONE}group g any co-ed25519 co-ed25519\n{NONE}",
    "a member of two groups": f"{ONE}group g any co-ed25519\ngroup h any co-ed25519\n{NONE}",
    "a name twice": f"{ONE}{THREE.replace('witness pe', 'witness co-ed25519')}{NONE}",
    "a group called as a witness": f"{ONE}group co-ed25519 any co-ed25519\n{NONE}",
    "a witness called none": f"{ONE.replace('co-ed25519', 'none')}{NONE}",
    "a witness's key twice": f"{ONE}{ONE.replace('witness co', 'witness x')}{NONE}",
    "a log's key twice": f"{LOG_LINE}log {OTHER_KEY}\n{NONE}",
    "a log with a witness's key": f"log {vkey(both_of('co')[0].key)}\n{NONE}",
    "a witness with a log's key": f"witness w {OTHER_KEY}\n{NONE}",
    "a log that is its own witness": f"{SECOND}witness w {vkey(POLICY.logs[1].key)}\n{NONE}",
    "a key of a type unknown here": f"log {write_vkey('a', b'x' + bytes(32))}\n{NONE}",
    "a key that is too short": f"log {write_vkey('a', bytes([1]) * 32)}\n{NONE}",
    "no key": f"log a+b+c\n{NONE}",
    "another key's id": f"log {OTHER_KEY.replace('other', 'another')}\n{NONE}",
    "a log without key": f"log\n{NONE}",
    "a log with two addresses": f"{LOG_LINE.strip()} a b\n{NONE}",
    "a witness without name": f"witness {vkey(fresh(1))}\n{NONE}",
    "a word that is none": f"logs {OTHER_KEY}\n{NONE}",
    "CRLF": "quorum none\r\n",
    "a form feed": "\x0cquorum none\n",
    "a zero byte": "quorum none\n\0\n",
    "DEL": "quorum none\x7f\n",
    "a space that is not ASCII": "quorum\u00a0none\n",
    "too many": "".join(f"witness w{at} {vkey(fresh(at))}\n" for at in range(65)) + NONE,
    "too large": "#" * MOST_POLICY_BYTES + f"\n{NONE}",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(text.encode())


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("nothing above is called nobody", {"quorum": "nobody"}),
        ("an address is one word", {"logs": (PolicyLog(POLICY.logs[0].key, "https://relay.example /v1/log"),)}),
        ("an address is one word", {"witnesses": (PolicyWitness("w", fresh(1), "https://w.example\nquorum none"),)}),
        ("a name is one word", {"witnesses": (PolicyWitness("two words", fresh(1)),)}),
        ("a name is one word", {"witnesses": (PolicyWitness("", fresh(1)),)}),
        ("a name is one word", {"witnesses": POLICY.witnesses, "groups": (Group("g\nh", 1, ("co-ed25519",)),)}),
    ],
)
def test_a_policy_that_no_file_could_say_is_not_made(words: str, made: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=words):
        Policy(**made)


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(PolicyError, match="line 3: "):
        parse_policy(f"{LOG_LINE}\nlog x\n{NONE}".encode())


def names(count: int) -> list[str]:
    return [f"w{at}" for at in range(count)]


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies of a few witnesses in groups in groups."""
    count = draw(st.integers(0, 5))
    witnesses = tuple(
        PolicyWitness(f"w{at}", fresh(at), draw(st.sampled_from(["", "https://w.example"]))) for at in range(count)
    )
    free, groups = names(count), list[Group]()
    for _ in range(draw(st.integers(0, 4)) if free else 0):
        members: list[str] = draw(st.lists(st.sampled_from(free), min_size=1, max_size=4, unique=True))
        free = [each for each in free if each not in members]
        groups.append(Group(f"g{len(groups)}", draw(st.integers(1, len(members))), tuple(members)))
        free.append(groups[-1].name)
    known = ["none", *names(count), *(each.name for each in groups)]
    logs = tuple(PolicyLog(each) for each in log_keys(ORIGIN, LOG.public)[: draw(st.integers(0, 2))])
    return Policy(logs, witnesses, tuple(groups), draw(st.sampled_from(known)))


@given(policies())
@settings(max_examples=60)
def test_what_is_written_is_read(policy: Policy) -> None:
    assert parse_policy(write_policy(policy)) == policy


@given(
    st.lists(st.sampled_from([LOG_LINE, SECOND, ONE, TWO, THREE, NONE, "group g all pe\n", "quorum g\n", "#\n", "x"]))
)
def test_what_is_read_is_written_so_that_it_says_the_same(lines: list[str]) -> None:
    try:
        policy = parse_policy("".join(lines).encode())
    except PolicyError:
        return
    assert parse_policy(write_policy(policy)) == policy


def satisfied(policy: Policy, name: str, who: set[str]) -> bool:
    """Whether a set of witnesses satisfies a name, as the specification's sentence says it."""
    for group in policy.groups:
        if group.name == name:
            return sum(satisfied(policy, each, who) for each in group.members) >= group.needed
    return name == "none" or name in who


@given(policies(), st.lists(st.integers(0, 9), min_size=5, max_size=5), st.sets(st.integers(0, 4)))
@settings(max_examples=40)
def test_the_time_is_the_newest_at_which_a_satisfying_set_had_signed(
    policy: Policy, at: list[int], who: set[int]
) -> None:
    pairs = {f"w{each}": SecretPair(bytes([0, each]) + bytes(30), bytes(32)) for each in range(5)}
    times = {f"w{each}": TIME + at[each] for each in who if f"w{each}" in names(len(policy.witnesses))}
    lines = [
        cosign(Checkpoint(ORIGIN, 3, TREE.root()), pairs[each], f"{each}.example", time)[0]
        for each, time in times.items()
    ]
    note = parse_note(RAW)
    raw = Note(note.text, (*note.signatures, *lines)).write()
    policy = Policy(tuple(map(PolicyLog, log_keys(ORIGIN, LOG.public))), policy.witnesses, policy.groups, policy.quorum)
    if not satisfied(policy, policy.quorum, set(times)):
        with pytest.raises(Unsatisfied):
            open_witnessed(policy, raw)
        return
    found = open_witnessed(policy, raw)
    assert found.times == times
    newest = max(
        (time for time in times.values() if satisfied(policy, policy.quorum, {w for w in times if times[w] >= time})),
        default=TIME,
    )
    assert found.time == (TIME if policy.quorum == "none" else newest)


def opened(times: Mapping[str, int], policy: Policy = POLICY) -> Witnessed:
    return open_witnessed(policy, cosigned(RAW, dict(times)))


def test_two_of_three_members() -> None:
    found = opened({"co": TIME + 5, "cl": TIME + 9})
    assert found.time == TIME + 5
    assert found.checkpoint == Checkpoint(ORIGIN, 3, TREE.root())
    assert opened({"co": TIME + 5, "cl": TIME + 9, "pe": TIME + 7}).time == TIME + 7
    with pytest.raises(Unsatisfied, match="cosigned by co-ed25519, co-mldsa44"):
        opened({"co": TIME})


def test_half_of_a_members_keys_is_not_that_member() -> None:
    note = parse_note(cosigned(RAW, {"co": TIME, "pe": TIME}))
    with pytest.raises(Unsatisfied):
        open_witnessed(POLICY, Note(note.text, note.signatures[:-1]).write())


@pytest.mark.parametrize("without", [0, 1])
def test_every_key_of_the_log_that_is_listed_has_to_have_signed(without: int) -> None:
    note = parse_note(cosigned(RAW, {"co": TIME, "pe": TIME}))
    kept = tuple(each for at, each in enumerate(note.signatures) if at != without)
    with pytest.raises(SignatureError, match="1 of 2"):
        open_witnessed(POLICY, Note(note.text, kept).write())
    alone = Policy((POLICY.logs[1 - without],), quorum="none")
    assert open_witnessed(alone, Note(note.text, kept).write()).time == (TIME if without == 0 else 0)


def test_another_log_does_not_count() -> None:
    other = sign_checkpoint(Checkpoint("log.enlace.example/2027", 3, TREE.root()), LOG, TIME)
    with pytest.raises(Unsatisfied, match="does not know the log"):
        open_witnessed(POLICY, other)
    with pytest.raises(Unsatisfied, match="does not know the log"):
        open_witnessed(Policy(), RAW)


def test_a_wrong_line_of_a_witness_in_the_policy_refuses_the_checkpoint() -> None:
    wrong = cosign(Checkpoint(ORIGIN, 4, TREE.root()), WITNESSES["cl"], key_name("cl"), TIME)
    note = parse_note(cosigned(RAW, {"co": TIME, "pe": TIME}))
    raw = Note(note.text, (*note.signatures, wrong[0])).write()
    with pytest.raises(SignatureError, match="is wrong"):
        open_witnessed(POLICY, raw)
    assert open_witnessed(policy_of(2, ("co", "pe")), raw).time == TIME  # whoever does not know the key ignores it


def test_a_line_twice_refuses_the_checkpoint() -> None:
    note = parse_note(cosigned(RAW, {"co": TIME, "pe": TIME}))
    with pytest.raises(SignatureError, match="twice"):
        open_witnessed(POLICY, Note(note.text, (*note.signatures, note.signatures[-1])).write())


def test_a_witness_under_another_name_is_another() -> None:
    lines = cosign(Checkpoint(ORIGIN, 3, TREE.root()), WITNESSES["pe"], key_name("co"), TIME)
    note = parse_note(cosigned(RAW, {"co": TIME}))
    with pytest.raises(Unsatisfied):
        open_witnessed(POLICY, Note(note.text, (*note.signatures, *lines)).write())


@pytest.mark.parametrize("text", ["", "a", "a+b", OTHER_KEY[:-4], OTHER_KEY.upper(), f"a+00000000+{b64(bytes(33))}"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(NoteError):
        read_vkey(text)


@given(
    st.sampled_from([each.key for member in MEMBERS for each in both_of(member)] + [each.key for each in POLICY.logs])
)
def test_a_key_is_read_as_it_was_written(key: CheckpointKey) -> None:
    assert read_vkey(vkey(key)) == key
