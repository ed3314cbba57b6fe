"""The pages of the numbers: `/numbers`, and each with its profile on WhatsApp. They work without script."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application import look_after_numbers as numbers
from wacloud.modules.whatsapp.application.connecting_ports import ConnectingDeps, NumberUnknown
from wacloud.modules.whatsapp.application.start_connection import list_connections
from wacloud.modules.whatsapp.domain import number_profile as profiles
from wacloud.modules.whatsapp.domain.number_profile import NumberProfile
from wacloud.modules.whatsapp.ui import connect_words as told
from wacloud.shared.domain.errors import AppError, FaultyFields
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

Reader = Annotated[Member, Depends(requires(Permission.NUMBERS_READ))]
Manager = Annotated[Member, Depends(requires(Permission.NUMBERS_MANAGE))]
Proven = Annotated[Member, Depends(requires(Permission.NUMBERS_MANAGE, fresh=True))]
LARGEST_FORM: Final = 16 * 1024


def routes(deps: ConnectingDeps) -> APIRouter:
    """The list and one number."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)
    _add_list(router, deps)
    _add_number(router, deps)
    return router


def _shown(request: Request, template: str, member: Member, status: int = 200, **context: Any) -> Response:
    return render(
        request,
        template,
        status,
        member=member,
        told=told,
        profiles=profiles,
        may=member.may,
        Permission=Permission,
        may_change=member.may(Permission.NUMBERS_MANAGE),
        **context,
    )


def _add_list(router: APIRouter, deps: ConnectingDeps) -> None:
    @router.get("/numbers")
    async def listed(request: Request, member: Reader) -> Response:
        under_way = []
        if member.may(Permission.NUMBERS_MANAGE):
            under_way = [one for one in await list_connections(deps, member.business_id) if one.state == "open"]
        return _shown(
            request,
            "whatsapp/numbers.html",
            member,
            numbers=await numbers.list_numbers(deps, member.business_id),
            under_way=under_way,
        )


def _add_number(router: APIRouter, deps: ConnectingDeps) -> None:
    @router.get("/numbers/{number_id}")
    async def one(request: Request, member: Reader, number_id: UUID) -> Response:
        return await number_page(deps, request, member, number_id)

    @router.post("/numbers/{number_id}/refresh")
    async def refresh(request: Request, member: Manager, number_id: UUID) -> Response:
        try:
            await numbers.refresh_number(deps, member.business_id, number_id)
        except NumberUnknown:
            raise
        except AppError as refused:
            return await number_page(deps, request, member, number_id, refused=refused)
        return RedirectResponse(f"/numbers/{number_id}?saved", 303)

    @router.post("/numbers/{number_id}/profile")
    async def change(request: Request, member: Manager, number_id: UUID) -> Response:
        form = await request.form()
        given: dict[str, Any] = {
            name: str(form.get(name) or "").strip()[:4000] for name in ("about", "address", "description", "email")
        }
        sites = [site for n in range(profiles.MOST_WEBSITES) if (site := str(form.get(f"website_{n}") or "").strip())]
        profile = NumberProfile(websites=tuple(sites), vertical=str(form.get("vertical") or ""), **given)
        try:
            await numbers.change_profile(
                deps, member.user_id, member.business_id, number_id, profile, caller_of(request)
            )
        except NumberUnknown:
            raise
        except AppError as refused:
            return await number_page(deps, request, member, number_id, refused=refused, filled=profile)
        return RedirectResponse(f"/numbers/{number_id}?saved", 303)

    @router.post("/numbers/{number_id}/pin")
    async def pin(request: Request, member: Proven, number_id: UUID) -> Response:
        try:
            shown = await numbers.reveal_pin(deps, member.user_id, member.business_id, number_id, caller_of(request))
        except NumberUnknown:
            raise
        except AppError as refused:
            return await number_page(deps, request, member, number_id, refused=refused)
        return await number_page(deps, request, member, number_id, pin=shown)

    @router.post("/numbers/{number_id}/disconnect")
    async def disconnect(request: Request, member: Manager, number_id: UUID) -> Response:
        try:
            await numbers.disconnect_number(deps, member.user_id, member.business_id, number_id, caller_of(request))
        except NumberUnknown:
            raise
        except AppError as refused:
            return await number_page(deps, request, member, number_id, refused=refused)
        return RedirectResponse("/numbers", 303)


async def number_page(
    deps: ConnectingDeps,
    request: Request,
    member: Member,
    number_id: UUID,
    *,
    refused: AppError | None = None,
    filled: NumberProfile | None = None,
    pin: str | None = None,
) -> Response:
    """One number, and what was refused about it."""
    row = await numbers.get_number(deps, member.business_id, number_id)
    may_change = member.may(Permission.NUMBERS_MANAGE) and row.state != "disconnected"
    trouble: AppError | None = None
    if may_change and filled is None:
        try:
            filled = await numbers.read_profile(deps, member.business_id, row.id)
        except AppError as away:
            trouble = away
    return _shown(
        request,
        "whatsapp/number.html",
        member,
        STATUS_OF[refused.kind] if refused else 200,
        one=row,
        profile=filled,
        trouble=trouble,
        refusal=refused.message if refused else None,
        refusal_words=refused.detail if refused and not isinstance(refused, FaultyFields) else None,
        faults={fault.field for fault in refused.faults} if isinstance(refused, FaultyFields) else set(),
        pin=pin,
        said="saved" in request.query_params,
    )
