"""What a business writes about its contacts; see `people_ports.py`."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.application.people_ports import ToBlock
from wacloud.modules.whatsapp.domain.conversation import SERVICE_WINDOW
from wacloud.modules.whatsapp.domain.person import MOST_TAGS, ContactField, Tag
from wacloud.modules.whatsapp.infra.near_words import forget_words
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


class PostgresPeople:
    """See `people_ports.People`."""

    async def hold(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> bool:
        row = await tx.row(
            "select id from app.contacts where business_id = %s and id = %s and merged_into is null "
            "and erased_at is null for no key update",
            (business_id, contact_id),
        )
        return row is not None

    async def write(
        self,
        tx: Tx,
        business_id: BusinessId,
        contact_id: UUID,
        *,
        name: str | None = None,
        rename: bool = False,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        await tx.execute(
            """
            update app.contacts
            set name = case when %(rename)s then %(name)s else name end,
                -- A form that brings the name as it was names nobody; taking it away leaves it to the phone app.
                named_at = case when not %(rename)s or name is not distinct from %(name)s then named_at
                                when %(name)s::text is not null then now() end,
                fields = jsonb_strip_nulls(fields || %(fields)s::jsonb), updated_at = now()
            where business_id = %(b)s and id = %(contact)s
            """,
            {
                "rename": rename,
                "name": name,
                "fields": json.dumps(fields or {}),
                "b": business_id,
                "contact": contact_id,
            },
        )

    async def set_tags(self, tx: Tx, business_id: BusinessId, contact_id: UUID, tag_ids: Sequence[UUID]) -> None:
        await tx.execute(
            "delete from app.tagged_contacts where business_id = %s and contact_id = %s and tag_id <> all (%s)",
            (business_id, contact_id, list(tag_ids)),
        )
        await tx.execute(
            "insert into app.tagged_contacts (business_id, tag_id, contact_id) "
            "select business_id, id, %s from app.contact_tags where business_id = %s and id = any (%s) "
            "on conflict do nothing",
            (contact_id, business_id, list(tag_ids)),
        )

    async def tags(self, tx: Tx, business_id: BusinessId) -> Sequence[Tag]:
        rows = await tx.rows(
            "select id, name, colour from app.contact_tags where business_id = %s order by lower(name)", (business_id,)
        )
        return [Tag(*row) for row in rows]

    async def add_tag(self, tx: Tx, business_id: BusinessId, tag: Tag) -> bool:
        added = await tx.execute(
            "insert into app.contact_tags (business_id, id, name, colour) select %(b)s, %(id)s, %(name)s, %(colour)s "
            "where (select count(*) from app.contact_tags where business_id = %(b)s) < %(most)s on conflict do nothing",
            {"b": business_id, "id": tag.id, "name": tag.name, "colour": tag.colour, "most": MOST_TAGS},
        )
        return added > 0

    async def drop_tag(self, tx: Tx, business_id: BusinessId, tag_id: UUID) -> bool:
        gone = await tx.execute(
            "delete from app.contact_tags where business_id = %s and id = %s", (business_id, tag_id)
        )
        return gone > 0

    async def fields(self, tx: Tx, business_id: BusinessId) -> Sequence[ContactField]:
        await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 20261126))", (str(business_id),))
        rows = await tx.rows(
            "select id, key, label, kind, choices from app.contact_fields where business_id = %s "
            "order by created_at, id",
            (business_id,),
        )
        return [ContactField(row.id, row.key, row.label, row.kind, tuple(row.choices)) for row in rows]

    async def add_field(self, tx: Tx, business_id: BusinessId, field: ContactField) -> None:
        await tx.execute(
            "insert into app.contact_fields (business_id, id, key, label, kind, choices) "
            "values (%s, %s, %s, %s, %s, %s)",
            (business_id, field.id, field.key, field.label, field.kind, json.dumps(list(field.choices))),
        )

    async def drop_field(self, tx: Tx, business_id: BusinessId, field_id: UUID) -> bool:
        gone = await tx.row(
            "delete from app.contact_fields where business_id = %s and id = %s returning key", (business_id, field_id)
        )
        if gone is None:
            return False
        await tx.execute(
            "update app.contacts set fields = fields - %(key)s "
            "where business_id = %(b)s and fields ->> %(key)s is not null",
            {"key": gone.key, "b": business_id},
        )
        return True

    async def save_segment(
        self, tx: Tx, business_id: BusinessId, segment_id: UUID, name: str, filter_: Mapping[str, Any]
    ) -> bool:
        taken = await tx.row(
            "select id from app.segments where business_id = %s and lower(name) = lower(%s) and id <> %s",
            (business_id, name, segment_id),
        )
        if taken is not None:
            return False
        written = await tx.execute(
            "insert into app.segments (business_id, id, name, filter) values (%s, %s, %s, %s) "
            "on conflict (business_id, id) do update set name = excluded.name, filter = excluded.filter",
            (business_id, segment_id, name, json.dumps(filter_)),
        )
        return written > 0

    async def drop_segment(self, tx: Tx, business_id: BusinessId, segment_id: UUID) -> bool:
        gone = await tx.execute(
            "delete from app.segments where business_id = %s and id = %s", (business_id, segment_id)
        )
        return gone > 0

    async def tell_apart(self, tx: Tx, business_id: BusinessId, one: UUID, other: UUID) -> None:
        await tx.execute(
            "insert into app.different_contacts (business_id, one, other) values (%s, %s, %s) on conflict do nothing",
            (business_id, min(one, other), max(one, other)),
        )

    async def block(self, tx: Tx, business_id: BusinessId, contact_id: UUID, at: datetime | None) -> None:
        await tx.execute(
            "update app.contacts set blocked_at = %s, block_state = 'asked', block_reason = null, updated_at = now() "
            "where business_id = %s and id = %s",
            (at, business_id, contact_id),
        )

    async def to_block(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> ToBlock | None:
        person = await tx.row(
            """
            select p.blocked_at is not null as is_blocked, p.phone,
                   (select i.value from app.contact_identities i where i.business_id = p.business_id
                    and i.contact_id = p.id and i.kind = 'bsuid' order by i.first_seen_at desc limit 1) as bsuid
            from app.contacts p where p.business_id = %s and p.id = %s and p.block_state = 'asked'
            """,
            (business_id, contact_id),
        )
        if person is None:
            return None
        numbers = await tx.rows(
            """
            select n.phone_number_id, n.access_token from app.conversations c
            join app.phone_numbers n on n.business_id = c.business_id and n.id = c.number_id
            where c.business_id = %s and c.contact_id = %s and (not %s or c.last_inbound_at > now() - %s)
            order by c.last_inbound_at desc nulls last
            """,
            (business_id, contact_id, person.is_blocked, SERVICE_WINDOW),
        )
        return ToBlock(person.is_blocked, person.phone, person.bsuid, [tuple(row) for row in numbers])

    async def blocked(
        self, tx: Tx, business_id: BusinessId, contact_id: UUID, *, asked: bool, reason: str | None
    ) -> None:
        await tx.execute(
            "update app.contacts set block_state = %s, block_reason = %s "
            "where business_id = %s and id = %s and (blocked_at is not null) = %s",
            ("done" if reason is None else "refused", reason, business_id, contact_id, asked),
        )


class PostgresErasing:
    """See `people_ports.Erasing`."""

    async def begin(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> None:
        rows = await tx.rows(
            "select id from app.contacts where business_id = %s and (id = %s or merged_into = %s)",
            (business_id, contact_id, contact_id),
        )
        who = (business_id, [row.id for row in rows])
        await tx.execute(
            """
            update app.contacts set name = null, profile_name = null, username = null, phone = null, fields = '{}',
              erased_at = now(), updated_at = now(), block_state = null, block_reason = null,
              named_at = null, app_saved_at = null, app_removed_at = null
            where business_id = %s and id = any (%s)
            """,
            who,
        )
        for table, column in (
            ("contact_identities", "contact_id"),
            ("tagged_contacts", "contact_id"),
            ("contact_merges", "kept"),
            ("contact_merges", "gone"),
            ("different_contacts", "one"),
            ("different_contacts", "other"),
        ):
            await tx.execute(f"delete from app.{table} where business_id = %s and {column} = any (%s)", who)
        # Whoever takes words in has the mark: what they have read is in before it is taken out here.
        await tx.execute("select 1 from app.word_marks where business_id = %s for update", (business_id,))
        called = await tx.rows(
            "delete from app.contact_words where business_id = %s and contact_id = any (%s) returning word", who
        )
        await forget_words(tx, business_id, sorted({row.word for row in called}))
        await tx.execute(
            "update app.consent_events set wamid = null, words = null where business_id = %s and contact_id = any (%s)",
            who,
        )
        for table in ("conversation_notes", "scheduled_messages"):
            await tx.execute(
                f"delete from app.{table} n using app.conversations c where c.business_id = %s "
                "and c.contact_id = any (%s) and n.business_id = c.business_id and n.conversation_id = c.id",
                who,
            )
        await tx.execute(
            """
            update app.conversations set last_message_at = null, last_message_id = null,
              last_message_created_at = null, unread = 0, handler = 'bot', assigned_to = null
            where business_id = %s and contact_id = any (%s)
            """,
            who,
        )

    async def kept_files(
        self, tx: Tx, business_id: BusinessId, contact_id: UUID, most: int
    ) -> Sequence[tuple[UUID, str]]:
        rows = await tx.rows(
            """
            with theirs as (
              select m.id, m.conversation_id, m.direction, (m.content #>> '{media,id}')::uuid as media_id
              from app.conversations c
              join app.messages m on m.business_id = c.business_id and m.conversation_id = c.id
              where c.business_id = %(b)s and c.contact_id = %(contact)s and m.content #>> '{media,id}' is not null)
            select f.id, f.key from theirs t
            join app.media f on f.business_id = %(b)s and f.id = t.media_id and f.state <> 'removed'
            -- One of ours may have gone to others as well: it stays theirs.
            where t.direction = 'in' or not exists (
              select from app.messages o where o.business_id = %(b)s and o.direction = 'out'
                and o.content #>> '{media,id}' = t.media_id::text and o.conversation_id <> t.conversation_id)
            limit %(most)s
            """,
            {"b": business_id, "contact": contact_id, "most": most},
        )
        return [(row.id, row.key) for row in rows]

    async def forget_files(self, tx: Tx, business_id: BusinessId, media_ids: Sequence[UUID]) -> None:
        await tx.execute(
            "update app.media set file_name = null, transcript = null, url = null, sha256 = null, meta_id = null "
            "where business_id = %s and id = any (%s)",
            (business_id, list(media_ids)),
        )

    async def sweep(self, tx: Tx, business_id: BusinessId, contact_id: UUID, most: int) -> int:
        # Whoever takes words in has the mark: what they have read is in before it is taken out here.
        await tx.execute("select 1 from app.word_marks where business_id = %s for update", (business_id,))
        said = await tx.rows(
            "delete from app.conversation_words w using app.conversations c where w.business_id = %(b)s "
            "and c.business_id = w.business_id and c.id = w.conversation_id and c.contact_id = %(contact)s "
            "returning w.word",
            {"b": business_id, "contact": contact_id},
        )
        await forget_words(tx, business_id, sorted({row.word for row in said}))
        return await tx.execute(
            """
            update app.messages m set body = null, content = '{}', raw = null, wamid = null, refers_to = null,
              error = null, reactions = null, edits = null,
              -- An edit or a file that comes late finds a message that was taken back, and changes nothing.
              revoked_at = coalesce(m.revoked_at, now()),
              kind = case when m.kind = 'media_placeholder' then 'unsupported' else m.kind end,
              state = case m.state when 'pending' then 'ignored' when 'queued' then 'failed' else m.state end,
              reason = case when m.state in ('pending', 'queued') then 'erased' else m.reason end
            from (
              select o.id, o.created_at from app.conversations c
              join app.messages o on o.business_id = c.business_id and o.conversation_id = c.id
              where c.business_id = %(b)s and c.contact_id = %(contact)s
                and (o.body is not null or o.content <> '{}' or o.raw is not null or o.wamid is not null
                     or o.refers_to is not null or o.error is not null or o.reactions is not null
                     or o.edits is not null or o.state in ('pending', 'queued'))
              limit %(most)s) found
            where m.business_id = %(b)s and m.id = found.id and m.created_at = found.created_at
            """,
            {"b": business_id, "contact": contact_id, "most": most},
        )

    async def conversations(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> Sequence[UUID]:
        rows = await tx.rows(
            "select id from app.conversations where business_id = %s and contact_id = %s", (business_id, contact_id)
        )
        return [row.id for row in rows]

    async def messages(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> int:
        row = await tx.row(
            "select count(*) as found from app.conversations c join app.messages m "
            "on m.business_id = c.business_id and m.conversation_id = c.id "
            "where c.business_id = %s and c.contact_id = %s",
            (business_id, contact_id),
        )
        return int(row.found) if row else 0
