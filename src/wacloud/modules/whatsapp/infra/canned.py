"""Canned replies; see `application/desk_stores.py`."""

from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.whatsapp.domain.canned import CannedReply, TooManyCanned
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_LOCK = "select pg_advisory_xact_lock(hashtextextended('canned:' || %s, 0))"


class PostgresCanned:
    """See `desk_stores.CannedReplies`."""

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[CannedReply]:
        rows = await tx.rows(
            "select id, shortcut, text, language from app.canned_replies where business_id = %s "
            "order by lower(shortcut)",
            (business_id,),
        )
        return [CannedReply(*row) for row in rows]

    async def add(self, tx: Tx, business_id: BusinessId, reply: CannedReply, most: int) -> bool:
        await tx.execute(_LOCK, (str(business_id),))
        known = await tx.row("select count(*) as n from app.canned_replies where business_id = %s", (business_id,))
        if known and known.n >= most:
            raise TooManyCanned
        return bool(
            await tx.execute(
                "insert into app.canned_replies (business_id, id, shortcut, text, language) "
                "values (%s, %s, %s, %s, %s) on conflict do nothing",
                (business_id, reply.id, reply.shortcut, reply.text, reply.language),
            )
        )

    async def change(self, tx: Tx, business_id: BusinessId, reply: CannedReply) -> bool | None:
        await tx.execute(_LOCK, (str(business_id),))
        known = await tx.row(
            "select count(*) filter (where id = %(id)s) as here, "
            "count(*) filter (where id <> %(id)s and lower(shortcut) = lower(%(shortcut)s)) as taken "
            "from app.canned_replies where business_id = %(business)s",
            {"id": reply.id, "shortcut": reply.shortcut, "business": business_id},
        )
        if known is None or not known.here:
            return None
        if known.taken:
            return False
        await tx.execute(
            "update app.canned_replies set shortcut = %s, text = %s, language = %s where business_id = %s and id = %s",
            (reply.shortcut, reply.text, reply.language, business_id, reply.id),
        )
        return True

    async def remove(self, tx: Tx, business_id: BusinessId, reply_id: UUID) -> bool:
        return bool(
            await tx.execute(
                "delete from app.canned_replies where business_id = %s and id = %s", (business_id, reply_id)
            )
        )
