"""What is due of which request: by its form, what was promised, who follows up; and what is told, once each."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from desk_world import changed, desk, network
from request_world import ASKED, ASKING, AT, chain, event, sent
from test_desk_requests_stored import made, proven

from desk.forms.filled import Filled
from desk.keys.vault import Vault
from desk.mail.content import Form, Text
from desk.mail.facts import Stored
from desk.notices.limits import FILE, STOPPED, Limits, come, keep, load, stop, trouble
from desk.notices.limits import Limit as NotedLimit
from desk.requests.acts import Accept, Limit, RequestEvent, Send
from desk.requests.life import Signed, history
from desk.requests.locked_limits import limits, note_each
from desk.requests.stored import Kept, Request
from desk.timers.due import Due, due_of, to_tell, told, told_until
from desk.timers.settings import TimerSettings, parse_timer_settings
from desk.timers.timers import Fact, Timer, Wanted, last_reminder, timers
from directory.bodies import MOST_COMMITMENT, ContactBody, read_body_bytes, write_body_bytes
from directory.canonical import Malformed, encode
from directory.entry import DAY

MESSAGE, NOTE, _ = made(Send())
MEMBERS = {ASKING: "co", ASKED: "ca", "co-court": "co", "ec-desk": "ec"}


def request(form: str, *events: Signed, **root: Any) -> Request:
    """A request that is made with a form, with events upon it."""
    first = events[0] if events else sent(**root)
    content = Form(filled=Filled(form=form, language="es")) if form else Text(subject="x", text="y")
    message = changed(MESSAGE, content=content)
    found = history([first, *events], first.id)
    assert found is not None
    kept = Kept.of(first, message, Stored(1, message, proven(NOTE), NOTE))
    return Request({each.id: changed_kept(kept, each) for each in (first, *events)}, found, found)


def changed_kept(kept: Kept, signed: Signed) -> Kept:
    return Kept.of(signed, kept.message, kept.stored)


def due(
    request: Request, *others: Request, settings: TimerSettings | None = None, respond: int = 0, now: int = AT
) -> Due:
    return due_of(
        request,
        [request, *others],
        settings or TimerSettings(),
        lambda _: respond,
        lambda contact: MEMBERS.get(contact, ""),
        now,
    )


def preserved() -> Request:
    return request("urgent-preservation/1", *chain(("accept", ASKED)))


def test_a_form_brings_its_timer() -> None:
    assert [(each.kind, each.due) for each in due(preserved()).timers] == [("preservation", AT + 60 * DAY)]
    assert [each.unknown for each in due(preserved()).timers] == [True]
    assert due(request("general-message/1")).timers == ()
    assert due(request("")).timers == ()


def test_the_commitment_of_the_contact_is_a_timer() -> None:
    (timer,) = due(request("general-message/1"), respond=30).timers
    assert (timer.kind, timer.due) == ("first-answer", AT + 1800)


def test_an_authority_gives_its_forms_a_class() -> None:
    settings = parse_timer_settings(b'{"classes":[{"form":"information-on-law","timers":["ordinary"]}]}')
    (timer,) = due(request("information-on-law/1"), settings=settings).timers
    assert (timer.kind, timer.due, timer.verify) == ("ordinary", AT + 7 * DAY, True)


def follow_up(root: Request, contact: str) -> Request:
    act = Send(form="mutual-legal-assistance/1", follows=root.id)
    one = sent(contact=contact, event=RequestEvent(act=act), taken_in=AT + DAY, to=("ca-court",))
    return request("mutual-legal-assistance/1", one)


@pytest.mark.parametrize(("contact", "state"), [(ASKING, "met"), ("co-court", "met"), ("ec-desk", "overdue")])
def test_a_follow_up_is_of_the_same_member(contact: str, state: str) -> None:
    """Whoever else says that they follow it up silences nothing."""
    first = preserved()
    (timer,) = due(first, follow_up(first, contact), now=AT + 61 * DAY).timers
    assert timer.state == state


def test_the_command_that_follows_up_is_offered_while_it_is_not_met() -> None:
    first = preserved()
    (step,) = due(first).follow_ups("en")
    assert step.words == "follow it up: Request for mutual legal assistance"
    assert step.command == f"enlace request send CONTACT --form FILE --follows {first.id[:12]}"
    assert list(due(first, follow_up(first, ASKING)).follow_ups("en")) == []


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return desk(tmp_path, "ec-night", network()).vault


def tell(vault: Vault, found: Due, now: int) -> list[tuple[int, bool]]:
    telling, done = to_tell(vault, [found], now)
    told(vault, done)
    return [((each.at - AT) // DAY, each.alarm) for _, each in telling]


def test_each_is_told_once_and_a_desk_that_was_off_rings_once(vault: Vault) -> None:
    def at(day: int) -> list[tuple[int, bool]]:
        return tell(vault, due(preserved(), now=AT + day * DAY), AT + day * DAY)

    assert at(10) == []
    assert at(31) == [(30, False)]
    assert at(32) == []
    assert at(58) == [(57, False)]  # those of day 46 and 53 are over
    assert at(60) == [(60, True)]
    assert at(60) == []
    assert at(63) == [(63, True)]


def test_what_is_learnt_late_is_told_late(vault: Vault) -> None:
    """An acceptance that says, on day 70, since when the data are preserved: nobody could be told before."""
    assert tell(vault, due(request("urgent-preservation/1"), now=AT + 69 * DAY), AT + 69 * DAY) == []
    root = sent()
    late = event(Accept(since=AT), ASKED, root, (root.id,), taken_in=AT + 70 * DAY)
    found = request("urgent-preservation/1", root, late)
    assert tell(vault, due(found, now=AT + 70 * DAY), AT + 70 * DAY) == [(70, True)]


def test_a_clock_that_was_ahead_keeps_nothing_untold(vault: Vault) -> None:
    assert tell(vault, due(preserved(), now=AT + 80 * DAY), AT + 80 * DAY) == [(80, True)]
    assert tell(vault, due(preserved(), now=AT + 60 * DAY), AT + 60 * DAY) == [(60, True)]


def test_the_locked_desk_knows_the_last_reminder_and_the_end_until_they_were_told(vault: Vault, tmp_path: Path) -> None:
    def known(day: int) -> list[tuple[float, str]]:
        now = AT + day * DAY
        made = list(limits([due(preserved(), now=now)], told_until(vault, now)))
        assert len({each.key for each in made}) <= 1
        keep(tmp_path, made)
        return [((each.at - AT) / DAY, each.precedence) for each in load(tmp_path).limits]

    assert known(1) == [(59, "priority"), (60, "immediate")]
    assert tell(vault, due(preserved(), now=AT + 58 * DAY), AT + 58 * DAY) == [(57, False)]
    assert known(58) == [(59, "priority"), (60, "immediate")]
    assert known(61) == [(59, "priority"), (60, "immediate")]
    assert [(each.passed, each.due) for each in come(tmp_path, AT + 61 * DAY)] == [(True, AT + 60 * DAY)]
    assert tell(vault, due(preserved(), now=AT + 61 * DAY), AT + 61 * DAY) == [(61, True)]
    assert known(61) == []
    assert known(63) == []  # the daily alarms are told at the unlocked desk
    ended = due(request("urgent-preservation/1", *chain(("accept", ASKED), ("refuse", ASKED))))
    assert list(limits([ended], told_until(vault, AT))) == []
    (short,) = limits([due(request("information-on-law/1"), respond=5)], told_until(vault, AT))
    assert (short.at, short.due, short.precedence) == (AT + 300, AT + 300, "immediate")


@pytest.mark.parametrize("where", ["timers", "told"])
def test_what_goes_wrong_with_one_request_silences_no_other_and_not_what_was_noted_of_it(where: str) -> None:
    others = [request("information-on-law/1", case=case) for case in ("one", "another")]
    bad, now = preserved(), AT + 61 * DAY
    broken = set[str]()

    def due_one(each: Request) -> Due:
        if where == "timers" and each.id in broken:
            raise OverflowError("such a number")
        return due(each, respond=0 if each is bad else 5, now=now)

    def told_one(found: Due, timer: Timer) -> int:
        if found.request.id in broken:
            raise OverflowError("such a number")
        return 0

    every = [others[0], bad, others[1]]
    whole, wrong = note_each(every, due_one, told_one, ())
    assert (wrong, len({each.key for each in whole})) == ("", 3)
    broken.add(bad.id)
    noted, wrong = note_each(every, due_one, told_one, whole)
    assert sorted(noted, key=lambda each: each.key) == sorted(whole, key=lambda each: each.key)
    assert wrong == f"request {bad.id[:12]}: OverflowError: such a number"
    noted, _ = note_each(every, due_one, told_one, ())
    assert {each.key for each in noted} < {each.key for each in whole}
    assert noted
    broken.update(each.id for each in every)
    assert note_each(every, due_one, told_one, ()) == (
        [],
        f"request {others[1].id[:12]}: OverflowError: such a number (and 2 more)",
    )


@pytest.mark.parametrize(
    ("minutes", "counts"),
    [(0, False), (1, True), (MOST_COMMITMENT, True), (MOST_COMMITMENT + 1, False), (2**34, False), (2**53, False)],
)
def test_a_number_in_the_entry_of_another_authority_breaks_and_silences_nothing(
    vault: Vault, tmp_path: Path, minutes: int, counts: bool
) -> None:
    """Such an entry may have been published before nobody could: it is read, and more than a year is no commitment."""
    body = msgspec.structs.replace(ContactBody(names={"es": "Mesa"}), respond=minutes)
    assert read_body_bytes(encode(body), ContactBody) == body
    assert body.promised == (minutes if counts else 0)
    honest = due(preserved(), now=AT + 61 * DAY)
    for respond in (minutes, body.promised):  # by itself, and where nobody has bounded it before
        hostile = due(request("information-on-law/1"), respond=respond)
        assert [each.due for each in hostile.timers] == ([AT + 60 * minutes] if counts else [])
        keep(tmp_path, limits([hostile, honest], told_until(vault, AT)))
        assert [each.due for each in come(tmp_path, AT + 61 * DAY)][-1] == AT + 60 * DAY
    if minutes > MOST_COMMITMENT:
        with pytest.raises(Malformed, match="is no commitment"):
            write_body_bytes(body)


@pytest.mark.parametrize("seconds", [2**53, 2**53 + 1, 60 * 2**53])
def test_no_term_is_too_long_for_its_reminders(seconds: int) -> None:
    [timer] = timers([Fact("sent", AT)], Wanted(respond=seconds), AT)
    assert last_reminder(timer) == AT + seconds - DAY


FAR = {"at": 2**40 + 1, "due": 2**40 + 1, "key": "ab" * 32, "precedence": "priority"}


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"limits":[{}]}', b"\xff", b'{"limits":[],"stopped":0}', encode({"limits": [FAR]})]
)
@pytest.mark.parametrize("name", [FILE, STOPPED])
def test_limits_that_cannot_be_read_count_for_none_and_that_is_said(tmp_path: Path, content: bytes, name: str) -> None:
    soon = NotedLimit(key="ab" * 32, at=AT + 1, due=AT + 1, precedence="priority")
    keep(tmp_path, [soon])
    assert stop(tmp_path, AT + 1) == 1
    assert trouble(tmp_path) == ""
    (tmp_path / name).write_bytes(content)
    said = "ring nowhere here" if name == FILE else "ring again"
    assert said in trouble(tmp_path)
    assert come(tmp_path, AT + 1) == ([] if name == FILE else [soon])
    keep(tmp_path, [])  # whoever unlocks the desk mends it, also where no limit runs
    assert stop(tmp_path, AT + 1) == 0
    assert trouble(tmp_path) == "" or name == STOPPED


def test_a_limit_that_no_reader_would_take_keeps_no_other_out(tmp_path: Path) -> None:
    sound = NotedLimit(key="ab" * 32, at=AT, due=AT, precedence="priority")
    for at, due in ((2**40 + 1, 2**40 + 1), (AT, 2**40 + 1), (-1, AT), (2**64, 2**64)):
        keep(tmp_path, [NotedLimit(key="cd" * 32, at=at, due=due, precedence="immediate"), sound])
        assert (load(tmp_path).limits, trouble(tmp_path)) == ((sound,), "")


def test_stopping_the_bell_and_noting_limits_undo_nothing_of_each_other(tmp_path: Path) -> None:
    """Whoever stops it in the watch does so while a command works with the unlocked desk."""
    first, second = (NotedLimit(key=each * 32, at=AT, due=AT, precedence="priority") for each in ("ab", "cd"))
    (tmp_path / FILE).write_bytes(encode(Limits(limits=(first,), stopped=AT - 1)))  # as it stood in one file
    before = (tmp_path / FILE).read_bytes()
    assert stop(tmp_path, AT) == 1
    assert (tmp_path / FILE).read_bytes() == before
    keep(tmp_path, [first, second])
    assert come(tmp_path, AT) == []
    assert load(tmp_path).stopped == AT


def test_what_was_told_is_forgotten_with_its_request_and_a_damaged_note_tells_anew(vault: Vault) -> None:
    assert tell(vault, due(preserved(), now=AT + 60 * DAY), AT + 60 * DAY) == [(60, True)]
    vault.put("timers-told", b"no JSON")
    assert tell(vault, due(preserved(), now=AT + 60 * DAY), AT + 60 * DAY) == [(60, True)]


def test_the_term_is_that_of_the_instrument_the_request_rests_on() -> None:
    """One of the authority's own goes before; where nothing is known of an instrument, that is said."""
    own = b'{"terms":[{"timer":"provisional-arrest","days":45,"instrument":"ar-co-2013","source":"Treaty, art. 12"}]}'
    settings = parse_timer_settings(own)
    for under, days, unknown in (
        ("ar-co-2013", 45, False), ("montevideo-1933", 59, False), ("untoc", 40, True), ("", 40, True),
    ):  # fmt: skip
        root = sent(event=RequestEvent(act=Send(form="provisional-arrest/1", under=under)))
        held = event(Accept(since=AT), ASKED, root, (root.id,))
        (timer,) = due(request("provisional-arrest/1", root, held), settings=settings).timers
        assert ((timer.due - AT) // DAY, timer.unknown) == (days, unknown), under


def test_another_date_is_told_anew(vault: Vault) -> None:
    """Somebody is released sooner than was thought: that is told although the reminders of before were."""
    root = sent()
    held = event(Accept(since=AT), ASKED, root, (root.id,))
    assert tell(vault, due(request("urgent-preservation/1", root, held), now=AT + 58 * DAY), AT + 58 * DAY) == [
        (57, False)
    ]
    sooner = event(Limit(timer="preservation", until=AT + 50 * DAY, text="x"), ASKED, root, (held.id,))
    found = request("urgent-preservation/1", root, held, sooner)
    assert tell(vault, due(found, now=AT + 58 * DAY), AT + 58 * DAY) == [(58, True)]
