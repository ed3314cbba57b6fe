"""What Meta said about accounts, numbers and templates, kept once each."""

import json
from collections.abc import Sequence

from wacloud.modules.whatsapp.application.stored import AccountEvent
from wacloud.shared.application.db import Tx


class PostgresAccountEvents:
    """See `stores.AccountEvents`."""

    async def add(self, tx: Tx, events: Sequence[AccountEvent]) -> int:
        return await tx.execute(
            """
            insert into app.account_events (business_id, digest, field, event, waba_id, phone_number_id, at, value)
            select business_id, digest, field, event, waba_id, phone_number_id, at, value::jsonb
            from unnest(%s::uuid[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[],
                        %s::timestamptz[], %s::text[])
              as e(business_id, digest, field, event, waba_id, phone_number_id, at, value)
            on conflict do nothing
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
