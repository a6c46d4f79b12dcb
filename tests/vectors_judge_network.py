"""Cases of judge.json about every statement, later kinds, the roots, the relay, members and circles."""

from itertools import count
from typing import Any

from vectors_case import Book
from vectors_judge_court import DAY, HOUR, ROOTS, TRAFFICKING, WEAK, Court, fresh
from vectors_world import NEW_ROOTS, NEXT_ORIGIN, OLD_ROOTS, ORIGIN, device_keys, local, officer, public, relay_keys
from vectors_world import signed_text as signed

from directory.statement import (
    AdmitMember,
    AttestContact,
    ChangeReception,
    Clocks,
    Continues,
    EnrolOfficer,
    FirstAdministrator,
    Freshness,
    NameRelay,
    Policy,
    PublishContact,
    ReinstateMember,
    RekeyRoots,
    RetireContact,
    RevokeDevice,
    RevokeMember,
    SetCircle,
    SuspendMember,
)

BOTH = "root-1 root-2 root-4"  # enough of the old roots, and of the new
FULL_RE_KEYING = "root-1 root-2 root-3 root-4"
DESK = {"contact": "co-desk"}


def roots(*handles: str) -> tuple[str, ...]:
    """Root keys as statements list them."""
    return tuple(sorted(map(public, handles)))


def new_roots(**fields: Any) -> dict[str, Any]:
    """The fields of a re-keying that counts; `fields` overrules any."""
    return {"roots": roots(*NEW_ROOTS), "threshold": 2, "duty": public("duty-2"), "policy": Policy()} | fields


def add_every(book: Book) -> None:
    """R3 to R7, R39."""
    court = Court(book)
    last = court.log.view.subjects["contact/co-desk"].last_at
    court.takes("R4", "at the second of the last one about the contact", AttestContact, "co-night", at=last, **DESK)
    court.refuses("R4", "a second before it", AttestContact, "co-night", at=last - 1, **DESK)
    court.refuses("R3", "a number left out", AttestContact, "co-night", seq=3, **DESK)
    court.refuses("R5", "the roots beside an administrator", RetireContact, f"co-chief {ROOTS}", **DESK)
    court.refuses("R5", "a coordinator beside an administrator", RetireContact, "co-chief co-night", **DESK)
    until = court.log.now + HOUR
    court.refuses("R5", "the duty key beside the roots", SuspendMember, f"duty {ROOTS}", member="ec", until=until)
    court.refuses("R6", "by the duty key alone", RevokeMember, "duty", member="ec")
    court.has(RevokeDevice, "co-chief", device=local("co-night"), reason="lost")
    court.refuses("R5", "a revoked device beside an administrator", RetireContact, "co-chief co-night", **DESK)
    court = Court(book)
    signed_at = court.log.now
    court.log.now += HOUR
    rekeyed_at = court.log.now
    court.has(RekeyRoots, FULL_RE_KEYING, **new_roots())
    two, suspended = "root-2 root-3", {"member": "ec", "until": court.log.now + DAY}
    court.takes("R39", "at the second of the re-keying", SuspendMember, two, at=rekeyed_at, **suspended)
    court.refuses("R39", "a second before it", SuspendMember, two, at=rekeyed_at - 1, **suspended)
    making = {"officer": officer("ec-late"), "member": "ec", "roles": ("administrator",), "body": fresh("ec-late")}
    court.refuses("R39", "roots in somebody's place, before the re-keying", EnrolOfficer, f"ec-chief {two}",
                  at=signed_at, **making)  # fmt: skip
    court.takes("R39", "by an administrator, before the re-keying", RetireContact, "co-chief", at=signed_at, **DESK)


def add_later(book: Book) -> None:
    """R8."""
    court = Court(book).has(SuspendMember, "duty", member="ec", until=Court(book).log.now + DAY)
    text = 'enlace/statement/v2\n{"later":true}\n'
    numbers = count(1)

    def case(words: str, who: str, rule: str = "", word: str = "") -> None:
        name = f"R8: {words}"
        court.enter(name, words, signed(text.replace("true", str(next(numbers))), who.split()), rule, word)

    for words, who in (
        ("by the root threshold", ROOTS),
        ("by the duty key", "duty"),
        ("by an administrator", "co-chief"),
        ("by an administrator, and by a stranger", "co-chief stranger"),
    ):
        case(words, who, word="unknown kind")
    for words, who in (
        ("by one root", "root-1"),
        ("by one root and a coordinator", "root-1 co-night"),
        ("by an administrator of a suspended member", "ec-chief"),
        ("by a stranger", "stranger"),
    ):
        case(words, who, rule="R8")
    good = signed(text, ["co-chief", "duty"])
    head, _, lines = good.rpartition(b"\n\n")
    first, second = lines.splitlines(keepends=True)
    court.enter("R8: lines in another order", "nobody looks", head + b"\n\n" + second + first, word="unknown kind")
    wrong = signed(text.replace("true", "false"), ["duty"]).rpartition(b"\n\n")[2]
    words = "the duty key's line beside an administrator's is over another text"
    court.enter("R8: a wrong line", words, head + b"\n\n" + first + wrong, word="bad signature")
    court.enter("R8: a line twice", "the same one", head + b"\n\n" + first + first, word="signature repeated")
    stranger = signed(text.replace("true", "false"), ["co-night"]).rpartition(b"\n\n")[2]
    words = "a coordinator's line beside an administrator's is over another text: nobody looks at it"
    court.enter("R8: a wrong line of no account", words, head + b"\n\n" + first + stranger, word="unknown kind")


def add_roots(book: Book) -> None:
    """R10, R12, R18, R25."""
    court = Court(book)

    def bad(rule: str, words: str, who: str = BOTH, **fields: Any) -> None:
        court.refuses(rule, words, RekeyRoots, who, **new_roots(**fields))

    court.takes("R12", "a root that stays counts for both", RekeyRoots, "root-2 root-3", **new_roots())
    bad("R6", "one of the old roots", "root-2 root-4")
    bad("R12", "one of the new roots", "root-1 root-2")
    bad("R5", "an administrator beside the roots", f"{BOTH} co-chief")
    bad("R10", "a threshold of nought", threshold=0)
    bad("R10", "the log's key as a root", roots=roots("root-2", "root-4", "log"))
    bad("R10", "a reception key as the duty key", duty=public("co-night/reception"))
    bad("R10", "a weak duty key", duty=WEAK)
    bad("R25", "roots in another order", roots=roots(*NEW_ROOTS)[::-1])
    bad("R25", "a root twice", roots=tuple(sorted((*roots(*NEW_ROOTS), public("root-4")))))
    bad("R25", "no roots", ROOTS, roots=(), threshold=1)
    bad("R25", "seventeen roots", roots=roots("root-2", "root-4", *(f"root-{number}" for number in range(5, 20))))
    bad("R25", "a matter twice", policy=Policy(second=("make-administrator", "make-administrator")))
    bad("R18", "a clock that is longer than the next", policy=Policy(clocks=Clocks(flash=1801)))
    bad("R18", "a clock of more than 14 days", policy=Policy(clocks=Clocks(routine=14 * DAY + 1)))
    bad("R18", "due after no day", policy=Policy(freshness=Freshness(due=0)))
    bad("R18", "stale before it is due", policy=Policy(freshness=Freshness(due=151)))
    bad("R18", "doubtful after 3,651 days", policy=Policy(freshness=Freshness(doubtful=3651)))
    clocks = Clocks(flash=60, immediate=60, priority=14 * DAY, routine=14 * DAY)
    edge = Policy(clocks=clocks, freshness=Freshness(due=1, stale=1, doubtful=3650))
    court.takes("R18", "every number at its edge", RekeyRoots, BOTH, **new_roots(policy=edge))
    court.has(RekeyRoots, BOTH, **new_roots())
    back = new_roots(roots=roots(*OLD_ROOTS), duty=public("duty"))
    court.takes("R10", "a root and a duty key of former times", RekeyRoots, "root-2 root-3", **back)
    heir = new_roots(roots=roots("duty", "root-2", "root-3"))
    court.refuses("R10", "a former duty key as a root", RekeyRoots, "root-2 root-3", **heir)
    swapped = new_roots(duty=public("root-1"))
    court.refuses("R10", "a former root as the duty key", RekeyRoots, "root-2 root-3", **swapped)


def add_relay(book: Book) -> None:
    """R13."""
    court = Court(book)
    old = court.log.state()
    on = {"origin": NEXT_ORIGIN, "continues": Continues(origin=ORIGIN, size=old.size, root=old.root.hex())}
    new = relay_keys("log-2", "receipt-2")
    court.takes("R13", "it continues all there is", NameRelay, ROOTS, **on, **new)
    court.refuses("R13", "the keys of the relay before it", NameRelay, ROOTS, **on, **relay_keys())
    for half in ("log_ed25519", "log_mldsa44"):
        mixed = new | {half: relay_keys()[half]}
        court.refuses("R13", f"half of the former pair of the log ({half})", NameRelay, ROOTS, **on, **mixed)
    receipts = relay_keys("log-2", "receipt")
    court.takes("R13", "the receipt keys of the relay before it", NameRelay, ROOTS, **on, **receipts)
    court.takes("R13", "under the same origin", NameRelay, ROOTS, **(on | {"origin": ORIGIN}), **new)
    for words, keys in (
        ("the former receipt keys for the log", relay_keys("receipt", "receipt-2")),
        ("one key for the log and for receipts", new | {"receipt_ed25519": new["log_ed25519"]}),
        ("a device's key", new | {"log_mldsa44": device_keys("co-night")["mldsa44"]}),
        ("a root key", new | {"receipt_ed25519": public("root-3")}),
        ("a weak key", new | {"receipt_ed25519": WEAK}),
    ):
        court.refuses("R13", words, NameRelay, ROOTS, **on, **keys)
    court.has(NameRelay, ROOTS, **on, **new)
    third = relay_keys("stranger", "receipt-2")
    court.refuses("R13", "it continues the relay before the last", NameRelay, ROOTS, **on, **third)
    last = court.log.state()
    back = {"origin": ORIGIN, "continues": Continues(origin=NEXT_ORIGIN, size=last.size, root=last.root.hex())}
    court.refuses("R13", "the log keys before the last", NameRelay, ROOTS, **back, **relay_keys())
    court.takes("R13", "the former origin again, with keys of its own", NameRelay, ROOTS, **back, **third)


def add_members(book: Book) -> None:
    """R7, R14 to R17, R20, R23."""
    court = Court(book)
    now, three_days = court.log.now, 3 * DAY
    court.takes("R15", "72 hours by the duty key", SuspendMember, "duty", member="ec", until=now + three_days)
    court.refuses("R15", "72 hours and a second", SuspendMember, "duty", member="ec", until=now + three_days + 1)
    ahead = {"member": "ec", "at": now + 300, "until": now + 300 + three_days}
    court.refuses("R15", "72 hours after a time that is ahead", SuspendMember, "duty", **ahead)
    court.takes("R15", "as long by the roots", SuspendMember, ROOTS, **ahead)
    past = {"member": "ec", "at": now - 300, "until": now - 1}
    court.takes("R15", "over before it is said", SuspendMember, "duty", **past)
    court.refuses("R14", "admitted before", AdmitMember, ROOTS, member="ec", country="EC", body=fresh("ec"))
    court.takes("R17", "nobody in a circle", SetCircle, ROOTS, circle="andean", members=(), body=fresh("andean"))
    both = {"circle": "andean", "body": fresh("andean")}
    court.refuses("R25", "members in another order", SetCircle, ROOTS, members=("ec", "co"), **both)
    court.has(SuspendMember, "duty", member="ec", until=now + HOUR)
    first = {"member": "ec", "officer": officer("ec-late"), "body": fresh("ec-late")}
    court.refuses("R23", "a first administrator of a suspended member", FirstAdministrator, ROOTS, **first)
    keys = {"device": local("ec-night"), "reception_ed25519": public("ec-late"),
            "reception_mldsa44": device_keys("ec-late")["mldsa44"]}  # fmt: skip
    court.refuses("R23", "reception keys of a suspended member's device", ChangeReception, "ec-night", **keys)
    court.refuses("R23", "its device, by its own officer", RevokeDevice, "ec-night", device=local("ec-night"),
                  reason="lost")  # fmt: skip
    court.log.now += DAY
    until = court.log.now + HOUR
    court.refuses("R7", "the first one is over, the roots silent", SuspendMember, "duty", member="ec", until=until)
    court.takes("R16", "a suspension that is over", ReinstateMember, ROOTS, member="ec")
    court.takes("R23", "by an administrator when it is over", RetireContact, "ec-chief", contact="ec-desk")
    spoken = Court(book, court.log.copy()).has(SuspendMember, ROOTS, member="ec", until=court.log.now + 1)
    again = {"member": "ec", "until": spoken.log.now + HOUR}
    spoken.takes("R7", "the roots have spoken by suspending", SuspendMember, "duty", **again)
    court.has(ReinstateMember, ROOTS, member="ec")
    court.takes("R7", "the roots have spoken by reinstating", SuspendMember, "duty", **again)
    court.refuses("R16", "reinstated before", ReinstateMember, ROOTS, member="ec")
    court.has(RevokeMember, ROOTS, member="ec")
    court.refuses("R14", "revoked before", AdmitMember, ROOTS, member="ec", country="EC", body=fresh("ec"))
    court.refuses("R20", "revoked twice", RevokeMember, ROOTS, member="ec")
    court.refuses("R20", "suspended when it was revoked", SuspendMember, ROOTS, member="ec", until=until)
    court.refuses("R20", "by an administrator of a revoked member", PublishContact, "ec-chief", contact="ec-court",
                  member="ec", country="EC", function=TRAFFICKING, body=fresh("ec-court"))  # fmt: skip
    court.takes("R17", "a revoked member in a circle", SetCircle, ROOTS, members=("co", "ec"), **both)
