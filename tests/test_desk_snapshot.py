"""The directory on a stick: written by one desk, verified and taken in by another, refused in whatever was altered."""

from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from story_desk import Desk
from story_world import Story, built_once, play

from crypto.encoding import b64
from desk.errors import Declined
from desk.replica.snapshot import TakenSnapshot, make_snapshot, take_snapshot
from desk.replica.snapshot_file import SNAPSHOT_TYPE, Head, read_snapshot, write_snapshot
from desk.replica.synchronise import INVITED
from directory.canonical import Malformed
from directory.statement import AttestContact, RetireContact
from relay.protocol.requests import OpenedBody


@pytest.fixture
async def story(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    async with play(tmp_path, await built_once(tmp_path_factory.getbasetemp())) as found:
        found.clock.now += 60
        yield found


def written(desk: Desk) -> bytes:
    with desk.opened() as opened:
        return b"".join(write_snapshot(*make_snapshot(opened.replica(), opened.store, opened.clock())))


def taken(desk: Desk, raw: bytes) -> TakenSnapshot:
    head, entries, bodies = read_snapshot(BytesIO(raw))
    with desk.opened() as opened:
        return take_snapshot(opened.profile, opened.store, head, entries, bodies, opened.clock())


def held(desk: Desk) -> tuple[int, set[str]]:
    with desk.opened() as opened:
        return opened.replica().size, set(opened.store.bodies())


async def test_a_desk_takes_what_it_lacks_and_a_second_time_nothing(story: Story) -> None:
    writer, reader = story.desk("ar-night"), story.desk("co-late")
    before, _ = held(reader)
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-desk")
    await writer.exchange()
    raw = written(writer)
    first = taken(reader, raw)
    assert (first.statements, first.replica.size) == (1, before + 1)
    again = taken(reader, raw)
    assert (again.statements, again.bodies, again.replica.size) == (0, 0, before + 1)
    await reader.exchange()


async def test_an_older_snapshot_takes_nothing_away(story: Story) -> None:
    writer, reader = story.desk("ar-night"), story.desk("co-late")
    raw = written(writer)
    await story.issue(story.desk("co-chief"), kind=RetireContact, contact="co-court")
    await reader.exchange()
    size, bodies = held(reader)
    assert taken(reader, raw).statements == 0
    assert held(reader) == (size, bodies)


async def test_a_later_word_for_the_same_statements_makes_the_directory_younger(story: Story) -> None:
    writer, reader = story.desk("ar-night"), story.desk("co-late")
    old = written(writer)
    await story.wait(3 * 86_400)
    await writer.log_in()
    await writer.synchronise()
    raw = written(writer)
    read = taken(reader, raw)
    assert (read.statements, read.bodies) == (0, 0)
    assert read.replica.checkpoint is not None
    assert story.clock() - read.replica.checkpoint.time < 600
    for again in (old, raw):  # the older word takes nothing away
        assert taken(reader, again).replica.checkpoint == read.replica.checkpoint
    story.clock.now -= 2 * 86_400  # a desk whose clock says that the word is from the future
    with pytest.raises(Declined, match="ahead of this desk's"):
        taken(story.desk("co-night"), raw)


async def test_no_officers_label_and_no_body_of_a_circle_is_in_it(story: Story) -> None:
    head, _, bodies = read_snapshot(BytesIO(written(story.desk("ar-chief"))))
    assert head.bodies == len(bodies) > 0
    with story.desk("ar-chief").opened() as opened:
        subjects = {each.subject for each in opened.replica().view.bodies.values()}
    assert any(each.startswith("officer/") for each in subjects)
    assert not any(b64(b'{"label"')[:8] in each.body for each in bodies)


async def altered(story: Story) -> dict[str, bytes]:
    """A good snapshot, with one thing changed in it."""
    head, entries, bodies = read_snapshot(BytesIO(written(story.desk("ar-night"))))

    def write(head: Head = head, entries: list[bytes] = entries, bodies: list[OpenedBody] = bodies) -> bytes:
        return b"".join(write_snapshot(head, entries, bodies))

    def counted(entries: list[bytes], bodies: list[OpenedBody]) -> Head:
        return Head(made=head.made, checkpoint=head.checkpoint, entries=len(entries), bodies=len(bodies))

    spoilt = entries[-1].replace(b'"at":1', b'"at":2', 1)
    stranger = OpenedBody(salt=b64(bytes(32)), body=b64(b'{"names":{"es":"Falsa"}}'))
    return {
        "an entry changed": write(entries=[*entries[:-1], spoilt]),
        "an entry left out": write(counted(entries[:-1], bodies), entries[:-1]),
        "two entries swapped": write(entries=[*entries[:-2], entries[-1], entries[-2]]),
        "an entry twice": write(counted([*entries, entries[-1]], bodies), [*entries[:-1], entries[-1], entries[-1]]),
        "the checkpoint changed": write(
            Head(
                made=head.made,
                checkpoint=head.checkpoint.replace(head.checkpoint.split("\n")[2][:6], "AAAAAA", 1),
                entries=head.entries,
                bodies=head.bodies,
            )
        ),
        "a body that nobody published": write(counted(entries, [*bodies, stranger]), entries, [*bodies, stranger]),
    }


async def test_whatever_was_altered_is_refused_and_changes_nothing(story: Story) -> None:
    reader = story.desk("co-late")
    fresh = story.folder / "fresh"
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-desk")
    await story.desk("ar-night").exchange()
    before = held(reader)
    for what, raw in (await altered(story)).items():
        with pytest.raises((Declined, Malformed)) as refused:
            taken(reader, raw)
        assert str(refused.value), what
        assert held(reader) == before, what
    assert not fresh.exists()


async def test_a_bit_changed_anywhere_is_found_out(story: Story) -> None:
    reader, writer = story.desk("co-late"), story.desk("ar-night")
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-desk")
    await writer.exchange()
    raw = written(writer)
    before, made = held(reader), raw.index(b'"made":')
    with reader.opened() as opened:
        for at in range(1, len(raw), len(raw) // 60):
            if made < at < made + len('"made":1767225600'):
                continue  # nothing depends on it
            spoilt = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
            with pytest.raises((Declined, Malformed)):
                take_snapshot(opened.profile, opened.store, *read_snapshot(BytesIO(spoilt)), opened.clock())
    assert held(reader) == before
    await reader.exchange()  # nothing of it stands in the way of the log itself
    assert held(reader)[0] == before[0] + 1


async def test_a_snapshot_that_is_refused_leaves_a_new_desk_what_its_administrator_saw(story: Story) -> None:
    writer = story.desk("ar-night")
    early = written(writer)
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-desk")
    chief = story.desk("ar-chief")
    await chief.exchange()
    await writer.exchange()
    new = story.begin("ar-new", await story.invite(chief, "ar", writer.profile.identity.officer))
    head, entries, bodies = read_snapshot(BytesIO(written(writer)))
    stranger = OpenedBody(salt=b64(bytes(32)), body=b64(b'{"names":{"es":"Falsa"}}'))
    more = Head(made=head.made, checkpoint=head.checkpoint, entries=head.entries, bodies=head.bodies + 1)
    with pytest.raises(Declined, match="nobody published a body in it"):
        taken(new, b"".join(write_snapshot(more, entries, [*bodies, stranger])))
    with pytest.raises(Declined, match="your administrator saw"):
        taken(new, early)
    assert taken(new, b"".join(write_snapshot(head, entries, bodies))).statements == len(entries)
    with new.opened() as opened:
        assert not opened.store.fact(INVITED)


GOOD = b"".join(
    write_snapshot(
        Head(made=1, checkpoint="c", entries=2, bodies=1),
        [b"first", b"second"],
        [OpenedBody(salt="AA==", body="AA==")],
    )
)
BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "another type": lambda raw: raw.replace(b"snapshot/v1", b"snapshot/v2"),
    "a head that is no JSON": lambda raw: raw.replace(b'{"bodies"', b'{bodies"'),
    "a head in another order": lambda raw: raw.replace(b'"bodies":1,"checkpoint":"c"', b'"checkpoint":"c","bodies":1'),
    "no entries": lambda raw: raw.replace(b'"entries":2', b'"entries":0'),
    "more entries than there are": lambda raw: raw.replace(b'"entries":2', b'"entries":3'),
    "fewer": lambda raw: raw.replace(b'"entries":2', b'"entries":1'),
    "too many": lambda raw: raw.replace(b'"entries":2', b'"entries":1000001'),
    "a length with a nought before it": lambda raw: raw.replace(b"\n5\nfirst", b"\n05\nfirst"),
    "a length that is none": lambda raw: raw.replace(b"\n5\nfirst", b"\nx\nfirst"),
    "an entry that is too long": lambda raw: raw.replace(b"\n5\nfirst", b"\n99999\nfirst"),
    "a body in other words": lambda raw: raw.replace(b'"body":"AA=="', b'"bodi":"AA=="'),
    "cut in the middle": lambda raw: raw[:-3],
    "cut before the first entry": lambda raw: raw[: raw.index(b"5\nfirst")],
    "more behind it": lambda raw: raw + b"\n",
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_snapshot_is_refused(what: str) -> None:
    assert BROKEN[what](GOOD) != GOOD
    with pytest.raises(Malformed):
        read_snapshot(BytesIO(BROKEN[what](GOOD)))


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=4), st.integers(0, 400), st.binary(max_size=3))
def test_what_is_read_is_written_back_the_same(entries: list[bytes], at: int, spice: bytes) -> None:
    bodies = [OpenedBody(salt="AA==", body=b64(each)) for each in entries]
    head = Head(made=7, checkpoint="c\n", entries=len(entries), bodies=len(bodies))
    raw = b"".join(write_snapshot(head, entries, bodies))
    assert read_snapshot(BytesIO(raw)) == (head, entries, bodies)
    spoilt = raw[:at] + spice + raw[at + 1 :]
    try:
        assert b"".join(write_snapshot(*read_snapshot(BytesIO(spoilt)))) == spoilt
    except Malformed:
        pass
    assert raw.startswith(SNAPSHOT_TYPE.encode())
