"""Cases of judge.json about a member's people: administrators, second ones, officers, devices."""

from typing import Any

from vectors_case import Book
from vectors_judge_court import ROOTS, WEAK, Court, fresh
from vectors_judge_network import FULL_RE_KEYING, new_roots
from vectors_world import committed, device_keys, local, officer, public, reception_keys

from directory.statement import (
    ChangeReception,
    ChangeRoles,
    EnrolDevice,
    EnrolOfficer,
    FirstAdministrator,
    Policy,
    RekeyRoots,
    RetireContact,
    RevokeDevice,
    RevokeOfficer,
)

TWO = "co-chief co-deputy"


def _officer(handle: str, member: str = "co", *roles: str) -> dict[str, Any]:
    fields = {"officer": officer(handle), "member": member, "body": fresh(handle)}
    return fields | ({"roles": roles} if roles else {})


def _device(handle: str, keys: str = "") -> dict[str, Any]:
    return {"officer": officer(handle)} | device_keys(keys or handle)


def add_people(book: Book) -> None:
    """R21, R22, R24 to R27."""
    court = Court(book)
    desk = {"contact": "co-desk"}
    court.takes("R21", "by two where one is needed", RetireContact, TWO, **desk)
    court.refuses("R21", "by another member's administrator", RetireContact, "ec-chief", **desk)
    court.refuses("R21", "by the roots where an administrator lives", RetireContact, ROOTS, **desk)
    chief = _officer("co-late", "co", "administrator")
    court.takes("R22", "two make a third", EnrolOfficer, TWO, **chief)
    court.refuses("R22", "one and the roots where another lives", EnrolOfficer, f"co-chief {ROOTS}", **chief)
    court.refuses("R22", "a device for the other one", EnrolDevice, "co-chief", **_device("co-deputy", "co-late"))
    heir = _officer("ec-late", "ec", "administrator")
    court.takes("R22", "the only one and the roots", EnrolOfficer, f"ec-chief {ROOTS}", **heir)
    court.refuses("R22", "the only one and one root", EnrolOfficer, "ec-chief root-1", **heir)
    court.refuses("R22", "the roots without the only one", EnrolOfficer, ROOTS, **heir)
    _revoked(court)
    taken = _officer("co-late", "co", "coordinator") | {"body": committed("co-night")}
    court.refuses("R24", "the commitment of another officer", EnrolOfficer, "co-chief", **taken)
    court.refuses("R25", "no role", EnrolOfficer, "co-chief", **(_officer("co-late") | {"roles": ()}))
    court.refuses("R25", "roles in another order", EnrolOfficer, "co-chief",
                  **_officer("co-late", "co", "investigator", "coordinator"))  # fmt: skip
    court.refuses("R26", "an id of another member's officer", EnrolOfficer, "co-chief",
                  **_officer("ec-night", "co", "coordinator"))  # fmt: skip
    court.has(RevokeOfficer, "co-chief", officer=officer("co-night"), reason="left")
    gone = {"officer": officer("co-night")}
    court.refuses("R26", "roles of a revoked officer", ChangeRoles, "co-chief", roles=("coordinator",), **gone)
    court.refuses("R26", "a device for a revoked officer", EnrolDevice, "co-chief", **_device("co-night", "co-late"))
    court.refuses("R26", "the id of a revoked officer", EnrolOfficer, "co-chief",
                  **_officer("co-night", "co", "coordinator"))  # fmt: skip
    alone = Court(book).has(RekeyRoots, FULL_RE_KEYING, **new_roots(policy=Policy(second=())))
    alone.takes("R22", "where policy lists nothing", EnrolOfficer, "co-chief", **chief)
    alone.takes("R22", "the other one revoked, where policy lists nothing", RevokeOfficer, "co-chief",
                officer=officer("co-deputy"), reason="left")  # fmt: skip
    alone.refuses("R27", "an administrator revoked by that officer", RevokeOfficer, "co-deputy",
                  officer=officer("co-deputy"), reason="left")  # fmt: skip


def _revoked(court: Court) -> None:
    """R22 and R27 where an administrator goes."""
    left = {"officer": officer("co-deputy"), "reason": "left"}
    court.refuses("R22", "the other one revoked by one alone", RevokeOfficer, "co-chief", **left)
    court.takes("R22", "the other one revoked by one and the roots", RevokeOfficer, f"co-chief {ROOTS}", **left)
    court.takes("R27", "that officer's line beside enough others", RevokeOfficer, f"{TWO} {ROOTS}", **left)
    court.refuses("R27", "that officer's voice for the second one", RevokeOfficer, TWO, **left)
    roles = {"officer": officer("co-deputy"), "roles": ("coordinator",)}
    court.refuses("R22", "the role taken by one alone", ChangeRoles, "co-chief", **roles)
    both = roles | {"roles": ("administrator", "coordinator")}
    court.takes("R22", "a further role given by one", ChangeRoles, "co-chief", **both)
    lost = {"device": local("co-deputy"), "reason": "lost"}
    court.refuses("R22", "the last device of the other one", RevokeDevice, "co-chief", **lost)
    bare = Court(court.book, court.log.copy()).has(RevokeDevice, "co-deputy", **lost)
    bare.takes("R22", "an administrator without devices revoked by one", RevokeOfficer, "co-chief", **left)
    bare.takes("R22", "a device for an administrator without", EnrolDevice, f"co-chief {ROOTS}",
               **_device("co-deputy", "co-late"))  # fmt: skip
    more = Court(court.book, court.log.copy())
    more.has(EnrolDevice, f"co-chief {ROOTS}", **_device("co-deputy", "co-late"))
    more.takes("R22", "one of two devices of the other one", RevokeDevice, "co-chief", **lost)
    third = _officer("co-third", "co", "administrator")
    more.refuses("R22", "two devices of one administrator", EnrolOfficer, "co-deputy co-late", **third)
    nobody = Court(court.book, court.log.copy())
    nobody.has(RevokeDevice, "ec-chief", device=local("ec-chief"), reason="lost")
    nobody.takes("R21", "the roots where nobody lives", RetireContact, ROOTS, contact="ec-desk")
    nobody.takes("R21", "a first administrator where nobody lives", FirstAdministrator, ROOTS,
                 **_officer("ec-late", "ec"))  # fmt: skip
    nobody.refuses("R5", "a coordinator beside the roots", RetireContact, f"ec-night {ROOTS}", contact="ec-desk")


def add_devices(book: Book) -> None:
    """R28, R29, R38."""
    court = Court(book)
    late = _device("co-night", "co-late")
    keys = device_keys("co-night")
    for words, other in (
        ("one key for itself and for reception", {"reception_ed25519": late["ed25519"]}),
        ("a reception key that is another's", {"reception_mldsa44": keys["reception_mldsa44"]}),
        ("half of another device's keys", {"mldsa44": keys["mldsa44"]}),
        ("a root key", {"ed25519": public("root-3")}),
        ("a weak key", {"reception_ed25519": WEAK}),
    ):
        court.refuses("R28", words, EnrolDevice, "co-chief", **(late | other))
    lost = {"device": local("co-night"), "reason": "lost"}
    court.takes("R29", "a device by itself", RevokeDevice, "co-night", **lost)
    court.takes("R29", "an administrator's last device by itself", RevokeDevice, "ec-chief",
                device=local("ec-chief"), reason="lost")  # fmt: skip
    court.refuses("R5", "a device by itself and an administrator", RevokeDevice, "co-night co-chief", **lost)
    court.refuses("R5", "a device by itself and the roots", RevokeDevice, f"co-night {ROOTS}", **lost)
    court.refuses("R21", "a device by another officer", RevokeDevice, "ec-night", **lost)
    court.refuses("R27", "an administrator's device by that officer and another", RevokeDevice, "co-deputy co-chief",
                  device=local("co-deputy"), reason="lost")  # fmt: skip
    new = {"device": local("co-night")} | reception_keys("co-night/reception 2")
    court.refuses("R5", "reception keys by it and an administrator", ChangeReception, "co-night co-chief", **new)
    court.refuses("R38", "reception keys that are its own keys", ChangeReception, "co-night",
                  **(new | {"reception_ed25519": keys["ed25519"]}))  # fmt: skip
    court.refuses("R38", "a weak reception key", ChangeReception, "co-night", **(new | {"reception_ed25519": WEAK}))
    court.has(EnrolDevice, "co-chief", **late)
    court.refuses("R38", "reception keys by the officer's other device", ChangeReception, "co-late", **new)
    court.takes("R29", "a device by the officer's other one", RevokeDevice, "co-late", **lost)
    court.has(ChangeReception, "co-night", **new)
    back = new | reception_keys("co-night/reception")
    court.refuses("R38", "reception keys of former times", ChangeReception, "co-night", **back)
    gone = Court(book, court.log.copy()).has(RevokeDevice, "co-night", **lost)
    gone.refuses("R29", "revoked before", RevokeDevice, "co-chief", **lost)
    gone.refuses("R28", "a device that was revoked", EnrolDevice, "co-chief", seq=2, **_device("co-night"))
    last = reception_keys("co-chief/reception 2")
    gone.refuses("R38", "reception keys of a revoked device", ChangeReception, "co-night", **(new | last))
    for number in range(5):
        court.has(EnrolDevice, "co-chief", **_device("co-night", f"co-night/{number}"))
    court.takes("R28", "an eighth device", EnrolDevice, "co-chief", **_device("co-night", "co-night/5"))
    court.has(EnrolDevice, "co-chief", **_device("co-night", "co-night/5"))
    court.refuses("R28", "a ninth device", EnrolDevice, "co-chief", **_device("co-night", "co-night/6"))
    court.has(RevokeDevice, "co-chief", **lost)
    court.takes("R28", "a ninth when one was revoked", EnrolDevice, "co-chief", **_device("co-night", "co-night/6"))
