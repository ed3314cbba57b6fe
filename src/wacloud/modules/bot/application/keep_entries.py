"""What customers gave: kept with the turn that gathered it, told to the team, listed, exported, forgotten."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from wacloud.modules.bot.application.fill_form import SAME_FOR
from wacloud.modules.bot.application.form_ports import Entry, FormDeps
from wacloud.modules.bot.domain.form import BegunForm, FilledForm, Form
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.notification.api import Notice, forget_told, tell_business
from wacloud.modules.whatsapp.api import is_talk_kept
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId, UserId

PAGE = 50
_AT_ONCE = 500
_IN_PANEL = 3


def notice_of(entry_id: UUID) -> str:
    """What a notice about an entry is about."""
    return f"form:{entry_id}"


async def keep_entries(
    deps: FormDeps,
    tx: Tx,
    business_id: BusinessId,
    conversation_id: UUID,
    filled: Sequence[FilledForm],
    contact_name: str | None,
    begun: Sequence[BegunForm] = (),
) -> None:
    """
    Keep them, in the transaction that ends the turn and with the conversation locked: both, or neither.

    The same values in the same conversation within a day are one entry, others change it; a second one is added only
    where the customer wants it. What is begun stays known for a day.
    """
    if not await is_talk_kept(deps.whatsapp, tx, business_id, conversation_id, hold=False):
        return
    now = deps.clock()
    for part in begun:
        if not (part.values or part.another) or await deps.forms.find(tx, business_id, part.form_id) is not None:
            await deps.begun.keep(tx, business_id, conversation_id, part, now)
    for one in filled:
        if await deps.forms.find(tx, business_id, one.form.id) is None:
            continue  # removed a moment ago
        noted = await deps.entries.noted(tx, business_id, conversation_id, one.form.id, now - SAME_FOR)
        match one.beside([before.values for before in noted]):
            case "same" | "too_many":
                continue
            case "changed":
                entry_id, changes = noted[0].id, noted[0].changes + 1
                await deps.entries.revise(tx, business_id, entry_id, one, now)
            case _:
                entry_id, changes = await deps.entries.add(tx, business_id, conversation_id, one, now), 0
        notice = Notice(
            business_id=business_id,
            key=f"{notice_of(entry_id)}:{changes}",
            code="form_changed" if changes else "form_filled",
            subject=notice_of(entry_id),
            at=now,
            details={
                "name": contact_name or await deps.entries.own_phone(tx, business_id, conversation_id) or "?",
                "told": one.form.title,
                "conversation": str(conversation_id),
                "form": str(one.form.id),
            },
        )
        await tell_business(deps.notification, tx, notice)


async def list_entries(
    deps: FormDeps, business_id: BusinessId, form_id: UUID, cursor: str | None, limit: int = PAGE
) -> tuple[Form, Sequence[Entry], str | None]:
    """
    The form, gone or not, its newest entries, and where the next page begins.

    :raises NotFound: there is no such form.
    """
    async with deps.db.tenant(business_id, read_only=True) as tx:
        form = await deps.forms.find(tx, business_id, form_id, removed=True)
        if form is None:
            raise NotFound
        return form, *await deps.entries.page(tx, business_id, form_id, cursor, limit)


async def entries_of_conversation(deps: FormDeps, business_id: BusinessId, conversation_id: UUID) -> Sequence[Entry]:
    """The newest few."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        return await deps.entries.of_conversation(tx, business_id, conversation_id, _IN_PANEL)


async def export_entries(
    deps: FormDeps, user_id: UserId, business_id: BusinessId, form_id: UUID, caller: Caller
) -> tuple[Form, AsyncIterator[Entry]]:
    """
    The form and all its entries, the newest first, once it is written down that they were asked for.

    :raises NotFound: there is no such form.
    """
    async with deps.db.tenant(business_id) as tx:
        form = await deps.forms.find(tx, business_id, form_id, removed=True)
        if form is None:
            raise NotFound
        entry = AuditEntry(
            action="bot.entries_exported", actor_id=user_id, business_id=business_id, detail={"form_id": form_id}
        )
        await record_audit(deps.business, tx, entry, caller=caller)
    return form, _all(deps, business_id, form_id)


async def _all(deps: FormDeps, business_id: BusinessId, form_id: UUID) -> AsyncIterator[Entry]:
    cursor: str | None = None
    while True:
        async with deps.db.tenant(business_id, read_only=True) as tx:
            entries, cursor = await deps.entries.page(tx, business_id, form_id, cursor, _AT_ONCE)
        for entry in entries:
            yield entry
        if cursor is None:
            return


async def forget_entries(deps: FormDeps, tx: Tx, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> None:
    """Whoever gave them was erased: they go, what was begun, and what the team was told of them."""
    await deps.begun.forget(tx, business_id, conversation_ids)
    gone = await deps.entries.forget(tx, business_id, conversation_ids)
    await forget_told(deps.notification, tx, business_id, [notice_of(entry_id) for entry_id in gone])


async def tidy_begun(deps: FormDeps) -> int:
    """What was begun and never ended goes after a day; returns how many of all businesses went."""
    async with deps.db.system("forget forms that were begun long ago") as tx:
        return await deps.begun.tidy(tx, deps.clock() - SAME_FOR)
