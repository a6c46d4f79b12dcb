"""A log with a statement of every kind, in an order in which the judge takes them. See `vectors_world`."""

from functools import cache

from vectors_world import (
    NEW_ROOTS,
    NEXT_ORIGIN,
    ORIGIN,
    START,
    Log,
    committed,
    device_keys,
    founding,
    local,
    officer,
    public,
    reception_keys,
    relay_keys,
    signed,
)

from directory.judge import admit
from directory.statement import (
    AdmitMember,
    AttestContact,
    ChangeReception,
    ChangeRoles,
    Clocks,
    Continues,
    EnrolDevice,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    ListProvisional,
    NameRelay,
    Policy,
    PublishContact,
    ReinstateMember,
    RekeyRoots,
    RetireContact,
    RevokeDevice,
    RevokeMember,
    RevokeOfficer,
    SetCircle,
    SuspendMember,
    WithdrawProvisional,
)
from directory.view import View

ROOTS = ("root-1", "root-2")
DESK = {"function": "trafficking-24-7"}


@cache
def _founded() -> Log:
    entry = signed(founding(), *ROOTS)
    log = Log(admit(View(), entry, START), [entry], START + 60)
    log.add(NameRelay, *ROOTS, origin=ORIGIN, **relay_keys())
    return log


@cache
def _staffed() -> Log:
    log = _founded().copy()
    for member in ("co", "ec"):
        log.add(AdmitMember, *ROOTS, member=member, country=member.upper(), body=committed(member))
    _first(log, "co-chief", "co")
    by = ("co-chief", *ROOTS)
    _officer(log, "co-deputy", "co", ("administrator",), *by)
    _officer(log, "co-night", "co", ("coordinator",), "co-chief")
    log.add(SetCircle, *ROOTS, circle="andean", members=("co", "ec"), body=committed("andean"))
    about = {"member": "co", "country": "CO", "officers": (officer("co-night"),), **DESK}
    log.add(PublishContact, "co-chief", contact="co-desk", body=committed("co-desk"), **about)
    log.add(AttestContact, "co-night", contact="co-desk")
    _first(log, "ec-chief", "ec")
    _officer(log, "ec-night", "ec", ("coordinator",), "ec-chief")
    about = {"member": "ec", "country": "EC", "officers": (officer("ec-night"),), **DESK}
    log.add(PublishContact, "ec-chief", contact="ec-desk", body=committed("ec-desk"), **about)
    return log


@cache
def _whole() -> Log:
    log = _staffed().copy()
    log.add(ListProvisional, *ROOTS, contact="pe-desk", country="PE", body=committed("pe-desk"), **DESK)
    log.add(WithdrawProvisional, *ROOTS, contact="pe-desk")
    log.add(ChangeRoles, "co-chief", officer=officer("co-night"), roles=("coordinator", "investigator"))
    log.add(SuspendMember, "duty", member="ec", until=log.now + 3 * 86_400)
    log.add(ReinstateMember, *ROOTS, member="ec")
    about = {"member": "co", "country": "CO", **DESK}
    log.add(PublishContact, "co-deputy", contact="co-court", body=committed("co-court"), **about)
    everything = {"officers": (officer("co-night"),), "escalation": ("co-court",), "circles": ("andean",)}
    log.add(PublishContact, "co-deputy", contact="co-desk", body=committed("co-desk 2"), **about, **everything)
    log.add(EraseBody, "co-chief", body=committed("co-desk"))
    log.add(ChangeReception, "co-night", device=local("co-night"), **reception_keys("co-night/reception 2"))
    log.add(RetireContact, "co-chief", contact="co-court")
    _officer(log, "co-late", "co", ("investigator",), "co-chief")
    log.add(RevokeDevice, "co-chief", device=local("co-late"), reason="lost")
    log.add(RevokeOfficer, "co-chief", officer=officer("co-late"), reason="left")
    log.add(AdmitMember, *ROOTS, member="mx-fgr", country="MX", body=committed("mx"))
    log.add(RevokeMember, *ROOTS, member="mx-fgr")
    return log


def founded() -> Log:
    """Two statements: the network, its relay."""
    return _founded().copy()


def staffed() -> Log:
    """Two members with their people, a contact each, a circle; everybody live."""
    return _staffed().copy()


def staffed_by_two() -> Log:
    """The same, and co-late serves co-desk beside co-night."""
    log = staffed()
    _officer(log, "co-late", "co", ("coordinator",), "co-chief")
    about = {"member": "co", "country": "CO", **DESK}
    officers = tuple(sorted((officer("co-late"), officer("co-night"))))
    log.add(PublishContact, "co-chief", contact="co-desk", officers=officers, body=committed("co-desk"), **about)
    return log


def whole() -> Log:
    """Nearly every kind of statement, under the first roots and the first relay."""
    return _whole().copy()


@cache
def _moved() -> Log:
    log = _whole().copy()
    roots, policy = tuple(sorted(map(public, NEW_ROOTS))), Policy(clocks=Clocks(flash=300))
    by = (*ROOTS, "root-4")
    log.add(RekeyRoots, *by, roots=roots, threshold=2, duty=public("duty-2"), policy=policy)
    old = log.state()
    continues = Continues(origin=ORIGIN, size=old.size, root=old.root.hex())
    log.add(NameRelay, "root-2", "root-4", origin=NEXT_ORIGIN, continues=continues, **relay_keys("log-2", "receipt-2"))
    return log


def moved() -> Log:
    """Every kind: the roots re-keyed, and the log continued at another relay."""
    return _moved().copy()


def _first(log: Log, handle: str, member: str) -> None:
    log.add(FirstAdministrator, *ROOTS, officer=officer(handle), member=member, body=committed(handle))
    log.add(EnrolDevice, *ROOTS, officer=officer(handle), **device_keys(handle))


def _officer(log: Log, handle: str, member: str, roles: tuple[str, ...], *who: str) -> None:
    log.add(EnrolOfficer, *who, officer=officer(handle), member=member, roles=roles, body=committed(handle))
    log.add(EnrolDevice, *who, officer=officer(handle), **device_keys(handle))
