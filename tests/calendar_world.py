"""Calendars of other hands, for tests: one event of a night shift in Bogotá, and who is who."""

from roster_world import A, B, C

from desk.rosters.calendar_in import Imported, read_calendar

BOGOTA = "America/Bogota"
PEOPLE = {"mailto:Night@desk.co.example": A, "Oficial de día": B, "deputy@desk.co.example": C}
NIGHT = "ATTENDEE;CN=Whoever:MAILTO:night@desk.co.example"
START = "DTSTART;TZID=America/Bogota:20260105T220000"
LENGTH = "DURATION:PT8H"


def calendar(*lines: str, head: str = "", uid: str = "u1") -> bytes:
    """A calendar with one event."""
    event = ["BEGIN:VEVENT", f"UID:{uid}", "SUMMARY:Turno de noche", *lines, "END:VEVENT"]
    return "\r\n".join(["BEGIN:VCALENDAR", *filter(None, [head]), *event, "END:VCALENDAR", ""]).encode()


def taken(*lines: str, zone: str = BOGOTA) -> Imported:
    return read_calendar(calendar(*lines), "co-desk", zone, PEOPLE)
