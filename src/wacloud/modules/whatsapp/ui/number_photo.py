"""The photo of a number: `PUT /api/whatsapp/numbers/{number_id}/profile/photo`, and its form on the number's page."""

import tempfile
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.change_photo import LARGEST, change_photo
from wacloud.modules.whatsapp.application.connecting_ports import ConnectingDeps, NumberUnknown
from wacloud.modules.whatsapp.application.look_after_numbers import get_number
from wacloud.modules.whatsapp.application.upload_media import NewUpload
from wacloud.modules.whatsapp.ui.number_pages import number_page
from wacloud.modules.whatsapp.ui.upload_form import read_upload_form
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.limits import limited
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Manager = Annotated[Member, Depends(requires(Permission.NUMBERS_MANAGE))]
LARGEST_FORM: Final = LARGEST + 64 * 1024
_FILE: Final = {"type": "string", "format": "binary", "description": "JPEG or PNG, 192 pixels on each side at least."}
_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE}},
            }
        },
    }
}


def routes(deps: ConnectingDeps) -> APIRouter:
    """For programs, and for the page."""
    router = APIRouter(max_body_size=LARGEST_FORM)

    @router.put(
        "/api/whatsapp/numbers/{number_id}/profile/photo",
        operation_id="change_number_photo",
        summary="Show another photo",
        tags=["whatsapp"],
        responses=problems(413, 415, 422, 429, _404="number_unknown", _409="meta_problem"),
        openapi_extra=_FORM,
        status_code=204,
        response_description="Customers see it.",
    )
    async def change(request: Request, number_id: UUID, member: Manager, _: Annotated[None, limited("upload")]) -> None:
        """Customers see it beside your name, in a circle. 5 MB at most. It is not kept here."""
        await _change(deps, request, member, number_id)

    @router.post("/numbers/{number_id}/photo", include_in_schema=False)
    async def chosen(
        request: Request, number_id: UUID, member: Manager, _: Annotated[None, limited("upload")]
    ) -> Response:
        try:
            await _change(deps, request, member, number_id)
        except NumberUnknown:
            raise
        except AppError as refused:
            return await number_page(deps, request, member, number_id, refused=refused)
        return RedirectResponse(f"/numbers/{number_id}?saved", 303)

    return router


async def _change(deps: ConnectingDeps, request: Request, member: Member, number_id: UUID) -> None:
    # Read here and not by the framework, which would read a stranger's file before it asks who that is; and only where
    # there is such a number.
    await get_number(deps, member.business_id, number_id)
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise HTTPException(415)
    with tempfile.TemporaryDirectory(prefix="wacloud-photo-") as folder:
        file = Path(folder) / "file"
        form = await read_upload_form(content_type, request.stream(), file)
        new = NewUpload(file, form.name, form.declared, "image")
        await change_photo(deps, member.user_id, member.business_id, number_id, new, caller_of(request))
