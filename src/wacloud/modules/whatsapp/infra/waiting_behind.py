"""
Why a message waits that was not looked at yet: an earlier one of its conversation is held, and they leave in order.

It is found when it is read: what holds the first may be over at any moment, and then nobody has to take it back.
"""

from typing import Final

from wacloud.modules.whatsapp.domain.message import BEHIND_EARLIER

# Of the message `m`; what goes to many has an order of its own. None waits for longer than a week.
WHY: Final = f"""
case when m.state = 'queued' and m.direction = 'out' and m.reason is null and exists (
  select from app.messages e
  where e.business_id = m.business_id and e.conversation_id = m.conversation_id and e.direction = 'out'
    and e.state = 'queued' and e.bulk = m.bulk and e.reason is not null
    and e.created_at > m.created_at - interval '8 days' and (e.created_at, e.id) < (m.created_at, m.id))
then '{BEHIND_EARLIER}' else m.reason end"""
# The same for a whole business: since when something is held in each conversation.
HELD: Final = """
select conversation_id, bulk, min(created_at) as since from app.messages
where business_id = %(business)s and direction = 'out' and state = 'queued' and reason is not null group by 1, 2"""
