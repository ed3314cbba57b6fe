"""Pictures of customers, read from where the module whatsapp keeps them."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Final
from uuid import UUID

from wacloud.modules.bot.domain.picture import LARGEST, TYPES, Picture
from wacloud.modules.whatsapp.api import WhatsappDeps, read_pictures
from wacloud.shared.domain.ids import BusinessId

# A picture is announced before it is there: so long is waited for it.
_WAIT_S: Final = 5.0
_LOOK_S: Final = 0.25


class StoredPictures:
    """See `application.guards.Pictures`."""

    def __init__(self, whatsapp: WhatsappDeps, wait_s: float = _WAIT_S) -> None:
        self._whatsapp = whatsapp
        self._wait_s = wait_s

    async def of(self, business_id: BusinessId, media_ids: Sequence[UUID]) -> tuple[Picture, ...]:
        until = monotonic() + self._wait_s
        while (found := await read_pictures(self._whatsapp, business_id, media_ids, TYPES, LARGEST)) is None:
            if monotonic() >= until:
                return ()
            await asyncio.sleep(_LOOK_S)
        return tuple(Picture(one.content_type, one.data) for one in found)
