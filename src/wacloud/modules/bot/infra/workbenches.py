"""The drafts and versions of bots; see `application/studio_ports.py`."""

from collections.abc import Sequence

from psycopg.types.json import Jsonb

from wacloud.modules.bot.application.studio_ports import VersionRow, Workbench
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.infra.bot_versions import read_config, write_config
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


class PostgresWorkbenches:
    """See `studio_ports.Workbenches`."""

    async def of(self, tx: Tx, business_id: BusinessId) -> Workbench:
        row = await tx.row(
            """
            select s.enabled, s.published, v.config, s.draft, s.draft_revision, u.name, s.draft_at
            from app.bot_settings s
            left join app.bot_versions v on v.business_id = s.business_id and v.number = s.published
            left join app.users u on u.id = s.draft_by
            where s.business_id = %s
            """,
            (business_id,),
        )
        if row is None:
            return Workbench(enabled=True, number=None, published=BotSettings(), draft=None, revision=0)
        return Workbench(
            enabled=row.enabled,
            number=row.published,
            published=read_config(row.config or {}),
            draft=None if row.draft is None else read_config(row.draft),
            revision=row.draft_revision,
            draft_by=row.name,
            draft_at=row.draft_at,
        )

    async def keep_draft(self, tx: Tx, business_id: BusinessId, draft: BotSettings | None, by: UserId) -> None:
        await tx.execute(
            "update app.bot_settings set draft = %s, draft_revision = draft_revision + 1, draft_by = %s, "
            "draft_at = now() where business_id = %s",
            (None if draft is None else Jsonb(write_config(draft)), by, business_id),
        )

    async def clear_draft(self, tx: Tx, business_id: BusinessId) -> None:
        await tx.execute("update app.bot_settings set draft = null where business_id = %s", (business_id,))

    async def switch(self, tx: Tx, business_id: BusinessId, *, enabled: bool) -> bool:
        return bool(
            await tx.execute(
                "update app.bot_settings set enabled = %(on)s where business_id = %(business)s and enabled <> %(on)s",
                {"on": enabled, "business": business_id},
            )
        )

    async def versions(
        self, tx: Tx, business_id: BusinessId, *, before: int | None = None, limit: int = 20
    ) -> Sequence[VersionRow]:
        rows = await tx.rows(
            """
            select v.number, v.config, v.note, v.restored_from, u.name, v.published_at,
                   v.number = s.published as is_current,
                   (select count(*) from app.bot_turns t where t.business_id = v.business_id
                      and t.version = v.number and t.outcome = 'answered') as answers
            from app.bot_versions v
            join app.bot_settings s on s.business_id = v.business_id
            left join app.users u on u.id = v.published_by
            where v.business_id = %(business)s and (%(before)s::int is null or v.number < %(before)s::int)
            order by v.number desc limit %(limit)s
            """,
            {"business": business_id, "before": before, "limit": limit},
        )
        return [
            VersionRow(
                number=row.number,
                settings=read_config(row.config),
                note=row.note,
                restored_from=row.restored_from,
                published_by=row.name,
                published_at=row.published_at,
                answers=row.answers,
                is_current=row.is_current,
            )
            for row in rows
        ]

    async def version(self, tx: Tx, business_id: BusinessId, number: int) -> BotSettings | None:
        row = await tx.row(
            "select config from app.bot_versions where business_id = %s and number = %s", (business_id, number)
        )
        return None if row is None else read_config(row.config)
