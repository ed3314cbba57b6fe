"""What a business's plan lets it teach its bot. There is one plan until the billing module knows others."""

from wacloud.modules.bot.domain.source import KnowledgeLimits
from wacloud.shared.domain.ids import BusinessId


async def knowledge_limits(business_id: BusinessId) -> KnowledgeLimits:
    """The limits of this business: the same for all."""
    del business_id
    return KnowledgeLimits()
