"""A business that is to be deleted sends nothing; one that is kept after all sends again."""

from wacloud.modules.business.api import BusinessNotFound, business_profile
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.shared.domain.ids import BusinessId

FOLLOW_CLOSING = "whatsapp.follow_closing"
CLOSING = "business_closing"


async def follow_closing(deps: WhatsappDeps, business_id: BusinessId) -> None:
    """Hold its numbers or let them go, as the business stands now: late or twice does no harm."""
    async with deps.db.tenant(business_id) as tx:
        try:
            profile = await business_profile(deps.business, tx, business_id)
        except BusinessNotFound:
            return
        if profile.is_closing:
            await deps.numbers.hold_all(tx, business_id, CLOSING)
        else:
            await deps.numbers.let_go(tx, business_id, CLOSING)
