"""`enlace authenticator` as it is typed: renewed with a code, with a recovery code, with an invitation; interrupted."""

import json
import time
from collections.abc import Awaitable, Callable

import pyotp
import pytest
from cli_world import PASSPHRASE, Office, Ran

from desk.errors import Unreachable
from desk.link.client import RelayClient
from desk.profile.folder import Profile
from desk.profile.unlocked import unlocked
from relay.protocol import routes

pytest_plugins = ("shared_office",)
NAME = "renewing"


@pytest.fixture(scope="module")
def office(shared_office: Office) -> Office:
    """With an officer of ar who is logged in, and whose phone and paper are in `phones` and `papers`."""
    shared_office.officers[NAME] = shared_office.invite("ar", "coordinator", NAME)
    return shared_office


def renew(office: Office, *options: str, feed: str = "") -> Ran:
    return office.run(NAME, "authenticator", "renew", *options, "--json", feed=feed.encode())


def shown_secret(office: Office, ran: Ran) -> pyotp.TOTP:
    """The secret that a run showed; it then had nobody to ask for the first code."""
    assert ran.code == 2, ran
    phone = pyotp.parse_uri(json.loads(ran.out.splitlines()[0])["uri"])
    assert isinstance(phone, pyotp.TOTP)
    return phone


def fresh(phone: pyotp.TOTP) -> str:
    """A code that no log-in of this test has used: of the next half minute, which the relay takes already."""
    return phone.at(int(time.time()) + 30)


def confirmed(office: Office, phone: pyotp.TOTP) -> None:
    """Type the first code of what was shown; keeps phone and paper."""
    ended = renew(office, "--first-code-file", "-", feed=phone.now())
    assert ended.code == 0, ended
    office.phones[NAME], office.papers[NAME] = phone, ended.plain["recovery_codes"]
    assert len(office.papers[NAME]) == 10


def log_in(office: Office, code: str, *options: str) -> Ran:
    return office.run(NAME, "login", *options, "--code-file", "-", feed=code.encode())


def test_a_renewal_with_a_code_goes_on_where_it_was(office: Office) -> None:
    old, paper = office.phones[NAME], office.papers[NAME]
    waiting = renew(office, "--code-file", "-", feed=fresh(old))
    phone = shown_secret(office, waiting)
    assert "The old authenticator counts until the first code of this one" in waiting.err
    assert phone.secret != old.secret
    assert shown_secret(office, renew(office)).secret == phone.secret  # called again, it asks for nothing else
    wrong = renew(office, "--first-code-file", "-", feed="".join("5" if d != "5" else "6" for d in phone.now()))
    assert (wrong.code, "The code is wrong" in wrong.out) == (6, True)
    assert "is not finished" in log_in(office, paper.pop(), "--recovery").err  # the old paper still counts
    confirmed(office, phone)
    assert log_in(office, paper[0], "--recovery").code == 6
    assert office.run(NAME, "sync").code == 0  # the shift goes on
    assert log_in(office, fresh(phone)).code == 0


def test_a_lost_telephone_costs_a_recovery_code(office: Office) -> None:
    paper = list(office.papers[NAME])
    assert log_in(office, paper[0], "--recovery").code == 0
    phone = shown_secret(office, renew(office, "--recovery", "--code-file", "-", feed=paper[1]))
    confirmed(office, phone)
    assert log_in(office, paper[2], "--recovery").code == 6
    assert log_in(office, fresh(phone)).code == 0


def test_a_lost_telephone_and_lost_paper_cost_an_invitation(office: Office) -> None:
    out = str(office.folder / "letters" / "rebind")
    invited = office.ask("ar-admin", "invite", "--officer", office.officers[NAME], "--out", out)["invitation"]
    foreign = office.ask("ar-admin", "invite", "--officer", office.officers["ar-desk"], "--out", f"{out}-other")
    refused = renew(office, "--invitation", foreign["invitation"])
    assert (refused.code, "for another officer" in refused.out) == (2, True)
    assert renew(office, "--invitation", invited, "--recovery").code == 2
    waiting = renew(office, "--invitation", invited)
    phone = shown_secret(office, waiting)
    assert shown_secret(office, renew(office)).secret == phone.secret
    assert log_in(office, fresh(office.phones[NAME])).code == 6  # the old secret is void from here on
    confirmed(office, phone)
    assert log_in(office, office.papers[NAME].pop(), "--recovery").code == 0
    again = renew(office, "--invitation", invited)
    assert (again.code, "used up" in again.out) == (3, True)
    assert renew(office).code == 2  # and is forgotten here: it asks for a code


def invited_anew(office: Office) -> pyotp.TOTP:
    """Bound to another secret by an invitation, and asked for its first code."""
    out = str(office.folder / "letters" / f"anew-{time.monotonic_ns()}")
    invited = office.ask("ar-admin", "invite", "--officer", office.officers[NAME], "--out", out)["invitation"]
    office.phones[NAME] = shown_secret(office, renew(office, "--invitation", invited))
    return office.phones[NAME]


def cut_after(path: str) -> Callable[..., Awaitable[object]]:
    """A way to call the relay on which its answer to one request is lost."""
    called = RelayClient.call

    async def cut(self: RelayClient, method: str, asked: str, *rest: object, **more: object) -> object:
        answer: object = await called(self, method, asked, *rest, **more)  # type: ignore[arg-type]  # handed on as it came
        if asked == path:
            raise Unreachable("the network is gone")
        return answer

    return cut


def test_where_the_answer_to_the_first_log_in_is_lost_it_is_said_what_counts_and_what_is_missing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = invited_anew(office)
    with monkeypatch.context() as patched:
        patched.setattr(RelayClient, "call", cut_after(routes.LOGIN))
        assert renew(office, "--first-code-file", "-", feed=phone.now()).code == 4
    again = renew(office, "--first-code-file", "-", feed=phone.now())
    assert (again.code, "run `enlace login` with the next code" in again.plain["error"]) == (3, True), again
    ran = log_in(office, fresh(phone))
    assert (ran.code, "`enlace authenticator codes` makes others" in ran.err) == (0, True), ran
    assert kept(office, "first-login") is None  # said once


def test_an_enrolment_whose_first_log_in_was_not_heard_of_goes_on_without_an_administrator(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = str(office.folder / "letters" / "unheard")
    invited = office.ask("ar-admin", "invite", "--role", "coordinator", "--label", "Unheard", "--out", out)
    office.ask("unheard", "enrol", invited["invitation"], "--no-wait")
    office.ask("ar-admin", "officer", "confirm", invited["officer"], "--yes")
    phone = shown_secret(office, office.run("unheard", "enrol", "--json"))
    code = office.file("unheard-code", phone.now())
    with monkeypatch.context() as patched:
        patched.setattr(RelayClient, "call", cut_after(routes.LOGIN))
        assert office.run("unheard", "enrol", "--code-file", code).code == 4
    told = office.run("unheard", "enrol", "--code-file", code)
    way_out = "run `enlace login` with the next code, and then `enlace enrol` once more"
    assert (told.code, way_out in told.err) == (3, True), told
    ran = office.run("unheard", "login", "--code-file", "-", feed=fresh(phone).encode())
    assert (ran.code, "`enlace authenticator codes` makes others" in ran.err) == (0, True), ran
    assert office.run("unheard", "enrol").out == "Enrolled.\n"


def test_a_first_log_in_that_was_cut_off_is_found_done(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = invited_anew(office)

    def power_failure(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("desk.profile.authenticator.forget_invitation", power_failure)
        assert renew(office, "--first-code-file", "-", feed=phone.now()).code == 130
    ended = renew(office)
    assert (ended.code, len(ended.plain["recovery_codes"])) == (0, 10), ended
    office.papers[NAME] = ended.plain["recovery_codes"]
    assert log_in(office, office.papers[NAME].pop(), "--recovery").code == 0


def test_a_log_in_with_the_first_code_shows_what_it_brings(office: Office) -> None:
    phone = invited_anew(office)
    ran = log_in(office, phone.now(), "--json")
    office.papers[NAME] = json.loads(ran.out.splitlines()[0])["recovery_codes"]
    assert (ran.code, len(office.papers[NAME])) == (0, 10), ran
    assert kept(office, "authenticator-invitation") is None
    assert log_in(office, office.papers[NAME].pop(), "--recovery").code == 0


def test_a_renewal_that_the_relay_refused_is_not_asked_about_for_ever(office: Office) -> None:
    wrong = "".join("5" if d != "5" else "6" for d in office.phones[NAME].now())
    assert renew(office, "--code-file", "-", feed=wrong).code == 6
    assert kept(office, "authenticator-renewal") is not None  # its answer might have been lost
    ran = log_in(office, office.papers[NAME].pop(), "--recovery")
    assert (ran.code, "renewal" in ran.err, kept(office, "authenticator-renewal")) == (0, False, None), ran


def test_recovery_codes_are_made_anew(office: Office) -> None:
    paper = list(office.papers[NAME])
    made = office.run(
        NAME, "authenticator", "codes", "--code-file", "-", "--json", feed=fresh(office.phones[NAME]).encode()
    )
    assert made.code == 0, made
    office.papers[NAME] = made.plain["recovery_codes"]
    assert not set(paper) & set(office.papers[NAME])
    assert log_in(office, paper[0], "--recovery").code == 6
    for left in (9, 8, 7, 6, 5, 4, 3):
        ran = log_in(office, office.papers[NAME].pop(), "--recovery")
        assert (ran.code, f"{left} recovery codes are left" in ran.out) == (0, True)
        assert ("few recovery codes are left" in ran.err) == (left == 3)


@pytest.mark.parametrize("lost", [routes.AUTHENTICATOR, routes.AUTHENTICATOR_CONFIRM])
def test_an_answer_that_is_lost_costs_nothing(office: Office, lost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay acts, and the desk hears nothing: the same command again."""
    paper, called = office.papers[NAME], RelayClient.call

    async def cut(self: RelayClient, method: str, path: str, *rest: object, **more: object) -> object:
        answer: object = await called(self, method, path, *rest, **more)  # type: ignore[arg-type]  # handed on as it came
        if path == lost:
            raise Unreachable("the network is gone")
        return answer

    pay, first = paper.pop(), ""
    if lost == routes.AUTHENTICATOR_CONFIRM:
        first = shown_secret(office, renew(office, "--recovery", "--code-file", "-", feed=pay)).now()
    with monkeypatch.context() as patched:
        patched.setattr(RelayClient, "call", cut)
        if first:
            assert renew(office, "--first-code-file", "-", feed=first).code == 4
        else:
            assert renew(office, "--recovery", "--code-file", "-", feed=pay).code == 4
    if not first:  # the same recovery code, which is used up: nothing more is taken
        phone = shown_secret(office, renew(office, "--recovery", "--code-file", "-", feed=pay))
        confirmed(office, phone)
        return
    ended = renew(office, "--first-code-file", "-", feed=first)
    assert ended.code == 0, ended
    office.papers[NAME] = ended.plain["recovery_codes"]
    assert log_in(office, office.papers[NAME].pop(), "--recovery").code == 0


def kept(office: Office, name: str) -> bytes | None:
    with unlocked(Profile.open(office.profile(NAME)), PASSPHRASE.encode(), lambda: int(time.time())) as desk:
        return desk.keyring.vault.get(name)


def keep(office: Office, name: str, data: bytes) -> None:
    with unlocked(Profile.open(office.profile(NAME)), PASSPHRASE.encode(), lambda: int(time.time())) as desk:
        desk.keyring.vault.put(name, data)


def unheard(office: Office, monkeypatch: pytest.MonkeyPatch) -> pyotp.TOTP:
    """A renewal that the relay has confirmed without this desk hearing of it, paid for with a recovery code."""
    called = RelayClient.call

    async def cut(self: RelayClient, method: str, path: str, *rest: object, **more: object) -> object:
        answer: object = await called(self, method, path, *rest, **more)  # type: ignore[arg-type]  # handed on as it came
        if path == routes.AUTHENTICATOR_CONFIRM and getattr(answer, "confirmed", False):
            raise Unreachable("the network is gone")
        return answer

    phone = shown_secret(office, renew(office, "--recovery", "--code-file", "-", feed=office.papers[NAME].pop()))
    with monkeypatch.context() as patched:
        patched.setattr(RelayClient, "call", cut)
        assert renew(office, "--first-code-file", "-", feed=phone.now()).code == 4
    office.phones[NAME] = phone
    assert phone.secret.encode() in (kept(office, "authenticator-renewal") or b"")
    return phone


def test_a_log_in_ends_a_renewal_whose_confirmation_was_not_heard_of(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = unheard(office, monkeypatch)
    ran = log_in(office, fresh(phone), "--json")
    codes = json.loads(ran.out.splitlines()[0])["recovery_codes"]
    assert (ran.code, len(codes), "shift_ends" in ran.plain, ran.err) == (0, 10, True, "")
    assert kept(office, "authenticator-renewal") is None  # no secret stays on the laptop
    assert kept(office, "recovery-codes") is None
    office.papers[NAME] = codes
    assert log_in(office, office.papers[NAME].pop(), "--recovery").code == 0


def test_new_recovery_codes_are_those_of_a_renewal_not_heard_of_and_no_void_ones_are_shown_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    unheard(office, monkeypatch)
    before = kept(office, "authenticator-renewal") or b""
    ran = office.run(NAME, "authenticator", "codes", "--code-file", "-", "--json", feed=b"")
    assert ran.code == 0, ran  # they were never shown: no code is asked for
    codes = ran.plain["recovery_codes"]
    assert kept(office, "authenticator-renewal") is None
    assert log_in(office, codes[0], "--recovery").code == 0
    code = office.phones[NAME].at(int(time.time()) + 30).encode()
    made = office.run(NAME, "authenticator", "codes", "--code-file", "-", "--json", feed=code)
    assert made.code == 0, made
    office.papers[NAME] = made.plain["recovery_codes"]
    keep(office, "authenticator-renewal", before)  # a copy of this desk from before
    ran = renew(office)
    assert (ran.code, ran.plain) == (0, {"event": "confirmed"})
    assert log_in(office, office.papers[NAME].pop(), "--recovery").code == 0


def test_codes_not_shown_yet_are_shown_and_the_renewal_goes_on(office: Office) -> None:
    keep(office, "recovery-codes", b"\n".join([b"AAAA-AAAA-AAAA-AAAA"] * 10))
    ran = renew(office, "--recovery", "--code-file", "-", feed="BBBB-BBBB-BBBB-BBBB")
    assert (ran.code, "AAAA-AAAA-AAAA-AAAA" in ran.out, "The code is wrong" in ran.out) == (6, True, True)


def test_what_is_damaged_on_this_desk_stops_no_renewal(office: Office) -> None:
    vault = office.profile(NAME) / "vault"
    for name in ("recovery-codes", "authenticator-invitation", "authenticator-renewal"):
        (vault / f"{name}.age").write_bytes(b"age-encryption.org/v1\nbroken")
    ran = office.run(NAME, "authenticator", "codes", "--code-file", "-", feed=b"12345")
    assert (ran.code, "are lost" in ran.err, "a code has 6 digits" in ran.err) == (6, True, True)
    (vault / "recovery-codes.age").write_bytes(b"age-encryption.org/v1\nbroken")
    phone = shown_secret(office, renew(office, "--recovery", "--code-file", "-", feed=office.papers[NAME].pop()))
    confirmed(office, phone)


def test_the_secretariat_has_no_authenticator(office: Office) -> None:
    for command in ("renew", "codes"):
        ran = office.run("secretariat", "authenticator", command)
        assert (ran.code, "it has no authenticator" in ran.err) == (2, True)


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16"])
def test_what_is_no_code_is_told_before_anything_is_sent(office: Office, code: str) -> None:
    for command in ("renew", "codes"):
        ran = office.run(NAME, "authenticator", command, "--code-file", "-", feed=code.encode())
        assert (ran.code, "a code has 6 digits; nothing was sent" in ran.err) == (6, True)


def test_without_a_shift_nothing_is_renewed(office: Office) -> None:
    assert office.run(NAME, "logout").code == 0
    for command in ("renew", "codes"):
        ran = office.run(NAME, "authenticator", command, "--code-file", "-", feed=b"123456")
        assert (ran.code, "run `enlace login`" in ran.err) == (6, True)
    assert log_in(office, office.papers[NAME].pop(), "--recovery").code == 0
