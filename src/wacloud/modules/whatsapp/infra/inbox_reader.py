"""What the inbox, the thread and the ledger show; see `application/inbox.py`."""

import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.application.desk_stores import Label
from wacloud.modules.whatsapp.application.inbox import (
    ConversationRow,
    Filter,
    MessageRow,
    Page,
    Quoted,
    Thread,
    TurnRow,
    Views,
)
from wacloud.modules.whatsapp.application.media_stored import MediaRow
from wacloud.modules.whatsapp.domain.conversation import ServiceWindow
from wacloud.modules.whatsapp.domain.media import media_id_in
from wacloud.modules.whatsapp.domain.note import Note
from wacloud.modules.whatsapp.domain.scheduled import Scheduled
from wacloud.modules.whatsapp.infra.canned import PostgresCanned
from wacloud.modules.whatsapp.infra.cursor import as_number, read_cursor, write_cursor
from wacloud.modules.whatsapp.infra.desk import PostgresLabels
from wacloud.modules.whatsapp.infra.inbox_views import ANYWHERE, VIEWS, View, as_place
from wacloud.modules.whatsapp.infra.ledger import PostgresLedger
from wacloud.modules.whatsapp.infra.media import PostgresMedia
from wacloud.modules.whatsapp.infra.notes import PostgresNotes
from wacloud.modules.whatsapp.infra.saved_views import PostgresSavedViews
from wacloud.modules.whatsapp.infra.scheduled import PostgresScheduled
from wacloud.modules.whatsapp.infra.word_index import PostgresWordIndex
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId

# How a search reads texts: `private.plain` written out, as a call of it costs more than the whole rest of a row.
_ACCENTS = ("áàâäãéèêëíìîïóòôöõúùûüñç", "aaaaaeeeeiiiiooooouuuunc")
_PLAIN = f"translate(lower({{}}), '{_ACCENTS[0]}', '{_ACCENTS[1]}')"
_ACCENTS_OFF = str.maketrans(*_ACCENTS)
_LIKE_A_PHONE = re.compile(r"[\d\s+().-]{3,}", re.ASCII)
# A search reads so many of the newest messages itself, also within words; the index of words knows the older ones.
_SEARCHED = 2_000
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
from (select c.* from app.conversations c where c.business_id = %(business)s /*these*/) c
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
# The index of words knows whom it may be; this looks.
_OF_PEOPLE = f"""
select c.id from app.contacts s
join app.conversations c on c.business_id = s.business_id and c.contact_id = s.id
where s.business_id = %(business)s and s.id = any(%(people)s) and (
  {_PLAIN.format("coalesce(s.name, '') || ' ' || coalesce(s.profile_name, '') || ' ' || coalesce(s.username, '')")}
    like '%%' || {_PLAIN.format("%(search)s::text")} || '%%'
  or (%(digits)s <> '' and s.phone like '%%' || %(digits)s || '%%'))
"""
# Newest first, so the first of a conversation is the one to show.
_IN_MESSAGES = f"""
select m.conversation_id, m.body from (
  select conversation_id, body, kind, revoked_at, created_at from app.messages
  where business_id = %(business)s order by created_at desc limit {_SEARCHED}) m
where m.revoked_at is null and m.kind not in ('reaction', 'edit', 'revoke')
  and {_PLAIN.format("m.body")} like '%%' || {_PLAIN.format("%(search)s::text")} || '%%'
order by m.created_at desc limit 500
"""

_MESSAGES = """
select m.id, m.conversation_id, m.sent_at, m.arrival, m.direction, m.author, u.name as author_name, m.kind, m.body,
       m.content, m.state, m.reason, m.error, m.reactions, m.edited_at, m.revoked_at, m.edits, m.refers_to, m.pricing,
       m.held_until,
       m.wamid is not null as can_answer, q.id as quoted_id,
       q.author as quoted_author, q.kind as quoted_kind, left(q.body, 200) as quoted_body,
       t.source, t.why, t.detail, t.model, t.input_tokens, t.output_tokens, t.cost_usd
from (
  select m.*, 'wamid:' || m.refers_to as refers_key from app.messages m
  where m.business_id = %(business)s and m.conversation_id = %(conversation)s
    -- Our own reaction that Meta did not take is told; all others show on what they are about.
    and (m.kind not in ('reaction', 'edit', 'revoke')
         or (m.kind = 'reaction' and m.direction = 'out' and m.state in ('failed', 'unconfirmed')))
    and (%(at)s::timestamptz is null or (m.sent_at, m.arrival) < (%(at)s, %(arrival)s))
  order by m.sent_at desc, m.arrival desc limit %(limit)s) m
left join app.users u on u.id = m.author_id
left join app.bot_turns t on t.business_id = m.business_id and t.id = m.turn_id
left join app.message_keys k on k.business_id = m.business_id and k.key = m.refers_key
left join app.messages q on q.business_id = k.business_id and q.id = k.message_id and q.created_at = k.created_at
order by m.sent_at, m.arrival
"""


def _rows(which: str) -> str:
    return _ROW.replace("/*these*/", which)


def page_of(view: View, *more: str) -> str:
    """The statement of a page; `more` says what else is asked of its conversations."""
    within = " ".join((view.where, *more, view.order, "limit %(limit)s"))
    return f"{_rows(within)} {view.order}"


class PostgresInbox(PostgresLedger):
    """See `inbox.InboxReader`. The ledger's half is in `ledger.py`."""

    def __init__(self, db: Database, replica: Database | None = None) -> None:
        super().__init__(db)
        self._replica = replica or db
        self._media = PostgresMedia()
        self._words = PostgresWordIndex()
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
        # Of "tarta de 8" the 8 is no part of a phone.
        digits = re.sub(r"\D", "", search) if _LIKE_A_PHONE.fullmatch(search) else ""
        params = {
            "business": business_id,
            "search": search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_"),
            "digits": digits,
            "at": at,
            "id": last_id,
            "limit": limit + 1,
            "me": user_id,
            "rank": rank,
            "label": label_id,
        }
        # Whoever searches looks for somebody, wherever they are.
        view = VIEWS[show] if show != "all" or not search else ANYWHERE
        sql = page_of(view, _FOUND if search else "", _LABELLED if label_id else "", view.after if at else "")
        async with self._db.member(user_id, read_only=True) as tx:
            texts: dict[UUID, str] = {}
            if search:
                for hit in await tx.rows(_IN_MESSAGES, params):
                    texts.setdefault(hit.conversation_id, hit.body)
                for id_, body in (await self._words.find(tx, business_id, search)).items():
                    texts.setdefault(id_, body)
                people = await self._words.people(tx, business_id, search, digits)
                named = await tx.rows(_OF_PEOPLE, {**params, "people": list(people)})
                params["found"] = [*texts, *(row.id for row in named)]
            rows = [_to_conversation(row, _around(search, texts.get(row.id))) for row in await tx.rows(sql, params)]
        more = len(rows) > limit
        rows = rows[:limit]
        last = rows[-1] if rows else None
        return Page(rows, view.cursor_of(last) if more and last else None)

    async def views(self, user_id: UserId, business_id: BusinessId) -> Views:
        async with self._db.member(user_id, read_only=True) as tx:
            labels = await self._labels.all(tx, business_id)
            return Views(labels, await self._saved_views.of(tx, business_id, user_id))

    async def rows(self, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> list[ConversationRow]:
        async with self._db.tenant(business_id, read_only=True) as tx:
            rows = await tx.rows(
                _rows("and c.id = any(%(ids)s) and c.last_message_at is not null"),
                {"business": business_id, "ids": list(conversation_ids)},
            )
        return [_to_conversation(row) for row in rows]

    async def thread(
        self,
        user_id: UserId,
        business_id: BusinessId,
        conversation_id: UUID,
        *,
        before: str | None = None,
        limit: int = 50,
    ) -> Thread | None:
        async with self._db.member(user_id, read_only=True) as tx:
            row = await tx.row(_rows("and c.id = %(id)s"), {"business": business_id, "id": conversation_id})
            if row is None:
                return None
            messages = await self._messages(tx, business_id, conversation_id, before, limit + 1)
            more = len(messages) > limit
            messages = messages[-limit:]
            first = messages[0] if messages else None
            shown = await self._with_notes(tx, business_id, conversation_id, messages, before, whole=not more)
            team = await self._notes.team(tx, business_id)
            replies = await self._canned.all(tx, business_id)
            scheduled = await self._scheduled.shown(tx, business_id, conversation_id)
        earlier = write_cursor(first.sent_at, str(first.arrival)) if more and first else None
        return Thread(_to_conversation(row), shown, earlier, team, replies, scheduled)

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
            _MESSAGES,
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
        return [_to_message(row, media.get(ids[row.id]) if row.id in ids else None) for row in rows]

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

    def _read(self, business_id: BusinessId) -> AbstractAsyncContextManager[Tx]:
        return self._replica.tenant(business_id, read_only=True)


def _around(search: str, text: str | None) -> str | None:
    """The text from shortly before the words searched for, so that a line of the list shows them."""
    if text is None:
        return None
    at = text.lower().translate(_ACCENTS_OFF).find(search.lower().translate(_ACCENTS_OFF))
    start = text.rfind(" ", 0, at - 12) + 1 if at > 20 else 0
    return ("… " if start else "") + " ".join(text[start : start + 160].split())


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


def _to_message(row: Any, media: MediaRow | None) -> MessageRow:
    turn = None
    if row.source is not None:
        cost = float(row.cost_usd) if row.cost_usd is not None else None
        turn = TurnRow(row.source, row.why, row.detail, row.model, row.input_tokens, row.output_tokens, cost)
    quoted = None
    if row.quoted_kind is not None and row.content.get("quoted"):
        quoted = Quoted(row.quoted_author, row.quoted_kind, row.quoted_body, row.quoted_id)
    return MessageRow(
        id=row.id,
        conversation_id=row.conversation_id,
        sent_at=row.sent_at,
        arrival=row.arrival,
        direction=row.direction,
        author=row.author,
        author_name=row.author_name,
        kind=row.kind,
        body=row.body,
        content=row.content,
        state=row.state,
        reason=row.reason,
        error=row.error,
        reactions={who: one["emoji"] for who, one in (row.reactions or {}).items() if one.get("emoji")},
        edited_at=row.edited_at,
        revoked_at=row.revoked_at,
        edits=row.edits or [],
        quoted=quoted,
        turn=turn,
        media=media,
        can_answer=row.can_answer,
        pricing=row.pricing,
        held_until=row.held_until,
    )
