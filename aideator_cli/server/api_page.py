"""The OpenAPI document, and `/docs`, which is the same as a page that loads nothing and runs nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from aideator_cli.server.described import PREFIX
from aideator_cli.server.runs import Reading
from aideator_cli.system.templates import render_html

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def document(request: Request, _caller: Reading) -> Response:
    return JSONResponse(request.app.openapi())


@router.get("/docs")
async def docs(request: Request, _caller: Reading) -> Response:
    page = render_html("api.html.j2", values(request.app.openapi()))
    return HTMLResponse(
        page, headers={"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff"}
    )


def values(document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the template shows of an OpenAPI document."""
    schemas = document["components"]["schemas"]
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(method, path, operation, schemas))
    shown = sorted(name for name, schema in schemas.items() if schema.get("type") == "object")
    objects = [
        {"name": name, "about": schemas[name].get("description", ""), "fields": list(_fields(schemas[name]))}
        for name in shown
    ]
    return {
        "title": document["info"]["title"],
        "version": document["info"]["version"],
        "groups": groups,
        "objects": objects,
    }


def _operation(method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answers = [
        {"status": status, "text": answer["description"].replace("Successful Response", "")}
        for status, answer in operation["responses"].items()
        if status != "default"
    ]
    return {
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "about": operation.get("description", ""),
        "parameters": [
            {"name": each["name"], "place": each["in"], "required": each.get("required", False), "about": each.get("description", ""),
             "type": _type(each["schema"])}
            for each in operation.get("parameters", ())
        ],
        "bodies": [name for name in _names(body) if name in schemas],
        "answers": answers,
    }  # fmt: skip


def _fields(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    required: Sequence[str] = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        usual = field.get("default")
        yield {
            "name": name, "type": _type(field), "required": name in required, "about": field.get("description", ""),
            "usual": "" if usual in (None, [], {}) else str(usual).lower() if isinstance(usual, bool) else str(usual),
        }  # fmt: skip


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(PREFIX)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(dict.fromkeys(_type(each) for each in schema[word]))
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "enum" in schema:
        return " or ".join(f'"{each}"' for each in schema["enum"])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_type(schema['items'])}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _names(schema: Mapping[str, Any]) -> list[str]:
    """Returns the types that a body may have."""
    if "$ref" in schema:
        return [str(schema["$ref"]).removeprefix(PREFIX)]
    return [name for word in ("anyOf", "oneOf") for each in schema.get(word, ()) for name in _names(each)]
