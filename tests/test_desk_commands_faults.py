"""A desk of which one file or row is damaged, as its officer meets it at night."""

import sqlite3

from cli_world import Office

pytest_plugins = ("shared_office",)


def test_one_damaged_message_is_told_and_the_others_are_listed(shared_office: Office) -> None:
    office = shared_office
    bad, good = (office.ask("ar-desk", "send", "co-desk", "-s", subject)["number"] for subject in ("Uno", "Dos"))
    for who in ("co-desk", "ar-desk"):  # so that the newest line says that the second was delivered
        office.ask(who, "sync")
    damaged = office.copy("ar-desk", "ar-desk-damaged")
    db = sqlite3.connect(office.profile(damaged) / "messages.db")
    with db:
        db.execute("UPDATE messages SET facts = x'00' WHERE number = ?", (bad,))
        db.execute("UPDATE lines SET sealed = x'00' WHERE number = (SELECT max(number) FROM lines)")
    db.close()
    listed = office.run(damaged, "inbox", "--all", "--json")
    numbers = [each["number"] for each in listed.plain["messages"]]
    assert (good in numbers, bad in numbers) == (True, False)
    assert listed.err.count(f"! message {bad} is damaged on this disk") == 1
    receipts = office.run(damaged, "receipts", str(good))
    assert receipts.code == 0
    assert "is damaged on this disk" in receipts.err, "the line; the message need not be opened for this"
    asked = office.run(damaged, "read", str(bad))
    assert (asked.code, f"message {bad} is damaged on this disk" in asked.err) == (2, True)


def test_a_damaged_session_is_no_session(shared_office: Office) -> None:
    damaged = shared_office.copy("co-desk", "co-desk-spoilt")
    (shared_office.profile(damaged) / "vault" / "session.age").write_bytes(b"spoilt")
    assert shared_office.ask(damaged, "status")["shift_ends"] == 0
    ran = shared_office.run(damaged, "sync")
    assert (ran.code, "session.age is damaged" in ran.err, "run `enlace login`" in ran.err) == (6, True, True)
