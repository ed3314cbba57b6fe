"""Keys of providers that businesses bring."""

from datetime import date

from wacloud.modules.bot.application.own_key import CostsOfDay, KeptKey, KeyState, ShownKey
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


class PostgresProviderKeys:
    """See `application.own_key.ProviderKeys`."""

    async def find(self, tx: Tx, business_id: BusinessId) -> KeptKey | None:
        row = await tx.row("select id, sealed, state from app.bot_provider_keys where business_id = %s", (business_id,))
        return KeptKey(row.id, row.sealed, row.state) if row else None

    async def shown(self, tx: Tx, business_id: BusinessId) -> ShownKey | None:
        row = await tx.row(
            "select ending, state, state_at, added_at from app.bot_provider_keys where business_id = %s",
            (business_id,),
        )
        return ShownKey(*row) if row else None

    async def keep(self, tx: Tx, business_id: BusinessId, sealed: str, ending: str, by: UserId | None) -> None:
        # Another id: whoever still uses the key before this one says nothing about it.
        await tx.execute(
            "insert into app.bot_provider_keys (business_id, sealed, ending, added_by) values (%s, %s, %s, %s) "
            "on conflict (business_id) do update set id = gen_random_uuid(), sealed = excluded.sealed, "
            "ending = excluded.ending, state = 'ok', state_at = now(), added_by = excluded.added_by, added_at = now()",
            (business_id, sealed, ending, by),
        )

    async def note(self, tx: Tx, business_id: BusinessId, key: KeptKey, state: KeyState) -> None:
        await tx.execute(
            "update app.bot_provider_keys set state = %s, state_at = now() "
            "where business_id = %s and id = %s and state <> %s",
            (state, business_id, key.id, state),
        )

    async def costs(self, tx: Tx, business_id: BusinessId, first: date, last: date) -> tuple[CostsOfDay, ...]:
        rows = await tx.rows(
            "select day, turns, input_tokens, output_tokens, cost_usd from app.bot_spending "
            "where business_id = %s and day between %s and %s order by day desc",
            (business_id, first, last),
        )
        return tuple(CostsOfDay(*row) for row in rows)

    async def remove(self, tx: Tx, business_id: BusinessId) -> bool:
        return bool(await tx.execute("delete from app.bot_provider_keys where business_id = %s", (business_id,)))
