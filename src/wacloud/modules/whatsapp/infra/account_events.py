"""What Meta said about accounts, numbers and templates, kept once each."""

import json
from collections.abc import Sequence

from wacloud.modules.whatsapp.application.stored import AccountEvent, KeptNews
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


class PostgresAccountEvents:
    """See `account_stores.AccountEvents`."""

    async def add(self, tx: Tx, events: Sequence[AccountEvent]) -> set[BusinessId]:
        rows = await tx.rows(
            """
            insert into app.account_events (business_id, digest, field, event, waba_id, phone_number_id, at, value)
            select business_id, digest, field, event, waba_id, phone_number_id, at, value::jsonb
            from unnest(%s::uuid[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[],
                        %s::timestamptz[], %s::text[])
              as e(business_id, digest, field, event, waba_id, phone_number_id, at, value)
            on conflict do nothing returning business_id
            """,
            (
                [event.business_id for event in events],
                [event.digest for event in events],
                [event.field for event in events],
                [event.event for event in events],
                [event.waba_id for event in events],
                [event.phone_number_id for event in events],
                [event.at for event in events],
                [json.dumps(event.value, default=str) for event in events],
            ),
        )
        return {row.business_id for row in rows}

    async def to_apply(self, tx: Tx, business_id: BusinessId, most: int) -> Sequence[KeptNews]:
        rows = await tx.rows(
            "select digest, field, waba_id, at, value from app.account_events"
            " where business_id = %s and applied_at is null order by at, digest limit %s for update",
            (business_id, most),
        )
        return [KeptNews(*row) for row in rows]

    async def note_applied(self, tx: Tx, business_id: BusinessId, news: KeptNews, subject: str) -> bool:
        await tx.execute(
            "update app.account_events set applied_at = now(), subject = %s where business_id = %s and digest = %s",
            (subject, business_id, news.digest),
        )
        newer = await tx.row(
            "select 1 from app.account_events where business_id = %s and field = %s and subject = %s and at > %s"
            " and applied_at is not null limit 1",
            (business_id, news.field, subject, news.at),
        )
        return newer is None
