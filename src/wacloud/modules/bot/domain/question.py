"""What the bot has to answer, and for whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wacloud.shared.domain.ids import BusinessId

DEFAULT_THRESHOLD = 0.42


@dataclass(frozen=True, slots=True)
class BotSettings:
    """How one business wants its bot."""

    enabled: bool = True
    name: str = "Asistente"
    instructions: str = ""
    fallback_text: str = ""
    quiet_ms: int = 800
    max_wait_ms: int = 4000
    knowledge_threshold: float = DEFAULT_THRESHOLD


@dataclass(frozen=True, slots=True)
class BusinessFacts:
    """What the bot may say about a business. `open_now_text` is the one fact that changes by the minute."""

    name: str
    sector: str
    language: str
    time_zone: str
    profile: Mapping[str, Any] = field(default_factory=dict)
    open_now_text: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An earlier message; `author` as messages have it: contact, bot, member, phone_app, history."""

    author: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    The unanswered messages of one conversation, oldest first, with what is needed to answer them.

    `texts` are the texts and captions among them, `kinds` the kinds of all of them. `contact_key` is opaque:
    it tells contacts apart and says nothing about the person.
    """

    business_id: BusinessId
    contact_key: str
    texts: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    history: tuple[HistoryLine, ...] = ()
    facts: BusinessFacts
    settings: BotSettings
