"""The texts a team writes often."""

from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.canned import MOST_REPLIES, CannedExists, CannedReply, CannedUnknown
from wacloud.shared.domain.ids import BusinessId


async def list_canned(deps: WhatsappDeps, business_id: BusinessId) -> Sequence[CannedReply]:
    """By shortcut."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        return await deps.canned.all(tx, business_id)


async def add_canned(deps: WhatsappDeps, business_id: BusinessId, reply: CannedReply) -> None:
    """
    A new one.

    :raises CannedExists: the shortcut is taken, in whatever case.
    :raises TooManyCanned: there are two hundred.
    """
    reply.check()
    async with deps.db.tenant(business_id) as tx:
        if not await deps.canned.add(tx, business_id, reply, MOST_REPLIES):
            raise CannedExists


async def change_canned(deps: WhatsappDeps, business_id: BusinessId, reply: CannedReply) -> None:
    """
    Another shortcut, text or language.

    :raises CannedUnknown: the business has no such reply.
    :raises CannedExists: the shortcut is taken.
    """
    reply.check()
    async with deps.db.tenant(business_id) as tx:
        changed = await deps.canned.change(tx, business_id, reply)
    if changed is None:
        raise CannedUnknown
    if not changed:
        raise CannedExists


async def remove_canned(deps: WhatsappDeps, business_id: BusinessId, reply_id: UUID) -> None:
    """:raises CannedUnknown: the business has no such reply."""
    async with deps.db.tenant(business_id) as tx:
        if not await deps.canned.remove(tx, business_id, reply_id):
            raise CannedUnknown
