"""The words in which the demo's conversations are written down."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

Outcome = Literal["delivered", "read", "sent", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody who wrote to the shop, or whose number it has. Without a wa_id their phone is hidden."""

    key: str
    profile_name: str | None
    name: str | None = None  # what the shop calls them
    wa_id: str | None = None
    bsuid: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """The guest writes, `after` the line before. `edited_to` is what they changed it to a minute later."""

    after: timedelta
    text: str | None
    kind: str = "text"
    content: dict[str, Any] = field(default_factory=dict)
    edited_to: str | None = None


@dataclass(frozen=True, slots=True)
class Reacted:
    """The guest puts an emoji on the last thing the shop wrote."""

    after: timedelta
    emoji: str


@dataclass(frozen=True, slots=True)
class BotSaid:
    """
    The bot answers all that is open. `faq` is the number of the answer it found (its text is taken from
    there).

    `why` is the code its turn keeps; with `hand_over` it asked a person to take over, for that reason.
    """

    after: timedelta
    why: str
    text: str | None = None
    faq: int | None = None
    score: float | None = None
    hand_over: bool = False
    outcome: Outcome = "read"


@dataclass(frozen=True, slots=True)
class BotLeftAlone:
    """The bot looked and found nothing that asks for an answer."""

    after: timedelta
    why: str = "nothing_to_answer"


@dataclass(frozen=True, slots=True)
class MemberSaid:
    """Somebody of the shop answers, and has the conversation from then on."""

    after: timedelta
    who: str
    text: str
    outcome: Outcome = "read"


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The bot answers again from here."""


Line = Said | Reacted | BotSaid | BotLeftAlone | MemberSaid | GivenBack


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """
    A conversation. It begins `days` ago at `at` (the shop's time), or simply `ago`, so that it is recent at
    any hour.
    """

    guest: str
    lines: tuple[Line, ...]
    days: int = 0
    at: str = "10:00"
    ago: timedelta | None = None
    unread: int = 0
