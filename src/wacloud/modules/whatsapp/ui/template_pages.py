"""The pages of message templates: `/templates`. Without script too; with it a draft is looked at as it is written."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.business.api import business_profile
from wacloud.modules.whatsapp.application.read_templates import get_template, last_syncs, list_templates
from wacloud.modules.whatsapp.application.submit_template import (
    delete_template,
    edit_template,
    look_at_draft,
    submit_template,
)
from wacloud.modules.whatsapp.application.sync_templates import ask_for_sync
from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps
from wacloud.modules.whatsapp.application.template_warnings import warnings_for
from wacloud.modules.whatsapp.domain.message_template import (
    EDITABLE,
    KeptTemplate,
    TemplateBreaksRules,
    TemplateUnknown,
)
from wacloud.modules.whatsapp.domain.template_lint import Finding
from wacloud.modules.whatsapp.domain.template_starters import Starter, starters_for
from wacloud.modules.whatsapp.ui import template_words as told
from wacloud.modules.whatsapp.ui.cost_words import country_in_words, money_of_many
from wacloud.modules.whatsapp.ui.template_fields import label_of, told_in_form, wrong_at
from wacloud.modules.whatsapp.ui.template_form import (
    CARD_FILES,
    CODE_FIELDS,
    HEADERS,
    KEPT,
    MOST_CARDS,
    PRODUCTS,
    Filled,
    is_written,
    started_from,
)
from wacloud.modules.whatsapp.ui.template_form_of import form_of
from wacloud.modules.whatsapp.ui.template_preview import Preview, preview_of
from wacloud.modules.whatsapp.ui.template_uploads import ACCEPTS, LARGEST_FORM, read_filled
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import look_of, render, wants_fragment
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

Reader = Annotated[Member, Depends(requires(Permission.TEMPLATES_READ))]
Writer = Annotated[Member, Depends(requires(Permission.TEMPLATES_WRITE))]


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
        label_of=label_of,
        money=partial(money_of_many, language=look_of(request, member).language),
        country=partial(country_in_words, language=look_of(request, member).language),
        HEADERS=HEADERS,
        CARD_FILES=CARD_FILES,
        PRODUCTS=PRODUCTS,
        KEPT=KEPT,
        CODE_FIELDS=CODE_FIELDS,
        MOST_CARDS=MOST_CARDS,
        ACCEPTS=ACCEPTS,
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
        account: Annotated[str, Query(max_length=40)] = "",
        cursor: Annotated[str | None, Query(max_length=500)] = None,
    ) -> Response:
        page = await list_templates(
            deps,
            member.business_id,
            status=status or None,
            text=q.strip() or None,
            waba_id=account or None,
            cursor=cursor,
        )
        return _shown(
            request,
            "whatsapp/templates.html",
            member,
            page=page,
            warnings=await warnings_for(deps, member.business_id, page.templates),
            previews={one.id: preview_of(one.components, one.language) for one in page.templates},
            syncs=await last_syncs(deps, member.business_id),
            wanted=status,
            account=account,
            q=q,
            said="saved" in request.query_params,
            is_reading="reading" in request.query_params,
            is_more=cursor is not None,
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
            return await _one(deps, request, member, kept, form_of(kept), refused)
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
        starters, spoken = await _starters(deps, member)
        chosen = next((one for one in starters if one.name == start), None)
        language = language or spoken
        filled = started_from(chosen, language) if chosen else Filled(language=language)
        return await _form(
            deps, request, member, filled, looked=chosen is not None, starters=_begun(starters, language)
        )

    @router.post("/templates/start")
    async def begin(
        request: Request,
        member: Writer,
        start: Annotated[str, Query(max_length=60)] = "",
        language: Annotated[str, Query(max_length=10)] = "",
    ) -> Response:
        """A starter in place of what the form holds; what a person wrote is kept until they say so."""
        async with request.form(max_files=MOST_CARDS + 1) as form:
            filled = await read_filled(deps.whatsapp, member, form)
        starters, spoken = await _starters(deps, member)
        language = language or spoken
        chosen = next((one for one in starters if one.name == start), None)
        if is_written(filled, starters):
            begun = _begun(starters, language)
            return await _form(deps, request, member, filled, starters=begun, replaced_by=chosen)
        return RedirectResponse(f"/templates/new?{urlencode({'start': start, 'language': language})}", 303)

    @router.post("/templates/check")
    async def check(
        request: Request,
        member: Writer,
        template: Annotated[UUID | None, Query()] = None,
        redraw: Annotated[bool, Query()] = False,
    ) -> Response:
        """Looks at the form and keeps nothing but files; `redraw`: fields have come or gone, so it is drawn anew."""
        async with request.form(max_files=MOST_CARDS + 1) as form:
            filled = await read_filled(deps.whatsapp, member, form)
            # Of categories, only codes have other fields: for the others, what is typed meanwhile stays.
            shows = "shows_wrong" in form
            turned = form.get("drawn") == ("text" if filled.is_code else "code")
        if template is None:
            answer = await _form(deps, request, member, filled, looked=True, redraw=redraw or turned, shows=shows)
        else:
            kept = await get_template(deps, member.business_id, template)
            answer = await _one(deps, request, member, kept, filled, looked=True, redraw=redraw or turned, shows=shows)
        if turned:
            answer.headers["HX-Retarget"] = "#draft"
        return answer

    @router.post("/templates")
    async def create(request: Request, member: Writer) -> Response:
        async with request.form(max_files=MOST_CARDS + 1) as form:
            filled = await read_filled(deps.whatsapp, member, form)
        if filled.troubles:
            return await _form(deps, request, member, filled, looked=True, status=422)
        try:
            kept = await submit_template(deps, member.business_id, filled.draft(), filled.waba_id or None)
        except AppError as refused:
            return await _form(deps, request, member, filled, looked=True, refused=refused)
        return RedirectResponse(f"/templates/{kept.id}?saved", 303)

    @router.get("/templates/{template_id}")
    async def one(request: Request, member: Reader, template_id: UUID) -> Response:
        kept = await get_template(deps, member.business_id, template_id)
        return await _one(deps, request, member, kept, form_of(kept))

    @router.post("/templates/{template_id}")
    async def change(request: Request, member: Writer, template_id: UUID) -> Response:
        async with request.form(max_files=MOST_CARDS + 1) as form:
            filled = await read_filled(deps.whatsapp, member, form)
        if filled.troubles:
            kept = await get_template(deps, member.business_id, template_id)
            return await _one(deps, request, member, kept, filled, looked=True, status=422)
        try:
            await edit_template(deps, member.business_id, template_id, filled.draft().components, filled.category)
        except TemplateUnknown:
            raise
        except AppError as refused:
            kept = await get_template(deps, member.business_id, template_id)
            return await _one(deps, request, member, kept, filled, refused)
        return RedirectResponse(f"/templates/{template_id}?saved", 303)


async def _starters(deps: MessageTemplateDeps, member: Member) -> tuple[Sequence[Starter], str]:
    """Those of the business's sector, and its language."""
    async with deps.whatsapp.db.tenant(member.business_id, read_only=True) as tx:
        profile = await business_profile(deps.whatsapp.business, tx, member.business_id)
    return starters_for(profile.sector), profile.language


def _begun(starters: Sequence[Starter], language: str) -> list[tuple[Starter, Filled, Preview]]:
    drafts = [started_from(one, language) for one in starters]
    shown = [preview_of(draft.draft().components) for draft in drafts]
    return list(zip(starters, drafts, shown, strict=True))


async def _form(
    deps: MessageTemplateDeps,
    request: Request,
    member: Member,
    filled: Filled,
    *,
    looked: bool = False,
    redraw: bool = False,
    shows: bool = False,
    refused: AppError | None = None,
    starters: Sequence[tuple[Starter, Filled, Preview]] = (),
    replaced_by: Starter | None = None,
    status: int = 200,
) -> Response:
    draft = filled.draft()
    fragment = looked and refused is None and status == 200 and wants_fragment(request)
    of_fragment = "whatsapp/_template_redrawn.html" if redraw else "whatsapp/_template_looked.html"
    return _shown(
        request,
        of_fragment if fragment else "whatsapp/template_new.html",
        member,
        STATUS_OF[refused.kind] if refused else status,
        filled=filled,
        is_new=True,
        accounts=[one for one in await last_syncs(deps, member.business_id) if one.is_connected],
        **_what_is_wrong(
            await look_at_draft(deps, member.business_id, draft) if looked else (),
            filled,
            look_of(request, member).language,
            now=refused is not None or status == 422,
            shows=shows,
        ),
        looked=looked,
        preview=preview_of(draft.components, draft.language),
        refusal=_words(refused),
        starters=starters,
        replaced_by=replaced_by,
    )


async def _one(
    deps: MessageTemplateDeps,
    request: Request,
    member: Member,
    kept: KeptTemplate,
    filled: Filled | None,
    refused: AppError | None = None,
    *,
    looked: bool = False,
    redraw: bool = False,
    shows: bool = False,
    status: int = 200,
) -> Response:
    is_editable = filled is not None and kept.deleted_at is None and kept.status in EDITABLE
    draft = filled.draft() if filled and (refused or looked) else None
    if looked and wants_fragment(request) and status == 200:
        template = "whatsapp/_template_redrawn.html" if redraw else "whatsapp/_template_looked.html"
    else:
        template = "whatsapp/template.html"
    return _shown(
        request,
        template,
        member,
        STATUS_OF[refused.kind] if refused else status,
        one=kept,
        warnings=await warnings_for(deps, member.business_id, [kept]),
        filled=filled if is_editable else None,
        is_new=False,
        accounts=await last_syncs(deps, member.business_id),
        **_what_is_wrong(
            await look_at_draft(deps, member.business_id, draft) if draft else (),
            filled,
            look_of(request, member).language,
            now=refused is not None or status == 422,
            shows=shows,
        ),
        looked=draft is not None,
        preview=preview_of(draft.components if draft else kept.components, kept.language),
        refusal=_words(refused),
        said="saved" in request.query_params,
    )


def _what_is_wrong(
    findings: Sequence[Finding], filled: Filled | None, language: str, *, now: bool, shows: bool
) -> Mapping[str, Any]:
    """What is told of a draft. From a refusal on, `now`, each field says what is wrong with it: `shows`."""
    listed = told_in_form(findings, filled, language) if filled else []
    wrong = wrong_at(listed, filled, language) if filled and (now or shows) else {}
    return {"findings": listed, "wrong": wrong, "shows_wrong": now or shows, "refused_now": now}


def _words(refused: AppError | None) -> tuple[str, str | None] | None:
    """The sentence, and Meta's own words where it was Meta that refused. What breaks rules is told beside the form."""
    if refused is None:
        return None
    return refused.message, None if isinstance(refused, TemplateBreaksRules) else refused.detail
