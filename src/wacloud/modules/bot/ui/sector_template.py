"""The template of a sector for a new bot: look at it, take it, fill in its gaps."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from wacloud.modules.bot.application.apply_sector_template import TemplateDeps, apply_sector_template
from wacloud.modules.bot.application.knowledge import list_knowledge, replace_knowledge
from wacloud.modules.bot.domain.knowledge import KnowledgeItemId, KnowledgeText, has_gap
from wacloud.modules.bot.ui.editor import editor_of
from wacloud.modules.business.api import business_profile, sector_template
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caching import cacheable
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.pages import render
from wacloud.shared.ui.permissions import Permission

Sector = Literal["retail", "healthcare", "restaurant", "other"]
Writer = Annotated[Member, requires(Permission.KNOWLEDGE_WRITE)]
LARGEST_FORM = 32 * 1024


class TemplateQuestionAnswer(BaseModel):
    """A question with the answer to start from; what the owner has to fill in is listed."""

    question: str
    answer: str
    gaps: list[str]


class TemplateAnswer(BaseModel):
    """The template of a sector."""

    sector: str
    language: str
    title: str
    bot_name: str
    tone: str
    fallback: str
    hours: dict[str, list[list[str]]]
    questions: list[TemplateQuestionAnswer]


class TemplateWish(BaseModel):
    """Which template to take; without a sector that of the business. `hours`: its hours too, where none are told."""

    model_config = ConfigDict(extra="forbid")

    sector: Sector | None = None
    hours: bool = False


class AppliedAnswer(BaseModel):
    """What was taken, and the questions whose answers have gaps: the bot does not give those yet."""

    added: int
    to_fill: list[str]
    took_hours: bool


def routes(deps: TemplateDeps) -> APIRouter:
    """The JSON routes, and the page on which gaps are filled in."""
    router = APIRouter(max_body_size=LARGEST_JSON)
    api = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["bot"])

    @api.get(
        "/api/bot/sector-template/{sector}",
        operation_id="get_sector_template",
        response_model=TemplateAnswer,
        dependencies=[cacheable()],
    )
    async def look(
        sector: Sector,
        member: Annotated[Member, requires(Permission.KNOWLEDGE_READ)],
        language: Literal["es", "en"] | None = None,
    ) -> object:
        """What a business of this sector may start with, in the business's language where none is asked for."""
        if language is None:
            async with deps.knowledge.db.tenant(member.business_id, read_only=True) as tx:
                profile = await business_profile(deps.business, tx, member.business_id)
            template = sector_template(sector, profile.language)
        else:
            template = sector_template(sector, language)
        return TemplateAnswer(
            sector=template.sector,
            language=template.language,
            title=template.title,
            bot_name=template.bot_name,
            tone=template.tone,
            fallback=template.fallback,
            hours=dict(template.hours),
            questions=[
                TemplateQuestionAnswer(question=one.question, answer=one.answer, gaps=list(one.gaps))
                for one in template.questions
            ],
        )

    @api.post(
        "/api/bot/sector-template",
        operation_id="take_sector_template",
        response_model=AppliedAnswer,
        responses=problems(_429="too_much_knowledge"),
    )
    async def take(request: Request, body: TemplateWish, member: Writer) -> object:
        """Take what is missing from it; nothing that is there is changed, so it may be taken twice."""
        applied = await apply_sector_template(
            deps,
            member.user_id,
            member.business_id,
            caller_of(request),
            sector=body.sector,
            with_hours=body.hours,
        )
        return AppliedAnswer(
            added=len(applied.added),
            to_fill=[item.question for item in applied.to_fill],
            took_hours=applied.took_hours,
        )

    router.include_router(api)
    router.include_router(_pages(deps))
    return router


def _pages(deps: TemplateDeps) -> APIRouter:
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    async def page(request: Request, member: Member, refusal: str | None = None, status_code: int = 200) -> Response:
        items = await list_knowledge(deps.knowledge, member.business_id)
        return render(
            request,
            "bot/template_gaps.html",
            status_code,
            member=member,
            items=[item for item in items if has_gap(item.answer)],
            refusal=refusal,
        )

    @router.post("/onboarding/template")
    async def take_by_hand(
        request: Request, member: Writer, hours: Annotated[str, Form()] = "", sector: Annotated[str, Form()] = ""
    ) -> Response:
        """From the checklist of the onboarding."""
        await apply_sector_template(
            deps,
            member.user_id,
            member.business_id,
            caller_of(request),
            sector=sector or None,
            with_hours=bool(hours),
        )
        return RedirectResponse("/onboarding/answers", 303)

    @router.get("/onboarding/answers")
    async def gaps(request: Request, member: Writer) -> Response:
        """The answers that wait for somebody who knows."""
        return await page(request, member)

    @router.post("/onboarding/answers")
    async def fill(
        request: Request,
        member: Writer,
        item_id: Annotated[UUID, Form()],
        question: Annotated[str, Form()] = "",
        answer: Annotated[str, Form()] = "",
    ) -> Response:
        """One of them, written out."""
        try:
            text = KnowledgeText.typed(question, answer)
            await replace_knowledge(
                deps.knowledge, member.business_id, KnowledgeItemId(item_id), text, by=editor_of(request, member)
            )
        except AppError as refused:
            return await page(request, member, refused.message, 422)
        return RedirectResponse("/onboarding/answers", 303)

    return router
