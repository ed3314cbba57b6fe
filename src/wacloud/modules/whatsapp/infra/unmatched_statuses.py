"""Statuses that came before we knew their message: kept, looked for again, and in the end dropped."""

import json
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any

from wacloud.modules.whatsapp.domain.identity import Sender
from wacloud.modules.whatsapp.domain.inbound import MetaError, StatusUpdate
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_KEEP = """
insert into app.unmatched_statuses (business_id, wamid, status, participant, at, detail)
select business_id, wamid, status, participant, at, detail::jsonb
from unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[])
  as u(business_id, wamid, status, participant, at, detail)
on conflict do nothing
"""

# Each row in turn, and each more rarely than before: statuses of messages another app sends through the same number
# never find theirs, and may be many.
_SETTLE = """
with due as materialized (
  select n.*, 'wamid:' || n.wamid as key
  from unnest(%(businesses)s::uuid[]) as b(id)
  cross join lateral (
    select * from app.unmatched_statuses o where o.business_id = b.id and o.look_at <= now()
    order by o.look_at limit %(most)s for update skip locked) n
), found as materialized (
  select distinct d.business_id, d.wamid
  from due d
  cross join lateral (
    select from app.message_keys o where o.business_id = d.business_id and o.key = d.key limit 1) k
), taken as (
  delete from app.unmatched_statuses u using found f where u.business_id = f.business_id and u.wamid = f.wamid
  returning u.business_id, u.wamid, u.status, u.at, u.detail
), without as (
  select d.* from due d
  where not exists (select from found f where f.business_id = d.business_id and f.wamid = d.wamid)
), dropped as (
  delete from app.unmatched_statuses u using without d
  where d.received_at < now() - %(keep)s::interval and u.business_id = d.business_id and u.wamid = d.wamid
    and u.status = d.status and u.participant = d.participant
  returning u.business_id
), later as (
  update app.unmatched_statuses u
  set look_at = least(now() + greatest(now() - u.received_at, interval '10 seconds'),
                      u.received_at + %(keep)s::interval)
  from without d
  where d.received_at >= now() - %(keep)s::interval and u.business_id = d.business_id and u.wamid = d.wamid
    and u.status = d.status and u.participant = d.participant
)
select t.*, null::bigint as dropped from taken t
union all
select d.business_id, null, null, null, null, count(*) from dropped d group by d.business_id
"""

# From one business to the next by the index, past all that the one has.
_WITH_UNMATCHED = """
with recursive b as (
  (select business_id from app.unmatched_statuses order by business_id limit 1)
  union all
  select (select u.business_id from app.unmatched_statuses u where u.business_id > b.business_id
          order by u.business_id limit 1)
  from b where b.business_id is not null
)
select business_id from b where business_id is not null
"""


async def keep_unmatched(tx: Tx, unmatched: Sequence[tuple[BusinessId, StatusUpdate]]) -> None:
    """Keep what found no message."""
    details = [
        {
            "callback_data": status.callback_data,
            "pricing": status.pricing,
            "errors": [[e.code, e.title, e.message, e.details, e.href] for e in status.errors],
        }
        for _, status in unmatched
    ]
    await tx.execute(
        _KEEP,
        (
            [business_id for business_id, _ in unmatched],
            [status.wamid for _, status in unmatched],
            [status.status for _, status in unmatched],
            [status.participant or "" for _, status in unmatched],
            [status.at for _, status in unmatched],
            [json.dumps(detail, default=str) for detail in details],
        ),
    )


async def take_matched(
    tx: Tx, business_ids: Sequence[BusinessId], *, most: int, keep: timedelta
) -> tuple[list[tuple[BusinessId, StatusUpdate]], dict[BusinessId, int]]:
    """See `stores.Deliveries.apply_unmatched`: what may be applied now, and how many of each business were dropped."""
    rows = await tx.rows(_SETTLE, {"businesses": list(business_ids), "most": most, "keep": keep})
    dropped = {row.business_id: row.dropped for row in rows if row.dropped is not None}
    return [(row.business_id, _status(row)) for row in rows if row.dropped is None], dropped


async def businesses_with_unmatched(tx: Tx) -> list[BusinessId]:
    """Where statuses are kept."""
    return [row.business_id for row in await tx.rows(_WITH_UNMATCHED)]


def _status(row: Any) -> StatusUpdate:
    return StatusUpdate(
        waba_id="",
        phone_number_id="",
        wamid=row.wamid,
        status=row.status,
        at=row.at.astimezone(UTC),
        recipient=Sender(),
        callback_data=row.detail["callback_data"],
        pricing=row.detail["pricing"],
        errors=tuple(MetaError(*error) for error in row.detail["errors"]),
    )
