"""What sending looks up of message templates; see `ports.KnownTemplates`."""

from uuid import UUID

from wacloud.modules.whatsapp.domain.template_fit import KnownTemplate
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


class PostgresKnownTemplates:
    """See `ports.KnownTemplates`."""

    async def find(
        self, tx: Tx, business_id: BusinessId, number_id: UUID, name: str, language: str
    ) -> KnownTemplate | None:
        row = await tx.row(
            """
            select t.status, t.category, t.parameter_format,
                   case when not t.is_stale then t.components end as components, t.deleted_at is not null as is_gone
            from app.phone_numbers n
            join app.message_templates t on t.business_id = n.business_id and t.waba_id = n.waba_id
            where n.business_id = %s and n.id = %s and t.name = %s and t.language = %s
            """,
            (business_id, number_id, name, language),
        )
        return KnownTemplate(*row) if row else None

    async def is_list_whole(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> bool:
        row = await tx.row(
            """
            select a.templates_synced_at is not null and a.templates_trouble is null as is_whole
            from app.phone_numbers n
            join app.whatsapp_accounts a on a.business_id = n.business_id and a.waba_id = n.waba_id
            where n.business_id = %s and n.id = %s
            """,
            (business_id, number_id),
        )
        return bool(row and row.is_whole)
