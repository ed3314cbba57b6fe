"""Message templates; see `application/template_ports.py`. Their history is written by a trigger of the table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from wacloud.modules.whatsapp.application.template_ports import AccountSync, Submitted, TemplateAccount, TemplatePage
from wacloud.modules.whatsapp.domain.message_template import (
    Component,
    Draft,
    KeptTemplate,
    ListedTemplate,
    TemplateChange,
    TemplateUnknown,
)
from wacloud.modules.whatsapp.domain.template_files import files_of, with_files, without_files
from wacloud.modules.whatsapp.infra.cursor import as_uuid, read_cursor, write_cursor
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_COLUMNS: Final = (
    "id, waba_id, meta_id, name, language, category, next_category, next_category_at, status, quality, reason, advice, "
    "parameter_format, components, created_at, changed_at, deleted_at, example_files"
)
_HISTORY: Final = 50
_SUBMITTED = """
insert into app.message_templates as t (business_id, waba_id, meta_id, name, language, category, status, quality,
  parameter_format, components, example_files, created_at, changed_at)
values (%(business)s, %(waba)s, %(meta_id)s, %(name)s, %(language)s, %(category)s, %(status)s, null, %(format)s,
  %(components)s::jsonb, %(files)s::jsonb, %(at)s, %(at)s)
on conflict (business_id, waba_id, name, language) do update
set meta_id = excluded.meta_id, category = excluded.category, next_category = null, next_category_at = null,
    -- The decision may have come by webhook before the answer did.
    status = case when t.meta_id = excluded.meta_id then coalesce(t.status, excluded.status) else excluded.status end,
    quality = case when t.meta_id = excluded.meta_id then t.quality end,
    reason = case when t.meta_id = excluded.meta_id then t.reason end,
    advice = case when t.meta_id = excluded.meta_id then t.advice end,
    parameter_format = excluded.parameter_format, components = excluded.components,
    example_files = excluded.example_files, is_stale = false, deleted_at = null,
    created_at = case when t.deleted_at is null then t.created_at else excluded.created_at end,
    changed_at = greatest(t.changed_at, excluded.changed_at)
returning id
"""
# What changed here while the list was read is left alone: the list may be older.
_LISTED = """
insert into app.message_templates as t (business_id, waba_id, meta_id, name, language, category, status, quality,
  reason, parameter_format, components, created_at, changed_at, synced_at)
select distinct on (r.name, r.language) %(business)s, %(waba)s, r.meta_id, r.name, r.language, r.category, r.status,
  r.quality, r.reason, r.parameter_format, r.components, %(at)s, %(at)s, %(at)s
from jsonb_to_recordset(%(listed)s::jsonb) as r(place int, meta_id text, name text, language text, category text,
  status text, quality text, reason text, parameter_format text, components jsonb)
order by r.name, r.language, r.place
on conflict (business_id, waba_id, name, language) do update
set meta_id = excluded.meta_id, category = coalesce(excluded.category, t.category), status = excluded.status,
    quality = coalesce(excluded.quality, t.quality),
    reason = case when t.status = excluded.status then coalesce(excluded.reason, t.reason) else excluded.reason end,
    advice = case when t.status = excluded.status then t.advice end,
    next_category = case when t.next_category = excluded.category then null else t.next_category end,
    next_category_at = case when t.next_category = excluded.category then null else t.next_category_at end,
    parameter_format = excluded.parameter_format, components = excluded.components, is_stale = false,
    deleted_at = null, synced_at = excluded.synced_at,
    changed_at = case
      when (t.status, t.category, t.quality, t.components, t.deleted_at) is distinct from
           (excluded.status, coalesce(excluded.category, t.category), coalesce(excluded.quality, t.quality),
            excluded.components, null::timestamptz)
      then excluded.changed_at else t.changed_at end
where t.changed_at not between %(began)s and %(at)s
"""
_GONE = """
update app.message_templates set deleted_at = %(at)s, changed_at = %(at)s
where business_id = %(business)s and waba_id = %(waba)s and deleted_at is null
  and synced_at is distinct from %(at)s and changed_at not between %(began)s and %(at)s
"""


class PostgresMessageTemplates:
    """See `template_ports.MessageTemplates`."""

    async def accounts(self, tx: Tx, business_id: BusinessId) -> Sequence[TemplateAccount]:
        rows = await tx.rows(
            """
            select waba_id, access_token from (
              select distinct on (waba_id) waba_id, access_token, created_at, id from app.phone_numbers
              where business_id = %s and state <> 'disconnected' order by waba_id, created_at, id) n
            order by created_at, id
            """,
            (business_id,),
        )
        return [TemplateAccount(*row) for row in rows]

    async def syncs(self, tx: Tx, business_id: BusinessId) -> Sequence[AccountSync]:
        rows = await tx.rows(
            "select a.waba_id, a.name, exists (select from app.phone_numbers n where n.business_id = a.business_id "
            "and n.waba_id = a.waba_id and n.state <> 'disconnected'), a.templates_synced_at, a.templates_trouble "
            "from app.whatsapp_accounts a where a.business_id = %s order by a.name, a.waba_id",
            (business_id,),
        )
        return [AccountSync(*row) for row in rows]

    async def page(
        self,
        tx: Tx,
        business_id: BusinessId,
        *,
        status: str | None,
        text: str | None,
        waba_id: str | None,
        cursor: str | None,
        limit: int,
    ) -> TemplatePage:
        at, last = read_cursor(cursor, as_uuid)
        rows = await tx.rows(
            f"""
            select {_COLUMNS} from app.message_templates
            where business_id = %(business)s and deleted_at is null
              and (%(status)s::text is null or status = %(status)s)
              and (%(text)s::text is null or strpos(name, %(text)s) > 0)
              and (%(waba)s::text is null or waba_id = %(waba)s)
              and (%(at)s::timestamptz is null or (created_at, id) < (%(at)s, %(last)s))
            order by created_at desc, id desc limit %(limit)s
            """,
            {
                "business": business_id,
                "status": status,
                "text": text,
                "waba": waba_id,
                "at": at,
                "last": last,
                "limit": limit + 1,
            },
        )
        shown = [_template(row) for row in rows[:limit]]
        more = write_cursor(shown[-1].created_at, str(shown[-1].id)) if len(rows) > limit else None
        return TemplatePage(shown, more)

    async def sendable(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> Sequence[KeptTemplate]:
        rows = await tx.rows(
            f"""
            select {_COLUMNS} from app.message_templates
            where business_id = %(business)s and deleted_at is null and status = 'APPROVED' and components is not null
              and waba_id = (
                select n.waba_id from app.conversations c
                join app.phone_numbers n on n.business_id = c.business_id and n.id = c.number_id
                where c.business_id = %(business)s and c.id = %(conversation)s)
            order by name, language limit 200
            """,
            {"business": business_id, "conversation": conversation_id},
        )
        return [_template(row) for row in rows]

    async def get(self, tx: Tx, business_id: BusinessId, template_id: UUID) -> KeptTemplate:
        row = await tx.row(
            f"select {_COLUMNS} from app.message_templates where business_id = %s and id = %s",
            (business_id, template_id),
        )
        if row is None:
            raise TemplateUnknown
        steps = await tx.rows(
            "select at, what, before, after from app.message_template_changes "
            "where business_id = %s and template_id = %s order by id desc limit %s",
            (business_id, template_id, _HISTORY),
        )
        return _template(row, [TemplateChange(*step) for step in steps])

    async def histories(
        self, tx: Tx, business_id: BusinessId, ids: Sequence[UUID]
    ) -> Mapping[UUID, Sequence[TemplateChange]]:
        rows = await tx.rows(
            """
            select w.id as template_id, c.at, c.what, c.before, c.after from unnest(%s::uuid[]) as w(id)
            cross join lateral (
              select * from app.message_template_changes o
              where o.business_id = %s and o.template_id = w.id and o.what in ('status', 'category')
              order by o.id desc limit %s) c
            """,
            (list(ids), business_id, _HISTORY),
        )
        found: dict[UUID, list[TemplateChange]] = {}
        for template_id, *step in rows:
            found.setdefault(template_id, []).append(TemplateChange(*step))
        return found

    async def find(
        self, tx: Tx, business_id: BusinessId, waba_id: str, name: str, language: str
    ) -> KeptTemplate | None:
        row = await tx.row(
            f"select {_COLUMNS} from app.message_templates where business_id = %s and waba_id = %s and name = %s "
            "and language = %s and deleted_at is null",
            (business_id, waba_id, name, language),
        )
        return _template(row) if row else None

    async def keep_submitted(
        self, tx: Tx, business_id: BusinessId, waba_id: str, draft: Draft, made: Submitted, at: datetime
    ) -> UUID:
        row = await tx.row(
            _SUBMITTED,
            {
                "business": business_id,
                "waba": waba_id,
                "meta_id": made.meta_id,
                "name": draft.name,
                "language": draft.language,
                "category": made.category or draft.category,
                "status": made.status,
                "format": draft.parameter_format,
                "components": _json(without_files(draft.components)),
                "files": _examples(draft.components),
                "at": at,
            },
        )
        assert row is not None
        return UUID(str(row.id))

    async def keep_listed(
        self,
        tx: Tx,
        business_id: BusinessId,
        waba_id: str,
        listed: Sequence[ListedTemplate],
        began: datetime,
        at: datetime,
    ) -> int:
        told = [
            {
                "place": place,
                "meta_id": one.meta_id,
                "name": one.name,
                "language": one.language,
                "category": one.category,
                "status": one.status,
                "quality": one.quality,
                "reason": one.reason,
                "parameter_format": one.parameter_format,
                "components": list(one.components),
            }
            for place, one in enumerate(listed)
        ]
        params = {"business": business_id, "waba": waba_id, "listed": _json(told), "began": began, "at": at}
        touched = await tx.execute(_LISTED, params)
        touched += await tx.execute(_GONE, params)
        await tx.execute(
            "update app.whatsapp_accounts set templates_synced_at = %s, templates_trouble = null "
            "where business_id = %s and waba_id = %s",
            (at, business_id, waba_id),
        )
        return touched

    async def note_trouble(self, tx: Tx, business_id: BusinessId, waba_id: str, why: str) -> None:
        await tx.execute(
            "update app.whatsapp_accounts set templates_trouble = %s where business_id = %s and waba_id = %s",
            (why, business_id, waba_id),
        )

    async def note_edited(
        self,
        tx: Tx,
        business_id: BusinessId,
        template_id: UUID,
        components: Sequence[Component],
        category: str | None,
        at: datetime,
    ) -> None:
        await tx.execute(
            "update app.message_templates set components = %s::jsonb, example_files = %s::jsonb, "
            "category = coalesce(%s, category), "
            "status = 'PENDING', reason = null, advice = null, is_stale = false, "
            "changed_at = greatest(changed_at, %s) where business_id = %s and id = %s",
            (_json(without_files(components)), _examples(components), category, at, business_id, template_id),
        )

    async def note_deleted(self, tx: Tx, business_id: BusinessId, template_id: UUID, at: datetime) -> None:
        await tx.execute(
            "update app.message_templates set deleted_at = %s, changed_at = greatest(changed_at, %s) "
            "where business_id = %s and id = %s and deleted_at is null",
            (at, at, business_id, template_id),
        )


def _template(row: Any, history: Sequence[TemplateChange] = ()) -> KeptTemplate:
    *told, files = row
    kept = KeptTemplate(*told)
    if files:
        kept = replace(
            kept, components=with_files(kept.components or (), {place: UUID(one) for place, one in files.items()})
        )
    return replace(kept, history=history)


def _examples(components: Sequence[Component]) -> str:
    return _json({place: str(media_id) for place, media_id in files_of(components).items()})


def _json(value: object) -> str:
    # A character that PostgreSQL cannot keep.
    return json.dumps(value, ensure_ascii=False).replace("\\u0000", "")
