"""What a member sends besides words and files: a place, buttons, products, a form, a reaction ..."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.send_message import Recipient, send_message
from wacloud.modules.whatsapp.domain.outgoing import Rules, reaction
from wacloud.modules.whatsapp.ui.compose_forms import FORMS, errors_of
from wacloud.modules.whatsapp.ui.thread_view import answer_context
from wacloud.shared.domain.errors import AppError, FaultyFields, NotFound
from wacloud.shared.domain.ids import new_id
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import translate
from wacloud.shared.ui.pages import look_of, render, wants_fragment
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import rule_in_words

Sender = Annotated[Member, Depends(requires(Permission.MESSAGES_SEND))]
Kind = Literal[
    "location",
    "contact",
    "buttons",
    "list",
    "link",
    "ask-location",
    "ask-phone",
    "catalogue",
    "products",
    "form",
]
Key = Annotated[str, Form(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
_TOLD = ("invalid", "conflict", "limit")


def routes(deps: WhatsappDeps) -> APIRouter:
    """The forms of the + menu, and what is shown above the composer while one answers a message."""
    router = APIRouter(include_in_schema=False)

    @router.get("/inbox/{conversation_id}/answer/{message_id}")
    async def answer(request: Request, member: Sender, conversation_id: UUID, message_id: UUID) -> Response:
        thread = await deps.inbox.thread(member.user_id, member.business_id, conversation_id)
        if thread is None:
            raise NotFound
        context = answer_context(thread.messages, message_id, look_of(request, member).language)
        return render(request, "whatsapp/_answer.html", member=member, row=thread.conversation, **context)

    @router.post("/inbox/{conversation_id}/react")
    async def react(
        request: Request,
        member: Sender,
        conversation_id: UUID,
        reply_to: Annotated[UUID, Form()],
        emoji: Annotated[str, Form(max_length=64)] = "",
    ) -> Response:
        rules = Rules()
        wanted = reaction(rules, reply_to, emoji)
        rules.check()
        await send_message(deps, member.user_id, member.business_id, Recipient(conversation_id), wanted)
        return Response() if wants_fragment(request) else _back_to(conversation_id)

    @router.get("/inbox/{conversation_id}/send/{kind}")
    async def asked(request: Request, member: Sender, conversation_id: UUID, kind: Kind) -> Response:
        return _form(request, member, conversation_id, kind, {}, {}, None, "", 200)

    @router.post("/inbox/{conversation_id}/send/{kind}")
    async def sent(request: Request, member: Sender, conversation_id: UUID, kind: Kind, key: Key) -> Response:
        form = FORMS[kind]
        told = await request.form(max_files=0, max_fields=20)
        given = {one.name: str(told.get(one.name) or "").strip()[: 4 * one.most] for one in form.inputs}
        language = look_of(request, member).language
        rules = Rules()
        wanted = form.wanted(rules, given)
        try:
            rules.check()
            await send_message(
                deps, member.user_id, member.business_id, Recipient(conversation_id), wanted, f"{key}-{kind}"
            )
        except FaultyFields as refused:
            errors = {name: rule_in_words(fault, language) for name, fault in errors_of(form, refused.faults).items()}
            return _form(request, member, conversation_id, kind, given, errors, None, key, 422)
        except AppError as refused:
            if refused.kind not in _TOLD:
                raise
            said = translate(language, refused.message)
            return _form(request, member, conversation_id, kind, given, {}, said, "", 422)
        if wants_fragment(request):
            return Response(status_code=204, headers={"HX-Trigger": "extra-sent"})
        return _back_to(conversation_id)

    return router


def _form(
    request: Request,
    member: Member,
    conversation_id: UUID,
    kind: str,
    given: dict[str, str],
    errors: dict[str, str],
    error: str | None,
    key: str,
    status: int,
) -> Response:
    template = "whatsapp/_compose.html" if wants_fragment(request) else "whatsapp/compose.html"
    return render(
        request,
        template,
        status,
        member=member,
        conversation_id=conversation_id,
        kind=kind,
        form=FORMS[kind],
        given=given,
        errors=errors,
        error=error,
        key=key or str(new_id()),
    )


def _back_to(conversation_id: UUID) -> Response:
    return RedirectResponse(f"/inbox/{conversation_id}", status_code=303)
