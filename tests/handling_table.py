"""Every handling rule with an attempt to break it: what is typed, how it is refused, what a changed desk does.

`python tests/handling_table.py` prints the table as it stands in `docs/handling.md`. An attempt is typed as it stands
here, after `enlace`, by the desk before the colon; what has no one command is a test, which is named instead.
`{red}` and its like are messages at ar-desk (`SENT`), `{named.json}` files of the office, `{new}` a file that is not
there, `{referral}` and `{alert}` drafts of co-desk, `{request}` a request of co-desk to ar-desk under TLP:RED.
"""

import sys
from dataclasses import dataclass

# What co-desk sends to ar-desk, under which marks; `@` is a file.
SENT = {
    "red": ["--tlp", "RED", "--attach", "@"],
    "strict": ["--tlp", "AMBER+STRICT", "--onward", "yes", "--attach", "@"],
    "amber": ["--tlp", "AMBER", "--onward", "yes"],
    "third": ["--tlp", "GREEN"],
    "no": ["--tlp", "CLEAR", "--onward", "no", "--attach", "@"],
    "victim": ["--tlp", "CLEAR", "--onward", "yes", "--victim", "--attach", "@"],
    "purpose": ["--tlp", "CLEAR", "--onward", "yes", "--purpose", "investigation"],
    "free": ["--tlp", "GREEN", "--onward", "yes", "--keep-days", "20"],
}

# What a changed desk could do, and what stands against it.
KEEP = "keep it: the time is signed"
SHOW = "send it: its own signature, and no consent beside it"
FILE = "write it: the mark inside is signed"
TYPE = "take the words and type them anew: nothing"
SEAL = "seal it: its own signature, on a note that records no yes"
NAME = "name the victim: no reason is signed with it"
USE = "use it so: the purpose is signed, use is not seen"
LOOSE = "sign looser marks: those inside are the sender's"


@dataclass(frozen=True, slots=True)
class Row:
    """A rule, an attempt (typed, or a test's name behind `test:`), words of the refusal, what a changed desk does."""

    rule: str
    attempt: str
    said: str
    changed: str


ROWS = (
    Row("H1", "test:test_an_expired_message_is_used_for_nothing_even_while_it_waits_to_be_erased",
        "its retention has ended", KEEP),
    Row("H1", "test:test_after_its_time_a_message_is_gone", "it was to be kept until", KEEP),
    Row("H1", "test:test_what_is_erased_while_a_case_is_open_is_named_and_nothing_waits_for_it", "erased", KEEP),
    Row("H2", "ar-desk: send pe-desk -s Re --no-text --reply-to {red} --from ar-desk",
        "is not answered to pe-desk: TLP:RED", TYPE),
    Row("H3", "ar-desk: forward {red} pe-desk --from ar-desk", "TLP:RED: for the recipients named only", SHOW),
    Row("H3", "ar-desk: forward {red} ar-court --from ar-desk", "TLP:RED: for the recipients named only", SHOW),
    Row("H3", "ar-desk: consent ask {red} --act forward --for pe-desk", "No consent lifts that", SHOW),
    Row("H3", "ar-desk: read {red} --save {folder}", "neither exported nor printed", FILE),
    Row("H3", "ar-desk: request pdf {request} --out {new}", "neither exported nor printed", FILE),
    Row("H3", "co-desk: request pdf {request} --out {new}", "neither exported nor printed", FILE),
    Row("H3", "test:test_into_a_file_is_an_export", "withheld", FILE),
    Row("H3", "test:test_a_list_that_goes_into_a_file_says_nothing_of_what_may_not", "goes into no file", FILE),
    Row("H3", "test:test_why_something_was_refused_goes_into_no_file_where_it_may_not", "goes into no file", FILE),
    Row("H4", "ar-desk: forward {strict} pe-desk --from ar-desk", "within one’s own authority only", SHOW),
    Row("H4", "ar-desk: forward {amber} pe-desk --from ar-desk", "TLP:AMBER: does not leave", SHOW),
    Row("H5", "ar-desk: forward {third} pe-desk --from ar-desk", "who sent it is asked first", SHOW),
    Row("H5", "ar-desk: forward {no} pe-desk --from ar-desk", "does not allow it to be passed on to third", SHOW),
    Row("H6", "ar-desk: forward {victim} pe-desk --from ar-desk", "holds data about a victim", SHOW),
    Row("H6", "ar-desk: forward {victim} pe-consulate --from ar-desk", "has not consented to consular contact", SEAL),
    Row("H6", "ar-desk: read {victim} --save {folder}", "holds data about a victim", FILE),
    Row("H7", "ar-desk: forward {purpose} pe-desk --from ar-desk --purpose migration", "another purpose", USE),
    Row("H8", "ar-desk: read {strict} --save {folder}", "outside Enlace nobody keeps these rules", FILE),
    Row("H8", "ar-desk: read {no} --save {folder}", "outside Enlace nobody keeps these rules", FILE),
    Row("H10", "test:test_consent_is_asked_given_used_and_taken_back", "taken-back", SHOW),
    Row("H10", "test:test_a_consent_of_somebody_else_counts_for_nothing", "is no consent that this side gave", SHOW),
    Row("H11", "ar-desk: forward {free} pe-desk --from ar-desk --tlp CLEAR", "looser would be: TLP", LOOSE),
    Row("H11", "ar-desk: forward {free} pe-desk --from ar-desk --keep-until 2099-01-01", "time it is kept", LOOSE),
    Row("H12", "test:test_a_stage_that_is_added_carries_nobody_s_message_past_the_gate",
        "is not passed on to pe-consulate", SHOW),
    Row("S1", "test:test_nothing_is_sealed_that_breaks_a_rule", "not marked so", LOOSE),
    Row("S2", "test:test_nothing_is_sealed_that_breaks_a_rule", "reaches only the named", SHOW),
    Row("S3", "co-desk: send pe-consulate -s x --no-text --victim", "only with the victim's consent", SEAL),
    Row("S3", "co-desk: send pe-consulate -s x --no-text --victim --as-file {new}",
        "only with the victim's consent", SEAL),
    Row("S3", "test:test_what_is_said_in_a_case_has_the_marks_and_the_refusals_of_what_is_sent",
        "only with the victim's consent", SEAL),
    Row("S4", "test:test_what_is_passed_on_with_looser_marks_outside_is_not_sealed",
        "what is handed on keeps its marks", LOOSE),
    Row("S5", "test:test_nothing_is_sealed_that_breaks_a_rule", "longer than it may be kept", KEEP),
    Row("S6", "test:test_nothing_is_sealed_that_breaks_a_rule", "no longer", KEEP),
    Row("S7", "co-desk: request send pe-desk --form {named.json} --yes --anyway",
        "a victim is named in identity", NAME),
    Row("S7", "co-desk: alert pe-desk --form {named.json} --yes", "a victim is named in identity", NAME),
    Row("S7", "test:test_what_is_said_in_a_case_has_the_marks_and_the_refusals_of_what_is_sent",
        "a victim is named in identity", NAME),
    Row("S7", "co-desk: form pdf {referral} -o {new}", "a victim is named in identity", NAME),
    Row("S7", "co-desk: form export {referral} --as json -o {new}", "a victim is named in identity", NAME),
    Row("S8", "co-desk: send pe-desk -s x --no-text --tlp RED --as-file {new}", "TLP:RED goes into no file", FILE),
    Row("S8", "co-desk: form pdf {referral} --tlp RED -o {new}", "TLP:RED goes into no file", FILE),
    Row("S8", "co-desk: form export {referral} --as json --tlp RED -o {new}", "TLP:RED goes into no file", FILE),
    Row("S8", "co-desk: form export {referral} --as htcds --tlp RED -o {new}", "TLP:RED goes into no file", FILE),
    Row("S8", "co-desk: form export {alert} --as stix --tlp RED -o {new}", "TLP:RED goes into no file", FILE),
    Row("S8", "co-desk: alert --all -s x --no-text --tlp RED --yes", "name each, and no group of them", SHOW),
    Row("S8", "co-desk: alert --country PE -s x --no-text --victim --yes", "name each, and no group of them", SHOW),
    Row("S8", "test:test_a_bundle_is_checked_by_a_process_without_network_relay_or_profile", "handling", FILE),
    Row("E1", "test:test_nothing_of_a_message_is_left_on_the_disk_when_its_time_is_over", "[0, 0, 0]", KEEP),
    Row("E8", "test:test_a_draft_goes_after_the_day_that_the_victim_s_consent_names", "was erased", KEEP),
    Row("G2", "test:test_consent_is_asked_given_used_and_taken_back", "WITHOUT THE CONSENT THAT IT TAKES", SHOW),
)  # fmt: skip


def table() -> str:
    """The table of `docs/handling.md`."""
    lines = [
        "| rule | attempt | refused with | a changed desk could, and what stands against it |",
        "|---|---|---|---|",
    ]
    for row in ROWS:
        who, _, what = row.attempt.partition(":")
        attempt = f"{who}: `enlace {what.strip()}`" if who != "test" else f"`{what}`"
        lines.append(f"| {row.rule} | {attempt} | {row.said} | {row.changed} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
