"""The login page, and the way out."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.auth.application.identify import Identity, identify
from wacloud.modules.auth.application.let_in import Entrance, SecondFactorNeeded
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.sign_in import sign_in
from wacloud.modules.auth.application.sign_out import sign_out
from wacloud.modules.auth.domain.passkey import site_of
from wacloud.modules.auth.ui.cookie import drop_session, following_in, keep_following, keep_session, token_in
from wacloud.shared.domain.errors import AppError, NotSignedIn
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import public
from wacloud.shared.ui.limits import check_limit
from wacloud.shared.ui.pages import render
from wacloud.shared.ui.problems import problem_of_app_error
from wacloud.shared.ui.same_site import own_path, refuse_cross_site

LARGEST_FORM = 16 * 1024
VERIFY = "/verify-email"


def routes(deps: AuthDeps) -> APIRouter:
    """The pages of this module."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    @router.get("/login", dependencies=[public()])
    async def login_page(request: Request) -> Response:
        """The form; whoever is signed in already goes on."""
        following = following_in(request)
        who = await whoever(deps, request)
        # Whoever was removed from the business their session acts in begins another one.
        if who is not None and not who.is_removed:
            return _onwards(request, following, who.user.is_verified)
        return _form(request, following)

    @router.post("/login", dependencies=[public()])
    async def login(
        request: Request,
        email: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next_path: Annotated[str, Form(alias="next")] = "/",
    ) -> Response:
        """Let them in and on to where they wanted to go, ask for their second factor, or show the form again."""
        # Without this another site could sign a person in as somebody else.
        refuse_cross_site(request)
        following = own_path(next_path)
        await check_limit(request, "login")
        try:
            entrance = await sign_in(deps, email, password, caller_of(request), for_program=False)
        except AppError as refusal:
            return login_again(request, following, refusal, email[:254])
        if isinstance(entrance, SecondFactorNeeded):
            return second_step(request, entrance, following)
        return entered(request, deps, entrance, following)

    @router.post("/logout", dependencies=[public()])
    async def logout(request: Request) -> Response:
        """End the session, and forget this browser whatever became of it."""
        refuse_cross_site(request)
        who = await whoever(deps, request)
        if who is not None:
            await sign_out(deps, who.user.id, who.held.id, caller_of(request))
        response = RedirectResponse("/login", 303, {"cache-control": "no-store"})
        drop_session(request, response)
        return response

    return router


def second_step(request: Request, needed: SecondFactorNeeded, following: str) -> Response:
    """The form for it."""
    return render(
        request,
        "auth/second_factor.html",
        following=following,
        token=needed.token,
        kinds=needed.methods,
        refusal=None,
        member=None,
    )


def entered(request: Request, deps: AuthDeps, entrance: Entrance, following: str) -> Response:
    """On to where they wanted to go, with their cookie."""
    response = _onwards(request, following, entrance.user.is_verified)
    keep_session(request, response, deps, entrance)
    return response


async def whoever(deps: AuthDeps, request: Request) -> Identity | None:
    """Who looks at a page that anybody may see."""
    token = token_in(request)
    if not token:
        return None
    try:
        return await identify(deps, token, "session")
    except NotSignedIn:
        return None


def refused(request: Request, template: str, refusal: AppError, **context: object) -> Response:
    """The form again, with what was wrong."""
    problem = problem_of_app_error(refusal)
    response = render(request, template, problem.status, refusal=refusal.message, **{"member": None, **context})
    if problem.retry_after is not None:
        response.headers["retry-after"] = str(problem.retry_after)
    return response


def _onwards(request: Request, following: str, is_verified: bool) -> Response:
    response = RedirectResponse(following if is_verified else VERIFY, 303, {"cache-control": "no-store"})
    # Whoever has to prove their address first comes back here.
    keep_following(request, response, "/" if is_verified else following)
    return response


def login_again(request: Request, following: str, refusal: AppError, email: str = "") -> Response:
    """The form from the beginning: what was proved a while ago counts no more."""
    return refused(request, "auth/login.html", refusal, **_login(request, following, email))


def passkeys_possible(request: Request) -> bool:
    """Whether browsers allow them at our address."""
    return site_of(request.app.state.base_url) is not None


def _form(request: Request, following: str) -> Response:
    return render(request, "auth/login.html", **_login(request, following), refusal=None, member=None)


def _login(request: Request, following: str, email: str = "") -> dict[str, Any]:
    return {
        "following": following,
        "here": _here(following),
        "email": email,
        "passkeys": passkeys_possible(request),
    }


def _here(following: str) -> str:
    return "/login?" + urlencode({"next": following})
