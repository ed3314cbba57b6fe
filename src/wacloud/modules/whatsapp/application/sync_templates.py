"""Read a business's message templates from Meta: all pages, what changed, and what is gone."""

from datetime import timedelta

import structlog

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps, TemplateAccount
from wacloud.modules.whatsapp.domain.delivery import MetaRefused
from wacloud.modules.whatsapp.domain.message_template import MetaAway
from wacloud.shared.application.jobs import Lane, NewJob
from wacloud.shared.domain.ids import BusinessId

log = structlog.get_logger()

SYNC_TEMPLATES = "whatsapp.sync_templates"
SYNC_ALL_TEMPLATES = "whatsapp.sync_all_templates"
# After a webhook: its like come in bursts, and one reading is enough for all of them.
SOON = timedelta(seconds=5)


def sync_job(business_id: BusinessId, after: timedelta | None = None) -> NewJob:
    """One waits for each business, however often it is asked for; two never run at once."""
    key = f"templates:{business_id}"
    return NewJob(
        kind=SYNC_TEMPLATES,
        lane=Lane.HOUSEKEEPING,
        business_id=business_id,
        order_key=key,
        unique_key=key,
        delay=after,
    )


async def ask_for_sync(deps: MessageTemplateDeps, business_id: BusinessId) -> None:
    """Soon the list is read; whoever asks does not wait for Meta."""
    async with deps.whatsapp.db.tenant(business_id) as tx:
        tx.queue(sync_job(business_id))


async def sync_all_templates(deps: WhatsappDeps) -> int:
    """Every day each business's list is read, in case a webhook was lost. Returns how many are asked for."""
    async with deps.db.system("list businesses with numbers") as tx:
        businesses = await deps.numbers.businesses(tx)
    for business_id in businesses:
        async with deps.db.tenant(business_id) as tx:
            tx.queue(sync_job(business_id))
    return len(businesses)


async def sync_templates(deps: MessageTemplateDeps, business_id: BusinessId) -> None:
    """
    Read the list of each account of the business and keep it whole.

    An account that cannot be read keeps what is known of it and says why; the others are read all the same.

    :raises MetaAway: one of them did not answer; it is worth another try.
    """
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        accounts = await deps.templates.accounts(tx, business_id)
    is_away = False
    for account in accounts:
        try:
            await _sync_account(deps, business_id, account)
        except (MetaRefused, MetaAway) as error:
            is_away = is_away or isinstance(error, MetaAway)
            log.info("templates.not_read", waba_id=account.waba_id, error=error.code, detail=error.detail)
            async with deps.whatsapp.db.tenant(business_id) as tx:
                await deps.templates.note_trouble(tx, business_id, account.waba_id, error.code)
    if is_away:
        raise MetaAway


async def _sync_account(deps: MessageTemplateDeps, business_id: BusinessId, account: TemplateAccount) -> None:
    began = deps.whatsapp.clock()
    listed = await deps.meta.listed(account)
    async with deps.whatsapp.db.tenant(business_id) as tx:
        await deps.templates.keep_listed(tx, business_id, account.waba_id, listed, began, deps.whatsapp.clock())
