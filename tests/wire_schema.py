"""Schemathesis against a relay of its own, every request by the right asker with a real proof.

    python tests/wire_schema.py --examples 200 --seed 1

For each operation of the served OpenAPI it makes requests that fit the description and requests that do not. Checked of
each answer: no 500, a status and a content type that the description has, a body and headers of the shape described.
Two checks say nothing here and are left out: that good shapes are accepted (a hash that fits is still nobody's), and
that a missing credential is refused (a hook adds it each time; `refused_api` sends requests without).
"""

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hypothesis
from refused_world import House

from relay.protocol import routes

# By name: they are installed for the full tests alone, and what looks at types runs without them.
requests: Any = import_module("requests")
schemathesis: Any = import_module("schemathesis")
of_openapi: Any = import_module("schemathesis.specs.openapi.checks")
CHECKS = [
    schemathesis.checks.not_a_server_error,
    of_openapi.content_type_conformance,
    of_openapi.response_headers_conformance,
    of_openapi.response_schema_conformance,
    of_openapi.status_code_conformance,
]
ASKERS = {
    ("POST", routes.LOGIN): "ar-key",
    ("PUT", routes.INVITATION): "ar-admin",
    ("GET", routes.ENROLMENT): "ar-admin",
    ("POST", routes.ENROLMENTS): "stranger",
    ("POST", routes.ENROLMENT_TOTP): "ar-key",
    ("GET", routes.STREAM): "co-night",
    ("POST", routes.RENEW): "co-desk",
    ("POST", routes.LOGOUT): "co-admin",
    ("POST", routes.STEPS): "co-desk",
    ("POST", routes.STAGES): "ar-desk",
}
OTHERWISE = "ar-desk"


@schemathesis.serializer(routes.CHUNK)  # type: ignore[untyped-decorator]  # it is not known here
def as_bytes(context: Any, value: Any) -> bytes:
    """A body that is sent as it is."""
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", "surrogatepass")


class Proving:
    """Adds the right asker's proof, for the request as it will be sent."""

    def __init__(self, house: House, operation: str) -> None:
        self._house, self._operation = house, operation

    def __call__(self, request: Any) -> Any:
        method, path = str(request.method), urlsplit(str(request.url)).path
        who = ASKERS.get((method, self._operation), OTHERWISE)
        for name, value in self._house.headers(who, method, path):
            request.headers[str(name)] = str(value)
        return request


@dataclass
class WireSchema:
    """A run; `statuses` counts answers by operation and status, `faults` holds what was not as described."""

    house: House
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    operations: int = 0

    def run(self, examples: int, seed: int) -> None:
        """So many requests for each operation, with shapes that fit and with others."""
        authority = str(self.house.office.relay.folder / "tls" / "authority.pem")
        schema = schemathesis.openapi.from_url(self.house.place.url + routes.OPENAPI, verify=authority)
        operations = [found.ok() for found in schema.get_all_operations()]
        self.operations = len(operations)
        for operation in sorted(operations, key=lambda each: each.path == routes.LOGOUT):
            for mode in schemathesis.GenerationMode:
                self._play(operation, mode, examples, seed, authority)

    def _play(self, operation: Any, mode: Any, examples: int, seed: int, authority: str) -> None:
        session = requests.Session()
        session.verify, session.auth = authority, Proving(self.house, operation.path)
        real = {name: value for name, value in self._real().items() if f"{{{name}}}" in operation.path}

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.generate],
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode), really=hypothesis.strategies.booleans())
        def one(case: Any, really: bool) -> None:
            if really and real:
                case.path_parameters = real
            self._ask(case, session, authority)

        try:
            one()
        except hypothesis.errors.Unsatisfiable:
            pass  # nothing else fits, or nothing does not fit

    def _ask(self, case: Any, session: Any, authority: str) -> None:
        label = f"{case.method} {case.operation.path}"
        try:
            response = case.call(base_url=self.house.place.url, session=session, verify=authority, timeout=10)
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError):
            return  # the client library does not send it
        self.statuses[label, response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except Exception as error:  # whatever a check found
            self.faults.setdefault(f"{label} {response.status_code}", f"{error}"[:1500])

    def _real(self) -> dict[str, str]:
        """Names of what there is."""
        return {"officer": self.house.invited("fresh")[0], "hash": sha256(self.house.upload).hexdigest()}

    def told(self) -> str:
        """The figures of the run."""
        total, statuses = sum(self.statuses.values()), Counter[int]()
        for (_, status), count in self.statuses.items():
            statuses[status] += count
        operations = len({label for label, _ in self.statuses})
        answers = ", ".join(f"{status} {count}" for status, count in sorted(statuses.items()))
        return f"{operations} operations, {total} requests, {len(self.faults)} not as described; answers: {answers}"


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, House.opened(Path(folder) / "office") as house:
        run = WireSchema(house)
        run.run(given.examples, given.seed)
        sys.stdout.write("\n".join([*map("\n".join, run.faults.items()), run.told(), ""]))


if __name__ == "__main__":
    main()
