"""The pages of message templates: `/templates`. Without script too; with it a draft is looked at as it is written."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.business.api import business_profile
from wacloud.modules.whatsapp.application.read_templates import get_template, last_syncs, list_templates
from wacloud.modules.whatsapp.application.submit_template import delete_template, edit_template, submit_template
from wacloud.modules.whatsapp.application.sync_templates import ask_for_sync
from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps
from wacloud.modules.whatsapp.domain.message_template import (
    EDITABLE,
    KeptTemplate,
    TemplateBreaksRules,
    TemplateUnknown,
)
from wacloud.modules.whatsapp.domain.template_lint import lint
from wacloud.modules.whatsapp.domain.template_starters import Starter, starters_for
from wacloud.modules.whatsapp.ui import template_words as told
from wacloud.modules.whatsapp.ui.template_form import Filled, filled_in, form_of, preview_of, started_from
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import render, wants_fragment
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

Reader = Annotated[Member, Depends(requires(Permission.TEMPLATES_READ))]
Writer = Annotated[Member, Depends(requires(Permission.TEMPLATES_WRITE))]
LARGEST_FORM = 64 * 1024


def routes(deps: MessageTemplateDeps) -> APIRouter:
    """The list, one template, and the form."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)
    _add_list(router, deps)
    _add_form(router, deps)
    return router


def _shown(request: Request, template: str, member: Member, status: int = 200, **context: Any) -> Response:
    return render(
        request,
        template,
        status,
        member=member,
        told=told,
        may_change=member.may(Permission.TEMPLATES_WRITE),
        **context,
    )


def _add_list(router: APIRouter, deps: MessageTemplateDeps) -> None:
    @router.get("/templates")
    async def listed(
        request: Request,
        member: Reader,
        status: Annotated[str, Query(max_length=40)] = "",
        q: Annotated[str, Query(max_length=100)] = "",
        cursor: Annotated[str | None, Query(max_length=500)] = None,
    ) -> Response:
        page = await list_templates(
            deps, member.business_id, status=status or None, text=q.strip() or None, cursor=cursor
        )
        return _shown(
            request,
            "whatsapp/templates.html",
            member,
            page=page,
            previews={one.id: preview_of(one.components) for one in page.templates},
            syncs=await last_syncs(deps, member.business_id),
            wanted=status,
            q=q,
            said="saved" in request.query_params,
            is_reading="reading" in request.query_params,
        )

    @router.post("/templates/sync")
    async def sync(member: Writer) -> Response:
        await ask_for_sync(deps, member.business_id)
        return RedirectResponse("/templates?reading", 303)

    @router.post("/templates/{template_id}/delete")
    async def delete(request: Request, member: Writer, template_id: UUID) -> Response:
        try:
            await delete_template(deps, member.business_id, template_id)
        except TemplateUnknown:
            raise
        except AppError as refused:
            kept = await get_template(deps, member.business_id, template_id)
            return _one(request, member, kept, form_of(kept), refused)
        return RedirectResponse("/templates?saved", 303)


def _add_form(router: APIRouter, deps: MessageTemplateDeps) -> None:
    @router.get("/templates/new")
    async def blank(
        request: Request,
        member: Writer,
        start: Annotated[str, Query(max_length=60)] = "",
        language: Annotated[str, Query(max_length=10)] = "",
    ) -> Response:
        """Empty, or filled in from one of the starters of the business's sector."""
        async with deps.whatsapp.db.tenant(member.business_id, read_only=True) as tx:
            profile = await business_profile(deps.whatsapp.business, tx, member.business_id)
        starters = starters_for(profile.sector)
        chosen = next((one for one in starters if one.name == start), None)
        language = language or profile.language
        filled = started_from(chosen, language) if chosen else Filled(language=language)
        begun = [(one, started_from(one, language)) for one in starters]
        return _form(request, member, filled, is_new=True, looked=chosen is not None, starters=begun)

    @router.post("/templates/check")
    async def check(request: Request, member: Writer) -> Response:
        """Looks at the form and keeps nothing."""
        filled = filled_in(await request.form())
        return _form(request, member, filled, is_new=True, looked=True)

    @router.post("/templates")
    async def create(request: Request, member: Writer) -> Response:
        filled = filled_in(await request.form())
        try:
            kept = await submit_template(deps, member.business_id, filled.draft())
        except AppError as refused:
            return _form(request, member, filled, is_new=True, looked=True, refused=refused)
        return RedirectResponse(f"/templates/{kept.id}?saved", 303)

    @router.get("/templates/{template_id}")
    async def one(request: Request, member: Reader, template_id: UUID) -> Response:
        kept = await get_template(deps, member.business_id, template_id)
        return _one(request, member, kept, form_of(kept))

    @router.post("/templates/{template_id}")
    async def change(request: Request, member: Writer, template_id: UUID) -> Response:
        filled = filled_in(await request.form())
        try:
            await edit_template(deps, member.business_id, template_id, filled.draft().components, filled.category)
        except TemplateUnknown:
            raise
        except AppError as refused:
            kept = await get_template(deps, member.business_id, template_id)
            return _one(request, member, kept, filled, refused)
        return RedirectResponse(f"/templates/{template_id}?saved", 303)


def _form(
    request: Request,
    member: Member,
    filled: Filled,
    *,
    is_new: bool,
    looked: bool = False,
    refused: AppError | None = None,
    starters: Sequence[tuple[Starter, Filled]] = (),
) -> Response:
    draft = filled.draft()
    fragment = looked and refused is None and wants_fragment(request)
    return _shown(
        request,
        "whatsapp/_template_looked.html" if fragment else "whatsapp/template_new.html",
        member,
        STATUS_OF[refused.kind] if refused else 200,
        filled=filled,
        is_new=is_new,
        findings=lint(draft) if looked else (),
        looked=looked,
        preview=preview_of(draft.components),
        refusal=_words(refused),
        starters=starters,
    )


def _one(
    request: Request, member: Member, kept: KeptTemplate, filled: Filled | None, refused: AppError | None = None
) -> Response:
    is_editable = filled is not None and kept.deleted_at is None and kept.status in EDITABLE
    draft = filled.draft() if filled and refused else None
    return _shown(
        request,
        "whatsapp/template.html",
        member,
        STATUS_OF[refused.kind] if refused else 200,
        one=kept,
        filled=filled if is_editable else None,
        is_new=False,
        findings=lint(draft) if draft else (),
        looked=draft is not None,
        preview=preview_of(draft.components if draft else kept.components),
        refusal=_words(refused),
        said="saved" in request.query_params,
    )


def _words(refused: AppError | None) -> tuple[str, str | None] | None:
    """The sentence, and Meta's own words where it was Meta that refused. What breaks rules is told beside the form."""
    if refused is None:
        return None
    return refused.message, None if isinstance(refused, TemplateBreaksRules) else refused.detail
