"""`/api/auth/...` for whoever is not signed in yet, and the keys others verify our tokens with."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.auth.application.forgot_password import forgot_password
from wacloud.modules.auth.application.let_in import Entrance, SecondFactorNeeded
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.refresh_session import refresh_session
from wacloud.modules.auth.application.register import register
from wacloud.modules.auth.application.reset_password import reset_password
from wacloud.modules.auth.application.sign_in import sign_in
from wacloud.modules.auth.application.verify_email import verify_email
from wacloud.modules.auth.domain.credential import LONGEST_PASSWORD
from wacloud.modules.auth.domain.token import LIFETIMES, Claims
from wacloud.modules.user.api import User
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import public
from wacloud.shared.ui.limits import limited
from wacloud.shared.ui.openapi import problems

# What more an address or a new password must be is for the domain to say, in its own words.
Email = Annotated[str, Field(max_length=254, json_schema_extra={"format": "email"})]
Password = Annotated[str, Field(max_length=LONGEST_PASSWORD)]
Secret = Annotated[str, Field(max_length=500)]


class Asked(BaseModel):
    """A body that may hold its own fields only."""

    model_config = ConfigDict(extra="forbid")


class Login(Asked):
    """What somebody signs in with."""

    email: Email
    password: Password


class Register(Asked):
    """What somebody signs up with."""

    name: Annotated[str, Field(max_length=500)]
    email: Email
    password: Password
    language: Literal["es", "en"] = "es"


class Refresh(Asked):
    """The refresh token of the last answer."""

    refresh_token: Secret


class ForgotPassword(Asked):
    """Whose password it is."""

    email: Email


class ResetPassword(Asked):
    """The secret of the mailed link, and the new password."""

    token: Secret
    password: Password


class VerifyEmail(Asked):
    """The secret of the mailed link, and the password typed at sign-up."""

    token: Secret
    password: Password


class LoggedInUser(BaseModel):
    """Who signed in."""

    id: UUID
    name: str
    email: str
    email_verified: bool


class LoginAnswer(BaseModel):
    """
    A token for the Authorization header, and the business it is for.

    `refresh_token` gets the next pair of tokens, once.
    """

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    refresh_token: str
    user: LoggedInUser
    business_id: UUID | None


class SecondFactorAsked(BaseModel):
    """
    The password was right, and this person has a second factor. `second_factor_token` is good for
    `POST /api/auth/2fa/verify` alone, for five minutes.
    """

    second_factor_required: Literal[True] = True
    second_factor_token: str
    kinds: list[Literal["totp", "passkey", "backup_code"]]


class CheckYourMail(BaseModel):
    """What happens next is in a mail, whoever the address belongs to."""

    status: Literal["check_your_mail"] = "check_your_mail"


def routes(deps: AuthDeps) -> APIRouter:
    """The routes for whoever is not signed in."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["auth"])

    @router.post(
        "/api/auth/register",
        operation_id="register",
        summary="Sign up",
        status_code=202,
        response_model=CheckYourMail,
        response_description="A mail is on its way, whoever the address belongs to.",
        responses=problems(429, 503),
        dependencies=[public(), limited("register")],
    )
    async def sign_up(body: Register, request: Request, response: Response) -> object:
        """Make an account; the mailed link makes it usable. A known address is answered alike."""
        await register(
            deps,
            name=body.name,
            email=body.email,
            password=body.password,
            language=body.language,
            caller=caller_of(request),
        )
        response.headers["cache-control"] = "no-store"
        return CheckYourMail()

    @router.post(
        "/api/auth/login",
        operation_id="login",
        summary="Sign in",
        response_model=LoginAnswer | SecondFactorAsked,
        response_description="Tokens, who signed in and the business the tokens are for; or the second step to take.",
        responses=problems(429, 503, _401="invalid_credentials"),
        dependencies=[public(), limited("login")],
    )
    async def login(body: Login, request: Request, response: Response) -> object:
        """Tokens for somebody who knows their password, or the question for their second factor."""
        entrance = await sign_in(deps, body.email, body.password, caller_of(request))
        if isinstance(entrance, SecondFactorNeeded):
            response.headers["cache-control"] = "no-store"
            return SecondFactorAsked(second_factor_token=entrance.token, kinds=list(entrance.methods))
        return login_answer(deps, response, entrance)

    @router.post(
        "/api/auth/refresh",
        operation_id="refresh",
        summary="Refresh the tokens",
        response_model=LoginAnswer,
        response_description="The next tokens.",
        responses=problems(503, _401="refresh_token_not_good"),
        dependencies=[public()],
    )
    async def refresh(body: Refresh, request: Request, response: Response) -> object:
        """The next tokens. A refresh token works once; used again later, it ends its session."""
        refreshed = await refresh_session(deps, body.refresh_token, caller_of(request))
        return _tokens(deps, response, refreshed.user, refreshed.claims, refreshed.refresh_token)

    @router.post(
        "/api/auth/forgot-password",
        operation_id="forgot_password",
        summary="Ask for a new password",
        status_code=202,
        response_model=CheckYourMail,
        response_description="If somebody has this address, a mail is on its way.",
        responses=problems(503, _429="too_many_tries"),
        dependencies=[public()],
    )
    async def forgot(body: ForgotPassword, request: Request, response: Response) -> object:
        """Mail a link that sets a new password. An unknown address is answered alike."""
        await forgot_password(deps, body.email, caller_of(request))
        response.headers["cache-control"] = "no-store"
        return CheckYourMail()

    @router.post(
        "/api/auth/reset-password",
        operation_id="reset_password",
        summary="Set a new password",
        status_code=204,
        response_description="It counts from now on.",
        responses=problems(503, _429="too_many_tries", _422="link_not_good"),
        dependencies=[public()],
    )
    async def reset(body: ResetPassword, request: Request) -> None:
        """Set a new password with the secret of a mailed link; every session ends."""
        await reset_password(deps, body.token, body.password, caller_of(request))

    @router.post(
        "/api/auth/verify-email",
        operation_id="verify_email",
        summary="Confirm an address",
        status_code=204,
        response_description="The account can be used.",
        responses=problems(503, _429="too_many_tries", _422="link_not_good", _403="not_the_sign_up"),
        dependencies=[public()],
    )
    async def verify(body: VerifyEmail, request: Request) -> None:
        """Confirm the address of an account with the secret of the mailed link and the password of the sign-up."""
        await verify_email(deps, body.token, caller_of(request), password=body.password)

    @router.get(
        "/.well-known/jwks.json",
        operation_id="get_keys",
        summary="Public keys",
        response_description="A JSON Web Key Set (RFC 7517).",
        dependencies=[public()],
    )
    async def jwks(response: Response) -> dict[str, Any]:
        """The public keys of our tokens."""
        response.headers["cache-control"] = "public, max-age=600"
        return dict(deps.tokens.public_keys())

    return router


def login_answer(deps: AuthDeps, response: Response, entrance: Entrance) -> LoginAnswer:
    """The tokens of a program that is in."""
    assert entrance.refresh_token is not None
    return _tokens(deps, response, entrance.user, entrance.claims, entrance.refresh_token)


def _tokens(deps: AuthDeps, response: Response, user: User, claims: Claims, refresh_token: str) -> LoginAnswer:
    response.headers["cache-control"] = "no-store"
    return LoginAnswer(
        access_token=deps.tokens.issue(claims, "access", deps.clock()),
        expires_in=int(LIFETIMES["access"].total_seconds()),
        refresh_token=refresh_token,
        user=LoggedInUser(id=user.id, name=user.name, email=user.email, email_verified=user.is_verified),
        business_id=claims.business_id,
    )
