"""What bytes a file of contacts is written in, and the same file in UTF-8: spreadsheets write UTF-16, old ones a page.

1. UTF-8 is taken as it is. UTF-16 is known by its byte order mark, which “Unicode text” of a spreadsheet begins with.
2. Windows-1252 is never guessed, for every byte is some letter in it: it is read where the user says so, and not where
   the file is UTF-8 after all, whose letters would come out as two each (`JosÃ©`).
3. What cannot be read is told with its line; a character is never replaced by another.
"""

import codecs

from directory.exchange.csv_problem import ImportRefused, Problem

ENCODINGS = ("utf-8", "utf-16", "windows-1252")
_RESAVE = "in the spreadsheet, save it again as “CSV UTF-8”"
_OTHERS = {codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF32_BE: "UTF-32"}


def in_utf8(raw: bytes, encoding: str = "") -> bytes:
    """The file in UTF-8, whether or not all of it can be read as such; raises ImportRefused.

    `encoding`: one of ENCODINGS, where the user says it; else UTF-16 by its mark, and UTF-8.
    """
    for mark, name in _OTHERS.items():
        if raw.startswith(mark):
            raise ImportRefused([Problem(1, "", f"the file is {name}", _RESAVE)])
    marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if marked and encoding not in ("", "utf-16"):
        raise ImportRefused([Problem(1, "", f"the file is UTF-16, not {encoding}", "leave --encoding out")])
    if marked or encoding == "utf-16":
        return _decoded(raw, "utf-16" if marked else "utf-16-le", "UTF-16").encode()
    if not encoding and raw[1:200:2].count(0) > 60:
        raise ImportRefused([Problem(1, "", "the file looks like UTF-16 without its mark", "say --encoding utf-16")])
    if encoding == "windows-1252":
        _check_other_than_utf8(raw)
        return _decoded(raw, "cp1252", "Windows-1252").encode()
    return raw


def _decoded(raw: bytes, codec: str, name: str) -> str:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode(codec, "replace")
        line = before.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
        what = f"byte {raw[error.start]:#04x} is not {name}"
        raise ImportRefused([Problem(line, "", what, f"{_RESAVE}; the file may be cut off")]) from error


def _check_other_than_utf8(raw: bytes) -> None:
    """Return if a file may be in an old code page; raise ImportRefused if it is UTF-8 (rule 2)."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return
    if not raw.isascii():
        raise ImportRefused([Problem(1, "", "the file is UTF-8, not windows-1252", "leave --encoding out")])
