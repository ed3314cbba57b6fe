"""`/auth/v1` for whoever is not signed in: Supabase's Auth API over the use cases of this module."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import Headers

from wacloud.modules.auth.application.ask_magic_link import ask_magic_link
from wacloud.modules.auth.application.exchange_code import exchange_code
from wacloud.modules.auth.application.forgot_password import forgot_password
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.refresh_session import refresh_session
from wacloud.modules.auth.application.register import register
from wacloud.modules.auth.application.resend_sign_up import resend_sign_up
from wacloud.modules.auth.application.sign_in import sign_in
from wacloud.modules.auth.domain.asker import Asker, binding_of, challenge_of
from wacloud.modules.auth.domain.redirects import allowed_redirect
from wacloud.modules.auth.domain.secret import new_secret
from wacloud.modules.auth.ui.supabase_errors import Refused, SupabaseRoute, UnknownGrant
from wacloud.modules.auth.ui.supabase_shapes import (
    Challenge,
    Health,
    MagicLinkAsked,
    Metadata,
    Nothing,
    OtpAsked,
    RecoverAsked,
    ResendAsked,
    Settings,
    SignUp,
    SupabaseError,
    SupabaseSession,
    SupabaseUser,
    TokenAsked,
    session_of_claims,
    session_of_entrance,
    user_of,
)
from wacloud.modules.user.api import NameNotPossible, User, canonical_email, checked_name
from wacloud.shared.domain.ids import UserId, new_id
from wacloud.shared.ui.bodies import LARGEST_JSON
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import public
from wacloud.shared.ui.i18n import LANGUAGES, accepted_languages, best_language
from wacloud.shared.ui.limits import check_limit, limited

PREFIX = "/auth/v1"
TAG = "supabase"
# What a program gets when it signs somebody up, so that it can show at the verification that it was it.
SIGN_UP_COOKIE = "wacloud_sign_up"
_A_DAY = 24 * 3600

RedirectTo = Annotated[str | None, Query(max_length=1000)]


def told(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, for its `responses`."""
    return {status: {"model": SupabaseError} for status in (400, 429, 503, *statuses)}


def supabase_router() -> APIRouter:
    """A router of this API."""
    return APIRouter(prefix=PREFIX, route_class=SupabaseRoute, max_body_size=LARGEST_JSON, tags=[TAG])


def routes(deps: AuthDeps) -> APIRouter:
    """The routes for whoever is not signed in."""
    router = supabase_router()

    @router.post(
        "/signup",
        operation_id="supabase_sign_up",
        summary="Sign up",
        response_model=SupabaseUser,
        response_description="A mail is on its way. The user looks alike whether the address is known or not.",
        responses=told(),
        dependencies=[public(), limited("register")],
    )
    async def sign_up(body: SignUp, request: Request, response: Response, redirect_to: RedirectTo = None) -> object:
        """Make an account; a mail makes it usable. The id is this answer's alone: sign in to learn the real one."""
        request.state.sends_mail = True
        email = email_of(body.email, body.phone)
        if not body.password:
            raise Refused(400, "validation_failed", "Signup requires a valid password")
        cookie = new_secret()
        asker = asker_of(deps, body, redirect_to, binding=binding_of(cookie))
        name, language = name_of(body.data, email), language_of(body.data, request.headers)
        await register(
            deps,
            name=name,
            email=email,
            password=body.password,
            language=language,
            caller=caller_of(request),
            asker=asker,
        )
        response.headers["cache-control"] = "no-store"
        response.set_cookie(
            SIGN_UP_COOKIE,
            cookie,
            max_age=_A_DAY,
            path=f"{PREFIX}/verify",
            secure=deps.base_url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
        now = deps.clock()
        return user_of(User(UserId(new_id()), name, canonical_email(email), language, now), asked_at=now)

    @router.post(
        "/token",
        operation_id="supabase_token",
        summary="Get tokens",
        response_model=SupabaseSession,
        response_description="Tokens, and whose they are.",
        responses=told(403, 404),
        dependencies=[public()],
    )
    async def token(
        body: TokenAsked,
        request: Request,
        response: Response,
        grant_type: Annotated[str, Query(max_length=100)] = "",
    ) -> object:
        """By `password`, by `refresh_token`, or by the code of an opened link (`pkce`)."""
        response.headers["cache-control"] = "no-store"
        match grant_type:
            case "password":
                await check_limit(request, "login")
                return await _by_password(deps, body, request)
            case "refresh_token":
                await check_limit(request, "supabase_token")
                if not body.refresh_token:
                    raise Refused(400, "validation_failed", "refresh_token required")
                refreshed = await refresh_session(deps, body.refresh_token, caller_of(request))
                return await session_of_claims(deps, refreshed.user, refreshed.claims, refreshed.refresh_token)
            case "pkce":
                await check_limit(request, "supabase_token")
                if not body.auth_code or not body.code_verifier:
                    said = "invalid request: both auth code and code verifier should be non-empty"
                    raise Refused(400, "validation_failed", said)
                entrance = await exchange_code(deps, body.auth_code, body.code_verifier, caller_of(request))
                return await session_of_entrance(deps, entrance)
            case "id_token":
                raise Refused(400, "provider_disabled", "No provider is enabled here")
        raise UnknownGrant

    _add_mails(router, deps)
    _add_about(router, deps)
    return router


def _add_mails(router: APIRouter, deps: AuthDeps) -> None:
    @router.post(
        "/otp",
        operation_id="supabase_otp",
        summary="Mail a link and a code",
        response_model=Nothing,
        response_description="If somebody has this address or may get an account with it, a mail is on its way.",
        responses=told(),
        dependencies=[public(), limited("supabase_mail")],
    )
    async def otp(body: OtpAsked, request: Request, redirect_to: RedirectTo = None) -> object:
        """Mail a link and a code that sign in. An unknown address is answered alike."""
        request.state.sends_mail = True
        email = email_of(body.email, body.phone)
        await _mail_link(email, body, body.data, request, redirect_to, may_create=body.create_user)
        return Nothing()

    @router.post(
        "/magiclink",
        operation_id="supabase_magic_link",
        summary="Mail a link",
        response_model=Nothing,
        response_description="If somebody has this address, a mail is on its way.",
        responses=told(),
        dependencies=[public(), limited("supabase_mail")],
    )
    async def magic_link(body: MagicLinkAsked, request: Request, redirect_to: RedirectTo = None) -> object:
        """The older name of `/otp`, for people who have an account."""
        request.state.sends_mail = True
        await _mail_link(body.email, body, body.data, request, redirect_to, may_create=False)
        return Nothing()

    @router.post(
        "/recover",
        operation_id="supabase_recover",
        summary="Forgot the password",
        response_model=Nothing,
        response_description="If somebody has this address, a mail is on its way.",
        responses=told(),
        dependencies=[public(), limited("supabase_mail")],
    )
    async def recover(body: RecoverAsked, request: Request, redirect_to: RedirectTo = None) -> object:
        """Mail a link and a code that sign in, to choose another password. An unknown address is answered alike."""
        request.state.sends_mail = True
        await forgot_password(deps, body.email, caller_of(request), asker_of(deps, body, redirect_to))
        return Nothing()

    @router.post(
        "/resend",
        operation_id="supabase_resend",
        summary="Mail it again",
        response_model=Nothing,
        response_description="If a sign-up waits for this address, its mail is on its way again.",
        responses=told(),
        dependencies=[public(), limited("supabase_mail")],
    )
    async def resend(body: ResendAsked, request: Request) -> object:
        """The mail of a sign-up again. What changes an address is asked for again where one is signed in."""
        request.state.sends_mail = True
        if body.type != "signup":
            raise Refused(400, "validation_failed", "Only the mail of a sign-up can be sent again")
        await resend_sign_up(deps, email_of(body.email, body.phone), caller_of(request))
        return Nothing()

    async def _mail_link(
        email: str,
        challenge: Challenge,
        data: Metadata | None,
        request: Request,
        redirect_to: str | None,
        *,
        may_create: bool,
    ) -> None:
        await ask_magic_link(
            deps,
            email=email,
            name=name_of(data, email),
            language=language_of(data, request.headers),
            may_create=may_create,
            asker=asker_of(deps, challenge, redirect_to),
            caller=caller_of(request),
        )


def _add_about(router: APIRouter, deps: AuthDeps) -> None:
    @router.get(
        "/settings",
        operation_id="supabase_settings",
        summary="What is offered",
        response_model=Settings,
        response_description="The ways to sign in.",
        dependencies=[public()],
    )
    async def settings() -> object:
        """What a client may offer: e-mail addresses, and no other providers."""
        return Settings()

    @router.get(
        "/health",
        operation_id="supabase_health",
        summary="Whether it answers",
        response_model=Health,
        response_description="It does.",
        dependencies=[public()],
    )
    async def health(request: Request) -> object:
        """For clients that ask; `/readyz` says more."""
        return Health(version=request.app.version)

    @router.get(
        "/.well-known/jwks.json",
        operation_id="supabase_keys",
        summary="Public keys",
        response_description="A JSON Web Key Set (RFC 7517).",
        dependencies=[public()],
    )
    async def jwks(response: Response) -> dict[str, Any]:
        """The public keys of our tokens, where Supabase's clients look for them."""
        response.headers["cache-control"] = "public, max-age=600"
        return dict(deps.tokens.public_keys())

    @router.get(
        "/authorize",
        operation_id="supabase_authorize",
        summary="Sign in by a provider",
        status_code=400,
        response_model=SupabaseError,
        response_description="There is no provider here.",
        dependencies=[public()],
    )
    async def authorize(provider: Annotated[str, Query(max_length=100)] = "") -> None:
        """There are none: nobody else vouches for people here."""
        raise Refused(400, "validation_failed", "Unsupported provider: provider is not enabled")


async def _by_password(deps: AuthDeps, body: TokenAsked, request: Request) -> SupabaseSession:
    email = email_of(body.email, body.phone)
    return await session_of_entrance(
        deps, await sign_in(deps, email, body.password or "", caller_of(request), as_supabase=True)
    )


def email_of(email: str | None, phone: str | None) -> str:
    """:raises Refused: it is by telephone, or by nothing at all."""
    if email:
        return email
    if phone:
        raise Refused(400, "phone_provider_disabled", "Telephone numbers are not enabled here")
    raise Refused(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")


def name_of(data: Metadata | None, email: str) -> str:
    """What they call themselves, else what stands before the @."""
    for said in (data.name, data.full_name) if data else ():
        try:
            return checked_name(said or "")
        except NameNotPossible:
            continue
    return email.strip().partition("@")[0][:120] or "?"


def language_of(data: Metadata | None, headers: Headers) -> str:
    """The one they say, else what their program asks for."""
    said = data.language if data else None
    return said if said in LANGUAGES else best_language(*accepted_languages(headers.get("accept-language", "")))


def asker_of(deps: AuthDeps, body: Challenge, redirect_to: str | None, *, binding: str = "") -> Asker:
    """
    The program that asks. Where it wants to go on, if it may, else nowhere: as at Supabase that is no error.

    :raises Refused: its challenge is none.
    """
    challenge = body.code_challenge or ""
    if challenge:
        match (body.code_challenge_method or "").lower():
            case "s256" if 43 <= len(challenge) <= 128 and challenge.isascii():
                pass
            case "plain" if 43 <= len(challenge) <= 128 and challenge.isascii():
                # Kept as a hash all the same.
                challenge = challenge_of(challenge)
            case _:
                said = "code challenge has to be between 43 and 128 characters, its method s256 or plain"
                raise Refused(400, "validation_failed", said)
    return Asker(allowed_redirect(redirect_to, deps.base_url, deps.redirect_urls), challenge, binding)


def origins_of(redirect_urls: list[str]) -> list[str]:
    """The sites behind them, which browsers let call this API."""
    parts = [urlsplit(url) for url in redirect_urls]
    return sorted({f"{one.scheme}://{one.netloc}" for one in parts if one.scheme in ("http", "https")})
