"""docs/protocol.md against the contract it describes: nothing missing, nothing invented, every example readable.

What the page says is compared with the tables of `relay.protocol`: the routes in the docstring of `routes.py`, the
codes of `problems.py`, the frames of `stream.py`, the bounds. Its examples are decoded with the real types; `…` stands
for bytes that were left out, and is filled up where a type asks for a length.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, get_args

import msgspec
import pytest
from house_source import ROOT

from crypto.encoding import unhex
from crypto.merkle import leaf_hash, verify_inclusion
from directory import commitment, keyset, statement
from relay.openapi import OPERATIONS, Operation
from relay.protocol import envelope, invitation, lines, padding, problems, proof, requests, routes, stream, submission
from relay.protocol.receipts import RELAYED_TYPE, Leaf

PAGE = (ROOT / "docs" / "protocol.md").read_text("utf-8")
BOUNDS: tuple[ModuleType, ...] = (
    commitment,
    envelope,
    invitation,
    keyset,
    lines,
    padding,
    proof,
    requests,
    submission,
    routes,
    statement,
    stream,
)
NOT_ON_THE_WIRE = {"MOST_JTI", "MOST_EPOCHS", "LATEST_STAGE"}  # said in words, or the same as another bound
LONG = {"mldsa44": "A" * 1750 + "==", "reception_mldsa44": "A" * 1750 + "=="}
NO_EXAMPLE = {routes.OPENAPI, routes.HEALTH, routes.READY, routes.METRICS}


@dataclass(frozen=True)
class Route:
    """A line of the table in `routes.py`."""

    method: str
    path: str
    who: str
    taken: str
    given: str

    @property
    def heading(self) -> str:
        return f"### {self.method} {self.path}"


def table() -> Iterator[Route]:
    for row in re.findall(r"^\| ([A-Z]+) (.*?) \| (.*?) \| (.*?) ?\|$", routes.__doc__ or "", re.MULTILINE):
        method, paths, who, bodies = row
        taken, _, given = bodies.partition(" → ")
        for path in paths.split(", "):
            yield Route(method, path, who, taken.strip(), given.strip())


ROUTES = list(table())


def section(heading: str) -> str:
    """The page from a heading to the next of the same rank or a higher one."""
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{heading.split()[0].count('#')}}} |\Z)", PAGE, re.M | re.S)
    assert found, f"docs/protocol.md has no heading {heading!r}"
    return found[1]


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.M | re.S)


def bodies(text: str) -> Iterator[tuple[str, Any]]:
    """First line and JSON body of each HTTP example that has one."""
    for block in blocks(text, "http"):
        head, _, body = block.partition("\n\n")
        if re.search(r"^Content-Type: application/(problem\+)?json$", head, re.M):
            yield head.splitlines()[0], filled(json.loads(body))


def filled(value: Any) -> Any:
    """JSON in which the long keys that the page leaves out are as long as they have to be."""
    if isinstance(value, dict):
        return {name: LONG[name] if name in LONG and "…" in each else filled(each) for name, each in value.items()}
    return [filled(each) for each in value] if isinstance(value, list) else value


def refusals(route: Route) -> set[str]:
    """The codes that a route's part of the page names under "Refused with"."""
    refused = re.search(r"^Refused[^:]*with: (.*?)\.$", section(route.heading), re.M | re.S)
    return set(re.findall(r"`([a-z-]+)`", refused[1])) if refused else set()


def paths() -> set[str]:
    return {value for name, value in vars(routes).items() if name.isupper() and str(value).startswith("/")}


def test_the_table_of_routes_was_read() -> None:
    assert {route.path.partition("?")[0] for route in ROUTES} == paths()
    assert len(ROUTES) > 20


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.heading)
def test_every_route_stands_in_the_page(route: Route) -> None:
    text = " ".join(section(route.heading).split())
    assert f"Proof by: {route.who}" in text
    for word in (route.taken, route.given):
        if hasattr(requests, word):
            assert f"`{word}`" in text


def test_the_page_invents_no_route() -> None:
    assert sorted(re.findall(r"^### (?:[A-Z]+) /.*$", PAGE, re.M)) == sorted(route.heading for route in ROUTES)


@pytest.mark.parametrize(
    "route", [each for each in ROUTES if each.path not in NO_EXAMPLE], ids=lambda each: each.heading
)
def test_every_route_begins_with_an_example_of_both_sides(route: Route) -> None:
    request, answer, *_ = blocks(section(route.heading), "http")
    template = re.escape(route.path.partition("?")[0]).replace(r"\{officer\}", "[0-9a-f]{32}")
    pattern = template.replace(r"\{hash\}", "[0-9a-f]{64}").replace(r"\{tile\}", "0/[0-9x/]+")
    assert re.match(rf"{route.method} {pattern}(\?[a-z]+=[0-9]+)? HTTP/1\.1\n", request)
    status = re.match(r"HTTP/1\.1 ([0-9]{3}) ", answer)
    assert status
    assert int(status[1]) < 300
    if route.given.isdecimal():
        assert status[1] == route.given
    if route.path != routes.STREAM:
        assert ("Authorization: DPoP " in request) == ("session" in route.who or "old token" in route.who)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.heading)
def test_examples_are_what_their_types_take(route: Route) -> None:
    seen = set()
    for first, body in bodies(section(route.heading)):
        name = route.given if first.startswith("HTTP/") else route.taken
        msgspec.convert(body, getattr(requests, name))
        seen.add(name)
    assert seen == {name for name in (route.taken, route.given) if hasattr(requests, name)}


def test_examples_of_refusals_are_what_the_relay_would_say() -> None:
    found = [body for first, body in bodies(section("## Conventions")) if first.startswith("HTTP/")]
    assert found
    for body in found:
        problem = msgspec.convert(body, problems.Problem)
        assert (problem.status, problem.title) == problems.CODES[problem.code]


def test_every_code_stands_in_the_page_and_no_other() -> None:
    rows = re.findall(r"^\| ([0-9]{3}) \| `([a-z-]+)` \| (.*?) \| .*\|$", section("## Refusals by code"), re.M)
    assert {code: (int(status), title) for status, code, title in rows} == dict(problems.CODES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.heading)
def test_routes_are_refused_by_codes_that_exist(route: Route) -> None:
    assert refusals(route) - set(problems.CODES) == set()
    assert refusals(route) or route.path in NO_EXAMPLE


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
def test_what_openapi_names_as_refusals_stands_in_the_page(operation: Operation) -> None:
    (route,) = [
        each
        for each in ROUTES
        if (each.method.lower(), each.path.partition("?")[0]) == (operation.method, operation.path)
    ]
    assert set(operation.problems) - refusals(route) == set()


def frames() -> dict[str, type[stream.Frame]]:
    return {str(kind.__struct_config__.tag): kind for kind in stream.Frame.__subclasses__()}


@pytest.mark.parametrize("tag", sorted(frames()))
def test_every_frame_stands_in_the_page(tag: str) -> None:
    (example,) = blocks(section(f"#### Frame `{tag}`"), "json")
    read = stream.read_from_desk if tag == "ack" else stream.read_from_relay
    assert isinstance(read(example.encode()), frames()[tag])


def test_the_page_invents_no_frame() -> None:
    assert set(re.findall(r"^#### Frame `(.*)`$", PAGE, re.M)) == set(frames())


def test_the_fixed_words_of_the_stream_stand_in_the_page() -> None:
    text = section("### GET /v1/stream") + section("## The stream")
    words = {*get_args(stream.ItemKind), *get_args(stream.ClosingReason), *get_args(lines.Event)}
    assert {word for word in words if f"`{word}`" not in text} == set()


def test_every_bound_stands_in_the_page_with_its_value() -> None:
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| ([0-9]+) \|", section("## Bounds"), re.M))
    wanted: dict[str, str] = {}
    for module in BOUNDS:
        for name, value in vars(module).items():
            bound = name.startswith(("MOST_", "LONGEST_")) or name in ("WINDOW", "HEARTBEAT", "CLOCK_TOLERANCE")
            if bound and isinstance(value, int) and name not in NOT_ON_THE_WIRE:
                assert wanted.setdefault(name, str(value)) == str(value), f"two bounds are called {name}"
    assert told == wanted


def test_the_receipt_on_the_page_verifies_as_the_page_says() -> None:
    (submitted,) = [body for first, body in bodies(section("### POST /v1/envelopes")) if first.startswith("HTTP/")]
    relayed = msgspec.convert(submitted, requests.Submitted).relayed
    part = section("## Receipts, and how a third party checks them")
    text = "".join(line.strip() + "\n" for line in blocks(part, "text")[0].splitlines())
    assert text.startswith(f"{RELAYED_TYPE}\n")
    assert msgspec.json.decode(text.partition("\n")[2], type=Leaf) == relayed.leaf
    leaf, root = leaf_hash(text.encode()), re.search(r"to the root\s+`([0-9a-f]{64})`", part)
    count = re.search(r"From index (\d+) of (\d+)", part)
    assert f"`{leaf.hex()}`" in part
    assert root
    assert count
    assert int(count[1]) == relayed.index
    path = [unhex(each, 32) for each in relayed.path]
    verify_inclusion(leaf, relayed.index, int(count[2]), unhex(root[1], 32), path)


def test_the_decoded_proof_has_the_claims_that_are_asked_for() -> None:
    header, claims = (json.loads(line) for line in blocks(section("### Proof of possession"), "json")[0].splitlines())
    assert (header["typ"], header["alg"], set(header["jwk"])) == (proof.TYPE, proof.ALGORITHM, {"kty", "crv", "x"})
    assert set(claims) == {"jti", "htm", "htu", "iat", "nonce"}
