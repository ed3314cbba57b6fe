"""What the inbox, the thread and the ledger show; see `application/inbox.py`."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.application.desk_stores import Label
from wacloud.modules.whatsapp.application.inbox import (
    BotReturns,
    ConversationRow,
    Filter,
    HandedOver,
    MessageRow,
    Page,
    Thread,
    Views,
)
from wacloud.modules.whatsapp.application.ports import BackRules
from wacloud.modules.whatsapp.domain.conversation import BackToBot, ServiceWindow
from wacloud.modules.whatsapp.domain.media import media_id_in
from wacloud.modules.whatsapp.domain.note import Note
from wacloud.modules.whatsapp.domain.scheduled import Scheduled
from wacloud.modules.whatsapp.infra.canned import PostgresCanned
from wacloud.modules.whatsapp.infra.cursor import as_number, read_cursor, write_cursor
from wacloud.modules.whatsapp.infra.desk import PostgresLabels
from wacloud.modules.whatsapp.infra.inbox_search import InboxSearch
from wacloud.modules.whatsapp.infra.inbox_views import ANYWHERE, THESE, VIEWS, View, as_place
from wacloud.modules.whatsapp.infra.ledger import PostgresLedger
from wacloud.modules.whatsapp.infra.media import PostgresMedia
from wacloud.modules.whatsapp.infra.notes import PostgresNotes
from wacloud.modules.whatsapp.infra.saved_views import PostgresSavedViews
from wacloud.modules.whatsapp.infra.scheduled import PostgresScheduled
from wacloud.modules.whatsapp.infra.thread_rows import MESSAGES, to_message
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId

_MOST_NOTES = 100  # between the messages of one page

# First which conversations, then one look-up by its whole key for each: whatever the planner knows of the tables.
_ROW = """
select c.id, c.contact_id, coalesce(p.name, p.profile_name, '@' || p.username, '+' || p.phone, '?') as contact_name,
       p.profile_name, p.username, p.phone, c.handler, c.handed_over_because, u.name as assigned_to, c.last_message_at,
       case when m.revoked_at is null then left(m.body, 160) end as last_preview,
       case when m.kind = 'audio' and m.content #>> '{media,voice}' = 'true' then 'voice' else m.kind end as last_kind,
       m.author as last_author, m.state as last_state, c.last_inbound_at, c.unread, n.display_phone_number as number,
       c.status, c.snoozed_until, c.priority, c.assigned_to as assigned_id, c.is_due,
       (select json_agg(json_build_array(l.id, l.name, l.colour) order by lower(l.name)) from app.conversation_labels cl
        cross join lateral (
          select * from app.labels o where o.business_id = cl.business_id and o.id = cl.label_id limit 1) l
        where cl.business_id = c.business_id and cl.conversation_id = c.id) as labels
from (/*these*/) c
cross join lateral (
  select * from app.contacts o where o.business_id = c.business_id and o.id = c.contact_id limit 1) p
cross join lateral (
  select * from app.phone_numbers o where o.business_id = c.business_id and o.id = c.number_id limit 1) n
left join app.users u on u.id = c.assigned_to
left join lateral (
  select * from app.messages o where o.business_id = c.business_id and o.id = c.last_message_id
    and o.created_at = c.last_message_created_at limit 1) m on true
"""
_FOUND = "and c.id in (select unnest(%(found)s::uuid[]))"
_LABELLED = (
    "and c.id in (select l.conversation_id from app.conversation_labels l "
    "where l.business_id = %(business)s and l.label_id = %(label)s)"
)

# What the bot hands over, as long as nobody of the team has answered it.
_HANDED_OVER = """
select c.id, c.handler, greatest(c.handler_since, c.last_outbound_at) as silent_since, t.id as turn_id, t.why,
       t.hand_over,
       -- What a customer deletes is gone here as well; WhatsApp lets them for two and a half days.
       array(select m.body from app.messages m
             where m.business_id = c.business_id and m.conversation_id = c.id
               and m.sent_at >= t.decided_at - interval '3 days' and m.revoked_at is not null
               and m.body is not null) as deleted
from app.conversations c
left join lateral (
  select * from app.bot_turns o
  where o.business_id = c.business_id and o.conversation_id = c.id and o.hand_over is not null
  order by o.decided_at desc limit 1) t on not exists (
    select from app.messages m
    where m.business_id = c.business_id and m.conversation_id = c.id and m.sent_at >= t.decided_at
      and m.author in ('member', 'phone_app') and m.kind not in ('reaction', 'edit', 'revoke'))
where c.business_id = %(business)s and c.id = any (%(ids)s) and c.handler <> 'bot'
"""


def _rows(which: str) -> str:
    return _ROW.replace("/*these*/", f"{THESE} {which}")


def page_of(view: View, *more: str, after: int | None = None) -> str:
    """The statement of a page; `more` says what else is asked of its conversations, `after` is a cursor's rank."""
    return f"{_ROW.replace('/*these*/', view.these(more, after))} {view.whole_order}"


class PostgresInbox(PostgresLedger):
    """See `inbox.InboxReader`. The ledger's half is in `ledger.py`."""

    def __init__(self, db: Database, replica: Database | None = None, back_rules: BackRules | None = None) -> None:
        super().__init__(db)
        self._back_rules = back_rules
        self._replica = replica or db
        self._media = PostgresMedia()
        self._search = InboxSearch()
        self._notes = PostgresNotes()
        self._canned = PostgresCanned()
        self._scheduled = PostgresScheduled()
        self._labels = PostgresLabels()
        self._saved_views = PostgresSavedViews()

    async def page(
        self,
        user_id: UserId,
        business_id: BusinessId,
        *,
        show: Filter = "all",
        search: str = "",
        label_id: UUID | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page:
        search = search.strip()[:100]
        at, place = read_cursor(cursor, as_place)
        rank, last_id = place or (0, None)
        params = {
            "business": business_id,
            "at": at,
            "id": last_id,
            "limit": limit + 1,
            "me": user_id,
            "rank": rank,
            "label": label_id,
        }
        # Whoever searches looks for somebody, wherever they are.
        view = VIEWS[show] if show != "all" or not search else ANYWHERE
        more = [_FOUND if search else "", _LABELLED if label_id else ""]
        sql = page_of(view, *more, after=rank if at else None)
        async with self._db.member(user_id, read_only=True) as tx:
            if not search:
                rows = [_to_conversation(row) for row in await tx.rows(sql, params)]
                return _page(view, rows, limit)
            sought = await self._search.find(tx, business_id, search)
            shown = await tx.rows(sql, {**params, "found": sought.conversations})
            texts = await self._search.texts(tx, business_id, sought, [row.id for row in shown])
        rows = [_to_conversation(row, sought.around(texts.get(row.id))) for row in shown]
        page = _page(view, rows, limit)
        kept = [row for row in page.rows if row.id in texts or row.id in sought.named]
        return replace(page, rows=kept, meant=sought.as_written(kept), is_cut=sought.is_cut)

    async def views(self, user_id: UserId, business_id: BusinessId) -> Views:
        async with self._db.member(user_id, read_only=True) as tx:
            labels = await self._labels.all(tx, business_id)
            return Views(labels, await self._saved_views.of(tx, business_id, user_id))

    async def rows(self, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> list[ConversationRow]:
        rule = await self._back_rule(business_id)
        async with self._db.tenant(business_id, read_only=True) as tx:
            rows = await tx.rows(
                _rows("and c.id = any(%(ids)s) and c.last_message_at is not null"),
                {"business": business_id, "ids": list(conversation_ids)},
            )
            return await _with_bot(tx, business_id, rule, [_to_conversation(row) for row in rows])

    async def thread(
        self,
        user_id: UserId,
        business_id: BusinessId,
        conversation_id: UUID,
        *,
        before: str | None = None,
        limit: int = 50,
    ) -> Thread | None:
        rule = await self._back_rule(business_id)
        async with self._db.member(user_id, read_only=True) as tx:
            row = await tx.row(_rows("and c.id = %(id)s"), {"business": business_id, "id": conversation_id})
            if row is None:
                return None
            [conversation] = await _with_bot(tx, business_id, rule, [_to_conversation(row)])
            messages = await self._messages(tx, business_id, conversation_id, before, limit + 1)
            more = len(messages) > limit
            messages = messages[-limit:]
            first = messages[0] if messages else None
            shown = await self._with_notes(tx, business_id, conversation_id, messages, before, whole=not more)
            team = await self._notes.team(tx, business_id)
            replies = await self._canned.all(tx, business_id)
            scheduled = await self._scheduled.shown(tx, business_id, conversation_id)
        earlier = write_cursor(first.sent_at, str(first.arrival)) if more and first else None
        return Thread(conversation, shown, earlier, team, replies, scheduled)

    async def newest(self, business_id: BusinessId, conversation_id: UUID, limit: int = 15) -> list[MessageRow]:
        async with self._db.tenant(business_id, read_only=True) as tx:
            messages = await self._messages(tx, business_id, conversation_id, None, limit)
            return await self._with_notes(tx, business_id, conversation_id, messages, None, whole=len(messages) < limit)

    async def scheduled(self, business_id: BusinessId, conversation_id: UUID) -> Sequence[Scheduled]:
        async with self._db.tenant(business_id, read_only=True) as tx:
            return await self._scheduled.shown(tx, business_id, conversation_id)

    async def _with_notes(
        self,
        tx: Tx,
        business_id: BusinessId,
        conversation_id: UUID,
        messages: Sequence[MessageRow],
        before: str | None,
        *,
        whole: bool,
    ) -> list[MessageRow]:
        """What the team noted in the time of these messages, in its place among them; `whole`: none are earlier."""
        until, _ = read_cursor(before, as_number)
        since = None if whole or not messages else messages[0].sent_at
        notes = await self._notes.between(tx, business_id, conversation_id, since, until, _MOST_NOTES)
        among = [*messages, *(_as_message(note) for note in notes)]
        return sorted(among, key=lambda one: (one.sent_at, one.arrival))

    async def _messages(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, before: str | None, limit: int
    ) -> list[MessageRow]:
        at, arrival = read_cursor(before, as_number)
        rows = await tx.rows(
            MESSAGES,
            {
                "business": business_id,
                "conversation": conversation_id,
                "at": at,
                "arrival": arrival,
                "limit": limit,
            },
        )
        ids = {row.id: found for row in rows if (found := media_id_in(row.content))}
        media = await self._media.of_messages(tx, business_id, list(ids.values())) if ids else {}
        return [to_message(row, media.get(ids[row.id]) if row.id in ids else None) for row in rows]

    async def counts(self, user_id: UserId, business_id: BusinessId) -> dict[str, int]:
        async with self._db.member(user_id, read_only=True) as tx:
            row = await tx.row(
                """
                select
                  (select count(*) from (select from app.conversations where business_id = %(b)s
                     and is_due and last_inbound_at > now() - interval '24 hours' limit 100) d) as due,
                  (select count(*) from (select from app.conversations where business_id = %(b)s
                     and status = 'open' and handler = 'waiting' and last_message_at is not null
                     limit 100) w) as waiting,
                  (select count(*) from (select from app.conversations where business_id = %(b)s
                     and unread > 0 and last_message_at is not null limit 100) u) as unread
                """,
                {"b": business_id},
            )
        return {name: min(getattr(row, name), 99) if row else 0 for name in ("due", "waiting", "unread")}

    async def _back_rule(self, business_id: BusinessId) -> BackToBot:
        rules = await self._back_rules.back_to_bot([business_id]) if self._back_rules else {}
        return rules.get(business_id, BackToBot())

    def _read(self, business_id: BusinessId) -> AbstractAsyncContextManager[Tx]:
        return self._replica.tenant(business_id, read_only=True)


async def _with_bot(
    tx: Tx, business_id: BusinessId, rule: BackToBot, rows: Sequence[ConversationRow]
) -> list[ConversationRow]:
    """The rows that are not the bot's, with what it leaves to people and when it has them again."""
    ids = [row.id for row in rows if row.handler != "bot"]
    found = {row.id: row for row in await tx.rows(_HANDED_OVER, {"business": business_id, "ids": ids})} if ids else {}
    return [
        replace(
            row,
            bot_returns=BotReturns(rule.returns, rule.at(told.silent_since)) if told.handler == "person" else None,
            handed_over=HandedOver.read(told.turn_id, told.why, told.hand_over).without(told.deleted)
            if told.hand_over
            else None,
        )
        if (told := found.get(row.id))
        else row
        for row in rows
    ]


def _page(view: View, rows: list[ConversationRow], limit: int) -> Page:
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, view.cursor_of(rows[-1]) if more else None)


def _to_conversation(row: Any, found_text: str | None = None) -> ConversationRow:
    return ConversationRow(
        id=row.id,
        contact_id=row.contact_id,
        contact_name=row.contact_name,
        username=row.username,
        phone=row.phone,
        handler=row.handler,
        handed_over_because=row.handed_over_because,
        assigned_to=row.assigned_to,
        last_message_at=row.last_message_at,
        last_preview=row.last_preview,
        last_kind=row.last_kind,
        last_author=row.last_author,
        last_state=row.last_state,
        last_inbound_at=row.last_inbound_at,
        window_closes_at=ServiceWindow(row.last_inbound_at).closes_at,
        unread=row.unread,
        number=row.number,
        profile_name=row.profile_name,
        status=row.status,
        snoozed_until=row.snoozed_until,
        priority=row.priority,
        assigned_id=row.assigned_id,
        is_due=row.is_due,
        labels=tuple(Label(UUID(id_), name, colour) for id_, name, colour in row.labels or ()),
        found_text=found_text,
    )


def _as_message(note: Note) -> MessageRow:
    return MessageRow(
        id=note.id,
        conversation_id=note.conversation_id,
        sent_at=note.created_at,
        arrival=0,
        direction="out",
        author="member",
        author_name=note.author_name,
        kind="note",
        body=note.text,
        content={},
        state="noted",
        reason=None,
        error=None,
        reactions={},
        edited_at=None,
        revoked_at=None,
        edits=[],
        quoted=None,
        turn=None,
    )
