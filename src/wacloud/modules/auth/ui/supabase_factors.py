"""`/auth/v1/factors`: authenticator apps, and the step from one factor to two."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from wacloud.modules.auth.application.challenge_factor import challenge_factor
from wacloud.modules.auth.application.continue_session import continue_session
from wacloud.modules.auth.application.enrol_factor import enrol_factor
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.remove_factor import remove_factor
from wacloud.modules.auth.application.verify_factor import verify_factor
from wacloud.modules.auth.domain.factor import LONGEST_NAME
from wacloud.modules.auth.domain.one_time import LinkNotGood
from wacloud.modules.auth.ui.account_api import session_of
from wacloud.modules.auth.ui.qr import qr_svg
from wacloud.modules.auth.ui.supabase_api import supabase_router, told
from wacloud.modules.auth.ui.supabase_errors import Refused
from wacloud.modules.auth.ui.supabase_shapes import SupabaseSession, Word, session_of_claims
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Person, signed_in

# A factor is added or taken away soon after signing in only; what leads to the second one is open before it.
Fresh = Annotated[Person, signed_in(fresh=True)]
Awaiting = Annotated[Person, signed_in(awaiting=True)]


class EnrolAsked(BaseModel):
    """What to call the app."""

    factor_type: Word = "totp"
    friendly_name: Word | None = None


class ChallengeAnswered(BaseModel):
    """The challenge, and the code the app shows."""

    challenge_id: UUID
    code: Annotated[str, Field(max_length=40, examples=["123456"])]


class TotpSecret(BaseModel):
    """What the app needs, told this once: as a QR code (SVG), as letters to type, as a URI."""

    qr_code: str
    secret: str
    uri: str


class Enrolled(BaseModel):
    """An app that counts once a code of it was verified, within five minutes."""

    id: UUID
    type: Literal["totp"] = "totp"
    friendly_name: str
    totp: TotpSecret


class Challenge(BaseModel):
    """Good once, until `expires_at` (seconds since 1970)."""

    id: UUID
    type: Literal["totp"] = "totp"
    expires_at: int


class Unenrolled(BaseModel):
    """The factor that is gone."""

    id: UUID


def routes(deps: AuthDeps) -> APIRouter:
    """The routes of authenticator apps."""
    router = supabase_router()

    @router.post(
        "/factors",
        operation_id="supabase_enrol",
        summary="Enrol an app",
        response_model=Enrolled,
        response_description="What the app needs, told this once.",
        responses=told(403),
    )
    async def enrol(body: EnrolAsked, person: Fresh, request: Request, response: Response) -> object:
        """A secret for an authenticator app. It counts once a code of it was verified."""
        if body.factor_type != "totp":
            raise Refused(422, "mfa_phone_enroll_not_enabled", "Only authenticator apps (totp) are possible here")
        name = (body.friendly_name or "").strip()[:LONGEST_NAME] or "App"
        made = await enrol_factor(deps, person.user_id, session_of(person), name, caller_of(request))
        response.headers["cache-control"] = "no-store"
        told_once = TotpSecret(qr_code=qr_svg(made.uri), secret=made.secret, uri=made.uri)
        return Enrolled(id=made.factor.id, friendly_name=made.factor.name, totp=told_once)

    @router.post(
        "/factors/{factor_id}/challenge",
        operation_id="supabase_challenge",
        summary="Ask for a code",
        response_model=Challenge,
        response_description="What the code is to answer.",
        responses=told(403, 404),
    )
    async def challenge(factor_id: UUID, person: Awaiting) -> object:
        """The first of two steps to a session of two factors."""
        asked = await challenge_factor(deps, person.user_id, factor_id)
        return Challenge(id=asked.id, expires_at=int(asked.expires_at.timestamp()))

    @router.post(
        "/factors/{factor_id}/verify",
        operation_id="supabase_verify_factor",
        summary="Show the code",
        response_model=SupabaseSession,
        response_description="Tokens of a session of two factors.",
        responses=told(403, 404),
    )
    async def verify(
        factor_id: UUID, body: ChallengeAnswered, person: Awaiting, request: Request, response: Response
    ) -> object:
        """Confirm an app that is new, or lift this session to two factors; those of one factor end."""
        session_id, caller = session_of(person), caller_of(request)
        try:
            await verify_factor(deps, person.user_id, session_id, factor_id, body.challenge_id, body.code, caller)
        except LinkNotGood:
            said = "MFA challenge has expired, verify against another challenge or create a new challenge."
            raise Refused(404, "mfa_challenge_expired", said) from None
        continued = await continue_session(deps, person.user_id, session_id)
        response.headers["cache-control"] = "no-store"
        return await session_of_claims(deps, continued.user, continued.claims, continued.refresh_token)

    @router.delete(
        "/factors/{factor_id}",
        operation_id="supabase_unenrol",
        summary="Give up an app",
        response_model=Unenrolled,
        response_description="It is gone, and all other sessions have ended.",
        responses=told(403, 404),
    )
    async def unenrol(factor_id: UUID, person: Fresh, request: Request) -> object:
        """Give up a factor. One that counts takes a session of two factors."""
        await remove_factor(deps, person.user_id, session_of(person), factor_id, caller_of(request))
        return Unenrolled(id=factor_id)

    return router
