"""Connect a sending number by its token: checked at Meta, kept encrypted, its webhooks subscribed."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from wacloud.modules.business.api import complete_step
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import DescribedNumber
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, new_id


class NumberTaken(AppError):
    """This number or its WhatsApp account cannot be connected here."""

    kind = "conflict"


@dataclass(frozen=True, slots=True)
class ConnectedNumber:
    """A number as Meta describes it, ready to send."""

    id: UUID
    display_phone_number: str
    verified_name: str | None


async def connect_number(
    deps: WhatsappDeps,
    encrypt: Callable[[str], str],
    business_id: BusinessId,
    *,
    waba_id: str,
    phone_number_id: str,
    access_token: str,
) -> ConnectedNumber:
    """
    Ask Meta about the number, subscribe our app to its WABA, then store it; connecting it again renews its token.

    :raises MetaRefused: the token is wrong, or not for this number or WABA.
    :raises NumberTaken: another business has it; whose it is, is not told.
    """
    sealed = encrypt(access_token)
    described = await deps.cloud_api.describe_number(phone_number_id, sealed)
    await deps.cloud_api.subscribe_app(waba_id, sealed)
    stored = await store_number(
        deps, business_id, waba_id=waba_id, phone_number_id=phone_number_id, sealed=sealed, described=described
    )
    return ConnectedNumber(stored, described.display_phone_number, described.verified_name)


async def store_number(
    deps: WhatsappDeps,
    business_id: BusinessId,
    *,
    waba_id: str,
    phone_number_id: str,
    sealed: str,
    described: DescribedNumber,
) -> UUID:
    """
    The number is this business's, and sends what was held; its step of the onboarding is done. Returns our id of it.

    :raises NumberTaken: another business has it; whose it is, is not told.
    """
    async with deps.db.system("connect a number") as tx:
        stored = await deps.numbers.add(
            tx,
            business_id,
            new_id(),
            waba_id=waba_id,
            phone_number_id=phone_number_id,
            access_token=sealed,
            described=described,
        )
        if stored is not None:
            await complete_step(deps.business, tx, business_id, "whatsapp")
    if stored is None:
        raise NumberTaken
    return stored
