"""Rosters and notes as a desk holds them: what counts, what waits, whose note is the last, and what is open."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from desk_world import DAY, changed, desk, mail_of, message, network, note_of, receipt
from directory_world import World, local_id, officer_id
from roster_world import roster, shift

from desk.mail.content import ActAlone, DutyNote, DutyRoster, Receipt, Text
from desk.mail.facts import Direction, Facts, Stored
from desk.mail.message import Message, Sender
from desk.mail.store import MailStore
from desk.profile.folder import Identity
from desk.requests.acts import Ask, RequestEvent, Send
from desk.rosters.kept import Kept, hash_of, kept, served
from desk.rosters.open_work import EXPIRED, of_note, open_work, unreadable
from desk.rosters.posted import AHEAD, FILE, MOST_BYTES, Posted, Stretch, posted
from desk.rosters.roster import Roster
from desk.rosters.versions import highest
from directory.canonical import encode
from directory.statement import RevokeDevice

NIGHT, DAYS = officer_id("co-night"), officer_id("co-day")


class Desk:
    """The desk of co-day, which serves co-desk with co-night."""

    def __init__(self, path: Path) -> None:
        self.world: World = network()
        keyring = desk(path, "co-day", self.world)
        self.mail: MailStore = mail_of(keyring)
        self.identity: Identity = keyring.profile.identity
        self._made = 0

    def keep(self, sent: Message, by: str, *, at: int | None = 0, way: Direction = "colleague", **facts: Any) -> Stored:
        """Store a message, taken in by the relay `at` seconds from now; None for one that nothing proves."""
        digest = f"{self._made:064x}"
        relayed = receipt(digest, self.world, time=self.world.now + at) if at is not None else msgspec.UNSET
        known = Facts(
            direction=way,
            envelope=digest,
            relayed=relayed,
            warnings=() if at is not None else ("unproven",),
            sent=self.world.now if way == "out" and at is not None else 0,
        )
        number = self.mail.add(sent, note_of(sent, by), msgspec.structs.replace(known, **facts), queue=way == "out")
        assert number is not None
        if way == "out" and at is not None:
            self.mail.sent(number, self.mail.get(number).facts)
        return self.mail.get(number)

    def own(self, content: DutyRoster | DutyNote, by: str = "co-night", **fields: Any) -> Message:
        self._made += 1
        given = {"id": f"{self._made:032x}", "stop": "never", "content": content} | fields
        return message(self.world, by, ["co-desk"], **given)

    def roster(self, seq: int, by: str = "co-night", **how: Any) -> Stored:
        return self.keep(self.own(DutyRoster(roster=numbered(seq))), by, **how)

    def note(self, text: str, by: str = "co-night", takes: str = "", **how: Any) -> Stored:
        content = DutyNote(text=text, takes=takes or msgspec.UNSET)
        return self.keep(self.own(content, by), by, **how)

    def came(self, subject: str = "Bus", *, after: int = 0, **fields: Any) -> Stored:
        """A message from ec-desk to co-desk, taken in so long after now."""
        self._made += 1
        given = {"id": f"{self._made:032x}", "content": Text(subject=subject, text="")} | fields
        sender = Sender(contact="ec-desk", device=local_id("ec-night"))
        sent = changed(message(self.world, "ec-night", ["co-desk"], **given), sender=sender)
        return self.keep(sent, "ec-night", at=after, way="in")

    @property
    def kept(self) -> Kept:
        return kept(self.mail, self.world.view, "co-desk")

    def open(self, contact: str = "co-desk") -> list[tuple[str, str]]:
        work = open_work(self.mail, self.world.view, self.identity, contact, self.world.now)
        return [(each.what, each.words) for each in work]


def numbered(seq: int) -> Roster:
    return roster(shift(start=seq % 1000), seq=seq)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    found.mail.close()


def test_the_newest_roster_that_is_proven_holds(here: Desk) -> None:
    assert here.kept.holds is None
    here.roster(1)
    here.roster(3)
    here.roster(2, at=60)
    here.roster(9, at=None)
    assert here.kept.roster == numbered(3)
    assert (here.kept.unproven, here.kept.queued) == (1, None)


def test_an_exercise_is_no_roster_and_no_note(here: Desk) -> None:
    for content in (DutyRoster(roster=numbered(4)), DutyNote(text="?")):
        here.keep(here.own(content, exercise=True), "co-night")
    assert (here.kept.roster, here.kept.last) == (None, None)


def test_of_two_coordinators_at_once_the_first_holds_and_both_are_told(here: Desk) -> None:
    one = here.keep(here.own(DutyRoster(roster=roster(shift(minutes=60), seq=2))), "co-night", at=5)
    here.keep(here.own(DutyRoster(roster=roster(shift(minutes=90), seq=2)), "co-day"), "co-day", at=3, way="out")
    holds = here.kept.holds
    assert holds is not None
    assert holds.signed.device == local_id("co-day")
    assert [each.note for each in holds.rivals] == [hash_of(one)]


def test_a_thief_who_signs_the_last_number_shuts_nobody_out(here: Desk) -> None:
    here.roster(1)
    here.keep(here.own(DutyRoster(roster=roster(seq=2**53 - 1))), "co-night")
    assert here.kept.roster == numbered(1)
    assert here.kept.holds is not None
    assert len(here.kept.holds.beyond) == 1


def test_a_roster_outlives_the_device_that_signed_it(here: Desk) -> None:
    here.roster(1)
    lost = here.world.say(RevokeDevice, device=local_id("co-night"), reason="lost")
    here.world.admit(lost, "co-chief", "co-deputy")
    assert here.kept.roster == numbered(1)


def test_what_waits_in_the_outbox_is_built_on_and_does_not_hold(here: Desk) -> None:
    here.roster(1)
    here.roster(2, "co-day", at=None, way="out")
    assert here.kept.roster == numbered(1)
    assert here.kept.newest == here.kept.queued == numbered(2)
    assert here.kept.unproven == 0


def test_the_last_note_is_by_the_relays_time_and_an_unproven_one_never_is(here: Desk) -> None:
    here.note("second", at=20)
    here.note("first", at=10)
    here.note("claimed", at=None)
    last = here.kept.last
    assert last is not None
    assert (last.note.text, last.officer) == ("second", NIGHT)


def test_a_note_is_taken_over_once_by_whoever_was_first(here: Desk) -> None:
    left = here.note("all quiet", at=1)
    last = here.kept.last
    assert last is not None
    assert here.kept.taken(last) is None
    here.note("", "co-day", hash_of(left), at=9)
    here.note("", "co-night", hash_of(left), at=7)
    assert here.kept.last == last
    taken = here.kept.taken(last)
    assert taken is not None
    assert taken.officer == NIGHT


def test_a_taking_over_that_waits_to_be_sent_is_known_here(here: Desk) -> None:
    left = here.note("all quiet")
    here.note("", "co-day", hash_of(left), at=None, way="out")
    last = here.kept.last
    assert last is not None
    taken = here.kept.taken(last)
    assert taken is not None
    assert (taken.officer, taken.taken_in) == (DAYS, 0)


def test_what_nobody_has_decided_is_open_the_most_urgent_first(here: Desk) -> None:
    here.came("Later", after=1, precedence="routine")
    here.came("First", precedence="flash")
    decided = here.came("Done")
    here.mail.note_facts(decided.number, msgspec.structs.replace(decided.facts, decided="accepted"))
    here.came("Exercise", exercise=True)
    long_ago = here.world.now - EXPIRED
    here.came("Old", after=-60 * DAY, at=long_ago - DAY, expires=long_ago)
    here.note("no mail")
    assert here.open() == [("message", "First"), ("message", "Later")]
    assert here.open("co-court") == []


def test_what_a_colleague_has_decided_is_not_open(here: Desk) -> None:
    came = here.came("Bus")
    answer = Receipt(act="accepted", message=came.message.id, envelope=str(came.facts.envelope))
    copy = message(here.world, "co-night", ["ec-desk"], id="e" * 32, stop="never", content=answer)
    here.keep(copy, "co-night")
    assert here.open() == []
    state = of_note(here.mail, here.world.view, here.identity, [hash_of(came)])[0].state
    assert state == "decided elsewhere"


def test_a_request_is_open_until_it_is_done_and_a_question_until_it_is_answered(here: Desk) -> None:
    sent = here.came("Ask for data", request=RequestEvent(act=Send()))
    id_ = hash_of(sent)
    here.mail.note_facts(sent.number, msgspec.structs.replace(sent.facts, decided="accepted"))
    assert [each[0] for each in here.open()] == ["request"]
    question = RequestEvent(request=id_, after=(id_,), act=Ask(text="Until when?"))
    here.came(content=ActAlone(), request=question, after=5)
    assert [each[0] for each in here.open()] == ["question"]


def test_what_was_sealed_before_a_desk_was_enrolled_is_named_as_unreadable(here: Desk) -> None:
    here.came("Before")
    here.world.add_officer("co-new", "co")
    here.world.admit(here.world.publishing("co-desk", "co", ["co-night", "co-day", "co-new"]), "co-chief")
    here.came("After", after=1)
    work = open_work(here.mail, here.world.view, here.identity, "co-desk", here.world.now)
    missing = unreadable(here.world.view, work, officer_id("co-new"), here.world.now)
    assert [each.words for each in missing] == ["Before"]
    assert unreadable(here.world.view, work, NIGHT, here.world.now) == ()
    assert len(unreadable(here.world.view, work, "0" * 32, here.world.now)) == 2


def lacking(here: Desk) -> list[str]:
    return [*here.kept.lacking]


def test_who_came_after_a_roster_was_sealed_lacks_it_until_it_is_sent_again(here: Desk) -> None:
    assert lacking(here) == []  # there is none
    here.roster(1)
    assert lacking(here) == []
    here.world.add_officer("co-new", "co", "coordinator")
    here.world.admit(here.world.publishing("co-desk", "co", ["co-night", "co-day", "co-new"]), "co-chief")
    assert lacking(here) == [officer_id("co-new")]
    here.roster(1, at=None)  # nothing proves that it was sealed to anybody
    assert lacking(here) == [officer_id("co-new")]
    here.roster(1, at=1)
    assert lacking(here) == []
    here.world.admit(here.world.publishing("co-desk", "co", ["co-night", "co-day"]), "co-chief")
    here.roster(2, at=2)
    assert lacking(here) == []


def test_a_note_names_what_is_not_here_as_missing(here: Desk) -> None:
    found = of_note(here.mail, here.world.view, here.identity, ["6" * 64])
    assert [(each.number, each.words) for each in found] == [(0, "")]


def test_a_device_serves_what_the_directory_says(here: Desk) -> None:
    assert served(here.world.view, local_id("co-day"), here.world.now) == ("co-desk",)
    assert served(here.world.view, local_id("co-second"), here.world.now) == ("co-court",)


def test_what_is_posted_is_read_and_whatever_else_says_nothing(tmp_path: Path) -> None:
    assert posted(tmp_path) is None
    stretches = (Stretch(start=10, end=20, officers=(NIGHT,)), Stretch(start=20, end=AHEAD, officers=()))
    good = Posted(at=10, contacts={"co-desk": stretches}, called={NIGHT: "Night duty"})
    (tmp_path / FILE).write_bytes(encode(good))
    found = posted(tmp_path)
    assert found == good
    assert [found.on_duty(at) for at in (9, 10, 19, 20)] == [{}, {"co-desk": (NIGHT,)}, {"co-desk": (NIGHT,)}, {}]
    for bad in (b"", b"{}", encode(good) + b" ", b"[" * 9999, b"\xff", b" " * (MOST_BYTES + 1)):
        (tmp_path / FILE).write_bytes(bad)
        assert posted(tmp_path) is None
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    assert posted(tmp_path) is None


def test_the_highest_number_grows_with_time() -> None:
    assert highest(1_800_000_000) == 30_000_000
