"""An authority's own time limits: what a file of them may say, and that they go before those that ship."""

from pathlib import Path

import msgspec
import pytest
from desk_world import desk, network, refused
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import Usage
from desk.keys.vault import Damaged
from desk.timers.settings import MOST_SETTINGS_BYTES, given_settings, keep_settings, own_settings, parse_timer_settings
from desk.timers.terms import HOUR, LONGEST_TERM, term
from directory.canonical import Malformed, encode
from directory.entry import DAY

OWN = b"""{"terms": [{"timer": "preservation", "days": 90, "source": "Ley 1273, art. 5"},
                     {"timer": "urgent-direct", "hours": 4, "instrument": "budapest", "source": "Acuerdo 7"}],
           "classes": [{"form": "information-on-law", "timers": ["ordinary"]}]}"""


def test_own_rows_go_first_and_are_not_to_be_verified() -> None:
    found = parse_timer_settings(OWN)
    row = term("preservation", "", found.own)
    assert row is not None
    assert (row.seconds, row.verify, row.source) == (90 * DAY, False, "Ley 1273, art. 5")
    other = term("urgent-direct", "budapest", found.own)
    assert other is not None
    assert other.seconds == 4 * HOUR
    assert (found.classes_of("information-on-law"), found.classes_of("extradition")) == (("ordinary",), ())


REFUSED = {
    "no JSON": (b"preservation 60", "JSON is malformed"),
    "no object": (b"[]", "Expected"),
    "another word": (b'{"limits":[]}', "limits"),
    "no such timer": (b'{"terms":[{"timer":"soon","days":1,"source":"x"}]}', "Invalid enum value"),
    "no length": (b'{"terms":[{"timer":"ordinary","source":"x"}]}', "row 1 (ordinary) needs days or hours"),
    "less than nothing": (b'{"terms":[{"timer":"ordinary","days":-1,"source":"x"}]}', ">= 0"),
    "for ever": (b'{"terms":[{"timer":"ordinary","days":3660,"hours":1,"source":"x"}]}', "up to 3660 days"),
    "no source": (b'{"terms":[{"timer":"ordinary","days":1}]}', "source"),
    "a source that says nothing": (b'{"terms":[{"timer":"ordinary","days":1,"source":" "}]}', "needs a source"),
    "twice": (
        b'{"terms":[{"timer":"ordinary","days":1,"source":"x"},{"timer":"ordinary","days":2,"source":"y"}]}',
        "two rows are for the same timer",
    ),
    "no such form": (b'{"classes":[{"form":"letter","timers":["ordinary"]}]}', "no form 'letter'"),
    "no class": (b'{"classes":[{"form":"extradition","timers":["preservation"]}]}', "the classes are"),
    "a form twice": (
        b'{"classes":[{"form":"extradition","timers":[]},{"form":"extradition","timers":[]}]}', "stands twice",
    ),
    "too large": (b" " * (MOST_SETTINGS_BYTES + 1), "larger than 64 KiB"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_file_of_time_limits_is_refused(name: str) -> None:
    raw, why = REFUSED[name]
    assert why in refused(lambda: parse_timer_settings(raw), Malformed)


@given(st.binary(max_size=200) | st.builds(lambda text: text.encode(), st.text(max_size=100)))
def test_whatever_comes_it_is_settings_or_malformed(raw: bytes) -> None:
    try:
        found = parse_timer_settings(raw)
    except Malformed:
        return
    assert parse_timer_settings(encode(found)) == found
    assert all(0 < each.seconds <= LONGEST_TERM for each in found.own)


def test_they_are_kept_and_what_is_damaged_is_told(tmp_path: Path) -> None:
    vault = desk(tmp_path, "ec-night", network()).vault
    assert own_settings(vault).terms == ()
    assert "no file of time limits" in refused(lambda: given_settings(b"{"), Usage)
    keep_settings(vault, given_settings(OWN))
    assert own_settings(vault) == parse_timer_settings(OWN)
    vault.put("timer-settings", msgspec.json.encode({"terms": 1}))
    assert "set them again" in refused(lambda: own_settings(vault), Damaged)
