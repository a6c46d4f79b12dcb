"""Bad commands about erasing: what is another's, what is not there, and words instead of an id."""

from refused_cli_files import Typed

ERASE, WHY = ("erase", "contact"), ("--reason", "request", "--yes")

TYPED: dict[str, Typed] = {
    "details of another member": ("wrong role", "ar-admin", (*ERASE, "co-desk", *WHY), 3,
    r"contact/co-desk are for the administrators of co to erase"),
    "details, by no administrator": ("wrong role", "co-desk", (*ERASE, "co-desk", *WHY), 3,
    r"contact/co-desk are for the administrators of co to erase"),
    "details of a member, by the secretariat": ("wrong role", "secretariat", (*ERASE, "co-desk", *WHY), 3,
    r"contact/co-desk are for the administrators of co to erase"),
    "a member's names, by its administrator": ("wrong role", "co-admin", ("erase", "member", "co", *WHY), 3,
    r"member/co are for the secretariat, with root keys, to erase"),
    "details of an unknown contact": ("not found", "co-admin", (*ERASE, "co-none", *WHY), 7, r"no contact co-none"),
    "details of an unknown officer": ("not found", "co-admin", ("erase", "officer", "none", *WHY), 7,
    r"there is no officer none"),
    "names of an unknown circle": ("not found", "secretariat", ("erase", "circle", "none", *WHY), 7,
    r"there is no circle none"),
    "kept for hours": ("malformed", "co-admin", ("erase", "keep", "36h"), 2, r"write whole days, at most 3650d"),
    "kept for ever": ("oversized", "co-admin", ("erase", "keep", "3651d"), 2, r"write whole days, at most 3650d"),
    "a person erased by words": ("malformed", "co-admin", ("subject", "erase", "desk of co", "--yes"), 2,
    r"words erase nothing\. They stand in: contact/co-desk"),
    "nobody to be erased": ("not found", "co-admin", ("subject", "erase", "nobody", "--yes"), 7,
    r"no officer or contact has the id 'nobody'"),
}  # fmt: skip
