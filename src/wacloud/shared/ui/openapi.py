"""
What FastAPI's description of the API leaves out: who may ask, and how every refusal looks.

Who may use a route is read from the guard it has, so the description cannot say otherwise than the code.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from wacloud.shared.ui.caching import is_cacheable
from wacloud.shared.ui.declared import access_of
from wacloud.shared.ui.guard import Access, Public, Requires, SignedIn
from wacloud.shared.ui.idempotency import HEADER
from wacloud.shared.ui.permissions import WHILE_CLOSING
from wacloud.shared.ui.problems import CODE_OF

PROBLEM = "Problem"
MEDIA_TYPE = "application/problem+json"
_PROBLEM_CONTENT: Mapping[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}}
_NOTHING_SAID = "Successful Response"  # the framework's words where a route has none
_NOT_OURS = ("HTTPValidationError", "ValidationError")

_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key of a business, made at `/business/keys`, for a program; or the `access_token` "
    "(a JWT) that `POST /api/auth/login` answers with, for a person.",
}
_SCHEMA = {
    "title": "Problem",
    "description": "Why a request was not done (RFC 9457). `code` is stable and meant for programs.",
    "type": "object",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "`urn:wacloud:problem:` and the code."},
        "title": {"type": "string", "description": "A sentence in the language of whoever asks (es or en)."},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "request_id": {"type": "string", "description": "Finds the request in the logs."},
        "detail": {"type": "string"},
        "retry_after": {"type": "integer", "description": "Seconds after which it is worth another try."},
        "errors": {
            "type": "array",
            "description": "The fields that are missing or wrong; what was in them is never repeated.",
            "items": {
                "title": "FieldProblem",
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string", "description": "Its path in the body, or the parameter's name."},
                    "code": {"type": "string"},
                    "message": {"type": "string", "description": "In the language of whoever asks."},
                    "limit": {"type": "number", "description": "What the rule allows, where it has a limit."},
                    "offset": {
                        "type": "integer",
                        "description": "Where a body stops being JSON, in characters from its start.",
                    },
                },
            },
        },
    },
    # More fields belong to some codes, such as `closed_at` to `outside_service_window`.
    "additionalProperties": True,
}


def problems(*statuses: int, **codes: str) -> dict[int | str, dict[str, Any]]:
    """
    Refusals of a route's own, for its `responses`.

    `codes` are statuses with the code a program meets there: `problems(404, _409="outside_service_window")`.
    """
    told = {status: CODE_OF[status][0] for status in statuses}
    told |= {int(status.lstrip("_")): code for status, code in codes.items()}
    return {status: _refusal(status, code) for status, code in told.items()}


def install_description(app: FastAPI) -> None:
    """Make `app.openapi()` tell all of it."""
    plain = app.openapi

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(plain(), app)
        return plain()

    app.openapi = describe  # type: ignore[method-assign]


def _complete(description: dict[str, Any], app: FastAPI) -> None:
    components = description.setdefault("components", {})
    components["securitySchemes"] = {"bearer": _BEARER}
    schemas = components.setdefault("schemas", {})
    for name in _NOT_OURS:
        schemas.pop(name, None)
    schemas[PROBLEM] = _SCHEMA
    for context in iter_route_contexts(app.routes):
        for method in context.methods or ():
            operation = description["paths"].get(context.path, {}).get(method.lower())
            access = access_of(context)
            if operation is None or access is None:
                continue
            if is_cacheable(context):
                operation["responses"]["304"] = {"description": "What `If-None-Match` names has not changed."}
            # A route class may refuse in another form than ours.
            content = getattr(context.original_route, "refusal_content", _PROBLEM_CONTENT)
            _complete_operation(operation, access, content)


def _complete_operation(operation: dict[str, Any], access: Access, content: Mapping[str, Any]) -> None:
    refusals = operation["responses"]
    refusals.pop("422", None)
    for status in _by_itself(operation, access):
        refusals.setdefault(str(status), _refusal(status, CODE_OF[status][0], content))
    if access.fresh:
        told = "`step_up_required`: prove who you are again at `POST /api/auth/2fa/step-up` first."
        refusals["403"] = {**refusals["403"], "description": f"{refusals['403']['description']}; {told}"}
    if isinstance(access, Requires) and access.permission not in WHILE_CLOSING:
        refusals.setdefault("409", _refusal(409, "business_closing"))
    if any(parameter["name"] == HEADER for parameter in operation.get("parameters", ())):
        refusals.setdefault("409", _refusal(409, "idempotency_key_in_use"))
    for told in refusals.values():
        if told["description"] == _NOTHING_SAID:
            told["description"] = operation.get("description", operation["summary"]).partition("\n")[0]
    operation["responses"] = dict(sorted(refusals.items()))
    if not isinstance(access, Public):
        operation["security"] = [{"bearer": []}]


def _by_itself(operation: dict[str, Any], access: Access) -> Iterable[int]:
    """How a route of this kind refuses without a line of its own."""
    if not isinstance(access, Public):
        yield from (401, 503)
    if isinstance(access, Requires) or (isinstance(access, SignedIn) and not (access.unverified and access.awaiting)):
        yield 403
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", ())):
        yield 404
    if "requestBody" in operation:
        yield from (413, 415)
    if "requestBody" in operation or operation.get("parameters"):
        yield 422


def _refusal(status: int, code: str, content: Mapping[str, Any] = _PROBLEM_CONTENT) -> dict[str, Any]:
    return {
        "description": f"`{code}`: {CODE_OF[status][1]}" if code == CODE_OF[status][0] else f"`{code}`",
        "content": dict(content),
    }
