"""The repositories of what Meta says of accounts, numbers and templates, inside the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from wacloud.modules.whatsapp.application.stored import AccountEvent, KeptNews
from wacloud.modules.whatsapp.domain.account_news import Effect
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


class AccountEvents(Protocol):
    """What Meta says about accounts, numbers and templates."""

    async def add(self, tx: Tx, events: Sequence[AccountEvent]) -> set[BusinessId]:
        """Keep each once; returns those for whom something was new."""
        ...

    async def to_apply(self, tx: Tx, business_id: BusinessId, most: int) -> Sequence[KeptNews]:
        """What was not acted upon yet, by Meta's time, held until the transaction ends."""
        ...

    async def note_applied(self, tx: Tx, business_id: BusinessId, news: KeptNews, subject: str) -> bool:
        """It is acted upon. False where later news of the same field and subject were before it."""
        ...


class AccountStates(Protocol):
    """How accounts, numbers and templates stand with Meta."""

    async def change(
        self, tx: Tx, business_id: BusinessId, waba_id: str, effects: Sequence[Effect], at: datetime
    ) -> None:
        """In this order, for what belongs to this account."""
        ...
