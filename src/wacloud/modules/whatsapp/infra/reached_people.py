"""Whom a portfolio has written to first in the last 24 hours, as our own rows say."""

from collections.abc import Mapping

from wacloud.modules.whatsapp.application.limits import Wish
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId

# Where they wrote later, nobody knows any more whether the window was open then: they count, lest there are too many.
_REACHED = """
select coalesce(p.phone, (
         select i.value from app.contact_identities i
         where i.business_id = c.business_id and i.contact_id = c.contact_id and i.kind = 'bsuid'
         order by i.first_seen_at desc limit 1)) as recipient,
       extract(epoch from max(m.dispatched_at)) * 1000 as at
from app.messages m
join app.conversations c on c.business_id = m.business_id and c.id = m.conversation_id
join app.contacts p on p.business_id = c.business_id and p.id = c.contact_id
join app.phone_numbers n on n.business_id = c.business_id and n.id = c.number_id
join app.whatsapp_accounts a on a.business_id = n.business_id and a.waba_id = n.waba_id
where m.business_id = %(business)s and m.direction = 'out' and m.kind = 'template'
  and m.dispatched_at > now() - interval '24 hours' and m.created_at > now() - interval '9 days'
  and m.state in ('dispatching', 'sent', 'delivered', 'read', 'unconfirmed')
  and coalesce(a.portfolio_id, a.waba_id) = %(portfolio)s
  and (c.last_inbound_at is null or c.last_inbound_at > m.dispatched_at
       or c.last_inbound_at < m.dispatched_at - interval '24 hours')
group by 1
"""


async def reached_people(tx: Tx, business_id: BusinessId, portfolio_id: str) -> Mapping[str, int]:
    """Each with the last time."""
    rows = await tx.rows(_REACHED, {"business": business_id, "portfolio": portfolio_id})
    return {row.recipient: int(row.at) for row in rows if row.recipient}


class PostgresReachedPeople:
    """See `throttle.ReachedPeople`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, wish: Wish) -> Mapping[str, int]:
        async with self._db.tenant(wish.business_id, read_only=True) as tx:
            return await reached_people(tx, wish.business_id, wish.portfolio_id)
