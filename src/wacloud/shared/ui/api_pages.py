"""`/docs`: the description of the API for people, drawn from `/openapi.json` with nothing fetched from elsewhere."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from wacloud.shared.ui.guard import public
from wacloud.shared.ui.pages import render

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a program may ask for."""

    method: str
    path: str
    title: str
    text: str
    parameters: tuple[Mapping[str, Any], ...]
    body: str | None
    answers: tuple[tuple[str, str, str | None], ...]


def routes(describe: Callable[[], dict[str, Any]]) -> APIRouter:
    """`GET /docs`. `describe` returns the OpenAPI description."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs", dependencies=[public()])
    async def docs(request: Request) -> Response:
        description = describe()
        return render(request, "api.html", info=description["info"], groups=_groups(description))

    return router


def _groups(description: dict[str, Any]) -> dict[str, list[Operation]]:
    groups: dict[str, list[Operation]] = {}
    for path, item in description["paths"].items():
        for method in METHODS:
            if method in item:
                told = item[method]
                group = (told.get("tags") or ["other"])[0]
                groups.setdefault(group, []).append(_operation(description, method, path, told))
    return groups


def _operation(description: dict[str, Any], method: str, path: str, told: dict[str, Any]) -> Operation:
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return Operation(
        method.upper(),
        path,
        told.get("summary", ""),
        told.get("description", ""),
        tuple(told.get("parameters", ())),
        _as_text(_resolved(description, body)) if body else None,
        tuple(
            (status, answer.get("description", ""), _shape(description, answer))
            for status, answer in told.get("responses", {}).items()
        ),
    )


def _shape(description: dict[str, Any], answer: dict[str, Any]) -> str | None:
    # Refusals look all the same, and say in words what they mean.
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    return _as_text(_resolved(description, schema)) if schema else None


def _as_text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _resolved(description: dict[str, Any], schema: Any, depth: int = 0) -> Any:
    """A schema as an example a person can read: its own example where it has one, else its names and kinds."""
    if not isinstance(schema, dict) or depth > 6:
        return "…"
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(description, description["components"]["schemas"].get(name), depth + 1)
    if schema.get("examples"):
        return schema["examples"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _resolved(description, schema[choice][0], depth + 1)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return [_resolved(description, schema.get("items"), depth + 1)]
    if schema.get("type") == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        return {name: _resolved(description, part, depth + 1) for name, part in properties.items()}
    return f"{schema.get('type', 'any')}{': ' + schema['format'] if 'format' in schema else ''}"
