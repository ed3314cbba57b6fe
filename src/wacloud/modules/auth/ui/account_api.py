"""`/api/auth/...` for whoever is signed in: the way out, their sessions, their password and address."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from wacloud.modules.auth.application.change_email import change_email
from wacloud.modules.auth.application.change_password import change_password
from wacloud.modules.auth.application.confirm_email import confirm_email
from wacloud.modules.auth.application.list_sessions import list_sessions
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.resend_verification import resend_verification
from wacloud.modules.auth.application.revoke_session import revoke_session
from wacloud.modules.auth.application.sign_out import Scope, sign_out
from wacloud.modules.auth.application.switch_business import switch_business
from wacloud.modules.auth.application.verify_email import Holder, verify_code
from wacloud.modules.auth.domain.token import LIFETIMES
from wacloud.modules.auth.ui.json_api import Asked, CheckYourMail, Email, Password, Secret
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import BusinessId, SessionId
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Person, signed_in
from wacloud.shared.ui.openapi import problems

# Open before the address is verified as well: what leads to that, and the way out.
Unverified = Annotated[Person, signed_in(unverified=True)]
Awaiting = Annotated[Person, signed_in(unverified=True, awaiting=True)]
Verified = Annotated[Person, signed_in()]
# These bodies bring the current password; whoever has a second factor shows that as well.
WithPassword = Annotated[Person, signed_in(fresh=True, with_password=True)]


class VerifyCode(Asked):
    """The six digits of the mail."""

    code: Secret


class ChangePassword(Asked):
    """The password until now, and from now on."""

    current_password: Password = ""
    password: Password


class ChangeEmail(Asked):
    """The address from now on, and the password."""

    current_password: Password = ""
    email: Email


class ConfirmEmail(Asked):
    """The secret of the link mailed to the new address."""

    token: Secret


class SwitchBusiness(Asked):
    """Where to act from now on."""

    business_id: UUID


class SwitchedAnswer(BaseModel):
    """A token for that business; the refresh token is as before."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    business_id: UUID


class ShownSession(BaseModel):
    """A browser or program that is signed in."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    address: str
    user_agent: str
    aal: str
    current: bool


def routes(deps: AuthDeps) -> APIRouter:
    """The routes for whoever is signed in."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["auth"])

    @router.post(
        "/api/auth/logout",
        status_code=204,
        operation_id="logout",
        summary="Sign out",
        response_description="The sessions have ended.",
    )
    async def logout(person: Awaiting, request: Request, scope: Annotated[Scope, Query()] = "local") -> None:
        """End this session (`local`), all others of the person (`others`), or all (`global`)."""
        await sign_out(deps, person.user_id, session_of(person), caller_of(request), scope)

    @router.post(
        "/api/auth/verify-email/code",
        status_code=204,
        operation_id="verify_email_by_code",
        summary="Confirm an address by its code",
        response_description="The account can be used.",
        responses=problems(_429="too_many_tries", _422="link_not_good"),
    )
    async def verify(body: VerifyCode, person: Unverified, request: Request) -> None:
        """Confirm the address with the code of the mail."""
        await verify_code(deps, Holder(person.user_id, session_of(person)), body.code, caller_of(request))

    @router.post(
        "/api/auth/resend-verification",
        status_code=202,
        response_model=CheckYourMail,
        operation_id="resend_verification",
        summary="Mail the confirmation again",
        response_description="A mail is on its way.",
        responses=problems(_429="too_many_tries"),
    )
    async def resend(person: Unverified, request: Request) -> object:
        """Mail the link again; the one before works no more."""
        await resend_verification(deps, person.user_id, caller_of(request))
        return CheckYourMail()

    @router.get(
        "/api/auth/sessions",
        response_model=list[ShownSession],
        operation_id="list_sessions",
        summary="Where one is signed in",
        response_description="The one used last first.",
    )
    async def sessions(person: Unverified) -> object:
        """Where the person is signed in, the one used last first."""
        return [
            ShownSession(
                id=one.id,
                created_at=one.created_at,
                last_seen_at=one.last_seen_at,
                address=one.address,
                user_agent=one.user_agent,
                aal=one.aal,
                current=one.id == person.session_id,
            )
            for one in await list_sessions(deps, person.user_id)
        ]

    @router.delete(
        "/api/auth/sessions/{session_id}",
        status_code=204,
        operation_id="end_session",
        summary="End a session",
        response_description="It has ended.",
        responses=problems(_404="session_not_found"),
    )
    async def revoke(session_id: UUID, person: Unverified, request: Request) -> None:
        """End one session of the person."""
        await revoke_session(deps, person.user_id, SessionId(session_id), caller_of(request))

    @router.delete(
        "/api/auth/sessions",
        status_code=204,
        operation_id="end_other_sessions",
        summary="End all other sessions",
        response_description="They have ended.",
    )
    async def revoke_others(person: Unverified, request: Request) -> None:
        """End all sessions of the person but this one."""
        await sign_out(deps, person.user_id, session_of(person), caller_of(request), "others")

    @router.post(
        "/api/auth/switch-business",
        response_model=SwitchedAnswer,
        operation_id="switch_business",
        summary="Act in another business",
        response_description="A token for it.",
        responses=problems(_404="business_not_found"),
    )
    async def switch(body: SwitchBusiness, person: Verified, response: Response) -> object:
        """Act in another of one's businesses."""
        claims = await switch_business(deps, person.user_id, session_of(person), BusinessId(body.business_id))
        response.headers["cache-control"] = "no-store"
        return SwitchedAnswer(
            access_token=deps.tokens.issue(claims, "access", deps.clock()),
            expires_in=int(LIFETIMES["access"].total_seconds()),
            business_id=body.business_id,
        )

    @router.post(
        "/api/auth/change-password",
        status_code=204,
        operation_id="change_password",
        summary="Change the password",
        response_description="It counts from now on.",
        responses=problems(_403="wrong_password", _429="too_many_tries"),
    )
    async def new_password(body: ChangePassword, person: WithPassword, request: Request) -> None:
        """Choose another password; all other sessions end."""
        await change_password(
            deps, person.user_id, session_of(person), body.current_password, body.password, caller_of(request)
        )

    @router.post(
        "/api/auth/change-email",
        status_code=202,
        response_model=CheckYourMail,
        operation_id="change_email",
        summary="Change the address",
        response_description="A mail to the new address is on its way.",
        responses=problems(_403="wrong_password", _429="too_many_tries"),
    )
    async def new_email(body: ChangeEmail, person: WithPassword, request: Request) -> object:
        """Mail a link to another address; it becomes theirs when they open it."""
        await change_email(deps, person.user_id, body.current_password, body.email, caller_of(request))
        return CheckYourMail()

    @router.post(
        "/api/auth/change-email/confirm",
        status_code=204,
        operation_id="confirm_email",
        summary="Confirm the new address",
        response_description="It counts from now on.",
        responses=problems(_422="link_not_good", _429="too_many_tries"),
    )
    async def confirm(body: ConfirmEmail, person: Verified, request: Request) -> None:
        """Take the new address, with the secret of the link mailed to it."""
        await confirm_email(deps, person.user_id, body.token, caller_of(request))

    return router


def session_of(person: Person) -> SessionId:
    """:raises NotSignedIn: whoever came in without a session (a key of the API) has none to end or to keep."""
    if person.session_id is None:
        raise NotSignedIn
    return person.session_id
