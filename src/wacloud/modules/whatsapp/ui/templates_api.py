"""Message templates, for programs."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request

from wacloud.modules.whatsapp.application.read_templates import get_template, last_syncs, list_templates
from wacloud.modules.whatsapp.application.submit_template import (
    delete_template,
    edit_template,
    look_at_draft,
    submit_template,
)
from wacloud.modules.whatsapp.application.sync_templates import ask_for_sync
from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps
from wacloud.modules.whatsapp.domain.message_template import Draft, KeptTemplate
from wacloud.modules.whatsapp.domain.template_lint import lint
from wacloud.modules.whatsapp.ui.template_bodies import (
    Findings,
    NewTemplate,
    StepOut,
    SyncAsked,
    SyncOut,
    TemplateBody,
    TemplateDetail,
    TemplateEdit,
    TemplateList,
    TemplateOut,
    draft_of,
    examples,
    findings_out,
    out,
    plain,
)
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.pages import look_of
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.TEMPLATES_READ))]
Writer = Annotated[Member, Depends(requires(Permission.TEMPLATES_WRITE))]
BASE = "/api/whatsapp/templates"


def routes(deps: MessageTemplateDeps) -> APIRouter:
    """Under `/api/whatsapp/templates`."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["whatsapp"])
    _add_reading(router, deps)
    _add_writing(router, deps)
    return router


def _add_reading(router: APIRouter, deps: MessageTemplateDeps) -> None:
    @router.get(
        BASE,
        operation_id="list_templates",
        summary="List your message templates",
        response_model=TemplateList,
        response_description="A page of them.",
    )
    async def listed(
        member: Reader,
        status: Annotated[str | None, Query(max_length=40, description="Meta's word, such as APPROVED.")] = None,
        q: Annotated[str, Query(max_length=100, description="Part of a name.")] = "",
        waba_id: Annotated[str | None, Query(max_length=40, description="Of this WhatsApp account only.")] = None,
        cursor: Annotated[str | None, Query(max_length=500)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> object:
        """The newest first, as they stand at Meta; those that are gone are not among them."""
        page = await list_templates(
            deps, member.business_id, status=status, text=q or None, waba_id=waba_id, cursor=cursor, limit=limit
        )
        return TemplateList(templates=[TemplateOut(**out(one)) for one in page.templates], next_cursor=page.cursor)

    @router.post(
        f"{BASE}/check",
        operation_id="check_template",
        summary="Look at a draft",
        response_model=Findings,
        response_description="What there is to say.",
    )
    async def check(
        request: Request,
        body: Annotated[TemplateBody, Body(openapi_examples=examples())],
        member: Reader,
    ) -> object:
        """What Meta would say of it, without asking Meta: nothing is kept and nothing is sent."""
        findings = await look_at_draft(deps, member.business_id, draft_of(body))
        return Findings(findings=findings_out(findings, look_of(request, member).language))

    @router.post(
        f"{BASE}/sync",
        operation_id="sync_templates",
        summary="Read the list from Meta",
        response_model=SyncAsked,
        response_description="It will be read in a moment.",
        status_code=202,
    )
    async def sync(member: Writer) -> object:
        """It is read every day and after each of Meta's news anyway."""
        before = await last_syncs(deps, member.business_id)
        await ask_for_sync(deps, member.business_id)
        return SyncAsked(
            accounts=[SyncOut(waba_id=s.waba_id, name=s.name, synced_at=s.synced_at, trouble=s.trouble) for s in before]
        )

    @router.get(
        f"{BASE}/{{template_id}}",
        operation_id="get_template",
        summary="One message template",
        response_model=TemplateDetail,
        response_description="With its history.",
        responses=problems(_404="template_unknown"),
    )
    async def one(request: Request, template_id: UUID, member: Reader) -> object:
        """Gone ones too, by their id."""
        return _detail(request, member, await get_template(deps, member.business_id, template_id))


def _add_writing(router: APIRouter, deps: MessageTemplateDeps) -> None:
    done: dict[str, Any] = {"status_code": 204, "response_description": "Done."}

    @router.post(
        BASE,
        operation_id="create_template",
        summary="Send a new message template for review",
        response_model=TemplateDetail,
        response_description="Meta has it and reviews it.",
        responses=problems(_404="account_unknown", _409="template_exists", _422="template_breaks_rules"),
        status_code=201,
    )
    async def create(
        request: Request,
        body: Annotated[NewTemplate, Body(openapi_examples=examples())],
        member: Writer,
        _: Annotated[Once, idempotent()],
    ) -> object:
        """
        It is looked at first: `template_breaks_rules` has every field in `errors`. What Meta itself refuses is
        `template_refused`, with Meta's words as `detail` and its code as `meta_code`. After 503 `meta_away` nobody
        knows whether Meta has it; the list is read again by itself. A business with several WhatsApp accounts that
        names none is answered 422 `account_not_named`.
        """
        kept = await submit_template(deps, member.business_id, draft_of(body), body.waba_id)
        return _detail(request, member, kept)

    @router.put(
        f"{BASE}/{{template_id}}",
        operation_id="edit_template",
        summary="Change a message template",
        response_model=TemplateDetail,
        response_description="Meta has the change and reviews it.",
        responses=problems(_404="template_unknown", _409="template_not_editable", _422="template_breaks_rules"),
    )
    async def edit(request: Request, template_id: UUID, body: TemplateEdit, member: Writer) -> object:
        """An approved one once a day and ten times in 30 days; one that is being reviewed has to wait."""
        kept = await edit_template(deps, member.business_id, template_id, plain(body.components), body.category)
        return _detail(request, member, kept)

    @router.delete(
        f"{BASE}/{{template_id}}",
        operation_id="delete_template",
        summary="Delete a message template",
        responses=problems(_404="template_unknown", _422="template_refused"),
        **done,
    )
    async def delete(template_id: UUID, member: Writer) -> None:
        """In this one language, at Meta too. Its name cannot be used again for 30 days."""
        await delete_template(deps, member.business_id, template_id)


def _detail(request: Request, member: Member, kept: KeptTemplate) -> TemplateDetail:
    draft = Draft(
        kept.name, kept.language, kept.category or "", kept.components or (), kept.parameter_format or "POSITIONAL"
    )
    findings = lint(draft) if kept.components and kept.category != "AUTHENTICATION" else ()
    # Meta has had a file for it, though we may not have it.
    findings = [one for one in findings if one.rule != "file_example_missing"]
    return TemplateDetail(
        **out(kept),
        history=[StepOut(at=s.at, what=s.what, before=s.before, after=s.after) for s in kept.history],
        findings=findings_out(findings, look_of(request, member).language),
    )
