"""What a hostile sender wrote: it reaches a terminal as letters, and a folder as a plain name."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.safe_text import MOST_MARKS, MOST_NAME, MOST_NAME_BYTES, block, file_name, line

ANY = st.text(st.characters(), max_size=80)  # surrogates, controls, everything
UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


def harmless(text: str) -> bool:
    return not any(unicodedata.category(char) in UNSEEN for char in text)


SHOWN = {
    "plain words": ("Tres personas, mañana", "Tres personas, mañana"),
    "an escape sequence": ("a\x1b[2Jb", "a[U+001B][2Jb"),
    "a window title": ("\x1b]0;Signed\x07", "[U+001B]]0;Signed[U+0007]"),
    "a hyperlink": ("\x1b]8;;https://x\x1b\\y", "[U+001B]]8;;https://x[U+001B]\\y"),
    "the one-byte CSI": ("a\x9b2Jb", "a[U+009B]2Jb"),
    "a bell": ("\a", "[U+0007]"),
    "backspaces": ("TLP:RED\b\b\bAMBER", "TLP:RED[U+0008][U+0008][U+0008]AMBER"),
    "a carriage return": ("bad\rgood", "bad[U+000D]good"),
    "a line feed": ("one\ntwo", "one / two"),
    "CRLF": ("one\r\ntwo", "one / two"),
    "a tab": ("one\ttwo", "one two"),
    "a null": ("a\0b", "a[U+0000]b"),
    "delete": ("a\x7fb", "a[U+007F]b"),
    "next line": ("a\x85b", "a[U+0085]b"),
    "line separator": ("a\u2028b", "a[U+2028]b"),
    "right to left": ("\u202egpj.exe", "[U+202E]gpj.exe"),
    "isolates": ("\u2066a\u2069", "[U+2066]a[U+2069]"),
    "marks of direction": ("\u200ea\u200f\u061c", "[U+200E]a[U+200F][U+061C]"),
    "no width": ("pay\u200bpal\ufeff", "pay[U+200B]pal[U+FEFF]"),
    "soft hyphen": ("co\u00adop", "co[U+00AD]op"),
    "tags": ("a\U000e0041", "a[U+E0041]"),
    "private use": ("\ue000", "[U+E000]"),
    "half a surrogate pair": ("\udcff", "[U+DCFF]"),
    "letters like nothing": ("\u3164\u2800", "[U+3164][U+2800]"),
    "marks like nothing": ("a\u034fb\ufe0f\u17b4\u180b\U000e0100", "a[U+034F]b[U+FE0F][U+17B4][U+180B][U+E0100]"),
    "joiners": ("a\u200cb\u200dc", "a[U+200C]b[U+200D]c"),
    "letters of other scripts": ("警察 🚓 Ñ", "警察 🚓 Ñ"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_line_shows_what_is_in_it(name: str) -> None:
    text, shown = SHOWN[name]
    assert line(text) == shown


def test_accents_upon_accents_are_cut() -> None:
    assert line("e" + "\u0301" * 50 + "x") == "e" + "\u0301" * MOST_MARKS + "x"


def test_a_long_line_is_cut_where_asked() -> None:
    assert line("x" * 300) == "x" * 300
    assert line("x" * 300, 20) == "x" * 19 + "…"
    assert line("x" * 20, 20) == "x" * 20


@given(ANY, st.integers(0, 30))
def test_whatever_is_in_a_line_it_is_one_line_of_letters(text: str, most: int) -> None:
    shown = line(text, most)
    assert "\n" not in shown
    assert harmless(shown)
    assert not most or len(shown) <= most
    assert line(line(text)) == line(text)


@given(ANY, st.sampled_from([0, 10, 40]))
def test_whatever_is_in_a_block_every_line_has_its_bar(text: str, width: int) -> None:
    for each in block(text, width).split("\n"):
        assert each == "|" or each.startswith("| ")
        assert harmless(each)


def test_a_text_cannot_pass_itself_off_as_a_line_of_ours() -> None:
    text = "hello\n\nFrom        co-desk\nproof: relay's receipt, both keys\r\x1b[1AUNPROVEN"
    assert block(text).split("\n") == [
        "| hello",
        "|",
        "| From        co-desk",
        "| proof: relay's receipt, both keys[U+000D][U+001B][1AUNPROVEN",
    ]


def test_long_lines_are_broken_before_the_terminal_does() -> None:
    text = "x" * 25 + " " * 11 + "From co-desk " + "漢" * 12
    shown = block(text, 20).split("\n")
    assert all(each.startswith("| ") or each == "|" for each in shown)
    widths = [sum(2 if unicodedata.east_asian_width(char) == "W" else 1 for char in each) for each in shown]
    assert max(widths) <= 20
    assert re.sub(r"[| \n]", "", "".join(shown)) == text.replace(" ", "")


NAMES = {
    "../x": "x",
    "../../../../etc/passwd": "passwd",
    "/etc/passwd": "passwd",
    "C:\\x": "x",
    "C:x": "x",
    "C:\\Users\\x\\report.pdf": "report.pdf",
    "\\\\server\\share\\x": "x",
    "a/../b": "b",
    "a/..": "attachment",
    "..": "attachment",
    ".": "attachment",
    "": "attachment",
    "/": "attachment",
    "...": "attachment",
    " ": "attachment",
    "a\0b.txt": "a_b.txt",
    "a\nb.txt": "a_b.txt",
    "a\x1b[2J.txt": "a_[2J.txt",
    "report\u202efdp.exe": "report_fdp.exe",
    "a\u200b.txt": "a_.txt",
    "\udcff.txt": "_.txt",
    ".bashrc": "bashrc",
    "...hidden": "hidden",
    "-rf": "_-rf",
    "~root": "_~root",
    "CON": "_CON",
    "con": "_con",
    "con.txt": "_con.txt",
    "NUL.tar.gz": "_NUL.tar.gz",
    "aux .txt": "_aux.txt",
    "COM1": "_COM1",
    "LPT¹": "_LPT¹",
    "conin$": "_conin$",
    "console.txt": "console.txt",
    "name.": "name",
    "name. . .": "name",
    "name   ": "name",
    "a.txt:hidden": "a.txt_hidden",
    "a<b>|c?*.txt": "a_b__c__.txt",
    'a"b.txt': "a_b.txt",
    "invoice.pdf" + " " * 200 + ".exe": "invoice.pdf.exe",
    "Denuncia nº 7 – anexo.pdf": "Denuncia nº 7 – anexo.pdf",
    "mañana.pdf": "mañana.pdf",
    "mañana.pdf".replace("ñ", "n\u0303"): "mañana.pdf",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_plain_name(name: str) -> None:
    assert file_name(name) == NAMES[name]


@pytest.mark.parametrize(
    "name", ["x" * 300, "é" * 300 + ".pdf", "漢" * 300 + ".tar.gz", "a." * 200, "x" * 118 + ". .pdf"]
)
def test_a_long_name_is_cut_and_keeps_its_extension(name: str) -> None:
    short = file_name(name)
    assert len(short) <= MOST_NAME
    assert len(short.encode()) <= MOST_NAME_BYTES
    extension = name.rpartition(".")[2]
    assert short.endswith(f".{extension}") or not 1 <= len(extension) <= 16


@given(ANY)
def test_whatever_a_sender_calls_it_the_name_is_safe_everywhere(name: str) -> None:
    safe = file_name(name)
    assert safe
    assert safe == safe.strip(". ")
    assert harmless(safe)
    assert not set(safe) & set('<>:"|?*\\/')
    assert not safe.startswith(("-", "~", "."))
    assert not re.match(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", safe)
    assert len(safe) <= MOST_NAME
    assert len(safe.encode()) <= MOST_NAME_BYTES
    assert file_name(safe) == safe
