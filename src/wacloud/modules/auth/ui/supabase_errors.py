"""How `/auth/v1` refuses: in the words of Supabase's Auth API, which its clients read and programs compare."""

import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from wacloud.modules.auth.domain.session import ALREADY_USED, SESSION_ENDED
from wacloud.shared.application.db import StoreAway
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.bodies import StrictJsonRoute
from wacloud.shared.ui.openapi import MEDIA_TYPE, PROBLEM
from wacloud.shared.ui.problems import problem_of_app_error, problem_of_status

log = structlog.get_logger()

VERSION_HEADER = "x-supabase-api-version"
# From this version on a refusal is {code, message}; before, {code: status, error_code, msg}.
VERSION = "2024-01-01"
_RETRY_S = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status, a code for programs and a sentence for people."""

    status: int
    code: str
    message: str
    reasons: tuple[str, ...] = ()


class Refused(Exception):
    """A request that can be refused without asking the rest of the house."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(status, code, message)


class UnknownGrant(Exception):
    """The one refusal that is told as OAuth 2.0 tells it."""


_INVALID = "validation_failed"
_REFUSALS: Mapping[str, Refusal] = {
    "invalid_credentials": Refusal(400, "invalid_credentials", "Invalid login credentials"),
    "wrong_password": Refusal(400, "invalid_credentials", "Current password is wrong"),
    "email_not_confirmed": Refusal(400, "email_not_confirmed", "Email not confirmed"),
    "email_not_verified": Refusal(403, "email_not_confirmed", "Email not confirmed"),
    "link_not_good": Refusal(403, "otp_expired", "Token has expired or is invalid"),
    "email_not_possible": Refusal(400, _INVALID, "Unable to validate email address: invalid format"),
    "password_length": Refusal(422, "weak_password", "Password should be 8 to 512 characters long", ("length",)),
    "password_too_common": Refusal(
        422,
        "weak_password",
        "Password is known to be weak and easy to guess, please choose a different one",
        ("pwned",),
    ),
    "password_is_a_name": Refusal(
        422, "weak_password", "Password is a name that is easy to guess, please choose a different one", ("characters",)
    ),
    "same_password": Refusal(422, "same_password", "New password should be different from the old password."),
    "reauthentication_needed": Refusal(400, "reauthentication_needed", "This update requires reauthentication"),
    "flow_state_not_found": Refusal(404, "flow_state_not_found", "invalid flow state, no valid flow state found"),
    "bad_code_verifier": Refusal(
        400, "bad_code_verifier", "code challenge does not match previously saved code verifier"
    ),
    "step_up_required": Refusal(403, "reauthentication_needed", "This takes a sign-in of the last minutes"),
    "second_factor_required": Refusal(403, "insufficient_aal", "AAL2 session is required: verify a factor first"),
    "stronger_session_needed": Refusal(422, "insufficient_aal", "AAL2 required: verify a factor first"),
    "factor_not_found": Refusal(404, "mfa_factor_not_found", "Factor not found"),
    "too_many_factors": Refusal(422, "too_many_enrolled_mfa_factors", "Maximum number of factors reached"),
    "code_not_good": Refusal(422, "mfa_verification_failed", "Invalid TOTP code entered"),
    "too_many_requests": Refusal(429, "over_request_rate_limit", "Request rate limit reached"),
}
_REFRESH: Mapping[str | None, Refusal] = {
    None: Refusal(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found"),
    ALREADY_USED: Refusal(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used"),
    SESSION_ENDED: Refusal(400, "session_expired", "Invalid Refresh Token: Session Expired"),
}
_NO_TOKEN = Refusal(401, "no_authorization", "This endpoint requires a valid Bearer token")
_BAD_TOKEN = Refusal(403, "bad_jwt", "invalid JWT: unable to parse or verify signature")
_SESSION_GONE = Refusal(403, "session_not_found", "Session from session_id claim in JWT does not exist")
_MAILS = Refusal(429, "over_email_send_rate_limit", "email rate limit exceeded")
_AWAY = Refusal(503, "unexpected_failure", "The service cannot do this right now; try again in a moment.")


class SupabaseRoute(StrictJsonRoute):
    """The route class of `/auth/v1`. Its bodies ignore fields nobody here knows: clients send what servers may want."""

    # For the description: a body beyond all limits is refused before any route sees it, as everywhere.
    refusal_content: Mapping[str, Any] = {
        "application/json": {"schema": {"$ref": "#/components/schemas/SupabaseError"}},
        MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}},
    }

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except UnknownGrant:
                grant = {"error": "unsupported_grant_type", "error_description": "unsupported grant type"}
                return JSONResponse(grant, 400, {"x-sb-error-code": "unsupported_grant_type"})
            except (AppError, Refused, StoreAway, RequestValidationError, HTTPException) as error:
                return _refused(request, error)

        return answer


def refusal_of(error: Exception, *, has_token: bool = True, sends_mail: bool = False) -> Refusal:
    """What Supabase calls it; what it has no word for keeps ours."""
    match error:
        case Refused():
            return error.refusal
        case RequestValidationError():
            is_json = all(one["type"] != "json_invalid" for one in error.errors())
            fields = ", ".join(sorted({str(part) for one in error.errors() for part in one["loc"][1:2]}))
            return (
                Refusal(400, _INVALID, f"Could not validate: {fields}"[:300])
                if is_json
                else Refusal(400, "bad_json", "Could not parse request body as JSON")
            )
        case HTTPException():
            problem = problem_of_status(error.status_code)
            return Refusal(error.status_code, "bad_json" if error.status_code == 415 else problem.code, problem.title)
        case AppError(code="refresh_token_not_good"):
            return _REFRESH.get(error.detail, _REFRESH[None])
        case AppError(kind="unauthenticated") if error.code not in _REFUSALS:
            gone = _SESSION_GONE if error.detail == SESSION_ENDED else _BAD_TOKEN
            return gone if has_token else _NO_TOKEN
        case AppError(code="too_many_tries"):
            return _MAILS if sends_mail else _REFUSALS["too_many_requests"]
        case AppError(kind="unavailable"):
            return _AWAY
        case AppError():
            status = problem_of_app_error(error).status
            told = Refusal(400 if status == 422 else status, error.code, error.message)
            return _REFUSALS.get(error.code, told)
    return _AWAY


def _refused(request: Request, error: Exception) -> Response:
    has_token = "authorization" in request.headers or bool(request.cookies)
    refusal = refusal_of(error, has_token=has_token, sends_mail=getattr(request.state, "sends_mail", False))
    log.info(
        "request_refused",
        code=refusal.code,
        path=request.url.path,
        request_id=getattr(request.state, "request_id", ""),
    )
    headers = {"x-sb-error-code": refusal.code}
    if refusal.status == 429:
        wait = getattr(error, "fields", {}).get("retry_after", _RETRY_S)
        headers["retry-after"] = str(wait)
    elif refusal.status == 503:
        headers["retry-after"] = str(_RETRY_S)
    content: dict[str, Any]
    asked = request.headers.get(VERSION_HEADER, "")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", asked) and asked >= VERSION:
        headers[VERSION_HEADER] = VERSION
        content = {"code": refusal.code, "message": refusal.message}
    else:
        content = {"code": refusal.status, "error_code": refusal.code, "msg": refusal.message}
    if refusal.reasons:
        content["weak_password"] = {"reasons": refusal.reasons}
    return JSONResponse(content, refusal.status, headers)
