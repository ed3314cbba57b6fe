"""Keep what Meta says about accounts, numbers and templates, whether we know the kind or not."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import AccountEvent
from wacloud.modules.whatsapp.domain.inbound import AccountChange, IdentityChange, NumberError, StatusUpdate
from wacloud.modules.whatsapp.domain.message import STATE_OF_STATUS
from wacloud.modules.whatsapp.events import AccountNewsCame
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

News = AccountChange | NumberError | IdentityChange | StatusUpdate


async def note_account_news(deps: WhatsappDeps, tx: Tx, news: Sequence[tuple[BusinessId, News]]) -> None:
    """Each once, by what it says; a status of a kind or word we do not know is kept here too."""
    events = [event for business_id, item in news if (event := _event(business_id, item)) is not None]
    if events:
        new = await deps.account_events.add(tx, list({(e.business_id, e.digest): e for e in events}.values()))
        tx.publish(*(AccountNewsCame(business_id=business_id) for business_id in sorted(new)))


def _event(business_id: BusinessId, item: News) -> AccountEvent | None:
    if isinstance(item, AccountChange):
        digest = bytes.fromhex(item.fingerprint())
        return AccountEvent(
            business_id,
            digest,
            item.field,
            item.event,
            item.waba_id,
            item.phone_number_id,
            item.at,
            item.value,
        )
    if isinstance(item, NumberError):
        value = asdict(item.error)
        return _told(business_id, f"{item.source}.error", str(item.error.code), item, item.at, value)
    if isinstance(item, IdentityChange):
        value = {"previous": asdict(item.previous), "current": asdict(item.current), "text": item.text}
        return _told(business_id, "identity", item.reason, item, item.at, value)
    if item.kind == "message" and item.status in STATE_OF_STATUS:
        return None
    value = {
        "wamid": item.wamid,
        "callback_data": item.callback_data,
        "errors": [asdict(e) for e in item.errors],
    }
    return _told(business_id, f"status.{item.kind}", item.status, item, item.at, value)


def _told(
    business_id: BusinessId,
    field: str,
    event: str,
    item: NumberError | IdentityChange | StatusUpdate,
    at: datetime,
    value: dict[str, Any],
) -> AccountEvent:
    # The time of arrival stands in for a missing one and differs at each delivery, so it is no part of the digest
    # unless Meta gave it: errors out of band carry none.
    told: list[object] = [item.waba_id, item.phone_number_id, field, event, value]
    if not isinstance(item, NumberError):
        told.append(at)
    digest = hashlib.sha256(repr(told).encode()).digest()
    return AccountEvent(business_id, digest, field, event, item.waba_id, item.phone_number_id, at, value)
