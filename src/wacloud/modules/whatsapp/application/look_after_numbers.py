"""The numbers of a business: how they stand, what they say of it, their PIN, and letting one go."""

from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.connecting_ports import ConnectingDeps, NumberRow
from wacloud.modules.whatsapp.domain.connecting import MetaProblem
from wacloud.modules.whatsapp.domain.number_profile import NumberProfile
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, UserId


class NumberNotConnected(AppError):
    """This number is not connected. Connect it again first."""

    kind = "conflict"


class NoPinHere(AppError):
    """The PIN of this number is not kept here: whoever set it has it."""

    kind = "conflict"


async def list_numbers(deps: ConnectingDeps, business_id: BusinessId) -> Sequence[NumberRow]:
    """All of them, the oldest first."""
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        return await deps.numbers.all(tx, business_id)


async def get_number(deps: ConnectingDeps, business_id: BusinessId, number_id: UUID) -> NumberRow:
    """:raises NumberUnknown: the business has no such number."""
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        return await deps.numbers.get(tx, business_id, number_id)


async def refresh_number(deps: ConnectingDeps, business_id: BusinessId, number_id: UUID) -> NumberRow:
    """
    Read name, quality, throughput and limit from Meta.

    :raises NumberUnknown: the business has no such number.
    :raises NumberNotConnected: there is no token for it.
    :raises MetaProblem: Meta does not tell, or cannot be reached.
    """
    row, token = await connected_number(deps, business_id, number_id)
    at_meta = await deps.meta.number(row.phone_number_id, token)
    async with deps.whatsapp.db.tenant(business_id) as tx:
        await deps.numbers.note(tx, business_id, number_id, at_meta)
        return await deps.numbers.get(tx, business_id, number_id)


async def read_profile(deps: ConnectingDeps, business_id: BusinessId, number_id: UUID) -> NumberProfile:
    """As Meta has it now. :raises: as `refresh_number`."""
    row, token = await connected_number(deps, business_id, number_id)
    return await deps.meta.profile(row.phone_number_id, token)


async def change_profile(
    deps: ConnectingDeps,
    by: UserId,
    business_id: BusinessId,
    number_id: UUID,
    profile: NumberProfile,
    caller: Caller = NOBODY,
) -> None:
    """
    All of it, at Meta. An empty `about` stays what it was there: Meta takes none.

    :raises FaultyFields: it breaks a limit of Meta; and as `refresh_number`.
    """
    row, token = await connected_number(deps, business_id, number_id)
    profile.check()
    await deps.meta.change_profile(row.phone_number_id, token, profile)
    async with deps.whatsapp.db.tenant(business_id) as tx:
        changed = AuditEntry(
            action="whatsapp.number_profile_changed", actor_id=by, business_id=business_id, detail=about(row)
        )
        await record_audit(deps.whatsapp.business, tx, changed, caller=caller)


async def reveal_pin(
    deps: ConnectingDeps, by: UserId, business_id: BusinessId, number_id: UUID, caller: Caller = NOBODY
) -> str:
    """
    The PIN it was registered with here. Whoever moves the number elsewhere needs it; the log says who looked.

    :raises NumberUnknown: the business has no such number.
    :raises NoPinHere: it was registered elsewhere.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        row = await deps.numbers.get(tx, business_id, number_id)
        sealed = await deps.numbers.pin(tx, business_id, number_id)
        if sealed is None:
            raise NoPinHere
        looked = AuditEntry(action="whatsapp.number_pin_shown", actor_id=by, business_id=business_id, detail=about(row))
        await record_audit(deps.whatsapp.business, tx, looked, caller=caller)
    return deps.unseal(sealed)


async def disconnect_number(
    deps: ConnectingDeps, by: UserId, business_id: BusinessId, number_id: UUID, caller: Caller = NOBODY
) -> NumberRow:
    """
    It sends nothing any more, and its token is forgotten. It stays registered at Meta, with all its chats here.

    Webhooks of its account end only where no other number of it is connected here. Meta's refusal of that stops
    nothing: without a token that works there is no other way.

    :raises NumberUnknown: the business has no such number.
    """
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        row = await deps.numbers.get(tx, business_id, number_id)
        token = await deps.numbers.token(tx, business_id, number_id)
    if row.state == "disconnected":
        return row
    if row.is_alone:
        try:
            await deps.meta.unsubscribe(row.waba_id, token)
        except MetaProblem as error:
            if error.is_away:
                raise
    async with deps.whatsapp.db.tenant(business_id) as tx:
        if await deps.numbers.disconnect(tx, business_id, number_id, deps.seal("")):
            ended = AuditEntry(
                action="whatsapp.number_disconnected", actor_id=by, business_id=business_id, detail=about(row)
            )
            await record_audit(deps.whatsapp.business, tx, ended, caller=caller)
        return await deps.numbers.get(tx, business_id, number_id)


async def connected_number(deps: ConnectingDeps, business_id: BusinessId, number_id: UUID) -> tuple[NumberRow, str]:
    """With its token. :raises NumberUnknown: there is none such. :raises NumberNotConnected: there is no token."""
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        row = await deps.numbers.get(tx, business_id, number_id)
        if row.state == "disconnected":
            raise NumberNotConnected
        return row, await deps.numbers.token(tx, business_id, number_id)


def about(row: NumberRow) -> dict[str, str]:
    """What the log keeps of a number."""
    return {"waba_id": row.waba_id, "phone_number_id": row.phone_number_id}
