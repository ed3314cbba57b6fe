"""The ledger: where every webhook and every message of a business stands."""

from collections import Counter
from contextlib import AbstractAsyncContextManager
from typing import Any

from wacloud.modules.whatsapp.application.inbox import Ledger, LedgerRow
from wacloud.modules.whatsapp.domain.message import INBOUND_STATES, OUTBOUND_STATES
from wacloud.modules.whatsapp.infra.cursor import as_number, as_uuid, read_cursor, write_cursor
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId

_MESSAGES = """
select direction, state, case when state in ('ignored', 'handed_over', 'failed') then reason end as reason,
       count(*) as n
from app.messages where business_id = %s group by 1, 2, 3
"""
_WEBHOOKS = "select state, count(*) as n from app.webhook_inbox where business_id = %s group by 1"

_MESSAGE_ROWS = """
select m.id::text as id, m.created_at as at, m.kind as what, m.state, m.reason, left(m.body, 200) as body,
       m.conversation_id, coalesce(p.name, p.profile_name, '@' || p.username, '+' || p.phone, '?') as contact_name
from app.messages m
join app.conversations c on c.business_id = m.business_id and c.id = m.conversation_id
join app.contacts p on p.business_id = c.business_id and p.id = c.contact_id
where m.business_id = %(business)s and m.direction = %(direction)s
  and (%(state)s = 'all' or m.state = %(state)s)
  and (%(reason)s::text is null or coalesce(m.reason, '') = %(reason)s)
  and (%(at)s::timestamptz is null or (m.created_at, m.id::text) < (%(at)s, %(last)s))
order by m.created_at desc, m.id::text desc limit %(limit)s
"""
_WEBHOOK_ROWS = """
select w.id::text as id, w.received_at as at, w.provider as what, w.state,
       coalesce(w.error, array_to_string(w.notes, '; ')) as reason,
       left(convert_from(substring(w.body for 400), 'SQL_ASCII'), 200) as body,
       null::uuid as conversation_id, null::text as contact_name
from app.webhook_inbox w
where w.business_id = %(business)s and (%(state)s = 'all' or w.state = %(state)s)
  and (%(at)s::timestamptz is null or (w.received_at, w.id) < (%(at)s, %(last)s::bigint))
order by w.received_at desc, w.id desc limit %(limit)s
"""


class PostgresLedger:
    """The ledger's half of `inbox.InboxReader`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def ledger(self, business_id: BusinessId) -> Ledger:
        """Counts of everything, in one transaction and so of one moment."""
        async with self._read(business_id) as tx:
            messages = await tx.rows(_MESSAGES, (business_id,))
            webhooks = {row.state: row.n for row in await tx.rows(_WEBHOOKS, (business_id,))}
        states: Counter[tuple[str, str]] = Counter()
        reasons: dict[str, Counter[str]] = {state: Counter() for state in ("ignored", "handed_over", "failed")}
        for row in messages:
            states[row.direction, row.state] += row.n
            if row.state in reasons:
                reasons[row.state][row.reason or "unknown"] += row.n
        inbound = {state: states["in", state] for state in INBOUND_STATES}
        kept = {state: webhooks.get(state, 0) for state in ("processed", "failed", "pending")}
        return Ledger(
            webhooks={"received": sum(kept.values()), **kept},
            inbound={"stored": sum(inbound.values()), **inbound},
            outbound={state: states["out", state] for state in OUTBOUND_STATES},
            ignored_because=dict(reasons["ignored"]),
            handed_over_because=dict(reasons["handed_over"]),
            failed_because=dict(reasons["failed"]),
        )

    async def ledger_rows(
        self,
        business_id: BusinessId,
        *,
        group: str,
        state: str,
        reason: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> tuple[list[LedgerRow], str | None]:
        """Newest first, and the cursor of the next page."""
        at, last = read_cursor(cursor, as_number) if group == "webhooks" else read_cursor(cursor, as_uuid)
        params: dict[str, Any] = {
            "business": business_id,
            "direction": "out" if group == "outbound" else "in",
            "state": "all" if state in ("received", "stored") else state,
            "reason": "" if reason == "unknown" else reason,
            "at": at,
            "last": None if last is None else str(last),
            "limit": limit + 1,
        }
        async with self._read(business_id) as tx:
            rows = await tx.rows(_WEBHOOK_ROWS if group == "webhooks" else _MESSAGE_ROWS, params)
        found = [LedgerRow(*row) for row in rows[:limit]]
        more = rows[limit - 1] if len(rows) > limit else None
        return found, write_cursor(more.at, more.id) if more else None

    def _read(self, business_id: BusinessId) -> AbstractAsyncContextManager[Tx]:
        return self._db.tenant(business_id, read_only=True)
