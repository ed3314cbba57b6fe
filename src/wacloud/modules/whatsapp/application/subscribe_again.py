"""Let Meta send us an account's webhooks again, at our own address."""

from uuid import UUID

from wacloud.modules.whatsapp.application.check_numbers import NumberUnknown, ask_for_check
from wacloud.modules.whatsapp.application.checkup_ports import CheckupDeps
from wacloud.shared.domain.ids import BusinessId


async def subscribe_again(deps: CheckupDeps, business_id: BusinessId, number_id: UUID) -> None:
    """
    Asked anew without an address of its own, the account's webhooks come to the app's; then the number is looked at.

    :raises NumberUnknown: it is nobody's, or another's.
    :raises MetaRefused: the token is not good for it, or Meta cannot be reached.
    """
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        numbers = await deps.checkups.numbers(tx, business_id)
    number = next((one for one in numbers if one.id == number_id), None)
    if number is None:
        raise NumberUnknown
    await deps.whatsapp.cloud_api.subscribe_app(number.waba_id, number.access_token)
    await ask_for_check(deps, business_id, number_id)
