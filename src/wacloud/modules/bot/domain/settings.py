"""How one business wants its bot: who speaks, when, about what, and what it may cost."""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Literal, get_args

from wacloud.shared.domain.errors import Fault

DEFAULT_THRESHOLD = 0.43

Tone = Literal["friendly", "formal", "cheerful", "brief"]
LanguagePolicy = Literal["as_customer", "es", "en", "pt"]
AnswerLength = Literal["short", "medium", "long"]
Effort = Literal["none", "low", "medium", "high"]
HoursPolicy = Literal["always", "only_open", "only_closed"]
BackToBot = Literal["after_close", "after_a_while", "never"]

LONGEST_INSTRUCTIONS = 4000
LONGEST_SAYING = 1000
MOST_TOPICS, LONGEST_TOPIC = 30, 80
# Beside the business's own fields, whose keys hold no such sign.
NAME, TAGS = "@name", "@tags"

# The most characters of an answer: a WhatsApp message that is read, not scrolled.
CHARACTERS: dict[AnswerLength, int] = {"short": 300, "medium": 600, "long": 1200}


@dataclass(frozen=True, slots=True)
class BotSettings:
    """
    One configuration of a bot. Every field has a default that a business can live with.

    `quiet_ms` and `max_wait_ms` are the wait for the rest of a burst. Messages older than `too_old_hours` are left
    to a person. Money is in US dollars of the model's price and counts per calendar day and month of the business;
    None is no limit. `replies_per_day` is for one conversation. `hand_over_after` is at which question in a row
    without an answer a person is called; before that the contact is asked to say it in other words.
    `back_to_bot` says when the bot takes a conversation again that a person had; `back_after_hours` is how long
    "a while" without a word of a person is. Empty texts mean our own words in the contact's language.
    `contact_fields` is what a model may know of who writes: keys of the business's own fields, NAME and TAGS.
    """

    # Who speaks
    name: str = "Asistente"
    tone: Tone = "friendly"
    language_policy: LanguagePolicy = "as_customer"
    instructions: str = ""
    answer_length: AnswerLength = "medium"
    # With which model: None is the installation's
    model: str | None = None
    effort: Effort = "none"
    temperature: float | None = None
    # When
    hours_policy: HoursPolicy = "always"
    quiet_ms: int = 800
    max_wait_ms: int = 4000
    too_old_hours: int = 20
    replies_per_day: int = 40
    # About what
    knowledge_threshold: float = DEFAULT_THRESHOLD
    refused_topics: tuple[str, ...] = ()
    hand_over_words: tuple[str, ...] = ()
    hand_over_after: int = 1
    hand_over_when_upset: bool = True
    offer_topics: bool = True
    back_to_bot: BackToBot = "after_close"
    back_after_hours: int = 12
    # For how much
    budget_day_usd: Decimal | None = None
    budget_month_usd: Decimal | None = None
    # In which words
    fallback_text: str = ""
    closed_text: str = ""
    refusal_text: str = ""
    # How carefully
    mask_personal_data: bool = True
    moderate: bool = True
    contact_fields: tuple[str, ...] = ()

    def faults(self) -> list[Fault]:
        """Each field that breaks a rule; empty where this may be kept."""
        found: list[Fault] = []

        def most(name: str, value: float, limit: float) -> None:
            if value > limit:
                found.append(Fault(name, "too_long" if isinstance(getattr(self, name), str) else "too_much", limit))

        def least(name: str, value: float, limit: float) -> None:
            if value < limit:
                found.append(Fault(name, "too_little", limit))

        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in get_args(allowed):
                found.append(Fault(name, "unknown"))
        for name, longest in _LONGEST.items():
            most(name, len(getattr(self, name) or ""), longest)
        for name, (lowest, highest) in _BETWEEN.items():
            value = getattr(self, name)
            if value is not None:
                least(name, float(value), lowest)
                most(name, float(value), highest)
        for name in ("refused_topics", "hand_over_words", "contact_fields"):
            said = getattr(self, name)
            if len(said) > MOST_TOPICS:
                found.append(Fault(name, "too_many", MOST_TOPICS))
            found += [
                Fault(f"{name}.{at}", "length", LONGEST_TOPIC)
                for at, one in enumerate(said)
                if not 1 <= len(one.strip()) <= LONGEST_TOPIC
            ]
        if not self.name.strip():
            found.append(Fault("name", "required"))
        if self.quiet_ms > self.max_wait_ms:
            found.append(Fault("max_wait_ms", "shorter_than_quiet_ms", self.quiet_ms))
        return found

    def changed_from(self, other: "BotSettings") -> tuple[str, ...]:
        """The names of the fields in which these differ."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name) != getattr(other, one.name))


_CHOICES = {
    "tone": Tone,
    "language_policy": LanguagePolicy,
    "answer_length": AnswerLength,
    "effort": Effort,
    "hours_policy": HoursPolicy,
    "back_to_bot": BackToBot,
}
_LONGEST = {
    "name": 60,
    "model": 100,
    "instructions": LONGEST_INSTRUCTIONS,
    "fallback_text": LONGEST_SAYING,
    "closed_text": LONGEST_SAYING,
    "refusal_text": LONGEST_SAYING,
}
_BETWEEN = {
    "temperature": (0, 2),
    "quiet_ms": (0, 10_000),
    "max_wait_ms": (0, 20_000),
    "too_old_hours": (1, 24),
    "replies_per_day": (1, 500),
    "knowledge_threshold": (0, 1),
    "hand_over_after": (1, 5),
    "back_after_hours": (1, 24 * 14),
    "budget_day_usd": (0, 10_000),
    "budget_month_usd": (0, 100_000),
}
