"""
Every way a request can fail, as one answer: problem+json for programs, a page for people.

`install_errors` registers it all; without `render_error` everybody gets problem+json.
"""

import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wacloud.shared.application.db import StoreAway
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui import i18n, limits, pages
from wacloud.shared.ui.i18n import accepted_languages, best_language
from wacloud.shared.ui.problems import (
    Problem,
    problem_of_app_error,
    problem_of_fields,
    problem_of_status,
    problem_response,
)
from wacloud.shared.ui.same_site import own_path

log = structlog.get_logger(__name__)

# (language, message, **values)
Translate = Callable[..., str]
# (request, status, title, message, request_id) -> the page
RenderError = Callable[[Request, int, str, str, str], Response | Awaitable[Response]]

LOGIN_PATH = "/login"
VERIFY_PATH = "/verify-email"
STEP_UP_PATH = "/security/confirm"
FACTORS_PATH = "/security?said=demanded"
BUSINESSES_PATH = "/businesses"
STORE_AWAY_RETRY_S = 2
_API_PATHS = ("/api/", "/auth/v1/", "/.well-known/", "/metrics", "/healthz", "/readyz", "/openapi.json")


def install_errors(
    app: Any,
    *,
    translate: Translate = i18n.translate,
    render_error: RenderError | None = pages.render_error,
    unstorable: Sequence[type[Exception]] = (),
) -> None:
    """
    Register the handlers and the boundary that gives every request its id.

    :param unstorable: what the database's driver raises for a value no column takes: somebody sent it.
    """
    app.state.translate = translate
    app.state.render_error = render_error
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(StoreAway, _store_away)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    for kind in unstorable:
        app.add_exception_handler(kind, _unstorable)
    app.add_middleware(RequestBoundary)


class RequestBoundary:
    """
    Give every request an id, turn what nobody expected into a 500 that tells nothing, keep caches out.

    A NUL in an address is refused here for all: no column takes one, no person types one.

    The id is our own: one sent by a caller could be made to look like another request's in the logs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        has_started = False
        is_too_large = False

        async def send_with_id(message: Message) -> None:
            nonlocal has_started, is_too_large
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if message["status"] == 413 and headers.get("content-type", "").startswith("text/plain"):
                    # The framework's body limit answers before any handler of ours; its words are replaced below.
                    is_too_large = True
                    return
                has_started = True
                headers["x-request-id"] = request_id
                for name, value in state.get(limits.HEADERS, {}).items():
                    headers[name] = value
                if state.get("is_private") and "cache-control" not in headers:
                    headers["cache-control"] = "no-store"
            elif is_too_large:
                return
            await send(message)

        if b"%00" in scope.get("query_string", b"") or "\0" in scope["path"]:
            response = await _answer(Request(scope, receive), problem_of_status(422))
            await response(scope, receive, send_with_id)
            return
        started_at = time.perf_counter()
        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            log.exception(
                "request_failed",
                request_id=request_id,
                method=scope["method"],
                path=scope["path"],
                seconds=round(time.perf_counter() - started_at, 3),
            )
            if has_started:
                raise
            response = await _answer_for_bug(Request(scope, receive))
            await response(scope, receive, send_with_id)
            return
        if is_too_large:
            is_too_large = False
            response = await _answer(Request(scope, receive), problem_of_status(413))
            await response(scope, receive, send_with_id)


async def _app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    log.info(
        "request_refused",
        code=error.code,
        detail=error.detail,
        path=request.url.path,
        request_id=_id(request),
    )
    if error.kind == "unauthenticated" and (response := _to_login(request, error)):
        return response
    if error.code in ("no_business", "no_longer_member") and (response := _to_businesses(request, error)):
        return response
    if error.code == "step_up_required" and (response := _to(request, _step_up_url(request))):
        return response
    if error.code == "second_factor_demanded" and request.method == "GET" and (response := _to(request, FACTORS_PATH)):
        return response
    if error.code == "email_not_verified" and request.method == "GET" and wants_page(request):
        return RedirectResponse(VERIFY_PATH, 303, {"Cache-Control": "no-store"})
    return await _answer(request, problem_of_app_error(error))


async def _store_away(request: Request, error: Exception) -> Response:
    log.warning("store_away", error=str(error), path=request.url.path, request_id=_id(request))
    problem = problem_of_status(503)
    return await _answer(request, Problem(503, problem.code, problem.title, retry_after=STORE_AWAY_RETRY_S))


async def _unstorable(request: Request, error: Exception) -> Response:
    # Our own checks should have refused it first, so the log says where they did not.
    log.warning("value_unstorable", error=type(error).__name__, path=request.url.path, request_id=_id(request))
    return await _answer(request, problem_of_status(422))


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return await _answer(request, problem_of_fields(error.errors()))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=error.headers)
    return await _answer(request, problem_of_status(error.status_code), dict(error.headers or {}))


async def _answer_for_bug(request: Request) -> Response:
    problem = problem_of_status(500)
    try:
        return await _answer(request, problem)
    except Exception:
        # The bug may be in the very page that tells of bugs.
        log.exception("error_page_failed", request_id=_id(request))
        return problem_response(problem, translate=_as_written, request_id=_id(request), headers={})


async def _answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    headers = dict(headers or {})
    if problem.status == 401:
        came_with_token = "authorization" in request.headers
        headers["WWW-Authenticate"] = 'Bearer realm="wacloud"' + (', error="invalid_token"' if came_with_token else "")
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    language = language_of(request)
    translate = partial(request.app.state.translate, language)
    render: RenderError | None = request.app.state.render_error
    if render is not None and wants_page(request):
        heading = translate(problem_of_status(problem.status).title)
        page = render(request, problem.status, heading, translate(problem.title), _id(request))
        response = await page if isinstance(page, Awaitable) else page
        response.headers.update(headers)
        return response
    return problem_response(problem, translate=translate, request_id=_id(request), headers=headers)


def _as_written(message: str, **values: object) -> str:
    return message % values if values else message


def wants_page(request: Request) -> bool:
    """Whether this is a person's browser opening a page, rather than a program."""
    if request.url.path.startswith(_API_PATHS) or "authorization" in request.headers:
        return False
    return "text/html" in request.headers.get("accept", "")


def language_of(request: Request) -> str:
    """As the pages choose it; a program is also heard by its Accept-Language."""
    if wants_page(request):
        return pages.look_of(request).language
    asked = request.headers.get("accept-language", "")
    return best_language(getattr(request.state, "language", None), *accepted_languages(asked))


def _to_login(request: Request, error: AppError) -> Response | None:
    """Pages lead to the login and back. `invalid_credentials` is the login's own answer and stays."""
    if error.code != "not_signed_in" or request.url.path.startswith(_API_PATHS):
        return None
    if "hx-request" in request.headers:
        # htmx would put the login into a corner of the page: make the whole page go there.
        shown = urlsplit(request.headers.get("hx-current-url", ""))
        return Response(status_code=401, headers={"HX-Redirect": _login_url(shown.path, shown.query)})
    if request.method == "GET" and wants_page(request):
        return RedirectResponse(_login_url(request.url.path, request.url.query), 303, {"Cache-Control": "no-store"})
    return None


def _to_businesses(request: Request, error: AppError) -> Response | None:
    """Where a business is opened or chosen; the page says why, where somebody was taken out of the one they were in."""
    if request.url.path.startswith(_API_PATHS):
        return None
    place = BUSINESSES_PATH if error.code == "no_business" else f"{BUSINESSES_PATH}?said=removed"
    if "hx-request" in request.headers:
        return Response(status_code=403, headers={"HX-Redirect": place})
    if request.method == "GET" and wants_page(request):
        return RedirectResponse(place, 303, {"Cache-Control": "no-store"})
    return None


def _to(request: Request, place: str) -> Response | None:
    """A person's browser goes there, a program is answered."""
    if request.url.path.startswith(_API_PATHS):
        return None
    if "hx-request" in request.headers:
        return Response(status_code=403, headers={"HX-Redirect": place})
    return RedirectResponse(place, 303, {"Cache-Control": "no-store"}) if wants_page(request) else None


def _step_up_url(request: Request) -> str:
    """The page where people prove who they are, and from there back: after a form, to the page it stands on."""
    shown = request.url if request.method == "GET" else urlsplit(request.headers.get("referer", ""))
    following = own_path(f"{shown.path}?{shown.query}" if shown.query else shown.path)
    return f"{STEP_UP_PATH}?{urlencode({'next': following})}"


def _login_url(path: str, query: str) -> str:
    following = own_path(f"{path}?{query}" if query else path)
    return LOGIN_PATH if following == "/" else f"{LOGIN_PATH}?{urlencode({'next': following})}"


def _id(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))
