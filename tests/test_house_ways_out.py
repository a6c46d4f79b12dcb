"""Every module of the desk that writes a file, signs a message, or shows what one says stands here: none is overlooked.

What takes content out of a desk asks `desk.handling.way_out` first. A module that begins to write files, to sign
messages or to show content is missing here until somebody has thought of which of these it is.
"""

import ast

import pytest
from house_source import ROOT, files, tree

FILES = {"write_whole", "write_new", "create_private", "write_bytes", "write_text", "writing", "open_file"}
SIGNED = {"write_message"}
SHOWN = {"headline", "page", "written", "as_text", "as_pages"}

GATE = "asks the gate"
NONE = "holds no content of messages"
STAYS = "stays in the profile, sealed or without content"
ARCHIVE = "is the desk's own archive: it goes on being this desk's"
OWN = "signs what this officer writes now, for whom they name; `check_sending` holds it when it is sealed"
DRAFT = "is what this officer writes and has not sent: nobody's handling binds it yet"
TOOL = "works on files that are given to it, and opens no profile"
SCREEN = "shows it to the officer: reading (rule 4 of the gate)"
PURE = "puts it into words for whoever asks"

WAYS = {
    "age.files": TOOL,
    "alarms.evidence": STAYS,
    "alerts.answering": "signs receipts, which hold nothing of the message but its id",
    "cases.thread_shown": "puts it into words for `commands.case_show`, which asks the gate what may stand in a file",
    "api.files": "keeps what is handed in, and what commands made, which asked the gate",
    "api.serving": NONE,
    "cases.bundle_account": PURE,
    "cases.bundle_index": PURE,
    "commands.age": TOOL,
    "commands.alert": OWN,
    "commands.case_bundle": GATE,
    "commands.case_sending": OWN,
    "commands.case_show": GATE,
    "commands.contact_export": NONE,
    "commands.forms": DRAFT,
    "commands.duty_options": NONE,
    "commands.drill": NONE,
    "commands.indicators": NONE,
    "commands.look_up": NONE,
    "commands.messages": GATE,
    "commands.note": TOOL,
    "commands.officers": NONE,
    "commands.passing": OWN,
    "commands.proof": NONE,
    "commands.relay_naming": NONE,
    "commands.request_pages": GATE,
    "commands.root": NONE,
    "commands.send": GATE,
    "commands.signing": NONE,
    "commands.snapshot": NONE,
    "commands.treaties": "writes drafts for `commands.form_out`, and a table of treaties, which is public",
    "drafting.editor": DRAFT,
    "drills.sending": OWN,
    "entries.held_about": SCREEN,
    "exercise.counterpart": "writes what a program says in an exercise, into the exercise's folder",
    "exercise.session": "writes what a program says in an exercise, and who the trainee is, into the exercise's folder",
    "host": "writes what it is given",
    "keys.keyring": STAYS,
    "keys.new_passphrase": STAYS,
    "keys.vault": STAYS,
    "mail.ordering": OWN,
    "mail.attachments": "seals, and opens where the gate has let it (`commands.messages`)",
    "mail.shown": PURE,
    "mail.heard": STAYS,
    "mail.spool": STAYS,
    "notices.clocks": STAYS,
    "notices.deaf": STAYS,
    "notices.limits": STAYS,
    "notices.record": STAYS,
    "notices.ringing": STAYS,
    "notices.settings": NONE,
    "profile.folder": STAYS,
    "profile.recovered": ARCHIVE,
    "profile.recovery": ARCHIVE,
    "profile.shift_mark": STAYS,
    "profile.answering": "signs receipts, which hold nothing of the message but its id",
    "profile.workstation": NONE,
    "replica.coming": NONE,
    "replica.kept_view": STAYS,
    "replica.standing": NONE,
    "requests.sending": OWN,
    "roots.root_keys": NONE,
    "rosters.open_work": SCREEN,
    "rosters.posted": STAYS,
    "rosters.sending": OWN,
    "main": "puts a standard output that takes nothing more aside, for one that keeps nothing",
    "terminal": "prints what it is given",
}


def called(module: ast.AST) -> set[str]:
    """The names of everything that a module calls or imports to call."""
    found = set[str]()
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            opens = name == "open" and any(
                isinstance(each, ast.Constant) and isinstance(each.value, str) and set("wax") & set(each.value)
                and set(each.value) <= set("waxbt+")
                for each in node.args
            )  # fmt: skip
            found.add("writing" if opens else name)
        elif isinstance(node, ast.ImportFrom):
            found |= {each.name for each in node.names} & (FILES | SIGNED | SHOWN)
    return found


def ways() -> dict[str, set[str]]:
    """Every module of the desk, but the demonstration, by which content could leave, and how."""
    found = {}
    for path in files("desk", suffix=".py"):
        name = ".".join(path.relative_to(ROOT / "desk").with_suffix("").parts)
        how = called(tree(path)) & (FILES | SIGNED | SHOWN)
        if how and not name.startswith("demo."):
            found[name] = how
    return found


def test_every_way_out_of_the_desk_is_known() -> None:
    unknown = {name: sorted(how) for name, how in ways().items() if name not in WAYS}
    assert not unknown, "say in WAYS which of its words fits; what takes content out asks desk.handling.way_out"
    assert not WAYS.keys() - ways().keys(), "gone, and still in WAYS"


@pytest.mark.parametrize(
    "name", ["commands.forward", "commands.form_out", "commands.messages", "commands.request_pages"]
)
def test_what_takes_one_message_out_asks_whether_it_may_be_read_here_at_all(name: str) -> None:
    path = ROOT / "desk" / (name.replace(".", "/") + ".py")
    assert {"check_unlocked", "check_way_out"} <= called(tree(path))


@pytest.mark.parametrize(
    "name", ["commands.forward", "commands.form_out", *(name for name, what in WAYS.items() if what == GATE)]
)
def test_what_takes_content_out_asks_the_gate(name: str) -> None:
    path = ROOT / "desk" / (name.replace(".", "/") + ".py")
    assert called(tree(path)) & {"check_way_out", "check_shown", "decided", "exported", "gather"}  # the last: of a case
