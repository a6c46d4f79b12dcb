"""What an officer is told at an alarm, on a terminal of eighty columns."""

import pytest

from desk.alarms.words import alarm_lines
from desk.errors import Told

FILE = "/profiles/co-desk/alarms/1767300000-fork-0123456789abcdef/alarm.evidence"


@pytest.mark.parametrize("halted", [False, True])
@pytest.mark.parametrize("size", [0, 4096])
def test_no_word_is_broken_at_the_edge_and_no_command(halted: bool, size: int) -> None:
    told = Told("fork", "two histories", size, 1_767_300_000, halted, FILE, halted)
    plain, lines = alarm_lines(told), alarm_lines(told, 80)
    assert all(len(each) <= 80 for each in lines if FILE not in each)
    assert " ".join("\n".join(lines).split()) == " ".join("\n".join(plain).split())
    assert [each for each in lines if FILE in each] == [f"  {FILE}", f"  enlace proof verify {FILE} --policy FILE"]
    assert {len(each) - len(each.lstrip()) for each in lines} == {0, 2, 11}  # below the words, not below the label
