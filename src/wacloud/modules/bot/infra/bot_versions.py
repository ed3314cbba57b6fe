"""The configurations of bots, as published: one row for each version, never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, get_type_hints

import msgspec
from psycopg.types.json import Jsonb

from wacloud.modules.bot.application.model import Head, Published
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId

_TYPES = get_type_hints(BotSettings)


class PostgresBotVersions:
    """See `application.model.BotVersions`."""

    async def heads(self, tx: Tx, business_ids: Sequence[BusinessId]) -> Mapping[BusinessId, Head]:
        rows = await tx.rows(
            """
            select b.id, coalesce(s.enabled, true) as enabled, s.published,
                   exists (select from app.bot_actions a where a.business_id = b.id and a.enabled) as has_actions,
                   exists (select from app.bot_forms f
                           where f.business_id = b.id and f.enabled and f.removed_at is null) as has_forms
            from unnest(%s::uuid[]) b(id) left join app.bot_settings s on s.business_id = b.id
            """,
            (list(set(business_ids)),),
        )
        return {BusinessId(row.id): Head(row.enabled, row.published, row.has_actions, row.has_forms) for row in rows}

    async def published(self, tx: Tx, business_ids: Sequence[BusinessId]) -> Mapping[BusinessId, Published]:
        rows = await tx.rows(
            """
            select s.business_id, s.enabled, s.published, v.config
            from app.bot_settings s
            left join app.bot_versions v on v.business_id = s.business_id and v.number = s.published
            where s.business_id = any(%s)
            """,
            (list(business_ids),),
        )
        found = {row.business_id: Published(row.enabled, row.published, read_config(row.config or {})) for row in rows}
        return {business_id: found.get(business_id, Published()) for business_id in business_ids}

    async def draft(self, tx: Tx, business_id: BusinessId) -> BotSettings | None:
        row = await tx.row("select draft from app.bot_settings where business_id = %s", (business_id,))
        return None if row is None or row.draft is None else read_config(row.draft)

    async def lock(self, tx: Tx, business_id: BusinessId) -> None:
        await tx.execute(
            "insert into app.bot_settings (business_id) values (%s) on conflict do nothing", (business_id,)
        )
        await tx.execute("select 1 from app.bot_settings where business_id = %s for update", (business_id,))

    async def publish(
        self,
        tx: Tx,
        business_id: BusinessId,
        settings: BotSettings,
        *,
        by: UserId | None = None,
        note: str = "",
        restored_from: int | None = None,
    ) -> int:
        # Two who publish at once get two numbers.
        await self.lock(tx, business_id)
        row = await tx.row(
            """
            insert into app.bot_versions (business_id, number, config, note, restored_from, published_by)
            select %(business)s, coalesce(max(number), 0) + 1, %(config)s, %(note)s, %(from)s, %(by)s
            from app.bot_versions where business_id = %(business)s
            returning number
            """,
            {
                "business": business_id,
                "config": Jsonb(write_config(settings)),
                "note": note,
                "from": restored_from,
                "by": by,
            },
        )
        assert row is not None
        await tx.execute("update app.bot_settings set published = %s where business_id = %s", (row.number, business_id))
        return int(row.number)


def write_config(settings: BotSettings) -> dict[str, Any]:
    """What is kept of a configuration: only what differs from the defaults of today."""
    usual = asdict(BotSettings())
    return {name: msgspec.to_builtins(value) for name, value in asdict(settings).items() if value != usual[name]}


def read_config(kept: Mapping[str, Any]) -> BotSettings:
    """
    The configuration that was kept.

    A field of another release that is unknown here, or whose value is, has its default: a bot goes on answering.
    """
    read: dict[str, Any] = {}
    for one in fields(BotSettings):
        if one.name in kept:
            try:
                read[one.name] = msgspec.convert(kept[one.name], _TYPES[one.name])
            except msgspec.ValidationError:
                continue
    return BotSettings(**read)
