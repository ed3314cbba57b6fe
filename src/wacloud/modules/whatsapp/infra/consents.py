"""What people allow, and the proof of it."""

import json
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from wacloud.modules.whatsapp.domain.consent import Change, Choice, ConsentSettings
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

# What was chosen before the newest choice of its kind came late; a choice of what is so already changes nothing.
_APPLY = """
update app.contacts c set
  opted_out_at = case w.change when 'opted_out' then w.at when 'opted_in' then null else c.opted_out_at end,
  opted_in_at = case w.change when 'opted_in' then w.at when 'opted_out' then null else c.opted_in_at end,
  marketing_stopped_at = case when w.change = 'marketing_stopped' then w.at
                              when w.change in ('marketing_resumed', 'opted_in')
                                and (c.marketing_chosen_at is null or c.marketing_chosen_at <= w.at) then null
                              else c.marketing_stopped_at end,
  consent_at = case when w.change in ('opted_out', 'opted_in') then w.at else c.consent_at end,
  marketing_chosen_at = case when w.change = 'opted_out' then c.marketing_chosen_at
                             else greatest(c.marketing_chosen_at, w.at) end,
  updated_at = now()
from (select %s::uuid as business_id, %s::uuid as id, %s::text as change, %s::timestamptz as at,
             %s::boolean as only_new) w
where c.business_id = w.business_id and c.id = w.id
  and case w.change
    when 'opted_out' then c.opted_out_at is null and (c.consent_at is null or c.consent_at <= w.at)
    when 'opted_in' then (c.opted_in_at is null or c.marketing_stopped_at is not null)
                         and (c.consent_at is null or c.consent_at <= w.at)
                         and not (w.only_new and (c.opted_out_at is not null or c.marketing_stopped_at is not null
                                                  or c.consent_at is not null))
    when 'marketing_stopped' then c.marketing_stopped_at is null
                         and (c.marketing_chosen_at is null or c.marketing_chosen_at <= w.at)
    else c.marketing_chosen_at is null or (c.marketing_stopped_at is not null and c.marketing_chosen_at <= w.at) end
returning c.id, c.country
"""
_QUEUED = """
update app.messages m set state = 'failed', reason = 'opted_out', failed_at = now()
from app.conversations c
where c.business_id = %s and c.contact_id = %s and m.business_id = c.business_id and m.conversation_id = c.id
  and m.direction = 'out' and m.state = 'queued' and m.category = 'marketing'
"""


class PostgresConsents:
    """See `stores.Consents`."""

    async def settings(self, tx: Tx, business_ids: Collection[BusinessId]) -> Mapping[BusinessId, ConsentSettings]:
        rows = await tx.rows(
            "select business_id, opt_out_words, opt_in_words, confirmations from app.consent_settings "
            "where business_id = any (%s)",
            (list(business_ids),),
        )
        return {
            row.business_id: ConsentSettings(tuple(row.opt_out_words), tuple(row.opt_in_words), row.confirmations)
            for row in rows
        }

    async def change_settings(self, tx: Tx, business_id: BusinessId, settings: ConsentSettings) -> None:
        await tx.execute(
            """
            insert into app.consent_settings (business_id, opt_out_words, opt_in_words, confirmations)
            values (%s, %s, %s, %s)
            on conflict (business_id) do update set opt_out_words = excluded.opt_out_words,
              opt_in_words = excluded.opt_in_words, confirmations = excluded.confirmations
            """,
            (
                business_id,
                list(settings.opt_out_words),
                list(settings.opt_in_words),
                json.dumps(dict(settings.confirmations)),
            ),
        )

    async def apply(
        self, tx: Tx, choices: Sequence[tuple[BusinessId, Choice]], *, only_new: bool = False
    ) -> Mapping[tuple[UUID, Change], str | None]:
        changed: dict[tuple[UUID, Change], str | None] = {}
        for business_id, choice in choices:
            row = await tx.row(_APPLY, (business_id, choice.contact_id, choice.change, choice.at, only_new))
            if row is None:
                continue
            changed[choice.contact_id, choice.change] = row.country
            if choice.change in ("opted_out", "marketing_stopped"):
                await tx.execute(_QUEUED, (business_id, choice.contact_id))
            await tx.execute(
                """
                insert into app.consent_events
                  (business_id, contact_id, at, change, source, message_id, wamid, words, actor_id)
                values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
                """,
                (
                    business_id,
                    choice.contact_id,
                    choice.at,
                    choice.change,
                    choice.source,
                    choice.message_id,
                    choice.wamid,
                    choice.words,
                    choice.actor_id,
                ),
            )
        return changed
