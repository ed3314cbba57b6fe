"""Conversations whose person has been silent for long go back to the bot, where the business wants it so."""

from typing import Final

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.take_over import to_bot

AT_ONCE: Final = 200


async def give_back_silent(deps: WhatsappDeps) -> int:
    """
    The bot takes back what a person has had for as long as the business says without a word; how many there were.

    What nobody has answered in that time the bot answers, as when a person gives it back.
    """
    async with deps.db.system("list businesses with numbers") as tx:
        businesses = await deps.numbers.businesses(tx)
    now = deps.clock()
    rules = await deps.back_rules.back_to_bot(businesses) if businesses else {}
    silent_since = {b: now - rule.after for b, rule in rules.items() if rule.returns == "after_a_while"}
    if not silent_since:
        return 0
    async with deps.db.tenant(*silent_since) as tx:
        found = await deps.conversations.with_silent_person(tx, silent_since, AT_ONCE)
    number = 0
    for business_id in dict.fromkeys(one.business_id for one in found):
        async with deps.db.tenant(business_id) as tx:
            # First the lock of those who store messages, then conversations: in the order everybody takes them.
            await deps.messages.lock(tx, [business_id], wait=True)
            since = {business_id: silent_since[business_id]}
            for one in await deps.conversations.with_silent_person(tx, since, AT_ONCE):
                await to_bot(deps, tx, business_id, one.conversation_id, one.last_inbound_at)
                number += 1
    return number
