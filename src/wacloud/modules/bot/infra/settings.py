"""How each business wants its bot: one row."""

from wacloud.modules.bot.domain.question import BotSettings
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


class BotSettingsRows:
    """See `application.model.SettingsStore`."""

    async def get(self, tx: Tx, business_id: BusinessId) -> BotSettings:
        row = await tx.row(
            """
            select enabled, name, instructions, fallback_text, quiet_ms, max_wait_ms, knowledge_threshold
            from app.bot_settings where business_id = %s
            """,
            (business_id,),
        )
        return BotSettings() if row is None else BotSettings(*row)

    async def save(self, tx: Tx, business_id: BusinessId, settings: BotSettings) -> None:
        await tx.execute(
            """
            insert into app.bot_settings
              (business_id, enabled, name, instructions, fallback_text, quiet_ms, max_wait_ms,
              knowledge_threshold)
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (business_id) do update set
              enabled = excluded.enabled, name = excluded.name, instructions = excluded.instructions,
              fallback_text = excluded.fallback_text, quiet_ms = excluded.quiet_ms,
              max_wait_ms = excluded.max_wait_ms, knowledge_threshold = excluded.knowledge_threshold
            """,
            (
                business_id,
                settings.enabled,
                settings.name,
                settings.instructions,
                settings.fallback_text,
                settings.quiet_ms,
                settings.max_wait_ms,
                settings.knowledge_threshold,
            ),
        )
