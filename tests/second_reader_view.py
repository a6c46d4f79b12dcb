"""What holds after the last entry (log.md, *The view*). Statements are taken at their word: the judge is not here."""

from typing import Any

from second_reader_base import Refused
from second_reader_log import Log
from second_reader_statements import Statement


class _View:
    """The directory, statement by statement."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.network: dict[str, Any] = {}
        self.origin = ""
        self.members: dict[str, dict[str, Any]] = {}
        self.officers: dict[str, dict[str, Any]] = {}
        self.devices: dict[str, dict[str, Any]] = {}
        self.contacts: dict[str, dict[str, Any]] = {}
        self.circles: dict[str, list[str]] = {}
        self.erased: set[str] = set()

    def take(self, statement: Statement, signers: list[str]) -> None:
        """One statement."""
        family = statement.subject.partition("/")[0]
        getattr(self, "_" + family)(statement, statement.value, signers)

    def _network(self, statement: Statement, value: dict[str, Any], _: list[str]) -> None:
        roots = sorted(key.name.partition("/")[2] for key in statement.own_roots("x"))
        name = value.get("name", self.network.get("name"))
        self.network = {"name": name, "roots": roots, "threshold": value["threshold"]}

    def _relay(self, _: Statement, value: dict[str, Any], __: list[str]) -> None:
        self.origin = value["origin"]

    def _member(self, statement: Statement, value: dict[str, Any], signers: list[str]) -> None:
        by_roots = all("/root-" in name for name in signers)
        if statement.kind == "admit-member":
            self.members[value["member"]] = {"country": value["country"], "revoked": False, "until": 0}
            return
        member = self.members[value["member"]]
        if statement.kind == "revoke-member":
            member["revoked"] = True
            for contact in self.contacts.values():
                contact["ended"] |= contact["member"] == value["member"]
        elif statement.kind == "reinstate-member":
            member["until"] = 0
        else:
            member["until"] = value["until"] if by_roots else max(member["until"], value["until"])

    def _officer(self, statement: Statement, value: dict[str, Any], _: list[str]) -> None:
        if statement.kind in ("first-administrator", "enrol-officer"):
            roles = value.get("roles", ["administrator"])
            self.officers[value["officer"]] = {"member": value["member"], "roles": roles, "revoked": False}
        elif statement.kind == "change-roles":
            self.officers[value["officer"]]["roles"] = value["roles"]
        else:
            self.officers[value["officer"]]["revoked"] = True

    def _device(self, statement: Statement, value: dict[str, Any], _: list[str]) -> None:
        if statement.kind == "enrol-device":
            self.devices[statement.device] = {"officer": value["officer"], "revoked": False}
        elif statement.kind == "revoke-device":
            self.devices[value["device"]]["revoked"] = True

    def _reception(self, _: Statement, value: dict[str, Any], __: list[str]) -> None:
        self.devices[value["device"]]["reception"] = value

    def _contact(self, statement: Statement, value: dict[str, Any], _: list[str]) -> None:
        if statement.kind in ("publish-contact", "list-provisional"):
            self.contacts[value["contact"]] = {
                "member": value.get("member", ""),
                "officers": value.get("officers", []),
                "body": value["body"],
                "ended": False,
            }
        elif statement.kind != "attest-contact":
            self.contacts[value["contact"]]["ended"] = True

    def _circle(self, _: Statement, value: dict[str, Any], __: list[str]) -> None:
        self.circles[value["circle"]] = value["members"]

    def _body(self, _: Statement, value: dict[str, Any], __: list[str]) -> None:
        self.erased.add(value["body"])

    def member_lives(self, ident: str) -> bool:
        """Admitted, not revoked, not suspended at the reader's now."""
        member = self.members.get(ident)
        return member is not None and not member["revoked"] and member["until"] <= self.now

    def device_lives(self, ident: str) -> bool:
        """Neither it nor its officer was revoked, and its member is live."""
        device = self.devices[ident]
        officer = self.officers[device["officer"]]
        return not device["revoked"] and not officer["revoked"] and self.member_lives(officer["member"])

    def reachable(self, contact: dict[str, Any]) -> list[str]:
        """The live devices of its officers who are coordinators, while it is listed."""
        found = []
        for ident in contact["officers"]:
            if "coordinator" in self.officers[ident]["roles"]:
                own = [device for device in self.devices if self.devices[device]["officer"] == ident]
                found += [device for device in own if self.device_lives(device)]
        return found

    def contact(self, contact: dict[str, Any]) -> dict[str, Any]:
        """A contact as `out.view` shows it."""
        listed = not contact["ended"]
        return {
            "member": contact["member"],
            "listed": listed,
            "officers": contact["officers"],
            "body": contact["body"],
            "devices": self.reachable(contact) if listed else [],
        }


def view_of(log: Log, now: int) -> dict[str, Any]:
    """`out.view`. A statement about somebody who was never named is the judge's to refuse."""
    try:
        return _view_of(log, now)
    except KeyError as unknown:
        raise Refused("refused", f"never named: {unknown}") from None


def _view_of(log: Log, now: int) -> dict[str, Any]:
    view = _View(now)
    for statement, signers in zip(log.statements, log.signers, strict=True):
        view.take(statement, signers)
    return {
        "network": view.network,
        "origin": view.origin,
        "members": {
            ident: {"country": member["country"], "live": view.member_lives(ident)}
            for ident, member in view.members.items()
        },
        "officers": view.officers,
        "devices": {
            ident: {"officer": device["officer"], "live": view.device_lives(ident)}
            for ident, device in view.devices.items()
        },
        "contacts": {ident: view.contact(contact) for ident, contact in view.contacts.items()},
        "circles": view.circles,
        "erased": sorted(view.erased),
    }
