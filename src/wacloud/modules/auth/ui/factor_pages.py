"""Pages of the second factor: the second step of a sign-in, the proof before what matters, and setting one up."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.auth.application.backup_codes import make_backup_codes, save_backup_codes
from wacloud.modules.auth.application.enrol_factor import enrol_factor, pending_enrolment
from wacloud.modules.auth.application.finish_sign_in import find_waiting, finish_sign_in
from wacloud.modules.auth.application.list_factors import ways_to_prove
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.remove_factor import remove_all_factors, remove_factor
from wacloud.modules.auth.application.rename_factor import rename_factor
from wacloud.modules.auth.application.step_up import step_up
from wacloud.modules.auth.application.verify_factor import confirm_factor
from wacloud.modules.auth.domain.factor import FactorNotFound, SecondFactorExpired
from wacloud.modules.auth.ui.account_api import session_of
from wacloud.modules.auth.ui.pages import LARGEST_FORM, entered, login_again, refused
from wacloud.modules.auth.ui.qr import qr_svg
from wacloud.modules.auth.ui.security_pages import security_page
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Person, public, signed_in
from wacloud.shared.ui.pages import Shown, render
from wacloud.shared.ui.same_site import own_path, refuse_cross_site

Text = Annotated[str, Form()]
Next = Annotated[str, Form(alias="next")]
Whoever = Annotated[Person, signed_in()]
Fresh = Annotated[Person, signed_in(fresh=True)]


def routes(deps: AuthDeps) -> APIRouter:
    """The pages."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)
    _add_proofs(router, deps)
    _add_factors(router, deps)
    _add_codes(router, deps)
    return router


def _add_proofs(router: APIRouter, deps: AuthDeps) -> None:
    @router.post("/login/second-factor", dependencies=[public()])
    async def second_step(request: Request, token: Text = "", code: Text = "", next_path: Next = "/") -> Response:
        refuse_cross_site(request)
        following = own_path(next_path)
        try:
            entrance = await finish_sign_in(deps, token, code, caller_of(request))
        except SecondFactorExpired as refusal:
            return login_again(request, following, refusal)
        except AppError as refusal:
            return await second_step_again(deps, request, refusal, token, following)
        return entered(request, deps, entrance, following)

    @router.get("/security/confirm")
    async def confirm_page(request: Request, person: Whoever) -> Response:
        """Where somebody is led who asked for what takes a fresh proof."""
        following = own_path(request.query_params.get("next"))
        return render(
            request, "auth/confirm.html", **await _confirming(deps, person, following), refusal=None, member=None
        )

    @router.post("/security/confirm")
    async def confirm(
        request: Request, person: Whoever, code: Text = "", password: Text = "", next_path: Next = "/"
    ) -> Response:
        following = own_path(next_path)
        try:
            await step_up(deps, person.user_id, session_of(person), caller_of(request), code=code, password=password)
        except AppError as refusal:
            return await confirm_again(deps, request, person, refusal, following)
        return RedirectResponse(following, 303)


async def second_step_again(
    deps: AuthDeps, request: Request, refusal: AppError, token: str, following: str
) -> Response:
    """The form once more, while the first step counts."""
    try:
        waiting = await find_waiting(deps, token)
    except SecondFactorExpired as expired:
        return login_again(request, following, expired)
    kinds = await ways_to_prove(deps, waiting.user_id)
    return refused(request, "auth/second_factor.html", refusal, following=following, token=token, kinds=kinds)


async def confirm_again(
    deps: AuthDeps, request: Request, person: Person, refusal: AppError, following: str
) -> Response:
    """The form once more."""
    return refused(request, "auth/confirm.html", refusal, **await _confirming(deps, person, following))


async def _confirming(deps: AuthDeps, person: Person, following: str) -> dict[str, Any]:
    return {
        "following": following,
        "kinds": await ways_to_prove(deps, person.user_id),
        "email": person.email,
    }


def _add_factors(router: APIRouter, deps: AuthDeps) -> None:
    @router.post("/security/apps")
    async def enrol(request: Request, person: Fresh, name: Text = "") -> Response:
        """The page with the QR code; its secret is shown until the app is confirmed, and never again."""
        try:
            made = await enrol_factor(deps, person.user_id, session_of(person), name, caller_of(request))
        except AppError as refusal:
            return await security_page(deps, request, person, refusal=refusal, refused="app")
        return render(
            request,
            "auth/enrol.html",
            member=_shown(person),
            enrolment=made,
            qr_code=qr_svg(made.uri),
            refusal=None,
        )

    @router.post("/security/apps/{factor_id}/confirm")
    async def confirm(request: Request, person: Fresh, factor_id: UUID, code: Text = "") -> Response:
        try:
            await confirm_factor(deps, person.user_id, session_of(person), factor_id, code, caller_of(request))
        except FactorNotFound as refusal:
            return await security_page(deps, request, person, refusal=refusal, refused="app")
        except AppError as refusal:
            again = await pending_enrolment(deps, person.user_id, factor_id)
            return refused(
                request,
                "auth/enrol.html",
                refusal,
                member=_shown(person),
                enrolment=again,
                qr_code=qr_svg(again.uri),
            )
        return RedirectResponse("/security?said=totp_added", 303)

    @router.post("/security/factors/{factor_id}/rename")
    async def rename(request: Request, person: Whoever, factor_id: UUID, name: Text = "") -> Response:
        try:
            await rename_factor(deps, person.user_id, factor_id, name)
        except AppError as refusal:
            return await security_page(deps, request, person, refusal=refusal, refused="factors")
        return RedirectResponse("/security?said=renamed", 303)

    @router.post("/security/factors/{factor_id}/remove")
    async def remove(request: Request, person: Fresh, factor_id: UUID) -> Response:
        try:
            await remove_factor(deps, person.user_id, session_of(person), factor_id, caller_of(request))
        except AppError as refusal:
            return await security_page(deps, request, person, refusal=refusal, refused="factors")
        return RedirectResponse("/security?said=removed", 303)

    @router.post("/security/factors/off")
    async def off(request: Request, person: Fresh) -> Response:
        try:
            await remove_all_factors(deps, person.user_id, session_of(person), caller_of(request))
        except AppError as refusal:
            return await security_page(deps, request, person, refusal=refusal, refused="factors")
        return RedirectResponse("/security?said=off", 303)


def _add_codes(router: APIRouter, deps: AuthDeps) -> None:
    @router.post("/security/backup-codes")
    async def make(request: Request, person: Fresh) -> Response:
        """The codes, this once."""
        try:
            made = await make_backup_codes(deps, person.user_id, session_of(person), caller_of(request))
        except AppError as refusal:
            return await security_page(deps, request, person, refusal=refusal, refused="codes")
        return render(request, "auth/backup_codes.html", member=_shown(person), made=made)

    @router.post("/security/backup-codes/save")
    async def save(request: Request, person: Fresh, set_id: Annotated[UUID, Form()]) -> Response:
        try:
            await save_backup_codes(deps, person.user_id, set_id, caller_of(request))
        except AppError as refusal:
            return await security_page(deps, request, person, refusal=refusal, refused="codes")
        return RedirectResponse("/security?said=codes", 303)


def _shown(person: Person) -> Shown:
    return Shown(person.user_id, person.name, person.business_name, person.language)
