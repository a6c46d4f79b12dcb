"""What nobody sees: which characters those are, and that they change neither what is found nor what is shown."""

import unicodedata

import pytest
from directory_entries import NOW, a_body, an_entry

from desk.safe_text import line
from directory.exchange.csv_import import read_contacts
from directory.exchange.csv_problem import ImportRefused
from directory.finding.search import Index, Query
from directory.folding import words
from directory.invisible import first_invisible, ignorable, invisible

# fmt: off
IGNORABLE = (
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180E, 0x180F, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F,
    0x202A, 0x202E, 0x2060, 0x2064, 0x2065, 0x2066, 0x2069, 0x206A, 0x206F, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0,
    0xFFF0, 0xFFF8, 0xFFF9, 0x1BCA0, 0x1D173, 0x1D17A, 0xE0000, 0xE0001, 0xE0041, 0xE0100, 0xE01EF, 0xE0FFF,
)
# fmt: on


@pytest.mark.parametrize("code", IGNORABLE)
def test_a_word_with_nothing_in_it_is_refused_found_and_shown(code: int) -> None:
    name = f"Fis{chr(code)}calía"
    assert ignorable(chr(code))
    with pytest.raises(ImportRefused, match=rf"line 2, name_es: an invisible character \(U\+{code:04X}\)"):
        read_contacts(f"contact,name_es\nco-desk,{name}\n".encode())
    assert words(name) == ["fiscalia"]
    found = Index([an_entry("co-desk", "consular", a_body(name))]).find(Query(text="fiscalía"), NOW)
    assert [each.entry.id for each in found.results] == ["co-desk"]
    assert line(name) == f"Fis[U+{code:04X}]calía"


@pytest.mark.parametrize(
    "text", ["Fiscalía General – «Nación» n.º 1", "Ñandú\u00a0y\u202fco.", "e\u0301", "警察 🚓", "\ue000", " ", ""]
)
def test_what_is_seen_is_not_invisible(text: str) -> None:
    assert first_invisible(text) is None


def test_every_control_format_and_separator_character_counts() -> None:
    for code in range(0x110000):
        kind = unicodedata.category(chr(code))
        if kind in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            assert invisible(chr(code)), hex(code)
        elif kind[0] in "LNPS" and not ignorable(chr(code)):
            assert not invisible(chr(code)) or code == 0x2800, hex(code)
