"""What contacts are described and sorted by, and the words with which people say yes and no."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.arrange_people import (
    add_field,
    add_tag,
    change_consent_settings,
    drop_field,
    drop_tag,
)
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.domain.consent import CONFIRMATIONS, ConsentSettings
from wacloud.modules.whatsapp.ui.people_pages import frame
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

Writer = Annotated[Member, Depends(requires(Permission.CONTACTS_WRITE))]
Setter = Annotated[Member, Depends(requires(Permission.CONTACTS_ERASE))]
Text = Annotated[str, Form(max_length=4000)]
LARGEST_FORM = 64 * 1024


def routes(deps: PeopleDeps) -> APIRouter:
    """The page and its forms."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    async def settings_page(request: Request, member: Member, refusal: AppError | None = None) -> Response:
        who = (member.user_id, member.business_id)
        return render(
            request,
            "whatsapp/people_settings.html",
            200 if refusal is None else STATUS_OF[refusal.kind],
            fields=await deps.reader.fields(*who),
            tags=await deps.reader.tags(*who),
            settings=await deps.reader.consent_settings(*who),
            usual=CONFIRMATIONS,
            saved="saved" in request.query_params,
            refusal=refusal.message if refusal else None,
            **frame(member),
        )

    @router.get("/contacts/settings")
    async def settings(request: Request, member: Writer) -> Response:
        return await settings_page(request, member)

    @router.post("/contacts/fields")
    async def new_field(
        request: Request, member: Writer, label: Text = "", kind: Text = "text", choices: Text = ""
    ) -> Response:
        try:
            await add_field(deps, member.business_id, label, kind, choices.splitlines())
        except AppError as refusal:
            return await settings_page(request, member, refusal)
        return RedirectResponse("/contacts/settings?saved#fields", 303)

    # With it goes what stood in it for everybody: as much a matter of those who may erase.
    @router.post("/contacts/fields/{field_id}/remove")
    async def no_field(request: Request, member: Setter, field_id: UUID) -> Response:
        await drop_field(deps, member.user_id, member.business_id, field_id, caller_of(request))
        return RedirectResponse("/contacts/settings?saved#fields", 303)

    @router.post("/contacts/tags")
    async def new_tag(request: Request, member: Writer, name: Text = "", colour: Text = "green") -> Response:
        try:
            await add_tag(deps, member.business_id, name, colour)
        except AppError as refusal:
            return await settings_page(request, member, refusal)
        return RedirectResponse("/contacts/settings?saved#tags", 303)

    @router.post("/contacts/tags/{tag_id}/remove")
    async def no_tag(member: Writer, tag_id: UUID) -> Response:
        await drop_tag(deps, member.business_id, tag_id)
        return RedirectResponse("/contacts/settings?saved#tags", 303)

    @router.post("/contacts/consent")
    async def words(request: Request, member: Setter) -> Response:
        form = await request.form()
        out, into = (str(form.get(name, "")).splitlines() for name in ("opt_out", "opt_in"))
        try:
            told = ConsentSettings.typed(out, into, {key: str(value) for key, value in form.items()})
            await change_consent_settings(deps, member.user_id, member.business_id, told, caller_of(request))
        except AppError as refusal:
            return await settings_page(request, member, refusal)
        return RedirectResponse("/contacts/settings?saved#consent", 303)

    return router
