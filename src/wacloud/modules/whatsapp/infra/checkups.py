"""The tables of looks at numbers."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.application.checkup_ports import CheckChange, CheckedNumber, Checkup, EchoTest
from wacloud.modules.whatsapp.domain.checkup import Finding, KeptCheck
from wacloud.modules.whatsapp.domain.checkup_facts import Traffic
from wacloud.modules.whatsapp.infra.reached_people import reached_people
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.domain.phone import canonical_phone
from wacloud.shared.infra.postgres import storable

# A phone that is off gives no second tick: only what had time for it counts, and only of the last day.
_TRAFFIC = """
with newest as (
  select m.state, m.created_at, m.error, m.accepted_at, m.delivered_at, m.read_at, c.number_id
  from app.messages m join app.conversations c on c.business_id = m.business_id and c.id = m.conversation_id
  where m.business_id = %(business)s and m.created_at > %(now)s::timestamptz - interval '1 day' and m.direction = 'out'
  order by m.created_at desc limit 500
)
select
  (select max(last_inbound_at) from app.conversations
   where business_id = %(business)s and number_id = %(number)s) as heard_at,
  (select max(greatest(delivered_at, read_at)) from newest where number_id = %(number)s) as ticked_at,
  (select count(*) from newest where number_id = %(number)s and state in ('sent', 'delivered', 'read')
     and accepted_at < %(now)s::timestamptz - interval '15 minutes') as sent,
  (select count(*) from newest
   where number_id = %(number)s and (delivered_at is not null or read_at is not null)) as ticked,
  (select array_agg(distinct error ->> 'code') from newest
   where number_id = %(number)s and state in ('failed', 'queued') and error ->> 'code' is not null
     -- Meta tells whole seconds of what it took: our own times of writing tell which was later.
     and created_at > coalesce((select max(created_at) from newest
                                where number_id = %(number)s and accepted_at is not null), '-infinity')
  ) as refused,
  (select coalesce(a.portfolio_id, a.waba_id) from app.phone_numbers n
   join app.whatsapp_accounts a on a.business_id = n.business_id and a.waba_id = n.waba_id
   where n.business_id = %(business)s and n.id = %(number)s) as portfolio
"""
# Looked at a moment ago and still sending then, it broke since: that is told soon. Else once an hour is enough.
_HELD = """
select n.id
from app.phone_numbers n left join app.number_checkups k on k.business_id = n.business_id and k.number_id = n.id
where n.business_id = %(business)s and n.state = 'held'
  and (n.held_because like 'meta:%%' or n.held_because like 'check:%%')
  and (k.finished_at is null or k.finished_at < %(now)s::timestamptz - interval '1 hour'
       or n.held_because like 'meta:%%' and k.finished_at < %(now)s::timestamptz - interval '5 minutes'
          and not exists (select from app.number_checks c where c.business_id = n.business_id and c.number_id = n.id
                          and c.code in ('token', 'permissions') and c.state = 'broken'))
"""
_HEARD = """
select min(m.created_at) as at
from app.messages m join app.conversations c on c.business_id = m.business_id and c.id = m.conversation_id
where m.business_id = %(business)s and c.number_id = %(number)s and m.created_at between %(since)s and %(until)s
  and m.direction = 'in' and position(%(word)s in lower(m.body)) > 0
"""


class PostgresCheckups:
    """See `checkup_ports.Checkups`."""

    async def numbers(self, tx: Tx, business_id: BusinessId) -> Sequence[CheckedNumber]:
        rows = await tx.rows(
            "select id, waba_id, phone_number_id, display_phone_number, verified_name, access_token, state, "
            "held_because from app.phone_numbers where business_id = %s and state <> 'disconnected' "
            "order by created_at, id",
            (business_id,),
        )
        return [CheckedNumber(*row) for row in rows]

    async def with_held(self, tx: Tx) -> Sequence[BusinessId]:
        rows = await tx.rows(
            "select distinct business_id from app.phone_numbers where state = 'held' "
            "and (held_because like 'meta:%%' or held_because like 'check:%%')",
            (),
        )
        return [row.business_id for row in rows]

    async def held_and_due(self, tx: Tx, business_id: BusinessId, now: datetime) -> Sequence[UUID]:
        rows = await tx.rows(_HELD, {"business": business_id, "now": now})
        return [row.id for row in rows]

    async def ask(self, tx: Tx, business_id: BusinessId, numbers: Sequence[UUID], at: datetime) -> None:
        await tx.execute(
            "insert into app.number_checkups (business_id, number_id, asked_at) "
            "select %s, unnest(%s::uuid[]), %s on conflict (business_id, number_id) do update "
            "set asked_at = excluded.asked_at, step = 0",
            (business_id, list(numbers), at),
        )

    async def step(self, tx: Tx, business_id: BusinessId, number_id: UUID, step: int, at: datetime) -> None:
        await tx.execute(
            "update app.number_checkups set step = %s, started_at = case when %s = 1 then %s else started_at end "
            "where business_id = %s and number_id = %s",
            (step, step, at, business_id, number_id),
        )

    async def finish(self, tx: Tx, business_id: BusinessId, number_id: UUID, at: datetime) -> None:
        await tx.execute(
            "update app.number_checkups set finished_at = greatest(%s, asked_at) "
            "where business_id = %s and number_id = %s",
            (at, business_id, number_id),
        )

    async def latest(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> Checkup | None:
        row = await tx.row(
            "select asked_at, finished_at, step from app.number_checkups where business_id = %s and number_id = %s",
            (business_id, number_id),
        )
        return Checkup(*row) if row else None

    async def checks(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> Sequence[KeptCheck]:
        rows = await tx.rows(
            "select code, state, cause, details, seen_at, since, broken_since, times, told from app.number_checks "
            "where business_id = %s and number_id = %s",
            (business_id, number_id),
        )
        return [_to_check(row) for row in rows]

    async def keep(
        self, tx: Tx, business_id: BusinessId, number_id: UUID, check: KeptCheck, before: str | None
    ) -> None:
        finding = check.finding
        await tx.execute(
            """
            insert into app.number_checks (business_id, number_id, code, state, cause, details, seen_at, since,
              broken_since, times, told)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (business_id, number_id, code) do update
            set state = excluded.state, cause = excluded.cause, details = excluded.details, seen_at = excluded.seen_at,
                since = excluded.since, broken_since = excluded.broken_since, times = excluded.times,
                told = excluded.told
            """,
            (
                business_id,
                number_id,
                finding.code,
                finding.state,
                finding.cause,
                json.dumps({name: storable(value, 500) for name, value in finding.details.items()}),
                check.seen_at,
                check.since,
                check.broken_since,
                check.times,
                check.told,
            ),
        )
        if before != finding.state:
            await tx.execute(
                "insert into app.number_check_changes (business_id, number_id, code, at, before, after, cause) "
                "values (%s, %s, %s, %s, %s, %s, %s)",
                (business_id, number_id, finding.code, check.seen_at, before, finding.state, finding.cause),
            )

    async def changes(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> Sequence[CheckChange]:
        rows = await tx.rows(
            "select code, at, before, after, cause from app.number_check_changes "
            "where business_id = %s and number_id = %s and before is not null order by id desc limit 50",
            (business_id, number_id),
        )
        return [CheckChange(*row) for row in rows]

    async def traffic(self, tx: Tx, business_id: BusinessId, number_id: UUID, now: datetime) -> Traffic:
        [row] = await tx.rows(_TRAFFIC, {"business": business_id, "number": number_id, "now": now})
        people = len(await reached_people(tx, business_id, row.portfolio))
        codes = frozenset(int(code) for code in row.refused or () if code.isdigit())
        heard = [at for at in (row.heard_at, row.ticked_at) if at is not None]
        return Traffic(max(heard) if heard else None, row.sent, row.ticked, codes, people)

    async def hold(self, tx: Tx, business_id: BusinessId, number_id: UUID, why: str) -> bool:
        return bool(
            await tx.execute(
                "update app.phone_numbers set state = 'held', held_because = %s, held_until = null "
                "where business_id = %s and id = %s and state = 'connected'",
                (why, business_id, number_id),
            )
        )

    async def let_go(self, tx: Tx, business_id: BusinessId, number_id: UUID, whys: Sequence[str]) -> bool:
        return bool(
            await tx.execute(
                "update app.phone_numbers set state = 'connected', held_because = null, held_until = null "
                "where business_id = %s and id = %s and state = 'held' and held_because = any(%s)",
                (business_id, number_id, list(whys)),
            )
        )

    async def heard_from(
        self, tx: Tx, business_id: BusinessId, phone: str, not_at: UUID, since: datetime
    ) -> UUID | None:
        digits = phone.lstrip("+")
        row = await tx.row(
            """
            select c.id
            from app.contact_identities i
            join app.contacts p on p.business_id = i.business_id and p.id = i.contact_id
            join app.conversations c on c.business_id = i.business_id and c.contact_id = i.contact_id
            join app.phone_numbers n on n.business_id = c.business_id and n.id = c.number_id
            where i.business_id = %s and i.kind in ('wa_id', 'phone') and i.value = any(%s)
              and c.number_id <> %s and n.state = 'connected' and c.last_inbound_at > %s
              and p.opted_out_at is null and p.blocked_at is null
            order by c.last_inbound_at desc
            limit 1
            """,
            (business_id, [digits, canonical_phone(digits)], not_at, since),
        )
        return None if row is None else row.id

    async def add_echo(self, tx: Tx, business_id: BusinessId, test: EchoTest) -> None:
        await tx.execute(
            "insert into app.echo_tests (business_id, id, number_id, word, asked_at, expires_at) "
            "values (%s, %s, %s, %s, %s, %s)",
            (business_id, test.id, test.number_id, test.word, test.asked_at, test.expires_at),
        )

    async def find_echo(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> EchoTest | None:
        row = await tx.row(
            "select id, number_id, word, asked_at, expires_at from app.echo_tests "
            "where business_id = %s and number_id = %s order by asked_at desc limit 1",
            (business_id, number_id),
        )
        if row is None:
            return None
        test = EchoTest(row.id, row.number_id, row.word, row.asked_at, row.expires_at, None)
        [heard] = await tx.rows(
            _HEARD,
            {
                "business": business_id,
                "number": number_id,
                "since": test.asked_at - timedelta(seconds=5),
                # What comes late, comes: the page says so.
                "until": test.expires_at + timedelta(days=1),
                "word": test.word.lower(),
            },
        )
        return replace(test, heard_at=heard.at)


def _to_check(row: Any) -> KeptCheck:
    finding = Finding(row.code, row.state, row.cause, row.details)
    return KeptCheck(finding, row.seen_at, row.since, row.broken_since, row.times, row.told)
