"""What a report finds in files that a fault left aside, however large they are."""

from base64 import b64encode
from pathlib import Path

import pytest

from desk.entries.held_about import Asked, matcher, put_aside

MIB = 1 << 20


@pytest.mark.parametrize("at", [0, MIB - 4, MIB, 3 * MIB])
def test_an_id_is_found_wherever_it_stands_in_evidence(tmp_path: Path, at: int) -> None:
    folder = tmp_path / "alarms" / "1-refused-0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "alarm.evidence").write_bytes(b"\n" * at + b'"officer":"5f5f5f5f5f5f5f5f"\n')
    (folder / "other").write_bytes(b"\n" * MIB)
    who = Asked("5f5f5f5f5f5f5f5f", "officer")
    found = list(put_aside(tmp_path, [who.text.encode()], matcher(who.text), who))
    assert found == ["alarms/1-refused-0123456789abcdef/alarm.evidence"]


def test_words_are_found_behind_the_first_mebibyte_of_base64_too(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    hidden = b64encode(b'{"name":"Mesa de enlace nocturna"}')
    (tmp_path / "spool" / "item").write_bytes(b"\n" * (2 * MIB) + hidden + b"\n")
    who = Asked("enlace nocturna")
    assert list(put_aside(tmp_path, [], matcher(who.text), who)) == ["spool/item"]
