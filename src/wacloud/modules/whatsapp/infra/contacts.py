"""Contacts and their identities."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from wacloud.modules.whatsapp.application.stored import KnownContact
from wacloud.modules.whatsapp.domain.identity import IdentityKey, Sender
from wacloud.modules.whatsapp.domain.inbound import ContactChange
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId

Key = tuple[BusinessId, IdentityKey]

_NOTE_MERGE = """
insert into app.contact_merges (business_id, kept, gone, by, snapshot)
select p.business_id, %(keep)s, p.id, %(by)s, jsonb_strip_nulls(jsonb_build_object(
  'name', p.name, 'profile_name', p.profile_name, 'username', p.username, 'phone', p.phone,
  'ids', (select jsonb_agg(i.kind || ':' || i.value order by i.kind, i.value) from app.contact_identities i
          where i.business_id = p.business_id and i.contact_id = p.id)))
from app.contacts p where p.business_id = %(business)s and p.id = %(gone)s
"""
# Held before it is compared: somebody may be naming them here at this moment.
_SAVE_FROM_APP = """
with newer as (
  select c.business_id, c.id, s.at, s.username, s.name,
         c.named_at is null and s.name is distinct from c.name as is_renamed
  from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[])
    as s(business_id, id, name, username, at)
  join app.contacts c on c.business_id = s.business_id and c.id = s.id
  where c.app_saved_at is null or c.app_saved_at < s.at
  for no key update of c),
written as (
  update app.contacts c
  set name = case when n.is_renamed then n.name else c.name end, username = coalesce(n.username, c.username),
      app_saved_at = n.at, updated_at = case when n.is_renamed then now() else c.updated_at end
  from newer n where c.business_id = n.business_id and c.id = n.id)
select k.business_id, k.id from newer n
join app.conversations k on k.business_id = n.business_id and k.contact_id = n.id
where n.is_renamed
"""
# Who said no as one of the two has said no; promotions that were queued for the other end.
_JOIN_PEOPLE = (
    """
    update app.contacts k
    set name = case when k.named_at is null and g.named_at is not null then g.name else coalesce(k.name, g.name) end,
        named_at = coalesce(k.named_at, g.named_at), app_saved_at = greatest(k.app_saved_at, g.app_saved_at),
        app_removed_at = greatest(k.app_removed_at, g.app_removed_at),
        profile_name = coalesce(k.profile_name, g.profile_name),
        username = coalesce(k.username, g.username), phone = coalesce(k.phone, g.phone),
        country = coalesce(k.country, g.country), fields = g.fields || k.fields, updated_at = now(),
        opted_out_at = coalesce(k.opted_out_at, g.opted_out_at),
        opted_in_at = case when k.opted_out_at is null and g.opted_out_at is null
                           then coalesce(k.opted_in_at, g.opted_in_at) end,
        consent_at = greatest(k.consent_at, g.consent_at),
        marketing_stopped_at = coalesce(k.marketing_stopped_at, g.marketing_stopped_at),
        marketing_chosen_at = greatest(k.marketing_chosen_at, g.marketing_chosen_at),
        blocked_at = coalesce(k.blocked_at, g.blocked_at), block_state = coalesce(k.block_state, g.block_state)
    from app.contacts g
    where k.business_id = %(business)s and k.id = %(keep)s and g.business_id = %(business)s and g.id = %(gone)s
    """,
    """
    insert into app.tagged_contacts (business_id, tag_id, contact_id)
    select business_id, tag_id, %(keep)s from app.tagged_contacts
    where business_id = %(business)s and contact_id = %(gone)s on conflict do nothing
    """,
    "delete from app.tagged_contacts where business_id = %(business)s and contact_id = %(gone)s",
    """
    update app.messages m set state = 'failed', reason = 'opted_out', failed_at = now()
    from app.contacts k join app.conversations c on c.business_id = k.business_id and c.contact_id = k.id
    where k.business_id = %(business)s and k.id = %(keep)s and (k.opted_out_at is not null
      or k.marketing_stopped_at is not null) and m.business_id = c.business_id and m.conversation_id = c.id
      and m.direction = 'out' and m.state = 'queued' and m.category = 'marketing'
    """,
    # Nobody is merged into somebody who is gone: one step leads to whoever is left.
    """
    update app.contacts set merged_into = %(keep)s
    where business_id = %(business)s and (id = %(gone)s or merged_into = %(gone)s)
    """,
)


class PostgresContacts:
    """See `stores.Contacts`."""

    async def find(self, tx: Tx, keys: Iterable[Key]) -> Mapping[Key, UUID]:
        wanted = sorted(set(keys))
        rows = await tx.rows(
            """
            select i.business_id, i.kind, i.value, i.contact_id
            from unnest(%s::uuid[], %s::text[], %s::text[]) as w(business_id, kind, value)
            cross join lateral (
              select o.* from app.contact_identities o
              where o.business_id = w.business_id and o.kind = w.kind and o.value = w.value limit 1) i
            """,
            (
                [business_id for business_id, _ in wanted],
                [key.kind for _, key in wanted],
                [key.value for _, key in wanted],
            ),
        )
        return {(row.business_id, IdentityKey(row.kind, row.value)): row.contact_id for row in rows}

    async def describe(self, tx: Tx, contacts: Iterable[tuple[BusinessId, UUID]]) -> Mapping[UUID, KnownContact]:
        wanted = sorted(set(contacts))
        rows = await tx.rows(
            """
            select i.contact_id, i.kind, i.value, i.first_seen_at
            from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id)
            cross join lateral (
              select * from app.contact_identities o
              where o.business_id = w.business_id and o.contact_id = w.id) i
            """,
            ([business_id for business_id, _ in wanted], [contact_id for _, contact_id in wanted]),
        )
        keys: dict[UUID, set[IdentityKey]] = {contact_id: set() for _, contact_id in wanted}
        met: dict[UUID, datetime] = {}
        for row in rows:
            keys[row.contact_id].add(IdentityKey(row.kind, row.value))
            if row.kind == "bsuid":
                met[row.contact_id] = max(row.first_seen_at, met.get(row.contact_id, row.first_seen_at))
        return {contact_id: KnownContact(frozenset(own), met.get(contact_id)) for contact_id, own in keys.items()}

    async def add(self, tx: Tx, contacts: Sequence[tuple[BusinessId, UUID, Sender]]) -> None:
        await tx.execute(
            """
            insert into app.contacts (business_id, id, profile_name, username, phone, country)
            select * from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[])
            """,
            (
                [business_id for business_id, _, _ in contacts],
                [contact_id for _, contact_id, _ in contacts],
                [sender.name for _, _, sender in contacts],
                [sender.username for _, _, sender in contacts],
                [sender.wa_id for _, _, sender in contacts],
                [sender.country for _, _, sender in contacts],
            ),
        )

    async def add_identities(self, tx: Tx, identities: Sequence[tuple[BusinessId, IdentityKey, UUID]]) -> None:
        await tx.execute(
            """
            insert into app.contact_identities (business_id, kind, value, contact_id, first_seen_at)
            select business_id, kind, value, contact_id, now() + place * interval '1 microsecond'
            from unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[])
              with ordinality as i(business_id, kind, value, contact_id, place)
            order by business_id, kind, value
            on conflict (business_id, kind, value) do update set contact_id = excluded.contact_id
            """,
            (
                [business_id for business_id, _, _ in identities],
                [key.kind for _, key, _ in identities],
                [key.value for _, key, _ in identities],
                [contact_id for _, _, contact_id in identities],
            ),
        )

    async def forget_numbers(self, tx: Tx, numbers: Sequence[tuple[BusinessId, UUID, str]]) -> None:
        await tx.execute(
            """
            update app.contacts c set phone = null
            from unnest(%s::uuid[], %s::uuid[], %s::text[]) as n(business_id, id, phone)
            where c.business_id = n.business_id and c.id = n.id and c.phone = n.phone
            """,
            ([b for b, _, _ in numbers], [c for _, c, _ in numbers], [phone for _, _, phone in numbers]),
        )

    async def refresh(self, tx: Tx, contacts: Sequence[tuple[BusinessId, UUID, Sender]]) -> None:
        await tx.execute(
            """
            update app.contacts c
            set profile_name = coalesce(n.name, c.profile_name), username = coalesce(n.username, c.username),
                phone = coalesce(n.phone, c.phone), country = coalesce(n.country, c.country)
            from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[])
              as n(business_id, id, name, username, phone, country)
            where c.business_id = n.business_id and c.id = n.id
              -- Most messages tell nothing new of who wrote them.
              and (n.name <> coalesce(c.profile_name, '') or n.username <> coalesce(c.username, '')
                   or n.phone <> coalesce(c.phone, ''))
            """,
            (
                [business_id for business_id, _, _ in contacts],
                [contact_id for _, contact_id, _ in contacts],
                [sender.name for _, _, sender in contacts],
                [sender.username for _, _, sender in contacts],
                [sender.wa_id for _, _, sender in contacts],
                [sender.country for _, _, sender in contacts],
            ),
        )

    async def merge(
        self, tx: Tx, business_id: BusinessId, keep: UUID, gone: UUID, by: UserId | None = None
    ) -> list[tuple[UUID, UUID]]:
        both = {"business": business_id, "keep": keep, "gone": gone, "by": by}
        await tx.execute(_NOTE_MERGE, both)
        await tx.execute(
            "update app.contact_identities set contact_id = %(keep)s "
            "where business_id = %(business)s and contact_id = %(gone)s",
            both,
        )
        # A conversation with a number that `keep` already talks to joins that one; the others move over whole.
        shared = await tx.rows(
            """
            select mine.id as keep, theirs.id as gone from app.conversations theirs
            join app.conversations mine
              on mine.business_id = theirs.business_id and mine.number_id = theirs.number_id
             and mine.contact_id = %(keep)s
            where theirs.business_id = %(business)s and theirs.contact_id = %(gone)s
            """,
            both,
        )
        for pair in shared:
            await self._join_conversations(tx, business_id, pair.keep, pair.gone)
        await tx.execute(
            """
            update app.conversations set contact_id = %(keep)s
            where business_id = %(business)s and contact_id = %(gone)s and id <> all(%(joined)s)
            """,
            {**both, "joined": [pair.gone for pair in shared]},
        )
        for statement in _JOIN_PEOPLE:
            await tx.execute(statement, both)
        return [(pair.keep, pair.gone) for pair in shared]

    async def _join_conversations(self, tx: Tx, business_id: BusinessId, keep: UUID, gone: UUID) -> None:
        both = {"business": business_id, "keep": keep, "gone": gone}
        await tx.execute(
            "update app.messages set conversation_id = %(keep)s "
            "where business_id = %(business)s and conversation_id = %(gone)s",
            both,
        )
        await tx.execute(
            """
            update app.conversations k
            set unread = k.unread + g.unread,
                last_inbound_at = greatest(k.last_inbound_at, g.last_inbound_at),
                last_message_id = case when coalesce(g.last_message_at > k.last_message_at, k.last_message_at is null)
                                       then g.last_message_id else k.last_message_id end,
                last_message_created_at = case
                  when coalesce(g.last_message_at > k.last_message_at, k.last_message_at is null)
                  then g.last_message_created_at else k.last_message_created_at end,
                last_message_at = greatest(k.last_message_at, g.last_message_at),
                last_outbound_at = greatest(k.last_outbound_at, g.last_outbound_at),
                status = 'open', snoozed_until = null, closed_at = null, closed_by = null,
                priority = greatest(k.priority, g.priority),
                handler = case when 'person' in (k.handler, g.handler) then 'person'
                               when 'waiting' in (k.handler, g.handler) then 'waiting' else 'bot' end,
                handed_over_because = coalesce(k.handed_over_because, g.handed_over_because),
                assigned_to = coalesce(k.assigned_to, g.assigned_to)
            from app.conversations g
            where k.business_id = %(business)s and k.id = %(keep)s and g.business_id = %(business)s and g.id = %(gone)s
            """,
            both,
        )
        # Whoever takes words in has the mark, and is done before they are moved.
        await tx.execute("select 1 from app.word_marks where business_id = %(business)s for update", both)
        await tx.execute(
            """
            insert into app.conversation_words as k (business_id, word, conversation_id, said_at)
            select business_id, word, %(keep)s, said_at from app.conversation_words
            where business_id = %(business)s and conversation_id = %(gone)s
            on conflict (business_id, word, conversation_id)
              do update set said_at = greatest(k.said_at, excluded.said_at)
            """,
            both,
        )
        await tx.execute(
            "delete from app.conversation_words where business_id = %(business)s and conversation_id = %(gone)s", both
        )
        for table in ("conversation_notes", "scheduled_messages", "bot_form_entries"):
            await tx.execute(
                f"update app.{table} set conversation_id = %(keep)s "
                "where business_id = %(business)s and conversation_id = %(gone)s",
                both,
            )
        await tx.execute(
            """
            insert into app.conversation_labels (business_id, conversation_id, label_id)
            select business_id, %(keep)s, label_id from app.conversation_labels
            where business_id = %(business)s and conversation_id = %(gone)s
            on conflict do nothing
            """,
            both,
        )
        # Emptied, it keeps its id for records that name it, and leaves the list.
        await tx.execute(
            """
            update app.conversations
            set last_message_at = null, last_message_id = null, last_message_created_at = null, unread = 0,
                handler = 'bot', assigned_to = null
            where business_id = %(business)s and id = %(gone)s
            """,
            both,
        )

    async def refuses_marketing(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> bool:
        row = await tx.row(
            "select marketing_stopped_at is not null or opted_out_at is not null as refuses from app.contacts "
            "where business_id = %s and id = %s",
            (business_id, contact_id),
        )
        return row is not None and row.refuses

    async def has_phone(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> bool:
        row = await tx.row(
            "select phone is not null as has_phone from app.contacts where business_id = %s and id = %s",
            (business_id, contact_id),
        )
        return row is not None and row.has_phone

    async def save_from_app(
        self, tx: Tx, saved: Sequence[tuple[BusinessId, UUID, ContactChange]]
    ) -> list[tuple[BusinessId, UUID]]:
        rows = await tx.rows(
            _SAVE_FROM_APP,
            (
                [business_id for business_id, _, _ in saved],
                [contact_id for _, contact_id, _ in saved],
                [change.contact.name for _, _, change in saved],
                [change.contact.username for _, _, change in saved],
                [change.at for _, _, change in saved],
            ),
        )
        return [(row.business_id, row.id) for row in rows]

    async def remove_from_app(self, tx: Tx, removed: Sequence[tuple[BusinessId, UUID, datetime]]) -> None:
        await tx.execute(
            """
            update app.contacts c set app_removed_at = r.at
            from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) as r(business_id, id, at)
            where c.business_id = r.business_id and c.id = r.id
              and (c.app_removed_at is null or c.app_removed_at < r.at)
            """,
            ([b for b, _, _ in removed], [c for _, c, _ in removed], [at for _, _, at in removed]),
        )
