"""What taking turns needs from the world; what composing an answer needs stands in `model.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from wacloud.modules.bot.application.model import AnswerDeps
from wacloud.modules.bot.domain.question import BotSettings, BusinessFacts
from wacloud.modules.whatsapp.api import WhatsappDeps
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class Briefing:
    """What the bot knows about the business it speaks for."""

    settings: BotSettings
    facts: BusinessFacts


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


class Turns(Protocol):
    """The records of turns."""

    async def add(self, tx: Tx, turns: Sequence[TurnRecord]) -> None:
        """Keep them."""
        ...


@dataclass(frozen=True, slots=True)
class BotDeps:
    """The list of what the bot needs, built once in `main/wiring.py`."""

    db: Database
    clock: Clock
    briefings: Briefings
    turns: Turns
    answers: AnswerDeps
    whatsapp: WhatsappDeps
