"""Files nobody is fetching are taken up again; uploads nobody sent, and what was kept long enough, are removed."""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

import structlog

from wacloud.modules.whatsapp.application.fetch_media import fetch_job
from wacloud.modules.whatsapp.application.keep_media import PLAY, THUMB
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.shared.domain.ids import BusinessId

log = structlog.get_logger()

STALE_AFTER = timedelta(minutes=2)
UNUSED_FOR = timedelta(days=2)
AT_ONCE = 200


async def wake_waiting_media(deps: WhatsappDeps) -> int:
    """Files without a job get one; where the job failed at every try, the file ends as failed. Returns how many."""
    async with deps.db.system("list businesses with numbers") as tx:
        businesses = await deps.numbers.businesses(tx)
    if not businesses:
        return 0
    async with deps.db.tenant(*businesses) as tx:
        left = await deps.media.rows.left_behind(tx, STALE_AFTER)
        tx.queue(*(fetch_job(one.business_id, one.id) for one in left if not one.gave_up))
        for one in left:
            if one.gave_up:
                conversation_id = await deps.media.rows.give_back(tx, one.business_id, one.id, "failed", "gave_up")
                if conversation_id is not None:
                    tx.show(one.business_id, conversation_id)
    return len(left)


async def remove_old_media(deps: WhatsappDeps) -> int:
    """Returns how many files went. First from the store: a crash between leaves a row that is removed next time."""
    async with deps.db.system("list businesses with numbers") as tx:
        businesses = await deps.numbers.businesses(tx)
    if not businesses:
        return 0
    now, retention = deps.clock(), deps.media.retention
    async with deps.db.tenant(*businesses, read_only=True) as tx:
        old = await deps.media.rows.to_remove(tx, now - UNUSED_FOR, now - retention if retention else None, AT_ONCE)
    if not old:
        return 0
    await deps.media.files.delete([key + end for _, _, key in old for end in ("", THUMB, PLAY)])
    by_business: dict[BusinessId, list[UUID]] = defaultdict(list)
    for business_id, media_id, _ in old:
        by_business[business_id].append(media_id)
    async with deps.db.tenant(*by_business) as tx:
        for business_id, ids in by_business.items():
            for media_id in ids:
                await deps.media.rows.give_back(tx, business_id, media_id, "removed", None)
    log.info("media.removed", number=len(old))
    return len(old)
