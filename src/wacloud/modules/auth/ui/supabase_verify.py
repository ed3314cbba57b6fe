"""`/auth/v1/verify`, and the page that a mailed link opens where it goes on in a program."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from wacloud.modules.auth.application.enter_by_mail import enter_by_mail
from wacloud.modules.auth.application.find_mailed import Mailed, find_by_code, find_by_secret
from wacloud.modules.auth.application.let_in import SecondFactorNeeded
from wacloud.modules.auth.application.open_link import Opened, open_link
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.one_time import LinkNotGood, OneTimePurpose
from wacloud.modules.auth.domain.redirects import allowed_redirect
from wacloud.modules.auth.ui.pages import LARGEST_FORM, entered, refused, second_step
from wacloud.modules.auth.ui.supabase_api import SIGN_UP_COOKIE, RedirectTo, supabase_router, told
from wacloud.modules.auth.ui.supabase_errors import Refused, refusal_of
from wacloud.modules.auth.ui.supabase_shapes import SupabaseSession, VerifyAsked, session_of_entrance
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import find_person, public
from wacloud.shared.ui.limits import check_limit, limited
from wacloud.shared.ui.pages import render
from wacloud.shared.ui.same_site import refuse_cross_site

# The words of Supabase's API. A sign-up by code alone and one with a password differ in the mail, not in the word.
PURPOSES: Mapping[str, Sequence[OneTimePurpose]] = {
    "signup": ("verify_email", "magic_link"),
    "email": ("magic_link", "verify_email"),
    "magiclink": ("magic_link",),
    "recovery": ("reset_password",),
    "email_change": ("change_email",),
    "invite": (),
}
TYPES: Mapping[OneTimePurpose, str] = {
    "verify_email": "signup",
    "magic_link": "magiclink",
    "reset_password": "recovery",
    "change_email": "email_change",
}


def routes(deps: AuthDeps) -> APIRouter:
    """Both, and the page."""
    router = supabase_router()

    @router.post(
        "/verify",
        operation_id="supabase_verify",
        summary="Sign in by what was mailed",
        response_model=SupabaseSession,
        response_description="Tokens, and whose they are.",
        responses=told(403),
        dependencies=[public(), limited("supabase_verify")],
    )
    async def verify(body: VerifyAsked, request: Request, response: Response) -> object:
        """
        By `email` and `token`, the code; or by `token_hash`, the secret of the link. A new address is taken only where
        the person who asked for it is signed in.
        """
        caller, purposes = caller_of(request), _purposes(body.type, body.phone)
        secret = body.token_hash or ("" if body.email else body.token) or ""
        if secret:
            mailed = await find_by_secret(deps, secret, purposes, caller)
        elif body.email and body.token:
            mailed = await find_by_code(deps, body.email, body.token, purposes, caller)
        else:
            raise Refused(400, "validation_failed", "Verify requires a token or a token hash")
        if mailed.token.purpose == "change_email" and not await _is_theirs(request, mailed):
            raise LinkNotGood
        is_asker = mailed.asker.is_bound_to(request.cookies.get(SIGN_UP_COOKIE, ""))
        entrance = await enter_by_mail(deps, mailed, caller, is_asker=is_asker)
        response.headers["cache-control"] = "no-store"
        return await session_of_entrance(deps, entrance)

    @router.get(
        "/verify",
        operation_id="supabase_verify_link",
        summary="Sign in by a link",
        status_code=303,
        response_class=RedirectResponse,
        response_description="On to `redirect_to`: with a `code` for the program that asked, else with tokens.",
        responses=told(),
        dependencies=[public(), limited("supabase_verify")],
    )
    async def verify_link(
        request: Request,
        type_: Annotated[str, Query(alias="type", max_length=50)] = "",
        token: Annotated[str, Query(max_length=500)] = "",
        token_hash: Annotated[str, Query(max_length=500)] = "",
        redirect_to: RedirectTo = None,
    ) -> Response:
        """As a link in a mail of Supabase's own does. Ours lead to a page, where nothing happens until one says so."""
        onward = allowed_redirect(redirect_to, deps.base_url, deps.redirect_urls) or f"{deps.base_url}/"
        try:
            opened = await open_link(
                deps,
                token or token_hash,
                caller_of(request),
                purposes=_purposes(type_, None),
                cookie=request.cookies.get(SIGN_UP_COOKIE, ""),
                otherwise=onward,
            )
        except AppError as refusal:
            where = _with_error(onward, refusal)
        else:
            where = await _onward(deps, opened)
        return RedirectResponse(where, 303, {"cache-control": "no-store"})

    return router


async def _is_theirs(request: Request, mailed: Mailed) -> bool:
    person = await find_person(request)
    return person is not None and person.user_id == mailed.user.id


def _purposes(type_: str, phone: str | None) -> Sequence[OneTimePurpose]:
    if phone:
        raise Refused(400, "phone_provider_disabled", "Telephone numbers are not enabled here")
    if type_ not in PURPOSES:
        raise Refused(400, "validation_failed", "Verify requires a verification type")
    return PURPOSES[type_]


def page_routes(deps: AuthDeps) -> APIRouter:
    """The page of a link that goes on in a program, or signs this browser in. A GET changes nothing."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)
    template = "auth/magic_link.html"

    @router.get("/magic-link", dependencies=[public()])
    async def page(request: Request) -> Response:
        return render(request, template, token="", refusal=None, member=None)

    @router.post("/magic-link", dependencies=[public()])
    async def go_on(request: Request, token: Annotated[str, Form()] = "") -> Response:
        refuse_cross_site(request)
        try:
            await check_limit(request, "supabase_verify")
            opened = await open_link(deps, token, caller_of(request))
        except AppError as refusal:
            return refused(request, template, refusal, token=token[:500])
        if opened.redirect_to:
            # Not by a redirect: where a form may lead is limited to our own pages.
            return render(request, "auth/onward.html", onward=await _onward(deps, opened), member=None)
        if isinstance(opened.entrance, SecondFactorNeeded):
            return second_step(request, opened.entrance, "/")
        assert opened.entrance is not None
        return entered(request, deps, opened.entrance, "/")

    return router


async def _onward(deps: AuthDeps, opened: Opened) -> str:
    if opened.entrance is None:
        return _with_query(opened.redirect_to, {"code": opened.code})
    session = await session_of_entrance(deps, opened.entrance)
    parts = {
        "access_token": session.access_token,
        "expires_at": str(session.expires_at),
        "expires_in": str(session.expires_in),
        "refresh_token": session.refresh_token,
        "token_type": "bearer",
        "type": TYPES[opened.purpose],
    }
    return f"{opened.redirect_to.partition('#')[0]}#{urlencode(parts)}"


def _with_error(onward: str, error: AppError) -> str:
    """Both in the query and behind the #: which of them a client reads hangs on how it asked."""
    refusal = refusal_of(error)
    parts = {
        "error": "access_denied" if refusal.status < 500 else "temporarily_unavailable",
        "error_code": refusal.code,
        "error_description": refusal.message,
    }
    return f"{_with_query(onward, parts)}#{urlencode(parts)}"


def _with_query(url: str, more: Mapping[str, str]) -> str:
    split = urlsplit(url)
    query = urlencode([*parse_qsl(split.query, keep_blank_values=True), *more.items()])
    return urlunsplit((split.scheme, split.netloc, split.path, query, ""))
