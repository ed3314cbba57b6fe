"""Keep how far the earlier chats of a number have come, and let the business know."""

from collections.abc import Sequence
from datetime import datetime

from wacloud.modules.notification.api import Notice, keep_business_told, tell_business
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import Number
from wacloud.modules.whatsapp.domain.history import HISTORY_DECLINED
from wacloud.modules.whatsapp.domain.inbound import HistoryChunk, NumberError
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

News = HistoryChunk | NumberError


async def follow_history(deps: WhatsappDeps, tx: Tx, news: Sequence[tuple[BusinessId, Number, News]]) -> None:
    """
    One notice for each number says how many percent are here, then that all are; another, once, that none are shared.

    What comes twice or too late tells nothing. Errors that are not about this are told elsewhere.
    """
    chunks: dict[tuple[BusinessId, Number], list[HistoryChunk]] = {}
    declined: dict[tuple[BusinessId, Number], datetime] = {}
    for business_id, number, one in news:
        if isinstance(one, HistoryChunk):
            chunks.setdefault((business_id, number), []).append(one)
        elif one.error.code == HISTORY_DECLINED:
            declined.setdefault((business_id, number), one.at)
    for (business_id, number), came in chunks.items():
        await _follow(deps, tx, business_id, number, came)
    for (business_id, number), at in declined.items():
        shown, _ = await deps.numbers.history(tx, business_id, number.id)
        notice = Notice(
            business_id=business_id,
            key=f"history_declined:{number.id}",
            code="history_declined",
            subject=_subject(number),
            at=at,
            details={"name": shown},
        )
        await tell_business(deps.notification, tx, notice)


async def _follow(
    deps: WhatsappDeps, tx: Tx, business_id: BusinessId, number: Number, chunks: Sequence[HistoryChunk]
) -> None:
    shown, before = await deps.numbers.history(tx, business_id, number.id)
    now = before
    for chunk in chunks:
        now = now.after(chunk)
    if now.at is None or not now.is_beyond(before):
        return
    await deps.numbers.note_history(tx, business_id, number.id, now)
    notice = Notice(
        business_id=business_id,
        key=f"history:{number.id}",
        code="history_complete" if now.is_complete else "history_coming",
        subject=_subject(number),
        at=now.at,
        details={"name": shown, "told": str(now.progress or 0)},
    )
    await keep_business_told(deps.notification, tx, notice)


def _subject(number: Number) -> str:
    """Of two notices about one number's earlier chats the later one holds."""
    return f"history {number.id}"
