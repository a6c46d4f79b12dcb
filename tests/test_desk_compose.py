"""From what an officer wants to say to a message: who speaks, to whom, in which stages, until when."""

from typing import Any

import pytest
from desk_world import DAY, message, network, note_of, refused, replica
from directory_world import World, local_id

from desk.errors import Declined, NotFound, Usage
from desk.handling.marks import Handling
from desk.mail.compose import Draft, compose, receipt_for, sender_contact
from desk.mail.content import MOST_REASON, Receipt
from desk.mail.message import Message, MessageStage, check_message
from directory.replay import Replica
from directory.statement import Clocks, Policy, RetireContact

NIGHT = local_id("co-night")


def composed(world: World, device: str = NIGHT, **fields: Any) -> Message:
    """What co-night's draft to ec-desk becomes; `fields` overrules anything."""
    everything: dict[str, Any] = {"to": ("ec-desk",), "subject": "Night bus", "text": "At noon.", "precedence": "flash"}
    return compose(replica(world), device, Draft(**(everything | fields)), world.now)


def stages(found: Message) -> list[tuple[int, tuple[str, ...]]]:
    return [(stage.after, stage.contacts) for stage in found.stages]


def test_a_message_names_its_alternates_in_order() -> None:
    world = network()
    found = composed(world)
    assert stages(found) == [(0, ("ec-desk",)), (600, ("ec-court",))]
    assert (found.sender.contact, found.sender.device) == ("co-desk", NIGHT)
    assert (found.at, found.expires) == (world.now, world.now + 7 * DAY)
    assert found.checkpoint.startswith("log.enlace.example\n")
    check_message(found)
    assert note_of(found)


@pytest.mark.parametrize(
    ("precedence", "clock"), [("flash", 600), ("immediate", 1800), ("priority", 10_800), ("routine", 21_600)]
)
def test_each_precedence_has_its_clock(precedence: str, clock: int) -> None:
    assert stages(composed(network(), precedence=precedence))[1][0] == clock


def escalating() -> World:
    """ec-desk has three alternates, of which nobody serves the second; ec-court and ec-late share the third."""
    world = network()
    world.add_contact("ec-third", "ec", officers=["ec-late"])
    world.admit(world.publishing("ec-desk", "ec", ["ec-night"], ["ec-court", "ec-empty", "ec-third"]), "ec-chief")
    return world


def test_alternates_nobody_could_reach_are_left_out() -> None:
    assert stages(composed(escalating())) == [(0, ("ec-desk",)), (600, ("ec-court",)), (1200, ("ec-third",))]


def test_alternates_of_several_recipients_are_ranked_together_and_named_once() -> None:
    world = escalating()
    world.add_contact("co-help", "co", officers=["co-second"])
    world.admit(world.publishing("co-court", "co", ["co-second"], ["co-help"]), "co-chief")
    found = composed(world, to=("ec-desk", "co-court"))
    assert stages(found) == [(0, ("ec-desk", "co-court")), (600, ("ec-court", "co-help")), (1200, ("ec-third",))]
    both = composed(world, to=("ec-desk", "ec-court"))
    assert stages(both) == [(0, ("ec-desk", "ec-court")), (600, ("ec-third",))]


def test_a_stage_that_would_be_due_after_the_message_expires_is_none() -> None:
    """The relay never releases it; sealing to it would only tell more people."""
    world = escalating()
    assert len(stages(composed(world, expires_in=1201))) == 3
    assert len(stages(composed(world, expires_in=1200))) == 2
    assert len(stages(composed(world, expires_in=600))) == 1


def test_clocks_of_policy_are_kept_to() -> None:
    for flash, count in ((60, 2), (1800, 2)):
        world = World.founded(Policy(clocks=Clocks(flash=flash)))
        world.add_member("co")
        world.add_officer("co-night", "co")
        world.add_contact("co-desk", "co", officers=["co-night"])
        world.add_officer("co-day", "co")
        world.add_contact("co-other", "co", officers=["co-day"])
        world.add_contact("co-first", "co", officers=["co-day"], escalation=["co-other"])
        assert len(stages(composed(world, to=("co-first",)))) == count


@pytest.mark.parametrize("fields", [{"escalate": False}, {"handling": Handling(tlp="RED")}])
def test_what_is_for_the_named_only_has_one_stage(fields: dict[str, Any]) -> None:
    assert stages(composed(network(), **fields)) == [(0, ("ec-desk",))]


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "nobody": ({"to": ()}, Usage, "name at least one recipient"),
    "nobody known": ({"to": ("ec-nowhere",)}, NotFound, "there is no contact ec-nowhere; `enlace find` lists them"),
    "one twice": ({"to": ("ec-desk", "ec-desk")}, Usage, "names each recipient contact once"),
    "a blank subject": ({"subject": " \t"}, Usage, "the subject is blank: write in a line what it is about"),
    "no subject": ({"subject": ""}, Usage, "the subject is blank: write in a line what it is about"),
    "a long subject": ({"subject": "x" * 301}, Usage, "the subject has 301 characters"),
    "a long text": ({"text": "x" * 500_001}, Usage, "the text has 500001 characters; at most 500000"),
    "a text with too many bytes": ({"text": "漢" * 400_000}, Usage, "bytes of JSON; at most"),
    "a long case": ({"case": "x" * 201}, Usage, "the case has 201 characters"),
    "half a surrogate pair": ({"subject": "\udcff"}, Usage, "some of its text is no UTF-8"),
    "an odd language": ({"language": "Spanish"}, Usage, "this message cannot be sent"),
    "an odd reply": ({"reply_to": "7"}, Usage, "this message cannot be sent"),
    "gone in a moment": ({"expires_in": 59}, Usage, "after a minute at the earliest"),
    "there for too long": ({"expires_in": 14 * DAY + 1}, Usage, "after 14 days at the latest"),
    "for a contact one does not serve": ({"sender": "co-court"}, Declined, "this officer does not serve co-court"),
    "for a contact of others": ({"sender": "ec-desk"}, Declined, "this officer does not serve ec-desk"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_sent_is_told_before_anything_is_stored(name: str) -> None:
    fields, kind, words = WRONG[name]
    assert words in refused(lambda: composed(network(), **fields), kind)


def test_a_retired_contact_is_told() -> None:
    world = network()
    world.admit(world.say(RetireContact, contact="ec-desk"), "ec-chief")
    assert "is no longer listed" in refused(lambda: composed(world), Declined)


def test_who_speaks_for_several_contacts_chooses_one() -> None:
    world = network()
    world.add_contact("co-second", "co", officers=["co-night"])
    assert refused(lambda: composed(world), Usage) == "this officer serves co-desk, co-second; choose one with --from"
    assert composed(world, sender="co-second").sender.contact == "co-second"


@pytest.mark.parametrize("handle", ["co-chief", "nobody"])
def test_who_serves_no_contact_sends_nothing(handle: str) -> None:
    device = local_id(handle)
    assert "serves no contact" in refused(lambda: composed(network(), device), Declined)
    assert "serves no contact" in refused(lambda: sender_contact(network().view, device, "", network().now), Declined)


def test_a_desk_without_a_directory_sends_nothing() -> None:
    empty = Replica("7" * 64)
    draft = Draft(to=("ec-desk",), subject="x", text="")
    assert refused(lambda: compose(empty, NIGHT, draft, 7), Declined)


def test_every_message_has_an_id_of_its_own() -> None:
    assert composed(network()).id != composed(network()).id


# --- receipts ---


def answer(world: World, handle: str = "ec-night", **fields: Any) -> Message:
    original = message(world, stages=(
        MessageStage(after=0, contacts=("ec-desk",)), MessageStage(after=600, contacts=("ec-court",)),
    ))  # fmt: skip
    receipt = Receipt(**({"act": "accepted", "message": original.id, "envelope": "ab" * 32} | fields))
    return receipt_for(replica(world), local_id(handle), original, receipt, world.now)


def test_a_receipt_goes_to_the_sender_s_contact_in_the_name_of_the_recipient() -> None:
    for handle, contact in (("ec-night", "ec-desk"), ("ec-late", "ec-court")):
        found = answer(network(), handle)
        assert (found.sender.contact, stages(found)) == (contact, [(0, ("co-desk",))])
        assert (found.precedence, found.stop) == ("routine", "never")


def test_who_no_longer_serves_the_contact_says_nothing() -> None:
    world = network()
    world.admit(world.publishing("ec-desk", "ec", ["ec-day"]), "ec-chief")
    assert "no longer serves a contact" in refused(lambda: answer(world), Declined)


def test_a_reason_has_a_bound() -> None:
    check_message(answer(network(), reason="x" * MOST_REASON))
    assert "at most 4000 are possible" in refused(lambda: answer(network(), reason="x" * (MOST_REASON + 1)), Usage)
