"""The OpenAPI document: what FastAPI knows of the requests, and the objects of docs/json.md as answers."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from aideator_cli.server.problems import MEDIA_TYPE
from aideator_cli.views.json import choosing, comparing, judging, means, outcome, run, teams
from aideator_cli.views.json.schema import definitions

PREFIX: Final = "#/components/schemas/"
KINDS: Final = (
    choosing.Selection, comparing.Comparison, comparing.DryRun, judging.Judge,
    means.Key, outcome.Result, run.Run, run.Name, run.Note, run.Tags, run.Event, run.Observation, run.Told,
    means.Memory, means.Proposal, means.Webhook, means.DeadMessage, means.Tested,
    teams.StartedTeam, teams.ListedTeam, teams.TeamMessage, teams.TeamFile,
)  # fmt: skip
TEXT: Final = {"type": "string"}
OR_NULL: Final = {"type": ["string", "null"]}
PROBLEM: Final = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What went wrong."},
        "hint": {"type": "string", "description": "What to do next."},
        "instance": {"type": "string", "description": "The path of the request."},
        "exit_code": {"type": "integer", "description": "What the command line would exit with."},
        "mistakes": {
            "type": "array",
            "items": {"type": "object", "required": ["where", "what"], "properties": {"where": TEXT, "what": TEXT}},
        },
    },
}

Answers = dict[int | str, dict[str, Any]]


def one(kind: str, *, status: int = 200, text: str = "") -> Answers:
    """An answer that is an object of this type."""
    return {status: _json({"$ref": PREFIX + kind}, text or f"the {kind.lower()}")}


def several(name: str, kind: str, **more: Mapping[str, Any]) -> Answers:
    """An answer with a list of such objects, and other fields."""
    fields = {name: {"type": "array", "items": {"$ref": PREFIX + kind}}, **more}
    return {200: _json({"type": "object", "required": list(fields), "properties": fields}, name)}


def either(kind: str, short_form: Mapping[str, Any], *, status: int = 200) -> Answers:
    """An answer that is an object of this type, or the short form where the body was it."""
    return {status: _json({"anyOf": [{"$ref": PREFIX + kind}, short_form]}, f"the {kind.lower()}")}


def answered(schema: Mapping[str, Any], *, status: int = 200) -> Answers:
    return {status: _json(schema, "the short form")}


def short(**fields: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an object of the short form."""
    return {"type": "object", "required": list(fields), "properties": fields}


def other(media_type: str, text: str) -> Answers:
    return {200: {"description": text, "content": {media_type: {"schema": TEXT}}}}


def describe(app: FastAPI) -> None:
    """Makes `/openapi.json` of this app the whole document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _made(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _made(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary="One prompt, several coding agents: start runs, watch them, compare, choose",
        routes=app.routes,
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
    )
    known = made.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        known.pop(name, None)
    known.update(definitions(KINDS, PREFIX))
    known["Problem"] = PROBLEM
    for operation in operations(made):
        operation["responses"].pop("422", None)
        operation["responses"]["default"] = {
            "description": "an error",
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"{PREFIX}Problem"}}},
        }
    return made


def operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _json(schema: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}
