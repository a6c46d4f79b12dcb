"""One alert to many: whom it is for, its parts, what it is sealed to, and the tally."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_world import EVERYBODY, changed, choices, desk, mail_of, message, network, note_of, refused, replica
from directory_world import World, key_pair, local_id
from hypothesis import given
from hypothesis import strategies as st

from desk.alerts.choosing import Wanted, chosen
from desk.alerts.composing import compose_alert, contacts_of, parts
from desk.alerts.heard import parts_of, tallied
from desk.alerts.tally import ORDER, Said, tally
from desk.errors import Declined, NotFound, Usage
from desk.forms.filled import Filled
from desk.mail.compose import Draft
from desk.mail.content import Form, Receipt, Text
from desk.mail.facts import Facts, Stored, StoredLine
from desk.mail.message import Message, Sender
from desk.mail.sealing import FULL, seal
from desk.mail.store import MailStore
from relay.protocol.lines import Delivered, reception_name, write_line

NIGHT = local_id("co-night")


def many() -> World:
    """The network with contacts of two further members."""
    world = network()
    for member in ("pe", "uy"):
        world.add_member(member)
        world.add_officer(f"{member}-night", member)
        world.add_contact(f"{member}-desk", member, officers=[f"{member}-night"])
    return world


WORLD = many()
VIEW = WORLD.view
ALL = (*EVERYBODY, "pe-night", "uy-night")


def meant(**wanted: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = chosen(VIEW, Wanted(**wanted), "co-desk", WORLD.now)
    return found.contacts, found.telephone


def test_everybody_but_the_sender_and_whoever_cannot_receive_is_told_apart() -> None:
    contacts, telephone = meant(every=True)
    assert set(contacts) == {"co-court", "ec-desk", "ec-court", "pe-desk", "uy-desk"}
    assert telephone == ("ec-empty",)
    countries = [VIEW.contacts[each].country for each in contacts]
    assert countries == sorted(countries)


def test_what_is_named_is_taken_once_and_groups_are_narrowed_by_function_and_country() -> None:
    assert meant(named=("uy-desk", "ec-desk", "uy-desk"))[0] == ("ec-desk", "uy-desk")
    country = VIEW.contacts["pe-desk"].country
    assert meant(countries=(country,))[0] == ("pe-desk",)
    assert meant(named=("uy-desk",), countries=(country,))[0] == ("pe-desk", "uy-desk")
    function = VIEW.contacts["pe-desk"].function
    assert "pe-desk" in meant(functions=(function,))[0]


@pytest.mark.parametrize(
    ("wanted", "kind", "words"),
    [
        ({}, Usage, "say for whom"),
        ({"named": ("zz-desk",)}, NotFound, "there is no contact zz-desk"),
        ({"circles": ("zz",)}, NotFound, "there is no circle zz"),
        ({"functions": ("spying",)}, NotFound, "there is no function spying"),
        ({"countries": ("ZZ",)}, NotFound, "no contact of a country ZZ"),
        ({"named": ("co-desk",)}, Declined, "nobody is meant"),
        ({"named": ("ec-empty",)}, Declined, "telephone and e-mail only"),
    ],
)
def test_who_is_not_there_is_refused(wanted: dict[str, Any], kind: type[Exception], words: str) -> None:
    assert words in refused(lambda: meant(**wanted), kind)


# --- parts ---

DRAFT = Draft(to=("ec-desk", "ec-court", "ec-empty", "pe-desk", "uy-desk"), subject="Trucks", text="At the pass.",
              sender="co-desk", precedence="immediate")  # fmt: skip


def test_an_alert_goes_to_all_at_once_and_nobody_stops_it() -> None:
    [found] = compose_alert(replica(WORLD), NIGHT, DRAFT, WORLD.now)
    assert [(each.after, each.contacts) for each in found.stages] == [(0, DRAFT.to)]
    assert (found.stop, found.precedence, found.to_many) == ("never", "immediate", True)
    assert found.content == Text(subject="Trucks", text="At the pass.")


def test_a_form_takes_the_place_of_the_text() -> None:
    form = Filled(form="operational-alert/1", language="es")
    [found] = compose_alert(replica(WORLD), NIGHT, DRAFT, WORLD.now, form)
    assert found.content == Form(filled=form)


@given(st.integers(3, 12), st.integers(0, 1))
def test_every_contact_is_in_one_part_and_none_has_more_devices_than_fit(most: int, own: int) -> None:
    found = parts(VIEW, DRAFT.to, own, WORLD.now, most)
    assert [each for group in found for each in group] == list(DRAFT.to)
    for group in found:
        assert len({device for each in group for device in VIEW.contact_devices(each, WORLD.now)}) + own <= most


def test_several_parts_are_one_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.alerts.composing.parts", lambda view, to, own, now: parts(view, to, own, now, 4))
    found = compose_alert(replica(WORLD), NIGHT, DRAFT, WORLD.now)
    assert len(found) > 1
    assert contacts_of(found) == DRAFT.to
    assert {each.again for each in found[1:]} == {found[0].id}


def test_a_contact_with_more_devices_than_any_envelope_takes_is_named() -> None:
    assert "ec-desk has 2 devices" in refused(lambda: parts(VIEW, ["ec-desk"], 1, WORLD.now, 2), Declined)


# --- sealed ---


def sealed(contacts: tuple[str, ...], *handles: str, full: tuple[str, ...] = ()) -> tuple[int, tuple[str, ...]]:
    """How many devices an alert is sealed to where these have keys, and what its sender is warned of."""
    sent = changed(message(WORLD, to=contacts), stop="never")
    made = seal(VIEW, sent, note_of(sent), choices(*handles), {}, WORLD.now, tuple(map(local_id, full)))
    return len(made.envelope.header.recipients()), made.warnings


def test_whoever_cannot_receive_an_alert_holds_up_nobody() -> None:
    count, warnings = sealed(("ec-desk", "ec-empty", "pe-desk", "uy-desk"), "ec-night", "ec-day", "uy-night")
    assert count == 3
    assert [each.partition(" cannot")[0] for each in warnings] == ["telephone it: ec-empty", "telephone it: pe-desk"]


def test_a_full_queue_holds_up_nobody_either() -> None:
    count, warnings = sealed(("pe-desk", "uy-desk"), "pe-night", "uy-night", full=("pe-night",))
    assert count == 1
    assert any(FULL in each for each in warnings)


def test_an_alert_that_nobody_can_receive_is_not_sent() -> None:
    assert "nobody this is for can receive" in refused(lambda: sealed(("pe-desk", "uy-desk")), Declined)


@pytest.mark.parametrize("change", [{"stop": "accepted"}, {"to": ("ec-empty",)}])
def test_a_message_that_is_no_alert_still_stops(change: dict[str, Any]) -> None:
    sent = message(WORLD, to=change.pop("to", ("uy-desk", "ec-empty")))
    sent = changed(sent, **({"stop": "never"} | change))
    assert not sent.to_many
    with pytest.raises(Declined, match="ec-empty has no live device"):
        seal(VIEW, sent, note_of(sent), choices(*ALL), {}, WORLD.now)


# --- tally ---

CONTACTS = {"ec-desk": "EC", "pe-desk": "PE", "pe-court": "PE", "uy-desk": "UY"}


def where(*said: Said) -> dict[str, str]:
    return {each.contact: each.where for each in tally(CONTACTS, said).rows}


def test_each_contact_stands_by_the_furthest_it_went() -> None:
    found = where(
        Said("ec-desk", "delivered", 5), Said("ec-desk", "accepted", 9), Said("ec-desk", "opened", 7),
        Said("pe-desk", "answered", 4), Said("pe-desk", "refused", 9, "no"), Said("uy-desk", "delivered", 3),
    )  # fmt: skip
    assert found == {"ec-desk": "accepted", "pe-court": "nothing", "pe-desk": "answered", "uy-desk": "delivered"}


def test_of_decisions_the_last_one_stands() -> None:
    refusal, acceptance = Said("ec-desk", "refused", 5, "no"), Said("ec-desk", "accepted", 9)
    assert where(refusal, acceptance)["ec-desk"] == "accepted"
    row = tally(CONTACTS, [changed_at(acceptance, 3), refusal]).rows[0]
    assert (row.where, row.at, row.reason) == ("refused", 5, "no")


def changed_at(said: Said, at: int) -> Said:
    return Said(said.contact, said.what, at, said.reason)


said_things = st.builds(
    Said, st.sampled_from([*CONTACTS, "zz-desk"]),
    st.sampled_from(["answered", "accepted", "refused", "opened", "delivered"]), st.integers(1, 99), st.just(""),
)  # fmt: skip


@given(st.lists(said_things))
def test_columns_add_up_to_contacts_in_every_country(said: list[Said]) -> None:
    found = tally(CONTACTS, said)
    assert sum(found.whole.values()) == len(CONTACTS)
    for country, counts in found.countries.items():
        assert tuple(counts) == ORDER
        assert sum(counts.values()) == list(CONTACTS.values()).count(country)
    assert set(found.telephone) == {*CONTACTS} - {each.contact for each in said}
    assert tally(CONTACTS, said[::-1]).whole == found.whole


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailStore]:
    store = mail_of(desk(tmp_path, "co-night", WORLD))
    yield store
    store.close()


def sent(mail: MailStore, number: int, to: tuple[str, ...], **fields: Any) -> Stored:
    """A part of an alert that the relay took in."""
    made = changed(message(WORLD, to=to), id=f"{number:032x}", stop="never", **fields)
    found = mail.add(made, note_of(made), Facts(direction="out", envelope=f"{number:064x}", sent=WORLD.now))
    assert found is not None
    return mail.get(found)


def told(mail: MailStore, content: Any, handle: str, contact: str, after: int, **facts: Any) -> None:
    """Something that came from a contact."""
    said: Message = changed(
        message(WORLD, handle, to=("co-desk",), content=content, at=WORLD.now + after),
        sender=Sender(contact=contact, device=local_id(handle)), id=f"{after:032x}",
    )  # fmt: skip
    mail.add(said, note_of(said, handle), Facts(direction="in", received=1, **facts))


def receipt_of(stored: Stored, act: Any, **fields: Any) -> Receipt:
    return Receipt(act=act, message=stored.message.id, envelope=stored.facts.envelope or "0" * 64, **fields)


def delivered(mail: MailStore, stored: Stored, handle: str, after: int = 1) -> None:
    device = local_id(handle)
    line = Delivered(network=WORLD.network, envelope=stored.facts.envelope or "", at=WORLD.now + after, device=device)
    raw = write_line(line, reception_name(WORLD.name, device), key_pair("x"))
    mail.add_line(StoredLine(kind="delivered", envelope=line.envelope, note=raw.decode()))


def stands(mail: MailStore, stored: Stored) -> dict[str, str]:
    return {each.contact: each.where for each in tallied(mail, VIEW, parts_of(mail, stored)).rows}


def test_the_parts_of_an_alert_are_tallied_as_one_whichever_is_asked_for(mail: MailStore) -> None:
    first = sent(mail, 1, ("ec-desk", "ec-court"))
    second = sent(mail, 2, ("pe-desk", "uy-desk"), again=first.message.id)
    sent(mail, 3, ("co-court", "uy-desk"))
    delivered(mail, first, "ec-night")
    delivered(mail, second, "pe-night")
    told(mail, receipt_of(first, "opened"), "ec-late", "ec-court", 3)
    told(mail, receipt_of(second, "refused", reason="Not ours"), "uy-night", "uy-desk", 4)
    found = {"ec-desk": "delivered", "ec-court": "opened", "pe-desk": "delivered", "uy-desk": "refused"}
    assert stands(mail, first) == stands(mail, second) == found
    tallied_ = tallied(mail, VIEW, parts_of(mail, first))
    assert [each.reason for each in tallied_.rows if each.where == "refused"] == ["Not ours"]


def test_an_answer_that_names_the_alert_counts(mail: MailStore) -> None:
    stored = sent(mail, 1, ("ec-desk", "pe-desk", "uy-desk"))
    answer = Text(subject="Seen", text="At noon.", reply_to=stored.message.id)
    told(mail, answer, "pe-night", "pe-desk", 5)
    told(mail, answer, "uy-night", "uy-desk", 6, warnings=("unproven",))
    assert stands(mail, stored) == {"ec-desk": "nothing", "pe-desk": "answered", "uy-desk": "nothing"}


def test_what_does_not_count_is_not_tallied(mail: MailStore) -> None:
    """An answer by somebody the alert was not for, an unproven receipt, a line of the sender's own colleague."""
    stored = sent(mail, 1, ("ec-desk", "pe-desk"))
    told(mail, Text(subject="x", text="", reply_to=stored.message.id), "uy-night", "uy-desk", 5)
    told(mail, receipt_of(stored, "accepted"), "ec-night", "ec-desk", 6, warnings=("unproven",))
    delivered(mail, stored, "co-day")
    assert set(stands(mail, stored).values()) == {"nothing"}


def test_there_is_nothing_to_tally_of_what_came(mail: MailStore) -> None:
    told(mail, Text(subject="x", text=""), "pe-night", "pe-desk", 5)
    assert "was not sent by this desk" in refused(lambda: parts_of(mail, mail.get(1)), Usage)
