"""Which message of a case is meant: an id never moves, and a place counts only as it was shown last."""

from dataclasses import replace
from pathlib import Path

import pytest
from case_world import CaseStory
from desk_world import desk, network
from directory_world import local_id
from hypothesis import given
from hypothesis import strategies as st

from desk.cases.acts import Leave
from desk.cases.case_places import meant, places_now, recalled, remember
from desk.commands.case_hand_over import in_acts, sorted_out
from desk.errors import Declined, DeskError, NotFound, Usage


def told() -> CaseStory:
    """A case with something said at its places 4 and 5, by either side."""
    story = CaseStory()
    story.begin()
    story.say("co-night")
    story.say("ec-night")
    return story


STORY = told()
FOURTH, FIFTH = (each.id for each in STORY.events[3:5])
SHOWN = places_now(STORY.case)


def test_a_place_and_an_id_mean_the_message_that_was_shown() -> None:
    assert meant(STORY.case, ["5", FOURTH[:8]], SHOWN) == (FOURTH, FIFTH)
    assert meant(STORY.case, ["4", FOURTH, FOURTH[:12].upper()], SHOWN) == (FOURTH,)
    assert meant(STORY.case, [FIFTH[:8]], None) == (FIFTH,)
    assert meant(STORY.case, [], None) == ()


REFUSED: dict[str, tuple[str, type[DeskError], str]] = {
    "an act": ("3", NotFound, "nothing was said at place 3"),
    "beyond the end": ("6", NotFound, "nothing was said at place 6"),
    "no number": ("four", Usage, "four is neither a place of this case nor an id"),
    "nothing": ("", Usage, "neither a place"),
    "nought": ("0", Usage, "0 is neither a place"),
    "less than nothing": ("-4", Usage, "-4 is neither a place"),
    "spelt oddly": ("04", Usage, "04 is neither a place"),
    "digits of another script": ("\u0664", Usage, "is neither a place"),
    "too short an id": ("abcdef0", Usage, "abcdef0 is neither a place"),
    "too long an id": ("a" * 65, Usage, "is neither a place"),
    "the id of an act": (STORY.events[0].id, NotFound, "no message of this case has an id"),
    "the id of nothing": ("0" * 8, NotFound, "no message of this case has an id that begins with 00000000"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_means_no_message_is_refused(what: str) -> None:
    word, kind, words = REFUSED[what]
    with pytest.raises(kind, match=words):
        meant(STORY.case, ["4", word], SHOWN)


def test_a_place_that_leads_elsewhere_than_it_was_shown_to_is_refused_and_both_are_named() -> None:
    """After something was erased, came late, or was handed over; the ids mean what they meant."""
    fewer, more = told(), told()
    fewer.events = [each for each in fewer.events if each.id != FOURTH]
    assert meant(fewer.case, [FIFTH[:8]], SHOWN) == (FIFTH,)
    with pytest.raises(Declined, match=f"place 4 was {FOURTH[:8]} when .*, and is {FIFTH[:8]}, of ec-desk, .* now"):
        meant(fewer.case, ["4"], SHOWN)
    with pytest.raises(Declined, match=f"place 5 was {FIFTH[:8]} when .*, and is not there any more"):
        meant(fewer.case, ["5"], SHOWN)
    assert meant(fewer.case, ["4"], places_now(fewer.case)) == (FIFTH,)
    late = more.say("co-night", after=(more.events[2].id,), taken_in=more.events[3].taken_in)
    order = [each.signed.id for each in more.case.entries]
    at = order.index(late.id) + 1
    with pytest.raises(Declined, match=rf"place {at} was .*, and is {late.id[:8]}, of co-desk, .* now"):
        meant(more.case, [str(at)], SHOWN)
    last = len(order)
    with pytest.raises(Declined, match=f"place {last} was not there when it was shown last, and is {FIFTH[:8]}"):
        meant(more.case, [str(last)], SHOWN)


def test_a_place_that_was_never_shown_means_nothing() -> None:
    with pytest.raises(
        Declined, match="the places of this case were not shown on this desk yet, so 4 may mean another"
    ):
        meant(STORY.case, ["4"], None)


def test_an_id_of_which_two_begin_alike_is_refused() -> None:
    story = told()
    twin = story.say("co-night")
    story.events[-1] = replace(twin, id=FIFTH[:40] + "0" * 24)
    with pytest.raises(Usage, match=f"2 messages of this case have ids that begin with {FIFTH[:8]}: .*; give more"):
        meant(story.case, [FIFTH[:8]], SHOWN)
    assert meant(story.case, [FIFTH], SHOWN) == (FIFTH,)


@given(st.lists(st.text(max_size=70) | st.sampled_from(["4", "5", "6", FOURTH[:9], FIFTH]), max_size=4))
def test_whatever_is_typed_means_messages_of_the_case_or_is_refused_in_words(typed: list[str]) -> None:
    try:
        found = meant(STORY.case, typed, SHOWN)
    except DeskError:
        return
    assert set(found) <= {FOURTH, FIFTH}
    assert bool(found) == bool(typed)


def test_what_was_shown_last_is_kept_and_damage_counts_as_never(tmp_path: Path) -> None:
    vault, story = desk(tmp_path, "ec-night", network()).vault, told()
    assert recalled(vault, "ab" * 32) is None
    remember(vault, "ab" * 32, story.case)
    assert recalled(vault, "ab" * 32) == SHOWN
    assert recalled(vault, "cd" * 32) is None
    story.do(Leave(), "ec-night")
    remember(vault, "ab" * 32, story.case)
    assert recalled(vault, "ab" * 32) == places_now(story.case) != SHOWN
    (file,) = tmp_path.rglob("case-places-*")
    file.write_bytes(b"garbage")
    assert recalled(vault, "ab" * 32) is None


def test_more_than_one_act_names_are_handed_over_by_several() -> None:
    assert [len(each) for each in in_acts(range(1201))] == [500, 500, 201]
    assert in_acts(range(2)) == [range(2)]


def test_of_all_messages_it_is_told_which_are_locked() -> None:
    """A new device hands over what came since it was enrolled; the rest is named, and not left out in silence."""
    story = told()
    story.enrol("ec-night/2")
    last = story.say("co-night").id
    view, now = story.world.view, story.now
    assert sorted_out(story.case, view, local_id("ec-night/2"), now, None) == ({6: last}, [4, 5])
    assert sorted_out(story.case, view, local_id("ec-night/2"), now, (FOURTH,)) == ({}, [4])
    assert sorted_out(story.case, view, local_id("ec-night"), now, None) == ({4: FOURTH, 5: FIFTH, 6: last}, [])
