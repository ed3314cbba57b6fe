"""Pages at the door: sign up, confirm an address, forgot and reset a password. A GET changes nothing."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.auth.application.confirm_email import confirm_email
from wacloud.modules.auth.application.forgot_password import forgot_password
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.register import register
from wacloud.modules.auth.application.resend_verification import resend_verification
from wacloud.modules.auth.application.reset_password import reset_password
from wacloud.modules.auth.application.verify_email import Holder, verify_code, verify_email
from wacloud.modules.auth.ui.account_api import session_of
from wacloud.modules.auth.ui.cookie import keep_following
from wacloud.modules.auth.ui.pages import LARGEST_FORM, refused, whoever
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Person, public, signed_in
from wacloud.shared.ui.i18n import N_
from wacloud.shared.ui.limits import check_limit
from wacloud.shared.ui.pages import look_of, render
from wacloud.shared.ui.same_site import own_path, refuse_cross_site

SENT = "auth/sent.html"
DONE = "auth/done.html"
CHECK_YOUR_MAIL = N_("Look into your mailbox")
SIGNED_UP = N_("We have sent you a mail. Open its link to finish.")
RESET_SENT = N_("If there is an account with this address, it gets a mail with a link to a new password.")
PASSWORD_SET = N_("Your new password counts from now on. You were signed out everywhere.")
ADDRESS_CONFIRMED = N_("Your e-mail address is confirmed.")

Text = Annotated[str, Form()]


def routes(deps: AuthDeps) -> APIRouter:
    """The pages for whoever is not signed in, or not verified."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    _add_sign_up(router, deps)

    @router.get("/forgot-password", dependencies=[public()])
    async def forgot_page(request: Request) -> Response:
        return render(request, "auth/forgot.html", email="", refusal=None, member=None)

    @router.post("/forgot-password", dependencies=[public()])
    async def forgot(request: Request, email: Text = "") -> Response:
        refuse_cross_site(request)
        try:
            await forgot_password(deps, email, caller_of(request))
        except AppError as refusal:
            return refused(request, "auth/forgot.html", refusal, email=email[:254])
        return _told(request, SENT, CHECK_YOUR_MAIL, RESET_SENT)

    @router.get("/reset-password", dependencies=[public()])
    async def reset_page(request: Request) -> Response:
        return render(request, "auth/reset.html", token="", refusal=None, member=None)

    @router.post("/reset-password", dependencies=[public()])
    async def reset(request: Request, token: Text = "", password: Text = "") -> Response:
        refuse_cross_site(request)
        try:
            await reset_password(deps, token, password, caller_of(request))
        except AppError as refusal:
            return refused(request, "auth/reset.html", refusal, token=token[:500])
        return _told(request, DONE, N_("Password changed"), PASSWORD_SET)

    @router.get("/verify-email", dependencies=[public()])
    async def verify_page(request: Request) -> Response:
        return await _verify_form(request)

    @router.post("/verify-email", dependencies=[public()])
    async def verify(request: Request, token: Text = "", password: Text = "", code: Text = "") -> Response:
        """By the link's secret, or by the code where they are signed in."""
        refuse_cross_site(request)
        who = await whoever(deps, request)
        holder = Holder(who.user.id, who.held.id) if who else None
        onward = ""
        try:
            if holder is not None and code and not token:
                await verify_code(deps, holder, code, caller_of(request))
            else:
                onward = await verify_email(deps, token, caller_of(request), password=password, holder=holder)
        except AppError as refusal:
            return await _verify_form(request, token=token[:500], refusal=refusal)
        return _told(request, DONE, N_("Confirmed"), ADDRESS_CONFIRMED, onward)

    @router.post("/verify-email/resend")
    async def resend(request: Request, person: Annotated[Person, signed_in(unverified=True)]) -> Response:
        try:
            await resend_verification(deps, person.user_id, caller_of(request))
        except AppError as refusal:
            return await _verify_form(request, refusal=refusal)
        return RedirectResponse("/verify-email", 303)

    @router.get("/confirm-email")
    async def confirm_page(request: Request, person: Annotated[Person, signed_in()]) -> Response:
        return render(request, "auth/confirm_email.html", token="", refusal=None, member=None)

    @router.post("/confirm-email")
    async def confirm(request: Request, person: Annotated[Person, signed_in()], token: Text = "") -> Response:
        try:
            session_of(person)
            await confirm_email(deps, person.user_id, token, caller_of(request))
        except AppError as refusal:
            return refused(request, "auth/confirm_email.html", refusal, token=token[:500])
        return _told(request, DONE, N_("Confirmed"), ADDRESS_CONFIRMED)

    async def _verify_form(request: Request, *, token: str = "", refusal: AppError | None = None) -> Response:
        who = await whoever(deps, request)
        waiting = who.user if who and not who.user.is_verified else None
        if refusal is not None:
            return refused(request, "auth/verify.html", refusal, token=token, waiting=waiting)
        return render(request, "auth/verify.html", refusal=None, member=None, token=token, waiting=waiting)

    return router


def _add_sign_up(router: APIRouter, deps: AuthDeps) -> None:
    @router.get("/signup", dependencies=[public()])
    async def sign_up_page(request: Request) -> Response:
        following = own_path(request.query_params.get("next"))
        return render(request, "auth/signup.html", name="", email="", following=following, refusal=None, member=None)

    @router.post("/signup", dependencies=[public()])
    async def sign_up(
        request: Request,
        name: Text = "",
        email: Text = "",
        password: Text = "",
        next_path: Annotated[str, Form(alias="next")] = "/",
    ) -> Response:
        """Everybody who typed something possible is told the same."""
        refuse_cross_site(request)
        following = own_path(next_path)
        await check_limit(request, "register")
        language = look_of(request).language
        try:
            await register(
                deps, name=name, email=email, password=password, language=language, caller=caller_of(request)
            )
        except AppError as refusal:
            return refused(
                request, "auth/signup.html", refusal, name=name[:120], email=email[:254], following=following
            )
        response = _told(request, SENT, CHECK_YOUR_MAIL, SIGNED_UP)
        keep_following(request, response, following)
        return response


def _told(request: Request, template: str, heading: str, sentence: str, onward: str = "") -> Response:
    return render(request, template, heading=heading, sentence=sentence, onward=onward or "/login", member=None)
