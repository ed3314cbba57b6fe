"""The cookie of a browser that is signed in: a token that names its session, out of reach of scripts."""

from fastapi import Request
from starlette.responses import Response

from wacloud.modules.auth.application.let_in import Entrance
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.token import LIFETIMES
from wacloud.shared.ui.guard import session_cookie


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
