"""Bad commands that reach many contacts at once: drills, alerts, and what is told of them."""

from refused_cli_files import Typed

DRILL, ALERT = ("drill", "send"), ("alert", "co-desk")
EARLY = ("indicators", "--period", "2099-Q1")
PRACTISE = ("send", "co-desk", "-s", "x", "--no-text", "--exercise")
FOUND = ("--set", "function=csirt", "--set", "name_en=x", "--set", "zone=UTC")
LATER = ("drill", "send", "co-desk", "--at-random")

TYPED: dict[str, Typed] = {
    "drill for nobody": ("missing", "ar-desk", DRILL, 2, r"say for whom: name contacts, --circle"),
    "drill of a stranger": ("not found", "ar-desk", (*DRILL, "co-dsk"), 7, r"no contact co-dsk; `enlace find`"),
    "drill of oneself": ("wrong state", "ar-desk", (*DRILL, "ar-desk"), 3, r"nobody is meant by this"),
    "drill within a minute": ("oversized", "ar-desk", (*LATER, "1m"), 2, r"between an hour and 60 days"),
    "random, and no flash": ("wrong state", "ar-desk", (*LATER, "1d", "-p", "routine"), 2,
    r"a drill at a random hour is a flash"),
    "drill of the secretariat": ("wrong state", "secretariat", (*DRILL, "co-desk"), 2, r"sends no messages"),
    "report since no day": ("malformed", "ar-desk", ("drill", "report", "--since", "May"), 2, r"'May' is no day"),
    "alert of nothing": ("missing", "ar-desk", ALERT, 2, r"give --subject with --text FILE or --no-text"),
    "alert without its text": ("missing", "ar-desk", (*ALERT, "-s", "x"), 2, r"--text FILE or --no-text"),
    "alert to no circle": ("not found", "ar-desk", ("alert", "--circle", "x", "-s", "x", "--no-text"), 7,
    r"there is no circle x"),
    "alert to no function": ("unknown", "ar-desk", ("alert", "-f", "spying", "-s", "x", "--no-text"), 2,
    r"no function is called 'spying'"),
    "alert to no country": ("unknown", "ar-desk", ("alert", "-c", "Atlantis", "-s", "x", "--no-text"), 2,
    r"no country is called 'Atlantis'"),
    "alert that nobody agrees to": ("missing", "ar-desk", (*ALERT, "-s", "x", "--no-text"), 2,
    r"Send this alert to 1 contact of 1 country.*--yes"),
    "alert with no form": ("malformed", "ar-desk", (*ALERT, "--form", "{braces}"), 2, r"this is no filled form"),
    "alert with an empty form": ("missing", "ar-desk", (*ALERT, "--form", "{no_values}"), 3, r"the form lacks: "),
    "indicators of no quarter": ("malformed", "ar-desk", ("indicators", "--period", "2026"), 2,
    r"'2026' is no quarter"),
    "indicators too early": ("wrong state", "ar-desk", (*EARLY, "--export", "{nowhere}.json"), 3,
    r"2099-Q1 is not over"),
    "indicators in no form": ("unknown", "ar-desk", ("indicators", "--export", "{nowhere}"), 2,
    r"ends in .json or .csv"),
    "a flash for exercise": ("wrong state", "ar-desk", (*PRACTISE, "-p", "flash"), 2,
    r"a locked desk could not tell this exercise"),
    "an exercise that calls": ("wrong state", "ar-desk", (*PRACTISE, "--call", "co-desk"), 2,
    r"whoever is called could not see"),
    "a contact for exercises": ("wrong state", "ar-admin", ("contact", "publish", "ar-x-exercise", *FOUND), 2,
    r"id of a contact for exercises, and enlace.example is a real network"),
    "report of no exercise": ("not found", "ar-desk", ("exercise", "report", "{nowhere}"), 7,
    r"there is no exercise in"),
    "an exercise in a folder that is there": ("wrong state", "ar-desk", ("exercise", "play", "--folder", "{letters}"),
    2, r"cannot be made"),
    "check of the secretariat": ("wrong state", "secretariat", ("exercise", "check"), 2, r"receives no messages"),
    "tally of nothing": ("not found", "ar-desk", ("tally", "999"), 7, r"there is no message 999"),
}  # fmt: skip
