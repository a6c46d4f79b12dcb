"""Bad commands about duty: rosters that are none, files and calendars, contacts of others, officers nobody knows."""

from refused_cli_files import Typed

SET = ("duty", "set", "--yes")

TYPED: dict[str, Typed] = {
    "duty of the secretariat": ("wrong state", "secretariat", ("duty",), 2, r"has no duty roster"),
    "duty of another's contact": ("wrong role", "ar-desk", ("duty", "--contact", "co-desk"), 7,
    r"you do not serve co-desk"),
    "duty of an administrator": ("wrong role", "ar-admin", (*SET, "--drop", "x"), 7, r"you serve no contact"),
    "roster of nothing": ("missing", "ar-desk", SET, 2, r"say what is to change"),
    "roster file that is none": ("malformed", "ar-desk", (*SET, "--file", "{zeros}"), 2, r"it cannot be read"),
    "roster file of bytes": ("bad UTF-8", "ar-desk", (*SET, "--file", "{latin}"), 2, r"is not UTF-8"),
    "roster file that is not there": ("not found", "ar-desk", (*SET, "--file", "{nowhere}"), 7, r"no roster at"),
    "shift of a stranger": ("not found", "ar-desk", (*SET, "--shift", "x=mon 08:00-09:00 eeee"), 2,
    r"no officer of this contact is 'eeee'"),
    "shift with an accent": (
        "malformed", "ar-desk", (*SET, "--shift", "día=mon 08:00-20:00 x"), 2,
        r"'día' is no id of a shift: .* such as dia",
    ),
    "shift without times": ("malformed", "ar-desk", (*SET, "--shift", "x=mon"), 2, r"does not say a shift"),
    "shift that is not there": ("not found", "ar-desk", (*SET, "--drop", "x"), 2, r"there is no shift x"),
    "swap of three": ("malformed", "ar-desk", (*SET, "--swap", "a b c"), 2, r"does not say a swap"),
    "no roster to send again": ("not found", "ar-desk", (*SET, "--again"), 7, r"there is no roster of ar-desk"),
    "no roster to write": ("not found", "ar-desk", ("duty", "write", "-"), 7, r"there is no roster of ar-desk"),
    "no roster to export": ("not found", "ar-desk", ("duty", "export", "-"), 7, r"there is no roster of ar-desk"),
    "calendar that is none": ("malformed", "ar-desk", ("duty", "import", "{zeros}", "--yes"), 2, r"calendar"),
    "calendar of a stranger": ("not found", "ar-desk", ("duty", "import", "{zeros}", "--map", "x=eeee"), 2,
    r"no officer of this contact"),
    "note twice": ("malformed", "ar-desk", ("duty", "hand-over", "--note", "x", "--text", "-"), 2, r"not with both"),
    "note of novel length": ("oversized", "ar-desk", ("duty", "hand-over", "--note", "x" * 20_001), 2,
    r"the note has 20001 characters"),
    "no note to take over": ("not found", "ar-desk", ("duty", "take-over"), 7, r"nobody has left a note"),
}  # fmt: skip
