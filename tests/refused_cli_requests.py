"""Bad commands about requests: rows as those of `tests/refused_cli.py`."""

from refused_cli_files import Typed

SEND = ("request", "send", "co-desk")
NO_ID = "ffffffffffff"
TYPED: dict[str, Typed] = {
    "a request without a form": ("missing", "ar-desk", SEND, 2, r"give the form with --form FILE, or a draft"),
    "a request with what is no form": ("malformed", "ar-desk", (*SEND, "--form", "{braces}"), 2, r"is no filled form"),
    "a request with bytes": ("bad UTF-8", "ar-desk", (*SEND, "--form", "{latin}"), 2, r"is no filled form"),
    "a request with too much": ("oversized", "ar-desk", (*SEND, "--form", "{large}"), 2, r"is larger than"),
    "a request with no file": ("not found", "ar-desk", (*SEND, "--form", "{nowhere}"), 7, r"there is no form at"),
    "a request with a draft there is not": ("not found", "ar-desk", (*SEND, "--draft", "d99"), 7, r"no draft d99"),
    "a request of the secretariat": ("wrong role", "secretariat", (*SEND, "--form", "{no_values}"), 2,
    r"sends no requests; an officer on duty does"),
    "a request with too short an id": ("malformed", "ar-desk", ("request", "show", "abc"), 2,
    r"'abc' is no id of a request: give 4 of its characters or more"),
    "showing no request": ("not found", "ar-desk", ("request", "show", NO_ID), 7, r"there is no request f+"),
    "reading no request": ("not found", "ar-desk", ("request", "read", NO_ID), 7, r"there is no request f+"),
    "printing no request": ("not found", "ar-desk", ("request", "pdf", NO_ID, "-o", "{nowhere}"), 7,
    r"there is no request f+"),
    "reading in no language": ("malformed", "ar-desk", ("request", "read", NO_ID, "--language", "qu"), 2,
    r"'qu' is not one of 'es', 'en', 'pt', 'fr'"),
    "accepting no request": ("not found", "ar-desk", ("request", "accept", NO_ID), 7, r"there is no request f+"),
    "refusing for no reason there is": ("malformed", "ar-desk", ("request", "refuse", NO_ID, "x", "--reason", "rain"),
    2,
    r"'rain' is not one of 'domestic-law', 'dual-criminality'"),
    "a date for no timer there is": ("malformed", "ar-desk",
    ("request", "limit", NO_ID, "--timer", "ordinary", "--over", "x"), 2, r"'ordinary' is not one of 'expected'"),
    "a date for no request": ("not found", "ar-desk",
    ("request", "limit", NO_ID, "--timer", "expected", "--over", "x"), 7, r"there is no request f+"),
    "giving nothing again": ("not found", "ar-desk", ("request", "repeat", NO_ID), 7, r"there is no request f+"),
    "an attachment there is not": ("not found", "ar-desk", ("request", "part", NO_ID, "x", "--attach", "{nowhere}"), 7,
    r"there is no file .* to attach"),
    "time limits that are none": ("malformed", "ar-desk", ("request", "limits", "--set", "{columns}", "--yes"), 2,
    r"this is no file of time limits"),
    "time limits of bytes": ("bad UTF-8", "ar-desk", ("request", "limits", "--set", "{latin}", "--yes"), 2,
    r"this is no file of time limits"),
}  # fmt: skip
