"""What taking turns needs from the world; what composing an answer needs stands in `model.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from wacloud.modules.bot.application.model import AnswerDeps
from wacloud.modules.bot.domain.hand_over import HandOver
from wacloud.modules.bot.domain.language import Language
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.question import Before, BusinessFacts
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.domain.summary import Summary
from wacloud.modules.whatsapp.api import Mailbox, WhatsappDeps
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class Briefing:
    """What the bot knows about the business it speaks for, and whether there are actions and forms it may use."""

    settings: BotSettings
    facts: BusinessFacts
    enabled: bool = True
    version: int | None = None
    has_actions: bool = True
    has_forms: bool = True


class Briefings(Protocol):
    """Settings and facts of businesses, remembered for some seconds. Opens its own transaction."""

    async def of(self, business_ids: Sequence[BusinessId]) -> Mapping[BusinessId, Briefing]:
        """One for each business."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """What the bot did with the waiting messages of a conversation, and why."""

    business_id: BusinessId
    id: UUID
    conversation_id: UUID
    outcome: str
    source: str
    why: str
    detail: Mapping[str, Any]
    message_id: UUID | None
    message_count: int
    model: str | None
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None
    opened_at: datetime
    version: int | None = None  # of the configuration that answered
    language: Language | None = None
    hand_over: HandOver | None = None
    spent_on: date | None = None


class Turns(Protocol):
    """The records of turns."""

    async def before(self, tx: Tx, mailboxes: Sequence[Mailbox]) -> Mapping[UUID, Before]:
        """What earlier turns came to, by conversation; since somebody handed it to the bot, and in 24 hours at most."""
        ...

    async def forget(self, tx: Tx, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> None:
        """Nothing a person has said is left in the records of these conversations."""
        ...

    async def add(self, tx: Tx, turns: Sequence[TurnRecord]) -> None:
        """Keep them."""
        ...

    async def add_cost(self, tx: Tx, business_id: BusinessId, day: date, usage: Usage, cost: Decimal | None) -> None:
        """Count what was spent for a conversation beside its turns."""
        ...


class Summaries(Protocol):
    """What was said longer ago in conversations, summed up."""

    async def of(self, tx: Tx, places: Sequence[tuple[BusinessId, UUID]]) -> Mapping[UUID, Summary]:
        """Of those conversations that have one."""
        ...

    async def keep(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, summary: Summary) -> None:
        """In place of the one before."""
        ...

    async def forget(self, tx: Tx, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> None:
        """None is left of these conversations."""
        ...


@dataclass(frozen=True, slots=True)
class BotDeps:
    """The list of what the bot needs, built once in `main/wiring.py`."""

    db: Database
    clock: Clock
    briefings: Briefings
    turns: Turns
    summaries: Summaries
    answers: AnswerDeps
    whatsapp: WhatsappDeps
