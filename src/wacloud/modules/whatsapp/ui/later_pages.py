"""What goes out at another time: a failed message again, a text later, one that waits now or not at all."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.schedule_message import (
    cancel_scheduled,
    schedule_message,
    send_scheduled_now,
)
from wacloud.modules.whatsapp.application.send_again import send_again
from wacloud.modules.whatsapp.domain.canned import check_filled
from wacloud.modules.whatsapp.domain.scheduled import ScheduleTimeWrong
from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.domain.ids import new_id
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import translator
from wacloud.shared.ui.pages import look_of, render, wants_fragment
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import refusal_in_words
from wacloud.shared.ui.times import date_time, zone_named

Sender = Annotated[Member, Depends(requires(Permission.MESSAGES_SEND))]
Key = Annotated[str, Form(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
Text = Annotated[str, Form(max_length=20_000)]
# Answers the form: the composer with this text in it.
Answer = Callable[[Request, Member, UUID, str], Awaitable[Response]]
MORNING, EVENING = time(9), time(18)
_FORMAT = "%Y-%m-%dT%H:%M"


def add_routes(router: APIRouter, deps: WhatsappDeps, answer: Answer) -> None:
    """The forms of `_later.html` and `_schedule.html`, and the button of a failed message. They work without script."""

    @router.post("/inbox/messages/{message_id}/send-again")
    async def again(
        request: Request,
        member: Sender,
        message_id: UUID,
        conversation: Annotated[UUID | None, Form()] = None,
    ) -> Response:
        await send_again(deps, member.user_id, member.business_id, message_id)
        if wants_fragment(request):
            return Response(status_code=204)
        return RedirectResponse(f"/inbox/{conversation}" if conversation else "/inbox", status_code=303)

    @router.post("/inbox/scheduled/{scheduled_id}/take-back")
    async def taken_back(request: Request, member: Sender, scheduled_id: UUID, text: Text = "") -> Response:
        """What was written meanwhile is not lost: it comes after what was taken back."""
        gone = await cancel_scheduled(deps, member.business_id, scheduled_id)
        return await answer(request, member, gone.conversation_id, "\n".join(filter(None, (gone.text, text.strip()))))

    @router.post("/inbox/scheduled/{scheduled_id}/send")
    async def sent(request: Request, member: Sender, scheduled_id: UUID) -> Response:
        gone = await send_scheduled_now(deps, member.business_id, scheduled_id)
        if wants_fragment(request):
            return Response(status_code=204)
        return RedirectResponse(f"/inbox/{gone.conversation_id}", status_code=303)

    @router.get("/inbox/{conversation_id}/schedule")
    async def form(
        request: Request, member: Sender, conversation_id: UUID, text: Annotated[str, Query(max_length=20_000)] = ""
    ) -> Response:
        return await _form(deps, request, member, conversation_id, text=text)

    @router.post("/inbox/{conversation_id}/schedule")
    async def scheduled(
        request: Request,
        member: Sender,
        conversation_id: UUID,
        key: Key,
        text: Text = "",
        at: Annotated[str, Form(max_length=30)] = "",
        other: Annotated[str, Form(max_length=30)] = "",
        unless_they_write: Annotated[bool, Form()] = False,
    ) -> Response:
        look = look_of(request, member)
        try:
            check_filled(text)
            send_at = _read_time(at or other, look.zone)
            await schedule_message(
                deps,
                member.user_id,
                member.business_id,
                conversation_id,
                text,
                send_at,
                unless_they_write=unless_they_write,
                key=key,
            )
        except AppError as refused:
            if refused.kind not in ("invalid", "conflict"):
                raise
            said = refusal_in_words(refused, look.language)
            return await _form(
                deps,
                request,
                member,
                conversation_id,
                422,
                text=text,
                chosen=at,
                other=other,
                unless_they_write=unless_they_write,
                error=said,
                key=key,
            )
        if wants_fragment(request):
            # What stood in the composer is in the form now, and waits.
            answered = await answer(request, member, conversation_id, "")
            answered.headers["HX-Trigger-After-Swap"] = "extra-sent"
            answered.headers["HX-Retarget"] = "#composer"
            return answered
        return RedirectResponse(f"/inbox/{conversation_id}", status_code=303)


def _read_time(written: str, zone: str) -> datetime:
    """:raises ScheduleTimeWrong: it is none."""
    try:
        return datetime.strptime(written, _FORMAT).replace(tzinfo=zone_named(zone))
    except ValueError:
        raise ScheduleTimeWrong from None


def _times(now: datetime, zone: str, language: str) -> list[tuple[str, str]]:
    """When people like to send later, by their own clock: the form's value, and how it is told."""
    here, say = now.astimezone(zone_named(zone)), translator(language)
    tomorrow = here.date() + timedelta(days=1)
    monday = here.date() + timedelta(days=7 - here.weekday())
    moments = [(say("In an hour"), here + timedelta(hours=1))]
    if here.time() < time(17):
        moments.append((say("This evening"), datetime.combine(here.date(), EVENING, here.tzinfo)))
    moments.append((say("Tomorrow morning"), datetime.combine(tomorrow, MORNING, here.tzinfo)))
    if monday > tomorrow:
        moments.append((say("Monday morning"), datetime.combine(monday, MORNING, here.tzinfo)))
    return [(at.strftime(_FORMAT), f"{told} ({date_time(at, now, zone, language)})") for told, at in moments]


async def _form(
    deps: WhatsappDeps,
    request: Request,
    member: Member,
    conversation_id: UUID,
    status: int = 200,
    *,
    text: str = "",
    chosen: str | None = None,
    other: str = "",
    unless_they_write: bool = False,
    error: str | None = None,
    key: str = "",
) -> Response:
    thread = await deps.inbox.thread(member.user_id, member.business_id, conversation_id, limit=1)
    if thread is None:
        raise NotFound
    look, now = look_of(request, member), deps.clock()
    return render(
        request,
        "whatsapp/_schedule.html" if wants_fragment(request) else "whatsapp/schedule.html",
        status,
        member=member,
        conversation_id=conversation_id,
        text=text,
        times=_times(now, look.zone, look.language),
        chosen=chosen,
        other=other,
        earliest=now.astimezone(zone_named(look.zone)).strftime(_FORMAT),
        unless_they_write=unless_they_write,
        closes_at=thread.conversation.window_closes_at,
        error=error,
        key=key or str(new_id()),
    )
