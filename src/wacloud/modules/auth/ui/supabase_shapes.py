"""What goes in and out at `/auth/v1`, as Supabase's Auth API shapes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from wacloud.modules.auth.application.let_in import Entrance, SecondFactorNeeded
from wacloud.modules.auth.application.list_factors import list_factors
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.factor import Factor
from wacloud.modules.auth.domain.session import Session
from wacloud.modules.auth.domain.token import LIFETIMES, Claims
from wacloud.modules.auth.ui.json_api import Email, Password, Secret
from wacloud.modules.user.api import User

Word = Annotated[str, Field(max_length=500)]


class Metadata(BaseModel):
    """What a person says of themselves. We keep a name and a language, and nothing else."""

    name: Word | None = None
    full_name: Word | None = None
    language: Word | None = None


class Challenge(BaseModel):
    """What the program keeps to itself, hashed (PKCE)."""

    code_challenge: Word | None = None
    code_challenge_method: Word | None = None


class SignUp(Challenge):
    """What somebody signs up with."""

    email: Email | None = None
    phone: Word | None = None
    password: Password | None = None
    data: Metadata | None = None


class TokenAsked(BaseModel):
    """What each grant type needs of these."""

    email: Email | None = None
    phone: Word | None = None
    password: Password | None = None
    refresh_token: Secret | None = None
    auth_code: Secret | None = None
    code_verifier: Secret | None = None


class OtpAsked(Challenge):
    """Who is to get a link and a code; `create_user`: an account as well, where nobody has the address."""

    email: Email | None = None
    phone: Word | None = None
    create_user: bool = True
    data: Metadata | None = None


class MagicLinkAsked(Challenge):
    """Who is to get a link and a code."""

    email: Email
    data: Metadata | None = None


class RecoverAsked(Challenge):
    """Whose password was forgotten."""

    email: Email


class ResendAsked(BaseModel):
    """Which mail is to come again."""

    type: Word
    email: Email | None = None
    phone: Word | None = None


class VerifyAsked(BaseModel):
    """The code of a mail with the address it went to, or the secret of its link."""

    type: Word
    email: Email | None = None
    phone: Word | None = None
    token: Secret | None = None
    token_hash: Secret | None = None


class UserChange(Challenge):
    """What is to change. `current_password` or `nonce`, a mailed code, where one signed in a while ago."""

    email: Email | None = None
    phone: Word | None = None
    password: Password | None = None
    current_password: Password | None = None
    nonce: Word | None = None
    data: Metadata | None = None


class Nothing(BaseModel):
    """It was taken note of; whether somebody has the address is not told."""


class SupabaseError(BaseModel):
    """
    Why not. With the header `X-Supabase-Api-Version: 2024-01-01` it is `code` and `message`; without, `code` is the
    status, and there are `error_code` and `msg`. The token endpoint tells an unknown grant type as OAuth 2.0 does.
    """

    code: str | int | None = None
    message: str | None = None
    error_code: str | None = None
    msg: str | None = None
    error: str | None = None
    error_description: str | None = None


class AppMetadata(BaseModel):
    """How they sign in."""

    provider: str = "email"
    providers: list[str] = ["email"]


class UserMetadata(BaseModel):
    """What they say of themselves."""

    name: str
    language: str


class IdentityData(BaseModel):
    """What is known of an identity."""

    sub: UUID
    email: str
    email_verified: bool
    phone_verified: bool = False


class Identity(BaseModel):
    """One way to sign in: there is the e-mail address and no other."""

    identity_id: UUID
    id: UUID
    user_id: UUID
    identity_data: IdentityData
    provider: Literal["email"] = "email"
    email: str
    created_at: datetime
    updated_at: datetime
    last_sign_in_at: datetime | None


class SupabaseFactor(BaseModel):
    """An authenticator app or a passkey."""

    id: UUID
    friendly_name: str
    factor_type: Literal["totp", "webauthn"]
    status: Literal["verified", "unverified"]
    created_at: datetime
    updated_at: datetime


class SupabaseUser(BaseModel):
    """A person."""

    id: UUID
    aud: Literal["authenticated"] = "authenticated"
    role: Literal["authenticated"] = "authenticated"
    email: str
    email_confirmed_at: datetime | None
    confirmed_at: datetime | None
    confirmation_sent_at: datetime | None = None
    phone: str = ""
    last_sign_in_at: datetime | None
    app_metadata: AppMetadata = AppMetadata()
    user_metadata: UserMetadata
    identities: list[Identity]
    factors: list[SupabaseFactor] = []
    created_at: datetime
    updated_at: datetime
    is_anonymous: bool = False


class SupabaseSession(BaseModel):
    """Tokens, and whose they are."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    expires_at: int
    refresh_token: str
    user: SupabaseUser


class Providers(BaseModel):
    """Who else may vouch for a person."""

    email: bool = True
    phone: bool = False
    anonymous_users: bool = False


class Settings(BaseModel):
    """What a client may offer."""

    external: Providers = Providers()
    disable_signup: bool = False
    mailer_autoconfirm: bool = False
    phone_autoconfirm: bool = False
    sms_provider: str = ""
    saml_enabled: bool = False


class Health(BaseModel):
    """That it answers."""

    version: str
    name: str = "wacloud"
    description: str = "speaks the API of Supabase Auth"


def user_of(
    user: User,
    *,
    last_sign_in_at: datetime | None = None,
    asked_at: datetime | None = None,
    factors: Sequence[Factor] = (),
) -> SupabaseUser:
    """`asked_at`: when a confirmation was mailed."""
    return SupabaseUser(
        id=user.id,
        email=user.email,
        email_confirmed_at=user.email_verified_at,
        confirmed_at=user.email_verified_at,
        confirmation_sent_at=asked_at,
        last_sign_in_at=last_sign_in_at,
        user_metadata=UserMetadata(name=user.name, language=user.language),
        identities=[
            Identity(
                identity_id=user.id,
                id=user.id,
                user_id=user.id,
                identity_data=IdentityData(sub=user.id, email=user.email, email_verified=user.is_verified),
                email=user.email,
                created_at=user.created_at,
                updated_at=user.created_at,
                last_sign_in_at=last_sign_in_at,
            )
        ],
        factors=[
            SupabaseFactor(
                id=one.id,
                friendly_name=one.name,
                factor_type="totp" if one.kind == "totp" else "webauthn",
                status="verified" if one.confirmed_at else "unverified",
                created_at=one.created_at,
                updated_at=one.confirmed_at or one.created_at,
            )
            for one in factors
        ],
        created_at=user.created_at,
        updated_at=user.email_verified_at or user.created_at,
    )


def last_used(sessions: Sequence[Session]) -> datetime | None:
    """When they signed in last, of the sessions they still have."""
    return max((one.created_at for one in sessions), default=None)


async def session_of_claims(deps: AuthDeps, user: User, claims: Claims, refresh_token: str) -> SupabaseSession:
    """A fresh access token with what goes beside it."""
    # Clients look there whether a second factor is to be shown.
    known = await list_factors(deps, user.id)
    now = deps.clock()
    lifetime = LIFETIMES["access"]
    return SupabaseSession(
        access_token=deps.tokens.issue(claims, "access", now, user),
        expires_in=int(lifetime.total_seconds()),
        expires_at=int((now + lifetime).timestamp()),
        refresh_token=refresh_token,
        user=user_of(user, last_sign_in_at=_signed_in_at(claims, now), factors=known.factors),
    )


async def session_of_entrance(deps: AuthDeps, entrance: Entrance | SecondFactorNeeded) -> SupabaseSession:
    """The tokens of a program that is in; it may still have to show a second factor, with these."""
    assert isinstance(entrance, Entrance)
    assert entrance.refresh_token is not None
    return await session_of_claims(deps, entrance.user, entrance.claims, entrance.refresh_token)


def _signed_in_at(claims: Claims, now: datetime) -> datetime:
    proofs = [proof.timestamp for proof in claims.amr]
    return datetime.fromtimestamp(max(proofs), now.tzinfo) if proofs else now
