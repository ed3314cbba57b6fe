"""Act upon what Meta says of accounts, numbers and templates, and tell the business."""

from collections.abc import Callable
from typing import Any

from wacloud.modules.notification.api import Notice, tell_business
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import KeptNews
from wacloud.modules.whatsapp.application.sync_templates import SOON, sync_job
from wacloud.modules.whatsapp.domain.account_news import AccountNews, TemplateChanged
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

APPLY_ACCOUNT_NEWS = "whatsapp.apply_account_news"
AT_ONCE = 200

ReadNews = Callable[[str, dict[str, Any]], AccountNews]


async def apply_account_news(deps: WhatsappDeps, business_id: BusinessId, read: ReadNews) -> None:
    """
    All that was not acted upon yet, in the order of Meta's time, each once and in one step with what it changes.

    News older than what is known of the same subject come too late to change anything. `read` knows Meta's words.
    """
    while True:
        async with deps.db.tenant(business_id) as tx:
            batch = await deps.account_events.to_apply(tx, business_id, AT_ONCE)
            for kept in batch:
                await _apply(deps, tx, business_id, kept, read(kept.field, dict(kept.value)))
        if len(batch) < AT_ONCE:
            return


async def _apply(deps: WhatsappDeps, tx: Tx, business_id: BusinessId, kept: KeptNews, news: AccountNews) -> None:
    # Two accounts of one business are two subjects.
    subject = f"{kept.waba_id or ''} {news.subject}"
    is_newest = await deps.account_events.note_applied(tx, business_id, kept, subject)
    if is_newest and news.effects and kept.waba_id is not None:
        await deps.account_states.change(tx, business_id, kept.waba_id, news.effects, kept.at)
        if any(isinstance(effect, TemplateChanged) for effect in news.effects):
            # The news name a few of its values; the rest of it is read from Meta.
            tx.queue(sync_job(business_id, SOON))
    if news.told is not None:
        notice = Notice(
            business_id=business_id,
            key=f"meta:{kept.digest.hex()}",
            code=news.told.code,
            subject=f"{kept.field} {subject}",
            at=kept.at,
            details=news.told.details,
        )
        await tell_business(deps.notification, tx, notice)
