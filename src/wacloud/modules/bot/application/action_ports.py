"""What the actions of businesses need from outside: their rows, the record of calls, and the way out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from wacloud.modules.bot.domain.action import Action, Call, Outcome, TooManyCalls
from wacloud.modules.business.api import BusinessDeps
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId


class Actions(Protocol):
    """The actions of each business."""

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[Action]:
        """In the order they were made."""
        ...

    async def find(self, tx: Tx, business_id: BusinessId, action_id: UUID) -> Action | None:
        """One of them."""
        ...

    async def sealed(self, tx: Tx, business_id: BusinessId, action_id: UUID) -> str | None:
        """What its requests are signed with, encrypted."""
        ...

    async def add(self, tx: Tx, business_id: BusinessId, action: Action, sealed: str, most: int) -> bool:
        """
        False, writing nothing, where there are as many as may be.

        :raises ActionNameTaken: another has its name.
        """
        ...

    async def change(self, tx: Tx, business_id: BusinessId, action: Action) -> bool:
        """
        False where there is none.

        :raises ActionNameTaken: another has its name.
        """
        ...

    async def reseal(self, tx: Tx, business_id: BusinessId, action_id: UUID, sealed: str) -> bool:
        """Another secret; False where there is no such action."""
        ...

    async def remove(self, tx: Tx, business_id: BusinessId, action_id: UUID) -> bool:
        """False where there is none."""
        ...


class ToolCalls(Protocol):
    """The record of what was called in turns."""

    async def begin(self, tx: Tx, call: Call) -> Outcome | TooManyCalls | None:
        """
        None: it is written down and may be made.

        Where it was made before, what came of it; "unknown" where that was never learned.
        """
        ...

    async def end(self, tx: Tx, call: Call, outcome: Outcome) -> None:
        """Write down what came of it."""
        ...

    async def tidy(self, tx: Tx, now: datetime, answers_kept: timedelta) -> int:
        """Of all businesses: answers are kept so long, calls as long as messages are. Returns how many went."""
        ...


class ActionSender(Protocol):
    """The way to a business's own systems. Network: never with a transaction open."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """One POST, to the public internet only, with no redirect followed. It never raises for what the other does."""
        ...


@dataclass(frozen=True, slots=True)
class ActionDeps:
    """What keeping and calling actions needs."""

    db: Database
    clock: Clock
    actions: Actions
    calls: ToolCalls
    sender: ActionSender
    business: BusinessDeps
    seal: Callable[[str], str]
    unseal: Callable[[str], str]
