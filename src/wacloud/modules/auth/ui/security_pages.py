"""`/security`: where somebody is signed in, their password, their address, and what else they prove themselves with."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.auth.application.change_email import change_email
from wacloud.modules.auth.application.change_password import change_password
from wacloud.modules.auth.application.identify import identify
from wacloud.modules.auth.application.list_factors import list_factors
from wacloud.modules.auth.application.list_sessions import list_sessions
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.revoke_session import revoke_session
from wacloud.modules.auth.application.sign_out import sign_out
from wacloud.modules.auth.application.switch_business import switch_business
from wacloud.modules.auth.ui.account_api import session_of
from wacloud.modules.auth.ui.browsers import browser_name
from wacloud.modules.auth.ui.cookie import token_in
from wacloud.modules.auth.ui.pages import LARGEST_FORM, passkeys_possible
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, SessionId
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Person, signed_in
from wacloud.shared.ui.i18n import N_
from wacloud.shared.ui.pages import Shown, render
from wacloud.shared.ui.problems import problem_of_app_error
from wacloud.shared.ui.same_site import own_path

SAID = {
    "password": N_("Your password was changed. All other browsers were signed out."),
    "email": N_("We have sent a link to the new address. It counts once you open it."),
    "ended": N_("That browser was signed out."),
    "others": N_("All other browsers were signed out."),
    "totp_added": N_(
        "From now on you are asked for a code when you sign in. Make backup codes too, for when your phone is gone."
    ),
    "passkey_added": N_(
        "Your passkey works from now on: it signs you in without a password. Make backup codes too, for when the device"
        " is gone."
    ),
    "removed": N_("It was removed. All other browsers were signed out."),
    "renamed": N_("It has its new name."),
    "off": N_("From now on your password is enough to sign in."),
    "codes": N_("Your backup codes work from now on; older ones do not."),
    "demanded": N_("The business you work in asks a second factor of everybody. Add one here to go on."),
}
Text = Annotated[str, Form()]
Whoever = Annotated[Person, signed_in()]
WithPassword = Annotated[Person, signed_in(fresh=True, with_password=True)]


def routes(deps: AuthDeps) -> APIRouter:
    """The pages for whoever is signed in and verified. The guard refuses forms that come from elsewhere."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    @router.get("/security")
    async def security(request: Request, person: Whoever) -> Response:
        return await security_page(deps, request, person, said=SAID.get(request.query_params.get("said", "")))

    @router.post("/security/password")
    async def password(request: Request, person: WithPassword, current: Text = "", new: Text = "") -> Response:
        try:
            await change_password(deps, person.user_id, session_of(person), current, new, caller_of(request))
        except AppError as refusal:
            return await security_page(deps, request, person, refusal=refusal, refused="password")
        return RedirectResponse("/security?said=password", 303)

    @router.post("/security/email")
    async def email(request: Request, person: WithPassword, current: Text = "", address: Text = "") -> Response:
        try:
            await change_email(deps, person.user_id, current, address, caller_of(request))
        except AppError as refusal:
            return await security_page(deps, request, person, refusal=refusal, refused="email", address=address[:254])
        return RedirectResponse("/security?said=email", 303)

    @router.post("/security/sessions/{session_id}/end")
    async def end(session_id: UUID, request: Request, person: Whoever) -> Response:
        await revoke_session(deps, person.user_id, SessionId(session_id), caller_of(request))
        return RedirectResponse("/security?said=ended", 303)

    @router.post("/security/sessions/end-others")
    async def end_others(request: Request, person: Whoever) -> Response:
        await sign_out(deps, person.user_id, session_of(person), caller_of(request), "others")
        return RedirectResponse("/security?said=others", 303)

    @router.post("/switch-business")
    async def switch(
        request: Request,
        person: Whoever,
        business_id: Annotated[UUID, Form()],
        next_path: Annotated[str, Form(alias="next")] = "/",
    ) -> Response:
        """Act in another of one's businesses, and go on there."""
        await switch_business(deps, person.user_id, session_of(person), BusinessId(business_id))
        return RedirectResponse(own_path(next_path), 303)

    return router


async def security_page(
    deps: AuthDeps,
    request: Request,
    person: Person,
    *,
    said: str | None = None,
    refusal: AppError | None = None,
    refused: str = "",
    address: str = "",
) -> Response:
    """The whole page; `refused` names the part of it that was refused."""
    found = await identify(deps, token_in(request), "session")
    place = found.membership
    shown = Shown(
        person.user_id,
        person.name,
        place.business_name if place else "",
        person.language,
        place.time_zone if place else None,
        found.has_others,
    )
    problem = problem_of_app_error(refusal) if refusal else None
    response = render(
        request,
        "auth/security.html",
        problem.status if problem else 200,
        member=shown,
        email=person.email,
        passkeys=passkeys_possible(request),
        second=await list_factors(deps, person.user_id),
        sessions=[(one, browser_name(one.user_agent)) for one in await list_sessions(deps, person.user_id)],
        here=person.session_id,
        said=said,
        refusal=refusal.message if refusal else None,
        refused=refused,
        address=address,
    )
    if problem is not None and problem.retry_after is not None:
        response.headers["retry-after"] = str(problem.retry_after)
    return response
