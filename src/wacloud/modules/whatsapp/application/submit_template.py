"""Send a message template to Meta for review, change it, delete it."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from wacloud.modules.whatsapp.application.example_files import faults_of_examples, handed_over
from wacloud.modules.whatsapp.application.sync_templates import SOON, sync_job
from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps, TemplateAccount
from wacloud.modules.whatsapp.domain.message_template import (
    AccountNotNamed,
    AccountUnknown,
    Component,
    Draft,
    KeptTemplate,
    MetaAway,
    TemplateBreaksRules,
    TemplateExists,
)
from wacloud.modules.whatsapp.domain.template_files import files_of
from wacloud.modules.whatsapp.domain.template_lint import Finding, lint
from wacloud.shared.application.db import Tx
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


async def look_at_draft(deps: MessageTemplateDeps, business_id: BusinessId, draft: Draft) -> Sequence[Finding]:
    """What Meta would say of it and of its example files, without asking Meta."""
    faults = await faults_of_examples(deps.whatsapp, business_id, draft.components)
    return [*lint(draft), *(_as_finding(one) for one in faults)]


async def submit_template(
    deps: MessageTemplateDeps, business_id: BusinessId, draft: Draft, waba_id: str | None = None
) -> KeptTemplate:
    """
    Look at it, then let Meta review it. Without `waba_id` it is for the business's one account.

    :raises TemplateBreaksRules: Meta would refuse it at once.
    :raises AccountUnknown: the business has no such account with a connected number.
    :raises AccountNotNamed: it has several, and nobody said for which it is.
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
        components = await handed_over(deps.whatsapp, deps.uploads, business_id, account.access_token, draft.components)
        made = await deps.meta.create(account, replace(draft, components=components))
    except MetaAway:
        await _read_again(deps, business_id)
        raise
    now = deps.whatsapp.clock()
    async with deps.whatsapp.db.tenant(business_id) as tx:
        template_id = await deps.templates.keep_submitted(tx, business_id, account.waba_id, draft, made, now)
        await _mark_used(deps, tx, business_id, draft.components)
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
        handed = await handed_over(deps.whatsapp, deps.uploads, business_id, account.access_token, components)
        await deps.meta.edit(account, kept.meta_id or "", handed, new_category)
    except MetaAway:
        await _read_again(deps, business_id)
        raise
    now = deps.whatsapp.clock()
    async with deps.whatsapp.db.tenant(business_id) as tx:
        await deps.templates.note_edited(tx, business_id, template_id, components, new_category, now)
        await _mark_used(deps, tx, business_id, components)
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


def _as_finding(fault: Fault) -> Finding:
    return Finding(fault.code, "error", fault.field, None if fault.limit is None else int(fault.limit))


async def _one(
    deps: MessageTemplateDeps, business_id: BusinessId, template_id: UUID
) -> tuple[KeptTemplate, TemplateAccount]:
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        kept = await deps.templates.get(tx, business_id, template_id)
        return kept, _account(await deps.templates.accounts(tx, business_id), kept.waba_id)


def _account(accounts: Sequence[TemplateAccount], waba_id: str | None) -> TemplateAccount:
    if waba_id is None and len(accounts) > 1:
        raise AccountNotNamed
    for account in accounts:
        if waba_id in (None, account.waba_id):
            return account
    raise AccountUnknown


async def _mark_used(
    deps: MessageTemplateDeps, tx: Tx, business_id: BusinessId, components: Sequence[Component]
) -> None:
    for media_id in set(files_of(components).values()):
        await deps.whatsapp.media.rows.mark_used(tx, business_id, media_id)


async def _read_again(deps: MessageTemplateDeps, business_id: BusinessId) -> None:
    async with deps.whatsapp.db.tenant(business_id) as tx:
        tx.queue(sync_job(business_id, SOON))
