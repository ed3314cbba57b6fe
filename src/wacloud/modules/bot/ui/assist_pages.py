"""Help with replies beside the composer of the inbox: what is proposed is read there, and never sent from here."""

from collections.abc import Awaitable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from wacloud.modules.bot.application.assist_agent import (
    Suggestion,
    draft_reply,
    help_there_is,
    rewrite_text,
    summarise_conversation,
    translate_text,
)
from wacloud.modules.bot.application.studio_ports import StudioDeps
from wacloud.modules.bot.domain.assist_prompt import Style
from wacloud.modules.bot.ui import studio_words
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import translator
from wacloud.shared.ui.limits import limited
from wacloud.shared.ui.pages import look_of, render
from wacloud.shared.ui.permissions import Permission

Sender = Annotated[Member, Depends(requires(Permission.MESSAGES_SEND))]
Counted = Annotated[None, limited("assist")]
Text = Annotated[str, Form(max_length=20_000)]


def routes(deps: StudioDeps) -> APIRouter:
    """One address for each kind of help; each answers with a part of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/inbox/{conversation_id}/assist")
    async def menu(request: Request, member: Sender, conversation_id: UUID) -> Response:
        """What there is to choose from, by what can work for this business now."""
        offered = await help_there_is(deps, member.business_id)
        return render(request, "bot/_assist_menu.html", member=member, conversation_id=conversation_id, help=offered)

    @router.post("/inbox/{conversation_id}/assist/draft")
    async def draft(request: Request, member: Sender, conversation_id: UUID, _: Counted) -> Response:
        asked = draft_reply(deps, member.user_id, member.business_id, conversation_id)
        return await _proposed(request, member, asked, into_reply=True)

    @router.post("/inbox/{conversation_id}/assist/rewrite")
    async def rewrite(
        request: Request,
        member: Sender,
        conversation_id: UUID,
        _: Counted,
        style: Annotated[Style, Form()],
        text: Text = "",
    ) -> Response:
        asked = rewrite_text(deps, member.user_id, member.business_id, conversation_id, text, style)
        return await _proposed(request, member, asked, into_reply=True)

    @router.post("/inbox/{conversation_id}/assist/translate")
    async def translate(
        request: Request, member: Sender, conversation_id: UUID, _: Counted, text: Text = ""
    ) -> Response:
        language = look_of(request, member).language
        asked = translate_text(deps, member.user_id, member.business_id, conversation_id, text, language)
        return await _proposed(request, member, asked, into_reply=bool(text.strip()))

    @router.post("/inbox/{conversation_id}/assist/summarise")
    async def summarise(request: Request, member: Sender, conversation_id: UUID, _: Counted) -> Response:
        language = look_of(request, member).language
        asked = summarise_conversation(deps, member.user_id, member.business_id, conversation_id, language)
        return await _proposed(request, member, asked, into_reply=False)

    return router


async def _proposed(request: Request, member: Member, asked: Awaitable[Suggestion], *, into_reply: bool) -> Response:
    """What came of it; a refusal is told in the same place, so that whoever writes goes on writing."""
    suggestion, refused = None, None
    try:
        suggestion = await asked
    except AppError as error:
        if error.kind == "not_found":
            raise
        refused = error
    say = translator(look_of(request, member).language)
    return render(
        request,
        "bot/_assisted.html",
        422 if refused else 200,
        member=member,
        suggestion=suggestion,
        refused=refused,
        into_reply=into_reply,
        why=lambda code: studio_words.why_no_draft(code, say),
    )
