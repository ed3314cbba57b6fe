"""One conversation as a file: every message of it, oldest first, a page at a time."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.inbox import ConversationRow
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.transcripts import Line
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import BusinessId, UserId


async def export_conversation(
    deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, conversation_id: UUID, caller: Caller
) -> tuple[ConversationRow, AsyncIterator[Line]]:
    """
    Its head and its messages, once it is written down that they were asked for. The team's notes are not among them.

    :raises ConversationUnknown: this person sees no such conversation.
    """
    thread = await deps.inbox.thread(user_id, business_id, conversation_id, limit=1)
    if thread is None:
        raise ConversationUnknown
    entry = AuditEntry(
        action="whatsapp.conversation_exported",
        actor_id=user_id,
        business_id=business_id,
        detail={"conversation_id": conversation_id},
    )
    async with deps.db.tenant(business_id) as tx:
        await record_audit(deps.business, tx, entry, caller=caller)
    return thread.conversation, _lines(deps, user_id, business_id, conversation_id)


async def _lines(
    deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, conversation_id: UUID
) -> AsyncIterator[Line]:
    after: tuple[datetime, int] | None = None
    while found := await deps.transcripts.lines(user_id, business_id, conversation_id, after):
        for line in found:
            yield line
        after = found[-1].at, found[-1].arrival
