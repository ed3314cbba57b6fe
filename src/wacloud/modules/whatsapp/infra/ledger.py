"""The ledger: where every webhook and every message of a business stands."""

from collections import Counter
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from wacloud.modules.whatsapp.application.inbox import Ledger, LedgerRow, OwnIds
from wacloud.modules.whatsapp.domain.message import BEHIND_EARLIER, INBOUND_STATES, OUTBOUND_STATES
from wacloud.modules.whatsapp.infra.cursor import as_number, as_uuid, read_cursor, write_cursor
from wacloud.modules.whatsapp.infra.waiting_behind import HELD, WHY
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId

# A webhook is mostly a kilobyte; a chunk of old chats may have megabytes, and a page of fifty of those fits nowhere.
_LARGEST_LISTED = 64 * 1024
_LARGEST_SHOWN = 1024 * 1024

_MESSAGES = f"""
with held as materialized ({HELD})
select m.direction, m.state, case
         when m.state in ('ignored', 'handed_over', 'failed') then m.reason
         when m.state = 'queued' then coalesce(m.reason, case when h.since < m.created_at then '{BEHIND_EARLIER}' end)
       end as reason,
       count(*) as n, count(*) filter (where m.content ? 'sample') as samples
from app.messages m
left join held h on m.state = 'queued' and m.direction = 'out' and m.reason is null
  and h.conversation_id = m.conversation_id and h.bulk = m.bulk
where m.business_id = %(business)s group by 1, 2, 3
"""
_WEBHOOKS = "select state, count(*) as n from app.webhook_inbox where business_id = %s group by 1"

_MESSAGE_ROWS = f"""
select m.id::text as id, m.created_at as at,
       case when m.kind = 'audio' and m.content #>> '{{media,voice}}' = 'true' then 'voice' else m.kind end as what,
       m.state, {WHY} as reason, left(m.body, 200) as body,
       m.conversation_id, coalesce(p.name, p.profile_name, '@' || p.username, '+' || p.phone, '?') as contact_name,
       case when m.state = 'queued' then m.held_until end as held_until
from app.messages m
join app.conversations c on c.business_id = m.business_id and c.id = m.conversation_id
join app.contacts p on p.business_id = c.business_id and p.id = c.contact_id
where m.business_id = %(business)s and m.direction = %(direction)s
  and (%(state)s = 'all' or m.state = %(state)s)
  and (%(reason)s::text is null or coalesce({WHY}, '') = %(reason)s)
  and (%(at)s::timestamptz is null or (m.created_at, m.id::text) < (%(at)s, %(last)s))
order by m.created_at desc, m.id::text desc limit %(limit)s
"""
_WEBHOOK = """
select w.id::text as id, w.received_at as at, w.provider as what, w.state, w.error as reason, null::text as body,
       null::uuid as conversation_id, null::text as contact_name, null::timestamptz as held_until,
       case when octet_length(w.body) <= %(largest)s then w.body end as payload, coalesce(w.notes, '{}') as notes
from app.webhook_inbox w
where w.business_id = %(business)s"""
_ONE_WEBHOOK = f"{_WEBHOOK} and w.received_at = %(at)s and w.id = %(id)s"
_WEBHOOK_ROWS = f"""
{_WEBHOOK} and (%(state)s = 'all' or w.state = %(state)s)
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
            messages = await tx.rows(_MESSAGES, {"business": business_id})
            webhooks = {row.state: row.n for row in await tx.rows(_WEBHOOKS, (business_id,))}
        states: Counter[tuple[str, str]] = Counter()
        told = ("ignored", "handed_over", "failed", "queued")
        reasons: dict[str, Counter[str]] = {state: Counter() for state in told}
        samples: Counter[str] = Counter()
        for row in messages:
            states[row.direction, row.state] += row.n
            samples[row.direction] += row.samples
            # What is about to go out waits for nothing.
            if row.state in reasons and (row.reason or row.state != "queued"):
                reasons[row.state][row.reason or "unknown"] += row.n
        inbound = {state: states["in", state] for state in INBOUND_STATES}
        # Every row there is, also one in a state nobody knows: that is how a message that is unaccounted for shows.
        stored = sum(n for (direction, _), n in states.items() if direction == "in")
        kept = {state: webhooks.get(state, 0) for state in ("processed", "failed", "pending")}
        return Ledger(
            webhooks={"received": sum(kept.values()), **kept},
            inbound={"stored": stored, **inbound},
            outbound={state: states["out", state] for state in OUTBOUND_STATES},
            ignored_because=dict(reasons["ignored"]),
            handed_over_because=dict(reasons["handed_over"]),
            failed_because=dict(reasons["failed"]),
            waiting_because=dict(reasons["queued"]),
            samples={"inbound": samples["in"], "outbound": samples["out"]},
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
            "state": "all" if state in ("received", "stored", "all") else state,
            "reason": "" if reason == "unknown" else reason,
            "at": at,
            "last": None if last is None else str(last),
            "limit": limit + 1,
            "largest": _LARGEST_LISTED,
        }
        async with self._read(business_id) as tx:
            rows = await tx.rows(_WEBHOOK_ROWS if group == "webhooks" else _MESSAGE_ROWS, params)
        found = [LedgerRow(*row) for row in rows[:limit]]
        more = rows[limit - 1] if len(rows) > limit else None
        return found, write_cursor(more.at, more.id) if more else None

    async def webhook(self, business_id: BusinessId, webhook_id: int, at: datetime) -> LedgerRow | None:
        params = {"business": business_id, "id": webhook_id, "at": at, "largest": _LARGEST_SHOWN}
        async with self._read(business_id) as tx:
            row = await tx.row(_ONE_WEBHOOK, params)
        return LedgerRow(*row) if row else None

    async def own_ids(self, business_id: BusinessId) -> OwnIds:
        async with self._read(business_id) as tx:
            rows = await tx.rows(
                """
                select waba_id, null as phone_number_id from app.whatsapp_accounts where business_id = %(business)s
                union all select null, phone_number_id from app.phone_numbers where business_id = %(business)s
                """,
                {"business": business_id},
            )
        return OwnIds(
            frozenset(row.waba_id for row in rows if row.waba_id),
            frozenset(row.phone_number_id for row in rows if row.phone_number_id),
        )

    def _read(self, business_id: BusinessId) -> AbstractAsyncContextManager[Tx]:
        return self._db.tenant(business_id, read_only=True)
