"""Send a message template to Meta for review, change it, delete it."""

from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.whatsapp.application.sync_templates import SOON, sync_job
from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps, TemplateAccount
from wacloud.modules.whatsapp.domain.message_template import (
    AccountUnknown,
    Component,
    Draft,
    KeptTemplate,
    MetaAway,
    TemplateBreaksRules,
    TemplateExists,
)
from wacloud.modules.whatsapp.domain.template_lint import Finding, lint
from wacloud.shared.domain.errors import Fault
from wacloud.shared.domain.ids import BusinessId


def check_draft(draft: Draft) -> Sequence[Finding]:
    """
    What is left to say where there is no error.

    :raises TemplateBreaksRules: Meta would refuse it at once; every error is in it.
    """
    found = lint(draft)
    faults = [Fault(one.field, one.rule, one.limit) for one in found if one.severity == "error"]
    if faults:
        raise TemplateBreaksRules(faults)
    return found


async def submit_template(
    deps: MessageTemplateDeps, business_id: BusinessId, draft: Draft, waba_id: str | None = None
) -> KeptTemplate:
    """
    Look at it, then let Meta review it. Without `waba_id` it is for the business's first account.

    :raises TemplateBreaksRules: Meta would refuse it at once.
    :raises AccountUnknown: the business has no such account with a connected number.
    :raises TemplateExists: the account has one of this name in this language.
    :raises TemplateRefused: Meta does not take it, and says why.
    :raises MetaAway: nobody knows whether Meta has it; the list is read again soon.
    """
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        account = _account(await deps.templates.accounts(tx, business_id), waba_id)
        check_draft(draft)
        if await deps.templates.find(tx, business_id, account.waba_id, draft.name, draft.language) is not None:
            raise TemplateExists
    try:
        made = await deps.meta.create(account, draft)
    except MetaAway:
        await _read_again(deps, business_id)
        raise
    now = deps.whatsapp.clock()
    async with deps.whatsapp.db.tenant(business_id) as tx:
        template_id = await deps.templates.keep_submitted(tx, business_id, account.waba_id, draft, made, now)
        return await deps.templates.get(tx, business_id, template_id)


async def edit_template(
    deps: MessageTemplateDeps,
    business_id: BusinessId,
    template_id: UUID,
    components: Sequence[Component],
    category: str | None = None,
) -> KeptTemplate:
    """
    Other components, and for one that is not approved another category; Meta reviews it again.

    :raises TemplateUnknown: the business has no such template.
    :raises TemplateNotEditable: Meta is still looking at it, or it is gone.
    :raises TemplateBreaksRules: Meta would refuse it at once.
    :raises TemplateRefused: Meta does not take the change, and says why.
    """
    kept, account = await _one(deps, business_id, template_id)
    kept.check_editable()
    new_category = category if category != kept.category else None
    check_draft(
        Draft(
            kept.name, kept.language, category or kept.category or "", components, kept.parameter_format or "POSITIONAL"
        )
    )
    try:
        await deps.meta.edit(account, kept.meta_id or "", components, new_category)
    except MetaAway:
        await _read_again(deps, business_id)
        raise
    now = deps.whatsapp.clock()
    async with deps.whatsapp.db.tenant(business_id) as tx:
        await deps.templates.note_edited(tx, business_id, template_id, components, new_category, now)
        return await deps.templates.get(tx, business_id, template_id)


async def delete_template(deps: MessageTemplateDeps, business_id: BusinessId, template_id: UUID) -> None:
    """
    Delete one language of it at Meta, which keeps the name from being used again for 30 days.

    :raises TemplateUnknown: the business has no such template.
    :raises TemplateRefused: Meta does not delete it, and says why.
    """
    kept, account = await _one(deps, business_id, template_id)
    if kept.deleted_at is not None:
        return
    if kept.meta_id is not None:
        await deps.meta.delete(account, kept.name, kept.meta_id)
    async with deps.whatsapp.db.tenant(business_id) as tx:
        await deps.templates.note_deleted(tx, business_id, template_id, deps.whatsapp.clock())


async def _one(
    deps: MessageTemplateDeps, business_id: BusinessId, template_id: UUID
) -> tuple[KeptTemplate, TemplateAccount]:
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        kept = await deps.templates.get(tx, business_id, template_id)
        return kept, _account(await deps.templates.accounts(tx, business_id), kept.waba_id)


def _account(accounts: Sequence[TemplateAccount], waba_id: str | None) -> TemplateAccount:
    for account in accounts:
        if waba_id in (None, account.waba_id):
            return account
    raise AccountUnknown


async def _read_again(deps: MessageTemplateDeps, business_id: BusinessId) -> None:
    async with deps.whatsapp.db.tenant(business_id) as tx:
        tx.queue(sync_job(business_id, SOON))
