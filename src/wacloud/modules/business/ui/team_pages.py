"""The pages of a team: members, invitations, and the page of whoever is invited."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.business.application.accept_invitation import (
    OpenInvitation,
    accept_invitation,
    look_at_invitation,
)
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
from wacloud.modules.business.domain.team import GIVEN_ROLES, RANK
from wacloud.modules.business.ui import words
from wacloud.modules.business.ui.acting import act_in
from wacloud.modules.business.ui.team_api import invitation_url
from wacloud.modules.user.api import canonical_email
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import UserId
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, Person, find_person, public, requires, signed_in
from wacloud.shared.ui.pages import render
from wacloud.shared.ui.permissions import ROLES, Permission
from wacloud.shared.ui.problems import STATUS_OF

LARGEST_FORM = 16 * 1024

Inviting = Annotated[Member, requires(Permission.MEMBERS_INVITE)]
Field = Annotated[str, Form(max_length=2000)]


def routes(deps: BusinessDeps) -> APIRouter:
    """The pages."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)
    _add_team(router, deps)
    _add_invitation(router, deps)
    return router


def _add_team(router: APIRouter, deps: BusinessDeps) -> None:
    async def team_page(
        request: Request, member: Member, refusal: AppError | None = None, made: MadeInvitation | None = None
    ) -> Response:
        may_invite = member.may(Permission.MEMBERS_INVITE)
        now = deps.clock()
        invitations = await deps.reader.invitations(member.user_id, member.business_id) if may_invite else ()
        return render(
            request,
            "business/team.html",
            200 if refusal is None else STATUS_OF[refusal.kind],
            member=member,
            members=await list_members(deps, member.user_id, member.business_id),
            invitations=[(one, one.state(now)) for one in invitations if one.state(now) in ("open", "expired")][:50],
            made=made.invitation if made else None,
            link=invitation_url(request, made) if made else None,
            roles=GIVEN_ROLES,
            rank=RANK,
            words=words,
            may=member.may,
            Permission=Permission,
            refusal=refusal.message if refusal else None,
        )

    @router.get("/business/team")
    async def team(request: Request, member: Annotated[Member, requires(Permission.MEMBERS_READ)]) -> Response:
        """Who belongs to the business, and who is invited."""
        return await team_page(request, member)

    @router.post("/business/team/invitations")
    async def invite(request: Request, member: Inviting, email: Field = "", role: Field = "") -> Response:
        """Invite an address. The page that answers shows the link, this once."""
        try:
            made = await invite_member(
                deps, Inviter(member.user_id, member.name), member.business_id, email, role, caller_of(request)
            )
        except AppError as refusal:
            return await team_page(request, member, refusal)
        return await team_page(request, member, made=made)

    @router.post("/business/team/invitations/{invitation_id}/resend")
    async def resend(request: Request, member: Inviting, invitation_id: UUID) -> Response:
        """A new link in the place of the old one."""
        try:
            made = await send_invitation_again(
                deps, Inviter(member.user_id, member.name), member.business_id, invitation_id, caller_of(request)
            )
        except AppError as refusal:
            return await team_page(request, member, refusal)
        return await team_page(request, member, made=made)

    @router.post("/business/team/invitations/{invitation_id}/revoke")
    async def revoke(request: Request, member: Inviting, invitation_id: UUID) -> Response:
        """Take it back."""
        try:
            await revoke_invitation(deps, member.user_id, member.business_id, invitation_id, caller_of(request))
        except AppError as refusal:
            return await team_page(request, member, refusal)
        return RedirectResponse("/business/team", 303)

    @router.post("/business/team/members/{user_id}/role")
    async def role(
        request: Request,
        member: Annotated[Member, requires(Permission.MEMBERS_CHANGE_ROLE, fresh=True)],
        user_id: UUID,
        role: Field = "",
    ) -> Response:
        """Give a member another role."""
        try:
            await change_role(deps, member.user_id, member.business_id, UserId(user_id), role, caller_of(request))
        except AppError as refusal:
            return await team_page(request, member, refusal)
        return RedirectResponse("/business/team", 303)

    @router.post("/business/team/members/{user_id}/remove")
    async def remove(
        request: Request, member: Annotated[Member, requires(Permission.MEMBERS_REMOVE)], user_id: UUID
    ) -> Response:
        """Take a member out."""
        try:
            await remove_member(deps, member.user_id, member.business_id, UserId(user_id), caller_of(request))
        except AppError as refusal:
            return await team_page(request, member, refusal)
        return RedirectResponse("/business/team", 303)

    @router.post("/business/team/leave")
    async def leave(request: Request, member: Annotated[Member, requires(Permission.BUSINESS_READ)]) -> Response:
        """Leave the business."""
        try:
            await remove_member(deps, member.user_id, member.business_id, member.user_id, caller_of(request))
        except AppError as refusal:
            return await team_page(request, member, refusal)
        return RedirectResponse("/businesses", 303)

    @router.post("/business/team/transfer")
    async def transfer(
        request: Request,
        member: Annotated[Member, requires(Permission.OWNERSHIP_TRANSFER, fresh=True)],
        user_id: Annotated[UUID, Form()],
        name: Field = "",
    ) -> Response:
        """Hand the business over."""
        try:
            await transfer_ownership(
                deps, member.user_id, member.business_id, UserId(user_id), name, caller_of(request)
            )
        except AppError as refusal:
            return await team_page(request, member, refusal)
        return RedirectResponse("/business/team", 303)


def _add_invitation(router: APIRouter, deps: BusinessDeps) -> None:
    async def invitation_page(
        request: Request,
        token: str,
        person: Person | None,
        refusal: AppError | None = None,
        joined: OpenInvitation | None = None,
    ) -> Response:
        # What goes wrong is told on this page itself: an error of the application would be logged with its address, and
        # the address is the secret.
        invitation = None
        if joined is None:
            try:
                invitation = await look_at_invitation(deps, token)
            except AppError as not_good:
                refusal = refusal or not_good
        response = render(
            request,
            "business/invitation.html",
            200 if refusal is None else STATUS_OF[refusal.kind],
            invitation=invitation,
            token=token,
            words=words,
            refusal=refusal.message if refusal else None,
            joined=joined,
            start="/" if joined and Permission.INBOX_READ in ROLES[joined.role] else "/business",
            person=person,
            is_theirs=person is not None
            and invitation is not None
            and canonical_email(person.email) == canonical_email(invitation.email),
        )
        response.headers["referrer-policy"] = "no-referrer"
        response.headers["x-robots-tag"] = "noindex"
        return response

    @router.get("/invitations/{token}", dependencies=[public()])
    async def look(request: Request, token: str) -> Response:
        """What somebody is invited to. Looking uses nothing up."""
        return await invitation_page(request, token, await find_person(request))

    @router.post("/invitations/accept")
    async def accept(
        request: Request, person: Annotated[Person, signed_in()], token: Annotated[str, Form(max_length=200)] = ""
    ) -> Response:
        """Join."""
        try:
            invitation = await look_at_invitation(deps, token)
            business_id = await accept_invitation(deps, person.user_id, person.email, token, caller_of(request))
        except AppError as refusal:
            return await invitation_page(request, token, person, refusal)
        await act_in(request, person, business_id)
        return await invitation_page(request, token, person, joined=invitation)
