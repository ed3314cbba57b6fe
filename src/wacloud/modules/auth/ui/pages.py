"""The login page, and the way out."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.auth.application.identify import identify_person
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.sign_in import sign_in
from wacloud.modules.auth.domain.credential import InvalidCredentials
from wacloud.modules.auth.domain.token import LIFETIMES
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.ui.guard import own_path, public, refuse_cross_site, session_cookie
from wacloud.shared.ui.limits import check_limit
from wacloud.shared.ui.pages import render

LARGEST_FORM = 16 * 1024


def routes(deps: AuthDeps) -> APIRouter:
    """The pages of this module."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    @router.get("/login", dependencies=[public()])
    async def login_page(request: Request) -> Response:
        """The form; whoever is signed in already goes on."""
        following = own_path(request.query_params.get("next"))
        token = request.cookies.get(session_cookie(request.app.state.base_url), "")
        if token:
            try:
                await identify_person(deps, token, "session")
            except NotSignedIn:
                pass
            else:
                return RedirectResponse(following, 303)
        return _form(request, following)

    @router.post("/login", dependencies=[public()])
    async def login(
        request: Request,
        email: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next_path: Annotated[str, Form(alias="next")] = "/",
    ) -> Response:
        """Let them in and on to where they wanted to go, or show the form again."""
        # Without this another site could sign a person in as somebody else.
        refuse_cross_site(request)
        following = own_path(next_path)
        await check_limit(request, "login")
        try:
            entrance = await sign_in(deps, email, password)
        except InvalidCredentials as refusal:
            return _form(request, following, email=email, refusal=refusal.message, status_code=401)
        base_url: str = request.app.state.base_url
        response = RedirectResponse(following, 303, {"cache-control": "no-store"})
        response.set_cookie(
            session_cookie(base_url),
            deps.tokens.issue(entrance.claims, "session", deps.clock()),
            max_age=int(LIFETIMES["session"].total_seconds()),
            path="/",
            secure=base_url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
        return response

    @router.post("/logout", dependencies=[public()])
    async def logout(request: Request) -> Response:
        """Forget this browser."""
        refuse_cross_site(request)
        base_url: str = request.app.state.base_url
        response = RedirectResponse("/login", 303, {"cache-control": "no-store"})
        response.delete_cookie(
            session_cookie(base_url),
            path="/",
            secure=base_url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
        return response

    return router


def _form(
    request: Request, following: str, *, email: str = "", refusal: str | None = None, status_code: int = 200
) -> Response:
    return render(
        request,
        "auth/login.html",
        status_code,
        following=following,
        here="/login?" + urlencode({"next": following}),
        email=email[:254],
        refusal=refusal,
        member=None,
    )
