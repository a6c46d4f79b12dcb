"""What the local API can be asked, as OpenAPI 3.1: made from the commands themselves, so it is never behind them."""

from typing import Any

import click

from desk.api.arguments import is_path, parameters

_FILE = {
    "oneOf": [
        {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"]},
        {"type": "object", "properties": {"new": {"type": "string"}}, "required": ["new"]},
    ]
}
_PLAIN: dict[str, Any] = {"type": ["string", "integer"]}
STATUSES = {
    0: 200, 1: 500, 2: 400, 3: 409, 4: 503, 5: 409, 6: 423, 7: 404, 8: 202, 9: 200,
}  # fmt: skip
"""Which HTTP status stands for an exit code of `desk.errors`."""
_MEANT = {
    200: "Done.",
    202: "Signed here; others have to sign too.",
    400: "The request makes no sense as given; nothing was changed.",
    401: "The token of this API is missing or wrong.",
    403: "The request came from another page, or under another name than 127.0.0.1 and the port.",
    404: "Nothing of that name or number.",
    408: "The body did not come whole within a minute.",
    409: "The relay or the rules say no, or an alarm: `failure` says which.",
    413: "The body is too large.",
    415: "The body is no application/json, or it is packed.",
    423: "Locked: the passphrase is needed, or another process holds the profile.",
    500: "An error of this machine or of the program; what was stored is kept.",
    503: "The relay did not answer; what was queued stays queued.",
}


def description(commands: dict[str, click.Command], version: str) -> dict[str, Any]:
    """The OpenAPI document of these commands."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Enlace, the local API of a desk", "version": version},
        "security": [{"token": []}],
        "paths": {f"/v1/{words}": {"post": _operation(words, each)} for words, each in sorted(commands.items())},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Answer": _ANSWER, "File": _FILE},
        },
    }


def _operation(words: str, command: click.Command) -> dict[str, Any]:
    arguments = parameters(command)
    needed = sorted(name for name, each in arguments.items() if each.required)
    schema = {
        "type": "object",
        "properties": {name: _schema(each) for name, each in arguments.items()},
        "additionalProperties": False,
        **({"required": needed} if needed else {}),
    }
    body = {"required": bool(needed), "content": {"application/json": {"schema": schema}}}
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
    return {
        "operationId": words.replace("/", "-"),
        "summary": command.get_short_help_str(100),
        "description": (command.help or "").replace("\b", ""),
        "requestBody": body,
        "responses": {str(status): {"description": meant, "content": answer} for status, meant in _MEANT.items()},
    }


def _schema(parameter: click.Parameter) -> dict[str, Any]:
    help_ = getattr(parameter, "help", None)
    words = {"description": help_} if help_ else {}
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return {"type": "boolean", **words}
    one: dict[str, Any] = dict(_PLAIN)
    if is_path(parameter):
        one = {"$ref": "#/components/schemas/File"}
    elif isinstance(parameter.type, click.Choice):
        one = {"type": "string", "enum": [str(each) for each in parameter.type.choices]}
    elif isinstance(parameter.type, click.types.IntParamType):
        one = {"type": ["integer", "string"]}
    if parameter.multiple or parameter.nargs != 1:
        return {"type": "array", "items": one, **words}
    return one | words


_ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": "integer", "description": "As the exit code of the command."},
        "result": {"type": "object", "description": "What the command answers with --json."},
        "before": {"type": "array", "items": {"type": "object"}, "description": "Answers that came before the last."},
        "data": {"type": "string", "contentEncoding": "base64", "description": "A file the command prints."},
        "notes": {"type": "array", "items": {"type": "string"}},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "files": {"type": "array", "items": {"type": "object"}, "description": "What the command made."},
        "failure": {"type": "object", "description": "What went wrong: error, code, kind, evidence."},
    },
    "required": ["code"],
}
