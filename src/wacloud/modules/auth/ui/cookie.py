"""The cookies of a browser: a token that names its session, and where somebody was going who has to sign up first."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from wacloud.modules.auth.application.let_in import Entrance
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.token import LIFETIMES
from wacloud.shared.ui.same_site import own_path, session_cookie

_FOLLOWING: Final = "wacloud_next"
_A_DAY: Final = 24 * 3600


def keep_session(request: Request, response: Response, deps: AuthDeps, entrance: Entrance) -> None:
    """It may live as long as any session can; the session may end before."""
    base_url: str = request.app.state.base_url
    response.set_cookie(
        session_cookie(base_url),
        deps.tokens.issue(entrance.claims, "session", deps.clock()),
        max_age=int(LIFETIMES["session"].total_seconds()),
        path="/",
        secure=base_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )


def drop_session(request: Request, response: Response) -> None:
    """Take it away."""
    base_url: str = request.app.state.base_url
    response.delete_cookie(
        session_cookie(base_url),
        path="/",
        secure=base_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )


def token_in(request: Request) -> str:
    """What it holds, or nothing."""
    return request.cookies.get(session_cookie(request.app.state.base_url), "")


def keep_following(request: Request, response: Response, following: str) -> None:
    """Between signing up and signing in lies a mailbox; an invitation must not be lost on the way."""
    secure = str(request.app.state.base_url).startswith("https://")
    if following == "/":
        if _FOLLOWING in request.cookies:
            response.delete_cookie(_FOLLOWING, path="/", secure=secure, httponly=True, samesite="lax")
    else:
        response.set_cookie(
            _FOLLOWING, following, max_age=_A_DAY, path="/", secure=secure, httponly=True, samesite="lax"
        )


def following_in(request: Request) -> str:
    """Where they go once they are in: what the address says, else where they were going before they signed up."""
    return own_path(request.query_params.get("next") or request.cookies.get(_FOLLOWING))
