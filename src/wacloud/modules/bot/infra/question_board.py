"""The rows of the board of unanswered questions."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from wacloud.modules.bot.application.model import Vector
from wacloud.modules.bot.application.unanswered import AskedNow
from wacloud.modules.bot.domain.unanswered import UNANSWERED, AskedBefore, QuestionGroup, Waiting
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId

# What was said between the first of a turn's messages and its end; a shared place or card asks nothing.
_TEXTS: Final = """
array(select m.body from app.messages m
      where m.business_id = {0}.business_id and m.conversation_id = {0}.conversation_id and m.direction = 'in'
        and m.created_at between {0}.{1} and {0}.decided_at and m.body is not null and m.revoked_at is null
        and m.kind not in ('location', 'contacts')
      order by m.sent_at, m.arrival limit 30)
"""
_GROUPS: Final = f"""
select g.id, case when g.state = 'snoozed' and g.snoozed_until <= %(now)s then 'open' else g.state end as state,
       n.count, n.people, n.first_at, q.decided_at as last_at, q.conversation_id,
       array_to_string({_TEXTS.format("q", "asked_at")}, E'\\n') as text
from app.question_groups g
cross join lateral (
  select count(*) as count, count(distinct conversation_id) as people, min(asked_at) as first_at
  from app.unanswered_questions u where u.business_id = g.business_id and u.group_id = g.id) n
cross join lateral (
  select * from app.unanswered_questions u where u.business_id = g.business_id and u.group_id = g.id
  order by u.decided_at desc limit 1) q
where g.business_id = %(business)s
"""


class PostgresBoard:
    """See `unanswered.Board`."""

    async def left_to_gather(self, tx: Tx, business_id: BusinessId, since: datetime, most: int) -> list[AskedNow]:
        rows = await tx.rows(
            f"""
            select * from (
              select t.id, t.conversation_id, t.opened_at, t.decided_at, {_TEXTS.format("t", "opened_at")} as texts
              from app.bot_turns t
              where t.business_id = %s and t.decided_at > %s and t.why = any (%s) and not exists (
                select from app.unanswered_questions u where u.business_id = t.business_id and u.turn_id = t.id)
              order by t.decided_at limit 500) found
            where texts <> '{{}}' order by decided_at limit %s
            """,
            (business_id, since, list(UNANSWERED), most),
        )
        return [AskedNow(row.id, row.conversation_id, row.opened_at, row.decided_at, tuple(row.texts)) for row in rows]

    async def asked_before(self, tx: Tx, business_id: BusinessId, model: str, most: int) -> list[AskedBefore]:
        rows = await tx.rows(
            f"""
            select q.group_id, case when q.embedding_model = %s then q.embedding end as embedding,
                   array_to_string({_TEXTS.format("q", "asked_at")}, E'\\n') as text
            from app.unanswered_questions q where q.business_id = %s order by q.decided_at desc limit %s
            """,
            (model, business_id, most),
        )
        return [
            AskedBefore(row.group_id, None if row.embedding is None else tuple(row.embedding), row.text) for row in rows
        ]

    async def add(
        self,
        tx: Tx,
        business_id: BusinessId,
        group_id: UUID,
        asked: AskedNow,
        model: str,
        vector: Vector,
        now: datetime,
    ) -> None:
        await tx.execute(
            """
            insert into app.question_groups as g (business_id, id, created_at) values (%s, %s, %s)
            on conflict (business_id, id) do update set state = 'open', item_id = null
              where g.state = 'answered' and g.settled_at < %s
            """,
            (business_id, group_id, now, asked.decided_at),
        )
        await tx.execute(
            """
            insert into app.unanswered_questions
              (business_id, turn_id, group_id, conversation_id, asked_at, decided_at, embedding, embedding_model)
            values (%s, %s, %s, %s, %s, %s, %s::real[], %s) on conflict do nothing
            """,
            (
                business_id,
                asked.turn_id,
                group_id,
                asked.conversation_id,
                asked.asked_at,
                asked.decided_at,
                list(vector),
                model,
            ),
        )

    async def groups(self, tx: Tx, business_id: BusinessId, now: datetime, most: int) -> list[QuestionGroup]:
        rows = await tx.rows(
            f"{_GROUPS} and (g.state = 'open' or (g.state = 'snoozed' and g.snoozed_until <= %(now)s)) "
            "order by n.count desc, q.decided_at desc limit %(most)s",
            {"business": business_id, "now": now, "most": most},
        )
        return [_group(row) for row in rows]

    async def find(self, tx: Tx, business_id: BusinessId, group_id: UUID) -> QuestionGroup | None:
        row = await tx.row(
            f"{_GROUPS} and g.id = %(group)s", {"business": business_id, "group": group_id, "now": datetime.now(UTC)}
        )
        return None if row is None else _group(row)

    async def waiting(self, tx: Tx, business_id: BusinessId, group_id: UUID) -> list[Waiting]:
        rows = await tx.rows(
            """
            select c.id, coalesce(p.name, p.profile_name, p.username) as name
            from app.conversations c
            join app.contacts p on p.business_id = c.business_id and p.id = c.contact_id
            where c.business_id = %s and c.handler = 'waiting'
              and c.last_inbound_at > now() - interval '23 hours 50 minutes'
              and p.erased_at is null and exists (
                select from app.unanswered_questions q
                where q.business_id = c.business_id and q.group_id = %s and q.conversation_id = c.id)
            order by c.last_inbound_at desc limit 50
            """,
            (business_id, group_id),
        )
        return [Waiting(row.id, row.name) for row in rows]

    async def settle(
        self,
        tx: Tx,
        business_id: BusinessId,
        group_id: UUID,
        state: str,
        by: UserId,
        now: datetime,
        *,
        until: datetime | None = None,
        item_id: UUID | None = None,
    ) -> bool:
        touched = await tx.execute(
            """
            update app.question_groups set state = %s, snoozed_until = %s, item_id = coalesce(%s, item_id),
              settled_by = %s, settled_at = %s
            where business_id = %s and id = %s
            """,
            (state, until, item_id, by, now, business_id, group_id),
        )
        return touched > 0

    async def forget(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> None:
        await tx.execute(
            "delete from app.unanswered_questions q using app.conversations c where q.business_id = %s "
            "and c.business_id = q.business_id and c.id = q.conversation_id and c.contact_id = %s",
            (business_id, contact_id),
        )
        await tx.execute(
            "delete from app.question_groups g where g.business_id = %s and not exists ("
            "select from app.unanswered_questions q where q.business_id = g.business_id and q.group_id = g.id)",
            (business_id,),
        )


def _group(row: Any) -> QuestionGroup:
    return QuestionGroup(
        id=row.id,
        state=row.state,
        count=row.count,
        people=row.people,
        first_at=row.first_at,
        last_at=row.last_at,
        text=row.text or None,
        conversation_id=row.conversation_id,
    )
