"""The forms a business gives its bot: made, changed, removed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from wacloud.modules.bot.application.form_ports import FormDeps
from wacloud.modules.bot.domain.form import MOST_FORMS, Form, TooManyForms, checked, machine_name
from wacloud.modules.bot.domain.form_starters import starter_of
from wacloud.modules.business.api import AuditEntry, business_profile, record_audit
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId, UserId


async def list_forms(deps: FormDeps, business_id: BusinessId) -> Sequence[Form]:
    """In the order they were made."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        return await deps.forms.all(tx, business_id)


async def removed_forms(deps: FormDeps, business_id: BusinessId) -> tuple[Sequence[Form], Mapping[UUID, int]]:
    """Those that are gone with entries left, and how many entries each form has, gone or not."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        return await deps.forms.removed(tx, business_id), await deps.forms.counts(tx, business_id)


async def find_form(deps: FormDeps, business_id: BusinessId, form_id: UUID) -> Form:
    """:raises NotFound: there is no such form."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        form = await deps.forms.find(tx, business_id, form_id)
    if form is None:
        raise NotFound
    return form


async def offered_starter(deps: FormDeps, business_id: BusinessId) -> Form:
    """A form to begin with, for the sector of this business and in its language."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        profile = await business_profile(deps.business, tx, business_id)
    return starter_of(profile.sector, profile.language)


async def add_form(deps: FormDeps, by: UserId, business_id: BusinessId, form: Form, caller: Caller = NOBODY) -> Form:
    """
    The form as it is kept, with a name made of its title.

    :raises FaultyFields: something of it cannot be.
    :raises TooManyForms: there is no room for it.
    """
    form = checked(form)
    async with deps.db.tenant(business_id) as tx:
        await deps.forms.hold(tx, business_id)
        others = await deps.forms.all(tx, business_id)
        if len(others) >= MOST_FORMS:
            raise TooManyForms
        form = replace(form, name=machine_name(form.title, [other.name for other in others]))
        await deps.forms.add(tx, business_id, form)
        entry = AuditEntry(action="bot.form_added", actor_id=by, business_id=business_id)
        await record_audit(deps.business, tx, entry, caller=caller)
    return form


async def change_form(deps: FormDeps, by: UserId, business_id: BusinessId, form: Form, caller: Caller = NOBODY) -> Form:
    """
    In the place of what it was; its name and what was filled in stay.

    :raises FaultyFields: something of it cannot be.
    :raises NotFound: there is no such form.
    """
    form = checked(form)
    async with deps.db.tenant(business_id) as tx:
        if not await deps.forms.change(tx, business_id, form):
            raise NotFound
        kept = await deps.forms.find(tx, business_id, form.id)
        entry = AuditEntry(action="bot.form_changed", actor_id=by, business_id=business_id)
        await record_audit(deps.business, tx, entry, caller=caller)
    return kept or form


async def remove_form(
    deps: FormDeps, by: UserId, business_id: BusinessId, form_id: UUID, caller: Caller = NOBODY
) -> None:
    """
    The bot asks for it no more; what was filled in stays.

    :raises NotFound: there is no such form.
    """
    async with deps.db.tenant(business_id) as tx:
        if not await deps.forms.remove(tx, business_id, form_id, deps.clock()):
            raise NotFound
        entry = AuditEntry(action="bot.form_removed", actor_id=by, business_id=business_id)
        await record_audit(deps.business, tx, entry, caller=caller)
