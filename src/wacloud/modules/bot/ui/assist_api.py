"""Help with replies, for programs. It proposes; sending is another call."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from wacloud.modules.bot.application.assist_agent import (
    draft_reply,
    rewrite_text,
    summarise_conversation,
    translate_text,
)
from wacloud.modules.bot.application.studio_ports import StudioDeps
from wacloud.modules.bot.ui.studio_bodies import AssistWish, RewriteWish, SuggestionOut, TranslateWish
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.limits import limited
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.pages import look_of
from wacloud.shared.ui.permissions import Permission

Sender = Annotated[Member, Depends(requires(Permission.MESSAGES_SEND))]
Counted = Annotated[None, limited("assist")]
BASE = "/api/bot/assist"
_NO_CONVERSATION: dict[str, str] = {"_404": "conversation_unknown"}
_BY_MODEL = {**_NO_CONVERSATION, "_409": "no_model", "_503": "assist_away"}


def routes(deps: StudioDeps) -> APIRouter:
    """Under `/api/bot/assist`."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["bot"])
    proposed: dict[str, Any] = {"response_model": SuggestionOut, "response_description": "A proposal; nothing is sent."}

    @router.post(
        f"{BASE}/draft",
        operation_id="draft_reply",
        summary="Draft a reply",
        responses=problems(422, 429, **_NO_CONVERSATION),
        **proposed,
    )
    async def draft(body: AssistWish, member: Sender, _: Counted) -> object:
        """What your bot would answer to the customer's newest messages; without a model, from your knowledge."""
        return SuggestionOut.of(await draft_reply(deps, member.user_id, member.business_id, body.conversation_id))

    @router.post(
        f"{BASE}/rewrite",
        operation_id="rewrite_reply",
        summary="Write a reply anew",
        responses=problems(422, 429, **_BY_MODEL),
        **proposed,
    )
    async def rewrite(body: RewriteWish, member: Sender, _: Counted) -> object:
        """Friendlier, shorter, more formal, or with its spelling corrected."""
        suggestion = await rewrite_text(
            deps, member.user_id, member.business_id, body.conversation_id, body.text, body.style
        )
        return SuggestionOut.of(suggestion)

    @router.post(
        f"{BASE}/translate",
        operation_id="translate_reply",
        summary="Translate",
        responses=problems(422, 429, **_BY_MODEL),
        **proposed,
    )
    async def translate(request: Request, body: TranslateWish, member: Sender, _: Counted) -> object:
        """A text into the customer's language; without one, the customer's newest messages into yours."""
        suggestion = await translate_text(
            deps,
            member.user_id,
            member.business_id,
            body.conversation_id,
            body.text,
            look_of(request, member).language,
        )
        return SuggestionOut.of(suggestion)

    @router.post(
        f"{BASE}/summarise",
        operation_id="summarise_conversation",
        summary="Summarise a conversation",
        responses=problems(422, 429, **_BY_MODEL),
        **proposed,
    )
    async def summarise(request: Request, body: AssistWish, member: Sender, _: Counted) -> object:
        """For a colleague who takes it over, in your language."""
        language = look_of(request, member).language
        return SuggestionOut.of(
            await summarise_conversation(deps, member.user_id, member.business_id, body.conversation_id, language)
        )

    return router
