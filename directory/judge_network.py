"""The judge's rules for the network itself: roots, relay, members, circles.

R10 roots          1 to 16 root keys (sorted, different: R25), a threshold between 1 and their number, a duty key that
                   is none of them; no key that has or had another use in the network, none that is
                   weak: under which anybody could sign (`crypto.note`)
R11 founding       signed by the threshold of the roots it names
R12 re-keying      signed by the threshold of the old roots and of the new ones
R13 relay          keys all different, without another use now or ever, none weak (R10); no key of the log was a log's
                   before: keys that were replaced would come back into whoever's hands they are; the first relay
                   continues nothing, a later one continues the log of the relay before it, no further than this log
                   reaches
R14 member id      begins with its country's code in lower case; never admitted before, not even if revoked since
R15 suspension     ends after it begins; by the duty key alone at most 72 hours after the statement's time (and after
                   `now`, if that is earlier)
R16 reinstatement  only of a member with a suspension that no word of the roots has ended; a lapsed one counts, so that
                   the roots can answer it and free the duty key (R7)
R17 circle         names members that were admitted
R18 policy         every clock runs for a minute at least and 14 days at most, and no longer than that of a less urgent
                   precedence; an entry is due after a day at least, not before that stale, not before that doubtful,
                   and doubtful after ten years at most: what nobody could keep to, or would ever see, is no policy
"""

from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

from immutables import Map

from crypto.encoding import unb64
from directory.fields import Key32
from directory.judge_rules import Case, own_keys, pair, refuse, sorted_set
from directory.keyset import LONGEST_EXPIRY
from directory.statement import (
    AdmitMember,
    Continues,
    FoundNetwork,
    NameRelay,
    Policy,
    ReinstateMember,
    RekeyRoots,
    RevokeMember,
    SetCircle,
    SuspendMember,
    network_id,
)
from directory.view import NEVER, Circle, Member, Network, Relay, Suspension, View

MOST_ROOTS = 16
CLOCK_BOUNDS = (60, LONGEST_EXPIRY)  # seconds; a message never waits longer, so a longer clock would never run out
MOST_DAYS = 3650
MOST_CIRCLE_MEMBERS = 250
DUTY_SUSPENSION = 72 * 3600


def root_id(public: bytes) -> str:
    """The local id of a root key."""
    return f"root-{sha256(public).hexdigest()}"


def duty_id(public: bytes) -> str:
    """The local id of the duty key."""
    return f"duty-{sha256(public).hexdigest()}"


def root_keys(roots: tuple[Key32, ...]) -> Map[str, bytes]:
    """Root keys by local id."""
    return Map({root_id(public): public for public in (unb64(each, 32) for each in roots)})


def found_network(case: Case[FoundNetwork]) -> View:
    """Found a network."""
    statement = case.statement
    network = _network(statement, statement.name, network_id(statement))
    signed = case.signers.intersection(network.roots)
    if len(signed) < network.threshold:
        refuse("R11", f"founding needs {network.threshold} of the new root keys; {len(signed)} signed")
    case.nobody_but(signed)
    return _with_network(case.view, network)


def rekey_roots(case: Case[RekeyRoots]) -> View:
    """Replace root keys, threshold, duty key and policy."""
    statement, old = case.statement, case.view.founded
    new = _network(statement, old.name, old.id)
    signed = case.signers.intersection(new.roots)
    case.by_roots("re-keying the roots", signed)
    if len(signed) < new.threshold:
        refuse("R12", f"re-keying needs {new.threshold} of the new root keys; {len(signed)} signed")
    return _with_network(case.view, new)


def name_relay(case: Case[NameRelay]) -> View:
    """Name the log and the relay's keys."""
    statement, old = case.statement, case.view.relay
    case.by_roots("naming a relay")
    log = pair(statement.log_ed25519, statement.log_mldsa44)
    receipt = pair(statement.receipt_ed25519, statement.receipt_mldsa44)
    view = own_keys(case.view, "log", (log.ed25519, log.mldsa44), "R13")
    if log.ed25519 in case.view.keys or log.mldsa44 in case.view.keys:
        refuse("R13", "these keys were a log's before, and are none again: `enlace relay rekey` makes next ones")
    view = own_keys(view, "receipt", (receipt.ed25519, receipt.mldsa44), "R13")
    former, continues = view.former_relays, statement.continues
    if isinstance(continues, Continues) != (old is not None):
        refuse("R13", "the first relay continues no log; a later one says which log, size and root it continues")
    if isinstance(continues, Continues) and old is not None:
        if continues.origin != old.origin or continues.size > case.here:
            refuse("R13", f"this log continues {old.origin}, from at most {case.here} statements")
        former = (*former, old)
    continued = continues.size if isinstance(continues, Continues) else 0
    relay = Relay(statement.origin, log, receipt, case.here, continued)
    return replace(view, relay=relay, former_relays=former)


def admit_member(case: Case[AdmitMember]) -> View:
    """Admit a member."""
    statement = case.statement
    case.by_roots("admitting a member")
    if statement.member.split("-")[0] != statement.country.lower():
        refuse("R14", f"the id of a member of {statement.country} begins with {statement.country.lower()}")
    if statement.member in case.view.members:
        refuse("R14", f"member {statement.member} was admitted before; an id is never used again")
    view = case.with_body(statement.body, statement.subject, statement.member)
    member = Member(statement.country, statement.body, case.here)
    return replace(view, members=view.members.set(statement.member, member))


def suspend_member(case: Case[SuspendMember]) -> View:
    """Suspend a member, by the roots or, for a while, by the duty key."""
    statement = case.statement
    member = case.member(statement.member)
    if statement.until <= statement.at:
        refuse("R15", "the suspension would end before it begins")
    by_duty = case.signers == {case.view.founded.duty_id}
    if by_duty:
        if statement.until > min(statement.at, case.now) + DUTY_SUSPENSION:
            refuse("R15", "the duty key suspends for at most 72 hours; longer needs the root keys")
        if any(each.by_duty and each.ended == NEVER for each in member.suspensions):
            refuse("R7", "the duty key suspended this member before, and the roots have not spoken since")
    else:
        case.by_roots("suspending a member")
    ended = member.suspensions if by_duty else _ended(member, case.here)
    suspension = Suspension(case.here, statement.until, by_duty)
    return _set_member(case.view, statement.member, replace(member, suspensions=(*ended, suspension)))


def reinstate_member(case: Case[ReinstateMember]) -> View:
    """End a member's suspension."""
    case.by_roots("reinstating a member")
    member = case.member(case.statement.member)
    if all(each.ended != NEVER for each in member.suspensions):
        refuse("R16", f"member {case.statement.member} is not suspended")
    return _set_member(case.view, case.statement.member, replace(member, suspensions=_ended(member, case.here)))


def revoke_member(case: Case[RevokeMember]) -> View:
    """Revoke a member and retire its contacts; its officers and devices end with it."""
    case.by_roots("revoking a member")
    member = case.member(case.statement.member)
    contacts = case.view.contacts.mutate()
    for contact, record in case.view.contacts.items():
        if record.member == case.statement.member and record.listed:
            contacts[contact] = replace(record, ended=case.here)
    view = replace(case.view, contacts=contacts.finish())
    return _set_member(view, case.statement.member, replace(member, revoked=case.here))


def set_circle(case: Case[SetCircle]) -> View:
    """Define a circle, or who belongs to it."""
    statement = case.statement
    case.by_roots("setting a circle")
    sorted_set(statement.members, "members", MOST_CIRCLE_MEMBERS)
    for member in statement.members:
        if member not in case.view.members:
            refuse("R17", f"no member {member} was admitted")
    view = case.with_body(statement.body, statement.subject, "")
    return replace(view, circles=view.circles.set(statement.circle, Circle(statement.members, statement.body)))


def _network(statement: FoundNetwork | RekeyRoots, name: str, network: str) -> Network:
    sorted_set(statement.roots, "root keys", MOST_ROOTS, 1)
    sorted_set(statement.policy.second, "matters for a second administrator", 8)
    _check_policy(statement.policy)
    keys, duty = root_keys(statement.roots), unb64(statement.duty, 32)
    if not 1 <= statement.threshold <= len(keys):
        refuse("R10", f"a threshold of {statement.threshold} with {len(keys)} root keys")
    return Network(name, network, keys, statement.threshold, duty_id(duty), duty, statement.policy, statement.at)


def _check_policy(policy: Policy) -> None:
    """Return if the numbers of a policy fit together (R18)."""
    clocks, least, most = policy.clocks, *CLOCK_BOUNDS
    named = {each: getattr(clocks, each) for each in ("flash", "immediate", "priority", "routine")}
    for precedence, seconds in named.items():
        if not least <= seconds <= most:
            bounds = f"between {least} and {most} are possible"
            refuse("R18", f"the clock of precedence {precedence} would run for {seconds} seconds; {bounds}")
    for (urgent, sooner), (calmer, later) in pairwise(named.items()):
        if sooner > later:
            refuse("R18", f"the clock of {urgent} ({sooner} s) would run longer than that of {calmer} ({later} s)")
    days = policy.freshness
    if not 1 <= days.due <= days.stale <= days.doubtful <= MOST_DAYS:
        words = f"due after {days.due} days, stale after {days.stale} and doubtful after {days.doubtful}"
        refuse("R18", f"an entry would be {words}; none may come before the one named first, nor after {MOST_DAYS}")


def _with_network(view: View, network: Network) -> View:
    """The view with new roots and duty key; the duty key is online and so can never have been a root key (R10)."""
    view = own_keys(view, "root", network.roots.values(), "R10")
    view = own_keys(view, "duty", (network.duty,), "R10")
    return replace(view, network=network)


def _ended(member: Member, position: int) -> tuple[Suspension, ...]:
    return tuple(replace(each, ended=position) if each.ended == NEVER else each for each in member.suspensions)


def _set_member(view: View, member: str, record: Member) -> View:
    """The view with a member's new record; everything sealed to the member before is to be sealed anew."""
    touched = view.touched.set(member, view.size)
    return replace(view, members=view.members.set(member, record), touched=touched)
