"""What news change in the tables of accounts, numbers and templates."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wacloud.modules.whatsapp.domain.account_news import (
    AccountChanged,
    Effect,
    NumberChanged,
    NumbersDisconnected,
    NumbersFreed,
    NumbersHeld,
    TemplateChanged,
)
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

# A business that is being deleted stays held for that, whatever Meta does.
_HOLD = """
update app.phone_numbers set state = 'held', held_because = %(why)s, held_until = %(until)s
where business_id = %(business)s and waba_id = %(waba)s
  and (state = 'connected' or (state = 'held' and held_because <> 'business_closing'))
"""
_FREE = """
update app.phone_numbers set state = 'connected', held_because = null, held_until = null
where business_id = %(business)s and waba_id = %(waba)s and state = 'held' and held_because = %(why)s
"""
_DISCONNECT = """
update app.phone_numbers set state = 'disconnected', held_because = %(why)s, held_until = null
where business_id = %(business)s and waba_id = %(waba)s
"""
_NUMBER = """
update app.phone_numbers
set quality = coalesce(%(quality)s, quality), throughput = coalesce(%(per_second)s, throughput),
    verified_name = coalesce(%(name)s, verified_name), name_status = coalesce(%(name_status)s, name_status),
    username = case when %(username)s::text is null then username else nullif(%(username)s, '') end
where business_id = %(business)s and waba_id = %(waba)s
  and regexp_replace(display_phone_number, '[^0-9]', '', 'g') = %(digits)s
"""
_ACCOUNT = """
update app.whatsapp_accounts
set messaging_limit = coalesce(%(messaging_limit)s, messaging_limit), review = coalesce(%(review)s, review),
    ban = case when %(ban)s::text is null then ban else nullif(%(ban)s, '') end,
    restrictions = coalesce(%(restrictions)s::jsonb, restrictions)
where business_id = %(business)s and waba_id = %(waba)s
"""
_TEMPLATE = """
insert into app.message_templates as t (business_id, waba_id, meta_id, name, language, category, next_category,
  next_category_at, status, quality, reason, advice, is_stale, changed_at)
values (%(business)s, %(waba)s, %(meta_id)s, %(name)s, %(language)s, %(category)s, nullif(%(next_category)s, ''),
  %(next_category_at)s, %(status)s, %(quality)s, %(reason)s, %(advice)s, %(is_stale)s, %(at)s)
on conflict (business_id, waba_id, name, language) do update
set meta_id = coalesce(excluded.meta_id, t.meta_id), category = coalesce(excluded.category, t.category),
    next_category = case when %(next_category)s::text is null then t.next_category else excluded.next_category end,
    next_category_at = case when %(next_category)s::text is null then t.next_category_at
                            else excluded.next_category_at end,
    status = coalesce(excluded.status, t.status), quality = coalesce(excluded.quality, t.quality),
    -- Why it was refused belongs to the state it is in.
    reason = case when excluded.status is null then t.reason else excluded.reason end,
    advice = case when excluded.status is null then t.advice else excluded.advice end,
    is_stale = t.is_stale or excluded.is_stale, changed_at = greatest(t.changed_at, excluded.changed_at)
"""


class PostgresAccountStates:
    """See `account_stores.AccountStates`."""

    async def change(
        self, tx: Tx, business_id: BusinessId, waba_id: str, effects: Sequence[Effect], at: datetime
    ) -> None:
        for effect in effects:
            statement, params = _written(effect)
            await tx.execute(statement, {"business": business_id, "waba": waba_id, "at": at, **params})


def _written(effect: Effect) -> tuple[str, dict[str, Any]]:
    match effect:
        case NumbersHeld(why, until):
            return _HOLD, {"why": why, "until": until}
        case NumbersFreed(why):
            return _FREE, {"why": why}
        case NumbersDisconnected(why):
            return _DISCONNECT, {"why": why}
        case NumberChanged():
            return _NUMBER, _fields(effect)
        case TemplateChanged():
            return _TEMPLATE, _fields(effect)
        case AccountChanged():
            listed = effect.restrictions
            told = None if listed is None else [{"type": one.type, "until": one.until} for one in listed]
            return _ACCOUNT, _fields(effect) | {
                "restrictions": None if told is None else json.dumps(told, default=datetime.isoformat)
            }


def _fields(effect: Effect) -> dict[str, Any]:
    return {name: getattr(effect, name) for name in effect.__slots__}
