"""Saved views of the inbox: kept by a form in its menu, and removed there."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.desk_stores import SavedView
from wacloud.modules.whatsapp.application.inbox import Filter
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.save_view import remove_view, save_view
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.permissions import Permission

Writer = Annotated[Member, Depends(requires(Permission.INBOX_WRITE))]


def add_routes(router: APIRouter, deps: WhatsappDeps) -> None:
    """The forms of `_views.html`."""

    @router.post("/inbox/views")
    async def save(
        member: Writer,
        name: Annotated[str, Form(max_length=200)] = "",
        show: Annotated[Filter, Form()] = "all",
        label: Annotated[UUID | None, Form()] = None,
        search: Annotated[str, Form(alias="q", max_length=100)] = "",
        shared: Annotated[bool, Form()] = False,
    ) -> Response:
        view = await save_view(
            deps,
            member.user_id,
            member.business_id,
            name,
            show=show,
            label_id=label,
            search=search,
            is_shared=shared,
        )
        return RedirectResponse(place_of(view), status_code=303)

    @router.post("/inbox/views/{view_id}/remove")
    async def remove(member: Writer, view_id: UUID) -> Response:
        await remove_view(deps, member.user_id, member.business_id, view_id)
        return RedirectResponse("/inbox", status_code=303)


def place_of(view: SavedView) -> str:
    """The address of a view."""
    asked = {"show": view.show, "label": view.label_id, "q": view.search}
    return f"/inbox?{urlencode({name: value for name, value in asked.items() if value})}"
