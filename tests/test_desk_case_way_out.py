"""To whom a message of a case may be handed over: an officer of several contacts is no way around a rule of one."""

from pathlib import Path
from typing import Any

import pytest
from desk_world import message, note_of
from directory_world import World, local_id, officer_id
from recovery_world import WORLD, Desks

from desk.cases.acts import CaseEvent, Say, ToContact, ToDevice, ToOfficer
from desk.cases.fold import Signed
from desk.cases.held import HeldEvent
from desk.cases.way_out import check_handing
from desk.errors import Declined
from desk.handling.marks import Handling
from desk.profile.unlocked import Unlocked

SEVERAL = officer_id("co-second")  # serves co-court, and what a test adds
FREE = Handling(tlp="GREEN", onward="yes")


def event(marks: Handling, *to: str) -> HeldEvent:
    """What co-desk said in a case, for ec-desk and others."""
    said = CaseEvent(case="1" * 64, after=("2" * 64,), act=Say())
    found = message(WORLD, to=("ec-desk", *to), handling=marks, case_event=said)
    signed = Signed("3" * 64, "co-desk", officer_id("co-night"), local_id("co-night"), None, None, said)
    return HeldEvent(signed, found, note_of(found), "", None, 7)


def handed(desk: Unlocked, held: HeldEvent, to: ToContact | ToDevice | ToOfficer) -> str:
    """Why ec-desk may not hand it over; empty if it may."""
    try:
        check_handing(desk, held, "ec-desk", to, 4)
    except Declined as error:
        return str(error)
    return ""


AMBER, RED, VICTIM = Handling(tlp="AMBER", onward="yes"), Handling(tlp="RED"), Handling(tlp="GREEN", victim=True)
ASKS = "enlace consent ask 7 --act forward --for "


@pytest.mark.parametrize(
    ("others", "marks", "named", "why"),
    [
        ({}, FREE, (), ""),
        ({}, AMBER, (), ASKS + "co-court"),
        ({"co-annex": "customs"}, AMBER, (), ASKS + "co-annex"),
        ({"co-annex": "customs"}, AMBER, ("co-court",), ""),  # it was for co-court: they have it in any case
        ({"co-annex": "customs"}, RED, ("co-court",), ""),
        ({"co-annex": "customs"}, RED, (), "TLP:RED: for the recipients named only"),
        ({"co-visa": "consular"}, VICTIM, (), "has not consented to consular contact"),  # whichever stands first
        ({"co-annex": "consular"}, VICTIM, (), "has not consented to consular contact"),
        ({"co-visa": "consular"}, VICTIM, ("co-court",), ""),
        ({"co-visa": "consular"}, FREE, (), ""),
    ],
)
def test_an_officer_of_several_contacts_is_judged_by_each_unless_one_has_it(
    tmp_path: Path, others: dict[str, str], marks: Handling, named: tuple[str, ...], why: str
) -> None:
    world = serving(others)
    desks = Desks(tmp_path)
    try:
        desk, held = desks.desk("ec-night", world), event(marks, *named)
        for to in (ToOfficer(officer=SEVERAL), ToDevice(device=local_id("co-second"))):
            said = handed(desk, held, to)
            assert why in said
            assert bool(said) == bool(why)
        assert handed(desk, held, ToOfficer(officer=officer_id("ec-day"))) == ""  # of the contact that hands it over
        assert handed(desk, held, ToContact(contact="co-desk")) == ""  # whose it is
    finally:
        desks.close()


def serving(others: dict[str, str]) -> World:
    """The network, in which that officer serves further contacts."""
    world = WORLD.copy()
    for contact, function in others.items():
        fields: dict[str, Any] = {"function": function}
        world.add_contact(contact, "co", officers=["co-second"], **fields)
    return world
