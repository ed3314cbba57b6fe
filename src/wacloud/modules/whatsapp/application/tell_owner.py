"""A broken number is told to the business's own phone too, by WhatsApp, where another of its numbers can."""

from datetime import timedelta
from typing import Final

from wacloud.modules.business.api import business_profile
from wacloud.modules.whatsapp.application.checkup_ports import CheckedNumber, CheckupDeps
from wacloud.modules.whatsapp.application.outbox import Draft, put_in_outbox
from wacloud.modules.whatsapp.domain.conversation import SERVICE_WINDOW
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

# So that it is still open when the message leaves.
_LEAST_LEFT: Final = timedelta(minutes=10)

_BROKEN: Final = {
    "es": "⚠️ Tu número de WhatsApp {number} ha dejado de funcionar. Qué le pasa y cómo se arregla: {link}",
    "en": "⚠️ Your WhatsApp number {number} has stopped working. What is wrong and how to mend it: {link}",
}
_MENDED: Final = {
    "es": "✅ Tu número de WhatsApp {number} vuelve a funcionar.",
    "en": "✅ Your WhatsApp number {number} works again.",
}


async def tell_owner(
    deps: CheckupDeps, tx: Tx, business_id: BusinessId, number: CheckedNumber, *, mended: bool
) -> None:
    """
    Write to the phone the business gave as its own, once a day for each number and each way it changed.

    Meta lets us only where that phone wrote to another number of the business within 24 hours; a number that does not
    work cannot tell it itself. Notice and mail go anyway.
    """
    profile = await business_profile(deps.whatsapp.business, tx, business_id)
    if profile.phone is None:
        return
    now = deps.whatsapp.clock()
    conversation_id = await deps.checkups.heard_from(
        tx, business_id, profile.phone, number.id, now - SERVICE_WINDOW + _LEAST_LEFT
    )
    if conversation_id is None:
        return
    words = (_MENDED if mended else _BROKEN)["en" if profile.language == "en" else "es"]
    draft = Draft(
        business_id=business_id,
        conversation_id=conversation_id,
        cause=f"owner:{number.id}:{'mended' if mended else 'broken'}:{now.date().isoformat()}",
        author="bot",
        body=words.format(number=number.display, link=f"{deps.base_url}/numbers/{number.id}/doctor"),
    )
    await put_in_outbox(deps.whatsapp, tx, [draft])
