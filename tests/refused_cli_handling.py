"""Bad commands about handling: marks that are none, messages that are not there, consent that nobody asked for."""

from refused_cli_files import Typed

SEND = ("send", "co-desk", "-s", "x", "--no-text")

TYPED: dict[str, Typed] = {
    "kept until no day": ("malformed", "ar-desk", (*SEND, "--keep-until", "2026-02-30"), 2,
    r"is no day; write it like"),
    "kept until a day that is over": ("wrong state", "ar-desk", (*SEND, "--keep-until", "2020-01-01"), 2,
    r"that day is over"),
    "kept until two times": ("wrong state", "ar-desk", (*SEND, "--keep-until", "2099-01-01", "--keep-days", "3"), 2,
    r"either --keep-until or --keep-days"),
    "long purpose": ("oversized", "ar-desk", (*SEND, "--purpose", "x" * 401), 2, r"these marks cannot be signed"),
    "said in a case, kept until two times": ("wrong state", "ar-desk",
    ("case", "say", "00000000", "-s", "x", "--keep-until", "2099-01-01", "--keep-days", "3"), 2,
    r"either --keep-until or --keep-days"),
    "said in a case, for a long purpose": ("oversized", "ar-desk",
    ("case", "say", "00000000", "-s", "x", "--purpose", "x" * 401), 2, r"these marks cannot be signed"),
    "passed on, and not there": ("not found", "ar-desk", ("forward", "999", "co-desk"), 7, r"there is no message 999"),
    "consent for nothing": ("not found", "ar-desk", ("consent", "ask", "999", "--act", "print"), 7,
    r"there is no message 999"),
    "consent that was not asked for": ("not found", "ar-desk", ("consent", "give", "999", "--yes"), 7,
    r"there is no message 999"),
    "consent that is not there to take back": ("not found", "ar-desk", ("consent", "take-back", "999"), 7,
    r"there is no message 999"),
    "consent that is not there to refuse": ("not found", "ar-desk", ("consent", "refuse", "999"), 7,
    r"there is no message 999"),
    "usual marks, and none said": ("malformed", "ar-desk", ("marks", "set"), 2, r"say which: --tlp"),
    "usual marks with a long purpose": ("oversized", "ar-desk", ("marks", "set", "--purpose", "x" * 401), 2,
    r"these marks cannot be signed"),
    "RED in a sealed file": ("wrong state", "ar-desk", (*SEND, "--tlp", "RED", "--as-file", "{nowhere}"), 3,
    r"TLP:RED goes into no file"),
    "RED to everybody": ("wrong state", "ar-desk",
    ("alert", "--all", "-s", "x", "--no-text", "--tlp", "RED", "--yes"), 3,
    r"name each, and no group of them"),
    "a victim to everybody": ("wrong state", "ar-desk",
    ("alert", "--country", "CO", "-s", "x", "--no-text", "--victim", "--yes"), 3, r"name each, and no group of them"),
    "a long reason": ("oversized", "ar-desk", (*SEND, "--victim-identified", "x" * 401), 2,
    r"these marks cannot be signed"),
}  # fmt: skip
