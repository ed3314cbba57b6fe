"""Tell the onboarding of businesses whose first message reached somebody."""

from wacloud.modules.business.api import complete_step, waiting_for_step
from wacloud.modules.whatsapp.application.ports import WhatsappDeps


async def note_first_messages(deps: WhatsappDeps) -> int:
    """
    Look at those that still wait for it, so that the statuses of everybody else cost nothing.

    Returns how many there were.
    """
    async with deps.db.system("find businesses without a first message") as tx:
        waiting = await waiting_for_step(deps.business, tx, "first_message")
    if not waiting:
        return 0
    async with deps.db.tenant(*waiting) as tx:
        delivered = await deps.messages.with_a_delivery(tx, waiting)
        for business_id in delivered:
            await complete_step(deps.business, tx, business_id, "first_message")
    return len(delivered)
