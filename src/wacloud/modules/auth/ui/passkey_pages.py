"""Forms that `passkey.js` fills with what the browser made or signed."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.register_passkey import register_passkey
from wacloud.modules.auth.application.use_passkey import sign_in_by_passkey, step_up_by_passkey
from wacloud.modules.auth.domain.factor import SecondFactorExpired
from wacloud.modules.auth.ui.account_api import session_of
from wacloud.modules.auth.ui.factor_pages import Fresh, Next, Text, Whoever, confirm_again, second_step_again
from wacloud.modules.auth.ui.pages import entered, login_again
from wacloud.modules.auth.ui.security_pages import security_page
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import public
from wacloud.shared.ui.same_site import own_path, refuse_cross_site

LARGEST_FORM = 64 * 1024
Credential = Annotated[str, Form(max_length=32_000)]


def routes(deps: AuthDeps) -> APIRouter:
    """The pages."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    @router.post("/login/passkey", dependencies=[public()])
    async def login(request: Request, credential: Credential = "", token: Text = "", next_path: Next = "/") -> Response:
        """By a passkey alone, or as the second step where `token` is of a sign-in that waits."""
        refuse_cross_site(request)
        following = own_path(next_path)
        try:
            entrance = await sign_in_by_passkey(deps, credential, caller_of(request), secret=token, for_program=False)
        except AppError as refusal:
            if token and not isinstance(refusal, SecondFactorExpired):
                return await second_step_again(deps, request, refusal, token, following)
            return login_again(request, following, refusal)
        return entered(request, deps, entrance, following)

    @router.post("/security/confirm/passkey")
    async def confirm(
        request: Request, person: Whoever, credential: Credential = "", next_path: Next = "/"
    ) -> Response:
        following = own_path(next_path)
        try:
            await step_up_by_passkey(deps, person.user_id, session_of(person), credential, caller_of(request))
        except AppError as refusal:
            return await confirm_again(deps, request, person, refusal, following)
        return RedirectResponse(following, 303)

    @router.post("/security/passkeys")
    async def add(request: Request, person: Fresh, name: Text = "", credential: Credential = "") -> Response:
        try:
            await register_passkey(deps, person.user_id, session_of(person), name, credential, caller_of(request))
        except AppError as refusal:
            return await security_page(deps, request, person, refusal=refusal, refused="passkey")
        return RedirectResponse("/security?said=passkey_added", 303)

    return router
