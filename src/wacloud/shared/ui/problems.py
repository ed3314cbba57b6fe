"""
What a program reads when a request could not be done: problem+json (RFC 9457).

`code` is stable and meant for programs; `title` is a sentence in the language of whoever asks; `request_id`
finds the request in the logs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse

from wacloud.shared.domain.errors import AppError, Kind

STATUS_OF: Mapping[Kind, int] = {
    "invalid": 422,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "limit": 429,
    "unavailable": 503,
}

# What the framework answers by itself: unknown path, wrong method, a body that is too big ...
CODE_OF: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The request could not be understood."),
    401: ("not_signed_in", "Sign in to continue."),
    403: ("not_allowed", "You may not do this."),
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "This address does not take that method."),
    406: ("not_acceptable", "This address cannot answer in that form."),
    408: ("request_timeout", "The request took too long to arrive."),
    409: ("conflict", "Something else changed this in the meantime."),
    413: ("too_large", "That is more than this address takes."),
    415: ("unsupported_media_type", "This address takes JSON (Content-Type: application/json)."),
    422: ("invalid_request", "Some of what was sent is missing or wrong."),
    429: ("too_many_requests", "Too many requests; try again in a moment."),
    500: ("internal_error", "Something went wrong on our side."),
    503: ("unavailable", "The service cannot do this right now; try again in a moment."),
}

_RESERVED = frozenset({"type", "title", "status", "detail", "code", "request_id", "errors", "retry_after"})
_MOST_FIELDS = 50
_RETRY_AFTER = {503: 5}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that is missing or wrong. The value that came is never repeated: it may be a secret."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request was not done."""

    status: int
    code: str
    title: str
    detail: str | None = None
    errors: tuple[FieldError, ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)
    retry_after: int | None = None


def problem_of_app_error(error: AppError) -> Problem:
    """An outcome we expect, as its class tells it."""
    status = STATUS_OF[error.kind]
    retry_after = error.fields.get("retry_after")
    return Problem(
        status=status,
        code=error.code,
        title=error.message,
        # Why exactly somebody was not let in is for the log, not for them.
        detail=error.detail if error.kind != "unauthenticated" else None,
        more={name: value for name, value in error.fields.items() if name not in _RESERVED},
        retry_after=int(retry_after) if isinstance(retry_after, int | float) else (5 if status == 503 else None),
    )


def problem_of_status(status: int) -> Problem:
    """What the framework refuses by itself."""
    code, title = CODE_OF.get(status) or CODE_OF[500 if status >= 500 else 400]
    return Problem(status=status, code=code, title=title)


def problem_of_fields(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """Fields that do not fit, from a validator's list."""
    fields = [
        FieldError(
            field=".".join(str(part) for part in error.get("loc", ())[1:])[:200] or "body",
            code=str(error.get("type", "invalid")),
            message=str(error.get("msg", ""))[:300],
        )
        for error, _ in zip(errors, range(_MOST_FIELDS), strict=False)
    ]
    code, title = CODE_OF[422]
    return Problem(status=422, code=code, title=title, errors=tuple(fields))


def problem_response(problem: Problem, *, title: str, request_id: str, headers: Mapping[str, str]) -> JSONResponse:
    """The answer; `title` is the problem's title in the reader's language."""
    content: dict[str, object] = {
        "type": f"urn:wacloud:problem:{problem.code}",
        "title": title,
        "status": problem.status,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.detail:
        content["detail"] = problem.detail
    if problem.errors:
        content["errors"] = [
            {"field": error.field, "code": error.code, "message": error.message} for error in problem.errors
        ]
    if problem.retry_after is not None:
        content["retry_after"] = problem.retry_after
    content |= {name: _plain(value) for name, value in problem.more.items()}
    return JSONResponse(content, problem.status, headers, media_type="application/problem+json")


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
