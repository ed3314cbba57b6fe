"""Views of the inbox; see `application/desk_stores.py`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from wacloud.modules.whatsapp.application.desk_stores import SavedView
from wacloud.modules.whatsapp.domain.desk import LabelUnknown
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


class PostgresSavedViews:
    """See `desk_stores.SavedViews`."""

    async def of(self, tx: Tx, business_id: BusinessId, user_id: UserId) -> Sequence[SavedView]:
        rows = await tx.rows(
            "select id, name, show, label_id, search, user_id from app.saved_views "
            "where business_id = %s and (user_id is null or user_id = %s) order by lower(name), id",
            (business_id, user_id),
        )
        return [SavedView(*row) for row in rows]

    async def add(self, tx: Tx, business_id: BusinessId, view: SavedView, at: datetime) -> None:
        if view.label_id is not None:
            label = await tx.row(
                "select 1 from app.labels where business_id = %s and id = %s for key share",
                (business_id, view.label_id),
            )
            if label is None:
                raise LabelUnknown
        await tx.execute(
            "insert into app.saved_views (business_id, id, user_id, name, show, label_id, search, created_at) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s)",
            (business_id, view.id, view.user_id, view.name, view.show, view.label_id, view.search, at),
        )

    async def remove(self, tx: Tx, business_id: BusinessId, user_id: UserId, view_id: UUID) -> bool:
        return bool(
            await tx.execute(
                "delete from app.saved_views where business_id = %s and id = %s and (user_id is null or user_id = %s)",
                (business_id, view_id, user_id),
            )
        )
