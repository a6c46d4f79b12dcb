"""An operational alert as STIX 2.1, for systems that take threat intelligence. Pure.

1. Ids are UUIDv5: of the message for what we say, of the value itself for observables (STIX 2.1, section 2.9). The same
   alert gives the same bytes, and a later version of it the same objects.
2. Every object carries the marking of the alert, as TLP 2.0's own marking definitions. TLP:RED is not exported.
3. **No personal data of victims**: the form has no field for any, and the number of victims stays out. A message that
   is marked as holding such data is not exported, nor one with a code that is not known here, which might say of
   somebody that they are a victim. What an officer wrote of them in a free text cannot be seen from here.
4. A person sought is an `identity` related to the campaign, not a threat actor: nobody is convicted here.
5. What STIX has no object for (telephones, vehicles, accounts at banks, the legs of the route in their order) stands in
   a note, in words.
"""

import ipaddress
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from desk.forms.cover import Cover
from desk.forms.filled import Filled, update_needed
from desk.forms.htcds import NotExported
from desk.forms.shown import LAST_MOMENT, Row, shown
from desk.forms.words import joined, paired

FORM = "operational-alert/1"
_OWN = UUID("e887c7f2-6e0b-4656-8df2-4e13164e59c4")  # the namespace of Enlace's alerts, drawn once
_OBSERVABLES = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # STIX 2.1, section 2.9
_TLP_CREATED = "2022-10-01T00:00:00.000Z"
_SENDER_CREATED = "2026-01-01T00:00:00.000Z"  # one object for all alerts of a sender with a marking: it has one time
_TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
MARKINGS = {
    "CLEAR": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "AMBER": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
}
_IN_NOTE = ("legs", "identifiers", "asks", "signs")
_MILLION = 1_000_000
Object = dict[str, Any]


def to_stix(filled: Filled, cover: Cover, language: str) -> Object:
    """The bundle of an alert, with free text in a language if it has it; raises NotExported.

    `cover` names the message, its time and its sender.
    """
    if filled.form != FORM:
        raise NotExported(f"STIX is written of {FORM}, not of {filled.form}")
    if cover.tlp not in MARKINGS:
        raise NotExported(f"TLP:{cover.tlp}: nothing of it is exported")
    if cover.exercise:
        raise NotExported("an exercise: nothing of it is exported, lest it be taken for real")
    if cover.victim:
        raise NotExported("it is marked as holding data about a victim: nothing of it is exported")
    if lacks := update_needed(filled):
        raise NotExported(f"not known here: {', '.join(' '.join(each) for each in lacks)}; update this desk first")
    if not cover.message or cover.sent is None or not 0 <= cover.sent <= LAST_MOMENT or not cover.sender:
        raise NotExported("a message with its id, its time and its sender is needed")
    return _Bundle(filled, cover, language, cover.sent).whole()


def write_stix(bundle: Object) -> bytes:
    """The bundle as JSON, the same bytes every time."""
    return (json.dumps(bundle, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode()


class _Bundle:
    """The objects of one alert, while they are gathered."""

    def __init__(self, filled: Filled, cover: Cover, language: str, sent: int) -> None:
        self._values, self._original, self._language = filled.values, filled.language, language
        self._filled, self._cover = filled, cover
        self._marking = MARKINGS[cover.tlp]
        self._at = _time(sent)
        self._sender = f"identity--{uuid5(_OWN, f'sender {cover.tlp} {cover.sender}')}"
        self._objects: dict[str, Object] = {}

    def whole(self) -> Object:
        """The bundle: marking, sender, report, and all that the report refers to."""
        campaign = self._campaign()
        for each in (self._modus, self._route, self._people, self._observables, self._note):
            each(campaign)
        about = {
            "name": self._text("subject") or FORM,
            "report_types": ["campaign"],
            "published": self._at,
            "object_refs": sorted(self._objects),
        }
        if description := self._text("summary"):
            about["description"] = description
        self._domain("report", "", about)
        about = {"name": self._cover.sender, "identity_class": "organization"}
        about |= {"created": _SENDER_CREATED, "modified": _SENDER_CREATED}
        sender = self._object("identity", self._sender, about)
        objects = [self._marked(), sender, *(self._objects[each] for each in sorted(self._objects))]
        return {"type": "bundle", "id": f"bundle--{uuid5(_OWN, f'bundle {self._cover.message}')}", "objects": objects}

    def _campaign(self) -> str:
        about: Object = {"name": self._text("subject") or FORM}
        if description := self._text("summary"):
            about["description"] = description
        first, last = self._values.get("first_seen"), self._values.get("last_seen")
        if first:
            about["first_seen"] = f"{first}T00:00:00.000Z"
        if last and (not first or last >= first):
            about["last_seen"] = f"{last}T00:00:00.000Z"
        return self._domain("campaign", "", about)

    def _modus(self, campaign: str) -> None:
        if text := self._text("modus"):
            pattern = self._domain("attack-pattern", "", {"name": self._text("subject") or FORM, "description": text})
            self._relate(campaign, "uses", pattern)

    def _route(self, campaign: str) -> None:
        for leg in self._values.get("legs", ()):
            for end in ("departure", "arrival"):
                place = leg.get(end, {})
                if "country" not in place and "latitude" not in place:
                    continue  # STIX asks for one of them; the note has the rest
                location = self._domain("location", json.dumps(place, sort_keys=True), _location(place))
                kind = leg.get(f"{end}_kind")
                if kind == "origin":
                    self._relate(campaign, "originates-from", location)
                else:
                    self._relate(campaign, "related-to", location, kind or "")

    def _people(self, campaign: str) -> None:
        for each in self._values.get("persons", ()):
            person = each.get("person", {})
            about = {"name": person.get("name") or person.get("pseudonym", "?"), "identity_class": "individual"}
            if "role" in each:
                about["roles"] = [each["role"]]
            if "also" in person:
                about["description"] = joined(person["also"], self._language)
            found = self._domain("identity", json.dumps(person, sort_keys=True), about)
            self._relate(found, "related-to", campaign)

    def _observables(self, campaign: str) -> None:
        for each in self._values.get("identifiers", ()):
            made = _observable(each.get("kind", ""), each.get("value", ""))
            if made is not None:
                made |= {"spec_version": "2.1", "object_marking_refs": [self._marking]}
                self._objects[made["id"]] = made
                self._relate(campaign, "related-to", made["id"])

    def _note(self, campaign: str) -> None:
        some = Filled(
            form=self._filled.form,
            language=self._original,
            values={name: self._values[name] for name in _IN_NOTE if name in self._values},
        )
        parts = shown(some, self._language).parts
        lines = [line for part in parts for row in part.rows for line in _lines(row, "", self._language)]
        if lines:
            self._domain("note", "", {"content": "\n".join(lines), "object_refs": [campaign]})

    def _text(self, name: str) -> str:
        versions: dict[str, str] = self._values.get(name, {})
        for tag in (self._language, self._original, *sorted(versions)):
            if tag in versions:
                return versions[tag]
        return ""

    def _domain(self, kind: str, key: str, about: Object) -> str:
        id_ = f"{kind}--{uuid5(_OWN, ' '.join((self._cover.message, kind, key)))}"
        self._objects[id_] = self._object(kind, id_, about)
        return id_

    def _object(self, kind: str, id_: str, about: Object) -> Object:
        return {
            "type": kind,
            "spec_version": "2.1",
            "id": id_,
            "created_by_ref": self._sender,
            "created": self._at,
            "modified": self._at,
            "object_marking_refs": [self._marking],
            **about,
        }

    def _relate(self, source: str, how: str, target: str, description: str = "") -> None:
        about: Object = {"relationship_type": how, "source_ref": source, "target_ref": target}
        if description:
            about["description"] = description
        self._domain("relationship", f"{source} {how} {target} {description}", about)

    def _marked(self) -> Object:
        return {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": self._marking,
            "created": _TLP_CREATED,
            "name": self._cover.mark,
            "extensions": {
                _TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": self._cover.tlp.lower()}
            },
        }


def _lines(row: Row, indent: str, language: str) -> Iterator[str]:
    yield f"{indent}{paired(row.label, row.text, language)}".rstrip()
    for version in row.versions:
        yield f"{indent}  [{version.called}] {version.text}"
    for at, item in enumerate(row.items, 1):
        yield f"{indent}  {at}."
        for each in item:
            yield from _lines(each, f"{indent}    ", language)


def _location(place: dict[str, Any]) -> Object:
    about: Object = {name: place[name] for name in ("country", "name") if name in place}
    if "latitude" in place:
        about |= {name: place[name] / _MILLION for name in ("latitude", "longitude")}
    return about


def _observable(kind: str, value: str) -> Object | None:
    """The observable that a value is, or nothing if STIX has none for it or the value is none of its kind."""
    match kind:
        case "url" | "domain":
            of, name = {"url": "url", "domain": "domain-name"}[kind], "value"
        case "email" if value.count("@") == 1:
            of, name = "email-addr", "value"
        case "ipv4" | "ipv6" if _is_address(value, int(kind[-1])):
            of, name = f"{kind}-addr", "value"
        case "account":
            of, name = "user-account", "user_id"
        case _:
            return None
    named = json.dumps({name: value}, ensure_ascii=False, separators=(",", ":"))
    return {"type": of, "id": f"{of}--{uuid5(_OBSERVABLES, named)}", name: value}


def _is_address(value: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(value).version == version
    except ValueError:
        return False


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
