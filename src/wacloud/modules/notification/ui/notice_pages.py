"""What a business has to know: `/notices`, and its JSON twin."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.modules.notification.application.put_away_notice import put_away_notice
from wacloud.modules.notification.domain.notice import StoredNotice
from wacloud.modules.notification.ui.notice_words import LIES_AHEAD, notice_words, told_in_words
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.pages import look_of, render
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.BUSINESS_READ))]
Editor = Annotated[Member, Depends(requires(Permission.BUSINESS_UPDATE))]
MOST_PRESSING = 2


class NoticeBody(BaseModel):
    """One thing to know, in the caller's language. `settled_at`: it is over, or somebody has put it away."""

    id: UUID
    code: str
    severity: Literal["info", "warning", "critical"]
    text: str
    advice: str
    told: str | None
    until: str | None
    at: datetime
    settled_at: datetime | None


class NoticesBody(BaseModel):
    """The newest first."""

    items: list[NoticeBody]


def _is_pressing(notice: StoredNotice) -> bool:
    return notice.settled_at is None and (notice.severity == "critical" or notice.code == "mentioned")


def routes(deps: NotificationDeps) -> APIRouter:
    """The page, the JSON, and putting one away."""
    router = APIRouter()

    @router.get("/notices", include_in_schema=False)
    async def notices_page(request: Request, member: Reader) -> Response:
        notices = await deps.notices.newest(member.user_id, member.business_id)
        language = look_of(request, member).language
        return render(
            request,
            "notification/notices.html",
            member=member,
            notices=notices,
            words=lambda notice: notice_words(notice.code, notice.details, language),
            told=lambda notice: told_in_words(notice.code, notice.details["told"], language),
            until=lambda notice: _until(notice.details.get("until")),
            lies_ahead=LIES_AHEAD,
            may_put_away=member.may(Permission.BUSINESS_UPDATE),
        )

    @router.get("/notices/pressing", include_in_schema=False)
    async def pressing(request: Request, member: Reader) -> Response:
        """What keeps the business from working, and who mentioned one, as a part of another page; or nothing."""
        notices = await deps.notices.newest(member.user_id, member.business_id)
        language = look_of(request, member).language
        return render(
            request,
            "notification/_pressing.html",
            member=member,
            notices=[one for one in notices if _is_pressing(one)][:MOST_PRESSING],
            words=lambda notice: notice_words(notice.code, notice.details, language),
            told=lambda notice: told_in_words(notice.code, notice.details["told"], language),
        )

    @router.post("/notices/{notice_id}/put-away", include_in_schema=False)
    async def put_away(notice_id: UUID, member: Editor) -> Response:
        await put_away_notice(deps, member.user_id, member.business_id, notice_id)
        return RedirectResponse("/notices", 303)

    @router.get(
        "/api/notices",
        tags=["businesses"],
        operation_id="list_notices",
        summary="What the business has to know",
        response_model=NoticesBody,
        response_description="The newest two hundred.",
    )
    async def list_notices(request: Request, member: Reader) -> dict[str, Any]:
        """What Meta and the product have to tell the business about its account, numbers and templates."""
        language = look_of(request, member).language
        notices = await deps.notices.newest(member.user_id, member.business_id)
        return {"items": [_body(notice, *notice_words(notice.code, notice.details, language)) for notice in notices]}

    @router.post(
        "/api/notices/{notice_id}/put-away",
        tags=["businesses"],
        operation_id="put_away_notice",
        summary="Put a notice away",
        status_code=204,
        response_description="It is no longer shown as open.",
        responses=problems(404),
    )
    async def put_away_json(notice_id: UUID, member: Editor) -> None:
        """Somebody has seen it; it stays in the list."""
        await put_away_notice(deps, member.user_id, member.business_id, notice_id)

    return router


def _body(notice: StoredNotice, text: str, advice: str) -> NoticeBody:
    return NoticeBody(
        id=notice.id,
        code=notice.code,
        severity=notice.severity,
        text=text,
        advice=advice,
        told=notice.details.get("told") or None,
        until=notice.details.get("until") or None,
        at=notice.at,
        settled_at=notice.settled_at,
    )


def _until(text: str | None) -> datetime | str | None:
    """A time, or the words Meta has for a day."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return text
