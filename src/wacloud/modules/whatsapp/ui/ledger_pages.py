"""The ledger: every webhook and message by where it stands, as a picture, as rows and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from wacloud.modules.whatsapp.application.inbox import Ledger
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.ui.json_api import LedgerCounts
from wacloud.modules.whatsapp.ui.message_view import STATES
from wacloud.modules.whatsapp.ui.thread_view import words
from wacloud.modules.whatsapp.ui.webhook_view import short, webhook_view
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import N_, translator
from wacloud.shared.ui.pages import look_of, render, wants_fragment
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.LEDGER_READ))]
Group = Literal["webhooks", "inbound", "outbound"]

WEBHOOKS: Final = (
    ("received", N_("received")),
    ("processed", N_("processed")),
    ("pending", N_("pending")),
    ("failed", N_("failed")),
)
INBOUND: Final = (
    ("stored", N_("stored")),
    ("answered", N_("answered")),
    ("handed_over", N_("handed to a person")),
    ("ignored", N_("needed no answer")),
    ("pending", N_("pending")),
)
OUTBOUND: Final = (
    ("queued", N_("waiting")),
    ("dispatching", N_("being sent")),
    ("sent", N_("sent")),
    ("delivered", N_("delivered")),
    ("read", N_("read")),
    ("unconfirmed", N_("unconfirmed")),
    ("failed", N_("not sent")),
)
# What a page of rows is called, by the number that led to it.
LABELS: Final[dict[str, dict[str, str]]] = {
    "webhooks": dict(WEBHOOKS),
    "inbound": {"received": N_("messages received"), **dict(INBOUND)},
    "outbound": {"all": N_("all of it"), **dict(OUTBOUND)},
}
# The state of one row: there it is said of one message or one delivery.
STATES_OF_ONE: Final[dict[str, dict[str, str]]] = {
    "webhooks": {
        "processed": N_("Processed"),
        "pending": N_("Not yet processed"),
        "failed": N_("Could not be processed"),
    },
    "inbound": {
        "answered": N_("Answered"),
        "handed_over": N_("Handed to a person"),
        "ignored": N_("No answer needed"),
        "pending": N_("Waiting for an answer"),
    },
    "outbound": {state: label for state, (_, label) in STATES.items()},
}
_WIDTH: Final = 1000
_GAP: Final = 4
# Narrower than this a part cannot be seen; it is drawn a little too wide, and the number beside it stays exact.
_NARROWEST: Final = 6


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bar: a state, its count, and where it is drawn."""

    state: str
    label: str
    count: int
    href: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason and how often; `state` is where it leaves them."""

    code: str
    state: str
    count: int
    href: str


def routes(deps: WhatsappDeps) -> APIRouter:
    """`/ledger`, the rows behind each of its numbers, and its JSON twin."""
    router = APIRouter()

    async def _counts_of(member: Member) -> dict[str, int]:
        """For the navigation: who waits is known on every page, to whoever may read the inbox."""
        if not member.may(Permission.INBOX_READ):
            return {}
        return await deps.inbox.counts(member.user_id, member.business_id)

    @router.get("/ledger", include_in_schema=False)
    async def ledger_page(request: Request, member: Reader) -> Response:
        ledger = await deps.inbox.ledger(member.business_id)
        picture = _picture(ledger, look_of(request, member).language)
        if wants_fragment(request):
            return render(request, "whatsapp/_ledger.html", member=member, **picture)
        return render(request, "whatsapp/ledger.html", member=member, counts=await _counts_of(member), **picture)

    @router.get("/ledger/rows", include_in_schema=False)
    async def ledger_rows(
        request: Request,
        member: Reader,
        group: Group,
        state: Annotated[str, Query(max_length=40)],
        reason: Annotated[str | None, Query(max_length=200)] = None,
        cursor: Annotated[str | None, Query(max_length=500)] = None,
    ) -> Response:
        rows, next_cursor = await deps.inbox.ledger_rows(
            member.business_id, group=group, state=state, reason=reason, cursor=cursor
        )
        following = _href(group, state, reason, next_cursor) if next_cursor else None
        say = translator(look_of(request, member).language)
        own = await deps.inbox.own_ids(member.business_id) if group == "webhooks" else None
        return render(
            request,
            "whatsapp/ledger_rows.html",
            member=member,
            rows=rows,
            opened=[webhook_view(row, own, say) for row in rows] if own else [],
            short=short,
            following=following,
            group=group,
            state=state,
            reason=reason,
            label=LABELS[group].get(state, state),
            state_labels=STATES_OF_ONE[group],
            may_open=member.may(Permission.INBOX_READ),
            counts=await _counts_of(member),
            words=words(look_of(request, member).language),
        )

    @router.get("/ledger/webhooks/{webhook_id}", include_in_schema=False)
    async def webhook_page(
        request: Request, member: Reader, webhook_id: Annotated[int, Path(ge=0, lt=2**63)], at: datetime
    ) -> Response:
        # An analyst counts, but reads no messages: the body is full of them.
        may_open = member.may(Permission.INBOX_READ)
        row = await deps.inbox.webhook(member.business_id, webhook_id, at if at.tzinfo else at.replace(tzinfo=UTC))
        if row is None:
            raise NotFound
        own = await deps.inbox.own_ids(member.business_id)
        say = translator(look_of(request, member).language)
        return render(
            request,
            "whatsapp/ledger_webhook.html",
            member=member,
            row=row,
            opened=webhook_view(row, own, say, with_body=may_open),
            state_labels=STATES_OF_ONE["webhooks"],
            may_open=may_open,
            counts=await _counts_of(member),
        )

    @router.get(
        "/api/whatsapp/ledger",
        tags=["whatsapp"],
        operation_id="get_ledger",
        summary="The ledger",
        response_model=LedgerCounts,
        response_description="The counts.",
    )
    async def ledger_json(member: Reader) -> dict[str, Any]:
        """Count webhooks and messages by state, and why some were ignored, handed over, failed or wait."""
        ledger = await deps.inbox.ledger(member.business_id)
        return {
            "webhooks": _counts(ledger.webhooks, WEBHOOKS),
            "inbound": _counts(ledger.inbound, INBOUND),
            "outbound": _counts(ledger.outbound, OUTBOUND),
            "reasons": {
                "ignored": ledger.ignored_because,
                "handed_over": ledger.handed_over_because,
                "failed": ledger.failed_because,
                "waiting": ledger.waiting_because,
            },
        }

    return router


def _picture(ledger: Ledger, language: str) -> dict[str, Any]:
    inbound, webhooks = ledger.inbound, ledger.webhooks
    accounted = sum(inbound.get(state, 0) for state, _ in INBOUND[1:])
    worked_off = sum(webhooks.get(state, 0) for state, _ in WEBHOOKS[1:])
    return {
        "ledger": ledger,
        "webhook_parts": _parts("webhooks", webhooks, WEBHOOKS[1:]),
        "inbound_parts": _parts("inbound", inbound, INBOUND[1:]),
        "outbound_parts": _parts("outbound", ledger.outbound, OUTBOUND),
        "sent_in_all": sum(ledger.outbound.get(state, 0) for state, _ in OUTBOUND),
        "missing": inbound.get("stored", 0) - accounted,
        "missing_webhooks": webhooks.get("received", 0) - worked_off,
        "reasons": [
            (
                N_("Handed to a person because"),
                _reasons("inbound", "handed_over", ledger.handed_over_because),
            ),
            (N_("Needed no answer because"), _reasons("inbound", "ignored", ledger.ignored_because)),
            (N_("Waiting to be sent because"), _reasons("outbound", "queued", ledger.waiting_because)),
            (N_("Not sent because"), _reasons("outbound", "failed", ledger.failed_because)),
        ],
        "stored_href": _href("inbound", "stored"),
        "all_received_href": _href("inbound", "received"),
        "sent_href": _href("outbound", "all"),
        "received_href": _href("webhooks", "received"),
        "words": words(language),
    }


def _parts(group: str, counts: Mapping[str, int], states: tuple[tuple[str, str], ...]) -> list[Part]:
    """Lay the states side by side on a bar of a thousand units; none that has a count may vanish."""
    present = [state for state, _ in states if counts.get(state, 0) > 0]
    total = sum(counts[state] for state in present)
    room = _WIDTH - _GAP * max(0, len(present) - 1)
    widths = {state: max(_NARROWEST, round(room * counts[state] / total)) for state in present}
    if widths:
        # What rounding and the narrowest parts took comes off the widest.
        widths[max(widths, key=lambda state: widths[state])] += room - sum(widths.values())
    parts, x = [], 0
    for state, label in states:
        width = widths.get(state, 0)
        parts.append(Part(state, label, counts.get(state, 0), _href(group, state), x, width))
        x += width + _GAP if width else 0
    return parts


def _reasons(group: str, state: str, counts: Mapping[str, int]) -> list[Reason]:
    by_count = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Reason(code, state, count, _href(group, state, code)) for code, count in by_count if count]


def _counts(counts: Mapping[str, int], states: tuple[tuple[str, str], ...]) -> dict[str, int]:
    return {state: counts.get(state, 0) for state, _ in states}


def _href(group: str, state: str, reason: str | None = None, cursor: str | None = None) -> str:
    asked = {"group": group, "state": state, "reason": reason, "cursor": cursor}
    return "/ledger/rows?" + urlencode({name: value for name, value in asked.items() if value})
