"""Drills between desks: their envelopes tell nobody on the way; what proves an answer, and what does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from desk_world import EVERYBODY, changed, choices, desk, mail_of, message, network, note_of, replica
from directory_world import World, key_pair, local_id
from drill_world import expected, simulated

from desk.drills.composing import compose_drill
from desk.drills.drill_words import WORDS
from desk.drills.figures import LASTS, Ping, report
from desk.drills.measured import local_hour, pings, sent_drills
from desk.drills.plan import APART, Plan, Planned, may_from, noted
from desk.drills.sending import FORGOTTEN, keep_plan, kept_plan
from desk.errors import Declined, NotFound, Usage
from desk.handling.expiry import erase_due
from desk.handling.stored import DRILLS_KEPT
from desk.keys.keyring import Keyring
from desk.mail.compose import Draft, compose
from desk.mail.content import Correspondence, Drill, Receipt
from desk.mail.facts import Facts, StoredLine
from desk.mail.message import Message, Sender
from desk.mail.reached import PATIENCE, reached
from desk.mail.sealing import seal
from desk.mail.shown import headline, page
from desk.mail.store import MailStore
from desk.profile.unlocked import Unlocked
from desk.replica.store import ReplicaStore
from directory.four_languages import OFFICIAL
from directory.view import View
from relay.protocol.envelope import Envelope, Header
from relay.protocol.lines import Delivered, Step, device_name, reception_name, write_line

WORLD = network()
NIGHT = local_id("co-night")


def drill(world: World = WORLD, **how: Any) -> Message:
    """A drill by co-night to ec-desk."""
    return compose_drill(replica(world), NIGHT, how.pop("contact", "ec-desk"), how.pop("now", world.now), **how)


def flash(**how: Any) -> Message:
    """What co-night would send to ec-desk at the same moment, if it were real."""
    draft = Draft(to=("ec-desk",), subject="Three persons", text="They crossed at noon.", precedence="flash", **how)
    return compose(replica(WORLD), NIGHT, draft, WORLD.now)


def envelope(sent: Message, world: World = WORLD) -> Envelope:
    return seal(world.view, sent, note_of(sent), choices(*EVERYBODY), {}, world.now).envelope


@pytest.mark.parametrize("stages", [False, True])
def test_on_the_way_a_drill_is_told_from_a_real_flash_by_nothing(stages: bool) -> None:
    """Every field of the header is the same but the random id, and so is every length: the sealed part's too."""
    mine, real = envelope(drill(stages=stages, language="es")), envelope(flash(escalate=stages))
    assert mine.header.id != real.header.id
    assert {name for name in Header.__struct_fields__ if getattr(mine.header, name) != getattr(real.header, name)} == {
        "id"
    }
    assert len(mine.sealed) == len(real.sealed)
    assert len(mine.raw) == len(real.raw)


def test_a_drill_goes_to_its_contact_alone_unless_its_alternates_are_asked_for() -> None:
    assert [stage.contacts for stage in drill().stages] == [("ec-desk",)]
    assert [stage.contacts for stage in drill(stages=True).stages] == [("ec-desk",), ("ec-court",)]
    assert drill().content == Drill()
    assert drill(language="pt").content == Drill(language="pt")
    assert not isinstance(drill().content, Correspondence), "it is nobody's correspondence"


def test_nobody_is_drilled_in_a_name_one_does_not_serve_nor_who_is_not_there() -> None:
    with pytest.raises(Declined, match="does not serve ec-desk"):
        drill(sender="ec-desk")
    with pytest.raises(NotFound, match="no contact uy-desk"):
        drill(contact="uy-desk")
    with pytest.raises(Usage, match="is whom this is sent for"):
        drill(contact="co-desk")


@pytest.mark.parametrize("language", OFFICIAL)
def test_whoever_is_drilled_reads_so_in_their_own_language(language: str) -> None:
    marks = {"es": "SIMULACRO", "en": "DRILL", "pt": "SIMULAÇÃO", "fr": "EXERCICE"}
    assert marks[language] in headline(drill(), language)
    assert marks[language] in page(drill(), language)
    assert "enlace accept" in page(drill(), language)
    both = page(drill(language="fr"), language)
    assert "EXERCICE" in both
    assert marks[language] in both
    assert WORDS[language].keys() == {"headline", "page"}


def test_a_language_that_is_no_official_one_is_asked_for_in_the_readers() -> None:
    assert page(drill(language="qu"), "es") == WORDS["es"]["page"]
    assert page(drill(), "qu") == WORDS["en"]["page"]


# --- measured ---


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return desk(tmp_path, "co-night", WORLD)


@pytest.fixture
def mail(keyring: Keyring) -> Iterator[MailStore]:
    store = mail_of(keyring)
    yield store
    store.close()


def sent(mail: MailStore, number: int = 1, at: int = WORLD.now, **facts: Any) -> Message:
    """A drill that the relay took in at `at`."""
    made = changed(drill(), id=f"{number:032x}", at=at, expires=at + 7 * 86_400)
    known: dict[str, Any] = {"envelope": f"{number:064x}", "sent": at}
    mail.add(made, note_of(made), Facts(direction="out", **(known | facts)))
    return made


def delivered(mail: MailStore, at: int, handle: str = "ec-night", number: int = 1) -> None:
    """A line that a handle's device signed."""
    device = local_id(handle)
    line = Delivered(network=WORLD.network, envelope=f"{number:064x}", at=at, device=device)
    raw = write_line(line, reception_name(WORLD.name, device), key_pair("x"))
    mail.add_line(StoredLine(kind="delivered", envelope=line.envelope, note=raw.decode()))


def stepped(mail: MailStore, at: int, handle: str = "ec-night", number: int = 1, act: Any = "accepted") -> None:
    """The line by which an officer of a handle stops the clock."""
    device = local_id(handle)
    step = Step(network=WORLD.network, envelope=f"{number:064x}", at=at, device=device, act=act)
    raw = write_line(step, device_name(WORLD.name, device), key_pair("x"))
    mail.add_line(StoredLine(kind="step", envelope=step.envelope, note=raw.decode()))


def accepted(mail: MailStore, about: Message, at: int, handle: str = "ec-night", **facts: Any) -> None:
    """The sealed receipt of an officer."""
    content = Receipt(act="accepted", message=about.id, envelope=about.id.rjust(64, "0"))
    told = message(WORLD, handle, to=("co-desk",), content=content, at=at, expires=at + 7 * 86_400)
    told = changed(told, sender=Sender(contact="ec-desk", device=local_id(handle)), id=about.id[::-1])
    mail.add(told, note_of(told, handle), Facts(direction="in", received=at, **facts))


def only(mail: MailStore, view: View = WORLD.view) -> Ping:
    [found] = pings(mail, view, {})
    return found


def test_a_drill_that_nobody_answered(mail: MailStore) -> None:
    sent(mail)
    assert only(mail) == Ping(contact="ec-desk", member="ec", sent=WORLD.now)


def test_the_earliest_signature_counts_whichever_it_is(mail: MailStore) -> None:
    made = sent(mail)
    delivered(mail, WORLD.now + 9, "ec-day")
    delivered(mail, WORLD.now + 7)
    accepted(mail, made, WORLD.now + 50)
    stepped(mail, WORLD.now + 45)
    assert (only(mail).reached, only(mail).accepted) == (WORLD.now + 7, WORLD.now + 45)


def test_only_the_contact_that_was_drilled_makes_it_quicker(mail: MailStore) -> None:
    """Neither an alternate, nor the sender's colleagues, who get a copy, nor a stranger."""
    sent(mail)
    for handle in ("ec-late", "co-day", "co-second"):
        delivered(mail, WORLD.now + 1, handle)
        stepped(mail, WORLD.now + 2, handle)
    assert (only(mail).reached, only(mail).accepted) == (None, None)


def test_what_is_not_proven_does_not_count(mail: MailStore) -> None:
    made = sent(mail)
    accepted(mail, made, WORLD.now + 50, warnings=("unproven",))
    assert only(mail).accepted is None
    stepped(mail, WORLD.now + 60, act="refused")
    assert (only(mail).reached, only(mail).accepted) == (WORLD.now + 60, None), "who refuses was reached"


def test_what_was_never_sent_and_what_another_desk_sent_are_no_pings(mail: MailStore) -> None:
    sent(mail, 1, sent=0, envelope="")
    sent(mail, 2, origin="ab" * 32, recovered=7)
    theirs = changed(drill(), id="9" * 32)
    mail.add(theirs, note_of(theirs), Facts(direction="colleague", received=7, envelope="9" * 64))
    assert pings(mail, WORLD.view, {}) == []
    assert [each.number for each in sent_drills(mail)] == [1]


def test_a_report_may_begin_at_a_day(mail: MailStore) -> None:
    sent(mail, 1)
    sent(mail, 2, WORLD.now + 10)
    assert [each.sent for each in pings(mail, WORLD.view, {}, WORLD.now + 1)] == [WORLD.now + 10]


def played(mail: MailStore, count: int) -> list[Ping]:
    """Simulated drills as messages, lines and receipts of this store; returns what was simulated."""
    found = []
    for number, each in enumerate(simulated(count), 1):
        made = sent(mail, number, each.sent)
        if each.reached is not None:
            delivered(mail, each.reached, number=number)
        if each.accepted is not None:
            accepted(mail, made, each.accepted) if number % 2 else stepped(mail, each.accepted, number=number)
        found.append(Ping("ec-desk", "ec", each.sent, each.reached, each.accepted))
    return found


@pytest.mark.parametrize("count", [25, pytest.param(1000, marks=pytest.mark.full)])
def test_simulated_drills_as_signed_messages_equal_an_independent_calculation(mail: MailStore, count: int) -> None:
    simulation = played(mail, count)
    now = max(each.sent for each in simulation) + 3600
    whole = report(pings(mail, WORLD.view, {}), now).whole
    found = [whole.sent, whole.reached, whole.accepted, whole.waiting]
    found += [whole.reached_median, whole.reached_p90, whole.accepted_median, whole.accepted_p90]  # type: ignore[list-item]  # or none
    assert found == expected(simulation, now)["all/"]


def test_a_drill_feeds_last_reached_and_what_was_not_reached(keyring: Keyring, mail: MailStore) -> None:
    sent(mail)
    later = WORLD.now + PATIENCE
    assert reached(keyring.vault, mail, WORLD.view, ["ec-desk"], later - 1)["ec-desk"].unreached is False
    found = reached(keyring.vault, mail, WORLD.view, ["ec-desk"], later)["ec-desk"]
    assert (found.unreached, found.at) == (True, 0)
    delivered(mail, WORLD.now + 30)
    found = reached(keyring.vault, mail, WORLD.view, ["ec-desk"], later)["ec-desk"]
    assert (found.unreached, found.at, found.how) == (False, WORLD.now + 30, "delivered")


def test_the_hour_is_that_of_the_contacts_own_day() -> None:
    assert local_hour(None, WORLD.now) == -1


# --- what is kept ---


def test_a_drill_is_erased_after_four_hundred_days_with_all_that_was_said_of_it(
    keyring: Keyring, mail: MailStore
) -> None:
    made, real = sent(mail), changed(flash(), id="7" * 32)
    mail.add(real, note_of(real), Facts(direction="out", envelope=f"{7:064x}", sent=WORLD.now))
    delivered(mail, WORLD.now + 9)
    accepted(mail, made, WORLD.now + 50)
    delivered(mail, WORLD.now + 9, number=7)
    store = ReplicaStore(keyring.profile.path / "replica.db", keyring.replica_seal)

    def erased(at: int) -> list[str]:
        return erase_due(Unlocked(keyring.profile, keyring, store, mail, lambda: at), lambda: at)

    end = made.at + DRILLS_KEPT
    assert DRILLS_KEPT == 400 * 86_400
    assert erased(end - 1) == [], "and nobody is told a week before"
    assert len(pings(mail, WORLD.view, {})) == 1
    assert erased(end) == ["1 drill(s) of 400 days ago were erased, with what was said of them"]
    assert pings(mail, WORLD.view, {}) == []
    assert [each.message.id for each in mail.all()] == [real.id]
    assert [each.envelope for each in mail.lines()] == [f"{7:064x}"]
    assert mail.lines_about(f"{1:064x}") == []
    assert len(mail.lines_about(f"{7:064x}")) == 1
    assert mail.was_erased(made), "and is not taken in again"
    assert erased(end + 1) == []
    store.close()


def test_the_number_of_a_line_that_is_erased_is_not_given_again(mail: MailStore) -> None:
    for number in (1, 2):
        delivered(mail, WORLD.now, number=number)
    for number in (2, 1):
        mail.forget_lines(f"{number:064x}")
    assert [each.envelope for each in mail.lines()] == [f"{2:064x}"], "the newest of all stays"
    delivered(mail, WORLD.now, number=3)
    assert len(mail.lines_about(f"{3:064x}")) == 1
    mail.forget_lines(f"{2:064x}")
    assert mail.lines_about(f"{2:064x}") == []


def test_a_plan_survives_and_a_damaged_one_stops_everything_for_a_while(keyring: Keyring) -> None:
    plan = noted(Plan(planned=(Planned(contact="ec-desk", at=9, until=10, sender="co-desk"),)), ["ec-court"], 5)
    keep_plan(keyring.vault, plan)
    assert kept_plan(keyring.vault, 7) == (plan, "")
    path = keyring.profile.path / "vault" / "drills.age"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    found, told = kept_plan(keyring.vault, 7)
    assert (found.planned, told) == ((), FORGOTTEN)
    assert may_from(found, "anybody") == 7 + APART
    assert kept_plan(keyring.vault, 8) == (found, ""), "told once"


def test_more_than_so_many_are_not_planned(keyring: Keyring) -> None:
    each = Planned(contact="ec-desk", at=9, until=10, sender="co-desk")
    with pytest.raises(Usage, match="5001 drills would be planned"):
        keep_plan(keyring.vault, Plan(planned=(each,) * 5001))


def test_nothing_on_the_disk_says_who_will_be_drilled(keyring: Keyring) -> None:
    keep_plan(keyring.vault, Plan(planned=(Planned(contact="ec-desk", at=9, until=10, sender="co-desk"),)))
    assert b"ec-desk" not in (keyring.profile.path / "vault" / "drills.age").read_bytes()


def test_lasts_is_no_longer_than_a_message_waits() -> None:
    assert drill().expires - drill().at > LASTS
    assert msgspec.structs.asdict(drill())["stop"] == "accepted"
