"""The members of a business and who is invited, as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.business.application.accept_invitation import accept_invitation
from wacloud.modules.business.application.change_role import change_role
from wacloud.modules.business.application.invite_member import (
    Inviter,
    MadeInvitation,
    invite_member,
    send_invitation_again,
)
from wacloud.modules.business.application.list_members import list_members
from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.remove_member import remove_member
from wacloud.modules.business.application.revoke_invitation import revoke_invitation
from wacloud.modules.business.application.transfer_ownership import transfer_ownership
from wacloud.modules.business.domain.invitation import LONGEST_TOKEN, Invitation
from wacloud.modules.business.ui.access import InBusiness
from wacloud.shared.domain.ids import UserId
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, Person, signed_in
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Role = Literal["owner", "admin", "agent", "analyst"]


class TeamMember(BaseModel):
    """Somebody who belongs to the business."""

    user_id: UUID
    name: str
    email: str
    role: str
    joined_at: datetime
    second_factor: bool


class RoleChange(BaseModel):
    """The role a member is to have."""

    model_config = ConfigDict(extra="forbid")

    role: Role


class Transfer(BaseModel):
    """Who is to own the business. Its name is typed again, so that it is no slip."""

    model_config = ConfigDict(extra="forbid")

    user_id: UUID
    business_name: Annotated[str, Field(max_length=200)]


class NewInvitationBody(BaseModel):
    """Whom to invite, and as what."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[
        str,
        Field(min_length=3, max_length=254, examples=["ivan@example.com"], json_schema_extra={"format": "email"}),
    ]
    role: Role


class InvitationAnswer(BaseModel):
    """An invitation and where it stands."""

    id: UUID
    email: str
    role: str
    state: Literal["open", "accepted", "revoked", "expired"]
    created_at: datetime
    expires_at: datetime


class MadeInvitationAnswer(InvitationAnswer):
    """The same with its link, which is told this once."""

    accept_url: str


class Acceptance(BaseModel):
    """The token of the link."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(min_length=20, max_length=LONGEST_TOKEN)]


class Accepted(BaseModel):
    """The business that was joined."""

    business_id: UUID


def invitation_url(request: Request, made: MadeInvitation) -> str:
    """The link of an invitation that was just made."""
    base_url: str = request.app.state.base_url
    return f"{base_url.rstrip('/')}/invitations/{made.token}"


def routes(deps: BusinessDeps) -> APIRouter:
    """Members and invitations."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["team"])

    async def listed(member: Member) -> Sequence[TeamMember]:
        return [
            TeamMember(
                user_id=row.user_id,
                name=row.name,
                email=row.email,
                role=row.role,
                joined_at=row.joined_at,
                second_factor=row.has_second_factor,
            )
            for row in await list_members(deps, member.user_id, member.business_id)
        ]

    @router.get("/api/businesses/{business_id}/members", operation_id="list_members", response_model=list[TeamMember])
    async def members(
        business_id: UUID, member: Annotated[Member, InBusiness(deps, Permission.MEMBERS_READ)]
    ) -> object:
        """Everybody who belongs to the business, its owner first."""
        return await listed(member)

    @router.patch(
        "/api/businesses/{business_id}/members/{user_id}",
        operation_id="change_role",
        response_model=list[TeamMember],
        responses=problems(_404="member_not_found"),
    )
    async def change(
        request: Request,
        business_id: UUID,
        user_id: UUID,
        body: RoleChange,
        member: Annotated[Member, InBusiness(deps, Permission.MEMBERS_CHANGE_ROLE, fresh=True)],
    ) -> object:
        """Give a member another role: never one above one's own, never to oneself, and owner only by transfer."""
        await change_role(deps, member.user_id, member.business_id, UserId(user_id), body.role, caller_of(request))
        return await listed(member)

    @router.delete(
        "/api/businesses/{business_id}/members/{user_id}",
        operation_id="remove_member",
        responses=problems(_404="member_not_found", _409="last_owner"),
        status_code=204,
    )
    async def remove(
        request: Request,
        business_id: UUID,
        user_id: UUID,
        member: Annotated[Member, InBusiness(deps, Permission.MEMBERS_REMOVE)],
    ) -> Response:
        """Take a member out. Their conversations are nobody's afterwards, and their sessions here end."""
        await remove_member(deps, member.user_id, member.business_id, UserId(user_id), caller_of(request))
        return Response(status_code=204)

    @router.post(
        "/api/businesses/{business_id}/leave",
        operation_id="leave_business",
        responses=problems(_409="last_owner"),
        status_code=204,
    )
    async def leave(
        request: Request,
        business_id: UUID,
        member: Annotated[Member, InBusiness(deps, Permission.BUSINESS_READ)],
    ) -> Response:
        """Leave the business. Its last owner cannot: hand it over first, or delete it."""
        member.check_in_person()
        await remove_member(deps, member.user_id, member.business_id, member.user_id, caller_of(request))
        return Response(status_code=204)

    @router.post(
        "/api/businesses/{business_id}/transfer",
        operation_id="transfer_ownership",
        response_model=list[TeamMember],
        responses=problems(_404="member_not_found", _422="name_not_retyped"),
    )
    async def transfer(
        request: Request,
        business_id: UUID,
        body: Transfer,
        member: Annotated[Member, InBusiness(deps, Permission.OWNERSHIP_TRANSFER, fresh=True)],
    ) -> object:
        """Hand the business over to another member, at once. Whoever owned it stays as an admin."""
        await transfer_ownership(
            deps, member.user_id, member.business_id, UserId(body.user_id), body.business_name, caller_of(request)
        )
        return await listed(member)

    @router.get(
        "/api/businesses/{business_id}/invitations",
        operation_id="list_invitations",
        response_model=list[InvitationAnswer],
    )
    async def invitations(
        business_id: UUID, member: Annotated[Member, InBusiness(deps, Permission.MEMBERS_INVITE)]
    ) -> object:
        """Who was invited, the newest first."""
        now = deps.clock()
        found = await deps.reader.invitations(member.user_id, member.business_id)
        return [_told(one, now) for one in found]

    @router.post(
        "/api/businesses/{business_id}/invitations",
        operation_id="invite_member",
        response_model=MadeInvitationAnswer,
        responses=problems(_409="already_member", _429="invitation_limit"),
        status_code=201,
    )
    async def invite(
        request: Request,
        business_id: UUID,
        body: NewInvitationBody,
        member: Annotated[Member, InBusiness(deps, Permission.MEMBERS_INVITE)],
        _: Annotated[Once, idempotent()],
    ) -> object:
        """Invite an address; only whoever has it can accept. One that is invited already gets a new link."""
        made = await invite_member(
            deps, _inviter(member), member.business_id, body.email, body.role, caller_of(request)
        )
        return _made(deps, request, made)

    @router.post(
        "/api/businesses/{business_id}/invitations/{invitation_id}/resend",
        operation_id="send_invitation_again",
        response_model=MadeInvitationAnswer,
        responses=problems(_404="invitation_not_found", _429="invitation_limit"),
        status_code=201,
    )
    async def resend(
        request: Request,
        business_id: UUID,
        invitation_id: UUID,
        member: Annotated[Member, InBusiness(deps, Permission.MEMBERS_INVITE)],
        _: Annotated[Once, idempotent()],
    ) -> object:
        """A new invitation in the place of an old one, good for a week again."""
        made = await send_invitation_again(
            deps, _inviter(member), member.business_id, invitation_id, caller_of(request)
        )
        return _made(deps, request, made)

    @router.delete(
        "/api/businesses/{business_id}/invitations/{invitation_id}",
        operation_id="revoke_invitation",
        responses=problems(_404="invitation_not_found"),
        status_code=204,
    )
    async def revoke(
        request: Request,
        business_id: UUID,
        invitation_id: UUID,
        member: Annotated[Member, InBusiness(deps, Permission.MEMBERS_INVITE)],
    ) -> Response:
        """Take it back: its link is good for nothing any more."""
        await revoke_invitation(deps, member.user_id, member.business_id, invitation_id, caller_of(request))
        return Response(status_code=204)

    @router.post(
        "/api/invitations/accept",
        operation_id="accept_invitation",
        response_model=Accepted,
        responses=problems(_403="invitation_for_another", _404="invitation_not_good", _409="already_member"),
    )
    async def accept(request: Request, body: Acceptance, person: Annotated[Person, signed_in()]) -> object:
        """Join the business that invited the address of whoever is signed in."""
        business_id = await accept_invitation(deps, person.user_id, person.email, body.token, caller_of(request))
        return Accepted(business_id=business_id)

    return router


def _inviter(member: Member) -> Inviter:
    return Inviter(member.user_id, member.name)


def _told(one: Invitation, now: datetime) -> InvitationAnswer:
    return InvitationAnswer(
        id=one.id,
        email=one.email,
        role=one.role,
        state=one.state(now),
        created_at=one.created_at,
        expires_at=one.expires_at,
    )


def _made(deps: BusinessDeps, request: Request, made: MadeInvitation) -> MadeInvitationAnswer:
    told = _told(made.invitation, deps.clock())
    return MadeInvitationAnswer(**told.model_dump(), accept_url=invitation_url(request, made))
