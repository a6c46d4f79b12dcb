"""The description of the relay's resources as OpenAPI 3.1, written by hand; shapes come from the structs themselves.

`relay.protocol.routes` says in words what each resource is; a test holds this table and the registered routes together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec

from relay.protocol import requests, routes
from relay.protocol.problems import CODES, Problem

Proof = Literal["session", "administrator", "duty", "reception", "witness", "key", "nobody"]
SESSION: tuple[Proof, ...] = ("session",)
SESSION_OR_DUTY: tuple[Proof, ...] = ("session", "duty")
READERS: tuple[Proof, ...] = ("session", "duty", "witness")
ANYBODY: tuple[Proof, ...] = ("nobody", "session", "duty", "reception", "key")
ALWAYS = ("malformed", "internal", "unavailable")
PROVEN = ("nonce-needed", "proof-invalid", "proof-replayed", "throttled", "not-allowed")
STANDING = ("device-unknown", "device-revoked", "member-suspended")
TOKEN = ("token-invalid", "token-expired", "shift-over")
READ = ("too-large", "media-type")
NOTE, BYTES, CHUNK, TEXT = routes.NOTE, routes.BYTES, routes.CHUNK, "text/plain"
Body = type[msgspec.Struct] | str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one resource: what goes in (a struct or a content type), what comes out, who may ask."""

    method: str
    path: str
    summary: str
    proofs: tuple[Proof, ...]
    takes: Body = None
    gives: Body = None
    status: int = 200
    problems: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    partly: int = 0  # the status where only a part was asked for, if it can be


OPERATIONS = (
    Operation("post", routes.LOGIN, "Log in with a one-time code or a recovery code", ("key",), requests.LogIn,
              requests.Session, problems=(*STANDING, "code-wrong", "code-used")),
    Operation("post", routes.RENEW, "Renew a session within its shift", SESSION, None, requests.Session),
    Operation("post", routes.LOGOUT, "End every session of this device", SESSION, status=204),
    Operation("post", routes.AUTHENTICATOR, "Begin to renew the authenticator", SESSION, requests.AuthenticatorRenewal,
              requests.NewAuthenticator, problems=("code-wrong", "code-used")),
    Operation("post", routes.AUTHENTICATOR_CONFIRM, "Put the renewed authenticator into force", SESSION,
              requests.AuthenticatorConfirmation, requests.AuthenticatorStanding, problems=("code-wrong", "not-found")),
    Operation("post", routes.AUTHENTICATOR_CODES, "Make ten new recovery codes", SESSION, requests.AuthenticatorCode,
              requests.RecoveryCodes, problems=("code-wrong", "code-used")),
    Operation("get", routes.PORTAL, "What access to the portal this officer has", SESSION, None,
              requests.PortalStanding, problems=("not-found",)),
    Operation("post", routes.PORTAL, "Begin access to the portal", SESSION, requests.NewPortalAccess,
              requests.PortalAccess, problems=("code-wrong", "code-used")),
    Operation("delete", routes.PORTAL, "End access to the portal", SESSION, status=204),
    Operation("post", routes.PORTAL_CONFIRM, "Put access to the portal into force", SESSION,
              requests.PortalConfirmation, requests.PortalStanding, problems=("code-wrong", "not-found")),
    Operation("put", routes.INVITATION, "Register an invitation", ("administrator", "duty"), requests.NewInvitation,
              status=204, problems=("not-found", "expiry-invalid")),
    Operation("get", routes.ENROLMENT, "See the keys offered under an invitation", ("administrator", "duty"), None,
              requests.EnrolmentState, problems=("not-found",)),
    Operation("post", routes.ENROLMENTS, "Offer a new desk's keys", ("key",), requests.Enrolment, status=202,
              problems=("invitation-invalid",)),
    Operation("post", routes.ENROLMENT_TOTP, "Ask for the secret for one-time codes", ("key",), requests.TotpRequest,
              requests.TotpSecret, problems=(*STANDING, "invitation-invalid")),
    Operation("get", routes.LOG, "Entries of the log, and the newest checkpoint", SESSION_OR_DUTY, None,
              requests.LogState, query=(("start", "integer"),)),
    Operation("get", routes.CHECKPOINT, "The newest checkpoint (tlog-tiles)", READERS, None, NOTE,
              problems=("not-found",)),
    Operation("get", routes.TILE, "A tile of hashes, or a bundle of entries (tlog-tiles)", READERS, None, BYTES,
              problems=("not-found",), answered=("Cache-Control",)),
    Operation("get", routes.WITNESS_REQUEST, "What this witness is asked to cosign (tlog-witness)", ("witness",), None,
              NOTE, problems=("not-found",), query=(("old", "integer"),)),
    Operation("post", routes.WITNESS_COSIGNATURES, "Hand in this witness's cosignatures", ("witness",), NOTE,
              status=204, problems=("signature-invalid",)),
    Operation("post", routes.STATEMENTS, "Append statements, all or none", ANYBODY, requests.NewStatements,
              requests.Appended, problems=("statement-conflict", "statement-refused", "body-mismatch",
                                           "signature-invalid", "throttled")),
    Operation("post", routes.BODIES, "Bodies that the reader may see", SESSION_OR_DUTY, requests.BodiesWanted,
              requests.Bodies),
    Operation("put", routes.KEYSET, "Publish this device's key set", SESSION, NOTE, status=204,
              problems=("signature-invalid", "keyset-old")),
    Operation("post", routes.KEYSETS, "The newest key sets of devices", SESSION, requests.KeySetsWanted,
              requests.KeySets),
    Operation("post", routes.ENVELOPES, "Submit an envelope", SESSION, BYTES, requests.Submitted,
              problems=("envelope-conflict", "recipients-changed", "attachment-missing", "expiry-invalid",
                        "quota-full", "storage-low", "signature-invalid")),
    Operation("post", routes.STEPS, "Accept or refuse", SESSION, NOTE, requests.Stepped,
              problems=("not-found", "already-decided", "line-old", "signature-invalid")),
    Operation("post", routes.STAGES, "Stop the clock, or hasten a stage", SESSION, NOTE, requests.StageOrdered,
              problems=("not-found", "clock-stopped", "turn-over", "line-old", "signature-invalid")),
    Operation("get", routes.STREAM, "Open the stream (WebSocket)", ("reception",), status=101, problems=STANDING,
              query=(("drain", "integer"),)),
    Operation("post", routes.ATTACHMENTS, "Announce an attachment (tus creation)", SESSION, status=201,
              problems=("tus-version", "too-large", "quota-full", "storage-low"),
              headers=("Tus-Resumable", "Upload-Length", "Upload-Metadata"),
              answered=("Tus-Resumable", "Location")),
    Operation("head", routes.ATTACHMENT, "How far an upload has come", SESSION,
              problems=("tus-version", "not-found", "digest-wrong"),
              headers=("Tus-Resumable",), answered=("Tus-Resumable", "Upload-Offset", "Upload-Length")),
    Operation("patch", routes.ATTACHMENT, "Go on with an upload", SESSION, CHUNK, status=204,
              problems=("tus-version", "not-found", "offset-wrong", "upload-busy", "digest-wrong",
                        "storage-low"),
              headers=("Tus-Resumable", "Upload-Offset"), answered=("Tus-Resumable", "Upload-Offset")),
    Operation("get", routes.ATTACHMENT, "Fetch an attachment, whole or a range", SESSION, None, BYTES,
              problems=("not-found", "range-wrong"), headers=("Range",), partly=206),
    Operation("get", routes.OPENAPI, "This description", ("nobody",), None, routes.JSON),
    Operation("get", routes.HEALTH, "Whether the relay lives", ("nobody",), None, TEXT),
    Operation("get", routes.READY, "Whether the relay can do its work", ("nobody",), None, TEXT),
    Operation("get", routes.METRICS, "Counts and times, if the settings let whoever asks see them", ("nobody",), None,
              TEXT, problems=("not-found",)),
)  # fmt: skip


@cache
def openapi_json() -> bytes:
    """The description as JSON."""
    return msgspec.json.encode(openapi(), order="sorted")


def openapi() -> dict[str, Any]:
    """The description."""
    structs = {each for one in OPERATIONS for each in (one.takes, one.gives) if isinstance(each, type)}
    ordered = sorted(structs | {Problem}, key=lambda each: each.__name__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Enlace relay",
            "version": "1",
            "description": "A directory you can prove, and a relay that cannot read. Flows: docs/protocol.md.",
        },
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
    }


_SCHEMES = {
    "proof": {
        "type": "apiKey",
        "in": "header",
        "name": routes.PROOF_HEADER,
        "description": "RFC 9449 proof by an Ed25519 key, with the nonce that the last answer gave.",
    },
    "token": {"type": "http", "scheme": "DPoP", "description": "The session's token, bound to the device key."},
}
_SECURITY: dict[Proof, dict[str, list[str]]] = {
    "session": {"proof": [], "token": []},
    "administrator": {"proof": [], "token": []},
    "duty": {"proof": []},
    "reception": {"proof": []},
    "witness": {"proof": []},
    "key": {"proof": []},
    "nobody": {},
}


def _operation(one: Operation) -> dict[str, Any]:
    open_to_all = one.proofs == ("nobody",)
    answer: dict[str, Any] = {"description": "Done"}
    if one.gives is not None:
        answer["content"] = _content(one.gives)
    named = one.answered if open_to_all else (*one.answered, routes.NONCE_HEADER)
    if named:
        answer["headers"] = {each: {"schema": {"type": "string"}} for each in named}
    described: dict[str, Any] = {
        "operationId": f"{one.method}{one.path.removeprefix('/v1').translate(_TO_ID)}",
        "summary": one.summary,
        "security": [] if open_to_all else [_SECURITY[each] for each in one.proofs],
        "responses": {str(one.status): answer, **_refusals(_problems(one))},
    }
    if one.partly:
        described["responses"][str(one.partly)] = answer | {"description": "A part"}
    parameters = [_parameter("path", name, "string", needed=True) for name in _path_names(one.path)]
    parameters += [_parameter("query", name, kind) for name, kind in one.query]
    parameters += [_parameter("header", name, "string", needed=name != "Range") for name in one.headers]
    if parameters:
        described["parameters"] = parameters
    if one.takes is not None:
        described["requestBody"] = {"required": True, "content": _content(one.takes)}
    if one.proofs == ANYBODY:
        described["description"] = "No proof is needed; one that comes has to hold."
    elif not open_to_all:
        described["description"] = f"Proof by: {' or '.join(one.proofs)}."
    return described


_TO_ID = str.maketrans({"/": "-", "{": "", "}": "", ".": "-"})


def _problems(one: Operation) -> list[str]:
    found = [*ALWAYS, *one.problems]
    if one.proofs != ("nobody",):
        found += PROVEN
    if "session" in one.proofs or "administrator" in one.proofs:
        found += [*TOKEN, *STANDING]
    if one.takes is not None:
        found += READ
    return sorted(set(found))


def _refusals(codes: Iterable[str]) -> dict[str, Any]:
    by_status: dict[str, list[str]] = {}
    for code in codes:
        by_status.setdefault(str(CODES[code][0]), []).append(code)
    return {
        status: {"description": ", ".join(f"`{each}`" for each in found), "content": _content(Problem, routes.PROBLEM)}
        for status, found in sorted(by_status.items())
    }


def _content(body: type[msgspec.Struct] | str, kind: str = routes.JSON) -> dict[str, Any]:
    if isinstance(body, str):
        schema = {"type": "object"} if body == routes.JSON else {"type": "string"}
        return {body: {"schema": schema}}
    return {kind: {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}}


_FORMS: dict[str, dict[str, Any]] = {
    "hash": {"pattern": "^[0-9a-f]{64}$"},
    "officer": {"pattern": "^[0-9a-f]{32}$"},
    "start": {"minimum": 0},
    "old": {"minimum": 0},
    "tile": {"pattern": "^(entries|[0-9]{1,2})/(x[0-9]{3}/)*[0-9]{3}(\\.p/[0-9]{1,3})?$"},
    "drain": {"enum": [1]},
    "Tus-Resumable": {"enum": [routes.TUS_VERSION]},
    "Upload-Length": {"pattern": "^(0|[1-9][0-9]*)$"},
    "Upload-Offset": {"pattern": "^(0|[1-9][0-9]*)$"},
}


def _parameter(place: str, name: str, kind: str, *, needed: bool = False) -> dict[str, Any]:
    return {"in": place, "name": name, "required": needed, "schema": {"type": kind} | _FORMS.get(name, {})}


def _path_names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
