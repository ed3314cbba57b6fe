"""`/bot/models`: the key a business brings for a language model, and what its models have cost."""

from typing import Annotated

from babel.dates import format_date
from babel.numbers import format_decimal
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.bot.application.model_costs import model_costs
from wacloud.modules.bot.application.own_key import (
    LONGEST_KEY,
    CostsOfDay,
    OwnKeyDeps,
    own_key,
    remove_own_key,
    set_own_key,
)
from wacloud.modules.bot.ui.models_api import Owner, Proven
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member
from wacloud.shared.ui.i18n import N_
from wacloud.shared.ui.numbers import dollars
from wacloud.shared.ui.pages import look_of, render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

LARGEST_FORM = 16 * 1024
SAID = {
    "set": N_("Your key works. The assistant uses it from now on."),
    "removed": N_("Your key was removed. The assistant uses ours again."),
}
STATES = {
    "ok": N_("OpenAI takes it."),
    "refused": N_("OpenAI refuses it. Until you give another one, the assistant answers without a language model."),
    "no_money": N_(
        "Its account at OpenAI has no money left. Until it has, the assistant answers without a language model."
    ),
}


def routes(deps: OwnKeyDeps) -> APIRouter:
    """The page and its forms."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    async def page(request: Request, member: Member, refusal: AppError | None = None) -> Response:
        costs = await model_costs(deps, member.business_id)
        language = look_of(request, member).language
        return render(
            request,
            "bot/models.html",
            STATUS_OF[refusal.kind] if refusal else 200,
            member=member,
            key=await own_key(deps, member.business_id),
            today=dollars(costs.day_usd, language),
            month=dollars(costs.month_usd, language),
            days=[_row(one, language) for one in costs.days],
            states=STATES,
            longest=LONGEST_KEY,
            has_ours=bool(getattr(request.app.state, "has_model", False)),
            said=SAID.get(request.query_params.get("said", "")),
            refusal=refusal.message if refusal else None,
            may=member.may,
            Permission=Permission,
        )

    @router.get("/bot/models")
    async def models(request: Request, member: Owner) -> Response:
        """Whose key, how it fares, and what it cost."""
        return await page(request, member)

    @router.post("/bot/models")
    async def keep(request: Request, member: Proven, key: Annotated[str, Form(max_length=2000)] = "") -> Response:
        """Try the key and keep it."""
        try:
            await set_own_key(deps, member.business_id, key, member.user_id, caller_of(request))
        except AppError as refusal:
            return await page(request, member, refusal)
        return RedirectResponse("/bot/models?said=set", 303)

    @router.post("/bot/models/remove")
    async def remove(request: Request, member: Owner) -> Response:
        """Take it out."""
        await remove_own_key(deps, member.business_id, member.user_id, caller_of(request))
        return RedirectResponse("/bot/models?said=removed", 303)

    return router


def _row(one: CostsOfDay, language: str) -> tuple[str, str, str, str, str]:
    return (
        format_date(one.day, "medium", language),
        format_decimal(one.turns, locale=language),
        format_decimal(one.input_tokens, locale=language),
        format_decimal(one.output_tokens, locale=language),
        dollars(one.cost_usd, language),
    )
