"""A business's message templates, as its pages and programs read them."""

from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.whatsapp.application.template_ports import AccountSync, MessageTemplateDeps, TemplatePage
from wacloud.modules.whatsapp.domain.message_template import KeptTemplate
from wacloud.shared.domain.ids import BusinessId


async def list_templates(
    deps: MessageTemplateDeps,
    business_id: BusinessId,
    *,
    status: str | None = None,
    text: str | None = None,
    waba_id: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> TemplatePage:
    """
    Newest first, without those that are gone; `text` is a part of the name, `waba_id` one of its accounts.

    :raises FaultyFields: the cursor is none.
    """
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        return await deps.templates.page(
            tx, business_id, status=status, text=text, waba_id=waba_id, cursor=cursor, limit=limit
        )


async def sendable_templates(
    deps: MessageTemplateDeps, business_id: BusinessId, conversation_id: UUID
) -> Sequence[KeptTemplate]:
    """Those approved for the account of the number of this conversation, by name; two hundred at most."""
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        return await deps.templates.sendable(tx, business_id, conversation_id)


async def get_template(deps: MessageTemplateDeps, business_id: BusinessId, template_id: UUID) -> KeptTemplate:
    """With its history. :raises TemplateUnknown: the business has no such template."""
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        return await deps.templates.get(tx, business_id, template_id)


async def last_syncs(deps: MessageTemplateDeps, business_id: BusinessId) -> Sequence[AccountSync]:
    """When the list of each account was read, and why not."""
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        return await deps.templates.syncs(tx, business_id)
