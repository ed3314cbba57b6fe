"""The inbox: the list, one conversation, and what a member can do in it. All of it works without JavaScript."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.hold_reply import hold_reply
from wacloud.modules.whatsapp.application.inbox import Filter, Page, Thread
from wacloud.modules.whatsapp.application.media_stored import MediaRow
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.reply_with import attached_files, reply_with
from wacloud.modules.whatsapp.application.take_over import give_back, mark_seen, take_over
from wacloud.modules.whatsapp.application.write_reply import FormReused
from wacloud.modules.whatsapp.domain.canned import CannedReply, check_filled, filled, values_of
from wacloud.modules.whatsapp.ui import desk_pages, later_pages, note_pages, view_pages
from wacloud.modules.whatsapp.ui.presence import Looking
from wacloud.modules.whatsapp.ui.thread_view import answer_context, messages_context, parts_context, words
from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.ui.guard import Member, find_member, public, requires
from wacloud.shared.ui.i18n import translate
from wacloud.shared.ui.pages import Look, look_of, render, wants_fragment
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import refusal_in_words

Reader = Annotated[Member, Depends(requires(Permission.INBOX_READ))]
Writer = Annotated[Member, Depends(requires(Permission.INBOX_WRITE))]
Sender = Annotated[Member, Depends(requires(Permission.MESSAGES_SEND))]
Show = Annotated[Filter | None, Query()]
Search = Annotated[str, Query(alias="q", max_length=100)]
Cursor = Annotated[str | None, Query(max_length=500)]
Attached = Annotated[tuple[UUID, ...], Form(max_length=10)]
ReplyText = Annotated[str, Form(max_length=20_000)]
Key = Annotated[str, Form(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the list is asked for."""

    show: Filter
    search: str = ""
    label: UUID | None = None
    cursor: str | None = None


def _asked(show: Show = None, search: Search = "", label: UUID | None = None, cursor: Cursor = None) -> Asked:
    """First of all those who wait for the team; whoever searches, or wants a label, looks everywhere."""
    search = search.strip()
    return Asked(show or ("all" if search or label else "due"), search, label, cursor)


ListAsked = Annotated[Asked, Depends(_asked)]


def routes(deps: WhatsappDeps, looking: Looking) -> APIRouter:
    """The pages of the inbox and their forms."""
    router = APIRouter(include_in_schema=False)

    @router.get("/", dependencies=[Depends(public())])
    async def home(request: Request) -> Response:
        member = await find_member(request)
        is_for_figures = member is not None and not member.may(Permission.INBOX_READ)
        return RedirectResponse("/ledger" if is_for_figures else "/inbox", status_code=303)

    @router.get("/inbox")
    async def inbox(request: Request, member: Reader, asked: ListAsked) -> Response:
        context = await _list_context(deps, member, look_of(request, member), asked)
        return render(request, "whatsapp/inbox.html", member=member, thread=None, **context)

    @router.get("/inbox/rows")
    async def rows(request: Request, member: Reader, asked: ListAsked) -> Response:
        page = await _page(deps, member, asked)
        return render(
            request,
            "whatsapp/_rows.html",
            member=member,
            page=page,
            sought=_sought(asked, page),
            show=asked.show,
            search=asked.search,
            label=asked.label,
            current=None,
            words=words(look_of(request, member).language),
        )

    @router.get("/inbox/{conversation_id}")
    async def conversation(
        request: Request,
        member: Reader,
        conversation_id: UUID,
        asked: ListAsked,
        before: Cursor = None,
        answer: UUID | None = None,
        canned: UUID | None = None,
    ) -> Response:
        since = _now_ms()
        thread = await deps.inbox.thread(member.user_id, member.business_id, conversation_id, before=before)
        if thread is None:
            raise NotFound
        look = look_of(request, member)
        context = {**_thread_context(thread, member, look), "is_earlier": before is not None, "since": since}
        context |= answer_context(thread.messages, answer, look.language)
        context["text"] = next((one.text for one in context["replies"] if one.id == canned), "")
        if wants_fragment(request):
            return render(request, "whatsapp/_thread.html", member=member, **context)
        beside = await _list_context(deps, member, look, asked)
        beside |= {"current": conversation_id}
        return render(request, "whatsapp/inbox.html", member=member, **(beside | context))

    @router.post("/inbox/{conversation_id}/reply")
    async def reply(
        request: Request,
        member: Sender,
        conversation_id: UUID,
        key: Key,
        text: ReplyText = "",
        media: Attached = (),
        reply_to: Annotated[UUID | None, Form()] = None,
        read_until: Annotated[UUID | None, Form()] = None,
    ) -> Response:
        """A text, or files that were uploaded before, with the text under the first that takes one."""
        if not text.strip() and not media:
            return await _answered(deps, request, member, conversation_id)
        try:
            check_filled(text)
            place = (deps, member.user_id, member.business_id, conversation_id, text.strip())
            if media:
                await reply_with(*place, media, key, reply_to)
            else:
                await hold_reply(*place, key, reply_to, read_until)
        except AppError as refused:
            if refused.kind not in ("invalid", "conflict", "limit", "too_large"):
                raise
            if isinstance(refused, FormReused):
                # Somebody went back and wrote something else into a form that had been sent.
                key = ""
            attached = await attached_files(deps, member.user_id, member.business_id, media)
            return await _refused(
                deps, request, member, conversation_id, refused, text=text, key=key, attached=attached, answer=reply_to
            )
        return await _answered(deps, request, member, conversation_id)

    @router.post("/inbox/{conversation_id}/take-over")
    async def taken(request: Request, member: Writer, conversation_id: UUID) -> Response:
        await take_over(deps, member.user_id, member.business_id, conversation_id)
        return await _answered(deps, request, member, conversation_id, "whatsapp/_head.html")

    @router.post("/inbox/{conversation_id}/give-back")
    async def given(request: Request, member: Writer, conversation_id: UUID) -> Response:
        await give_back(deps, member.user_id, member.business_id, conversation_id)
        return await _answered(deps, request, member, conversation_id, "whatsapp/_head.html")

    @router.post("/inbox/{conversation_id}/seen")
    async def seen(request: Request, member: Writer, conversation_id: UUID) -> Response:
        await mark_seen(deps, member.user_id, member.business_id, conversation_id)
        if wants_fragment(request):
            return Response(status_code=204)
        return _back_to(conversation_id)

    desk_pages.add_routes(router, deps, partial(_answered, deps, template="whatsapp/_head.html"))

    view_pages.add_routes(router, deps)

    later_pages.add_routes(router, deps, partial(_taken_back, deps))

    note_pages.add_routes(router, deps, looking, partial(_noted, deps))

    return router


async def _page(deps: WhatsappDeps, member: Member, asked: Asked) -> Page:
    return await deps.inbox.page(
        member.user_id,
        member.business_id,
        show=asked.show,
        search=asked.search,
        label_id=asked.label,
        cursor=asked.cursor,
    )


def _sought(asked: Asked, page: Page) -> str:
    """What is marked in what was found: the words somebody wrote, and those they meant."""
    return " ".join((asked.search, *page.meant))


async def _list_context(deps: WhatsappDeps, member: Member, look: Look, asked: Asked) -> dict[str, Any]:
    # Taken before reading: a change in between is shown twice rather than never.
    since = _now_ms()
    page = await _page(deps, member, asked)
    return {
        "page": page,
        "sought": _sought(asked, page),
        "counts": await deps.inbox.counts(member.user_id, member.business_id),
        "own": await deps.inbox.views(member.user_id, member.business_id),
        "show": asked.show,
        "search": asked.search,
        "label": asked.label,
        "current": None,
        "since": since,
        "words": words(look.language),
    }


def _filled(thread: Thread, member: Member) -> list[CannedReply]:
    agent = next((mate.name for mate in thread.team if mate.id == member.user_id), "")
    values = values_of(thread.conversation.contact_name, agent, member.business_name)
    return [replace(one, text=filled(one.text, values)) for one in thread.replies]


def _thread_context(thread: Thread, member: Member, look: Look) -> dict[str, Any]:
    now = datetime.now(UTC)
    may_send, may_write = member.may(Permission.MESSAGES_SEND), member.may(Permission.INBOX_WRITE)
    return {
        "thread": thread,
        "team": thread.team,
        "replies": _filled(thread, member),
        "is_earlier": False,
        **messages_context(thread.conversation, thread.messages, look, now, may_send=may_send),
        **parts_context(
            thread.conversation,
            thread.messages,
            thread.scheduled,
            look,
            now,
            may_send=may_send,
            may_write=may_write,
            may_export=member.may(Permission.CONTACTS_EXPORT),
        ),
    }


async def _taken_back(
    deps: WhatsappDeps, request: Request, member: Member, conversation_id: UUID, text: str
) -> Response:
    """The composer with this text in it, and what still waits."""
    if wants_fragment(request):
        return await _fragment(deps, request, member, conversation_id, "whatsapp/_taken_back.html", 200, text=text)
    return await _whole(deps, request, member, conversation_id, 200, text=text)


async def _noted(
    deps: WhatsappDeps, request: Request, member: Member, conversation_id: UUID, refused: AppError | None, text: str
) -> Response:
    if refused is None:
        return await _answered(deps, request, member, conversation_id, "whatsapp/_noted.html")
    told: dict[str, Any] = {
        "note_error": translate(look_of(request, member).language, refused.message),
        "note_text": text,
    }
    if wants_fragment(request):
        return await _fragment(deps, request, member, conversation_id, "whatsapp/_note.html", 422, **told)
    return await _whole(deps, request, member, conversation_id, 422, **told)


async def _answered(
    deps: WhatsappDeps,
    request: Request,
    member: Member,
    conversation_id: UUID,
    template: str = "whatsapp/_sent.html",
) -> Response:
    """Where a form led: an open page gets the part that changed, a browser without script the whole conversation."""
    if not wants_fragment(request):
        return _back_to(conversation_id)
    return await _fragment(deps, request, member, conversation_id, template, 200)


async def _refused(
    deps: WhatsappDeps,
    request: Request,
    member: Member,
    conversation_id: UUID,
    refused: AppError,
    *,
    text: str,
    key: str,
    attached: Sequence[MediaRow],
    answer: UUID | None,
) -> Response:
    """The composer again, with what was written still in it and the reason above it."""
    said = refusal_in_words(refused, look_of(request, member).language)
    if wants_fragment(request):
        return await _fragment(
            deps,
            request,
            member,
            conversation_id,
            "whatsapp/_composer.html",
            422,
            error=said,
            text=text,
            key=key,
            attached=attached,
            answer=answer,
        )
    told: dict[str, Any] = {"error": said, "text": text, "key": key, "attached": attached}
    return await _whole(deps, request, member, conversation_id, 422, answer, **told)


async def _whole(
    deps: WhatsappDeps,
    request: Request,
    member: Member,
    conversation_id: UUID,
    status: int,
    answer: UUID | None = None,
    **more: Any,
) -> Response:
    thread = await deps.inbox.thread(member.user_id, member.business_id, conversation_id)
    if thread is None:
        raise NotFound
    look = look_of(request, member)
    context = await _list_context(deps, member, look, Asked("due")) | {"current": conversation_id}
    context |= _thread_context(thread, member, look) | answer_context(thread.messages, answer, look.language)
    return render(request, "whatsapp/inbox.html", status, member=member, **context, **more)


async def _fragment(
    deps: WhatsappDeps,
    request: Request,
    member: Member,
    conversation_id: UUID,
    template: str,
    status: int,
    answer: UUID | None = None,
    **more: Any,
) -> Response:
    thread = await deps.inbox.thread(member.user_id, member.business_id, conversation_id, limit=15)
    if thread is None:
        raise NotFound
    look = look_of(request, member)
    context = _thread_context(thread, member, look) | answer_context(thread.messages, answer, look.language)
    return render(request, template, status, member=member, **context, **more)


def _back_to(conversation_id: UUID) -> Response:
    return RedirectResponse(f"/inbox/{conversation_id}", status_code=303)


def _now_ms() -> int:
    return int(time.time() * 1000)
