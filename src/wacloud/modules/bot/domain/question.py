"""What the bot has to answer, and for whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from wacloud.modules.bot.domain.form import BegunForm
from wacloud.modules.bot.domain.language import Language, usual
from wacloud.modules.bot.domain.picture import Picture
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class BusinessFacts:
    """What the bot may say about a business. `open_now_text` is the one fact that changes by the minute."""

    name: str
    sector: str
    language: str
    time_zone: str
    profile: Mapping[str, Any] = field(default_factory=dict)
    open_now_text: str | None = None
    is_open: bool | None = None  # None: the business has not told its hours
    opens: Mapping[str, str] = field(default_factory=dict)  # "we open tomorrow at 9:30", by language; while closed


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """
    An earlier message; `author` as messages have it: contact, bot, member, phone_app, history.

    `place` is where in its conversation it stands: when it was sent, and as which of that second it came.
    """

    author: str
    text: str
    place: tuple[datetime, int] | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """
    What earlier turns of the conversation came to, as far as the next one needs it: of the last 24 hours.

    `replies` are the bot's in this conversation, `contact_replies` its to the same person in all of theirs. `unknown`
    are the questions in a row that stayed without an answer. `topics_shown` are those of the menu that was the bot's
    last reply. `last_why` is the newest turn's.
    """

    replies: int = 0
    contact_replies: int = 0
    unknown: int = 0
    topics_shown: frozenset[str] = frozenset()
    last_why: str | None = None
    language: Language | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    The unanswered messages of one conversation, oldest first, with what is needed to answer them.

    `texts` are the texts and captions among them, `kinds` the kinds of all of them. `contact_key` is opaque:
    it tells contacts apart and says nothing about the person. `version` is the bot's. `meanings` are what a model reads
    of the messages, one for each that can be read; without them it reads `texts`. `topic` is the item of the knowledge
    that was chosen from a menu. `language` is the one to answer in. `message_id` is the oldest of the messages, which
    names the turn; there is none where somebody only tries the bot out. `earlier` sums up what was said before the
    history; `customer` is what the business noted of who writes, as far as it lets a model know. `picture_ids` are
    the newest pictures among the messages, `pictures` those of them that were read for a model that sees. Without
    `has_actions` and `has_forms` nobody needs to look for what the bot may use. `begun` is what earlier turns gathered
    of forms that are not complete.
    """

    business_id: BusinessId
    contact_key: str
    texts: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    history: tuple[HistoryLine, ...] = ()
    facts: BusinessFacts
    settings: BotSettings
    version: int | None = None
    meanings: tuple[str, ...] = ()
    topic: str | None = None
    language: Language | None = None
    before: Before = Before()
    conversation_id: UUID | None = None
    message_id: UUID | None = None
    earlier: str | None = None
    customer: tuple[tuple[str, str], ...] = ()
    picture_ids: tuple[UUID, ...] = ()
    pictures: tuple[Picture, ...] = ()
    has_actions: bool = True
    has_forms: bool = True
    begun: tuple[BegunForm, ...] = ()

    @property
    def speaks(self) -> Language:
        """The language to answer in: the contact's, else the business's."""
        return self.language or usual(self.facts.language)
